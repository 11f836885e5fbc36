//! Metrics. The numbers that are asked for most have columns of their own; all of them are kept as JSON.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Decimal, Name, Page, Result, Source, Timestamp, Upserted, Version,
    trading::{
        MetricsKey, MetricsQuery, MetricsRepository, StoredMetrics,
        metrics::{Conventions, Metrics, TradeUnit, Window},
    },
};

use crate::{
    codec::{ColumnType, Field, Row, RowWriter, Value, json_field, stored},
    engine::Engine,
    record::record,
    repository::SqlStore,
    shapes::versioned::{Key, Versioned},
};

json_field!(Conventions, Metrics);

/// A name, or an empty text for all of them: a part of a key is never missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameOrAll(Option<Name>);

impl NameOrAll {
    fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", Name::as_str)
    }
}

impl Field for NameOrAll {
    const TYPE: ColumnType = ColumnType::Text;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.text(value.map(Self::as_str))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        let name = |text: &str| if text.is_empty() { Ok(None) } else { Name::new(text).map(Some) };
        row.text(column)?.map(|text| name(text).map(Self).map_err(stored)).transpose()
    }
}

impl Field for Window {
    const TYPE: ColumnType = ColumnType::Text;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.text(value.map(ToString::to_string).as_deref())
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        row.text(column)?.map(|text| text.parse().map_err(stored)).transpose()
    }
}

record! {
    /// Metrics as they are stored.
    struct MetricsRow in Metrics {
        key {
            strategy: NameOrAll,
            account: NameOrAll,
            regime: NameOrAll,
            window_kind: Window,
            unit: TradeUnit,
            at: Timestamp,
        }
        value {
            window_start: Option<Timestamp>,
            trades: u64,
            net: Option<Decimal>,
            profit_factor: Option<f64>,
            expected_r: Option<f64>,
            win_rate: Option<f64>,
            wilson_lower: Option<f64>,
            wilson_upper: Option<f64>,
            max_drawdown: Option<Decimal>,
            costs_percent: Option<f64>,
            conventions: Conventions,
            metrics: Metrics,
            source: Source,
        }
    }
}

impl From<&StoredMetrics> for MetricsRow {
    fn from(row: &StoredMetrics) -> Self {
        let StoredMetrics { key, at, window_start, conventions, metrics, source, recorded_at } = row.clone();
        let won = metrics.win_rate.get().copied();
        Self {
            account: NameOrAll(key.account),
            strategy: NameOrAll(key.strategy),
            regime: NameOrAll(key.regime),
            window_kind: key.window,
            unit: key.unit,
            at,
            window_start,
            trades: metrics.net.trades,
            net: metrics.net.get().copied(),
            profit_factor: metrics.profit_factor.get().copied(),
            expected_r: metrics.expected_r.get().copied(),
            win_rate: won.map(|won| won.rate),
            wilson_lower: won.map(|won| won.lower),
            wilson_upper: won.map(|won| won.upper),
            max_drawdown: metrics.drawdown.get().map(|drawdown| drawdown.money),
            costs_percent: metrics.costs_percent.get().copied(),
            conventions,
            metrics,
            source,
            recorded_at,
        }
    }
}

impl From<MetricsRow> for StoredMetrics {
    fn from(row: MetricsRow) -> Self {
        let MetricsRow { account, strategy, regime, window_kind, unit, at, window_start, .. } = row;
        let MetricsRow { conventions, metrics, source, recorded_at, .. } = row;
        let key = MetricsKey { account: account.0, strategy: strategy.0, regime: regime.0, window: window_kind, unit };
        Self { key, at, window_start, conventions, metrics, source, recorded_at }
    }
}

impl Versioned for MetricsRow {
    type Series = MetricsKey;

    fn key(&self) -> Key<Self> {
        let (account, strategy, regime) = (self.account.0, self.strategy.0, self.regime.0);
        (MetricsKey { account, strategy, regime, window: self.window_kind, unit: self.unit }, self.at)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn series_values(key: MetricsKey) -> Vec<Value> {
        let MetricsKey { account, strategy, regime, window, unit } = key;
        let text = |name| Value::from(NameOrAll(name).as_str());
        vec![text(strategy), text(account), text(regime), window.to_string().into(), unit.as_str().into()]
    }
}

#[async_trait]
impl<E: Engine> MetricsRepository for SqlStore<E> {
    async fn upsert_metrics(&self, metrics: &[StoredMetrics]) -> Result<Upserted> {
        self.upsert("upsert_metrics", metrics, |row| Ok(MetricsRow::from(row))).await
    }

    async fn metrics_as_of(&self, key: &MetricsKey, as_of: AsOf) -> Result<Option<StoredMetrics>> {
        self.newest::<MetricsRow, _>("metrics_as_of", *key, as_of).await
    }

    async fn list_metrics(&self, query: &MetricsQuery) -> Result<Page<StoredMetrics>> {
        self.page::<MetricsRow, _>("list_metrics", query).await
    }

    async fn list_metrics_versions(&self, key: &MetricsKey, at: Timestamp) -> Result<Vec<Version<StoredMetrics>>> {
        self.versions::<MetricsRow, _>("list_metrics_versions", *key, at).await
    }
}
