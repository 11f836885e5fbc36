//! One connection inside a transaction: statements, rows, bulk appends. Blocking, on a thread that may block.

use std::pin::pin;

use bytes::{BufMut, Bytes, BytesMut};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use deadpool_postgres::ClientWrapper;
use futures_util::{SinkExt, TryStreamExt};
use strikebook_core::{Decimal, Error, ErrorKind, Result, Timestamp};
use strikebook_storage_sql::{Dialect, Row, RowSource, RowWriter, Session, Table, Target, Value};
use tokio::runtime::Handle;
use tokio_postgres::{
    Statement,
    types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked},
};
use uuid::Uuid;

use crate::error::classify;

/// The most bytes of a statement that stays prepared. A longer one holds a list of numbers and will hardly come again.
const PREPARED_BYTES: usize = 8192;
/// The most statements that a connection keeps prepared, before it forgets them all.
const PREPARED_STATEMENTS: usize = 256;
/// The number of bytes after which rows are sent.
const COPY_BYTES: usize = 1 << 20;

/// PostgreSQL counts from 2000-01-01T00:00:00Z; this is that instant in microseconds since 1970.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The same day as `chrono` counts days.
const EPOCH_DAYS_FROM_CE: i32 = 730_120;

/// A connection that a job works on.
pub(crate) struct JobConnection<'a> {
    pub(crate) client: &'a ClientWrapper,
    pub(crate) handle: &'a Handle,
    pub(crate) dialect: &'static Dialect,
}

impl JobConnection<'_> {
    /// Prepares a statement whose parameters have the types of these values, so that the server need not guess.
    async fn prepare(&self, sql: &str, params: &[Value]) -> Result<Statement> {
        let types: Vec<_> = params.iter().map(type_of).collect();
        if sql.len() > PREPARED_BYTES {
            return self.client.prepare_typed(sql, &types).await.map_err(classify);
        }
        let kept = &self.client.statement_cache;
        if kept.size() >= PREPARED_STATEMENTS {
            kept.clear();
        }
        self.client.prepare_typed_cached(sql, &types).await.map_err(classify)
    }
}

impl Session for JobConnection<'_> {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        self.handle.block_on(async {
            let statement = self.prepare(sql, params).await?;
            let rows = self.client.query_raw(&statement, params.iter().map(Param)).await.map_err(classify)?;
            let mut rows = pin!(rows);
            while let Some(row) = rows.try_next().await.map_err(classify)? {
                each(&PgRow(row))?;
            }
            Ok(())
        })
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        self.handle.block_on(async {
            let statement = self.prepare(sql, params).await?;
            self.client.execute_raw(&statement, params.iter().map(Param)).await.map_err(classify)
        })
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.handle.block_on(self.client.batch_execute(sql)).map_err(classify)
    }

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<()> {
        let (Target::Table(name) | Target::Temporary(name)) = target;
        let sql = format!("COPY {name} ({}) FROM STDIN (FORMAT binary)", table.columns_with(""));
        let columns = i16::try_from(table.columns.len())
            .map_err(|error| Error::internal("a table has too many columns").caused_by(error))?;
        let mut sent = 0;
        let copied = self.handle.block_on(async {
            let statement = self.prepare(&sql, &[]).await?;
            let mut sink = pin!(self.client.copy_in::<_, Bytes>(&statement).await.map_err(classify)?);
            let mut piece = BytesMut::with_capacity(COPY_BYTES + COPY_BYTES / 8);
            // The signature, no flags, no extension of the header.
            piece.put_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
            while let count @ 1.. = rows.next_piece()? {
                for row in 0..count {
                    piece.put_i16(columns);
                    // On an error the sink is dropped unfinished, which takes back everything sent.
                    rows.write(row, &mut CopyWriter(&mut piece))?;
                    if piece.len() >= COPY_BYTES {
                        sink.send(piece.split().freeze()).await.map_err(classify)?;
                        piece.reserve(COPY_BYTES + COPY_BYTES / 8);
                    }
                }
                sent += count as u64;
            }
            piece.put_i16(-1);
            sink.send(piece.freeze()).await.map_err(classify)?;
            sink.finish().await.map_err(classify)
        })?;
        if copied == sent {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Internal, "the server took another number of rows than were sent")
            .with("table", name)
            .with("sent", sent)
            .with("taken", copied))
    }
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Double(_) => Type::FLOAT8,
        Value::Integer(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Timestamp(_) => Type::TIMESTAMPTZ,
        Value::Date(_) => Type::DATE,
        Value::Boolean(_) => Type::BOOL,
        Value::Decimal(_) => Type::NUMERIC,
        Value::Uuid(_) => Type::UUID,
    }
}

fn micros(at: Timestamp) -> i64 {
    at.as_micros() - EPOCH_MICROS
}

fn days(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - EPOCH_DAYS_FROM_CE
}

/// A parameter in the binary form of its [`type_of`].
#[derive(Debug)]
struct Param<'a>(&'a Value);

impl ToSql for Param<'_> {
    fn to_sql(&self, _: &Type, to: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Value::Double(value) => to.put_f64(*value),
            Value::Integer(value) => to.put_i64(*value),
            Value::Text(value) => to.put_slice(value.as_bytes()),
            Value::Timestamp(value) => to.put_i64(micros(*value)),
            Value::Date(value) => to.put_i32(days(*value)),
            Value::Boolean(value) => to.put_u8(u8::from(*value)),
            Value::Decimal(value) => return value.to_sql(&Type::NUMERIC, to),
            Value::Uuid(value) => to.put_slice(value.as_bytes()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // The statement was prepared with the parameter's own type.
        true
    }

    to_sql_checked!();
}

/// A row in the form of binary COPY: each value behind its length, -1 for one that is missing.
struct CopyWriter<'a>(&'a mut BytesMut);

impl CopyWriter<'_> {
    fn put<T>(&mut self, value: Option<T>, length: i32, put: impl FnOnce(&mut BytesMut, T)) {
        match value {
            Some(value) => {
                self.0.put_i32(length);
                put(self.0, value);
            }
            None => self.0.put_i32(-1),
        }
    }

    fn bytes(&mut self, value: Option<&[u8]>) -> Result<()> {
        let length = i32::try_from(value.map_or(0, <[u8]>::len))
            .map_err(|error| Error::invalid_input("a text is too long").caused_by(error))?;
        self.put(value, length, BufMut::put_slice);
        Ok(())
    }
}

impl RowWriter for CopyWriter<'_> {
    fn double(&mut self, value: Option<f64>) -> Result<()> {
        self.put(value, 8, BufMut::put_f64);
        Ok(())
    }

    fn integer(&mut self, value: Option<i64>) -> Result<()> {
        self.put(value, 8, BufMut::put_i64);
        Ok(())
    }

    fn text(&mut self, value: Option<&str>) -> Result<()> {
        self.bytes(value.map(str::as_bytes))
    }

    fn timestamp(&mut self, value: Option<Timestamp>) -> Result<()> {
        self.put(value.map(micros), 8, BufMut::put_i64);
        Ok(())
    }

    fn date(&mut self, value: Option<NaiveDate>) -> Result<()> {
        self.put(value.map(days), 4, BufMut::put_i32);
        Ok(())
    }

    fn boolean(&mut self, value: Option<bool>) -> Result<()> {
        self.put(value.map(u8::from), 1, BufMut::put_u8);
        Ok(())
    }

    fn decimal(&mut self, value: Option<Decimal>) -> Result<()> {
        let mut digits = BytesMut::new();
        if let Some(amount) = value {
            amount
                .to_sql(&Type::NUMERIC, &mut digits)
                .map_err(|error| Error::invalid_input("an amount cannot be sent").caused_by(error))?;
        }
        self.bytes(value.map(|_| &*digits))
    }

    fn json(&mut self, value: Option<&str>) -> Result<()> {
        // The text behind the number of its format.
        let bytes = value.map(|text| [&[1], text.as_bytes()].concat());
        self.bytes(bytes.as_deref())
    }

    fn uuid(&mut self, value: Option<Uuid>) -> Result<()> {
        self.bytes(value.as_ref().map(|uuid| &uuid.as_bytes()[..]))
    }
}

struct PgRow(tokio_postgres::Row);

impl PgRow {
    fn get<'a, T: FromSql<'a>>(&'a self, column: usize) -> Result<Option<T>> {
        self.0
            .try_get(column)
            .map_err(|error| Error::corrupt("a column holds a value of another type").caused_by(error))
    }
}

/// The text of a JSON value, behind the number of its format.
struct JsonText<'a>(&'a str);

impl<'a> FromSql<'a> for JsonText<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        match raw.split_first() {
            Some((1, text)) => Ok(Self(std::str::from_utf8(text)?)),
            _ => Err("JSON in an unknown format".into()),
        }
    }

    accepts!(JSONB);
}

impl Row for PgRow {
    fn double(&self, column: usize) -> Result<Option<f64>> {
        self.get(column)
    }

    fn integer(&self, column: usize) -> Result<Option<i64>> {
        self.get(column)
    }

    fn text(&self, column: usize) -> Result<Option<&str>> {
        self.get(column)
    }

    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>> {
        self.get::<DateTime<Utc>>(column)?
            .map(Timestamp::try_from)
            .transpose()
            .map_err(|error| Error::corrupt("a column holds no valid instant").caused_by(error))
    }

    fn date(&self, column: usize) -> Result<Option<NaiveDate>> {
        self.get(column)
    }

    fn boolean(&self, column: usize) -> Result<Option<bool>> {
        self.get(column)
    }

    fn decimal(&self, column: usize) -> Result<Option<Decimal>> {
        self.get(column)
    }

    fn json(&self, column: usize) -> Result<Option<&str>> {
        Ok(self.get::<JsonText<'_>>(column)?.map(|JsonText(text)| text))
    }

    fn uuid(&self, column: usize) -> Result<Option<Uuid>> {
        self.get(column)
    }
}
