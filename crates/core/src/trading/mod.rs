//! What is decided and done: signals.

pub mod signal;

pub use signal::{Signal, SignalAction, SignalFilter, SignalPerformance, SignalQuery, SignalRepository, SignalStatus};
