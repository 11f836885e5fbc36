//! Positions: what is held now.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Decimal, Keyed, Name, Result, Timestamp, Upserted, market::Instrument, money::amount, validate::check};

/// What tells positions apart: whose, of what, and for which strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PositionKey {
    /// The account that holds it.
    pub account: Name,
    /// What is held.
    pub instrument: Instrument,
    /// The strategy that holds it. What a person holds has a strategy of its own, such as `manual`.
    pub strategy: Name,
}

impl fmt::Display for PositionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.instrument, self.strategy)
    }
}

/// How much of an instrument a strategy holds in an account, and what it cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The account that holds it.
    pub account: Name,
    /// What is held.
    pub instrument: Instrument,
    /// The strategy that holds it. What a person holds has a strategy of its own, such as `manual`.
    pub strategy: Name,
    /// How many shares or contracts; negative when short, zero when it is closed and kept for its profit.
    pub quantity: Decimal,
    /// What one unit cost or, when short, brought in, as it is quoted: for an option per share of its underlying.
    /// `None` when it is not known, as after a transfer.
    pub average_cost: Option<Decimal>,
    /// The profit, or loss when negative, of what was closed of it: money, with the contract's multiplier in it.
    pub realized_pnl: Decimal,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl Position {
    /// A position opened and learned at one instant, without realized profit.
    pub fn new(key: PositionKey, quantity: Decimal, average_cost: Decimal, opened_at: Timestamp) -> Self {
        Self {
            account: key.account,
            instrument: key.instrument,
            strategy: key.strategy,
            quantity,
            average_cost: Some(average_cost),
            realized_pnl: Decimal::ZERO,
            opened_at,
            updated_at: opened_at,
            recorded_at: opened_at,
        }
    }

    /// Whether anything is held.
    pub fn is_open(&self) -> bool {
        !self.quantity.is_zero()
    }
}

/// What a list of positions is narrowed to. Fields that are `None` or `false` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionFilter {
    /// Positions of this account.
    pub account: Option<Name>,
    /// Positions in this instrument.
    pub instrument: Option<Instrument>,
    /// Positions of this strategy.
    pub strategy: Option<Name>,
    /// Only positions of which [something is held](Position::is_open).
    pub open: bool,
}

impl Keyed for Position {
    const NAME: &'static str = "position";

    type Key = PositionKey;
    type Filter = PositionFilter;

    fn key(&self) -> PositionKey {
        PositionKey { account: self.account, instrument: self.instrument, strategy: self.strategy }
    }

    fn validate(&self) -> Result<()> {
        amount("quantity", self.quantity)?;
        check!(amount, self.average_cost => "average_cost");
        amount("realized_pnl", self.realized_pnl)
    }

    fn is_admitted_by(&self, filter: &PositionFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
            && filter.instrument.is_none_or(|instrument| self.instrument == instrument)
            && filter.strategy.is_none_or(|strategy| self.strategy == strategy)
            && (!filter.open || self.is_open())
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Positions held now.
#[async_trait]
pub trait PositionRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores positions, each in the place of the one with its key.
    ///
    /// A position equal in everything but `recorded_at` is unchanged. Of several with one key the last counts, and the
    /// others are repeated. An empty batch is fine and does nothing. Either all positions are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Keyed::validate), with its index as
    /// `row`: a quantity or amount with more than eight digits behind the point, or of 10¹² or more.
    ///
    /// # Cancel safety
    /// A dropped call stores all positions or none.
    async fn upsert_positions(&self, positions: &[Position]) -> Result<Upserted>;

    /// The position with a key; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_position(&self, key: &PositionKey) -> Result<Option<Position>>;

    /// The positions that a filter admits, in the order of their keys.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_positions(&self, filter: &PositionFilter) -> Result<Vec<Position>>;

    /// Deletes the position with a key, and tells whether there was one.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes it or leaves it.
    async fn delete_position(&self, key: &PositionKey) -> Result<bool>;
}
