//! The pricing port: batches of options in, batches of values out.

mod curve;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use curve::{CurvePoint, ForwardCurve};

use crate::{Error, analytics::Model, market::OptionType};

/// What a model needs to know of an option. All rates are per 1.00 a year and continuously compounded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionInputs {
    /// Call or put.
    pub option_type: OptionType,
    /// The underlying's price.
    pub spot: f64,
    /// The strike.
    pub strike: f64,
    /// Time to expiration in years; [`years_to_expiration`](crate::market::OptionContract::years_to_expiration) counts
    /// years of 365 days.
    pub years: f64,
    /// The interest rate.
    pub rate: f64,
    /// The dividend yield.
    pub dividend_yield: f64,
}

/// A model's price of one option and its derivatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Valuation {
    /// The value per share.
    pub price: f64,
    /// dV/dS.
    pub delta: f64,
    /// d²V/dS².
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
    /// The derivatives with their names, in the order of the fields.
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

/// Why an option in a batch has no value or no implied volatility.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unpriced {
    /// An input is NaN, infinite or outside the model's range; it is named.
    InvalidInput(&'static str),
    /// The price is below what exercise brings, so no volatility gives it.
    BelowIntrinsic,
    /// The price is at or above its upper bound (the discounted underlying for a call, the discounted strike for a
    /// put), so no volatility gives it.
    AboveBound,
    /// The option has expired, so its price tells no volatility.
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

/// A pricing model. Pure and synchronous; a caller with a large batch moves it off the async runtime's threads.
pub trait Pricer: fmt::Debug + Send + Sync + 'static {
    /// The model's name, the `model` of stored Greeks.
    fn model(&self) -> Model;

    /// The model's revision: raised whenever its results change by more than rounding.
    fn revision(&self) -> u32;

    /// Price and Greeks of each option at its volatility, per 1.00 a year: one result for each input, in order. One
    /// that cannot be valued does not hinder the others.
    fn value(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>>;

    /// The volatility per 1.00 a year at which the model gives each option its price per share: one result for each
    /// input, in order. One that has none does not hinder the others.
    fn implied_volatility(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>>;
}
