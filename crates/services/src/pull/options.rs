//! How a puller is set up.

use std::time::Duration;

use chrono::TimeDelta;
use strikebook_core::Decimal;

use super::Pace;
use crate::quality::GatePolicy;

/// What to do when the month's cap is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverBudget {
    /// Give what there is, however old, and say so; an error when there is nothing, or when the caller wants
    /// [`NetworkOnly`](super::FetchPolicy::NetworkOnly).
    #[default]
    Stale,
    /// Answer as if the provider had failed.
    Refuse,
}

/// How a puller is set up.
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
/// | `pace` | as fast as it goes |
/// | `monthly_cap` | 100 |
/// | `over_budget` | [`OverBudget::Stale`] |
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
    /// [`ClockSkew`](strikebook_core::ErrorKind::ClockSkew), and nothing of their batch is stored.
    pub max_clock_skew: TimeDelta,
    /// The treatment of fetched rows that are wrong by themselves, such as a bid above its ask.
    pub gate: GatePolicy,
    /// How long it is taken that there is nothing, when the provider does not say.
    pub empty_pause: TimeDelta,
    /// The time to leave a failed provider alone when the provider does not say. A forced fetch does not wait for the
    /// end of this pause, unless the provider is [rate limited](strikebook_core::ErrorKind::RateLimited).
    pub failure_pause: TimeDelta,
    /// How often one fetch asks the provider at most, at least once.
    pub attempts: u32,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// About how long to wait before the second attempt. Each wait is about twice the one before, but for a random part
    /// up to a half of it.
    pub first_backoff: Duration,
    /// The longest wait between attempts. A provider that wants a longer one is given up at once, with its error.
    pub longest_backoff: Duration,
    /// How fast the provider is asked. Clones of a pace share it: several pullers of one provider are given clones of
    /// one.
    pub pace: Pace,
    /// What all fetches of a month, of all providers, may cost.
    pub monthly_cap: Decimal,
    /// What to do when that is reached.
    pub over_budget: OverBudget,
    /// For how long a fetch keeps other processes from the same one, renewed with each attempt: longer than an attempt
    /// and the wait before it take, and than clocks differ.
    pub lease: TimeDelta,
    /// How long to wait for another process's fetch.
    pub patience: Duration,
    /// How often to look whether another process is done.
    pub poll: Duration,
    /// How much of what was fetched is held in memory, counted as it came from the provider.
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
            pace: Pace::default(),
            monthly_cap: Decimal::ONE_HUNDRED,
            over_budget: OverBudget::default(),
            lease: TimeDelta::minutes(2),
            patience: Duration::from_secs(300),
            poll: Duration::from_millis(100),
            memory_bytes: 64 << 20,
        }
    }
}
