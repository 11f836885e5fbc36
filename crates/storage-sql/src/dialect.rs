//! The few words in which the engines differ.

use chrono::TimeDelta;
use strikebook_core::Timestamp;

use crate::codec::ColumnType;

/// The order in which an engine likes rows to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOrder {
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
    pub order: AppendOrder,
    /// How rows of many series are best found.
    pub search: Search,
}
