//! The report of a read.

use std::{collections::BTreeMap, fmt, sync::Arc};

use strikebook_core::{Error, Result};

use crate::Record;

/// The most reasons that are counted apart, and the most ignored entries that are listed.
const MAX_REASONS: usize = 1_000;
/// The most characters of a kept reason. Only a corrupt value makes a longer one.
const REASON_CHARS: usize = 500;
/// The most characters of the kind of a row that is left out.
#[cfg(feature = "brokers")]
const KIND_CHARS: usize = 100;

/// A rejected row, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The name of the file; within an archive `archive/entry`.
    pub file: Arc<str>,
    /// The line in the file, from 1. In a JSON document the position of the quote in `quotes`, from 1, or 0 for data
    /// outside of `quotes`.
    pub line: u64,
    /// The fault, with the wrong value; at most 500 characters.
    pub reason: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// The report of a read: every record of the file was accepted or rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// The records found: `accepted + rejected`, and of a broker's history also the [left out](Self::left_out). A
    /// line of Cboe's CSV has two, a call's and a put's, and its header one.
    pub read: u64,
    /// The number of accepted records.
    pub accepted: u64,
    /// The number of rejected records.
    pub rejected: u64,
    /// The option quotes among the accepted.
    pub quotes: u64,
    /// The bars among the accepted.
    pub bars: u64,
    /// The quotes of underlyings among the accepted.
    pub underlying_quotes: u64,
    /// The corporate actions among the accepted.
    pub actions: u64,
    /// The fundamentals among the accepted.
    pub fundamentals: u64,
    /// The observations among the accepted.
    pub observations: u64,
    /// The days of a series without a value, such as holidays, and the contracts of a line with several that have no
    /// value there. They are no records and not in `read`.
    pub blank: u64,
    /// The number of accepted rows that were read with a reservation, and of those left out, by reason.
    pub warnings: BTreeMap<&'static str, u64>,
    /// The number of rows of a broker's history that are left out, by kind: futures, bonds and currencies, summaries,
    /// and rows of sections that are not read.
    pub left_out: BTreeMap<String, u64>,
    /// The first [`MAX_REJECTIONS`](Self::MAX_REJECTIONS) rejections.
    pub rejections: Vec<Rejection>,
    /// The number of rejections by reason, without values. Beyond 1,000 reasons, which only a corrupt file has, further
    /// ones are counted as [`OTHER_REASONS`](Self::OTHER_REASONS).
    pub reasons: BTreeMap<String, u64>,
    /// The first 1,000 entries of an archive without records of the format, such as a licence or an index, and the
    /// sections of a broker's history that are not read.
    pub ignored: Vec<Arc<str>>,
}

impl ReadReport {
    /// The most rejections to keep. Further ones are counted in [`rejected`](Self::rejected) and
    /// [`reasons`](Self::reasons) only.
    pub const MAX_REJECTIONS: usize = 1_000;
    /// The rejected rows after which a document without an accepted row is refused.
    pub const GIVE_UP_ROWS: u64 = 10_000;
    /// The rejected rows for each accepted one beyond which a document is refused, after
    /// [`GIVE_UP_ROWS`](Self::GIVE_UP_ROWS) rejected ones.
    pub const GIVE_UP_SHARE: u64 = 100;
    /// The bytes after which a document with a rejected and without an accepted row is refused: 64 MiB.
    pub const GIVE_UP_BYTES: u64 = 64 << 20;
    /// The key in [`left_out`](Self::left_out) of kinds beyond the first 1,000.
    pub const OTHER_KINDS: &str = "other kinds";
    /// The key in [`reasons`](Self::reasons) of those beyond its limit.
    pub const OTHER_REASONS: &str = "other reasons";

    pub(crate) fn accept(&mut self, record: &Record) {
        self.read += 1;
        self.accepted += 1;
        *match record {
            Record::Quote(_) => &mut self.quotes,
            Record::Bar(_) => &mut self.bars,
            Record::Underlying(_) => &mut self.underlying_quotes,
            Record::Action(_) => &mut self.actions,
            Record::Fundamentals(_) => &mut self.fundamentals,
            Record::Observation(_) => &mut self.observations,
        } += 1;
    }

    pub(crate) fn warn(&mut self, text: &'static str) {
        *self.warnings.entry(text).or_default() += 1;
    }

    pub(crate) fn ignore(&mut self, entry: &Arc<str>) {
        if self.ignored.len() < MAX_REASONS {
            self.ignored.push(Arc::clone(entry));
        }
    }

    /// Counts a record that is left out, by its kind.
    #[cfg(feature = "brokers")]
    pub(crate) fn leave_out(&mut self, kind: &str) {
        let kind: String = kind.chars().take(KIND_CHARS).collect();
        let has_room = self.left_out.len() < MAX_REASONS || self.left_out.contains_key(&kind);
        *self.left_out.entry(if has_room { kind } else { Self::OTHER_KINDS.to_owned() }).or_default() += 1;
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
    /// Refuses a document of which fewer than one row in a hundred was accepted, once enough rows were rejected.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput), with the first rejection of the document.
    pub(crate) fn check_share(&self, file: &Arc<str>, accepted: u64, rejected: u64) -> Result<()> {
        if rejected < Self::GIVE_UP_ROWS || accepted.saturating_mul(Self::GIVE_UP_SHARE) >= rejected {
            return Ok(());
        }
        let message =
            "fewer than one row in a hundred of the document can be read: it is of another format, or corrupt";
        Err(self.refusal(message, file, rejected))
    }

    /// Refuses a file once more rows were rejected than the caller allows.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput), with the first rejection of the document.
    pub(crate) fn check_limit(&self, file: &Arc<str>, limit: Option<u64>) -> Result<()> {
        match limit {
            Some(limit) if self.rejected > limit => {
                let message = "more rows were rejected than the options allow";
                Err(self.refusal(message, file, self.rejected).with("expected", format_args!("at most {limit}")))
            }
            _ => Ok(()),
        }
    }

    fn refusal(&self, message: &'static str, file: &Arc<str>, rejected: u64) -> Error {
        let error = Error::invalid_input(message).with("file", file).with("rejected", rejected);
        match self.rejections.iter().find(|rejection| rejection.file == *file) {
            Some(first) => error.with("line", first.line).with("first", &first.reason),
            None => error,
        }
    }

    /// Refuses a document without an accepted row once enough rows or bytes were read.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput), with the first rejection of the document.
    pub(crate) fn check_acceptance(&self, file: &Arc<str>, rejected: u64, bytes: u64) -> Result<()> {
        if rejected == 0 || (rejected < Self::GIVE_UP_ROWS && bytes < Self::GIVE_UP_BYTES) {
            return Ok(());
        }
        let message = "no row of the document can be read: it is of another format, or corrupt";
        Err(self.refusal(message, file, rejected))
    }
}

/// Returns the reason of a rejection: the error's text without its kind, which is the same for all rejections.
pub(crate) fn reason(error: &Error) -> String {
    let text = format!("{error:#}");
    text.strip_prefix("invalid_input: ").unwrap_or(&text).chars().take(REASON_CHARS).collect()
}

impl fmt::Display for ReadReport {
    /// Writes a line of counts, a line for each kind that is left out, and one for each reason and each warning.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read {} = accepted {} + rejected {}", self.read, self.accepted, self.rejected)?;
        let left_out: u64 = self.left_out.values().sum();
        if left_out > 0 {
            write!(f, " + left out {left_out}")?;
        }
        self.left_out.iter().try_for_each(|(kind, count)| write!(f, "\nleft out {count} × {kind}"))?;
        self.reasons.iter().try_for_each(|(reason, count)| write!(f, "\n{count} × {reason}"))?;
        self.warnings.iter().try_for_each(|(warning, count)| write!(f, "\n{count} × warning: {warning}"))
    }
}
