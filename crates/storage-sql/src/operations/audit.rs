//! The audit: its table, and the session that learns what a call changes.

use std::net::IpAddr;

use async_trait::async_trait;
use strikebook_core::{
    Id, Json, Name, Page, Result, Timestamp, Upserted,
    batch::check_entries,
    operations::{Actor, AuditEntry, AuditFilter, AuditQuery, AuditRepository, Change},
};

use crate::{
    codec::{Record, Row, Table, Value, record},
    engine::{Dialect, Engine, Rows, Session, Target},
    entries::{self, EntryRow},
    sql::Sql,
    store::SqlStore,
    versioned::append,
};

record! {
    AuditEntry in "audit_log" {
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
            actor.check_own(entries).map_err(|error| self.named(OPERATION, error))?;
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

/// Runs a job of an actor, and appends what it changed to the audit before it ends.
pub(crate) fn audited<T>(
    session: &mut dyn Session,
    actor: &Actor,
    action: &str,
    job: impl FnOnce(&mut dyn Session) -> Result<T>,
) -> Result<T> {
    let mut audited = Audited { session, changes: Vec::new() };
    let answer = job(&mut audited)?;
    let Audited { session, mut changes } = audited;
    // The audit is not a change of its own.
    changes.retain(|change| change.resource != AuditEntry::TABLE.name);
    let entries = actor.entries(action, changes)?;
    append(session, Target::Table(AuditEntry::TABLE.name), &entries.iter().collect::<Vec<_>>())?;
    Ok(answer)
}

/// Tells the session's audit of a change, if it has one.
pub(crate) fn tell(session: &mut dyn Session, change: impl FnOnce() -> Option<Change>) {
    if let Some(changes) = session.audit() {
        changes.extend(change());
    }
}

/// A session that learns what is changed through it.
struct Audited<'a> {
    session: &'a mut dyn Session,
    changes: Vec<Change>,
}

impl Session for Audited<'_> {
    fn dialect(&self) -> &'static Dialect {
        self.session.dialect()
    }

    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        self.session.query(sql, params, each)
    }

    fn query_each(
        &mut self,
        sql: &str,
        lists: &mut dyn Iterator<Item = Vec<Value>>,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.session.query_each(sql, lists, each)
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        self.session.execute(sql, params)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.session.batch(sql)
    }

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn Rows) -> Result<()> {
        self.session.append(target, table, rows)
    }

    fn audit(&mut self) -> Option<&mut Vec<Change>> {
        Some(&mut self.changes)
    }
}
