//! The clean-up of fetched data: expired rows, and the least recently used ones beyond a size.

mod plan;
mod subjects;

use chrono::TimeDelta;
use strikebook_core::{
    Error, ErrorKind, Name, Result, Store, Timestamp,
    maintenance::DiskSize,
    operations::{CacheKey, FetchLease},
};
use strikebook_system::new_id;

use self::plan::{Step, plan};

pub use self::subjects::CacheSubject;

/// The time after which a clean-up that was stopped no longer blocks others.
const LEASE: TimeDelta = TimeDelta::hours(1);

/// The result of comparing a store's size with its limit, `max_bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskBudget {
    /// The store takes no more than `max_bytes`, free space not counted.
    Met,
    /// The store takes more than `max_bytes`, but fetched data alone does not: other rows are too many, or rows that
    /// were deleted before still take their space. No fetched data is deleted for them.
    Unmet {
        /// The bytes beyond `max_bytes`.
        over: u64,
    },
    /// The deleted rows are enough, but the engine has not freed their space yet.
    /// [`compact`](strikebook_core::maintenance::Maintenance::compact) frees that space: call it when its locks harm
    /// nobody.
    AwaitingCompaction {
        /// The bytes beyond `max_bytes`.
        over: u64,
    },
    /// No budget applies: the store is not on disk.
    NotOnDisk,
}

/// The reason for deleting a subject's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalReason {
    /// The time to keep the rows has passed.
    Expired,
    /// Fetched data takes too much space, and this subject was not used for the longest time.
    LeastRecentlyUsed,
}

/// The deleted rows of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedSubject {
    /// The subject whose data was deleted.
    pub subject: CacheSubject,
    /// The reason of the deletion.
    pub reason: RemovalReason,
    /// The last use of any of its entries.
    pub last_access: Timestamp,
    /// The keys of the deleted cache entries.
    pub entries: Vec<CacheKey>,
    /// The number of deleted rows, all versions counted.
    pub rows: u64,
    /// The estimated bytes of these rows.
    pub bytes: u64,
}

/// The report of a clean-up, or of a [plan](plan_clean_up) for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleanUpReport {
    /// The deleted subjects: first the expired, then the least recently used.
    pub removed: Vec<RemovedSubject>,
    /// The bytes that the store took on disk before, without its [free](DiskSize::free) space; `None` for a store that
    /// is not on disk.
    pub bytes_before: Option<u64>,
    /// The bytes that the store takes on disk after; an estimate in a [plan](plan_clean_up).
    pub bytes_after: Option<u64>,
    /// The estimated bytes of fetched data after, at most `max_bytes`; `None` where they were not counted, because the
    /// whole store takes no more than `max_bytes`.
    pub fetched_after: Option<u64>,
    /// The comparison of `bytes_after` with `max_bytes`.
    pub budget: DiskBudget,
}

impl CleanUpReport {
    /// Returns the number of deleted rows, all versions counted.
    pub fn rows(&self) -> u64 {
        self.removed.iter().map(|removed| removed.rows).sum()
    }
}

/// Returns the report of what [`clean_up`] would delete. Nothing is deleted.
///
/// # Errors
/// Only those of the store.
pub async fn plan_clean_up(store: &dyn Store, max_bytes: u64, now: Timestamp) -> Result<CleanUpReport> {
    let disk = store.disk_size().await?;
    let plan = plan(store, disk, max_bytes, now, now).await?;
    let bytes_before = disk.map(in_use);
    let bytes_after = plan.expected(bytes_before);
    let budget = budget(bytes_after, bytes_after, max_bytes);
    let removed = plan.steps.into_iter().map(|step| step.removed).collect();
    Ok(CleanUpReport { removed, bytes_before, bytes_after, fetched_after: plan.fetched_after, budget })
}

/// Deletes expired fetched data, and then the least recently used of it while fetched data takes more than `max_bytes`
/// on disk.
///
/// The clean-up deletes cache entries, the coverage of days, and fetched rows: quotes of options and underlyings,
/// headers of chains and bars whose [source](strikebook_core::Source) is the name of a provider that was asked for
/// them, and computed Greeks. Rows of other sources, such as a history from files, stay and do not count. So do all
/// rows that cannot be fetched again: orders, executions, positions, accounts, the journal, predictions, settings, the
/// audit. [`CacheSubject`] names the unit of deletion; it counts as used when any of its entries was. A store that is
/// too large because of other rows loses nothing, and reports [`DiskBudget::Unmet`].
///
/// Fetched data beyond the limit is reduced to nine tenths of `max_bytes`, so that the limit is not exceeded again at
/// once. The bytes of rows are estimated from those of their tables. Each subject is deleted in a transaction of its
/// own, for which other writers of its tables may have to wait; readers do not wait. Nothing is rewritten or compacted:
/// the engine fills the space of deleted rows with new ones, and
/// [`compact`](strikebook_core::maintenance::Maintenance::compact) gives that space back to the system.
///
/// # Errors
/// [`Conflict`](ErrorKind::Conflict) while another clean-up of this store is under way, in any process.
///
/// # Cancel safety
/// A dropped call leaves whole subjects deleted. Another call resumes, after an hour at the latest.
pub async fn clean_up(store: &dyn Store, max_bytes: u64, now: Timestamp) -> Result<CleanUpReport> {
    clean_up_expired(store, max_bytes, now, now).await
}

/// Does what [`clean_up`] does, with the data that had expired at an instant.
pub(super) async fn clean_up_expired(
    store: &dyn Store,
    max_bytes: u64,
    now: Timestamp,
    expired_at: Timestamp,
) -> Result<CleanUpReport> {
    let key = key_of("running")?;
    let owner = Name::new(&new_id::<FetchLease>(now).to_string())?;
    if !claim(store, key, owner, now, LEASE).await? {
        return Err(Error::new(ErrorKind::Conflict, "another clean-up of this store is under way"));
    }
    let report = run(store, max_bytes, now, expired_at).await;
    // Best effort: a lease that is not released expires.
    let _ = store.release_lease(&key, owner).await;
    report
}

/// Claims the clean-up that is due: true for one caller per interval.
pub(super) async fn claim_due(store: &dyn Store, now: Timestamp, interval: TimeDelta) -> Result<bool> {
    let owner = Name::new(&new_id::<FetchLease>(now).to_string())?;
    claim(store, key_of("due")?, owner, now, interval).await
}

fn key_of(subject: &str) -> Result<CacheKey> {
    Ok(CacheKey { dataset: Name::new("clean_up")?, subject: Name::new(subject)? })
}

async fn claim(store: &dyn Store, key: CacheKey, owner: Name, now: Timestamp, span: TimeDelta) -> Result<bool> {
    let claim = FetchLease::new(key, owner, now, now.saturating_add(span));
    Ok(store.claim_lease(&claim).await?.owner == owner)
}

/// Plans a clean-up, deletes the planned subjects, and measures the store again.
async fn run(store: &dyn Store, max_bytes: u64, now: Timestamp, expired_at: Timestamp) -> Result<CleanUpReport> {
    let disk_before = store.disk_size().await?;
    let plan = plan(store, disk_before, max_bytes, now, expired_at).await?;
    let bytes_before = disk_before.map(in_use);
    let (expected, fetched_after) = (plan.expected(bytes_before), plan.fetched_after);
    let removed = delete(store, plan.steps).await?;
    let bytes_after = store.disk_size().await?.map(in_use);
    let budget = budget(bytes_after, expected, max_bytes);
    Ok(CleanUpReport { removed, bytes_before, bytes_after, fetched_after, budget })
}

/// Returns the bytes that hold rows.
fn in_use(disk: DiskSize) -> u64 {
    disk.bytes.saturating_sub(disk.free)
}

/// Compares the bytes of a store, and the bytes expected after the deletions, with the limit.
fn budget(bytes: Option<u64>, expected: Option<u64>, max_bytes: u64) -> DiskBudget {
    let Some(bytes) = bytes else { return DiskBudget::NotOnDisk };
    match bytes.saturating_sub(max_bytes) {
        0 => DiskBudget::Met,
        over if expected.is_some_and(|expected| expected <= max_bytes) => DiskBudget::AwaitingCompaction { over },
        over => DiskBudget::Unmet { over },
    }
}

/// Deletes the planned subjects, and returns them with the counts of deleted rows.
async fn delete(store: &dyn Store, steps: Vec<Step>) -> Result<Vec<RemovedSubject>> {
    let mut removed = Vec::new();
    for step in steps {
        let rows = delete_subject(store, &step).await?;
        removed.push(RemovedSubject { rows, ..step.removed });
    }
    Ok(removed)
}

/// Deletes one subject and returns the number of its rows. Entries go last, so that a clean-up that was stopped half
/// way finds the subject again.
async fn delete_subject(store: &dyn Store, step: &Step) -> Result<u64> {
    let mut rows = 0;
    for eviction in &step.evictions {
        let evicted = store.evict(eviction).await?;
        rows += evicted.iter().map(|dataset| dataset.purged.rows + dataset.purged.superseded).sum::<u64>();
    }
    for days in &step.coverage {
        store.delete_coverage(days).await?;
    }
    if !step.removed.entries.is_empty() {
        store.delete_cache_entries(&step.removed.entries).await?;
    }
    Ok(rows)
}
