//! Cases of all series: they run for every subject whose rows are versioned.

mod changes;
mod history;
mod reading;
mod writing;

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Source, Store, Timestamp, Upserted, Version,
    maintenance::{Dataset, DatasetStatistics},
    port::Recorded,
};

pub(crate) use history::assert_history;

use crate::case::{Case, reading};

/// A subject with versioned rows in series, as the shared cases see it.
#[async_trait]
pub trait Series: Send + Sync + 'static {
    /// The key of a series.
    type Key: Copy + Debug + Ord + Send + Sync;
    /// The type of the rows.
    type Row: Recorded<Key = (Self::Key, Timestamp)> + Send + Sync;

    /// The dataset of the rows.
    const DATASET: Dataset;

    /// Creates a valid row with the draft's value in it. Its `at` may differ from the draft's by less than a day.
    fn row(draft: &Draft) -> Self::Row;

    /// Writes rows with the method of the port.
    async fn upsert(store: &dyn Store, rows: &[Self::Row]) -> Result<Upserted>;

    /// Reads a page of a series.
    async fn list(store: &dyn Store, query: &SeriesQuery<Self::Key>) -> Result<Page<Self::Row>>;

    /// Reads the last row within limits, by the subject's own method where it has one.
    async fn as_of(store: &dyn Store, key: Self::Key, as_of: AsOf) -> Result<Option<Self::Row>> {
        Ok(Self::list(store, &SeriesQuery::new(key, as_of)).await?.items.pop())
    }

    /// Reads every version of a row; `None` where the subject has no method for it.
    async fn versions(_store: &dyn Store, _row: &Self::Row) -> Result<Option<Vec<Version<Self::Row>>>> {
        Ok(None)
    }
}

/// A subject whose port lists the changes of many series.
#[async_trait]
pub trait Changes: Series {
    /// Reads a page of the versions that came to some series.
    async fn changes(store: &dyn Store, query: &ChangeQuery<Self::Key>) -> Result<Page<Self::Row>>;
}

/// Returns the cases of every subject with versioned rows.
pub(crate) fn cases<S: Series>() -> Vec<Case> {
    [reading(reading::cases::<S>()), history::cases::<S>(), writing::cases::<S>()].concat()
}

/// Returns the cases of every subject whose port lists the changes of many series.
pub(crate) fn change_cases<S: Changes>() -> Vec<Case> {
    reading(changes::cases::<S>())
}

/// The contents of a row, independent of its type.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The index of the series, from zero.
    pub series: usize,
    /// The event time of the row.
    pub at: Timestamp,
    /// A number in the range of a price.
    pub value: f64,
    /// The source of the row.
    pub source: Source,
    /// The knowledge time of the row.
    pub recorded_at: Timestamp,
}

impl Draft {
    /// Creates a draft for the close of a day in September 2025, recorded twelve hours later.
    pub fn on(day: i64) -> Self {
        let at = instant("2025-09-02T20:00:00Z").saturating_add(TimeDelta::days(day));
        Self { series: 0, at, value: 1.05, source: source("test"), recorded_at: at }.recorded_after(12)
    }

    /// Sets the value of the row.
    #[must_use]
    pub fn value(mut self, value: f64) -> Self {
        self.value = value;
        self
    }

    /// Sets the index of the series.
    #[must_use]
    pub fn of(mut self, series: usize) -> Self {
        self.series = series;
        self
    }

    /// Sets the source of the row.
    #[must_use]
    pub fn from_source(mut self, name: &str) -> Self {
        self.source = source(name);
        self
    }

    /// Sets the number of hours from `at` to `recorded_at`.
    #[must_use]
    pub fn recorded_after(mut self, hours: i64) -> Self {
        self.recorded_at = self.at.saturating_add(TimeDelta::hours(hours));
        self
    }

    /// Has the row of a subject recorded half a minute before its event time, as by a clock that is late.
    #[must_use]
    pub fn early<S: Series>(mut self) -> Self {
        self.recorded_at = at::<S>(&self.row::<S>()).saturating_sub(TimeDelta::seconds(30));
        self
    }

    /// Returns the row of a subject.
    pub fn row<S: Series>(&self) -> S::Row {
        S::row(self)
    }
}

/// Parses an instant from its text.
///
/// # Panics
/// When the text is not one.
pub fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Parses a source from its text.
///
/// # Panics
/// When the text is not one.
pub fn source(text: &str) -> Source {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the instant one microsecond before.
pub(crate) fn just_before(at: Timestamp) -> Timestamp {
    at.saturating_sub(TimeDelta::microseconds(1))
}

/// Returns the instant one microsecond after.
pub(crate) fn just_after(at: Timestamp) -> Timestamp {
    at.saturating_add(TimeDelta::microseconds(1))
}

/// All that is known today.
pub(crate) const EVERYTHING: AsOf = AsOf::with_hindsight(Timestamp::MAX);

/// Returns the statistics of a dataset.
pub(crate) async fn statistics(store: &dyn Store, dataset: Dataset) -> Result<DatasetStatistics> {
    let all = store.statistics().await?;
    let found = all.into_iter().find(|statistics| statistics.dataset == dataset);
    Ok(found.unwrap_or_else(|| panic!("no statistics of {dataset}")))
}

/// Returns the current rows of a series, in the order of the list.
pub(crate) async fn all<S: Series>(store: &dyn Store, key: S::Key) -> Result<Vec<S::Row>> {
    Ok(S::list(store, &SeriesQuery::new(key, EVERYTHING)).await?.items)
}

/// Returns a list page by page.
pub(crate) async fn pages<S: Series>(store: &dyn Store, query: &SeriesQuery<S::Key>) -> Result<Vec<Vec<S::Row>>> {
    let (mut pages, mut query) = (Vec::new(), query.clone());
    loop {
        let page = S::list(store, &query).await?;
        pages.push(page.items);
        let Some(next) = page.next else { return Ok(pages) };
        assert!(pages.len() < MANY_PAGES, "the pages do not end");
        query = query.after(next);
    }
}

/// More pages than any case here has.
pub(crate) const MANY_PAGES: usize = 1_000;

/// Returns the series of a row.
pub(crate) fn key<S: Series>(row: &S::Row) -> S::Key {
    row.key().0
}

/// Returns the event time of a row.
pub(crate) fn at<S: Series>(row: &S::Row) -> Timestamp {
    row.key().1
}

/// The counts of an upsert.
pub(crate) const NOTHING: Upserted = Upserted { inserted: 0, corrected: 0, backfilled: 0, unchanged: 0, repeated: 0 };

/// Returns the counts of an upsert that only inserted.
pub(crate) const fn inserted(inserted: u64) -> Upserted {
    Upserted { inserted, ..NOTHING }
}

/// Returns the counts of an upsert that only corrected.
pub(crate) const fn corrected(corrected: u64) -> Upserted {
    Upserted { corrected, ..NOTHING }
}

/// Returns the counts of an upsert that only filled in the past.
pub(crate) const fn backfilled(backfilled: u64) -> Upserted {
    Upserted { backfilled, ..NOTHING }
}

/// Returns the counts of an upsert that found nothing new.
pub(crate) const fn unchanged(unchanged: u64) -> Upserted {
    Upserted { unchanged, ..NOTHING }
}
