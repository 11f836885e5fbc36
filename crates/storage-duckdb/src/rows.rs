//! Reading: one Arrow batch, its columns looked at once, its rows handed over one by one.

use chrono::{NaiveDate, TimeDelta};
use duckdb::arrow::{
    array::{
        Array, AsArray, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    },
    datatypes::{
        DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    },
    record_batch::RecordBatch,
};
use strikebook_core::{Decimal, Error, Result, Timestamp};
use strikebook_storage_sql::Row;
use uuid::Uuid;

use crate::connection::unexpected;

/// A column, by its type.
enum Column<'a> {
    Double(&'a Float64Array),
    Integer(&'a Int64Array),
    Small(&'a Int32Array),
    /// Amounts with their digits behind the point. Sums of integers are 128 bits wide and have none.
    Wide(&'a duckdb::arrow::array::PrimitiveArray<Decimal128Type>, u32),
    Text(&'a StringArray),
    Timestamp(&'a TimestampMicrosecondArray),
    Date(&'a Date32Array),
    Boolean(&'a BooleanArray),
    Other,
}

/// The columns of a batch.
pub(crate) struct ReadBatch<'a>(Vec<Column<'a>>);

impl<'a> ReadBatch<'a> {
    pub(crate) fn new(batch: &'a RecordBatch) -> Self {
        let column = |array: &'a dyn Array| {
            let found = match array.data_type() {
                DataType::Float64 => array.as_primitive_opt::<Float64Type>().map(Column::Double),
                DataType::Int64 => array.as_primitive_opt::<Int64Type>().map(Column::Integer),
                DataType::Int32 => array.as_primitive_opt::<Int32Type>().map(Column::Small),
                DataType::Decimal128(_, scale) => u32::try_from(*scale)
                    .ok()
                    .and_then(|scale| Some(Column::Wide(array.as_primitive_opt::<Decimal128Type>()?, scale))),
                DataType::Utf8 => array.as_string_opt::<i32>().map(Column::Text),
                DataType::Timestamp(TimeUnit::Microsecond, None) => {
                    array.as_primitive_opt::<TimestampMicrosecondType>().map(Column::Timestamp)
                }
                DataType::Date32 => array.as_primitive_opt::<Date32Type>().map(Column::Date),
                DataType::Boolean => array.as_boolean_opt().map(Column::Boolean),
                _ => None,
            };
            found.unwrap_or(Column::Other)
        };
        Self(batch.columns().iter().map(|array| column(array.as_ref())).collect())
    }

    pub(crate) fn row(&self, row: usize) -> ReadRow<'_> {
        ReadRow { batch: self, row }
    }
}

/// One row of a batch.
pub(crate) struct ReadRow<'a> {
    batch: &'a ReadBatch<'a>,
    row: usize,
}

impl ReadRow<'_> {
    fn column(&self, column: usize) -> Result<&Column<'_>> {
        self.batch.0.get(column).ok_or_else(|| unexpected("another column"))
    }
}

/// The value of an array at this row, or `None` where it is null.
macro_rules! at {
    ($array:expr, $row:expr) => {
        if $array.is_null($row) { None } else { Some($array.value($row)) }
    };
}

impl Row for ReadRow<'_> {
    fn double(&self, column: usize) -> Result<Option<f64>> {
        match self.column(column)? {
            Column::Double(array) => Ok(at!(array, self.row)),
            _ => Err(unexpected("DOUBLE")),
        }
    }

    fn integer(&self, column: usize) -> Result<Option<i64>> {
        match self.column(column)? {
            Column::Integer(array) => Ok(at!(array, self.row)),
            Column::Small(array) => Ok(at!(array, self.row).map(i64::from)),
            Column::Wide(array, 0) => {
                at!(array, self.row).map(i64::try_from).transpose().map_err(|_| unexpected("BIGINT"))
            }
            _ => Err(unexpected("BIGINT")),
        }
    }

    fn text(&self, column: usize) -> Result<Option<&str>> {
        match self.column(column)? {
            Column::Text(array) => Ok(at!(array, self.row)),
            _ => Err(unexpected("VARCHAR")),
        }
    }

    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>> {
        match self.column(column)? {
            Column::Timestamp(array) => at!(array, self.row)
                .map(Timestamp::from_micros)
                .transpose()
                .map_err(|error| Error::corrupt("a column holds no valid instant").caused_by(error)),
            _ => Err(unexpected("TIMESTAMP")),
        }
    }

    fn date(&self, column: usize) -> Result<Option<NaiveDate>> {
        match self.column(column)? {
            Column::Date(array) => {
                let day = |days: i32| NaiveDate::default().checked_add_signed(TimeDelta::days(days.into()));
                at!(array, self.row).map(|days| day(days).ok_or_else(|| unexpected("DATE"))).transpose()
            }
            _ => Err(unexpected("DATE")),
        }
    }

    fn boolean(&self, column: usize) -> Result<Option<bool>> {
        match self.column(column)? {
            Column::Boolean(array) => Ok(at!(array, self.row)),
            _ => Err(unexpected("BOOLEAN")),
        }
    }

    fn decimal(&self, column: usize) -> Result<Option<Decimal>> {
        match self.column(column)? {
            Column::Wide(array, scale) => {
                let amount = |value| Decimal::try_from_i128_with_scale(value, *scale);
                at!(array, self.row).map(amount).transpose().map_err(|_| unexpected("DECIMAL"))
            }
            _ => Err(unexpected("DECIMAL")),
        }
    }

    fn json(&self, column: usize) -> Result<Option<&str>> {
        self.text(column)
    }

    fn uuid(&self, column: usize) -> Result<Option<Uuid>> {
        let uuid = self.text(column)?.map(Uuid::try_parse).transpose();
        uuid.map_err(|error| Error::corrupt("a column holds no valid UUID").caused_by(error))
    }
}
