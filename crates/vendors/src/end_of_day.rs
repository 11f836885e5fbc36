//! End-of-day chains in historicaloptiondata's layout: one line for each contract and day.

use chrono::NaiveDate;
use strikebook_core::{
    Result, Source,
    market::{OptionContract, OptionQuote, OptionRoot, OptionType, Strike, calendar},
};

use crate::{
    input::Document,
    reader::{self, Sink},
    text::{Header, Row, Table},
    value,
};

const DATES: [&str; 2] = ["%m/%d/%Y", "%Y-%m-%d"];

/// The day after the last exchange went over to symbols that name their underlyings (OCC, "Options Symbology
/// Initiative").
const SYMBOLS_NAME_UNDERLYINGS: NaiveDate = match NaiveDate::from_ymd_opt(2010, 5, 15) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// Returns true for the names of this format's columns.
pub(crate) fn is_header(header: &Header) -> bool {
    ["underlying", "optionroot", "quotedate", "strike"].into_iter().all(|name| header.find(name).is_some())
}

/// The positions of the columns. Columns without a field in the library are ignored.
#[derive(Debug)]
struct Columns {
    count: usize,
    underlying: usize,
    underlying_price: Option<usize>,
    symbol: Option<usize>,
    option_type: usize,
    expiration: usize,
    date: usize,
    strike: usize,
    last: Option<usize>,
    bid: usize,
    ask: usize,
    volume: Option<usize>,
    open_interest: Option<usize>,
    implied_volatility: Option<usize>,
    bid_volatility: Option<usize>,
    ask_volatility: Option<usize>,
    delta: Option<usize>,
    gamma: Option<usize>,
    theta: Option<usize>,
    vega: Option<usize>,
}

impl Columns {
    fn find(header: &Header) -> Result<Self> {
        Ok(Self {
            count: header.len(),
            underlying: header.need("underlying")?,
            underlying_price: header.find("underlying_last"),
            symbol: header.find("optionroot"),
            option_type: header.need("type")?,
            expiration: header.need("expiration")?,
            date: header.need("quotedate")?,
            strike: header.need("strike")?,
            last: header.find("last"),
            bid: header.need("bid")?,
            ask: header.need("ask")?,
            volume: header.find("volume"),
            open_interest: header.find("openinterest"),
            implied_volatility: header.find("impliedvol"),
            bid_volatility: header.find("ivbid"),
            ask_volatility: header.find("ivask"),
            delta: header.find("delta"),
            gamma: header.find("gamma"),
            theta: header.find("theta"),
            vega: header.find("vega"),
        })
    }

    fn quote(&self, row: Row<'_>, source: &Source) -> Result<OptionQuote> {
        row.expect(self.count)?;
        let underlying = row.text(self.underlying)?;
        let date = value::date("the quote's date", row.text(self.date)?, &DATES)?;
        let contract = self.contract(row, underlying, date)?;
        let mut quote = OptionQuote::new(contract, calendar::close_on(date)?, source.clone());
        (quote.bid, quote.ask) = value::market(row.number("bid", self.bid)?, row.number("ask", self.ask)?);
        quote.last = value::positive(row.number("last", self.last)?);
        quote.volume = row.count("volume", self.volume)?;
        quote.open_interest = row.count("open_interest", self.open_interest)?;
        quote.implied_volatility = self.implied_volatility(row)?;
        quote.greeks.delta = row.number("delta", self.delta)?;
        quote.greeks.gamma = row.number("gamma", self.gamma)?;
        // Theta is dV/dt per year with its sign and vega is per 1.00 already: nothing to convert.
        quote.greeks.theta = row.number("theta", self.theta)?;
        quote.greeks.vega = row.number("vega", self.vega)?;
        let price = value::positive(row.number("underlying_price", self.underlying_price)?);
        quote.underlying_price = value::price_for(&contract, underlying, price);
        Ok(quote)
    }

    /// Returns the contract of the OCC symbol in `optionroot`.
    ///
    /// Until May 2010 roots were codes that did not name the underlying (`QMB` of MELI), and several for one
    /// underlying; some files have the code alone. The contract then follows from the columns, and goes on under the
    /// present symbol.
    fn contract(&self, row: Row<'_>, underlying: &str, date: NaiveDate) -> Result<OptionContract> {
        let option_type: OptionType = row.text(self.option_type)?.parse()?;
        let strike = value::number("the strike", row.text(self.strike)?)?;
        let expiration: NaiveDate = value::date("the expiration", row.text(self.expiration)?, &DATES)?;
        match self.symbol.map(|column| row.text(column)).transpose()? {
            // Longer than any such code: an OCC symbol, or a truncated one.
            Some(symbol) if symbol.len() > 10 => {
                let contract = symbol.parse()?;
                value::agree(&contract, Some(option_type), Some(strike), Some(expiration))?;
                if date >= SYMBOLS_NAME_UNDERLYINGS || contract.root().underlying()?.as_str() == underlying {
                    return Ok(contract);
                }
            }
            _ => {}
        }
        OptionContract::new(OptionRoot::new(underlying)?, expiration, option_type, Strike::try_from(strike)?)
    }

    /// Returns the vendor's volatility, or the mean of those of bid and ask, with which it computed delta and gamma.
    /// The vendor writes 0 where it could not compute one.
    fn implied_volatility(&self, row: Row<'_>) -> Result<Option<f64>> {
        if let Some(own) = row.number("implied_volatility", self.implied_volatility)? {
            return Ok(value::positive(Some(own)));
        }
        let bid = value::positive(row.number("ivbid", self.bid_volatility)?);
        let ask = value::positive(row.number("ivask", self.ask_volatility)?);
        Ok(bid.zip(ask).map(|(bid, ask)| f64::midpoint(bid, ask)))
    }
}

/// The rows of an end-of-day file.
#[derive(Debug)]
pub(crate) struct EndOfDayRows {
    table: Table,
    source: Source,
    columns: Columns,
}

impl EndOfDayRows {
    pub(crate) fn open(document: Document, source: Source) -> Result<Self> {
        let mut table = Table::new(document, b',');
        let header = table.header()?;
        let columns = Columns::find(&header).map_err(|error| table.error(error))?;
        Ok(Self { table, source, columns })
    }
}

impl reader::DocumentRows for EndOfDayRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.table.advance()? {
            return Ok(false);
        }
        let line = self.table.number();
        let quote = self.table.row().and_then(|row| self.columns.quote(row, &self.source));
        sink.take(line, quote);
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }
}
