//! The pricing port: batches of options in, batches of values out.

mod curve;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use curve::{CurvePoint, ForwardCurve};

use crate::{Error, analytics::Model, market::OptionType};

/// The inputs of a pricing model for one option. All rates are per 1.00 a year and continuously compounded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionInputs {
    /// The type of the option: call or put.
    pub option_type: OptionType,
    /// The underlying's price, in its currency.
    pub spot: f64,
    /// The strike price, in the underlying's currency.
    pub strike: f64,
    /// The time to expiration in years; [`years_to_expiration`](crate::market::ContractLife::years_to_expiration)
    /// counts years of 365 days.
    pub years: f64,
    /// The interest rate, per 1.00 a year.
    pub rate: f64,
    /// The dividend yield, per 1.00 a year.
    pub dividend_yield: f64,
}

/// A model's price of one option, with the derivatives of the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Valuation {
    /// The value per share, in the currency of the underlying.
    pub price: f64,
    /// dV/dS, per 1.00 of the underlying's price.
    pub delta: f64,
    /// d²V/dS², per 1.00 of the underlying's price squared.
    pub gamma: f64,
    /// dV/dt per year of calendar time.
    pub theta: f64,
    /// dV/dσ per 1.00 of volatility.
    pub vega: f64,
    /// dV/dr per 1.00 of interest rate.
    pub rho: f64,
    /// dV/dq per 1.00 of dividend yield.
    pub epsilon: f64,
    /// d²V/dS dσ, per 1.00 of volatility.
    pub vanna: f64,
    /// d²V/dσ², per 1.00 of volatility squared. Also called volga.
    pub vomma: f64,
    /// d²V/dS dt per year of calendar time.
    pub charm: f64,
    /// d²V/dσ dt per 1.00 of volatility and year of calendar time.
    pub veta: f64,
}

impl Valuation {
    /// Returns the derivatives with their names, in the order of the fields.
    pub fn greeks(&self) -> [(&'static str, f64); 10] {
        [
            ("delta", self.delta),
            ("gamma", self.gamma),
            ("theta", self.theta),
            ("vega", self.vega),
            ("rho", self.rho),
            ("epsilon", self.epsilon),
            ("vanna", self.vanna),
            ("vomma", self.vomma),
            ("charm", self.charm),
            ("veta", self.veta),
        ]
    }
}

/// The reason why an option in a batch has no value or no implied volatility.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unpriced {
    /// The named input is NaN, infinite or outside the model's range.
    InvalidInput(&'static str),
    /// The price is below the intrinsic value, so that no volatility yields it.
    BelowIntrinsic,
    /// The price is at or above its upper bound (the discounted underlying for a call, the discounted strike for a
    /// put), so that no volatility yields it.
    AboveBound,
    /// The option has expired, so that its price implies no volatility.
    Expired,
}

impl fmt::Display for Unpriced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidInput(field) => write!(f, "{field} is not a number in the model's range"),
            Self::BelowIntrinsic => f.write_str("the price is below the option's intrinsic value"),
            Self::AboveBound => f.write_str("the price is at or above its upper bound"),
            Self::Expired => f.write_str("the option has expired"),
        }
    }
}

impl std::error::Error for Unpriced {}

impl From<Unpriced> for Error {
    fn from(reason: Unpriced) -> Self {
        Self::invalid_input(reason.to_string()).caused_by(reason)
    }
}

/// A pricing model. Pure and synchronous: a caller with a large batch moves it off the async runtime's threads.
pub trait Pricer: fmt::Debug + Send + Sync + 'static {
    /// Returns the model, as stored Greeks name it.
    fn model(&self) -> Model;

    /// Returns the model's revision, which increases whenever results change by more than rounding.
    fn revision(&self) -> u32;

    /// Returns price and Greeks of each option at its volatility per 1.00 a year: one result for each input, in the
    /// same order. A failed input does not affect the others.
    fn value(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>>;

    /// Returns the volatility per 1.00 a year at which the model yields each option's price per share: one result for
    /// each input, in the same order. A failed input does not affect the others.
    fn implied_volatility(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>>;
}
