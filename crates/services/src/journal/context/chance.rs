//! The probability of profit of a trade at its entry.

use statrs::distribution::{ContinuousCDF as _, Normal};
use strikebook_core::{
    Result,
    market::OptionType,
    trading::journal::{Side, Trade},
};

use crate::amount::float;

/// Returns the probability that an option held to expiration ends with a profit before costs, from the market at the
/// entry.
///
/// The breakeven B is the strike plus or minus the premium, and the price at expiration is lognormal with the implied
/// volatility σ: P(S > B) = N(d) with d = (ln(S ∕ B) + (r − σ² ∕ 2) T) ∕ (σ √T), which is N(d₂) at the breakeven (Hull,
/// *Options, Futures, and Other Derivatives*, the chapter on Black, Scholes and Merton). T is the calendar days to
/// expiration over 365, r the risk-free rate, or zero where the context has none.
///
/// `None` for a stock, for a leg of several, whose breakeven is not the trade's own, on the day of expiration, and
/// without the underlying's price or a volatility.
///
/// # Errors
/// [`Internal`](strikebook_core::ErrorKind::Internal) for an amount without a floating-point number.
pub fn probability_of_profit(trade: &Trade) -> Result<Option<f64>> {
    let (subject, entry) = (&trade.subject, &trade.entry);
    let (Some(option_type), Some(strike), None) = (subject.option_type(), subject.strike(), trade.origin.leg_group)
    else {
        return Ok(None);
    };
    let (Some(price), Some(volatility), Some(days)) = (entry.underlying_price, entry.iv, entry.dte) else {
        return Ok(None);
    };
    let (price, premium) = (float(price)?, float(trade.execution.entry_price)?);
    let breakeven = match option_type {
        OptionType::Call => strike.to_f64() + premium,
        OptionType::Put => strike.to_f64() - premium,
    };
    let years = f64::from(days) / 365.0;
    if !(price > 0.0 && breakeven > 0.0 && volatility > 0.0 && years > 0.0) {
        return Ok(None);
    }
    let rate = entry.risk_free_rate.map_or(0.0, |rate| rate);
    let deviation = volatility * years.sqrt();
    let d = ((price / breakeven).ln() + (rate - volatility * volatility / 2.0) * years) / deviation;
    let profits_above = (option_type == OptionType::Call) == (trade.execution.side == Side::Long);
    let chance = Normal::standard().cdf(if profits_above { d } else { -d });
    Ok(Some(chance).filter(|chance| (0.0..=1.0).contains(chance)))
}
