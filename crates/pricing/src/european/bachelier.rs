//! Bachelier (1900): a normal forward or future, which may be negative, as may the strike.
//!
//! Volatility is absolute: in the forward's currency, per square root of a year.

use strikebook_core::market::OptionType;

use super::{black76::ForwardInputs, implied, limits, touch};
use crate::{
    error::PricingError,
    kernel::{Kernel, Model, PREPARED, Values, sign},
    lanes::{
        Arithmetic,
        bachelier::{Inputs, Normal},
        black::ALL,
        select,
    },
};

pub use super::Greeks;

/// Returns the value of a European option on a forward at an absolute `volatility` per square root of a year, in the
/// forward's currency, paid for today.
///
/// With no time or no volatility left this is the discounted intrinsic value `e^(−r·T)·max(0, ±(F − K))`; it has no
/// upper bound. A price too small for a float is zero.
///
/// # Errors
/// [`PricingError::InvalidInput`] names the input that is NaN, infinite or out of its range: years and volatility are
/// not negative. [`PricingError::NotRepresentable`] if the price overflows.
pub fn price(option: &ForwardInputs, volatility: f64) -> Result<f64, PricingError> {
    let [price] = Values::<Bachelier>::row(option.option_type, numbers(option, volatility))?;
    Ok(price)
}

/// Returns the sensitivities of [`price`] at an absolute `volatility`: vega and its derivatives are per 1.00 of the
/// forward's currency, and `probability_in_the_money` is `N(±d)`.
///
/// # Errors
/// The errors of [`price`], and [`PricingError::GreeksAtKink`] if no time or no volatility is left and the forward is
/// exactly the strike. Just beside that point a sensitivity may overflow, which is [`PricingError::NotRepresentable`].
pub fn greeks(option: &ForwardInputs, volatility: f64) -> Result<Greeks, PricingError> {
    Ok(price_and_greeks(option, volatility)?.1)
}

/// Returns [`price`] and [`greeks`] from one pass.
///
/// # Errors
/// The errors of [`greeks`].
pub fn price_and_greeks(option: &ForwardInputs, volatility: f64) -> Result<(f64, Greeks), PricingError> {
    let values = Values::<Bachelier>::row(option.option_type, numbers(option, volatility))?;
    Ok((values[0], Greeks::from_values(&values, option.forward)))
}

/// Returns the absolute volatility at which [`price`] is `price`, by Jäckel's *Implied Normal Volatility* (2017).
///
/// # Errors
/// * [`PricingError::InvalidInput`] names the input that is NaN, infinite or out of its range; a price must be
///   positive;
/// * [`PricingError::Expired`] if no time is left;
/// * [`PricingError::NoTimeValue`] if the price is the discounted intrinsic value or less;
/// * [`PricingError::NotRepresentable`] if the volatility leaves the range of a float.
pub fn implied_volatility(option: &ForwardInputs, price: f64) -> Result<f64, PricingError> {
    let [volatility] = implied::Normal::row(option.option_type, numbers(option, price))?;
    Ok(volatility)
}

/// Returns the probability that the forward touches the strike before the option expires, at an absolute `volatility`:
/// twice the probability of ending beyond the strike; 1 if the forward is at the strike.
///
/// # Errors
/// The errors of [`price`].
pub fn probability_of_touching(option: &ForwardInputs, volatility: f64) -> Result<f64, PricingError> {
    Bachelier::check(numbers(option, volatility))?;
    Ok(touch::normal(option, volatility))
}

/// The model as a kernel over columns of numbers: forward, strike, years, rate, volatility.
pub(crate) struct Bachelier;

impl Model<5> for Bachelier {
    #[inline(always)]
    fn prepare<A: Arithmetic>(sign: f64, numbers: [f64; 5]) -> [f64; PREPARED] {
        Normal::prepare::<A>(inputs(sign, numbers))
    }

    #[inline(always)]
    fn values<A: Arithmetic>(sign: f64, numbers: [f64; 5], prepared: [f64; PREPARED]) -> [f64; ALL] {
        let inputs = inputs(sign, numbers);
        let mut values = Normal::at::<A>(inputs, prepared).all::<A>();
        values[0] = select(inputs.are_regular(), values[0], f64::NAN);
        values
    }

    fn check([forward, strike, years, rate, volatility]: [f64; 5]) -> Result<(), PricingError> {
        PricingError::check_finite("forward", forward)?;
        PricingError::check_finite("strike", strike)?;
        PricingError::check_not_negative("years", years)?;
        PricingError::check_finite("rate", rate)?;
        PricingError::check_not_negative("volatility", volatility)
    }

    fn limit_of_price(option_type: OptionType, numbers: [f64; 5]) -> Result<f64, PricingError> {
        limits::normal_price(inputs(sign(option_type), numbers))
    }

    fn limits(option_type: OptionType, numbers: [f64; 5]) -> Result<[f64; ALL], PricingError> {
        limits::normal(inputs(sign(option_type), numbers))
    }
}

#[inline(always)]
fn inputs(sign: f64, [forward, strike, years, rate, volatility]: [f64; 5]) -> Inputs {
    Inputs { sign, forward, strike, years, rate, volatility }
}

fn numbers(option: &ForwardInputs, last: f64) -> [f64; 5] {
    let ForwardInputs { option_type: _, forward, strike, years, rate } = *option;
    [forward, strike, years, rate, last]
}
