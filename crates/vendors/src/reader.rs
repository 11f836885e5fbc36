//! The reader: records out of documents, and the account of both.

use std::{
    collections::VecDeque,
    fmt,
    fs::File,
    io::{Read, Seek},
    path::Path,
    sync::Arc,
};

use strikebook_core::{Error, Result, Source};

use crate::{
    Batch, Format, ReadOptions, ReadReport, Record, RecordedAt, cboe, cboe_json, end_of_day, fred, generic,
    input::{Document, Documents, io_error},
    lean, options_desk,
};

/// Opens a file and finds out its format unless the options name it.
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
/// [`NotFound`](strikebook_core::ErrorKind::NotFound) when there is no such file;
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when it is empty, cannot be read, is of no known format,
/// or its header is not that of its format; [`Corrupt`](strikebook_core::ErrorKind::Corrupt) when it is an archive that
/// is cut short or altered; [`Unsupported`](strikebook_core::ErrorKind::Unsupported) for an encrypted archive and for
/// LEAN data of an asset class that strikebook has no records for;
/// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) when the options cannot be followed. Each names the
/// `file`, and the `line` where there is one.
pub fn read_file(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Reader> {
    let path = path.as_ref();
    let name = path.to_string_lossy();
    let file = File::open(path).map_err(|error| io_error(error, &name))?;
    read_from(&name, file, options)
}

/// Reads what is not a file, such as bytes in memory. The name stands in for the file's path, also where the format is
/// found out from it.
///
/// # Errors
/// As [`read_file`].
pub fn read_from(name: &str, input: impl Read + Seek + Send + 'static, options: &ReadOptions) -> Result<Reader> {
    options.validate()?;
    let mut documents = Documents::open(name, Box::new(input))?;
    let format = match &options.format {
        Some(format) => format.clone(),
        None => Format::detect(&mut documents)?,
    };
    let source = match (&options.source, format.source()) {
        (Some(source), _) => source.clone(),
        (None, Some(own)) => Source::new(own)?,
        (None, None) => return Err(Error::invalid_config("a CSV by layout has no source of its own: name one")),
    };
    if let Format::Csv(layout) = &format {
        layout.validate()?;
    }
    let mut reader = Reader {
        documents,
        format,
        source,
        recorded_at: options.recorded_at,
        present: None,
        queue: VecDeque::new(),
        report: ReadReport::default(),
        failure: None,
        finished: false,
    };
    // The first document is opened here, so that a wrong header is an error of this call.
    reader.open_next()?;
    Ok(reader)
}

/// The rows of one document of some format.
pub(crate) trait Rows: fmt::Debug + Send {
    /// Reads the next row into the sink; false at the end.
    ///
    /// # Errors
    /// Only for what makes the rest of the document unreadable. A row that cannot be read is rejected.
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool>;

    /// Returns how many bytes of the document were read.
    fn bytes(&self) -> u64;
}

/// Where rows go: accepted into the queue, or rejected into the report.
pub(crate) struct Sink<'a> {
    file: &'a Arc<str>,
    recorded_at: RecordedAt,
    queue: &'a mut VecDeque<Record>,
    report: &'a mut ReadReport,
}

impl Sink<'_> {
    /// Takes a record that was read, or why it was not.
    pub(crate) fn take(&mut self, line: u64, record: Result<impl Into<Record>>) {
        let checked = record.map(Into::into).and_then(|mut record: Record| {
            record.validate()?;
            record.learned(self.recorded_at)?;
            Ok(record)
        });
        match checked {
            Ok(record) => {
                self.report.accept(&record);
                self.queue.push_back(record);
            }
            Err(error) => self.reject(line, &error),
        }
    }

    pub(crate) fn reject(&mut self, line: u64, error: &Error) {
        self.report.reject(self.file, line, error);
    }

    /// Counts a day that its series lists without a value.
    pub(crate) fn blank(&mut self) {
        self.report.blank += 1;
    }

    /// Notes that the document holds no records of the format.
    pub(crate) fn ignore(&mut self) {
        self.report.ignore(self.file);
    }
}

/// A document that is being read.
#[derive(Debug)]
struct Present {
    file: Arc<str>,
    rows: Box<dyn Rows>,
    /// The number of rows accepted before this document.
    accepted: u64,
    /// The number of rows rejected before this document.
    rejected: u64,
}

/// An iterator over the records of a file, in its order.
///
/// After an error there is nothing more; the records before it have been given. Reading blocks the thread: asynchronous
/// code should use one for blocking work.
///
/// # Limits
/// A reader holds the present line and its records, or the text of one document: an entry of a zip, or the rows of a
/// JSON document. Its memory is at most four times that text, beside a few MiB for buffers and the report. These are
/// errors, each with the file and, where there is one, the line:
///
/// | limit | kind |
/// |---|---|
/// | a line, a JSON element or a text in JSON: 1 MiB | [`Corrupt`](strikebook_core::ErrorKind::Corrupt), of JSON [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) or [`Unsupported`](strikebook_core::ErrorKind::Unsupported) |
/// | blank lines without a row: 1 MiB | [`Corrupt`](strikebook_core::ErrorKind::Corrupt) |
/// | an entry of a zip, or a JSON document: 1 GiB | [`Unsupported`](strikebook_core::ErrorKind::Unsupported) |
/// | a gzip or zip unpacked: 250 times its size, but at least 64 MiB | [`Unsupported`](strikebook_core::ErrorKind::Unsupported) |
/// | entries of a zip: 65,535 | [`Unsupported`](strikebook_core::ErrorKind::Unsupported) |
/// | no row accepted among the first 10,000, or in the first 64 MiB of a document | [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) |
///
/// A line of more than 16,384 fields is rejected, and the others are read.
#[derive(Debug)]
pub struct Reader {
    documents: Documents,
    format: Format,
    source: Source,
    recorded_at: RecordedAt,
    present: Option<Present>,
    queue: VecDeque<Record>,
    report: ReadReport,
    /// An error to be given once the records before it have been.
    failure: Option<Error>,
    finished: bool,
}

impl Reader {
    /// The format that was named or found out.
    pub const fn format(&self) -> &Format {
        &self.format
    }

    /// The account of what was read so far; complete once the reader is at its end.
    pub const fn report(&self) -> &ReadReport {
        &self.report
    }

    /// Up to `max` records (at least one) sorted by their kind; `None` at the end.
    ///
    /// # Errors
    /// Those of the file, after the records that came before: [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for an
    /// archive or a text that is cut short or altered, [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for
    /// an entry of an archive whose header is not that of the format, and what reading gives otherwise.
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

    /// Reads on until there is a record, or something else to tell; false at the end.
    fn advance(&mut self) -> Result<bool> {
        let Some(Present { file, rows, accepted, rejected }) = &mut self.present else { return self.open_next() };
        let (queue, report) = (&mut self.queue, &mut self.report);
        if !rows.next(&mut Sink { file, recorded_at: self.recorded_at, queue, report })? {
            self.present = None;
        } else if self.report.accepted == *accepted {
            self.report.check_hope(file, self.report.rejected - *rejected, rows.bytes())?;
        }
        Ok(true)
    }

    fn open_next(&mut self) -> Result<bool> {
        let Some(document) = self.documents.next()? else { return Ok(false) };
        let file = Arc::clone(&document.name);
        let rows = self.open(document)?;
        self.present = Some(Present { file, rows, accepted: self.report.accepted, rejected: self.report.rejected });
        Ok(true)
    }

    fn open(&self, document: Document) -> Result<Box<dyn Rows>> {
        let source = self.source.clone();
        Ok(match &self.format {
            Format::Cboe => Box::new(cboe::Rows::open(document, source)?),
            Format::CboeJson => Box::new(cboe_json::Rows::open(document, source)?),
            Format::Lean(layout) => Box::new(lean::Rows::open(document, *layout, source)),
            Format::EndOfDay => Box::new(end_of_day::Rows::open(document, source)?),
            Format::OptionsDesk => options_desk::open(document, source, self.documents.is_archive())?,
            Format::Fred => Box::new(fred::Rows::open(document, source)?),
            Format::IndexHistory(series) => Box::new(fred::Rows::open_index_history(document, source, *series)?),
            Format::Csv(layout) => Box::new(generic::Rows::open(document, source, layout)?),
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
