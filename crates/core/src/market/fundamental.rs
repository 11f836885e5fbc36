//! Fundamentals of underlyings: market capitalisation and shares outstanding.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Symbol;
use crate::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    validate::{check, count},
};

/// Fundamentals of an underlying at an instant. A number that the source did not give is `None`, never zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fundamentals {
    /// The symbol of the underlying.
    pub symbol: Symbol,
    /// The event time: the instant for which the numbers hold.
    pub at: Timestamp,
    /// The market capitalisation, in whole units of the currency.
    pub market_cap: Option<u64>,
    /// The number of shares outstanding.
    pub shares_outstanding: Option<u64>,
    /// The source of the numbers.
    pub source: Source,
    /// The knowledge time. A filing is published weeks after the day for which its numbers hold.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Fundamentals);
crate::port::recorded!(Fundamentals, (Symbol, Timestamp), "symbol": |it| (it.symbol, it.at), it.symbol);

impl Fundamentals {
    /// Checks that each number fits 63 bits.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        check!(count, self.market_cap => "market_cap", self.shares_outstanding => "shares_outstanding");
        Ok(())
    }
}

/// Fundamentals of underlyings. The key of a row is its symbol and `at`; rows are stored in
/// [versions](Upserted#versions). [`SeriesQuery`] shows how to list them.
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`, and a row of a simulated source with [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store
/// allows such rows. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait FundamentalRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores fundamentals by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_fundamentals(&self, rows: &[Fundamentals]) -> Result<Upserted>;

    /// Returns the last fundamentals of a symbol within both limits, in the version valid at the knowledge limit;
    /// `None` when there are none.
    async fn fundamentals_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Fundamentals>>;

    /// Returns the fundamentals of one symbol within the query's limits, in the versions valid at its knowledge limit,
    /// oldest first.
    async fn list_fundamentals(&self, query: &SeriesQuery<Symbol>) -> Result<Page<Fundamentals>>;

    /// Returns every version of a symbol's fundamentals at an instant, in the order of `recorded_at`. Empty when there
    /// are none.
    async fn list_fundamental_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Fundamentals>>>;

    /// Returns the changes of the fundamentals of some symbols, ordered by symbol, `at` and `recorded_at`. Empty
    /// without keys.
    async fn list_fundamental_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<Fundamentals>>;
}
