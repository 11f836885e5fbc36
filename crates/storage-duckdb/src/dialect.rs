//! DuckDB's words, and its searches: no index, so a search is one pass over a window of time.

use chrono::TimeDelta;
use strikebook_core::{Error, Result, Timestamp};
use strikebook_storage_sql::{
    AppendOrder, ColumnType, Dialect, NewestQuotes, Row, SeriesVersions, Session, Sql, Value, one_of_listed,
};

use crate::append;

pub(crate) static DIALECT: Dialect = Dialect {
    type_name: |column_type| match column_type {
        ColumnType::Double => "DOUBLE",
        ColumnType::Integer => "BIGINT",
        // JSON and UUIDs would come back as text anyway, and are looked into as text too.
        ColumnType::Text | ColumnType::Json | ColumnType::Uuid => "VARCHAR",
        ColumnType::Decimal => "DECIMAL(20,8)",
        ColumnType::Product => "DECIMAL(28,16)",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Date => "DATE",
        ColumnType::Boolean => "BOOLEAN",
    },
    // A file has its mark before the first migration.
    list_tables: "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary \
                  AND table_name <> 'strikebook_file'",
    list_columns: "SELECT column_name, data_type, CAST(is_nullable AS BIGINT) FROM duckdb_columns() \
                   WHERE table_name = $1 AND NOT internal ORDER BY column_index",
    // A view that comes out of a file has other parentheses and names of types than one just made.
    list_objects: include_str!("objects.sql"),
    // Blocks that a table shares with others count for each of them, and what is only in the log for none.
    table_bytes: Some(
        "SELECT nullif(count(DISTINCT block_id), 0) * 262144 FROM pragma_storage_info($1) WHERE block_id >= 0",
    ),
    // A segment counts the deleted rows that its blocks still hold.
    row_bytes: Some(
        "SELECT count(DISTINCT block_id) FILTER (block_id >= 0) * 262144.0 \
         / nullif(sum(count) FILTER (column_id = 0 AND segment_type <> 'VALIDITY'), 0) FROM pragma_storage_info($1)",
    ),
    lock: None,
    drop_partitions: None,
    bucket,
    materialised: None,
    schedule: None,
    append_order: AppendOrder::Time,
    finds_spans: true,
    seeks_values: false,
    // A row group, which DuckDB writes into its file as it comes. Rows that fill none go into the log first, and into
    // the file when the log does.
    rows_per_merge: append::ROWS_PER_GROUP,
    // DuckDB takes 65,535 parameters. Longer lists are planned more slowly than they save statements.
    values_per_statement: 4096,
    keys_per_statement: 256,
    one_of,
    newest_quotes,
    series_versions: SeriesVersions::in_one_statement,
};

/// Returns the start of the bucket that holds an instant.
fn bucket(at: &str, width: TimeDelta, origin: Timestamp) -> Result<String> {
    let micros = width.num_microseconds().ok_or_else(|| Error::internal("a bucket is wider than all of time"))?;
    Ok(format!("time_bucket(to_microseconds({micros}), {at}, make_timestamp({}))", origin.as_micros()))
}

/// Finds the newest quote of each contract by one pass over a window of time.
fn newest_quotes(
    session: &mut dyn Session,
    search: &NewestQuotes<'_>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    let columns = search.columns("q.");
    // Of 2,920 contracts, a column of `c` that goes through the join and the window takes 2 ms, and the one answer for
    // all contracts nothing that can be measured.
    let overridden = "(SELECT count(*) > 0 FROM option_contracts AS o WHERE o.overridden)";
    let sql = Sql::new(format!(
        "SELECT {columns}, {overridden} FROM {} AS q \
         JOIN option_contracts AS c ON c.contract_id = q.contract_id WHERE ",
        search.table()
    ));
    let sql = search.of_contracts(search.of_quotes(sql, "q").push(" AND "));
    let sql = sql.push(" QUALIFY row_number() OVER (PARTITION BY q.contract_id ORDER BY q.\"at\" DESC) = 1");
    session.query(&sql.text, &sql.params, each)
}

/// Returns conditions of which exactly one holds for a row that has one of some values in a column. Without an index
/// DuckDB looks at all rows of the time, and checks few bounds faster than many numbers.
fn one_of(column: &str, values: &[Value], limit: usize) -> Vec<Sql> {
    /// The time that planning one run takes, in numbers of a list.
    const RUN: usize = 10;
    let Some(runs) = runs(values).filter(|runs| runs.len() * RUN <= values.len()) else {
        return one_of_listed(column, values, limit);
    };
    let run = |(first, last): &(i64, i64)| format!("{column} BETWEEN {first} AND {last}");
    let any = |runs: &[(i64, i64)]| runs.iter().map(run).collect::<Vec<_>>().join(" OR ");
    runs.chunks(limit).map(|runs| Sql::new(any(runs))).collect()
}

/// Returns runs of consecutive numbers, each by its first and last; `None` when the values are no numbers.
fn runs(values: &[Value]) -> Option<Vec<(i64, i64)>> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for value in values {
        let Value::Integer(number) = value else { return None };
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(numbers: impl IntoIterator<Item = i64>) -> Vec<String> {
        let values: Vec<_> = numbers.into_iter().map(Value::Integer).collect();
        one_of("id", &values, 4096).into_iter().map(|sql| sql.text).collect()
    }

    #[test]
    fn few_runs_are_asked_for_by_their_bounds_and_many_by_their_numbers() {
        assert_eq!(texts((1..=20).chain(31..=50)), ["id BETWEEN 1 AND 20 OR id BETWEEN 31 AND 50"]);
        assert_eq!(texts([1, 3, 4]), ["id IN (1, 3, 4)"]);
        assert!(texts([]).is_empty());
    }
}
