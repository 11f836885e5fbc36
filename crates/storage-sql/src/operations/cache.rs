//! The cache: entries of fetched data, coverage, leases, costs and the budget.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    Decimal, ErrorKind, Id, Name, Page, Result, Timestamp, Upserted,
    operations::{
        CacheEntry, CacheFilter, CacheHits, CacheKey, CacheRepository, Charge, Coverage, CoverageFilter, CoverageKey,
        CoverageRepository, FetchCost, FetchCostFilter, FetchCostQuery, FetchCostRepository, FetchLease, FetchOutcome,
        Spending, month_of,
    },
    port::{Keyed, check_entry, check_keyed, conflict, decide_charge, sum_spending},
};

use crate::{
    codec::{Field, Record, Value},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::{Session, lock},
    shapes::{
        entries::{self, EntryRow},
        keyed::{self, KeyedRow},
    },
    sql::Sql,
};

record! {
    CacheEntry in CacheEntries {
        key { dataset: Name, subject: Name }
        value {
            provider: Name,
            outcome: FetchOutcome,
            asked_at: Timestamp,
            fetched_at: Option<Timestamp>,
            newest_at: Option<Timestamp>,
            retry_after: Option<Timestamp>,
            expires_at: Timestamp,
            last_access: Timestamp,
            hits: u64,
            bytes: u64,
            cost: Decimal,
            error: Option<String>,
            error_kind: Option<ErrorKind>,
        }
    }
}

impl KeyedRow for CacheEntry {
    type Row = Self;

    fn key_values(key: &CacheKey) -> Vec<Value> {
        vec![key.dataset.as_str().into(), key.subject.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &CacheFilter) -> Sql {
        sql.bind_some(" AND dataset = ", filter.dataset.as_ref().map(Name::as_str))
            .bind_some(" AND outcome = ", filter.outcome.map(FetchOutcome::as_str))
            .bind_some(" AND expires_at <= ", filter.expired_at)
    }
}

record! {
    Coverage in CacheCoverage {
        key { dataset: Name, subject: Name, date: NaiveDate }
        value { outcome: FetchOutcome, retry_after: Option<Timestamp> }
    }
}

impl KeyedRow for Coverage {
    type Row = Self;

    fn key_values(key: &CoverageKey) -> Vec<Value> {
        vec![key.dataset.as_str().into(), key.subject.as_str().into(), key.date.into()]
    }

    fn admitted(sql: Sql, filter: &CoverageFilter) -> Sql {
        sql.bind_some(" AND dataset = ", filter.dataset.as_ref().map(Name::as_str))
            .bind_some(" AND subject = ", filter.subject.as_ref().map(Name::as_str))
            .bind_some(" AND date >= ", filter.from)
            .bind_some(" AND date <= ", filter.until)
    }
}

record! {
    FetchLease in CacheLeases {
        key { dataset: Name, subject: Name }
        value { owner: Name, expires_at: Timestamp }
    }
}

impl KeyedRow for FetchLease {
    type Row = Self;

    fn key_values(key: &CacheKey) -> Vec<Value> {
        CacheEntry::key_values(key)
    }

    fn admitted(sql: Sql, (): &()) -> Sql {
        sql
    }
}

record! {
    FetchCost in FetchCosts {
        key { id: Id<FetchCost> }
        value { at: Timestamp, provider: Name, dataset: Name, subject: Name, cost: Decimal }
    }
}

impl EntryRow for FetchCost {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &FetchCostFilter) -> Sql {
        sql.bind_some(" AND provider = ", filter.provider.as_ref().map(Name::as_str))
            .bind_some(" AND dataset = ", filter.dataset.as_ref().map(Name::as_str))
    }
}

#[async_trait]
impl<E: Engine> CacheRepository for SqlStore<E> {
    async fn upsert_cache_entries(&self, entries: &[CacheEntry]) -> Result<Upserted> {
        self.replace::<CacheEntry>("upsert_cache_entries", entries).await
    }

    async fn get_cache_entry(&self, key: &CacheKey) -> Result<Option<CacheEntry>> {
        let key = *key;
        self.read("get_cache_entry", move |session| keyed::get::<CacheEntry>(session, &key)).await
    }

    async fn list_cache_entries(&self, filter: &CacheFilter) -> Result<Vec<CacheEntry>> {
        let filter = filter.clone();
        self.read("list_cache_entries", move |session| keyed::list::<CacheEntry>(session, &filter)).await
    }

    async fn touch_cache_entries(&self, hits: &[CacheHits]) -> Result<u64> {
        let hits = hits.to_vec();
        self.write("touch_cache_entries", move |session| {
            lock(session, CacheEntry::TABLE.name)?;
            let mut stored = keyed::with_keys::<CacheEntry>(session, hits.iter().map(|hits| &hits.key))?;
            for hits in &hits {
                if let Some(entry) = stored.get_mut(&hits.key) {
                    entry.touch(hits);
                }
            }
            let touched: Vec<_> = stored.into_values().collect();
            keyed::replace::<CacheEntry>(session, &touched)?;
            Ok(touched.len() as u64)
        })
        .await
    }

    async fn delete_cache_entries(&self, keys: &[CacheKey]) -> Result<u64> {
        let keys = keys.to_vec();
        self.write("delete_cache_entries", move |session| {
            keyed::delete_all::<CacheEntry>(session, &keys.iter().collect::<Vec<_>>())
        })
        .await
    }

    async fn claim_lease(&self, claim: &FetchLease) -> Result<FetchLease> {
        check_keyed(std::slice::from_ref(claim)).map_err(|error| self.named("claim_lease", error))?;
        let claim = claim.clone();
        self.write("claim_lease", move |session| {
            lock(session, FetchLease::TABLE.name)?;
            if let Some(held) = keyed::get::<FetchLease>(session, &claim.key())?.filter(|held| !held.yields_to(&claim))
            {
                return Ok(held);
            }
            keyed::replace::<FetchLease>(session, std::slice::from_ref(&claim))?;
            Ok(claim)
        })
        .await
    }

    async fn release_lease(&self, key: &CacheKey, owner: Name) -> Result<bool> {
        let key = *key;
        self.write("release_lease", move |session| {
            lock(session, FetchLease::TABLE.name)?;
            let is_own = keyed::get::<FetchLease>(session, &key)?.is_some_and(|held| held.owner == owner);
            Ok(is_own && keyed::delete::<FetchLease>(session, &key)?)
        })
        .await
    }
}

#[async_trait]
impl<E: Engine> CoverageRepository for SqlStore<E> {
    async fn upsert_coverage(&self, days: &[Coverage]) -> Result<Upserted> {
        self.replace::<Coverage>("upsert_coverage", days).await
    }

    async fn list_coverage(&self, filter: &CoverageFilter) -> Result<Vec<Coverage>> {
        let filter = filter.clone();
        self.read("list_coverage", move |session| keyed::list::<Coverage>(session, &filter)).await
    }

    async fn delete_coverage(&self, filter: &CoverageFilter) -> Result<u64> {
        let filter = filter.clone();
        self.write("delete_coverage", move |session| {
            lock(session, Coverage::TABLE.name)?;
            let keys: Vec<_> = keyed::list::<Coverage>(session, &filter)?.iter().map(Keyed::key).collect();
            keyed::delete_all::<Coverage>(session, &keys.iter().collect::<Vec<_>>())
        })
        .await
    }
}

#[async_trait]
impl<E: Engine> FetchCostRepository for SqlStore<E> {
    async fn insert_fetch_costs(&self, costs: &[FetchCost]) -> Result<Upserted> {
        self.insert::<FetchCost>("insert_fetch_costs", costs).await
    }

    async fn get_fetch_cost(&self, id: Id<FetchCost>) -> Result<Option<FetchCost>> {
        self.read("get_fetch_cost", move |session| entries::get::<FetchCost>(session, id)).await
    }

    async fn list_fetch_costs(&self, query: &FetchCostQuery) -> Result<Page<FetchCost>> {
        self.entries::<FetchCost>("list_fetch_costs", query).await
    }

    async fn charge_fetch(&self, cost: &FetchCost, cap: Decimal) -> Result<Charge> {
        check_entry(cost, self.allow_simulated()).map_err(|error| self.named("charge_fetch", error))?;
        let cost = cost.clone();
        self.write("charge_fetch", move |session| {
            lock(session, FetchCost::TABLE.name)?;
            let (from, until) = month_of(cost.at);
            let spent = Spending::total(&spending(session, from, until)?)?;
            match entries::get::<FetchCost>(session, cost.id)? {
                Some(stored) if stored == cost => return Ok(Charge { is_within: true, spent }),
                Some(_) => return Err(conflict(&cost)),
                None => {}
            }
            let charge = decide_charge(spent, cost.cost, cap)?;
            if charge.is_within {
                entries::add::<FetchCost>(session, &[cost])?;
            }
            Ok(charge)
        })
        .await
    }

    async fn list_spending(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Spending>> {
        self.read("list_spending", move |session| spending(session, from, until)).await
    }
}

/// Returns the costs of each provider. Equal costs are counted by the engine and summed up here, because not every
/// engine can add exactly.
fn spending(session: &mut dyn Session, from: Timestamp, until: Timestamp) -> Result<Vec<Spending>> {
    let sql = Sql::new("SELECT provider, cost, count(*) FROM fetch_costs WHERE \"at\" BETWEEN ");
    let sql = sql.bind(from).push(" AND ").bind(until).push(" GROUP BY provider, cost");
    let mut paid: BTreeMap<(Name, Decimal), u64> = BTreeMap::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        paid.insert((Field::require(row, 0)?, Field::require(row, 1)?), Field::require(row, 2)?);
        Ok(())
    })?;
    sum_spending(paid.into_iter().map(|((provider, cost), times)| (provider, cost, times)))
}
