//! Heston's (1993) model, `dS = (r − q)·S·dt + √v·S·dW`, `dv = κ·(θ − v)·dt + σ·√v·dZ`, `dW·dZ = ρ·dt`.
//!
//! Prices are Lewis's (2000) integral of the characteristic function along the line where its integrand is real and
//! smooth, less the same integral of a Black–Scholes model with the same expected variance, whose price is known: the
//! difference is small and has no pole beside the line. The characteristic function is arranged so that its logarithm
//! stays on one branch and a small volatility of variance cancels nothing. The integral is a trapezoidal sum, which
//! converges exponentially; its terms are computed in vector instructions and shared by all strikes. Greeks and the
//! derivatives by the parameters are integrals of the derivatives, taken along with the price's.
//!
//! ```
//! use strikebook_core::{market::OptionType, pricing::OptionInputs};
//! use strikebook_pricing::VolatilityQuote;
//! use strikebook_pricing::heston::{self, Parameters, Preset};
//!
//! let call = OptionInputs {
//!     option_type: OptionType::Call,
//!     spot: 100.0,
//!     strike: 110.0,
//!     years: 0.5,
//!     rate: 0.03,
//!     dividend_yield: 0.01,
//! };
//! let parameters =
//!     Parameters { variance: 0.04, reversion: 1.5, long_variance: 0.06, volatility: 0.5, correlation: -0.7 };
//! let valuation = heston::valuation(&call, &parameters, Preset::Accurate)?;
//! assert!(valuation.greeks.delta > 0.0 && valuation.gradient.variance > 0.0);
//!
//! // Parameters from the market's quotes: forward, strike, years, volatility.
//! let quotes = [
//!     (90.0, 0.25, 0.231),
//!     (100.0, 0.25, 0.199),
//!     (110.0, 0.25, 0.178),
//!     (85.0, 1.0, 0.241),
//!     (100.0, 1.0, 0.211),
//!     (120.0, 1.0, 0.184),
//! ]
//! .map(|(strike, years, volatility)| VolatilityQuote::of_mid(100.0, strike, years, volatility));
//! let calibration = heston::calibrate(&quotes)?;
//! assert!(calibration.quality.rmse < 0.002 && calibration.parameters.correlation < 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod calibration;
mod characteristic;
mod integral;
mod valuation;

use std::f64::consts::LN_2;

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use self::characteristic::PRICE;
use crate::{black_scholes, error::PricingError};

pub use self::{
    calibration::{Calibration, calibrate},
    valuation::{Gradient, Greeks, HestonValuation, valuation, valuations},
};

/// Parameters of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Today's variance `v₀` per year, not negative.
    pub variance: f64,
    /// The speed of reversion `κ` per year, positive.
    pub reversion: f64,
    /// The variance `θ` per year to which the variance reverts, not negative.
    pub long_variance: f64,
    /// The volatility `σ` of the variance, not negative.
    pub volatility: f64,
    /// The correlation `ρ` of spot and variance, from −1 to 1.
    pub correlation: f64,
}

impl Parameters {
    /// Returns Feller's ratio `2κθ/σ²`: from one upwards the variance stays positive. Infinite without volatility of
    /// variance, and where the ratio is larger than a float can be.
    pub fn feller_ratio(&self) -> f64 {
        if self.volatility == 0.0 {
            return f64::INFINITY;
        }
        let (product, square) = (2.0 * self.reversion * self.long_variance, self.volatility * self.volatility);
        if product.is_normal() && square.is_normal() {
            return product / square;
        }
        (LN_2 + self.reversion.ln() + self.long_variance.ln() - 2.0 * self.volatility.ln()).exp()
    }

    /// Returns the total expected variance over a number of years; infinite beyond the range of a float.
    pub fn expected_variance(&self, years: f64) -> f64 {
        let reverted = self.reversion * years;
        // A reversion whose product with the time is no normal float has not begun.
        let weight = if reverted < f64::MIN_POSITIVE { years } else { -(-reverted).exp_m1() / self.reversion };
        self.variance * weight + self.long_variance * (years - weight).max(0.0)
    }

    fn check(&self) -> Result<(), PricingError> {
        PricingError::check_not_negative("variance", self.variance)?;
        PricingError::check_positive("reversion", self.reversion)?;
        PricingError::check_not_negative("long_variance", self.long_variance)?;
        PricingError::check_not_negative("volatility", self.volatility)?;
        if (-1.0..=1.0).contains(&self.correlation) {
            return Ok(());
        }
        Err(PricingError::InvalidInput { field: "correlation", value: self.correlation, expected: "from −1 to 1" })
    }
}

/// The accuracy of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Errors within 1e-10 of the spot.
    Accurate,
    /// Errors within 1e-12 of the spot.
    Precise,
}

impl Preset {
    /// Returns the tolerance of the integral: for the tail that is left out, and for the change by the last refinement,
    /// whose square is the order of the error.
    fn tolerances(self) -> (f64, f64) {
        match self {
            Self::Accurate => (1e-11, 2e-7),
            Self::Precise => (1e-15, 1e-8),
        }
    }
}

/// Returns the value of one European option, in the currency of the spot.
///
/// # Errors
/// The errors of [`prices`].
pub fn price(option: &OptionInputs, parameters: &Parameters, preset: Preset) -> Result<f64, PricingError> {
    let values = prices(option, &[(option.option_type, option.strike)], parameters, preset)?;
    values.first().copied().ok_or(PricingError::NotRepresentable { quantity: "the price" })
}

/// Returns the values of European options of several types and strikes that share the spot, the expiry and the rates of
/// `option`. The type and the strike of `option` must be valid and are not used.
///
/// # Errors
/// [`PricingError::InvalidInput`] names an input or a parameter that is out of its range, and
/// [`PricingError::NotConverged`] if the integral does not converge: with a correlation of ±1, next to no
/// variance, or a volatility of the variance that dwarfs it, such as 3 beside 0.0002.
pub fn prices(
    option: &OptionInputs,
    strikes: &[(OptionType, f64)],
    parameters: &Parameters,
    preset: Preset,
) -> Result<Vec<f64>, PricingError> {
    let control = Control::new(option, strikes, parameters)?;
    let mut values = options(option, strikes)
        .map(|option| black_scholes::price(&option, control.volatility))
        .collect::<Result<Vec<f64>, _>>()?;
    if control.is_exact || strikes.is_empty() {
        return Ok(values);
    }
    let model = parameters.over(option.years);
    let corrections = integral::integrals::<PRICE>(&model, &control.moneyness, preset)?;
    for ((value, [correction, ..]), option) in values.iter_mut().zip(corrections).zip(options(option, strikes)) {
        *value = corrected(&option, *value, correction);
    }
    Ok(values)
}

/// The control variate: a Black–Scholes model with the same expected variance.
struct Control {
    volatility: f64,
    /// True if the control variate is exact: the variance is deterministic, or no time is left.
    is_exact: bool,
    /// The logarithm of forward over strike, of each strike.
    moneyness: Vec<f64>,
}

impl Control {
    /// Creates the strip of the options, or returns the first invalid input.
    fn new(
        option: &OptionInputs,
        strikes: &[(OptionType, f64)],
        parameters: &Parameters,
    ) -> Result<Self, PricingError> {
        parameters.check()?;
        let total = parameters.expected_variance(option.years).max(0.0);
        let volatility = if option.years > 0.0 { (total / option.years).sqrt() } else { 0.0 };
        black_scholes::price(option, volatility)?;
        let OptionInputs { spot, years, rate, dividend_yield, .. } = *option;
        let ln_forward = spot.ln() + (rate - dividend_yield) * years;
        Ok(Self {
            volatility,
            is_exact: parameters.volatility == 0.0 || total == 0.0,
            moneyness: strikes.iter().map(|(_, strike)| ln_forward - strike.ln()).collect(),
        })
    }
}

/// Returns the options of a strip.
fn options(option: &OptionInputs, strikes: &[(OptionType, f64)]) -> impl Iterator<Item = OptionInputs> {
    strikes.iter().map(|(option_type, strike)| OptionInputs { option_type: *option_type, strike: *strike, ..*option })
}

/// Returns the unit of the integrals, `√(S·e^(−qT)·K·e^(−rT))`.
fn unit(option: &OptionInputs) -> f64 {
    let OptionInputs { spot, strike, years, rate, dividend_yield, .. } = *option;
    (spot * (-dividend_yield * years).exp()).sqrt() * (strike * (-rate * years).exp()).sqrt()
}

/// Returns the control variate's price corrected by the integral of the difference, within the bounds of any model.
fn corrected(option: &OptionInputs, price: f64, correction: f64) -> f64 {
    let OptionInputs { option_type, spot, strike, years, rate, dividend_yield } = *option;
    let (spot, strike) = (spot * (-dividend_yield * years).exp(), strike * (-rate * years).exp());
    let (bound, inside) = match option_type {
        OptionType::Call => (spot, strike),
        OptionType::Put => (strike, spot),
    };
    (price - unit(option) * correction).max(bound - inside).max(0.0).min(bound)
}
