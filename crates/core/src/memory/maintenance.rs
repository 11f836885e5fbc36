//! Maintenance: no schema, nothing to compact.

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    Error, ErrorKind, Result, Timestamp,
    maintenance::{Compacted, Dataset, DatasetStatistics, Maintenance, Purged, SchemaStatus},
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
        self.read("statistics", |state| Ok(Dataset::ALL.map(|dataset| state.statistics(dataset)).into()))
    }

    async fn purge(&self, dataset: Dataset, before: Timestamp) -> Result<Purged> {
        self.write("purge", |state| match dataset {
            Dataset::Contracts => Err(Error::new(ErrorKind::Unsupported, "other rows refer to contracts")),
            Dataset::OptionQuotes => Ok(state.quotes.purge(before)),
            Dataset::ChainSnapshots => Ok(state.snapshots.purge(before)),
            Dataset::UnderlyingQuotes => Ok(state.underlyings.purge(before)),
            Dataset::Bars => Ok(state.bars.purge(before)),
            Dataset::Observations => Ok(state.observations.purge(before)),
            Dataset::Greeks => Ok(state.greeks.purge(before)),
        })
    }

    async fn compact(&self) -> Result<Compacted> {
        self.read("compact", |_| Ok(Compacted::default()))
    }
}

impl State {
    fn statistics(&self, dataset: Dataset) -> DatasetStatistics {
        match dataset {
            Dataset::Contracts => {
                let recorded = || self.contracts.values().map(|details| details.recorded_at);
                DatasetStatistics {
                    dataset,
                    rows: self.contracts.len() as u64,
                    superseded: 0,
                    oldest: recorded().min(),
                    newest: recorded().max(),
                    bytes: None,
                }
            }
            Dataset::OptionQuotes => self.quotes.statistics(dataset),
            Dataset::ChainSnapshots => self.snapshots.statistics(dataset),
            Dataset::UnderlyingQuotes => self.underlyings.statistics(dataset),
            Dataset::Bars => self.bars.statistics(dataset),
            Dataset::Observations => self.observations.statistics(dataset),
            Dataset::Greeks => self.greeks.statistics(dataset),
        }
    }
}
