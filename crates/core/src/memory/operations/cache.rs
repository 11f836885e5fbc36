//! The ledger of fetched data, in memory.

use async_trait::async_trait;

use crate::{
    Decimal, Id, Name, Page, Result, Timestamp, Upserted,
    memory::{MemoryStore, entries::Entries},
    operations::{
        CacheEntry, CacheFilter, CacheHits, CacheKey, CacheRepository, Charge, Coverage, CoverageFilter,
        CoverageRepository, FetchCost, FetchCostQuery, FetchCostRepository, FetchLease, Spending, month_of,
    },
    port::{Keyed, check_entry, check_keyed, conflict, decide_charge, sum_spending},
};

#[async_trait]
impl CacheRepository for MemoryStore {
    async fn upsert_cache_entries(&self, entries: &[CacheEntry]) -> Result<Upserted> {
        self.replace("upsert_cache_entries", entries, |state| &mut state.cache_entries)
    }

    async fn get_cache_entry(&self, key: &CacheKey) -> Result<Option<CacheEntry>> {
        self.read("get_cache_entry", |state| Ok(state.cache_entries.get(key).cloned()))
    }

    async fn list_cache_entries(&self, filter: &CacheFilter) -> Result<Vec<CacheEntry>> {
        self.read("list_cache_entries", |state| state.cache_entries.list(filter))
    }

    async fn touch_cache_entries(&self, hits: &[CacheHits]) -> Result<u64> {
        self.write("touch_cache_entries", |state| {
            let mut touched = std::collections::BTreeMap::new();
            for hits in hits {
                if let Some(stored) = state.cache_entries.get(&hits.key) {
                    touched.entry(hits.key).or_insert_with(|| stored.clone()).touch(hits);
                }
            }
            let touched: Vec<_> = touched.into_values().collect();
            state.cache_entries.upsert(&touched);
            Ok(touched.len() as u64)
        })
    }

    async fn delete_cache_entries(&self, keys: &[CacheKey]) -> Result<u64> {
        self.write("delete_cache_entries", |state| {
            Ok(keys.iter().filter(|key| state.cache_entries.delete(key)).count() as u64)
        })
    }

    async fn claim_lease(&self, claim: &FetchLease) -> Result<FetchLease> {
        self.write("claim_lease", |state| {
            check_keyed(std::slice::from_ref(claim))?;
            if let Some(held) = state.leases.get(&claim.key()).filter(|held| !held.yields_to(claim)) {
                return Ok(held.clone());
            }
            state.leases.upsert(std::slice::from_ref(claim));
            Ok(claim.clone())
        })
    }

    async fn release_lease(&self, key: &CacheKey, owner: Name) -> Result<bool> {
        self.write("release_lease", |state| {
            let is_own = state.leases.get(key).is_some_and(|held| held.owner == owner);
            Ok(is_own && state.leases.delete(key))
        })
    }
}

#[async_trait]
impl CoverageRepository for MemoryStore {
    async fn upsert_coverage(&self, days: &[Coverage]) -> Result<Upserted> {
        self.replace("upsert_coverage", days, |state| &mut state.coverage)
    }

    async fn list_coverage(&self, filter: &CoverageFilter) -> Result<Vec<Coverage>> {
        self.read("list_coverage", |state| state.coverage.list(filter))
    }

    async fn delete_coverage(&self, filter: &CoverageFilter) -> Result<u64> {
        self.write("delete_coverage", |state| {
            let days = state.coverage.list(filter)?;
            Ok(days.iter().filter(|day| state.coverage.delete(&day.key())).count() as u64)
        })
    }
}

#[async_trait]
impl FetchCostRepository for MemoryStore {
    async fn insert_fetch_costs(&self, costs: &[FetchCost]) -> Result<Upserted> {
        self.insert("insert_fetch_costs", costs, |state| &mut state.fetch_costs)
    }

    async fn get_fetch_cost(&self, id: Id<FetchCost>) -> Result<Option<FetchCost>> {
        self.read("get_fetch_cost", |state| Ok(state.fetch_costs.get(id).cloned()))
    }

    async fn list_fetch_costs(&self, query: &FetchCostQuery) -> Result<Page<FetchCost>> {
        self.read("list_fetch_costs", |state| state.fetch_costs.list(query))
    }

    async fn charge_fetch(&self, cost: &FetchCost, cap: Decimal) -> Result<Charge> {
        self.write("charge_fetch", |state| {
            check_entry(cost, self.allow_simulated)?;
            let (from, until) = month_of(cost.at);
            let spent = Spending::total(&spending(&state.fetch_costs, from, until)?)?;
            match state.fetch_costs.get(cost.id) {
                Some(stored) if stored == cost => return Ok(Charge { is_within: true, spent }),
                Some(_) => return Err(conflict(cost)),
                None => {}
            }
            let charge = decide_charge(spent, cost.cost, cap)?;
            if charge.is_within {
                state.fetch_costs.put(cost);
            }
            Ok(charge)
        })
    }

    async fn list_spending(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Spending>> {
        self.read("list_spending", |state| spending(&state.fetch_costs, from, until))
    }
}

fn spending(costs: &Entries<FetchCost>, from: Timestamp, until: Timestamp) -> Result<Vec<Spending>> {
    let within = costs.iter().filter(|cost| (from..=until).contains(&cost.at));
    sum_spending(within.map(|cost| (cost.provider, cost.cost, 1)))
}
