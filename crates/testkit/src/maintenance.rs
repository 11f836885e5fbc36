//! Keeping a store in order.

use chrono::TimeDelta;
use strikebook_core::{
    ErrorKind, Listing, Result, Store, Timestamp,
    maintenance::{Dataset, DatasetStatistics},
    operations::{FetchLease, Permission, PermissionFilter},
};

use crate::{
    Bench,
    account::Accounts,
    audit::Audit,
    backtest::Backtests,
    bar::Bars,
    cache::{self, CacheEntries},
    case::{Case, DURABLE, cases, needing},
    chain::Quotes,
    coverage::CoveredDays,
    daily::DailyResults,
    economic::Observations,
    entries::{self, Entries, day, some},
    event::Events,
    feature::FeatureRows,
    greeks::Greeks,
    heston::Heston,
    import::ImportedRows,
    keyed::{self, KeyedRows},
    metrics::MetricsRows,
    note::Notes,
    ou::Ou,
    parsed,
    portfolio::Portfolios,
    prediction::Predictions,
    prelude::*,
    quality::Quality,
    risk::RiskStates,
    rule::Rules,
    run::{Runs, rejected},
    series::{Draft, Series, all, key},
    signal::Signals,
    snapshot::Snapshots,
    spending::FetchCosts,
    state::States,
    strategy::Strategies,
    underlying::UnderlyingQuotes,
    watermark::Watermarks,
};

/// Returns the number of rows of a dataset in every new store.
pub(crate) fn at_first(dataset: Dataset) -> u64 {
    if dataset == Dataset::Permissions { Permission::defaults().map_or(0, |defaults| defaults.len() as u64) } else { 0 }
}

/// Permissions that no new store has.
fn granted() -> [Permission; 2] {
    ["orders", "signals"].map(|resource| Permission {
        role: parsed("auditor"),
        resource: parsed(resource),
        action: parsed("read"),
        granted_by: None,
        recorded_at: day(0),
    })
}

/// Leases that do not run out.
fn leases() -> [FetchLease; 2] {
    ["QQQ", "SPY"].map(|symbol| FetchLease::new(cache::key("chains", symbol), parsed("worker"), day(0), Timestamp::MAX))
}

/// Writes two rows into every dataset, and a correction where rows are versioned.
pub(crate) async fn fill(store: &dyn Store) -> Result<()> {
    async fn write<S: Series>(store: &dyn Store) -> Result<()> {
        for draft in [Draft::on(0), Draft::on(1), Draft::on(1).value(2.0).recorded_after(20)] {
            S::upsert(store, &[draft.row::<S>()]).await?;
        }
        Ok(())
    }
    write::<Quotes>(store).await?;
    write::<Snapshots>(store).await?;
    write::<UnderlyingQuotes>(store).await?;
    write::<Bars>(store).await?;
    write::<CorporateActions>(store).await?;
    write::<FundamentalRows>(store).await?;
    write::<Observations>(store).await?;
    write::<Greeks>(store).await?;
    write::<Heston>(store).await?;
    write::<Sabr>(store).await?;
    write::<Svi>(store).await?;
    write::<Ou>(store).await?;
    write::<MetricsRows>(store).await?;
    write::<Portfolios>(store).await?;
    write::<FeatureRows>(store).await?;
    write::<IndicatorRows>(store).await?;
    Backtests::insert(store, &some::<Backtests>(2)).await?;
    Predictions::insert(store, &some::<Predictions>(2)).await?;
    Signals::insert(store, &some::<Signals>(2)).await?;
    Executions::insert(store, &some::<Executions>(2)).await?;
    Positions::upsert(store, &keyed::some::<Positions>(2)).await?;
    Accounts::insert(store, &some::<Accounts>(2)).await?;
    Audit::insert(store, &some::<Audit>(2)).await?;
    Users::upsert(store, &keyed::some::<Users>(2)).await?;
    store.grant_permissions(&granted()).await?;
    Strategies::upsert(store, &keyed::some::<Strategies>(2)).await?;
    Settings::upsert(store, &keyed::some::<Settings>(2)).await?;
    Quality::insert(store, &some::<Quality>(2)).await?;
    CacheEntries::upsert(store, &keyed::some::<CacheEntries>(2)).await?;
    CoveredDays::upsert(store, &keyed::some::<CoveredDays>(2)).await?;
    for lease in leases() {
        store.claim_lease(&lease).await?;
    }
    FetchCosts::insert(store, &some::<FetchCosts>(2)).await?;
    Runs::insert(store, &some::<Runs>(2)).await?;
    store.record_step(some::<Runs>(1)[0].id, &rejected()).await?;
    Watermarks::upsert(store, &keyed::some::<Watermarks>(2)).await?;
    Events::insert(store, &some::<Events>(2)).await?;
    States::insert(store, &some::<States>(2)).await?;
    // Each makes a cycle with a trade.
    JournalEvents::insert(store, &some::<JournalEvents>(2)).await?;
    ImportedRows::insert(store, &some::<ImportedRows>(2)).await?;
    Notes::insert(store, &some::<Notes>(2)).await?;
    Rules::upsert(store, &keyed::some::<Rules>(2)).await?;
    DailyResults::upsert(store, &keyed::some::<DailyResults>(2)).await?;
    RiskStates::upsert(store, &keyed::some::<RiskStates>(2)).await?;
    Ok(())
}

/// Asserts that everything that [`fill`] wrote is there.
pub(crate) async fn assert_filled(store: &dyn Store) -> Result<()> {
    async fn check<S: Series>(store: &dyn Store) -> Result<()> {
        let current = [Draft::on(0).row::<S>(), Draft::on(1).value(2.0).recorded_after(20).row::<S>()];
        assert_eq!(all::<S>(store, key::<S>(&current[0])).await?, current);
        let versions = S::versions(store, &current[1]).await?;
        assert!(versions.is_none_or(|versions| versions.len() == 2));
        Ok(())
    }
    check::<Quotes>(store).await?;
    check::<Snapshots>(store).await?;
    check::<UnderlyingQuotes>(store).await?;
    check::<Bars>(store).await?;
    check::<CorporateActions>(store).await?;
    check::<FundamentalRows>(store).await?;
    check::<Observations>(store).await?;
    check::<Greeks>(store).await?;
    check::<Heston>(store).await?;
    check::<Sabr>(store).await?;
    check::<Svi>(store).await?;
    check::<Ou>(store).await?;
    check::<MetricsRows>(store).await?;
    check::<Portfolios>(store).await?;
    check::<FeatureRows>(store).await?;
    check::<IndicatorRows>(store).await?;
    assert_eq!(entries::all::<Backtests>(store).await?, some::<Backtests>(2));
    assert_eq!(entries::all::<Predictions>(store).await?, some::<Predictions>(2));
    assert_eq!(entries::all::<Signals>(store).await?, some::<Signals>(2));
    assert_eq!(entries::all::<Executions>(store).await?, some::<Executions>(2));
    for execution in some::<Executions>(2) {
        let order = store.get_order(execution.order_id).await?;
        assert_eq!(order.map(|order| order.filled_quantity), Some(execution.quantity));
    }
    assert_eq!(keyed::all::<Positions>(store).await?, keyed::some::<Positions>(2));
    assert_eq!(entries::all::<Accounts>(store).await?, some::<Accounts>(2));
    assert_eq!(entries::all::<Audit>(store).await?, some::<Audit>(2));
    assert_eq!(keyed::all::<Users>(store).await?, keyed::some::<Users>(2));
    let of_role = PermissionFilter { role: Some(parsed("auditor")) };
    assert_eq!(store.list_permissions(&of_role).await?, granted());
    assert_eq!(keyed::all::<Strategies>(store).await?, keyed::some::<Strategies>(2));
    assert_eq!(keyed::all::<Settings>(store).await?, keyed::some::<Settings>(2));
    assert_eq!(entries::all::<Quality>(store).await?, some::<Quality>(2));
    assert_eq!(keyed::all::<CacheEntries>(store).await?, keyed::some::<CacheEntries>(2));
    assert_eq!(keyed::all::<CoveredDays>(store).await?, keyed::some::<CoveredDays>(2));
    for lease in leases() {
        let claim = FetchLease { owner: parsed("another"), ..lease.clone() };
        assert_eq!(store.claim_lease(&claim).await?, lease);
    }
    assert_eq!(entries::all::<FetchCosts>(store).await?, some::<FetchCosts>(2));
    assert_eq!(store.get_run(some::<Runs>(1)[0].id).await?.map(|run| run.rejected), Some(2));
    assert_eq!(store.list_rejects(&Listing::default()).await?.items, rejected().rejects);
    assert_eq!(keyed::all::<Watermarks>(store).await?, keyed::some::<Watermarks>(2));
    assert_eq!(entries::all::<Events>(store).await?, some::<Events>(2));
    assert_eq!(entries::all::<States>(store).await?, some::<States>(2));
    assert_eq!(entries::all::<JournalEvents>(store).await?, some::<JournalEvents>(2));
    assert_eq!(entries::all::<ImportedRows>(store).await?, some::<ImportedRows>(2));
    assert_eq!(entries::all::<Notes>(store).await?, some::<Notes>(2));
    assert_eq!(keyed::all::<Rules>(store).await?, keyed::some::<Rules>(2));
    assert_eq!(keyed::all::<DailyResults>(store).await?, keyed::some::<DailyResults>(2));
    assert_eq!(keyed::all::<RiskStates>(store).await?, keyed::some::<RiskStates>(2));
    let counted = counts(store).await?;
    assert_eq!(counted[0], (Dataset::Contracts, 1, 0));
    let is_filled = |&(dataset, rows, superseded): &_| rows == at_first(dataset) + 2 && superseded <= 1;
    assert!(counted[1..].iter().all(is_filled), "{counted:?}");
    Ok(())
}

/// Returns rows and superseded versions of every dataset.
pub(crate) async fn counts(store: &dyn Store) -> Result<Vec<(Dataset, u64, u64)>> {
    let all = store.statistics().await?;
    Ok(all.into_iter().map(|counted| (counted.dataset, counted.rows, counted.superseded)).collect())
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let for_all = cases![
        an_opened_store_is_migrated,
        migrating_again_changes_nothing,
        undoing_migrations_loses_no_rows,
        undoing_nothing_is_fine,
        statistics_list_every_dataset,
        compacting_changes_nothing,
        a_purge_leaves_other_datasets_alone
    ];
    [for_all, needing(DURABLE, cases![compacting_gives_space_back])].concat()
}

/// A store that was just opened has nothing to migrate, and its schema is as it should be.
async fn an_opened_store_is_migrated(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    assert_eq!(store.migrate().await?, [0_u32; 0]);
    let status = store.schema_status().await?;
    assert!(status.is_current(), "{status:?}");
    assert!((1..).zip(&status.migrations).all(|(number, migration)| migration.version == number), "{status:?}");
    assert!(status.migrations.iter().all(|migration| !migration.name.is_empty()), "{status:?}");
    Ok(())
}

/// Migrating again changes nothing that is stored.
async fn migrating_again_changes_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    let before = store.schema_status().await?;
    assert_eq!(store.migrate().await?, [0_u32; 0]);
    assert_eq!(store.schema_status().await?, before);
    assert_filled(&*store).await
}

/// Undoing migrations loses no rows: it is refused before anything is undone, or what was undone can be applied again.
async fn undoing_migrations_loses_no_rows(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    let before = store.schema_status().await?;
    // The reversible ones at the end are undone; if one of several is irreversible, none is.
    let kept = before.migrations.iter().rposition(|migration| !migration.reversible).map_or(0, |last| last + 1);
    let (kept, reversible) = before.migrations.split_at(kept);
    let versions: Vec<_> = reversible.iter().map(|migration| migration.version).collect();
    if let Some(last) = kept.last() {
        let error = store.migrate_down(last.version - 1).await.expect_err("a migration that cannot be undone");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert_eq!(store.schema_status().await?, before);
    }
    let undone = store.migrate_down(kept.last().map_or(0, |last| last.version)).await?;
    assert_eq!(undone, versions.iter().rev().copied().collect::<Vec<_>>(), "newest first");
    assert_eq!(store.migrate().await?, versions);
    assert_filled(&*store).await
}

/// Undoing down to the newest version undoes nothing.
async fn undoing_nothing_is_fine(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    let newest = store.schema_status().await?.migrations.last().map_or(0, |migration| migration.version);
    assert_eq!(store.migrate_down(newest).await?, [0_u32; 0]);
    assert_eq!(store.migrate_down(u32::MAX).await?, [0_u32; 0]);
    assert_filled(&*store).await
}

/// The statistics list every dataset in its order, those of an empty store too.
async fn statistics_list_every_dataset(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let empty = store.statistics().await?;
    assert_eq!(empty.iter().map(|counted| counted.dataset).collect::<Vec<_>>(), Dataset::ALL);
    for DatasetStatistics { dataset, rows, superseded, oldest, newest, .. } in empty {
        assert_eq!((rows, superseded), (at_first(dataset), 0), "{dataset}");
        assert_eq!((oldest.is_some(), newest.is_some()), (rows > 0, rows > 0), "{dataset}");
    }
    fill(&*store).await?;
    let filled = store.statistics().await?;
    assert_eq!(filled.iter().map(|counted| counted.dataset).collect::<Vec<_>>(), Dataset::ALL);
    assert!(filled.iter().all(|counted| counted.rows > 0 && counted.bytes != Some(0)), "{filled:?}");
    Ok(())
}

/// Compacting changes nothing that is stored, with or without deleted rows before it.
async fn compacting_changes_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.compact().await?;
    fill(&*store).await?;
    store.compact().await?;
    assert_filled(&*store).await?;
    store.purge(Dataset::OptionQuotes, Timestamp::MAX).await?;
    store.compact().await?;
    assert_eq!(all::<Quotes>(&*store, Draft::on(0).row::<Quotes>().contract).await?, []);
    assert_eq!(all::<Bars>(&*store, Draft::on(0).row::<Bars>().key).await?.len(), 2);
    fill(&*store).await?;
    assert_filled(&*store).await
}

/// A durable store reports its size on disk, and a compaction returns the space of deleted rows.
async fn compacting_gives_space_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let size = async || Ok::<_, strikebook_core::Error>(store.disk_size().await?.map(|size| (size.bytes, size.free)));
    let draft = |i: i64| Draft { at: Draft::on(0).at.saturating_add(TimeDelta::minutes(i)), ..Draft::on(0) };
    // Numbers that do not look like each other do not compress.
    let value = |i: i64| 1.0 + f64::sin(i as f64).abs();
    let bars: Vec<_> = (0..20_000).map(|i| draft(i).value(value(i)).recorded_after(0).row::<Bars>()).collect();
    let compacted = async || {
        let compacted = store.compact().await?;
        let (bytes, free) = size().await?.expect("on disk");
        assert!(free < bytes, "{free} of {bytes} bytes are free");
        assert_eq!(compacted.bytes_after, Some(bytes));
        Ok::<_, strikebook_core::Error>(bytes)
    };
    Bars::upsert(&*store, &bars).await?;
    let full = compacted().await?;
    store.purge(Dataset::Bars, Timestamp::MAX).await?;
    // Five prices a bar, of eight bytes each.
    let is_given_back = |bytes: u64| bytes + 20_000 * 40 / 2 < full;
    let mut empty = compacted().await?;
    // A server keeps deleted rows while a transaction that began before may see them, such as another test's.
    for _ in 0..20 {
        if !is_given_back(empty) {
            empty = compacted().await?;
        }
    }
    assert!(is_given_back(empty), "{empty} of {full} bytes are left");
    Ok(())
}

/// A purge of one dataset leaves the others as they were, and one of a permanent dataset is refused.
async fn a_purge_leaves_other_datasets_alone(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for dataset in Dataset::ALL.iter().copied().filter(|dataset| dataset.permanent().is_none()) {
        fill(&*store).await?;
        let before = counts(&*store).await?;
        let purged = store.purge(dataset, Timestamp::MAX).await?;
        let stored = before.iter().find(|stored| stored.0 == dataset);
        assert_eq!(Some((dataset, purged.rows, purged.superseded)), stored.copied());
        for ((kept, rows, superseded), before) in counts(&*store).await?.into_iter().zip(before) {
            let expected = if kept == dataset { (kept, 0, 0) } else { before };
            assert_eq!((kept, rows, superseded), expected, "after the purge of {dataset}");
        }
    }
    for dataset in Dataset::ALL.iter().filter(|dataset| dataset.permanent().is_some()) {
        let error = store.purge(*dataset, Timestamp::MAX).await.expect_err("rows that stay");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{dataset}: {error}");
    }
    Ok(())
}
