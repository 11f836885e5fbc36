//! Probabilities to touch the strike before expiry.

use strikebook_core::pricing::OptionInputs;

use super::{black76::ForwardInputs, limits::require_finite};
use crate::{
    error::PricingError,
    lanes::{
        Plain,
        ln::ln_ratio,
        mills::{density, mills},
    },
};

/// Returns the probability that a lognormal spot touches the strike.
pub(super) fn lognormal(option: &OptionInputs, volatility: f64) -> Result<f64, PricingError> {
    let OptionInputs { option_type: _, spot, strike, years, rate, dividend_yield } = *option;
    if (spot - strike).abs() == 0.0 {
        return Ok(1.0);
    }
    let log_distance = ln_ratio::<Plain>(strike, spot);
    let distance = log_distance.abs();
    // The drift of the logarithm towards the strike, over the whole time.
    let drift = log_distance.signum() * ((rate - dividend_yield) - 0.5 * volatility * volatility) * years;
    require_finite("the drift", drift)?;
    let total_volatility = volatility * years.sqrt();
    if total_volatility == 0.0 {
        return Ok(if drift >= distance { 1.0 } else { 0.0 });
    }
    let exponent = 2.0 * (drift / total_volatility) * (distance / total_volatility);
    Ok(reflected((distance - drift) / total_volatility, (distance + drift) / total_volatility, exponent))
}

/// Returns the probability that a normal forward touches the strike.
pub(super) fn normal(option: &ForwardInputs, volatility: f64) -> f64 {
    // Halves, so that even the distance of the largest floats is finite.
    let distance = (0.5 * option.strike - 0.5 * option.forward).abs();
    let total_volatility = volatility * option.years.sqrt();
    if option.strike - option.forward == 0.0 {
        1.0
    } else if total_volatility == 0.0 {
        0.0
    } else {
        let widths = 2.0 * (distance / total_volatility);
        reflected(widths, widths, 0.0)
    }
}

/// Returns `N(−a) + e^x·N(−b)` with the exponent `x = (b² − a²)/2`: the paths that end beyond the barrier, and those
/// that touched it and came back. Since `a + b ≥ 0`, at most one of `a` and `b` is negative.
fn reflected(a: f64, b: f64, exponent: f64) -> f64 {
    let ratio = |z: f64| if z.is_finite() { mills::<Plain>(z.abs()) } else { 0.0 };
    let density = density::<Plain>(a);
    let probability = if a < 0.0 {
        1.0 - density * (ratio(a) - ratio(b))
    } else if b < 0.0 {
        density * (ratio(a) - ratio(b)) + exponent.exp()
    } else {
        density * (ratio(a) + ratio(b))
    };
    probability.clamp(0.0, 1.0)
}
