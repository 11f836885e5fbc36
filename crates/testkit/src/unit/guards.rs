//! Preconditions, on the rows of every subject.

use strikebook_core::{
    ErrorKind, Id, Result, Store, Timestamp,
    market::ContractDetails,
    operations::{Permission, Setting},
    port::{Entry, Keyed, Recorded},
    unit::{Guarded, GuardedKey, Row, UnitOfWork, Write},
};

use crate::{
    Bench,
    chain::contract,
    entries::{self, Entries, day},
    keyed::{self, KeyedRows},
    parsed,
    prelude::*,
    series::{Draft, Series, corrected, inserted, source, unchanged},
};

/// A setting that the first write of every refused unit stores, and that must not be there afterwards.
pub(super) fn witness() -> Setting {
    Setting { name: parsed("witness"), ..Settings::row(0, day(0)) }
}

/// Applies one write.
async fn apply(store: &dyn Store, write: Write) -> Result<strikebook_core::unit::Applied> {
    let done = store.apply(&UnitOfWork::new().with(write)).await?;
    assert_eq!(done.len(), 1);
    Ok(done[0])
}

/// Asserts that a write is refused for its precondition on a key, and nothing of its unit is stored.
pub(super) async fn assert_refused(store: &dyn Store, write: Write, kind: ErrorKind, key: &str) -> Result<()> {
    let dataset = write.dataset().as_str();
    let what = write.method();
    let unit = UnitOfWork::new().upsert_settings(witness()).with(write);
    let error = store.apply(&unit).await.expect_err(what);
    assert_eq!((error.kind(), error.operation()), (kind, Some("apply")), "{what}: {error}");
    let context = ["write", "dataset", "key"].map(|name| error.context(name));
    assert_eq!(context, [Some("1"), Some(dataset), Some(key)], "{what}: {error}");
    assert_eq!(store.get_setting(witness().name).await?, None, "{what}");
    Ok(())
}

/// Checks every precondition of one kind of write, with two rows that are stored, one that is not, and another value of
/// the first one.
async fn check<R: Row>(
    store: &dyn Store,
    write: fn(Guarded<R>) -> Write,
    stored: [R; 2],
    new: R,
    other: R,
) -> Result<()> {
    use ErrorKind::{Conflict, NotFound};
    let [first, second] = stored;
    let (first_key, new_key) = (first.row_key_text(), new.row_key_text());
    assert_eq!((other.row_key(), other == first), (first.row_key(), false));
    let one = || Guarded::from(first.clone());
    let both = || Guarded::from([first.clone(), second.clone()]);
    let fresh = || Guarded::from(new.clone());

    assert_eq!(apply(store, write(both().must_exist())).await?.upserted, unchanged(2));
    let with_new = Guarded::from([first.clone(), new.clone()]);
    assert_refused(store, write(with_new.clone().must_exist()), NotFound, &new_key).await?;
    assert_refused(store, write(with_new.must_not_exist()), Conflict, &first_key).await?;

    assert_eq!(apply(store, write(both().must_match([first.clone(), second.clone()]))).await?.upserted, unchanged(2));
    assert_refused(store, write(one().must_match([other])), Conflict, &first_key).await?;
    assert_refused(store, write(one().must_match([])), Conflict, &first_key).await?;
    assert_refused(store, write(fresh().must_match([new.clone()])), Conflict, &new_key).await?;

    // Rows that are only read are compared too, and an empty write is the comparison alone.
    let nothing = || Guarded::from(Vec::new());
    assert_eq!(apply(store, write(nothing().must_match([second.clone()]))).await?.upserted.rows(), 0);
    assert_refused(store, write(nothing().must_match([second.clone(), new.clone()])), Conflict, &new_key).await?;
    assert_eq!(apply(store, write(fresh().must_match([second]))).await?.upserted, inserted(1));
    assert_refused(store, write(fresh().must_not_exist()), Conflict, &new_key).await
}

async fn check_entries<S: Entries>(store: &dyn Store, write: fn(Guarded<S::Entry>) -> Write) -> Result<()>
where
    S::Entry: Row<Key = Id<S::Entry>>,
{
    let Ok([first, second, new]) = <[_; 3]>::try_from(entries::some::<S>(3)) else { panic!("not three entries") };
    let stored = [first.clone(), second];
    S::insert(store, &stored).await?;
    let other = S::altered(first);
    check(store, write, stored, new.clone(), other).await?;
    assert_eq!(S::get(store, Entry::id(&new)).await?, Some(new));
    Ok(())
}

/// Every precondition holds for every kind of entry.
pub(super) async fn entries_are_written_as_expected(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    // The third execution fills an order that is not inserted with the first two.
    store.insert_orders(&[Orders::entry(2, day(0))]).await?;
    check_entries::<Executions>(store, Write::RecordExecutions).await?;
    check_entries::<Backtests>(store, Write::InsertBacktests).await?;
    check_entries::<Predictions>(store, Write::InsertPredictions).await?;
    check_entries::<Signals>(store, Write::InsertSignals).await?;
    check_entries::<Accounts>(store, Write::InsertAccountSnapshots).await?;
    check_entries::<ImportedRows>(store, Write::RecordImportedRows).await?;
    Box::pin(check_entries::<Trades>(store, Write::InsertTrades)).await?;
    check_entries::<Notes>(store, Write::AddNotes).await?;
    check_entries::<Events>(store, Write::InsertEvents).await?;
    check_entries::<States>(store, Write::InsertStates).await?;
    check_entries::<Quality>(store, Write::InsertQuality).await?;
    check_entries::<Runs>(store, Write::InsertRuns).await?;
    check_entries::<Audit>(store, Write::InsertAudit).await?;
    check_entries::<FetchCosts>(store, Write::InsertFetchCosts).await?;
    store.close().await?;
    // Orders and journal events share entries with executions and trades.
    let another = bench.another().await?;
    let store = &*another.open().await?;
    check_entries::<Orders>(store, Write::InsertOrders).await?;
    check_entries::<JournalEvents>(store, Write::AppendJournalEvents).await
}

/// The function that makes a deletion of a key a write.
type Delete<S> = fn(GuardedKey<<S as KeyedRows>::Row>) -> Write;

async fn check_keyed<S: KeyedRows>(
    store: &dyn Store,
    write: fn(Guarded<S::Row>) -> Write,
    delete: Option<Delete<S>>,
) -> Result<()>
where
    S::Row: Row<Key = <S::Row as Keyed>::Key>,
{
    let Ok([first, second, new]) = <[_; 3]>::try_from(keyed::some::<S>(3)) else { panic!("not three rows") };
    let stored = [first.clone(), second];
    S::upsert(store, &stored).await?;
    let other = S::altered(first.clone());
    check_rows(store, write, delete, (stored, new, other.clone())).await?;
    assert_eq!(S::get(store, &Keyed::key(&first)).await?, delete.is_none().then_some(first.clone()));
    if delete.is_none() {
        let changed = apply(store, write(Guarded::from(other.clone()).must_match([first]))).await?;
        assert_eq!(changed.upserted, corrected(1));
        assert_eq!(S::get(store, &Keyed::key(&other)).await?, Some(other));
    }
    Ok(())
}

/// Checks writes and deletions of keyed rows.
async fn check_rows<K: Keyed + Row<Key = <K as Keyed>::Key>>(
    store: &dyn Store,
    write: fn(Guarded<K>) -> Write,
    delete: Option<fn(GuardedKey<K>) -> Write>,
    (stored, new, other): ([K; 2], K, K),
) -> Result<()> {
    use ErrorKind::{Conflict, NotFound};
    let first = stored[0].clone();
    check(store, write, stored, new, other.clone()).await?;
    let Some(delete) = delete else { return Ok(()) };
    let (key, text) = (|| GuardedKey::new(Keyed::key(&first)), first.row_key_text());
    assert_refused(store, delete(key().must_match(other)), Conflict, &text).await?;
    assert_eq!(apply(store, delete(key().must_match(first.clone()))).await?.deleted, 1);
    assert_refused(store, delete(key().must_match(first.clone())), Conflict, &text).await?;
    assert_refused(store, delete(key().must_exist()), NotFound, &text).await?;
    assert_eq!(apply(store, delete(key())).await?.deleted, 0);
    assert_eq!(apply(store, write(Guarded::from(first.clone()).must_not_exist())).await?.upserted, inserted(1));
    assert_eq!(apply(store, delete(key().must_exist())).await?.deleted, 1);
    Ok(())
}

/// Every precondition holds for every kind of row with a key, in writes and in deletions.
pub(super) async fn keyed_rows_are_written_as_expected(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    check_keyed::<Positions>(store, Write::UpsertPositions, Some(Write::DeletePosition)).await?;
    check_keyed::<Rules>(store, Write::UpsertRules, Some(Write::DeleteRule)).await?;
    check_keyed::<DailyResults>(store, Write::UpsertDailyPnl, Some(Write::DeleteDailyPnl)).await?;
    check_keyed::<RiskStates>(store, Write::UpsertRiskStates, Some(Write::DeleteRiskState)).await?;
    check_keyed::<Users>(store, Write::UpsertUsers, Some(Write::DeleteUser)).await?;
    check_keyed::<Strategies>(store, Write::UpsertStrategies, Some(Write::DeleteStrategy)).await?;
    check_keyed::<Settings>(store, Write::UpsertSettings, Some(Write::DeleteSetting)).await?;
    check_keyed::<Watermarks>(store, Write::ResetWatermarks, Some(Write::DeleteWatermark)).await?;
    check_keyed::<CacheEntries>(store, Write::UpsertCacheEntries, None).await?;
    check_keyed::<CoveredDays>(store, Write::UpsertCoverage, None).await?;
    let permission = |action: &str, at| Permission {
        role: parsed("auditor"),
        resource: parsed("audit"),
        action: parsed(action),
        granted_by: None,
        recorded_at: at,
    };
    let stored = [permission("read", day(0)), permission("export", day(0))];
    store.grant_permissions(&stored).await?;
    // Nothing but the instant in which it was recorded tells two of one key apart.
    let (new, other) = (permission("sign", day(0)), permission("read", day(1)));
    check_rows(store, Write::GrantPermissions, Some(Write::RevokePermission), (stored, new, other)).await
}

async fn check_versions<S: Series>(store: &dyn Store, write: fn(Guarded<S::Row>) -> Write) -> Result<()>
where
    S::Row: Row<Key = <S::Row as Recorded>::Key>,
{
    let [first, second, new] = [0, 1, 2].map(|number| Draft::on(number).row::<S>());
    let stored = [first.clone(), second];
    S::upsert(store, &stored).await?;
    let later = Draft::on(0).value(1.1).recorded_after(20).row::<S>();
    check(store, write, stored, new, later.clone()).await?;

    // The current version is compared, and no superseded one.
    let key = first.row_key_text();
    let change = || Guarded::from(later.clone());
    assert_eq!(apply(store, write(change().must_match([first.clone()]))).await?.upserted, corrected(1));
    assert_refused(store, write(change().must_match([first.clone()])), ErrorKind::Conflict, &key).await?;
    assert_eq!(apply(store, write(change().must_match([later.clone()]))).await?.upserted, unchanged(1));
    let recorded_again = Draft::on(0).value(1.1).recorded_after(21).row::<S>();
    assert_refused(store, write(change().must_match([recorded_again])), ErrorKind::Conflict, &key).await?;

    // A row of a series that was never seen is not there.
    let unseen = Draft::on(0).of(7).row::<S>();
    assert_refused(
        store,
        write(Guarded::from(unseen.clone()).must_exist()),
        ErrorKind::NotFound,
        &unseen.row_key_text(),
    )
    .await?;
    assert_eq!(apply(store, write(Guarded::from(unseen).must_not_exist())).await?.upserted, inserted(1));
    Ok(())
}

/// Every precondition holds for every kind of row that is kept in versions, of which the current one is compared.
pub(super) async fn versions_are_written_as_expected(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    check_versions::<Quotes>(store, Write::UpsertQuotes).await?;
    check_versions::<Snapshots>(store, Write::UpsertSnapshots).await?;
    check_versions::<UnderlyingQuotes>(store, Write::UpsertUnderlyingQuotes).await?;
    check_versions::<Bars>(store, Write::UpsertBars).await?;
    check_versions::<CorporateActions>(store, Write::UpsertCorporateActions).await?;
    check_versions::<FundamentalRows>(store, Write::UpsertFundamentals).await?;
    check_versions::<Observations>(store, Write::UpsertObservations).await?;
    check_versions::<Greeks>(store, Write::UpsertGreeks).await?;
    check_versions::<Heston>(store, Write::UpsertHeston).await?;
    check_versions::<Sabr>(store, Write::UpsertSabr).await?;
    check_versions::<Svi>(store, Write::UpsertSvi).await?;
    check_versions::<Ou>(store, Write::UpsertOu).await?;
    check_versions::<FeatureRows>(store, Write::UpsertFeatures).await?;
    check_versions::<IndicatorRows>(store, Write::UpsertIndicators).await?;
    check_versions::<Portfolios>(store, Write::UpsertPortfolioSnapshots).await?;
    Box::pin(check_versions::<MetricsRows>(store, Write::UpsertMetrics)).await
}

/// Every precondition holds for the details of contracts.
pub(super) async fn contracts_are_written_as_expected(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let details = |number, at: Timestamp| ContractDetails::standard(contract(number), source("test"), at);
    let stored = [details(0, day(0))?, details(1, day(0))?];
    store.upsert_contracts(&stored).await?;
    let other = crate::market::contract::with_multiplier(stored[0].clone(), 10);
    check(store, Write::UpsertContracts, stored, details(2, day(0))?, other).await
}
