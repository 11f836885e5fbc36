//! Greeks, and derivatives by the model's parameters.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::{Control, Parameters, Preset, characteristic::ALL, corrected, integral, options, unit};
use crate::{black_scholes, error::PricingError};

/// Sensitivities of one option on one unit of the underlying, with the other parameters fixed. Time is in years,
/// volatility and rates are per 1.00.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Greeks {
    /// `∂V/∂S`, the variance fixed.
    pub delta: f64,
    /// `∂²V/∂S²`, the variance fixed.
    pub gamma: f64,
    /// `∂V/∂√v₀`, per 1.00 of today's volatility: `2√v₀` times the derivative by the variance `v₀`.
    pub vega: f64,
    /// `∂V/∂t = −∂V/∂T`, per year, with spot and variance fixed.
    pub theta: f64,
    /// `∂V/∂r`, per 1.00 of the rate.
    pub rho: f64,
    /// `∂V/∂q`, per 1.00 of the dividend yield; also called psi.
    pub epsilon: f64,
}

/// Derivatives of an option's value by the model's [`Parameters`], each per 1.00 of its parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradient {
    /// `∂V/∂v₀`, per 1.00 of variance: 0.04 is a volatility of 0.20.
    pub variance: f64,
    /// `∂V/∂κ`, per 1.00 of the speed a year.
    pub reversion: f64,
    /// `∂V/∂θ`, per 1.00 of variance.
    pub long_variance: f64,
    /// `∂V/∂σ`, per 1.00 of the volatility of variance.
    pub volatility: f64,
    /// `∂V/∂ρ`, per 1.00 of correlation.
    pub correlation: f64,
}

/// A price and its sensitivities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HestonValuation {
    /// The price, as [`price`](super::price) returns it.
    pub price: f64,
    /// The derivatives of the price by the market's inputs.
    pub greeks: Greeks,
    /// The derivatives of the price by the parameters.
    pub gradient: Gradient,
}

/// Returns the [`price`](super::price) and its sensitivities, from one integration.
///
/// # Errors
/// The errors of [`valuations`].
pub fn valuation(
    option: &OptionInputs,
    parameters: &Parameters,
    preset: Preset,
) -> Result<HestonValuation, PricingError> {
    let values = valuations(option, &[(option.option_type, option.strike)], parameters, preset)?;
    values.first().copied().ok_or(PricingError::NotRepresentable { quantity: "the price" })
}

/// Returns the [`prices`](super::prices) and their sensitivities, from one integration. Sensitivities are as accurate
/// as the prices, relative to themselves or to the spot, whichever is larger.
///
/// # Errors
/// The errors of [`prices`](super::prices) and of [`black_scholes::greeks`], and [`PricingError::NotRepresentable`] if
/// time is left but no variance is expected: the derivatives by the variance do not exist there.
pub fn valuations(
    option: &OptionInputs,
    strikes: &[(OptionType, f64)],
    parameters: &Parameters,
    preset: Preset,
) -> Result<Vec<HestonValuation>, PricingError> {
    let control = Control::new(option, strikes, parameters)?;
    if strikes.is_empty() {
        return Ok(Vec::new());
    }
    let model = parameters.over(option.years);
    let integrals = if option.years == 0.0 {
        vec![[0.0; ALL]; strikes.len()]
    } else if model.total == 0.0 {
        return Err(PricingError::NotRepresentable { quantity: "the sensitivities without variance" });
    } else {
        integral::integrals::<ALL>(&model, &control.moneyness, preset)?
    };
    options(option, strikes)
        .zip(integrals)
        .map(|(option, integrals)| value(&option, parameters, control.volatility, integrals))
        .collect()
}

/// Returns the control variate's price and Greeks, corrected by the integrals.
fn value(
    option: &OptionInputs,
    parameters: &Parameters,
    volatility: f64,
    integrals: [f64; ALL],
) -> Result<HestonValuation, PricingError> {
    let (price, control) = black_scholes::price_and_greeks(option, volatility)?;
    let unit = unit(option);
    let [correction, slope, curvature, variance, reversion, long_variance, of_variance, correlation, time] =
        integrals.map(|integral| -unit * integral);
    let OptionInputs { spot, years, rate, dividend_yield, .. } = *option;
    // The unit is proportional to the root of the discounted spot and of the discounted strike.
    let by_spot = 0.5 * correction + slope;
    let rho = control.rho - years * (0.5 * correction - slope);
    let epsilon = control.epsilon - years * by_spot;
    let theta = if years == 0.0 {
        control.theta
    } else {
        // Rates and yields enter only as products with the time.
        -(rate * rho + dividend_yield * epsilon) / years - time
    };
    let greeks = Greeks {
        delta: control.delta + by_spot / spot,
        gamma: control.gamma + curvature / spot / spot,
        vega: 2.0 * parameters.variance.sqrt() * variance,
        theta,
        rho,
        epsilon,
    };
    let gradient = Gradient { variance, reversion, long_variance, volatility: of_variance, correlation };
    let Greeks { delta, gamma, vega, theta, rho, epsilon } = greeks;
    let finite =
        [delta, gamma, vega, theta, rho, epsilon, variance, reversion, long_variance, of_variance, correlation];
    if finite.iter().all(|value| value.is_finite()) {
        Ok(HestonValuation { price: corrected(option, price, integrals[0]), greeks, gradient })
    } else {
        Err(PricingError::NotRepresentable { quantity: "a sensitivity" })
    }
}
