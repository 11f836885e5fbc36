//! Rows of a dataset as record batches.

mod analytics;
mod market;
mod operations;
mod trading;

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch},
    datatypes::{Field, Schema, SchemaRef},
};
use strikebook_core::{Error, ErrorKind, Result, maintenance::Dataset};

use crate::columns::check_fields;

/// The key of the dataset's name in a schema's metadata and in a Parquet file's.
pub const DATASET_KEY: &str = "strikebook.dataset";
/// The key of the schema's version in a schema's metadata and in a Parquet file's.
pub const VERSION_KEY: &str = "strikebook.version";

/// Rows of a dataset, which go into record batches and come out of them.
///
/// Implemented for the rows of every dataset; [`schemas`](crate::schemas) lists the columns.
///
/// ```
/// use strikebook_arrow::Rows;
/// use strikebook_core::{Source, market::Fundamentals};
///
/// # fn main() -> strikebook_core::Result<()> {
/// let at = "2025-09-25T20:00:00Z".parse()?;
/// let row = Fundamentals {
///     symbol: "SPY".parse()?,
///     at,
///     market_cap: Some(650_000_000_000),
///     shares_outstanding: None,
///     source: Source::new("cboe")?,
///     recorded_at: at,
/// };
/// let batch = Fundamentals::to_batch(&[row.clone()])?;
/// assert_eq!(batch.schema().field(1).name(), "event_time");
/// assert_eq!(Fundamentals::from_batch(&batch)?, [row]);
/// # Ok(())
/// # }
/// ```
pub trait Rows: Sized {
    /// The dataset of the rows.
    const DATASET: Dataset;
    /// The version of the schema, from 1. A column that is added, removed or changed makes a new one.
    const VERSION: u32;

    /// Returns the schema, with the dataset's name and the schema's version in its metadata.
    fn schema() -> SchemaRef;

    /// Returns the number of columns of the key, which come first.
    fn key_columns() -> usize;

    /// Copies rows into a record batch, in their order.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) with `row` and `column` for a number that is not finite, a decimal
    /// with more digits than the column, and a count above 2⁶³ − 1. No value is rounded.
    fn to_batch(rows: &[Self]) -> Result<RecordBatch>;

    /// Reads the rows of a record batch, in their order. Metadata of the batch's schema may be missing; columns may be
    /// nullable where the schema has none that are, as long as no value is missing.
    ///
    /// # Errors
    /// - [`Corrupt`](ErrorKind::Corrupt) with `column`, `found` and `expected` when the columns are not those of
    ///   [`schema`](Self::schema); with `row` and `column` for a value that is not valid in the domain; with `dataset`
    ///   for a batch of another dataset.
    /// - [`Unsupported`](ErrorKind::Unsupported) for another version of the schema.
    fn from_batch(batch: &RecordBatch) -> Result<Vec<Self>>;
}

/// Returns a schema with the name of its dataset and its version.
pub(crate) fn schema<R: Rows>(fields: Vec<Field>) -> SchemaRef {
    let metadata = [(DATASET_KEY, R::DATASET.as_str().to_owned()), (VERSION_KEY, R::VERSION.to_string())];
    let metadata: HashMap<_, _> = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

/// Makes a batch of the arrays of its columns.
pub(crate) fn batch<R: Rows>(arrays: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(R::schema(), arrays)
        .map_err(|error| Error::internal("the columns are not those of the schema").caused_by(error))
}

/// Checks the schema of rows that are to be read.
pub(crate) fn check_schema<R: Rows>(found: &Schema) -> Result<()> {
    check_metadata::<R>(|key| found.metadata().get(key).map(String::as_str))?;
    check_fields(found.fields(), R::schema().fields())
}

/// Checks the name and the version of a schema, as far as they are there.
pub(crate) fn check_metadata<'a, R: Rows>(metadata: impl Fn(&str) -> Option<&'a str>) -> Result<()> {
    if let Some(found) = metadata(DATASET_KEY).filter(|found| *found != R::DATASET.as_str()) {
        return Err(Error::corrupt("the rows are of another dataset")
            .with("found", found)
            .with("expected", R::DATASET));
    }
    if let Some(found) = metadata(VERSION_KEY).filter(|found| *found != R::VERSION.to_string()) {
        return Err(Error::new(ErrorKind::Unsupported, "the rows have another version of the schema")
            .with("dataset", R::DATASET)
            .with("found", found)
            .with("expected", R::VERSION));
    }
    Ok(())
}

/// Lists the columns of a dataset beside the type of its rows, and makes the type [`Rows`].
///
/// | section | columns |
/// |---|---|
/// | `key` | the natural key or the identity, which a file is sorted by; `at` is the column `event_time` |
/// | `value` | all other fields but the last column, `known_time`, which is `recorded_at` |
/// | `computed` | columns that follow from the row: written for readers that filter by them, compared when read |
///
/// A field of a structure fills the columns of its [`group!`](crate::columns::group), with a prefix if one follows
/// behind `as`.
macro_rules! rows {
    ($(
        $row:ident in $dataset:ident version $version:literal {
            key { $($key:ident: $key_type:ty),+ $(,)? }
            value { $($value:ident $(as $prefix:literal)?: $value_type:ty),* $(,)? }
            $(computed { $($computed:ident: $computed_type:ty = $compute:expr),+ $(,)? })?
        }
    )+) => {
        $(impl $crate::Rows for $row {
            const DATASET: strikebook_core::maintenance::Dataset = strikebook_core::maintenance::Dataset::$dataset;
            const VERSION: u32 = $version;

            fn schema() -> arrow::datatypes::SchemaRef {
                use $crate::columns::{Columns, Label};
                let mut fields = Vec::new();
                $(<$key_type as Columns>::fields(Label::new("", stringify!($key), ""), &mut fields);)+
                $(
                    let label = Label::new("", stringify!($value), concat!("", $($prefix)?));
                    <$value_type as Columns>::fields(label, &mut fields);
                )*
                $($(<$computed_type as Columns>::fields(Label::new("", stringify!($computed), ""), &mut fields);)+)?
                <strikebook_core::Timestamp as Columns>::fields(Label::new("", "recorded_at", ""), &mut fields);
                $crate::rows::schema::<Self>(fields)
            }

            fn key_columns() -> usize {
                use $crate::columns::{Columns, Label};
                let mut fields = Vec::new();
                $(<$key_type as Columns>::fields(Label::new("", stringify!($key), ""), &mut fields);)+
                fields.len()
            }

            fn to_batch(rows: &[Self]) -> strikebook_core::Result<arrow::array::RecordBatch> {
                use $crate::columns::{Columns, Label};
                let mut arrays = Vec::new();
                $(
                    let label = Label::new("", stringify!($key), "");
                    <$key_type as Columns>::arrays(label, rows.iter().map(|row| &row.$key), &mut arrays)?;
                )+
                $(
                    let label = Label::new("", stringify!($value), concat!("", $($prefix)?));
                    <$value_type as Columns>::arrays(label, rows.iter().map(|row| &row.$value), &mut arrays)?;
                )*
                $($(
                    let values = rows.iter().map($compute).collect::<strikebook_core::Result<Vec<$computed_type>>>()?;
                    let label = Label::new("", stringify!($computed), "");
                    <$computed_type as Columns>::arrays(label, values.iter(), &mut arrays)?;
                )+)?
                let label = Label::new("", "recorded_at", "");
                Columns::arrays(label, rows.iter().map(|row| &row.recorded_at), &mut arrays)?;
                $crate::rows::batch::<Self>(arrays)
            }

            fn from_batch(batch: &arrow::array::RecordBatch) -> strikebook_core::Result<Vec<Self>> {
                use $crate::columns::Columns;
                $crate::rows::check_schema::<Self>(batch.schema_ref())?;
                let mut rows = Vec::with_capacity(batch.num_rows());
                for row in 0..batch.num_rows() {
                    let mut from = $crate::columns::RowReader::new(batch, row);
                    $(let $key = <$key_type as Columns>::read(&mut from)?;)+
                    $(let $value = <$value_type as Columns>::read(&mut from)?;)*
                    $($(
                        let $computed = <$computed_type as Columns>::read(&mut from)?;
                        let $computed = ($computed, from);
                    )+)?
                    let recorded_at = Columns::read(&mut from)?;
                    let row = Self { $($key,)+ $($value,)* recorded_at };
                    $($(
                        let (found, place) = $computed;
                        let compute: fn(&Self) -> strikebook_core::Result<$computed_type> = $compute;
                        if compute(&row).ok() != Some(found) {
                            let error = strikebook_core::Error::corrupt("a computed column contradicts its row");
                            return Err(place.here(error.with("value", found)));
                        }
                    )+)?
                    rows.push(row);
                }
                Ok(rows)
            }
        }

        #[cfg(test)]
        impl $crate::sample::Sample for $row {
            fn sample(random: &mut fastrand::Rng) -> Self {
                Self {
                    $($key: <$key_type as $crate::sample::Sample>::sample(random),)+
                    $($value: <$value_type as $crate::sample::Sample>::sample(random),)*
                    recorded_at: $crate::sample::Sample::sample(random),
                }
            }
        })+
    };
}
pub(crate) use rows;
