//! What a caller asks for, and what it is told.

use std::sync::Arc;

use chrono::TimeDelta;
use strikebook_core::{
    Error, Timestamp,
    operations::{CacheEntry, FetchOutcome},
};

use crate::quality::Finding;

/// When to ask the provider, and what to do when it fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FetchPolicy {
    /// Never ask the provider. What is older than wanted is given as stale; when there is nothing, that is an error.
    CacheOnly,
    /// Fetches when the cached answer is older than `max_age`. A failed fetch is an error.
    #[default]
    CacheFirst,
    /// Ask the provider always. When it fails, what there is will do if it is young enough.
    NetworkFirst,
    /// Ask the provider always. When it fails, that is an error.
    NetworkOnly,
    /// Ask the provider when what there is, is too old. When it fails, that will do however old it is.
    StaleIfError,
    /// Give what there is at once, however old it is; when it is too old, ask the provider meanwhile, for those who
    /// come later.
    StaleWhileRevalidate,
}

impl FetchPolicy {
    /// Whether the provider is asked whatever there is.
    pub const fn is_forced(self) -> bool {
        matches!(self, Self::NetworkFirst | Self::NetworkOnly)
    }
}

/// How a caller wants to be answered. The default is [`FetchPolicy::CacheFirst`] with the
/// [age of the kind](super::Request::MAX_AGE).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// When to ask the provider.
    pub policy: FetchPolicy,
    /// How old an answer may be, counted from its fetch; one of exactly that age will do. `None` is the kind's own age.
    pub max_age: Option<TimeDelta>,
}

impl Ask {
    /// With a policy, and the age of the kind.
    pub const fn new(policy: FetchPolicy) -> Self {
        Self { policy, max_age: None }
    }

    /// With a greatest age.
    #[must_use]
    pub const fn with_max_age(mut self, max_age: TimeDelta) -> Self {
        self.max_age = Some(max_age);
        self
    }
}

/// Where a hit was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// In this process's memory.
    Memory,
    /// In the store.
    Store,
}

/// Why the provider had to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissReason {
    /// It never was.
    NeverFetched,
    /// What there is, is too old.
    TooOld {
        /// How old.
        age: TimeDelta,
        /// How old it might have been.
        max_age: TimeDelta,
    },
    /// What there was is kept no longer.
    Expired,
    /// What there was is no longer in the store.
    Gone,
    /// There was nothing when it was asked last, and it is time to ask again.
    EmptyBefore,
    /// It failed when it was asked last, and nothing came before.
    FailedBefore,
    /// The caller wanted it.
    Forced,
}

impl MissReason {
    /// The reason as lower snake case text.
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

    /// Why to ask, by what is known from the last time; `None` when there is no need: what came is young enough, or
    /// there is known to be nothing.
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

/// What happened.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// What there was will do.
    Hit {
        /// How old it is.
        age: TimeDelta,
        /// Where it was.
        tier: Tier,
    },
    /// The provider was asked.
    Miss {
        /// Why.
        reason: MissReason,
    },
    /// What there was is older than wanted, and given all the same.
    Stale {
        /// How old it is.
        age: TimeDelta,
        /// Why there is nothing younger; `None` when the provider was not asked, or is being asked.
        error: Option<Arc<Error>>,
    },
    /// Somebody else, in this process or another, was asking the provider already.
    Joined {
        /// How old what came is.
        age: TimeDelta,
    },
}

/// An answer and how it came about.
#[derive(Debug)]
pub struct Pulled<T> {
    /// The answer; `None` when there is known to be none.
    pub data: Option<Arc<T>>,
    /// When it came from the provider; of no data, when the provider said so.
    pub fetched_at: Timestamp,
    /// What happened.
    pub outcome: Outcome,
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
        assert_eq!(reason(&data, later(age)), None, "the greatest age will do");
        let older = age + TimeDelta::microseconds(1);
        assert_eq!(reason(&data, later(older)), Some(MissReason::TooOld { age: older, max_age: age }));
        assert_eq!(reason(&data, later(day * 30)), Some(MissReason::Expired));
        assert_eq!(reason(&data, at.saturating_sub(day)), None, "a clock that went back");

        let empty = CacheEntry { outcome: FetchOutcome::Empty, retry_after: Some(later(day)), ..entry(at) };
        assert_eq!(reason(&empty, later(day / 2)), None, "known to be empty");
        assert_eq!(reason(&empty, later(day)), Some(MissReason::EmptyBefore));

        let failed = CacheEntry { outcome: FetchOutcome::Failed, retry_after: Some(later(day)), ..entry(at) };
        assert_eq!(reason(&failed, later(age)), None, "what came before is young enough");
        assert_eq!(reason(&CacheEntry { fetched_at: None, ..failed }, at), Some(MissReason::FailedBefore));
    }
}
