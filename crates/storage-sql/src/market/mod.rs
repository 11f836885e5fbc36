//! The market family: one file a subject.

mod bar;
pub(crate) mod chain;
pub(crate) mod contract;
mod economic;
mod underlying;

pub(crate) use bar::BarRow;
pub(crate) use economic::ObservationRow;
