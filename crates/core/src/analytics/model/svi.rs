//! The SVI parametrisation.

use serde::{Deserialize, Serialize};

use super::{Fit, SmileKey};
use crate::{
    Error, Result, Source, Timestamp,
    validate::{number, positive, price},
};

/// Raw SVI parameters of the total variance σ²·T of one symbol and maturity by log-moneyness k = ln(K/F): w(k) = a +
/// b·(ρ·(k − m) + √((k − m)² + σ²)) (Gatheral, *A parsimonious arbitrage-free implied volatility parameterization*,
/// 2004). The total variance is above zero everywhere; butterfly and calendar arbitrage is not looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SviParameters {
    /// Whose smile.
    pub key: SmileKey,
    /// The instant that the calibration is of: that of its youngest input.
    pub at: Timestamp,
    /// a, the level of total variance: so large that the least one, a + bσ√(1 − ρ²), is above zero.
    pub a: f64,
    /// b, half of the sum of the slopes of both wings: not negative.
    pub b: f64,
    /// ρ, how the wings differ: strictly between −1 and 1.
    pub rho: f64,
    /// m, the log-moneyness around which the smile turns.
    pub m: f64,
    /// σ, how smoothly it turns, in log-moneyness: above zero.
    pub sigma: f64,
    /// How well they fit.
    pub fit: Fit,
    /// The source of what they were fitted to.
    pub source: Source,
    /// When they were calibrated.
    pub recorded_at: Timestamp,
}

impl SviParameters {
    /// The least total variance of any strike.
    pub fn least_total_variance(&self) -> f64 {
        self.a + self.b * self.sigma * (1.0 - self.rho * self.rho).sqrt()
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        number("a", self.a)?;
        price("b", self.b)?;
        if !(self.rho > -1.0 && self.rho < 1.0) {
            return Err(Error::invalid_input("rho must be strictly between -1 and 1")
                .with("field", "rho")
                .with("value", self.rho));
        }
        number("m", self.m)?;
        positive("sigma", self.sigma)?;
        if self.least_total_variance() <= 0.0 {
            return Err(Error::invalid_input("a must be so large that no total variance is zero or less")
                .with("field", "a")
                .with("value", self.a));
        }
        self.fit.validate()
    }
}
