//! The audit of changes, in memory.

use async_trait::async_trait;

use crate::{
    Id, Page, Result, Upserted,
    maintenance::Dataset,
    memory::{MemoryStore, State},
    operations::{Actor, AuditEntry, AuditQuery, AuditRepository},
    port::{self, Change, audit_entries, check_own},
};

#[async_trait]
impl AuditRepository for MemoryStore {
    async fn insert_audit(&self, entries: &[AuditEntry]) -> Result<Upserted> {
        self.write("insert_audit", |state| {
            port::check_entries(entries, self.allow_simulated)?;
            self.actor.as_ref().map_or(Ok(()), |actor| check_own(actor, entries))?;
            state.audit.insert(entries)
        })
    }

    async fn get_audit(&self, id: Id<AuditEntry>) -> Result<Option<AuditEntry>> {
        self.read("get_audit", |state| Ok(state.audit.get(id).cloned()))
    }

    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>> {
        self.read("list_audit", |state| state.audit.list(query))
    }
}

impl State {
    /// Drains the recorded changes of all datasets except the audit itself.
    pub(in crate::memory) fn take_changes(&mut self) -> Vec<Change> {
        let mut changes = std::mem::take(&mut self.changes);
        for dataset in Dataset::ALL {
            let of_dataset = self.stored(*dataset).take_changes().into_iter();
            if *dataset != Dataset::Audit {
                changes.extend(of_dataset.map(|change| Change { resource: dataset.as_str(), ..change }));
            }
        }
        changes
    }

    /// Appends an actor's changes to the audit.
    pub(in crate::memory) fn record(&mut self, actor: &Actor, action: &str, changes: Vec<Change>) -> Result<()> {
        self.audit.insert(&audit_entries(actor, action, changes)?)?;
        Ok(())
    }
}
