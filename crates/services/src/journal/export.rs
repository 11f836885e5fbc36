//! CSV files of what the journal holds: trades, executions, metrics, days.
//!
//! A file appears whole or not at all: it is written under another name in its folder, brought to the disk, and then
//! renamed. Folders that are missing are made. Files are UTF-8; a missing value is an empty cell, an instant is in UTC.
//!
//! Spreadsheets take text that starts with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, which can run
//! programs and send data away. Such text gets an apostrophe in front. Numbers are left alone.

use std::{
    fs,
    io::{self, BufWriter, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use strikebook_core::{
    Error, ErrorKind, Listing, Page, Result,
    trading::{
        MetricsQuery, MetricsRepository,
        journal::{
            DailyPnl, DailyPnlFilter, DailyRepository, JournalEventQuery, JournalRepository, TradeQuery,
            TradeRepository,
        },
    },
};
use tempfile::NamedTempFile;

use super::AT_ONCE;

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Missing,
    /// A number, an instant or a day: written as it is.
    Plain(String),
    /// Text that somebody wrote: written so that no spreadsheet takes it for a formula.
    Text(String),
}

impl Cell {
    /// The text that is written, before quotes.
    pub fn into_text(self) -> String {
        match self {
            Self::Missing => String::new(),
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Self::Plain(text) | Self::Text(text) => text,
        }
    }
}

/// A column: its name, and what of a row stands in it.
#[derive(Debug)]
pub struct Column<T> {
    /// The name.
    pub name: &'static str,
    /// The cell of a row.
    pub cell: fn(&T) -> Cell,
}

/// A row that can be written to a file.
pub trait Exported: Sized + 'static {
    /// Every column, in order.
    const COLUMNS: &'static [Column<Self>];
}

/// The columns of some names, in their order; all of them for no names.
fn columns<T: Exported>(fields: &[&str]) -> Result<Vec<&'static Column<T>>> {
    if fields.is_empty() {
        return Ok(T::COLUMNS.iter().collect());
    }
    let unknown = |name: &str| {
        let names: Vec<_> = T::COLUMNS.iter().map(|column| column.name).collect();
        Error::invalid_input("there is no such field")
            .with("field", format_args!("{name:?}"))
            .with("expected", names.join(", "))
    };
    fields
        .iter()
        .map(|name| T::COLUMNS.iter().find(|column| column.name == *name).ok_or_else(|| unknown(name)))
        .collect()
}

/// A file that is being written. Dropped before it is [finished](Self::finish) it leaves nothing behind.
#[derive(Debug)]
pub struct CsvFile<T: Exported> {
    path: PathBuf,
    columns: Vec<&'static Column<T>>,
    writer: csv::Writer<BufWriter<NamedTempFile>>,
    rows: u64,
    of: PhantomData<T>,
}

impl<T: Exported> CsvFile<T> {
    /// Starts a file with some fields, in their order; without names with all of them.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when there is no such field, with those there are, or when the path
    /// names no file; [`Unavailable`](ErrorKind::Unavailable) when its folder cannot be made or written to.
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
    /// [`Unavailable`](ErrorKind::Unavailable) when the disk does not take them.
    pub fn write(&mut self, rows: &[T]) -> Result<()> {
        for row in rows {
            let cells = self.columns.iter().map(|column| (column.cell)(row).into_text());
            self.writer.write_record(cells).map_err(|error| io_error(error.into(), &self.path))?;
            self.rows += 1;
        }
        Ok(())
    }

    /// Puts the file in its place, and in that of one that was there, and returns how many rows it has.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the disk does not take it; what was there is left as it was.
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

/// A file of no name yet, which others may read as they may read any file that the user makes.
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
    Error::new(ErrorKind::Unavailable, "the file could not be written").with("file", path.display()).caused_by(error)
}

/// Writes rows to a file, and returns how many.
///
/// # Errors
/// Those of [`CsvFile`].
pub fn export_csv<T: Exported>(path: impl AsRef<Path>, rows: &[T], fields: &[&str]) -> Result<u64> {
    let mut file = CsvFile::create(path, fields)?;
    file.write(rows)?;
    file.finish()
}

/// Writes all pages of a list. The query's own limit counts for a page.
async fn export_pages<T: Exported, Q>(
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
    query.clone().with_limit(query.paging.limit.unwrap_or(AT_ONCE))
}

/// Writes the trades that a query admits, all pages of them, in its order. Returns how many.
///
/// # Errors
/// Those of [`list_trades`](TradeRepository::list_trades) and of [`CsvFile`]; no file is left then.
///
/// # Cancel safety
/// A dropped call leaves no file, and one that was there as it was. Writing blocks the thread for a page at a time.
pub async fn export_trades(
    store: &(impl TradeRepository + ?Sized),
    query: &TradeQuery,
    path: impl AsRef<Path>,
    fields: &[&str],
) -> Result<u64> {
    let list = async |query: &TradeQuery| store.list_trades(query).await;
    export_pages(path.as_ref(), fields, in_pages(query), list, Listing::after).await
}

/// Writes the journal's events, each execution, assignment and payment, as [`export_trades`] does trades.
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

/// Writes the metrics of one key, as [`export_trades`] does trades.
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
    let query = query.clone().with_limit(query.paging.limit.unwrap_or(AT_ONCE));
    let list = async |query: &MetricsQuery| store.list_metrics(query).await;
    export_pages(path.as_ref(), fields, query, list, MetricsQuery::after).await
}

/// Writes days' results, as [`export_trades`] does trades.
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
