//! How long rows are kept: two presets, as plain tables of ages.

use chrono::TimeDelta;
use strikebook_core::{
    Result, Timestamp,
    maintenance::{Dataset, Maintenance, Purged},
    operations::{EventRepository, Severity},
};

/// A choice of ages. What a table does not name stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// For a store that is worked with: quotes of two or three months, signals of a year.
    Lean,
    /// For a store that is searched: market data of five years, the portfolio's history of ten.
    Research,
}

/// Days in some years, leap days included.
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

/// Events that are not critical go earlier from a lean store, after so many days.
const COMMON_EVENTS: i64 = 90;

impl Retention {
    /// How many days rows of each dataset are kept, counted from their `at`.
    pub const fn days(self) -> &'static [(Dataset, i64)] {
        match self {
            Self::Lean => LEAN,
            Self::Research => RESEARCH,
        }
    }
}

/// Deletes what is older than a preset allows at an instant, and tells what went of each of its datasets. The files
/// stay as large as they were until [`compact`](Maintenance::compact).
///
/// # Errors
/// Those of [`purge`](Maintenance::purge).
///
/// # Cancel safety
/// A dropped call leaves whole datasets purged; to call again goes on.
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
            purged.rows += store.purge_events_below(Severity::Critical, before(COMMON_EVENTS)).await?;
        }
        all.push((*dataset, purged));
    }
    Ok(all)
}
