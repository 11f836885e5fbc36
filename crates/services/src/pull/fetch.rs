//! One fetch, read top-down: the lease, the attempts under it, and one call of the provider.
//!
//! [`record`] stores the results.

mod record;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use strikebook_core::{
    Clock, Decimal, Error, ErrorKind, Name, Result, Timestamp,
    operations::{CacheEntry, CacheKey, FetchCost, FetchLease, FetchOutcome},
};
use strikebook_system::new_id;
use tokio::time::{Instant, sleep, timeout};

use super::{
    Provider, ProviderResponse, PullOptions, Request,
    cache::{CachedAnswer, PullCache},
    failure::{FailureCause, FetchFailure},
    rate_limiter::{backoff, time_until},
    statistics::StatisticsRecorder,
};

/// The requirements of a caller on the result of a fetch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requirements {
    /// The greatest age of the result.
    pub(super) max_age: TimeDelta,
    /// True when a cached answer from before the request will not do.
    pub(super) is_forced: bool,
    /// The instant of the request.
    pub(super) requested_at: Timestamp,
}

impl Requirements {
    /// Returns true when the result of another caller's fetch meets the requirements.
    pub(super) fn are_met_by<D>(&self, fetched: &Fetched<D>, now: Timestamp) -> bool {
        if self.is_forced { fetched.is_from_provider } else { self.are_met_by_cached(&fetched.answer, now) }
    }

    fn are_met_by_cached<D>(&self, answer: &CachedAnswer<D>, now: Timestamp) -> bool {
        let is_newer_than_request =
            answer.entry.asked_at > self.requested_at && answer.entry.outcome != FetchOutcome::Failed;
        (is_newer_than_request || !self.is_forced) && answer.miss_reason(self.max_age, now).is_none()
    }

    /// Returns the cached failure of a provider that is not to be called again yet.
    fn cached_failure(&self, entry: &CacheEntry, now: Timestamp) -> Option<FetchFailure> {
        let retry_after =
            entry.retry_after.filter(|_| entry.outcome == FetchOutcome::Failed && entry.must_wait(now))?;
        // Entries of a failure before kinds were kept have none.
        let kind = entry.error_kind.unwrap_or(ErrorKind::Unavailable);
        // A forced fetch waits for no pause except that of a rate limit. The failure of a fetch that this caller waited
        // for is its own.
        let is_binding = !self.is_forced || entry.asked_at > self.requested_at || kind == ErrorKind::RateLimited;
        is_binding.then(|| {
            let error =
                Error::new(kind, "the provider failed at the last fetch and is not called before `retry_after`")
                    .with("provider", entry.provider)
                    .with("retry_after", retry_after);
            let error = match &entry.error {
                Some(failure) => error.with("failure", failure),
                None => error,
            };
            FetchFailure::new(error.with_retry_after(time_until(retry_after, now)), FailureCause::Paused)
        })
    }
}

/// The outcome of a fetch, shared by all who waited for it.
pub(super) type FetchResult<D> = Result<Fetched<D>, FetchFailure>;

/// The answer that a fetch brought.
pub(super) struct Fetched<D> {
    pub(super) answer: Arc<CachedAnswer<D>>,
    /// True when the provider was called; false when another process had called it meanwhile.
    pub(super) is_from_provider: bool,
}

impl<D> Clone for Fetched<D> {
    fn clone(&self) -> Self {
        Self { answer: Arc::clone(&self.answer), is_from_provider: self.is_from_provider }
    }
}

/// The attempts of one fetch so far.
#[derive(Default)]
struct Attempts {
    made: u32,
    cost: Decimal,
}

/// Fetches from a provider into a cache.
pub(super) struct Fetcher<R: Request> {
    pub(super) cache: PullCache<R>,
    pub(super) provider: Arc<dyn Provider<R>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: PullOptions,
    pub(super) statistics: StatisticsRecorder,
}

impl<R: Request> Fetcher<R> {
    /// Fetches under the lease of the key, unless another process fetches, or did, what meets the requirements.
    pub(super) async fn fetch(&self, request: &R, key: CacheKey, requirements: Requirements) -> FetchResult<R::Data> {
        let owner = Name::new(&new_id::<FetchLease>(self.clock.now()).to_string())?;
        let deadline = Instant::now() + self.options.patience;
        while self.claim_lease(key, owner).await?.owner != owner {
            sleep(self.options.poll.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            if let Some(fetched) = self.fetched_elsewhere(request, &key, requirements).await? {
                return Ok(fetched);
            }
            if Instant::now() > deadline {
                let error =
                    Error::new(ErrorKind::Timeout, "another process holds the lease of this fetch for too long")
                        .with("cache_entry", key)
                        .with("patience", format_args!("{:?}", self.options.patience));
                return Err(error.into());
            }
        }
        let fetched = self.fetch_under_lease(request, key, owner, requirements).await;
        // Best effort: a lease that is not released expires.
        let _ = self.cache.store.release_lease(&key, owner).await;
        fetched
    }

    async fn claim_lease(&self, key: CacheKey, owner: Name) -> Result<FetchLease> {
        let now = self.clock.now();
        let lease = FetchLease::new(key, owner, now, now.saturating_add(self.options.lease));
        self.cache.store.claim_lease(&lease).await
    }

    /// Returns the answer that another process fetched meanwhile, if it meets the requirements.
    async fn fetched_elsewhere(
        &self,
        request: &R,
        key: &CacheKey,
        requirements: Requirements,
    ) -> Result<Option<Fetched<R::Data>>, FetchFailure> {
        let now = self.clock.now();
        let Some(answer) = self.cache.load(request, key, now).await? else { return Ok(None) };
        if requirements.are_met_by_cached(&answer, now) {
            return Ok(Some(Fetched { answer, is_from_provider: false }));
        }
        requirements.cached_failure(&answer.entry, now).map_or(Ok(None), Err)
    }

    async fn fetch_under_lease(
        &self,
        request: &R,
        key: CacheKey,
        owner: Name,
        requirements: Requirements,
    ) -> FetchResult<R::Data> {
        if let Some(fetched) = self.fetched_elsewhere(request, &key, requirements).await? {
            return Ok(fetched);
        }
        let mut attempts = Attempts::default();
        let answer = self.attempt(request, key, owner, &mut attempts).await;
        if let Err(failure) = &answer
            && failure.cause == FailureCause::Provider
        {
            // Best effort: the failure itself is the answer, even if it cannot be recorded.
            let _ = self.record_failure(key, failure, &attempts).await;
        }
        answer.map(|answer| Fetched { answer, is_from_provider: true })
    }

    /// Calls the provider until it answers or the attempts are used up, and stores its response.
    async fn attempt(
        &self,
        request: &R,
        key: CacheKey,
        owner: Name,
        attempts: &mut Attempts,
    ) -> Result<Arc<CachedAnswer<R::Data>>, FetchFailure> {
        self.wait_for_pause().await?;
        loop {
            self.options.rate_limiter.acquire().await;
            if attempts.made > 0 {
                self.claim_lease(key, owner).await?;
            }
            let now = self.clock.now();
            self.charge(request, key, now, attempts).await?;
            attempts.made += 1;
            self.statistics.update(|statistics| statistics.attempts += 1);
            match self.call_provider(request, now).await {
                Ok(ProviderResponse::Data { batch, bytes }) => {
                    return Ok(self.record_data(request, key, batch, bytes, now, attempts).await?);
                }
                Ok(ProviderResponse::Empty { retry_after }) => {
                    return Ok(self.record_empty(key, retry_after, now, attempts).await?);
                }
                Err(error) => sleep(self.wait_after_failure(error, attempts)?).await,
            }
        }
    }

    /// Waits for the end of the provider's pause. A pause longer than the longest backoff is an error.
    async fn wait_for_pause(&self) -> Result<(), FetchFailure> {
        let provider = self.provider.name();
        let Some((wait, error)) = self.options.rate_limiter.paused(provider, self.clock.now()) else { return Ok(()) };
        if wait <= self.options.longest_backoff {
            sleep(wait).await;
            return Ok(());
        }
        let paused = Error::new(error.kind(), "the provider asked for a pause and is not called before its end")
            .with("provider", provider)
            .with_retry_after(wait)
            .caused_by(error);
        Err(FetchFailure::new(paused, FailureCause::Paused))
    }

    /// Returns the wait before the next attempt, or the failure after the last one. Pauses the provider if its error
    /// asks for that.
    fn wait_after_failure(&self, error: Error, attempts: &Attempts) -> Result<Duration, FetchFailure> {
        self.statistics.update(|statistics| statistics.failed_attempts += 1);
        let PullOptions { first_backoff, longest_backoff, .. } = self.options;
        let wait = error.retry_after();
        let is_last = !error.is_retryable()
            || attempts.made >= self.options.attempts.max(1)
            || wait.is_some_and(|wait| wait > longest_backoff);
        let failure = FetchFailure::from(error);
        if wait.is_some() || (is_last && failure.error.kind() == ErrorKind::RateLimited) {
            let until = self.clock.now().saturating_add(self.pause_after(&failure.error));
            self.options.rate_limiter.pause(self.provider.name(), until, &failure.error);
        }
        if is_last {
            return Err(failure);
        }
        Ok(wait.unwrap_or_else(|| backoff(attempts.made, first_backoff, longest_backoff)))
    }

    /// Returns the time to leave the provider alone after an error.
    fn pause_after(&self, error: &Error) -> TimeDelta {
        match error.retry_after() {
            Some(wait) => TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX),
            None => self.options.failure_pause,
        }
    }

    /// Calls the provider once. A panic and a timeout are errors.
    async fn call_provider(&self, request: &R, now: Timestamp) -> Result<ProviderResponse<R::Batch>> {
        let call = AssertUnwindSafe(self.provider.fetch(request, now)).catch_unwind();
        let response = match timeout(self.options.timeout, call).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => Err(Error::new(ErrorKind::Internal, "the provider panicked")),
            Err(_) => Err(Error::new(ErrorKind::Timeout, "the provider did not respond within the timeout")
                .with("timeout", format_args!("{:?}", self.options.timeout))),
        };
        response.map_err(|error| error.with("provider", self.provider.name()))
    }

    /// Charges an attempt before it is made.
    async fn charge(
        &self,
        request: &R,
        key: CacheKey,
        now: Timestamp,
        attempts: &mut Attempts,
    ) -> Result<(), FetchFailure> {
        let price = self.provider.price(request);
        if price.is_zero() {
            return Ok(());
        }
        let cost = FetchCost::new(new_id(now), now, self.provider.name(), key, price);
        let cap = self.options.monthly_cap;
        let charge = self.cache.store.charge_fetch(&cost, cap).await?;
        if charge.is_within {
            attempts.cost = attempts.cost.saturating_add(price);
            self.statistics.update(|statistics| statistics.spent = statistics.spent.saturating_add(price));
            return Ok(());
        }
        let error = Error::new(ErrorKind::Unavailable, "the fetch would exceed the monthly cap on costs")
            .with("spent", charge.spent)
            .with("price", price)
            .with("cap", cap);
        Err(FetchFailure::new(error, FailureCause::Cap))
    }
}
