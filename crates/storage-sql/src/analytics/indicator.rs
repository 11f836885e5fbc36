//! Technical indicators of bars.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Name, Page, Result, Source, Timestamp, Upserted, Version,
    analytics::{IndicatorQuery, IndicatorRepository, Indicators},
    market::{BarKey, Instrument, Timeframe},
};

use crate::{engine::Engine, record::record, repository::SqlStore};

record! {
    Indicators in Indicators {
        series key: BarKey { instrument: Instrument, timeframe: Timeframe }
        value {
            adx: Option<f64>,
            atr: Option<f64>,
            vwap: Option<f64>,
            regime: Option<Name>,
            source: Source,
        }
    }
}

#[async_trait]
impl<E: Engine> IndicatorRepository for SqlStore<E> {
    async fn upsert_indicators(&self, indicators: &[Indicators]) -> Result<Upserted> {
        self.upsert("upsert_indicators", indicators, |row| Ok(row.clone())).await
    }

    async fn indicators_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Indicators>> {
        self.newest::<Indicators, _>("indicators_as_of", *key, as_of).await
    }

    async fn list_indicators(&self, query: &IndicatorQuery) -> Result<Page<Indicators>> {
        self.page::<Indicators, _>("list_indicators", query).await
    }

    async fn list_indicator_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Indicators>>> {
        self.versions::<Indicators, _>("list_indicator_versions", *key, at).await
    }
}
