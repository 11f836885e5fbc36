//! Trading: signals, orders and executions, positions, accounts, portfolios, the trade journal, and performance
//! metrics.

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
