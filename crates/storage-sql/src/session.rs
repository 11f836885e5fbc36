//! A session: the statements of one job, and what every shape of rows does with them.

mod call;
mod watched;

use std::mem;

use strikebook_core::{Error, Result, port::Change};

pub(crate) use self::call::Call;
use crate::{
    codec::{Field, Record, Row, RowWriter, Table, Value},
    dialect::Dialect,
    sql::Sql,
};

/// An open transaction. Blocking: adapters run jobs on threads that may block.
///
/// # Errors
/// Every method: the engine's, classified by the adapter and naming the backend.
#[expect(clippy::missing_errors_doc, reason = "documented once, above")]
pub trait Session {
    /// Runs a statement and hands over its rows one by one. An error of `each` ends the statement and is returned.
    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()>;

    /// Runs a statement with one list of parameters after another, and hands over the rows of all. A list is asked for
    /// when the rows of those before it have been handed over. An engine that finds rows by such a statement prepares
    /// it once, shows all runs one state of the database, and stops them together.
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

    /// Runs a statement that returns no rows, and returns the number of rows that it changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64>;

    /// Runs statements without parameters, separated by semicolons.
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// Appends all rows on the engine's fastest path to `target`, which has the columns of `table`.
    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<()>;

    /// Returns the dialect of the engine that the session is of.
    fn dialect(&self) -> &'static Dialect;

    /// Returns the audit buffer of an audited session. The sessions of adapters have none.
    fn audit(&mut self) -> Option<&mut Vec<Change>> {
        None
    }
}

/// The table to which rows are appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A table of the schema.
    Table(&'a str),
    /// A temporary table of this session.
    Temporary(&'a str),
}

/// Rows to append, a piece at a time. An engine may take them from another thread.
pub trait RowSource: Send {
    /// Goes on to the next piece and returns the number of rows in it: 0 when there are no more.
    ///
    /// # Errors
    /// Those of the rows' maker.
    fn next_piece(&mut self) -> Result<usize>;

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
    session.append(target, &R::TABLE, &mut OnePiece { rows, taken: false })
}

/// Rows as one piece.
struct OnePiece<'a, R> {
    rows: &'a [&'a R],
    taken: bool,
}

impl<R: Record> RowSource for OnePiece<'_, R> {
    fn next_piece(&mut self) -> Result<usize> {
        Ok(if mem::replace(&mut self.taken, true) { 0 } else { self.rows.len() })
    }

    fn write(&self, row: usize, to: &mut dyn RowWriter) -> Result<()> {
        row_at(self.rows, row)?.write(to)
    }
}

/// Returns a row of a piece.
///
/// # Errors
/// [`Internal`](strikebook_core::ErrorKind::Internal) when an engine asks for more rows than the piece has.
pub(crate) fn row_at<R>(piece: &[R], row: usize) -> Result<&R> {
    piece.get(row).ok_or_else(|| {
        Error::internal("an engine asked for a row behind the last one of a piece")
            .with("row", row)
            .with("rows", piece.len())
    })
}

/// Returns the rows of a statement.
pub(crate) fn collect<R: Record>(session: &mut dyn Session, sql: &Sql) -> Result<Vec<R>> {
    let mut rows = Vec::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        rows.push(R::read(row)?);
        Ok(())
    })?;
    Ok(rows)
}

/// Returns the number that a statement such as `SELECT count(*)` counts.
pub(crate) fn count(session: &mut dyn Session, sql: &Sql) -> Result<u64> {
    let mut count = None;
    session.query(&sql.text, &sql.params, &mut |row| {
        count = Some(u64::require(row, 0)?);
        Ok(())
    })?;
    count.ok_or_else(|| Error::internal("a statement that counts rows returned none"))
}

/// Tells if a statement returns a row.
pub(crate) fn any(session: &mut dyn Session, sql: &Sql) -> Result<bool> {
    let mut any = false;
    session.query(&sql.text, &sql.params, &mut |_| {
        any = true;
        Ok(())
    })?;
    Ok(any)
}

/// Adds a change to the session's audit, if it has one.
pub(crate) fn tell(session: &mut dyn Session, change: impl FnOnce() -> Option<Change>) {
    if let Some(changes) = session.audit() {
        changes.extend(change());
    }
}
