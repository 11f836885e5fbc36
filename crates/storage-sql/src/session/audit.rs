//! The session that collects the changes of a call for the audit.

use strikebook_core::{
    Result,
    operations::{Actor, AuditEntry},
    port::{Change, audit_entries},
};

use super::{RowSource, Session, Target, append};
use crate::{
    codec::{Record, Row, Table, Value},
    dialect::Dialect,
};

/// Runs a job of an actor, and appends the changes to the audit at its end.
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
    let entries = audit_entries(actor, action, changes)?;
    append(session, Target::Table(AuditEntry::TABLE.name), &entries.iter().collect::<Vec<_>>())?;
    Ok(answer)
}

/// A session that collects the changes made through it.
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

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<()> {
        self.session.append(target, table, rows)
    }

    fn audit(&mut self) -> Option<&mut Vec<Change>> {
        Some(&mut self.changes)
    }
}
