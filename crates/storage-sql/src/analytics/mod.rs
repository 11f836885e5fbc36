//! The analytics family: one file a subject.

mod feature;
mod greeks;
mod model;

pub(crate) use feature::FeatureRow;
pub(crate) use greeks::GreeksRow;
pub(crate) use model::{HestonRow, OuRow, SabrRow};
