//! Cases of features, which every engine passes.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version, analytics::Features, maintenance::Dataset,
    market::Symbol,
};

use crate::{
    Bench,
    case::{Case, cases},
    parsed,
    series::{self, Draft, Series, all, inserted, instant, just_before},
};

/// Features, as the shared cases see them.
#[derive(Debug)]
pub struct FeatureRows;

#[async_trait]
impl Series for FeatureRows {
    type Key = Symbol;
    type Row = Features;

    const DATASET: Dataset = Dataset::Features;

    fn row(draft: &Draft) -> Features {
        let symbol = parsed(&format!("SYMBOL{}", draft.series));
        let features = Features::new(symbol, draft.at, draft.value, draft.source.clone());
        Features { recorded_at: draft.recorded_at, ..features }
    }

    async fn upsert(store: &dyn Store, rows: &[Features]) -> Result<Upserted> {
        store.upsert_features(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Symbol>) -> Result<Page<Features>> {
        store.list_features(query).await
    }

    async fn as_of(store: &dyn Store, key: Symbol, as_of: AsOf) -> Result<Option<Features>> {
        store.features_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &Features) -> Result<Option<Vec<Version<Features>>>> {
        store.list_feature_versions(row.symbol, row.at).await.map(Some)
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        series::cases::<FeatureRows>(),
        cases![every_field_comes_back, a_range_is_read_as_it_was_known, the_day_is_new_yorks],
    ]
    .concat()
}

/// Every field comes back as it was written, each in its own place, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Draft::on(0).row::<FeatureRows>();
    let full = Features {
        close: 1.0,
        daily_return: Some(-2.0),
        volatility_20d: Some(3.0),
        volatility_250d: Some(4.0),
        var_95: Some(-5.0),
        var_99: Some(6.0),
        cvar_95: Some(-0.7),
        cvar_99: Some(8.0),
        normal_var_95: Some(11.0),
        normal_var_99: Some(-12.0),
        normal_cvar_95: Some(13.0),
        normal_cvar_99: Some(-1.4),
        risk_free_rate: Some(-9.0),
        vix: Some(10.0),
        ..Draft::on(1).row::<FeatureRows>()
    };
    let zeros = Features {
        close: 0.0,
        daily_return: Some(0.0),
        volatility_20d: Some(0.0),
        volatility_250d: Some(0.0),
        var_95: Some(0.0),
        var_99: Some(0.0),
        cvar_95: Some(0.0),
        cvar_99: Some(0.0),
        normal_var_95: Some(0.0),
        normal_var_99: Some(0.0),
        normal_cvar_95: Some(0.0),
        normal_cvar_99: Some(0.0),
        risk_free_rate: Some(0.0),
        vix: Some(0.0),
        ..Draft::on(2).row::<FeatureRows>()
    };
    let rows = [missing, full, zeros];
    assert_eq!(store.upsert_features(&rows).await?, inserted(3));
    assert_eq!(all::<FeatureRows>(&*store, rows[0].symbol).await?, rows);
    Ok(())
}

/// A backtest that reads a range up to an instant sees the days of the range, as they were computed by then.
async fn a_range_is_read_as_it_was_known(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..6).map(|day| Draft::on(day).value(day as f64).row::<FeatureRows>()).collect();
    store.upsert_features(&rows).await?;
    let restated = Draft::on(2).value(99.0).recorded_after(200).row::<FeatureRows>();
    store.upsert_features(std::slice::from_ref(&restated)).await?;
    let range = async |known_by| {
        let as_of = AsOf::with_hindsight(rows[4].at).known_by(known_by);
        store.list_features(&SeriesQuery::new(rows[0].symbol, as_of).with_from(rows[1].at)).await.map(|page| page.items)
    };
    assert_eq!(range(just_before(restated.recorded_at)).await?, rows[1..5]);
    let mut with_restated = rows[1..5].to_vec();
    with_restated[1] = restated.clone();
    assert_eq!(range(restated.recorded_at).await?, with_restated);
    Ok(())
}

/// The day of features is New York's, whatever the hour in UTC.
async fn the_day_is_new_yorks(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = instant("2025-09-26T02:00:00Z");
    let row = Features { at, recorded_at: at, ..Draft::on(0).row::<FeatureRows>() };
    store.upsert_features(std::slice::from_ref(&row)).await?;
    let dates: Vec<_> =
        all::<FeatureRows>(&*store, row.symbol).await?.iter().map(|row| row.date().to_string()).collect();
    assert_eq!(dates, ["2025-09-25"]);
    Ok(())
}
