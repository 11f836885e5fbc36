//! The session that counts rows, shows its statements as events and collects the changes of a call for the audit.

use strikebook_core::{
    Result,
    operations::{Actor, AuditEntry},
    port::{Change, audit_entries},
};
use tracing::{Level, enabled, trace};

use super::{RowSource, Session, Target, append};
use crate::{
    codec::{Record, Row, RowWriter, Table, Value},
    dialect::Dialect,
};

/// Runs a job and shows its statements to listeners: events of the target `strikebook::sql` at level `TRACE`, with the
/// fields `operation` and `statement`. Values are parameters, and not shown. The changes of an actor's job are appended
/// to the audit at its end. The number is that of the rows that statements returned or wrote.
pub(crate) fn watched<T>(
    session: &mut dyn Session,
    operation: &'static str,
    actor: Option<&Actor>,
    job: impl FnOnce(&mut dyn Session) -> Result<T>,
) -> Result<(T, u64)> {
    let shown_as = enabled!(target: "strikebook::sql", Level::TRACE).then_some(operation);
    let mut session = Watched { session, shown_as, changes: actor.map(|_| Vec::new()), rows: 0 };
    let answer = job(&mut session)?;
    if let Some((actor, mut changes)) = actor.zip(session.changes.take()) {
        // The audit is not a change of its own.
        changes.retain(|change| change.resource != AuditEntry::TABLE.name);
        let entries = audit_entries(actor, operation, changes)?;
        append(&mut session, Target::Table(AuditEntry::TABLE.name), &entries.iter().collect::<Vec<_>>())?;
    }
    Ok((answer, session.rows))
}

/// A session whose rows are counted, statements shown, and changes collected.
struct Watched<'a> {
    session: &'a mut dyn Session,
    /// The operation that the events name; `None` shows no statement.
    shown_as: Option<&'static str>,
    /// The changes for the audit; `None` without an actor.
    changes: Option<Vec<Change>>,
    /// The rows that statements returned or wrote.
    rows: u64,
}

impl Watched<'_> {
    fn show(&self, statement: &str) {
        if let Some(operation) = self.shown_as {
            trace!(target: "strikebook::sql", operation, statement);
        }
    }
}

impl Session for Watched<'_> {
    fn dialect(&self) -> &'static Dialect {
        self.session.dialect()
    }

    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        self.show(sql);
        let rows = &mut self.rows;
        self.session.query(sql, params, &mut |row| {
            *rows += 1;
            each(row)
        })
    }

    fn query_each(
        &mut self,
        sql: &str,
        lists: &mut dyn Iterator<Item = Vec<Value>>,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.show(sql);
        let rows = &mut self.rows;
        self.session.query_each(sql, lists, &mut |row| {
            *rows += 1;
            each(row)
        })
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        self.show(sql);
        let changed = self.session.execute(sql, params)?;
        self.rows += changed;
        Ok(changed)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.show(sql);
        self.session.batch(sql)
    }

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<()> {
        if self.shown_as.is_some() {
            let (Target::Table(name) | Target::Temporary(name)) = target;
            self.show(&format!("-- append in bulk to {name} ({})", table.columns_with("")));
        }
        let mut counted = Counted { rows, count: 0 };
        self.session.append(target, table, &mut counted)?;
        self.rows += counted.count;
        Ok(())
    }

    fn audit(&mut self) -> Option<&mut Vec<Change>> {
        self.changes.as_mut()
    }
}

/// Rows to append, counted.
struct Counted<'a> {
    rows: &'a mut dyn RowSource,
    count: u64,
}

impl RowSource for Counted<'_> {
    fn next_piece(&mut self) -> Result<usize> {
        let rows = self.rows.next_piece()?;
        self.count += rows as u64;
        Ok(rows)
    }

    fn write(&self, row: usize, to: &mut dyn RowWriter) -> Result<()> {
        self.rows.write(row, to)
    }
}
