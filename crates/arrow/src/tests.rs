//! Rows and batches of every dataset.

use std::{collections::BTreeSet, fmt::Debug, fmt::Write as _};

use ::arrow::{
    array::{Array, ArrayRef, Float64Array, RecordBatch},
    datatypes::{DataType, Schema},
};
use fastrand::Rng;
use proptest::{proptest, test_runner::Config};
use std::sync::Arc;
use strikebook_core::{
    Decimal, ErrorKind,
    market::{Bar, ChainSnapshot, Fundamentals, Observation},
    trading::{Execution, journal::DailyPnl},
};

use super::*;
use crate::sample::Sample;

/// Draws rows of a dataset.
pub(crate) fn rows<R: Sample>(seed: u64, count: usize) -> Vec<R> {
    let mut random = Rng::with_seed(seed);
    (0..count).map(|_| R::sample(&mut random)).collect()
}

/// Rows that went into a batch come out equal, to the last bit.
fn round_trip<R: Rows + Sample + PartialEq + Debug>(seed: u64, count: usize) {
    let rows = rows::<R>(seed, count);
    let batch = R::to_batch(&rows).unwrap_or_else(|error| panic!("{}: {error:#}", R::DATASET));
    let read = R::from_batch(&batch).unwrap_or_else(|error| panic!("{}: {error:#}", R::DATASET));
    assert_eq!(read, rows, "{}", R::DATASET);
    assert_eq!(R::to_batch(&read).expect("a batch"), batch, "{}: bits", R::DATASET);
}

macro_rules! round_trips {
    ($($row:ty),+) => {
        fn every_dataset(seed: u64, count: usize) {
            $(round_trip::<$row>(seed, count);)+
        }
    };
}
for_all_rows!(round_trips);

proptest! {
    #![proptest_config(Config { failure_persistence: None, cases: 48, ..Config::default() })]

    #[test]
    fn rows_of_every_dataset_come_out_of_a_batch_as_they_went_in(seed: u64, count in 0..12_usize) {
        every_dataset(seed, count);
    }
}

/// Rows come back from a file equal to the last bit, in the order of their key.
#[cfg(feature = "parquet")]
fn file_round_trip<R: Rows + Sample + PartialEq + Debug>(seed: u64, count: usize) {
    let rows = rows::<R>(seed, count);
    let mut file = ParquetWriter::new(Vec::new()).expect("a file");
    file.write(&rows).unwrap_or_else(|error| panic!("{}: {error:#}", R::DATASET));
    let file = bytes::Bytes::from(file.finish().expect("a file"));
    let mut read = ParquetReader::<R, _>::new(file, "here.parquet")
        .and_then(|file| file.read_all())
        .unwrap_or_else(|error| panic!("{}: {error:#}", R::DATASET));
    assert_eq!(read.len(), rows.len());
    let batch = |row: &R| R::to_batch(std::slice::from_ref(row)).expect("a batch");
    for row in &rows {
        let place = read.iter().position(|other| other == row && batch(other) == batch(row));
        read.remove(place.unwrap_or_else(|| panic!("{}: {row:?} is lost", R::DATASET)));
    }
}

#[cfg(feature = "parquet")]
macro_rules! file_round_trips {
    ($($row:ty),+) => {
        fn every_file(seed: u64, count: usize) {
            $(file_round_trip::<$row>(seed, count);)+
        }
    };
}
#[cfg(feature = "parquet")]
for_all_rows!(file_round_trips);

#[cfg(feature = "parquet")]
proptest! {
    #![proptest_config(Config { failure_persistence: None, cases: 16, ..Config::default() })]

    #[test]
    fn rows_of_every_dataset_come_out_of_a_file_as_they_went_in(seed: u64, count in 0..8_usize) {
        every_file(seed, count);
    }
}

macro_rules! datasets {
    ($($row:ty),+) => {
        vec![$((<$row as Rows>::DATASET, <$row as Rows>::VERSION, <$row as Rows>::key_columns())),+]
    };
}

#[test]
fn every_dataset_has_one_schema() {
    let listed = for_all_rows!(datasets);
    let missing: Vec<_> = Dataset::ALL.iter().filter(|dataset| schema_of(**dataset).is_none()).collect();
    assert!(missing.is_empty(), "datasets without a schema: {missing:?}");
    assert_eq!(listed.iter().map(|(dataset, ..)| *dataset).collect::<BTreeSet<_>>().len(), listed.len());
}

#[test]
fn names_of_columns_are_unique_and_both_clocks_have_theirs() {
    for dataset in Dataset::ALL {
        let schema = schema_of(*dataset).expect("a schema");
        let names: BTreeSet<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names.len(), schema.fields().len(), "{dataset}: a name occurs twice");
        assert_eq!(schema.fields().last().map(|field| field.name().as_str()), Some("known_time"), "{dataset}");
        assert!(!names.contains("at") && !names.contains("recorded_at"), "{dataset}");
    }
}

/// Returns the word for a type on the page of schemas.
fn word(data_type: &DataType) -> String {
    match data_type {
        DataType::Timestamp(..) => "timestamp, UTC microseconds".to_owned(),
        DataType::Utf8 => "text".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Decimal128(digits, scale) => format!("decimal({digits}, {scale})"),
        other => other.to_string(),
    }
}

/// The text of the page that lists all schemas.
fn page() -> String {
    let mut page = "The columns of every dataset, in the order of the schema. Columns of the key come first and are \
                    marked; a file is sorted by them and by `known_time`.\n"
        .to_owned();
    for (dataset, version, keys) in for_all_rows!(datasets) {
        let schema = schema_of(dataset).expect("a schema");
        write!(page, "\n# `{dataset}`, version {version}\n| column | type | key | may be null |\n|---|---|---|---|\n")
            .expect("text");
        for (place, field) in schema.fields().iter().enumerate() {
            let key = if place < keys { "yes" } else { "" };
            let null = if field.is_nullable() { "yes" } else { "" };
            writeln!(page, "| `{}` | {} | {key} | {null} |", field.name(), word(field.data_type())).expect("text");
        }
    }
    page
}

#[test]
fn the_page_of_schemas_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/schemas.md");
    if std::env::var_os("STRIKEBOOK_TEST_WRITE_STATEMENTS").is_some() {
        std::fs::write(path, page()).expect("the page is written");
    }
    let found = std::fs::read_to_string(path).expect("the page");
    assert_eq!(
        found,
        page(),
        "a schema changed: raise its version, then run the test with STRIKEBOOK_TEST_WRITE_STATEMENTS=1"
    );
}

#[test]
fn a_decimal_that_does_not_fit_is_named_and_never_rounded() {
    let mut batch = rows::<DailyPnl>(1, 3);
    for text in ["0.123456789", "1000000000000", "-1000000000000"] {
        batch[2].realized = text.parse().expect("a decimal");
        let error = DailyPnl::to_batch(&batch).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert_eq!((error.context("row"), error.context("column")), (Some("2"), Some("realized")), "{error}");
        assert_eq!(error.context("value"), Some(text), "{error}");
    }
    batch[2].realized = "0.1234567800".parse().expect("a decimal");
    let read = DailyPnl::from_batch(&DailyPnl::to_batch(&batch).expect("it fits")).expect("rows");
    assert_eq!(read[2].realized.to_string(), "0.12345678", "the canonical form");
    assert!(Decimal::MAX > read[2].realized);
}

#[test]
fn numbers_that_are_not_finite_stop_at_the_boundary() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut batch = rows::<ChainSnapshot>(1, 2);
        batch[1].underlying_price = Some(number);
        let error = ChainSnapshot::to_batch(&batch).expect_err("not finite");
        let place = (error.kind(), error.context("row"), error.context("column"));
        assert_eq!(place, (ErrorKind::InvalidInput, Some("1"), Some("underlying_price")), "{error}");

        let good = Bar::to_batch(&rows::<Bar>(1, 2)).expect("a batch");
        let error = Bar::from_batch(&with_column(&good, "close", Arc::new(Float64Array::from(vec![1.0, number]))))
            .expect_err("not finite");
        let place = (error.kind(), error.context("row"), error.context("column"));
        assert_eq!(place, (ErrorKind::Corrupt, Some("1"), Some("close")), "{error}");
    }
}

#[test]
fn a_count_beyond_63_bits_is_refused() {
    let mut batch = rows::<Fundamentals>(1, 1);
    batch[0].market_cap = Some(u64::MAX);
    let error = Fundamentals::to_batch(&batch).expect_err("too large");
    assert_eq!((error.kind(), error.context("column")), (ErrorKind::InvalidInput, Some("market_cap")), "{error}");
}

/// Returns a batch with other values in a column.
fn with_column(batch: &RecordBatch, name: &str, array: ArrayRef) -> RecordBatch {
    let place = batch.schema_ref().index_of(name).expect("the column");
    let mut fields: Vec<_> = batch.schema_ref().fields().iter().cloned().collect();
    fields[place] =
        Arc::new(fields[place].as_ref().clone().with_data_type(array.data_type().clone()).with_nullable(true));
    let mut arrays = batch.columns().to_vec();
    arrays[place] = array;
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("a batch")
}

#[test]
fn a_missing_value_where_none_may_miss_is_named() {
    let batch = Bar::to_batch(&rows::<Bar>(1, 2)).expect("a batch");
    let error = Bar::from_batch(&with_column(&batch, "close", Arc::new(Float64Array::from(vec![Some(1.0), None]))))
        .expect_err("null");
    let place = (error.kind(), error.context("row"), error.context("column"));
    assert_eq!(place, (ErrorKind::Corrupt, Some("1"), Some("close")), "{error}");
}

#[test]
fn a_value_that_the_domain_refuses_is_named() {
    let batch = Bar::to_batch(&rows::<Bar>(1, 2)).expect("a batch");
    let words: ArrayRef = Arc::new(::arrow::array::StringArray::from(vec!["1m", "7 weeks"]));
    let error = Bar::from_batch(&with_column(&batch, "timeframe", words)).expect_err("no timeframe");
    let place = (error.kind(), error.context("row"), error.context("column"));
    assert_eq!(place, (ErrorKind::Corrupt, Some("1"), Some("timeframe")), "{error}");
}

#[test]
fn a_computed_column_must_agree_with_its_row() {
    let batch = Observation::to_batch(&rows::<Observation>(1, 2)).expect("a batch");
    let times = batch.column_by_name("event_time").expect("the column");
    let moved: ::arrow::array::TimestampMicrosecondArray = {
        let times = times.as_any().downcast_ref::<::arrow::array::TimestampMicrosecondArray>().expect("instants");
        times.iter().enumerate().map(|(row, at)| at.map(|at| if row == 1 { at + 1 } else { at })).collect()
    };
    let error = Observation::from_batch(&with_column(&batch, "event_time", Arc::new(moved))).expect_err("moved");
    let place = (error.kind(), error.context("row"), error.context("column"));
    assert_eq!(place, (ErrorKind::Corrupt, Some("1"), Some("event_time")), "{error}");
}

#[test]
fn another_schema_is_refused_with_what_was_expected() {
    let batch = Bar::to_batch(&rows::<Bar>(1, 2)).expect("a batch");
    let error = Fundamentals::from_batch(&batch).expect_err("another dataset");
    assert_eq!((error.kind(), error.context("expected")), (ErrorKind::Corrupt, Some("fundamentals")), "{error}");

    let words: ArrayRef = Arc::new(::arrow::array::StringArray::from(vec!["1", "2"]));
    let error = Bar::from_batch(&with_column(&batch, "close", words)).expect_err("another type");
    assert_eq!((error.kind(), error.context("column")), (ErrorKind::Corrupt, Some("close")), "{error}");
    assert_eq!(error.context("expected"), Some("close: Float64"), "{error}");

    let fewer = batch.project(&[0, 1, 2]).expect("fewer columns");
    let error = Bar::from_batch(&fewer).expect_err("fewer columns");
    assert_eq!((error.kind(), error.context("found")), (ErrorKind::Corrupt, Some("no column")), "{error}");

    let mut metadata = batch.schema_ref().metadata().clone();
    metadata.insert(VERSION_KEY.to_owned(), "2".to_owned());
    let newer = Arc::new(Schema::new_with_metadata(batch.schema_ref().fields().clone(), metadata));
    let error =
        Bar::from_batch(&RecordBatch::try_new(newer, batch.columns().to_vec()).expect("a batch")).expect_err("newer");
    let version = (error.kind(), error.context("found"), error.context("expected"));
    assert_eq!(version, (ErrorKind::Unsupported, Some("2"), Some("1")), "{error}");
}

#[test]
fn a_trade_has_the_columns_of_both_its_market_contexts() {
    let schema = Trade::schema();
    for name in ["entry_iv", "exit_iv", "entry_price", "exit_price"] {
        assert!(schema.index_of(name).is_ok(), "{name}");
    }
    assert_eq!(Execution::schema().field(1).name(), "event_time");
}
