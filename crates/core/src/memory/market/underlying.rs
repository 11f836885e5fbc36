//! Quotes of underlyings.

use async_trait::async_trait;

use crate::{
    AsOf, Page, Result, Timestamp, Upserted, Version,
    market::{Symbol, UnderlyingQuery, UnderlyingQuote, UnderlyingRepository},
    memory::MemoryStore,
};

#[async_trait]
impl UnderlyingRepository for MemoryStore {
    async fn upsert_underlying_quotes(&self, quotes: &[UnderlyingQuote]) -> Result<Upserted> {
        self.upsert("upsert_underlying_quotes", quotes, |state| Ok(state.underlyings.upsert(quotes)))
    }

    async fn underlying_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<UnderlyingQuote>> {
        self.read("underlying_as_of", |state| Ok(state.underlyings.as_of(symbol, as_of).cloned()))
    }

    async fn list_underlying_quotes(&self, query: &UnderlyingQuery) -> Result<Page<UnderlyingQuote>> {
        self.read("list_underlying_quotes", |state| state.underlyings.list(query))
    }

    async fn list_underlying_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<UnderlyingQuote>>> {
        self.read("list_underlying_versions", |state| Ok(state.underlyings.versions(symbol, at)))
    }
}
