//! Queries of changes: every version recorded in many series since an instant.

use crate::{Paging, Timestamp, page::paging_builders};

/// A query for the changes of many series: every version with `from <= max(at, recorded_at) <= until`.
///
/// A version becomes readable at the later of its two times, once the market has said it and we have recorded it. A
/// process that polls with `from` set to the `until` of its last query therefore sees each version: new rows,
/// corrections of old rows, and rows that arrive late.
///
/// ```
/// use strikebook_core::{ChangeQuery, market::{BarKey, Symbol, Timeframe}};
///
/// let keys = [Symbol::new("SPY")?, Symbol::new("QQQ")?].map(|symbol| BarKey::new(symbol, Timeframe::Day1));
/// let query = ChangeQuery::new(keys, "2021-03-31T20:00:00Z".parse()?).with_from("2021-03-30T20:00:00Z".parse()?);
/// assert_eq!(query.keys.len(), 2);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeQuery<K> {
    /// The keys of the series, in any order; a repeated key counts once.
    pub keys: Vec<K>,
    /// The earliest value of `max(at, recorded_at)` to return, inclusive.
    pub from: Timestamp,
    /// The latest value of `max(at, recorded_at)` to return, inclusive.
    pub until: Timestamp,
    /// The part of the list to return.
    pub paging: Paging,
}

impl<K: Copy + Ord> ChangeQuery<K> {
    /// Creates a query for all versions of some series that are readable at `until`.
    pub fn new(keys: impl IntoIterator<Item = K>, until: Timestamp) -> Self {
        Self { keys: keys.into_iter().collect(), from: Timestamp::MIN, until, paging: Paging::ALL }
    }

    /// Restricts the query to versions with `max(at, recorded_at)` from this instant on.
    #[must_use]
    pub const fn with_from(mut self, from: Timestamp) -> Self {
        self.from = from;
        self
    }

    paging_builders!();

    /// Returns true if a version with these two times belongs to the answer.
    pub fn admits(&self, at: Timestamp, recorded_at: Timestamp) -> bool {
        at.max(recorded_at) >= self.from && at.max(recorded_at) <= self.until
    }
}
