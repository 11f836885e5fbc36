//! The audit: entries that are only added, never changed.

use std::net::IpAddr;

use async_trait::async_trait;
use strikebook_core::{
    Id, Json, Name, Page, Result, Timestamp, Upserted,
    operations::{AuditEntry, AuditFilter, AuditQuery, AuditRepository},
    port::{check_entries, check_own},
};

use crate::{
    engine::Engine,
    record::record,
    repository::SqlStore,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

record! {
    AuditEntry in Audit {
        key { id: Id<AuditEntry> }
        value {
            at: Timestamp,
            user: Option<Name>,
            action: Name,
            resource: Name,
            resource_id: Option<String>,
            old_value: Option<Json>,
            new_value: Option<Json>,
            address: Option<IpAddr>,
            agent: Option<String>,
        }
    }
}

impl EntryRow for AuditEntry {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &AuditFilter) -> Sql {
        sql.bind_some(" AND \"user\" = ", filter.user.as_ref().map(Name::as_str))
            .bind_some(" AND action = ", filter.action.as_ref().map(Name::as_str))
            .bind_some(" AND resource = ", filter.resource.as_ref().map(Name::as_str))
            .bind_some(" AND resource_id = ", filter.resource_id.as_deref())
    }
}

#[async_trait]
impl<E: Engine> AuditRepository for SqlStore<E> {
    async fn insert_audit(&self, entries: &[AuditEntry]) -> Result<Upserted> {
        const OPERATION: &str = "insert_audit";
        check_entries(entries, self.allow_simulated()).map_err(|error| self.named(OPERATION, error))?;
        if let Some(actor) = self.actor() {
            check_own(actor, entries).map_err(|error| self.named(OPERATION, error))?;
        }
        self.insert::<AuditEntry>(OPERATION, entries).await
    }

    async fn get_audit(&self, id: Id<AuditEntry>) -> Result<Option<AuditEntry>> {
        self.read("get_audit", move |session| entries::get::<AuditEntry>(session, id)).await
    }

    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>> {
        self.entries::<AuditEntry>("list_audit", query).await
    }
}
