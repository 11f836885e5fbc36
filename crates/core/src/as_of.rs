//! The two limits of a point-in-time read.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{Error, Result, Timestamp};

/// The two limits of a point-in-time read: one on event time, one on knowledge time.
///
/// Every stored row has two times: `at`, when the market or the broker said it (event time), and `recorded_at`, when
/// it reached us (knowledge time). A read as of these limits returns no row whose `at` is after [`at`](Self::at), and
/// none whose `recorded_at` is after [`known_by`](Self::known_by). Of a value that was corrected after `known_by`,
/// the read returns the version that was valid at `known_by`. A backtest that reads so has no look-ahead bias.
///
/// ```
/// use strikebook_core::{AsOf, Timestamp};
///
/// let close: Timestamp = "2025-09-25T20:00:00Z".parse()?;
/// let next_morning: Timestamp = "2025-09-26T12:00:00Z".parse()?;
/// assert!(!AsOf::instant(close).admits(close, next_morning));
/// assert!(AsOf::with_hindsight(close).admits(close, next_morning));
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AsOf {
    /// The event limit: rows with `at` up to and including this instant.
    pub at: Timestamp,
    /// The knowledge limit: rows with `recorded_at` up to and including this instant. `None` sets no limit: every
    /// version recorded so far counts.
    pub known_by: Option<Timestamp>,
}

impl AsOf {
    /// Creates limits that are both `at`: the state of knowledge at that instant about the time up to it. The right
    /// choice for a backtest.
    pub const fn instant(at: Timestamp) -> Self {
        Self { at, known_by: Some(at) }
    }

    /// Creates an event limit without a knowledge limit: the time up to an instant as it is known today, with later
    /// corrections and late arrivals.
    pub const fn with_hindsight(at: Timestamp) -> Self {
        Self { at, known_by: None }
    }

    /// Sets the knowledge limit.
    #[must_use]
    pub const fn known_by(mut self, known_by: Timestamp) -> Self {
        self.known_by = Some(known_by);
        self
    }

    /// Returns the latest `recorded_at` of a row; [`Timestamp::MAX`] without a knowledge limit.
    pub fn knowledge_limit(&self) -> Timestamp {
        self.known_by.unwrap_or(Timestamp::MAX)
    }

    /// Returns the earliest `at` of a row that is at most `max_age` old at the event limit; [`Timestamp::MIN`] for
    /// `None`.
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

    /// Returns true if a row with these two times lies within both limits.
    pub fn admits(&self, at: Timestamp, recorded_at: Timestamp) -> bool {
        at <= self.at && self.known_by.is_none_or(|known_by| recorded_at <= known_by)
    }
}
