//! The cache of a puller: memory in front of the store.

use std::sync::Arc;

use chrono::TimeDelta;
use moka::sync::Cache as MemoryCache;
use strikebook_core::{
    Name, Result, Store, Timestamp,
    operations::{CacheEntry, CacheKey},
};

use super::{CacheTier, MissReason, PullOptions, Request, hits::PendingHits};
use crate::quality::Finding;

/// The weight of an entry in memory beside its data, so that a million empty answers have an end too.
const MIN_ENTRY_WEIGHT: u32 = 256;

/// A cached answer, fresh or not.
pub(super) struct CachedAnswer<D> {
    /// The cache entry of the last fetch.
    pub(super) entry: CacheEntry,
    /// The data; `None` when the provider is known to have none, or the rows are no longer in the store.
    pub(super) data: Option<Arc<D>>,
    /// The findings of the gate, when this process made the fetch; otherwise empty.
    pub(super) findings: Arc<[Finding]>,
}

impl<D> CachedAnswer<D> {
    /// Returns the reason to fetch again; `None` for a fresh answer.
    pub(super) fn miss_reason(&self, max_age: TimeDelta, now: Timestamp) -> Option<MissReason> {
        let is_gone = self.entry.fetched_at.is_some() && self.data.is_none();
        MissReason::of(Some(&self.entry), max_age, now).or(is_gone.then_some(MissReason::Gone))
    }

    /// Returns true when a policy may fall back to this answer: there is data, and the entry has not expired.
    pub(super) fn is_usable_when_stale(&self, now: Timestamp) -> bool {
        now < self.entry.expires_at && self.data.is_some()
    }

    /// Returns the instant at which the provider sent the data, or answered that there is none.
    pub(super) fn answered_at(&self) -> Timestamp {
        self.entry.fetched_at.unwrap_or(self.entry.asked_at)
    }

    /// Returns the age of the answer.
    pub(super) fn age(&self, now: Timestamp) -> TimeDelta {
        now.since(self.answered_at())
    }
}

/// The cached answers to requests of one kind.
pub(super) struct PullCache<R: Request> {
    pub(super) store: Arc<dyn Store>,
    max_clock_skew: TimeDelta,
    memory: MemoryCache<Name, Arc<CachedAnswer<R::Data>>>,
    hits: PendingHits,
}

impl<R: Request> PullCache<R> {
    /// Creates a cache in front of a store.
    pub(super) fn new(store: Arc<dyn Store>, options: &PullOptions) -> Self {
        let weigh = |_: &Name, answer: &Arc<CachedAnswer<R::Data>>| {
            u32::try_from(answer.entry.bytes).unwrap_or(u32::MAX).max(MIN_ENTRY_WEIGHT)
        };
        Self {
            store,
            max_clock_skew: options.max_clock_skew,
            memory: MemoryCache::builder().max_capacity(options.memory_bytes).weigher(weigh).build(),
            hits: PendingHits::default(),
        }
    }

    /// Returns the answer in memory if it is fresh, and otherwise the one in the store, where another process may have
    /// written a younger one.
    pub(super) async fn look_up(
        &self,
        request: &R,
        key: &CacheKey,
        max_age: TimeDelta,
        now: Timestamp,
    ) -> Result<Option<(Arc<CachedAnswer<R::Data>>, CacheTier)>> {
        if let Some(answer) = self.memory.get(&key.subject)
            && answer.miss_reason(max_age, now).is_none()
        {
            return Ok(Some((answer, CacheTier::Memory)));
        }
        Ok(self.load(request, key, now).await?.map(|answer| (answer, CacheTier::Store)))
    }

    /// Returns the answer in the store, and puts it into memory.
    pub(super) async fn load(
        &self,
        request: &R,
        key: &CacheKey,
        now: Timestamp,
    ) -> Result<Option<Arc<CachedAnswer<R::Data>>>> {
        let Some(entry) = self.store.get_cache_entry(key).await? else {
            self.invalidate(key);
            return Ok(None);
        };
        let read_at = entry.fetched_at.and_then(|_| self.read_at(entry.newest_at, now));
        let data = match read_at {
            Some(read_at) => request.read(&*self.store, read_at).await?.map(Arc::new),
            None => None,
        };
        Ok(Some(self.insert(key, CachedAnswer { entry, data, findings: Arc::default() })))
    }

    /// Returns the instant as of which fetched data is read: now, or the instant of its newest record when that is a
    /// little ahead of our clock. `None` when the record is far ahead: a clock that was set back, or a test of the
    /// past, must not see it.
    pub(super) fn read_at(&self, newest_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let read_at = newest_at.map_or(now, |newest| newest.max(now));
        (read_at.since(now) <= self.max_clock_skew).then_some(read_at)
    }

    /// Puts an answer into memory.
    pub(super) fn insert(&self, key: &CacheKey, answer: CachedAnswer<R::Data>) -> Arc<CachedAnswer<R::Data>> {
        let answer = Arc::new(answer);
        self.memory.insert(key.subject, Arc::clone(&answer));
        answer
    }

    /// Removes all answers from memory.
    pub(super) fn invalidate_all(&self) {
        self.memory.invalidate_all();
    }

    /// Removes an answer from memory.
    pub(super) fn invalidate(&self, key: &CacheKey) {
        self.memory.invalidate(&key.subject);
    }

    /// Counts a hit, and returns true when [`flush_hits`](Self::flush_hits) is due.
    pub(super) fn count_hit(&self, key: CacheKey, now: Timestamp) -> bool {
        self.hits.add(key, now)
    }

    /// Writes the hits since the last flush to the store. After an error they are kept for the next flush.
    pub(super) async fn flush_hits(&self) -> Result<()> {
        let hits = self.hits.take();
        if hits.is_empty() {
            return Ok(());
        }
        let written = self.store.touch_cache_entries(&hits).await;
        if written.is_err() {
            self.hits.put_back(hits);
        }
        written.map(drop)
    }
}
