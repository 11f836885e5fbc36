//! Which days were asked for, so that who wants a range fetches only its gaps.

use std::fmt;

use async_trait::async_trait;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{CacheKey, FetchOutcome};
use crate::{Error, Keyed, Name, Result, Timestamp, Upserted, validate::check};

/// A day of something that is fetched by days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CoverageKey {
    /// The dataset.
    pub dataset: Name,
    /// What of it.
    pub subject: Name,
    /// The day in New York.
    pub date: NaiveDate,
}

impl fmt::Display for CoverageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.dataset, self.subject, self.date)
    }
}

/// What came of asking for a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The dataset.
    pub dataset: Name,
    /// What of it.
    pub subject: Name,
    /// The day in New York.
    pub date: NaiveDate,
    /// What came of it.
    pub outcome: FetchOutcome,
    /// Until when it is not to be asked for again; `None` for data, which is there, and for what may be asked for at
    /// any time.
    pub retry_after: Option<Timestamp>,
    /// When it was asked for.
    pub recorded_at: Timestamp,
}

impl Coverage {
    /// A day that was asked for.
    pub const fn new(key: CacheKey, date: NaiveDate, outcome: FetchOutcome, asked_at: Timestamp) -> Self {
        Self { dataset: key.dataset, subject: key.subject, date, outcome, retry_after: None, recorded_at: asked_at }
    }

    /// Whether there is no need or no use to ask for the day: its data came, or it is too early to ask again.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        self.outcome == FetchOutcome::Data || self.retry_after.is_some_and(|retry_after| now < retry_after)
    }
}

/// What a list of days is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageFilter {
    /// Days of this dataset.
    pub dataset: Option<Name>,
    /// Days of this subject.
    pub subject: Option<Name>,
    /// Days from this one on.
    pub from: Option<NaiveDate>,
    /// Days up to and including this one.
    pub until: Option<NaiveDate>,
}

impl CoverageFilter {
    /// All days of what has a key.
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

/// A day of which every instant is a [`Timestamp`].
fn in_range(field: &'static str, date: NaiveDate) -> Result<()> {
    if (1800..2200).contains(&date.year()) {
        return Ok(());
    }
    let refused = format!("{field} must lie between 1800-01-01 and 2199-12-31");
    Err(Error::invalid_input(refused).with("field", field).with("value", date))
}

/// Which days were asked for.
#[async_trait]
pub trait CoverageRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores days, each in the place of the one with its key.
    ///
    /// A day equal in everything but `recorded_at` is unchanged. Of several with one key the last counts, and the
    /// others are repeated. An empty batch is fine and does nothing. Either all days are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not between 1800 and 2199, with its index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all days or none.
    async fn upsert_coverage(&self, days: &[Coverage]) -> Result<Upserted>;

    /// The days that a filter admits, in the order of their keys: dataset, subject, day.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the filter's days are not between 1800 and 2199.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_coverage(&self, filter: &CoverageFilter) -> Result<Vec<Coverage>>;

    /// Deletes the days that a filter admits, and returns how many there were. They can then be asked for again.
    ///
    /// # Errors
    /// As [`list_coverage`](Self::list_coverage).
    ///
    /// # Cancel safety
    /// A dropped call deletes all of them or none.
    async fn delete_coverage(&self, filter: &CoverageFilter) -> Result<u64>;
}
