//! Black–Scholes–Merton: a lognormal spot that pays a continuous yield.
//!
//! The model is that of Black and Scholes (1973) with Merton's (1973) dividend yield. With the foreign rate as
//! `dividend_yield` it is Garman and Kohlhagen's (1983).

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::{implied, limits, touch};
use crate::{
    error::PricingError,
    kernel::{Kernel, Model, PREPARED, Values},
    lanes::{
        Arithmetic,
        black::{ALL, Inputs, Lognormal},
        select,
    },
};

pub use super::Greeks;

/// Returns the value of a European option at a `volatility` per year (0.20 for 20 %), in the currency of the spot, per
/// unit of the underlying.
///
/// With no time or no volatility left this is the discounted intrinsic value `max(0, ±(S·e^(−q·T) − K·e^(−r·T)))`; as
/// the volatility grows it tends to `S·e^(−q·T)` for a call and `K·e^(−r·T)` for a put. As the strike grows a call
/// tends to zero, as it falls a put does. A price too small for a float is zero.
///
/// # Errors
/// [`PricingError::InvalidInput`] names the input that is NaN, infinite or out of its range: spot and strike are
/// positive, years and volatility are not negative. [`PricingError::NotRepresentable`] if a discounted value overflows.
pub fn price(option: &OptionInputs, volatility: f64) -> Result<f64, PricingError> {
    let [price] = Values::<BlackScholes>::row(option.option_type, numbers(option, volatility))?;
    Ok(price)
}

/// Returns the sensitivities of [`price`] at a `volatility` per year (0.20 for 20 %).
///
/// The closed forms are those of Haug, *The Complete Guide to Option Pricing Formulas*, 2nd edition, chapter 2, with
/// derivatives by time taken by calendar time.
///
/// # Errors
/// The errors of [`price`], and [`PricingError::GreeksAtKink`] if no time or no volatility is left and the forward is
/// exactly the strike. Just beside that point a sensitivity may overflow, which is [`PricingError::NotRepresentable`].
pub fn greeks(option: &OptionInputs, volatility: f64) -> Result<Greeks, PricingError> {
    Ok(price_and_greeks(option, volatility)?.1)
}

/// Returns [`price`] and [`greeks`] from one pass.
///
/// # Errors
/// The errors of [`greeks`].
pub fn price_and_greeks(option: &OptionInputs, volatility: f64) -> Result<(f64, Greeks), PricingError> {
    let values = Values::<BlackScholes>::row(option.option_type, numbers(option, volatility))?;
    Ok((values[0], Greeks::from_values(&values, option.spot)))
}

/// Returns the volatility per year (0.20 for 20 %) at which [`price`] is `price`.
///
/// The error is at most twice the unavoidable one, which is due to the rounding of the price to a float. An
/// in-the-money price with little time value determines a volatility poorly by any method: prefer the out-of-the-money
/// option of that strike.
///
/// # Errors
/// * [`PricingError::InvalidInput`] names the input that is NaN, infinite or out of its range; a price must be
///   positive;
/// * [`PricingError::Expired`] if no time is left;
/// * [`PricingError::NoTimeValue`] if the price is the discounted intrinsic value or less;
/// * [`PricingError::AboveUpperBound`] if the price is at or above its limit at infinite volatility;
/// * [`PricingError::NotRepresentable`] if a discounted value overflows, or the time value is too small or the
///   volatility too large for a float.
pub fn implied_volatility(option: &OptionInputs, price: f64) -> Result<f64, PricingError> {
    let [volatility] = implied::Lognormal::row(option.option_type, numbers(option, price))?;
    Ok(volatility)
}

/// Returns the risk-neutral probability that the underlying touches the strike before the option expires, at a
/// `volatility` per year (0.20 for 20 %): the reflection principle with drift (Haug, chapter 4.19).
///
/// The probability is 1 if the spot is at the strike. Without volatility the spot moves along its forwards, and the
/// probability is 1 if the strike is among them, else 0.
///
/// # Errors
/// The errors of [`price`].
pub fn probability_of_touching(option: &OptionInputs, volatility: f64) -> Result<f64, PricingError> {
    BlackScholes::check(numbers(option, volatility))?;
    touch::lognormal(option, volatility)
}

/// The model as a kernel over columns of numbers: spot, strike, years, rate, dividend yield, volatility.
pub(crate) struct BlackScholes;

impl Model<6> for BlackScholes {
    #[inline(always)]
    fn prepare<A: Arithmetic>(sign: f64, numbers: [f64; 6]) -> [f64; PREPARED] {
        Lognormal::prepare::<A>(inputs(sign, numbers))
    }

    #[inline(always)]
    fn values<A: Arithmetic>(sign: f64, numbers: [f64; 6], prepared: [f64; PREPARED]) -> [f64; ALL] {
        let inputs = inputs(sign, numbers);
        let mut values = Lognormal::at::<A>(inputs, prepared).all();
        values[0] = select(inputs.are_regular(), values[0], f64::NAN);
        values
    }

    fn check([spot, strike, years, rate, dividend_yield, volatility]: [f64; 6]) -> Result<(), PricingError> {
        PricingError::check_positive("spot", spot)?;
        PricingError::check_positive("strike", strike)?;
        PricingError::check_not_negative("years", years)?;
        PricingError::check_finite("rate", rate)?;
        PricingError::check_finite("dividend_yield", dividend_yield)?;
        PricingError::check_not_negative("volatility", volatility)
    }

    fn limit_of_price(option_type: OptionType, numbers: [f64; 6]) -> Result<f64, PricingError> {
        limits::lognormal_price(option_type, inputs(crate::kernel::sign(option_type), numbers))
    }

    fn limits(option_type: OptionType, numbers: [f64; 6]) -> Result<[f64; ALL], PricingError> {
        limits::lognormal(option_type, inputs(crate::kernel::sign(option_type), numbers))
    }
}

#[inline(always)]
fn inputs(sign: f64, [spot, strike, years, rate, dividend_yield, volatility]: [f64; 6]) -> Inputs {
    Inputs { sign, spot, strike, years, rate, dividend_yield, volatility }
}

fn numbers(option: &OptionInputs, last: f64) -> [f64; 6] {
    let OptionInputs { option_type: _, spot, strike, years, rate, dividend_yield } = *option;
    [spot, strike, years, rate, dividend_yield, last]
}
