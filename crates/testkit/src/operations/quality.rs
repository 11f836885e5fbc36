//! Cases of reports on data quality.

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{QualityFilter, QualityQuery, QualityReport, Severity},
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    parsed,
};

/// Reports on quality, as the shared cases see them.
#[derive(Debug)]
pub struct Quality;

#[async_trait]
impl Entries for Quality {
    type Entry = QualityReport;

    const DATASET: Dataset = Dataset::Quality;

    fn entry(number: usize, at: Timestamp) -> QualityReport {
        let (check, dataset) = (parsed("crossed markets"), parsed("option_quotes"));
        QualityReport::new(identity(number), at, check, dataset, Severity::Warning)
    }

    fn altered(entry: QualityReport) -> QualityReport {
        QualityReport { score: Some(0.5), ..entry }
    }

    fn invalid(entry: QualityReport) -> QualityReport {
        QualityReport { score: Some(1.5), ..entry }
    }

    fn recorded(entry: QualityReport, recorded_at: Timestamp) -> QualityReport {
        QualityReport { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[QualityReport]) -> Result<Upserted> {
        store.insert_quality(entries).await
    }

    async fn get(store: &dyn Store, id: Id<QualityReport>) -> Result<Option<QualityReport>> {
        store.get_quality(id).await
    }

    async fn list(store: &dyn Store, query: &QualityQuery) -> Result<Page<QualityReport>> {
        store.list_quality(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Quality>(),
        cases![
            every_field_comes_back,
            a_score_is_a_part_of_one,
            filters_keep_what_they_name,
            a_filter_out_of_range_is_refused
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and a missing score is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Quality::entry(0, day(0));
    let full = QualityReport {
        id: identity(1),
        severity: Severity::Critical,
        score: Some(1.0 / 3.0),
        details: parsed(r#"{"rows": 120, "examples": ["SPY251219C00650000"]}"#),
        recorded_at: day(1),
        ..missing.clone()
    };
    let zero = QualityReport { id: identity(2), score: Some(0.0), ..missing.clone() };
    store.insert_quality(&[missing.clone(), full.clone(), zero.clone()]).await?;
    for report in [missing, full, zero] {
        assert_eq!(store.get_quality(report.id).await?, Some(report));
    }
    Ok(())
}

/// A score is from 0 to 1.
async fn a_score_is_a_part_of_one(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for score in [-0.1, 1.000_1, f64::NAN, f64::INFINITY] {
        let report = QualityReport { score: Some(score), ..Quality::entry(0, day(0)) };
        let error = store.insert_quality(&[report]).await.expect_err("a score out of range");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("score")), "{error}");
    }
    assert_eq!(all::<Quality>(&*store).await?, []);
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together; a report without a score is below no
/// bound.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut reports = some::<Quality>(6);
    reports[1].check_name = parsed("gaps");
    reports[2].dataset = parsed("bars");
    reports[3].severity = Severity::Error;
    reports[4].score = Some(0.8);
    reports[5].score = Some(0.7);
    store.insert_quality(&reports).await?;
    let kept = async |filter| {
        let items = store.list_quality(&Listing::new(filter)).await?.items;
        let place = |item| reports.iter().position(|report| report == item);
        Ok::<_, strikebook_core::Error>(items.iter().filter_map(place).collect::<Vec<_>>())
    };
    let filter = QualityFilter::default();
    assert_eq!(kept(filter.clone()).await?, [0, 1, 2, 3, 4, 5]);
    assert_eq!(kept(QualityFilter { check_name: Some(parsed("gaps")), ..filter.clone() }).await?, [1]);
    assert_eq!(kept(QualityFilter { dataset: Some(parsed("bars")), ..filter.clone() }).await?, [2]);
    assert_eq!(kept(QualityFilter { least_severity: Some(Severity::Error), ..filter.clone() }).await?, [3]);
    assert_eq!(kept(QualityFilter { score_below: Some(0.8), ..filter.clone() }).await?, [5], "below, not as good");
    let both = QualityFilter { score_below: Some(1.0), dataset: Some(parsed("option_quotes")), ..filter };
    assert_eq!(kept(both).await?, [4, 5]);
    Ok(())
}

/// A filter's score is from 0 to 1.
async fn a_filter_out_of_range_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for score in [-0.1, 1.1, f64::NAN] {
        let filter = QualityFilter { score_below: Some(score), ..QualityFilter::default() };
        let error = store.list_quality(&Listing::new(filter)).await.expect_err("a score out of range");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("score_below")), "{error}");
    }
    Ok(())
}
