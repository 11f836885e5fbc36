//! Cases of coverage of fetches by day.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    ErrorKind, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{Coverage, CoverageFilter, CoverageKey, FetchOutcome},
    port::Keyed,
};

use crate::{
    Bench,
    cache::key,
    case::{Case, cases},
    entries::day,
    keyed::{self, KeyedRows, all, some},
    parsed,
};

/// Days that were fetched, as the shared cases see them.
#[derive(Debug)]
pub struct CoveredDays;

/// Returns the filter that admits one day.
fn only(key: &CoverageKey) -> CoverageFilter {
    let CoverageKey { dataset, subject, date } = *key;
    CoverageFilter { dataset: Some(dataset), subject: Some(subject), from: Some(date), until: Some(date) }
}

#[async_trait]
impl KeyedRows for CoveredDays {
    type Row = Coverage;

    const DATASET: Dataset = Dataset::CacheCoverage;

    fn row(number: usize, recorded_at: Timestamp) -> Coverage {
        let of = key("bars", if number.is_multiple_of(2) { "SPY" } else { "QQQ" });
        Coverage::new(of, day(1_000 - number).new_york_date(), FetchOutcome::Data, recorded_at)
    }

    fn altered(row: Coverage) -> Coverage {
        Coverage { outcome: FetchOutcome::Empty, ..row }
    }

    fn invalid(row: Coverage) -> Option<Coverage> {
        Some(Coverage { date: NaiveDate::MIN, ..row })
    }

    async fn upsert(store: &dyn Store, rows: &[Coverage]) -> Result<Upserted> {
        store.upsert_coverage(rows).await
    }

    async fn get(store: &dyn Store, key: &CoverageKey) -> Result<Option<Coverage>> {
        Ok(store.list_coverage(&only(key)).await?.pop())
    }

    async fn list(store: &dyn Store, filter: &CoverageFilter) -> Result<Vec<Coverage>> {
        store.list_coverage(filter).await
    }

    async fn delete(store: &dyn Store, key: &CoverageKey) -> Result<bool> {
        Ok(store.delete_coverage(&only(key)).await? == 1)
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        keyed::cases::<CoveredDays>(),
        cases![every_field_comes_back, days_out_of_range_are_refused, filters_keep_what_they_name],
    ]
    .concat()
}

/// Every outcome comes back, with and without an instant from which to ask again.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (number, outcome) in FetchOutcome::ALL.iter().enumerate() {
        for retry_after in [None, Some(day(50))] {
            let row = Coverage { outcome: *outcome, retry_after, ..CoveredDays::row(number, day(number)) };
            store.upsert_coverage(std::slice::from_ref(&row)).await?;
            assert_eq!(CoveredDays::get(&*store, &row.key()).await?, Some(row));
        }
    }
    Ok(())
}

/// Days between 1800 and 2199 are stored, others are refused, also in a filter.
async fn days_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let on = |year, month, of_month| {
        let date = NaiveDate::from_ymd_opt(year, month, of_month).unwrap_or_default();
        Coverage { date, ..CoveredDays::row(0, day(0)) }
    };
    for outside in [on(1799, 12, 31), on(2200, 1, 1)] {
        let date = Some(outside.date);
        let error = store.upsert_coverage(&[outside]).await.expect_err("a day out of range");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("date")), "{error}");
        let none = CoverageFilter::default;
        for (filter, field) in
            [(CoverageFilter { from: date, ..none() }, "from"), (CoverageFilter { until: date, ..none() }, "until")]
        {
            let refused = store.list_coverage(&filter).await.map(drop).expect_err(field);
            assert_eq!((refused.kind(), refused.context("field")), (ErrorKind::InvalidInput, Some(field)), "{refused}");
            let refused = store.delete_coverage(&filter).await.map(drop).expect_err(field);
            assert_eq!((refused.kind(), refused.context("field")), (ErrorKind::InvalidInput, Some(field)), "{refused}");
        }
    }
    let within = [on(1800, 1, 1), on(2199, 12, 31)];
    store.upsert_coverage(&within).await?;
    assert_eq!(all::<CoveredDays>(&*store).await?, within);
    Ok(())
}

/// Datasets and subjects are separate, both ends of a span of days are included, and a deletion deletes what is
/// listed.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut days = some::<CoveredDays>(7);
    days[6].dataset = parsed("chains");
    days.sort_by_key(Keyed::key);
    store.upsert_coverage(&days).await?;
    let none = CoverageFilter::default;
    let (from, until) = (Some(day(995).new_york_date()), Some(day(998).new_york_date()));
    for (filter, count) in [
        (none(), 7),
        (CoverageFilter::of(&key("bars", "QQQ")), 3),
        (CoverageFilter::of(&key("bars", "SPY")), 3),
        (CoverageFilter::of(&key("chains", "QQQ")), 0),
        (CoverageFilter { from, ..none() }, 6),
        (CoverageFilter { until, ..none() }, 5),
        (CoverageFilter { from, until, ..CoverageFilter::of(&key("bars", "QQQ")) }, 2),
    ] {
        let found = store.list_coverage(&filter).await?;
        let expected: Vec<_> = days.iter().filter(|day| day.is_admitted_by(&filter)).cloned().collect();
        assert_eq!((&found, found.len()), (&expected, count), "{filter:?}");
    }
    let some_of_one = CoverageFilter { from, until, ..CoverageFilter::of(&key("bars", "QQQ")) };
    assert_eq!(store.delete_coverage(&some_of_one).await?, 2);
    assert_eq!(store.delete_coverage(&some_of_one).await?, 0);
    let kept: Vec<_> = days.iter().filter(|day| !day.is_admitted_by(&some_of_one)).cloned().collect();
    assert_eq!(all::<CoveredDays>(&*store).await?, kept);
    Ok(())
}
