//! The session that shows its statements as events.

use strikebook_core::{Result, port::Change};
use tracing::{Level, enabled, trace};

use super::{RowSource, Session, Target};
use crate::{
    codec::{Row, Table, Value},
    dialect::Dialect,
};

/// Runs a job, and shows its statements to who listens: events of the target `strikebook::sql` at level `TRACE`, with
/// the fields `operation` and `statement`. Values are parameters, and not shown.
pub(crate) fn traced<T>(
    session: &mut dyn Session,
    operation: &'static str,
    job: impl FnOnce(&mut dyn Session) -> Result<T>,
) -> Result<T> {
    if enabled!(target: "strikebook::sql", Level::TRACE) {
        job(&mut Traced { session, operation })
    } else {
        job(session)
    }
}

/// A session whose statements are shown.
struct Traced<'a> {
    session: &'a mut dyn Session,
    operation: &'static str,
}

impl Traced<'_> {
    fn show(&self, statement: &str) {
        trace!(target: "strikebook::sql", operation = self.operation, statement);
    }
}

impl Session for Traced<'_> {
    fn dialect(&self) -> &'static Dialect {
        self.session.dialect()
    }

    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        self.show(sql);
        self.session.query(sql, params, each)
    }

    fn query_each(
        &mut self,
        sql: &str,
        lists: &mut dyn Iterator<Item = Vec<Value>>,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.show(sql);
        self.session.query_each(sql, lists, each)
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        self.show(sql);
        self.session.execute(sql, params)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.show(sql);
        self.session.batch(sql)
    }

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<()> {
        let (Target::Table(name) | Target::Temporary(name)) = target;
        self.show(&format!("-- append in bulk to {name} ({})", table.columns_with("")));
        self.session.append(target, table, rows)
    }

    fn audit(&mut self) -> Option<&mut Vec<Change>> {
        self.session.audit()
    }
}
