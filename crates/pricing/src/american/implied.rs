//! Implied volatility of an American option.

use strikebook_core::pricing::OptionInputs;

use super::{Preset, contract::Contract};
use crate::{black_scholes, error::PricingError};

/// Returns the volatility per year at which [`price`](super::price) with the same preset is `price`.
///
/// The method is Newton's with differences of prices for the slope, after a first step with the European vega, kept
/// inside a bracket that shrinks with every step. The search starts from the European implied volatility, which is not
/// below the American one.
///
/// # Errors
/// [`PricingError::InvalidInput`] for an input or a price that is not finite or is out of its range,
/// [`PricingError::Expired`] with no time left, [`PricingError::NoTimeValue`] if the price is not above the value
/// of exercise without volatility, now or later, and [`PricingError::AboveUpperBound`] if it is not below the option's
/// limit at infinite volatility: the spot for a call and the strike for a put, or these discounted at a
/// negative yield or rate. [`PricingError::NotConverged`] if no volatility is found at which prices can be computed.
pub fn implied_volatility(option: &OptionInputs, price: f64, preset: Preset) -> Result<f64, PricingError> {
    /// The most steps: about as many as bisection alone takes between the smallest and the largest volatility.
    const MOST_STEPS: usize = 200;
    /// The relative change below which changes are rounding.
    const SMALLEST_CHANGE: f64 = 4.0 * f64::EPSILON;
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

    // Two boundaries take several solutions, which the finest preset need not make from the first step on.
    let coarser = (preset == Preset::Precise && contract.put().has_two_boundaries())
        .then(|| implied_volatility(option, price, Preset::Accurate).ok())
        .flatten();
    let mut volatility =
        coarser.or_else(|| black_scholes::implied_volatility(option, price).ok()).unwrap_or(0.5 / option.years.sqrt());
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    let mut last: Option<(f64, f64)> = None;
    for step in 0..MOST_STEPS {
        let error = super::price(option, volatility, preset)? - price;
        if error.abs() <= SMALLEST_CHANGE * price {
            return Ok(volatility);
        }
        if error > 0.0 {
            high = volatility;
        } else {
            low = volatility;
        }
        let slope = match last {
            Some((other, other_error)) => (error - other_error) / (volatility - other),
            None => black_scholes::greeks(option, volatility).map_or(0.0, |greeks| greeks.vega),
        };
        last = Some((volatility, error));
        let next = volatility - error / slope;
        let is_bracketed = high < f64::INFINITY;
        if (next - volatility).abs() <= SMALLEST_CHANGE * volatility
            || (is_bracketed && high - low <= SMALLEST_CHANGE * high)
        {
            return Ok(volatility);
        }
        // Without an upper end, limit the step: far away, prices differ by rounding only.
        let next = if is_bracketed { next } else { next.min(4.0 * volatility) };
        let middle = if is_bracketed { 0.5 * (low + high) } else { 2.0 * low };
        // Bisect from time to time, in case the slopes mislead.
        let is_inside = next > low && next < high && step % 8 != 7;
        volatility = if is_inside { next } else { middle };
    }
    Err(PricingError::NotConverged { quantity: "the implied volatility" })
}
