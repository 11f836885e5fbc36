//! Opening files: plain, gzip, or the entries of a zip, each as a document to read line by line.

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

/// The size of the largest document that is held in memory: an entry of a zip, a JSON document, a broker's history.
const MAX_DOCUMENT: u64 = 1 << 30;
const DOCUMENT_TOO_LARGE: &str =
    "an entry of a zip, a JSON document or a broker's history must not be larger than 1 GiB";
/// An archive unpacks to at most this many times its own size. Tables of real prices pack to a fifth or a tenth; a
/// megabyte of one repeated character packs to a thousandth.
const MAX_RATIO: u64 = 250;
/// Archives that unpack to less than this are never refused for their ratio.
const MIN_UNPACKED: u64 = 64 << 20;
const RATIO_TOO_LARGE: &str = "an archive must not unpack to more than 64 MiB and 250 times its own size";
/// The most entries of a zip.
const MAX_ENTRIES: usize = 65_535;

/// What a file may be read from.
pub(crate) trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

/// A text to read, and what it is called in reports.
pub(crate) struct Document {
    pub(crate) name: Arc<str>,
    /// The name of the entry alone, or of the file when it is no archive.
    pub(crate) entry: String,
    pub(crate) body: Box<dyn BufRead + Send>,
    /// Whether a checksum vouches that the text is whole, so that its end is not a cut.
    pub(crate) sealed: bool,
}

impl Document {
    /// Refuses the text beyond what may be held in memory.
    pub(crate) fn bounded(self) -> Self {
        Self { body: Box::new(Bounded::new(self.body, MAX_DOCUMENT, DOCUMENT_TOO_LARGE)), ..self }
    }
}

/// The documents of a file, one after the other.
pub(crate) struct Documents {
    name: Arc<str>,
    /// The only document, or an archive's that was looked at and not taken yet.
    pending: Option<Document>,
    archive: Option<ZipArchive<Box<dyn Input>>>,
    /// The archive's entry to open next.
    next: usize,
    /// The number of bytes that the archive's further entries may unpack to. Entries that share their packed bytes
    /// count each.
    left: u64,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").field("name", &self.name).field("next", &self.next).finish_non_exhaustive()
    }
}

impl Documents {
    /// Opens a file by its first bytes.
    pub(crate) fn open(name: &str, mut input: Box<dyn Input>) -> Result<Self> {
        let name: Arc<str> = name.into();
        let failed = |error| io_error(error, &name);
        let mut magic = Vec::new();
        input.by_ref().take(4).read_to_end(&mut magic).map_err(failed)?;
        let size = input.seek(SeekFrom::End(0)).map_err(failed)?;
        input.rewind().map_err(failed)?;
        let left = size.saturating_mul(MAX_RATIO).max(MIN_UNPACKED);
        let entry = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let (pending, archive) = match magic.as_slice() {
            [] => return Err(Error::invalid_input("the file is empty").with("file", &name)),
            // PK and one of the records that an archive may start with; one without entries starts with its end.
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
        Ok(Self { name, pending, archive, next: 0, left })
    }

    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(crate) const fn is_archive(&self) -> bool {
        self.archive.is_some()
    }

    /// A look at the next document, which stays the next; `None` at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<&mut Document>> {
        if self.pending.is_none() {
            self.pending = self.next()?;
        }
        Ok(self.pending.as_mut())
    }

    /// The next document; `None` at the end.
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

/// An entry of an archive, unless it is a folder. The entry is unpacked whole, which also checks its checksum: no row
/// of an altered entry is given.
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
        if *left < MAX_DOCUMENT { (*left, RATIO_TOO_LARGE) } else { (MAX_DOCUMENT, DOCUMENT_TOO_LARGE) };
    let mut text = Vec::new();
    let mut unpacked = Bounded::new(BufReader::new(file), limit, refusal);
    unpacked.read_to_end(&mut text).map_err(|error| io_error(error, &name))?;
    *left = left.saturating_sub(text.len() as u64);
    Ok(Some(Document { name, entry, body: Box::new(Cursor::new(text)), sealed: true }))
}

/// An error of the operating system or of a decompressor.
pub(crate) fn io_error(error: io::Error, name: &str) -> Error {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Error::new(ErrorKind::Unsupported, error.to_string()).with("file", name);
    }
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotFound, "there is no such file"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory => {
            (ErrorKind::InvalidInput, "the file cannot be read")
        }
        // How decompressors tell that an archive is cut short, altered, or has a wrong checksum.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            (ErrorKind::Corrupt, "the file is cut short or altered")
        }
        _ => (ErrorKind::Unavailable, "the file could not be read"),
    };
    Error::new(kind, message).with("file", name).caused_by(error)
}

fn zip_error(error: ZipError, name: &str) -> Error {
    match error {
        ZipError::Io(error) => io_error(error, name),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) | ZipError::InvalidPassword => {
            Error::new(ErrorKind::Unsupported, "the archive is encrypted or compressed in a way that is not supported")
                .with("file", name)
                .caused_by(error)
        }
        error => Error::corrupt("the archive is cut short or altered").with("file", name).caused_by(error),
    }
}
