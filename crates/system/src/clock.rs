//! The clock of the system.

use strikebook_core::{Clock, Timestamp};

/// The time of the system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// Returns the system's time; for one before 1800 or after 2199, the bound of the range.
    fn now(&self) -> Timestamp {
        let now = chrono::Utc::now();
        Timestamp::try_from(now).unwrap_or(if now.timestamp() < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }
}
