//! The analytics family: one file a subject.

mod greeks;
mod model;

pub(crate) use greeks::GreeksRow;
pub(crate) use model::{HestonRow, OuRow, SabrRow};
