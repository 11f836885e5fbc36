//! The analytics family: one file a subject.

mod backtest;
mod feature;
mod greeks;
mod indicator;
mod model;
mod prediction;

pub(crate) use greeks::GreeksRow;
