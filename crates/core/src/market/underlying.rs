//! Live quotes of underlyings: stocks, funds, indices and futures.

use async_trait::async_trait;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Symbol;
use crate::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    validate::{check, count, number},
};

/// A quote of an underlying at one instant. A number that the market did not give is `None`, never zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnderlyingQuote {
    /// The symbol of the underlying.
    pub symbol: Symbol,
    /// The event time: the instant of the quote.
    pub at: Timestamp,
    /// The best bid price.
    pub bid: Option<f64>,
    /// The best ask price.
    pub ask: Option<f64>,
    /// The price of the last trade, or the level of an index.
    pub last: Option<f64>,
    /// The number of shares at the bid.
    pub bid_size: Option<u64>,
    /// The number of shares at the ask.
    pub ask_size: Option<u64>,
    /// The number of shares traded so far that day.
    pub volume: Option<u64>,
    /// The source of the quote.
    pub source: Source,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(UnderlyingQuote);
crate::port::recorded!(UnderlyingQuote, (Symbol, Timestamp), "symbol": |it| (it.symbol, it.at), it.symbol);

impl UnderlyingQuote {
    /// Creates a quote without numbers, with `at` as its knowledge time. Set the known fields afterwards.
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

    /// Returns the mean of bid and ask; `None` unless both are present.
    pub fn mid(&self) -> Option<f64> {
        Some(f64::midpoint(self.bid?, self.ask?))
    }

    /// Returns the best estimate of the underlying's value: the last trade, otherwise the mid.
    pub fn price(&self) -> Option<f64> {
        self.last.or_else(|| self.mid())
    }

    /// Checks every number: finite and below 10¹² in size, sizes not negative. Prices may be below zero, as those of
    /// futures and spreads are.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        check!(number, self.bid => "bid", self.ask => "ask", self.last => "last");
        check!(count, self.bid_size => "bid_size", self.ask_size => "ask_size", self.volume => "volume");
        Ok(())
    }
}

/// A query for quotes of one underlying.
pub type UnderlyingQuery = SeriesQuery<Symbol>;

/// Live quotes of underlyings. The key of a quote is its symbol and `at`; quotes are stored in
/// [versions](Upserted#versions). An example is on the [crate's front page](crate#two-times).
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
pub trait UnderlyingRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores quotes by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_underlying_quotes(&self, quotes: &[UnderlyingQuote]) -> Result<Upserted>;

    /// Returns the last quote of a symbol within both limits, in the version valid at the knowledge limit; `None`
    /// when there is no such quote.
    async fn underlying_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<UnderlyingQuote>>;

    /// Returns the last quote of every symbol within both limits, in the version valid at the knowledge limit, in the
    /// order of the symbols. Symbols whose last quote is older than `max_age` at the event limit are excluded; `None`
    /// accepts any age.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative `max_age`.
    async fn underlyings_as_of(&self, as_of: AsOf, max_age: Option<TimeDelta>) -> Result<Vec<UnderlyingQuote>>;

    /// Returns the quotes of one symbol within the query's limits, in the versions valid at its knowledge limit,
    /// oldest first.
    async fn list_underlying_quotes(&self, query: &UnderlyingQuery) -> Result<Page<UnderlyingQuote>>;

    /// Returns every version of a symbol's quote at an instant, in the order of `recorded_at`. Empty when there is no
    /// such quote.
    async fn list_underlying_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<UnderlyingQuote>>>;

    /// Returns the changes of the quotes of some symbols, ordered by symbol, `at` and `recorded_at`. Empty without
    /// keys.
    async fn list_underlying_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<UnderlyingQuote>>;
}
