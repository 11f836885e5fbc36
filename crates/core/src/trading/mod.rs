//! What is decided, done and held: signals, positions, the journal of trades, and what these made of it.

pub mod journal;
pub mod metrics;
pub mod position;
pub mod signal;

pub use metrics::{MetricsKey, MetricsQuery, MetricsRepository, StoredMetrics};
pub use position::{Position, PositionFilter, PositionKey, PositionRepository};
pub use signal::{Signal, SignalAction, SignalFilter, SignalPerformance, SignalQuery, SignalRepository, SignalStatus};
