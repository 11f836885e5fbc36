//! European options under Black–Scholes–Merton: price, Greeks and implied volatility.
//!
//! The model is that of Black and Scholes (1973) with Merton's (1973) continuous dividend yield. With a forward as
//! `spot` and `dividend_yield` equal to `rate` it is Black's (1976) model; with the foreign rate as `dividend_yield` it
//! is Garman and Kohlhagen's (1983).

use implied_vol::{DefaultSpecialFn, PriceBlackScholesNormalised};
use strikebook_core::{market::OptionType, pricing::OptionInputs};

use crate::error::PricingError;
use crate::math::{geometric_mean, ln_ratio, normal_density};

pub use crate::greeks::{Greeks, greeks};
pub use crate::implied::implied_volatility;

/// Value of a European option at a `volatility` per year (0.20 for 20 %), in the currency of the spot, per unit of the
/// underlying.
///
/// With no time or no volatility left this is the discounted intrinsic value `max(0, ±(S·e^(−q·T) − K·e^(−r·T)))`.
/// A price too small for a float is zero.
///
/// # Errors
///
/// [`PricingError::InvalidInput`] names the input that is NaN, infinite or out of its range: spot and strike are
/// positive, years and volatility are not negative. [`PricingError::NotRepresentable`] if a discounted value overflows.
pub fn price(option: &OptionInputs, volatility: f64) -> Result<f64, PricingError> {
    let forward = Forward::new(option)?;
    let total_volatility = forward.total_volatility(volatility)?;
    let time_value = forward.scale() * normalised_price(forward.log_moneyness, total_volatility);
    let price = forward.intrinsic(option.option_type) + time_value;
    require_finite("the price", price)?;
    Ok(price)
}

/// `1` for a call and `−1` for a put.
pub(crate) fn sign(option_type: OptionType) -> f64 {
    match option_type {
        OptionType::Call => 1.0,
        OptionType::Put => -1.0,
    }
}

/// A European option seen from its expiry: what remains once spot and strike are discounted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forward {
    /// `S·e^(−q·T)`.
    pub(crate) spot: f64,
    /// `K·e^(−r·T)`.
    pub(crate) strike: f64,
    /// `e^(−q·T)`.
    pub(crate) dividend_discount: f64,
    /// `e^(−r·T)`.
    pub(crate) rate_discount: f64,
    /// `ln(F/K)`, `F` being the forward `S·e^((r−q)·T)`.
    pub(crate) log_moneyness: f64,
    /// `√T`.
    pub(crate) sqrt_years: f64,
}

impl Forward {
    /// Checks the option's inputs and discounts them.
    pub(crate) fn new(option: &OptionInputs) -> Result<Self, PricingError> {
        let OptionInputs { option_type: _, spot, strike, years, rate, dividend_yield } = *option;
        PricingError::check_positive("spot", spot)?;
        PricingError::check_positive("strike", strike)?;
        PricingError::check_not_negative("years", years)?;
        PricingError::check_finite("rate", rate)?;
        PricingError::check_finite("dividend_yield", dividend_yield)?;

        let dividend_discount = (-dividend_yield * years).exp();
        let rate_discount = (-rate * years).exp();
        let forward = Self {
            spot: spot * dividend_discount,
            strike: strike * rate_discount,
            dividend_discount,
            rate_discount,
            log_moneyness: ln_ratio(spot, strike) + (rate - dividend_yield) * years,
            sqrt_years: years.sqrt(),
        };
        require_finite("the discounted spot", forward.spot)?;
        require_finite("the discounted strike", forward.strike)?;
        require_finite("the log-moneyness of the forward", forward.log_moneyness)?;
        Ok(forward)
    }

    /// `σ·√T`, once the volatility is checked. It may overflow to infinity, where the price has a limit.
    pub(crate) fn total_volatility(&self, volatility: f64) -> Result<f64, PricingError> {
        PricingError::check_not_negative("volatility", volatility)?;
        // A negative zero among the inputs would turn the signs of d₁ and d₂.
        Ok((volatility * self.sqrt_years).abs())
    }

    /// Discounted intrinsic value: the least an option can be worth.
    pub(crate) fn intrinsic(&self, option_type: OptionType) -> f64 {
        (sign(option_type) * (self.spot - self.strike)).max(0.0)
    }

    /// `√(S·e^(−q·T) · K·e^(−r·T))`, the unit in which prices depend on log-moneyness and total volatility alone.
    pub(crate) fn scale(&self) -> f64 {
        geometric_mean(self.spot, self.strike)
    }
}

/// What an option is worth above its intrinsic value, in units of [`Forward::scale`]; the same for call and put.
///
/// Taken from the out-of-the-money side as a whole, because `S·N(d₁) − K·N(d₂)` cancels in the tails.
pub(crate) fn normalised_price(log_moneyness: f64, total_volatility: f64) -> f64 {
    PriceBlackScholesNormalised::builder()
        .log_moneyness(log_moneyness)
        .total_volatility(total_volatility)
        .build_unchecked()
        .calculate::<DefaultSpecialFn>()
}

/// Derivative of [`normalised_price`] by the total volatility.
pub(crate) fn normalised_vega(log_moneyness: f64, total_volatility: f64) -> f64 {
    normal_density(log_moneyness / total_volatility) * (-0.125 * total_volatility * total_volatility).exp()
}

/// Refuses NaN and infinity in a computed quantity.
pub(crate) fn require_finite(quantity: &'static str, value: f64) -> Result<(), PricingError> {
    if value.is_finite() { Ok(()) } else { Err(PricingError::NotRepresentable { quantity }) }
}
