//! Maintenance of a store without a schema and without files.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use super::{MemoryStore, State, Stored, market::contract::Contract};
use crate::{
    Result, Timestamp,
    maintenance::{
        Compacted, Dataset, DatasetStatistics, DiskSize, Evicted, Eviction, Fetched, Maintenance, Policies, Purged,
        SchemaStatus,
    },
    market::OptionContract,
    port::{Asked, Change, policies_name, policies_of, policies_setting, purgeable},
};

#[async_trait]
impl Maintenance for MemoryStore {
    async fn migrate(&self) -> Result<Vec<u32>> {
        self.read("migrate", |_| Ok(Vec::new()))
    }

    async fn migrate_down(&self, _to_version: u32) -> Result<Vec<u32>> {
        self.read("migrate_down", |_| Ok(Vec::new()))
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        self.read("schema_status", |_| Ok(SchemaStatus::default()))
    }

    async fn statistics(&self) -> Result<Vec<DatasetStatistics>> {
        self.write("statistics", |state| {
            Ok(Dataset::ALL.iter().map(|dataset| state.stored(*dataset).statistics(*dataset)).collect())
        })
    }

    async fn purge(&self, dataset: Dataset, before: Timestamp) -> Result<Purged> {
        self.write("purge", |state| {
            purgeable(dataset)?;
            let purged = state.stored(dataset).purge(before);
            state.changes.extend(Change::purged(dataset.as_str(), Asked::Before { before }, &purged));
            Ok(purged)
        })
    }

    async fn count_evictable(&self, eviction: &Eviction) -> Result<Vec<Evicted>> {
        self.write("count_evictable", |state| Ok(state.evict(eviction, false)))
    }

    async fn evict(&self, eviction: &Eviction) -> Result<Vec<Evicted>> {
        self.write("evict", |state| {
            let evicted = state.evict(eviction, true);
            let asked = Asked::Evict(eviction);
            let change = |of_one: &Evicted| Change::purged(of_one.dataset.as_str(), asked, &of_one.purged);
            state.changes.extend(evicted.iter().filter_map(change));
            Ok(evicted)
        })
    }

    async fn disk_size(&self) -> Result<Option<DiskSize>> {
        self.read("disk_size", |_| Ok(None))
    }

    async fn set_policies(&self, policies: &Policies, recorded_at: Timestamp) -> Result<()> {
        self.write("set_policies", |state| {
            if let Some(setting) = policies_setting(policies, recorded_at)? {
                state.settings.upsert(&[setting]);
            } else {
                state.settings.delete(&policies_name()?);
            }
            Ok(())
        })
    }

    async fn policies(&self) -> Result<Policies> {
        self.read("policies", |state| policies_of(state.settings.get(&policies_name()?)))
    }

    async fn compress(&self, _dataset: Dataset, _before: Timestamp) -> Result<u64> {
        self.read("compress", |_| Ok(0))
    }

    async fn refresh_aggregates(&self, _dataset: Dataset, _until: Timestamp) -> Result<()> {
        self.read("refresh_aggregates", |_| Ok(()))
    }

    async fn compact(&self) -> Result<Compacted> {
        self.write("compact", |state| {
            let compacted = Compacted::default();
            state.changes.push(Change::compacted(&compacted));
            Ok(compacted)
        })
    }
}

impl State {
    /// Counts the rows that an eviction selects, and deletes them if `delete` is true.
    fn evict(&mut self, eviction: &Eviction, delete: bool) -> Vec<Evicted> {
        let Self { contracts, quotes, snapshots, underlyings, bars, greeks, .. } = self;
        let evicted = |dataset, purged| Evicted { dataset, purged };
        match eviction.of {
            Fetched::Market(symbol) => {
                let is_of =
                    |contract: &_| contracts.get(contract).is_some_and(|of: &Contract| of.details.underlying == symbol);
                vec![
                    evicted(Dataset::OptionQuotes, quotes.evict(is_of, eviction, delete)),
                    evicted(Dataset::ChainSnapshots, snapshots.evict(|of| *of == symbol, eviction, delete)),
                    evicted(Dataset::UnderlyingQuotes, underlyings.evict(|of| *of == symbol, eviction, delete)),
                ]
            }
            Fetched::Bars(key) => vec![evicted(Dataset::Bars, bars.evict(|of| *of == key, eviction, delete))],
            Fetched::Greeks(key) => vec![evicted(Dataset::Greeks, greeks.evict(|of| *of == key, eviction, delete))],
        }
    }
}

impl Stored for Arc<BTreeMap<OptionContract, Contract>> {
    fn purge(&mut self, _before: Timestamp) -> Purged {
        Purged::default()
    }

    fn statistics(&self, dataset: Dataset) -> DatasetStatistics {
        let recorded = || self.values().map(|contract| contract.details.recorded_at);
        DatasetStatistics {
            dataset,
            rows: self.len() as u64,
            superseded: 0,
            oldest: recorded().min(),
            newest: recorded().max(),
            bytes: None,
            row_bytes: None,
        }
    }

    /// Returns nothing: the state records changes of contracts itself.
    fn take_changes(&mut self) -> Vec<Change> {
        Vec::new()
    }
}
