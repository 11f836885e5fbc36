//! The port that an adapter implements.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    Capabilities, Result, Timestamp,
    maintenance::{Compacted, DiskSize},
    operations::Change,
};

use crate::{
    codec::{ColumnType, Row, RowWriter, Table, Value},
    migrate::Migration,
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
    /// when the rows of those before it have been handed over. An engine that [searches](Search) one by one makes it
    /// once ready, shows all of them one state of the database, and stops them together.
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

/// The order in which an engine likes rows to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By the key, series first: the engine clusters rows by it.
    Key,
    /// By time first: the engine skips blocks by the range of their times.
    Time,
}

/// How an engine best finds rows of many series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// A seek in an index for each, one by one: [`Session::query_each`].
    OneByOne,
    /// The same seeks in one statement, as a lateral join.
    Lateral,
    /// One pass over a window of time.
    Window,
}

/// The few words in which the engines differ.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The type of a column as the engine's catalog names it.
    pub type_name: fn(ColumnType) -> &'static str,
    /// Lists the names of the tables in the schema.
    pub list_tables: &'static str,
    /// Lists name, type and nullability (1 or 0) of the columns of the table `$1`, in order.
    pub list_columns: &'static str,
    /// Bytes on disk of the table `$1`, its indexes included; `None` where the engine cannot tell.
    pub table_bytes: Option<&'static str>,
    /// Bytes that a row of the table `$1` takes with its share of the indexes, as a double, where deleted rows leave
    /// room in a table that [`table_bytes`](Self::table_bytes) counts; `None` where they leave none.
    pub row_bytes: Option<&'static str>,
    /// Makes other writers of the dataset `$1` wait until the transaction ends; `None` where the engine lets only one
    /// transaction write.
    pub lock: Option<&'static str>,
    /// Drops the partitions of the table `$1` that end before the instant `$2`, far faster than their rows are deleted;
    /// `None` where tables have none.
    pub drop_partitions: Option<&'static str>,
    /// Lists the names of the triggers that keep the audit as it is and are missing or off; `None` where the engine has
    /// no triggers.
    pub missing_guards: Option<&'static str>,
    /// The last instant up to that of an expression which lies whole widths from an origin, as an expression.
    pub bucket: fn(&str, TimeDelta, Timestamp) -> String,
    /// Whether the engine may keep aggregates: whether there is a table `kept_aggregates`, which tells how far they go.
    pub keeps_aggregates: bool,
    /// The order in which rows are best appended.
    pub order: Order,
    /// How rows of many series are best found.
    pub search: Search,
}

/// An engine: where transactions come from.
///
/// A job that writes runs in one transaction, which is committed when the job succeeds **and** its caller still waits
/// for it, and rolled back otherwise. A job that panics is rolled back and reported as
/// [`Internal`](strikebook_core::ErrorKind::Internal).
#[async_trait]
pub trait Engine: std::fmt::Debug + Send + Sync + 'static {
    /// The engine's words.
    fn dialect(&self) -> &'static Dialect;

    /// The engine's migrations, in order.
    fn migrations(&self) -> &'static [Migration];

    /// What the opened engine is and can do. `simulated` is filled in by the store.
    fn capabilities(&self) -> Capabilities;

    /// Runs a job that only reads. Each of its statements sees what is committed when it starts: most jobs have but
    /// one, and a transaction around it would double what a small question costs.
    async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static;

    /// Runs a job that only reads and sees one state of the database from its first to its last statement.
    async fn snapshot<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static;

    /// Runs a job that writes.
    async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static;

    /// What the database takes on disk; `None` when it is not on one.
    async fn disk_size(&self) -> Result<Option<DiskSize>>;

    /// Gives the space of deleted rows back and brings the planner's statistics up to date.
    async fn compact(&self) -> Result<Compacted>;

    /// Waits for running jobs and lets go of everything. Later calls are refused with
    /// [`Closed`](strikebook_core::ErrorKind::Closed).
    async fn close(&self) -> Result<()>;
}
