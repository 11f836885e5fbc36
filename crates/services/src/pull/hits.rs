//! Cache hits, gathered so that not each of them is a write.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use strikebook_core::{
    Timestamp,
    operations::{CacheHits, CacheKey},
};

/// Keys with unwritten hits from which on a flush is due.
const KEYS_PER_FLUSH: usize = 1_000;
/// The age of the oldest unwritten hit from which on a flush is due.
const FLUSH_INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// The hits that are not written to the store yet.
#[derive(Debug, Default)]
pub(super) struct PendingHits(Mutex<Gathered>);

#[derive(Debug, Default)]
struct Gathered {
    since: Option<Timestamp>,
    hits: HashMap<CacheKey, CacheHits>,
}

impl PendingHits {
    /// Adds a hit, and returns true when a flush is due.
    pub(super) fn add(&self, key: CacheKey, at: Timestamp) -> bool {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.add(CacheHits { key, hits: 1, at });
        let since = *gathered.since.get_or_insert(at);
        gathered.hits.len() >= KEYS_PER_FLUSH || at.since(since) >= FLUSH_INTERVAL
    }

    /// Removes all hits and returns them.
    pub(super) fn take(&self) -> Vec<CacheHits> {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *gathered).hits.into_values().collect()
    }

    /// Puts hits back that could not be written.
    pub(super) fn put_back(&self, unwritten: Vec<CacheHits>) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for hits in unwritten {
            gathered.add(hits);
        }
    }
}

impl Gathered {
    fn add(&mut self, new: CacheHits) {
        let hits = self.hits.entry(new.key).or_insert(CacheHits { hits: 0, ..new });
        hits.hits += new.hits;
        hits.at = hits.at.max(new.at);
    }
}
