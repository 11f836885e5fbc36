//! The reader: records of a file's documents, and the report on them.

use std::{
    collections::VecDeque,
    fmt,
    fs::File,
    io::{Read, Seek},
    path::Path,
    sync::Arc,
};

use strikebook_core::{Error, Result, Source, Timestamp};

use crate::{
    Batch, Format, ReadOptions, ReadReport, Record, RecordedAt, cboe, cboe_json, detect, end_of_day, fred, generic,
    input::{Document, Documents, io_error},
    lean, options_desk,
    progress::Reporter,
    tradier,
};

/// Opens a file and detects its format, unless the options name one.
///
/// ```no_run
/// use strikebook_vendors::{ReadOptions, read_file};
///
/// let mut reader = read_file("option/usa/minute/goog/20151224_quote_american.zip", &ReadOptions::default())?;
/// while let Some(batch) = reader.next_batch(10_000)? {
///     println!("{} quotes to store", batch.quotes.len());
/// }
/// println!("{}", reader.report());
/// # Ok::<(), strikebook_core::Error>(())
/// ```
///
/// # Errors
/// [`NotFound`](strikebook_core::ErrorKind::NotFound) when the file does not exist;
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a file that is empty, cannot be read or has an
/// unknown format, and for a header that is not the format's; [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a
/// truncated or altered archive; [`Unsupported`](strikebook_core::ErrorKind::Unsupported) for an encrypted archive and
/// for LEAN data of an asset class without records in strikebook;
/// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for options that do not fit the file. Each names the
/// `file`, and the `line` where there is one.
pub fn read_file(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Reader> {
    let path = path.as_ref();
    let name = path.to_string_lossy();
    let file = File::open(path).map_err(|error| io_error(error, &name))?;
    read_from(&name, file, options)
}

/// Opens an input other than a file, such as bytes in memory. The name stands for the path, also in the detection of
/// the format.
///
/// # Errors
/// As [`read_file`].
pub fn read_from(name: &str, input: impl Read + Seek + Send + 'static, options: &ReadOptions) -> Result<Reader> {
    options.validate()?;
    let mut documents = Documents::open(name, Box::new(input))?;
    let format = match &options.format {
        Some(format) => format.clone(),
        None => detect::detect(&mut documents)?.into_format(name)?,
    };
    let format = format.with_symbol(options.symbol)?;
    let source = match (&options.source, format.source()) {
        (Some(source), _) => source.clone(),
        (None, Some(own)) => Source::new(own)?,
        (None, None) => {
            return Err(Error::invalid_config("a CSV by layout has no default source: set `source` in the options"));
        }
    };
    format.validate(options.at.is_some())?;
    let mut reader = Reader {
        format,
        source,
        recorded_at: options.recorded_at,
        at: options.at,
        max_rejected: options.max_rejected,
        progress: Reporter::new(options.progress.clone(), documents.size()),
        documents,
        current: None,
        queue: VecDeque::new(),
        report: ReadReport::default(),
        failure: None,
        finished: false,
    };
    // The first document is opened here, so that a wrong header is an error of this call.
    reader.open_next()?;
    Ok(reader)
}

/// The rows of one document.
pub(crate) trait DocumentRows: fmt::Debug + Send {
    /// Reads the next row into the sink; false at the end.
    ///
    /// # Errors
    /// Only an error that makes the rest of the document unreadable. A row that cannot be read is rejected.
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool>;

    /// Returns the number of bytes of the document that were read.
    fn bytes(&self) -> u64;
}

/// The destination of rows: the queue of accepted ones and the report of rejected ones.
pub(crate) struct Sink<'a> {
    file: &'a Arc<str>,
    recorded_at: RecordedAt,
    queue: &'a mut VecDeque<Record>,
    report: &'a mut ReadReport,
}

impl Sink<'_> {
    /// Accepts a valid record, and rejects any other with its error.
    pub(crate) fn take(&mut self, line: u64, record: Result<impl Into<Record>>) {
        self.offer(line, record);
    }

    /// Takes a record and returns true if it was accepted.
    pub(crate) fn offer(&mut self, line: u64, record: Result<impl Into<Record>>) -> bool {
        let checked = record.map(Into::into).and_then(|mut record: Record| {
            record.validate()?;
            record.set_recorded_at(self.recorded_at)?;
            Ok(record)
        });
        match checked {
            Ok(record) => {
                self.report.accept(&record);
                self.queue.push_back(record);
                true
            }
            Err(error) => {
                self.reject(line, &error);
                false
            }
        }
    }

    /// Counts a reservation with which a row was read, or left out.
    pub(crate) fn warn(&mut self, text: &'static str) {
        self.report.warn(text);
    }

    pub(crate) fn reject(&mut self, line: u64, error: &Error) {
        self.report.reject(self.file, line, error);
    }

    /// Counts a day of a series, or a contract of a line with several, without a value.
    pub(crate) fn blank(&mut self) {
        self.report.blank += 1;
    }

    /// Records that the document has no records of the format.
    pub(crate) fn ignore(&mut self) {
        self.report.ignore(self.file);
    }
}

/// The document being read.
#[derive(Debug)]
struct CurrentDocument {
    file: Arc<str>,
    rows: Box<dyn DocumentRows>,
    /// The number of rows accepted before this document.
    accepted: u64,
    /// The number of rows rejected before this document.
    rejected: u64,
}

/// An iterator over the records of a file, in its order.
///
/// The iterator ends after an error, which comes after the records before it. Reading blocks the thread: asynchronous
/// code should use a thread for blocking work.
///
/// # Limits
/// A reader holds the present line and its records, or the text of one document: an entry of a zip, or the rows of a
/// JSON document. Its memory is at most four times that text, beside a few MiB for buffers and the report. Beyond these
/// limits reading ends with an error that names the file and, where there is one, the line:
///
/// | limit | kind |
/// |---|---|
/// | a line, a JSON element or a text in JSON: 1 MiB | [`Corrupt`](strikebook_core::ErrorKind::Corrupt), of JSON [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) or [`Unsupported`](strikebook_core::ErrorKind::Unsupported) |
/// | blank lines without a row: 1 MiB | [`Corrupt`](strikebook_core::ErrorKind::Corrupt) |
/// | an entry of a zip, or a JSON document: 1 GiB | [`Unsupported`](strikebook_core::ErrorKind::Unsupported) |
/// | a gzip or zip unpacked: 250 times its size, but at least 64 MiB | [`Unsupported`](strikebook_core::ErrorKind::Unsupported) |
/// | entries of a zip: 65,535 | [`Unsupported`](strikebook_core::ErrorKind::Unsupported) |
/// | no row accepted among the first 10,000, or in the first 64 MiB of a document | [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) |
/// | 10,000 rows rejected, and fewer than one in a hundred accepted | as the line above |
/// | more rows rejected than [`ReadOptions::max_rejected`] | as the line above |
///
/// A line of more than 16,384 fields is rejected, and the others are read.
#[derive(Debug)]
pub struct Reader {
    documents: Documents,
    format: Format,
    source: Source,
    recorded_at: RecordedAt,
    /// The instant of all rows, if the caller gives it.
    at: Option<Timestamp>,
    max_rejected: Option<u64>,
    progress: Reporter,
    current: Option<CurrentDocument>,
    queue: VecDeque<Record>,
    report: ReadReport,
    /// The error to return after the records before it.
    failure: Option<Error>,
    finished: bool,
}

impl Reader {
    /// Returns the format, named or detected.
    pub const fn format(&self) -> &Format {
        &self.format
    }

    /// Returns the report of the rows read so far, complete at the end of the file.
    pub const fn report(&self) -> &ReadReport {
        &self.report
    }

    /// Returns up to `max` records (at least one) by kind; `None` at the end.
    ///
    /// # Errors
    /// Those of the file, after the records before: [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a truncated or
    /// altered text or archive, [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for an entry of an archive
    /// whose header is not the format's, and those of the [limits](Self#limits).
    pub fn next_batch(&mut self, max: usize) -> Result<Option<Batch>> {
        let mut batch = Batch::default();
        while batch.len() < max.max(1) {
            match self.next() {
                Some(Ok(record)) => batch.push(record),
                Some(Err(error)) if batch.is_empty() => return Err(error),
                Some(Err(error)) => {
                    self.failure = Some(error);
                    break;
                }
                None => break,
            }
        }
        Ok(Some(batch).filter(|batch| !batch.is_empty()))
    }

    /// Reads until there is a record or an error; false at the end.
    fn advance(&mut self) -> Result<bool> {
        let Some(CurrentDocument { file, rows, accepted, rejected }) = &mut self.current else {
            return self.open_next();
        };
        let (queue, report) = (&mut self.queue, &mut self.report);
        let more = rows.next(&mut Sink { file, recorded_at: self.recorded_at, queue, report })?;
        self.progress.report(file, rows.bytes(), &self.report, !more);
        self.report.check_limit(file, self.max_rejected)?;
        let (accepted, rejected) = (self.report.accepted - *accepted, self.report.rejected - *rejected);
        if !more {
            self.current = None;
        } else if accepted == 0 {
            self.report.check_acceptance(file, rejected, rows.bytes())?;
        } else {
            self.report.check_share(file, accepted, rejected)?;
        }
        Ok(true)
    }

    fn open_next(&mut self) -> Result<bool> {
        let Some(document) = self.documents.next()? else { return Ok(false) };
        let file = Arc::clone(&document.name);
        let rows = self.open(document)?;
        let (accepted, rejected) = (self.report.accepted, self.report.rejected);
        self.current = Some(CurrentDocument { file, rows, accepted, rejected });
        Ok(true)
    }

    fn open(&self, document: Document) -> Result<Box<dyn DocumentRows>> {
        let source = self.source.clone();
        Ok(match &self.format {
            Format::Cboe => Box::new(cboe::CboeRows::open(document, source, self.at)?),
            Format::CboeJson => Box::new(cboe_json::CboeJsonRows::open(document, source, self.at)?),
            Format::Lean(layout) => Box::new(lean::LeanRows::open(document, *layout, source)),
            Format::LeanFactors(symbols) => Box::new(lean::FactorRows::open(document, symbols.clone(), source)?),
            Format::LeanMap => Box::new(lean::MapRows::open(document, source)),
            Format::EndOfDay => Box::new(end_of_day::EndOfDayRows::open(document, source)?),
            Format::OptionsDesk => options_desk::open(document, source, self.at, self.documents.is_archive())?,
            Format::Tradier => Box::new(tradier::TradierRows::open(document, source, self.at)?),
            Format::Fred => Box::new(fred::SeriesRows::open(document, source)?),
            Format::IndexHistory(series) => Box::new(fred::SeriesRows::open_index_history(document, source, *series)?),
            Format::Csv(layout) => Box::new(generic::CsvRows::open(document, source, layout, self.at)?),
        })
    }
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.queue.pop_front() {
                return Some(Ok(record));
            }
            if let Some(error) = self.failure.take() {
                return Some(Err(error));
            }
            if self.finished {
                return None;
            }
            match self.advance() {
                Ok(more) => self.finished = !more,
                Err(error) => {
                    self.finished = true;
                    self.failure = Some(error);
                }
            }
        }
    }
}

impl std::iter::FusedIterator for Reader {}
