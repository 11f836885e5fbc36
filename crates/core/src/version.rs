//! Corrections: the effect of a write on stored versions, and the versions themselves.

use std::ops::AddAssign;

use serde::Serialize;

use crate::Timestamp;

/// The effect of an upsert, row by row: the five counts add up to the number of rows passed in.
///
/// # Rules of every upsert
/// - Either all rows are stored or none.
/// - Repeating an upsert changes nothing: the rows are counted as `unchanged`.
/// - Of several rows with one key the last one counts. The order of rows does not matter otherwise.
/// - A row that was recorded before its `at` by more than [`CLOCK_TOLERANCE`](crate::CLOCK_TOLERANCE), one minute, is
///   [`InvalidInput`](crate::ErrorKind::InvalidInput) with the field `recorded_at`: no price is known before
///   the market has it. Of an observation the start of its day counts.
/// - An empty batch does nothing.
///
/// # Versions
/// A row's *version* is its values, without its key and without `recorded_at`. The versions of a key are ordered by
/// `recorded_at`, and each is valid from its own `recorded_at` until that of the next one. A row passed in is
/// compared with the version that is valid at the row's `recorded_at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Upserted {
    /// Rows whose key was not in the store.
    pub inserted: u64,
    /// Rows that superseded the current version of their key. The superseded version stays readable as of the time in
    /// which it was valid. Only when both have the same `recorded_at`, so that no such time exists, is the old
    /// version replaced.
    pub corrected: u64,
    /// Rows that arrived late: recorded before the current version was, and different from the version that was valid
    /// then. They enter the past; the current version stays.
    pub backfilled: u64,
    /// Rows equal to the version that was valid already. Nothing was written for them.
    pub unchanged: u64,
    /// Rows whose key occurs again later in the same batch. The last row of a key wins.
    pub repeated: u64,
}

impl Upserted {
    /// Returns the number of rows passed in: the sum of all counts.
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

/// One version of a row and the interval of knowledge time in which it was valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Version<T> {
    /// The row as it was written; its `recorded_at` starts the interval.
    pub row: T,
    /// The `recorded_at` of the next version, which ends the interval; `None` for the current version.
    pub superseded_at: Option<Timestamp>,
}
