//! The options of a puller.

use std::time::Duration;

use chrono::TimeDelta;
use strikebook_core::Decimal;

use super::RateLimiter;
use crate::quality::GatePolicy;

/// The behaviour of a puller once the monthly cap is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverCap {
    /// Returns the cached answer of any age as stale. A request without one, or with
    /// [`NetworkOnly`](super::FetchPolicy::NetworkOnly), is an error.
    #[default]
    Stale,
    /// Answers as after a failed fetch.
    Refuse,
}

/// The options of a puller.
///
/// | field | default |
/// |---|---|
/// | `expiry` | the kind's own: 7 days for prices, 30 days otherwise |
/// | `max_bytes` | 5 GB |
/// | `max_clock_skew` | 5 s |
/// | `gate` | [`GatePolicy::Quarantine`] |
/// | `empty_pause` | 1 hour |
/// | `failure_pause` | 30 s |
/// | `attempts` | 3 |
/// | `timeout` | 30 s |
/// | `first_backoff`, `longest_backoff` | 500 ms, 10 s |
/// | `rate_limiter` | no limit |
/// | `monthly_cap` | 100 |
/// | `over_cap` | [`OverCap::Stale`] |
/// | `lease` | 2 minutes |
/// | `patience` | 5 minutes |
/// | `poll` | 100 ms |
/// | `memory_bytes` | 64 MiB |
#[derive(Clone, Debug)]
pub struct PullOptions {
    /// The time to keep fetched data; `None` for the [kind's own](super::Request::EXPIRY).
    pub expiry: Option<TimeDelta>,
    /// The most bytes on disk that fetched data may take before the least recently used of it [is
    /// deleted](super::clean_up). Other rows of the store do not count. Pullers of one store share this limit: give all
    /// of them the same.
    pub max_bytes: u64,
    /// The furthest that the instants of a provider's records may be ahead of our clock. Such records are given to the
    /// caller at once, though our clock has not reached them. Records further ahead are refused with
    /// [`ClockSkew`](strikebook_core::ErrorKind::ClockSkew), and nothing of their batch is stored. No store takes
    /// records that are ahead by more than [`CLOCK_TOLERANCE`](strikebook_core::CLOCK_TOLERANCE).
    pub max_clock_skew: TimeDelta,
    /// The treatment of fetched rows that are wrong by themselves, such as a bid above its ask.
    pub gate: GatePolicy,
    /// The time to cache an empty answer when the provider names no other.
    pub empty_pause: TimeDelta,
    /// The time to leave a failed provider alone when the provider does not say. A forced fetch does not wait for the
    /// end of this pause, unless the provider is [rate limited](strikebook_core::ErrorKind::RateLimited).
    pub failure_pause: TimeDelta,
    /// The most attempts of one fetch; 0 counts as 1.
    pub attempts: u32,
    /// The time limit of one attempt.
    pub timeout: Duration,
    /// The wait before the second attempt. Each further wait is twice the one before; a random part of up to a half is
    /// subtracted.
    pub first_backoff: Duration,
    /// The longest wait between attempts. A provider that asks for a longer one fails the fetch at once, with its
    /// error.
    pub longest_backoff: Duration,
    /// The limit on the rate of calls. Clones share the limit: give clones of one to all pullers of a provider.
    pub rate_limiter: RateLimiter,
    /// The most that all fetches of a calendar month (UTC) may cost, all providers together.
    pub monthly_cap: Decimal,
    /// The behaviour once the monthly cap is reached.
    pub over_cap: OverCap,
    /// The time for which a fetch keeps other processes from the same one. Each attempt renews the lease. It must
    /// exceed an attempt with the wait before it, plus the difference between the clocks of the processes.
    pub lease: TimeDelta,
    /// The longest wait for the fetch of another process.
    pub patience: Duration,
    /// The interval between checks for the result of another process.
    pub poll: Duration,
    /// The most bytes of fetched data to hold in memory, counted as the provider sent them.
    pub memory_bytes: u64,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self {
            expiry: None,
            max_bytes: 5_000_000_000,
            max_clock_skew: TimeDelta::seconds(5),
            gate: GatePolicy::default(),
            empty_pause: TimeDelta::hours(1),
            failure_pause: TimeDelta::seconds(30),
            attempts: 3,
            timeout: Duration::from_secs(30),
            first_backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(10),
            rate_limiter: RateLimiter::default(),
            monthly_cap: Decimal::ONE_HUNDRED,
            over_cap: OverCap::default(),
            lease: TimeDelta::minutes(2),
            patience: Duration::from_secs(300),
            poll: Duration::from_millis(100),
            memory_bytes: 64 << 20,
        }
    }
}
