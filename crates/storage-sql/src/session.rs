//! A session: the statements of one job, and what every shape of rows does with them.

mod audit;

use std::mem;

use strikebook_core::{Result, port::Change};

pub(crate) use self::audit::audited;
use crate::{
    codec::{Record, Row, RowWriter, Table, Value},
    dialect::Dialect,
    sql::Sql,
};

/// An open transaction. Blocking: adapters run jobs on threads that may block.
///
/// # Errors
/// Every method: the engine's, classified by the adapter and naming the backend.
#[allow(clippy::missing_errors_doc)] // Said once, above.
pub trait Session {
    /// Runs a statement and hands over its rows one by one. An error of `each` ends the statement and is returned.
    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()>;

    /// Runs a statement with one list of parameters after another, and hands over the rows of all. A list is asked for
    /// when the rows of those before it have been handed over. An engine that [searches](Search) one by one prepares it
    /// once, shows all of them one state of the database, and stops them together.
    fn query_each(
        &mut self,
        sql: &str,
        lists: &mut dyn Iterator<Item = Vec<Value>>,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        for params in lists {
            self.query(sql, &params, each)?;
        }
        Ok(())
    }

    /// Runs a statement that gives no rows, and returns how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64>;

    /// Runs statements without parameters, separated by semicolons.
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// Appends all rows on the engine's fastest path to `target`, which has the columns of `table`.
    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn Rows) -> Result<()>;

    /// Returns the dialect of the engine that the session is of.
    fn dialect(&self) -> &'static Dialect;

    /// Where this session's changes are told, when somebody wants to know. Adapters' sessions have no such place.
    fn audit(&mut self) -> Option<&mut Vec<Change>> {
        None
    }
}

/// Where rows are appended to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A table of the schema.
    Table(&'a str),
    /// A temporary table of this session.
    Temporary(&'a str),
}

/// Rows to append, a piece at a time. An engine may take them from another thread.
pub trait Rows: Send {
    /// Goes on to the next piece and returns how many rows it has: none when there are no more.
    fn next_piece(&mut self) -> usize;

    /// Writes the columns of a row of the piece, in the table's order.
    ///
    /// # Errors
    /// Those of `to`.
    fn write(&self, row: usize, to: &mut dyn RowWriter) -> Result<()>;
}

/// Makes other writers of a dataset wait until this transaction ends.
pub(crate) fn lock(session: &mut dyn Session, dataset: &str) -> Result<()> {
    match session.dialect().lock {
        Some(lock) => session.query(lock, &[dataset.into()], &mut |_| Ok(())),
        None => Ok(()),
    }
}

/// Appends rows on the engine's fastest path.
pub(crate) fn append<R: Record>(session: &mut dyn Session, target: Target<'_>, rows: &[&R]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    session.append(target, &R::TABLE, &mut OnePiece { rows, given: false })
}

/// Rows that are all there.
struct OnePiece<'a, R> {
    rows: &'a [&'a R],
    given: bool,
}

impl<R: Record> Rows for OnePiece<'_, R> {
    fn next_piece(&mut self) -> usize {
        if mem::replace(&mut self.given, true) { 0 } else { self.rows.len() }
    }

    fn write(&self, row: usize, to: &mut dyn RowWriter) -> Result<()> {
        self.rows.get(row).map_or(Ok(()), |row| row.write(to))
    }
}

/// The rows of a statement.
pub(crate) fn collect<R: Record>(session: &mut dyn Session, sql: &Sql) -> Result<Vec<R>> {
    let mut rows = Vec::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        rows.push(R::read(row)?);
        Ok(())
    })?;
    Ok(rows)
}

/// Whether a statement gives a row.
pub(crate) fn any(session: &mut dyn Session, sql: &Sql) -> Result<bool> {
    let mut any = false;
    session.query(&sql.text, &sql.params, &mut |_| {
        any = true;
        Ok(())
    })?;
    Ok(any)
}

/// Tells the session's audit of a change, if it has one.
pub(crate) fn tell(session: &mut dyn Session, change: impl FnOnce() -> Option<Change>) {
    if let Some(changes) = session.audit() {
        changes.extend(change());
    }
}
