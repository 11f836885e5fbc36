//! One connection: transactions and statements.

use std::{fs, path::PathBuf, sync::Arc};

use duckdb::{
    Config, Statement, params_from_iter,
    types::{TimeUnit, Value as DuckdbValue},
};
use strikebook_core::{Error, Result, maintenance::Compacted};
use strikebook_storage_sql::{Connection, Interrupter, Row, Session, Table, Target, Value, WriteRow};

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

    fn bytes(&self) -> Option<u64> {
        Some(fs::metadata(self.path.as_ref()?).ok()?.len())
    }

    /// Writes the log into the file and lets go of free blocks at its end; DuckDB reuses the others but does not give them
    /// back.
    pub(crate) fn compact(&mut self) -> Result<Compacted> {
        let bytes_before = self.bytes();
        self.connection.execute_batch("CHECKPOINT; VACUUM ANALYZE; CHECKPOINT").map_err(classify)?;
        Ok(Compacted { bytes_before, bytes_after: self.bytes() })
    }
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

    fn append(&mut self, target: Target<'_>, table: &Table, rows: usize, write: &mut WriteRow<'_>) -> Result<()> {
        append::append(&self.connection, target, table, rows, write)
    }
}

impl Connection for DuckdbConnection {
    fn begin(&mut self, _write: bool) -> Result<()> {
        // `is_autocommit` is true inside of BEGIN too, so the connection keeps count itself.
        self.connection.execute_batch("BEGIN TRANSACTION").map_err(classify)?;
        self.in_transaction = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.connection.execute_batch("COMMIT").map_err(classify)?;
        self.in_transaction = false;
        Ok(())
    }

    fn rollback(&mut self) {
        if self.in_transaction {
            // A failed COMMIT has rolled back already, and then this fails; nothing is open either way.
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
    use strikebook_core::ErrorKind;

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
}
