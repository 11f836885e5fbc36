//! One connection: transactions and statements.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use duckdb::{
    Config, Statement, params_from_iter,
    types::{TimeUnit, Value as DuckdbValue},
};
use strikebook_core::{
    Error, ErrorKind, Result,
    maintenance::{Compacted, DiskSize},
};
use strikebook_storage_sql::{Connection, Interrupter, Row, Rows, Session, Table, Target, Value};

use crate::{append, error::classify, rows::Batch};

/// A connection that one thread owns.
#[derive(Debug)]
pub(crate) struct DuckdbConnection {
    connection: duckdb::Connection,
    /// The database's file, when it has one.
    path: Option<PathBuf>,
    in_transaction: bool,
}

impl DuckdbConnection {
    pub(crate) fn open(path: &str, config: Config, durable: bool) -> Result<Self> {
        let connection = duckdb::Connection::open_with_flags(path, config).map_err(classify)?;
        Ok(Self { connection, path: durable.then(|| path.into()), in_transaction: false })
    }

    /// Another connection to the same database.
    pub(crate) fn another(&self) -> Result<Self> {
        let connection = self.connection.try_clone().map_err(classify)?;
        Ok(Self { connection, path: self.path.clone(), in_transaction: false })
    }

    pub(crate) fn version(&self) -> Result<String> {
        Ok(self.connection.version().map_err(classify)?.trim_start_matches('v').to_owned())
    }

    /// The file with its log, as they lie on disk, and the blocks in it that hold nothing.
    pub(crate) fn disk_size(&mut self) -> Result<Option<DiskSize>> {
        let Some(path) = &self.path else { return Ok(None) };
        let mut log = path.clone().into_os_string();
        log.push(".wal");
        // The log comes and goes.
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        let bytes = bytes(path) + bytes(Path::new(&log));
        let mut free = 0;
        let sql =
            "SELECT block_size * free_blocks FROM pragma_database_size() WHERE database_name = current_database()";
        self.query(sql, &[], &mut |row| {
            free = row.integer(0)?.unwrap_or(0).unsigned_abs();
            Ok(())
        })?;
        Ok(Some(DiskSize { bytes, free }))
    }

    /// Makes the file as small as it gets. DuckDB reuses blocks of deleted rows but gives back only those at the file's end, and
    /// keeps a block as long as one of its rows lives. So all rows are written once more, in the order in which they lie, into
    /// free blocks, of which it takes the first ones, and those behind them are given back. Where there are too few, the rows
    /// are first written behind all others, which leaves enough.
    ///
    /// Each time is one transaction that deletes only what it has copied: a crash loses nothing, and neither does another
    /// connection that writes meanwhile.
    pub(crate) fn compact(&mut self) -> Result<Compacted> {
        /// Once does but for a reader who was in the way.
        const TIMES: usize = 3;
        /// Free blocks that are not worth another time: one in so many.
        const FREE: u64 = 10;
        let bytes = |size: Option<DiskSize>| size.map(|size| size.bytes);
        let bytes_before = bytes(self.disk_size()?);
        self.batch("CHECKPOINT")?;
        for _ in 0..TIMES {
            let Some(size) = self.disk_size()? else { break };
            let used = size.bytes.saturating_sub(size.free);
            if size.free < used + margin(used) {
                self.rewrite_behind(size.free + margin(used))?;
            }
            self.rewrite()?;
            if self.disk_size()?.is_none_or(|size| size.free.saturating_mul(FREE) <= size.bytes) {
                break;
            }
        }
        self.batch("VACUUM ANALYZE; CHECKPOINT")?;
        Ok(Compacted { bytes_before, bytes_after: bytes(self.disk_size()?) })
    }

    /// Writes all rows once more while so many bytes are taken by numbers that nobody needs: those that were free, and then the
    /// rows go behind all others, and a margin, with which what the rows leave behind is enough for them.
    fn rewrite_behind(&mut self, bytes: u64) -> Result<()> {
        const DROP: &str = "DROP TABLE IF EXISTS strikebook_compaction; CHECKPOINT";
        // One that a crash left there is of no use.
        self.batch(DROP)?;
        // Hashes do not compress.
        let table =
            format!("CREATE TABLE strikebook_compaction AS SELECT hash(range) AS hash FROM range({})", bytes / 8);
        let rewritten = self.batch(&table).and_then(|()| self.batch("CHECKPOINT")).and_then(|()| self.rewrite());
        rewritten.and(self.batch(DROP))
    }

    /// Appends the rows of each table to it and deletes those that were there.
    fn rewrite(&mut self) -> Result<()> {
        let mut tables = Vec::new();
        let sql = "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary AND NOT has_primary_key \
                   AND index_count = 0 AND schema_name = current_schema() AND database_name = current_database() \
                   AND table_name <> 'strikebook_compaction'";
        self.query(sql, &[], &mut |row| {
            tables.extend(row.text(0)?.map(|name| format!("\"{}\"", name.replace('"', "\"\""))));
            Ok(())
        })?;
        self.begin(true)?;
        let rewritten = tables.iter().try_for_each(|table| self.rewrite_table(table)).and_then(|()| self.commit());
        if rewritten.is_err() {
            self.rollback();
        }
        rewritten.and_then(|()| self.batch("CHECKPOINT"))
    }

    fn rewrite_table(&mut self, table: &str) -> Result<()> {
        let mut last = None;
        self.query(&format!("SELECT max(rowid) FROM {table}"), &[], &mut |row| {
            last = row.integer(0)?;
            Ok(())
        })?;
        let Some(last) = last else { return Ok(()) };
        let copied = self.execute(&format!("INSERT INTO {table} SELECT * FROM {table}"), &[])?;
        // Rows of this transaction have greater numbers than all others.
        let deleted = self.execute(&format!("DELETE FROM {table} WHERE rowid <= {last}"), &[])?;
        if copied == deleted {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Internal, "a table was not copied as it was, and is left as it was")
            .with("table", table)
            .with("copied", copied)
            .with("deleted", deleted))
    }
}

/// What rows may take more than before when they are written once more.
const fn margin(used: u64) -> u64 {
    const BLOCK: u64 = 262_144;
    used / 20 + 8 * BLOCK
}

/// A statement's parameters in DuckDB's terms.
fn bound(params: &[Value]) -> impl Iterator<Item = DuckdbValue> {
    params.iter().map(|value| match value {
        Value::Double(value) => DuckdbValue::Double(*value),
        Value::Integer(value) => DuckdbValue::BigInt(*value),
        Value::Text(value) => DuckdbValue::Text(value.clone()),
        Value::Timestamp(value) => DuckdbValue::Timestamp(TimeUnit::Microsecond, value.as_micros()),
        Value::Date(value) => DuckdbValue::Date32(append::days(*value)),
        Value::Boolean(value) => DuckdbValue::Boolean(*value),
        // Compared with a DECIMAL, a text of digits becomes one.
        Value::Decimal(value) => DuckdbValue::Text(value.to_string()),
        Value::Uuid(value) => DuckdbValue::Text(value.to_string()),
    })
}

fn each_row(
    statement: &mut Statement<'_>,
    params: &[Value],
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    for batch in statement.stream_arrow(params_from_iter(bound(params))).map_err(classify)? {
        let batch = batch.map_err(classify)?;
        let rows = batch.num_rows();
        let batch = Batch::new(&batch);
        for row in 0..rows {
            each(&batch.row(row))?;
        }
    }
    Ok(())
}

impl Session for DuckdbConnection {
    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(classify)?;
        let asked = each_row(&mut statement, params, each);
        if asked.is_err() {
            // Kept for the next time, it would keep its result open too, and the transaction could not even be rolled back.
            statement.discard();
        }
        asked
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let mut statement = self.connection.prepare_cached(sql).map_err(classify)?;
        let changed = statement.execute(params_from_iter(bound(params))).map_err(classify)?;
        Ok(changed as u64)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(classify)
    }

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn Rows) -> Result<()> {
        append::append(&self.connection, target, table, rows)
    }
}

impl Connection for DuckdbConnection {
    fn begin(&mut self, _write: bool) -> Result<()> {
        // `is_autocommit` is true inside of BEGIN too, so the connection keeps count itself.
        self.in_transaction = true;
        self.connection.execute_batch("BEGIN TRANSACTION").map_err(classify)
    }

    fn commit(&mut self) -> Result<()> {
        self.connection.execute_batch("COMMIT").map_err(classify)?;
        self.in_transaction = false;
        Ok(())
    }

    fn rollback(&mut self) {
        if self.in_transaction {
            // After a BEGIN or COMMIT that failed nothing may be open, and then this fails.
            let _ = self.connection.execute_batch("ROLLBACK");
            self.in_transaction = false;
        }
    }

    fn interrupter(&self) -> Interrupter {
        let handle = self.connection.interrupt_handle();
        Arc::new(move || handle.interrupt())
    }
}

/// An Arrow value that is not what the codec asked for.
pub(crate) fn unexpected(expected: &'static str) -> Error {
    Error::corrupt("a column holds a value of another type").with("expected", expected)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use strikebook_storage_sql::Worker;

    use super::*;

    #[test]
    fn an_answer_that_is_not_wanted_any_more_leaves_the_connection_free() -> Result<()> {
        let mut connection = DuckdbConnection::open(":memory:", Config::default(), false)?;
        connection.begin(true)?;
        let stop = &mut |_: &dyn Row| Err(Error::new(ErrorKind::Conflict, "enough"));
        let error = connection.query("SELECT * FROM range(100000)", &[], stop).expect_err("the first row is refused");
        assert_eq!(error.kind(), ErrorKind::Conflict);
        connection.batch("CREATE TABLE numbers (number BIGINT)")?;
        connection.rollback();
        connection.begin(true)?;
        connection.batch("CREATE TABLE numbers (number BIGINT)")?;
        connection.commit()
    }

    #[test]
    fn a_call_that_is_dropped_at_any_moment_leaves_the_connection_free() -> Result<()> {
        let connection = DuckdbConnection::open(":memory:", Config::default(), false)?;
        let worker = Worker::spawn("test", vec![connection])?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        for time in 0..4_000 {
            let refused = |session: &mut dyn Session| -> Result<()> {
                session.batch("CREATE TABLE numbers (number BIGINT)")?;
                Err(Error::new(ErrorKind::Conflict, "enough"))
            };
            let dropped = worker.run(true, Some(Duration::from_micros(time % 400)), refused);
            assert!(runtime.block_on(dropped).is_err());
            runtime.block_on(worker.run(true, None, |session| session.batch("SELECT 1")))?;
        }
        Ok(())
    }
}
