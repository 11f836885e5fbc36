//! European options: models, Greeks, limits.

pub mod bachelier;
pub mod black76;
pub mod black_scholes;
mod greeks;
pub(crate) mod implied;
mod limits;
mod touch;
mod units;

pub use greeks::Greeks;
