//! Pull when asked: what the store has if it is young enough, and otherwise one fetch for all who wait.
//!
//! A [`Puller`] answers requests of one kind out of a store and, when it must, out of a [`Provider`]. A kind is a
//! [`Request`]: [`ChainRequest`], [`PriceRequest`], [`PositionsRequest`], [`GreeksRequest`], [`PredictionRequest`], or one of
//! an application's own. Bars come by ranges of days, of which a [`BarPuller`] fetches only the gaps. The caller says
//! how old an answer may be and what to do when it is older ([`Ask`]); the answer says what happened ([`Outcome`]).
//!
//! ```
//! use std::sync::Arc;
//!
//! use chrono::TimeDelta;
//! use strikebook_core::{Clock, FixedClock, Source, market::{Symbol, UnderlyingQuote}, memory::MemoryStore};
//! use strikebook_services::pull::{Answer, Ask, FnProvider, Outcome, PriceRequest, PullOptions, Puller};
//! use strikebook_vendors::Batch;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> strikebook_core::Result<()> {
//! let broker = FnProvider::new("broker".parse()?, async |request: PriceRequest, now| {
//!     let quote = UnderlyingQuote::new(request.symbol, now, Source::new("broker")?);
//!     let underlying_quotes = vec![UnderlyingQuote { last: Some(652.75), ..quote }];
//!     Ok(Answer::Data { batch: Batch { underlying_quotes, ..Batch::default() }, bytes: 128 })
//! });
//! let clock = Arc::new(FixedClock("2025-09-25T20:00:00Z".parse()?));
//! let prices = Puller::new(Arc::new(MemoryStore::new()), Arc::new(broker), clock, PullOptions::default());
//!
//! let spy = PriceRequest::new(Symbol::new("SPY")?);
//! let first = prices.get(&spy, Ask::default()).await?;
//! assert!(matches!(first.outcome, Outcome::Miss { .. }));
//! let second = prices.get(&spy, Ask::default().with_max_age(TimeDelta::minutes(5))).await?;
//! assert!(matches!(second.outcome, Outcome::Hit { .. }));
//! assert_eq!(second.data.and_then(|quote| quote.price()), Some(652.75));
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//! - **One fetch for all who wait.** Callers of one puller that ask for the same join the fetch that is under way; a
//!   failure reaches all of them. Other processes on the same database wait for it too, by a
//!   [lease](strikebook_core::operations::FetchLease), and use its result.
//! - **A caller that goes away** neither ends the fetch nor leaves anything of it behind: it runs in a task of its own.
//! - **What was fetched is what is returned.** It is stored before the cache says so, and read back from the store, so
//!   a hit and a miss give the same. A provider's clock may be a few seconds ahead of ours
//!   ([`max_clock_skew`](PullOptions::max_clock_skew)): the read is as of the newest record then. Further ahead is an
//!   error that names both clocks, and nothing of the batch is stored.
//! - **Wrong rows are kept out and reported**: a bid above its ask, a number that no store takes. The
//!   [gate](PullOptions::gate) stores them all the same, or refuses the batch, when told to.
//! - **That there is nothing is known too**, until the provider may be asked again. So is a failure, with its kind: a
//!   refused key is no empty answer, and a provider that limits its rate is left alone for as long as it says.
//! - **No fetch passes the cap**: each is charged before it is made, over all processes on the database.
//! - **What was fetched keeps to its size**: it goes when it has expired, and the least recently used of it when it
//!   takes too many bytes ([`clean_up`]). Other rows stay and do not count, and nothing is compacted.

#[cfg(feature = "http")]
mod cboe;
mod clean_up;
mod failure;
mod fetch;
mod flight;
mod options;
mod outcome;
mod pace;
mod provider;
mod puller;
mod range;
mod request;
mod statistics;
mod uses;

#[cfg(feature = "http")]
pub use cboe::Cboe;
pub use clean_up::{Budget, CleanUp, Reason, Removed, Subject, clean_up, plan_clean_up};
pub use options::{OverBudget, PullOptions};
pub use outcome::{Ask, FetchPolicy, MissReason, Outcome, Pulled, Tier};
pub use pace::Pace;
pub use provider::{Answer, FileProvider, FnProvider, Provider};
pub use puller::Puller;
pub use range::{BarPuller, PulledBars};
pub use request::{
    BarsRequest, ChainRequest, GreeksRequest, PositionsRequest, PredictionRequest, PriceRequest, Request,
};
pub use statistics::{Holdings, PullStatistics};
