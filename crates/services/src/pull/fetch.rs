//! One fetch: the lease, the attempts, what they cost, and what is stored of it.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use strikebook_core::{
    Decimal, Error, ErrorKind, Id, Name, Result, Timestamp,
    operations::{CacheEntry, CacheKey, FetchCost, FetchLease, FetchOutcome},
};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Answer, Request,
    failure::{Cause, Failure},
    pace::backoff,
    puller::{Held, Inner},
};
use crate::quality::Gate;

/// The initiating caller's requirements of a fetch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) max_age: TimeDelta,
    /// Whether the provider is to be asked whatever there is.
    pub(super) is_forced: bool,
    /// When the caller came.
    pub(super) since: Timestamp,
}

impl Wanted {
    /// Whether what another fetched will do.
    pub(super) fn is_met_by<D>(&self, fetched: &Fetched<D>, now: Timestamp) -> bool {
        if self.is_forced { fetched.is_own } else { self.is_met_by_held(&fetched.held, now) }
    }

    fn is_met_by_held<D>(&self, held: &Held<D>, now: Timestamp) -> bool {
        let is_younger = held.entry.asked_at > self.since && held.entry.outcome != FetchOutcome::Failed;
        (is_younger || !self.is_forced) && held.reason_to_fetch(self.max_age, now).is_none()
    }

    /// Returns the error that is answered while a provider that failed is left alone.
    fn left_alone(&self, entry: &CacheEntry, now: Timestamp) -> Option<Failure> {
        let retry_after =
            entry.retry_after.filter(|_| entry.outcome == FetchOutcome::Failed && entry.must_wait(now))?;
        let kind = entry.error_kind.unwrap_or(ErrorKind::Unavailable);
        // Who forces a fetch waits for no pause but that of a provider which refuses more requests. The failure of a
        // fetch that was waited for is its own.
        let is_known = !self.is_forced || entry.asked_at > self.since || kind == ErrorKind::RateLimited;
        is_known.then(|| {
            let why = entry.error.as_deref().unwrap_or_default();
            let error = Error::new(kind, "the provider failed, and is left alone for a while");
            let error = error.with("provider", entry.provider).with("retry_after", retry_after).with("failure", why);
            let wait = retry_after.since(now).to_std().unwrap_or_default();
            Failure::new(error.with_retry_after(wait), Cause::LeftAlone)
        })
    }
}

/// What comes of a fetch.
pub(super) type Landed<D> = Result<Fetched<D>, Failure>;

/// What a fetch brought.
pub(super) struct Fetched<D> {
    pub(super) held: Arc<Held<D>>,
    /// Whether the provider was asked for it, and not found that another process had asked.
    pub(super) is_own: bool,
}

impl<D> Clone for Fetched<D> {
    fn clone(&self) -> Self {
        Self { held: Arc::clone(&self.held), is_own: self.is_own }
    }
}

/// What the attempts of a fetch came to.
struct Tally {
    attempts: u32,
    cost: Decimal,
}

impl<R: Request> Inner<R> {
    /// Fetches, unless another process does or did.
    pub(super) async fn fetch(&self, request: &R, key: CacheKey, wanted: Wanted) -> Landed<R::Data> {
        let owner = Name::new(&Id::<FetchLease>::new(self.clock.now()).to_string())?;
        let patience = Instant::now() + self.options.patience;
        while self.claim(key, owner).await?.owner != owner {
            sleep(self.options.poll.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            if let Some(fetched) = self.fetched_elsewhere(request, &key, wanted).await? {
                return Ok(fetched);
            }
            if Instant::now() > patience {
                let error = Error::new(ErrorKind::Timeout, "another process took too long to fetch this");
                return Err(error.with("cache entry", key).into());
            }
        }
        let fetched = self.fetch_as_owner(request, key, owner, wanted).await;
        // A lease that is not given up runs out.
        let _ = self.store.release_lease(&key, owner).await;
        fetched
    }

    async fn claim(&self, key: CacheKey, owner: Name) -> Result<FetchLease> {
        let now = self.clock.now();
        self.store.claim_lease(&FetchLease::new(key, owner, now, now.saturating_add(self.options.lease))).await
    }

    /// What another process fetched meanwhile, if it will do.
    async fn fetched_elsewhere(
        &self,
        request: &R,
        key: &CacheKey,
        wanted: Wanted,
    ) -> Result<Option<Fetched<R::Data>>, Failure> {
        let now = self.clock.now();
        let Some(held) = self.load(request, key, now).await? else { return Ok(None) };
        if wanted.is_met_by_held(&held, now) {
            return Ok(Some(Fetched { held, is_own: false }));
        }
        wanted.left_alone(&held.entry, now).map_or(Ok(None), Err)
    }

    async fn fetch_as_owner(&self, request: &R, key: CacheKey, owner: Name, wanted: Wanted) -> Landed<R::Data> {
        if let Some(fetched) = self.fetched_elsewhere(request, &key, wanted).await? {
            return Ok(fetched);
        }
        let mut tally = Tally { attempts: 0, cost: Decimal::ZERO };
        let fetched = self.attempt(request, key, owner, &mut tally).await;
        if let Err(failure) = &fetched
            && failure.cause == Cause::Provider
        {
            // Best effort: the failure itself is the answer, even if it cannot be recorded.
            let _ = self.remember_failure(key, failure, &tally).await;
        }
        fetched.map(|held| Fetched { held, is_own: true })
    }

    /// Asks the provider, more than once if need be, and stores what it gives.
    async fn attempt(
        &self,
        request: &R,
        key: CacheKey,
        owner: Name,
        tally: &mut Tally,
    ) -> Result<Arc<Held<R::Data>>, Failure> {
        let longest = self.options.longest_backoff;
        self.wait_for_pause(longest).await?;
        loop {
            self.options.pace.turn().await;
            if tally.attempts > 0 {
                self.claim(key, owner).await?;
            }
            let now = self.clock.now();
            self.charge(request, key, now, tally).await?;
            tally.attempts += 1;
            self.note(|statistics| statistics.attempts += 1);
            let error = match self.ask(request, now).await {
                Ok(Answer::Data { batch, bytes }) => {
                    return Ok(self.keep(request, key, batch, bytes, now, tally).await?);
                }
                Ok(Answer::Empty { retry_after }) => return Ok(self.keep_empty(key, retry_after, now, tally).await?),
                Err(error) => error,
            };
            self.note(|statistics| statistics.failed_attempts += 1);
            let wait = error.retry_after();
            let gives_up = !error.is_retryable()
                || tally.attempts >= self.options.attempts.max(1)
                || wait.is_some_and(|wait| wait > longest);
            let failure = Failure::from(error);
            if wait.is_some() || (gives_up && failure.error.kind() == ErrorKind::RateLimited) {
                let until = self.clock.now().saturating_add(self.pause(&failure.error));
                self.options.pace.pause(self.provider.name(), until, &failure.error);
            }
            if gives_up {
                return Err(failure);
            }
            sleep(wait.unwrap_or_else(|| backoff(tally.attempts, self.options.first_backoff, longest))).await;
        }
    }

    /// Waits while the provider wants to be left alone, whatever it was asked for; a wait that is too long is an error.
    async fn wait_for_pause(&self, longest: Duration) -> Result<(), Failure> {
        let name = self.provider.name();
        let Some((wait, error)) = self.options.pace.paused(name, self.clock.now()) else { return Ok(()) };
        let wait = wait.to_std().unwrap_or_default();
        if wait <= longest {
            sleep(wait).await;
            return Ok(());
        }
        let left_alone = Error::new(error.kind(), "the provider asked for a pause, and is left alone until then")
            .with("provider", name)
            .with_retry_after(wait)
            .caused_by(error);
        Err(Failure::new(left_alone, Cause::LeftAlone))
    }

    /// For how long a provider that failed is left alone.
    fn pause(&self, error: &Error) -> TimeDelta {
        error
            .retry_after()
            .map_or(self.options.failure_pause, |wait| TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX))
    }

    /// Asks the provider once. What it panics with and what it takes too long for are errors of it.
    async fn ask(&self, request: &R, now: Timestamp) -> Result<Answer<R::Batch>> {
        let asked = AssertUnwindSafe(self.provider.fetch(request, now)).catch_unwind();
        let answer = match timeout(self.options.timeout, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::new(ErrorKind::Internal, "the provider panicked")),
            Err(_) => Err(Error::new(ErrorKind::Timeout, "the provider gave no answer in time")
                .with("timeout", format_args!("{:?}", self.options.timeout))),
        };
        answer.map_err(|error| error.with("provider", self.provider.name()))
    }

    /// Pays for an attempt before it is made.
    async fn charge(&self, request: &R, key: CacheKey, now: Timestamp, tally: &mut Tally) -> Result<(), Failure> {
        let price = self.provider.price(request);
        if price.is_zero() {
            return Ok(());
        }
        let (cost, cap) = (FetchCost::new(now, self.provider.name(), key, price), self.options.monthly_cap);
        let charge = self.store.charge_fetch(&cost, cap).await?;
        if charge.is_within {
            tally.cost = tally.cost.saturating_add(price);
            self.note(|statistics| statistics.spent = statistics.spent.saturating_add(price));
            return Ok(());
        }
        let error = Error::new(ErrorKind::Unavailable, "the month's cap on what fetches may cost is reached");
        let error = error.with("spent", charge.spent).with("price", price).with("cap", cap);
        Err(Failure::new(error, Cause::Budget))
    }

    /// Stores what came, after the gate and the clocks were looked at, and then that it did. Reports, rows and the
    /// entry are three writes: a crash between them leaves reports of rows that are not stored, or rows that the cache
    /// does not know of. The next caller fetches again, which changes neither.
    async fn keep(
        &self,
        request: &R,
        key: CacheKey,
        mut batch: R::Batch,
        bytes: u64,
        now: Timestamp,
        tally: &Tally,
    ) -> Result<Arc<Held<R::Data>>> {
        let (store, provider) = (&*self.store, self.provider.name());
        let mut gate = Gate::new(self.options.gate);
        request.sift(&mut batch, &mut gate)?;
        self.note(|statistics| {
            statistics.bytes = statistics.bytes.saturating_add(bytes);
            statistics.wrong_rows += gate.findings().len() as u64;
        });
        let in_context = |error: Error| error.with("provider", provider).with("cache entry", key);
        gate.refuse().map_err(in_context)?;
        let newest_at = request.newest(&batch);
        self.compare_clocks(newest_at).map_err(in_context)?;
        gate.report(store, provider, &key, self.clock.now()).await?;
        gate.refuse_empty().map_err(in_context)?;
        request.write(store, &batch).await.map_err(|error| gate.explain(error))?;
        let read_at = newest_at.map_or_else(|| self.clock.now(), |newest| newest.max(self.clock.now()));
        let Some(data) = request.read(store, read_at).await? else {
            let error = Error::new(
                ErrorKind::NotFound,
                "the provider's records are none that the request admits: too old, or expired",
            );
            let newest = newest_at.map_or_else(|| "none".to_owned(), |newest| newest.to_string());
            return Err(in_context(gate.explain(error)).with("newest", newest).with("read_at", read_at));
        };
        let entry = CacheEntry::new(key, provider, now, now.saturating_add(self.expiry()));
        let entry = CacheEntry { newest_at, bytes, cost: tally.cost, ..entry };
        store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        Ok(self.hold(&key, Held { entry, data: Some(Arc::new(data)), findings: gate.into_findings().into() }))
    }

    /// Refuses records of an instant that our clock will not reach soon: stored, they would be read as news when it
    /// does.
    fn compare_clocks(&self, newest_at: Option<Timestamp>) -> Result<()> {
        let (now, tolerance) = (self.clock.now(), self.options.max_clock_skew);
        match newest_at {
            Some(newest) if newest.since(now) > tolerance => Err(Error::new(
                ErrorKind::ClockSkew,
                "a record of the provider is later than our clock by more than is tolerated",
            )
            .with("record_at", newest)
            .with("now", now)
            .with("ahead", newest.since(now))
            .with("tolerance", tolerance)),
            _ => Ok(()),
        }
    }

    /// Remembers that there is nothing.
    async fn keep_empty(
        &self,
        key: CacheKey,
        retry_after: Option<TimeDelta>,
        now: Timestamp,
        tally: &Tally,
    ) -> Result<Arc<Held<R::Data>>> {
        let pause = retry_after.unwrap_or(self.options.empty_pause);
        let entry = CacheEntry {
            outcome: FetchOutcome::Empty,
            fetched_at: None,
            retry_after: Some(now.saturating_add(pause)),
            cost: tally.cost,
            ..CacheEntry::new(key, self.provider.name(), now, now.saturating_add(self.expiry()))
        };
        self.store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        Ok(self.hold(&key, Held { entry, data: None, findings: Arc::default() }))
    }

    /// Remembers that the provider failed, beside what came before.
    async fn remember_failure(&self, key: CacheKey, failure: &Failure, tally: &Tally) -> Result<()> {
        let (now, provider) = (self.clock.now(), self.provider.name());
        let before = self.store.get_cache_entry(&key).await?.filter(|before| now < before.expires_at);
        let before = before.unwrap_or_else(|| CacheEntry {
            fetched_at: None,
            ..CacheEntry::new(key, provider, now, now.saturating_add(self.expiry()))
        });
        let words: String = failure.error.to_string().replace('\0', " ").chars().take(1_000).collect();
        let entry = CacheEntry {
            provider,
            outcome: FetchOutcome::Failed,
            asked_at: now,
            retry_after: Some(now.saturating_add(self.pause(&failure.error))),
            cost: tally.cost,
            error: Some(words),
            error_kind: Some(failure.error.kind()),
            recorded_at: now,
            ..before
        };
        self.store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        self.memory.invalidate(&key.subject);
        Ok(())
    }
}
