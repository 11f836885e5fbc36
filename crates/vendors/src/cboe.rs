//! The CSV that Cboe's delayed-quotes page exports.
//!
//! A file has three lines of heading (the first may be blank), a line of column names in which those of the put repeat
//! those of the call, and a line for each expiration and strike.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::{OffsetName, Tz};
use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{OptionContract, OptionQuote, OptionType, Symbol, UnderlyingQuote},
};

use crate::{
    input::Document,
    reader::{self, Sink},
    text::{Header, Row, Table},
    value,
};

/// The most lines before the column names.
const MAX_HEADING_LINES: usize = 5;
/// The zones whose names a heading may have after its time.
const ZONES: [Tz; 5] =
    [Tz::America__New_York, Tz::America__Chicago, Tz::America__Denver, Tz::America__Los_Angeles, Tz::UTC];

/// Returns true for the names of this format's columns.
pub(crate) fn is_header(header: &Header) -> bool {
    let mut names = header.names();
    names.next() == Some("Expiration Date") && names.next() == Some("Calls")
}

/// The heading above the columns.
#[derive(Debug, Default)]
struct Heading {
    line: u64,
    at: Option<Timestamp>,
    last: Option<f64>,
    bid: Option<f64>,
    ask: Option<f64>,
    volume: Option<u64>,
}

impl Heading {
    fn read(&mut self, row: Row<'_>, line: u64) -> Result<()> {
        for field in row.iter() {
            let Some((name, text)) = field.split_once(':') else { continue };
            let text = text.trim();
            let plain = text.replace(',', "");
            let price = || value::number(name, &plain).map(|price| value::positive(Some(price)));
            match name {
                "Date" => (self.at, self.line) = (Some(instant(text)?), line),
                "Last" => self.last = price()?,
                // A quote of zero stands for an index, which has no quotes.
                "Bid" => self.bid = price()?,
                "Ask" => self.ask = price()?,
                "Volume" => self.volume = Some(value::count(name, &plain)?),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Reads a time such as `September 25, 2025 at 9:05 PM EDT`.
fn instant(text: &str) -> Result<Timestamp> {
    let parsed = text.rsplit_once(' ').and_then(|(wall, zone)| {
        let wall = value::date_time("the time", wall, "%B %d, %Y at %I:%M %p").ok()?;
        let named = |at: &DateTime<Tz>| at.offset().abbreviation() == Some(zone);
        let candidates = ZONES.into_iter().flat_map(|tz| {
            let local = tz.from_local_datetime(&wall);
            [local.earliest(), local.latest()].into_iter().flatten()
        });
        candidates.into_iter().find(named)
    });
    let at = parsed.ok_or_else(|| {
        value::unexpected("the date of the heading", "a time such as September 25, 2025 at 9:05 PM EDT", text)
    })?;
    Timestamp::try_from(at.with_timezone(&Utc))
}

/// The columns of calls, or of puts.
#[derive(Clone, Copy, Debug)]
struct Side {
    option_type: OptionType,
    contract: usize,
    last: Option<usize>,
    bid: usize,
    ask: usize,
    volume: Option<usize>,
    implied_volatility: Option<usize>,
    delta: Option<usize>,
    gamma: Option<usize>,
    open_interest: Option<usize>,
}

impl Side {
    fn find(header: &Header, option_type: OptionType, contracts: &str) -> Result<Self> {
        let contract = header.need(contracts)?;
        let find = |name| header.find_from(contract, name);
        let missing = |name| Error::invalid_input("the file lacks a required column").with("column", name);
        let need = |name| find(name).ok_or_else(|| missing(name));
        Ok(Self {
            option_type,
            contract,
            last: find("Last Sale"),
            bid: need("Bid")?,
            ask: need("Ask")?,
            volume: find("Volume"),
            implied_volatility: find("IV"),
            delta: find("Delta"),
            gamma: find("Gamma"),
            open_interest: find("Open Interest"),
        })
    }
}

/// The indices of all columns.
#[derive(Clone, Copy, Debug)]
struct Columns {
    expiration: usize,
    strike: usize,
    call: Side,
    put: Side,
    count: usize,
}

impl Columns {
    fn find(header: &Header) -> Result<Self> {
        Ok(Self {
            expiration: header.need("Expiration Date")?,
            strike: header.need("Strike")?,
            call: Side::find(header, OptionType::Call, "Calls")?,
            put: Side::find(header, OptionType::Put, "Puts")?,
            count: header.len(),
        })
    }
}

/// The rows of a Cboe CSV: a call and a put each.
#[derive(Debug)]
pub(crate) struct CboeRows {
    table: Table,
    source: Source,
    heading: Heading,
    at: Timestamp,
    columns: Columns,
    /// The underlying, known from the first contract on.
    underlying: Option<Symbol>,
}

impl CboeRows {
    pub(crate) fn open(document: Document, source: Source) -> Result<Self> {
        let mut table = Table::new(document, b',');
        let (heading, at, columns) = read_header(&mut table).map_err(|error| table.error(error))?;
        Ok(Self { table, source, heading, at, columns, underlying: None })
    }
}

fn read_header(table: &mut Table) -> Result<(Heading, Timestamp, Columns)> {
    let mut heading = Heading::default();
    for _ in 0..MAX_HEADING_LINES {
        if !table.advance()? {
            break;
        }
        let line = table.number();
        let row = table.row()?;
        let header = Header::of(row);
        if is_header(&header) {
            let at = heading.at.ok_or_else(|| Error::invalid_input("the heading has no date"))?;
            return Ok((heading, at, Columns::find(&header)?));
        }
        heading.read(row, line)?;
    }
    let message = "the first lines must include the column names, which start with Expiration Date, Calls";
    Err(Error::invalid_input(message))
}

impl reader::DocumentRows for CboeRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.table.advance()? {
            return Ok(false);
        }
        let line = self.table.number();
        let Self { at, heading, columns, source, .. } = self;
        let row = self.table.row().and_then(|row| row.expect(columns.count).map(|()| row));
        for side in [columns.call, columns.put] {
            let row = match &row {
                Ok(row) => *row,
                // A malformed line counts as two rejections, of a call and of a put.
                Err(error) => {
                    sink.reject(line, error);
                    continue;
                }
            };
            let quote = read_quote(row, columns, side, *at, source);
            if let (None, Ok(quote)) = (self.underlying, &quote)
                && let Ok(symbol) = quote.contract.root().underlying()
            {
                self.underlying = Some(symbol);
                let Heading { line, last, bid, ask, volume, .. } = *heading;
                let underlying = UnderlyingQuote::new(symbol, *at, source.clone());
                sink.take(line, Ok(UnderlyingQuote { last, bid, ask, volume, ..underlying }));
            }
            sink.take(
                line,
                quote.map(|mut quote| {
                    let underlying = self.underlying.as_ref().map_or("", Symbol::as_str);
                    quote.underlying_price = value::price_for(&quote.contract, underlying, heading.last);
                    quote
                }),
            );
        }
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }
}

fn read_quote(row: Row<'_>, columns: &Columns, side: Side, at: Timestamp, source: &Source) -> Result<OptionQuote> {
    let contract: OptionContract = row.text(side.contract)?.parse()?;
    let expiration = value::date("the expiration", row.text(columns.expiration)?, &["%a %b %d %Y"])?;
    let strike = value::number("the strike", row.text(columns.strike)?)?;
    value::agree(&contract, Some(side.option_type), Some(strike), Some(expiration))?;
    let mut quote = OptionQuote::new(contract, at, source.clone());
    (quote.bid, quote.ask) = value::market(row.number("bid", side.bid)?, row.number("ask", side.ask)?);
    quote.last = value::positive(row.number("last", side.last)?);
    quote.volume = row.count("volume", side.volume)?;
    quote.open_interest = row.count("open_interest", side.open_interest)?;
    quote.implied_volatility = value::positive(row.number("implied_volatility", side.implied_volatility)?);
    quote.greeks.delta = row.number("delta", side.delta)?;
    quote.greeks.gamma = row.number("gamma", side.gamma)?;
    Ok(quote)
}
