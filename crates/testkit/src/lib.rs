//! The contract suite of strikebook's ports: one named case for each behaviour that the ports' documentation promises.
//!
//! An engine passes when it answers as [`MemoryStore`](strikebook_core::memory::MemoryStore) does. To certify one,
//! implement [`Harness`], which makes empty places for stores, and run the suite in a test binary:
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use strikebook_core::{Result, Store, memory::MemoryStore};
//! use strikebook_testkit::{Harness, Options, Place};
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
//! fn main() -> std::process::ExitCode {
//!     strikebook_testkit::main(strikebook_testkit::contract(Memory))
//! }
//! ```
//!
//! The binary has a runner of its own, so `Cargo.toml` says `harness = false` for it:
//!
//! ```toml
//! [[test]]
//! name = "contract"
//! harness = false
//! ```
//!
//! Each case becomes a test named after engine, subject and behaviour: `memory::chain::the_event_limit_is_inclusive`,
//! and gets a store of its own. Filters and options are those of the built-in runner.
//!
//! A test passes only if it checked the statement of its name. Otherwise it is reported as *ignored*, with the reason:
//! a case whose [capability](strikebook_core::Capabilities) the store lacks, and every case of an engine that its
//! harness says is missing. With `STRIKEBOOK_TEST_REQUIRE_ALL=1` in the environment a missing engine fails its cases
//! instead. An engine that is made for some families, or for reading only, says so by [`Harness::scope`] and gets the
//! cases of that part.
//!
//! The cases of [`series`] run for every subject with versioned rows; those of [`entries`] for every subject whose
//! rows have identities; those of [`keyed`] for every one whose rows have keys and no versions; the other modules hold
//! one subject each. A module lists its cases beside their functions; the suite lists the modules.

#![expect(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "every case returns the store's errors and panics when the contract is broken"
)]
#![expect(clippy::float_cmp, reason = "exact equality of numbers is part of the contract")]

mod analytics;
mod case;
pub mod concurrency;
pub mod directory;
mod drops;
pub mod entries;
pub mod eviction;
pub mod fixtures;
pub mod generate;
mod harness;
pub mod input;
pub mod keyed;
pub mod maintenance;
mod market;
pub mod model;
mod operations;
pub mod policy;
mod prelude;
pub mod series;
pub mod store;
mod suite;
mod trading;
pub mod trial;
pub mod unit;

pub use analytics::{backtest, feature, greeks, heston, indicator, ou, prediction, sabr, svi};
pub use generate::check_random;
pub use harness::{Bench, Family, Harness, Inspection, Options, Place, Scope};
pub use market::{
    aggregate, bar, chain, chain_queries, contract, corporate_action, economic, fundamental, life, snapshot, underlying,
};
pub use operations::{
    access, audit, cache, configuration, coverage, event, quality, run, spending, state, strategy, watermark,
};
pub use suite::{contract, run, run_on_threads};
pub use trading::{
    account, daily, execution, import, journal, metrics, note, order, portfolio, position, risk, rule, signal, trade,
};
pub use trial::main;

pub(crate) use trading::{amount, parsed};
