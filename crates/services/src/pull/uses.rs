//! Uses of what is held, gathered so that not each of them is a write.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use strikebook_core::{
    Timestamp,
    operations::{CacheHits, CacheKey},
};

/// Subjects whose uses are gathered before they are told to the store.
const AT_MOST: usize = 1_000;
/// For how long they are gathered.
const FOR_AT_MOST: TimeDelta = TimeDelta::minutes(1);

/// Uses that the store does not know of yet.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<Gathered>);

#[derive(Debug, Default)]
struct Gathered {
    since: Option<Timestamp>,
    uses: HashMap<CacheKey, CacheHits>,
}

impl Uses {
    /// Notes a use, and tells whether it is time to tell the store.
    pub(super) fn note(&self, key: CacheKey, at: Timestamp) -> bool {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = gathered.uses.entry(key).or_insert(CacheHits { key, hits: 0, at });
        hits.hits += 1;
        hits.at = hits.at.max(at);
        let since = *gathered.since.get_or_insert(at);
        gathered.uses.len() >= AT_MOST || at.since(since) >= FOR_AT_MOST
    }

    /// What was gathered, which is given away.
    pub(super) fn take(&self) -> Vec<CacheHits> {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *gathered).uses.into_values().collect()
    }

    /// Takes back what the store could not be told.
    pub(super) fn put_back(&self, untold: Vec<CacheHits>) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for untold in untold {
            let hits = gathered.uses.entry(untold.key).or_insert(CacheHits { hits: 0, ..untold });
            hits.hits += untold.hits;
            hits.at = hits.at.max(untold.at);
        }
    }
}
