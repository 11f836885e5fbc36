//! The words in which the engines differ. Each adapter has one [`Dialect`], and nothing else of this crate names an
//! engine.

use chrono::TimeDelta;
use strikebook_core::{Result, Timestamp, maintenance::Policy};

use crate::{
    codec::{ColumnType, Row, Value},
    search::{NewestQuotes, SeriesVersions},
    session::Session,
    sql::Sql,
};

/// The order in which an engine likes rows to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOrder {
    /// By the key, series first: the engine clusters rows by it.
    Series,
    /// By time first: the engine skips blocks by the range of their times.
    Time,
}

/// Aggregates that an engine materialises in views of buckets of time, and the statements that tell up to where their
/// buckets are fresh.
#[derive(Clone, Copy, Debug)]
pub struct Materialised {
    /// The view of minutes of live quotes.
    pub quote_minutes: &'static str,
    /// The view of hours of each option contract.
    pub option_hours: &'static str,
    /// Returns the instant up to which the buckets of the dataset `$1` are fresh; no row when none ever was.
    pub fresh_until: &'static str,
    /// Marks the buckets of the dataset `$1` stale from the instant `$2` on.
    pub invalidate: &'static str,
}

/// The receiver of the rows of a statement, one by one. An error of the receiver ends the statement and is returned.
pub type EachRow<'a> = &'a mut dyn FnMut(&dyn Row) -> Result<()>;

/// Makes the jobs of some policies the only ones of the schema.
type Schedule = fn(&mut dyn Session, &[Policy]) -> Result<()>;

/// The words of an engine.
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
    /// Lists the indexes, constraints, views, triggers, functions and partitions of the schema, as far as the engine
    /// has them, in four texts each: the table, view or function that the object is or belongs to; a description such
    /// as `index orders_by_time`; the definition; and the version of the engine where the engine writes the definition
    /// itself and may write it differently in the next version, otherwise an empty text. NOT NULL and what the engine
    /// or an extension of it makes by itself are left out.
    pub list_objects: &'static str,
    /// The last instant up to that of an expression which lies whole widths from an origin, as an expression.
    pub bucket: fn(&str, TimeDelta, Timestamp) -> Result<String>,
    /// The aggregates that the engine materialises; `None` where it has none.
    pub materialised: Option<&'static Materialised>,
    /// Replaces the jobs that the engine's own scheduler runs by those of some policies; `None` where the engine has no
    /// scheduler.
    pub schedule: Option<Schedule>,
    /// The order in which rows are best appended.
    pub append_order: AppendOrder,
    /// True if the engine finds at once that a table has no row within a span of time. A large batch of such a span is
    /// then appended without a comparison.
    pub finds_spans: bool,
    /// True if the engine goes from one distinct value of an indexed column to the next by a search of the index.
    /// Others find them in one pass over the column.
    pub seeks_values: bool,
    /// The number of rows of a batch that are compared with the stored ones and appended by one statement.
    pub rows_per_merge: usize,
    /// The most values in the list of one statement.
    pub values_per_statement: usize,
    /// The most natural keys in the condition of one statement.
    pub keys_per_statement: usize,
    /// Conditions of which exactly one holds for a row that has one of some values, in order and each once, in a
    /// column; none with more values than the last argument.
    pub one_of: fn(&str, &[Value], usize) -> Vec<Sql>,
    /// Finds the newest quote of each contract of a chain.
    pub newest_quotes: for<'a> fn(&mut dyn Session, &NewestQuotes<'a>, EachRow<'_>) -> Result<()>,
    /// Finds every version of some series within a window.
    pub series_versions: for<'a> fn(&mut dyn Session, &SeriesVersions<'a>, EachRow<'_>) -> Result<()>,
}

impl Dialect {
    /// Returns conditions of which exactly one holds for a row that has one of some values, in order and each once, in
    /// a column.
    pub(crate) fn one_of(&self, column: &str, values: &[Value]) -> Vec<Sql> {
        (self.one_of)(column, values, self.values_per_statement)
    }
}
