//! Data computed from the market.

mod backtest;
mod feature;
mod greeks;
mod indicator;
mod model;
mod prediction;
