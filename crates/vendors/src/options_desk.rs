//! Chains as JSON documents: a header, and an array of quotes.

use serde::Deserialize;
use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{OptionContract, OptionQuote, Symbol, UnderlyingQuote},
};

use crate::{
    input::Document,
    json::{self, Elements},
    reader::{self, Sink},
    value,
};

/// The days by which theta is quoted, and the points by which vega and rho are.
const DAYS_PER_YEAR: f64 = 365.0;
const POINTS: f64 = 100.0;
/// The number that Yahoo writes where it has no volatility, up to the error of its last digits.
const NO_VOLATILITY: f64 = 1.000_001e-5;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chain {
    symbol: Option<String>,
    updated: Option<String>,
    underlying_price: Option<f64>,
    quotes: Option<Elements<Quote>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Quote {
    symbol: String,
    side: Option<String>,
    strike: Option<f64>,
    bid: Option<f64>,
    ask: Option<f64>,
    last: Option<f64>,
    volume: Option<f64>,
    open_interest: Option<f64>,
    iv: Option<f64>,
    delta: Option<f64>,
    gamma: Option<f64>,
    theta: Option<f64>,
    vega: Option<f64>,
    rho: Option<f64>,
}

impl Quote {
    fn read(&self, chain: &OptionsDeskRows) -> Result<OptionQuote> {
        let contract: OptionContract = self.symbol.parse()?;
        // The expiration beside the symbol is Yahoo's grouping, not always the contract's, so it is not compared.
        let option_type = self.side.as_deref().map(str::parse).transpose()?;
        value::agree(&contract, option_type, self.strike, None)?;
        let count = |field, number: Option<f64>| match number {
            None => Ok(None),
            Some(number) => value::whole(Some(number))
                .map(Some)
                .ok_or_else(|| value::unexpected(field, "a whole number", &number.to_string())),
        };
        let mut quote = OptionQuote::new(contract, chain.at, chain.source.clone());
        (quote.bid, quote.ask) = value::market(self.bid, self.ask);
        quote.last = value::positive(self.last);
        quote.volume = count("volume", self.volume)?;
        quote.open_interest = count("open_interest", self.open_interest)?;
        quote.implied_volatility = self.iv.filter(|iv| !(0.0..=NO_VOLATILITY).contains(iv));
        quote.greeks.delta = self.delta;
        quote.greeks.gamma = self.gamma;
        quote.greeks.theta = self.theta.map(|theta| theta * DAYS_PER_YEAR);
        quote.greeks.vega = self.vega.map(|vega| vega * POINTS);
        quote.greeks.rho = self.rho.map(|rho| rho * POINTS);
        quote.underlying_price = value::price_for(&contract, &chain.underlying, chain.price);
        Ok(quote)
    }
}

/// The quotes of a chain's document.
#[derive(Debug)]
pub(crate) struct OptionsDeskRows {
    source: Source,
    at: Timestamp,
    underlying: String,
    price: Option<f64>,
    quotes: Elements<Quote>,
    /// The position of the quote to read; 0 is the underlying's own.
    position: u64,
}

/// Opens a document. In an archive, one without `quotes`, such as an index of the others, is ignored.
pub(crate) fn open(
    document: Document,
    source: Source,
    at: Option<Timestamp>,
    in_archive: bool,
) -> Result<Box<dyn reader::DocumentRows>> {
    const EXPECTED: &str = "the document must be a JSON object with symbol, updated, underlyingPrice and quotes";
    let name = document.name.clone();
    let chain: Chain = json::read(document, EXPECTED)?;
    if chain.quotes.is_none() && in_archive {
        return Ok(Box::new(Foreign));
    }
    Ok(Box::new(chain.into_rows(source, at).map_err(|error| error.with("file", name))?))
}

impl Chain {
    fn into_rows(self, source: Source, at: Option<Timestamp>) -> Result<OptionsDeskRows> {
        let missing = |name| move || Error::invalid_input("the document lacks a required field").with("field", name);
        Ok(OptionsDeskRows {
            source,
            at: match at {
                Some(at) => at,
                None => self.updated.ok_or_else(missing("updated"))?.parse()?,
            },
            underlying: self.symbol.ok_or_else(missing("symbol"))?,
            price: value::positive(self.underlying_price),
            quotes: self.quotes.ok_or_else(missing("quotes"))?,
            position: 0,
        })
    }
}

impl reader::DocumentRows for OptionsDeskRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if self.position == 0
            && let Some(price) = self.price
        {
            let quote = Symbol::new(&self.underlying).map(|symbol| UnderlyingQuote {
                last: Some(price),
                ..UnderlyingQuote::new(symbol, self.at, self.source.clone())
            });
            sink.take(0, quote);
        }
        self.position += 1;
        let Some(quote) = self.quotes.next() else { return Ok(false) };
        let quote = quote.map_err(|cause| {
            Error::invalid_input("a quote must be an object with a symbol and numbers").with("json", cause)
        });
        sink.take(self.position, quote.and_then(|quote| quote.read(self)));
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.quotes.bytes()
    }
}

/// A document without a chain.
#[derive(Debug)]
struct Foreign;

impl reader::DocumentRows for Foreign {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        sink.ignore();
        Ok(false)
    }

    fn bytes(&self) -> u64 {
        0
    }
}
