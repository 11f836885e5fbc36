//! Cases of cache entries and leases.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    Error, ErrorKind, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{CacheEntry, CacheFilter, CacheHits, CacheKey, FetchLease, FetchOutcome},
    port::Keyed,
};

use crate::{
    Bench, amount,
    case::{Case, cases},
    entries::day,
    keyed::{self, KeyedRows, all, some},
    parsed,
    series::{corrected, just_after, just_before},
};

/// Cache entries, as the shared cases see them.
#[derive(Debug)]
pub struct CacheEntries;

pub(crate) fn key(dataset: &str, subject: &str) -> CacheKey {
    CacheKey { dataset: parsed(dataset), subject: parsed(subject) }
}

#[async_trait]
impl KeyedRows for CacheEntries {
    type Row = CacheEntry;

    const DATASET: Dataset = Dataset::CacheEntries;

    fn row(number: usize, recorded_at: Timestamp) -> CacheEntry {
        let dataset = if number.is_multiple_of(2) { "prices" } else { "chains" };
        let expires_at = recorded_at.saturating_add(TimeDelta::days(30));
        CacheEntry::new(key(dataset, &format!("SPY {}", 1_000 - number)), parsed("cboe"), recorded_at, expires_at)
    }

    fn altered(row: CacheEntry) -> CacheEntry {
        CacheEntry { bytes: 7, ..row }
    }

    fn invalid(row: CacheEntry) -> Option<CacheEntry> {
        Some(CacheEntry { cost: amount("-0.01"), ..row })
    }

    async fn upsert(store: &dyn Store, rows: &[CacheEntry]) -> Result<Upserted> {
        store.upsert_cache_entries(rows).await
    }

    async fn get(store: &dyn Store, key: &CacheKey) -> Result<Option<CacheEntry>> {
        store.get_cache_entry(key).await
    }

    async fn list(store: &dyn Store, filter: &CacheFilter) -> Result<Vec<CacheEntry>> {
        store.list_cache_entries(filter).await
    }

    async fn delete(store: &dyn Store, key: &CacheKey) -> Result<bool> {
        Ok(store.delete_cache_entries(&[*key]).await? == 1)
    }
}

/// Creates an entry with every field set.
fn full() -> CacheEntry {
    CacheEntry {
        outcome: FetchOutcome::Failed,
        asked_at: day(3),
        newest_at: Some(day(1)),
        retry_after: Some(day(4)),
        expires_at: Timestamp::MAX,
        last_access: day(2),
        hits: i64::MAX.unsigned_abs(),
        bytes: 5_368_709_120,
        cost: amount("999999999999.99999999"),
        error: Some("no answer within 30 s; 'tried' 3 times 🐂".to_owned()),
        error_kind: Some(ErrorKind::ClockSkew),
        recorded_at: day(3),
        ..CacheEntries::row(0, day(0))
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        keyed::cases::<CacheEntries>(),
        cases![
            every_field_comes_back,
            values_out_of_range_are_refused,
            filters_keep_what_they_name,
            uses_add_up,
            a_count_of_uses_has_an_end,
            a_use_makes_no_entry,
            a_new_fetch_starts_a_new_count,
            deleted_entries_are_counted,
            a_lease_has_one_owner,
            a_lease_that_ran_out_gives_way,
            an_owner_can_keep_a_lease,
            a_lease_is_given_up_by_its_owner,
            a_lease_without_a_time_is_refused
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what never came is missing.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let empty = CacheEntry { outcome: FetchOutcome::Empty, fetched_at: None, ..CacheEntries::row(1, day(1)) };
    for entry in [full(), empty, CacheEntries::row(2, day(2))] {
        store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        assert_eq!(store.get_cache_entry(&entry.key()).await?, Some(entry));
    }
    Ok(())
}

/// Costs and counts out of range are refused, and so is data whose `fetched_at` differs from `asked_at`.
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let row = || CacheEntries::row(0, day(1));
    for (entry, field) in [
        (CacheEntry { cost: amount("0.000000001"), ..row() }, "cost"),
        (CacheEntry { cost: amount("1000000000000"), ..row() }, "cost"),
        (CacheEntry { hits: u64::MAX, ..row() }, "hits"),
        (CacheEntry { bytes: i64::MAX.unsigned_abs() + 1, ..row() }, "bytes"),
        (CacheEntry { error: Some("\0".to_owned()), ..row() }, "error"),
        (CacheEntry { fetched_at: None, ..row() }, "fetched_at"),
        (CacheEntry { fetched_at: Some(day(0)), ..row() }, "fetched_at"),
        (CacheEntry { outcome: FetchOutcome::Failed, fetched_at: Some(day(2)), ..row() }, "fetched_at"),
    ] {
        let error = store.upsert_cache_entries(&[entry]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    assert_eq!(all::<CacheEntries>(&*store).await?, []);
    Ok(())
}

/// Each field of a filter restricts the list; an entry has expired at its `expires_at`.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut entries = some::<CacheEntries>(6);
    entries[1].outcome = FetchOutcome::Empty;
    entries[4].outcome = FetchOutcome::Failed;
    store.upsert_cache_entries(&entries).await?;
    let none = CacheFilter::default;
    let expiry = day(2).saturating_add(TimeDelta::days(30));
    for (filter, count) in [
        (none(), 6),
        (CacheFilter { dataset: Some(parsed("prices")), ..none() }, 3),
        (CacheFilter { dataset: Some(parsed("greeks")), ..none() }, 0),
        (CacheFilter { outcome: Some(FetchOutcome::Failed), ..none() }, 1),
        (CacheFilter { expired_at: Some(expiry), ..none() }, 3),
        (CacheFilter { expired_at: Some(just_before(expiry)), ..none() }, 2),
        (CacheFilter { dataset: Some(parsed("prices")), expired_at: Some(expiry), ..none() }, 2),
    ] {
        let found = store.list_cache_entries(&filter).await?;
        let expected: Vec<_> = entries.iter().filter(|entry| entry.is_admitted_by(&filter)).cloned().collect();
        assert_eq!((&found, found.len()), (&expected, count), "{filter:?}");
    }
    Ok(())
}

/// Uses are added to those stored, those of one call and those of several, and the last access is the latest of them.
/// The entry stays as it is otherwise.
async fn uses_add_up(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries = some::<CacheEntries>(2);
    store.upsert_cache_entries(&entries).await?;
    let of_first = |hits, at| CacheHits { key: entries[0].key(), hits, at };
    let last = just_after(day(9));
    assert_eq!(store.touch_cache_entries(&[of_first(2, day(7)), of_first(3, last), of_first(1, day(8))]).await?, 1);
    assert_eq!(store.touch_cache_entries(&[of_first(1, day(9))]).await?, 1, "earlier than the last");
    assert_eq!(store.touch_cache_entries(&[]).await?, 0);
    let expected = CacheEntry { hits: 7, last_access: last, ..entries[0].clone() };
    assert_eq!(all::<CacheEntries>(&*store).await?, [expected, entries[1].clone()]);
    Ok(())
}

/// A count of uses stops where it no longer fits.
async fn a_count_of_uses_has_an_end(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entry = full();
    store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
    let hits = CacheHits { key: entry.key(), hits: u64::MAX, at: day(9) };
    assert_eq!(store.touch_cache_entries(&[hits]).await?, 1);
    assert_eq!(store.get_cache_entry(&entry.key()).await?, Some(CacheEntry { last_access: day(9), ..entry }));
    Ok(())
}

/// A key without an entry is passed over when it is used, and not counted.
async fn a_use_makes_no_entry(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entry = CacheEntries::row(0, day(0));
    store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
    let hits = [key("prices", "QQQ"), entry.key()].map(|key| CacheHits { key, hits: 1, at: day(1) });
    assert_eq!(store.touch_cache_entries(&hits).await?, 1);
    assert_eq!(all::<CacheEntries>(&*store).await?, [CacheEntry { hits: 1, last_access: day(1), ..entry }]);
    Ok(())
}

/// Entries are deleted by their keys, and only those that were there are counted, each once.
async fn deleted_entries_are_counted(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries = some::<CacheEntries>(600);
    store.upsert_cache_entries(&entries).await?;
    let (gone, kept) = entries.split_at(598);
    let mut keys: Vec<_> = gone.iter().map(Keyed::key).collect();
    keys.extend([keys[0], key("prices", "QQQ")]);
    assert_eq!(store.delete_cache_entries(&keys).await?, 598);
    assert_eq!(store.delete_cache_entries(&keys).await?, 0);
    assert_eq!(store.delete_cache_entries(&[]).await?, 0);
    assert_eq!(all::<CacheEntries>(&*store).await?, kept);
    Ok(())
}

/// Creates a lease of an owner on the chain of SPY from one day to another.
fn lease(owner: &str, from: usize, until: usize) -> FetchLease {
    FetchLease::new(key("chains", "SPY"), parsed(owner), day(from), day(until))
}

/// While one owner has a lease, the claims of others return that lease. Each key has its own.
async fn a_lease_has_one_owner(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = lease("a", 0, 5);
    assert_eq!(store.claim_lease(&first).await?, first);
    assert_eq!(store.claim_lease(&lease("b", 1, 9)).await?, first);
    assert_eq!(store.claim_lease(&lease("c", 4, 9)).await?, first);
    for other in [key("chains", "QQQ"), key("prices", "SPY")] {
        let other = FetchLease::new(other, parsed("b"), day(1), day(2));
        assert_eq!(store.claim_lease(&other).await?, other);
    }
    Ok(())
}

/// A lease yields from the instant of its expiry on.
async fn a_lease_that_ran_out_gives_way(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = lease("a", 0, 5);
    store.claim_lease(&first).await?;
    let early = FetchLease { recorded_at: just_before(day(5)), ..lease("b", 5, 9) };
    assert_eq!(store.claim_lease(&early).await?, first);
    let second = lease("b", 5, 9);
    assert_eq!(store.claim_lease(&second).await?, second);
    assert_eq!(store.claim_lease(&lease("a", 6, 9)).await?, second, "the first owner lost it");
    Ok(())
}

/// An owner may claim its lease again to extend it.
async fn an_owner_can_keep_a_lease(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.claim_lease(&lease("a", 0, 5)).await?;
    let longer = lease("a", 4, 8);
    assert_eq!(store.claim_lease(&longer).await?, longer);
    assert_eq!(store.claim_lease(&lease("b", 7, 9)).await?, longer);
    Ok(())
}

/// Only its owner releases a lease, which then is free.
async fn a_lease_is_given_up_by_its_owner(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = lease("a", 0, 5);
    assert!(!store.release_lease(&first.key(), first.owner).await?, "there is none");
    store.claim_lease(&first).await?;
    assert!(!store.release_lease(&first.key(), parsed("b")).await?, "it is another's");
    assert!(store.release_lease(&first.key(), first.owner).await?);
    assert!(!store.release_lease(&first.key(), first.owner).await?, "it is given up");
    let second = lease("b", 1, 5);
    assert_eq!(store.claim_lease(&second).await?, second);
    Ok(())
}

/// A lease that runs out when it is claimed is refused.
async fn a_lease_without_a_time_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let error = store.claim_lease(&lease("a", 5, 5)).await.expect_err("no time");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("expires_at")), "{error}");
    let other = lease("b", 0, 1);
    assert_eq!(store.claim_lease(&other).await?, other);
    Ok(())
}

/// The last write replaces the entry, uses included.
async fn a_new_fetch_starts_a_new_count(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entry = CacheEntries::row(0, day(0));
    store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
    store.touch_cache_entries(&[CacheHits { key: entry.key(), hits: 5, at: day(1) }]).await?;
    let again = CacheEntries::row(0, day(2));
    assert_eq!(store.upsert_cache_entries(std::slice::from_ref(&again)).await?, corrected(1));
    assert_eq!(store.get_cache_entry(&again.key()).await?, Some(again));
    Ok::<_, Error>(())
}
