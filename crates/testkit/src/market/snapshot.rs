//! Headers of chain fetches.

use async_trait::async_trait;
use strikebook_core::{
    Page, Result, SeriesQuery, Store, Upserted,
    maintenance::Dataset,
    market::{ChainSnapshot, Symbol},
};

use super::underlying::symbol;
use crate::series::{Draft, Series};

/// Headers of chain fetches, as the shared cases see them.
#[derive(Debug)]
pub struct Snapshots;

#[async_trait]
impl Series for Snapshots {
    type Key = Symbol;
    type Row = ChainSnapshot;

    const DATASET: Dataset = Dataset::ChainSnapshots;

    fn row(draft: &Draft) -> ChainSnapshot {
        ChainSnapshot {
            underlying: symbol(draft.series),
            at: draft.at,
            underlying_price: Some(draft.value),
            contracts: 0,
            expirations: 0,
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    /// Headers are written one by one, and what is counted are their quotes: none.
    async fn upsert(store: &dyn Store, rows: &[ChainSnapshot]) -> Result<Upserted> {
        let mut done = Upserted::default();
        for row in rows {
            done += store.upsert_snapshot(row, &[]).await?;
        }
        Ok(done)
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Symbol>) -> Result<Page<ChainSnapshot>> {
        store.list_snapshots(query).await
    }
}
