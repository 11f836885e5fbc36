//! Reports on the quality of data.

use async_trait::async_trait;
use strikebook_core::{
    Id, Json, Name, Page, Result, Timestamp, Upserted,
    operations::{QualityFilter, QualityQuery, QualityReport, QualityRepository, Severity},
};

use super::event::severities;
use crate::{
    engine::Engine,
    record::record,
    repository::SqlStore,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

record! {
    QualityReport in Quality {
        key { id: Id<QualityReport> }
        value {
            at: Timestamp,
            check_name: Name,
            dataset: Name,
            severity: Severity,
            score: Option<f64>,
            details: Json,
        }
    }
}

impl EntryRow for QualityReport {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &QualityFilter) -> Sql {
        let sql = sql
            .bind_some(" AND check_name = ", filter.check_name.as_ref().map(Name::as_str))
            .bind_some(" AND dataset = ", filter.dataset.as_ref().map(Name::as_str))
            .bind_some(" AND score < ", filter.score_below);
        match filter.least_severity {
            None => sql,
            Some(least) => sql.push(&format!(" AND severity IN ({})", severities(|one| one >= least))),
        }
    }
}

#[async_trait]
impl<E: Engine> QualityRepository for SqlStore<E> {
    async fn insert_quality(&self, reports: &[QualityReport]) -> Result<Upserted> {
        self.insert::<QualityReport>("insert_quality", reports).await
    }

    async fn get_quality(&self, id: Id<QualityReport>) -> Result<Option<QualityReport>> {
        self.read("get_quality", move |session| entries::get::<QualityReport>(session, id)).await
    }

    async fn list_quality(&self, query: &QualityQuery) -> Result<Page<QualityReport>> {
        self.entries::<QualityReport>("list_quality", query).await
    }
}
