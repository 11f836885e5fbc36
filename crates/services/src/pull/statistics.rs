//! What a puller did, and what the cache holds.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use strikebook_core::{Decimal, Timestamp, operations::CacheEntry};

use super::{Outcome, Tier};

/// What a puller did since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullStatistics {
    /// Hits in memory.
    pub memory_hits: u64,
    /// Hits in the store.
    pub store_hits: u64,
    /// Callers for whom the provider was asked, by reason.
    pub misses: BTreeMap<&'static str, u64>,
    /// Callers who got what is older than they wanted.
    pub stale: u64,
    /// Callers for whom somebody else was asking already.
    pub joined: u64,
    /// Callers who got an error.
    pub errors: u64,
    /// The greatest age of what was given.
    pub oldest: TimeDelta,
    /// All ages of what was given, summed up: by the [answers](Self::answers) they are the mean age.
    pub ages: TimeDelta,
    /// How often the provider was asked, each attempt counted.
    pub attempts: u64,
    /// Attempts that failed, or for which the provider was busy.
    pub failed_attempts: u64,
    /// Rows that the [gate](super::PullOptions::gate) found wrong.
    pub wrong_rows: u64,
    /// Bytes that the provider sent.
    pub bytes: u64,
    /// What the provider was paid.
    pub spent: Decimal,
}

impl PullStatistics {
    /// Callers who got an answer.
    pub fn answers(&self) -> u64 {
        self.memory_hits + self.store_hits + self.misses.values().sum::<u64>() + self.stale + self.joined
    }

    /// The part of all answers that were hits, from 0 to 1; `None` before the first.
    pub fn hit_rate(&self) -> Option<f64> {
        let hits = self.memory_hits + self.store_hits;
        (self.answers() > 0).then(|| hits as f64 / self.answers() as f64)
    }

    /// Notes an answer.
    pub(super) fn note(&mut self, outcome: &Outcome) {
        let age = match outcome {
            Outcome::Hit { age, tier } => {
                match tier {
                    Tier::Memory => self.memory_hits += 1,
                    Tier::Store => self.store_hits += 1,
                }
                *age
            }
            Outcome::Miss { reason } => {
                *self.misses.entry(reason.as_str()).or_default() += 1;
                TimeDelta::zero()
            }
            Outcome::Stale { age, .. } => {
                self.stale += 1;
                *age
            }
            Outcome::Joined { age } => {
                self.joined += 1;
                *age
            }
        };
        self.oldest = self.oldest.max(age);
        self.ages = self.ages.checked_add(&age).unwrap_or(TimeDelta::MAX);
    }
}

/// What the cache holds of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// What was asked for.
    pub entries: u64,
    /// As it came from the provider.
    pub bytes: u64,
    /// When the oldest of it came; `None` when nothing did.
    pub oldest: Option<Timestamp>,
    /// When the youngest of it came; `None` when nothing did.
    pub newest: Option<Timestamp>,
}

impl Holdings {
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
