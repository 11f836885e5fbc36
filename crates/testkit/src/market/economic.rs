//! Observations of economic series.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version,
    maintenance::Dataset,
    market::{Observation, SeriesId},
};

use crate::series::{Draft, Series};

/// Observations, as the shared cases see them. A row's `at` is the end of the draft's day in New York.
#[derive(Debug)]
pub struct Observations;

#[async_trait]
impl Series for Observations {
    type Key = SeriesId;
    type Row = Observation;

    const DATASET: Dataset = Dataset::Observations;

    fn row(draft: &Draft) -> Observation {
        Observation {
            series: SeriesId::new(&format!("SERIES_{}", draft.series)).unwrap_or_else(|error| panic!("{error}")),
            date: draft.at.new_york_date(),
            value: draft.value,
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[Observation]) -> Result<Upserted> {
        store.upsert_observations(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<SeriesId>) -> Result<Page<Observation>> {
        store.list_observations(query).await
    }

    async fn as_of(store: &dyn Store, key: SeriesId, as_of: AsOf) -> Result<Option<Observation>> {
        store.observation_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &Observation) -> Result<Option<Vec<Version<Observation>>>> {
        store.list_observation_versions(row.series, row.date).await.map(Some)
    }
}
