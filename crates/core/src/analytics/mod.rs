//! What is computed from the market: Greeks.

pub mod greeks;

pub use greeks::{ComputedGreeks, GreeksKey, GreeksPlace, GreeksQuery, GreeksRepository, Model, OutdatedGreeksQuery};
