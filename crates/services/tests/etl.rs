//! Copies between stores in memory: what is copied, what is refused, what goes on where it was, and that nothing looks
//! ahead.

use std::sync::Arc;

use chrono::{Days, NaiveDate, TimeDelta};
use proptest::{collection::vec, prelude::*, sample::Index};
use strikebook_core::{
    AsOf, Decimal, FixedClock, Id, Listing, Name, SeriesQuery, Source, Store, Timestamp,
    analytics::Features,
    maintenance::Dataset,
    market::{
        ActionKey, ActionKind, Bar, BarKey, ChainSnapshot, ContractDetails, CorporateAction, Fundamentals, Observation,
        OptionQuote, Product, SeriesId, Symbol, Timeframe, UnderlyingQuote,
    },
    memory::MemoryStore,
    operations::{RejectFilter, Run, RunStatus, WatermarkFilter},
    port::{Keyed, Recorded},
};
use strikebook_services::{
    etl::{self, EtlPlan, FeaturePlan},
    statistics::{Confidence, TRADING_DAYS, historical_risk, parametric_risk, simple_return, volatility},
};

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn spy() -> Symbol {
    Symbol::new("SPY").expect("a symbol")
}

fn rate() -> SeriesId {
    SeriesId::new("DGS3MO").expect("a series")
}

fn vix() -> SeriesId {
    SeriesId::new("VIXCLS").expect("a series")
}

fn daily() -> BarKey {
    BarKey::new(spy(), Timeframe::Day1)
}

/// The close of a day, counted from one in 2024. Every day is a trading day here.
fn close_of(day: i64) -> Timestamp {
    "2024-01-02T21:00:00Z".parse::<Timestamp>().expect("an instant").saturating_add(TimeDelta::days(day))
}

fn source() -> Source {
    Source::new("test").expect("a source")
}

fn bar(day: i64, close: f64) -> Bar {
    let at = close_of(day);
    Bar {
        key: daily(),
        opened_at: at.saturating_sub(TimeDelta::hours(6)),
        at,
        open: close,
        high: close,
        low: close,
        close,
        volume: Some(1),
        vwap: None,
        source: source(),
        recorded_at: at,
    }
}

fn observation(series: SeriesId, day: i64, value: f64, recorded: Timestamp) -> Observation {
    let date = NaiveDate::from_ymd_opt(2024, 1, 2).expect("a day") + Days::new(day.unsigned_abs());
    Observation { series, date, value, source: source(), recorded_at: recorded }
}

fn decimal(value: f64) -> Decimal {
    Decimal::try_from(value).expect("a decimal").round_dp(4)
}

/// An action without terms on a day, recorded on another.
fn action(kind: ActionKind, day: i64, recorded: i64) -> CorporateAction {
    let action = CorporateAction::new(spy(), kind, close_of(day).new_york_date(), source()).expect("an action");
    action.with_recorded_at(close_of(recorded))
}

/// A price that goes up and down.
fn price(day: i64) -> f64 {
    100.0 + 10.0 * (day as f64 * 0.7).sin() + (day % 7) as f64
}

fn plan() -> EtlPlan {
    EtlPlan {
        bars: vec![daily()],
        series: vec![rate(), vix()],
        underlyings: vec![spy()],
        options: vec![spy()],
        features: FeaturePlan { symbols: vec![spy()], risk_free_rate: Some(rate()), vix: Some(vix()) },
        ..EtlPlan::new(name("warehouse"))
    }
}

/// All that is known.
const EVERYTHING: AsOf = AsOf::with_hindsight(Timestamp::MAX);

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

/// An operational store with some days of everything, each row recorded at its event time.
async fn operational(days: i64) -> Arc<dyn Store> {
    let store = memory();
    let bars: Vec<_> = (0..days).map(|day| bar(day, price(day))).collect();
    store.upsert_bars(&bars).await.expect("bars");
    for day in 0..days {
        let next = close_of(day + 1);
        let observations =
            [observation(rate(), day, 5.0 + day as f64 / 100.0, next), observation(vix(), day, 15.0, next)];
        store.upsert_observations(&observations).await.expect("observations");
        let quote = UnderlyingQuote { last: Some(price(day)), ..UnderlyingQuote::new(spy(), close_of(day), source()) };
        store.upsert_underlying_quotes(&[quote]).await.expect("quotes");
        let quotes = ["SPY   251219C00100000", "SPY   251219P00100000"].map(|contract| {
            let quote = OptionQuote::new(contract.parse().expect("a contract"), close_of(day), source());
            quote.with_market(Some(1.0 + day as f64 / 100.0), Some(1.5 + day as f64 / 100.0))
        });
        store.upsert_quotes(&quotes).await.expect("quotes");
    }
    store
}

async fn run_at(plan: &EtlPlan, from: &dyn Store, to: &dyn Store, now: Timestamp) -> Run {
    etl::run(plan, from, to, &FixedClock(now), &mut |_| ()).await.expect("a run")
}

async fn assert_equal(plan: &EtlPlan, from: &dyn Store, to: &dyn Store, at: Timestamp) {
    for part in etl::reconcile(plan, from, to, at).await.expect("a comparison") {
        // Only few have headers of fetches.
        assert!(part.is_equal() && (part.source.rows > 0 || part.dataset == Dataset::ChainSnapshots), "{part:?}");
    }
}

async fn features(store: &dyn Store, as_of: AsOf) -> Vec<Features> {
    store.list_features(&SeriesQuery::new(spy(), as_of)).await.expect("features").items
}

#[tokio::test]
async fn a_plan_of_everything_names_what_the_source_holds() {
    let (from, to, now) = (operational(20).await, memory(), close_of(40));
    let key = BarKey::new(Symbol::new("QQQ").expect("a symbol"), Timeframe::Week1);
    let late = Bar { key, recorded_at: close_of(41), ..bar(3, 100.0) };
    from.upsert_bars(&[Bar { key, ..bar(3, 100.0) }]).await.expect("a bar");
    let everything = EtlPlan::everything(name("warehouse"), &*from, now).await.expect("a plan");
    let expected = EtlPlan { bars: vec![key, daily()], features: FeaturePlan::default(), ..plan() };
    assert_eq!(everything, expected);
    run_at(&everything, &*from, &*to, now).await;
    assert_equal(&everything, &*from, &*to, now).await;
    // What is recorded later is no part of it.
    let other = Bar { key: BarKey::new(spy(), Timeframe::Hour1), ..late };
    from.upsert_bars(&[other]).await.expect("a bar");
    assert_eq!(EtlPlan::everything(name("warehouse"), &*from, now).await.expect("a plan"), expected);
}

#[tokio::test]
async fn everything_is_copied_once() {
    let (from, to, now) = (operational(300).await, memory(), close_of(400));
    let mut reported = Vec::new();
    let run = etl::run(&plan(), &*from, &*to, &FixedClock(now), &mut |progress| reported.push(progress.clone())).await;
    let run = run.expect("a run");
    assert_eq!(run.status, RunStatus::Finished);
    // Bars, two series, quotes of the stock and of two contracts, and features of each day; and the two contracts.
    let rows = 300 * 7 + 2;
    assert_eq!((run.read, run.written, run.unchanged, run.rejected), (rows, rows, 0, 0));
    assert_eq!(reported.last().map(|last| last.rows), Some(rows));
    for (dataset, of) in [(Dataset::Observations, 2), (Dataset::OptionQuotes, 2), (Dataset::Features, 1)] {
        let last = reported.iter().rfind(|progress| progress.dataset == dataset);
        assert_eq!(last.map(|last| (last.done, last.of)), Some((of, of)), "{dataset}");
    }
    assert_equal(&plan(), &*from, &*to, now).await;
    // A second run reads the last week again, and changes nothing.
    let again = run_at(&plan(), &*from, &*to, now).await;
    assert_eq!((again.written, again.rejected), (0, 0));
    assert!(again.read < 100 && again.read == again.unchanged, "{again:?}");
}

#[tokio::test]
async fn a_run_goes_on_where_the_last_one_ended() {
    let (from, to) = (operational(100).await, memory());
    run_at(&plan(), &*from, &*to, close_of(99)).await;
    let fresh: Vec<_> = (100..110).map(|day| bar(day, price(day))).collect();
    from.upsert_bars(&fresh).await.expect("bars");
    let run = run_at(&plan(), &*from, &*to, close_of(109)).await;
    let at = |day| close_of(day);
    let stored = features(&*to, AsOf::instant(at(109))).await;
    assert_eq!(stored.len(), 110);
    assert!(run.read < 120, "{run:?}");
    assert_equal(&plan(), &*from, &*to, at(109)).await;
    let marks = to.list_watermarks(&WatermarkFilter::default()).await.expect("watermarks");
    let bars: Vec<_> = marks.iter().filter(|mark| mark.dataset == name("bars")).map(|mark| mark.reached).collect();
    assert_eq!(bars, [at(109)]);
}

#[tokio::test]
async fn what_was_corrected_is_copied_with_its_past() {
    let (from, to) = (operational(60).await, memory());
    run_at(&plan(), &*from, &*to, close_of(59)).await;
    let corrected = Bar { recorded_at: close_of(62), ..bar(57, 500.0) };
    from.upsert_bars(std::slice::from_ref(&corrected)).await.expect("a correction");
    run_at(&plan(), &*from, &*to, close_of(63)).await;
    assert_equal(&plan(), &*from, &*to, close_of(63)).await;
    let versions = to.list_bar_versions(&daily(), close_of(57)).await.expect("versions");
    assert_eq!(versions.iter().map(|version| version.row.close).collect::<Vec<_>>(), [price(57), 500.0]);
    // The features of that day and of those behind it get new versions, and the superseded ones stay.
    for (known_by, close) in [(close_of(61), price(57)), (close_of(62), 500.0)] {
        let as_of = AsOf { at: close_of(57), known_by: Some(known_by) };
        assert_eq!(features(&*to, as_of).await.last().map(|it| it.close), Some(close));
    }
    let changed = to.list_feature_versions(spy(), close_of(58)).await.expect("versions");
    assert!(changed.len() > 1, "its return is another one");
}

#[tokio::test]
async fn an_old_correction_comes_with_the_next_run() {
    let (from, to, now) = (operational(60).await, memory(), close_of(70));
    run_at(&plan(), &*from, &*to, close_of(59)).await;
    from.upsert_bars(&[Bar { recorded_at: close_of(65), ..bar(3, 500.0) }]).await.expect("a correction");
    // Recorded a little before its own instant, and not to be seen before that.
    let early = close_of(68).saturating_sub(TimeDelta::seconds(30));
    let announced = Bar { recorded_at: early, ..bar(68, 90.0) };
    from.upsert_bars(std::slice::from_ref(&announced)).await.expect("a bar");
    let run = run_at(&plan(), &*from, &*to, close_of(67)).await;
    assert_eq!(to.list_bar_versions(&daily(), close_of(3)).await.expect("versions").len(), 2);
    assert_eq!(
        to.bar_as_of(&daily(), AsOf::with_hindsight(close_of(69))).await.expect("a bar"),
        Some(bar(59, price(59)))
    );
    assert!(run.read > 57, "features behind it are computed again: {run:?}");
    run_at(&plan(), &*from, &*to, now).await;
    assert_eq!(to.bar_as_of(&daily(), AsOf::instant(now)).await.expect("a bar"), Some(announced));
    assert_equal(&plan(), &*from, &*to, now).await;
}

#[tokio::test]
async fn rows_stored_long_after_they_were_recorded_show_and_are_mended_by_hand() {
    let (from, to, now) = (operational(60).await, memory(), close_of(70));
    run_at(&plan(), &*from, &*to, close_of(59)).await;
    from.upsert_bars(&[Bar { recorded_at: close_of(5), ..bar(3, 500.0) }]).await.expect("a correction");
    from.upsert_bars(&[Bar { recorded_at: close_of(57), ..bar(4, 400.0) }])
        .await
        .expect("a correction within the overlap");
    run_at(&plan(), &*from, &*to, now).await;
    assert_eq!(to.list_bar_versions(&daily(), close_of(4)).await.expect("versions").len(), 2);
    let unequal: Vec<_> = etl::reconcile(&plan(), &*from, &*to, now)
        .await
        .expect("a comparison")
        .into_iter()
        .filter(|it| !it.is_equal())
        .collect();
    let [part] = &unequal[..] else { panic!("{unequal:?}") };
    assert_eq!((part.dataset, part.subject.as_str()), (Dataset::Bars, "SPY/1d"), "it lies behind the overlap");
    assert_eq!(part.source.rows, part.target.rows + 1);
    let of_bars = WatermarkFilter { dataset: Some(name("bars")), ..WatermarkFilter::default() };
    for mark in to.list_watermarks(&of_bars).await.expect("watermarks") {
        to.delete_watermark(&Keyed::key(&mark)).await.expect("deleted");
    }
    run_at(&plan(), &*from, &*to, now).await;
    assert_equal(&plan(), &*from, &*to, now).await;
}

#[tokio::test]
async fn headers_of_fetches_come_along() {
    let (from, to) = (operational(3).await, memory());
    let mut header = ChainSnapshot {
        underlying: spy(),
        at: close_of(1),
        underlying_price: Some(101.0),
        contracts: 2,
        expirations: 1,
        source: source(),
        recorded_at: close_of(1),
    };
    from.upsert_snapshot(&header, &[]).await.expect("a header");
    (header.contracts, header.recorded_at) = (3, close_of(2));
    from.upsert_snapshot(&header, &[]).await.expect("a corrected header");
    run_at(&plan(), &*from, &*to, close_of(3)).await;
    let listed = to.list_snapshots(&SeriesQuery::new(spy(), AsOf::instant(close_of(3)))).await.expect("headers").items;
    assert_eq!(listed, [header]);
    let parts = etl::reconcile(&plan(), &*from, &*to, close_of(3)).await.expect("a comparison");
    let headers: Vec<_> = parts.iter().filter(|part| part.dataset == Dataset::ChainSnapshots).collect();
    assert!(matches!(headers[..], [part] if part.is_equal() && part.source.rows == 2), "{headers:?}");
}

#[tokio::test]
async fn batches_of_any_size_come_to_the_same() {
    let (from, now) = (operational(300).await, close_of(400));
    from.upsert_bars(&[Bar { recorded_at: close_of(250), ..bar(100, 500.0) }]).await.expect("a correction");
    let whole = memory();
    let at_once = run_at(&plan(), &*from, &*whole, now).await;
    let expected = features(&*whole, AsOf::instant(now)).await;
    for batch in [1, 2, 7, 299, 301] {
        let plan = EtlPlan { batch: batch.try_into().expect("above zero"), ..plan() };
        let to = memory();
        let run = run_at(&plan, &*from, &*to, now).await;
        assert_eq!((run.read, run.written, run.unchanged), (at_once.read, at_once.written, at_once.unchanged));
        assert_equal(&plan, &*from, &*to, now).await;
        assert_eq!(features(&*to, AsOf::instant(now)).await, expected, "{batch} at once");
    }
}

#[tokio::test]
async fn rows_that_the_target_refuses_are_reported_and_the_rest_is_copied() {
    let (from, to, now) = (Arc::new(MemoryStore::new().with_simulated()) as Arc<dyn Store>, memory(), close_of(20));
    let simulated = Source::simulated("demo").expect("a source");
    let rows: Vec<_> = (0..10)
        .map(|day| Bar { source: if day % 3 == 0 { simulated.clone() } else { source() }, ..bar(day, price(day)) })
        .collect();
    from.upsert_bars(&rows).await.expect("bars");
    let plan = EtlPlan { bars: vec![daily()], ..EtlPlan::new(name("warehouse")) };
    let run = run_at(&plan, &*from, &*to, now).await;
    assert_eq!((run.read, run.written, run.unchanged, run.rejected), (10, 6, 0, 4));
    let rejects = to.list_rejects(&Listing::new(RejectFilter { run: Some(run.id) })).await.expect("rejects").items;
    assert_eq!(rejects.len(), 4);
    assert!(rejects.iter().all(|it| it.reason.contains("simulated") && it.place.contains("SPY")), "{rejects:?}");
}

#[tokio::test]
async fn details_of_contracts_come_along() {
    let (from, to) = (operational(3).await, memory());
    let contract = "SPY   251219C00100000".parse().expect("a contract");
    let details = ContractDetails::standard(contract, source(), close_of(0)).expect("an underlying");
    let details = ContractDetails { product: Product { multiplier: 10, ..details.product }, ..details };
    from.upsert_contracts(&[details]).await.expect("details");
    run_at(&plan(), &*from, &*to, close_of(3)).await;
    assert_eq!(
        to.get_contract(&contract).await.expect("a contract"),
        from.get_contract(&contract).await.expect("a contract")
    );
    assert_equal(&plan(), &*from, &*to, close_of(3)).await;
}

#[tokio::test]
async fn a_run_that_was_stopped_is_ended_by_the_next() {
    let (from, to) = (operational(3).await, memory());
    let stopped = Run::new(Id::named("stopped"), close_of(0), name("warehouse"));
    let other = Run::new(Id::named("other"), close_of(0), name("other"));
    to.insert_runs(&[stopped.clone(), other.clone()]).await.expect("runs");
    run_at(&plan(), &*from, &*to, close_of(3)).await;
    let status = async |id| to.get_run(id).await.expect("a run").map(|run| run.status);
    assert_eq!(status(stopped.id).await, Some(RunStatus::Failed));
    assert_eq!(status(other.id).await, Some(RunStatus::Running), "another pipeline's");
}

#[tokio::test]
async fn a_run_without_its_source_fails_and_says_so() {
    let (from, to) = (operational(3).await, memory());
    from.close().await.expect("closed");
    let error = etl::run(&plan(), &*from, &*to, &FixedClock(close_of(3)), &mut |_| ()).await.expect_err("closed");
    assert_eq!(error.kind(), strikebook_core::ErrorKind::Closed);
    let runs = to.list_runs(&Listing::default()).await.expect("runs").items;
    assert!(runs[0].status == RunStatus::Failed && runs[0].error.as_ref().is_some_and(|why| why.contains("closed")));
}

/// Closes a store once a run has reported something.
fn lose(store: &Arc<dyn Store>) -> impl FnMut(&etl::EtlProgress) + Send {
    let store = Arc::clone(store);
    let mut closing = Some(async move { store.close().await });
    move |_| drop(closing.take().map(tokio::spawn))
}

#[tokio::test]
async fn a_run_whose_source_is_lost_on_the_way_counts_what_it_wrote() {
    let plan = EtlPlan { batch: 50.try_into().expect("above zero"), ..plan() };
    let (from, to, now) = (operational(300).await, memory(), FixedClock(close_of(300)));
    let error = etl::run(&plan, &*from, &*to, &now, &mut lose(&from)).await.expect_err("no source");
    assert_eq!(error.kind(), strikebook_core::ErrorKind::Closed);
    let run = to.list_runs(&Listing::default()).await.expect("runs").items.remove(0);
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.read > 0 && run.read == run.written, "{run:?}");
    // The next run adds the rest.
    let from = operational(300).await;
    let next = run_at(&plan, &*from, &*to, now.0).await;
    assert_eq!(run.written + next.written, 300 * 7 + 2);
    assert_equal(&plan, &*from, &*to, now.0).await;
}

#[tokio::test]
async fn a_run_whose_target_is_lost_on_the_way_ends() {
    let plan = EtlPlan { batch: 50.try_into().expect("above zero"), ..plan() };
    let (from, to, now) = (operational(300).await, memory(), FixedClock(close_of(300)));
    let error = etl::run(&plan, &*from, &*to, &now, &mut lose(&to)).await.expect_err("no target");
    assert_eq!((error.kind(), error.operation().is_some()), (strikebook_core::ErrorKind::Closed, true), "{error}");
}

/// Actions in force and fundamentals are copied with all versions; an announced action follows once it is in force.
#[tokio::test]
async fn actions_and_fundamentals_are_copied() {
    let (from, to) = (memory(), memory());
    let plan = EtlPlan { actions: vec![spy()], fundamentals: vec![spy()], ..EtlPlan::new(name("warehouse")) };
    let actions = [
        action(ActionKind::Split, 5, 1).with_ratio(2, 1),
        action(ActionKind::Split, 5, 3).with_ratio(3, 1),
        action(ActionKind::CashDividend, 20, 2).with_amount(decimal(0.25), name("USD")),
    ];
    for action in &actions {
        from.upsert_corporate_actions(std::slice::from_ref(action)).await.expect("an action");
    }
    let market_cap = Some(1_000_000_000_000);
    let (at, recorded_at) = (close_of(4), close_of(4));
    let row = Fundamentals { symbol: spy(), at, market_cap, shares_outstanding: None, source: source(), recorded_at };
    from.upsert_fundamentals(std::slice::from_ref(&row)).await.expect("fundamentals");

    run_at(&plan, &*from, &*to, close_of(10)).await;
    let known = async || to.corporate_actions_of(spy(), Timestamp::MIN, EVERYTHING).await.expect("actions");
    assert_eq!(known().await, [actions[1].clone()]);
    let versions = to.list_corporate_action_versions(actions[0].key, actions[0].date()).await.expect("versions");
    assert_eq!(versions.into_iter().map(|version| version.row).collect::<Vec<_>>(), actions[..2]);
    assert_eq!(to.fundamentals_as_of(spy(), EVERYTHING).await.expect("fundamentals"), Some(row));
    run_at(&plan, &*from, &*to, close_of(30)).await;
    assert_eq!(known().await, actions[1..]);
    let parts = etl::reconcile(&plan, &*from, &*to, close_of(30)).await.expect("a comparison");
    assert!(parts.iter().all(etl::Reconciliation::is_equal), "{parts:?}");
}

/// A split that is recorded after its ex-date makes later versions of the features from that date on, also when the
/// pipeline had computed them before; the close stays raw.
#[tokio::test]
async fn a_late_split_corrects_the_features_from_its_date_on() {
    let (from, to) = (memory(), memory());
    let plan = EtlPlan { actions: vec![spy()], ..plan() };
    let prices = |day: i64| if day < 30 { 700.0 + (day % 3) as f64 } else { 100.0 + (day % 2) as f64 };
    let bars: Vec<_> = (0..60).map(|day| bar(day, prices(day))).collect();
    from.upsert_bars(&bars).await.expect("bars");
    run_at(&plan, &*from, &*to, close_of(60)).await;
    from.upsert_corporate_actions(&[action(ActionKind::Split, 30, 70).with_ratio(7, 1)]).await.expect("a split");
    run_at(&plan, &*from, &*to, close_of(80)).await;
    let of = async |day, known| {
        let as_of = AsOf { at: close_of(day), known_by: Some(close_of(known)) };
        to.features_as_of(spy(), as_of).await.expect("features").expect("some")
    };
    let (before, after) = (of(30, 69).await, of(30, 70).await);
    assert!(before.daily_return.is_some_and(|it| it < -0.85) && before.volatility_20d.is_some_and(|it| it > 2.0));
    assert!(after.daily_return.is_some_and(|it| (it - (100.0 / (702.0 / 7.0) - 1.0)).abs() < 1e-12), "{after:?}");
    assert!(after.volatility_20d.is_some_and(|it| it < 0.2), "{after:?}");
    assert_eq!((before.close, after.close), (100.0, 100.0));
    assert_eq!(of(29, 75).await, of(29, 30).await, "the days before have no new version");
}

/// No return and no volatility of a symbol spans two companies: not over the end of the one, the beginning of the
/// other, or a change of symbol away from it or into it. An action that is recorded late counts from then on.
#[tokio::test]
async fn features_never_mix_two_companies_of_one_ticker() {
    let symbol = |text| Symbol::new(text).expect("a symbol");
    let into_spy = action(ActionKind::SymbolChange, 30, 70).with_counterpart(spy());
    let into_spy = CorporateAction { key: ActionKey::new(symbol("OLD"), ActionKind::SymbolChange), ..into_spy };
    for change in [
        action(ActionKind::Delisting, 30, 70),
        action(ActionKind::Listing, 30, 70),
        action(ActionKind::SymbolChange, 30, 70).with_counterpart(symbol("NEW")),
        into_spy,
    ] {
        let (from, to) = (memory(), memory());
        let plan = EtlPlan { actions: vec![symbol("OLD"), spy()], ..plan() };
        let prices = |day: i64| if day < 30 { 10.0 + (day % 3) as f64 } else { 500.0 + (day % 2) as f64 };
        let bars: Vec<_> = (0..60).map(|day| bar(day, prices(day))).collect();
        from.upsert_bars(&bars).await.expect("bars");
        run_at(&plan, &*from, &*to, close_of(60)).await;
        from.upsert_corporate_actions(std::slice::from_ref(&change)).await.expect("an action");
        run_at(&plan, &*from, &*to, close_of(80)).await;
        let of = async |day, known| {
            let as_of = AsOf { at: close_of(day), known_by: Some(close_of(known)) };
            to.features_as_of(spy(), as_of).await.expect("features").expect("some")
        };
        assert!(of(30, 69).await.daily_return.is_some_and(|it| it > 40.0), "{change:?}");
        for day in 29..60 {
            let features = of(day, 70).await;
            assert_eq!(features.daily_return.is_some(), day != 30, "day {day}, {change:?}");
            assert_eq!(features.volatility_20d.is_some(), !(30..50).contains(&day), "day {day}, {change:?}");
            assert!(features.volatility_20d.is_none_or(|it| it < 5.0), "day {day}, {change:?}");
        }
    }
}

/// Features by their definitions, out of what a store says as of both clocks.
async fn by_definition(store: &dyn Store, at: Timestamp, known_by: Timestamp) -> Option<Features> {
    let as_of = AsOf { at, known_by: Some(known_by) };
    let bars = store.list_bars(&SeriesQuery::new(daily(), as_of)).await.expect("bars").items;
    let last = bars.last().filter(|bar| bar.at == at)?;
    let actions = store.corporate_actions_of(spy(), Timestamp::MIN, as_of).await.expect("actions");
    let step = |action: &CorporateAction, close: f64| {
        let float = |number: Option<Decimal>| number.and_then(|number| f64::try_from(number).ok()).expect("a term");
        match action.key.kind {
            ActionKind::Split => 1.0 / (float(action.terms.new_shares) / float(action.terms.old_shares)),
            _ => 1.0 - float(action.terms.amount) / close,
        }
    };
    let returns = bars.iter().zip(bars.iter().skip(1)).map(|(one, next)| {
        let between = actions.iter().filter(|action| one.at <= action.at && action.at <= next.at);
        let factor: f64 = between.map(|action| step(action, one.close)).product();
        simple_return(one.close * factor, next.close).expect("no price is zero")
    });
    let returns: Vec<_> = returns.collect();
    let last_of = |count: usize| returns.len().checked_sub(count).map(|start| &returns[start..]);
    let observed = async |series| store.observation_as_of(series, as_of).await.expect("a value").map(|it| it.value);
    let mut features = Features::new(spy(), at, last.close, last.source.clone());
    features.daily_return = returns.last().copied();
    features.volatility_20d = last_of(20).and_then(|it| volatility(it, TRADING_DAYS));
    if let Some(year) = last_of(250) {
        features.volatility_250d = volatility(year, TRADING_DAYS);
        let levels = [0.95, 0.99].map(|probability| Confidence::new(probability).expect("a confidence"));
        let [low, high] = levels.map(|level| historical_risk(year, level).expect("returns"));
        (features.var_95, features.cvar_95) = (Some(low.value_at_risk), Some(low.conditional));
        (features.var_99, features.cvar_99) = (Some(high.value_at_risk), Some(high.conditional));
        let [low, high] = levels.map(|level| parametric_risk(year, level).expect("returns"));
        (features.normal_var_95, features.normal_cvar_95) = (Some(low.value_at_risk), Some(low.conditional));
        (features.normal_var_99, features.normal_cvar_99) = (Some(high.value_at_risk), Some(high.conditional));
    }
    features.risk_free_rate = observed(rate()).await.map(|percent| percent / 100.0);
    features.vix = observed(vix()).await;
    Some(features)
}

#[tokio::test]
async fn features_are_those_of_their_definitions() {
    let (from, to, now) = (operational(300).await, memory(), close_of(400));
    run_at(&plan(), &*from, &*to, now).await;
    for day in [0, 1, 19, 20, 21, 249, 250, 299] {
        let as_of = AsOf::instant(close_of(day));
        let stored = to.features_as_of(spy(), as_of).await.expect("features").expect("some");
        let expected = by_definition(&*from, close_of(day), close_of(day)).await.expect("a bar");
        assert!(stored.is_same_version(&expected), "day {day}: {stored:?} is not {expected:?}");
        assert_eq!((stored.volatility_20d.is_some(), stored.var_99.is_some()), (day >= 20, day >= 250), "day {day}");
    }
}

/// Something that is recorded: a bar, a rate or an action of a day, some days late. Of an action, the first twenty days
/// are before its date.
#[derive(Clone, Debug)]
struct Fact {
    day: i64,
    late: i64,
    what: u8,
    value: f64,
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let one = (0..30_i64, 0..40_i64, 0..5_u8, 1.0..200.0_f64);
    vec(one.prop_map(|(day, late, what, value)| Fact { day, late, what, value }), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is recorded in whatever order, and however often the pipeline runs in between: features as of any two
    /// clocks are computed from what was known as of them, and from nothing else.
    #[test]
    fn features_never_look_ahead(all in facts(), runs in vec(any::<Index>(), 0..3), asked in vec((0..30_i64, 0..75_i64), 20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (from, to) = (memory(), memory());
            let plan = EtlPlan { overlap: TimeDelta::days(10_000), ..plan() };
            let plan = EtlPlan { underlyings: Vec::new(), options: Vec::new(), actions: vec![spy()], ..plan };
            let stops: Vec<_> = runs.iter().map(|run| run.index(all.len())).collect();
            for (number, Fact { day, late, what, value }) in all.iter().enumerate() {
                let at = close_of(day + late);
                match what {
                    0 => from.upsert_observations(&[observation(rate(), *day, *value, at)]).await.expect("a rate"),
                    1 => from.upsert_observations(&[observation(vix(), *day, *value, at)]).await.expect("a value"),
                    2 => {
                        let split = action(ActionKind::Split, *day, day + late - 20).with_ratio(decimal(*value), 50);
                        from.upsert_corporate_actions(&[split]).await.expect("a split")
                    }
                    3 => {
                        let dividend = action(ActionKind::CashDividend, *day, day + late - 20);
                        let dividend = dividend.with_amount(decimal(*value / 1_000.0), name("USD"));
                        from.upsert_corporate_actions(&[dividend]).await.expect("a dividend")
                    }
                    _ => from.upsert_bars(&[Bar { recorded_at: at, ..bar(*day, *value) }]).await.expect("a bar"),
                };
                if stops.contains(&number) {
                    run_at(&plan, &*from, &*to, close_of(100)).await;
                }
            }
            run_at(&plan, &*from, &*to, close_of(100)).await;
            for (day, known) in asked {
                let (at, known_by) = (close_of(day), close_of(known));
                let as_of = AsOf { at, known_by: Some(known_by) };
                let stored = to.features_as_of(spy(), as_of).await.expect("features").filter(|it| it.at == at);
                let expected = by_definition(&*from, at, known_by).await;
                let equal = match (&stored, &expected) {
                    (Some(stored), Some(expected)) => stored.is_same_version(expected),
                    (stored, expected) => stored.is_none() && expected.is_none(),
                };
                assert!(equal, "day {day} known by day {known}: {stored:?} is not {expected:?}");
            }
        });
    }
}
