//! Any CSV, by a layout.

mod layout;
mod time;

use std::{borrow::Cow, collections::BTreeMap};

use chrono::NaiveDate;
use layout::{Content, Origin};
use strikebook_core::{
    Decimal, Error, Name, Result, Source, Timestamp,
    market::{
        ActionKind, Bar, BarKey, CorporateAction, Fundamentals, Instrument, Observation, OptionContract, OptionQuote,
        OptionRoot, SeriesId, Strike, Symbol, Timeframe, UnderlyingQuote,
    },
};

pub use layout::{CsvField, CsvLayout};
pub use time::{BarLabel, TimeFormat};

use crate::{
    Record,
    input::Document,
    reader::{self, Sink},
    text::{Header, Row, Table},
    value, zone,
};

/// The rows of a CSV file.
#[derive(Debug)]
pub(crate) struct CsvRows {
    table: Table,
    layout: RowLayout,
}

impl CsvRows {
    pub(crate) fn open(document: Document, source: Source, layout: &CsvLayout) -> Result<Self> {
        let mut table = Table::new(document, layout.delimiter);
        let header = if layout.header { Some(table.header()?) } else { None };
        let cells = layout.origins.iter().map(|(field, origin)| Ok((*field, Cell::find(origin, header.as_ref())?)));
        let cells = cells.collect::<Result<_>>().map_err(|error| table.error(error))?;
        let columns = header.as_ref().map(Header::len);
        Ok(Self { table, layout: RowLayout { source, layout: layout.clone(), cells, columns } })
    }
}

impl reader::DocumentRows for CsvRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.table.advance()? {
            return Ok(false);
        }
        let line = self.table.number();
        match self.table.row().and_then(|row| self.layout.read(row)).transpose() {
            Some(record) => sink.take(line, record),
            None => sink.blank(),
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

impl Cell {
    fn find(origin: &Origin, header: Option<&Header>) -> Result<Self> {
        Ok(match (origin, header) {
            (Origin::Column(name), Some(header)) => Self::Column(header.need(name)?),
            (Origin::Column(name), None) => {
                return Err(Error::invalid_config("a column is named, but the file has no header").with("column", name));
            }
            (Origin::Position(position), _) => Self::Column(*position),
            (Origin::Constant(text), _) => Self::Constant(text.clone()),
        })
    }
}

/// A layout, resolved for the columns of a file.
#[derive(Debug)]
struct RowLayout {
    source: Source,
    layout: CsvLayout,
    cells: BTreeMap<CsvField, Cell>,
    /// The number of columns in the header; `None` without a header.
    columns: Option<usize>,
}

impl RowLayout {
    /// Reads the record of a row; `None` for a day without a value.
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
            Content::CorporateActions => Record::Action(row.corporate_action(source)?),
            Content::Fundamentals => Record::Fundamentals(row.fundamentals(source)?),
            Content::Observations => return Ok(row.observation(source)?.map(Record::Observation)),
        }))
    }
}

/// The fields of a row.
#[derive(Clone, Copy)]
struct Fields<'a> {
    reading: &'a RowLayout,
    row: Row<'a>,
}

impl<'a> Fields<'a> {
    /// Returns the text of a field; `None` when it is missing.
    fn find(self, field: CsvField) -> Result<Option<&'a str>> {
        let text = match self.reading.cells.get(&field) {
            None => return Ok(None),
            Some(Cell::Column(column)) => self.row.text(*column)?,
            Some(Cell::Constant(text)) => text,
        };
        Ok(Some(text).filter(|text| !self.reading.layout.is_missing(text)))
    }

    fn need(self, field: CsvField) -> Result<&'a str> {
        let missing = || Error::invalid_input("a required field of the record is missing").with("field", field.name());
        self.find(field)?.ok_or_else(missing)
    }

    fn number(self, field: CsvField) -> Result<Option<f64>> {
        let number = self.find(field)?.map(|text| value::number(field.name(), text)).transpose()?;
        Ok(number.map(|number| self.reading.layout.scale(field, number)))
    }

    fn needed_number(self, field: CsvField) -> Result<f64> {
        let number = value::number(field.name(), self.need(field)?)?;
        Ok(self.reading.layout.scale(field, number))
    }

    fn count(self, field: CsvField) -> Result<Option<u64>> {
        self.find(field)?.map(|text| value::count(field.name(), text)).transpose()
    }

    /// Returns the instant, whose date and time of day may be in two columns.
    fn at(self) -> Result<Timestamp> {
        let layout = &self.reading.layout;
        let day = self.need(CsvField::Time)?;
        let text = match self.find(CsvField::TimeOfDay)? {
            Some(time) => Cow::Owned(format!("{day} {time}")),
            None => Cow::Borrowed(day),
        };
        layout.time.read(&text, layout.zone)
    }

    /// Returns the contract of the symbol, with which its parts must agree, or of the parts.
    fn contract(self) -> Result<OptionContract> {
        let option_type = self.find(CsvField::OptionType)?.map(str::parse).transpose()?;
        let strike = self.number(CsvField::Strike)?;
        let dates = [self.reading.layout.dates.as_str()];
        let expiration =
            self.find(CsvField::Expiration)?.map(|text| value::date("expiration", text, &dates)).transpose()?;
        if let Some(symbol) = self.find(CsvField::Symbol)? {
            let contract = symbol.parse()?;
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
            Some(symbol) if symbol.parse::<OptionContract>().is_err() => Symbol::new(symbol).map(Instrument::from),
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
        let exact =
            |text| Decimal::from_str_exact(text).map_err(|_| value::unexpected(field.name(), "a decimal", text));
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
            Some(text) => layout.time.read(text, layout.zone)?,
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
