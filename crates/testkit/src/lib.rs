//! The contract suite of strikebook's ports: one named case for each behaviour that the ports' documentation promises.
//!
//! An engine passes when it answers as [`MemoryStore`](strikebook_core::memory::MemoryStore) does. To certify one,
//! implement [`Harness`], which makes empty places for stores, and instantiate the suite in a test binary:
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use strikebook_core::{Result, Store, memory::MemoryStore};
//! use strikebook_testkit::{Harness, Options, Place, contract_tests};
//!
//! struct Memory;
//!
//! #[async_trait]
//! impl Harness for Memory {
//!     fn engine(&self) -> &'static str {
//!         "memory"
//!     }
//!
//!     async fn place(&self) -> Result<Box<dyn Place>> {
//!         Ok(Box::new(Memory))
//!     }
//! }
//!
//! #[async_trait]
//! impl Place for Memory {
//!     async fn open(&self, options: Options) -> Result<Arc<dyn Store>> {
//!         let store = MemoryStore::new();
//!         Ok(Arc::new(if options.allow_simulated { store.with_simulated() } else { store }))
//!     }
//! }
//!
//! contract_tests!(memory, Memory);
//! # fn main() {}
//! ```
//!
//! Each case becomes a test named after engine, subject and behaviour: `memory::chain::the_event_limit_is_inclusive`.
//! Each gets a store of its own. A harness that has no server says so, and its cases are skipped with one visible line;
//! with `STRIKEBOOK_TEST_REQUIRE_ALL=1` in the environment they fail instead.
//!
//! The cases of [`series`] run for every subject that is kept in versions; those of [`entries`] for every subject whose
//! rows have identities; those of [`keyed`] for every one whose rows have keys and no versions; the other modules hold
//! one subject each.

// Every case returns the store's errors and panics when the contract is broken.
#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc)]
// Exact equality of numbers is part of the contract.
#![allow(clippy::float_cmp)]

mod analytics;
mod cases;
pub mod concurrency;
pub mod days;
pub mod entries;
pub mod eviction;
pub mod generate;
mod harness;
pub mod input;
pub mod keyed;
pub mod maintenance;
mod market;
pub mod model;
mod operations;
pub mod series;
pub mod store;
mod trading;

pub use analytics::{backtest, feature, greeks, heston, ou, prediction, sabr, svi};
pub use generate::check_random;
pub use harness::{Bench, Harness, Options, Place, REQUIRE_ALL, run, run_on_threads};
pub use market::{aggregate, bar, chain, contract, economic, question, snapshot, underlying};
pub use operations::{
    access, audit, cache, configuration, coverage, event, quality, run, spending, state, strategy, watermark,
};
pub use trading::{
    account, daily, execution, import, journal, metrics, note, order, portfolio, position, risk, rule, signal, trade,
};
pub(crate) use trading::{amount, parsed};
