//! Cases of backtests, which every engine passes.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    analytics::{Backtest, BacktestFilter, BacktestMetrics, BacktestPoint, BacktestQuery, BacktestTrade},
    maintenance::Dataset,
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    parsed,
    series::{just_after, just_before},
};

/// Backtests, as the shared cases see them.
#[derive(Debug)]
pub struct Backtests;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Creates a trade of a symbol that is still open.
fn trade() -> BacktestTrade {
    BacktestTrade {
        instrument: parsed("SPY"),
        quantity: -100.0,
        opened_at: day(0),
        open_price: 650.25,
        closed_at: None,
        close_price: None,
        pnl: None,
        costs: None,
        exit_reason: None,
    }
}

#[async_trait]
impl Entries for Backtests {
    type Entry = Backtest;

    const DATASET: Dataset = Dataset::Backtests;

    fn entry(number: usize, at: Timestamp) -> Backtest {
        let backtest = Backtest::new(identity(number), at, parsed("wheel"), date("2020-01-02"), date("2024-12-31"));
        let equity = vec![
            BacktestPoint { at: day(0), equity: 100_000.0 },
            BacktestPoint { at: day(1), equity: 100_000.0 / 3.0 },
        ];
        Backtest { equity, trades: vec![trade()], ..backtest }
    }

    fn altered(entry: Backtest) -> Backtest {
        Backtest { equity: Vec::new(), ..entry }
    }

    fn invalid(entry: Backtest) -> Backtest {
        Backtest { last_day: date("2020-01-01"), ..entry }
    }

    fn recorded(entry: Backtest, recorded_at: Timestamp) -> Backtest {
        Backtest { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[Backtest]) -> Result<Upserted> {
        store.insert_backtests(entries).await
    }

    async fn get(store: &dyn Store, id: Id<Backtest>) -> Result<Option<Backtest>> {
        store.get_backtest(id).await
    }

    async fn list(store: &dyn Store, query: &BacktestQuery) -> Result<Page<Backtest>> {
        store.list_backtests(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Backtests>(),
        cases![every_field_comes_back, values_out_of_range_are_refused, filters_keep_what_they_name],
    ]
    .concat()
}

/// Every field comes back as it was written, the numbers of curve and trades to the last bit, and what is missing stays
/// missing.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let empty = Backtest::new(identity(0), day(0), parsed("wheel"), date("2020-01-02"), date("2020-01-02"));
    let closed = BacktestTrade {
        instrument: parsed("SPY   251219P00650000"),
        quantity: 1.0 / 3.0,
        opened_at: just_after(day(1)),
        open_price: 0.0,
        closed_at: Some(just_after(day(1))),
        close_price: Some(0.1 + 0.2),
        pnl: Some(-1.0e-17),
        costs: Some(0.65),
        exit_reason: Some(parsed("50 % of \"max\" profit")),
    };
    let full = Backtest {
        id: identity(1),
        at: day(1),
        model_version: Some(parsed("gbm-7 'beta'")),
        parameters: parsed(r#"{"delta": 0.3, "dte": [30, 45], "roll": true}"#),
        metrics: BacktestMetrics {
            total_return: Some(-1.0),
            annualised_return: Some(-2.0),
            volatility: Some(3.0),
            sharpe: Some(-4.0),
            sortino: Some(-5.0),
            max_drawdown: Some(6.0),
            win_rate: Some(0.7),
            profit_factor: Some(8.0),
        },
        equity: (0..500_u32)
            .map(|step| BacktestPoint { at: day(step as usize), equity: 1e5 * (f64::from(step) * 0.01).sin() })
            .collect(),
        trades: vec![trade(), closed],
        recorded_at: day(2),
        ..empty.clone()
    };
    store.insert_backtests(&[empty.clone(), full.clone()]).await?;
    assert_eq!(all::<Backtests>(&*store).await?, [empty.clone(), full.clone()]);
    for backtest in [empty, full] {
        assert_eq!(store.get_backtest(backtest.id).await?, Some(backtest));
    }
    Ok(())
}

/// Metrics are in their ranges, days, points and trades in their order, and a trade is closed with a price or open
/// without one.
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let valid = Backtests::entry(0, day(0));
    let metrics = |metrics| Backtest { metrics, ..valid.clone() };
    let nothing = BacktestMetrics::default();
    let point = |at, equity| Backtest { equity: vec![valid.equity[0], BacktestPoint { at, equity }], ..valid.clone() };
    let traded = |last| Backtest { trades: vec![trade(), last], ..valid.clone() };
    let closed = BacktestTrade { closed_at: Some(day(1)), close_price: Some(1.0), ..trade() };
    for (field, index, backtest) in [
        ("last_day", None, Backtests::invalid(valid.clone())),
        ("parameters", None, Backtest { parameters: parsed("[1]"), ..valid.clone() }),
        ("total_return", None, metrics(BacktestMetrics { total_return: Some(f64::NAN), ..nothing })),
        ("annualised_return", None, metrics(BacktestMetrics { annualised_return: Some(f64::INFINITY), ..nothing })),
        ("volatility", None, metrics(BacktestMetrics { volatility: Some(-0.1), ..nothing })),
        ("sharpe", None, metrics(BacktestMetrics { sharpe: Some(f64::NAN), ..nothing })),
        ("sortino", None, metrics(BacktestMetrics { sortino: Some(f64::NEG_INFINITY), ..nothing })),
        ("max_drawdown", None, metrics(BacktestMetrics { max_drawdown: Some(-0.1), ..nothing })),
        ("win_rate", None, metrics(BacktestMetrics { win_rate: Some(1.01), ..nothing })),
        ("profit_factor", None, metrics(BacktestMetrics { profit_factor: Some(f64::INFINITY), ..nothing })),
        ("equity", Some("1"), point(day(1), f64::NAN)),
        ("equity", Some("1"), point(day(0), 1.0)),
        ("equity", Some("1"), point(just_before(day(0)), 1.0)),
        ("quantity", Some("1"), traded(BacktestTrade { quantity: f64::NAN, ..trade() })),
        ("open_price", Some("1"), traded(BacktestTrade { open_price: -0.01, ..trade() })),
        ("close_price", Some("1"), traded(BacktestTrade { close_price: Some(-0.01), ..closed.clone() })),
        ("close_price", Some("1"), traded(BacktestTrade { close_price: None, ..closed.clone() })),
        ("close_price", Some("1"), traded(BacktestTrade { closed_at: None, ..closed.clone() })),
        ("closed_at", Some("1"), traded(BacktestTrade { closed_at: Some(just_before(day(0))), ..closed.clone() })),
        ("pnl", Some("1"), traded(BacktestTrade { pnl: Some(f64::NAN), ..trade() })),
        ("costs", Some("1"), traded(BacktestTrade { costs: Some(-0.01), ..trade() })),
    ] {
        let error = store.insert_backtests(&[backtest]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
        assert_eq!(error.context("index"), index, "{error}");
    }
    assert_eq!(all::<Backtests>(&*store).await?, []);
    Ok(())
}

/// Each field of a filter restricts the list, and both fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut backtests = some::<Backtests>(4);
    let (strategy, model_version) = (Some(parsed("condor")), Some(parsed("7")));
    backtests[1].strategy = parsed("condor");
    backtests[2].model_version = model_version;
    (backtests[3].strategy, backtests[3].model_version) = (parsed("condor"), model_version);
    store.insert_backtests(&backtests).await?;
    for (filter, kept) in [
        (BacktestFilter::default(), &[0, 1, 2, 3][..]),
        (BacktestFilter { strategy, model_version: None }, &[1, 3]),
        (BacktestFilter { strategy: None, model_version }, &[2, 3]),
        (BacktestFilter { strategy, model_version }, &[3]),
        (BacktestFilter { strategy: Some(parsed("none")), model_version: None }, &[]),
    ] {
        let expected: Vec<_> = kept.iter().map(|index: &usize| backtests[*index].clone()).collect();
        assert_eq!(store.list_backtests(&Listing::new(filter.clone())).await?.items, expected, "{filter:?}");
    }
    Ok(())
}
