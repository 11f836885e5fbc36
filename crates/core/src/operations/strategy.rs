//! Strategies: status, parameters, symbols and risk limits.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Json, Name, Result, Timestamp, Upserted, market::Symbol, port::Keyed, validate::object,
    vocabulary::vocabulary,
};

vocabulary! {
    /// The status of a strategy. Every transition is allowed.
    StrategyStatus, "strategy status" {
        /// The strategy does nothing.
        Stopped = "stopped",
        /// The strategy trades and may open positions.
        Running = "running",
        /// The strategy keeps its positions and opens none.
        Paused = "paused",
        /// The strategy was stopped by an error.
        Failed = "failed",
    }
}

/// A strategy. Signals, orders and positions refer to it by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strategy {
    /// The name of the strategy, unique among strategies.
    pub name: Name,
    /// The kind of the strategy, such as `wheel`.
    pub kind: Name,
    /// The present status of the strategy.
    pub status: StrategyStatus,
    /// The parameters: an object, or null.
    pub parameters: Json,
    /// The risk limits: an object, or null.
    pub risk_limits: Json,
    /// The traded symbols in the strategy's own order, each at most once.
    pub symbols: Vec<Symbol>,
    /// The user who created the strategy; `None` when unknown.
    pub created_by: Option<Name>,
    /// The instant of the creation.
    pub created_at: Timestamp,
    /// The knowledge time of the present values.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Strategy);

impl Strategy {
    /// Creates a stopped strategy without parameters, limits and symbols.
    pub fn new(name: Name, kind: Name, created_at: Timestamp) -> Self {
        Self {
            name,
            kind,
            status: StrategyStatus::Stopped,
            parameters: Json::default(),
            risk_limits: Json::default(),
            symbols: Vec::new(),
            created_by: None,
            created_at,
            recorded_at: created_at,
        }
    }
}

/// The conditions of a list of strategies. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StrategyFilter {
    /// The kind of the strategies.
    pub kind: Option<Name>,
    /// The status of the strategies.
    pub status: Option<StrategyStatus>,
}

impl Keyed for Strategy {
    const NAME: &'static str = "strategy";

    type Key = Name;
    type Filter = StrategyFilter;

    fn key(&self) -> Name {
        self.name
    }

    fn validate(&self) -> Result<()> {
        object("parameters", &self.parameters)?;
        object("risk_limits", &self.risk_limits)?;
        let again =
            self.symbols.iter().enumerate().find(|(i, symbol)| self.symbols.iter().take(*i).any(|s| s == *symbol));
        match again {
            None => Ok(()),
            Some((_, symbol)) => Err(Error::invalid_input("symbols must contain each symbol at most once")
                .with("field", "symbols")
                .with("value", symbol)),
        }
    }

    fn is_admitted_by(&self, filter: &StrategyFilter) -> bool {
        filter.kind.is_none_or(|kind| self.kind == kind) && filter.status.is_none_or(|status| self.status == status)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Strategies, with their status and parameters.
///
/// ```
/// use strikebook_core::{
///     Name,
///     memory::MemoryStore,
///     operations::{Strategy, StrategyRepository, StrategyStatus},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let (name, now) = (Name::new("wheel 30Δ")?, "2025-09-25T13:30:00Z".parse()?);
/// store.upsert_strategies(&[Strategy::new(name, Name::new("wheel")?, now)]).await?;
/// let strategy = store.set_strategy_status(name, StrategyStatus::Running, now).await?;
/// assert_eq!(strategy.status, StrategyStatus::Running);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait StrategyRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores strategies, which replace those with the same names, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). A strategy that differs in nothing but `recorded_at` counts as
    /// unchanged.
    async fn upsert_strategies(&self, strategies: &[Strategy]) -> Result<Upserted>;

    /// Returns the strategy with a name; `None` when there is no such strategy.
    async fn get_strategy(&self, name: Name) -> Result<Option<Strategy>>;

    /// Returns the strategies that a filter admits, in the order of their names.
    async fn list_strategies(&self, filter: &StrategyFilter) -> Result<Vec<Strategy>>;

    /// Sets the status of a strategy with `at` as its knowledge time, and returns the strategy. The present status
    /// changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such strategy.
    async fn set_strategy_status(&self, name: Name, status: StrategyStatus, at: Timestamp) -> Result<Strategy>;

    /// Deletes the strategy with a name, and returns true if there was one. Rows that refer to the strategy stay.
    async fn delete_strategy(&self, name: Name) -> Result<bool>;
}
