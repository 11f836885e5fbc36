//! Delimited text, in which one line is one row.
//!
//! A quote that is opened and not closed spoils its own line only. A reader of multi-line records would take all later
//! lines for the rest of that field, and lose their rows silently.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, BufRead, Read},
    sync::Arc,
};

use csv_core::{ReadRecordResult, Terminator};
use strikebook_core::{Error, ErrorKind, Result};

use crate::{
    input::{Document, io_error},
    value,
};

/// The most bytes of a line, and of blank lines in a row.
const MAX_LINE_BYTES: u64 = 1 << 20;
/// The most fields of a line. A year of daily prices of all American stocks in columns has about 8,000.
const MAX_FIELDS: usize = 16_384;
/// The most line ends within a quoted field.
const MAX_JOINED_LINES: usize = 8;

/// The rows of a document.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and no two of them make a state")]
pub(crate) struct Table {
    file: Arc<str>,
    body: Box<dyn BufRead + Send>,
    sealed: bool,
    parser: csv_core::Reader,
    line: Vec<u8>,
    number: u64,
    /// The bytes read, the present line included.
    bytes: u64,
    /// True when the text ends within the present line.
    is_truncated: bool,
    /// True for a table whose last line is a row without a line end too.
    accepts_open_end: bool,
    /// True if a quoted field may contain line ends.
    joins_quoted: bool,
    /// Lines that were read ahead in search of a closing quotation mark.
    ahead: VecDeque<Vec<u8>>,
    /// The number of lines that were added to the present one.
    joined: u64,
    /// The present line's fields without their quotes, and the end of each.
    fields: Vec<u8>,
    ends: Vec<usize>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("file", &self.file).field("line", &self.number).finish_non_exhaustive()
    }
}

impl Table {
    pub(crate) fn new(document: Document, delimiter: u8) -> Self {
        Self {
            file: document.name,
            body: document.body,
            sealed: document.sealed,
            parser: csv_core::ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build(),
            line: Vec::new(),
            number: 0,
            bytes: 0,
            is_truncated: false,
            accepts_open_end: false,
            joins_quoted: false,
            ahead: VecDeque::new(),
            joined: 0,
            fields: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Sets that a last line without a line end is a row.
    pub(crate) fn with_open_end(self) -> Self {
        Self { accepts_open_end: true, ..self }
    }

    /// Returns true when the text ends within the present line, which may be truncated.
    pub(crate) const fn is_open(&self) -> bool {
        self.is_truncated
    }

    /// Lets a quoted field contain up to [`MAX_JOINED_LINES`] line ends, as exports of some brokers have. A quote that
    /// is not closed by then spoils its own line only.
    #[cfg(feature = "brokers")]
    pub(crate) fn with_quoted_lines(mut self) -> Self {
        self.joins_quoted = true;
        self
    }

    /// Creates a table at a line with commas.
    pub(crate) fn of_line(line: &str) -> Self {
        let body = Box::new(io::empty());
        let table = Self::new(Document { name: "".into(), entry: String::new(), body, sealed: true }, b',');
        Self { line: line.trim_end_matches('\r').into(), number: 1, ..table }
    }

    /// Moves to the next line that is not blank; false at the end.
    ///
    /// # Errors
    /// [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for more than 1 MiB without a row, and errors of the input.
    pub(crate) fn advance(&mut self) -> Result<bool> {
        let last_row = self.bytes;
        loop {
            let read = self.read_line()?;
            if read == 0 {
                return Ok(false);
            }
            let joined = self.join_quoted()?;
            self.number += 1;
            self.bytes += (read + joined) as u64;
            let ended = self.line.pop_if(|last| *last == b'\n').is_some();
            if !ended && self.line.len() as u64 == MAX_LINE_BYTES {
                return Err(self.error(Error::corrupt("a line of a table must not be longer than 1 MiB")));
            }
            self.is_truncated = !ended && !self.sealed;
            while self.line.pop_if(|last| *last == b'\r').is_some() {}
            if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
            if self.bytes - last_row > MAX_LINE_BYTES {
                return Err(self.error(Error::corrupt("more than 1 MiB of blank lines instead of a row")));
            }
        }
    }

    /// Reads the next line, with its end, in place of the present one. Returns its bytes, zero at the end.
    fn read_line(&mut self) -> Result<usize> {
        self.line.clear();
        self.number += self.joined;
        self.joined = 0;
        if let Some(line) = self.ahead.pop_front() {
            self.line = line;
            return Ok(self.line.len());
        }
        let read = self.body.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut self.line);
        read.map_err(|error| io_error(error, &self.file).with("line", self.number + 1))
    }

    /// Adds the lines that follow to the present one while a quoted field is open. Returns their bytes.
    fn join_quoted(&mut self) -> Result<usize> {
        let is_open = |line: &[u8]| line.iter().fold(false, |is_open, byte| is_open ^ (*byte == b'"'));
        if !self.joins_quoted || !is_open(&self.line) {
            return Ok(0);
        }
        let mut found = None;
        for index in 0..MAX_JOINED_LINES {
            if self.ahead.len() <= index {
                let mut line = Vec::new();
                let read = self.body.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
                read.map_err(|error| io_error(error, &self.file).with("line", self.number + 2))?;
                if line.is_empty() {
                    break;
                }
                self.ahead.push_back(line);
            }
            // An odd number of quotation marks closes the field.
            if self.ahead.get(index).is_some_and(|line| is_open(line)) {
                found = Some(index + 1);
                break;
            }
        }
        let Some(lines) = found else { return Ok(0) };
        let before = self.line.len();
        for line in self.ahead.drain(..lines) {
            self.line.extend_from_slice(&line);
        }
        self.joined = lines as u64;
        if self.line.len() as u64 > MAX_LINE_BYTES {
            return Err(self.error(Error::corrupt("a line of a table must not be longer than 1 MiB")));
        }
        Ok(self.line.len() - before)
    }

    /// Returns the bytes read, the present line included.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the number of the present line, from 1.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the present line as it is in the file; bytes that are not UTF-8 are escaped.
    #[cfg(feature = "brokers")]
    pub(crate) fn text(&self) -> String {
        match std::str::from_utf8(&self.line) {
            Ok(text) => text.to_owned(),
            Err(_) => self.line.escape_ascii().to_string(),
        }
    }

    /// Returns the present line's fields.
    pub(crate) fn row(&mut self) -> Result<Row<'_>> {
        if self.is_truncated && !self.accepts_open_end {
            return Err(Error::invalid_input("the file ends within this line: its last line needs a line end"));
        }
        self.line.push(b'\n');
        self.fields.resize(self.line.len(), 0);
        self.ends.resize(self.line.len().min(MAX_FIELDS), 0);
        self.parser.reset();
        let (result, _, written, ends) = self.parser.read_record(&self.line, &mut self.fields, &mut self.ends);
        self.line.pop();
        if result == ReadRecordResult::OutputEndsFull {
            return Err(Error::invalid_input("a line must not have more than 16,384 fields"));
        }
        if result != ReadRecordResult::Record {
            return Err(Error::invalid_input("a quotation mark is not closed on its line"));
        }
        let text = self.fields.get(..written).and_then(|fields| std::str::from_utf8(fields).ok());
        let text = text.ok_or_else(|| Error::invalid_input("the line must be UTF-8"))?;
        let ends = self.ends.get(..ends).ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the CSV parser counted more fields than it was given room for")
        })?;
        Ok(Row { text, ends })
    }

    /// Reads the next row as a header. A missing or malformed line is an error.
    pub(crate) fn header(&mut self) -> Result<Header> {
        if !self.advance()? {
            return Err(Error::invalid_input("the file has no header of column names").with("file", &self.file));
        }
        match self.row() {
            Ok(row) => Ok(Header::of(row)),
            Err(error) => Err(self.error(error)),
        }
    }

    /// Adds the file and the line to an error.
    pub(crate) fn error(&self, error: Error) -> Error {
        error.with("file", &self.file).with("line", self.number)
    }
}

/// The fields of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    pub(crate) const fn len(self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a str> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    /// Returns a field without the blanks around it.
    pub(crate) fn get(self, index: usize) -> Option<&'a str> {
        self.exact(index).map(str::trim)
    }

    /// Returns a field as it is in the file.
    fn exact(self, index: usize) -> Option<&'a str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..end)
    }

    /// Returns the fields as they are in the file.
    #[cfg(feature = "brokers")]
    pub(crate) fn fields(self) -> impl Iterator<Item = &'a str> {
        (0..self.len()).filter_map(move |index| self.exact(index))
    }

    /// Returns the fields without the blanks around them, joined by `|`.
    #[cfg(feature = "brokers")]
    pub(crate) fn joined(self) -> String {
        self.iter().collect::<Vec<_>>().join("|")
    }

    /// Returns the field of a column that the header has.
    pub(crate) fn text(self, index: usize) -> Result<&'a str> {
        self.get(index).ok_or_else(|| {
            Error::invalid_input("the row has fewer fields than the header has columns").with("fields", self.len())
        })
    }

    /// Checks that the row has a field for each column.
    pub(crate) fn expect(self, columns: usize) -> Result<()> {
        if self.len() == columns {
            return Ok(());
        }
        Err(Error::invalid_input("the row must have as many fields as the header has columns")
            .with("fields", self.len())
            .with("columns", columns))
    }

    /// Returns the number in a column; `None` for an empty field, and when the file has no such column.
    pub(crate) fn number(self, field: &str, column: impl Into<Option<usize>>) -> Result<Option<f64>> {
        self.filled(column.into())?.map(|text| value::number(field, text)).transpose()
    }

    /// Returns the count in a column; `None` for an empty field, and when the file has no such column.
    pub(crate) fn count(self, field: &str, column: impl Into<Option<usize>>) -> Result<Option<u64>> {
        self.filled(column.into())?.map(|text| value::count(field, text)).transpose()
    }

    fn filled(self, column: Option<usize>) -> Result<Option<&'a str>> {
        let Some(column) = column else { return Ok(None) };
        self.text(column).map(|text| Some(text).filter(|text| !text.is_empty()))
    }
}

/// The names of the columns. Case and the blanks around them do not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Header(Vec<String>);

impl Header {
    pub(crate) fn of(row: Row<'_>) -> Self {
        Self(row.iter().map(str::to_owned).collect())
    }

    /// Returns the fields of a line as names; `None` for a line that is no row.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        if line.trim().is_empty() { None } else { Table::of_line(line).row().ok().map(Self::of) }
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns the index of a column, if the file has it.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.find_from(0, name)
    }

    /// Returns the index of a column at or after a position.
    pub(crate) fn find_from(&self, start: usize, name: &str) -> Option<usize> {
        let found = self.0.iter().skip(start).position(|column| column.eq_ignore_ascii_case(name))?;
        Some(start + found)
    }

    /// Returns the index of a column that the file must have exactly once.
    pub(crate) fn need(&self, name: &str) -> Result<usize> {
        let missing = || Error::invalid_input("the file lacks a required column").with("column", name);
        let column = self.find(name).ok_or_else(missing)?;
        match self.find_from(column + 1, name) {
            None => Ok(column),
            Some(_) => Err(Error::invalid_input("the file has a column twice").with("column", name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn table(text: &[u8], sealed: bool) -> Table {
        let body = Box::new(Cursor::new(text.to_vec()));
        Table::new(Document { name: "t.csv".into(), entry: "t.csv".into(), body, sealed }, b',')
    }

    /// Returns each line's number, with its fields or its error.
    fn rows(text: &[u8], sealed: bool) -> Vec<(u64, Result<Vec<String>, String>)> {
        let mut table = table(text, sealed);
        let mut rows = Vec::new();
        while table.advance().expect("readable") {
            let number = table.number();
            let row = table.row().map(|row| row.iter().map(str::to_owned).collect());
            rows.push((number, row.map_err(|error| error.message().to_owned())));
        }
        rows
    }

    #[test]
    fn lines_are_rows_with_their_numbers() {
        let text = b"\xef\xbb\xbfa, b \r\n\r\n\"1,5\",\"say \"\"x\"\"\"\n ,\n";
        let expected = [(1, ["a", "b"]), (3, ["1,5", "say \"x\""]), (4, ["", ""])];
        assert_eq!(rows(text, false), expected.map(|(n, row)| (n, Ok(row.map(str::to_owned).to_vec()))));
    }

    #[test]
    fn an_open_quote_spoils_its_own_line_only() {
        let rows = rows(b"a,b\n1,\"2\n3,4\n", false);
        assert_eq!(rows.len(), 3);
        assert!(rows[1].1.as_ref().is_err_and(|reason| reason.contains("quotation mark")));
        assert_eq!(rows[2].1, Ok(vec!["3".to_owned(), "4".to_owned()]));
    }

    #[test]
    fn a_line_without_an_end_is_cut_unless_a_checksum_says_otherwise() {
        assert!(rows(b"a\n4.0", false)[1].1.is_err());
        assert_eq!(rows(b"a\n4.0", true)[1].1, Ok(vec!["4.0".to_owned()]));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(rows(b"\xff\xfe\n", false)[0].1.is_err());
        let endless = vec![b'x'; 3 << 20];
        assert_eq!(table(&endless, false).advance().expect_err("too long").context("line"), Some("1"));
    }

    #[test]
    fn a_column_that_occurs_twice_is_refused() {
        let header = table(b"a,b,A\n", false).header().expect("a header");
        assert_eq!(header.need("B").expect("there"), 1);
        assert!(header.need("a").is_err());
        assert!(header.need("c").is_err());
    }
}
