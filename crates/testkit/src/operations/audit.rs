//! Cases of the audit.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, FixedClock, Id, Json, Listing, Name, Page, Result, Store, Timestamp, Upserted,
    maintenance::{Dataset, Eviction, Fetched},
    operations::{Actor, AuditEntry, AuditFilter, AuditQuery, Severity, SystemEvent},
    port::Keyed,
    trading::SignalStatus,
};

use super::event::Events;
use crate::{
    Bench,
    bar::Bars,
    case::{Case, cases},
    drops::Drops,
    entries::{self, Entries, all, day, identity, new_id, some},
    keyed::{self, KeyedRows},
    parsed,
    position::Positions,
    series::{Draft, inserted, unchanged},
    signal::Signals,
    snapshot::Snapshots,
};

/// The audit, as the shared cases see it.
#[derive(Debug)]
pub struct Audit;

#[async_trait]
impl Entries for Audit {
    type Entry = AuditEntry;

    const DATASET: Dataset = Dataset::Audit;

    fn entry(number: usize, at: Timestamp) -> AuditEntry {
        AuditEntry::new(identity(number), at, parsed("login"), parsed("users"))
    }

    fn altered(entry: AuditEntry) -> AuditEntry {
        AuditEntry { user: Some(parsed("eve")), ..entry }
    }

    fn invalid(entry: AuditEntry) -> AuditEntry {
        AuditEntry { agent: Some("a\0b".to_owned()), ..entry }
    }

    fn recorded(entry: AuditEntry, recorded_at: Timestamp) -> AuditEntry {
        AuditEntry { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[AuditEntry]) -> Result<Upserted> {
        store.insert_audit(entries).await
    }

    async fn get(store: &dyn Store, id: Id<AuditEntry>) -> Result<Option<AuditEntry>> {
        store.get_audit(id).await
    }

    async fn list(store: &dyn Store, query: &AuditQuery) -> Result<Page<AuditEntry>> {
        store.list_audit(query).await
    }
}

/// Returns the instant at which the actor of these cases acts.
fn noon() -> Timestamp {
    day(40)
}

pub(crate) fn alice() -> Actor {
    Actor::new(parsed("alice"), Arc::new(FixedClock(noon())), new_id)
}

/// Creates an entry as a user would make it.
fn in_name_of(user: &str) -> impl Fn(AuditEntry) -> AuditEntry {
    let user = parsed(user);
    move |entry| AuditEntry { user: Some(user), ..entry }
}

/// The recorded entries, as action, resource, identity, old and new value.
type Record = (String, String, Option<String>, Option<Json>, Option<Json>);

/// Returns the recorded entries, in the order of the resources' identities.
async fn audit_of(store: &dyn Store) -> Result<Vec<Record>> {
    let mut reported = Vec::new();
    for entry in all::<Audit>(store).await? {
        assert_eq!((entry.at, entry.user), (noon(), Some(parsed("alice"))));
        let (action, resource) = (entry.action.to_string(), entry.resource.to_string());
        reported.push((action, resource, entry.resource_id, entry.old_value, entry.new_value));
    }
    reported.sort_by(|a, b| (&a.1, &a.2).cmp(&(&b.1, &b.2)));
    Ok(reported)
}

/// Returns the expected records of entries.
fn of_entries<E: serde::Serialize>(
    action: &str,
    dataset: Dataset,
    changes: &[(String, Option<&E>, Option<&E>)],
) -> Result<Vec<Record>> {
    let json = |value: Option<&E>| value.map(Json::of).transpose();
    let mut reported = Vec::new();
    for (id, old, new) in changes {
        reported.push((action.to_owned(), dataset.to_string(), Some(id.clone()), json(*old)?, json(*new)?));
    }
    reported.sort_by(|a, b| a.2.cmp(&b.2));
    Ok(reported)
}

/// Returns the expected records of rows written in bulk.
fn in_bulk(action: &str, dataset: Dataset, counts: [u64; 5]) -> Result<Record> {
    let [inserted, corrected, backfilled, unchanged, repeated] = counts;
    let counts = Json::of(&Upserted { inserted, corrected, backfilled, unchanged, repeated })?;
    Ok((action.to_owned(), dataset.to_string(), None, None, Some(counts)))
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Audit>(),
        cases![
            every_field_comes_back,
            values_out_of_range_are_refused,
            filters_keep_what_they_name,
            each_new_entry_is_recorded,
            a_change_is_recorded_with_both_values,
            changes_of_many_entries_are_recorded_one_by_one,
            a_keyed_row_is_recorded_with_both_values,
            rows_in_bulk_are_recorded_by_their_counts,
            a_purge_is_recorded,
            an_eviction_is_recorded,
            migrations_are_recorded,
            a_compaction_is_recorded,
            an_entry_in_the_name_of_another_is_refused,
            what_changes_nothing_is_not_recorded,
            what_fails_is_not_recorded,
            the_audit_does_not_record_itself,
            an_actor_is_named_with_address_and_program,
            an_audited_store_shares_its_rows,
            an_audited_store_closes_with_the_other,
            a_dropped_write_is_recorded_if_it_landed,
            two_actors_are_recorded_separately,
            a_filter_out_of_range_is_refused
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing stays missing; null is not missing.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Audit::entry(0, day(0));
    let full = AuditEntry {
        id: identity(1),
        user: Some(parsed("Ana María")),
        resource_id: Some("SPY251219C00650000 | 'a'".to_owned()),
        old_value: Some(Json::default()),
        new_value: Some(r#"{"a": [1, 2.5, null]}"#.parse()?),
        address: Some(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])),
        agent: Some("curl/8.5.0; \"x\" 🐂".to_owned()),
        recorded_at: day(1),
        ..missing.clone()
    };
    let other = AuditEntry { id: identity(2), address: Some(IpAddr::from([10, 0, 0, 255])), ..missing.clone() };
    store.insert_audit(&[missing.clone(), full.clone(), other.clone()]).await?;
    for entry in [missing, full, other] {
        assert_eq!(store.get_audit(entry.id).await?, Some(entry));
    }
    Ok(())
}

/// Texts have at most 64 KiB and no NUL, in an entry and of an actor.
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let valid = Audit::entry(0, day(0));
    for (field, entry) in [
        ("resource_id", AuditEntry { resource_id: Some("a\0b".to_owned()), ..valid.clone() }),
        ("agent", AuditEntry { agent: Some("x".repeat((1 << 16) + 1)), ..valid.clone() }),
    ] {
        let error = store.insert_audit(&[entry]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    let error = alice().with_agent("a\0b").expect_err("NUL");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("agent")), "{error}");
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut entries = some::<Audit>(5);
    entries[1].user = Some(parsed("bob"));
    entries[2].action = parsed("logout");
    entries[3].resource = parsed("orders");
    entries[4].resource_id = Some("7".to_owned());
    entries[4].user = Some(parsed("bob"));
    store.insert_audit(&entries).await?;
    let kept = async |filter| {
        let items = store.list_audit(&Listing::new(filter)).await?.items;
        let place = |item| entries.iter().position(|entry| entry == item);
        Ok::<_, strikebook_core::Error>(items.iter().filter_map(place).collect::<Vec<_>>())
    };
    let filter = AuditFilter::default();
    assert_eq!(kept(filter.clone()).await?, [0, 1, 2, 3, 4]);
    assert_eq!(kept(AuditFilter { user: Some(parsed("bob")), ..filter.clone() }).await?, [1, 4]);
    assert_eq!(kept(AuditFilter { action: Some(parsed("logout")), ..filter.clone() }).await?, [2]);
    assert_eq!(kept(AuditFilter { resource: Some(parsed("orders")), ..filter.clone() }).await?, [3]);
    assert_eq!(kept(AuditFilter { resource_id: Some("7".to_owned()), ..filter.clone() }).await?, [4]);
    let both = AuditFilter { user: Some(parsed("bob")), resource: Some(parsed("users")), ..filter };
    assert_eq!(kept(both).await?, [1, 4]);
    Ok(())
}

/// Each new entry is recorded with what it became, and none twice.
async fn each_new_entry_is_recorded(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let audited = store.audited(alice());
    let signals = some::<Signals>(3);
    assert_eq!(audited.insert_signals(&signals[..1]).await?, inserted(1));
    assert_eq!(audited.insert_signals(&signals).await?, Upserted { unchanged: 1, ..inserted(2) });
    let changes: Vec<_> = signals.iter().map(|signal| (signal.id.to_string(), None, Some(signal))).collect();
    assert_eq!(audit_of(&*store).await?, of_entries("insert_signals", Dataset::Signals, &changes)?);
    Ok(())
}

/// A change is recorded with what the entry was and what it became.
async fn a_change_is_recorded_with_both_values(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let signal = Signals::entry(0, day(0));
    store.insert_signals(std::slice::from_ref(&signal)).await?;
    let audited = store.audited(alice());
    let moved = audited.move_signal(signal.id, SignalStatus::Executed, day(1)).await?;
    let change = (signal.id.to_string(), Some(&signal), Some(&moved));
    assert_eq!(audit_of(&*store).await?, of_entries("move_signal", Dataset::Signals, &[change])?);
    Ok(())
}

/// When one call changes many entries, each is recorded.
async fn changes_of_many_entries_are_recorded_one_by_one(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut signals = some::<Signals>(3);
    for signal in &mut signals {
        signal.valid_until = Some(day(9));
    }
    store.insert_signals(&signals).await?;
    store.audited(alice()).expire_signals(day(9)).await?;
    let expired = all::<Signals>(&*store).await?;
    assert!(expired.iter().all(|signal| signal.status == SignalStatus::Expired));
    let both = signals.iter().zip(&expired);
    let changes: Vec<_> = both.map(|(old, new)| (old.id.to_string(), Some(old), Some(new))).collect();
    assert_eq!(audit_of(&*store).await?, of_entries("expire_signals", Dataset::Signals, &changes)?);
    Ok(())
}

/// Of a keyed row the insertion, each change and the deletion are recorded with its key.
async fn a_keyed_row_is_recorded_with_both_values(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (first, other) = (Positions::row(0, day(0)), Positions::row(1, day(0)));
    let altered = Positions::altered(first.clone());
    let id = |row: &strikebook_core::trading::Position| row.key().to_string();
    store.upsert_positions(std::slice::from_ref(&first)).await?;
    store.audited(alice()).upsert_positions(&[altered.clone(), other.clone()]).await?;
    let changes = [(id(&first), Some(&first), Some(&altered)), (id(&other), None, Some(&other))];
    assert_eq!(audit_of(&*store).await?, of_entries("upsert_positions", Dataset::Positions, &changes)?);
    let other_store = bench.another().await?;
    let store = other_store.open().await?;
    store.upsert_positions(std::slice::from_ref(&first)).await?;
    assert!(store.audited(alice()).delete_position(&first.key()).await?);
    let change = (id(&first), Some(&first), None);
    assert_eq!(audit_of(&*store).await?, of_entries("delete_position", Dataset::Positions, &[change])?);
    assert_eq!(keyed::all::<Positions>(&*store).await?, []);
    Ok(())
}

/// Rows that are written in bulk are recorded by their counts, one entry for each call and dataset.
async fn rows_in_bulk_are_recorded_by_their_counts(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let audited = store.audited(alice());
    let bars: Vec<_> = (0..5).map(|day| Draft::on(day).row::<Bars>()).collect();
    audited.upsert_bars(&bars).await?;
    assert_eq!(audit_of(&*store).await?, [in_bulk("upsert_bars", Dataset::Bars, [5, 0, 0, 0, 0])?]);
    let second = bench.another().await?;
    let store = second.open().await?;
    store.upsert_bars(&bars).await?;
    let mixed = [bars[0].clone(), Draft::on(1).value(2.0).recorded_after(20).row::<Bars>(), Draft::on(7).row::<Bars>()];
    store.audited(alice()).upsert_bars(&mixed).await?;
    assert_eq!(audit_of(&*store).await?, [in_bulk("upsert_bars", Dataset::Bars, [1, 1, 0, 1, 0])?]);
    let third = bench.another().await?;
    let store = third.open().await?;
    let quotes: Vec<_> = (0..3).map(|series| Draft::on(0).of(series).row::<crate::chain::Quotes>()).collect();
    store.audited(alice()).upsert_snapshot(&Draft::on(0).row::<Snapshots>(), &quotes).await?;
    let expected = [
        in_bulk("upsert_snapshot", Dataset::ChainSnapshots, [1, 0, 0, 0, 0])?,
        in_bulk("upsert_snapshot", Dataset::OptionQuotes, [3, 0, 0, 0, 0])?,
    ];
    assert_eq!(audit_of(&*store).await?, expected, "contracts belong to their quotes");
    Ok(())
}

/// Returns the expected entry of deleted rows: the limits of the call, and the number of deleted rows.
fn purged(action: &str, dataset: Dataset, asked: &str, rows: u64, superseded: u64) -> Result<Record> {
    let reported = format!(r#"{{"asked": {asked}, "rows": {rows}, "superseded": {superseded}}}"#).parse()?;
    Ok((action.to_owned(), dataset.to_string(), None, Some(reported), None))
}

/// A purge is recorded with its limits and with what it took, and one that took nothing is not.
async fn a_purge_is_recorded(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut events = some::<Events>(4);
    for event in &mut events {
        event.severity = Severity::Debug;
    }
    store.insert_events(&events).await?;
    let audited = store.audited(alice());
    audited.purge(Dataset::Events, day(0)).await?;
    audited.purge(Dataset::Events, day(1)).await?;
    audited.purge_events_below(Severity::Info, day(3)).await?;
    let mut recorded = audit_of(&*store).await?;
    recorded.sort_by(|a, b| a.0.cmp(&b.0));
    let before = r#"{"before": "2025-09-03T20:00:00Z"}"#;
    let below = r#"{"before": "2025-09-05T20:00:00Z", "severity": "info"}"#;
    let expected =
        [purged("purge", Dataset::Events, before, 1, 0)?, purged("purge_events_below", Dataset::Events, below, 2, 0)?];
    assert_eq!(recorded, expected);
    Ok(())
}

/// An eviction is recorded with its limits and with what it took of each dataset, and one that took nothing is not.
async fn an_eviction_is_recorded(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let bars =
        [Draft::on(0), Draft::on(1), Draft::on(1).value(2.0).recorded_after(20)].map(|draft| draft.row::<Bars>());
    for bar in &bars {
        store.upsert_bars(std::slice::from_ref(bar)).await?;
    }
    let audited = store.audited(alice());
    let eviction = Eviction::new(Fetched::Bars(bars[0].key), day(99)).with_source(bars[0].source.clone());
    audited.count_evictable(&eviction).await?;
    audited.evict(&eviction).await?;
    audited.evict(&eviction).await?;
    let key = Json::of(&bars[0].key)?;
    let (source, until) = (Json::of(&bars[0].source)?, Json::of(&day(99))?);
    let asked = format!(r#"{{"of": {{"bars": {key}}}, "source": {source}, "recorded_until": {until}}}"#);
    assert_eq!(audit_of(&*store).await?, [purged("evict", Dataset::Bars, &asked, 2, 1)?]);
    Ok(())
}

/// Migrations that are undone and applied are recorded one by one, those undone with the requested version.
async fn migrations_are_recorded(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let migrations = store.schema_status().await?.migrations;
    let kept = migrations.iter().rposition(|migration| !migration.reversible).map_or(0, |last| last + 1);
    let (kept, reversible) = migrations.split_at(kept);
    let to_version = kept.last().map_or(0, |last| last.version);
    let audited = store.audited(alice());
    if to_version > 0 {
        audited.migrate_down(0).await.expect_err("a migration that cannot be undone");
    }
    audited.migrate_down(u32::MAX).await?;
    audited.migrate().await?;
    assert_eq!(audit_of(&*store).await?, [], "nothing was undone or applied");
    audited.migrate_down(to_version).await?;
    audited.migrate().await?;
    let mut expected = Vec::new();
    for migration in reversible {
        let entry =
            |action: &str, old, new| (action.to_owned(), "schema".to_owned(), Some(migration.name.clone()), old, new);
        let version = migration.version;
        let old = format!(r#"{{"asked": {{"to_version": {to_version}}}, "version": {version}}}"#).parse()?;
        let new = format!(r#"{{"version": {version}}}"#).parse()?;
        expected.push(entry("migrate_down", Some(old), None));
        expected.push(entry("migrate", None, Some(new)));
    }
    let mut recorded = audit_of(&*store).await?;
    for entries in [&mut recorded, &mut expected] {
        entries.sort_by(|a, b| (&a.0, &a.2).cmp(&(&b.0, &b.2)));
    }
    assert_eq!(recorded, expected);
    Ok(())
}

/// A compaction is recorded with the sizes that it returns, each time; one of a store without an actor is not.
async fn a_compaction_is_recorded(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.compact().await?;
    assert_eq!(audit_of(&*store).await?, []);
    let audited = store.audited(alice());
    let mut expected = Vec::new();
    for _ in 0..2 {
        let compacted = Some(Json::of(&audited.compact().await?)?);
        expected.push(("compact".to_owned(), "store".to_owned(), None, None, compacted));
    }
    let mut recorded = audit_of(&*store).await?;
    for entries in [&mut recorded, &mut expected] {
        entries.sort_by_key(|entry| entry.4.as_ref().map(Json::to_string));
    }
    assert_eq!(recorded, expected);
    Ok(())
}

/// An audited store takes entries in its actor's name only: one in another's or in nobody's refuses the whole batch. A
/// store without an actor takes entries in any name.
async fn an_entry_in_the_name_of_another_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let audited = store.audited(alice());
    let entries: Vec<_> = some::<Audit>(3).into_iter().map(in_name_of("alice")).collect();
    let others = [in_name_of("bob")(entries[1].clone()), AuditEntry { user: None, ..entries[1].clone() }];
    for (other, user) in others.iter().zip(["bob", "nobody"]) {
        let batch = [entries[0].clone(), other.clone(), entries[2].clone()];
        let error = audited.insert_audit(&batch).await.expect_err("not alice");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        let context = ["row", "user", "actor"].map(|key| error.context(key));
        assert_eq!(context, [Some("1"), Some(user), Some("alice")], "{error}");
        assert_eq!(all::<Audit>(&*store).await?, [], "nothing was written");
    }
    // Alice cannot write bob's earlier entries again either.
    store.insert_audit(&others[..1]).await?;
    let error = audited.insert_audit(&others[..1]).await.expect_err("not alice");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert_eq!(
        audited
            .audited(Actor::new(parsed("bob"), Arc::new(FixedClock(noon())), new_id))
            .insert_audit(&others[..1])
            .await?,
        unchanged(1)
    );
    assert_eq!(audited.insert_audit(&[]).await?, Upserted::default());
    assert_eq!(audited.insert_audit(&[entries[0].clone(), entries[2].clone()]).await?, inserted(2));
    Ok(())
}

/// Calls that change nothing leave no entry: repeated rows, an empty batch, a move to the present status.
async fn what_changes_nothing_is_not_recorded(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let signal = Signals::entry(0, day(0));
    let position = Positions::row(0, day(0));
    let bar = Draft::on(0).row::<Bars>();
    store.insert_signals(std::slice::from_ref(&signal)).await?;
    store.upsert_positions(std::slice::from_ref(&position)).await?;
    store.upsert_bars(std::slice::from_ref(&bar)).await?;
    let audited = store.audited(alice());
    audited.insert_signals(std::slice::from_ref(&signal)).await?;
    audited.upsert_positions(std::slice::from_ref(&position)).await?;
    audited.upsert_bars(std::slice::from_ref(&bar)).await?;
    audited.insert_signals(&[]).await?;
    audited.move_signal(signal.id, SignalStatus::Active, day(1)).await?;
    audited.expire_signals(day(9)).await?;
    audited.delete_position(&Positions::row(1, day(0)).key()).await?;
    audited.list_signals(&Listing::default()).await?;
    audited.migrate().await?;
    assert_eq!(audit_of(&*store).await?, []);
    Ok(())
}

/// A write that fails leaves no entry.
async fn what_fails_is_not_recorded(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let signals = some::<Signals>(2);
    store.insert_signals(&signals[..1]).await?;
    store.move_signal(signals[0].id, SignalStatus::Executed, day(1)).await?;
    let audited = store.audited(alice());
    let batch = [signals[1].clone(), Signals::altered(signals[0].clone())];
    audited.insert_signals(&batch).await.expect_err("an identity of another");
    audited.insert_signals(&[Signals::invalid(signals[1].clone())]).await.expect_err("an invalid signal");
    audited.move_signal(signals[0].id, SignalStatus::Cancelled, day(2)).await.expect_err("its life has ended");
    audited.move_signal(identity(9), SignalStatus::Cancelled, day(2)).await.expect_err("unknown");
    audited.purge(Dataset::Audit, Timestamp::MAX).await.expect_err("the audit stays");
    assert_eq!(audit_of(&*store).await?, []);
    audited.insert_signals(&signals[1..]).await?;
    assert_eq!(audit_of(&*store).await?.len(), 1, "earlier failures are not recorded later");
    Ok(())
}

/// An entry that the application records makes no second entry.
async fn the_audit_does_not_record_itself(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries: Vec<_> = some::<Audit>(2).into_iter().map(in_name_of("alice")).collect();
    assert_eq!(store.audited(alice()).insert_audit(&entries).await?, inserted(2));
    assert_eq!(all::<Audit>(&*store).await?, entries);
    Ok(())
}

/// An entry names the actor, when by the actor's clock it was, from where and with which program.
async fn an_actor_is_named_with_address_and_program(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let actor = alice().with_address(IpAddr::from([10, 0, 0, 1])).with_agent("desk 2.1")?;
    store.audited(actor).insert_events(&some::<Events>(1)).await?;
    let recorded = all::<Audit>(&*store).await?;
    assert_eq!(recorded.len(), 1);
    let entry = &recorded[0];
    assert_eq!((entry.at, entry.recorded_at, entry.user), (noon(), noon(), Some(parsed("alice"))));
    assert_eq!(entry.address, Some(IpAddr::from([10, 0, 0, 1])));
    assert_eq!(entry.agent.as_deref(), Some("desk 2.1"));
    Ok(())
}

/// An audited store has the rows and the settings of the other, and what is written through the other is not recorded.
async fn an_audited_store_shares_its_rows(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let audited = store.audited(alice());
    let events = some::<Events>(4);
    store.insert_events(&events[..2]).await?;
    audited.insert_events(&events[2..]).await?;
    for store in [&store, &audited] {
        assert_eq!(all::<Events>(&**store).await?, events);
        assert_eq!(all::<Audit>(&**store).await?.len(), 2);
    }
    assert_eq!(audited.capabilities(), store.capabilities());
    Ok(())
}

/// To close an audited store is to close the other.
async fn an_audited_store_closes_with_the_other(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let audited = store.audited(alice());
    audited.close().await?;
    for store in [store, audited] {
        assert_eq!(store.ping().await.expect_err("closed").kind(), ErrorKind::Closed);
        let error = store.insert_events(&some::<Events>(1)).await.expect_err("closed");
        assert_eq!(error.kind(), ErrorKind::Closed);
    }
    Ok(())
}

/// A dropped write is recorded exactly if it landed.
async fn a_dropped_write_is_recorded_if_it_landed(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let audited = store.audited(alice());
    let mut drops = Drops::default();
    for (number, micros) in (0..).zip([0, 10, 100, 1_000, 3_000, 10_000, 30_000]) {
        let batch: Vec<_> = (0..50).map(|i| Events::entry(50 * number + i, day(number))).collect();
        drops.after(micros, audited.insert_events(&batch)).await;
        loop {
            let events = all::<Events>(&*store).await?.len();
            let recorded = all::<Audit>(&*store).await?.len();
            // A dropped write may land between two reads.
            if events == all::<Events>(&*store).await?.len() {
                assert_eq!(recorded, events);
                break;
            }
        }
    }
    drops.assert_any();
    Ok(())
}

/// Concurrent actions of two actors are recorded in the name of each; an audited store given to another actor acts in
/// that name.
async fn two_actors_are_recorded_separately(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let bob = Actor::new(parsed("bob"), Arc::new(FixedClock(day(41))), new_id);
    let (alice, bob) = (store.audited(alice()), store.audited(alice()).audited(bob));
    let events = some::<Events>(6);
    let (first, second) = tokio::join!(alice.insert_events(&events[..4]), bob.insert_events(&events[4..]));
    assert_eq!((first?, second?), (inserted(4), inserted(2)));
    let by = async |user: Name| {
        let filter = AuditFilter { user: Some(user), ..AuditFilter::default() };
        let items = store.list_audit(&Listing::new(filter)).await?.items;
        let mut ids: Vec<_> = items.into_iter().filter_map(|entry| entry.resource_id).collect();
        ids.sort();
        Ok::<_, strikebook_core::Error>(ids)
    };
    let ids = |events: &[SystemEvent]| {
        let mut ids: Vec<_> = events.iter().map(|event| event.id.to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(by(parsed("alice")).await?, ids(&events[..4]));
    assert_eq!(by(parsed("bob")).await?, ids(&events[4..]));
    Ok(())
}

/// A filter's identity has no character NUL, which not every engine could look for.
async fn a_filter_out_of_range_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let filter = AuditFilter { resource_id: Some("a\0b".to_owned()), ..AuditFilter::default() };
    let error = store.list_audit(&Listing::new(filter)).await.expect_err("NUL in a filter");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("resource_id")), "{error}");
    Ok(())
}
