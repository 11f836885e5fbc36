//! Rows in Parquet files.
//!
//! Pages are compressed with zstd, rows are sorted by the key and then by `known_time`, and every column has
//! statistics. The file's metadata name the dataset, the version of its schema, and for each row group the offset of
//! its end and the SHA-256 of its bytes, which a reader compares before it decodes them.

use std::{
    any::Any,
    fmt,
    io::{self, Write},
    iter::once,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ::parquet::{
    arrow::{
        ArrowWriter,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    },
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::{
        metadata::{KeyValue, SortingColumn},
        properties::{EnabledStatistics, WriterProperties},
        reader::{ChunkReader, Length},
    },
};
use arrow::{
    array::{RecordBatch, UInt64Array},
    compute::take_record_batch,
    row::{OwnedRow, RowConverter, SortField},
};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use strikebook_core::{Error, ErrorKind, Result};

use crate::rows::{DATASET_KEY, Rows, VERSION_KEY, check_metadata, check_schema};

/// The greatest number of rows of a row group: small enough that a reader skips most of a day by the statistics of its
/// key, large enough to compress.
pub const ROWS_PER_GROUP: usize = 30_720;

/// The key of the row groups' ends and digests in a file's metadata.
const GROUPS_KEY: &str = "strikebook.row_groups";

/// Passes bytes on, and takes their digest from one mark to the next.
struct Digested<W> {
    to: W,
    digest: Sha256,
    end: u64,
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        let bytes = bytes.get(..written).ok_or_else(|| io::Error::other("more bytes were written than given"))?;
        self.digest.update(bytes);
        self.end += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The end of a row group in its file, and the digest of the bytes since the end of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    end: u64,
    sha256: String,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.end, self.sha256)
    }
}

/// Parses the row groups of a file's metadata; `None` if the text is not a list of them.
fn groups_of(text: &str) -> Option<Vec<Group>> {
    let group = |text: &str| {
        let (end, sha256) = text.split_once(':')?;
        Some(Group { end: end.parse().ok()?, sha256: sha256.to_owned() })
    };
    text.split(' ').filter(|text| !text.is_empty()).map(group).collect()
}

/// Writes rows of a dataset into a Parquet file.
///
/// ```
/// use bytes::Bytes;
/// use strikebook_arrow::{ParquetReader, ParquetWriter};
/// use strikebook_core::{Json, operations::Setting};
///
/// # fn main() -> strikebook_core::Result<()> {
/// let row = Setting {
///     name: "max_spread".parse()?,
///     value: Json::of(&0.1)?,
///     description: None,
///     updated_by: None,
///     recorded_at: "2025-09-25T20:00:00Z".parse()?,
/// };
/// let mut file = ParquetWriter::new(Vec::new())?;
/// file.write(&[row.clone()])?;
/// let file = ParquetReader::<Setting, _>::new(Bytes::from(file.finish()?), "settings.parquet")?;
/// assert_eq!(file.read(0)?, [row]);
/// # Ok(())
/// # }
/// ```
pub struct ParquetWriter<R, W: Write + Send> {
    writer: ArrowWriter<Digested<W>>,
    keys: RowConverter,
    last: Option<OwnedRow>,
    groups: Vec<Group>,
    rows: PhantomData<fn(R)>,
}

impl<R, W: Write + Send> fmt::Debug for ParquetWriter<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetWriter").field("groups", &self.groups).finish_non_exhaustive()
    }
}

/// Returns the places of the columns that a file is sorted by.
fn sort_columns<R: Rows>() -> impl Iterator<Item = usize> {
    let last = R::schema().fields().len().saturating_sub(1);
    (0..R::key_columns()).chain(once(last))
}

fn properties<R: Rows>() -> Result<WriterProperties> {
    let sorting = sort_columns::<R>().map(|column| {
        i32::try_from(column).map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: true })
    });
    let sorting = sorting.collect::<Result<_, _>>();
    let sorting = sorting.map_err(|error| Error::internal("a dataset has too many columns").caused_by(error))?;
    let level = ZstdLevel::try_new(3).map_err(not_written)?;
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns(Some(sorting))
        .set_created_by(concat!("strikebook ", env!("CARGO_PKG_VERSION")).to_owned())
        // Groups are closed here, where their digests are taken.
        .set_max_row_group_row_count(None)
        .build())
}

fn not_written(error: ParquetError) -> Error {
    Error::new(ErrorKind::Unavailable, "cannot write the Parquet file").caused_by(error)
}

impl<R: Rows, W: Write + Send> ParquetWriter<R, W> {
    /// Starts a file.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the file cannot be written.
    pub fn new(to: W) -> Result<Self> {
        let schema = R::schema();
        let keys = sort_columns::<R>().map(|column| SortField::new(schema.field(column).data_type().clone()));
        let keys = RowConverter::new(keys.collect())
            .map_err(|error| Error::internal("the key has a type that cannot be sorted").caused_by(error))?;
        let to = Digested { to, digest: Sha256::new(), end: 0 };
        let writer = ArrowWriter::try_new(to, schema, Some(properties::<R>()?)).map_err(not_written)?;
        Ok(Self { writer, keys, last: None, groups: Vec::new(), rows: PhantomData })
    }

    /// Writes rows, sorted by their key and `known_time`. None may come before a row of an earlier call.
    ///
    /// # Errors
    /// - [`InvalidInput`](ErrorKind::InvalidInput) with `row` for a row that comes before one that was written, and for
    ///   those of [`Rows::to_batch`].
    /// - [`Unavailable`](ErrorKind::Unavailable) when the file cannot be written.
    pub fn write(&mut self, rows: &[R]) -> Result<()> {
        let batch = self.sorted(R::to_batch(rows)?)?;
        let mut start = 0;
        while start < batch.num_rows() {
            let free = ROWS_PER_GROUP - self.writer.in_progress_rows().min(ROWS_PER_GROUP - 1);
            let rows = free.min(batch.num_rows() - start);
            self.writer.write(&batch.slice(start, rows)).map_err(not_written)?;
            start += rows;
            if self.writer.in_progress_rows() >= ROWS_PER_GROUP {
                self.end_group()?;
            }
        }
        Ok(())
    }

    /// Ends the file and returns where it was written to.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the file cannot be written.
    pub fn finish(mut self) -> Result<W> {
        if self.writer.in_progress_rows() > 0 {
            self.end_group()?;
        }
        let groups: Vec<_> = self.groups.iter().map(ToString::to_string).collect();
        let entries = [
            (DATASET_KEY, R::DATASET.to_string()),
            (VERSION_KEY, R::VERSION.to_string()),
            (GROUPS_KEY, groups.join(" ")),
        ];
        for (key, value) in entries {
            self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        let written = self.writer.into_inner().map_err(not_written)?;
        Ok(written.to)
    }

    /// Sorts a batch, and checks that it follows those before.
    fn sorted(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        let columns: Vec<_> = sort_columns::<R>().map(|column| Arc::clone(batch.column(column))).collect();
        let unsorted = |error| Error::internal("cannot sort the rows").caused_by(error);
        let keys = self.keys.convert_columns(&columns).map_err(unsorted)?;
        let mut order: Vec<usize> = (0..batch.num_rows()).collect();
        order.sort_by(|left, right| keys.row(*left).cmp(&keys.row(*right)));
        let (Some(first), Some(last)) = (order.first(), order.last()) else { return Ok(batch) };
        if self.last.as_ref().is_some_and(|last| last.row() > keys.row(*first)) {
            return Err(Error::invalid_input("a row comes before one that was written: sort rows by their key first")
                .with("row", first)
                .with("dataset", R::DATASET));
        }
        self.last = Some(keys.row(*last).owned());
        if order.is_sorted() {
            return Ok(batch);
        }
        let order = order.into_iter().map(|row| row as u64);
        take_record_batch(&batch, &UInt64Array::from_iter_values(order)).map_err(unsorted)
    }

    fn end_group(&mut self) -> Result<()> {
        self.writer.flush().map_err(not_written)?;
        self.writer.sync().map_err(|error| not_written(error.into()))?;
        // Nothing is written into the file here: a digest is taken out.
        let written = self.writer.inner_mut();
        let sha256 = format!("{:x}", written.digest.finalize_reset());
        self.groups.push(Group { end: written.end, sha256 });
        Ok(())
    }
}

/// An input that several readers share.
struct Shared<C>(Arc<C>);

impl<C: ChunkReader> Length for Shared<C> {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl<C: ChunkReader> ChunkReader for Shared<C> {
    type T = C::T;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.0.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.0.get_bytes(start, length)
    }
}

/// Reads rows of a dataset from a Parquet file that [`ParquetWriter`] wrote, one row group at a time.
///
/// # Errors
/// Every method: [`Corrupt`](ErrorKind::Corrupt) with `file` for a file that is damaged, was not written by
/// strikebook, or holds another dataset; and with `row_group`, and `row` in it and `column` where they are known.
pub struct ParquetReader<R, C> {
    input: Arc<C>,
    file: String,
    metadata: ArrowReaderMetadata,
    groups: Vec<Group>,
    rows: PhantomData<fn() -> R>,
}

impl<R, C> fmt::Debug for ParquetReader<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetReader").field("file", &self.file).field("groups", &self.groups).finish_non_exhaustive()
    }
}

fn unreadable(error: ParquetError) -> Error {
    Error::corrupt("cannot read the Parquet file").caused_by(error)
}

/// Calls a function of the Parquet reader, which panics on some metadata that no writer makes.
fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    let message = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other.downcast_ref::<&str>().map_or_else(String::new, |text| (*text).to_owned()),
    };
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result,
        Err(panic) => {
            Err(Error::corrupt("the metadata of the Parquet file contradict each other").with("panic", message(panic)))
        }
    }
}

impl<R: Rows, C: ChunkReader + 'static> ParquetReader<R, C> {
    /// Opens a file, which errors name as `file`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) with `found` and `expected` for another version of the schema.
    pub fn new(input: C, file: impl Into<String>) -> Result<Self> {
        let (input, file) = (Arc::new(input), file.into());
        let opened = guarded(|| {
            let metadata = ArrowReaderMetadata::load(&Shared(Arc::clone(&input)), ArrowReaderOptions::new());
            let metadata = metadata.map_err(unreadable)?;
            let groups = Self::check(&metadata)?;
            Ok((metadata, groups))
        });
        let (metadata, groups) = opened.map_err(|error| error.with("file", &file))?;
        Ok(Self { input, file, metadata, groups, rows: PhantomData })
    }

    /// Checks that the file's metadata are those of the dataset, and returns its row groups.
    fn check(metadata: &ArrowReaderMetadata) -> Result<Vec<Group>> {
        let entries = metadata.metadata().file_metadata().key_value_metadata();
        // Strikebook's own entries were appended last.
        let value = |key: &str| {
            let found = entries?.iter().rev().find(|entry| entry.key == key);
            found?.value.as_deref()
        };
        for key in [DATASET_KEY, VERSION_KEY, GROUPS_KEY] {
            if value(key).is_none() {
                return Err(Error::corrupt(
                    "the file was not written by strikebook: an entry of its metadata is missing",
                )
                .with("missing", key));
            }
        }
        check_metadata::<R>(value)?;
        check_schema::<R>(metadata.schema())?;
        let groups = value(GROUPS_KEY).and_then(groups_of);
        let groups = groups.ok_or_else(|| Error::corrupt("the list of the file's row groups is damaged"))?;
        let found = metadata.metadata().num_row_groups();
        if groups.len() != found {
            return Err(Error::corrupt("the file does not have the row groups that its metadata list")
                .with("found", found)
                .with("expected", groups.len()));
        }
        Ok(groups)
    }

    /// Returns the number of row groups.
    pub const fn row_groups(&self) -> usize {
        self.groups.len()
    }

    /// Reads the rows of a row group, numbered from 0, in the order of their key.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for a row group that the file does not have.
    pub fn read(&self, row_group: usize) -> Result<Vec<R>> {
        let rows = guarded(|| {
            self.verify(row_group)?;
            self.decode(row_group)
        });
        rows.map_err(|error| error.with("row_group", row_group).with("file", &self.file))
    }

    /// Reads all rows, in the order of their key.
    ///
    /// # Errors
    /// Those of the type.
    pub fn read_all(&self) -> Result<Vec<R>> {
        let mut rows = Vec::new();
        for row_group in 0..self.row_groups() {
            rows.append(&mut self.read(row_group)?);
        }
        Ok(rows)
    }

    /// Compares the bytes of a row group with their digest.
    fn verify(&self, row_group: usize) -> Result<()> {
        let Some(group) = self.groups.get(row_group) else {
            return Err(Error::new(ErrorKind::NotFound, "the file has no such row group")
                .with("expected", format_args!("less than {}", self.row_groups())));
        };
        let start = row_group.checked_sub(1).and_then(|before| self.groups.get(before)).map_or(0, |group| group.end);
        let length = group.end.checked_sub(start).filter(|_| group.end <= self.input.len());
        let length = length.and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or_else(|| {
            Error::corrupt("a row group ends beyond its file")
                .with("found", self.input.len())
                .with("expected", group.end)
        })?;
        let found = format!("{:x}", Sha256::digest(self.input.get_bytes(start, length).map_err(unreadable)?));
        if found != group.sha256 {
            return Err(Error::corrupt("the bytes of a row group differ from those that were written")
                .with("found", found)
                .with("expected", &group.sha256));
        }
        Ok(())
    }

    fn decode(&self, row_group: usize) -> Result<Vec<R>> {
        let expected = self.metadata.metadata().row_group(row_group).num_rows();
        let input = Shared(Arc::clone(&self.input));
        // One batch holds a whole group, so that a batch's row is the group's.
        let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(input, self.metadata.clone())
            .with_row_groups(vec![row_group])
            .with_batch_size(ROWS_PER_GROUP)
            .build()
            .map_err(unreadable)?;
        let mut rows = Vec::new();
        for batch in batches {
            let batch = batch.map_err(|error| Error::corrupt("cannot read a row group").caused_by(error))?;
            rows.append(&mut R::from_batch(&batch)?);
        }
        if u64::try_from(expected) != Ok(rows.len() as u64) {
            return Err(Error::corrupt("a row group does not have the number of rows that its metadata say")
                .with("found", rows.len())
                .with("expected", expected));
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use strikebook_core::{
        market::{Bar, Fundamentals},
        operations::Permission,
        trading::journal::DailyPnl,
    };

    use super::*;
    use crate::tests::rows;

    fn file_of<R: Rows>(batches: &[&[R]]) -> Vec<u8> {
        let mut file = ParquetWriter::new(Vec::new()).expect("a file");
        for batch in batches {
            file.write(batch).unwrap_or_else(|error| panic!("{error:#}"));
        }
        file.finish().expect("a file")
    }

    fn opened<R: Rows>(bytes: impl Into<Bytes>) -> Result<ParquetReader<R, Bytes>> {
        ParquetReader::new(bytes.into(), "here.parquet")
    }

    #[test]
    fn a_file_is_sorted_by_key_and_names_its_order() {
        let rows = rows::<DailyPnl>(3, 400);
        let file = opened::<DailyPnl>(file_of(&[&rows])).expect("a file");
        let read = file.read_all().expect("rows");
        assert!(read.is_sorted_by_key(|row| (row.date, row.account.as_str().to_owned(), row.recorded_at)));
        let group = file.metadata.metadata().row_group(0);
        assert_eq!(group.sorting_columns().map(Vec::len), Some(3));
        assert!(group.columns().iter().all(|column| column.statistics().is_some()), "statistics of every column");
    }

    #[test]
    fn rows_of_later_calls_must_follow() {
        let mut rows = rows::<DailyPnl>(3, 100);
        rows.sort_by_key(|row| (row.date, row.account.as_str().to_owned(), row.recorded_at));
        let (first, rest) = rows.split_at(50);
        let file = opened::<DailyPnl>(file_of(&[first, rest])).expect("a file");
        assert_eq!(file.read_all().expect("rows"), rows);

        let mut file = ParquetWriter::new(Vec::new()).expect("a file");
        file.write(rest).expect("the first rows");
        let error = file.write(first).expect_err("they come before");
        assert_eq!((error.kind(), error.context("row")), (ErrorKind::InvalidInput, Some("0")), "{error}");
    }

    #[test]
    fn a_large_file_has_groups_of_bounded_size_that_are_read_one_by_one() {
        let rows = rows::<Permission>(5, 2 * ROWS_PER_GROUP + 1);
        let file = opened::<Permission>(file_of(&[&rows])).expect("a file");
        assert_eq!(file.row_groups(), 3);
        assert_eq!(file.read(1).expect("a group").len(), ROWS_PER_GROUP);
        assert_eq!(file.read(2).expect("a group").len(), 1);
        assert_eq!(file.read(3).expect_err("no such group").kind(), ErrorKind::NotFound);
    }

    #[test]
    fn another_dataset_another_version_and_a_foreign_file_are_named() {
        let bytes = file_of(&[&rows::<Bar>(1, 3)[..]]);
        let error = opened::<Fundamentals>(bytes.clone()).expect_err("another dataset");
        let found = (error.kind(), error.context("found"), error.context("expected"), error.context("file"));
        let expected = (ErrorKind::Corrupt, Some("bars"), Some("fundamentals"), Some("here.parquet"));
        assert_eq!(found, expected, "{error}");

        let foreign = {
            let batch = Bar::to_batch(&rows(1, 3)).expect("a batch");
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a file");
            writer.write(&batch).expect("written");
            writer.into_inner().expect("a file")
        };
        let error = opened::<Bar>(foreign).expect_err("a foreign file");
        assert_eq!((error.kind(), error.context("file")), (ErrorKind::Corrupt, Some("here.parquet")), "{error}");
        assert!(error.context("missing").is_some(), "{error}");

        let older = {
            let batch = Bar::to_batch(&rows(1, 3)).expect("a batch");
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a file");
            for (key, value) in [(DATASET_KEY, "bars"), (VERSION_KEY, "0"), (GROUPS_KEY, "")] {
                writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value.to_owned()));
            }
            writer.into_inner().expect("a file")
        };
        let error = opened::<Bar>(older).expect_err("an older file");
        let found = (error.kind(), error.context("found"), error.context("expected"));
        assert_eq!(found, (ErrorKind::Unsupported, Some("0"), Some("1")), "{error}");
    }

    #[test]
    fn a_truncated_file_is_corrupt_at_every_length() {
        let bytes = file_of(&[&rows::<DailyPnl>(1, 20)[..]]);
        for length in 0..bytes.len() {
            let error = opened::<DailyPnl>(bytes[..length].to_vec()).and_then(|file| file.read_all());
            let error = error.expect_err("truncated");
            assert_eq!((error.kind(), error.context("file")), (ErrorKind::Corrupt, Some("here.parquet")), "{error}");
        }
    }

    #[test]
    fn a_flipped_byte_is_found_or_changes_no_row() {
        let rows = rows::<DailyPnl>(1, 20);
        let bytes = file_of(&[&rows[..]]);
        let whole = opened::<DailyPnl>(bytes.clone()).expect("a file");
        let (data, sorted) = (whole.groups[0].end, whole.read_all().expect("rows"));
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x55;
            match opened::<DailyPnl>(damaged).and_then(|file| file.read_all()) {
                Ok(read) => {
                    assert!(place as u64 >= data, "byte {place} of the rows");
                    assert_eq!(read, sorted, "byte {place}");
                }
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported), "{place}: {error}");
                    assert_eq!(error.context("file"), Some("here.parquet"), "{place}: {error}");
                }
            }
        }
    }
}
