//! Stored metrics, by account, strategy, regime and window.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{ClosedTrade, Conventions, Metrics, TradeUnit, Window};
use crate::{
    AsOf, Error, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version, money::amount, validate::number,
};

/// The key of stored metrics: the selection of trades and the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MetricsKey {
    /// The account of the trades; `None` for all accounts together.
    pub account: Option<Name>,
    /// The strategy of the trades; `None` for all strategies together.
    pub strategy: Option<Name>,
    /// The market regime at the opening of the trades; `None` for all regimes together.
    pub regime: Option<Name>,
    /// The window of trades that ends at the instant of the metrics.
    pub window: Window,
    /// The unit of the trades.
    pub unit: TradeUnit,
}

impl MetricsKey {
    /// Creates the key over all accounts, strategies and regimes, by decision.
    pub const fn new(window: Window) -> Self {
        Self { account: None, strategy: None, regime: None, window, unit: TradeUnit::Decision }
    }
}

impl fmt::Display for MetricsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [self.account, self.strategy, self.regime] {
            write!(f, "{}/", part.as_ref().map_or("*", Name::as_str))?;
        }
        write!(f, "{}/{}", self.window, self.unit)
    }
}

/// Metrics of a selection of trades at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredMetrics {
    /// The selection and the window.
    pub key: MetricsKey,
    /// The event time: the end of the window. Trades closed later do not count.
    pub at: Timestamp,
    /// The opening of the first trade in the window; `None` without trades.
    pub window_start: Option<Timestamp>,
    /// The parameters of the computation.
    pub conventions: Conventions,
    /// The metrics of the window's trades.
    pub metrics: Metrics,
    /// The source of the trades.
    pub source: Source,
    /// The knowledge time: when the metrics were computed.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(StoredMetrics: conventions metrics);
crate::port::recorded!(StoredMetrics, (MetricsKey, Timestamp), "metrics": |it| (it.key, it.at), it.key);

impl StoredMetrics {
    /// Computes the metrics of the window that ends at an instant, from trades [in order](super::in_order), with that
    /// instant as knowledge time. The caller passes the trades that the key selects; this is not checked.
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

    /// Checks every number, and that the window does not start after its end.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        self.conventions.validate()?;
        self.metrics.validate()?;
        if let Some(start) = self.window_start.filter(|start| *start > self.at) {
            return Err(Error::invalid_input("window_start must not be after at, the end of the window")
                .with("field", "window_start")
                .with("value", start)
                .with("at", self.at));
        }
        Ok(())
    }
}

impl Metrics {
    /// Checks that every defined value is within the range of its type.
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

/// A query for metrics of one key.
pub type MetricsQuery = SeriesQuery<MetricsKey>;

/// Stored metrics. The key of a row is its [`MetricsKey`] and `at`; metrics are stored in
/// [versions](Upserted#versions), because trades that are imported later change the metrics of the same instant.
///
/// ```
/// use strikebook_core::{
///     AsOf, Source,
///     memory::MemoryStore,
///     trading::metrics::{ClosedTrade, Conventions, MetricsKey, MetricsRepository, StoredMetrics, Window},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (opened, closed) = ("2025-09-02T14:00:00Z".parse()?, "2025-09-19T20:00:00Z".parse()?);
/// let trades = [ClosedTrade::new(opened, closed, 250.into(), 3.into())];
/// let key = MetricsKey::new(Window::All);
/// let metrics = StoredMetrics::of(key, closed, &trades, Conventions::default(), Source::new("journal")?);
/// let store = MemoryStore::new();
/// store.upsert_metrics(&[metrics]).await?;
/// let stored = store.metrics_as_of(&key, AsOf::instant(closed)).await?.expect("stored metrics");
/// assert_eq!(stored.metrics.net.value, Ok(247.into()));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`, and a row of a simulated source with [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store
/// allows such rows. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait MetricsRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores metrics by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_metrics(&self, metrics: &[StoredMetrics]) -> Result<Upserted>;

    /// Returns the last metrics of a key within both limits, in the version valid at the knowledge limit; `None` when
    /// there are none.
    async fn metrics_as_of(&self, key: &MetricsKey, as_of: AsOf) -> Result<Option<StoredMetrics>>;

    /// Returns the metrics of one key within the query's limits, in the versions valid at its knowledge limit, oldest
    /// first.
    async fn list_metrics(&self, query: &MetricsQuery) -> Result<Page<StoredMetrics>>;

    /// Returns every version of a key's metrics at an instant, in the order of `recorded_at`. Empty when there are
    /// none.
    async fn list_metrics_versions(&self, key: &MetricsKey, at: Timestamp) -> Result<Vec<Version<StoredMetrics>>>;
}
