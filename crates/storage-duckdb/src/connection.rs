//! One connection: transactions and statements.

use std::{fs, path::Path, sync::Arc};

use duckdb::{
    Config, Statement, params_from_iter,
    types::{TimeUnit, Value as DuckdbValue},
};
use strikebook_core::{
    Error, ErrorKind, Result,
    maintenance::{Compacted, DiskSize},
};
use strikebook_storage_sql::{
    Connection, Dialect, Field, Interrupter, Row, RowSource, Session, Table, Target, Value,
    file::{DatabaseFile, Mark},
};

use crate::{
    append,
    dialect::DIALECT,
    error::classify,
    open::{LOG, SPILL},
    rows::ReadBatch,
};

/// A connection that one thread owns.
#[derive(Debug)]
pub(crate) struct DuckdbConnection {
    connection: duckdb::Connection,
    /// The database's file, absent for a store in memory.
    file: Option<DatabaseFile>,
    /// The statement that moves the database's mark, when it has one.
    mark: Option<String>,
    read_only: bool,
    in_transaction: bool,
}

impl DuckdbConnection {
    pub(crate) fn open(
        path: impl AsRef<Path>,
        config: Config,
        file: Option<DatabaseFile>,
        read_only: bool,
    ) -> Result<Self> {
        let connection = duckdb::Connection::open_with_flags(path, config).map_err(classify)?;
        let mut opened = Self { connection, file, mark: None, read_only, in_transaction: false };
        let next = || Mark::statement(|number| format!("lpad(CAST({number} AS VARCHAR), 18, '0')"));
        opened.mark = opened.is_marked()?.then(next);
        Ok(opened)
    }

    /// Another connection to the same database.
    pub(crate) fn another(&self) -> Result<Self> {
        let connection = self.connection.try_clone().map_err(classify)?;
        let (file, mark) = (self.file.clone(), self.mark.clone());
        Ok(Self { connection, file, mark, read_only: self.read_only, in_transaction: false })
    }

    pub(crate) fn file(&self) -> Option<&DatabaseFile> {
        self.file.as_ref()
    }

    /// Tells if the database has a mark.
    pub(crate) fn is_marked(&mut self) -> Result<bool> {
        let mut found = false;
        let sql = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'strikebook_file' AND NOT temporary \
                   AND schema_name = current_schema() AND database_name = current_database()";
        self.query(sql, &[], &mut |_| {
            found = true;
            Ok(())
        })?;
        Ok(found)
    }

    /// Makes sure that there is a log, with the file's permissions: DuckDB would let everybody read it. Returns whether
    /// it is empty.
    pub(crate) fn private_log(&self) -> Result<bool> {
        let empty = |file: &&DatabaseFile| !self.read_only && file.length_beside(LOG) == 0;
        let Some(file) = self.file.as_ref().filter(empty) else { return Ok(false) };
        file.create_beside(LOG).map(|()| true)
    }

    /// Deletes the log and the folder for temporary files when nothing is in them. Only who has the database open may:
    /// they would be the next process's.
    pub(crate) fn tidy(&mut self) {
        if let Some(file) = self.file.as_ref().filter(|file| !self.read_only && file.check().is_ok()) {
            if file.length_beside(LOG) == 0 {
                // It is mostly not there, and in nobody's way.
                let _ = fs::remove_file(file.beside(LOG));
            }
            let _ = fs::remove_dir(file.beside(SPILL));
        }
    }

    pub(crate) fn version(&self) -> Result<String> {
        Ok(self.connection.version().map_err(classify)?.trim_start_matches('v').to_owned())
    }

    /// The file with its log, as they lie on disk, and the blocks in it that hold nothing.
    pub(crate) fn disk_size(&mut self) -> Result<Option<DiskSize>> {
        let Some(file) = &self.file else { return Ok(None) };
        // The log comes and goes.
        let bytes = file.length_beside("") + file.length_beside(LOG);
        let mut free = 0;
        let sql =
            "SELECT block_size * free_blocks FROM pragma_database_size() WHERE database_name = current_database()";
        self.query(sql, &[], &mut |row| {
            free = u64::require(row, 0)?;
            Ok(())
        })?;
        Ok(Some(DiskSize { bytes, free }))
    }

    /// Makes the file as small as it gets. DuckDB reuses blocks of deleted rows but gives back only those at the file's
    /// end, and keeps a block as long as one of its rows lives. So all rows are written once more, in the order in
    /// which they lie, into free blocks, of which it takes the first ones, and those behind them are given back. Where
    /// there are too few, the rows are first written behind all others, which leaves enough.
    ///
    /// Each time is one transaction that deletes only what it has copied: a crash loses nothing, and neither does
    /// another connection that writes meanwhile.
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
        self.private_log()?;
        self.batch("VACUUM ANALYZE; CHECKPOINT")?;
        Ok(Compacted { bytes_before, bytes_after: bytes(self.disk_size()?) })
    }

    /// Writes all rows once more while so many bytes are taken by numbers that nobody needs: those that were free, and
    /// then the rows go behind all others, and a margin, with which what the rows leave behind is enough for them.
    fn rewrite_behind(&mut self, bytes: u64) -> Result<()> {
        const DROP: &str = "DROP TABLE IF EXISTS strikebook_compaction; CHECKPOINT";
        // One that a crash left there is of no use.
        self.private_log()?;
        self.batch(DROP)?;
        self.private_log()?;
        // Hashes do not compress.
        let table =
            format!("CREATE TABLE strikebook_compaction AS SELECT hash(range) AS hash FROM range({})", bytes / 8);
        let rewritten = self.batch(&table).and_then(|()| self.batch("CHECKPOINT")).and_then(|()| self.rewrite());
        rewritten.and_then(|()| self.private_log()).and(self.batch(DROP))
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

/// The most space that rows may take beyond the present when they are written once more.
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
        let batch = ReadBatch::new(&batch);
        for row in 0..rows {
            each(&batch.row(row))?;
        }
    }
    Ok(())
}

impl Session for DuckdbConnection {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(classify)?;
        let asked = each_row(&mut statement, params, each);
        if asked.is_err() {
            // Kept for the next time, it would keep its result open too, and the transaction could not even be rolled
            // back.
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

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<()> {
        append::append(&self.connection, target, table, rows)
    }
}

impl Connection for DuckdbConnection {
    fn check(&mut self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), DatabaseFile::check)
    }

    fn begin(&mut self, write: bool) -> Result<()> {
        let starts_log = write && self.private_log()?;
        // `is_autocommit` is true inside of BEGIN too, so the connection keeps count itself.
        self.in_transaction = true;
        self.connection.execute_batch("BEGIN TRANSACTION").map_err(classify)?;
        // A log without a mark could not be told from another database's.
        if let Some(mark) = self.mark.clone().filter(|_| starts_log) {
            self.execute(&mark, &[])?;
        }
        Ok(())
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

impl Drop for DuckdbConnection {
    fn drop(&mut self) {
        // The last connection deletes the log by its name, which is another database's when another file has the place.
        if self.file.as_ref().is_some_and(|file| file.check().is_err() && file.path().exists()) {
            let _ = self.connection.execute_batch("PRAGMA disable_checkpoint_on_shutdown");
        }
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
        let mut connection = DuckdbConnection::open(":memory:", Config::default(), None, false)?;
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
        let connection = DuckdbConnection::open(":memory:", Config::default(), None, false)?;
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
