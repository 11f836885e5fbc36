#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
//!
//! # Contents
//! This crate is the facade: everything of [`strikebook-core`](strikebook_core), and [`open`]. The [glossary] explains
//! the terms, and a guide the [lives of contracts](contract_lives). Features add the engines.

mod config;
mod open;

pub use config::{CacheConfig, Config, StoreConfig, Stores, WrongRows};
pub use open::open;
#[cfg(feature = "arrow")]
pub use strikebook_arrow as arrow;
pub use strikebook_core::{
    AsOf, CLOCK_TOLERANCE, Capabilities, ChangeQuery, Clock, Cursor, Decimal, Direction, Error, ErrorKind, FixedClock,
    Id, Json, Limit, Listing, Name, Page, Paging, Result, SeriesQuery, Source, Store, Timestamp, Upserted, Version,
    adjusted_prices, analytics, contract_lives, directory, glossary, maintenance, market, memory, money, operations,
    pricing, trading, unit,
};
#[cfg(feature = "pricing")]
pub use strikebook_pricing as models;
#[cfg(feature = "services")]
pub use strikebook_services as services;
pub use strikebook_system::{SystemClock, new_id, new_salt};
#[cfg(feature = "vendors")]
pub use strikebook_vendors as vendors;
