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
    fs::File,
    io::{Read, Seek},
    path::Path,
};

use strikebook_core::{
    Decimal, Error, Result, Timestamp,
    market::{Instrument, Symbol},
};

use crate::{
    ReadReport,
    input::{Document, Documents, io_error},
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
    pub order: Option<String>,
    /// The broker's words.
    pub description: String,
}

/// A broker's history, oldest row first, and the account of reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHistory {
    /// What it is the history of.
    pub format: BrokerFormat,
    /// The rows that could be read.
    pub rows: Vec<BrokerRow>,
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
    let mut history = BrokerHistory { format, rows: Vec::new(), report: ReadReport::default() };
    match format {
        BrokerFormat::Tastytrade => tastytrade::read(document, &mut history)?,
        BrokerFormat::IbkrFlex => flex::read(document, &mut history)?,
    }
    Ok(history)
}

impl BrokerHistory {
    /// Takes a row, or why it is none.
    fn take(&mut self, document: &std::sync::Arc<str>, line: u64, row: Result<BrokerRow>) {
        match row {
            Ok(row) => {
                self.report.read += 1;
                self.report.accepted += 1;
                self.rows.push(row);
            }
            Err(error) => self.report.reject(document, line, &error),
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

/// The text of a document that is read whole.
fn whole(document: &mut Document) -> Result<String> {
    String::from_utf8(document.read_all()?)
        .map_err(|_| Error::invalid_input("the file must be UTF-8").with("file", &document.name))
}
