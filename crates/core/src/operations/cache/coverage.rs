//! Coverage: the days that fetches have covered, so that a request for a range fetches its gaps only.

use std::fmt;

use async_trait::async_trait;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{CacheKey, FetchOutcome};
use crate::{Error, Name, Result, Timestamp, Upserted, port::Keyed, validate::check};

/// The key of a covered day: dataset, subject and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CoverageKey {
    /// The dataset of the fetch.
    pub dataset: Name,
    /// The subject of the fetch.
    pub subject: Name,
    /// The day in New York.
    pub date: NaiveDate,
}

impl fmt::Display for CoverageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.dataset, self.subject, self.date)
    }
}

/// The outcome of fetching one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The dataset of the fetch.
    pub dataset: Name,
    /// The subject of the fetch.
    pub subject: Name,
    /// The day in New York.
    pub date: NaiveDate,
    /// The outcome of the fetch.
    pub outcome: FetchOutcome,
    /// The instant before which the day must not be fetched again; `None` for data, and when it may be fetched again
    /// at any time.
    pub retry_after: Option<Timestamp>,
    /// The knowledge time: when the day was fetched.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Coverage);

impl Coverage {
    /// Creates the outcome of a day that was fetched at an instant.
    pub const fn new(key: CacheKey, date: NaiveDate, outcome: FetchOutcome, asked_at: Timestamp) -> Self {
        Self { dataset: key.dataset, subject: key.subject, date, outcome, retry_after: None, recorded_at: asked_at }
    }

    /// Returns true if the day must not be fetched: its data is stored, or `retry_after` has not been reached.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        self.outcome == FetchOutcome::Data || self.retry_after.is_some_and(|retry_after| now < retry_after)
    }
}

/// The conditions of a list of days. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageFilter {
    /// The dataset of the days.
    pub dataset: Option<Name>,
    /// The subject of the days.
    pub subject: Option<Name>,
    /// The first day, inclusive.
    pub from: Option<NaiveDate>,
    /// The last day, inclusive.
    pub until: Option<NaiveDate>,
}

impl CoverageFilter {
    /// Creates the filter for all days of a cache key.
    pub fn of(key: &CacheKey) -> Self {
        Self { dataset: Some(key.dataset), subject: Some(key.subject), ..Self::default() }
    }
}

impl Keyed for Coverage {
    const NAME: &'static str = "coverage";

    type Key = CoverageKey;
    type Filter = CoverageFilter;

    fn key(&self) -> CoverageKey {
        CoverageKey { dataset: self.dataset, subject: self.subject, date: self.date }
    }

    fn validate(&self) -> Result<()> {
        in_range("date", self.date)
    }

    fn validate_filter(filter: &CoverageFilter) -> Result<()> {
        check!(in_range, filter.from => "from", filter.until => "until");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &CoverageFilter) -> bool {
        filter.dataset.is_none_or(|dataset| self.dataset == dataset)
            && filter.subject.is_none_or(|subject| self.subject == subject)
            && filter.from.is_none_or(|from| self.date >= from)
            && filter.until.is_none_or(|until| self.date <= until)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Checks that every instant of a day is a valid [`Timestamp`].
fn in_range(field: &'static str, date: NaiveDate) -> Result<()> {
    if (1800..2200).contains(&date.year()) {
        return Ok(());
    }
    let refused = format!("{field} must lie between 1800-01-01 and 2199-12-31");
    Err(Error::invalid_input(refused).with("field", field).with("value", date))
}

/// The days that fetches have covered.
///
/// ```
/// use strikebook_core::{
///     Name,
///     memory::MemoryStore,
///     operations::{CacheKey, Coverage, CoverageFilter, CoverageRepository, FetchOutcome},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let key = CacheKey { dataset: Name::new("prices")?, subject: Name::new("SPY")? };
/// let day = "2025-09-25".parse().expect("a date");
/// let covered = Coverage::new(key, day, FetchOutcome::Data, "2025-09-26T06:00:00Z".parse()?);
/// store.upsert_coverage(&[covered.clone()]).await?;
/// assert_eq!(store.list_coverage(&CoverageFilter::of(&key)).await?, [covered]);
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
pub trait CoverageRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores days, which replace those with the same keys, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). A day that differs in nothing but `recorded_at` counts as unchanged.
    async fn upsert_coverage(&self, days: &[Coverage]) -> Result<Upserted>;

    /// Returns the days that a filter admits, ordered by dataset, subject and day.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the filter's days are not between 1800 and 2199.
    async fn list_coverage(&self, filter: &CoverageFilter) -> Result<Vec<Coverage>>;

    /// Deletes the days that a filter admits, all or none, and returns their number. They can then be fetched again.
    ///
    /// # Errors
    /// As [`list_coverage`](Self::list_coverage).
    async fn delete_coverage(&self, filter: &CoverageFilter) -> Result<u64>;
}
