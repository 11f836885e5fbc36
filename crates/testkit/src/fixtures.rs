//! Fixtures for tests of code that works with stores: a clock that is set by hand, and chains of a made-up stock.

use std::sync::{Mutex, PoisonError};

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use strikebook_core::{
    Clock, Result, Source, Timestamp,
    market::{OptionContract, OptionQuote, OptionRoot, OptionType, Strike, calendar},
};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Creates a clock that shows an instant.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets the clock to an instant.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves the clock on.
    pub fn advance(&self, span: TimeDelta) {
        self.set(self.now().saturating_add(span));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of days for which each expiration Friday is quoted in advance.
const AHEAD: i64 = 45;
/// The volatility of the stock per 1.00 a year.
const VOLATILITY: f64 = 0.30;

/// Returns the quotes at the close of each trading day from a first one on, one day for each close of the stock: calls
/// and puts at every other dollar from 10 % below the lowest close to 10 % above the highest, on every Friday of the
/// next 45 days.
///
/// Prices are those of a stock whose price at expiration has a logistic distribution, which has them in closed form:
/// s × ln(1 + e^((S − K)∕s)) for a call. So they obey put–call parity without interest, and delta is the probability of
/// exercise. The spread is four percent and two cents.
pub fn daily_chains(root: &str, first: NaiveDate, closes: &[f64]) -> Result<Vec<OptionQuote>> {
    let (root, source) = (OptionRoot::new(root)?, Source::new("test")?);
    let days = first.iter_days().filter(|day| calendar::is_trading_day(*day));
    let (strikes, mut quotes) = (strikes(closes)?, Vec::new());
    for (day, close) in days.zip(closes) {
        let fridays = day.iter_days().take_while(|one| (*one - day).num_days() <= AHEAD);
        for expiration in fridays.filter(|one| one.weekday() == Weekday::Fri) {
            for strike in &strikes {
                for option_type in [OptionType::Call, OptionType::Put] {
                    let contract = OptionContract::new(root, expiration, option_type, *strike)?;
                    quotes.push(quote(contract, day, *close, &source)?);
                }
            }
        }
    }
    Ok(quotes)
}

/// Returns every other dollar from 10 % below the lowest close to 10 % above the highest.
fn strikes(closes: &[f64]) -> Result<Vec<Strike>> {
    let lowest = 0.90 * closes.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = 1.10 * closes.iter().copied().fold(0.0, f64::max);
    let dollars = (1..50_000_u32).map(|half| 2 * half).skip_while(|dollars| f64::from(*dollars) < lowest);
    dollars
        .take_while(|dollars| f64::from(*dollars) <= highest)
        .map(|dollars| Strike::from_thousandths(1_000 * dollars))
        .collect()
}

fn quote(contract: OptionContract, day: NaiveDate, close: f64, source: &Source) -> Result<OptionQuote> {
    let at = calendar::close_on(day)?;
    let strike = contract.strike().to_f64();
    let sign = if contract.option_type() == OptionType::Call { 1.0 } else { -1.0 };
    let inside = sign * (close - strike);
    // A logistic distribution of scale s has the deviation πs ∕ √3.
    let scale = VOLATILITY * close * contract.standard_life().years_to_expiration(at).max(0.0).sqrt() * 3.0_f64.sqrt()
        / std::f64::consts::PI;
    let (price, probability) = if scale > 0.0 {
        (scale * (inside / scale).exp().ln_1p(), 1.0 / (1.0 + (-inside / scale).exp()))
    } else {
        (inside.max(0.0), if inside > 0.0 { 1.0 } else { 0.0 })
    };
    let bid = ((0.98 * price - 0.01).max(0.0) * 100.0).floor() / 100.0;
    let ask = ((1.02 * price + 0.01) * 100.0).ceil() / 100.0;
    let mut quote = OptionQuote::new(contract, at, source.clone()).with_market(Some(bid), Some(ask));
    quote.greeks.delta = Some(sign * probability);
    (quote.volume, quote.open_interest) = (Some(50), Some(500));
    quote.underlying_price = Some(close);
    Ok(quote)
}
