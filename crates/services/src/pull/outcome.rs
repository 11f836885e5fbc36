//! The answer to a request, and its origin.

use std::sync::Arc;

use chrono::TimeDelta;
use strikebook_core::{
    Error, Timestamp,
    operations::{CacheEntry, FetchOutcome},
};

use crate::quality::Finding;

/// The place where a hit was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheTier {
    /// The memory of this process.
    Memory,
    /// The store, which other processes may share.
    Store,
}

/// The reason for a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissReason {
    /// The provider was never asked for this.
    NeverFetched,
    /// The cached answer is older than `max_age`.
    TooOld {
        /// The age of the cached answer.
        age: TimeDelta,
        /// The greatest age of a fresh answer.
        max_age: TimeDelta,
    },
    /// The cached answer has expired.
    Expired,
    /// The cache has an entry, but its rows are no longer in the store.
    Gone,
    /// The provider had nothing at the last fetch, and may be asked again.
    EmptyBefore,
    /// The provider failed at the last fetch, and no answer came before.
    FailedBefore,
    /// The policy is [forced](super::FetchPolicy::is_forced).
    Forced,
}

impl MissReason {
    /// Returns the reason in lower snake case.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NeverFetched => "never_fetched",
            Self::TooOld { .. } => "too_old",
            Self::Expired => "expired",
            Self::Gone => "gone",
            Self::EmptyBefore => "empty_before",
            Self::FailedBefore => "failed_before",
            Self::Forced => "forced",
        }
    }

    /// Returns the reason to fetch that follows from a cache entry; `None` when its answer is fresh, or the provider is
    /// known to have nothing.
    pub(super) fn of(entry: Option<&CacheEntry>, max_age: TimeDelta, now: Timestamp) -> Option<Self> {
        let Some(entry) = entry else { return Some(Self::NeverFetched) };
        if entry.expires_at <= now {
            return Some(Self::Expired);
        }
        if entry.outcome == FetchOutcome::Empty {
            return (!entry.must_wait(now)).then_some(Self::EmptyBefore);
        }
        match entry.age(now) {
            None => Some(Self::FailedBefore),
            Some(age) if age > max_age => Some(Self::TooOld { age, max_age }),
            Some(_) => None,
        }
    }
}

/// The origin of an answer.
#[derive(Clone, Debug)]
pub enum PullOutcome {
    /// A fresh answer was cached.
    Hit {
        /// The age of the answer.
        age: TimeDelta,
        /// The place where the answer was found.
        tier: CacheTier,
    },
    /// This caller's fetch brought the answer.
    Miss {
        /// The reason for the fetch.
        reason: MissReason,
    },
    /// The cached answer is older than `max_age`, and the policy admits that.
    Stale {
        /// The age of the answer.
        age: TimeDelta,
        /// The failure of the fetch; `None` when the policy did not fetch, or does so in the background.
        error: Option<Arc<Error>>,
    },
    /// A fetch of another caller, in this process or another, brought the answer.
    Joined {
        /// The age of the answer.
        age: TimeDelta,
    },
}

/// An answer and its origin.
#[derive(Debug)]
pub struct Pulled<T> {
    /// The data; `None` when the provider is known to have none.
    pub data: Option<Arc<T>>,
    /// The instant of the fetch that brought the data, or the report that there is none.
    pub fetched_at: Timestamp,
    /// The origin of the answer.
    pub outcome: PullOutcome,
    /// The findings of the [gate](super::PullOptions::gate) in the fetch that brought this answer, one for each wrong
    /// row. Empty when nothing was wrong, and for an answer that was read from the store: the reports of its fetch are
    /// in the store as well.
    pub findings: Arc<[Finding]>,
}

#[cfg(test)]
mod tests {
    use strikebook_core::operations::CacheKey;

    use super::*;

    fn entry(fetched_at: Timestamp) -> CacheEntry {
        let name = |text: &str| text.parse().expect("a name");
        let key = CacheKey { dataset: name("chains"), subject: name("SPY") };
        CacheEntry::new(key, name("cboe"), fetched_at, fetched_at.saturating_add(TimeDelta::days(30)))
    }

    #[test]
    fn reasons_follow_from_what_is_known() {
        let at: Timestamp = "2025-09-25T20:00:00Z".parse().expect("valid");
        let (age, day) = (TimeDelta::minutes(15), TimeDelta::days(1));
        let later = |span| at.saturating_add(span);
        let reason = |entry: &CacheEntry, now| MissReason::of(Some(entry), age, now);
        assert_eq!(MissReason::of(None, age, at), Some(MissReason::NeverFetched));

        let data = entry(at);
        assert_eq!(reason(&data, later(age)), None, "the greatest age is inclusive");
        let older = age + TimeDelta::microseconds(1);
        assert_eq!(reason(&data, later(older)), Some(MissReason::TooOld { age: older, max_age: age }));
        assert_eq!(reason(&data, later(day * 30)), Some(MissReason::Expired));
        assert_eq!(reason(&data, at.saturating_sub(day)), None, "a clock that went back");

        let empty = CacheEntry { outcome: FetchOutcome::Empty, retry_after: Some(later(day)), ..entry(at) };
        assert_eq!(reason(&empty, later(day / 2)), None, "known to be empty");
        assert_eq!(reason(&empty, later(day)), Some(MissReason::EmptyBefore));

        let failed = CacheEntry { outcome: FetchOutcome::Failed, retry_after: Some(later(day)), ..entry(at) };
        assert_eq!(reason(&failed, later(age)), None, "the data of the fetch before is fresh");
        assert_eq!(reason(&CacheEntry { fetched_at: None, ..failed }, at), Some(MissReason::FailedBefore));
    }
}
