//! The caller's options of one request.

use chrono::TimeDelta;

/// The rule for when to call the provider, and for what to return when the call fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FetchPolicy {
    /// Never fetches. A stale answer is returned as stale; a request without a cached answer is an error.
    CacheOnly,
    /// Fetches when the cached answer is older than `max_age`. A failed fetch is an error.
    #[default]
    CacheFirst,
    /// Always fetches. After a failed fetch, returns a cached answer no older than `max_age`.
    NetworkFirst,
    /// Always fetches. A failed fetch is an error.
    NetworkOnly,
    /// Fetches when the cached answer is older than `max_age`. After a failed fetch, returns the cached answer of any
    /// age.
    StaleIfError,
    /// Returns the cached answer of any age at once. When that answer is older than `max_age`, a fetch starts for
    /// later callers.
    StaleWhileRevalidate,
}

impl FetchPolicy {
    /// Returns true for a policy that fetches even when a fresh answer is cached.
    pub const fn is_forced(self) -> bool {
        matches!(self, Self::NetworkFirst | Self::NetworkOnly)
    }
}

/// A caller's policy and greatest age for one request. The default is [`FetchPolicy::CacheFirst`] with the
/// [age of the kind](super::Request::MAX_AGE).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchOptions {
    /// The rule for when to call the provider.
    pub policy: FetchPolicy,
    /// The greatest age of a fresh answer, counted from its fetch and inclusive. `None` stands for the
    /// [age of the kind](super::Request::MAX_AGE).
    pub max_age: Option<TimeDelta>,
}

impl FetchOptions {
    /// Creates options with a policy and the age of the kind.
    pub const fn new(policy: FetchPolicy) -> Self {
        Self { policy, max_age: None }
    }

    /// Sets the greatest age of a fresh answer.
    #[must_use]
    pub const fn with_max_age(mut self, max_age: TimeDelta) -> Self {
        self.max_age = Some(max_age);
        self
    }
}
