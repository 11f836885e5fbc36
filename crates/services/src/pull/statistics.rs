//! Counts of a puller's answers, and of the cached entries.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use strikebook_core::{Decimal, Timestamp, operations::CacheEntry};

use super::{CacheTier, PullOutcome};

/// The answers and fetches of a puller since its creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullStatistics {
    /// The hits in memory.
    pub memory_hits: u64,
    /// The hits in the store.
    pub store_hits: u64,
    /// The misses by [reason](super::MissReason::as_str).
    pub misses: BTreeMap<&'static str, u64>,
    /// The number of stale answers.
    pub stale: u64,
    /// The answers from another caller's fetch.
    pub joined: u64,
    /// The requests that ended with an error.
    pub errors: u64,
    /// The greatest age of an answer.
    pub oldest: TimeDelta,
    /// The sum of the ages of all answers. Divided by the number of [answers](Self::answers) it is their mean age.
    pub ages: TimeDelta,
    /// The calls of the provider, repeated attempts included.
    pub attempts: u64,
    /// The calls of the provider that failed.
    pub failed_attempts: u64,
    /// The rows that the [gate](super::PullOptions::gate) found wrong.
    pub wrong_rows: u64,
    /// The bytes that the provider sent.
    pub bytes: u64,
    /// The money charged for calls of the provider.
    pub spent: Decimal,
}

impl PullStatistics {
    /// Returns the number of answers, errors not counted.
    pub fn answers(&self) -> u64 {
        self.memory_hits + self.store_hits + self.misses.values().sum::<u64>() + self.stale + self.joined
    }

    /// Returns the share of hits among all answers, from 0 to 1; `None` before the first answer.
    pub fn hit_rate(&self) -> Option<f64> {
        let hits = self.memory_hits + self.store_hits;
        (self.answers() > 0).then(|| hits as f64 / self.answers() as f64)
    }

    /// Counts an answer under its outcome.
    pub(super) fn count(&mut self, outcome: &PullOutcome) {
        let age = match outcome {
            PullOutcome::Hit { age, tier } => {
                match tier {
                    CacheTier::Memory => self.memory_hits += 1,
                    CacheTier::Store => self.store_hits += 1,
                }
                *age
            }
            PullOutcome::Miss { reason } => {
                *self.misses.entry(reason.as_str()).or_default() += 1;
                TimeDelta::zero()
            }
            PullOutcome::Stale { age, .. } => {
                self.stale += 1;
                *age
            }
            PullOutcome::Joined { age } => {
                self.joined += 1;
                *age
            }
        };
        self.oldest = self.oldest.max(age);
        self.ages = self.ages.checked_add(&age).unwrap_or(TimeDelta::MAX);
    }
}

/// The statistics of a puller as they grow.
#[derive(Debug, Default)]
pub(super) struct StatisticsRecorder(Mutex<PullStatistics>);

impl StatisticsRecorder {
    /// Changes the statistics under their lock.
    pub(super) fn update(&self, change: impl FnOnce(&mut PullStatistics)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns a copy of the statistics.
    pub(super) fn snapshot(&self) -> PullStatistics {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The cached entries of one kind of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheUsage {
    /// The number of entries.
    pub entries: u64,
    /// The bytes of their answers as the provider sent them.
    pub bytes: u64,
    /// The instant of the oldest fetch; `None` without fetched data.
    pub oldest: Option<Timestamp>,
    /// The instant of the youngest fetch; `None` without fetched data.
    pub newest: Option<Timestamp>,
}

impl CacheUsage {
    pub(super) fn of(entries: &[CacheEntry]) -> Self {
        let fetched = || entries.iter().filter_map(|entry| entry.fetched_at);
        Self {
            entries: entries.len() as u64,
            bytes: entries.iter().map(|entry| entry.bytes).fold(0, u64::saturating_add),
            oldest: fetched().min(),
            newest: fetched().max(),
        }
    }
}
