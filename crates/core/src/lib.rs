//! The heart of strikebook: the domain types of options trading and the repository traits (ports) that every engine
//! implements.
//!
//! This crate is pure. It does no I/O, holds no SQL, reads no clock and no environment and starts no task.
//!
//! | family | subjects |
//! |---|---|
//! | [`market`] | contracts, chains, underlying quotes, bars, economic series |
//! | [`analytics`] | Greeks, calibrated models, features, backtests, predictions |
//! | [`trading`] | signals, orders, positions, accounts, portfolios, the journal |
//! | [`operations`] | users and permissions, strategies, settings, system events and states, quality of data, runs of pipelines, audit, cache |
//!
//! A [`Store`] is all repositories at once; [`memory::MemoryStore`] is the one whose code is the specification.

pub mod analytics;
mod as_of;
pub mod batch;
mod changes;
mod error;
mod id;
mod json;
mod keyed;
mod listing;
pub mod maintenance;
pub mod market;
pub mod memory;
pub mod money;
mod name;
pub mod operations;
mod page;
pub mod pricing;
mod series;
mod source;
mod store;
mod time;
pub mod trading;
mod validate;
mod version;
mod vocabulary;

pub use as_of::AsOf;
pub use changes::{ChangePlace, ChangeQuery};
pub use error::{Error, ErrorKind, Result};
pub use id::Id;
pub use json::Json;
pub use keyed::Keyed;
pub use listing::{Direction, Entry, Listing};
pub use name::Name;
pub use page::{Cursor, Limit, Page};
pub use rust_decimal::Decimal;
pub use series::SeriesQuery;
pub use source::Source;
pub use store::{Capabilities, Store};
pub use time::{Clock, FixedClock, Timestamp};
pub use version::{Upserted, Version};
