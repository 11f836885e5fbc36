//! Queries of one series: the rows of one key, in the order of event time.

use crate::{AsOf, Paging, Timestamp, page::paging_builders};

/// A query for rows of one series: those of `key` from an instant up to the limits of a point-in-time read, in pages.
///
/// ```
/// use strikebook_core::{AsOf, market::{Bar, BarKey, BarQuery, Symbol, Timeframe}};
///
/// let key = BarKey::new(Symbol::new("SPY")?, Timeframe::Day1);
/// let query = BarQuery::new(key, AsOf::instant("2021-03-31T20:00:00Z".parse()?)).with_from("2021-01-01T00:00:00Z".parse()?);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesQuery<K> {
    /// The key of the series.
    pub key: K,
    /// The earliest `at` to return, inclusive.
    pub from: Timestamp,
    /// The limits of the read. Each row comes in the version that was valid at the knowledge limit.
    pub as_of: AsOf,
    /// The part of the list to return.
    pub paging: Paging,
}

impl<K> SeriesQuery<K> {
    /// Creates a query for all rows of a key up to the limits.
    pub const fn new(key: K, as_of: AsOf) -> Self {
        Self { key, from: Timestamp::MIN, as_of, paging: Paging::ALL }
    }

    /// Restricts the query to rows with `at` from this instant on.
    #[must_use]
    pub const fn with_from(mut self, from: Timestamp) -> Self {
        self.from = from;
        self
    }

    paging_builders!();
}
