//! The JSON of Cboe's delayed quotes: a time, the underlying, and an array of options.

use std::{borrow::Cow, vec};

use serde::Deserialize;
use serde_json::value::RawValue;
use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{OptionContract, OptionQuote, Symbol, UnderlyingQuote},
};

use crate::{
    input::Document,
    reader::{self, Sink},
    value,
};

/// Whether a JSON document starts as one of these.
pub(crate) fn is_start(text: &str) -> bool {
    let keys: Vec<_> = text.split('"').skip(1).step_by(2).take(8).collect();
    keys.contains(&"timestamp") && (keys.contains(&"data") || keys.contains(&"symbol"))
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    symbol: Option<Cow<'a, str>>,
    current_price: Option<f64>,
    bid: Option<f64>,
    ask: Option<f64>,
    volume: Option<f64>,
    options: Option<Vec<Box<RawValue>>>,
}

#[derive(Deserialize)]
struct Quote<'a> {
    #[serde(borrow)]
    option: Cow<'a, str>,
    bid: Option<f64>,
    ask: Option<f64>,
    last_trade_price: Option<f64>,
    volume: Option<f64>,
    open_interest: Option<f64>,
    iv: Option<f64>,
    delta: Option<f64>,
    gamma: Option<f64>,
}

impl Quote<'_> {
    fn read(&self, page: &Rows) -> Result<OptionQuote> {
        let contract: OptionContract = self.option.parse()?;
        let mut quote = OptionQuote::new(contract, page.at, page.source.clone());
        (quote.bid, quote.ask) = value::market(self.bid, self.ask);
        quote.last = value::positive(self.last_trade_price);
        quote.volume = count("volume", self.volume)?;
        quote.open_interest = count("open_interest", self.open_interest)?;
        quote.implied_volatility = value::positive(self.iv);
        quote.greeks.delta = self.delta;
        quote.greeks.gamma = self.gamma;
        quote.underlying_price = value::price_for(&contract, page.underlying.symbol.as_str(), page.underlying.last);
        Ok(quote)
    }
}

fn count(field: &'static str, number: Option<f64>) -> Result<Option<u64>> {
    let Some(number) = number else { return Ok(None) };
    let whole = value::whole(Some(number));
    whole.map(Some).ok_or_else(|| value::unexpected(field, "a whole number", &number.to_string()))
}

/// The quotes of a document.
#[derive(Debug)]
pub(crate) struct Rows {
    source: Source,
    at: Timestamp,
    underlying: UnderlyingQuote,
    /// The quotes not read yet, each as its own text: one that is wrong does not spoil the others.
    quotes: vec::IntoIter<Box<RawValue>>,
    /// The place of the quote to read; 0 is the underlying's own.
    place: u64,
}

impl Rows {
    pub(crate) fn open(mut document: Document, source: Source) -> Result<Self> {
        let text = document.read_all()?;
        let page = serde_json::from_slice(&text).map_err(|cause| {
            let error = if cause.is_eof() {
                Error::corrupt("the JSON document is cut short")
            } else {
                Error::invalid_input("the document must be a JSON object with timestamp and data")
            };
            error.with("line", cause.line()).with("column", cause.column()).caused_by(cause)
        });
        let rows = page.and_then(|page: Page<'_>| page.into_rows(source));
        rows.map_err(|error| error.with("file", &document.name))
    }
}

impl Page<'_> {
    fn into_rows(self, source: Source) -> Result<Rows> {
        let missing = |name| move || Error::invalid_input("the document lacks a field").with("field", name);
        let timestamp = self.timestamp.ok_or_else(missing("timestamp"))?;
        let at = Timestamp::try_from(value::date_time("timestamp", &timestamp, "%Y-%m-%d %H:%M:%S")?.and_utc())?;
        let data = self.data.ok_or_else(missing("data"))?;
        // An index is marked in front: `^SPX` in the document, `_SPX` in its address.
        let symbol = data.symbol.ok_or_else(missing("data.symbol"))?;
        let symbol = Symbol::new(symbol.trim_start_matches(['^', '_']))?;
        let underlying = UnderlyingQuote {
            // An underlying is not quoted at zero: that is how an index is written, which has no quotes.
            bid: value::positive(data.bid),
            ask: value::positive(data.ask),
            last: value::positive(data.current_price),
            volume: count("volume", data.volume)?,
            ..UnderlyingQuote::new(symbol, at, source.clone())
        };
        let quotes = data.options.ok_or_else(missing("data.options"))?.into_iter();
        Ok(Rows { source, at, underlying, quotes, place: 0 })
    }
}

impl reader::Rows for Rows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if self.place == 0 && self.underlying.last.is_some() {
            sink.take(0, Ok(self.underlying.clone()));
        }
        self.place += 1;
        let Some(text) = self.quotes.next() else { return Ok(false) };
        let quote = serde_json::from_str(text.get()).map_err(|cause| {
            Error::invalid_input("a quote must be an object with an option's symbol and numbers").with("json", cause)
        });
        sink.take(self.place, quote.and_then(|quote: Quote<'_>| quote.read(self)));
        Ok(true)
    }
}
