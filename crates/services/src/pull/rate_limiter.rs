//! The rate of calls to a provider, and the waits after its failures.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use strikebook_core::{Error, Name, Timestamp};

/// A limit on the rate of calls, together with the pauses that providers asked for: after
/// [`RateLimited`](strikebook_core::ErrorKind::RateLimited), or an error that says when to
/// [try again](Error::retry_after), a provider is not called for any request before that time. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct RateLimiter {
    interval: Duration,
    /// The instant from which on the next call may go out.
    next: Arc<Mutex<Option<Instant>>>,
    /// The last pause that each provider asked for.
    pauses: Arc<Mutex<HashMap<Name, Pause>>>,
}

/// The end of a provider's pause, and the error that asked for it.
type Pause = (Timestamp, Arc<Error>);

impl RateLimiter {
    /// Creates a limiter that admits one call in each interval.
    pub fn every(interval: Duration) -> Self {
        Self { interval, ..Self::default() }
    }

    /// Waits until the next call may go out. Callers are admitted in the order in which they came. The slot of a
    /// caller that goes away is lost.
    pub async fn acquire(&self) {
        let wait = self.reserve(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Pauses a provider until an instant.
    pub(super) fn pause(&self, provider: Name, until: Timestamp, error: &Arc<Error>) {
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.insert(provider, (until, Arc::clone(error)));
    }

    /// Returns the rest of a provider's pause and the error that asked for it; `None` when the provider may be called.
    pub(super) fn paused(&self, provider: Name, now: Timestamp) -> Option<(Duration, Arc<Error>)> {
        let pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, error) = pauses.get(&provider).filter(|(until, _)| now < *until)?;
        Some((time_until(*until, now), Arc::clone(error)))
    }

    /// Takes the next slot, and returns the time until then.
    fn reserve(&self, now: Instant) -> Duration {
        if self.interval.is_zero() {
            return Duration::ZERO;
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = next.map_or(now, |next| next.max(now));
        *next = slot.checked_add(self.interval);
        slot.saturating_duration_since(now)
    }
}

/// Returns the time until an instant; zero for one that has passed.
pub(super) fn time_until(instant: Timestamp, now: Timestamp) -> Duration {
    // A negative span has no duration.
    instant.since(now).to_std().unwrap_or(Duration::ZERO)
}

/// Returns the wait after a number of failed attempts: `first`, doubled for each further one up to `longest`, less a
/// random part of up to a half, so that callers who failed together do not come back together.
pub(super) fn backoff(failed: u32, first: Duration, longest: Duration) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX));
    doubled.min(longest).mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_keep_their_distance() {
        let limiter = RateLimiter::every(Duration::from_secs(2));
        let now = Instant::now();
        let waits: Vec<_> = (0..3).map(|_| limiter.clone().reserve(now).as_secs()).collect();
        assert_eq!(waits, [0, 2, 4]);
        assert_eq!(limiter.reserve(now + Duration::from_secs(60)), Duration::ZERO, "slots are not saved up");
        assert_eq!(limiter.reserve(now + Duration::from_secs(61)), Duration::from_secs(1));
        assert_eq!(RateLimiter::default().reserve(now), Duration::ZERO);
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
