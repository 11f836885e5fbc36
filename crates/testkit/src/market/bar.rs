//! Bars.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version,
    maintenance::Dataset,
    market::{Bar, BarKey, Timeframe},
};

use super::underlying::symbol;
use crate::series::{Draft, Series};

/// Bars, as the shared cases see them.
#[derive(Debug)]
pub struct Bars;

#[async_trait]
impl Series for Bars {
    type Key = BarKey;
    type Row = Bar;

    const DATASET: Dataset = Dataset::Bars;

    fn row(draft: &Draft) -> Bar {
        let value = draft.value;
        Bar {
            key: BarKey::new(symbol(draft.series), Timeframe::Minute1),
            opened_at: draft.at.saturating_sub(TimeDelta::minutes(1)),
            at: draft.at,
            open: value,
            high: value,
            low: value,
            close: value,
            volume: Some(1),
            vwap: Some(value),
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[Bar]) -> Result<Upserted> {
        store.upsert_bars(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<BarKey>) -> Result<Page<Bar>> {
        store.list_bars(query).await
    }

    async fn as_of(store: &dyn Store, key: BarKey, as_of: AsOf) -> Result<Option<Bar>> {
        store.bar_as_of(&key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &Bar) -> Result<Option<Vec<Version<Bar>>>> {
        store.list_bar_versions(&row.key, row.at).await.map(Some)
    }
}
