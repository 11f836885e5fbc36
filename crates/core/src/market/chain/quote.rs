//! Quotes of option contracts, chain rows and chain snapshots.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result, Source, Timestamp,
    market::{ContractLife, OptionContract, Product, Symbol},
    validate::{check, count, number, price, volatility},
};

/// Greeks as a vendor published them, converted by the reader to this library's units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuoteGreeks {
    /// dV/dS, per 1.00 of the underlying's price.
    pub delta: Option<f64>,
    /// d²V/dS², per 1.00 of the underlying's price.
    pub gamma: Option<f64>,
    /// dV/dt per year of calendar time: usually negative for a long option.
    pub theta: Option<f64>,
    /// dV/dσ, per 1.00 of volatility.
    pub vega: Option<f64>,
    /// dV/dr, per 1.00 of interest rate.
    pub rho: Option<f64>,
}

/// A quote of an option contract at one instant. Prices are per share, in the contract's currency.
///
/// A number that the market did not give is `None`, never zero: a bid of `Some(0.0)` is a quoted zero. Crossed quotes
/// (bid above ask) and locked quotes (bid equal to ask) are stored unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionQuote {
    /// The contract that is quoted.
    pub contract: OptionContract,
    /// The event time: the instant of the quote.
    pub at: Timestamp,
    /// The best bid price.
    pub bid: Option<f64>,
    /// The best ask price.
    pub ask: Option<f64>,
    /// The price of the last trade.
    pub last: Option<f64>,
    /// The number of contracts at the bid.
    pub bid_size: Option<u64>,
    /// The number of contracts at the ask.
    pub ask_size: Option<u64>,
    /// The number of contracts traded so far that day.
    pub volume: Option<u64>,
    /// The number of open contracts at the end of the day before.
    pub open_interest: Option<u64>,
    /// The implied volatility per 1.00 a year, as the vendor computed it.
    pub implied_volatility: Option<f64>,
    /// The Greeks as the vendor computed them.
    pub greeks: QuoteGreeks,
    /// The underlying's price at `at`.
    pub underlying_price: Option<f64>,
    /// The source of the quote.
    pub source: Source,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(OptionQuote);
crate::port::recorded!(OptionQuote, (OptionContract, Timestamp), "contract": |it| (it.contract, it.at), it.contract);

impl OptionQuote {
    /// Creates a quote without numbers, with `at` as its knowledge time. Set the known fields afterwards.
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

    /// Sets the knowledge time.
    #[must_use]
    pub const fn with_recorded_at(mut self, recorded_at: Timestamp) -> Self {
        self.recorded_at = recorded_at;
        self
    }

    /// Checks every number: finite and below 10¹² in size; the option's prices, sizes and volatility not negative. The
    /// underlying's price may be below zero, as that of a future is.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        let Self { greeks, .. } = self;
        check!(price, self.bid => "bid", self.ask => "ask", self.last => "last");
        check!(number, self.underlying_price => "underlying_price");
        check!(count, self.bid_size => "bid_size", self.ask_size => "ask_size");
        check!(count, self.volume => "volume", self.open_interest => "open_interest");
        check!(volatility, self.implied_volatility => "implied_volatility");
        check!(number, greeks.delta => "delta", greeks.gamma => "gamma", greeks.theta => "theta", greeks.vega => "vega", greeks.rho => "rho");
        Ok(())
    }

    /// Returns the mean of bid and ask; `None` unless both are present. A crossed quote has a mid as well: see
    /// [`is_crossed`](Self::is_crossed).
    pub fn mid(&self) -> Option<f64> {
        Some(f64::midpoint(self.bid?, self.ask?))
    }

    /// Returns ask minus bid; `None` unless both are present. Negative for a crossed quote.
    pub fn spread(&self) -> Option<f64> {
        Some(self.ask? - self.bid?)
    }

    /// Returns true if the bid is above the ask.
    pub fn is_crossed(&self) -> bool {
        self.spread().is_some_and(|spread| spread < 0.0)
    }

    /// Returns true if bid and ask are equal.
    pub fn is_locked(&self) -> bool {
        self.spread() == Some(0.0)
    }

    /// Returns the best estimate of the option's value: the mid of an uncrossed market, otherwise the last trade. An
    /// ask of zero counts as no market, since nobody gives an option away.
    pub fn mark(&self) -> Option<f64> {
        self.mid().filter(|mid| *mid > 0.0 && !self.is_crossed()).or(self.last)
    }

    /// Returns the value per share of exercise at the quoted underlying price; `None` without that price.
    pub fn intrinsic_value(&self) -> Option<f64> {
        Some(self.contract.option_type().intrinsic(self.contract.strike(), self.underlying_price?))
    }

    /// Returns [`mark`](Self::mark) minus [intrinsic value](Self::intrinsic_value). Can be negative, as market prices
    /// can.
    pub fn time_value(&self) -> Option<f64> {
        Some(self.mark()? - self.intrinsic_value()?)
    }

    /// Returns underlying price over strike: above 1 is in the money for a call and out of the money for a put.
    pub fn moneyness(&self) -> Option<f64> {
        Some(self.underlying_price? / self.contract.strike().to_f64())
    }
}

/// A quote in a chain, with its age, and with the terms and the life of its contract.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainRow {
    /// The quote of the contract.
    pub quote: OptionQuote,
    /// The time from the quote's `at` to the chain's event limit; never negative.
    pub age: TimeDelta,
    /// The terms of the contract, as its [details](super::super::ContractDetails) state them.
    pub product: Product,
    /// The life of the contract under these terms.
    pub life: ContractLife,
}

impl ChainRow {
    /// Creates a row with the terms of the contract's [root](super::super::OptionRoot::product).
    pub fn new(quote: OptionQuote, age: TimeDelta) -> Self {
        let product = quote.contract.root().product();
        Self { age, product, life: quote.contract.life(&product), quote }
    }

    /// Returns the time from the quote to the settlement in years of 365 days.
    pub fn years_to_expiration(&self) -> f64 {
        self.life.years_to_expiration(self.quote.at)
    }

    /// Returns true for a liquid contract: a bid above zero, an ask not below it, a spread of at most `max_spread`
    /// times the mid, and at least `min_open_interest` open and `min_volume` traded contracts. A missing count is taken
    /// as zero.
    pub fn is_liquid(&self, max_spread: f64, min_open_interest: u64, min_volume: u64) -> bool {
        let quote = &self.quote;
        let tight = match (quote.bid, quote.mid(), quote.spread()) {
            (Some(bid), Some(mid), Some(spread)) => bid > 0.0 && spread >= 0.0 && spread <= max_spread * mid,
            _ => false,
        };
        let reaches = |count: Option<u64>, least: u64| least == 0 || count.is_some_and(|count| count >= least);
        tight && reaches(quote.open_interest, min_open_interest) && reaches(quote.volume, min_volume)
    }

    /// Returns the calendar days from the quote to the last trading day, in New York.
    pub fn days_to_expiration(&self) -> i64 {
        self.life.days_to_expiration(self.quote.at)
    }
}

/// The header of one fetch of a chain, with counts that show whether the fetch was complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChainSnapshot {
    /// The underlying of the chain.
    pub underlying: Symbol,
    /// The event time: the instant of the newest quote.
    pub at: Timestamp,
    /// The underlying's price at `at`.
    pub underlying_price: Option<f64>,
    /// The number of contracts in the fetch.
    pub contracts: u64,
    /// The number of expirations in the fetch.
    pub expirations: u64,
    /// The source of the fetch.
    pub source: Source,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(ChainSnapshot);
crate::port::recorded!(ChainSnapshot, (Symbol, Timestamp), "underlying": |it| (it.underlying, it.at), it.underlying);

impl ChainSnapshot {
    /// Creates the snapshot of some quotes: their contracts and expirations counted, the other fields those of the
    /// newest quote. The quotes' times and sources are not compared.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when `quotes` is empty.
    pub fn of(underlying: Symbol, quotes: &[OptionQuote]) -> Result<Self> {
        use std::collections::BTreeSet;
        let Some(newest) = quotes.iter().max_by_key(|quote| quote.at) else {
            return Err(Error::invalid_input("cannot make a chain snapshot of no quotes: at least one is needed"));
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
        check!(number, self.underlying_price => "underlying_price");
        count("contracts", self.contracts)?;
        count("expirations", self.expirations)
    }
}
