//! The operations family: one file a subject.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod cache;
pub(crate) mod configuration;
pub(crate) mod event;
pub(crate) mod quality;
pub(crate) mod run;
pub(crate) mod strategy;
