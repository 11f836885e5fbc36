//! Strategies: what is traded, how, and within which limits.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Json, Keyed, Name, Result, Timestamp, Upserted, market::Symbol, validate::object, vocabulary::vocabulary,
};

vocabulary! {
    /// What a strategy is doing. It can go from each to each other.
    StrategyStatus, "strategy status" {
        /// It does nothing.
        Stopped = "stopped",
        /// It trades.
        Running = "running",
        /// It keeps what it has and opens nothing.
        Paused = "paused",
        /// It was stopped by a fault.
        Failed = "failed",
    }
}

/// A strategy. Signals, orders and positions refer to it by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strategy {
    /// Its name, which no other strategy has.
    pub name: Name,
    /// What kind of strategy it is, such as `wheel`.
    pub kind: Name,
    /// What it is doing.
    pub status: StrategyStatus,
    /// How it is set up: an object, or null.
    pub parameters: Json,
    /// How much it may lose or hold: an object, or null.
    pub risk_limits: Json,
    /// What it trades, in its own order, each once.
    pub symbols: Vec<Symbol>,
    /// Who made it; `None` when nobody knows.
    pub created_by: Option<Name>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When we learned what it is now.
    pub recorded_at: Timestamp,
}

impl Strategy {
    /// A stopped strategy without parameters, limits and symbols.
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

/// What a list of strategies is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StrategyFilter {
    /// Strategies of this kind.
    pub kind: Option<Name>,
    /// Strategies that are doing this.
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
            Some((_, symbol)) => Err(Error::invalid_input("a strategy names each of its symbols once")
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

/// Strategies.
#[async_trait]
pub trait StrategyRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores strategies, each in the place of the one with its name.
    ///
    /// A strategy equal in everything but `recorded_at` is unchanged. Of several with one name the last counts, and the
    /// others are repeated. An empty batch is fine and does nothing. Either all strategies are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Keyed::validate), with its index as
    /// `row`: parameters or limits that are neither an object nor null, or a symbol named twice.
    ///
    /// # Cancel safety
    /// A dropped call stores all strategies or none.
    async fn upsert_strategies(&self, strategies: &[Strategy]) -> Result<Upserted>;

    /// The strategy with a name; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_strategy(&self, name: Name) -> Result<Option<Strategy>>;

    /// The strategies that a filter admits, in the order of their names.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_strategies(&self, filter: &StrategyFilter) -> Result<Vec<Strategy>>;

    /// Sets what a strategy is doing, learned at an instant, and returns it. To set what it is doing already changes
    /// nothing.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such strategy.
    ///
    /// # Cancel safety
    /// A dropped call sets it or leaves it.
    async fn set_strategy_status(&self, name: Name, status: StrategyStatus, at: Timestamp) -> Result<Strategy>;

    /// Deletes the strategy with a name, and tells whether there was one. What refers to it stays.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes it or leaves it.
    async fn delete_strategy(&self, name: Name) -> Result<bool>;
}
