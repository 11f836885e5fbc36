//! LEAN's factor and map files: splits and dividends, and the symbols of a company.
//!
//! A row of a factor file is `date,price factor,split factor,close`: the product of the factors turns a price of that
//! day and of the days back to the row before into today's. The date is the last trading day before an ex-date, and the
//! close the last one before it, so that an action follows from two neighbours (`QuantConnect` LEAN,
//! `Common/Data/Auxiliary/CorporateFactorRow.cs`):
//!
//! - a dividend of close × (1 − price factor ∕ next price factor),
//! - a split of split factor ∕ next split factor old shares for one new share.
//!
//! Factors are rounded. A dividend is the shortest decimal within their precision, a split the simplest fraction of
//! numbers up to 100 within it, otherwise the quotient with eight decimals.
//!
//! A row of a map file is `last day,symbol`: the company had the symbol up to that day. The first row has the first day
//! of the data, which for 1998-01-02 says nothing about the company.

use std::path::Path;

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Error, Name, Result, Source,
    market::{ActionKind, CorporateAction, Symbol, calendar},
};

use crate::{
    input::{Document, Documents, io_error},
    reader::{self, Sink},
    text::{Row, Table},
    value, zone,
};

/// The first day of LEAN's data of the United States.
const FIRST_DAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(1998, 1, 2);
/// The date of a last row that still holds.
const STILL: Option<NaiveDate> = NaiveDate::from_ymd_opt(2050, 12, 31);
/// The relative precision of split factors: some have five digits.
const SPLIT_PRECISION: f64 = 5e-6;
/// The step of price factors.
const PRICE_STEP: f64 = 1e-7;

/// The symbols of a company, each with the last day on which the company had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeanSymbols(Vec<(NaiveDate, Symbol)>);

impl LeanSymbols {
    /// Creates the symbols of a company that never changed its own.
    pub fn always(symbol: Symbol) -> Self {
        Self(vec![(NaiveDate::MAX, symbol)])
    }

    /// Reads a map file.
    ///
    /// # Errors
    /// As [`read_file`](crate::read_file), and [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a row
    /// that is not a later day and a symbol.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let name = path.as_ref().to_string_lossy();
        let file = std::fs::File::open(path.as_ref()).map_err(|error| io_error(error, &name))?;
        let mut documents = Documents::open(&name, Box::new(file))?;
        let mut symbols = Vec::new();
        while let Some(document) = documents.next()? {
            let mut table = Table::new(document, b',');
            while table.advance()? {
                let row = table.row().and_then(mapping).map_err(|error| table.error(error))?;
                if symbols.last().is_some_and(|(last, _)| *last >= row.0) {
                    return Err(table.error(Error::invalid_input("the days of a map file must ascend")));
                }
                symbols.push(row);
            }
        }
        if symbols.is_empty() {
            return Err(Error::invalid_input("a map file must have a row").with("file", name));
        }
        Ok(Self(symbols))
    }

    /// Returns the symbols of the factor file at a path: those of the map file of the same name in the folder
    /// `map_files` beside, or else the file's name.
    pub(crate) fn of_factor_file(path: &Path) -> Result<Self> {
        let beside = path.parent().and_then(Path::parent).zip(path.file_name());
        let map = beside.map(|(folder, name)| folder.join("map_files").join(name));
        match map.filter(|map| map.is_file()) {
            Some(map) => Self::read(map),
            None => Ok(Self::always(of_file_name(path)?)),
        }
    }

    /// Returns the symbol on a day; the last one after the company's end.
    fn on(&self, day: NaiveDate) -> Option<Symbol> {
        let on_day = self.0.iter().find(|(last, _)| day <= *last);
        on_day.or(self.0.last()).map(|(_, symbol)| *symbol)
    }
}

/// Returns the symbol in a file's name: `AAA` of `aaa.1.csv`, an earlier company with that symbol, `TAP.A` of
/// `tap.a.csv`.
fn of_file_name(path: &Path) -> Result<Symbol> {
    let unnamed = || Error::invalid_input("a factor file must be named by its symbol").with("file", path.display());
    let name = path.file_stem().ok_or_else(unnamed)?.to_string_lossy().to_ascii_uppercase();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let symbol = name.rsplit_once('.').filter(|(_, number)| is_number(number)).map_or(&*name, |(symbol, _)| symbol);
    Symbol::new(symbol)
}

/// Reads a row of a map file.
fn mapping(row: Row<'_>) -> Result<(NaiveDate, Symbol)> {
    Ok((day(row)?, Symbol::new(&row.text(1)?.to_ascii_uppercase())?))
}

fn day(row: Row<'_>) -> Result<NaiveDate> {
    value::date("the date", row.text(0)?, &["%Y%m%d"])
}

/// Returns the trading day after a day.
fn next_trading_day(day: NaiveDate) -> Result<NaiveDate> {
    let next = day.iter_days().skip(1).find(|day| calendar::is_trading_day(*day));
    next.ok_or_else(|| Error::invalid_input("the date has no trading day after it").with("day", day))
}

/// Creates an action that was known when its date's session opened.
fn action(symbol: Symbol, kind: ActionKind, date: NaiveDate, source: &Source) -> Result<CorporateAction> {
    let action = CorporateAction::new(symbol, kind, date, source.clone())?;
    Ok(action.with_recorded_at(zone::open_on(date)?))
}

/// A row of a factor file.
#[derive(Clone, Copy, Debug, PartialEq)]
struct FactorRow {
    line: u64,
    day: NaiveDate,
    price: f64,
    split: f64,
    close: Option<f64>,
}

impl FactorRow {
    fn read(line: u64, row: Row<'_>) -> Result<Self> {
        let factor = |name: &'static str, column| {
            let text = row.text(column)?;
            let factor = value::number(name, text)?;
            let is_factor = factor > 0.0 && factor.is_finite();
            if is_factor { Ok(factor) } else { Err(value::unexpected(name, "a finite number above zero", text)) }
        };
        let close = row.number("the close", 3)?.filter(|close| *close > 0.0);
        Ok(Self {
            line,
            day: day(row)?,
            price: factor("the price factor", 1)?,
            split: factor("the split factor", 2)?,
            close,
        })
    }

    /// Returns true for the factors of a file's last row.
    fn is_one(self) -> bool {
        (self.price, self.split) == (1.0, 1.0)
    }

    /// Returns the dividend between this row and the next, per share.
    fn dividend(self, next: Self) -> Result<Option<Decimal>> {
        let part = 1.0 - self.price / next.price;
        if part.abs() <= PRICE_STEP {
            return Ok(None);
        }
        let close = self.close.ok_or_else(|| Error::invalid_input("a dividend needs the close before it"))?;
        let amount = close * part;
        // Half a step in each factor, and half a cent in the close.
        let precision = close * PRICE_STEP / next.price + amount * 0.005 / close;
        Ok((amount > precision).then(|| shortest(amount, precision)).flatten())
    }

    /// Returns the new and the old shares of the split between this row and the next.
    fn split(self, next: Self) -> Option<(Decimal, Decimal)> {
        let old = self.split / next.split;
        if (old - 1.0).abs() <= SPLIT_PRECISION {
            return None;
        }
        let is_near = |(new, shares): &(u32, f64)| (shares / f64::from(*new) - old).abs() <= old * SPLIT_PRECISION;
        let fractions = (1..=100_u32).map(|new| (new, (old * f64::from(new)).round()));
        let simple = fractions.filter(|(_, shares)| (1.0..=100.0).contains(shares)).find(is_near);
        match simple {
            Some((new, shares)) => Some((new.into(), Decimal::try_from(shares).ok()?)),
            None => Some((Decimal::ONE, Decimal::try_from(old).ok()?.round_dp(8))),
        }
    }
}

/// Returns the decimal with the fewest places within a distance of a number.
fn shortest(number: f64, distance: f64) -> Option<Decimal> {
    let exact = Decimal::try_from(number).ok()?;
    (0..=8)
        .map(|places| exact.round_dp(places))
        .find(|rounded| f64::try_from(*rounded).is_ok_and(|rounded| (rounded - number).abs() <= distance))
}

/// The actions of a factor file.
#[derive(Debug)]
pub(crate) struct FactorRows {
    table: Table,
    symbols: LeanSymbols,
    source: Source,
    currency: Name,
    /// The last two rows. Their actions are read once the second is known to be whole.
    rows: (Option<FactorRow>, Option<FactorRow>),
}

impl FactorRows {
    pub(crate) fn open(document: Document, symbols: LeanSymbols, source: Source) -> Result<Self> {
        // The last row of a whole file has factors of 1, which proves that the text is whole.
        let document = Document { sealed: true, ..document };
        let currency = Name::new("USD")?;
        Ok(Self { table: Table::new(document, b','), symbols, source, currency, rows: (None, None) })
    }

    /// Passes the actions between the last two rows on.
    fn take_actions(&mut self, sink: &mut Sink<'_>) {
        let (Some(row), Some(next)) = self.rows else { return };
        self.rows.0 = None;
        let symbol = |date| self.symbols.on(date).ok_or_else(|| Error::invalid_input("the day has no symbol"));
        let of_kind = |kind| {
            let date = next_trading_day(row.day)?;
            action(symbol(date)?, kind, date, &self.source)
        };
        if let Some((new, old)) = row.split(next) {
            sink.take(row.line, of_kind(ActionKind::Split).map(|split| split.with_ratio(new, old)));
        }
        if let Some(amount) = row.dividend(next).transpose() {
            let dividend = of_kind(ActionKind::CashDividend);
            let paid = |dividend: CorporateAction| Ok(dividend.with_amount(amount?, self.currency));
            sink.take(row.line, dividend.and_then(paid));
        }
    }
}

impl reader::DocumentRows for FactorRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.table.advance()? {
            if let (Some(row), Some(_)) = self.rows {
                let message = "the file ends with factors other than 1: it is cut off";
                sink.reject(row.line, &Error::invalid_input(message));
            }
            return Ok(false);
        }
        let line = self.table.number();
        // A row follows, so the one before it is whole.
        self.take_actions(sink);
        match self.table.row().and_then(|row| FactorRow::read(line, row)) {
            Ok(row) if self.rows.1.is_some_and(|last| last.day >= row.day) => {
                sink.reject(line, &Error::invalid_input("the days of a factor file must ascend").with("day", row.day));
            }
            Ok(row) => {
                self.rows = (self.rows.1, Some(row));
                if row.is_one() {
                    self.take_actions(sink);
                }
            }
            Err(error) => {
                sink.reject(line, &error);
                // No action follows from neighbours of an unknown row.
                self.rows = (None, None);
            }
        }
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }
}

/// The changes of symbol of a map file, and the company's first and last day.
#[derive(Debug)]
pub(crate) struct MapRows {
    table: Table,
    source: Source,
    last: Option<(u64, NaiveDate, Symbol)>,
}

impl MapRows {
    pub(crate) fn open(document: Document, source: Source) -> Self {
        Self { table: Table::new(document, b','), source, last: None }
    }
}

impl reader::DocumentRows for MapRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.table.advance()? {
            if let Some((line, day, symbol)) = self.last.filter(|(_, day, _)| Some(*day) < STILL) {
                let ended = |date| action(symbol, ActionKind::Delisting, date, &self.source);
                sink.take(line, next_trading_day(day).and_then(ended));
            }
            return Ok(false);
        }
        let line = self.table.number();
        let row = self.table.row().and_then(mapping);
        let (day, symbol) = match row {
            Ok((day, symbol)) if self.last.is_none_or(|(_, last, _)| last < day) => (day, symbol),
            Ok((day, _)) => {
                sink.reject(line, &Error::invalid_input("the days of a map file must ascend").with("day", day));
                return Ok(true);
            }
            Err(error) => {
                sink.reject(line, &error);
                return Ok(true);
            }
        };
        match self.last {
            None if Some(day) != FIRST_DAY => sink.take(line, action(symbol, ActionKind::Listing, day, &self.source)),
            Some((_, last, former)) if former != symbol => {
                let renamed = |date| action(former, ActionKind::SymbolChange, date, &self.source);
                let renamed = next_trading_day(last).and_then(renamed);
                sink.take(line, renamed.map(|renamed| renamed.with_counterpart(symbol)));
            }
            _ => {}
        }
        self.last = Some((line, day, symbol));
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }
}
