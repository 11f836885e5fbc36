//! The account of a read.

use std::{collections::BTreeMap, fmt, sync::Arc};

use strikebook_core::Error;

use crate::Record;

/// A row that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The file; within an archive `archive/entry`.
    pub file: Arc<str>,
    /// The line in the file, from 1. In a JSON document the place of the quote in `quotes`, from 1, or 0 for what stands
    /// outside of them.
    pub line: u64,
    /// What was wrong, with the value.
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
    /// The first [`MAX_REJECTIONS`](Self::MAX_REJECTIONS) rejections in full.
    pub rejections: Vec<Rejection>,
    /// All rejections, counted by reason without its values.
    pub reasons: BTreeMap<String, u64>,
    /// Entries of an archive that hold no records of the format, such as a licence or an index.
    pub ignored: Vec<Arc<str>>,
}

impl ReadReport {
    /// How many rejections are kept in full. Those after them are counted in [`reasons`](Self::reasons) only.
    pub const MAX_REJECTIONS: usize = 1_000;

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

    pub(crate) fn reject(&mut self, file: &Arc<str>, line: u64, error: &Error) {
        self.read += 1;
        self.rejected += 1;
        match self.reasons.get_mut(error.message()) {
            Some(count) => *count += 1,
            None => drop(self.reasons.insert(error.message().to_owned(), 1)),
        }
        if self.rejections.len() < Self::MAX_REJECTIONS {
            self.rejections.push(Rejection { file: Arc::clone(file), line, reason: reason(error) });
        }
    }
}

/// Why a row was rejected. Every rejection is of invalid input; the reader of a report need not be told each time.
pub(crate) fn reason(error: &Error) -> String {
    let text = error.to_string();
    text.strip_prefix("invalid_input: ").unwrap_or(&text).to_owned()
}

impl fmt::Display for ReadReport {
    /// One line of counts, and one for each reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read {} = accepted {} + rejected {}", self.read, self.accepted, self.rejected)?;
        self.reasons.iter().try_for_each(|(reason, count)| write!(f, "\n{count} × {reason}"))
    }
}
