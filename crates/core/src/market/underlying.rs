//! Live quotes of underlyings: stocks, funds, indices and futures.

use async_trait::async_trait;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Symbol;
use crate::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    validate::{check, count, price},
};

/// A quote of an underlying at one instant. What the market did not say is `None`, never zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnderlyingQuote {
    /// The underlying.
    pub symbol: Symbol,
    /// When the market said it.
    pub at: Timestamp,
    /// The best bid.
    pub bid: Option<f64>,
    /// The best ask.
    pub ask: Option<f64>,
    /// The last trade's price, or the index's level.
    pub last: Option<f64>,
    /// Shares at the bid.
    pub bid_size: Option<u64>,
    /// Shares at the ask.
    pub ask_size: Option<u64>,
    /// Shares traded so far that day.
    pub volume: Option<u64>,
    /// Where the quote comes from.
    pub source: Source,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl UnderlyingQuote {
    /// A quote without numbers, learned when it was said. Set the fields that are known.
    pub const fn new(symbol: Symbol, at: Timestamp, source: Source) -> Self {
        Self {
            symbol,
            at,
            bid: None,
            ask: None,
            last: None,
            bid_size: None,
            ask_size: None,
            volume: None,
            source,
            recorded_at: at,
        }
    }

    /// The mean of bid and ask; `None` unless both are there.
    pub fn mid(&self) -> Option<f64> {
        Some(f64::midpoint(self.bid?, self.ask?))
    }

    /// The price that best tells the underlying's worth: the last trade, otherwise the mid.
    pub fn price(&self) -> Option<f64> {
        self.last.or_else(|| self.mid())
    }

    /// Checks every number: finite, not negative, nothing absurdly large.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        check!(price, self.bid => "bid", self.ask => "ask", self.last => "last");
        check!(count, self.bid_size => "bid_size", self.ask_size => "ask_size", self.volume => "volume");
        Ok(())
    }
}

/// Which quotes of one underlying to list.
pub type UnderlyingQuery = SeriesQuery<Symbol>;

/// Live quotes of underlyings. A quote's key is its symbol and `at`; every version that was believed is kept
/// ([`Upserted`]).
#[async_trait]
pub trait UnderlyingRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores quotes.
    ///
    /// Writing the same rows again changes nothing. A row that differs from what is stored becomes the current version,
    /// or, if it was learned earlier, a past one; the other version is kept. Of several rows with one key the last
    /// wins. An empty batch is fine and does nothing. Either all rows are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not [valid](UnderlyingQuote::validate), with its
    /// index as `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does
    /// not allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn upsert_underlying_quotes(&self, quotes: &[UnderlyingQuote]) -> Result<Upserted>;

    /// The last quote of a symbol within both limits, as it was believed at the knowledge limit; `None` when there is
    /// none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn underlying_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<UnderlyingQuote>>;

    /// The last quote of every symbol within both limits, as it was believed at the knowledge limit, in the order of
    /// the symbols. A symbol without a quote, or whose last one is older than `max_age` at the event limit, does not
    /// appear; `None` takes any age.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative `max_age`.
    ///
    /// # Cancel safety
    /// Safe.
    async fn underlyings_as_of(&self, as_of: AsOf, max_age: Option<TimeDelta>) -> Result<Vec<UnderlyingQuote>>;

    /// The quotes of one symbol within the query's limits, as they were believed at its knowledge limit, oldest first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_underlying_quotes(&self, query: &UnderlyingQuery) -> Result<Page<UnderlyingQuote>>;

    /// Every version of the quote of a symbol at an instant, in the order in which they were believed. Empty when there
    /// is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_underlying_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<UnderlyingQuote>>>;

    /// Every version of the quotes of some symbols that came within the query's instants, by symbol, then by `at` and
    /// by `recorded_at`. Without keys there are none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_underlying_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<UnderlyingQuote>>;
}
