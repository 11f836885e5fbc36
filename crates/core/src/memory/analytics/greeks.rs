//! Computed Greeks.

use async_trait::async_trait;

use crate::{
    AsOf, Page, Result, Upserted,
    analytics::{ComputedGreeks, GreeksKey, GreeksPlace, GreeksQuery, GreeksRepository, OutdatedGreeksQuery},
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
