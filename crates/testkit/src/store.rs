//! The store as a whole: properties, opening and closing, errors.

use std::{pin::Pin, sync::Arc};

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, ChangeQuery, Decimal, ErrorKind, Listing, Name, Result, SeriesQuery, Store, Timestamp,
    analytics::{ModelRevision, OutdatedGreeksQuery},
    directory::DirectoryQuery,
    maintenance::{Dataset, Eviction, Fetched, Policies},
    market::{BarKey, ChainQuery, ContractQuery, Symbol, Timeframe},
    operations::{
        CacheFilter, CoverageFilter, FetchLease, PermissionFilter, PermissionKey, RunStep, SettingFilter, Severity,
        StrategyFilter, StrategyStatus, UserFilter, WatermarkFilter,
    },
    port::Keyed,
    trading::{
        OrderMove, OrderStatus, PositionFilter, SignalStatus,
        journal::{CycleFilter, DailyPnlFilter, RiskStateFilter, RuleFilter},
    },
    unit::UnitOfWork,
};

use crate::{
    Bench, Options,
    bar::Bars,
    cache,
    case::{Case, DURABLE, cases, needing},
    chain::{Quotes, contract},
    corporate_action::CorporateActions,
    daily::DailyResults,
    drops::Drops,
    economic::Observations,
    entries::{Entries, identity},
    greeks::Greeks,
    keyed::KeyedRows,
    maintenance::{assert_filled, at_first, fill},
    metrics::MetricsRows,
    ou::Ou,
    parsed,
    policy::tidy,
    position::Positions,
    risk::RiskStates,
    rule::Rules,
    run::Runs,
    sabr::Sabr,
    series::{Draft, EVERYTHING, all, inserted, key, statistics, unchanged},
    snapshot::Snapshots,
    spending::FetchCosts,
    svi::Svi,
    trade::Trades,
    underlying::UnderlyingQuotes,
    watermark::Watermarks,
};

/// A call of a port whose answer is not looked at, with the operation's name.
type Call<'a> = (&'static str, Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>);

/// Returns calls of every method of every port except `close`, called once with empty batches and plain queries.
#[expect(clippy::too_many_lines, reason = "a list, one line for each method")]
fn every_call(store: &dyn Store) -> Vec<Call<'_>> {
    macro_rules! calls {
        ($($method:ident($($argument:expr),*);)+) => {
            vec![$((stringify!($method), Box::pin(async move { store.$method($($argument),*).await.map(drop) }))),+]
        };
    }
    let spy = Symbol::new("SPY").unwrap_or_else(|error| panic!("{error}"));
    let name = Name::new("U1").unwrap_or_else(|error| panic!("{error}"));
    let at = Draft::on(0).at;
    calls! {
        ping();
        apply(&UnitOfWork::new());
        upsert_contracts(&[]);
        get_contract(&contract(0));
        list_contracts(&ContractQuery::new(spy));
        upsert_quotes(&[]);
        upsert_snapshot(&Draft::on(0).row::<Snapshots>(), &[]);
        chain_as_of(&ChainQuery::new(spy, EVERYTHING));
        chains_as_of(&[ChainQuery::new(spy, EVERYTHING), ChainQuery::new(parsed("QQQ"), EVERYTHING)]);
        option_volume(spy, at, EVERYTHING);
        list_quotes(&SeriesQuery::new(contract(0), EVERYTHING));
        list_quote_versions(&contract(0), at);
        list_quote_changes(&ChangeQuery::new([contract(0)], at));
        list_snapshots(&SeriesQuery::new(spy, EVERYTHING));
        list_snapshot_changes(&ChangeQuery::new([spy], at));
        upsert_snapshots(&[]);
        upsert_underlying_quotes(&[]);
        underlying_as_of(spy, EVERYTHING);
        underlyings_as_of(EVERYTHING, None);
        list_underlying_quotes(&SeriesQuery::new(spy, EVERYTHING));
        list_underlying_versions(spy, at);
        list_underlying_changes(&ChangeQuery::new([spy], at));
        upsert_bars(&[]);
        bar_as_of(&Draft::on(0).row::<Bars>().key, EVERYTHING);
        list_bars(&SeriesQuery::new(Draft::on(0).row::<Bars>().key, EVERYTHING));
        list_bar_versions(&Draft::on(0).row::<Bars>().key, at);
        list_bar_changes(&ChangeQuery::new([Draft::on(0).row::<Bars>().key], at));
        live_bars(spy, Timeframe::Minute1, at, EVERYTHING);
        resample_bars(&BarKey::new(spy, Timeframe::Minute1), Timeframe::Hour1, at, EVERYTHING);
        hourly_options(spy, at.new_york_date(), EVERYTHING);
        daily_options(spy, at.new_york_date(), at.new_york_date(), EVERYTHING);
        upsert_corporate_actions(&[]);
        corporate_actions_of(spy, at, EVERYTHING);
        corporate_actions_into(spy, EVERYTHING);
        list_corporate_actions(&SeriesQuery::new(Draft::on(0).row::<CorporateActions>().key, EVERYTHING));
        list_corporate_action_versions(Draft::on(0).row::<CorporateActions>().key, at.new_york_date());
        list_corporate_action_changes(&ChangeQuery::new([Draft::on(0).row::<CorporateActions>().key], at));
        upsert_fundamentals(&[]);
        fundamentals_as_of(spy, EVERYTHING);
        list_fundamentals(&SeriesQuery::new(spy, EVERYTHING));
        list_fundamental_versions(spy, at);
        list_fundamental_changes(&ChangeQuery::new([spy], at));
        upsert_observations(&[]);
        observation_as_of(Draft::on(0).row::<Observations>().series, EVERYTHING);
        list_observations(&SeriesQuery::new(Draft::on(0).row::<Observations>().series, EVERYTHING));
        list_observation_versions(Draft::on(0).row::<Observations>().series, at.new_york_date());
        list_observation_changes(&ChangeQuery::new([Draft::on(0).row::<Observations>().series], at));
        upsert_greeks(&[]);
        greeks_as_of(&Draft::on(0).row::<Greeks>().key, EVERYTHING);
        chain_with_greeks(
            &ChainQuery::new(spy, EVERYTHING),
            ModelRevision { model: Draft::on(0).row::<Greeks>().key.model, revision: 1 }
        );
        list_greeks(&SeriesQuery::new(Draft::on(0).row::<Greeks>().key, EVERYTHING));
        upsert_heston(&[]);
        heston_as_of(spy, EVERYTHING);
        list_heston(&SeriesQuery::new(spy, EVERYTHING));
        list_heston_versions(spy, at);
        upsert_sabr(&[]);
        sabr_as_of(Draft::on(0).row::<Sabr>().key, EVERYTHING);
        sabr_surface_as_of(spy, EVERYTHING);
        list_sabr(&SeriesQuery::new(Draft::on(0).row::<Sabr>().key, EVERYTHING));
        list_sabr_versions(Draft::on(0).row::<Sabr>().key, at);
        upsert_svi(&[]);
        svi_as_of(Draft::on(0).row::<Svi>().key, EVERYTHING);
        svi_surface_as_of(spy, EVERYTHING);
        list_svi(&SeriesQuery::new(Draft::on(0).row::<Svi>().key, EVERYTHING));
        list_svi_versions(Draft::on(0).row::<Svi>().key, at);
        upsert_ou(&[]);
        ou_as_of(Draft::on(0).row::<Ou>().pair, EVERYTHING);
        list_ou(&SeriesQuery::new(Draft::on(0).row::<Ou>().pair, EVERYTHING));
        list_ou_versions(Draft::on(0).row::<Ou>().pair, at);
        upsert_features(&[]);
        features_as_of(spy, EVERYTHING);
        list_features(&SeriesQuery::new(spy, EVERYTHING));
        list_feature_versions(spy, at);
        upsert_indicators(&[]);
        indicators_as_of(&Draft::on(0).row::<Bars>().key, EVERYTHING);
        list_indicators(&SeriesQuery::new(Draft::on(0).row::<Bars>().key, EVERYTHING));
        list_indicator_versions(&Draft::on(0).row::<Bars>().key, at);
        insert_backtests(&[]);
        get_backtest(identity(0));
        list_backtests(&Listing::default());
        insert_predictions(&[]);
        get_prediction(identity(0));
        list_predictions(&Listing::default());
        prediction_as_of(parsed("gbm"), EVERYTHING);
        list_outdated_greeks(&OutdatedGreeksQuery::new(Draft::on(0).row::<Greeks>().key.model, 1));
        insert_signals(&[]);
        get_signal(identity(0));
        list_signals(&Listing::default());
        move_signal(identity(0), SignalStatus::Expired, at);
        expire_signals(at);
        signal_performance(at, at);
        daily_signals(at.new_york_date(), at.new_york_date());
        insert_orders(&[]);
        get_order(identity(0));
        get_order_by_broker_id(name, name);
        list_orders(&Listing::default());
        move_order(identity(9), &OrderMove::new(OrderStatus::Open, at));
        record_executions(&[]);
        record_fills(&[]);
        list_executions(&Listing::default());
        upsert_positions(&[]);
        get_position(&Positions::row(0, at).key());
        list_positions(&PositionFilter::default());
        delete_position(&Positions::row(0, at).key());
        insert_account_snapshots(&[]);
        get_account_snapshot(identity(0));
        list_account_snapshots(&Listing::default());
        latest_account_snapshot(name, EVERYTHING, None);
        upsert_portfolio_snapshots(&[]);
        portfolio_as_of(name, EVERYTHING);
        list_portfolio_snapshots(&SeriesQuery::new(name, EVERYTHING));
        list_portfolio_versions(name, at);
        insert_events(&[]);
        get_event(identity(0));
        list_events(&Listing::default());
        purge_events_below(Severity::Debug, at);
        insert_states(&[]);
        get_state(identity(0));
        list_states(&Listing::default());
        state_at(at);
        upsert_metrics(&[]);
        metrics_as_of(&Draft::on(0).row::<MetricsRows>().key, EVERYTHING);
        list_metrics(&SeriesQuery::new(Draft::on(0).row::<MetricsRows>().key, EVERYTHING));
        list_metrics_versions(&Draft::on(0).row::<MetricsRows>().key, at);
        upsert_users(&[]);
        get_user(parsed("alice"));
        list_users(&UserFilter::default());
        note_login(parsed("alice"), at);
        delete_user(parsed("alice"));
        grant_permissions(&[]);
        list_permissions(&PermissionFilter::default());
        revoke_permission(&PermissionKey { role: parsed("a"), resource: parsed("b"), action: parsed("c") });
        is_allowed(parsed("alice"), parsed("orders"), parsed("read"));
        upsert_strategies(&[]);
        get_strategy(parsed("wheel"));
        list_strategies(&StrategyFilter::default());
        set_strategy_status(parsed("wheel"), StrategyStatus::Stopped, at);
        delete_strategy(parsed("wheel"));
        upsert_settings(&[]);
        get_setting(parsed("cache"));
        list_settings(&SettingFilter::default());
        delete_setting(parsed("cache"));
        upsert_cache_entries(&[]);
        get_cache_entry(&cache::key("chains", "SPY"));
        list_cache_entries(&CacheFilter::default());
        touch_cache_entries(&[]);
        delete_cache_entries(&[]);
        claim_lease(&FetchLease::new(cache::key("chains", "IWM"), name, at, Timestamp::MAX));
        release_lease(&cache::key("chains", "IWM"), name);
        upsert_coverage(&[]);
        list_coverage(&CoverageFilter::default());
        delete_coverage(&CoverageFilter::of(&cache::key("chains", "IWM")));
        insert_fetch_costs(&[]);
        get_fetch_cost(identity(0));
        list_fetch_costs(&Listing::default());
        charge_fetch(&FetchCosts::entry(9, at), Decimal::ZERO);
        list_spending(at, at);
        insert_quality(&[]);
        get_quality(identity(0));
        list_quality(&Listing::default());
        insert_runs(&[]);
        get_run(identity(0));
        list_runs(&Listing::default());
        record_step(identity(9), &RunStep::next(&Runs::entry(9, at), at));
        list_rejects(&Listing::default());
        get_watermark(&Watermarks::row(0, at).key());
        list_watermarks(&WatermarkFilter::default());
        reset_watermarks(&[]);
        delete_watermark(&Watermarks::row(0, at).key());
        insert_audit(&[]);
        get_audit(identity(0));
        list_audit(&Listing::default());
        append_journal_events(&[]);
        amend_journal_events(&[]);
        get_journal_event(identity(0));
        list_journal_events(&Listing::default());
        list_cycle_events(identity(0));
        get_cycle(identity(0));
        list_cycles(&CycleFilter::default());
        rebuild_cycle(identity(0));
        record_imported_rows(&[]);
        get_imported_row(identity(0));
        list_imported_rows(&Listing::default());
        insert_trades(&[]);
        replace_trade(&Trades::entry(0, at));
        amend_trades(&[]);
        get_trade(identity(0));
        list_trades(&Listing::default());
        add_notes(&[]);
        amend_notes(&[]);
        get_note(identity(0));
        list_notes(&Listing::default());
        upsert_rules(&[]);
        delete_rule(Rules::row(0, at).key());
        list_rules(&RuleFilter::default());
        upsert_daily_pnl(&[]);
        delete_daily_pnl(&DailyResults::row(0, at).key());
        list_daily_pnl(&DailyPnlFilter::default());
        upsert_risk_states(&[]);
        delete_risk_state(RiskStates::row(0, at).key());
        list_risk_states(&RiskStateFilter::default());
        list_underlyings(&DirectoryQuery::new(EVERYTHING));
        list_expirations(spy, &DirectoryQuery::new(EVERYTHING));
        list_quote_days(spy, &DirectoryQuery::new(EVERYTHING));
        list_quoted_symbols(&DirectoryQuery::new(EVERYTHING));
        list_bar_keys(&DirectoryQuery::new(EVERYTHING));
        list_series(&DirectoryQuery::new(EVERYTHING));
        list_models(&DirectoryQuery::new(EVERYTHING));
        list_accounts(&DirectoryQuery::new(EVERYTHING));
        list_strategy_names(&DirectoryQuery::new(EVERYTHING));
        migrate();
        migrate_down(u32::MAX);
        schema_status();
        statistics();
        purge(Dataset::Bars, Timestamp::MIN);
        count_evictable(&Eviction::new(Fetched::Market(spy), Timestamp::MIN));
        evict(&Eviction::new(Fetched::Market(spy), Timestamp::MIN));
        disk_size();
        set_policies(&Policies::default(), at);
        policies();
        compress(Dataset::Bars, Timestamp::MIN);
        refresh_aggregates(Dataset::OptionQuotes, at);
        compact();
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let for_all = cases![
        an_opened_store_answers,
        a_closed_store_refuses_every_call,
        errors_tell_where_they_come_from,
        capabilities_tell_the_truth,
        closing_waits_for_running_calls,
        places_are_apart,
        pointers_forward_every_call,
        a_dropped_write_stores_all_or_none,
        a_dropped_snapshot_is_stored_whole_or_not_at_all,
        a_dropped_read_does_no_harm
    ];
    [for_all, needing(DURABLE, cases![a_reopened_store_holds_everything])].concat()
}

/// An opened store answers a ping and every other call.
async fn an_opened_store_answers(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (operation, call) in every_call(&*store) {
        answered(operation, call.await);
    }
    Ok(())
}

/// Checks an answer, which may be that the thing does not exist.
fn answered(operation: &str, answer: Result<()>) {
    if let Err(error) = answer {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{operation}: {error}");
    }
}

/// After `close` every call is refused, also one that would have had nothing to do; closing again is fine.
async fn a_closed_store_refuses_every_call(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.close().await?;
    store.close().await?;
    for (operation, call) in every_call(&*store) {
        let error = call.await.expect_err(operation);
        assert_eq!(error.kind(), ErrorKind::Closed, "{operation}: {error}");
    }
    store.close().await
}

/// Errors name the operation and the backend that they come from.
async fn errors_tell_where_they_come_from(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let wrong = store.upsert_bars(&[Draft::on(0).value(f64::NAN).row::<Bars>()]).await.expect_err("no price");
    assert_eq!(wrong.operation(), Some("upsert_bars"));
    assert!(wrong.backend().is_some(), "{wrong}");
    store.close().await?;
    for (operation, call) in every_call(&*store) {
        let error = call.await.expect_err(operation);
        assert_eq!(error.operation(), Some(operation), "{error}");
        assert_eq!(error.backend(), wrong.backend(), "{error}");
    }
    Ok(())
}

/// Every capability is one that the store shows, and one that it lacks does not show.
async fn capabilities_tell_the_truth(bench: &Bench) -> Result<()> {
    for allow_simulated in [false, true] {
        let store = bench.open_with(Options { allow_simulated }).await?;
        let capabilities = store.capabilities();
        assert!(!capabilities.engine.is_empty() && !capabilities.version.is_empty(), "{capabilities:?}");
        assert_eq!(capabilities.simulated, allow_simulated);
        let simulated = [Draft::on(0).from_source("simulated:demo").row::<Bars>()];
        assert_eq!(store.upsert_bars(&simulated).await.is_ok(), allow_simulated);
        store.close().await?;
    }
    let bench = bench.another().await?;
    let store = bench.open().await?;
    let capabilities = store.capabilities();
    fill(&*store).await?;
    tidy(&*store).await?;
    assert_eq!(store.disk_size().await?.is_some(), capabilities.durable, "a size on disk");
    store.close().await?;
    drop(store);
    let inspected = bench.inspect().await?;
    assert_eq!(inspected.partitions, capabilities.partitions, "tables in partitions");
    assert_eq!(inspected.compression, capabilities.compression, "compressed rows");
    assert_eq!(inspected.continuous_aggregates, capabilities.continuous_aggregates, "kept aggregates");
    let reopened = bench.open().await?;
    let found = statistics(&*reopened, Dataset::Bars).await?.rows;
    assert_eq!(found > 0, capabilities.durable, "{found} bars after the store was opened again");
    reopened.close().await?;
    drop(reopened);
    assert_eq!(two_stores_share(&bench).await?, capabilities.multi_process, "two stores write to one place");
    Ok(())
}

/// Returns true if two stores can be open in one place, write, and read the rows of each other.
async fn two_stores_share(bench: &Bench) -> Result<bool> {
    let first = bench.open().await?;
    let Ok(second) = bench.open().await else {
        first.close().await?;
        return Ok(false);
    };
    let rows = [5, 6].map(|day| Draft::on(day).of(9).row::<Bars>());
    first.upsert_bars(&rows[..1]).await?;
    second.upsert_bars(&rows[1..]).await?;
    let (seen_by_first, seen_by_second) =
        (all::<Bars>(&*first, rows[0].key).await?, all::<Bars>(&*second, rows[0].key).await?);
    first.close().await?;
    second.close().await?;
    Ok(seen_by_first == rows && seen_by_second == rows)
}

/// A durable store contains everything after it was closed and opened again, with versions and details.
async fn a_reopened_store_holds_everything(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    let before = store.schema_status().await?;
    store.close().await?;
    drop(store);
    for _ in 0..2 {
        let store = bench.open().await?;
        assert_filled(&*store).await?;
        assert_eq!(store.schema_status().await?, before);
        let again = [0, 1].map(|day| Draft::on(day).row::<UnderlyingQuotes>());
        assert_eq!(store.upsert_underlying_quotes(&again).await?, unchanged(2));
        store.close().await?;
    }
    Ok(())
}

/// A call that runs while the store is closed either lands whole or is refused as closed.
async fn closing_waits_for_running_calls(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let batch: Vec<_> = (0..2_000).map(|series| Draft::on(0).of(series).row::<Quotes>()).collect();
    let writer = tokio::spawn({
        let (store, batch) = (Arc::clone(&store), batch.clone());
        async move { store.upsert_quotes(&batch).await }
    });
    tokio::task::yield_now().await;
    store.close().await?;
    let written = match writer.await.unwrap_or_else(|error| panic!("{error}")) {
        Ok(done) => done.rows(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
            0
        }
    };
    if store.capabilities().durable {
        drop(store);
        let store = bench.open().await?;
        assert_eq!(statistics(&*store, Dataset::OptionQuotes).await?.rows, written);
    }
    Ok(())
}

/// Two places of one engine know nothing of each other.
async fn places_are_apart(bench: &Bench) -> Result<()> {
    let other = bench.another().await?;
    let (here, there) = (bench.open().await?, other.open().await?);
    fill(&*here).await?;
    assert!(there.statistics().await?.iter().all(|counted| counted.rows == at_first(counted.dataset)));
    assert_filled(&*here).await
}

/// A store in an `Arc` or `Box` answers as the store itself.
async fn pointers_forward_every_call(bench: &Bench) -> Result<()> {
    let store: Box<dyn Store> = Box::new(bench.open().await?);
    fill(&store).await?;
    assert_filled(&store).await?;
    for (operation, call) in every_call(&store) {
        answered(operation, call.await);
    }
    store.close().await?;
    for (operation, call) in every_call(&store) {
        assert_eq!(call.await.expect_err(operation).kind(), ErrorKind::Closed, "{operation}");
    }
    Ok(())
}

/// A dropped write stores all of its rows or none, and the store works on.
async fn a_dropped_write_stores_all_or_none(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut drops = Drops::default();
    for (day, micros) in (0..).zip([0, 1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000]) {
        let batch: Vec<_> = (0..1_000).map(|series| Draft::on(day).of(series).row::<Quotes>()).collect();
        // A dropped write may have landed too.
        drops.after(micros, store.upsert_quotes(&batch)).await;
        let on_that_day = ChainQuery::new(Symbol::new("SPY")?, AsOf::with_hindsight(Draft::on(day).at))
            .with_max_quote_age(TimeDelta::zero());
        let stored = store.chain_as_of(&on_that_day).await?.len();
        assert!(stored == 0 || stored == batch.len(), "{stored} of {} rows", batch.len());
        let done = store.upsert_quotes(&batch).await?;
        assert!(done == inserted(1_000) || done == unchanged(1_000), "{done:?}");
        assert_eq!(store.chain_as_of(&on_that_day).await?.len(), batch.len());
    }
    drops.assert_any();
    Ok(())
}

/// A dropped write of a snapshot stores its header and quotes or neither.
async fn a_dropped_snapshot_is_stored_whole_or_not_at_all(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut drops = Drops::default();
    for (day, micros) in (0..).zip([0, 100, 1_000, 10_000, 30_000]) {
        let header = Draft::on(day).row::<Snapshots>();
        let batch: Vec<_> = (0..500).map(|series| Draft::on(day).of(series).row::<Quotes>()).collect();
        drops.after(micros, store.upsert_snapshot(&header, &batch)).await;
        let limit = AsOf::with_hindsight(header.at);
        let query = SeriesQuery::new(header.underlying, limit).with_from(header.at);
        let chain = ChainQuery::new(Symbol::new("SPY")?, limit).with_max_quote_age(TimeDelta::zero());
        loop {
            let headers = store.list_snapshots(&query).await?.items.len();
            let quotes = store.chain_as_of(&chain).await?.len();
            // A dropped write may land between two reads.
            if headers == store.list_snapshots(&query).await?.items.len() {
                assert_eq!(quotes, headers * batch.len(), "{headers} header");
                break;
            }
        }
    }
    drops.assert_any();
    Ok(())
}

/// A dropped read leaves the store as it was.
async fn a_dropped_read_does_no_harm(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let batch: Vec<_> = (0..500).map(|series| Draft::on(0).of(series).row::<Quotes>()).collect();
    store.upsert_quotes(&batch).await?;
    let query = ChainQuery::new(Symbol::new("SPY")?, AsOf::with_hindsight(Draft::on(9).at));
    let mut drops = Drops::default();
    for micros in [0, 1, 10, 100, 1_000, 10_000] {
        drops.after(micros, store.chain_as_of(&query)).await;
    }
    assert_eq!(store.chain_as_of(&query).await?.len(), 500);
    assert_eq!(all::<Quotes>(&*store, key::<Quotes>(&batch[7])).await?, batch[7..8]);
    drops.assert_any();
    Ok(())
}
