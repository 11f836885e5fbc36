//! Bars of instruments, in memory.

use async_trait::async_trait;

use crate::{
    AsOf, ChangeQuery, Page, Result, Timestamp, Upserted, Version,
    market::{Bar, BarKey, BarQuery, BarRepository},
    memory::MemoryStore,
};

#[async_trait]
impl BarRepository for MemoryStore {
    async fn upsert_bars(&self, bars: &[Bar]) -> Result<Upserted> {
        self.upsert("upsert_bars", bars, |state| Ok(state.bars.upsert(bars)))
    }

    async fn bar_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Bar>> {
        self.read("bar_as_of", |state| Ok(state.bars.as_of(*key, as_of).cloned()))
    }

    async fn list_bars(&self, query: &BarQuery) -> Result<Page<Bar>> {
        self.read("list_bars", |state| state.bars.list(query))
    }

    async fn list_bar_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Bar>>> {
        self.read("list_bar_versions", |state| Ok(state.bars.versions(*key, at)))
    }

    async fn list_bar_changes(&self, query: &ChangeQuery<BarKey>) -> Result<Page<Bar>> {
        self.read("list_bar_changes", |state| state.bars.changes(query))
    }
}
