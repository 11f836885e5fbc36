//! Positions: what an account holds now.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Name, Result, Timestamp, Upserted, market::Instrument, money::amount, port::Keyed, validate::check,
};

/// The key of a position: account, instrument and strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PositionKey {
    /// The account that holds the position.
    pub account: Name,
    /// The instrument that is held.
    pub instrument: Instrument,
    /// The strategy that holds the position. Positions opened by hand have a strategy of their own, such as `manual`.
    pub strategy: Name,
}

impl fmt::Display for PositionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.instrument, self.strategy)
    }
}

/// The quantity and the cost of an instrument that a strategy holds in an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The account that holds the position.
    pub account: Name,
    /// The instrument that is held.
    pub instrument: Instrument,
    /// The strategy that holds the position. Positions opened by hand have a strategy of their own, such as `manual`.
    pub strategy: Name,
    /// The number of shares or contracts: negative when short, zero when the position is closed and kept for its
    /// profit.
    pub quantity: Decimal,
    /// The quoted average cost of one unit or, when short, the average proceeds: for an option per share of its
    /// underlying. `None` when unknown, as after a transfer, and of a closed position.
    pub average_cost: Option<Decimal>,
    /// The realised profit, negative for a loss, in money: with the contract's multiplier. Positions that
    /// [fills](super::OrderRepository::record_fills) make have it after all their fees, and dividends left out.
    pub realized_pnl: Decimal,
    /// The instant of the opening.
    pub opened_at: Timestamp,
    /// The instant of the last change.
    pub updated_at: Timestamp,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Position: quantity average_cost realized_pnl);

impl Position {
    /// Creates a position without realised profit, with `opened_at` as its knowledge time.
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

    /// Returns true if the quantity is not zero.
    pub fn is_open(&self) -> bool {
        !self.quantity.is_zero()
    }
}

/// The conditions of a list of positions. A field that is `None` or `false` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionFilter {
    /// The account of the positions.
    pub account: Option<Name>,
    /// The instrument of the positions.
    pub instrument: Option<Instrument>,
    /// The strategy of the positions.
    pub strategy: Option<Name>,
    /// True for [open](Position::is_open) positions only.
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

    fn knowable_from(&self) -> Option<Timestamp> {
        Some(self.updated_at)
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Positions held now, by account, instrument and strategy.
///
/// ```
/// use strikebook_core::{
///     Name,
///     market::Symbol,
///     memory::MemoryStore,
///     trading::{Position, PositionFilter, PositionKey, PositionRepository},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let instrument = Symbol::new("SPY")?.into();
/// let key = PositionKey { account: Name::new("U1")?, instrument, strategy: Name::new("manual")? };
/// let position = Position::new(key, 100.into(), 640.into(), "2025-09-25T14:30:00Z".parse()?);
/// let store = MemoryStore::new();
/// store.upsert_positions(&[position]).await?;
/// let open = store.list_positions(&PositionFilter { open: true, ..PositionFilter::default() }).await?;
/// assert_eq!(open.len(), 1);
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
pub trait PositionRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores positions, which replace those with the same keys, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). A position that differs in nothing but `recorded_at` counts as
    /// unchanged.
    async fn upsert_positions(&self, positions: &[Position]) -> Result<Upserted>;

    /// Returns the position with a key; `None` when there is no such position.
    async fn get_position(&self, key: &PositionKey) -> Result<Option<Position>>;

    /// Returns the positions that a filter admits, in the order of their keys.
    async fn list_positions(&self, filter: &PositionFilter) -> Result<Vec<Position>>;

    /// Deletes the position with a key, and returns true if there was one.
    async fn delete_position(&self, key: &PositionKey) -> Result<bool>;
}
