//! Trading: signals, orders and executions, positions, accounts, portfolios, the trade journal, and performance
//! metrics.

pub(crate) mod account;
pub(crate) mod execution;
pub(crate) mod fill;
pub mod journal;
pub(crate) mod legs;
pub mod metrics;
pub(crate) mod order;
pub(crate) mod portfolio;
pub(crate) mod position;
pub(crate) mod signal;

pub use account::{AccountFilter, AccountQuery, AccountRepository, AccountSnapshot, Balances, HeldPosition};
pub use execution::{Execution, ExecutionFilter, ExecutionQuery};
pub use fill::Fill;
pub use legs::{OrderGroup, OrderLink, OrderRole, SignalLeg};
pub use metrics::{MetricsKey, MetricsQuery, MetricsRepository, StoredMetrics};
pub use order::{
    Order, OrderFilter, OrderKind, OrderMove, OrderQuery, OrderRepository, OrderSide, OrderStatus, TimeInForce,
};
pub use portfolio::{PortfolioQuery, PortfolioRepository, PortfolioSnapshot};
pub use position::{Position, PositionFilter, PositionKey, PositionRepository};
pub use signal::{
    DailySignals, Signal, SignalAction, SignalFilter, SignalPerformance, SignalQuery, SignalRepository, SignalStatus,
};
