//! The puller, read top-down: one request, then the cache, then the fetch that is joined or started.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use strikebook_core::{
    Clock, Error, ErrorKind, Name, Result, Store, Timestamp,
    operations::{CacheFilter, CacheKey},
    port::Keyed,
};
use tracing::debug;

use super::{
    CacheTier, CacheUsage, CleanUpReport, FetchOptions, FetchPolicy, MissReason, OverCap, Provider, PullOptions,
    PullOutcome, PullStatistics, Pulled, Request,
    cache::{CachedAnswer, PullCache},
    clean_up::{claim_due, clean_up_expired},
    failure::{FailureCause, FetchFailure},
    fetch::{FetchResult, Fetcher, Requirements},
    plan_clean_up,
    shared_task::{SharedTask, SharedTasks},
    statistics::StatisticsRecorder,
};

/// The interval between automatic clean-ups of a store.
const CLEAN_UP_INTERVAL: TimeDelta = TimeDelta::hours(24);

/// Answers requests of one kind from memory, a store and a provider. Clones share everything.
///
/// A puller needs a `tokio` runtime with time.
///
/// # Cancel safety
/// A dropped call of a method that only reads does no harm. The others say what a dropped call leaves.
pub struct Puller<R: Request>(Arc<Inner<R>>);

impl<R: Request> Clone for Puller<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Request> fmt::Debug for Puller<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fetcher { provider, options, .. } = &self.0.fetcher;
        f.debug_struct("Puller").field("provider", provider).field("options", options).finish_non_exhaustive()
    }
}

impl<R: Request> Puller<R> {
    /// Creates a puller from a provider into a store.
    pub fn new(
        store: Arc<dyn Store>,
        provider: Arc<dyn Provider<R>>,
        clock: Arc<dyn Clock>,
        options: PullOptions,
    ) -> Self {
        let cache = PullCache::new(store, &options);
        Self(Arc::new(Inner {
            fetcher: Fetcher { cache, provider, clock, options, statistics: StatisticsRecorder::default() },
            fetches: SharedTasks::default(),
            last_clean_up_check: Mutex::default(),
            last_clean_up: Mutex::default(),
        }))
    }

    /// Answers a request.
    ///
    /// # Errors
    /// - [`NotFound`](ErrorKind::NotFound) under [`CacheOnly`](FetchPolicy::CacheOnly) when nothing is cached, and when
    ///   the provider sent only records that the request leaves out: too old, or expired.
    /// - The provider's error when the fetch failed and the [policy](FetchPolicy) has no fall-back, for all who waited.
    ///   An error of the same kind follows while the failed provider is left alone:
    ///   [`RateLimited`](ErrorKind::RateLimited) answers every request of that provider until its
    ///   [`retry_after`](Error::retry_after).
    /// - [`ClockSkew`](ErrorKind::ClockSkew), with `record_at` and `now`, when a record is ahead of our clock by more
    ///   than [`max_clock_skew`](PullOptions::max_clock_skew).
    /// - [`InvalidInput`](ErrorKind::InvalidInput) when the [gate](PullOptions::gate) refuses the batch, when all rows
    ///   are wrong, and for records of something else.
    /// - [`Unavailable`](ErrorKind::Unavailable) when the fetch would exceed the monthly cap.
    /// - [`Timeout`](ErrorKind::Timeout) when the provider or another process takes too long.
    ///
    /// # Cancel safety
    /// A started fetch runs on, for the others who wait for it and for later callers.
    pub async fn get(&self, request: &R, options: FetchOptions) -> Result<Pulled<R::Data>> {
        let answer = self.0.get(request, options).await;
        self.0.fetcher.statistics.update(|statistics| match &answer {
            Ok(pulled) => statistics.count(&pulled.outcome),
            Err(_) => statistics.errors += 1,
        });
        answer
    }

    /// Deletes the cached answer of a request, so that the next call fetches. Stored rows stay. Returns true when there
    /// was an answer.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Cancel safety
    /// A dropped call deletes the answer or not.
    pub async fn forget(&self, request: &R) -> Result<bool> {
        let key = key_of(request)?;
        let cache = &self.0.fetcher.cache;
        let deleted = cache.store.delete_cache_entries(&[key]).await?;
        cache.invalidate(&key);
        Ok(deleted > 0)
    }

    /// Deletes the cached answers of all requests of this kind, so that every next call fetches. Stored rows stay.
    /// Returns the number of answers that there were.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Cancel safety
    /// A dropped call deletes all answers or none.
    pub async fn forget_all(&self) -> Result<u64> {
        let cache = &self.0.fetcher.cache;
        let filter = CacheFilter { dataset: Some(Name::new(R::DATASET)?), ..CacheFilter::default() };
        let keys: Vec<_> =
            cache.store.list_cache_entries(&filter).await?.into_iter().map(|entry| entry.key()).collect();
        let deleted = cache.store.delete_cache_entries(&keys).await?;
        cache.invalidate_all();
        Ok(deleted)
    }

    /// Deletes fetched data of every kind from the store: expired data, and as much as exceeds
    /// [`max_bytes`](PullOptions::max_bytes). See [`clean_up`](super::clean_up).
    ///
    /// A clean-up also runs automatically with the first request and then every 24 hours of use, once for all pullers
    /// of a store, for data that expired more than 24 hours ago: until then callers see
    /// [`MissReason::Expired`]. [`last_clean_up`](Self::last_clean_up) returns the result.
    ///
    /// # Errors
    /// As [`clean_up`](super::clean_up).
    ///
    /// # Cancel safety
    /// As [`clean_up`](super::clean_up).
    pub async fn clean_up(&self) -> Result<CleanUpReport> {
        let now = self.0.fetcher.clock.now();
        self.0.clean_up(now, now).await
    }

    /// Returns the result of this puller's last automatic clean-up. The next one deletes again what a failed one left.
    /// `None` before the first has ended, and when another puller of the store does it.
    pub fn last_clean_up(&self) -> Option<Arc<Result<CleanUpReport>>> {
        self.0.last_clean_up.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns what [`clean_up`](Self::clean_up) would delete. Nothing is deleted.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn plan_clean_up(&self) -> Result<CleanUpReport> {
        let Fetcher { cache, options, clock, .. } = &self.0.fetcher;
        cache.flush_hits().await?;
        plan_clean_up(&*cache.store, options.max_bytes, clock.now()).await
    }

    /// Writes the hits since the last flush to the store. This happens automatically about once a minute of use. Call
    /// it before a program ends.
    ///
    /// # Errors
    /// Those of the store. After an error the hits are kept for the next flush.
    ///
    /// # Cancel safety
    /// A dropped call may lose the hits since the last flush.
    pub async fn flush(&self) -> Result<()> {
        self.0.fetcher.cache.flush_hits().await
    }

    /// Returns the statistics of this puller.
    pub fn statistics(&self) -> PullStatistics {
        self.0.fetcher.statistics.snapshot()
    }

    /// Returns the size of the cache for requests of this kind, whichever puller fetched them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn cache_usage(&self) -> Result<CacheUsage> {
        let filter = CacheFilter { dataset: Some(Name::new(R::DATASET)?), ..CacheFilter::default() };
        Ok(CacheUsage::of(&self.0.fetcher.cache.store.list_cache_entries(&filter).await?))
    }

    pub(super) fn fetcher(&self) -> &Fetcher<R> {
        &self.0.fetcher
    }
}

fn key_of<R: Request>(request: &R) -> Result<CacheKey> {
    Ok(CacheKey { dataset: Name::new(R::DATASET)?, subject: request.subject()? })
}

struct Inner<R: Request> {
    fetcher: Fetcher<R>,
    /// The fetches under way.
    fetches: SharedTasks<Name, FetchResult<R::Data>>,
    /// The instant at which this puller last checked for a clean-up.
    last_clean_up_check: Mutex<Option<Timestamp>>,
    last_clean_up: Mutex<Option<Arc<Result<CleanUpReport>>>>,
}

/// The result of a look-up in the cache.
enum Lookup<D> {
    Hit(Arc<CachedAnswer<D>>, CacheTier),
    Miss {
        reason: MissReason,
        /// The stale answer that a policy may fall back to.
        stale: Option<Arc<CachedAnswer<D>>>,
    },
}

impl<R: Request> Inner<R> {
    async fn get(self: &Arc<Self>, request: &R, options: FetchOptions) -> Result<Pulled<R::Data>> {
        let key = key_of(request)?;
        let requirements = Requirements {
            max_age: options.max_age.unwrap_or(R::MAX_AGE),
            is_forced: options.policy.is_forced(),
            requested_at: self.fetcher.clock.now(),
        };
        self.start_clean_up_if_due(requirements.requested_at);
        loop {
            if let Some(pulled) = self.try_get(request, key, options.policy, requirements).await? {
                return Ok(pulled);
            }
        }
    }

    /// Answers from the cache or with one fetch. `None` when another caller's fetch was joined whose result does not
    /// meet the requirements: that caller accepted older data, or did not force the fetch.
    async fn try_get(
        self: &Arc<Self>,
        request: &R,
        key: CacheKey,
        policy: FetchPolicy,
        requirements: Requirements,
    ) -> Result<Option<Pulled<R::Data>>> {
        let now = self.fetcher.clock.now();
        let (reason, stale) = match self.look_up(request, &key, policy, requirements.max_age, now).await? {
            Lookup::Hit(answer, tier) => return Ok(Some(self.hit(key, &answer, tier, now))),
            Lookup::Miss { reason, stale } => (reason, stale),
        };
        let age = stale.as_ref().map(|stale| stale.age(now));
        trace_miss(&key, policy, &reason, age, requirements.max_age);
        match (policy, &stale) {
            (FetchPolicy::CacheOnly, None) => return Err(nothing_cached(&key, reason)),
            (FetchPolicy::CacheOnly, Some(stale)) => return Ok(Some(pulled_stale(stale, now, None))),
            (FetchPolicy::StaleWhileRevalidate, Some(stale)) => {
                drop(self.join_fetch(request, key, requirements));
                return Ok(Some(pulled_stale(stale, now, None)));
            }
            _ => {}
        }
        let (fetch, is_own) = self.join_fetch(request, key, requirements);
        let fetched = match fetch.await {
            Some(Ok(fetched)) => fetched,
            Some(Err(failure)) => {
                return self.fall_back(policy, requirements.max_age, stale.as_deref(), failure).map(Some);
            }
            None => return Err(Error::new(ErrorKind::Internal, "the fetch panicked").with("cache_entry", key)),
        };
        let now = self.fetcher.clock.now();
        if !is_own && !requirements.are_met_by(&fetched, now) {
            return Ok(None);
        }
        let outcome = if is_own && fetched.is_from_provider {
            PullOutcome::Miss { reason }
        } else {
            PullOutcome::Joined { age: fetched.answer.age(now) }
        };
        Ok(Some(pulled(&fetched.answer, outcome)))
    }

    /// Looks up the cached answer. A forced policy always misses; one with a fall-back keeps the answer for that.
    async fn look_up(
        &self,
        request: &R,
        key: &CacheKey,
        policy: FetchPolicy,
        max_age: TimeDelta,
        now: Timestamp,
    ) -> Result<Lookup<R::Data>> {
        if policy == FetchPolicy::NetworkOnly {
            return Ok(Lookup::Miss { reason: MissReason::Forced, stale: None });
        }
        let Some((answer, tier)) = self.fetcher.cache.look_up(request, key, max_age, now).await? else {
            let reason = if policy.is_forced() { MissReason::Forced } else { MissReason::NeverFetched };
            return Ok(Lookup::Miss { reason, stale: None });
        };
        let reason = if policy.is_forced() { Some(MissReason::Forced) } else { answer.miss_reason(max_age, now) };
        Ok(match reason {
            None => Lookup::Hit(answer, tier),
            Some(reason) => {
                Lookup::Miss { reason, stale: Some(answer).filter(|answer| answer.is_usable_when_stale(now)) }
            }
        })
    }

    fn hit(
        self: &Arc<Self>,
        key: CacheKey,
        answer: &CachedAnswer<R::Data>,
        tier: CacheTier,
        now: Timestamp,
    ) -> Pulled<R::Data> {
        if self.fetcher.cache.count_hit(key, now) {
            let this = Arc::clone(self);
            // Hits that cannot be written now are written with the next flush.
            tokio::spawn(async move { this.fetcher.cache.flush_hits().await });
        }
        pulled(answer, PullOutcome::Hit { age: answer.age(now), tier })
    }

    /// Returns the fetch under way for a key, or starts one; true with it when this call started the fetch.
    fn join_fetch(
        self: &Arc<Self>,
        request: &R,
        key: CacheKey,
        requirements: Requirements,
    ) -> (SharedTask<FetchResult<R::Data>>, bool) {
        self.fetches.join_or_start(key.subject, || {
            let (this, request) = (Arc::clone(self), request.clone());
            async move { this.fetcher.fetch(&request, key, requirements).await }
        })
    }

    /// Returns the stale answer after a failed fetch if the policy admits it, and otherwise the failure.
    fn fall_back(
        &self,
        policy: FetchPolicy,
        max_age: TimeDelta,
        stale: Option<&CachedAnswer<R::Data>>,
        failure: FetchFailure,
    ) -> Result<Pulled<R::Data>> {
        let now = self.fetcher.clock.now();
        let over_cap = failure.cause == FailureCause::Cap && self.fetcher.options.over_cap == OverCap::Stale;
        let is_admitted = |answer: &&CachedAnswer<R::Data>| match policy {
            FetchPolicy::StaleIfError | FetchPolicy::StaleWhileRevalidate | FetchPolicy::CacheOnly => true,
            FetchPolicy::NetworkFirst => over_cap || answer.entry.age(now).is_some_and(|age| age <= max_age),
            FetchPolicy::CacheFirst => over_cap,
            FetchPolicy::NetworkOnly => false,
        };
        match stale.filter(is_admitted) {
            Some(answer) => Ok(pulled_stale(answer, now, Some(failure.error))),
            None => Err(failure.into()),
        }
    }

    /// Starts the automatic clean-up in a task of its own when its interval has passed.
    fn start_clean_up_if_due(self: &Arc<Self>, now: Timestamp) {
        let mut last_check = self.last_clean_up_check.lock().unwrap_or_else(PoisonError::into_inner);
        if last_check.is_some_and(|last_check| now.since(last_check) < CLEAN_UP_INTERVAL) {
            return;
        }
        *last_check = Some(now);
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let result = match claim_due(&*this.fetcher.cache.store, now, CLEAN_UP_INTERVAL).await {
                Ok(false) => return,
                Ok(true) => this.clean_up(now, now.saturating_sub(CLEAN_UP_INTERVAL)).await,
                Err(error) => Err(error),
            };
            *this.last_clean_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(result));
        });
    }

    /// Cleans up data that had expired at an instant, and fetched data beyond `max_bytes`.
    async fn clean_up(&self, now: Timestamp, expired_at: Timestamp) -> Result<CleanUpReport> {
        let Fetcher { cache, options, .. } = &self.fetcher;
        cache.flush_hits().await?;
        let report = clean_up_expired(&*cache.store, options.max_bytes, now, expired_at).await?;
        for key in report.removed.iter().flat_map(|removed| &removed.entries) {
            if key.dataset.as_str() == R::DATASET {
                cache.invalidate(key);
            }
        }
        Ok(report)
    }
}

/// Tells a subscriber of a miss: an event of the target `strikebook::pull` at level `DEBUG`.
fn trace_miss(
    key: &CacheKey,
    policy: FetchPolicy,
    reason: &MissReason,
    stale_age: Option<TimeDelta>,
    max_age: TimeDelta,
) {
    let age = match reason {
        MissReason::TooOld { age, .. } => Some(*age),
        _ => stale_age,
    };
    debug!(
        target: "strikebook::pull",
        dataset = key.dataset.as_str(),
        subject = key.subject.as_str(),
        policy = ?policy,
        reason = reason.as_str(),
        age_ms = age.map(|age| age.num_milliseconds()),
        max_age_ms = max_age.num_milliseconds(),
        "a miss"
    );
}

fn pulled<D>(answer: &CachedAnswer<D>, outcome: PullOutcome) -> Pulled<D> {
    Pulled {
        data: answer.data.clone(),
        fetched_at: answer.answered_at(),
        outcome,
        findings: Arc::clone(&answer.findings),
    }
}

fn pulled_stale<D>(answer: &CachedAnswer<D>, now: Timestamp, error: Option<Arc<Error>>) -> Pulled<D> {
    pulled(answer, PullOutcome::Stale { age: answer.age(now), error })
}

fn nothing_cached(key: &CacheKey, reason: MissReason) -> Error {
    Error::new(ErrorKind::NotFound, "no usable answer is cached, and the policy `CacheOnly` does not fetch")
        .with("cache_entry", key)
        .with("reason", reason.as_str())
}
