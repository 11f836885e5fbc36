//! Metrics that are kept: whose, of which window, as of when.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{ClosedTrade, Conventions, Metrics, Window};
use crate::{
    AsOf, Error, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version, money::amount, validate::number,
};

/// Whose metrics, and how far back they look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MetricsKey {
    /// The account; `None` for all of them together.
    pub account: Option<Name>,
    /// The strategy; `None` for all of them together.
    pub strategy: Option<Name>,
    /// The regime that trades were opened in; `None` for all of them together.
    pub regime: Option<Name>,
    /// How far back from the instant of the metrics trades count.
    pub window: Window,
}

impl MetricsKey {
    /// Metrics over all accounts, strategies and regimes.
    pub const fn new(window: Window) -> Self {
        Self { account: None, strategy: None, regime: None, window }
    }
}

impl fmt::Display for MetricsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [self.account, self.strategy, self.regime] {
            write!(f, "{}/", part.as_ref().map_or("*", Name::as_str))?;
        }
        self.window.fmt(f)
    }
}

/// Metrics at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredMetrics {
    /// Whose they are, and of which window.
    pub key: MetricsKey,
    /// The end of the window: trades closed later do not count.
    pub at: Timestamp,
    /// When the first trade of the window was opened; `None` without trades.
    pub window_start: Option<Timestamp>,
    /// What the numbers depend on besides the trades.
    pub conventions: Conventions,
    /// The numbers.
    pub metrics: Metrics,
    /// Where the trades come from.
    pub source: Source,
    /// When they were computed.
    pub recorded_at: Timestamp,
}

impl StoredMetrics {
    /// The metrics of the window at an instant, computed then, out of trades [in order](super::in_order). The trades
    /// are those that the key names; whose they are is not looked at.
    pub fn of(
        key: MetricsKey,
        at: Timestamp,
        trades: &[ClosedTrade],
        conventions: Conventions,
        source: Source,
    ) -> Self {
        let trades = key.window.ending_at(at, trades);
        let window_start = trades.iter().map(|trade| trade.opened).min();
        let metrics = Metrics::of(trades, &conventions);
        Self { key, at, window_start, conventions, metrics, source, recorded_at: at }
    }

    /// Checks every number, and that the window starts before it ends.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        self.conventions.validate()?;
        self.metrics.validate()?;
        if let Some(start) = self.window_start.filter(|start| *start > self.at) {
            return Err(Error::invalid_input("a window must start before it ends")
                .with("field", "window_start")
                .with("value", start)
                .with("at", self.at));
        }
        Ok(())
    }
}

impl Metrics {
    /// Checks that every value there is is a number within its type's range.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        for (field, money) in
            [("net", &self.net), ("gross", &self.gross), ("costs", &self.costs), ("expectancy", &self.expectancy)]
        {
            money.get().map_or(Ok(()), |money| amount(field, *money))?;
        }
        for (field, measure) in [
            ("profit_factor", &self.profit_factor),
            ("expected_r", &self.expected_r),
            ("expected_r_error", &self.expected_r_error),
            ("system_quality", &self.system_quality),
            ("costs_percent", &self.costs_percent),
            ("sharpe", &self.sharpe),
            ("sortino", &self.sortino),
            ("exit_efficiency", &self.exit_efficiency),
            ("capture", &self.capture),
            ("return_on_collateral", &self.return_on_collateral),
        ] {
            measure.get().map_or(Ok(()), |value| number(field, *value))?;
        }
        if let Some(won) = self.win_rate.get() {
            for part in [won.rate, won.lower, won.upper] {
                crate::validate::fraction("win_rate", part)?;
            }
            crate::validate::price("z", won.z)?;
        }
        if let Some(drawdown) = self.drawdown.get() {
            amount("drawdown", drawdown.money)?;
            drawdown.fraction.map_or(Ok(()), |fraction| number("drawdown", fraction))?;
        }
        Ok(())
    }
}

/// Which metrics of one key to list.
pub type MetricsQuery = SeriesQuery<MetricsKey>;

/// Metrics that are kept. Their key is whose they are, their window and `at`; every version that was believed is kept
/// ([`Upserted`]): trades that are imported later give other metrics for the same instant.
#[async_trait]
pub trait MetricsRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores metrics.
    ///
    /// Writing the same rows again changes nothing. A row that differs from what is stored becomes the current version,
    /// or, if it was computed earlier, a past one; the other version is kept. Of several rows with one key the last
    /// wins. An empty batch is fine and does nothing. Either all rows are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not [valid](StoredMetrics::validate), with its
    /// index as `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does
    /// not allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn upsert_metrics(&self, metrics: &[StoredMetrics]) -> Result<Upserted>;

    /// The last metrics of a key within both limits, as they were believed at the knowledge limit; `None` when there
    /// are none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn metrics_as_of(&self, key: &MetricsKey, as_of: AsOf) -> Result<Option<StoredMetrics>>;

    /// The metrics of one key within the query's limits, as they were believed at its knowledge limit, oldest first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_metrics(&self, query: &MetricsQuery) -> Result<Page<StoredMetrics>>;

    /// Every version of the metrics of a key at an instant, in the order in which they were believed. Empty when there
    /// are none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_metrics_versions(&self, key: &MetricsKey, at: Timestamp) -> Result<Vec<Version<StoredMetrics>>>;
}
