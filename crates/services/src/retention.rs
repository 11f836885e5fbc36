//! Retention of rows: two presets, as tables of ages.

use chrono::TimeDelta;
use strikebook_core::{
    Result, Timestamp,
    maintenance::{Dataset, Maintenance, Purged},
    operations::{EventRepository, Severity},
};

/// A preset of ages. Datasets that a preset does not name are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// For an operational store: quotes of two or three months, signals of a year.
    Lean,
    /// For a store for research: market data of five years, the portfolio's history of ten.
    Research,
}

/// Returns the days of some years, leap days included.
const fn years(years: i64) -> i64 {
    (years * 1_461 + 3) / 4
}

const LEAN: &[(Dataset, i64)] = &[
    (Dataset::OptionQuotes, 60),
    (Dataset::ChainSnapshots, 60),
    (Dataset::Greeks, 60),
    (Dataset::UnderlyingQuotes, 90),
    (Dataset::Predictions, 90),
    (Dataset::Quality, 90),
    (Dataset::States, 90),
    (Dataset::Rejects, 90),
    (Dataset::Runs, years(1)),
    (Dataset::Accounts, years(1)),
    (Dataset::Signals, years(1)),
    (Dataset::Metrics, years(2)),
    (Dataset::Events, years(2)),
];

const RESEARCH: &[(Dataset, i64)] = &[
    (Dataset::OptionQuotes, years(5)),
    (Dataset::ChainSnapshots, years(5)),
    (Dataset::Greeks, years(5)),
    (Dataset::UnderlyingQuotes, years(5)),
    (Dataset::Bars, years(5)),
    (Dataset::Signals, years(5)),
    (Dataset::Accounts, years(10)),
    (Dataset::Portfolios, years(10)),
];

/// The days for which a lean store keeps events that are not critical.
const COMMON_EVENT_DAYS: i64 = 90;

impl Retention {
    /// Returns the datasets of the preset, each with the days for which its rows are kept, counted from their `at`.
    pub const fn days(self) -> &'static [(Dataset, i64)] {
        match self {
            Self::Lean => LEAN,
            Self::Research => RESEARCH,
        }
    }
}

/// Deletes the rows that are older than a preset allows at an instant, and returns the counts by dataset. Database
/// files keep their size until [`compact`](Maintenance::compact).
///
/// # Errors
/// Those of [`purge`](Maintenance::purge).
///
/// # Cancel safety
/// A dropped call leaves whole datasets purged; another call resumes.
pub async fn apply(
    retention: Retention,
    store: &(impl Maintenance + EventRepository + ?Sized),
    now: Timestamp,
) -> Result<Vec<(Dataset, Purged)>> {
    let before = |days| now.saturating_sub(TimeDelta::days(days));
    let mut all = Vec::new();
    for (dataset, days) in retention.days() {
        let mut purged = store.purge(*dataset, before(*days)).await?;
        if (retention, *dataset) == (Retention::Lean, Dataset::Events) {
            purged.rows += store.purge_events_below(Severity::Critical, before(COMMON_EVENT_DAYS)).await?;
        }
        all.push((*dataset, purged));
    }
    Ok(all)
}
