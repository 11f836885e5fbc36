//! One fetch: the lease, the attempts, what they cost, and what is stored of it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use strikebook_core::{
    Decimal, Error, ErrorKind, Id, Name, Result, Timestamp,
    operations::{CacheEntry, CacheKey, FetchCost, FetchLease, FetchOutcome},
};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Answer, Request,
    pace::backoff,
    puller::{Held, Inner},
};

/// What who starts a fetch wants of it.
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

    /// The error while a provider that failed is left alone.
    fn left_alone(&self, entry: &CacheEntry, now: Timestamp) -> Option<Failure> {
        let retry_after =
            entry.retry_after.filter(|_| entry.outcome == FetchOutcome::Failed && entry.must_wait(now))?;
        // Who forces a fetch waits for no pause, but the failure of a fetch that was waited for is its own.
        let is_known = !self.is_forced || entry.asked_at > self.since;
        is_known.then(|| {
            let why = entry.error.as_deref().unwrap_or_default();
            let error = Error::new(ErrorKind::Unavailable, "the provider failed, and is left alone for a while");
            error.with("provider", entry.provider).with("retry_after", retry_after).with("failure", why).into()
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

/// Why a fetch brought nothing, for all who waited.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: Arc<Error>,
    pub(super) is_over_budget: bool,
    /// For how long the provider said that it is busy.
    retry_after: Option<TimeDelta>,
}

impl Failure {
    pub(super) fn new(error: Error) -> Self {
        Self { error: Arc::new(error), is_over_budget: false, retry_after: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

impl From<Failure> for Error {
    /// The same kind and message for each of those who waited, with the one error as its cause.
    fn from(failure: Failure) -> Self {
        Self::new(failure.error.kind(), failure.error.message().to_owned())
            .in_operation("pull")
            .caused_by(failure.error)
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
            && !failure.is_over_budget
        {
            // That the failure is remembered matters less than what it was.
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
        loop {
            self.options.pace.turn().await;
            if tally.attempts > 0 {
                self.claim(key, owner).await?;
            }
            let now = self.clock.now();
            self.charge(request, key, now, tally).await?;
            tally.attempts += 1;
            self.note(|statistics| statistics.attempts += 1);
            let (failure, wait) = match self.ask(request, now).await {
                Ok(Answer::Data { batch, bytes }) => {
                    return Ok(self.keep(request, key, &batch, bytes, now, tally).await?);
                }
                Ok(Answer::Empty { retry_after }) => return Ok(self.keep_empty(key, retry_after, now, tally).await?),
                Ok(Answer::Busy { retry_after, error }) => {
                    let wait = retry_after.and_then(|wait| wait.to_std().ok());
                    (Failure { retry_after, ..error.into() }, wait)
                }
                Err(error) if error.is_retryable() => (error.into(), None),
                Err(error) => {
                    self.note(|statistics| statistics.failed_attempts += 1);
                    return Err(error.into());
                }
            };
            self.note(|statistics| statistics.failed_attempts += 1);
            let longest = self.options.longest_backoff;
            let wait = wait.unwrap_or_else(|| backoff(tally.attempts, self.options.first_backoff, longest));
            if tally.attempts >= self.options.attempts.max(1) || wait > longest {
                return Err(failure);
            }
            sleep(wait).await;
        }
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
        Err(Failure { is_over_budget: true, ..error.into() })
    }

    /// Stores what came, and then that it did.
    async fn keep(
        &self,
        request: &R,
        key: CacheKey,
        batch: &R::Batch,
        bytes: u64,
        now: Timestamp,
        tally: &Tally,
    ) -> Result<Arc<Held<R::Data>>> {
        self.note(|statistics| statistics.bytes = statistics.bytes.saturating_add(bytes));
        request.write(&*self.store, batch).await?;
        let data = request.read(&*self.store, self.clock.now()).await?;
        let Some(data) = data else {
            return Err(Error::corrupt(
                "what the provider gave cannot be found again: it is of another time or subject",
            )
            .with("provider", self.provider.name())
            .with("cache entry", key));
        };
        let entry = CacheEntry::new(key, self.provider.name(), now, now.saturating_add(self.options.expiry));
        let entry = CacheEntry { bytes, cost: tally.cost, ..entry };
        self.store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        Ok(self.hold(&key, entry, Some(Arc::new(data))))
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
            ..CacheEntry::new(key, self.provider.name(), now, now.saturating_add(self.options.expiry))
        };
        self.store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        Ok(self.hold(&key, entry, None))
    }

    /// Remembers that the provider failed, beside what came before.
    async fn remember_failure(&self, key: CacheKey, failure: &Failure, tally: &Tally) -> Result<()> {
        let (now, provider) = (self.clock.now(), self.provider.name());
        let before = self.store.get_cache_entry(&key).await?.filter(|before| now < before.expires_at);
        let before = before.unwrap_or_else(|| CacheEntry {
            fetched_at: None,
            ..CacheEntry::new(key, provider, now, now.saturating_add(self.options.expiry))
        });
        let pause = failure.retry_after.unwrap_or(self.options.failure_pause);
        let words: String = failure.error.to_string().replace('\0', " ").chars().take(1_000).collect();
        let entry = CacheEntry {
            provider,
            outcome: FetchOutcome::Failed,
            asked_at: now,
            retry_after: Some(now.saturating_add(pause)),
            cost: tally.cost,
            error: Some(words),
            recorded_at: now,
            ..before
        };
        self.store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        self.memory.invalidate(&key.subject);
        Ok(())
    }
}
