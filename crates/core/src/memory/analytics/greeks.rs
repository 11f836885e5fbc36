//! Computed Greeks.

use async_trait::async_trait;

use crate::{
    AsOf, Page, Result, Upserted,
    analytics::{ComputedGreeks, GreeksKey, GreeksQuery, GreeksRepository},
    memory::MemoryStore,
};

#[async_trait]
impl GreeksRepository for MemoryStore {
    async fn upsert_greeks(&self, greeks: &[ComputedGreeks]) -> Result<Upserted> {
        self.upsert("upsert_greeks", greeks, |state| {
            state.meet(greeks.iter().map(|row| (row.key.contract, &row.source, row.recorded_at)))?;
            Ok(state.greeks.upsert(greeks))
        })
    }

    async fn greeks_as_of(&self, key: &GreeksKey, as_of: AsOf) -> Result<Option<ComputedGreeks>> {
        self.read("greeks_as_of", |state| Ok(state.greeks.as_of(*key, as_of).cloned()))
    }

    async fn list_greeks(&self, query: &GreeksQuery) -> Result<Page<ComputedGreeks>> {
        self.read("list_greeks", |state| state.greeks.list(query))
    }
}
