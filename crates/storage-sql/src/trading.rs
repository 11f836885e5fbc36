//! The trading family: one file a subject.

pub(crate) mod account;
pub(crate) mod journal;
pub(crate) mod metrics;
pub(crate) mod order;
pub(crate) mod portfolio;
pub(crate) mod position;
pub(crate) mod signal;
