//! The CSV that Cboe's delayed-quotes page exports.
//!
//! A file has two or three lines of heading (the first may be blank), a line of column names in which those of the put
//! repeat those of the call, and a line for each expiration and strike.

mod contract;
mod date;
mod heading;

use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{OptionQuote, OptionType, Symbol, UnderlyingQuote},
};

use self::heading::Heading;
use crate::{
    input::Document,
    reader::{self, Sink},
    text::{Header, Row, Table},
    value,
};

/// The most lines before the column names.
const MAX_HEADING_LINES: usize = 5;
const ONE_EXCHANGE: &str = "a quote of one exchange was left out beside that of all exchanges";

/// Returns true for the names of this format's columns.
pub(crate) fn is_header(header: &Header) -> bool {
    let mut names = header.names().map(str::to_ascii_lowercase);
    match (names.next().as_deref(), names.next().as_deref()) {
        (Some("expiration date"), Some("calls")) => true,
        (Some("calls"), Some("last sale")) => header.find("Puts").is_some(),
        _ => false,
    }
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
        let either = |one, other| find(one).or_else(|| find(other));
        let need = |name| find(name).ok_or_else(|| contract::missing(name));
        Ok(Self {
            option_type,
            contract,
            last: find("Last Sale"),
            bid: need("Bid")?,
            ask: need("Ask")?,
            volume: either("Volume", "Vol"),
            implied_volatility: find("IV"),
            delta: find("Delta"),
            gamma: find("Gamma"),
            open_interest: either("Open Interest", "Open Int"),
        })
    }
}

/// The indices of all columns.
#[derive(Clone, Copy, Debug)]
struct Columns {
    expiration: Option<usize>,
    strike: Option<usize>,
    call: Side,
    put: Side,
    count: usize,
}

impl Columns {
    fn find(header: &Header) -> Result<Self> {
        let expiration = header.find("Expiration Date");
        Ok(Self {
            expiration,
            strike: if expiration.is_some() { Some(header.need("Strike")?) } else { header.find("Strike") },
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
    /// The underlying, known from the heading or from the first contract on.
    underlying: Option<Symbol>,
    /// True once the underlying's quote was read.
    has_quoted_underlying: bool,
    /// True once a row of all exchanges together was read.
    has_composite: bool,
}

impl CboeRows {
    pub(crate) fn open(document: Document, source: Source, at: Option<Timestamp>) -> Result<Self> {
        let mut table = Table::new(document, b',');
        let (heading, at, columns) = read_header(&mut table, at).map_err(|error| table.error(error))?;
        let underlying = heading.symbol;
        let (has_quoted_underlying, has_composite) = (false, false);
        Ok(Self { table, source, heading, at, columns, underlying, has_quoted_underlying, has_composite })
    }
}

fn read_header(table: &mut Table, given: Option<Timestamp>) -> Result<(Heading, Timestamp, Columns)> {
    let mut heading = Heading::default();
    for _ in 0..MAX_HEADING_LINES {
        if !table.advance()? {
            break;
        }
        let line = table.number();
        let row = table.row()?;
        let header = Header::of(row);
        if is_header(&header) {
            let at = given.or(heading.at);
            let at =
                at.ok_or_else(|| Error::invalid_input("the heading has no date: give the instant in the options"))?;
            return Ok((heading, at, Columns::find(&header)?));
        }
        heading.read(row, line, given.is_some())?;
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
            let quote = match read_quote(row, columns, side, *at, source) {
                Ok((_, true)) if self.has_composite => {
                    sink.warn(ONE_EXCHANGE);
                    continue;
                }
                Ok((quote, is_of_one_exchange)) => {
                    self.has_composite |= !is_of_one_exchange;
                    Ok(quote)
                }
                Err(error) => Err(error),
            };
            if let (false, Ok(quote)) = (self.has_quoted_underlying, &quote)
                && let Some(symbol) = self.underlying.or_else(|| quote.contract.root().underlying().ok())
            {
                (self.underlying, self.has_quoted_underlying) = (Some(symbol), true);
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

/// Reads a quote, with true for one of a single exchange.
fn read_quote(
    row: Row<'_>,
    columns: &Columns,
    side: Side,
    at: Timestamp,
    source: &Source,
) -> Result<(OptionQuote, bool)> {
    let contract::Listed { contract, is_of_one_exchange } = contract::read(row.text(side.contract)?)?;
    let text = |column: Option<usize>| column.map(|column| row.text(column)).transpose();
    contract::agree(&contract, side.option_type, text(columns.expiration)?, text(columns.strike)?)?;
    let mut quote = OptionQuote::new(contract, at, source.clone());
    (quote.bid, quote.ask) = value::market(row.number("bid", side.bid)?, row.number("ask", side.ask)?);
    quote.last = value::positive(row.number("last", side.last)?);
    quote.volume = row.count("volume", side.volume)?;
    quote.open_interest = row.count("open_interest", side.open_interest)?;
    quote.implied_volatility = value::positive(row.number("implied_volatility", side.implied_volatility)?);
    quote.greeks.delta = row.number("delta", side.delta)?;
    quote.greeks.gamma = row.number("gamma", side.gamma)?;
    Ok((quote, is_of_one_exchange))
}
