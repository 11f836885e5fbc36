//! Parameters of Heston's model.

use serde::{Deserialize, Serialize};

use super::Fit;
use crate::{
    Result, Source, Timestamp,
    market::Symbol,
    validate::{correlation, positive, price},
};

/// Parameters of Heston's model of one symbol: dv = κ(θ − v)dt + σ√v dW, correlated with the price by ρ (Heston, *A
/// closed-form solution for options with stochastic volatility*, 1993). Times are in years.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HestonParameters {
    /// The symbol of the underlying.
    pub symbol: Symbol,
    /// The event time: the instant of the calibration's youngest input.
    pub at: Timestamp,
    /// κ, the speed of mean reversion of the variance, per year: above zero.
    pub kappa: f64,
    /// θ, the long-run mean of the variance, per year: above zero. 0.04 is a volatility of 0.20.
    pub theta: f64,
    /// σ, the volatility of the variance, per 1.00: above zero.
    pub sigma: f64,
    /// ρ, the correlation of price and variance, from −1 to 1.
    pub rho: f64,
    /// The variance at the calibration's instant, per year: not negative.
    pub v0: f64,
    /// The quality of the fit.
    pub fit: Fit,
    /// The source of the fitted data.
    pub source: Source,
    /// The knowledge time: when the model was calibrated.
    pub recorded_at: Timestamp,
}

impl HestonParameters {
    /// Returns true if the parameters satisfy Feller's condition 2κθ ≥ σ², under which the variance never reaches
    /// zero (Feller, *Two singular diffusion problems*, 1951). The condition follows from the parameters and is not
    /// stored. Parameters that violate it are valid: many that fit a market do.
    pub fn satisfies_feller(&self) -> bool {
        2.0 * self.kappa * self.theta >= self.sigma * self.sigma
    }

    /// Checks every number against the range that its field documents.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        positive("kappa", self.kappa)?;
        positive("theta", self.theta)?;
        positive("sigma", self.sigma)?;
        correlation("rho", self.rho)?;
        price("v0", self.v0)?;
        self.fit.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fellers_condition_follows_from_the_parameters() -> Result<()> {
        let at = Timestamp::from_micros(0)?;
        let heston = HestonParameters {
            symbol: Symbol::new("SPY")?,
            at,
            kappa: 2.0,
            theta: 0.0625,
            sigma: 0.5,
            rho: -0.7,
            v0: 0.04,
            fit: Fit::default(),
            source: Source::new("test")?,
            recorded_at: at,
        };
        assert!(heston.satisfies_feller(), "2κθ is σ² exactly");
        assert!(!HestonParameters { sigma: 0.500_001, ..heston.clone() }.satisfies_feller());
        assert!(HestonParameters { kappa: 2.000_001, ..heston }.satisfies_feller());
        Ok(())
    }
}
