//! Cases of the analytics family.

pub mod backtest;
pub mod feature;
pub mod greeks;
pub mod heston;
pub mod indicator;
pub mod ou;
pub mod prediction;
pub mod sabr;
mod smile;
pub mod svi;
