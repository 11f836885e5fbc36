//! The operations family: one file a subject.

pub(crate) mod audit;
pub(crate) mod event;
