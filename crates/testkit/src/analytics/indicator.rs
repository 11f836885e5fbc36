//! Cases of technical indicators of bars.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, ErrorKind, Page, Result, SeriesQuery, Store, Upserted, Version,
    analytics::Indicators,
    maintenance::Dataset,
    market::{BarKey, Timeframe},
};

use crate::{
    Bench,
    case::{Case, cases, reading},
    parsed,
    series::{self, Draft, Series, all, inserted},
    underlying::symbol,
};

/// Indicators of bars, as the shared cases see them.
#[derive(Debug)]
pub struct IndicatorRows;

#[async_trait]
impl Series for IndicatorRows {
    type Key = BarKey;
    type Row = Indicators;

    const DATASET: Dataset = Dataset::Indicators;

    fn row(draft: &Draft) -> Indicators {
        Indicators {
            atr: Some(draft.value),
            recorded_at: draft.recorded_at,
            ..Indicators::new(BarKey::new(symbol(draft.series), Timeframe::Minute1), draft.at, draft.source.clone())
        }
    }

    async fn upsert(store: &dyn Store, rows: &[Indicators]) -> Result<Upserted> {
        store.upsert_indicators(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<BarKey>) -> Result<Page<Indicators>> {
        store.list_indicators(query).await
    }

    async fn as_of(store: &dyn Store, key: BarKey, as_of: AsOf) -> Result<Option<Indicators>> {
        store.indicators_as_of(&key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &Indicators) -> Result<Option<Vec<Version<Indicators>>>> {
        store.list_indicator_versions(&row.key, row.at).await.map(Some)
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![every_indicator_comes_back];
    let writes = cases![an_indicator_is_a_number_from_zero_on];
    [series::cases::<IndicatorRows>(), reading(answers), writes].concat()
}

/// Every indicator comes back as it was written, and a missing one is not zero.
async fn every_indicator_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let none = |day| Indicators { atr: None, ..Draft::on(day).row::<IndicatorRows>() };
    let rows = [
        Indicators { adx: Some(27.5), vwap: Some(100.25), regime: Some(parsed("bull_trend")), ..none(0) },
        none(1),
        Indicators { adx: Some(0.0), atr: Some(0.0), vwap: Some(0.0), ..none(2) },
    ];
    assert_eq!(store.upsert_indicators(&rows).await?, inserted(3));
    assert_eq!(all::<IndicatorRows>(&*store, rows[0].key).await?, rows);
    Ok(())
}

/// An indicator below zero or no number is refused, and nothing is stored.
async fn an_indicator_is_a_number_from_zero_on(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let row = Draft::on(0).row::<IndicatorRows>();
    for wrong in [-0.5, f64::NAN, f64::INFINITY] {
        for (field, row) in [
            ("adx", Indicators { adx: Some(wrong), ..row.clone() }),
            ("atr", Indicators { atr: Some(wrong), ..row.clone() }),
            ("vwap", Indicators { vwap: Some(wrong), ..row.clone() }),
        ] {
            let error = store.upsert_indicators(&[row]).await.expect_err("no number from zero on");
            assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
        }
    }
    assert_eq!(all::<IndicatorRows>(&*store, row.key).await?, []);
    Ok(())
}
