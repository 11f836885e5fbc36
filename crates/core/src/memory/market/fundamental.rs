//! Fundamentals of underlyings, in memory.

use async_trait::async_trait;

use crate::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Timestamp, Upserted, Version,
    market::{FundamentalRepository, Fundamentals, Symbol},
    memory::MemoryStore,
};

#[async_trait]
impl FundamentalRepository for MemoryStore {
    async fn upsert_fundamentals(&self, rows: &[Fundamentals]) -> Result<Upserted> {
        self.upsert("upsert_fundamentals", rows, |state| Ok(state.fundamentals.upsert(rows)))
    }

    async fn fundamentals_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Fundamentals>> {
        self.read("fundamentals_as_of", |state| Ok(state.fundamentals.as_of(symbol, as_of).cloned()))
    }

    async fn list_fundamentals(&self, query: &SeriesQuery<Symbol>) -> Result<Page<Fundamentals>> {
        self.read("list_fundamentals", |state| state.fundamentals.list(query))
    }

    async fn list_fundamental_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Fundamentals>>> {
        self.read("list_fundamental_versions", |state| Ok(state.fundamentals.versions(symbol, at)))
    }

    async fn list_fundamental_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<Fundamentals>> {
        self.read("list_fundamental_changes", |state| state.fundamentals.changes(query))
    }
}
