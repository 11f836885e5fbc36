//! Technical indicators of bars.

use async_trait::async_trait;

use crate::{
    AsOf, Page, Result, Timestamp, Upserted, Version,
    analytics::{IndicatorQuery, IndicatorRepository, Indicators},
    market::BarKey,
    memory::MemoryStore,
};

#[async_trait]
impl IndicatorRepository for MemoryStore {
    async fn upsert_indicators(&self, indicators: &[Indicators]) -> Result<Upserted> {
        self.upsert("upsert_indicators", indicators, |state| Ok(state.indicators.upsert(indicators)))
    }

    async fn indicators_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Indicators>> {
        self.read("indicators_as_of", |state| Ok(state.indicators.as_of(*key, as_of).cloned()))
    }

    async fn list_indicators(&self, query: &IndicatorQuery) -> Result<Page<Indicators>> {
        self.read("list_indicators", |state| state.indicators.list(query))
    }

    async fn list_indicator_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Indicators>>> {
        self.read("list_indicator_versions", |state| Ok(state.indicators.versions(*key, at)))
    }
}
