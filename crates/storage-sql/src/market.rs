//! The market family: one file a subject.

pub(crate) mod aggregate;
mod bar;
pub(crate) mod chain;
pub(crate) mod contract;
mod economic;
mod underlying;

pub(crate) use economic::ObservationRow;
