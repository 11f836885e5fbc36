//! Writing in bulk: rows become Arrow columns, and those go through DuckDB's appender.

use std::{
    ops::Range,
    sync::{Arc, mpsc},
    thread,
};

use chrono::{Datelike, NaiveDate};
use duckdb::arrow::{
    array::{
        ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
        TimestampMicrosecondBuilder,
    },
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    record_batch::RecordBatch,
};
use strikebook_core::{
    Decimal, Error, ErrorKind, Result, Timestamp,
    money::{PRODUCT_SCALE, SCALE},
};
use strikebook_storage_sql::{ColumnType, RowSource, RowWriter, Table, Target};
use uuid::Uuid;

use crate::{connection::unexpected, error::classify};

/// The number of rows in one Arrow batch: DuckDB's vectors hold 2,048, and a batch of ten of them stays in the cache.
const ROWS_PER_ARROW_BATCH: usize = 2048 * 10;

/// The number of Arrow batches in one of DuckDB's row groups. Flushed by whole row groups, rows go straight into the
/// file. Flushed in other parts, most went into the log, and from there into the file: that took half as long again.
const ARROW_BATCHES_PER_GROUP: usize = 6;

/// The number of rows in one of DuckDB's row groups.
pub(crate) const ROWS_PER_GROUP: usize = ROWS_PER_ARROW_BATCH * ARROW_BATCHES_PER_GROUP;

/// Appends rows to a table. While DuckDB takes one batch in, another thread makes the next.
pub(crate) fn append(
    connection: &duckdb::Connection,
    target: Target<'_>,
    table: &Table,
    rows: &mut dyn RowSource,
) -> Result<()> {
    // By name: a table whose columns were made in another order, by another program, would mix them up.
    let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
    let mut appender = match target {
        Target::Table(name) => connection.appender_with_columns(name, &columns),
        Target::Temporary(name) => connection.appender_with_columns_to_catalog_and_db(name, "temp", "main", &columns),
    }
    .map_err(classify)?;
    let mut taken = 0;
    let mut take = |batch: Result<RecordBatch>| {
        appender.append_record_batch(batch?).map_err(classify)?;
        taken += 1;
        // Without this, the appender flushes 204,800 rows at a time.
        if taken % ARROW_BATCHES_PER_GROUP == 0 { appender.flush().map_err(classify) } else { Ok(()) }
    };
    let mut batches = ArrowBatches::new(table, rows)?;
    // Few rows need no other thread.
    batches.next().map_or(Ok(()), &mut take)?;
    if !batches.ended {
        thread::scope(|scope| {
            let (send, receive) = mpsc::sync_channel(2);
            // Nobody receives any more when the appender has failed.
            scope.spawn(move || batches.try_for_each(|batch| send.send(batch)));
            receive.into_iter().try_for_each(take)
        })?;
    }
    // Dropped without this an appender hides its errors.
    appender.flush().map_err(classify)
}

/// Rows as Arrow batches, each of them full but the last.
struct ArrowBatches<'a> {
    rows: &'a mut dyn RowSource,
    /// The rows of the piece that are not yet in a batch.
    piece: Range<usize>,
    columns: Columns,
    ended: bool,
}

impl<'a> ArrowBatches<'a> {
    fn new(table: &Table, rows: &'a mut dyn RowSource) -> Result<Self> {
        let piece = 0..rows.next_piece()?;
        Ok(Self { columns: Columns::new(table, piece.len().min(ROWS_PER_ARROW_BATCH)), rows, piece, ended: false })
    }

    /// Fills the columns, and returns the number of rows in them.
    fn fill(&mut self) -> Result<usize> {
        for filled in 0..ROWS_PER_ARROW_BATCH {
            if self.piece.is_empty() {
                self.piece = 0..self.rows.next_piece()?;
            }
            let Some(row) = self.piece.next() else {
                self.ended = true;
                return Ok(filled);
            };
            self.columns.next = 0;
            self.rows.write(row, &mut self.columns)?;
        }
        Ok(ROWS_PER_ARROW_BATCH)
    }
}

impl Iterator for ArrowBatches<'_> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.fill() {
            Ok(0) => None,
            Ok(_) => Some(self.columns.finish()),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Days since 1970-01-01, as Arrow and DuckDB count them.
pub(crate) fn days(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - NaiveDate::default().num_days_from_ce()
}

/// An amount as DuckDB holds it: an integer count of its smallest part. The amount was checked to fit.
fn smallest_parts(mut amount: Decimal, scale: u32) -> i128 {
    amount.rescale(scale);
    amount.mantissa()
}

enum Builder {
    Double(Float64Builder),
    Integer(Int64Builder),
    Text(StringBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Date(Date32Builder),
    Boolean(BooleanBuilder),
    /// With the digits behind the point.
    Decimal(Decimal128Builder, u32),
}

impl Builder {
    fn new(column_type: ColumnType, capacity: usize) -> Self {
        match column_type {
            ColumnType::Double => Self::Double(Float64Builder::with_capacity(capacity)),
            ColumnType::Integer => Self::Integer(Int64Builder::with_capacity(capacity)),
            ColumnType::Text | ColumnType::Json | ColumnType::Uuid => {
                Self::Text(StringBuilder::with_capacity(capacity, capacity * 8))
            }
            ColumnType::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::with_capacity(capacity)),
            ColumnType::Date => Self::Date(Date32Builder::with_capacity(capacity)),
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::with_capacity(capacity)),
            ColumnType::Decimal | ColumnType::Product => {
                let scale = if column_type == ColumnType::Product { PRODUCT_SCALE } else { SCALE };
                let builder = Decimal128Builder::with_capacity(capacity).with_data_type(data_type(column_type));
                Self::Decimal(builder, scale)
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Double(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, _) => Arc::new(builder.finish()),
        }
    }
}

fn data_type(column_type: ColumnType) -> DataType {
    match column_type {
        ColumnType::Double => DataType::Float64,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Text | ColumnType::Json | ColumnType::Uuid => DataType::Utf8,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::Date => DataType::Date32,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Decimal => DataType::Decimal128(20, 8),
        ColumnType::Product => DataType::Decimal128(28, 16),
    }
}

/// The columns of the batch in the making, and the column that is written next.
struct Columns {
    builders: Vec<Builder>,
    schema: SchemaRef,
    next: usize,
}

impl Columns {
    fn new(table: &Table, capacity: usize) -> Self {
        let field =
            |column: &strikebook_storage_sql::Column| Field::new(column.name, data_type(column.column_type), true);
        Self {
            builders: table.columns.iter().map(|column| Builder::new(column.column_type, capacity)).collect(),
            schema: Arc::new(Schema::new(table.columns.iter().map(field).collect::<Vec<_>>())),
            next: 0,
        }
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let arrays = self.builders.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(|error| Error::new(ErrorKind::Internal, "a row has too few or too many columns").caused_by(error))
    }

    fn builder(&mut self) -> Option<&mut Builder> {
        self.next += 1;
        self.builders.get_mut(self.next - 1)
    }
}

/// Each method appends to the builder of its kind.
macro_rules! writer_methods {
    ($($method:ident: $type:ty => $variant:ident, |$value:ident| $converted:expr;)+) => {
        $(fn $method(&mut self, value: Option<$type>) -> Result<()> {
            match self.builder() {
                Some(Builder::$variant(builder)) => builder.append_option(value.map(|$value| $converted)),
                _ => return Err(unexpected(stringify!($variant))),
            }
            Ok(())
        })+
    };
}

impl RowWriter for Columns {
    writer_methods! {
        double: f64 => Double, |value| value;
        integer: i64 => Integer, |value| value;
        text: &str => Text, |value| value;
        timestamp: Timestamp => Timestamp, |value| value.as_micros();
        date: NaiveDate => Date, |value| days(value);
        boolean: bool => Boolean, |value| value;
        json: &str => Text, |value| value;
        uuid: Uuid => Text, |uuid| uuid.to_string();
    }

    fn decimal(&mut self, value: Option<Decimal>) -> Result<()> {
        match self.builder() {
            Some(Builder::Decimal(builder, scale)) => {
                builder.append_option(value.map(|amount| smallest_parts(amount, *scale)));
                Ok(())
            }
            _ => Err(unexpected("Decimal")),
        }
    }
}
