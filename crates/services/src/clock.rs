//! The system's clock.

use strikebook_core::{Clock, Timestamp};

/// The time of the system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// A clock set to before 1800 or after 2199 tells the bound that is nearer.
    fn now(&self) -> Timestamp {
        let now = chrono::Utc::now();
        Timestamp::try_from(now).unwrap_or(if now.timestamp() < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }
}
