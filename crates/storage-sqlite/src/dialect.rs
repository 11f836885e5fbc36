//! SQLite's words, and its searches: an index is searched for one series after another, by a statement that stays
//! prepared.

use std::{cell::Cell, iter};

use chrono::TimeDelta;
use strikebook_core::{Error, Result, Timestamp};
use strikebook_storage_sql::{
    AppendOrder, ColumnType, Dialect, Field, NewestQuotes, Row, Series, SeriesVersions, Session, Sql, Value, of_series,
    one_of_listed,
};

pub(crate) static DIALECT: Dialect = Dialect {
    type_name: |column_type| match column_type {
        ColumnType::Double => "REAL",
        ColumnType::Text
        | ColumnType::Date
        | ColumnType::Decimal
        | ColumnType::Product
        | ColumnType::Json
        | ColumnType::Uuid => "TEXT",
        ColumnType::Integer | ColumnType::Timestamp | ColumnType::Boolean => "INTEGER",
    },
    // A file has its mark before the first migration.
    list_tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                  AND name <> 'strikebook_file'",
    list_columns: r#"SELECT name, type, 1 - "notnull" FROM pragma_table_info($1)"#,
    list_objects: include_str!("objects.sql"),
    table_bytes: Some(
        "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN (SELECT name FROM sqlite_schema WHERE \
         tbl_name = $1)",
    ),
    // Pages without rows are free and not of the table.
    row_bytes: None,
    lock: None,
    drop_partitions: None,
    bucket,
    materialised: None,
    schedule: None,
    append_order: AppendOrder::Series,
    // Rows of a span lie all over the tables.
    finds_spans: false,
    seeks_values: true,
    rows_per_merge: 122_880,
    // SQLite takes 32,766 parameters. Longer lists are planned more slowly than they save statements.
    values_per_statement: 4096,
    // Conditions are nested, to a depth of a thousand at most.
    keys_per_statement: 256,
    one_of: one_of_listed,
    newest_quotes,
    series_versions,
};

/// Returns the start of the bucket that holds an instant.
fn bucket(at: &str, width: TimeDelta, origin: Timestamp) -> Result<String> {
    let micros = width.num_microseconds().ok_or_else(|| Error::internal("a bucket is wider than all of time"))?;
    let origin = origin.as_micros();
    // The remainder of what lies before the origin is negative.
    Ok(format!("({at} - (({at} - ({origin})) % {micros} + {micros}) % {micros})"))
}

/// Finds the newest quote of each contract by one search of the index for each.
fn newest_quotes(
    session: &mut dyn Session,
    search: &NewestQuotes<'_>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    let mut contracts = Vec::new();
    let sql = search.of_contracts(Sql::new("SELECT c.overridden, c.contract_id FROM option_contracts AS c WHERE "));
    session.query(&sql.text, &sql.params, &mut |row| {
        contracts.push([Value::from(bool::require(row, 0)?), Value::Integer(i64::require(row, 1)?)]);
        Ok(())
    })?;
    let Some([overridden, first]) = contracts.first().cloned() else { return Ok(()) };
    let sql = Sql::new(format!("SELECT {}, ", search.columns("q."))).bind(overridden);
    let sql = sql.push(&format!(" FROM {} AS q WHERE q.contract_id = ", search.table())).bind(first);
    let sql = search.of_quotes(sql.push(" AND "), "q").push(" ORDER BY q.\"at\" DESC LIMIT 1");
    // Only the first parameters tell one contract from another.
    let Some((_, limits)) = sql.params.split_first_chunk::<2>() else {
        return Err(Error::internal("a statement has lost its parameters"));
    };
    let mut lists = contracts.iter().map(|contract| [contract.as_slice(), limits].concat());
    session.query_each(&sql.text, &mut lists, each)
}

/// Finds the versions of each series by itself, in the index of each table: those of the first table, then those of
/// the second.
fn series_versions(
    session: &mut dyn Session,
    search: &SeriesVersions<'_>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    for table in search.tables() {
        versions_of_table(session, search, &table, each)?;
    }
    Ok(())
}

/// Finds the first versions of a table.
fn versions_of_table(
    session: &mut dyn Session,
    search: &SeriesVersions<'_>,
    table: &str,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    let series = search.series();
    let begun = search.after().filter(|(index, ..)| series.first().is_some_and(|(first, _)| first == index));
    let (begun_series, whole) = series.split_at(usize::from(begun.is_some()));
    let left = Cell::new(search.limit().map_or(Ok(i64::MAX), number)?);
    for (series, after) in [(begun_series, begun), (whole, None)] {
        let Some((index, columns)) = series.first() else { continue };
        let sql = Sql::new(format!("SELECT {}, ", search.columns("v."))).bind(number(*index)?);
        let sql = of_series(sql.push(&format!(" FROM {table} AS v WHERE ")), "v.", columns);
        let sql = search.within(sql.push("1 = 1"));
        let sql = match after {
            // The first condition says the same as the others once more, as an index can use it.
            Some((_, at, recorded_at)) => {
                SeriesVersions::behind(sql.push(" AND v.\"at\" >= ").bind(at).push(" AND "), at, recorded_at)
            }
            None => sql,
        };
        let sql = sql.push(" ORDER BY v.\"at\", v.recorded_at LIMIT ").bind(left.get());
        let numbers = series.iter().map(|(index, _)| number(*index)).collect::<Result<Vec<_>>>()?;
        // Only the first parameters and the limit tell one series from another.
        let Some(shared) = sql.params.split_last().and_then(|(_, params)| params.get(1 + columns.len()..)) else {
            return Err(Error::internal("a statement has lost its parameters"));
        };
        let parameters = |((_, columns), number): (&&(usize, Series), i64)| {
            let of_series = iter::once(number.into()).chain(columns.iter().map(|(_, value)| value.clone()));
            of_series.chain(shared.iter().cloned()).chain([left.get().into()]).collect()
        };
        let mut lists = series.iter().zip(numbers).take_while(|_| left.get() > 0).map(parameters);
        session.query_each(&sql.text, &mut lists, &mut |row| {
            left.set(left.get() - 1);
            each(row)
        })?;
    }
    Ok(())
}

/// Returns a number of our own as SQLite takes it.
fn number(number: usize) -> Result<i64> {
    i64::try_from(number).map_err(|error| Error::internal("a number is too large").caused_by(error))
}
