//! The Ornstein–Uhlenbeck process of a pair.

use serde::{Deserialize, Serialize};

use super::Fit;
use crate::{
    Error, Name, Result, Source, Timestamp,
    market::Symbol,
    validate::{check, fraction, number, positive},
};

/// Parameters of an Ornstein–Uhlenbeck process of a pair's spread: dx = θ(μ − x)dt + σ dW with x = first −
/// `hedge_ratio` × second. Times are in years, and levels in the units of the spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OuParameters {
    /// The pair, such as `KO/PEP`.
    pub pair: Name,
    /// The instant that the fit is of: that of its youngest input.
    pub at: Timestamp,
    /// The symbol that is bought when the spread is.
    pub first: Symbol,
    /// The symbol that is sold against it.
    pub second: Symbol,
    /// Units of the second for one of the first.
    pub hedge_ratio: f64,
    /// θ, how fast the spread returns to its mean, per year: above zero.
    pub theta: f64,
    /// μ, the spread's mean.
    pub mu: f64,
    /// σ, the spread's volatility, in its units per √year: above zero.
    pub sigma: f64,
    /// The augmented Dickey–Fuller test's statistic.
    pub adf_statistic: Option<f64>,
    /// That test's p-value, from 0 to 1: small when the spread does return.
    pub adf_p_value: Option<f64>,
    /// Buy the spread below this level.
    pub entry_lower: Option<f64>,
    /// Sell the spread above this level, which is not below the other.
    pub entry_upper: Option<f64>,
    /// Close at this level.
    pub exit_target: Option<f64>,
    /// Give up at this level.
    pub stop_loss: Option<f64>,
    /// How well they fit.
    pub fit: Fit,
    /// The source of what they were fitted to.
    pub source: Source,
    /// When they were fitted.
    pub recorded_at: Timestamp,
}

impl OuParameters {
    /// The time in which half of a distance to the mean is expected to vanish, in years: ln 2 ∕ θ. It is told by θ and
    /// stored nowhere.
    pub fn half_life(&self) -> f64 {
        std::f64::consts::LN_2 / self.theta
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        number("hedge_ratio", self.hedge_ratio)?;
        positive("theta", self.theta)?;
        number("mu", self.mu)?;
        positive("sigma", self.sigma)?;
        check!(number, self.adf_statistic => "adf_statistic");
        check!(fraction, self.adf_p_value => "adf_p_value");
        check!(
            number,
            self.entry_lower => "entry_lower",
            self.entry_upper => "entry_upper",
            self.exit_target => "exit_target",
            self.stop_loss => "stop_loss",
        );
        if let (Some(lower), Some(upper)) = (self.entry_lower, self.entry_upper)
            && upper < lower
        {
            return Err(Error::invalid_input("entry_upper must not be below entry_lower")
                .with("field", "entry_upper")
                .with("value", upper));
        }
        self.fit.validate()
    }
}
