//! The puller: what callers hold.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use moka::sync::Cache;
use strikebook_core::{
    Clock, Error, ErrorKind, Name, Result, Store, Timestamp,
    operations::{CacheEntry, CacheFilter, CacheKey},
};

use super::{
    Ask, CleanUp, FetchPolicy, Holdings, MissReason, Outcome, OverBudget, Provider, PullOptions, PullStatistics,
    Pulled, Request, Tier,
    clean_up::{clean_up_expired, is_due},
    failure::{Cause, Failure},
    fetch::{Landed, Wanted},
    flight::{Flight, Flights},
    plan_clean_up,
    uses::Uses,
};
use crate::quality::Finding;

/// Answers requests of one kind out of memory, a store, and a provider. Clones share everything.
///
/// It needs a `tokio` runtime with time.
pub struct Puller<R: Request>(Arc<Inner<R>>);

impl<R: Request> Clone for Puller<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Request> fmt::Debug for Puller<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { provider, options, .. } = &*self.0;
        f.debug_struct("Puller").field("provider", provider).field("options", options).finish_non_exhaustive()
    }
}

/// What there is of a request.
pub(super) struct Held<D> {
    /// What came of the last fetch.
    pub(super) entry: CacheEntry,
    /// The data, if there is any.
    pub(super) data: Option<Arc<D>>,
    /// The findings of the gate, when this process made the fetch; otherwise empty.
    pub(super) findings: Arc<[Finding]>,
}

impl<D> Held<D> {
    /// Why to ask the provider; `None` when there is no need.
    pub(super) fn reason_to_fetch(&self, max_age: TimeDelta, now: Timestamp) -> Option<MissReason> {
        let is_gone = self.entry.fetched_at.is_some() && self.data.is_none();
        MissReason::of(Some(&self.entry), max_age, now).or(is_gone.then_some(MissReason::Gone))
    }

    /// How old the data is, or the answer that there is none.
    fn age(&self, now: Timestamp) -> TimeDelta {
        now.since(self.entry.fetched_at.unwrap_or(self.entry.asked_at))
    }
}

pub(super) struct Inner<R: Request> {
    pub(super) store: Arc<dyn Store>,
    pub(super) provider: Arc<dyn Provider<R>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: PullOptions,
    pub(super) memory: Cache<Name, Arc<Held<R::Data>>>,
    pub(super) statistics: Mutex<PullStatistics>,
    flights: Flights<Name, Landed<R::Data>>,
    uses: Uses,
    /// When this puller last checked for a clean-up.
    cleaned: Mutex<Option<Timestamp>>,
    last_clean_up: Mutex<Option<Arc<Result<CleanUp>>>>,
}

/// How often the cache is cleaned up by itself.
const CLEANED_EVERY: TimeDelta = TimeDelta::hours(24);

impl<R: Request> Puller<R> {
    /// A puller of a provider into a store.
    pub fn new(
        store: Arc<dyn Store>,
        provider: Arc<dyn Provider<R>>,
        clock: Arc<dyn Clock>,
        options: PullOptions,
    ) -> Self {
        // What an entry takes beside its data is counted too, so that a million empty answers have an end.
        let weigh = |_: &Name, held: &Arc<Held<R::Data>>| u32::try_from(held.entry.bytes).unwrap_or(u32::MAX).max(256);
        let memory = Cache::builder().max_capacity(options.memory_bytes).weigher(weigh).build();
        Self(Arc::new(Inner {
            store,
            provider,
            clock,
            options,
            memory,
            statistics: Mutex::default(),
            flights: Flights::default(),
            uses: Uses::default(),
            cleaned: Mutex::default(),
            last_clean_up: Mutex::default(),
        }))
    }

    pub(super) fn inner(&self) -> &Inner<R> {
        &self.0
    }

    /// Answers a request.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when only what there is may be given and there is nothing, and when the
    /// provider's records are none that the request admits: all too old, or expired. When the provider failed and the
    /// [policy](FetchPolicy) knows no way out, the provider's error, for all who waited for it, and one of the same
    /// kind while a provider that failed is left alone: [`RateLimited`](ErrorKind::RateLimited) is answered to every
    /// request of that provider until its [`retry_after`](Error::retry_after). [`ClockSkew`](ErrorKind::ClockSkew),
    /// with `record_at` and `now`, when a record is later than our clock by more than
    /// [`max_clock_skew`](PullOptions::max_clock_skew). [`InvalidInput`](ErrorKind::InvalidInput) when the
    /// [gate](PullOptions::gate) refuses the batch, when all rows are wrong, and for records of something else.
    /// [`Unavailable`](ErrorKind::Unavailable) when the month's cap is reached, [`Timeout`](ErrorKind::Timeout) when
    /// the provider or another process took too long. Those of the store.
    ///
    /// # Cancel safety
    /// A fetch that is under way goes on, for the others who wait for it and for those who come later.
    pub async fn get(&self, request: &R, ask: Ask) -> Result<Pulled<R::Data>> {
        let answer = self.0.answer(request, ask).await;
        self.0.note(|statistics| match &answer {
            Ok(pulled) => statistics.note(&pulled.outcome),
            Err(_) => statistics.errors += 1,
        });
        answer
    }

    /// Forgets what is known of a request, in memory and in the cache: who asks next asks the provider. What was stored
    /// of it stays where it is. Tells whether anything was known.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Cancel safety
    /// A dropped call forgets it or not.
    pub async fn forget(&self, request: &R) -> Result<bool> {
        let key = key_of(request)?;
        let deleted = self.0.store.delete_cache_entries(&[key]).await?;
        self.0.memory.invalidate(&key.subject);
        Ok(deleted > 0)
    }

    /// Cleans the store [up](super::clean_up) of what was fetched, of every kind: what expired, and what is too much
    /// for [`max_bytes`](PullOptions::max_bytes). It runs by itself with the first request and then every 24 hours of
    /// use, once for all pullers of a store, for what expired a day before: until then a caller is told that it
    /// [did](MissReason::Expired). [`last_clean_up`](Self::last_clean_up) returns the result. Rows that were not
    /// fetched are neither counted nor touched, and the store is never compacted.
    ///
    /// # Errors
    /// Those of [`clean_up`](super::clean_up).
    ///
    /// # Cancel safety
    /// As [`clean_up`](super::clean_up).
    pub async fn clean_up(&self) -> Result<CleanUp> {
        let now = self.0.clock.now();
        self.0.clean_up(now, now).await
    }

    /// What came of the last clean-up that this puller did by itself, or why it could not be done; what could not be
    /// deleted is deleted the next time. `None` before the first has ended, and when other pullers of the store do it.
    pub fn last_clean_up(&self) -> Option<Arc<Result<CleanUp>>> {
        self.0.last_clean_up.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What [`clean_up`](Self::clean_up) would do. Nothing is changed.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn plan_clean_up(&self) -> Result<CleanUp> {
        self.0.flush().await?;
        plan_clean_up(&*self.0.store, self.0.options.max_bytes, self.0.clock.now()).await
    }

    /// Tells the store of the uses that were gathered. It happens by itself about once a minute of use; do it before a
    /// program ends and before anything is evicted.
    ///
    /// # Errors
    /// Those of the store. What was gathered is then kept for the next time.
    ///
    /// # Cancel safety
    /// What a dropped call gathered may be lost.
    pub async fn flush(&self) -> Result<()> {
        self.0.flush().await
    }

    /// What this puller did.
    pub fn statistics(&self) -> PullStatistics {
        self.0.statistics.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the cache holds of this kind, whoever fetched it.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn holdings(&self) -> Result<Holdings> {
        let filter = CacheFilter { dataset: Some(Name::new(R::DATASET)?), ..CacheFilter::default() };
        Ok(Holdings::of(&self.0.store.list_cache_entries(&filter).await?))
    }
}

fn key_of<R: Request>(request: &R) -> Result<CacheKey> {
    Ok(CacheKey { dataset: Name::new(R::DATASET)?, subject: request.subject()? })
}

impl<R: Request> Inner<R> {
    pub(super) fn note(&self, note: impl FnOnce(&mut PullStatistics)) {
        note(&mut self.statistics.lock().unwrap_or_else(PoisonError::into_inner));
    }

    async fn answer(self: &Arc<Self>, request: &R, ask: Ask) -> Result<Pulled<R::Data>> {
        let key = key_of(request)?;
        let max_age = ask.max_age.unwrap_or(R::MAX_AGE);
        let wanted = Wanted { max_age, is_forced: ask.policy.is_forced(), since: self.clock.now() };
        self.clean_up_by_itself(wanted.since);
        loop {
            let now = self.clock.now();
            let held = match ask.policy {
                FetchPolicy::NetworkOnly => None,
                _ => self.look_up(request, &key, max_age, now).await?,
            };
            let reason = match &held {
                _ if wanted.is_forced => MissReason::Forced,
                None => MissReason::NeverFetched,
                Some((held, tier)) => match held.reason_to_fetch(max_age, now) {
                    Some(reason) => reason,
                    None => return Ok(self.hit(key, held, *tier, now)),
                },
            };
            let held = held.map(|(held, _)| held).filter(|held| now < held.entry.expires_at && held.data.is_some());
            match (ask.policy, &held) {
                (FetchPolicy::CacheOnly, None) => return Err(nothing_held(&key, reason)),
                (FetchPolicy::CacheOnly, Some(held)) => return Ok(stale(held, now, None)),
                (FetchPolicy::StaleWhileRevalidate, Some(held)) => {
                    drop(self.fly(request, key, wanted));
                    return Ok(stale(held, now, None));
                }
                _ => {}
            }
            let (flight, leads) = self.fly(request, key, wanted);
            let landed = flight.await.unwrap_or_else(|| {
                Err(Error::new(ErrorKind::Internal, "the fetch panicked").with("cache entry", key).into())
            });
            match landed {
                // The fetch that was joined accepted older data, or was not forced, and its result does not do: try
                // again.
                Ok(fetched) if !leads && !wanted.is_met_by(&fetched, self.clock.now()) => {}
                Ok(fetched) => {
                    let outcome = if leads && fetched.is_own {
                        Outcome::Miss { reason }
                    } else {
                        Outcome::Joined { age: fetched.held.age(self.clock.now()) }
                    };
                    return Ok(pulled(&fetched.held, outcome));
                }
                Err(failure) => return self.fall_back(ask.policy, max_age, held.as_deref(), failure),
            }
        }
    }

    fn hit(self: &Arc<Self>, key: CacheKey, held: &Held<R::Data>, tier: Tier, now: Timestamp) -> Pulled<R::Data> {
        if self.uses.note(key, now) {
            let this = Arc::clone(self);
            // What cannot be told now is told later.
            tokio::spawn(async move { this.flush().await });
        }
        pulled(held, Outcome::Hit { age: held.age(now), tier })
    }

    /// What there is when the provider failed.
    fn fall_back(
        &self,
        policy: FetchPolicy,
        max_age: TimeDelta,
        held: Option<&Held<R::Data>>,
        failure: Failure,
    ) -> Result<Pulled<R::Data>> {
        let now = self.clock.now();
        let by_budget = failure.cause == Cause::Budget && self.options.over_budget == OverBudget::Stale;
        let will_do = |held: &&Held<R::Data>| match policy {
            FetchPolicy::StaleIfError | FetchPolicy::StaleWhileRevalidate | FetchPolicy::CacheOnly => true,
            FetchPolicy::NetworkFirst => by_budget || held.entry.age(now).is_some_and(|age| age <= max_age),
            FetchPolicy::CacheFirst => by_budget,
            FetchPolicy::NetworkOnly => false,
        };
        match held.filter(will_do) {
            Some(held) => Ok(stale(held, now, Some(failure.error))),
            None => Err(failure.into()),
        }
    }

    /// What there is, first in memory. What is too old there may be younger in the store, where another process wrote.
    async fn look_up(
        &self,
        request: &R,
        key: &CacheKey,
        max_age: TimeDelta,
        now: Timestamp,
    ) -> Result<Option<(Arc<Held<R::Data>>, Tier)>> {
        if let Some(held) = self.memory.get(&key.subject)
            && held.reason_to_fetch(max_age, now).is_none()
        {
            return Ok(Some((held, Tier::Memory)));
        }
        Ok(self.load(request, key, now).await?.map(|held| (held, Tier::Store)))
    }

    /// What there is in the store, which is then in memory too.
    pub(super) async fn load(&self, request: &R, key: &CacheKey, now: Timestamp) -> Result<Option<Arc<Held<R::Data>>>> {
        let Some(entry) = self.store.get_cache_entry(key).await? else {
            self.memory.invalidate(&key.subject);
            return Ok(None);
        };
        let read_at = entry.fetched_at.and_then(|_| self.read_at(entry.newest_at, now));
        let data = match read_at {
            Some(read_at) => request.read(&*self.store, read_at).await?.map(Arc::new),
            None => None,
        };
        Ok(Some(self.hold(key, Held { entry, data, findings: Arc::default() })))
    }

    /// The instant as of which what was fetched is read: now, or the instant of its newest record when that is a little
    /// ahead of our clock. `None` when it is far ahead: a clock that was set back, or a test of the past, must not see
    /// it.
    pub(super) fn read_at(&self, newest_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let read_at = newest_at.map_or(now, |newest| newest.max(now));
        (read_at.since(now) <= self.options.max_clock_skew).then_some(read_at)
    }

    /// Returns the time to keep data that is fetched now.
    pub(super) fn expiry(&self) -> TimeDelta {
        self.options.expiry.unwrap_or(R::EXPIRY)
    }

    /// Holds it in memory.
    pub(super) fn hold(&self, key: &CacheKey, held: Held<R::Data>) -> Arc<Held<R::Data>> {
        let held = Arc::new(held);
        self.memory.insert(key.subject, Arc::clone(&held));
        held
    }

    /// The fetch that is under way, or one that starts now.
    fn fly(self: &Arc<Self>, request: &R, key: CacheKey, wanted: Wanted) -> (Flight<Landed<R::Data>>, bool) {
        self.flights.join(key.subject, || {
            let (this, request) = (Arc::clone(self), request.clone());
            async move { this.fetch(&request, key, wanted).await }
        })
    }

    /// Starts a clean-up when it is time.
    fn clean_up_by_itself(self: &Arc<Self>, now: Timestamp) {
        let mut cleaned = self.cleaned.lock().unwrap_or_else(PoisonError::into_inner);
        if cleaned.is_some_and(|cleaned| now.since(cleaned) < CLEANED_EVERY) {
            return;
        }
        *cleaned = Some(now);
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let cleaned = match is_due(&*this.store, now, CLEANED_EVERY).await {
                Ok(false) => return,
                Ok(true) => this.clean_up(now, now.saturating_sub(CLEANED_EVERY)).await,
                Err(error) => Err(error),
            };
            *this.last_clean_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(cleaned));
        });
    }

    /// Cleans up what had expired at an instant, and what is too much.
    async fn clean_up(&self, now: Timestamp, expired_at: Timestamp) -> Result<CleanUp> {
        self.flush().await?;
        let cleaned = clean_up_expired(&*self.store, self.options.max_bytes, now, expired_at).await?;
        for key in cleaned.removed.iter().flat_map(|removed| &removed.entries) {
            if key.dataset.as_str() == R::DATASET {
                self.memory.invalidate(&key.subject);
            }
        }
        Ok(cleaned)
    }

    async fn flush(&self) -> Result<()> {
        let uses = self.uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        let told = self.store.touch_cache_entries(&uses).await;
        if told.is_err() {
            self.uses.put_back(uses);
        }
        told.map(drop)
    }
}

fn pulled<D>(held: &Held<D>, outcome: Outcome) -> Pulled<D> {
    Pulled {
        data: held.data.clone(),
        fetched_at: held.entry.fetched_at.unwrap_or(held.entry.asked_at),
        outcome,
        findings: Arc::clone(&held.findings),
    }
}

fn stale<D>(held: &Held<D>, now: Timestamp, error: Option<Arc<Error>>) -> Pulled<D> {
    pulled(held, Outcome::Stale { age: held.age(now), error })
}

fn nothing_held(key: &CacheKey, reason: MissReason) -> Error {
    Error::new(ErrorKind::NotFound, "the cache has nothing to give, and the provider is not to be asked")
        .with("cache entry", key)
        .with("reason", reason.as_str())
}
