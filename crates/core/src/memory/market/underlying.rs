//! Quotes of underlyings, in memory.

use async_trait::async_trait;
use chrono::TimeDelta;

use crate::{
    AsOf, ChangeQuery, Page, Result, Timestamp, Upserted, Version,
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

    async fn underlyings_as_of(&self, as_of: AsOf, max_age: Option<TimeDelta>) -> Result<Vec<UnderlyingQuote>> {
        self.read("underlyings_as_of", |state| {
            let oldest = as_of.oldest(max_age)?;
            let last = state.underlyings.last_of_each(|_| true, as_of);
            Ok(last.filter(|quote| quote.at >= oldest).cloned().collect())
        })
    }

    async fn list_underlying_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<UnderlyingQuote>> {
        self.read("list_underlying_changes", |state| state.underlyings.changes(query))
    }
}
