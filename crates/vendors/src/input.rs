//! Opening of files: plain, gzip or zip, each as documents to read line by line.

mod bounded;

use std::{
    fmt,
    io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom},
    sync::Arc,
};

use flate2::bufread::MultiGzDecoder;
use strikebook_core::{Error, ErrorKind, Result};
use zip::{ZipArchive, result::ZipError};

pub(crate) use bounded::Bounded;

/// The most bytes of a document that is held in memory: an entry of a zip, a JSON document, a broker's history.
const MAX_DOCUMENT_BYTES: u64 = 1 << 30;
const DOCUMENT_TOO_LARGE: &str =
    "an entry of a zip, a JSON document or a broker's history must not be larger than 1 GiB";
/// The most bytes that an archive unpacks to, per byte of its own. Tables of real prices pack to a fifth or a tenth; a
/// megabyte of one repeated character packs to a thousandth.
const MAX_RATIO: u64 = 250;
/// The unpacked bytes up to which no archive is refused for its ratio.
const MIN_UNPACKED_BYTES: u64 = 64 << 20;
const RATIO_TOO_LARGE: &str = "an archive must not unpack to more than 64 MiB and 250 times its own size";
/// The most entries of a zip.
const MAX_ENTRIES: usize = 65_535;

/// The inputs that a file can be read from.
pub(crate) trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

/// A text to read, with its name in reports.
pub(crate) struct Document {
    pub(crate) name: Arc<str>,
    /// The name of the entry alone, or of the file when it is no archive.
    pub(crate) entry: String,
    pub(crate) body: Box<dyn BufRead + Send>,
    /// True when a checksum proves that the text is whole, so that its last line is not truncated.
    pub(crate) sealed: bool,
}

impl Document {
    /// Limits the text to the bytes that may be held in memory.
    pub(crate) fn bounded(self) -> Self {
        Self { body: Box::new(Bounded::new(self.body, MAX_DOCUMENT_BYTES, DOCUMENT_TOO_LARGE)), ..self }
    }
}

/// The documents of a file in order.
pub(crate) struct Documents {
    name: Arc<str>,
    /// The only document of a file, or the one that was peeked at.
    pending: Option<Document>,
    archive: Option<ZipArchive<Box<dyn Input>>>,
    /// The index of the archive's entry to open next.
    next: usize,
    /// The bytes of the file.
    size: u64,
    /// The bytes that the archive's further entries may unpack to. Entries that share their packed bytes count each.
    left: u64,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").field("name", &self.name).field("next", &self.next).finish_non_exhaustive()
    }
}

impl Documents {
    /// Opens a file, detecting archives by the first bytes.
    pub(crate) fn open(name: &str, mut input: Box<dyn Input>) -> Result<Self> {
        let name: Arc<str> = name.into();
        let failed = |error| io_error(error, &name);
        let mut magic = Vec::new();
        input.by_ref().take(4).read_to_end(&mut magic).map_err(failed)?;
        let size = input.seek(SeekFrom::End(0)).map_err(failed)?;
        input.rewind().map_err(failed)?;
        let left = size.saturating_mul(MAX_RATIO).max(MIN_UNPACKED_BYTES);
        let entry = name.rsplit_once(['/', '\\']).map_or(&*name, |(_, entry)| entry).to_owned();
        let (pending, archive) = match magic.as_slice() {
            [] => return Err(Error::invalid_input("the file is empty").with("file", &name)),
            // "PK" and the start of a record: of an entry, or of the end of an archive without entries.
            [b'P', b'K', 3 | 5, 4 | 6] => {
                let archive = ZipArchive::new(input).map_err(|error| zip_error(error, &name))?;
                if archive.len() > MAX_ENTRIES {
                    let error = Error::new(ErrorKind::Unsupported, "a zip must not have more than 65,535 entries");
                    return Err(error.with("file", &name).with("entries", archive.len()));
                }
                (None, Some(archive))
            }
            [0x1f, 0x8b, ..] => {
                let text = BufReader::new(MultiGzDecoder::new(BufReader::new(input)));
                let body = Box::new(Bounded::new(text, left, RATIO_TOO_LARGE));
                (Some(Document { name: Arc::clone(&name), entry, body, sealed: true }), None)
            }
            _ => {
                let body = Box::new(BufReader::new(input));
                (Some(Document { name: Arc::clone(&name), entry, body, sealed: false }), None)
            }
        };
        Ok(Self { name, pending, archive, next: 0, size, left })
    }

    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Returns the bytes of a plain file; `None` of a packed one, whose text is longer.
    pub(crate) fn size(&self) -> Option<u64> {
        self.pending.as_ref().filter(|document| !document.sealed).map(|_| self.size)
    }

    pub(crate) const fn is_archive(&self) -> bool {
        self.archive.is_some()
    }

    /// Returns the next document without taking it; `None` at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<&mut Document>> {
        if self.pending.is_none() {
            self.pending = self.next()?;
        }
        Ok(self.pending.as_mut())
    }

    /// Takes the next document; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Document>> {
        if let Some(document) = self.pending.take() {
            return Ok(Some(document));
        }
        let Some(archive) = &mut self.archive else { return Ok(None) };
        while self.next < archive.len() {
            let index = self.next;
            self.next += 1;
            if let Some(document) = open_entry(&self.name, archive, index, &mut self.left)? {
                return Ok(Some(document));
            }
        }
        Ok(None)
    }
}

/// Opens an entry of an archive; `None` for a folder. The entry is unpacked whole, which verifies its checksum before
/// any row is read.
fn open_entry(
    archive_name: &str,
    archive: &mut ZipArchive<Box<dyn Input>>,
    index: usize,
    left: &mut u64,
) -> Result<Option<Document>> {
    let file = archive.by_index(index).map_err(|error| zip_error(error, archive_name))?;
    if file.is_dir() {
        return Ok(None);
    }
    let entry = file.name().map_err(|error| zip_error(error, archive_name))?.into_owned();
    let name: Arc<str> = format!("{archive_name}/{entry}").into();
    let (limit, refusal) =
        if *left < MAX_DOCUMENT_BYTES { (*left, RATIO_TOO_LARGE) } else { (MAX_DOCUMENT_BYTES, DOCUMENT_TOO_LARGE) };
    let mut text = Vec::new();
    let mut unpacked = Bounded::new(BufReader::new(file), limit, refusal);
    unpacked.read_to_end(&mut text).map_err(|error| io_error(error, &name))?;
    *left = left.saturating_sub(text.len() as u64);
    Ok(Some(Document { name, entry, body: Box::new(Cursor::new(text)), sealed: true }))
}

/// Converts an error of the operating system or of a decompressor.
pub(crate) fn io_error(error: io::Error, name: &str) -> Error {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Error::new(ErrorKind::Unsupported, error.to_string()).with("file", name);
    }
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotFound, "the file does not exist"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory => {
            (ErrorKind::InvalidInput, "the file is a folder, or may not be read")
        }
        // Decompressors report a truncated or altered archive and a wrong checksum in these ways.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            (ErrorKind::Corrupt, "the file is truncated or altered")
        }
        _ => (ErrorKind::Unavailable, "cannot read the file"),
    };
    Error::new(kind, message).with("file", name).caused_by(error)
}

fn zip_error(error: ZipError, name: &str) -> Error {
    match error {
        ZipError::Io(error) => io_error(error, name),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) | ZipError::InvalidPassword => {
            Error::new(ErrorKind::Unsupported, "the archive is encrypted, or its compression is not supported")
                .with("file", name)
                .caused_by(error)
        }
        error => Error::corrupt("the archive is truncated or altered").with("file", name).caused_by(error),
    }
}
