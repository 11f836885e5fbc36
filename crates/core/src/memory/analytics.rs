//! Data computed from the market.

mod backtest;
mod feature;
mod greeks;
mod model;
mod prediction;
