//! The operations family: one file a subject.

pub mod access;
pub mod audit;
pub mod configuration;
pub mod event;
pub mod quality;
pub mod state;
pub mod strategy;
