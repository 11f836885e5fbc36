//! The JSON of Tradier's option chains: `options` with an array `option`, or with one object where there is one.

use serde::Deserialize;
use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{OptionContract, OptionQuote},
};

use crate::{
    input::Document,
    json::{self, Elements},
    reader::{self, Sink},
    value,
};

/// Returns true for the start of such a JSON document.
pub(crate) fn is_start(text: &str) -> bool {
    let mut keys = text.split('"').skip(1).step_by(2);
    keys.next() == Some("options") && keys.next() == Some("option")
}

#[derive(Deserialize)]
struct Page {
    options: Option<Options>,
}

#[derive(Deserialize)]
struct Options {
    option: Option<Elements<Quote>>,
}

#[derive(Deserialize)]
struct Quote {
    symbol: String,
    option_type: Option<String>,
    strike: Option<f64>,
    expiration_date: Option<String>,
    bid: Option<f64>,
    ask: Option<f64>,
    last: Option<f64>,
    bidsize: Option<f64>,
    asksize: Option<f64>,
    bid_date: Option<f64>,
    ask_date: Option<f64>,
    volume: Option<f64>,
    open_interest: Option<f64>,
    greeks: Option<Greeks>,
}

/// The Greeks of one contract. Theta, vega and rho are left out, since Tradier states no units.
#[derive(Deserialize)]
struct Greeks {
    delta: Option<f64>,
    gamma: Option<f64>,
    mid_iv: Option<f64>,
}

impl Quote {
    fn read(&self, rows: &TradierRows) -> Result<OptionQuote> {
        let contract: OptionContract = self.symbol.parse()?;
        let option_type = self.option_type.as_deref().map(str::parse).transpose()?;
        let expiration = self.expiration_date.as_deref();
        let expiration = expiration.map(|text| value::date("expiration_date", text, &["%Y-%m-%d"])).transpose()?;
        value::agree(&contract, option_type, self.strike, expiration)?;
        let at = rows.at.map_or_else(|| self.at(), Ok)?;
        let mut quote = OptionQuote::new(contract, at, rows.source.clone());
        (quote.bid, quote.ask) = value::market(self.bid, self.ask);
        quote.last = value::positive(self.last);
        quote.bid_size = count("bidsize", self.bidsize)?;
        quote.ask_size = count("asksize", self.asksize)?;
        quote.volume = count("volume", self.volume)?;
        quote.open_interest = count("open_interest", self.open_interest)?;
        if let Some(greeks) = &self.greeks {
            quote.implied_volatility = value::positive(greeks.mid_iv);
            (quote.greeks.delta, quote.greeks.gamma) = (greeks.delta, greeks.gamma);
        }
        Ok(quote)
    }

    /// Returns the later instant of bid and ask, in milliseconds since 1970.
    fn at(&self) -> Result<Timestamp> {
        let dates = [self.bid_date, self.ask_date].into_iter().flatten();
        let millis = value::whole(dates.reduce(f64::max).filter(|date| *date > 0.0));
        let micros = millis.and_then(|millis| i64::try_from(millis).ok()?.checked_mul(1_000));
        let message = "the quote has no bid_date or ask_date: give the instant of the file in the options";
        micros.map_or_else(|| Err(Error::invalid_input(message)), Timestamp::from_micros)
    }
}

fn count(field: &'static str, number: Option<f64>) -> Result<Option<u64>> {
    let Some(number) = number else { return Ok(None) };
    let whole = value::whole(Some(number));
    whole.map(Some).ok_or_else(|| value::unexpected(field, "a whole number", &number.to_string()))
}

/// The quotes of a Tradier document.
#[derive(Debug)]
pub(crate) struct TradierRows {
    source: Source,
    /// The instant of all quotes, if the caller gives it.
    at: Option<Timestamp>,
    quotes: Elements<Quote>,
    /// The position of the quote to read, from 1.
    position: u64,
}

impl TradierRows {
    pub(crate) fn open(document: Document, source: Source, at: Option<Timestamp>) -> Result<Self> {
        let name = document.name.clone();
        let page: Page = json::read(document, "the document must be a JSON object with options and option")?;
        let quotes = page.options.and_then(|options| options.option);
        let missing = || Error::invalid_input("the document has no options").with("file", name);
        Ok(Self { source, at, quotes: quotes.ok_or_else(missing)?, position: 0 })
    }
}

impl reader::DocumentRows for TradierRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        self.position += 1;
        let Some(quote) = self.quotes.next() else { return Ok(false) };
        let quote = quote.map_err(|cause| {
            Error::invalid_input("an option must be an object with a symbol and numbers").with("json", cause)
        });
        sink.take(self.position, quote.and_then(|quote| quote.read(self)));
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.quotes.bytes()
    }
}
