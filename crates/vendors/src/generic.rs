//! Any CSV, by a layout.

mod field;
mod layout;
mod parse;
mod time;

use std::{cell::RefCell, collections::BTreeMap};

use chrono::NaiveDate;
use layout::{Content, Origin, Origins};
use strikebook_core::{
    Decimal, Error, Name, Result, Source, Timestamp,
    market::{
        ActionKind, Bar, BarKey, CorporateAction, Fundamentals, Instrument, Observation, OptionContract, OptionQuote,
        OptionRoot, SeriesId, Strike, Symbol, Timeframe, UnderlyingQuote,
    },
};

pub use field::CsvField;
pub use layout::{CsvLayout, CsvPart};
pub use time::{BarLabel, TimeFormat};

use crate::{
    Record, crypto,
    input::Document,
    number,
    reader::{self, Sink},
    text::{Header, Row, Table},
    value, zone,
};

/// The lines at the start of a file among which the column names are looked for.
const HEADING_LINES: usize = 20;
/// The days that a quote's time may be from the day in the file's name without a warning: a long weekend, and a
/// download some days later.
const DAYS_AROUND_FILE: i64 = 7;
const ROUNDED: &str = "a fractional count was rounded to a whole number";
const OPEN_END: &str = "the last line has no line end: it may be truncated";
const FAR_FROM_FILE: &str = "the time is more than seven days from the day in the file's name";

/// The rows of a CSV file.
#[derive(Debug)]
pub(crate) struct CsvRows {
    table: Table,
    layout: RowLayout,
}

impl CsvRows {
    pub(crate) fn open(document: Document, source: Source, layout: &CsvLayout, at: Option<Timestamp>) -> Result<Self> {
        let (name, entry) = (document.name.clone(), document.entry.clone());
        let mut table = Table::new(document, layout.delimiter).with_open_end();
        let header = if layout.header { Some(find_header(&mut table, layout)?) } else { None };
        let mut below = Vec::new();
        for _ in 0..layout.below_header {
            let fields = if table.advance()? { Some(table.row().map(Header::of)) } else { None };
            below.extend(fields.transpose().map_err(|error| table.error(error))?);
        }
        let place = Place { header: header.as_ref(), below: &below, entry: &entry };
        let cells = |origins: &Origins| -> Result<Cells> {
            let found = origins.iter().map(|(field, origin)| Ok(place.find(origin)?.map(|cell| (*field, cell))));
            found.filter_map(Result::transpose).collect()
        };
        let parts = layout.parts.iter().map(|part| cells(&part.origins)).collect::<Result<Vec<_>>>();
        let cells = cells(&layout.origins).map_err(|error| error.with("file", &name))?;
        let parts = parts.map_err(|error| error.with("file", &name))?;
        let required = layout.required.iter().map(|(column, text)| match &header {
            Some(header) => Ok((header.need(column)?, text.clone())),
            None => Err(Error::invalid_config("a column is named, but the file has no header")),
        });
        let required = required.collect::<Result<_>>().map_err(|error| error.with("file", &name))?;
        let columns = header.as_ref().map(Header::len);
        let day = if at.is_none() { day_of_name(&entry) } else { None };
        Ok(Self {
            table,
            layout: RowLayout { source, layout: layout.clone(), cells, parts, required, columns, at, day },
        })
    }
}

/// Finds the line of column names: the first that has all columns that the layout names.
fn find_header(table: &mut Table, layout: &CsvLayout) -> Result<Header> {
    let mut refusal: Option<(usize, Error)> = None;
    for _ in 0..HEADING_LINES {
        if !table.advance()? {
            break;
        }
        let (missing, error) = match table.row().map(Header::of) {
            Ok(header) => match missing_columns(&header, layout) {
                None => return Ok(header),
                Some(missing) => missing,
            },
            Err(error) => (usize::MAX, error),
        };
        // The line that comes nearest says best what is missing.
        if refusal.as_ref().is_none_or(|(least, _)| missing < *least) {
            refusal = Some((missing, table.error(error)));
        }
    }
    Err(match refusal {
        Some((_, error)) => error,
        None => table.error(Error::invalid_input("the file has no header of column names")),
    })
}

/// Returns the number of named columns that a header lacks, with the error of the first; `None` if it has all.
fn missing_columns(header: &Header, layout: &CsvLayout) -> Option<(usize, Error)> {
    let origins = layout.origins.values().chain(layout.parts.iter().flat_map(|part| part.origins.values()));
    let errors = origins.filter_map(|origin| match origin {
        Origin::Column(name) => header.need(name).err(),
        _ => None,
    });
    let required = layout.required.iter().filter_map(|(column, _)| header.need(column).err());
    let mut errors = errors.chain(required);
    let first = errors.next()?;
    Some((1 + errors.count(), first))
}

/// Returns the only day in a file's name: `20240105`, `2024-01-05`, `2024_01_05`.
fn day_of_name(name: &str) -> Option<NaiveDate> {
    let mut days = (0..name.len()).filter_map(|start| {
        let before = start.checked_sub(1).and_then(|before| name.as_bytes().get(before));
        let digits = |length: usize| {
            let text = name.get(start..start + length)?;
            let ends = !name.as_bytes().get(start + length).is_some_and(u8::is_ascii_digit);
            Some(text).filter(|_| ends && !before.is_some_and(u8::is_ascii_digit))
        };
        let plain = digits(8).and_then(|text| NaiveDate::parse_from_str(text, "%Y%m%d").ok());
        let parted = || {
            let formats = ["%Y-%m-%d", "%Y_%m_%d"];
            let text = digits(10)?;
            formats.iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        };
        plain.or_else(parted).and_then(value::plausible)
    });
    let day = days.next()?;
    days.all(|other| other == day).then_some(day)
}

impl reader::DocumentRows for CsvRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.table.advance()? {
            return Ok(false);
        }
        let (line, is_open) = (self.table.number(), self.table.is_open());
        let row = self.table.row();
        for part in 0..self.layout.parts.len().max(1) {
            let reservations = RefCell::new(Vec::new());
            // A malformed line counts as many rejections as it has records.
            let record = match &row {
                Ok(row) => self.layout.read(*row, part, &reservations).transpose(),
                Err(error) => {
                    sink.reject(line, error);
                    continue;
                }
            };
            let Some(record) = record else {
                sink.blank();
                continue;
            };
            if sink.offer(line, record) {
                reservations
                    .into_inner()
                    .into_iter()
                    .chain(is_open.then_some(OPEN_END))
                    .for_each(|text| sink.warn(text));
            }
        }
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }
}

/// The place of a field's text in a file.
#[derive(Debug)]
enum Cell {
    Column(usize),
    Constant(String),
}

/// The places of fields.
type Cells = BTreeMap<CsvField, Cell>;

/// A file's places in which fields are found.
struct Place<'a> {
    header: Option<&'a Header>,
    below: &'a [Header],
    entry: &'a str,
}

impl Place<'_> {
    fn find(&self, origin: &Origin) -> Result<Option<Cell>> {
        Ok(Some(match (origin, self.header) {
            (Origin::Column(name), Some(header)) => Cell::Column(header.need(name)?),
            (Origin::AnyColumn(names), Some(header)) => {
                let Some(name) = names.iter().find(|name| header.find(name).is_some()) else { return Ok(None) };
                Cell::Column(header.need(name)?)
            }
            (Origin::Column(_) | Origin::AnyColumn(_), None) => {
                return Err(Error::invalid_config("a column is named, but the file has no header"));
            }
            (Origin::Position(position), _) => Cell::Column(*position),
            (Origin::Constant(text), _) => Cell::Constant(text.clone()),
            (Origin::BelowHeader(line, position), _) => {
                let fields = line.checked_sub(1).and_then(|line| self.below.get(line));
                let text = fields.and_then(|fields| fields.names().nth(*position));
                let missing = || Error::invalid_input("a line below the column names lacks a field");
                Cell::Constant(text.ok_or_else(missing)?.to_owned())
            }
            (Origin::FileName(separator), _) => {
                let missing = || {
                    let message = "the file's name must begin with the symbol and a separator: or give the symbol";
                    Error::invalid_input(message).with("expected", format_args!("SYMBOL{separator}"))
                };
                let (text, _) = self.entry.split_once(separator.as_str()).ok_or_else(missing)?;
                Cell::Constant(text.to_ascii_uppercase())
            }
        }))
    }
}

/// A layout, resolved for the columns of a file.
#[derive(Debug)]
struct RowLayout {
    source: Source,
    layout: CsvLayout,
    cells: Cells,
    /// The cells of each record's own; empty for lines of one record.
    parts: Vec<Cells>,
    /// The columns that must have a text, with that text.
    required: Vec<(usize, String)>,
    /// The number of columns in the header; `None` without a header.
    columns: Option<usize>,
    /// The instant of all rows, if the caller gives it.
    at: Option<Timestamp>,
    /// The day in the file's name.
    day: Option<NaiveDate>,
}

impl RowLayout {
    /// Reads a record of a row; `None` for a day without a value, and for a part without any.
    fn read(&self, row: Row<'_>, part: usize, reservations: &RefCell<Vec<&'static str>>) -> Result<Option<Record>> {
        if let Some(columns) = self.columns {
            row.expect(columns)?;
        }
        for (column, expected) in &self.required {
            let text = row.text(*column)?;
            if text != expected {
                let message = "the row is of another kind than the layout's";
                return Err(Error::invalid_input(message).with("found", text).with("expected", expected));
            }
        }
        let row = Fields { reading: self, row, own: self.parts.get(part), part, reservations };
        if row.is_blank()? {
            return Ok(None);
        }
        let source = self.source.clone();
        Ok(Some(match self.layout.content {
            Content::OptionQuotes => row.of_option(source)?,
            Content::UnderlyingQuotes => row.of_underlying(source)?,
            Content::Quotes => match row.instrument()? {
                Instrument::Option(_) => row.of_option(source)?,
                Instrument::Symbol(_) => row.of_underlying(source)?,
            },
            Content::Bars(timeframe, label) => Record::Bar(row.bar(timeframe, label, source)?),
            Content::CorporateActions => Record::Action(row.corporate_action(source)?),
            Content::Fundamentals => Record::Fundamentals(row.fundamentals(source)?),
            Content::Observations => return Ok(row.observation(source)?.map(Record::Observation)),
        }))
    }
}

/// The fields of a record in a row.
#[derive(Clone, Copy)]
struct Fields<'a> {
    reading: &'a RowLayout,
    row: Row<'a>,
    /// The cells of the record's own, on a line of several.
    own: Option<&'a Cells>,
    /// The position of the record on its line.
    part: usize,
    /// The reservations with which the record is read.
    reservations: &'a RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    /// Returns the text of a field; `None` when it is missing.
    fn find(self, field: CsvField) -> Result<Option<&'a str>> {
        let cell = self.own.and_then(|own| own.get(&field)).or_else(|| self.reading.cells.get(&field));
        let layout = &self.reading.layout;
        let text = match cell {
            None => return Ok(None),
            Some(Cell::Column(column)) => self.row.text(*column)?,
            Some(Cell::Constant(text)) => text,
        };
        if layout.is_missing(text) {
            return Ok(None);
        }
        Ok(Some(layout.without_prefix(field, text)))
    }

    /// Returns true for a record of several on a line all of whose own columns are missing.
    fn is_blank(self) -> Result<bool> {
        let Some(own) = self.own else { return Ok(false) };
        let mut columns = own.iter().filter(|(_, cell)| matches!(cell, Cell::Column(_))).peekable();
        let has_columns = columns.peek().is_some();
        for (field, _) in columns {
            if self.find(*field)?.is_some() {
                return Ok(false);
            }
        }
        Ok(has_columns)
    }

    fn of_option(self, source: Source) -> Result<Record> {
        let quote = self.option_quote(source)?;
        if self.reading.day != Some(quote.contract.expiration()) {
            self.compare_with_file(quote.at);
        }
        Ok(Record::Quote(quote))
    }

    fn of_underlying(self, source: Source) -> Result<Record> {
        let quote = self.underlying_quote(source)?;
        self.compare_with_file(quote.at);
        Ok(Record::Underlying(quote))
    }

    /// Notes a time that is far from the day in the file's name.
    fn compare_with_file(self, at: Timestamp) {
        if let Some(day) = self.reading.day
            && (at.new_york_date() - day).num_days().abs() > DAYS_AROUND_FILE
        {
            self.note(FAR_FROM_FILE);
        }
    }

    /// Notes a reservation, once a record.
    fn note(self, text: &'static str) {
        let mut reservations = self.reservations.borrow_mut();
        if !reservations.contains(&text) {
            reservations.push(text);
        }
    }

    fn need(self, field: CsvField) -> Result<&'a str> {
        let missing = || Error::invalid_input("a required field of the record is missing").with("field", field);
        self.find(field)?.ok_or_else(missing)
    }

    fn number(self, field: CsvField) -> Result<Option<f64>> {
        let number = self.find(field)?.map(|text| self.number_in(field, text)).transpose()?;
        Ok(number.filter(|number| !self.reading.layout.is_missing_number(field, *number)))
    }

    fn needed_number(self, field: CsvField) -> Result<f64> {
        self.number_in(field, self.need(field)?)
    }

    /// Reads a number in the library's units.
    fn number_in(self, field: CsvField, text: &str) -> Result<f64> {
        let layout = &self.reading.layout;
        let Some(plain) = number::plain(text, layout.decimal_comma) else {
            // The standard library's words for what is no finite number must reach `validate`.
            return value::number(field.name(), text)
                .ok()
                .filter(|number| !number.is_finite())
                .ok_or_else(|| value::unexpected(field.name(), "a number", text));
        };
        let number = value::number(field.name(), &plain.text)?;
        Ok(if plain.is_percent { number / 100.0 } else { layout.scale(field, number, plain.is_integer()) })
    }

    /// Reads a count. A fractional one is rounded, and noted.
    fn count(self, field: CsvField) -> Result<Option<u64>> {
        let Some(text) = self.find(field)? else { return Ok(None) };
        let expected = || value::unexpected(field.name(), "a number of contracts or shares, not negative", text);
        let plain = number::plain(text, self.reading.layout.decimal_comma).filter(|plain| !plain.is_percent);
        let plain = plain.ok_or_else(expected)?;
        if let Ok(count) = value::count(field.name(), &plain.text) {
            return Ok(Some(count));
        }
        let number = value::number(field.name(), &plain.text)?;
        let rounded = value::whole(Some(number.round())).filter(|_| number >= 0.0).ok_or_else(expected)?;
        self.note(ROUNDED);
        Ok(Some(rounded))
    }

    /// Returns the instant: that of the whole file, or of the row, whose date and time of day may be in two columns.
    fn at(self) -> Result<Timestamp> {
        if let Some(at) = self.reading.at {
            return Ok(at);
        }
        let layout = &self.reading.layout;
        let time = layout.parts.get(self.part).and_then(|part| part.time.as_ref());
        time.map_or(&layout.time, |time| time).read(
            self.need(CsvField::Time)?,
            self.find(CsvField::TimeOfDay)?,
            layout.zone,
        )
    }

    /// Returns the contract of the symbol, with which its parts must agree, or of the parts.
    fn contract(self) -> Result<OptionContract> {
        let option_type = self.find(CsvField::OptionType)?.map(str::parse).transpose()?;
        let strike = self.number(CsvField::Strike)?;
        let dates = [self.reading.layout.dates.as_str()];
        let expiration =
            self.find(CsvField::Expiration)?.map(|text| value::date("expiration", text, &dates)).transpose()?;
        if let Some(symbol) = self.find(CsvField::Symbol)? {
            let contract = symbol.parse().map_err(|error| match crypto::refusal(symbol) {
                Some(refusal) => refusal,
                None => error,
            })?;
            value::agree(&contract, option_type, strike, expiration)?;
            return Ok(contract);
        }
        let root = OptionRoot::new(self.need(CsvField::Root)?)?;
        let (Some(option_type), Some(strike), Some(expiration)) = (option_type, strike, expiration) else {
            return Err(Error::invalid_input("a contract needs a symbol, or all of root, expiration, type and strike"));
        };
        OptionContract::new(root, expiration, option_type, Strike::try_from(strike)?)
    }

    /// Returns the instrument of a bar. A symbol in OCC form is an option's.
    fn instrument(self) -> Result<Instrument> {
        match self.find(CsvField::Symbol)? {
            Some(symbol) if symbol.parse::<OptionContract>().is_err() => match crypto::refusal(symbol) {
                Some(refusal) => Err(refusal),
                None => Symbol::new(symbol).map(Instrument::from),
            },
            _ => self.contract().map(Instrument::from),
        }
    }

    fn option_quote(self, source: Source) -> Result<OptionQuote> {
        let mut quote = OptionQuote::new(self.contract()?, self.at()?, source);
        (quote.bid, quote.ask) = value::market(self.number(CsvField::Bid)?, self.number(CsvField::Ask)?);
        quote.last = value::positive(self.number(CsvField::Last)?);
        quote.bid_size = self.count(CsvField::BidSize)?;
        quote.ask_size = self.count(CsvField::AskSize)?;
        quote.volume = self.count(CsvField::Volume)?;
        quote.open_interest = self.count(CsvField::OpenInterest)?;
        quote.implied_volatility = value::positive(self.number(CsvField::ImpliedVolatility)?);
        quote.greeks.delta = self.number(CsvField::Delta)?;
        quote.greeks.gamma = self.number(CsvField::Gamma)?;
        quote.greeks.theta = self.number(CsvField::Theta)?;
        quote.greeks.vega = self.number(CsvField::Vega)?;
        quote.greeks.rho = self.number(CsvField::Rho)?;
        quote.underlying_price = value::positive(self.number(CsvField::UnderlyingPrice)?);
        Ok(quote)
    }

    fn bar(self, timeframe: Timeframe, label: BarLabel, source: Source) -> Result<Bar> {
        let (opened_at, at) = time::span(self.at()?, label, timeframe, self.reading.layout.zone)?;
        Ok(Bar {
            key: BarKey { instrument: self.instrument()?, timeframe },
            opened_at,
            at,
            open: self.needed_number(CsvField::Open)?,
            high: self.needed_number(CsvField::High)?,
            low: self.needed_number(CsvField::Low)?,
            close: self.needed_number(CsvField::Close)?,
            volume: self.count(CsvField::Volume)?,
            vwap: self.number(CsvField::Vwap)?,
            source,
            recorded_at: at,
        })
    }

    fn underlying_quote(self, source: Source) -> Result<UnderlyingQuote> {
        let mut quote = UnderlyingQuote::new(Symbol::new(self.need(CsvField::Symbol)?)?, self.at()?, source);
        (quote.bid, quote.ask) = value::market(self.number(CsvField::Bid)?, self.number(CsvField::Ask)?);
        quote.last = value::positive(self.number(CsvField::Last)?);
        quote.bid_size = self.count(CsvField::BidSize)?;
        quote.ask_size = self.count(CsvField::AskSize)?;
        quote.volume = self.count(CsvField::Volume)?;
        Ok(quote)
    }

    /// Returns an exact number, without the layout's factors.
    fn decimal(self, field: CsvField) -> Result<Option<Decimal>> {
        let exact = |text| {
            let decimal = number::decimal(text, self.reading.layout.decimal_comma);
            decimal.ok_or_else(|| value::unexpected(field.name(), "a decimal", text))
        };
        self.find(field)?.map(exact).transpose()
    }

    fn date(self, field: CsvField) -> Result<Option<NaiveDate>> {
        let dates = [self.reading.layout.dates.as_str()];
        self.find(field)?.map(|text| value::date(field.name(), text, &dates)).transpose()
    }

    fn corporate_action(self, source: Source) -> Result<CorporateAction> {
        let symbol = Symbol::new(self.need(CsvField::Symbol)?)?;
        let kind: ActionKind = self.need(CsvField::Kind)?.parse()?;
        let date = value::date("the date", self.need(CsvField::Time)?, &[&self.reading.layout.dates])?;
        let layout = &self.reading.layout;
        let mut action = CorporateAction::new(symbol, kind, date, source)?;
        action.recorded_at = match self.find(CsvField::Announced)? {
            Some(text) => layout.time.read(text, None, layout.zone)?,
            None => zone::open_on(date)?,
        };
        if let Some(status) = self.find(CsvField::Status)? {
            action.status = status.parse()?;
        }
        let terms = &mut action.terms;
        terms.new_shares = self.decimal(CsvField::NewShares)?;
        terms.old_shares = self.decimal(CsvField::OldShares)?;
        terms.amount = self.decimal(CsvField::Amount)?;
        // A constant currency is that of the rows with an amount.
        terms.currency =
            self.find(CsvField::Currency)?.filter(|_| terms.amount.is_some()).map(Name::new).transpose()?;
        terms.record_date = self.date(CsvField::RecordDate)?;
        terms.pay_date = self.date(CsvField::PayDate)?;
        terms.counterpart = self.find(CsvField::Counterpart)?.map(Symbol::new).transpose()?;
        terms.report_time = self.find(CsvField::ReportTime)?.map(str::parse).transpose()?;
        Ok(action)
    }

    fn fundamentals(self, source: Source) -> Result<Fundamentals> {
        let (symbol, at) = (Symbol::new(self.need(CsvField::Symbol)?)?, self.at()?);
        let market_cap = self.count(CsvField::MarketCap)?;
        let shares_outstanding = self.count(CsvField::SharesOutstanding)?;
        Ok(Fundamentals { symbol, at, market_cap, shares_outstanding, source, recorded_at: at })
    }

    fn observation(self, source: Source) -> Result<Option<Observation>> {
        let series = SeriesId::new(self.need(CsvField::Symbol)?)?;
        let date = value::date("the date", self.need(CsvField::Time)?, &[&self.reading.layout.dates])?;
        let Some(value) = self.number(CsvField::Value)? else { return Ok(None) };
        // The sink sets `recorded_at`.
        Ok(Some(Observation { series, date, value, source, recorded_at: Timestamp::MIN }))
    }
}
