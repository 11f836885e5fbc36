#![doc = include_str!("../README.md")]
//!
//! # What is where
//! This crate is the facade: everything of [`strikebook-core`](strikebook_core) and [`open`]. The engines come with
//! their features.

mod config;
mod open;

pub use config::{CacheConfig, Config, StoreConfig, Stores};
pub use open::open;
pub use strikebook_core::*;
#[cfg(feature = "pricing")]
pub use strikebook_pricing as models;
#[cfg(feature = "services")]
pub use strikebook_services as services;
#[cfg(feature = "vendors")]
pub use strikebook_vendors as vendors;
