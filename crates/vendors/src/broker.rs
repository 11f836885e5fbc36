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
mod tastytrade;

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek},
    path::Path,
    sync::Arc,
};

use serde_json::Map;
use strikebook_core::{
    Decimal, Error, Json, Name, Result, Timestamp,
    market::{Instrument, Symbol},
};

use crate::{
    ReadReport,
    input::{Document, Documents, io_error},
    report::reason,
};

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
    /// Contracts that were assigned or exercised. The quantity has no sign where the broker gives none; the price is that of
    /// a settlement in cash, where the broker tells it, and otherwise zero.
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
    /// The row as it stands in the file: the fields of a line joined by `|`, or an XML element.
    pub raw: String,
    /// Its fields by their names, as the file spells them: an object of texts.
    pub content: Json,
    /// What tells it from every other row of its account, in whatever file it stands: the broker's identity, or where the
    /// broker gives none the row itself with the count of rows before it that are the same.
    pub id: String,
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
    /// The order it belongs to.
    pub order: Option<Name>,
    /// The broker's words.
    pub description: String,
}

/// A row of a broker's history that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedRow {
    /// The line in the file, from 1; of XML the place of the execution, from 1.
    pub line: u64,
    /// What tells it from every other row of its account, as [`BrokerRow::id`].
    pub id: String,
    /// Its fields by their names, as far as there are some: an object of texts.
    pub content: Json,
    /// What is wrong with it.
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
    /// The rows that could not, all of them, in the file's order.
    pub rejected: Vec<RejectedRow>,
    /// How many were read, accepted and rejected, and why.
    pub report: ReadReport,
}

/// Reads a file, plain, in a gzip or in a zip of its own.
///
/// # Errors
/// [`NotFound`](strikebook_core::ErrorKind::NotFound) when there is no such file;
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when it is empty or not of the format;
/// [`Corrupt`](strikebook_core::ErrorKind::Corrupt) when it is cut short or altered. A row that cannot be read is no error:
/// it is in the report.
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
    let file = Arc::clone(&document.name);
    let report = ReadReport::default();
    let mut history = BrokerHistory { format, file, rows: Vec::new(), rejected: Vec::new(), report };
    match format {
        BrokerFormat::Tastytrade => tastytrade::read(document, &mut history)?,
        BrokerFormat::IbkrFlex => flex::read(document, &mut history)?,
    }
    // Of equal rows each has its own count, from the file's end on: files grow at their start.
    let mut seen = HashMap::<String, u32>::new();
    for row in history.rejected.iter_mut().rev() {
        count(&mut seen, &mut row.id);
    }
    Ok(history)
}

/// Tells equal rows apart by how many there were before.
fn count(seen: &mut HashMap<String, u32>, id: &mut String) {
    let count = seen.entry(id.clone()).or_default();
    *count += 1;
    *id = format!("{id}#{count}");
}

/// The fields of a row by their names. What has no name, or one that is taken, is named by its place, from 1. The character
/// NUL, which not every engine keeps, is shown by its symbol.
fn content<'a>(names: impl IntoIterator<Item = &'a str>, fields: impl IntoIterator<Item = &'a str>) -> Result<Json> {
    let shown = |text: &str| text.replace('\0', "\u{2400}");
    let (mut content, mut names) = (Map::new(), names.into_iter());
    for (place, field) in (1..).zip(fields) {
        let name = names.next().map(shown).filter(|name| !name.is_empty() && !content.contains_key(name));
        content.insert(name.unwrap_or_else(|| format!("field {place}")), shown(field).into());
    }
    Json::new(content.into())
}

impl BrokerHistory {
    /// Takes a row, or why it is none: its line, its identity, its fields.
    fn take(&mut self, (line, id, content): (u64, &str, Json), row: Result<BrokerRow>) {
        match row {
            Ok(row) => {
                self.report.read += 1;
                self.report.accepted += 1;
                self.rows.push(BrokerRow { content, ..row });
            }
            Err(error) => {
                self.report.reject(&self.file, line, &error);
                self.rejected.push(RejectedRow { line, id: id.to_owned(), content, reason: reason(&error) });
            }
        }
    }
}

/// An exact number; thousands may be separated by commas.
fn exact(field: &str, text: &str) -> Result<Decimal> {
    let digits = text.replace(',', "");
    let number = Decimal::from_str_exact(&digits).ok();
    let number = number.filter(|number| number.normalize().scale() <= strikebook_core::money::SCALE);
    number.ok_or_else(|| crate::value::unexpected(field, "a number with at most 8 digits behind the point", text))
}

/// The price per share that gives the money of a trade, as near as eight digits come to it.
fn price_of(value: Decimal, quantity: Decimal, multiplier: u32) -> Option<Decimal> {
    let price = value.abs().checked_div(quantity.abs().checked_mul(multiplier.into())?)?;
    Some(price.round_dp(strikebook_core::money::SCALE))
}

/// The broker's name of an order; `None` for an empty text.
fn order(text: &str) -> Result<Option<Name>> {
    if text.is_empty() { Ok(None) } else { Name::new(text).map(Some) }
}

/// The text of a document that is read whole.
fn whole(document: &mut Document) -> Result<String> {
    String::from_utf8(document.read_all()?)
        .map_err(|_| Error::invalid_input("the file must be UTF-8").with("file", &document.name))
}
