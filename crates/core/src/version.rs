//! Corrections: what a write did to the stored versions of its rows, and the versions themselves.

use std::ops::AddAssign;

use serde::Serialize;

use crate::Timestamp;

/// What an upsert did, row by row: the five counts add up to the rows passed in.
///
/// A row's *version* is its values, without its key and without `recorded_at`. Each key has versions in the order of
/// `recorded_at`, and each version is believed from its own `recorded_at` until the next one's. A row passed in is
/// compared with the version believed at its `recorded_at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Upserted {
    /// Keys that the store did not have.
    pub inserted: u64,
    /// Rows that became the current version of a key that had another; the other is kept, with the time in which it was
    /// believed. Only when both have the same `recorded_at`, and so no such time exists, is it replaced.
    pub corrected: u64,
    /// Rows that arrived late: learned before the current version was, and different from what was believed then. They
    /// take their place in the past; the current version stays.
    pub backfilled: u64,
    /// Rows equal to what was already believed. Nothing was written for them.
    pub unchanged: u64,
    /// Rows whose key occurs again later in the same batch. The last row of a key wins.
    pub repeated: u64,
}

impl Upserted {
    /// All rows passed in.
    pub const fn rows(&self) -> u64 {
        self.inserted + self.corrected + self.backfilled + self.unchanged + self.repeated
    }
}

impl AddAssign for Upserted {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.corrected += other.corrected;
        self.backfilled += other.backfilled;
        self.unchanged += other.unchanged;
        self.repeated += other.repeated;
    }
}

/// One version of a row and the interval in which it was believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Version<T> {
    /// The row as it was written; its `recorded_at` is where the interval starts.
    pub row: T,
    /// When the next version was learned; `None` for the current one.
    pub superseded_at: Option<Timestamp>,
}
