//! Probabilities to touch the strike before expiry.

use strikebook_core::pricing::OptionInputs;

use super::black76::ForwardInputs;
use super::limits::require_finite;
use crate::error::PricingError;
use crate::lanes::mills::{density, mills};
use crate::lanes::{Plain, ln::ln_ratio};

/// That a lognormal spot touches the strike.
pub(super) fn lognormal(option: &OptionInputs, volatility: f64) -> Result<f64, PricingError> {
    let OptionInputs { option_type: _, spot, strike, years, rate, dividend_yield } = *option;
    if (spot - strike).abs() == 0.0 {
        return Ok(1.0);
    }
    let log_distance = ln_ratio::<Plain>(strike, spot);
    let distance = log_distance.abs();
    // How far the middle of the distribution of the logarithm moves towards the strike.
    let drift = log_distance.signum() * ((rate - dividend_yield) - 0.5 * volatility * volatility) * years;
    require_finite("the drift", drift)?;
    let total_volatility = volatility * years.sqrt();
    if total_volatility == 0.0 {
        return Ok(if drift >= distance { 1.0 } else { 0.0 });
    }
    Ok(reflected((distance - drift) / total_volatility, (distance + drift) / total_volatility))
}

/// That a normal forward touches the strike.
pub(super) fn normal(option: &ForwardInputs, volatility: f64) -> f64 {
    let distance = (option.strike - option.forward).abs();
    let total_volatility = volatility * option.years.sqrt();
    if distance == 0.0 {
        1.0
    } else if total_volatility == 0.0 {
        0.0
    } else {
        let widths = distance / total_volatility;
        reflected(widths, widths)
    }
}

/// `N(−a) + e^((b² − a²)/2)·N(−b)`: the paths that end beyond the barrier, and those that touched it and came back. As
/// `a + b` is not negative, at most one of them is.
fn reflected(a: f64, b: f64) -> f64 {
    let ratio = |z: f64| mills::<Plain>(z.abs());
    let density = density::<Plain>(a);
    let probability = if a < 0.0 {
        1.0 - density * (ratio(a) - ratio(b))
    } else if b < 0.0 {
        density * (ratio(a) - ratio(b)) + (0.5 * (b - a) * (b + a)).exp()
    } else {
        density * (ratio(a) + ratio(b))
    };
    probability.clamp(0.0, 1.0)
}
