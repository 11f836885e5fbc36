//! The operations family: one file a subject.

pub mod audit;
pub mod event;
pub mod state;
