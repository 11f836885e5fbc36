//! The trading family: one file a subject.

pub(crate) mod signal;
