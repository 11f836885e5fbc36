//! Keeping what was fetched within its time and its size.

mod plan;
mod subjects;

use chrono::TimeDelta;
use strikebook_core::{
    Error, ErrorKind, Id, Name, Result, Store, Timestamp,
    maintenance::DiskSize,
    operations::{CacheKey, FetchLease},
};

use self::plan::{Step, plan};

pub use self::subjects::Subject;

/// The result of comparing a store's size with its limit, `max_bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// The store takes no more than `max_bytes`, free space not counted.
    Met,
    /// The store takes more than `max_bytes`, and what was fetched does not: rows that were not fetched are too many,
    /// or take space that was freed before and not given back. What was fetched loses nothing for them.
    Unmet {
        /// Bytes too many.
        over: u64,
    },
    /// The deleted rows are enough, but the engine has not freed their space yet.
    /// [`compact`](strikebook_core::maintenance::Maintenance::compact) frees that space: call it when its locks harm
    /// nobody.
    NotGivenBack {
        /// Bytes too many.
        over: u64,
    },
    /// No budget applies: the store is not on disk.
    NotOnDisk,
}

/// Why something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is kept no longer.
    Expired,
    /// Fetched data takes too much space, and this subject was not used for the longest time.
    LeastRecentlyUsed,
}

/// What goes, or went, of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Of what.
    pub subject: Subject,
    /// Why.
    pub reason: Reason,
    /// When it was used last.
    pub last_access: Timestamp,
    /// The keys of its entries.
    pub entries: Vec<CacheKey>,
    /// Its rows, with all their versions.
    pub rows: u64,
    /// About how many bytes its rows take.
    pub bytes: u64,
}

/// What a clean-up did, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleanUp {
    /// What goes, or went: first what expired, then the least recently used.
    pub removed: Vec<Removed>,
    /// Bytes that the store took on disk before, without its [free](DiskSize::free) space; `None` for a store that is
    /// not there.
    pub bytes_before: Option<u64>,
    /// The same after; of a [plan](plan_clean_up) an estimate.
    pub bytes_after: Option<u64>,
    /// About how many of these bytes what was fetched takes after, of which no more than `max_bytes` are left; `None`
    /// where it was not counted, because the whole store takes no more.
    pub fetched_after: Option<u64>,
    /// Whether the store is then within its size.
    pub budget: Budget,
}

impl CleanUp {
    /// How many rows go, or went, with all their versions.
    pub fn rows(&self) -> u64 {
        self.removed.iter().map(|removed| removed.rows).sum()
    }
}

/// Returns what [`clean_up`] would do. Nothing is changed.
///
/// # Errors
/// Those of the store.
///
/// # Cancel safety
/// Safe.
pub async fn plan_clean_up(store: &dyn Store, max_bytes: u64, now: Timestamp) -> Result<CleanUp> {
    let disk = store.disk_size().await?;
    let plan = plan(store, disk, max_bytes, now, now).await?;
    let bytes_before = disk.map(in_use);
    let bytes_after = plan.expected(bytes_before);
    let budget = budget(bytes_after, bytes_after, max_bytes);
    let removed = plan.steps.into_iter().map(|step| step.removed).collect();
    Ok(CleanUp { removed, bytes_before, bytes_after, fetched_after: plan.fetched_after, budget })
}

/// Deletes what was fetched and is kept no longer, and then, while what was fetched takes more than so many bytes on
/// disk, the least recently used of it.
///
/// What goes are the entries of the cache, the days that they covered, and the rows that were fetched: quotes of
/// options and underlyings, headers of chains and bars whose [source](strikebook_core::Source) is the name of a
/// provider that was asked for them, and computed Greeks. Rows of other sources stay and do not count, such as a
/// history out of files, and so does everything that cannot be fetched again: orders, executions, positions, accounts,
/// the journal, predictions, settings, the audit. See [`Subject`] for what goes together; it counts as used when any of
/// its entries was. A database that is too large because of other rows loses nothing, and [the answer](Budget::Unmet)
/// says so.
///
/// Fetched data that takes too much is reduced to nine tenths of `max_bytes`, so that the limit is not exceeded again
/// at once. The bytes of rows are estimated from those of their tables. Rows are deleted subject by subject, each in a
/// transaction that other writers of its tables may have to wait for; readers do not wait. Nothing is rewritten or
/// compacted: the engine fills the space of deleted rows with new ones, and
/// [`compact`](strikebook_core::maintenance::Maintenance::compact) gives it back to the system.
///
/// # Errors
/// [`Conflict`](ErrorKind::Conflict) while another clean-up of this store is under way, in any process. Those of the
/// store.
///
/// # Cancel safety
/// A dropped call leaves whole subjects deleted. To call again goes on, after an hour at the latest.
pub async fn clean_up(store: &dyn Store, max_bytes: u64, now: Timestamp) -> Result<CleanUp> {
    clean_up_expired(store, max_bytes, now, now).await
}

/// As [`clean_up`], of what had expired at an instant.
pub(super) async fn clean_up_expired(
    store: &dyn Store,
    max_bytes: u64,
    now: Timestamp,
    expired_at: Timestamp,
) -> Result<CleanUp> {
    let key = key_of("running")?;
    let owner = Name::new(&Id::<FetchLease>::new(now).to_string())?;
    if !claim(store, key, owner, now, RUNS_FOR_AT_MOST).await? {
        return Err(Error::new(ErrorKind::Conflict, "another clean-up of this store is under way"));
    }
    let cleaned = run(store, max_bytes, now, expired_at).await;
    // A lease that is not given up runs out.
    let _ = store.release_lease(&key, owner).await;
    cleaned
}

/// Claims the clean-up that is due: true for one caller per interval.
pub(super) async fn is_due(store: &dyn Store, now: Timestamp, every: TimeDelta) -> Result<bool> {
    let owner = Name::new(&Id::<FetchLease>::new(now).to_string())?;
    claim(store, key_of("due")?, owner, now, every).await
}

/// After so long a clean-up that was stopped is no longer in the way of others.
const RUNS_FOR_AT_MOST: TimeDelta = TimeDelta::hours(1);

fn key_of(subject: &str) -> Result<CacheKey> {
    Ok(CacheKey { dataset: Name::new("clean_up")?, subject: Name::new(subject)? })
}

async fn claim(store: &dyn Store, key: CacheKey, owner: Name, now: Timestamp, span: TimeDelta) -> Result<bool> {
    let claim = FetchLease::new(key, owner, now, now.saturating_add(span));
    Ok(store.claim_lease(&claim).await?.owner == owner)
}

async fn run(store: &dyn Store, max_bytes: u64, now: Timestamp, expired_at: Timestamp) -> Result<CleanUp> {
    let disk = store.disk_size().await?;
    let plan = plan(store, disk, max_bytes, now, expired_at).await?;
    let bytes_before = disk.map(in_use);
    let (expected, fetched_after) = (plan.expected(bytes_before), plan.fetched_after);
    let mut removed = Vec::new();
    for step in plan.steps {
        let rows = remove(store, &step).await?;
        removed.push(Removed { rows, ..step.removed });
    }
    let bytes_after = store.disk_size().await?.map(in_use);
    let budget = budget(bytes_after, expected, max_bytes);
    Ok(CleanUp { removed, bytes_before, bytes_after, fetched_after, budget })
}

/// Bytes that hold something.
fn in_use(disk: DiskSize) -> u64 {
    disk.bytes.saturating_sub(disk.free)
}

/// Compares what a store takes with what it may, and what it was expected to take.
fn budget(bytes: Option<u64>, expected: Option<u64>, max_bytes: u64) -> Budget {
    let Some(bytes) = bytes else { return Budget::NotOnDisk };
    match bytes.saturating_sub(max_bytes) {
        0 => Budget::Met,
        over if expected.is_some_and(|expected| expected <= max_bytes) => Budget::NotGivenBack { over },
        over => Budget::Unmet { over },
    }
}

/// Deletes what a step names: rows first, so that what is stopped half way is found again by its entries. Tells how
/// many rows that were.
async fn remove(store: &dyn Store, step: &Step) -> Result<u64> {
    let mut rows = 0;
    for eviction in &step.evictions {
        let evicted = store.evict(eviction).await?;
        rows += evicted.iter().map(|of_one| of_one.purged.rows + of_one.purged.superseded).sum::<u64>();
    }
    for days in &step.coverage {
        store.delete_coverage(days).await?;
    }
    if !step.removed.entries.is_empty() {
        store.delete_cache_entries(&step.removed.entries).await?;
    }
    Ok(rows)
}
