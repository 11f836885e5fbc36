//! What is computed from the market.

mod greeks;
mod model;
