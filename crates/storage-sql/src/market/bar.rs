//! Bars: versioned rows, a series for each instrument and timeframe.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, ChangeQuery, Page, Result, Source, Timestamp, Upserted, Version,
    market::{Bar, BarKey, BarQuery, BarRepository, Instrument, Timeframe},
};

use crate::{engine::Engine, record::record, repository::SqlStore};

record! {
    Bar in Bars {
        series key: BarKey { instrument: Instrument, timeframe: Timeframe }
        value {
            opened_at: Timestamp,
            open: f64,
            high: f64,
            low: f64,
            close: f64,
            volume: Option<u64>,
            vwap: Option<f64>,
            source: Source,
        }
    }
}

#[async_trait]
impl<E: Engine> BarRepository for SqlStore<E> {
    async fn upsert_bars(&self, bars: &[Bar]) -> Result<Upserted> {
        self.upsert("upsert_bars", bars, |row| Ok(row.clone())).await
    }

    async fn bar_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Bar>> {
        self.newest::<Bar, _>("bar_as_of", *key, as_of).await
    }

    async fn list_bars(&self, query: &BarQuery) -> Result<Page<Bar>> {
        self.page::<Bar, _>("list_bars", query).await
    }

    async fn list_bar_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Bar>>> {
        self.versions::<Bar, _>("list_bar_versions", *key, at).await
    }

    async fn list_bar_changes(&self, query: &ChangeQuery<BarKey>) -> Result<Page<Bar>> {
        self.changes::<Bar, _>("list_bar_changes", query).await
    }
}
