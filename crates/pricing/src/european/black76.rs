//! Black (1976): a lognormal forward or future.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::{implied, limits, touch};
use crate::{
    error::PricingError,
    kernel::{Kernel, Model, PREPARED, Values, sign},
    lanes::{
        Arithmetic,
        black::{ALL, Inputs, Lognormal},
        select,
    },
};

pub use super::Greeks;

/// An option on a forward price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForwardInputs {
    /// The type of the option, call or put.
    pub option_type: OptionType,
    /// The forward's or future's price.
    pub forward: f64,
    /// The strike, in the forward's currency.
    pub strike: f64,
    /// Time to expiration in years.
    pub years: f64,
    /// The interest rate that discounts the payoff, continuously compounded, per 1.00 a year.
    pub rate: f64,
}

/// Returns the value of a European option on a forward at a `volatility` per year (0.20 for 20 %), in the forward's
/// currency, paid for today.
///
/// With no time or no volatility left this is the discounted intrinsic value `e^(−r·T)·max(0, ±(F − K))`; as the
/// volatility grows it tends to `e^(−r·T)·F` for a call and `e^(−r·T)·K` for a put. A price too small for a float is
/// zero.
///
/// # Errors
/// [`PricingError::InvalidInput`] names the input that is NaN, infinite or out of its range: forward and strike are
/// positive, years and volatility are not negative. [`PricingError::NotRepresentable`] if a discounted value overflows.
pub fn price(option: &ForwardInputs, volatility: f64) -> Result<f64, PricingError> {
    let [price] = Values::<Black76>::row(option.option_type, numbers(option, volatility))?;
    Ok(price)
}

/// Returns the sensitivities of [`price`] at a `volatility` per year (0.20 for 20 %). Delta and its derivatives are by
/// the forward; rho is `−T·V`, with the forward fixed.
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
    let values = Values::<Black76>::row(option.option_type, numbers(option, volatility))?;
    Ok((values[0], Greeks::from_values(&values, option.forward)))
}

/// Returns the volatility per year (0.20 for 20 %) at which [`price`] is `price`, as accurate as
/// [`black_scholes::implied_volatility`](super::black_scholes::implied_volatility).
///
/// # Errors
/// The errors of [`black_scholes::implied_volatility`](super::black_scholes::implied_volatility).
pub fn implied_volatility(option: &ForwardInputs, price: f64) -> Result<f64, PricingError> {
    let [volatility] = implied::LognormalForward::row(option.option_type, numbers(option, price))?;
    Ok(volatility)
}

/// Returns the probability that the forward touches the strike before the option expires, at a `volatility` per year
/// (0.20 for 20 %); 1 if the forward is at the strike.
///
/// # Errors
/// The errors of [`price`].
pub fn probability_of_touching(option: &ForwardInputs, volatility: f64) -> Result<f64, PricingError> {
    Black76::check(numbers(option, volatility))?;
    let ForwardInputs { option_type, forward, strike, years, rate } = *option;
    touch::lognormal(
        &OptionInputs { option_type, spot: forward, strike, years, rate, dividend_yield: rate },
        volatility,
    )
}

/// The model as a kernel over columns of numbers: forward, strike, years, rate, volatility.
pub(crate) struct Black76;

impl Model<5> for Black76 {
    #[inline(always)]
    fn prepare<A: Arithmetic>(sign: f64, numbers: [f64; 5]) -> [f64; PREPARED] {
        Lognormal::prepare::<A>(inputs(sign, numbers))
    }

    #[inline(always)]
    fn values<A: Arithmetic>(sign: f64, numbers: [f64; 5], prepared: [f64; PREPARED]) -> [f64; ALL] {
        let inputs = inputs(sign, numbers);
        let mut values = at_fixed_forward(Lognormal::at::<A>(inputs, prepared).all(), inputs.years);
        values[0] = select(inputs.are_regular(), values[0], f64::NAN);
        values
    }

    fn check([forward, strike, years, rate, volatility]: [f64; 5]) -> Result<(), PricingError> {
        PricingError::check_positive("forward", forward)?;
        PricingError::check_positive("strike", strike)?;
        PricingError::check_not_negative("years", years)?;
        PricingError::check_finite("rate", rate)?;
        PricingError::check_not_negative("volatility", volatility)
    }

    fn limit_of_price(option_type: OptionType, numbers: [f64; 5]) -> Result<f64, PricingError> {
        limits::lognormal_price(option_type, inputs(sign(option_type), numbers))
    }

    fn limits(option_type: OptionType, numbers: [f64; 5]) -> Result<[f64; ALL], PricingError> {
        let inputs = inputs(sign(option_type), numbers);
        Ok(at_fixed_forward(limits::lognormal(option_type, inputs)?, inputs.years))
    }
}

/// Black's model as that of a spot whose yield is the rate, except in the derivatives by the rate.
#[inline(always)]
fn at_fixed_forward(mut values: [f64; ALL], years: f64) -> [f64; ALL] {
    values[5] = -years * values[0];
    values[6] = 0.0;
    values
}

#[inline(always)]
fn inputs(sign: f64, [forward, strike, years, rate, volatility]: [f64; 5]) -> Inputs {
    Inputs { sign, spot: forward, strike, years, rate, dividend_yield: rate, volatility }
}

fn numbers(option: &ForwardInputs, last: f64) -> [f64; 5] {
    let ForwardInputs { option_type: _, forward, strike, years, rate } = *option;
    [forward, strike, years, rate, last]
}
