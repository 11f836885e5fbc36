//! Any CSV, by what its columns mean.

mod layout;
mod time;

use std::{borrow::Cow, collections::BTreeMap};

use layout::{Content, Origin};
use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{
        Bar, BarKey, Instrument, Observation, OptionContract, OptionQuote, OptionRoot, SeriesId, Strike, Symbol,
        Timeframe, UnderlyingQuote,
    },
};

pub use layout::{CsvLayout, Field};
pub use time::{Label, TimeFormat};

use crate::{
    Record,
    input::Document,
    reader::{self, Sink},
    text::{Header, Row, Table},
    value,
};

/// The rows of a file.
#[derive(Debug)]
pub(crate) struct Rows {
    table: Table,
    reading: Reading,
}

impl Rows {
    pub(crate) fn open(document: Document, source: Source, layout: &CsvLayout) -> Result<Self> {
        let mut table = Table::new(document, layout.delimiter);
        let header = if layout.header { Some(table.header()?) } else { None };
        let cells = layout.origins.iter().map(|(field, origin)| Ok((*field, Cell::find(origin, header.as_ref())?)));
        let cells = cells.collect::<Result<_>>().map_err(|error| table.error(error))?;
        let columns = header.as_ref().map(Header::len);
        Ok(Self { table, reading: Reading { source, layout: layout.clone(), cells, columns } })
    }
}

impl reader::Rows for Rows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.table.advance()? {
            return Ok(false);
        }
        let line = self.table.number();
        match self.table.row().and_then(|row| self.reading.read(row)).transpose() {
            Some(record) => sink.take(line, record),
            None => sink.blank(),
        }
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }
}

/// Where the text of a field is in this file.
#[derive(Debug)]
enum Cell {
    Column(usize),
    Constant(String),
}

impl Cell {
    fn find(origin: &Origin, header: Option<&Header>) -> Result<Self> {
        Ok(match (origin, header) {
            (Origin::Column(name), Some(header)) => Self::Column(header.need(name)?),
            (Origin::Column(name), None) => {
                return Err(Error::invalid_config("the file has no column names").with("column", name));
            }
            (Origin::Position(position), _) => Self::Column(*position),
            (Origin::Constant(text), _) => Self::Constant(text.clone()),
        })
    }
}

/// How a row is read.
#[derive(Debug)]
struct Reading {
    source: Source,
    layout: CsvLayout,
    cells: BTreeMap<Field, Cell>,
    /// How many columns there are, where the file names them.
    columns: Option<usize>,
}

impl Reading {
    /// The record of a row; `None` for a day without a value.
    fn read(&self, row: Row<'_>) -> Result<Option<Record>> {
        if let Some(columns) = self.columns {
            row.expect(columns)?;
        }
        let row = Fields { reading: self, row };
        let source = self.source.clone();
        Ok(Some(match self.layout.content {
            Content::OptionQuotes => Record::Quote(row.option_quote(source)?),
            Content::Bars(timeframe, label) => Record::Bar(row.bar(timeframe, label, source)?),
            Content::UnderlyingQuotes => Record::Underlying(row.underlying_quote(source)?),
            Content::Observations => return Ok(row.observation(source)?.map(Record::Observation)),
        }))
    }
}

/// A row by its fields.
#[derive(Clone, Copy)]
struct Fields<'a> {
    reading: &'a Reading,
    row: Row<'a>,
}

impl<'a> Fields<'a> {
    /// The text of a field; `None` when it is missing.
    fn find(self, field: Field) -> Result<Option<&'a str>> {
        let text = match self.reading.cells.get(&field) {
            None => return Ok(None),
            Some(Cell::Column(column)) => self.row.text(*column)?,
            Some(Cell::Constant(text)) => text,
        };
        Ok(Some(text).filter(|text| !self.reading.layout.is_missing(text)))
    }

    fn need(self, field: Field) -> Result<&'a str> {
        let missing = || Error::invalid_input("a field that the record needs is missing").with("field", field.name());
        self.find(field)?.ok_or_else(missing)
    }

    fn number(self, field: Field) -> Result<Option<f64>> {
        let number = self.find(field)?.map(|text| value::number(field.name(), text)).transpose()?;
        Ok(number.map(|number| self.reading.layout.scale(field, number)))
    }

    fn needed_number(self, field: Field) -> Result<f64> {
        let number = value::number(field.name(), self.need(field)?)?;
        Ok(self.reading.layout.scale(field, number))
    }

    fn count(self, field: Field) -> Result<Option<u64>> {
        self.find(field)?.map(|text| value::count(field.name(), text)).transpose()
    }

    /// The instant, whose day and time of day may be in two columns.
    fn at(self) -> Result<Timestamp> {
        let layout = &self.reading.layout;
        let day = self.need(Field::Time)?;
        let text = match self.find(Field::TimeOfDay)? {
            Some(time) => Cow::Owned(format!("{day} {time}")),
            None => Cow::Borrowed(day),
        };
        layout.time.read(&text, layout.zone)
    }

    /// The contract by its symbol, with which its parts must agree, or by its parts.
    fn contract(self) -> Result<OptionContract> {
        let option_type = self.find(Field::OptionType)?.map(str::parse).transpose()?;
        let strike = self.number(Field::Strike)?;
        let dates = [self.reading.layout.dates.as_str()];
        let expiration =
            self.find(Field::Expiration)?.map(|text| value::date("expiration", text, &dates)).transpose()?;
        if let Some(symbol) = self.find(Field::Symbol)? {
            let contract = symbol.parse()?;
            value::agree(&contract, option_type, strike, expiration)?;
            return Ok(contract);
        }
        let root = OptionRoot::new(self.need(Field::Root)?)?;
        let (Some(option_type), Some(strike), Some(expiration)) = (option_type, strike, expiration) else {
            return Err(Error::invalid_input("a contract must have a symbol, or all of its parts"));
        };
        OptionContract::new(root, expiration, option_type, Strike::try_from(strike)?)
    }

    /// What a bar is of. A symbol that reads as an option's is an option's.
    fn instrument(self) -> Result<Instrument> {
        match self.find(Field::Symbol)? {
            Some(symbol) if symbol.parse::<OptionContract>().is_err() => Symbol::new(symbol).map(Instrument::from),
            _ => self.contract().map(Instrument::from),
        }
    }

    fn option_quote(self, source: Source) -> Result<OptionQuote> {
        let mut quote = OptionQuote::new(self.contract()?, self.at()?, source);
        (quote.bid, quote.ask) = value::market(self.number(Field::Bid)?, self.number(Field::Ask)?);
        quote.last = value::positive(self.number(Field::Last)?);
        quote.bid_size = self.count(Field::BidSize)?;
        quote.ask_size = self.count(Field::AskSize)?;
        quote.volume = self.count(Field::Volume)?;
        quote.open_interest = self.count(Field::OpenInterest)?;
        quote.implied_volatility = value::positive(self.number(Field::ImpliedVolatility)?);
        quote.greeks.delta = self.number(Field::Delta)?;
        quote.greeks.gamma = self.number(Field::Gamma)?;
        quote.greeks.theta = self.number(Field::Theta)?;
        quote.greeks.vega = self.number(Field::Vega)?;
        quote.greeks.rho = self.number(Field::Rho)?;
        quote.underlying_price = value::positive(self.number(Field::UnderlyingPrice)?);
        Ok(quote)
    }

    fn bar(self, timeframe: Timeframe, label: Label, source: Source) -> Result<Bar> {
        let (opened_at, at) = time::span(self.at()?, label, timeframe, self.reading.layout.zone)?;
        Ok(Bar {
            key: BarKey { instrument: self.instrument()?, timeframe },
            opened_at,
            at,
            open: self.needed_number(Field::Open)?,
            high: self.needed_number(Field::High)?,
            low: self.needed_number(Field::Low)?,
            close: self.needed_number(Field::Close)?,
            volume: self.count(Field::Volume)?,
            vwap: self.number(Field::Vwap)?,
            source,
            recorded_at: at,
        })
    }

    fn underlying_quote(self, source: Source) -> Result<UnderlyingQuote> {
        let mut quote = UnderlyingQuote::new(Symbol::new(self.need(Field::Symbol)?)?, self.at()?, source);
        (quote.bid, quote.ask) = value::market(self.number(Field::Bid)?, self.number(Field::Ask)?);
        quote.last = value::positive(self.number(Field::Last)?);
        quote.bid_size = self.count(Field::BidSize)?;
        quote.ask_size = self.count(Field::AskSize)?;
        quote.volume = self.count(Field::Volume)?;
        Ok(quote)
    }

    fn observation(self, source: Source) -> Result<Option<Observation>> {
        let series = SeriesId::new(self.need(Field::Symbol)?)?;
        let date = value::date("the date", self.need(Field::Time)?, &[&self.reading.layout.dates])?;
        let Some(value) = self.number(Field::Value)? else { return Ok(None) };
        // The sink sets the time of recording.
        Ok(Some(Observation { series, date, value, source, recorded_at: Timestamp::MIN }))
    }
}
