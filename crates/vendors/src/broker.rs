//! Brokers' histories: trades, expirations, assignments, splits and payments, row by row.
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

mod flex;
mod raw;
mod tastytrade;

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::File,
    io::{Read, Seek},
    path::Path,
    sync::Arc,
};

use strikebook_core::{
    Decimal, Error, Id, Name, Result, Timestamp,
    market::{Instrument, Symbol},
    money::SCALE,
};

pub use raw::RawRow;

use crate::{
    ReadReport,
    input::{Documents, io_error},
    report::reason,
    value::unexpected,
};

/// The most characters of a rejected row to keep. A broker's row has fewer than 3,000; a longer one is corrupt.
const KEPT_CHARS: usize = 8_192;
/// The bound of a journal's amounts, in size: 10¹².
const LIMIT: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// The format of a broker's export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerFormat {
    /// The CSV of tastytrade's transaction history.
    Tastytrade,
    /// The XML of a Flex query of Interactive Brokers, of which the section `Trades` is read, by execution. Times are
    /// New York's.
    IbkrFlex,
}

impl BrokerFormat {
    /// Returns the format's source: `tastytrade` or `ibkr`.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Tastytrade => "tastytrade",
            Self::IbkrFlex => "ibkr",
        }
    }
}

/// The kind of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerAction {
    /// A trade that opens a position.
    Open,
    /// A trade that closes a position.
    Close,
    /// An expiration of contracts. The quantity has no sign where the broker writes none.
    Expiration,
    /// An assignment or exercise of contracts. The quantity has no sign where the broker writes none; the price is that
    /// of a cash settlement, where the broker has it, and otherwise zero.
    Assignment,
    /// Shares delivered by assigned or exercised contracts, to open a position or to close one.
    Delivery,
    /// A position that a split, a change of symbol or a merger removes.
    Replaced,
    /// The position in its place.
    Replacement,
    /// A dividend.
    Dividend,
    /// Other money: fees, interest, deposits.
    Cash,
}

/// A row of a broker's history.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerRow {
    /// The line in the file, from 1; of XML the position of the execution, from 1.
    pub line: u64,
    /// The row as it is in the file. Its [`content`](RawRow::content) is an object of its fields.
    pub raw: RawRow,
    /// The identity of the row within its account. [`id`](Self::id) is its text.
    pub identity: RowIdentity,
    /// The instant of the event.
    pub at: Timestamp,
    /// The kind of the row.
    pub action: BrokerAction,
    /// The stock or underlying; `None` for money of neither.
    pub symbol: Option<Symbol>,
    /// The stock or contract; `None` for money.
    pub instrument: Option<Instrument>,
    /// The change of the units held; zero for money.
    pub quantity: Decimal,
    /// The price per share, not negative and with at most eight digits.
    pub price: Decimal,
    /// The money received before costs, below zero for a payment.
    pub value: Decimal,
    /// The commission and fees, below zero for a rebate.
    pub costs: Decimal,
    /// The shares per unit.
    pub multiplier: u32,
    /// The order of the trade. In a box, since many rows of a history are money without an order.
    pub order: Option<Box<Name>>,
    /// The broker's description.
    pub description: String,
}

impl BrokerRow {
    /// Returns the text that identifies the row among all rows of its account, whichever file holds it.
    pub fn id(&self) -> Cow<'_, str> {
        match &self.identity {
            RowIdentity::Given(id) => Cow::Borrowed(id),
            RowIdentity::Count(count) => Cow::Owned(format!("{}#{count}", self.raw.joined())),
        }
    }
}

/// The identity of a row within its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowIdentity {
    /// The broker's identity.
    Given(Box<str>),
    /// The row itself, which has no identity of the broker's, and its position among equal rows, from 1.
    Count(u32),
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedRow {
    /// The line in the file, from 1; of XML the position of the execution, from 1.
    pub line: u64,
    /// The text that identifies the row among all rows of its account, as [`BrokerRow::id`], counted among the kept
    /// rejected rows.
    pub id: String,
    /// The row as it is in the file; of one that is longer than 8,192 characters the beginning, as a line without
    /// column names.
    pub raw: RawRow,
    /// The error of reading the row, without its kind; at most 500 characters.
    pub reason: String,
}

/// A broker's history, oldest row first, with the report of reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHistory {
    /// The format of the file.
    pub format: BrokerFormat,
    /// The name of the file; within an archive `archive/entry`.
    pub file: Arc<str>,
    /// The accepted rows.
    pub rows: Vec<BrokerRow>,
    /// The first [`MAX_REJECTIONS`](ReadReport::MAX_REJECTIONS) rejected rows, in the order of the file. The report
    /// counts all.
    pub rejected: Vec<RejectedRow>,
    /// The counts of read, accepted and rejected rows, with the reasons.
    pub report: ReadReport,
}

/// Reads a file, plain, in a gzip or in a zip of its own.
///
/// A history takes at most four times the memory of its unpacked text, beside a few MiB, when its rows have the hundred
/// characters and more that brokers' rows have. The [limits](crate::Reader#limits) are those of every reader: 1 MiB for
/// a line, an element of XML or a text between elements, 1 GiB for a document, and a row accepted among the first
/// 10,000.
///
/// # Errors
/// - [`NotFound`](strikebook_core::ErrorKind::NotFound) for a file that does not exist;
/// - [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a file that is empty, of another format, or without
///   a readable row among many;
/// - [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a file that is truncated or altered, and for a line that is
///   too long;
/// - [`Unsupported`](strikebook_core::ErrorKind::Unsupported) for a Flex query without the section `Trades`, with the
///   names of its `sections`, and for the other limits.
///
/// A row that cannot be read is no error: the report counts it. Sections of a Flex query other than `Trades` are listed
/// as [`ignored`](ReadReport::ignored).
pub fn read_file(path: impl AsRef<Path>, format: BrokerFormat) -> Result<BrokerHistory> {
    let path = path.as_ref();
    let name = path.to_string_lossy();
    let file = File::open(path).map_err(|error| io_error(error, &name))?;
    read_from(&name, file, format)
}

/// Reads an input other than a file, such as bytes in memory, under a name for reports.
///
/// # Errors
/// As [`read_file`].
pub fn read_from(name: &str, input: impl Read + Seek + Send + 'static, format: BrokerFormat) -> Result<BrokerHistory> {
    let mut documents = Documents::open(name, Box::new(input))?;
    let document =
        documents.next()?.ok_or_else(|| Error::invalid_input("the archive has no entries").with("file", name))?;
    let document = document.bounded();
    let file = Arc::clone(&document.name);
    let report = ReadReport::default();
    let mut history = BrokerHistory { format, file, rows: Vec::new(), rejected: Vec::new(), report };
    match format {
        BrokerFormat::Tastytrade => tastytrade::read(document, &mut history)?,
        BrokerFormat::IbkrFlex => flex::read(document, &mut history)?,
    }
    // Equal rows are counted from the file's end, since files grow at their start.
    let mut seen = Counts::default();
    for row in history.rejected.iter_mut().rev() {
        row.id = format!("{}#{}", row.id, seen.next(&row.id));
    }
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
    /// Adds an accepted row.
    fn accept(&mut self, row: BrokerRow) {
        self.report.read += 1;
        self.report.accepted += 1;
        self.rows.push(row);
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
}

/// Returns the part of a rejected row's text to keep.
fn beginning(text: &str) -> String {
    text.chars().take(KEPT_CHARS).collect()
}

/// Reads an exact number that a journal can hold: below 10¹² in size, with at most eight decimal places. Thousands may
/// be separated by commas.
fn exact(field: &str, text: &str) -> Result<Decimal> {
    let digits = text.replace(',', "");
    let number = Decimal::from_str_exact(&digits).ok();
    let number = number.filter(|number| number.normalize().scale() <= SCALE && number.abs() < LIMIT);
    number.ok_or_else(|| unexpected(field, "a number below 1e12 in size with at most 8 decimal places", text))
}

/// Returns the amount paid, from two amounts that are below zero for payments. `fields` names both in the error.
fn paid(fields: &str, one: Decimal, other: Decimal) -> Result<Decimal> {
    let sum = Decimal::ZERO.checked_sub(one).and_then(|sum| sum.checked_sub(other)).filter(|sum| sum.abs() < LIMIT);
    sum.ok_or_else(|| {
        let error = Error::invalid_input(format!("the sum of {fields} must be below 1e12 in size"));
        error.with("one", one).with("other", other)
    })
}

/// Reads the number of shares per unit, from 1. All units together must be fewer than 10¹² shares, as in a journal.
fn shares_per_unit(field: &str, text: &str, quantity: Decimal) -> Result<u32> {
    let multiplier = text.parse().ok().filter(|multiplier| *multiplier > 0);
    let multiplier: u32 = multiplier.ok_or_else(|| unexpected(field, "a whole number above zero", text))?;
    match quantity.checked_mul(multiplier.into()) {
        Some(shares) if shares.abs() < LIMIT => Ok(multiplier),
        _ => Err(unexpected(field, "a number whose product with the quantity is below 1e12", text)
            .with("quantity", quantity)),
    }
}

/// Returns the price per share that gives the money of a trade, to eight decimal places.
fn price_of(field: &str, value: Decimal, quantity: Decimal, multiplier: u32) -> Result<Decimal> {
    let shares = quantity.abs().checked_mul(multiplier.into());
    let price = shares.and_then(|shares| value.abs().checked_div(shares)).filter(|price| *price < LIMIT);
    let price = price.ok_or_else(|| {
        let error = Error::invalid_input(format!("{field} per share must be below 1e12"));
        error.with("value", value).with("quantity", quantity).with("multiplier", multiplier)
    })?;
    Ok(price.round_dp(SCALE))
}

/// Reads the broker's name of an order; `None` for an empty text.
fn order(text: &str) -> Result<Option<Box<Name>>> {
    if text.is_empty() { Ok(None) } else { Name::new(text).map(Box::new).map(Some) }
}
