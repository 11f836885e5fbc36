//! Brokers' histories: what was traded, expired, assigned, renamed and paid, a row at a time.
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

/// The characters of a rejected row that are kept. A broker's row has fewer than 3,000; a longer one is spoilt.
const MAX_KEPT: usize = 8_192;
/// Amounts of a journal are below this in size: 10¹².
const LIMIT: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// A format that a broker exports its history in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerFormat {
    /// The CSV of tastytrade's transaction history.
    Tastytrade,
    /// The XML of a Flex query of Interactive Brokers, with its trades by execution. Times are New York's.
    IbkrFlex,
}

impl BrokerFormat {
    /// The name as a source: `tastytrade` or `ibkr`.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Tastytrade => "tastytrade",
            Self::IbkrFlex => "ibkr",
        }
    }
}

/// What a row tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerAction {
    /// A trade that opens.
    Open,
    /// A trade that closes.
    Close,
    /// Contracts that expired. The quantity has no sign where the broker gives none.
    Expiration,
    /// Contracts that were assigned or exercised. The quantity has no sign where the broker gives none; the price is
    /// that of a settlement in cash, where the broker tells it, and otherwise zero.
    Assignment,
    /// Shares that come or go with contracts that were assigned or exercised, to open a position or to close one.
    Delivery,
    /// What is taken away by a split, a change of symbol or a merger.
    Replaced,
    /// What is put in its place.
    Replacement,
    /// A dividend.
    Dividend,
    /// Other money: fees, interest, deposits.
    Cash,
}

/// A row of a broker's history.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerRow {
    /// The line in the file, from 1; of XML the place of the execution, from 1.
    pub line: u64,
    /// The row as it stands in the file. Its [`content`](RawRow::content) is an object of its fields.
    pub raw: RawRow,
    /// The identity that tells this row from every other one of its account. [`id`](Self::id) is its text.
    pub identity: RowIdentity,
    /// When it happened.
    pub at: Timestamp,
    /// What it tells.
    pub action: BrokerAction,
    /// The stock or underlying; `None` for money that belongs to none.
    pub symbol: Option<Symbol>,
    /// The stock or contract; `None` for money.
    pub instrument: Option<Instrument>,
    /// By how much what is held changed; zero for money.
    pub quantity: Decimal,
    /// The price per share, not negative and with at most eight digits.
    pub price: Decimal,
    /// The money it brought before costs, below zero when it took some.
    pub value: Decimal,
    /// Commission and fees; below zero when they are a rebate.
    pub costs: Decimal,
    /// Shares per unit.
    pub multiplier: u32,
    /// The order it belongs to. In a box, since a history has many rows of money, which belong to none.
    pub order: Option<Box<Name>>,
    /// The broker's words.
    pub description: String,
}

impl BrokerRow {
    /// The text that tells the row from every other row of its account, in whatever file it stands.
    pub fn id(&self) -> Cow<'_, str> {
        match &self.identity {
            RowIdentity::Given(id) => Cow::Borrowed(id),
            RowIdentity::Count(count) => Cow::Owned(format!("{}#{count}", self.raw.joined())),
        }
    }
}

/// The identity of a row, which tells the row from every other one of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowIdentity {
    /// The broker's identity.
    Given(Box<str>),
    /// The row itself, which the broker gives no identity, and its place among the rows that are the same, from 1.
    Count(u32),
}

/// A row of a broker's history that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedRow {
    /// The line in the file, from 1; of XML the place of the execution, from 1.
    pub line: u64,
    /// The text that tells it from every other row of its account, as [`BrokerRow::id`], counted among the rejected
    /// rows that are kept.
    pub id: String,
    /// The row as it stands in the file; of one that is longer than 8,192 characters the beginning, as a line without
    /// names.
    pub raw: RawRow,
    /// The error of reading it, without its kind; at most 500 characters.
    pub reason: String,
}

/// A broker's history, oldest row first, and the account of reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHistory {
    /// What it is the history of.
    pub format: BrokerFormat,
    /// The file; within an archive `archive/entry`.
    pub file: Arc<str>,
    /// The rows that could be read.
    pub rows: Vec<BrokerRow>,
    /// The first [`MAX_REJECTIONS`](ReadReport::MAX_REJECTIONS) rows that could not, in the file's order. The report
    /// counts all.
    pub rejected: Vec<RejectedRow>,
    /// How many were read, accepted and rejected, and why.
    pub report: ReadReport,
}

/// Reads a file, plain, in a gzip or in a zip of its own.
///
/// A history takes at most four times the memory of its unpacked text, beside a few MiB, when its rows have the hundred
/// characters and more that brokers' rows have. The [limits](crate::Reader#limits) are those of every reader: a line,
/// an element of XML or a text between elements of 1 MiB, a document of 1 GiB, and no row accepted among the first
/// 10,000.
///
/// # Errors
/// - [`NotFound`](strikebook_core::ErrorKind::NotFound) for a file that does not exist;
/// - [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a file that is empty, not of the format, or without
///   a row that can be read among many;
/// - [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a file that is cut short or altered, or with a line that is
///   too long;
/// - [`Unsupported`](strikebook_core::ErrorKind::Unsupported) for another limit.
///
/// A row that cannot be read is no error: the report counts it.
pub fn read_file(path: impl AsRef<Path>, format: BrokerFormat) -> Result<BrokerHistory> {
    let path = path.as_ref();
    let name = path.to_string_lossy();
    let file = File::open(path).map_err(|error| io_error(error, &name))?;
    read_from(&name, file, format)
}

/// Reads what is not a file, such as bytes in memory, under a name for reports.
///
/// # Errors
/// As [`read_file`].
pub fn read_from(name: &str, input: impl Read + Seek + Send + 'static, format: BrokerFormat) -> Result<BrokerHistory> {
    let mut documents = Documents::open(name, Box::new(input))?;
    let document =
        documents.next()?.ok_or_else(|| Error::invalid_input("the archive has no file").with("file", name))?;
    let document = document.bounded();
    let file = Arc::clone(&document.name);
    let report = ReadReport::default();
    let mut history = BrokerHistory { format, file, rows: Vec::new(), rejected: Vec::new(), report };
    match format {
        BrokerFormat::Tastytrade => tastytrade::read(document, &mut history)?,
        BrokerFormat::IbkrFlex => flex::read(document, &mut history)?,
    }
    // Of equal rows each has its own count, from the file's end on: files grow at their start.
    let mut seen = Counts::default();
    for row in history.rejected.iter_mut().rev() {
        row.id = format!("{}#{}", row.id, seen.next(&row.id));
    }
    Ok(history)
}

/// The number of times that each text was met. Only a hash of 16 bytes is kept of each.
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
    /// Takes a row that was read.
    fn accept(&mut self, row: BrokerRow) {
        self.report.read += 1;
        self.report.accepted += 1;
        self.rows.push(row);
    }

    /// Takes a row that could not be read, after so many bytes of the file.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when the file is to be given up.
    fn reject(&mut self, (line, id, raw): (u64, String, RawRow), error: &Error, bytes: u64) -> Result<()> {
        self.report.reject(&self.file, line, error);
        if self.rejected.len() < ReadReport::MAX_REJECTIONS {
            let (id, raw) = (beginning(&id), raw.beginning());
            self.rejected.push(RejectedRow { line, id, raw, reason: reason(error) });
        }
        if self.report.accepted > 0 {
            return Ok(());
        }
        self.report.check_hope(&self.file, self.report.rejected, bytes)
    }
}

/// The part of a rejected row's text that is kept.
fn beginning(text: &str) -> String {
    text.chars().take(MAX_KEPT).collect()
}

/// An exact number that a journal can hold: below 10¹² in size, with at most eight digits behind the point. Thousands
/// may be separated by commas.
fn exact(field: &str, text: &str) -> Result<Decimal> {
    let digits = text.replace(',', "");
    let number = Decimal::from_str_exact(&digits).ok();
    let number = number.filter(|number| number.normalize().scale() <= SCALE && number.abs() < LIMIT);
    number.ok_or_else(|| unexpected(field, "a number below 1e12 in size with at most 8 digits behind the point", text))
}

/// Returns the amount that is paid, from two amounts that are below zero when they are paid. `fields` names both in the
/// error.
fn paid(fields: &str, one: Decimal, other: Decimal) -> Result<Decimal> {
    let sum = Decimal::ZERO.checked_sub(one).and_then(|sum| sum.checked_sub(other)).filter(|sum| sum.abs() < LIMIT);
    sum.ok_or_else(|| {
        let error = Error::invalid_input(format!("{fields} must come to less than 1e12 together"));
        error.with("one", one).with("other", other)
    })
}

/// Reads the number of shares per unit, from 1. All units together must be fewer than 10¹² shares, as a journal's are.
fn shares_per_unit(field: &str, text: &str, quantity: Decimal) -> Result<u32> {
    let multiplier = text.parse().ok().filter(|multiplier| *multiplier > 0);
    let multiplier: u32 = multiplier.ok_or_else(|| unexpected(field, "a whole number above zero", text))?;
    match quantity.checked_mul(multiplier.into()) {
        Some(shares) if shares.abs() < LIMIT => Ok(multiplier),
        _ => {
            Err(unexpected(field, "one with which the quantity comes to less than 1e12", text)
                .with("quantity", quantity))
        }
    }
}

/// The price per share that gives the money of a trade, as near as eight digits come to it.
fn price_of(field: &str, value: Decimal, quantity: Decimal, multiplier: u32) -> Result<Decimal> {
    let shares = quantity.abs().checked_mul(multiplier.into());
    let price = shares.and_then(|shares| value.abs().checked_div(shares)).filter(|price| *price < LIMIT);
    let price = price.ok_or_else(|| {
        let error = Error::invalid_input(format!("{field} by share must be below 1e12"));
        error.with("value", value).with("quantity", quantity).with("multiplier", multiplier)
    })?;
    Ok(price.round_dp(SCALE))
}

/// The broker's name of an order; `None` for an empty text.
fn order(text: &str) -> Result<Option<Box<Name>>> {
    if text.is_empty() { Ok(None) } else { Name::new(text).map(Box::new).map(Some) }
}
