//! What was fetched, when, and how often it was used since.

use async_trait::async_trait;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{CacheKey, FetchLease, FetchOutcome};
use crate::{
    Decimal, Error, ErrorKind, Keyed, Name, Result, Timestamp, Upserted,
    money::not_negative,
    validate::{check, count, text},
};

/// What came of the last time that something was asked for.
///
/// It has two clocks. Whether its data is fresh enough is the question of who uses it, who knows its [age](Self::age).
/// From `expires_at` on it is kept no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// The dataset.
    pub dataset: Name,
    /// What of it.
    pub subject: Name,
    /// Who was asked last.
    pub provider: Name,
    /// What came of it.
    pub outcome: FetchOutcome,
    /// When the provider was asked last, whatever came of it.
    pub asked_at: Timestamp,
    /// When the data came that there is: `asked_at` after a success, and an earlier instant when the provider failed
    /// since. `None` when there is no data.
    pub fetched_at: Option<Timestamp>,
    /// The latest instant of that data on either clock, which a provider's clock may put behind `fetched_at`: a read as
    /// of this instant finds all of it. `None` when there is no data, or none with an instant.
    pub newest_at: Option<Timestamp>,
    /// Until when the provider is not to be asked again, because it is known to have nothing or to fail; `None` when it
    /// may be asked at any time.
    pub retry_after: Option<Timestamp>,
    /// From when on it is kept no longer.
    pub expires_at: Timestamp,
    /// When it was used last.
    pub last_access: Timestamp,
    /// How often it was used since the provider was asked.
    pub hits: u64,
    /// How much data came, in bytes.
    pub bytes: u64,
    /// What the last fetch cost.
    pub cost: Decimal,
    /// Why the provider failed, in words.
    pub error: Option<String>,
    /// The kind of that failure; `None` when it did not fail.
    pub error_kind: Option<ErrorKind>,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl CacheEntry {
    /// Data that came at an instant, free of cost and not used yet.
    pub const fn new(key: CacheKey, provider: Name, fetched_at: Timestamp, expires_at: Timestamp) -> Self {
        Self {
            dataset: key.dataset,
            subject: key.subject,
            provider,
            outcome: FetchOutcome::Data,
            asked_at: fetched_at,
            fetched_at: Some(fetched_at),
            newest_at: None,
            retry_after: None,
            expires_at,
            last_access: fetched_at,
            hits: 0,
            bytes: 0,
            cost: Decimal::ZERO,
            error: None,
            error_kind: None,
            recorded_at: fetched_at,
        }
    }

    /// How old its data is; `None` when there is none.
    pub fn age(&self, now: Timestamp) -> Option<TimeDelta> {
        self.fetched_at.map(|fetched_at| now.since(fetched_at))
    }

    /// Whether it is too early to ask the provider again.
    pub fn must_wait(&self, now: Timestamp) -> bool {
        self.retry_after.is_some_and(|retry_after| now < retry_after)
    }

    /// Notes that it was used. The last access never goes back, and the count stops where it no longer fits.
    pub fn touch(&mut self, hits: &CacheHits) {
        self.hits = self.hits.saturating_add(hits.hits).min(i64::MAX.unsigned_abs());
        self.last_access = self.last_access.max(hits.at);
    }
}

/// That an entry was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheHits {
    /// Which.
    pub key: CacheKey,
    /// How often.
    pub hits: u64,
    /// When last.
    pub at: Timestamp,
}

/// What a list of entries is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheFilter {
    /// Entries of this dataset.
    pub dataset: Option<Name>,
    /// Entries of which the last fetch came to this.
    pub outcome: Option<FetchOutcome>,
    /// Entries that are kept no longer at this instant: those that expire then or before.
    pub expired_at: Option<Timestamp>,
}

impl Keyed for CacheEntry {
    const NAME: &'static str = "cache entry";

    type Key = CacheKey;
    type Filter = CacheFilter;

    fn key(&self) -> CacheKey {
        CacheKey { dataset: self.dataset, subject: self.subject }
    }

    fn validate(&self) -> Result<()> {
        count("hits", self.hits)?;
        count("bytes", self.bytes)?;
        not_negative("cost", self.cost)?;
        check!(text, self.error.as_deref() => "error");
        let fits = match self.outcome {
            FetchOutcome::Data => self.fetched_at == Some(self.asked_at),
            FetchOutcome::Empty | FetchOutcome::Failed => self.fetched_at.is_none_or(|at| at <= self.asked_at),
        };
        if fits {
            return Ok(());
        }
        let value = self.fetched_at.map_or_else(|| "none".to_owned(), |at| at.to_string());
        Err(Error::invalid_input("fetched_at must be asked_at of an entry with data, and not be later of another")
            .with("field", "fetched_at")
            .with("value", value)
            .with("asked_at", self.asked_at))
    }

    fn is_admitted_by(&self, filter: &CacheFilter) -> bool {
        filter.dataset.is_none_or(|dataset| self.dataset == dataset)
            && filter.outcome.is_none_or(|outcome| self.outcome == outcome)
            && filter.expired_at.is_none_or(|at| self.expires_at <= at)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// What was fetched, and who is fetching.
#[async_trait]
pub trait CacheRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores entries, each in the place of the one with its key.
    ///
    /// An entry equal in everything but `recorded_at` is unchanged. Of several with one key the last counts, and the
    /// others are repeated. An empty batch is fine and does nothing. Either all entries are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Keyed::validate), with its index as
    /// `row`: a negative cost or one with more than eight digits behind the point, a count past 2⁶³, data that was not
    /// fetched when it was asked for.
    ///
    /// # Cancel safety
    /// A dropped call stores all entries or none.
    async fn upsert_cache_entries(&self, entries: &[CacheEntry]) -> Result<Upserted>;

    /// The entry with a key; `None` when there is none. It does not count as a use.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_cache_entry(&self, key: &CacheKey) -> Result<Option<CacheEntry>>;

    /// The entries that a filter admits, in the order of their keys.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_cache_entries(&self, filter: &CacheFilter) -> Result<Vec<CacheEntry>>;

    /// Notes that entries were used, and returns how many keys have an entry. Uses are added to those that are stored:
    /// what several callers note at once adds up. The last access never goes back. A key without an entry is passed
    /// over: it may have been deleted since. `recorded_at` stays.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call notes all uses or none.
    async fn touch_cache_entries(&self, hits: &[CacheHits]) -> Result<u64>;

    /// Deletes the entries with some keys, and returns how many there were. What was fetched is not deleted with them.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes all of them or none.
    async fn delete_cache_entries(&self, keys: &[CacheKey]) -> Result<u64>;

    /// Claims the right to fetch, and returns the lease in force: the one claimed, or that of another owner, which did
    /// not [give way](FetchLease::yields_to). Of all who claim at once, in any process, one gets it. Its owner may
    /// claim it again to keep it for longer. Who crashes with it loses it when it runs out.
    ///
    /// An owner that was stopped for longer than its lease may find somebody else fetching too. What is fetched is
    /// written idempotently, and so costs twice but does no harm.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a lease that runs out before it is claimed.
    ///
    /// # Cancel safety
    /// A dropped call claims it or not.
    async fn claim_lease(&self, claim: &FetchLease) -> Result<FetchLease>;

    /// Gives up the lease on a key, and tells whether it was this owner's. That of another stays.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call gives it up or keeps it.
    async fn release_lease(&self, key: &CacheKey, owner: Name) -> Result<bool>;
}
