//! One connection: statements, rows, bulk appends.

use std::{ops::Range, path::Path, sync::Arc, time::Duration};

use chrono::NaiveDate;
use rusqlite::{OpenFlags, Statement, config::DbConfig, types::ValueRef};
use strikebook_core::{
    Decimal, Error, ErrorKind, Result, Timestamp,
    maintenance::{Compacted, DiskSize},
};
use strikebook_storage_sql::{
    Connection, Dialect, Interrupter, Row, RowSource, RowWriter, Session, Table, Target, Value,
    file::{DatabaseFile, Mark},
};
use uuid::Uuid;

use crate::{
    dialect::DIALECT,
    error::classify,
    open::{LOG, is_marked, uri},
};

/// The settings of a connection.
pub(crate) struct Settings {
    pub(crate) synchronous: &'static str,
    pub(crate) cache_mb: i64,
    pub(crate) mmap_mb: i64,
    pub(crate) busy_timeout: Duration,
}

/// Bytes that the log keeps when its rows are in the database. While somebody reads an old state, it may grow to any
/// size.
const LOG_BYTES: i64 = 16 << 20;

/// A connection that one thread owns.
#[derive(Debug)]
pub(crate) struct SqliteConnection {
    connection: rusqlite::Connection,
    /// The database's file, absent for a store in memory.
    file: Option<DatabaseFile>,
    /// True if the file is read without locks and log.
    immutable: bool,
    /// The statement that moves the database's mark, when it has one.
    mark: Option<String>,
    /// The connection's count of changed rows when its transaction began.
    changes: u64,
}

impl SqliteConnection {
    pub(crate) fn open(path: &Path, flags: OpenFlags, settings: &Settings, read_only: bool) -> Result<Self> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(classify)?;
        connection.set_prepared_statement_cache_capacity(128);
        connection.busy_timeout(settings.busy_timeout).map_err(classify)?;
        // Or a statement whose limit is a parameter would be planned anew each time that this changes.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(classify)?;
        // Or the quoted name of a column that does not exist would be a text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).map_err(classify)?;
        let pragma =
            |name: &str, value: &dyn rusqlite::ToSql| connection.pragma_update(None, name, value).map_err(classify);
        // The answer is what was granted.
        let granted = |name: &str, value: i64| {
            connection.pragma_update_and_check(None, name, value, |_| Ok(())).map_err(classify)
        };
        if !read_only {
            // Readers then go on while the writer writes.
            connection
                .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))
                .map_err(classify)?;
            granted("journal_size_limit", LOG_BYTES)?;
            pragma("synchronous", &settings.synchronous)?;
        }
        pragma("cache_size", &(-1024 * settings.cache_mb))?;
        pragma("temp_store", &"MEMORY")?;
        if read_only {
            granted("mmap_size", settings.mmap_mb << 20)?;
            pragma("query_only", &true)?;
        }
        Ok(Self { connection, file: None, immutable: false, mark: None, changes: 0 })
    }

    /// Remembers which file this is a connection to.
    pub(crate) fn of_file(mut self, file: DatabaseFile, immutable: bool) -> Result<Self> {
        (self.file, self.immutable) = (Some(file), immutable);
        self.check()?;
        let next = || Mark::statement(|number| format!("printf('%018d', {number})"));
        self.mark = is_marked(&self.connection)?.then(next);
        Ok(self)
    }

    /// Another connection to the same file, which only reads.
    pub(crate) fn reader(&self, flags: OpenFlags, settings: &Settings) -> Result<Self> {
        let path = self.file.as_ref().map_or(Path::new(":memory:"), DatabaseFile::path);
        let mut reader = if self.immutable {
            Self::open(Path::new(&uri(path)?), flags | OpenFlags::SQLITE_OPEN_URI, settings, true)?
        } else {
            Self::open(path, flags, settings, true)?
        };
        (reader.file, reader.immutable) = (self.file.clone(), self.immutable);
        Ok(reader)
    }

    /// The file with its log and that log's index, as they lie on disk, and what is not a page that holds something.
    pub(crate) fn disk_size(&self) -> Result<Option<DiskSize>> {
        let Some(file) = &self.file else { return Ok(None) };
        let pragma =
            |name: &str| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(classify);
        let used = (pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?;
        // The log and its index come and go.
        let bytes = file.length_beside("") + file.length_beside(LOG) + file.length_beside("-shm");
        // All that the log holds has a page of its own.
        Ok(Some(DiskSize { bytes, free: bytes.saturating_sub(used.unsigned_abs()) }))
    }

    /// Rewrites the file without the space of deleted rows, and lets the planner look at the tables again.
    pub(crate) fn compact(&mut self) -> Result<Compacted> {
        let bytes = |of: &Self| Ok::<_, Error>(of.disk_size()?.map(|size| size.bytes));
        let bytes_before = bytes(self)?;
        // The first checkpoint empties the log, the second writes what VACUUM left there.
        self.connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")
            .map_err(classify)?;
        Ok(Compacted { bytes_before, bytes_after: bytes(self)? })
    }
}

/// The number of rows that one statement appends: with eight to a hundred, a row takes a fifth less time than alone.
const ROWS_PER_INSERT: usize = 16;

/// SQLite numbers `$1` by first appearance and `?1` by its number.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn bind(statement: &mut Statement<'_>, params: &[Value]) -> Result<()> {
    for (i, value) in params.iter().enumerate() {
        let i = i + 1;
        match value {
            Value::Double(value) => statement.raw_bind_parameter(i, value),
            Value::Integer(value) => statement.raw_bind_parameter(i, value),
            Value::Text(value) => statement.raw_bind_parameter(i, value),
            Value::Timestamp(value) => statement.raw_bind_parameter(i, value.as_micros()),
            Value::Date(value) => statement.raw_bind_parameter(i, value.to_string()),
            Value::Boolean(value) => statement.raw_bind_parameter(i, value),
            Value::Decimal(value) => statement.raw_bind_parameter(i, value.normalize().to_string()),
            Value::Uuid(value) => statement.raw_bind_parameter(i, value.to_string()),
        }
        .map_err(classify)?;
    }
    Ok(())
}

/// Hands over the rows of a statement.
fn run(statement: &mut Statement<'_>, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
    bind(statement, params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(classify)? {
        each(&SqliteRow(row))?;
    }
    Ok(())
}

impl Session for SqliteConnection {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        let mut statement = self.connection.prepare_cached(&numbered(sql)).map_err(classify)?;
        run(&mut statement, params, each)
    }

    fn query_each(
        &mut self,
        sql: &str,
        lists: &mut dyn Iterator<Item = Vec<Value>>,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        // As long as one statement is open, those that follow see the same state of the database, and are stopped when
        // one is.
        let mut open = self.connection.prepare_cached("SELECT 1 FROM sqlite_schema").map_err(classify)?;
        let mut open = open.raw_query();
        open.next().map_err(classify)?;
        let mut statement = self.connection.prepare_cached(&numbered(sql)).map_err(classify)?;
        for params in lists {
            run(&mut statement, &params, each)?;
        }
        Ok(())
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let mut statement = self.connection.prepare_cached(&numbered(sql)).map_err(classify)?;
        bind(&mut statement, params)?;
        statement.raw_execute().map(|changed| changed as u64).map_err(classify)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(classify)
    }

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<()> {
        let (Target::Table(name) | Target::Temporary(name)) = target;
        while let count @ 1.. = rows.next_piece()? {
            let many = count - count % ROWS_PER_INSERT;
            append_by(ROWS_PER_INSERT, &self.connection, name, table, 0..many, rows)?;
            append_by(1, &self.connection, name, table, many..count, rows)?;
        }
        Ok(())
    }
}

/// Appends rows, `per_insert` of them with each statement.
fn append_by(
    per_insert: usize,
    connection: &rusqlite::Connection,
    name: &str,
    table: &Table,
    places: Range<usize>,
    rows: &dyn RowSource,
) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    let values = vec![row; per_insert].join(", ");
    // A statement that may fail half way and leave its transaction going would copy each page before it changes it.
    let sql = format!("INSERT OR ROLLBACK INTO {name} ({}) VALUES {values}", table.columns_with(""));
    let mut statement = connection.prepare_cached(&sql).map_err(classify)?;
    let mut bound: Vec<_> = (0..per_insert * table.columns.len()).map(|_| Bound::Missing).collect();
    for first in places.step_by(per_insert) {
        let mut writer = SqliteWriter { statement: &mut statement, column: 0, bound: &mut bound };
        for row in first..first + per_insert {
            rows.write(row, &mut writer)?;
        }
        statement.raw_execute().map_err(classify)?;
    }
    Ok(())
}

impl Connection for SqliteConnection {
    fn check(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        file.check()?;
        if self.immutable && file.length_beside(LOG) > 0 {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "another process writes the database that was opened as immutable",
            )
            .with("path", file.path().display())
            .with("expected", "a database that nobody writes: open it without immutable"));
        }
        Ok(())
    }

    fn begin(&mut self, write: bool) -> Result<()> {
        self.changes = self.connection.total_changes();
        // A writer takes its lock at once: to ask for it later could not be granted without losing what was read.
        self.connection.execute_batch(if write { "BEGIN IMMEDIATE" } else { "BEGIN" }).map_err(classify)
    }

    fn commit(&mut self) -> Result<()> {
        // Each transaction may be the first one of a log.
        if let Some(mark) = self.mark.as_ref().filter(|_| self.connection.total_changes() != self.changes) {
            self.connection.prepare_cached(mark).and_then(|mut mark| mark.execute([])).map_err(classify)?;
        }
        self.connection.execute_batch("COMMIT").map_err(classify)
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit() {
            // Nothing is left to do when this fails: the connection's next BEGIN will tell.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn interrupter(&self) -> Interrupter {
        let handle = self.connection.get_interrupt_handle();
        Arc::new(move || handle.interrupt())
    }
}

impl Drop for SqliteConnection {
    fn drop(&mut self) {
        // The last connection deletes the log by its name, which is another database's when another file has the place.
        if self.file.as_ref().is_some_and(|file| file.check().is_err() && file.path().exists()) {
            let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }
}

struct SqliteRow<'a>(&'a rusqlite::Row<'a>);

impl SqliteRow<'_> {
    fn get(&self, column: usize) -> Result<ValueRef<'_>> {
        self.0.get_ref(column).map_err(classify)
    }
}

fn unexpected<T>(found: ValueRef<'_>, expected: &'static str) -> Result<T> {
    Err(Error::corrupt("a column holds a value of another type")
        .with("expected", expected)
        .with("found", found.data_type()))
}

impl Row for SqliteRow<'_> {
    fn double(&self, column: usize) -> Result<Option<f64>> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Real(value) => Ok(Some(value)),
            other => unexpected(other, "a float"),
        }
    }

    fn integer(&self, column: usize) -> Result<Option<i64>> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value)),
            other => unexpected(other, "an integer"),
        }
    }

    fn text(&self, column: usize) -> Result<Option<&str>> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(text) => std::str::from_utf8(text)
                .map(Some)
                .map_err(|error| Error::corrupt("a text is not UTF-8").caused_by(error)),
            other => unexpected(other, "text"),
        }
    }

    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>> {
        self.integer(column)?
            .map(Timestamp::from_micros)
            .transpose()
            .map_err(|error| Error::corrupt("a column holds no valid instant").caused_by(error))
    }

    fn date(&self, column: usize) -> Result<Option<NaiveDate>> {
        self.text(column)?
            .map(str::parse)
            .transpose()
            .map_err(|error: chrono::ParseError| Error::corrupt("a column holds no valid day").caused_by(error))
    }

    fn boolean(&self, column: usize) -> Result<Option<bool>> {
        Ok(self.integer(column)?.map(|value| value != 0))
    }

    fn decimal(&self, column: usize) -> Result<Option<Decimal>> {
        let parse = |text: &str| Decimal::from_str_exact(text);
        let amount = self.text(column)?.map(parse).transpose();
        amount.map_err(|error| Error::corrupt("a column holds no valid amount").caused_by(error))
    }

    fn json(&self, column: usize) -> Result<Option<&str>> {
        self.text(column)
    }

    fn uuid(&self, column: usize) -> Result<Option<Uuid>> {
        let uuid = self.text(column)?.map(Uuid::try_parse).transpose();
        uuid.map_err(|error| Error::corrupt("a column holds no valid UUID").caused_by(error))
    }
}

/// The value to which a parameter is bound, from one run of the statement to the next.
enum Bound {
    Missing,
    Text(String),
    Other,
}

struct SqliteWriter<'a, 'c> {
    statement: &'a mut Statement<'c>,
    column: usize,
    bound: &'a mut [Bound],
}

impl SqliteWriter<'_, '_> {
    /// Binds the next parameter, unless it is missing as before: many columns mostly are.
    fn bind(&mut self, value: Option<impl rusqlite::ToSql>) -> Result<()> {
        self.column += 1;
        match self.bound.get_mut(self.column - 1) {
            Some(Bound::Missing) if value.is_none() => return Ok(()),
            Some(bound) => *bound = if value.is_none() { Bound::Missing } else { Bound::Other },
            None => {}
        }
        self.statement.raw_bind_parameter(self.column, value).map_err(classify)
    }

    /// Binds the next parameter, unless it is the same text as before: SQLite would copy it, and rows that are appended
    /// together mostly share the names of their series and source.
    fn bind_text(&mut self, text: Option<&str>) -> Result<()> {
        let Some(text) = text else { return self.bind(None::<&str>) };
        self.column += 1;
        match self.bound.get_mut(self.column - 1) {
            Some(Bound::Text(before)) if *before == *text => return Ok(()),
            Some(Bound::Text(before)) => {
                before.clear();
                before.push_str(text);
            }
            Some(bound) => *bound = Bound::Text(text.to_owned()),
            None => {}
        }
        self.statement.raw_bind_parameter(self.column, text).map_err(classify)
    }
}

impl RowWriter for SqliteWriter<'_, '_> {
    fn double(&mut self, value: Option<f64>) -> Result<()> {
        self.bind(value)
    }

    fn integer(&mut self, value: Option<i64>) -> Result<()> {
        self.bind(value)
    }

    fn text(&mut self, value: Option<&str>) -> Result<()> {
        self.bind_text(value)
    }

    fn timestamp(&mut self, value: Option<Timestamp>) -> Result<()> {
        self.bind(value.map(Timestamp::as_micros))
    }

    fn date(&mut self, value: Option<NaiveDate>) -> Result<()> {
        self.bind(value.map(|day| day.to_string()))
    }

    fn boolean(&mut self, value: Option<bool>) -> Result<()> {
        self.bind(value)
    }

    fn decimal(&mut self, value: Option<Decimal>) -> Result<()> {
        self.bind(value.map(|amount| amount.to_string()))
    }

    fn json(&mut self, value: Option<&str>) -> Result<()> {
        self.bind(value)
    }

    fn uuid(&mut self, value: Option<Uuid>) -> Result<()> {
        self.bind(value.map(|uuid| uuid.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::{iter, thread};

    use super::*;

    fn opened(path: &Path) -> Result<SqliteConnection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let busy_timeout = Duration::from_secs(5);
        let settings = Settings { synchronous: "NORMAL", cache_mb: 1, mmap_mb: 0, busy_timeout };
        SqliteConnection::open(path, flags, &settings, false)
    }

    #[test]
    fn statements_in_turn_are_stopped_together() -> Result<()> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = opened(&folder.path().join("stopped.db"))?;
        connection.batch("CREATE TABLE t (a INTEGER)")?;
        for _ in 0..20 {
            let stop = connection.interrupter();
            let (running, started) = std::sync::mpsc::channel();
            let stopping = thread::spawn(move || {
                started.recv().expect("a statement that runs");
                stop();
            });
            let mut lists = (0..5_000_000).map(|number| {
                if number == 100 {
                    running.send(()).expect("a thread that stops");
                }
                vec![Value::Integer(number)]
            });
            let stopped = connection.query_each("SELECT a FROM t WHERE a = $1", &mut lists, &mut |_| Ok(()));
            assert!(stopped.is_err(), "all statements ran");
            stopping.join().expect("no panic");
            // The next one is not.
            connection.query_each("SELECT $1", &mut iter::once(vec![Value::Integer(1)]), &mut |_| Ok(()))?;
        }
        Ok(())
    }

    #[test]
    fn statements_in_turn_see_one_state() -> Result<()> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.db");
        let (mut reader, mut writer) = (opened(&path)?, opened(&path)?);
        writer.batch("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)")?;
        let (mut lists, mut sums) = ((0..3).map(|_| Vec::new()), Vec::new());
        let sum = "SELECT sum(a) FROM t";
        reader.query_each(sum, &mut lists, &mut |row| {
            sums.extend(row.integer(0)?);
            writer.execute("INSERT INTO t VALUES (1)", &[]).map(|_| ())
        })?;
        assert_eq!(sums, [1, 1, 1]);
        reader.query(sum, &[], &mut |row| {
            assert_eq!(row.integer(0)?, Some(4));
            Ok(())
        })
    }
}
