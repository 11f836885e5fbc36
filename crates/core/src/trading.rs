//! What is decided, done and held: signals, orders, positions, the journal of trades, and what these made of it.

pub mod account;
pub mod execution;
pub mod journal;
pub mod metrics;
pub mod order;
pub mod portfolio;
pub mod position;
pub mod signal;

pub use account::{AccountFilter, AccountQuery, AccountRepository, AccountSnapshot, Balances, HeldPosition};
pub use execution::{Execution, ExecutionFilter, ExecutionQuery};
pub use metrics::{MetricsKey, MetricsQuery, MetricsRepository, StoredMetrics};
pub use order::{
    Order, OrderFilter, OrderKind, OrderMove, OrderQuery, OrderRepository, OrderSide, OrderStatus, TimeInForce,
};
pub use portfolio::{PortfolioQuery, PortfolioRepository, PortfolioSnapshot};
pub use position::{Position, PositionFilter, PositionKey, PositionRepository};
pub use signal::{
    DailySignals, Signal, SignalAction, SignalFilter, SignalPerformance, SignalQuery, SignalRepository, SignalStatus,
};
