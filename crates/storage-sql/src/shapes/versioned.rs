//! Rows that keep their corrections: how they are read as of an instant, and how a batch is merged.
//!
//! A table `t` holds the current version of each key, its twin `t_history` the superseded ones, so that a read of the
//! present never touches the past. The end of a version's validity is not stored: it is the next version's
//! `recorded_at`.

pub(crate) mod changes;
pub(crate) mod merge;
pub(crate) mod pieces;

use strikebook_core::{AsOf, Result, Timestamp, Version};

pub(crate) use crate::search::Series;
use crate::{
    codec::{Record, Value},
    search::of_series,
    session::{Session, collect},
    sql::{Sql, limited},
};

/// A record that keeps its corrections. The last column of its key is `at`; the others name the series. The macro
/// `record!` implements it.
pub(crate) trait Versioned: Record + Send + 'static {
    /// The natural key without `at`.
    type Series: Ord + Copy + Send + Sync + 'static;

    /// Returns the natural key.
    fn key(&self) -> Key<Self>;
    /// Returns the instant at which this version was recorded.
    fn recorded_at(&self) -> Timestamp;
    /// Returns the values of the key's columns but `at`, in their order.
    fn series_values(series: Self::Series) -> Vec<Value>;
}

/// Returns the columns of the key but `at`, with their values in a series.
pub(crate) fn series<R: Versioned>(series: R::Series) -> Series {
    R::TABLE.keys().map(|column| column.name).zip(R::series_values(series)).collect()
}

/// The natural key: the series and `at`.
pub(crate) type Key<R> = (<R as Versioned>::Series, Timestamp);

/// The end from which a series is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadFrom {
    Oldest,
    Newest,
}

/// Returns the rows of one series with `at` from `start` up to the limits, in the versions valid at the knowledge
/// limit: at most `limit` of them, in order from the given end.
pub(crate) fn list<R: Versioned>(
    session: &mut dyn Session,
    series: &Series,
    start: Timestamp,
    as_of: AsOf,
    from: ReadFrom,
    limit: Option<usize>,
) -> Result<Vec<R>> {
    let (table, history) = (R::TABLE.name, R::TABLE.history());
    let columns = R::TABLE.columns_with("");
    let direction = if from == ReadFrom::Oldest { "ASC" } else { "DESC" };
    let ordered = format!(" ORDER BY \"at\" {direction}{}", limited(limit));
    let within = |sql: Sql, prefix: &str| {
        let sql = of_series(sql.push(" WHERE "), prefix, series);
        let sql = sql.push(prefix).push("\"at\" BETWEEN ").bind(start).push(" AND ").bind(as_of.at);
        sql.bind_some(&format!(" AND {prefix}recorded_at <= "), as_of.known_by)
    };
    let current = within(Sql::new(format!("SELECT {columns} FROM {table}")), "").push(&ordered);
    let sql = match as_of.known_by {
        None => current,
        Some(known_by) => {
            let sql = Sql {
                text: format!(
                    "SELECT {columns} FROM (SELECT * FROM ({}) AS present UNION ALL \
                 SELECT * FROM (SELECT {} FROM {history} AS h",
                    current.text,
                    R::TABLE.columns_with("h.")
                ),
                ..current
            };
            within(sql, "h.")
                .push(&format!(" AND NOT EXISTS (SELECT 1 FROM {table} AS c WHERE {}", same_key::<R>("c", "h")))
                .push(" AND c.recorded_at <= ")
                .bind(known_by)
                .push(&format!(") AND NOT EXISTS (SELECT 1 FROM {history} AS n WHERE {}", same_key::<R>("n", "h")))
                .push(" AND n.recorded_at > h.recorded_at AND n.recorded_at <= ")
                .bind(known_by)
                .push(&format!("){ordered}) AS past) AS known{ordered}"))
        }
    };
    collect(session, &sql)
}

/// Appends a query for all rows of a table from an instant up to the limits, in the versions valid at the knowledge
/// limit.
pub(crate) fn valid_rows<R: Versioned>(sql: Sql, start: Timestamp, as_of: AsOf) -> Sql {
    let (table, columns, keys) = (R::TABLE.name, R::TABLE.columns_with(""), R::TABLE.key_columns());
    let within = |sql: Sql, table: &str| {
        let sql = sql.push(&format!("SELECT {columns} FROM {table} WHERE \"at\" BETWEEN ")).bind(start);
        sql.push(" AND ").bind(as_of.at).bind_some(" AND recorded_at <= ", as_of.known_by)
    };
    if as_of.known_by.is_none() {
        return within(sql, table);
    }
    // Of the versions known by then, the last one recorded is valid.
    let sql = sql.push(&format!(
        "SELECT {columns} FROM (SELECT v.*, row_number() OVER (PARTITION BY {keys} ORDER BY recorded_at DESC) AS \
         version FROM ("
    ));
    let sql = within(within(sql, table).push(" UNION ALL "), &R::TABLE.history());
    sql.push(") AS v) AS known WHERE version = 1")
}

/// Returns every version of one row, in the order in which they were recorded.
pub(crate) fn versions<R: Versioned>(
    session: &mut dyn Session,
    series: &Series,
    at: Timestamp,
) -> Result<Vec<Version<R>>> {
    let columns = R::TABLE.columns_with("");
    let of_key = |sql: Sql| of_series(sql.push(" WHERE "), "", series).push("\"at\" = ").bind(at);
    let sql = of_key(Sql::new(format!("SELECT {columns} FROM {}", R::TABLE.name)));
    let sql = of_key(sql.push(&format!(" UNION ALL SELECT {columns} FROM {}", R::TABLE.history())));
    let rows: Vec<R> = collect(session, &sql.push(" ORDER BY recorded_at"))?;
    let ends: Vec<_> = rows.iter().skip(1).map(|next| Some(next.recorded_at())).chain([None]).collect();
    Ok(rows.into_iter().zip(ends).map(|(row, superseded_at)| Version { row, superseded_at }).collect())
}

/// Returns `a.x = b.x AND a.y = b.y` over the columns of the key.
fn same_key<R: Record>(a: &str, b: &str) -> String {
    let keys = R::TABLE.keys();
    let equal: Vec<_> = keys.map(|column| format!("{a}.{0} = {b}.{0}", column.identifier())).collect();
    equal.join(" AND ")
}
