//! Reports on data quality.

use async_trait::async_trait;

use crate::{
    Id, Page, Result, Upserted,
    memory::MemoryStore,
    operations::{QualityQuery, QualityReport, QualityRepository},
};

#[async_trait]
impl QualityRepository for MemoryStore {
    async fn insert_quality(&self, reports: &[QualityReport]) -> Result<Upserted> {
        self.insert("insert_quality", reports, |state| &mut state.quality)
    }

    async fn get_quality(&self, id: Id<QualityReport>) -> Result<Option<QualityReport>> {
        self.read("get_quality", |state| Ok(state.quality.get(id).cloned()))
    }

    async fn list_quality(&self, query: &QualityQuery) -> Result<Page<QualityReport>> {
        self.read("list_quality", |state| state.quality.list(query))
    }
}
