//! Stored metrics of trades, in memory.

use async_trait::async_trait;

use crate::{
    AsOf, Page, Result, Timestamp, Upserted, Version,
    memory::MemoryStore,
    trading::{MetricsKey, MetricsQuery, MetricsRepository, StoredMetrics},
};

#[async_trait]
impl MetricsRepository for MemoryStore {
    async fn upsert_metrics(&self, metrics: &[StoredMetrics]) -> Result<Upserted> {
        self.upsert("upsert_metrics", metrics, |state| Ok(state.metrics.upsert(metrics)))
    }

    async fn metrics_as_of(&self, key: &MetricsKey, as_of: AsOf) -> Result<Option<StoredMetrics>> {
        self.read("metrics_as_of", |state| Ok(state.metrics.as_of(*key, as_of).cloned()))
    }

    async fn list_metrics(&self, query: &MetricsQuery) -> Result<Page<StoredMetrics>> {
        self.read("list_metrics", |state| state.metrics.list(query))
    }

    async fn list_metrics_versions(&self, key: &MetricsKey, at: Timestamp) -> Result<Vec<Version<StoredMetrics>>> {
        self.read("list_metrics_versions", |state| Ok(state.metrics.versions(*key, at)))
    }
}
