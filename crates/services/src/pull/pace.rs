//! How fast a provider is asked, and how long to wait after it failed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use strikebook_core::{Error, Name, Timestamp};

/// A rate at which a provider is asked, and the pause that it asked for: one that answered
/// [`RateLimited`](strikebook_core::ErrorKind::RateLimited), or with an error that says when to
/// [try again](Error::retry_after), is not asked for anything before. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    interval: Duration,
    /// When the next request may go out.
    next: Arc<Mutex<Option<Instant>>>,
    /// The last pause that each provider asked for.
    pauses: Arc<Mutex<HashMap<Name, Pause>>>,
}

/// Until when a provider is left alone, and the error with which it asked for that.
type Pause = (Timestamp, Arc<Error>);

impl Pace {
    /// One request in each interval, at most.
    pub fn every(interval: Duration) -> Self {
        Self { interval, ..Self::default() }
    }

    /// Waits for its turn. Those who wait get theirs in the order in which they came. A turn that is not taken, because
    /// who waited went away, is lost.
    pub async fn turn(&self) {
        let wait = self.reserve(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Leaves a provider alone until an instant.
    pub(super) fn pause(&self, provider: Name, until: Timestamp, error: &Arc<Error>) {
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.insert(provider, (until, Arc::clone(error)));
    }

    /// Returns how long a provider is still to be left alone, and why; `None` when it may be asked.
    pub(super) fn paused(&self, provider: Name, now: Timestamp) -> Option<(TimeDelta, Arc<Error>)> {
        let pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, error) = pauses.get(&provider).filter(|(until, _)| now < *until)?;
        Some((until.since(now), Arc::clone(error)))
    }

    /// Takes the next turn, and tells how long it is till then.
    fn reserve(&self, now: Instant) -> Duration {
        if self.interval.is_zero() {
            return Duration::ZERO;
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = turn.checked_add(self.interval);
        turn.saturating_duration_since(now)
    }
}

/// How long to wait after so many attempts failed: `first` doubled with each further one and no more than `longest`, of
/// which a random half is left out, so that many who failed together do not come back together.
pub(super) fn backoff(failed: u32, first: Duration, longest: Duration) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX));
    doubled.min(longest).mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_keep_their_distance() {
        let pace = Pace::every(Duration::from_secs(2));
        let now = Instant::now();
        let waits: Vec<_> = (0..3).map(|_| pace.clone().reserve(now).as_secs()).collect();
        assert_eq!(waits, [0, 2, 4]);
        assert_eq!(pace.reserve(now + Duration::from_secs(60)), Duration::ZERO, "turns are not saved up");
        assert_eq!(pace.reserve(now + Duration::from_secs(61)), Duration::from_secs(1));
        assert_eq!(Pace::default().reserve(now), Duration::ZERO);
    }

    #[test]
    fn waits_grow_to_the_longest() {
        let (first, longest) = (Duration::from_millis(500), Duration::from_secs(10));
        for (failed, most) in [(1, 500), (2, 1_000), (3, 2_000), (6, 10_000), (40, 10_000), (u32::MAX, 10_000)] {
            for _ in 0..100 {
                let wait = backoff(failed, first, longest).as_millis();
                assert!((most / 2..=most).contains(&wait), "{wait} ms after {failed}");
            }
        }
    }
}
