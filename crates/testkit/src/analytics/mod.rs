//! What is computed from the market.

pub mod greeks;
