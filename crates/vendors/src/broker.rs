//! Brokers' histories: trades, expirations, assignments, splits and payments, row by row.
//!
//! [`BROKER_FILES`] lists the kinds of files with the part that is read and the source from which each is known;
//! `docs/brokers.md` is the same table for readers. Any other CSV is read by a [`BrokerLayout`].
//!
//! ```
//! use std::io::Cursor;
//! use strikebook_vendors::broker::{self, BrokerAction, BrokerFormat};
//!
//! let file = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,Commissions,Fees,\
//! Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,Call or Put,Order #,Currency
//! 2025-09-25T16:00:00+0200,Trade,Sell to Open,SELL_TO_OPEN,SPY   251219P00650000,Equity Option,Sold 1,\"1,105.00\",1,\
//! \"1,105.00\",-1.00,-0.15,100,SPY,SPY,12/19/25,650,PUT,4711,USD
//! ";
//! let history = broker::read_from("history.csv", Cursor::new(file), BrokerFormat::Tastytrade)?;
//! let row = &history.rows[0];
//! assert_eq!((row.action, row.quantity.to_string(), row.price.to_string()), (BrokerAction::Open, "-1".into(), "11.05".into()));
//! assert_eq!((history.report.read, history.report.accepted, history.report.rejected), (1, 1, 0));
//! # Ok::<(), strikebook_core::Error>(())
//! ```

mod activity;
mod amount;
mod csv;
mod currency;
mod fidelity;
mod fields;
mod flex;
mod format;
mod kinds;
mod layout;
mod moment;
mod named;
mod raw;
mod robinhood;
mod row;
mod schwab;
mod tastytrade;
mod thinkorswim;

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{BufRead, Read, Seek},
    path::Path,
    sync::Arc,
};

use strikebook_core::{Decimal, Error, ErrorKind, Id, Json, Result};

pub use currency::Currency;
pub use format::BrokerFormat;
pub use kinds::BROKER_FILES;
pub use layout::{BrokerColumn, BrokerLayout, CostSign, LayoutAction};
pub use raw::RawRow;
pub use row::{BrokerAction, BrokerRow, RejectedRow, RowIdentity};

use self::{csv::Reading, fields::Fields};
use crate::{
    ReadReport,
    input::{Documents, io_error},
    report::reason,
};

/// The most characters of a rejected row to keep. A broker's row has fewer than 3,000; a longer one is corrupt.
const KEPT_CHARS: usize = 8_192;

/// A broker's history, oldest row first, with the report of reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHistory {
    /// The format of the file.
    pub format: BrokerFormat,
    /// The name of the file; within an archive `archive/entry`.
    pub file: Arc<str>,
    /// The accepted rows, oldest first.
    pub rows: Vec<BrokerRow>,
    /// The first [`MAX_REJECTIONS`](ReadReport::MAX_REJECTIONS) rejected rows, in the order of the file. The report
    /// counts all.
    pub rejected: Vec<RejectedRow>,
    /// The counts of rows: read = accepted + rejected + left out, with the reasons and kinds.
    pub report: ReadReport,
}

/// Reads a file, plain, in a gzip or in a zip of its own. Without a format, the format is
/// [detected](BrokerFormat::detect).
///
/// A history takes at most four times the memory of its unpacked text, beside a few MiB, when its rows have the hundred
/// characters and more that brokers' rows have. The [limits](crate::Reader#limits) are those of every reader: 1 MiB for
/// a line, an element of XML or a text between elements, 1 GiB for a document, and a row accepted among the first
/// 10,000.
///
/// # Errors
/// - [`NotFound`](strikebook_core::ErrorKind::NotFound) for a file that does not exist;
/// - [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a file that is empty, of another format, or of
///   which no row was accepted and some were rejected, with the reason of the `first` and its `line`;
/// - [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a file that is truncated or altered, and for a line that is
///   too long;
/// - [`Unsupported`](strikebook_core::ErrorKind::Unsupported) for a file of which every row was left out, with the
///   kinds as `sections`, and for the other limits.
///
/// A row that cannot be read is no error: the report counts it. Rows of instruments and sections that are not read are
/// counted by kind as [`left_out`](ReadReport::left_out), and such sections are also listed as
/// [`ignored`](ReadReport::ignored).
pub fn read_file(path: impl AsRef<Path>, format: impl Into<Option<BrokerFormat>>) -> Result<BrokerHistory> {
    let path = path.as_ref();
    let name = path.to_string_lossy();
    let file = File::open(path).map_err(|error| io_error(error, &name))?;
    read_from(&name, file, format)
}

/// Reads an input other than a file, such as bytes in memory, under a name for reports.
///
/// # Errors
/// As [`read_file`].
pub fn read_from(
    name: &str,
    input: impl Read + Seek + Send + 'static,
    format: impl Into<Option<BrokerFormat>>,
) -> Result<BrokerHistory> {
    let mut documents = Documents::open(name, Box::new(input))?;
    let document =
        documents.next()?.ok_or_else(|| Error::invalid_input("the archive has no entries").with("file", name))?;
    let mut document = document.bounded();
    let file = Arc::clone(&document.name);
    let format = if let Some(format) = format.into() {
        format
    } else {
        let beginning = document.body.fill_buf().map_err(|error| io_error(error, &file))?;
        let detected = BrokerFormat::detect(&String::from_utf8_lossy(beginning));
        detected.map_err(|error| error.with("file", &file))?
    };
    let report = ReadReport::default();
    let mut history = BrokerHistory { format, file, rows: Vec::new(), rejected: Vec::new(), report };
    match history.format.clone() {
        BrokerFormat::Tastytrade => tastytrade::read(document, &mut history)?,
        BrokerFormat::IbkrFlex => flex::read(document, &mut history)?,
        BrokerFormat::IbkrActivity => activity::read(document, &mut history)?,
        BrokerFormat::Schwab => schwab::read(document, &mut history)?,
        BrokerFormat::Fidelity => fidelity::read(document, &mut history)?,
        BrokerFormat::Robinhood => robinhood::read(document, &mut history)?,
        BrokerFormat::Thinkorswim => thinkorswim::read(document, &mut history)?,
        BrokerFormat::Layout(layout) => layout::read(document, &mut history, &layout)?,
    }
    // Statements that overlap have a row twice, which the broker's identity shows.
    let mut known = HashSet::new();
    history.take_back(|row| {
        let is_given = matches!(row.identity, RowIdentity::Given(_));
        let is_new = !is_given || known.insert((row.account.clone(), row.id().into_owned()));
        (!is_new).then_some("repeated row")
    });
    // Equal rows are counted from the file's end, since files grow at their start.
    let mut seen = Counts::default();
    for row in history.rejected.iter_mut().rev() {
        row.id = format!("{}#{}", row.id, seen.next(&row.id));
    }
    history.check_acceptance()?;
    Ok(history)
}

/// The number of times that each text was seen. Only a hash of 16 bytes is kept of each text.
#[derive(Default)]
struct Counts(HashMap<Id<BrokerRow>, u32>);

impl Counts {
    fn next(&mut self, text: &str) -> u32 {
        let count = self.0.entry(Id::named(text)).or_default();
        *count += 1;
        *count
    }
}

impl BrokerHistory {
    /// Reads a row again from its stored [content](RawRow::content), by the format of this history. `None` for a row
    /// that is left out.
    ///
    /// # Errors
    /// Those of reading the row.
    pub fn reread(&self, content: &Json) -> Result<Option<BrokerRow>> {
        let fields = Fields::of_content(content);
        let reading = match &self.format {
            BrokerFormat::Tastytrade => tastytrade::row(&fields, 0),
            BrokerFormat::IbkrFlex | BrokerFormat::IbkrActivity if flex::is_stored(&fields) => {
                flex::stored_row(&fields)
            }
            BrokerFormat::IbkrFlex | BrokerFormat::IbkrActivity => activity::stored_row(&fields),
            BrokerFormat::Schwab => schwab::row(&fields, 0),
            BrokerFormat::Fidelity => fidelity::row(&fields, 0),
            BrokerFormat::Robinhood => robinhood::row(&fields, 0),
            BrokerFormat::Thinkorswim => thinkorswim::stored_row(&fields),
            BrokerFormat::Layout(layout) => layout.row(&fields, 0),
        };
        Ok(match reading? {
            Reading::Row(row) => Some(*row),
            Reading::LeftOut(_) => None,
        })
    }

    /// Returns the first accepted and the first rejected rows as they are understood, a line for each: a dry run, since
    /// reading stores nothing.
    pub fn preview(&self, rows: usize) -> String {
        let accepted = self.rows.iter().take(rows).map(|row| {
            let subject = match (row.instrument, row.symbol) {
                (Some(instrument), _) => format!(" {} {instrument} at {}", signed(row.quantity), row.price),
                (None, Some(symbol)) => format!(" {symbol}"),
                (None, None) => String::new(),
            };
            let BrokerRow { line, at, action, value, currency, costs, .. } = row;
            format!("line {line}: {at} {action}{subject}, value {value} {currency}, costs {costs}\n")
        });
        let rejected =
            self.rejected.iter().take(rows).map(|row| format!("line {}: rejected: {}\n", row.line, row.reason));
        accepted.chain(rejected).collect()
    }

    /// Adds what a row was read as, after a number of bytes of the file.
    ///
    /// # Errors
    /// Those of [`reject`](Self::reject).
    fn take(&mut self, line: u64, raw: RawRow, reading: Result<Reading>, bytes: u64) -> Result<()> {
        match reading {
            Ok(Reading::Row(row)) => self.accept(BrokerRow { line, raw, ..*row }),
            Ok(Reading::LeftOut(kind)) => self.leave_out(&kind),
            Err(error) => return self.reject((line, raw.joined().into_owned(), raw), &error, bytes),
        }
        Ok(())
    }

    /// Adds an accepted row.
    fn accept(&mut self, row: BrokerRow) {
        self.report.read += 1;
        self.report.accepted += 1;
        self.rows.push(row);
    }

    /// Counts a row that is left out, by its kind.
    fn leave_out(&mut self, kind: &str) {
        self.report.read += 1;
        self.report.leave_out(kind);
    }

    /// Takes accepted rows back that another row repeats, and counts them by the kind that `repeats` returns.
    fn take_back(&mut self, mut repeats: impl FnMut(&BrokerRow) -> Option<&'static str>) {
        let report = &mut self.report;
        self.rows.retain(|row| match repeats(row) {
            None => true,
            Some(kind) => {
                report.accepted -= 1;
                report.leave_out(kind);
                false
            }
        });
    }

    /// Adds a rejected row, after a number of bytes of the file.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) after too many rejected rows without an accepted one.
    fn reject(&mut self, (line, id, raw): (u64, String, RawRow), error: &Error, bytes: u64) -> Result<()> {
        self.report.reject(&self.file, line, error);
        if self.rejected.len() < ReadReport::MAX_REJECTIONS {
            let (id, raw) = (beginning(&id), raw.beginning());
            self.rejected.push(RejectedRow { line, id, raw, reason: reason(error) });
        }
        if self.report.accepted > 0 {
            return Ok(());
        }
        self.report.check_acceptance(&self.file, self.report.rejected, bytes)
    }

    /// Refuses a file with rows of which none was accepted.
    fn check_acceptance(&self) -> Result<()> {
        let ReadReport { accepted, rejected, .. } = self.report;
        let notes = ["line before the header", "line of notes"];
        let kinds: Vec<&str> =
            self.report.left_out.keys().map(String::as_str).filter(|it| !notes.contains(it)).collect();
        if accepted > 0 || (rejected == 0 && kinds.is_empty()) {
            return Ok(());
        }
        let error = match self.report.rejections.first() {
            Some(first) => Error::invalid_input("no row of the file was accepted")
                .with("rejected", rejected)
                .with("line", first.line)
                .with("first", &first.reason),
            None => Error::new(ErrorKind::Unsupported, "every row of the file is of a kind that is not read"),
        };
        let error = if kinds.is_empty() { error } else { error.with("sections", kinds.join(", ")) };
        Err(error.with("file", &self.file))
    }
}

/// Returns a number with the sign that people write.
fn signed(quantity: Decimal) -> String {
    if quantity.is_sign_negative() { format!("\u{2212}{}", quantity.abs()) } else { quantity.to_string() }
}

/// Returns the part of a rejected row's text to keep.
fn beginning(text: &str) -> String {
    text.chars().take(KEPT_CHARS).collect()
}
