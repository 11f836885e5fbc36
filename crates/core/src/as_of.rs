//! The two limits of a point-in-time read.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{Error, Result, Timestamp};

/// How far a point-in-time read may look, on both clocks.
///
/// Every stored row has two times: `at`, when the market said it, and `recorded_at`, when we learned it. A read as of
/// these limits returns no row whose `at` is after [`at`](Self::at), and none whose `recorded_at` is after
/// [`known_by`](Self::known_by). A value corrected after `known_by` comes back as it was believed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AsOf {
    /// The event limit: rows with `at` up to and including this instant.
    pub at: Timestamp,
    /// The knowledge limit: rows with `recorded_at` up to and including this instant; `None` means all that is known
    /// today.
    pub known_by: Option<Timestamp>,
}

impl AsOf {
    /// What was known at an instant about the time up to it: both limits are `at`. The right choice for a backtest.
    pub const fn instant(at: Timestamp) -> Self {
        Self { at, known_by: Some(at) }
    }

    /// What is known today about the time up to an instant, later corrections and late arrivals included.
    pub const fn with_hindsight(at: Timestamp) -> Self {
        Self { at, known_by: None }
    }

    /// Sets the knowledge limit.
    #[must_use]
    pub const fn known_by(mut self, known_by: Timestamp) -> Self {
        self.known_by = Some(known_by);
        self
    }

    /// The earliest `at` of a row that is at most so old at the event limit; with `None` that of any age.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative age.
    pub fn oldest(&self, max_age: Option<TimeDelta>) -> Result<Timestamp> {
        match max_age {
            None => Ok(Timestamp::MIN),
            Some(age) if age >= TimeDelta::zero() => Ok(self.at.saturating_sub(age)),
            Some(age) => {
                Err(Error::invalid_input("max_age must not be negative").with("field", "max_age").with("value", age))
            }
        }
    }

    /// Whether a row with these two times lies within both limits.
    pub fn admits(&self, at: Timestamp, recorded_at: Timestamp) -> bool {
        at <= self.at && self.known_by.is_none_or(|known_by| recorded_at <= known_by)
    }
}
