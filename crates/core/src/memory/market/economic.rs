//! Observations of economic series.

use async_trait::async_trait;
use chrono::NaiveDate;

use crate::{
    AsOf, ChangeQuery, Page, Result, Upserted, Version,
    market::{EconomicQuery, EconomicRepository, Observation, SeriesId},
    memory::MemoryStore,
};

#[async_trait]
impl EconomicRepository for MemoryStore {
    async fn upsert_observations(&self, observations: &[Observation]) -> Result<Upserted> {
        self.upsert("upsert_observations", observations, |state| Ok(state.observations.upsert(observations)))
    }

    async fn observation_as_of(&self, series: SeriesId, as_of: AsOf) -> Result<Option<Observation>> {
        self.read("observation_as_of", |state| Ok(state.observations.as_of(series, as_of).cloned()))
    }

    async fn list_observations(&self, query: &EconomicQuery) -> Result<Page<Observation>> {
        self.read("list_observations", |state| state.observations.list(query))
    }

    async fn list_observation_versions(&self, series: SeriesId, date: NaiveDate) -> Result<Vec<Version<Observation>>> {
        self.read("list_observation_versions", |state| {
            // No observation is stored for a day that has no instant.
            Ok(Observation::at_end_of(date).map_or_else(|_| Vec::new(), |at| state.observations.versions(series, at)))
        })
    }

    async fn list_observation_changes(&self, query: &ChangeQuery<SeriesId>) -> Result<Page<Observation>> {
        self.read("list_observation_changes", |state| state.observations.changes(query))
    }
}
