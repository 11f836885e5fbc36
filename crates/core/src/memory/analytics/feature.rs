//! Features of underlyings, in memory.

use async_trait::async_trait;

use crate::{
    AsOf, Page, Result, Timestamp, Upserted, Version,
    analytics::{FeatureQuery, FeatureRepository, Features},
    market::Symbol,
    memory::MemoryStore,
};

#[async_trait]
impl FeatureRepository for MemoryStore {
    async fn upsert_features(&self, features: &[Features]) -> Result<Upserted> {
        self.upsert("upsert_features", features, |state| Ok(state.features.upsert(features)))
    }

    async fn features_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Features>> {
        self.read("features_as_of", |state| Ok(state.features.as_of(symbol, as_of).cloned()))
    }

    async fn list_features(&self, query: &FeatureQuery) -> Result<Page<Features>> {
        self.read("list_features", |state| state.features.list(query))
    }

    async fn list_feature_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Features>>> {
        self.read("list_feature_versions", |state| Ok(state.features.versions(symbol, at)))
    }
}
