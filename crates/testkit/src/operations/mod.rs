//! The operations family: one file a subject.

pub mod event;
pub mod state;
