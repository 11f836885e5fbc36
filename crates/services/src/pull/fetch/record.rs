//! The results of a fetch, stored.

use std::sync::Arc;

use chrono::TimeDelta;
use strikebook_core::{
    Error, ErrorKind, Result, Timestamp,
    operations::{CacheEntry, CacheKey, FetchOutcome},
};

use super::{Attempts, Fetcher};
use crate::{
    pull::{Request, cache::CachedAnswer, failure::FetchFailure},
    quality::Gate,
};

/// The most characters of a failure to keep in its cache entry.
const FAILURE_TEXT_CHARS: usize = 1_000;

impl<R: Request> Fetcher<R> {
    /// Passes a batch through the gate and the comparison of clocks, stores its rows, and then the cache entry.
    ///
    /// Reports, rows and the entry are three writes: a crash between them leaves reports of rows that are not stored,
    /// or rows without an entry. The next caller fetches again, which changes neither.
    pub(super) async fn record_data(
        &self,
        request: &R,
        key: CacheKey,
        mut batch: R::Batch,
        bytes: u64,
        now: Timestamp,
        attempts: &Attempts,
    ) -> Result<Arc<CachedAnswer<R::Data>>> {
        let (store, provider) = (&*self.cache.store, self.provider.name());
        let in_context = |error: Error| error.with("provider", provider).with("cache_entry", key);
        let mut gate = Gate::new(self.options.gate);
        request.sift(&mut batch, &mut gate)?;
        self.statistics.update(|statistics| {
            statistics.bytes = statistics.bytes.saturating_add(bytes);
            statistics.wrong_rows += gate.findings().len() as u64;
        });
        gate.refuse().map_err(in_context)?;
        let newest_at = request.newest(&batch);
        self.check_clocks(newest_at).map_err(in_context)?;
        gate.report(store, provider, &key, self.clock.now()).await?;
        gate.refuse_empty().map_err(in_context)?;
        request.write(store, &batch).await.map_err(|error| gate.explain(error))?;
        let now_or_newest = newest_at.map_or_else(|| self.clock.now(), |newest| newest.max(self.clock.now()));
        let Some(data) = request.read(store, now_or_newest).await? else {
            let error = Error::new(
                ErrorKind::NotFound,
                "the provider sent only records that the request leaves out: too old, or expired",
            );
            let error = in_context(gate.explain(error)).with("read_at", now_or_newest);
            return Err(match newest_at {
                Some(newest) => error.with("newest", newest),
                None => error.with("newest", "none"),
            });
        };
        let entry = CacheEntry::new(key, provider, now, now.saturating_add(self.expiry()));
        let entry = CacheEntry { newest_at, bytes, cost: attempts.cost, ..entry };
        store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        let answer = CachedAnswer { entry, data: Some(Arc::new(data)), findings: gate.into_findings().into() };
        Ok(self.cache.insert(&key, answer))
    }

    /// Refuses records that are ahead of our clock by more than the tolerance: once stored, they would be read as
    /// current when our clock reaches them.
    fn check_clocks(&self, newest_at: Option<Timestamp>) -> Result<()> {
        let (now, tolerance) = (self.clock.now(), self.options.max_clock_skew);
        match newest_at {
            Some(newest) if newest.since(now) > tolerance => Err(Error::new(
                ErrorKind::ClockSkew,
                "a record of the provider is ahead of our clock by more than `max_clock_skew`",
            )
            .with("record_at", newest)
            .with("now", now)
            .with("ahead", newest.since(now))
            .with("tolerance", tolerance)),
            _ => Ok(()),
        }
    }

    /// Stores that the provider has nothing.
    pub(super) async fn record_empty(
        &self,
        key: CacheKey,
        retry_after: Option<TimeDelta>,
        now: Timestamp,
        attempts: &Attempts,
    ) -> Result<Arc<CachedAnswer<R::Data>>> {
        let pause = retry_after.unwrap_or(self.options.empty_pause);
        let entry = CacheEntry {
            outcome: FetchOutcome::Empty,
            fetched_at: None,
            retry_after: Some(now.saturating_add(pause)),
            cost: attempts.cost,
            ..CacheEntry::new(key, self.provider.name(), now, now.saturating_add(self.expiry()))
        };
        self.cache.store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        Ok(self.cache.insert(&key, CachedAnswer { entry, data: None, findings: Arc::default() }))
    }

    /// Stores that the provider failed. The data of the last success stays until it expires.
    pub(super) async fn record_failure(
        &self,
        key: CacheKey,
        failure: &FetchFailure,
        attempts: &Attempts,
    ) -> Result<()> {
        let (store, now, provider) = (&*self.cache.store, self.clock.now(), self.provider.name());
        let before = store.get_cache_entry(&key).await?.filter(|before| now < before.expires_at);
        let before = before.unwrap_or_else(|| CacheEntry {
            fetched_at: None,
            ..CacheEntry::new(key, provider, now, now.saturating_add(self.expiry()))
        });
        let text: String = format!("{:#}", failure.error).replace('\0', " ").chars().take(FAILURE_TEXT_CHARS).collect();
        let entry = CacheEntry {
            provider,
            outcome: FetchOutcome::Failed,
            asked_at: now,
            retry_after: Some(now.saturating_add(self.pause_after(&failure.error))),
            cost: attempts.cost,
            error: Some(text),
            error_kind: Some(failure.error.kind()),
            recorded_at: now,
            ..before
        };
        store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
        self.cache.invalidate(&key);
        Ok(())
    }

    /// Returns the time to keep fetched data.
    fn expiry(&self) -> TimeDelta {
        self.options.expiry.unwrap_or(R::EXPIRY)
    }
}
