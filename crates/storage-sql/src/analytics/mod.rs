//! The analytics family: one file a subject.

mod greeks;

pub(crate) use greeks::GreeksRow;
