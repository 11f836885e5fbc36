//! Observations of economic series.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, ChangeQuery, Error, Page, Result, Source, Upserted, Version,
    market::{EconomicQuery, EconomicRepository, Observation, SeriesId},
};

use crate::{engine::Engine, record::record, repository::SqlStore};

record! {
    /// An observation as it is stored: its day, and the end of that day.
    struct ObservationRow in Observations {
        series { series: SeriesId }
        value { date: NaiveDate, value: f64, source: Source }
    }
}

impl From<ObservationRow> for Observation {
    fn from(row: ObservationRow) -> Self {
        let ObservationRow { series, date, value, source, recorded_at, .. } = row;
        Self { series, date, value, source, recorded_at }
    }
}

impl TryFrom<&Observation> for ObservationRow {
    type Error = Error;

    fn try_from(observation: &Observation) -> Result<Self> {
        let Observation { series, date, value, source, recorded_at } = observation.clone();
        Ok(Self { series, at: Observation::at_end_of(date)?, date, value, source, recorded_at })
    }
}

#[async_trait]
impl<E: Engine> EconomicRepository for SqlStore<E> {
    async fn upsert_observations(&self, observations: &[Observation]) -> Result<Upserted> {
        self.upsert("upsert_observations", observations, |observation| ObservationRow::try_from(observation)).await
    }

    async fn observation_as_of(&self, id: SeriesId, as_of: AsOf) -> Result<Option<Observation>> {
        self.newest::<ObservationRow, _>("observation_as_of", id, as_of).await
    }

    async fn list_observations(&self, query: &EconomicQuery) -> Result<Page<Observation>> {
        self.page::<ObservationRow, _>("list_observations", query).await
    }

    async fn list_observation_versions(&self, id: SeriesId, date: NaiveDate) -> Result<Vec<Version<Observation>>> {
        // A day that no instant belongs to has no observation.
        let Ok(at) = Observation::at_end_of(date) else { return Ok(Vec::new()) };
        self.versions::<ObservationRow, _>("list_observation_versions", id, at).await
    }

    async fn list_observation_changes(&self, query: &ChangeQuery<SeriesId>) -> Result<Page<Observation>> {
        self.changes::<ObservationRow, _>("list_observation_changes", query).await
    }
}
