//! A simulated chain: Black-Scholes prices with a smile and a spread, from a simulated source.

use chrono::{Days, NaiveDate};
use strikebook::{
    Result, Source, Timestamp,
    market::{OptionContract, OptionQuote, OptionRoot, OptionType, Strike},
    models::BlackScholes,
    pricing::{OptionInputs, Pricer},
};

const SPOT: f64 = 100.0;

/// Returns three expirations of 41 strikes each.
pub(crate) fn chain() -> Result<Vec<OptionQuote>> {
    let at: Timestamp = "2025-09-25T15:30:00-04:00".parse()?;
    let mut quotes = Vec::new();
    for days in [22, 57, 85] {
        let expiration = at.new_york_date() + Days::new(days);
        for thousandths in (80_000..=120_000).step_by(1_000) {
            for option_type in [OptionType::Call, OptionType::Put] {
                quotes.extend(quote(at, expiration, Strike::from_thousandths(thousandths)?, option_type)?);
            }
        }
    }
    Ok(quotes)
}

fn quote(at: Timestamp, expiration: NaiveDate, strike: Strike, option_type: OptionType) -> Result<Option<OptionQuote>> {
    let contract = OptionContract::new(OptionRoot::new("DEMO")?, expiration, option_type, strike)?;
    let inputs = OptionInputs {
        option_type,
        spot: SPOT,
        strike: strike.to_f64(),
        years: contract.standard_life().years_to_expiration(at),
        rate: 0.04,
        dividend_yield: 0.0,
    };
    let moneyness = (strike.to_f64() / SPOT).ln();
    let volatility = 0.22 - 0.25 * moneyness + 0.9 * moneyness * moneyness;
    let Some(Ok(value)) = BlackScholes.value(&[(inputs, volatility)]).pop() else { return Ok(None) };
    let half_spread = 0.01 + 0.01 * value.price;
    let cents = |price: f64| (price * 100.0).round() / 100.0;
    let mut quote = OptionQuote::new(contract, at, Source::simulated("quickstart")?)
        .with_market(Some(cents((value.price - half_spread).max(0.0))), Some(cents(value.price + half_spread)));
    quote.underlying_price = Some(SPOT);
    quote.volume = Some(if option_type == OptionType::Call { 120 } else { 90 });
    Ok(Some(quote))
}
