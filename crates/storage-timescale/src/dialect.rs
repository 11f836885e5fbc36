//! PostgreSQL's words, and its search for many series: an index is searched for each within one statement.

use chrono::TimeDelta;
use strikebook_core::{Error, Result, Timestamp};
use strikebook_storage_sql::{
    AppendOrder, ColumnType, Dialect, Materialised, NewestQuotes, Row, SeriesVersions, Session, Sql, one_of_listed,
};

use crate::policies::schedule;

/// Makes other writers of the dataset `$1` wait until the transaction ends.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0))";

/// The continuous aggregates. The table `kept_aggregates` has a row for each dataset that was ever refreshed.
static MATERIALISED: Materialised = Materialised {
    quote_minutes: "underlying_quotes_1m",
    option_hours: "option_quotes_1h",
    fresh_until: "SELECT until FROM kept_aggregates WHERE dataset = $1",
    invalidate: "UPDATE kept_aggregates SET until = least(until, $2), pending = least(pending, $2) \
                 WHERE dataset = $1 AND (until > $2 OR pending > $2)",
};

/// The dialect of a schema without partitions.
pub(crate) static PLAIN: Dialect = BASE;

/// The dialect of a schema with partitions. Writers mark aggregates stale also where the server's edition has none: it
/// may have been another one before.
pub(crate) static PARTITIONED: Dialect = WITH_PARTITIONS;

/// The dialect of a schema with partitions on a server that runs jobs.
pub(crate) static SCHEDULED: Dialect = Dialect { schedule: Some(schedule), ..WITH_PARTITIONS };

const WITH_PARTITIONS: Dialect = Dialect {
    list_objects: concat!(include_str!("objects.sql"), include_str!("partitions.sql")),
    materialised: Some(&MATERIALISED),
    ..BASE
};

const BASE: Dialect = Dialect {
    type_name: |column_type| match column_type {
        ColumnType::Double => "double precision",
        ColumnType::Integer => "bigint",
        ColumnType::Text => "text",
        ColumnType::Timestamp => "timestamp with time zone",
        ColumnType::Date => "date",
        ColumnType::Boolean => "boolean",
        ColumnType::Decimal => "numeric(20,8)",
        ColumnType::Product => "numeric(28,16)",
        ColumnType::Json => "jsonb",
        ColumnType::Uuid => "uuid",
    },
    list_tables: "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
                  WHERE nspname = current_schema() AND relkind IN ('r', 'p') ORDER BY relname",
    list_columns: "SELECT attname, format_type(atttypid, atttypmod), (NOT attnotnull)::int::bigint FROM pg_attribute \
                   WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped \
                   AND attgenerated = '' ORDER BY attnum",
    list_objects: include_str!("objects.sql"),
    table_bytes: Some("SELECT table_bytes($1)"),
    row_bytes: Some("SELECT row_bytes($1)"),
    lock: Some(LOCK),
    drop_partitions: Some("SELECT drop_partitions($1, $2)"),
    bucket,
    materialised: None,
    schedule: None,
    append_order: AppendOrder::Series,
    // Rows of a span lie all over the tables.
    finds_spans: false,
    seeks_values: true,
    rows_per_merge: 122_880,
    // PostgreSQL takes 65,535 parameters. Longer lists are planned more slowly than they save statements.
    values_per_statement: 4096,
    keys_per_statement: 256,
    one_of: one_of_listed,
    newest_quotes,
    series_versions: SeriesVersions::in_one_statement,
};

/// Returns the start of the bucket that holds an instant.
fn bucket(at: &str, width: TimeDelta, origin: Timestamp) -> Result<String> {
    let micros = width.num_microseconds().ok_or_else(|| Error::internal("a bucket is wider than all of time"))?;
    Ok(format!("date_bin(INTERVAL '{micros} microseconds', {at}, TIMESTAMPTZ '{origin}')"))
}

/// Finds the newest quote of each contract by one search of the index for each: over partitions it ends in the youngest
/// one with a quote.
fn newest_quotes(
    session: &mut dyn Session,
    search: &NewestQuotes<'_>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    let columns = search.columns("q.");
    let sql = Sql::new(format!(
        "SELECT {columns}, c.overridden FROM option_contracts AS c CROSS JOIN LATERAL \
         (SELECT * FROM {} AS x WHERE x.contract_id = c.contract_id AND ",
        search.table()
    ));
    let sql = search.of_quotes(sql, "x").push(" ORDER BY x.\"at\" DESC LIMIT 1) AS q WHERE ");
    let sql = search.of_contracts(sql);
    session.query(&sql.text, &sql.params, each)
}
