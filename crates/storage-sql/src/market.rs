//! The market family: one file a subject.

pub(crate) mod aggregate;
mod bar;
pub(crate) mod chain;
pub(crate) mod contract;
mod corporate_action;
mod economic;
mod fundamental;
mod underlying;

pub(crate) use economic::ObservationRow;
