//! Cases of stored metrics, which every engine passes.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, ErrorKind, Name, Page, Result, SeriesQuery, Store, Timestamp, Upserted, Version,
    maintenance::Dataset,
    trading::{
        MetricsKey, StoredMetrics,
        metrics::{ClosedTrade, Conventions, TradeUnit, Undefined, Window},
    },
};

use super::{amount, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    series::{self, Draft, EVERYTHING, Series, all, inserted, source},
};

/// Metrics, as the shared cases see them. The draft's value is the expected R.
#[derive(Debug)]
pub struct MetricsRows;

#[async_trait]
impl Series for MetricsRows {
    type Key = MetricsKey;
    type Row = StoredMetrics;

    const DATASET: Dataset = Dataset::Metrics;

    fn row(draft: &Draft) -> StoredMetrics {
        let key = MetricsKey {
            strategy: Some(parsed::<Name>(&format!("strategy {}", draft.series))),
            ..MetricsKey::new(Window::All)
        };
        let mut row = StoredMetrics::of(key, draft.at, &[], Conventions::default(), draft.source.clone());
        row.metrics.expected_r.value = Ok(draft.value);
        StoredMetrics { recorded_at: draft.recorded_at, ..row }
    }

    async fn upsert(store: &dyn Store, rows: &[StoredMetrics]) -> Result<Upserted> {
        store.upsert_metrics(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<MetricsKey>) -> Result<Page<StoredMetrics>> {
        store.list_metrics(query).await
    }

    async fn as_of(store: &dyn Store, key: MetricsKey, as_of: AsOf) -> Result<Option<StoredMetrics>> {
        store.metrics_as_of(&key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &StoredMetrics) -> Result<Option<Vec<Version<StoredMetrics>>>> {
        store.list_metrics_versions(&row.key, row.at).await.map(Some)
    }
}

/// Creates three trades with every field set.
fn trades() -> Vec<ClosedTrade> {
    let trade = |day: i64, gross: &str| {
        let (opened, closed) = (Draft::on(day).at, Draft::on(day + 1).at);
        ClosedTrade {
            premium_received: Some(amount("210.50")),
            initial_risk: Some(amount("100.00")),
            collateral: Some(amount("5000")),
            mae: Some(amount("-120.25")),
            mfe: Some(amount("180")),
            ..ClosedTrade::new(opened, closed, amount(gross), amount("1.14"))
        }
    };
    vec![trade(0, "150.33"), trade(1, "-80.10"), trade(2, "42.00")]
}

fn wheel(window: Window) -> MetricsKey {
    MetricsKey {
        account: Some(parsed("margin")),
        strategy: Some(parsed("wheel")),
        regime: Some(parsed("low volatility")),
        window,
        unit: TradeUnit::Decision,
    }
}

/// Metrics of trades at the fourth day.
fn computed(key: MetricsKey) -> StoredMetrics {
    let conventions =
        Conventions { starting_equity: amount("10000.00"), tolerance: amount("0.5"), ..Conventions::default() };
    StoredMetrics::of(key, Draft::on(3).at, &trades(), conventions, source("test"))
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        series::cases::<MetricsRows>(),
        cases![every_field_comes_back, scopes_and_windows_do_not_mix, values_out_of_range_are_refused],
    ]
    .concat()
}

/// Every number comes back as it was written, with its sample and convention, and so do the reasons of those there are
/// not.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let full = computed(wheel(parsed("trades_20")));
    assert!(full.metrics.sharpe.get().is_some() && full.window_start.is_some(), "{full:?}");
    let empty = StoredMetrics::of(
        MetricsKey::new(Window::All),
        Draft::on(3).at,
        &[],
        Conventions { starting_equity: amount("-1.00000001"), risk_free: 0.1 + 0.2, ..full.conventions },
        source("test"),
    );
    assert_eq!(empty.metrics.win_rate.value, Err(Undefined::NoTrades));
    assert_eq!(store.upsert_metrics(&[full.clone(), empty.clone()]).await?, inserted(2));
    for row in [full, empty] {
        assert_eq!(all::<MetricsRows>(&*store, row.key).await?, std::slice::from_ref(&row));
        assert_eq!(store.metrics_as_of(&row.key, EVERYTHING).await?, Some(row));
    }
    Ok(())
}

/// Accounts, strategies, regimes and windows do not mix, and all of them together are nobody's in particular.
async fn scopes_and_windows_do_not_mix(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let whole = wheel(Window::All);
    let keys = [
        whole,
        MetricsKey { account: None, ..whole },
        MetricsKey { strategy: None, ..whole },
        MetricsKey { regime: None, ..whole },
        MetricsKey { unit: TradeUnit::Lot, ..whole },
        MetricsKey { account: Some(parsed("wheel")), strategy: Some(parsed("margin")), ..whole },
        MetricsKey { window: parsed("days_20"), ..whole },
        MetricsKey { window: parsed("trades_20"), ..whole },
        MetricsKey { window: parsed("trades_2"), ..whole },
        MetricsKey::new(Window::All),
    ];
    let rows = keys.map(computed);
    assert_eq!(store.upsert_metrics(&rows).await?, inserted(10));
    for row in rows {
        assert_eq!(all::<MetricsRows>(&*store, row.key).await?, [row]);
    }
    Ok(())
}

/// Invalid metrics are refused: values that are not finite, fractions outside 0 to 1, windows that end before they
/// start.
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let good = computed(wheel(Window::All));
    let mut rows = Vec::new();
    let mut alter = |field: &'static str, change: fn(&mut StoredMetrics)| {
        let mut row = good.clone();
        change(&mut row);
        rows.push((field, row));
    };
    alter("profit_factor", |row| row.metrics.profit_factor.value = Ok(f64::INFINITY));
    alter("sortino", |row| row.metrics.sortino.value = Ok(f64::NAN));
    alter("win_rate", |row| {
        if let Ok(won) = &mut row.metrics.win_rate.value {
            won.lower = -0.1;
        }
    });
    alter("drawdown", |row| {
        if let Ok(drawdown) = &mut row.metrics.drawdown.value {
            drawdown.money = amount("0.123456789");
        }
    });
    alter("net", |row| row.metrics.net.value = Ok(amount("1000000000000")));
    alter("tolerance", |row| row.conventions.tolerance = amount("-1"));
    alter("window_start", |row| row.window_start = Some(Timestamp::MAX));
    for (field, row) in rows {
        let error = store.upsert_metrics(&[good.clone(), row]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
        assert_eq!(error.context("row"), Some("1"), "{error}");
    }
    assert_eq!(store.metrics_as_of(&good.key, EVERYTHING).await?, None);
    Ok(())
}
