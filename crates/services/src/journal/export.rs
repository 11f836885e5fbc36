//! CSV files of the journal: trades, executions, metrics, days.
//!
//! A file appears whole or not at all: a temporary file in its folder is written, synced to disk, and then renamed.
//! Missing folders are created. Files are UTF-8; a missing value is an empty cell, an instant is in UTC.
//!
//! Spreadsheets take text that starts with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, which can run
//! programs and send data away. Such text is written with an apostrophe before it. Numbers are written as they are.

use std::{
    fs,
    io::{self, BufWriter, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use strikebook_core::{
    Error, ErrorKind, Listing, Page, Result,
    trading::{
        ExecutionQuery, MetricsQuery, MetricsRepository, OrderRepository,
        journal::{
            DailyPnl, DailyPnlFilter, DailyRepository, JournalEventQuery, JournalRepository, TradeQuery,
            TradeRepository,
        },
    },
};
use tempfile::NamedTempFile;

use super::ROWS_PER_PAGE;

/// A cell of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsvCell {
    /// A cell without a value.
    Missing,
    /// A number, an instant or a day, written as it is.
    Plain(String),
    /// Text from a person or a vendor, written so that no spreadsheet takes it for a formula.
    Text(String),
}

impl CsvCell {
    /// Returns the text to write, before it is quoted.
    pub fn into_text(self) -> String {
        match self {
            Self::Missing => String::new(),
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Self::Plain(text) | Self::Text(text) => text,
        }
    }
}

/// A column of a CSV file.
#[derive(Debug)]
pub struct CsvColumn<T> {
    /// The name in the file's header.
    pub name: &'static str,
    /// The function that returns the cell of a row.
    pub cell: fn(&T) -> CsvCell,
}

/// Rows that can be written to a CSV file.
pub trait CsvRow: Sized + 'static {
    /// The columns, in order.
    const COLUMNS: &'static [CsvColumn<Self>];
}

/// Returns the columns with some names, in their order; all columns for no names.
fn columns<T: CsvRow>(fields: &[&str]) -> Result<Vec<&'static CsvColumn<T>>> {
    if fields.is_empty() {
        return Ok(T::COLUMNS.iter().collect());
    }
    let unknown = |name: &str| {
        let names: Vec<_> = T::COLUMNS.iter().map(|column| column.name).collect();
        Error::invalid_input("an unknown field was named for the file's columns")
            .with("field", format_args!("{name:?}"))
            .with("expected", names.join(", "))
    };
    fields
        .iter()
        .map(|name| T::COLUMNS.iter().find(|column| column.name == *name).ok_or_else(|| unknown(name)))
        .collect()
}

/// A CSV file being written. Dropped before [`finish`](Self::finish) it leaves nothing behind.
#[derive(Debug)]
pub struct CsvFile<T: CsvRow> {
    path: PathBuf,
    columns: Vec<&'static CsvColumn<T>>,
    writer: csv::Writer<BufWriter<NamedTempFile>>,
    rows: u64,
    of: PhantomData<T>,
}

impl<T: CsvRow> CsvFile<T> {
    /// Starts a file with the named fields in their order; without names, with all of them.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an unknown field, with the known ones as `expected`, and for a
    /// path that names no file; [`Unavailable`](ErrorKind::Unavailable) when the folder cannot be created or written
    /// to.
    pub fn create(path: impl AsRef<Path>, fields: &[&str]) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let columns = columns::<T>(fields)?;
        if path.file_name().is_none() || path.is_dir() {
            return Err(Error::invalid_input("the path must name a file").with("file", path.display()));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let failed = |error| io_error(error, &path);
        fs::create_dir_all(folder).map_err(failed)?;
        let file = temporary(folder).map_err(failed)?;
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        let header = writer.write_record(columns.iter().map(|column| column.name));
        header.map_err(|error| io_error(error.into(), &path))?;
        Ok(Self { path, columns, writer, rows: 0, of: PhantomData })
    }

    /// Writes rows.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the rows cannot be written to disk.
    pub fn write(&mut self, rows: &[T]) -> Result<()> {
        for row in rows {
            let cells = self.columns.iter().map(|column| (column.cell)(row).into_text());
            self.writer.write_record(cells).map_err(|error| io_error(error.into(), &self.path))?;
            self.rows += 1;
        }
        Ok(())
    }

    /// Moves the file to its path, in place of an earlier one, and returns the number of its rows.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the file cannot be written to disk; an earlier one is unchanged
    /// then.
    pub fn finish(self) -> Result<u64> {
        let Self { path, writer, rows, .. } = self;
        let failed = |error| io_error(error, &path);
        let buffered = writer.into_inner().map_err(|error| io_error(io::Error::other(error.to_string()), &path))?;
        let mut file = buffered.into_inner().map_err(|error| failed(error.into_error()))?;
        file.flush().and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(rows)
    }
}

/// Creates a temporary file with the permissions of any file that the user creates.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".export");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn io_error(error: io::Error, path: &Path) -> Error {
    Error::new(ErrorKind::Unavailable, "cannot write the file").with("file", path.display()).caused_by(error)
}

/// Writes rows to a file, and returns their number.
///
/// # Errors
/// Those of [`CsvFile`].
pub fn export_csv<T: CsvRow>(path: impl AsRef<Path>, rows: &[T], fields: &[&str]) -> Result<u64> {
    let mut file = CsvFile::create(path, fields)?;
    file.write(rows)?;
    file.finish()
}

/// Writes all pages of a list. The query's own limit is the size of a page.
async fn export_pages<T: CsvRow, Q>(
    path: &Path,
    fields: &[&str],
    mut query: Q,
    list: impl AsyncFn(&Q) -> Result<Page<T>>,
    after: impl Fn(Q, strikebook_core::Cursor) -> Q,
) -> Result<u64> {
    let mut file = CsvFile::create(path, fields)?;
    loop {
        let page = list(&query).await?;
        file.write(&page.items)?;
        match page.next {
            None => return file.finish(),
            Some(next) => query = after(query, next),
        }
    }
}

fn in_pages<F>(query: &Listing<F>) -> Listing<F>
where
    Listing<F>: Clone,
{
    query.clone().with_limit(query.paging.limit.unwrap_or(ROWS_PER_PAGE))
}

/// Writes all trades that a query admits, in its order, and returns their number.
///
/// # Errors
/// Those of [`list_trades`](TradeRepository::list_trades) and of [`CsvFile`]; no file is left then.
///
/// # Cancel safety
/// A dropped call leaves no new file, and an earlier one unchanged. Writing blocks the thread for a page at a time.
pub async fn export_trades(
    store: &(impl TradeRepository + ?Sized),
    query: &TradeQuery,
    path: impl AsRef<Path>,
    fields: &[&str],
) -> Result<u64> {
    let list = async |query: &TradeQuery| store.list_trades(query).await;
    export_pages(path.as_ref(), fields, in_pages(query), list, Listing::after).await
}

/// Writes the journal's events (each execution, assignment and payment) as [`export_trades`] writes trades.
///
/// # Errors
/// Those of [`list_journal_events`](JournalRepository::list_journal_events) and of [`CsvFile`].
///
/// # Cancel safety
/// As [`export_trades`].
pub async fn export_executions(
    store: &(impl JournalRepository + ?Sized),
    query: &JournalEventQuery,
    path: impl AsRef<Path>,
    fields: &[&str],
) -> Result<u64> {
    let list = async |query: &JournalEventQuery| store.list_journal_events(query).await;
    export_pages(path.as_ref(), fields, in_pages(query), list, Listing::after).await
}

/// Writes the executions of orders as [`export_trades`] writes trades.
///
/// # Errors
/// Those of [`list_executions`](OrderRepository::list_executions) and of [`CsvFile`].
///
/// # Cancel safety
/// As [`export_trades`].
pub async fn export_order_executions(
    store: &(impl OrderRepository + ?Sized),
    query: &ExecutionQuery,
    path: impl AsRef<Path>,
    fields: &[&str],
) -> Result<u64> {
    let list = async |query: &ExecutionQuery| store.list_executions(query).await;
    export_pages(path.as_ref(), fields, in_pages(query), list, Listing::after).await
}

/// Writes the metrics of one key as [`export_trades`] writes trades.
///
/// # Errors
/// Those of [`list_metrics`](MetricsRepository::list_metrics) and of [`CsvFile`].
///
/// # Cancel safety
/// As [`export_trades`].
pub async fn export_metrics(
    store: &(impl MetricsRepository + ?Sized),
    query: &MetricsQuery,
    path: impl AsRef<Path>,
    fields: &[&str],
) -> Result<u64> {
    let query = query.clone().with_limit(query.paging.limit.unwrap_or(ROWS_PER_PAGE));
    let list = async |query: &MetricsQuery| store.list_metrics(query).await;
    export_pages(path.as_ref(), fields, query, list, MetricsQuery::after).await
}

/// Writes the results of days as [`export_trades`] writes trades.
///
/// # Errors
/// Those of [`list_daily_pnl`](DailyRepository::list_daily_pnl) and of [`CsvFile`].
///
/// # Cancel safety
/// As [`export_trades`].
pub async fn export_daily_pnl(
    store: &(impl DailyRepository + ?Sized),
    filter: &DailyPnlFilter,
    path: impl AsRef<Path>,
    fields: &[&str],
) -> Result<u64> {
    export_csv::<DailyPnl>(path, &store.list_daily_pnl(filter).await?, fields)
}
