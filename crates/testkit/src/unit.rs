//! Cases of units of work, which every engine passes.

mod calls;
mod guards;
mod random;

use std::{collections::BTreeSet, sync::Arc};

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Error, ErrorKind, FixedClock, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    market::{ChainQuery, ContractDetails, OptionQuote, QuoteQuery, Symbol},
    operations::{Actor, AuditEntry, Permission, Setting, StrategyStatus},
    port::Keyed,
    trading::{
        Execution, OrderMove, OrderStatus, Position, SignalStatus,
        journal::{Amendment, Note},
    },
    unit::{Applied, Guarded, GuardedAmendments, GuardedKey, Row, UnitOfWork, Write},
};

use self::{
    calls::call,
    guards::{
        assert_refused, contracts_are_written_as_expected, entries_are_written_as_expected,
        keyed_rows_are_written_as_expected, versions_are_written_as_expected, witness,
    },
    random::random_units_are_their_calls_one_by_one,
};
use crate::{
    Bench, Options, amount,
    case::{Case, cases},
    chain::contract,
    drops::Drops,
    entries::{Entries, all, day, identity, new_id, some},
    execution::assert_adds_up,
    journal::wheel,
    keyed::{self, KeyedRows},
    maintenance::{at_first, counts},
    parsed,
    prelude::*,
    run,
    series::{self, Draft, Series, corrected, inserted, source, unchanged},
    trading::fill::late,
};

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        a_unit_is_its_calls_one_by_one,
        a_refused_write_stores_nothing,
        a_write_sees_those_before_it,
        entries_are_written_as_expected,
        keyed_rows_are_written_as_expected,
        versions_are_written_as_expected,
        contracts_are_written_as_expected,
        steps_are_taken_as_expected,
        amendments_are_made_as_expected,
        an_invalid_row_is_named_with_its_write,
        simulated_rows_need_permission,
        an_empty_unit_does_nothing,
        an_actor_records_in_no_other_name,
        a_large_batch_is_written_whole,
        a_dropped_unit_stores_all_or_none,
        random_units_are_their_calls_one_by_one
    ]
}

fn alice() -> Actor {
    Actor::new(parsed("alice"), Arc::new(FixedClock(day(40))), new_id)
}

/// Writes of every kind: what is inserted, changed and deleted, with rows that repeat and corrections.
fn every_write() -> Result<Vec<Write>> {
    fn versions<S: Series>(write: fn(Guarded<S::Row>) -> Write) -> Write {
        let drafts = [Draft::on(0), Draft::on(1), Draft::on(0), Draft::on(0).of(1)];
        write(drafts.map(|draft| draft.row::<S>()).into())
    }
    fn correction<S: Series>(write: fn(Guarded<S::Row>) -> Write) -> Write {
        let drafts =
            [Draft::on(0).value(1.1).recorded_after(20), Draft::on(1).value(1.1).recorded_after(5), Draft::on(0).of(1)];
        write(drafts.map(|draft| draft.row::<S>()).into())
    }
    fn entries<S: Entries>(write: fn(Guarded<S::Entry>) -> Write) -> Write {
        write([some::<S>(3), some::<S>(1)].concat().into())
    }
    fn rows<S: KeyedRows>(write: fn(Guarded<S::Row>) -> Write) -> Write {
        let first = S::altered(keyed::some::<S>(1).remove(0));
        write([keyed::some::<S>(3), vec![first]].concat().into())
    }
    fn key<S: KeyedRows>() -> <S::Row as Keyed>::Key {
        keyed::some::<S>(3).remove(1).key()
    }
    let details = |number, at: Timestamp| ContractDetails::standard(contract(number), source("test"), at);
    let permission = Permission {
        role: parsed("auditor"),
        resource: parsed("audit"),
        action: parsed("read"),
        granted_by: None,
        recorded_at: day(0),
    };
    let opened = OrderMove::new(OrderStatus::Open, day(1));
    let mut writes = vec![
        Write::UpsertContracts([details(0, day(0))?, details(9, day(0))?].into()),
        versions::<Quotes>(Write::UpsertQuotes),
        versions::<Snapshots>(Write::UpsertSnapshots),
        versions::<UnderlyingQuotes>(Write::UpsertUnderlyingQuotes),
        versions::<Bars>(Write::UpsertBars),
        versions::<CorporateActions>(Write::UpsertCorporateActions),
        versions::<FundamentalRows>(Write::UpsertFundamentals),
        versions::<Observations>(Write::UpsertObservations),
        versions::<Greeks>(Write::UpsertGreeks),
        versions::<Heston>(Write::UpsertHeston),
        versions::<Sabr>(Write::UpsertSabr),
        versions::<Svi>(Write::UpsertSvi),
        versions::<Ou>(Write::UpsertOu),
        versions::<FeatureRows>(Write::UpsertFeatures),
        versions::<IndicatorRows>(Write::UpsertIndicators),
        versions::<Portfolios>(Write::UpsertPortfolioSnapshots),
        versions::<MetricsRows>(Write::UpsertMetrics),
        correction::<Quotes>(Write::UpsertQuotes),
        correction::<Bars>(Write::UpsertBars),
        correction::<Greeks>(Write::UpsertGreeks),
        entries::<Backtests>(Write::InsertBacktests),
        entries::<Predictions>(Write::InsertPredictions),
        entries::<Signals>(Write::InsertSignals),
        entries::<Orders>(Write::InsertOrders),
        Write::MoveOrder(Orders::entry(0, day(0)).id.into(), opened.clone()),
        Write::MoveOrder(Orders::entry(0, day(0)).id.into(), opened),
        Write::RecordExecutions(some::<Executions>(3).into()),
        entries::<Accounts>(Write::InsertAccountSnapshots),
        Write::AppendJournalEvents(wheel().into()),
        Write::RecordFills([late(), late()].into()),
        entries::<ImportedRows>(Write::RecordImportedRows),
        entries::<Notes>(Write::AddNotes),
        entries::<Events>(Write::InsertEvents),
        entries::<States>(Write::InsertStates),
        entries::<Quality>(Write::InsertQuality),
        entries::<Runs>(Write::InsertRuns),
        Write::RecordStep(identity(0).into(), run::rejected()),
        Write::RecordStep(identity(0).into(), run::rejected()),
        Write::InsertAudit(AuditEntry { user: Some(parsed("alice")), ..Audit::entry(0, day(0)) }.into()),
        entries::<FetchCosts>(Write::InsertFetchCosts),
        rows::<Positions>(Write::UpsertPositions),
        rows::<Rules>(Write::UpsertRules),
        rows::<DailyResults>(Write::UpsertDailyPnl),
        rows::<RiskStates>(Write::UpsertRiskStates),
        rows::<Users>(Write::UpsertUsers),
        Write::GrantPermissions(permission.clone().into()),
        rows::<Strategies>(Write::UpsertStrategies),
        rows::<Settings>(Write::UpsertSettings),
        rows::<Watermarks>(Write::ResetWatermarks),
        rows::<CacheEntries>(Write::UpsertCacheEntries),
        rows::<CoveredDays>(Write::UpsertCoverage),
        Write::MoveSignal(identity(0).into(), SignalStatus::Executed, day(1)),
        Write::NoteLogin(Users::row(0, day(0)).name.into(), day(9)),
        Write::SetStrategyStatus(Strategies::row(0, day(0)).name.into(), StrategyStatus::Paused, day(9)),
        Write::DeletePosition(key::<Positions>().into()),
        Write::DeleteRule(key::<Rules>().into()),
        Write::DeleteDailyPnl(key::<DailyResults>().into()),
        Write::DeleteRiskState(key::<RiskStates>().into()),
        Write::DeleteUser(key::<Users>().into()),
        Write::RevokePermission(permission.row_key().into()),
        Write::DeleteStrategy(key::<Strategies>().into()),
        Write::DeleteSetting(key::<Settings>().into()),
        Write::DeleteWatermark(key::<Watermarks>().into()),
        Write::DeleteWatermark(key::<Watermarks>().into()),
    ];
    writes.extend(trade_writes());
    Ok(writes)
}

/// Writes of trades of their own, and amendments of these, of events and of notes.
fn trade_writes() -> [Write; 5] {
    // The journal's events make trades with the identities of the first numbers.
    let trades: Vec<_> = (10..13).map(|number| Trades::entry(number, day(number))).collect();
    let mut trade = trades[0].clone();
    trade.review.thesis = Some("premium was rich".to_owned());
    let why = "a slip of the pen";
    [
        Write::InsertTrades(trades.clone().into()),
        Write::AmendTrades(Amendment::delete(trades[1].id, day(30), why).into()),
        Write::ReplaceTrade([trade.clone(), trade].into()),
        Write::AmendJournalEvents(Amendment::void(wheel()[3].id, day(30), why).into()),
        Write::AmendNotes(Amendment::void(Notes::entry(1, day(1)).id, day(30), why).into()),
    ]
}

fn unit_of(writes: impl IntoIterator<Item = Write>) -> UnitOfWork {
    writes.into_iter().fold(UnitOfWork::new(), UnitOfWork::with)
}

/// A refused unit of all kinds of writes leaves every dataset empty but for what a new store has.
async fn assert_empty(store: &dyn Store) -> Result<()> {
    for (dataset, rows, superseded) in counts(store).await? {
        assert_eq!((rows, superseded), (at_first(dataset), 0), "{dataset}");
    }
    Ok(())
}

/// The audit without identities and actions, in the order of the things changed.
async fn audit(store: &dyn Store, action: Option<&str>) -> Result<Vec<String>> {
    let entries = all::<Audit>(store).await?.into_iter();
    let by_actor = entries.filter(|entry| entry.user == Some(parsed("alice")) && entry.at == day(40));
    let reported = by_actor.map(|entry| {
        assert!(action.is_none_or(|action| entry.action == parsed(action)), "{entry:?}");
        format!("{} {:?} {:?} {:?}", entry.resource, entry.resource_id, entry.old_value, entry.new_value)
    });
    let mut reported: Vec<_> = reported.collect();
    reported.sort();
    Ok(reported)
}

/// A unit with writes of every kind stores, counts and records what the single calls do.
async fn a_unit_is_its_calls_one_by_one(bench: &Bench) -> Result<()> {
    let other = bench.another().await?;
    let (store, model) = (bench.open().await?, other.open().await?);
    let writes = every_write()?;
    let kinds: BTreeSet<_> = writes.iter().map(Write::method).collect();
    assert_eq!(kinds, Write::METHODS.iter().copied().collect(), "a kind of write is left out");
    let mut expected = Vec::new();
    for write in &writes {
        expected.push(call(&*model.audited(alice()), write).await?);
    }
    let unit = unit_of(writes.clone());
    let applied = store.audited(alice()).apply(&unit).await?;
    for ((write, applied), expected) in writes.iter().zip(&applied).zip(&expected) {
        assert_eq!(applied, expected, "{}", write.method());
    }
    assert_eq!(applied.len(), writes.len());
    let (found, expected) = (audit(&*store, Some("apply")).await?, audit(&*model, None).await?);
    assert_eq!(found.len(), expected.len());
    found.iter().zip(&expected).for_each(|(found, expected)| assert_eq!(found, expected));
    // Bytes are the engine's own, and the model has its engine's.
    let counted = async |store: &dyn Store| {
        let all = store.statistics().await?.into_iter();
        Ok::<_, Error>(all.map(|of| (of.dataset, of.rows, of.superseded, of.oldest, of.newest)).collect::<Vec<_>>())
    };
    assert_eq!(counted(&*store).await?, counted(&*model).await?);
    let quotes = QuoteQuery::new(contract(0), series::EVERYTHING);
    assert_eq!(store.list_quotes(&quotes).await?, model.list_quotes(&quotes).await?);
    assert_eq!(all::<Trades>(&*store).await?, all::<Trades>(&*model).await?);
    assert_eq!(all::<Orders>(&*store).await?, all::<Orders>(&*model).await?);
    Ok(())
}

/// When the last of many writes of all kinds is refused, nothing of the others is stored, and no contract keeps the
/// number that it had in the transaction.
async fn a_refused_write_stores_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let other = Write::InsertSignals(Signals::altered(Signals::entry(0, day(0))).into());
    let writes = every_write()?;
    let last = writes.len().to_string();
    let unit = unit_of(writes.into_iter().chain([other]));
    for audited in [false, true] {
        let user = if audited { store.audited(alice()) } else { Arc::clone(&store) };
        let error = user.apply(&unit).await.expect_err("another signal has this identity");
        assert_eq!((error.kind(), error.context("write")), (ErrorKind::Conflict, Some(&*last)), "{error}");
        assert_eq!((error.context("dataset"), error.context("row")), (Some("signals"), Some("0")), "{error}");
        assert_empty(&*store).await?;
    }
    // Were the number of the first contract remembered, it would now be read with the quotes of another.
    let quote = |number: usize| Draft::on(0).of(number).row::<Quotes>();
    store.upsert_quotes(&[quote(5)]).await?;
    assert_eq!(series::all::<Quotes>(&*store, quote(0).contract).await?, []);
    assert_eq!(store.upsert_quotes(&[quote(0)]).await?, inserted(1));
    for number in [0, 5] {
        assert_eq!(series::all::<Quotes>(&*store, quote(number).contract).await?, [quote(number)]);
    }
    Ok(())
}

/// Amendments in a unit need the entries that were read, if they say so, and see the writes before them.
async fn amendments_are_made_as_expected(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let (event, note, trade) = (wheel().remove(0), Notes::entry(0, day(0)), Trades::entry(9, day(0)));
    let why = "the broker's statement says otherwise";
    let mended = Note { text: "on second thought".to_owned(), ..note.clone() };
    let amended = |note| GuardedAmendments::from(Amendment::correct(note, day(9), why));
    let changed = || Write::AmendNotes(amended(mended.clone()).must_match([mended.clone()]));
    let key = note.id.to_string();
    assert_refused(store, changed(), ErrorKind::Conflict, &key).await?;
    let unit = UnitOfWork::new()
        .append_journal_events(event.clone())
        .add_notes(note.clone())
        .insert_trades(trade.clone())
        .amend_journal_events(
            GuardedAmendments::from(Amendment::delete(event.id, day(9), why)).must_match([event.clone()]),
        )
        .amend_notes(amended(mended.clone()).must_match([note]))
        .amend_trades(GuardedAmendments::from([Amendment::void(trade.id, day(9), why)]).must_match([trade.clone()]));
    let done: Vec<_> = store.apply(&unit).await?.into_iter().map(|applied| applied.upserted).collect();
    let (new, mends) = (inserted(1), corrected(1));
    assert_eq!(done, [new, new, new, mends, mends, mends]);
    assert_eq!(store.get_journal_event(event.id).await?, None);
    assert_eq!(store.get_note(mended.id).await?.map(|note| note.text), Some(mended.text.clone()));
    assert_eq!(store.get_trade(trade.id).await?.and_then(|trade| trade.voided_at), Some(day(9)));
    assert_refused(store, changed(), ErrorKind::Conflict, &key).await
}

/// A fill is recorded with what it changes: each write sees the rows of those before.
async fn a_write_sees_those_before_it(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Orders::entry(0, day(0));
    let fills =
        ["4", "6"].map(|quantity| Execution::new(new_id(day(1)), &order, day(1), amount(quantity), amount("1.06")));
    let position = |quantity| Position { quantity: amount(quantity), ..Positions::row(0, day(1)) };
    let unit = UnitOfWork::new()
        .insert_orders(Guarded::from(order.clone()).must_not_exist())
        .move_order(order.id, OrderMove::new(OrderStatus::Open, day(0)))
        .record_executions(fills[0].clone())
        .upsert_positions(Guarded::from(position("-4")).must_match(None))
        .record_executions(fills[1].clone())
        .upsert_positions(Guarded::from(position("-10")).must_match([position("-4")]))
        .append_journal_events(wheel())
        .add_notes(Notes::entry(0, day(1)));
    let done: Vec<_> = store.apply(&unit).await?.into_iter().map(|applied| applied.upserted).collect();
    let one = inserted(1);
    assert_eq!(done, [one, corrected(1), one, one, one, corrected(1), inserted(4), one]);
    let filled = assert_adds_up(&*store, order.id).await?;
    assert_eq!((filled.status, filled.filled_quantity), (OrderStatus::Filled, amount("10")));
    assert_eq!(store.get_position(&position("0").key()).await?, Some(position("-10")));
    assert_eq!(all::<Trades>(&*store).await?.len(), 3, "two calls of the wheel and its shares");

    // A setting comes, changes and goes within one unit.
    let setting = |value| Setting { value: parsed(value), ..Settings::row(0, day(0)) };
    let unit = UnitOfWork::new()
        .upsert_settings(setting("1"))
        .upsert_settings(Guarded::from(setting("2")).must_match([setting("1")]))
        .delete_setting(GuardedKey::from(setting("2").name).must_match(setting("2")))
        .upsert_settings(Guarded::from(setting("3")).must_not_exist());
    let done = store.apply(&unit).await?;
    let expected = [Applied::from(one), corrected(1).into(), Applied::deleted(true), one.into()];
    assert_eq!(done, expected);
    assert_eq!(store.get_setting(setting("3").name).await?, Some(setting("3")));
    Ok(())
}

/// Steps are taken once, on rows that exist and are as expected.
async fn steps_are_taken_as_expected(bench: &Bench) -> Result<()> {
    use ErrorKind::{Conflict, NotFound};
    let store = &*bench.open().await?;
    let (order, signal, run) = (Orders::entry(0, day(0)), Signals::entry(0, day(0)), Runs::entry(0, day(0)));
    let (user, strategy) = (Users::row(0, day(0)), Strategies::row(0, day(0)));
    let id = order.id.to_string();
    let open = OrderMove::new(OrderStatus::Open, day(1));
    let moved = |key: GuardedKey<_>| Write::MoveOrder(key, open.clone());
    assert_refused(store, moved(GuardedKey::from(order.id).must_exist()), NotFound, &id).await?;
    assert_refused(store, moved(GuardedKey::from(order.id).must_match(order.clone())), Conflict, &id).await?;
    let error = store.apply(&unit_of([moved(order.id.into())])).await.expect_err("no order");
    assert_eq!((error.kind(), error.context("write")), (NotFound, Some("0")), "{error}");

    let unit = UnitOfWork::new()
        .insert_orders(order.clone())
        .insert_signals(signal.clone())
        .insert_runs(run.clone())
        .upsert_users(user.clone())
        .upsert_strategies(strategy.clone());
    store.apply(&unit).await?;
    let unit = UnitOfWork::new()
        .move_order(GuardedKey::from(order.id).must_match(order.clone()), open.clone())
        .move_signal(GuardedKey::from(signal.id).must_match(signal.clone()), SignalStatus::Executed, day(1))
        .record_step(GuardedKey::from(run.id).must_match(run.clone()), run::rejected())
        .note_login(GuardedKey::from(user.name).must_match(user.clone()), day(9))
        .set_strategy_status(GuardedKey::from(strategy.name).must_match(strategy), StrategyStatus::Paused, day(9));
    assert_eq!(store.apply(&unit).await?, [Applied::stepped(true); 5]);
    assert_refused(store, moved(GuardedKey::from(order.id).must_match(order.clone())), Conflict, &id).await?;
    let unit = UnitOfWork::new()
        .move_order(order.id, open)
        .move_signal(signal.id, SignalStatus::Executed, day(1))
        .record_step(run.id, run::rejected())
        .note_login(user.name, day(9));
    assert_eq!(store.apply(&unit).await?, [Applied::stepped(false); 4]);

    let mut trade = Trades::entry(0, day(0));
    store.insert_trades(std::slice::from_ref(&trade)).await?;
    let read = trade.clone();
    trade.review.thesis = Some("premium was rich".to_owned());
    let replace = |expected: &_| Write::ReplaceTrade(Guarded::from(trade.clone()).must_match([Clone::clone(expected)]));
    assert_refused(store, replace(&trade), Conflict, &trade.id.to_string()).await?;
    assert_eq!(store.apply(&unit_of([replace(&read)])).await?, [Applied::from(corrected(1))]);
    assert_eq!(store.apply(&unit_of([replace(&trade)])).await?, [Applied::from(unchanged(1))]);
    Ok(())
}

/// All rows are checked before the first write, and an invalid one is named with its write.
async fn an_invalid_row_is_named_with_its_write(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let refused = async |unit: UnitOfWork, [write, dataset, row]: [&str; 3]| {
        let error = store.apply(&unit).await.expect_err("an invalid row");
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, Some("apply")), "{error}");
        let found = ["write", "dataset", "row"].map(|name| error.context(name));
        assert_eq!(found, [Some(write), Some(dataset), Some(row).filter(|row| *row != "none")], "{error}");
        assert!(error.context("field").is_some(), "{error}");
        assert_empty(store).await
    };
    // The first write is refused too, but that is known only in the transaction.
    let first = || UnitOfWork::new().upsert_settings(Guarded::from(witness()).must_exist());
    let quote = OptionQuote { bid: Some(f64::NAN), ..Draft::on(1).row::<Quotes>() };
    refused(first().upsert_quotes([Draft::on(0).row::<Quotes>(), quote]), ["1", "option_quotes", "1"]).await?;
    let orders = vec![Orders::entry(0, day(0)), Orders::invalid(Orders::entry(1, day(0)))];
    refused(first().insert_orders(orders), ["1", "orders", "1"]).await?;
    let filled = strikebook_core::trading::Order {
        filled_quantity: amount("10"),
        status: OrderStatus::Filled,
        ..Orders::entry(0, day(0))
    };
    refused(first().insert_orders(filled), ["1", "orders", "0"]).await?;
    let position = Positions::invalid(Positions::row(1, day(0))).into_iter();
    let positions: Vec<_> = std::iter::once(Positions::row(0, day(0))).chain(position).collect();
    refused(first().upsert_positions(positions), ["1", "positions", "1"]).await?;
    let step = strikebook_core::operations::RunStep { read: 7, ..run::step(1, 1, 1) };
    refused(first().record_step(identity(0), step), ["1", "pipeline_runs", "none"]).await
}

/// Simulated rows need permission, in whatever write of a unit.
async fn simulated_rows_need_permission(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let simulated = Draft { source: source("simulated:demo"), ..Draft::on(0) };
    let unit = UnitOfWork::new()
        .upsert_bars(Draft::on(0).row::<Bars>())
        .upsert_quotes(vec![Draft::on(0).row::<Quotes>(), simulated.row::<Quotes>()]);
    let error = store.apply(&unit).await.expect_err("simulated");
    assert_eq!(error.kind(), ErrorKind::SimulatedData, "{error}");
    assert_eq!([error.context("write"), error.context("row")], [Some("1"), Some("1")], "{error}");
    assert_empty(&*store).await?;
    store.close().await?;
    let store = bench.open_with(Options { allow_simulated: true }).await?;
    assert_eq!(store.apply(&unit).await?.len(), 2);
    Ok(())
}

/// A unit without writes, and a write without rows, do nothing and leave no trace in the audit.
async fn an_empty_unit_does_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let audited = store.audited(alice());
    assert_eq!(audited.apply(&UnitOfWork::new()).await?, []);
    let empty = UnitOfWork::new()
        .upsert_quotes(Vec::new())
        .upsert_contracts(Vec::new())
        .insert_orders(Vec::new())
        .record_executions(Guarded::from(Vec::new()).must_exist())
        .upsert_positions(Guarded::from(Vec::new()).must_not_exist());
    assert_eq!(audited.apply(&empty).await?, [Applied::default(); 5]);
    assert_empty(&*store).await
}

/// An audited store refuses a unit with an entry in another's name, and nothing of it is stored.
async fn an_actor_records_in_no_other_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entry = AuditEntry { user: Some(parsed("bob")), ..Audit::entry(0, day(0)) };
    let unit = UnitOfWork::new().upsert_settings(witness()).insert_audit(entry);
    let error = store.audited(alice()).apply(&unit).await.expect_err("another's name");
    assert_eq!((error.kind(), error.context("write")), (ErrorKind::PermissionDenied, Some("1")), "{error}");
    assert_empty(&*store).await?;
    assert_eq!(store.apply(&unit).await?, [Applied::from(inserted(1)); 2], "without an actor any name is taken");
    Ok(())
}

/// Every row of a large batch counts, and its preconditions too; refused, none is stored.
async fn a_large_batch_is_written_whole(bench: &Bench) -> Result<()> {
    const DAYS: i64 = 60;
    const CONTRACTS: usize = 500;
    let store = bench.open().await?;
    let quote = |day, contract, value| Draft::on(day).of(contract).value(value).row::<Quotes>();
    let days = (0..DAYS).flat_map(|day| (0..CONTRACTS).map(move |contract| quote(day, contract, 1.0)));
    let batch: Vec<_> = days.chain([quote(0, 7, 2.0)]).collect();
    let rows = batch.len() as u64 - 1;
    let unit =
        UnitOfWork::new().upsert_quotes(Guarded::from(batch).must_not_exist()).upsert_bars(Draft::on(0).row::<Bars>());
    let refused = unit.clone().upsert_settings(Guarded::from(witness()).must_exist());
    let error = store.apply(&refused).await.expect_err("no such setting");
    assert_eq!((error.kind(), error.context("write")), (ErrorKind::NotFound, Some("2")), "{error}");
    assert_empty(&*store).await?;
    let quotes = Upserted { repeated: 1, ..inserted(rows) };
    assert_eq!(store.apply(&unit).await?, [quotes.into(), inserted(1).into()]);
    assert_eq!(series::statistics(&*store, Dataset::OptionQuotes).await?.rows, rows);
    assert_eq!(series::all::<Quotes>(&*store, contract(7)).await?[0], quote(0, 7, 2.0));
    let error = store.apply(&unit).await.expect_err("all are stored");
    assert_eq!((error.kind(), error.context("write")), (ErrorKind::Conflict, Some("0")), "{error}");
    Ok(())
}

/// A dropped unit stores all of its writes or none, and the store works on.
async fn a_dropped_unit_stores_all_or_none(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut drops = Drops::default();
    let all_micros = [0, 1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000];
    for ((number, place), micros) in (0..).zip(0..).zip(all_micros) {
        let quotes: Vec<_> = (0..500).map(|series| Draft::on(number).of(series).row::<Quotes>()).collect();
        let at = quotes[0].at;
        let note = Note { id: identity(place), ..Notes::entry(0, at) };
        let setting = Setting { value: parsed(&number.to_string()), ..Settings::row(0, at) };
        let unit = UnitOfWork::new().add_notes(note.clone()).upsert_quotes(quotes).upsert_settings(setting.clone());
        // A dropped unit may have landed, or land yet.
        drops.after(micros, store.apply(&unit)).await;
        let stored = async || {
            let limits = AsOf::with_hindsight(at);
            let query = ChainQuery::new(Symbol::new("SPY")?, limits).with_max_quote_age(TimeDelta::zero());
            let is_set = store.get_setting(setting.name).await? == Some(setting.clone());
            let has_note = store.get_note(note.id).await?.is_some();
            Ok::<_, Error>((has_note, store.chain_as_of(&query).await?.len(), is_set))
        };
        let mut found = stored().await?;
        loop {
            // It may land between two reads, and then the next ones agree.
            let again = stored().await?;
            if again == found {
                break;
            }
            found = again;
        }
        assert!(found == (false, 0, false) || found == (true, 500, true), "{found:?}");
        let done = store.apply(&unit).await?[1].upserted;
        assert!(done == inserted(500) || done == unchanged(500), "{done:?}");
        assert_eq!(stored().await?, (true, 500, true));
    }
    drops.assert_any();
    Ok(())
}
