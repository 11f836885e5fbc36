//! Cache entries: the last fetch of each subject, and its use since.

use async_trait::async_trait;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{CacheKey, FetchLease, FetchOutcome};
use crate::{
    Decimal, Error, ErrorKind, Name, Result, Timestamp, Upserted,
    money::not_negative,
    port::Keyed,
    validate::{check, count, text},
};

/// The state of the last fetch of a subject.
///
/// An entry has two limits. Its data is fresh while its [age](Self::age) is at most the `max_age` of the reader, who
/// decides. From `expires_at` on the entry and its data may be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// The dataset of the fetch.
    pub dataset: Name,
    /// The subject of the fetch.
    pub subject: Name,
    /// The provider of the last fetch.
    pub provider: Name,
    /// The outcome of the last fetch.
    pub outcome: FetchOutcome,
    /// The instant of the last fetch, whatever its outcome.
    pub asked_at: Timestamp,
    /// The instant of the stored data's fetch: `asked_at` after a success, and earlier when later fetches failed.
    /// `None` without data.
    pub fetched_at: Option<Timestamp>,
    /// The latest event or knowledge time of the data, which can be after `fetched_at` when the provider's clock is
    /// ahead: a read as of this instant returns all data. `None` without data, and for data without times.
    pub newest_at: Option<Timestamp>,
    /// The instant before which the provider must not be asked again, because it reported no data or failed; `None`
    /// when it may be asked at any time.
    pub retry_after: Option<Timestamp>,
    /// The instant from which the entry may be deleted.
    pub expires_at: Timestamp,
    /// The instant of the last use.
    pub last_access: Timestamp,
    /// The number of uses since the last fetch.
    pub hits: u64,
    /// The size of the fetched data in bytes.
    pub bytes: u64,
    /// The cost of the last fetch.
    pub cost: Decimal,
    /// The message of the provider's error.
    pub error: Option<String>,
    /// The kind of the provider's error; `None` without an error.
    pub error_kind: Option<ErrorKind>,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(CacheEntry: cost);

impl CacheEntry {
    /// Creates the entry of data fetched at an instant, without cost and uses.
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

    /// Returns the age of the data; `None` without data.
    pub fn age(&self, now: Timestamp) -> Option<TimeDelta> {
        self.fetched_at.map(|fetched_at| now.since(fetched_at))
    }

    /// Returns true if `retry_after` has not been reached.
    pub fn must_wait(&self, now: Timestamp) -> bool {
        self.retry_after.is_some_and(|retry_after| now < retry_after)
    }

    /// Adds uses. The last access never moves back, and the count saturates at 2⁶³ − 1.
    pub fn touch(&mut self, hits: &CacheHits) {
        self.hits = self.hits.saturating_add(hits.hits).min(i64::MAX.unsigned_abs());
        self.last_access = self.last_access.max(hits.at);
    }
}

/// Uses of a cache entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheHits {
    /// The key of the entry.
    pub key: CacheKey,
    /// The number of uses.
    pub hits: u64,
    /// The instant of the last use.
    pub at: Timestamp,
}

/// The conditions of a list of cache entries. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheFilter {
    /// The dataset of the entries.
    pub dataset: Option<Name>,
    /// The outcome of the last fetch.
    pub outcome: Option<FetchOutcome>,
    /// The instant by which the entries have expired, inclusive.
    pub expired_at: Option<Timestamp>,
}

impl Keyed for CacheEntry {
    const NAME: &'static str = "cache_entry";

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
        Err(Error::invalid_input(
            "fetched_at must equal asked_at of an entry with data, and must not be after it otherwise",
        )
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

/// Cache entries and leases of running fetches.
///
/// ```
/// use strikebook_core::{
///     Name, Timestamp,
///     memory::MemoryStore,
///     operations::{CacheKey, CacheRepository, FetchLease},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let key = CacheKey { dataset: Name::new("chains")?, subject: Name::new("SPY")? };
/// let (now, expires): (Timestamp, Timestamp) = ("2025-09-25T14:30:00Z".parse()?, "2025-09-25T14:30:30Z".parse()?);
/// let (first, second) = (Name::new("first")?, Name::new("second")?);
/// assert_eq!(store.claim_lease(&FetchLease::new(key, first, now, expires)).await?.owner, first);
/// assert_eq!(store.claim_lease(&FetchLease::new(key, second, now, expires)).await?.owner, first);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait CacheRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores entries, which replace those with the same keys, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). An entry that differs in nothing but `recorded_at` counts as
    /// unchanged.
    async fn upsert_cache_entries(&self, entries: &[CacheEntry]) -> Result<Upserted>;

    /// Returns the entry with a key; `None` when there is no such entry. The call does not count as a use.
    async fn get_cache_entry(&self, key: &CacheKey) -> Result<Option<CacheEntry>>;

    /// Returns the entries that a filter admits, in the order of their keys.
    async fn list_cache_entries(&self, filter: &CacheFilter) -> Result<Vec<CacheEntry>>;

    /// Adds uses to entries, all or none, and returns the number of keys with an entry. Concurrent calls add up. The
    /// last access never moves back, and `recorded_at` stays. Keys without an entry, which may have been deleted
    /// since, are skipped.
    async fn touch_cache_entries(&self, hits: &[CacheHits]) -> Result<u64>;

    /// Deletes the entries with some keys, all or none, and returns their number. The fetched data is not deleted.
    async fn delete_cache_entries(&self, keys: &[CacheKey]) -> Result<u64>;

    /// Claims the lease of a fetch, and returns the lease in force: the claimed one, or that of another owner which
    /// does not [yield](FetchLease::yields_to). Of concurrent claims, from any process, one succeeds. The owner may
    /// claim the lease again to extend it. The lease of a crashed owner expires.
    ///
    /// An owner that was suspended for longer than its lease may run beside another one. Fetched data is written
    /// idempotently, so this costs a second fetch and does no harm.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a lease that expires before it is claimed.
    async fn claim_lease(&self, claim: &FetchLease) -> Result<FetchLease>;

    /// Releases the lease on a key, and returns true if this owner held it. The lease of another owner stays.
    async fn release_lease(&self, key: &CacheKey, owner: Name) -> Result<bool>;
}
