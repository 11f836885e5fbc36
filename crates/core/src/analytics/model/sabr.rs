//! Parameters of the SABR model.

use serde::{Deserialize, Serialize};

use super::{Fit, SmileKey};
use crate::{
    Result, Source, Timestamp,
    validate::{correlation, fraction, positive, price},
};

/// Parameters of the SABR model of one symbol and maturity: dF = αF^β dW, dα = να dZ, correlated by ρ (Hagan et al.,
/// *Managing smile risk*, 2002). Times are in years.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SabrParameters {
    /// The smile of the parameters.
    pub key: SmileKey,
    /// The event time: the instant of the calibration's youngest input.
    pub at: Timestamp,
    /// α, the volatility at the calibration's instant, in units of F^(1 − β): above zero.
    pub alpha: f64,
    /// β, the exponent, from 0 to 1.
    pub beta: f64,
    /// ρ, the correlation of forward and volatility, from −1 to 1.
    pub rho: f64,
    /// ν, the volatility of the volatility, per 1.00: not negative.
    pub nu: f64,
    /// The quality of the fit.
    pub fit: Fit,
    /// The source of the fitted data.
    pub source: Source,
    /// The knowledge time: when the model was calibrated.
    pub recorded_at: Timestamp,
}

impl SabrParameters {
    /// Checks every number against the range that its field documents.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        positive("alpha", self.alpha)?;
        fraction("beta", self.beta)?;
        correlation("rho", self.rho)?;
        price("nu", self.nu)?;
        self.fit.validate()
    }
}
