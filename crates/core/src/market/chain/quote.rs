//! One quote of one option contract.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result, Source, Timestamp,
    market::OptionContract,
    validate::{check, count, number, price, volatility},
};

/// Greeks as a vendor quoted them, in this library's units. Where the vendor's units differ, the reader converts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuoteGreeks {
    /// dV/dS.
    pub delta: Option<f64>,
    /// d²V/dS², per 1.00 of the underlying's price.
    pub gamma: Option<f64>,
    /// dV/dt per year of calendar time: usually negative for a long option.
    pub theta: Option<f64>,
    /// dV/dσ per 1.00 of volatility.
    pub vega: Option<f64>,
    /// dV/dr per 1.00 of interest rate.
    pub rho: Option<f64>,
}

/// A quote of an option contract at one instant. Prices are per share, in the contract's currency.
///
/// What the market did not say is `None`, never zero: a bid of `Some(0.0)` means that somebody quoted zero. Crossed
/// (bid above ask) and locked (bid equal to ask) quotes are facts and are kept as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionQuote {
    /// The contract.
    pub contract: OptionContract,
    /// When the market said it.
    pub at: Timestamp,
    /// The best bid.
    pub bid: Option<f64>,
    /// The best ask.
    pub ask: Option<f64>,
    /// The last trade's price.
    pub last: Option<f64>,
    /// Contracts at the bid.
    pub bid_size: Option<u64>,
    /// Contracts at the ask.
    pub ask_size: Option<u64>,
    /// Contracts traded so far that day.
    pub volume: Option<u64>,
    /// Contracts open, as of the day before.
    pub open_interest: Option<u64>,
    /// Implied volatility per 1.00 a year, as the vendor computed it.
    pub implied_volatility: Option<f64>,
    /// Greeks as the vendor computed them.
    pub greeks: QuoteGreeks,
    /// The underlying's price at that instant.
    pub underlying_price: Option<f64>,
    /// Where the quote comes from.
    pub source: Source,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl OptionQuote {
    /// A quote without numbers, learned when it was said. Set the fields that are known.
    pub const fn new(contract: OptionContract, at: Timestamp, source: Source) -> Self {
        Self {
            contract,
            at,
            bid: None,
            ask: None,
            last: None,
            bid_size: None,
            ask_size: None,
            volume: None,
            open_interest: None,
            implied_volatility: None,
            greeks: QuoteGreeks { delta: None, gamma: None, theta: None, vega: None, rho: None },
            underlying_price: None,
            source,
            recorded_at: at,
        }
    }

    /// Sets bid and ask.
    #[must_use]
    pub const fn with_market(mut self, bid: Option<f64>, ask: Option<f64>) -> Self {
        self.bid = bid;
        self.ask = ask;
        self
    }

    /// Sets when we learned it.
    #[must_use]
    pub const fn with_recorded_at(mut self, recorded_at: Timestamp) -> Self {
        self.recorded_at = recorded_at;
        self
    }

    /// Checks every number: finite, prices, sizes and volatility not negative, nothing absurdly large.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        let Self { greeks, .. } = self;
        check!(price, self.bid => "bid", self.ask => "ask", self.last => "last", self.underlying_price => "underlying_price");
        check!(count, self.bid_size => "bid_size", self.ask_size => "ask_size", self.volume => "volume", self.open_interest => "open_interest");
        check!(volatility, self.implied_volatility => "implied_volatility");
        check!(number, greeks.delta => "delta", greeks.gamma => "gamma", greeks.theta => "theta", greeks.vega => "vega", greeks.rho => "rho");
        Ok(())
    }

    /// The mean of bid and ask; `None` unless both are there. A crossed quote has one too: look at
    /// [`is_crossed`](Self::is_crossed).
    pub fn mid(&self) -> Option<f64> {
        Some(f64::midpoint(self.bid?, self.ask?))
    }

    /// Ask less bid; `None` unless both are there. Negative for a crossed quote.
    pub fn spread(&self) -> Option<f64> {
        Some(self.ask? - self.bid?)
    }

    /// Whether the bid is above the ask.
    pub fn is_crossed(&self) -> bool {
        self.spread().is_some_and(|spread| spread < 0.0)
    }

    /// Whether bid and ask are equal.
    pub fn is_locked(&self) -> bool {
        self.spread() == Some(0.0)
    }

    /// The price that best tells the option's worth: the mid of an uncrossed market, otherwise the last trade. An ask
    /// of zero is no market: nobody gives an option away.
    pub fn mark(&self) -> Option<f64> {
        self.mid().filter(|mid| *mid > 0.0 && !self.is_crossed()).or(self.last)
    }

    /// What exercise would bring per share at the quoted underlying price; `None` without that price.
    pub fn intrinsic_value(&self) -> Option<f64> {
        Some(self.contract.option_type().intrinsic(self.contract.strike(), self.underlying_price?))
    }

    /// [`mark`](Self::mark) less [intrinsic value](Self::intrinsic_value). May be negative, since markets are.
    pub fn time_value(&self) -> Option<f64> {
        Some(self.mark()? - self.intrinsic_value()?)
    }

    /// Underlying price over strike: above 1 is in the money for a call and out of the money for a put.
    pub fn moneyness(&self) -> Option<f64> {
        Some(self.underlying_price? / self.contract.strike().to_f64())
    }

    /// Calendar days from the quote to the expiration, in New York.
    pub fn days_to_expiration(&self) -> i64 {
        self.contract.days_to_expiration(self.at)
    }
}

/// A quote in a chain, and how old it was there.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainRow {
    /// The quote.
    pub quote: OptionQuote,
    /// From the quote's instant to the chain's event limit. Never negative.
    pub age: TimeDelta,
}

/// The header of one fetch of a chain: what was fetched, whole or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChainSnapshot {
    /// The underlying.
    pub underlying: super::Symbol,
    /// When the market said it.
    pub at: Timestamp,
    /// The underlying's price.
    pub underlying_price: Option<f64>,
    /// How many contracts the fetch held.
    pub contracts: u64,
    /// How many expirations it held.
    pub expirations: u64,
    /// Where it comes from.
    pub source: Source,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl ChainSnapshot {
    /// Counts the contracts and expirations of quotes. Their instants and sources are not looked at.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there are none.
    pub fn of(underlying: super::Symbol, quotes: &[OptionQuote]) -> Result<Self> {
        use std::collections::BTreeSet;
        let Some(newest) = quotes.iter().max_by_key(|quote| quote.at) else {
            return Err(Error::invalid_input("a snapshot needs at least one quote"));
        };
        let contracts: BTreeSet<_> = quotes.iter().map(|quote| quote.contract).collect();
        let expirations: BTreeSet<_> = contracts.iter().map(OptionContract::expiration).collect();
        Ok(Self {
            underlying,
            at: newest.at,
            underlying_price: newest.underlying_price,
            contracts: contracts.len() as u64,
            expirations: expirations.len() as u64,
            source: newest.source.clone(),
            recorded_at: newest.recorded_at,
        })
    }

    /// Checks the price and the counts.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        check!(price, self.underlying_price => "underlying_price");
        count("contracts", self.contracts)?;
        count("expirations", self.expirations)
    }
}
