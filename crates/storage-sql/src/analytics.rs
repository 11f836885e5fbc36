//! The analytics family: one file a subject.

mod backtest;
mod feature;
mod greeks;
mod model;
mod prediction;

pub(crate) use backtest::BacktestRow;
pub(crate) use feature::FeatureRow;
pub(crate) use greeks::GreeksRow;
pub(crate) use model::{SabrRow, SviRow};
