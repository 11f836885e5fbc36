//! What is decided, done and held: signals, positions.

pub mod position;
pub mod signal;

pub use position::{Position, PositionFilter, PositionKey, PositionRepository};
pub use signal::{Signal, SignalAction, SignalFilter, SignalPerformance, SignalQuery, SignalRepository, SignalStatus};
