//! What is computed from the market.

mod feature;
mod greeks;
mod model;
