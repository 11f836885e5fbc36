//! Implied volatility of an American option.

use strikebook_core::pricing::OptionInputs;

use super::contract::Contract;
use super::{Preset, Valuation, valuation};
use crate::black_scholes;
use crate::error::PricingError;

/// Volatility per year at which [`price`](super::price) with the same preset is the given price.
///
/// Newton's method with the analytic vega, kept inside a bracket that shrinks with every step. It starts from the European
/// implied volatility, which is not below the American one.
///
/// # Errors
///
/// [`PricingError::InvalidInput`] for an input or a price that is not finite or is out of its range,
/// [`PricingError::Expired`] with no time left, [`PricingError::NoTimeValue`] if the price is not above what exercise brings
/// without volatility, now or later, and [`PricingError::AboveUpperBound`] if it is not below what the option can be worth at an
/// infinite volatility: the spot for a call and the strike for a put, or these discounted at a negative yield or rate.
pub fn implied_volatility(option: &OptionInputs, price: f64, preset: Preset) -> Result<f64, PricingError> {
    /// Bisection alone would need about this many steps between the smallest and the largest volatility.
    const MOST_STEPS: usize = 200;
    /// Relative changes below this are rounding.
    const RESOLUTION: f64 = 4.0 * f64::EPSILON;
    PricingError::check_finite("price", price)?;
    let contract = Contract::new(option, 0.0)?;
    if option.years == 0.0 {
        return Err(PricingError::Expired);
    }
    let (intrinsic, bound) = contract.bounds();
    if price <= intrinsic {
        return Err(PricingError::NoTimeValue { price, intrinsic });
    }
    if price >= bound {
        return Err(PricingError::AboveUpperBound { price, bound });
    }

    let mut volatility = black_scholes::implied_volatility(option, price).unwrap_or(0.5 / option.years.sqrt());
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    for _ in 0..MOST_STEPS {
        let Valuation { price: value, greeks } = valuation(option, volatility, preset)?;
        let error = value - price;
        let step = error / greeks.vega;
        if error == 0.0 || step.abs() <= RESOLUTION * volatility {
            return Ok(volatility);
        }
        if error > 0.0 {
            high = volatility;
        } else {
            low = volatility;
        }
        let newton = volatility - step;
        let middle = if high < f64::INFINITY { 0.5 * (low + high) } else { 2.0 * low };
        volatility = if newton > low && newton < high { newton } else { middle };
        if high - low <= RESOLUTION * high {
            return Ok(volatility);
        }
    }
    Ok(volatility)
}
