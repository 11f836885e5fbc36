//! Opening files: plain, gzip, or the entries of a zip, each as a document to read line by line.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Cursor, Read, Seek},
    sync::Arc,
};

use flate2::bufread::MultiGzDecoder;
use strikebook_core::{Error, ErrorKind, Result};
use zip::{ZipArchive, result::ZipError};

/// No document that is read whole, an archive's entry or a JSON file, may be larger than this.
pub(crate) const MAX_DOCUMENT: u64 = 1 << 30;

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
    /// The whole text.
    pub(crate) fn read_all(&mut self) -> Result<Vec<u8>> {
        read_all(&mut self.body, &self.name)
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
        input.rewind().map_err(failed)?;
        let entry = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let (pending, archive) = match magic.as_slice() {
            [] => return Err(Error::invalid_input("the file is empty").with("file", &name)),
            // PK and one of the records that an archive may start with; one without entries starts with its end.
            [b'P', b'K', 3 | 5, 4 | 6] => {
                (None, Some(ZipArchive::new(input).map_err(|error| zip_error(error, &name))?))
            }
            [0x1f, 0x8b, ..] => {
                let body = Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(input))));
                (Some(Document { name: Arc::clone(&name), entry, body, sealed: true }), None)
            }
            _ => {
                let body = Box::new(BufReader::new(input));
                (Some(Document { name: Arc::clone(&name), entry, body, sealed: false }), None)
            }
        };
        Ok(Self { name, pending, archive, next: 0 })
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
            if let Some(document) = open_entry(&self.name, archive, index)? {
                return Ok(Some(document));
            }
        }
        Ok(None)
    }
}

/// An entry of an archive, unless it is a folder. It is decompressed at once, which also checks its checksum: contracts
/// are small, and so are the entries of every vendor's archives.
fn open_entry(archive_name: &str, archive: &mut ZipArchive<Box<dyn Input>>, index: usize) -> Result<Option<Document>> {
    let mut file = archive.by_index(index).map_err(|error| zip_error(error, archive_name))?;
    if file.is_dir() {
        return Ok(None);
    }
    let entry = file.name().map_err(|error| zip_error(error, archive_name))?.into_owned();
    let name: Arc<str> = format!("{archive_name}/{entry}").into();
    let text = read_all(&mut file, &name)?;
    Ok(Some(Document { name, entry, body: Box::new(Cursor::new(text)), sealed: true }))
}

fn read_all(input: &mut impl Read, name: &str) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    input.take(MAX_DOCUMENT + 1).read_to_end(&mut text).map_err(|error| io_error(error, name))?;
    if text.len() as u64 > MAX_DOCUMENT {
        let error = Error::new(ErrorKind::Unsupported, "a document that is read whole must not be larger than 1 GiB");
        return Err(error.with("file", name));
    }
    Ok(text)
}

/// An error of the operating system or of a decompressor.
pub(crate) fn io_error(error: io::Error, name: &str) -> Error {
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
