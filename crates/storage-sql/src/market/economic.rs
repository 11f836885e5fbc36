//! Observations of economic series.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, ChangeQuery, Error, Page, Result, Source, Timestamp, Upserted, Version,
    market::{EconomicQuery, EconomicRepository, Observation, SeriesId},
};

use crate::{
    codec::{Value, record},
    engine::Engine,
    repository::SqlStore,
    shapes::versioned::{Key, Series, Versioned},
};

record! {
    /// An observation as it is stored: its day, and the end of that day.
    struct ObservationRow in "economic_observations" {
        key { series: SeriesId, at: Timestamp }
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

impl Versioned for ObservationRow {
    type Series = SeriesId;
    const SERIES: &'static str = "series";

    fn key(&self) -> Key<Self> {
        (self.series, self.at)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn series(series: SeriesId) -> Value {
        series.as_str().into()
    }
}

fn series(series: SeriesId) -> Series {
    vec![("series", series.as_str().into())]
}

#[async_trait]
impl<E: Engine> EconomicRepository for SqlStore<E> {
    async fn upsert_observations(&self, observations: &[Observation]) -> Result<Upserted> {
        self.upsert("upsert_observations", observations, |observation| ObservationRow::try_from(observation)).await
    }

    async fn observation_as_of(&self, id: SeriesId, as_of: AsOf) -> Result<Option<Observation>> {
        Ok(self.newest("observation_as_of", series(id), as_of).await?.map(|row: ObservationRow| row.into()))
    }

    async fn list_observations(&self, query: &EconomicQuery) -> Result<Page<Observation>> {
        self.page("list_observations", query, series(query.key), |row: &ObservationRow| row.at).await
    }

    async fn list_observation_versions(&self, id: SeriesId, date: NaiveDate) -> Result<Vec<Version<Observation>>> {
        // A day that no instant belongs to has no observation.
        let Ok(at) = Observation::at_end_of(date) else { return Ok(Vec::new()) };
        self.versions::<ObservationRow, _>("list_observation_versions", series(id), at).await
    }

    async fn list_observation_changes(&self, query: &ChangeQuery<SeriesId>) -> Result<Page<Observation>> {
        self.changes::<_, ObservationRow, _>("list_observation_changes", query, |id| series(*id)).await
    }
}
