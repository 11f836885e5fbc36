//! The operations family: one file a subject.

pub(crate) mod event;
