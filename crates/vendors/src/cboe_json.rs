//! The JSON of Cboe's delayed quotes: a time, the underlying, and an array of options.

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

/// Returns true for the start of such a JSON document.
pub(crate) fn is_start(text: &str) -> bool {
    let keys: Vec<_> = text.split('"').skip(1).step_by(2).take(8).collect();
    keys.contains(&"timestamp") && (keys.contains(&"data") || keys.contains(&"symbol"))
}

#[derive(Deserialize)]
struct Page {
    timestamp: Option<String>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    symbol: Option<String>,
    current_price: Option<f64>,
    bid: Option<f64>,
    ask: Option<f64>,
    volume: Option<f64>,
    options: Option<Elements<Quote>>,
}

#[derive(Deserialize)]
struct Quote {
    option: String,
    bid: Option<f64>,
    ask: Option<f64>,
    last_trade_price: Option<f64>,
    volume: Option<f64>,
    open_interest: Option<f64>,
    iv: Option<f64>,
    delta: Option<f64>,
    gamma: Option<f64>,
}

impl Quote {
    fn read(&self, page: &CboeJsonRows) -> Result<OptionQuote> {
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

/// The quotes of a Cboe JSON document.
#[derive(Debug)]
pub(crate) struct CboeJsonRows {
    source: Source,
    at: Timestamp,
    underlying: UnderlyingQuote,
    quotes: Elements<Quote>,
    /// The position of the quote to read; 0 is the underlying's own.
    position: u64,
}

impl CboeJsonRows {
    pub(crate) fn open(document: Document, source: Source, at: Option<Timestamp>) -> Result<Self> {
        let name = document.name.clone();
        let page: Page = json::read(document, "the document must be a JSON object with timestamp and data")?;
        page.into_rows(source, at).map_err(|error| error.with("file", name))
    }
}

impl Page {
    fn into_rows(self, source: Source, at: Option<Timestamp>) -> Result<CboeJsonRows> {
        let missing = |name| move || Error::invalid_input("the document lacks a required field").with("field", name);
        let own = || {
            let timestamp = self.timestamp.ok_or_else(missing("timestamp"))?;
            Timestamp::try_from(value::date_time("timestamp", &timestamp, "%Y-%m-%d %H:%M:%S")?.and_utc())
        };
        let at = at.map_or_else(own, Ok)?;
        let data = self.data.ok_or_else(missing("data"))?;
        // An index has a mark before its symbol: `^SPX` in the document, `_SPX` in its address.
        let symbol = data.symbol.ok_or_else(missing("data.symbol"))?;
        let symbol = Symbol::new(symbol.trim_start_matches(['^', '_']))?;
        let underlying = UnderlyingQuote {
            // A quote of zero stands for an index, which has no quotes.
            bid: value::positive(data.bid),
            ask: value::positive(data.ask),
            last: value::positive(data.current_price),
            volume: count("volume", data.volume)?,
            ..UnderlyingQuote::new(symbol, at, source.clone())
        };
        let quotes = data.options.ok_or_else(missing("data.options"))?;
        Ok(CboeJsonRows { source, at, underlying, quotes, position: 0 })
    }
}

impl reader::DocumentRows for CboeJsonRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if self.position == 0 && self.underlying.last.is_some() {
            sink.take(0, Ok(self.underlying.clone()));
        }
        self.position += 1;
        let Some(quote) = self.quotes.next() else { return Ok(false) };
        let quote = quote.map_err(|cause| {
            Error::invalid_input("a quote must be an object with an option's symbol and numbers").with("json", cause)
        });
        sink.take(self.position, quote.and_then(|quote| quote.read(self)));
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.quotes.bytes()
    }
}
