//! The account of a read.

use std::{collections::BTreeMap, fmt, sync::Arc};

use strikebook_core::{Error, Result};

use crate::Record;

/// The number of reasons that are counted apart, and of entries that are named as ignored.
const MAX_REASONS: usize = 1_000;
/// The length of a kept reason in characters. Only a spoilt value makes a longer one.
const MAX_REASON: usize = 500;

/// A row that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The file; within an archive `archive/entry`.
    pub file: Arc<str>,
    /// The line in the file, from 1. In a JSON document the place of the quote in `quotes`, from 1, or 0 for what
    /// stands outside of them.
    pub line: u64,
    /// The fault, with the wrong value; at most 500 characters.
    pub reason: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// The account of a read: every record that the file holds was accepted or rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Records found: `accepted + rejected`. A line of Cboe's CSV holds two, a call's and a put's, and its header one.
    pub read: u64,
    /// Records given out.
    pub accepted: u64,
    /// Records refused.
    pub rejected: u64,
    /// Option quotes among the accepted.
    pub quotes: u64,
    /// Bars among the accepted.
    pub bars: u64,
    /// Quotes of underlyings among the accepted.
    pub underlying_quotes: u64,
    /// Observations among the accepted.
    pub observations: u64,
    /// Days that a series lists without a value, such as holidays. They hold no record and are not in `read`.
    pub blank: u64,
    /// The first [`MAX_REJECTIONS`](Self::MAX_REJECTIONS) rejections.
    pub rejections: Vec<Rejection>,
    /// All rejections, counted by reason without its values. Beyond 1,000 reasons, which only a spoilt file has,
    /// further ones are counted as [`OTHER_REASONS`](Self::OTHER_REASONS).
    pub reasons: BTreeMap<String, u64>,
    /// The first 1,000 entries of an archive that hold no records of the format, such as a licence or an index.
    pub ignored: Vec<Arc<str>>,
}

impl ReadReport {
    /// The number of rejections that are kept. Further ones are counted in [`rejected`](Self::rejected) and
    /// [`reasons`](Self::reasons) only.
    pub const MAX_REJECTIONS: usize = 1_000;
    /// A document is given up with an error when so many of its rows were rejected and none was accepted.
    pub const GIVE_UP_ROWS: u64 = 10_000;
    /// A document is given up with an error when so many of its bytes were read, rows were rejected and none was
    /// accepted: 64 MiB.
    pub const GIVE_UP_BYTES: u64 = 64 << 20;
    /// The key of [`reasons`](Self::reasons) for those that it has no room for.
    pub const OTHER_REASONS: &str = "other reasons";

    pub(crate) fn accept(&mut self, record: &Record) {
        self.read += 1;
        self.accepted += 1;
        *match record {
            Record::Quote(_) => &mut self.quotes,
            Record::Bar(_) => &mut self.bars,
            Record::Underlying(_) => &mut self.underlying_quotes,
            Record::Observation(_) => &mut self.observations,
        } += 1;
    }

    pub(crate) fn ignore(&mut self, entry: &Arc<str>) {
        if self.ignored.len() < MAX_REASONS {
            self.ignored.push(Arc::clone(entry));
        }
    }

    pub(crate) fn reject(&mut self, file: &Arc<str>, line: u64, error: &Error) {
        self.read += 1;
        self.rejected += 1;
        let is_known = self.reasons.contains_key(error.message());
        let has_room = self.reasons.len() < MAX_REASONS;
        let key = if is_known || has_room { error.message() } else { Self::OTHER_REASONS };
        match self.reasons.get_mut(key) {
            Some(count) => *count += 1,
            None => drop(self.reasons.insert(key.to_owned(), 1)),
        }
        if self.rejections.len() < Self::MAX_REJECTIONS {
            self.rejections.push(Rejection { file: Arc::clone(file), line, reason: reason(error) });
        }
    }
}

impl ReadReport {
    /// Gives a document up of which no row was accepted, once that is so of enough rows or bytes.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput), with the first rejection of the document.
    pub(crate) fn check_hope(&self, file: &Arc<str>, rejected: u64, bytes: u64) -> Result<()> {
        if rejected == 0 || (rejected < Self::GIVE_UP_ROWS && bytes < Self::GIVE_UP_BYTES) {
            return Ok(());
        }
        let message = "no row of the document can be read, so it is given up: it is of another format, or spoilt";
        let error = Error::invalid_input(message).with("file", file).with("rejected", rejected);
        Err(match self.rejections.iter().find(|rejection| rejection.file == *file) {
            Some(first) => error.with("line", first.line).with("first", &first.reason),
            None => error,
        })
    }
}

/// Why a row was rejected. Every rejection is of invalid input; the reader of a report need not be told each time.
pub(crate) fn reason(error: &Error) -> String {
    let text = format!("{error:#}");
    text.strip_prefix("invalid_input: ").unwrap_or(&text).chars().take(MAX_REASON).collect()
}

impl fmt::Display for ReadReport {
    /// One line of counts, and one for each reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read {} = accepted {} + rejected {}", self.read, self.accepted, self.rejected)?;
        self.reasons.iter().try_for_each(|(reason, count)| write!(f, "\n{count} × {reason}"))
    }
}
