//! Bars.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, ChangeQuery, Page, Result, Source, Timestamp, Upserted, Version,
    market::{Bar, BarKey, BarQuery, BarRepository, Instrument, Timeframe},
};

use crate::{
    codec::{Value, record},
    engine::Engine,
    repository::SqlStore,
    shapes::versioned::{Key, Series, Versioned},
};

record! {
    /// A bar as it is stored.
    struct BarRow in "bars" {
        key { instrument: Instrument, timeframe: Timeframe, at: Timestamp }
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

impl From<&Bar> for BarRow {
    fn from(bar: &Bar) -> Self {
        let Bar { key: BarKey { instrument, timeframe }, opened_at, at, open, high, low, close, volume, vwap, .. } =
            *bar;
        let (source, recorded_at) = (bar.source.clone(), bar.recorded_at);
        Self { instrument, timeframe, at, opened_at, open, high, low, close, volume, vwap, source, recorded_at }
    }
}

impl From<BarRow> for Bar {
    fn from(row: BarRow) -> Self {
        let BarRow { instrument, timeframe, at, opened_at, open, high, low, close, volume, vwap, source, recorded_at } =
            row;
        let key = BarKey { instrument, timeframe };
        Self { key, opened_at, at, open, high, low, close, volume, vwap, source, recorded_at }
    }
}

impl Versioned for BarRow {
    type Series = BarKey;
    const SERIES: &'static str = "instrument";

    fn key(&self) -> Key<Self> {
        (BarKey { instrument: self.instrument, timeframe: self.timeframe }, self.at)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn series(key: BarKey) -> Value {
        key.instrument.to_string().into()
    }
}

fn series(key: &BarKey) -> Series {
    vec![("instrument", key.instrument.to_string().into()), ("timeframe", key.timeframe.as_str().into())]
}

#[async_trait]
impl<E: Engine> BarRepository for SqlStore<E> {
    async fn upsert_bars(&self, bars: &[Bar]) -> Result<Upserted> {
        self.upsert("upsert_bars", bars, |bar| Ok(BarRow::from(bar))).await
    }

    async fn bar_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Bar>> {
        Ok(self.newest("bar_as_of", series(key), as_of).await?.map(|row: BarRow| row.into()))
    }

    async fn list_bars(&self, query: &BarQuery) -> Result<Page<Bar>> {
        self.page("list_bars", query, series(&query.key), |row: &BarRow| row.at).await
    }

    async fn list_bar_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Bar>>> {
        self.versions::<BarRow, _>("list_bar_versions", series(key), at).await
    }

    async fn list_bar_changes(&self, query: &ChangeQuery<BarKey>) -> Result<Page<Bar>> {
        self.changes::<_, BarRow, _>("list_bar_changes", query, series).await
    }
}
