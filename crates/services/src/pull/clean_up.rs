//! Keeping what was fetched within its time and the store within its size.

mod plan;
mod subjects;

use chrono::TimeDelta;
use strikebook_core::{
    Error, ErrorKind, Id, Name, Result, Store, Timestamp,
    maintenance::DiskSize,
    operations::{CacheKey, FetchLease},
};

use self::plan::{Plan, Step, plan};
pub use self::subjects::Subject;

/// Whether a store is within its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// It is.
    Met,
    /// It is not, and cannot be: without everything that was fetched it would still be too large. Nothing was evicted in vain,
    /// unless that showed only when it was gone.
    Unmet {
        /// Bytes too many, when all that was fetched is gone.
        over: u64,
    },
    /// It is not yet: rows went, now or before, but the engine gave back less than half of what they took, as when somebody
    /// still reads them. No more goes in vain; the next clean-up goes on.
    NotGivenBack {
        /// Bytes too many.
        over: u64,
    },
    /// There is none: the store is not on disk.
    NotOnDisk,
}

/// Why something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is kept no longer.
    Expired,
    /// The store is too large, and this was not used for the longest time.
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
    /// Bytes on disk before; `None` for a store that is not there.
    pub bytes_before: Option<u64>,
    /// Bytes on disk after; of a [plan](plan_clean_up) an estimate.
    pub bytes_after: Option<u64>,
    /// Whether the store is then within its size.
    pub budget: Budget,
}

impl CleanUp {
    /// How many rows go, or went, with all their versions.
    pub fn rows(&self) -> u64 {
        self.removed.iter().map(|removed| removed.rows).sum()
    }
}

/// What [`clean_up`] would do. Nothing is changed.
///
/// # Errors
/// Those of the store.
///
/// # Cancel safety
/// Safe.
pub async fn plan_clean_up(store: &dyn Store, max_bytes: u64, now: Timestamp) -> Result<CleanUp> {
    let disk = store.disk_size().await?;
    let Plan { steps, bytes_before, bytes_after, budget } = plan(store, disk, max_bytes, now, now).await?;
    let removed = steps.into_iter().map(|step| step.removed).collect();
    Ok(CleanUp { removed, bytes_before, bytes_after, budget })
}

/// Deletes what was fetched and is kept no longer, and then, while the store takes more than so many bytes on disk, the least
/// recently used.
///
/// What goes are the entries of the cache, the days that they covered, and the rows that were fetched: quotes of options and
/// underlyings, headers of chains and bars whose [source](strikebook_core::Source) is the name of a provider that was asked for
/// them, and computed Greeks. Rows of other sources stay, such as a history out of files, and so does
/// everything that cannot be fetched again: orders, executions, positions, accounts, the journal, predictions, settings, the
/// audit. See [`Subject`] for what goes together; it counts as used when any of its entries was.
///
/// A store that is too large is brought down to nine tenths of its size, so that it is not too large again at once. It is
/// [compacted](strikebook_core::maintenance::Maintenance::compact), which needs free space on the disk while it runs, measured, and if
/// need be more goes. When all that was fetched would not do, [that](Budget::Unmet) is the answer.
///
/// # Errors
/// [`Conflict`](ErrorKind::Conflict) while another clean-up of this store is under way, in any process. Those of the store.
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

/// Whether it is time to clean up, which nobody else is then told for as long.
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
    let mut disk = store.disk_size().await?;
    let bytes_before = disk.map(|size| size.bytes);
    let mut done = CleanUp { removed: Vec::new(), bytes_before, bytes_after: None, budget: Budget::NotOnDisk };
    for round in 0.. {
        let plan = plan(store, disk, max_bytes, now, expired_at).await?;
        let is_idle = plan.steps.is_empty();
        // To compact alone may do; only then there is nothing left to try.
        let is_last = round > 0 && is_idle;
        for step in plan.steps {
            let rows = remove(store, &step).await?;
            done.removed.push(Removed { rows, ..step.removed });
        }
        disk = store.disk_size().await?;
        if !is_last && disk.is_some_and(|size| size.bytes > max_bytes) {
            store.compact().await?;
            // What was not given back now would not be the next time either.
            disk = store.disk_size().await?.map(|size| DiskSize { free: 0, ..size });
        }
        done.bytes_after = disk.map(|size| size.bytes);
        done.budget = match (done.bytes_after, plan.bytes_before, plan.bytes_after) {
            (Some(bytes), Some(before), Some(planned)) if bytes > max_bytes => {
                let over = bytes - max_bytes;
                let is_given_back = before.saturating_sub(bytes) >= before.saturating_sub(planned) / 2;
                match plan.budget {
                    unmet @ Budget::Unmet { .. } if is_last => unmet,
                    // Nothing went, and what is free was not enough.
                    Budget::Unmet { .. } if is_idle => Budget::Unmet { over },
                    _ if is_given_back => Budget::Unmet { over },
                    _ => Budget::NotGivenBack { over },
                }
            }
            (Some(_), ..) => Budget::Met,
            (None, ..) => Budget::NotOnDisk,
        };
        if is_last || !matches!(done.budget, Budget::Unmet { .. }) {
            break;
        }
    }
    Ok(done)
}

/// Deletes what a step names: rows first, so that what is stopped half way is found again by its entries. Tells how many rows
/// that were.
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
