//! JSON documents with an array of rows.
//!
//! A document is read as a stream. The texts of the array's elements are kept, one after the other, since fields that
//! they need may come after them; each is parsed when it is asked for.

use std::{
    fmt,
    io::{self, BufRead, Read},
    marker::PhantomData,
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;
use strikebook_core::{Error, Result};

use crate::{
    ReadReport,
    input::{Document, io_error},
};

/// The most bytes of an element, and of any text within a document.
const MAX_ELEMENT_BYTES: usize = 1 << 20;
const ELEMENT_TOO_LONG: &str = "an element of the array must not be longer than 1 MiB";
const TEXT_TOO_LONG: &str = "a text in a JSON document must not be longer than 1 MiB";
/// The most characters of a parser's error, which repeats the value in question.
const SHOWN_CHARS: usize = 200;
/// The end of an element. In JSON this character occurs only escaped.
const END: u8 = 0x1e;

/// Reads a document that is an object.
pub(crate) fn read<T: DeserializeOwned>(document: Document, expected: &'static str) -> Result<T> {
    let name = document.name.clone();
    let mut body = document.bounded().body;
    let failed = |error| io_error(error, &name);
    if body.fill_buf().map_err(failed)?.starts_with(b"\xef\xbb\xbf") {
        body.consume(3);
    }
    let texts = Texts { inner: body, length: None, escaped: false };
    serde_json::from_reader(io::BufReader::new(texts)).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        let error = if cause.is_io() {
            io_error(cause.into(), &name)
        } else if cause.is_eof() {
            Error::corrupt("the JSON document is truncated").with("file", &name).caused_by(cause)
        } else {
            Error::invalid_input(expected).with("file", &name).with("found", shown(&cause)).caused_by(cause)
        };
        error.with("line", line).with("column", column)
    })
}

/// Returns the beginning of a parser's error.
fn shown(cause: &serde_json::Error) -> String {
    cause.to_string().chars().take(SHOWN_CHARS).collect()
}

/// The elements of an array that are not parsed yet; or the one element of an object in place of the array, which some
/// vendors write where there is one.
pub(crate) struct Elements<R> {
    texts: Vec<u8>,
    next: usize,
    single: Option<R>,
}

impl<R> fmt::Debug for Elements<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elements").field("bytes", &self.texts.len()).field("next", &self.next).finish_non_exhaustive()
    }
}

impl<R> Elements<R> {
    /// Returns the bytes of the parsed elements.
    pub(crate) const fn bytes(&self) -> u64 {
        self.next as u64
    }
}

impl<R: DeserializeOwned> Iterator for Elements<R> {
    type Item = serde_json::Result<R>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(single) = self.single.take() {
            return Some(Ok(single));
        }
        let rest = self.texts.get(self.next..)?;
        let end = rest.iter().position(|byte| *byte == END)?;
        self.next += end + 1;
        rest.get(..end).map(serde_json::from_slice)
    }
}

impl<'de, R: DeserializeOwned> Deserialize<'de> for Elements<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementsVisitor(PhantomData))
    }
}

struct ElementsVisitor<R>(PhantomData<fn() -> R>);

impl<'de, R: DeserializeOwned> Visitor<'de> for ElementsVisitor<R> {
    type Value = Elements<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        let (mut has_readable, mut refused) = (false, 0);
        while let Some(element) = array.next_element::<Box<RawValue>>()? {
            let element = element.get();
            if element.len() > MAX_ELEMENT_BYTES {
                return Err(A::Error::custom(ELEMENT_TOO_LONG));
            }
            // The reader refuses such a document in any case; here without parsing it to its end.
            if !has_readable && let Err(error) = serde_json::from_str::<R>(element) {
                refused += 1;
                if refused == ReadReport::GIVE_UP_ROWS {
                    let refusal = format!("none of the first {refused} elements can be read, last error: {error}");
                    return Err(A::Error::custom(refusal));
                }
            } else {
                has_readable = true;
            }
            texts.extend_from_slice(element.as_bytes());
            texts.push(END);
        }
        Ok(Elements { texts, next: 0, single: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        let single = R::deserialize(MapAccessDeserializer::new(object))?;
        Ok(Elements { texts: Vec::new(), next: 0, single: Some(single) })
    }
}

/// A JSON stream with a limit on each text: the parser holds a text whole, and repeats it in errors.
struct Texts<R> {
    inner: R,
    /// The bytes so far of the text at the present position; `None` outside of texts.
    length: Option<usize>,
    escaped: bool,
}

impl<R: Read> Read for Texts<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        for byte in into.iter().take(read) {
            self.length = match (self.length, *byte) {
                (None, b'"') => Some(0),
                (None, _) => None,
                (Some(_), b'"') if !self.escaped => None,
                (Some(MAX_ELEMENT_BYTES), _) => {
                    return Err(io::Error::new(io::ErrorKind::FileTooLarge, TEXT_TOO_LONG));
                }
                (Some(length), _) => Some(length + 1),
            };
            self.escaped = self.length.is_some() && *byte == b'\\' && !self.escaped;
        }
        Ok(read)
    }
}
