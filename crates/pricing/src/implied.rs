//! Implied volatility of a European option.

use implied_vol::{DefaultSpecialFn, ImpliedBlackVolatilityNormalised};
use strikebook_core::{market::OptionType, pricing::OptionInputs};

use crate::black_scholes::{Forward, normalised_price, normalised_vega};
use crate::error::PricingError;

/// The volatility per year (0.20 for 20 %) at which [`price`](crate::black_scholes::price) is `price`.
///
/// Computed by Jäckel's *Let's Be Rational* (2013 to 2024) through the crate `implied-vol`: its error is at most three
/// times what the rounding of the price to a float makes unavoidable. An in-the-money price of which little is time
/// value determines a volatility poorly, however it is computed: prefer the out-of-the-money option of that strike.
///
/// # Errors
///
/// * [`PricingError::InvalidInput`] names the input that is NaN, infinite or out of its range; a price must be
///   positive;
/// * [`PricingError::Expired`] if no time is left;
/// * [`PricingError::NoTimeValue`] if the price is the discounted intrinsic value or less;
/// * [`PricingError::AboveUpperBound`] if the price is what an infinite volatility gives, or more;
/// * [`PricingError::NotRepresentable`] if a discounted value overflows, or the time value is too small or the
///   volatility too large for a float.
pub fn implied_volatility(option: &OptionInputs, price: f64) -> Result<f64, PricingError> {
    let forward = Forward::new(option)?;
    PricingError::check_positive("price", price)?;
    if option.years == 0.0 {
        return Err(PricingError::Expired);
    }
    let intrinsic = forward.intrinsic(option.option_type);
    if price <= intrinsic {
        return Err(PricingError::NoTimeValue { price, intrinsic });
    }
    let bound = match option.option_type {
        OptionType::Call => forward.spot,
        OptionType::Put => forward.strike,
    };
    if price >= bound {
        return Err(PricingError::AboveUpperBound { price, bound });
    }
    let total_volatility = total_volatility(forward.log_moneyness, (price - intrinsic) / forward.scale())?;
    if total_volatility.is_infinite() {
        return Err(PricingError::AboveUpperBound { price, bound });
    }
    let volatility = total_volatility / forward.sqrt_years;
    if volatility > 0.0 && volatility.is_finite() {
        Ok(volatility)
    } else {
        Err(PricingError::NotRepresentable { quantity: "the implied volatility" })
    }
}

/// `σ·√T` from the log-moneyness of the forward and the out-of-the-money price in units of `Forward::scale`; infinite
/// where rounding has carried that price to its bound.
fn total_volatility(log_moneyness: f64, price: f64) -> Result<f64, PricingError> {
    // A subnormal price has too few digits left to be inverted.
    if !price.is_normal() {
        return Err(PricingError::NotRepresentable { quantity: "the time value" });
    }
    // Squares of a log-moneyness this close to zero lose the inverse its way; no market comes near.
    if log_moneyness != 0.0 && log_moneyness.abs() < 1e-30 {
        return Err(PricingError::NotRepresentable { quantity: "the log-moneyness of the forward" });
    }
    let volatility = ImpliedBlackVolatilityNormalised::builder()
        .log_moneyness(log_moneyness)
        .normalised_price(price)
        .build()
        .and_then(|inverse| inverse.calculate::<DefaultSpecialFn>())
        .unwrap_or(f64::INFINITY);
    // One Newton step more takes the error from four times the attainable accuracy, close to the money, to about two.
    let step = (price - normalised_price(log_moneyness, volatility)) / normalised_vega(log_moneyness, volatility);
    Ok(if step.is_finite() { volatility + step } else { volatility })
}
