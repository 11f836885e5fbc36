//! Cases of observations of economic series.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, ChangeQuery, ErrorKind, Page, Result, SeriesQuery, Store, Upserted, Version,
    maintenance::Dataset,
    market::{Observation, SeriesId},
};

use crate::{
    Bench,
    case::{Case, cases, reading},
    series::{self, Changes, Draft, EVERYTHING, Series, all, inserted, instant, just_before, source},
};

/// Observations, as the shared cases see them. A row's `at` is the end of the draft's day in New York.
#[derive(Debug)]
pub struct Observations;

#[async_trait]
impl Series for Observations {
    type Key = SeriesId;
    type Row = Observation;

    const DATASET: Dataset = Dataset::Observations;

    fn row(draft: &Draft) -> Observation {
        Observation {
            series: SeriesId::new(&format!("SERIES_{}", draft.series)).unwrap_or_else(|error| panic!("{error}")),
            date: draft.at.new_york_date(),
            value: draft.value,
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[Observation]) -> Result<Upserted> {
        store.upsert_observations(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<SeriesId>) -> Result<Page<Observation>> {
        store.list_observations(query).await
    }

    async fn as_of(store: &dyn Store, key: SeriesId, as_of: AsOf) -> Result<Option<Observation>> {
        store.observation_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &Observation) -> Result<Option<Vec<Version<Observation>>>> {
        store.list_observation_versions(row.series, row.date).await.map(Some)
    }
}

#[async_trait]
impl Changes for Observations {
    async fn changes(store: &dyn Store, query: &ChangeQuery<SeriesId>) -> Result<Page<Observation>> {
        store.list_observation_changes(query).await
    }
}

/// Creates the value of a series for a day, recorded on its morning.
fn observation(series: &str, date: &str, value: f64) -> Result<Observation> {
    Ok(Observation {
        series: SeriesId::new(series)?,
        date: date.parse().unwrap_or_else(|error| panic!("{error}")),
        value,
        source: source("test"),
        recorded_at: instant(&format!("{date}T05:00:00Z")),
    })
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![
        a_value_counts_from_the_end_of_its_day,
        a_value_is_not_seen_before_it_was_published,
        rates_may_be_negative
    ];
    let writes = cases![a_day_out_of_range_is_refused];
    [series::cases::<Observations>(), series::change_cases::<Observations>(), reading(answers), writes].concat()
}

/// A value counts from the end of its day in New York, whatever the season, also on the days the clocks change.
async fn a_value_counts_from_the_end_of_its_day(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (date, end) in [
        ("2025-01-15", "2025-01-16T05:00:00Z"),
        ("2025-03-08", "2025-03-09T05:00:00Z"),
        ("2025-03-09", "2025-03-10T04:00:00Z"),
        ("2025-07-15", "2025-07-16T04:00:00Z"),
        ("2025-11-01", "2025-11-02T04:00:00Z"),
        ("2025-11-02", "2025-11-03T05:00:00Z"),
        ("2024-12-31", "2025-01-01T05:00:00Z"),
    ] {
        let row = observation("VIX", date, 16.5)?;
        store.upsert_observations(std::slice::from_ref(&row)).await?;
        let at = |at| AsOf::with_hindsight(at);
        assert_eq!(store.observation_as_of(row.series, at(instant(end))).await?.as_ref(), Some(&row), "{date}");
        let before = store.observation_as_of(row.series, at(just_before(instant(end)))).await?;
        assert_ne!(before.map(|row| row.date), Some(row.date), "{date}");
        let listed =
            store.list_observations(&SeriesQuery::new(row.series, at(instant(end))).with_from(instant(end))).await?;
        assert_eq!(listed.items, [row]);
    }
    Ok(())
}

/// A value that was published weeks after its day is not returned before its `recorded_at`.
async fn a_value_is_not_seen_before_it_was_published(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let published = instant("2025-10-24T12:30:00Z");
    let late = Observation { recorded_at: published, ..observation("CPIAUCSL", "2025-09-30", 324.368)? };
    store.upsert_observations(&[late.clone(), observation("CPIAUCSL", "2025-08-31", 323.364)?]).await?;
    let value =
        async |at| store.observation_as_of(late.series, AsOf::instant(at)).await.map(|row| row.map(|row| row.value));
    assert_eq!(value(just_before(published)).await?, Some(323.364));
    assert_eq!(value(published).await?, Some(324.368));
    Ok(())
}

/// Rates may be negative or zero.
async fn rates_may_be_negative(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = [("2020-03-25", -0.05), ("2020-03-26", 0.0), ("2020-03-27", 0.02)];
    let rows: Vec<_> =
        rows.into_iter().map(|(date, value)| observation("DGS1MO", date, value)).collect::<Result<_>>()?;
    assert_eq!(store.upsert_observations(&rows).await?, inserted(3));
    assert_eq!(all::<Observations>(&*store, rows[0].series).await?, rows);
    Ok(())
}

/// A day out of range is refused when written and has no versions when read.
async fn a_day_out_of_range_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let good = observation("VIX", "2025-01-15", 16.5)?;
    for date in [NaiveDate::MIN, NaiveDate::MAX, "2199-12-31".parse().unwrap_or_default()] {
        let batch = [good.clone(), Observation { date, ..good.clone() }];
        let error = store.upsert_observations(&batch).await.expect_err("a day out of range");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("date")), "{error}");
        assert_eq!(error.context("row"), Some("1"), "{error}");
        assert_eq!(store.list_observation_versions(good.series, date).await?, []);
    }
    assert_eq!(store.observation_as_of(good.series, EVERYTHING).await?, None);
    Ok(())
}
