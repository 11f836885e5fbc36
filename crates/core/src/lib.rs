//! The core of strikebook: the domain types of options trading, and the repository traits (ports) that every engine
//! implements.
//!
//! # Families
//!
//! | family | subjects |
//! |---|---|
//! | [`market`] | contracts, chains, underlying quotes, bars, actions of companies, economic series, aggregates |
//! | [`analytics`] | Greeks, calibrated models, features, backtests, predictions |
//! | [`trading`] | signals, orders, positions, accounts, portfolios, the journal, metrics |
//! | [`operations`] | users and permissions, strategies, settings, events and states, data quality, pipeline runs, audit, cache |
//!
//! Each subject has its types, its query and its port in one module. A [`Store`] is all ports as one trait;
//! [`memory::MemoryStore`] implements it in memory and is the executable specification of the others. [`pricing`]
//! holds the port of pricing models, [`maintenance`] that of schema, size and retention.
//!
//! # Two times
//!
//! Every market row has an event time `at` (when the market said it) and a knowledge time `recorded_at` (when we
//! got it). A correction never overwrites: the store adds a [version](Version) and keeps the superseded one. A read
//! takes both limits as [`AsOf`], and so answers with what was known then:
//!
//! ```
//! use strikebook_core::{
//!     AsOf, Source, Timestamp,
//!     market::{Symbol, UnderlyingQuote, UnderlyingRepository},
//!     memory::MemoryStore,
//! };
//!
//! # async fn example() -> strikebook_core::Result<()> {
//! let (spy, source) = (Symbol::new("SPY")?, Source::new("cboe")?);
//! let close: Timestamp = "2025-09-25T20:00:00Z".parse()?;
//! let next_morning: Timestamp = "2025-09-26T12:00:00Z".parse()?;
//!
//! let store = MemoryStore::new();
//! let quote = UnderlyingQuote { last: Some(658.05), ..UnderlyingQuote::new(spy, close, source) };
//! let corrected = UnderlyingQuote { last: Some(658.15), recorded_at: next_morning, ..quote.clone() };
//! store.upsert_underlying_quotes(&[quote]).await?;
//! let written = store.upsert_underlying_quotes(&[corrected]).await?;
//! assert_eq!(written.corrected, 1);
//!
//! let at_close = store.underlying_as_of(spy, AsOf::instant(close)).await?;
//! assert_eq!(at_close.and_then(|quote| quote.last), Some(658.05));
//! let today = store.underlying_as_of(spy, AsOf::with_hindsight(close)).await?;
//! assert_eq!(today.and_then(|quote| quote.last), Some(658.15));
//! # Ok(())
//! # }
//! ```
//!
//! # Shapes of rows
//!
//! | shape | trait | rows | change |
//! |---|---|---|---|
//! | versioned | [`port::Recorded`] | series: quotes, bars, Greeks, parameters | adds a version |
//! | entry | [`port::Entry`] | identity and event time: signals, orders, notes | replaces the row |
//! | keyed | [`port::Keyed`] | natural key: positions, settings, permissions | replaces the row |
//!
//! # Conventions
//!
//! - Writes are idempotent: repeating one changes nothing, and [`Upserted`] counts what happened to each row.
//! - Measured numbers are `f64`, money that is owed is [`Decimal`], and absent values are `None`.
//! - Every error is an [`Error`] whose [kind](ErrorKind) a program can act on.
//! - Lists come in pages with a [`Cursor`].
//!
//! The [glossary] explains the terms; the [lives of contracts](contract_lives) and [adjusted prices](adjusted_prices)
//! have pages of their own.
//!
//! This crate is pure: it does no I/O, holds no SQL, reads no clock and no environment, and starts no task.

#[doc = include_str!("adjusted_prices.md")]
pub mod adjusted_prices {}
pub mod analytics;
mod as_of;
mod changes;
#[doc = include_str!("contract_lives.md")]
pub mod contract_lives {}
pub mod directory;
mod error;
#[doc = include_str!("glossary.md")]
pub mod glossary {}
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
pub mod port;
pub mod pricing;
mod series;
mod source;
mod store;
mod time;
pub mod trading;
pub mod unit;
mod validate;
mod version;
mod vocabulary;
mod words;

pub use as_of::AsOf;
pub use changes::ChangeQuery;
pub use error::{Error, ErrorKind, Result};
pub use id::Id;
pub use json::Json;
pub use listing::{Direction, Listing};
pub use name::Name;
pub use page::{Cursor, Limit, Page, Paging};
pub use rust_decimal::Decimal;
pub use series::SeriesQuery;
pub use source::Source;
pub use store::{Capabilities, Store};
pub use time::{CLOCK_TOLERANCE, Clock, FixedClock, Timestamp};
pub use version::{Upserted, Version};
pub use words::Words;
