//! The operations family: one file a subject.

pub mod access;
pub mod audit;
pub mod cache;
pub mod configuration;
pub mod coverage;
pub mod event;
pub mod quality;
pub mod run;
pub mod spending;
pub mod state;
pub mod strategy;
pub mod watermark;
