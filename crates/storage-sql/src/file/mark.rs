//! Marks: what tells a database's log from that of another one.
//!
//! An engine replays the log that it finds beside a database file, and some never ask if it belongs there: one that a
//! deleted database of the same name left behind, or the log of today beside a file restored from yesterday. So each
//! file has a row with a random identity and a number, its mark, and each log holds at least one mark, whose number is
//! the last one of the file plus 1. A mark is text of a fixed length, which engines store as it is, so that it can be
//! found in a log without knowing the log's format.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use strikebook_core::{Error, ErrorKind, Result};
use uuid::Uuid;

/// The beginning of every mark, and of nothing else in a database.
const PREFIX: &str = "strikebook-mark-7f1c6b0e:";
/// Characters of a UUID.
const UUID: usize = 36;
/// Digits of a number.
const DIGITS: usize = 18;
/// Characters of a mark.
const LENGTH: usize = Mark::NUMBER_AT + DIGITS;

/// An identity of a database file, and how far its history has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    file: Uuid,
    number: u64,
}

impl Mark {
    /// The place of the number's first digit, counted from 0.
    pub const NUMBER_AT: usize = PREFIX.len() + UUID + 1;

    /// A mark for a new file.
    pub fn random() -> Self {
        Self { file: Uuid::now_v7(), number: 0 }
    }

    /// The statement that gives the one row of `strikebook_file` its next mark. `format` writes an expression as 18
    /// digits.
    pub fn statement(format: impl Fn(&str) -> String) -> String {
        let at = Self::NUMBER_AT;
        let next = format(&format!("CAST(substr(mark, {}) AS BIGINT) + 1", at + 1));
        format!("UPDATE strikebook_file SET mark = substr(mark, 1, {at}) || {next}")
    }

    /// Finds the mark with the largest number in the bytes of a database file; `None` when there is none.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn last_in(file: impl io::Read) -> io::Result<Option<Self>> {
        Ok(marks(file)?.map(|(_, last)| last))
    }

    /// Reads a mark; `None` for another text.
    pub fn parse(text: &str) -> Option<Self> {
        let (file, number) = text.strip_prefix(PREFIX)?.split_once(':')?;
        let digits = number.len() == DIGITS && number.bytes().all(|digit| digit.is_ascii_digit());
        let file = Uuid::try_parse(file).ok().filter(|_| file.len() == UUID)?;
        Some(Self { file, number: number.parse().ok().filter(|_| digits)? })
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}:{:0DIGITS$}", self.file, self.number)
    }
}

/// The marks of a log: the one that comes first, and the one with the largest number.
type Found = Option<(Mark, Mark)>;

/// Finds the marks in a log.
fn marks(mut log: impl io::Read) -> io::Result<Found> {
    let mut found: Found = None;
    let (mut window, mut kept) = (vec![0; 1 << 20], 0);
    loop {
        let too_small = || io::Error::other("the window over a log is too small");
        let read = log.read(window.get_mut(kept..).ok_or_else(too_small)?)?;
        if read == 0 {
            return Ok(found);
        }
        let bytes = window.get(..kept + read).ok_or_else(too_small)?;
        let mut from = 0;
        while let Some(at) = bytes.get(from..).and_then(|rest| find(rest, PREFIX.as_bytes())) {
            let text = bytes.get(from + at..from + at + LENGTH).map(String::from_utf8_lossy);
            if let Some(mark) = text.and_then(|text| Mark::parse(&text)) {
                let (first, last) = found.unwrap_or((mark, mark));
                found = Some((first, if mark.number > last.number { mark } else { last }));
            }
            from += at + PREFIX.len();
        }
        // A mark may lie across the end.
        let rest = bytes.len().saturating_sub(LENGTH - 1)..bytes.len();
        kept = rest.len();
        window.copy_within(rest, 0);
    }
}

/// The first place of a text in bytes.
fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let (first, _) = text.split_first()?;
    let mut from = 0;
    loop {
        from += bytes.get(from..)?.iter().position(|byte| byte == first)?;
        if bytes.get(from..)?.starts_with(text) {
            return Some(from);
        }
        from += 1;
    }
}

/// Makes sure that a log continues the file whose mark `mark` reads.
pub(super) fn check(log: &Path, mark: impl Fn() -> Result<Option<Mark>>) -> Result<()> {
    let Some(before) = mark()? else { return Ok(()) };
    let found = match fs::File::open(log).and_then(|mut log| marks(log.by_ref())) {
        Ok(found) => found,
        // The process that had it is done with it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            let message = "the log beside the database file cannot be read";
            return Err(Error::new(ErrorKind::PermissionDenied, message).with("log", log.display()).caused_by(error));
        }
    };
    let Some((first, last)) = found else { return Ok(()) };
    // Another process may have gone on meanwhile. Whatever it moved out of the log is in the file now, and what the log
    // had at first it still had then: so the beginning is compared with the later mark, and the end with the earlier
    // one.
    let Some(after) = mark()? else { return Ok(()) };
    let continues = first.file == after.file && first.number <= after.number + 1 && last.number >= before.number;
    if continues || before != after {
        return Ok(());
    }
    let message = if first.file == after.file {
        "the log beside the database file belongs to an older or newer copy of it"
    } else {
        "the log beside the database file belongs to another database"
    };
    Err(Error::corrupt(message)
        .with("log", log.display())
        .with("found", format_args!("{}, changes {} to {}", first.file, first.number, last.number))
        .with("expected", format_args!("{}, from change {} or earlier", after.file, after.number + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8]);

    impl io::Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(7).min(to.len());
            let (now, later) = self.0.split_at(count);
            to[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    #[test]
    fn marks_are_found_wherever_they_lie() -> io::Result<()> {
        let file = Uuid::now_v7();
        let mark = |number| Mark { file, number };
        assert_eq!(Mark::parse(&mark(7).to_string()), Some(mark(7)));
        assert_eq!(mark(7).to_string().len(), LENGTH);
        let mut log = vec![0; 3_000_000];
        assert_eq!(marks(log.as_slice())?, None);
        // The second lies across two reads of a whole window.
        for (number, at) in [(7, 11), (9, (1 << 20) - 30), (8, 2_999_900)] {
            log[at..at + LENGTH].copy_from_slice(mark(number).to_string().as_bytes());
        }
        assert_eq!(marks(log.as_slice())?, Some((mark(7), mark(9))));
        assert_eq!(marks(Slow(&log[(1 << 20) - 100..(1 << 20) + 100]))?, Some((mark(9), mark(9))));
        assert_eq!(marks(&log[2_999_900..2_999_900 + LENGTH - 1])?, None);
        Ok(())
    }

    #[test]
    fn a_log_must_continue_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, file) = (folder.path().join("log"), Uuid::now_v7());
        let checked = |numbers: [u64; 2], log_of: Uuid, own: u64| {
            let text: String =
                numbers.iter().map(|number| Mark { file: log_of, number: *number }.to_string()).collect();
            fs::write(&log, text).expect("written");
            check(&log, || Ok(Some(Mark { file, number: own }))).map_err(|error| error.kind())
        };
        // Nothing of the log, a part of it, all of it is in the file.
        for own in [4, 5, 8] {
            assert_eq!(checked([5, 8], file, own), Ok(()), "{own}");
        }
        // An older copy of the file misses what came before the log; a newer one has more.
        for (own, log_of) in [(3, file), (9, file), (4, Uuid::now_v7())] {
            assert_eq!(checked([5, 8], log_of, own), Err(ErrorKind::Corrupt), "{own}");
        }
        fs::write(&log, "of another program").expect("written");
        assert_eq!(check(&log, || Ok(Some(Mark::random()))).map_err(|error| error.kind()), Ok(()));
    }
}
