//! Pulling on demand: a fresh cached answer if there is one, and otherwise one fetch for all who wait.
//!
//! A [`Puller`] answers requests of one kind from a store and, on a miss, from a [`Provider`]. A kind is a [`Request`]:
//! [`ChainRequest`], [`PriceRequest`], [`PositionsRequest`], [`GreeksRequest`], [`PredictionRequest`], or one of an
//! application's own. Bars come by ranges of days, of which a [`BarPuller`] fetches only the gaps. The caller sets the
//! greatest age of an answer and the policy for a stale one ([`FetchOptions`]); the answer names its [`PullOutcome`].
//!
//! ```
//! use std::sync::Arc;
//!
//! use chrono::TimeDelta;
//! use strikebook_core::{Clock, FixedClock, Source, market::{Symbol, UnderlyingQuote}, memory::MemoryStore};
//! use strikebook_services::pull::{ProviderResponse, FetchOptions, FnProvider, PullOutcome, PriceRequest, PullOptions, Puller};
//! use strikebook_vendors::Batch;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> strikebook_core::Result<()> {
//! let broker = FnProvider::new("broker".parse()?, async |request: PriceRequest, now| {
//!     let quote = UnderlyingQuote::new(request.symbol, now, Source::new("broker")?);
//!     let underlying_quotes = vec![UnderlyingQuote { last: Some(652.75), ..quote }];
//!     Ok(ProviderResponse::Data { batch: Batch { underlying_quotes, ..Batch::default() }, bytes: 128 })
//! });
//! let clock = Arc::new(FixedClock("2025-09-25T20:00:00Z".parse()?));
//! let prices = Puller::new(Arc::new(MemoryStore::new()), Arc::new(broker), clock, PullOptions::default());
//!
//! let spy = PriceRequest::new(Symbol::new("SPY")?);
//! let first = prices.get(&spy, FetchOptions::default()).await?;
//! assert!(matches!(first.outcome, PullOutcome::Miss { .. }));
//! let second = prices.get(&spy, FetchOptions::default().with_max_age(TimeDelta::minutes(5))).await?;
//! assert!(matches!(second.outcome, PullOutcome::Hit { .. }));
//! assert_eq!(second.data.and_then(|quote| quote.price()), Some(652.75));
//! # Ok(())
//! # }
//! ```
//!
//! # Misses in a log
//! Every miss is an event of the target `strikebook::pull` at level `DEBUG` with the fields `dataset`, `subject`,
//! `policy`, `reason` ([`MissReason`]), `age_ms` (the age of the cached answer, if there is one) and `max_age_ms` (the
//! limit).
//!
//! # Guarantees
//! - **One fetch for all who wait.** Callers of one puller with equal requests join the fetch that is under way; a
//!   failure reaches all of them. Other processes on the same database wait for the fetch too, by a
//!   [lease](strikebook_core::operations::FetchLease), and use its result.
//! - **A caller that goes away** does not end the fetch, which runs in a task of its own.
//! - **A hit and a miss give the same.** Fetched rows are stored before the cache entry, and read back from the store.
//!   A provider's clock may be a few seconds ahead of ours ([`max_clock_skew`](PullOptions::max_clock_skew)): the read
//!   is then as of the newest record. A record further ahead is an error that names both clocks, and nothing of its
//!   batch is stored.
//! - **Wrong rows are kept out and reported**: a bid above its ask, a number that no store takes. Other
//!   [gate policies](PullOptions::gate) store such rows all the same, or refuse the batch.
//! - **Empty answers and failures are cached too**, until the provider may be called again. A failure keeps its kind: a
//!   refused key is no empty answer, and a provider that limits its rate is not called before the time it named.
//! - **No fetch exceeds the monthly cap**: each is charged before the call, across all processes on the database.
//! - **Fetched data keeps within its size**: expired rows are deleted, and then the least recently used ones while
//!   fetched data takes too many bytes ([`clean_up`]). Other rows stay and do not count, and nothing is compacted.

mod cache;
#[cfg(feature = "http")]
mod cboe;
mod clean_up;
mod failure;
mod fetch;
mod fetch_options;
#[cfg(feature = "files")]
mod file_provider;
mod hits;
mod options;
mod outcome;
mod provider;
mod puller;
mod range;
mod rate_limiter;
mod request;
mod shared_task;
mod statistics;

#[cfg(feature = "http")]
pub use cboe::Cboe;
pub use clean_up::{CacheSubject, CleanUpReport, DiskBudget, RemovalReason, RemovedSubject, clean_up, plan_clean_up};
pub use fetch_options::{FetchOptions, FetchPolicy};
#[cfg(feature = "files")]
pub use file_provider::FileProvider;
pub use options::{OverCap, PullOptions};
pub use outcome::{CacheTier, MissReason, PullOutcome, Pulled};
pub use provider::{FnProvider, Provider, ProviderResponse};
pub use puller::Puller;
pub use range::{BarPuller, PulledBars};
pub use rate_limiter::RateLimiter;
pub use request::{
    AccountReport, BarsRequest, ChainRequest, GreeksRequest, PositionsRequest, PredictionRequest, PriceRequest, Request,
};
pub use statistics::{CacheUsage, PullStatistics};
