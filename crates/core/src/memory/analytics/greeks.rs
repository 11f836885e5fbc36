//! Computed Greeks of contracts, in memory.

use async_trait::async_trait;

use crate::{
    AsOf, Page, Result, Upserted,
    analytics::{
        ComputedGreeks, GreeksChain, GreeksKey, GreeksPlace, GreeksQuery, GreeksRepository, ModelRevision,
        OutdatedGreeksQuery,
    },
    market::{ChainQuery, ChainRow},
    memory::{MemoryStore, State},
    port::{Paged, page},
};

#[async_trait]
impl GreeksRepository for MemoryStore {
    async fn upsert_greeks(&self, greeks: &[ComputedGreeks]) -> Result<Upserted> {
        self.upsert("upsert_greeks", greeks, |state| state.upsert_greeks(greeks))
    }

    async fn greeks_as_of(&self, key: &GreeksKey, as_of: AsOf) -> Result<Option<ComputedGreeks>> {
        self.read("greeks_as_of", |state| Ok(state.greeks.as_of(*key, as_of).cloned()))
    }

    async fn chain_with_greeks(&self, query: &ChainQuery, model: ModelRevision) -> Result<GreeksChain> {
        self.read("chain_with_greeks", |state| {
            let chain = state.chain_as_of(query)?;
            let ModelRevision { model, revision } = model;
            let of = |row: &ChainRow| {
                let key = GreeksKey { contract: row.quote.contract, model, revision };
                let last = state.greeks.as_of(key, query.as_of);
                last.filter(|greeks| greeks.at >= query.oldest_quote()).cloned()
            };
            let greeks = chain.rows().iter().map(of).collect();
            Ok(GreeksChain { chain, greeks })
        })
    }

    async fn list_greeks(&self, query: &GreeksQuery) -> Result<Page<ComputedGreeks>> {
        self.read("list_greeks", |state| state.greeks.list(query))
    }

    async fn list_outdated_greeks(&self, query: &OutdatedGreeksQuery) -> Result<Page<GreeksPlace>> {
        self.read("list_outdated_greeks", |state| {
            let last_seen = query.last_seen()?;
            let mut places: Vec<_> = state
                .greeks
                .current()
                .filter(|greeks| greeks.key.model == query.model && greeks.key.revision < query.below)
                .map(|greeks| GreeksPlace { key: greeks.key, at: greeks.at })
                .filter(|place| last_seen.is_none_or(|last| *place > last))
                .collect();
            places.sort_unstable();
            Ok(page(places, query.paging.limit, OutdatedGreeksQuery::cursor))
        })
    }
}

impl State {
    /// Merges checked Greeks, whose contracts become known.
    pub(in crate::memory) fn upsert_greeks(&mut self, greeks: &[ComputedGreeks]) -> Result<Upserted> {
        self.meet(greeks.iter().map(|row| (row.key.contract, &row.source, row.recorded_at)))?;
        Ok(self.greeks.upsert(greeks))
    }
}
