//! Parameters of Heston's model.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::FitQuality;
use crate::{
    AsOf, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
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
    pub fit: FitQuality,
    /// The source of the fitted data.
    pub source: Source,
    /// The knowledge time: when the model was calibrated.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(HestonParameters);
crate::port::recorded!(HestonParameters, (Symbol, Timestamp), "symbol": |it| (it.symbol, it.at), it.symbol);

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

/// A query for Heston parameters of one symbol.
pub type HestonQuery = SeriesQuery<Symbol>;

/// Parameters of Heston's model. The key of a row is its symbol and `at`; rows are stored in
/// [versions](Upserted#versions).
///
/// ```
/// use strikebook_core::{
///     AsOf, Source,
///     analytics::{FitQuality, HestonParameters, HestonRepository},
///     market::Symbol,
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (spy, at) = (Symbol::new("SPY")?, "2025-09-25T20:00:00Z".parse()?);
/// let parameters = HestonParameters {
///     symbol: spy,
///     at,
///     kappa: 2.1,
///     theta: 0.035,
///     sigma: 0.38,
///     rho: -0.72,
///     v0: 0.027,
///     fit: FitQuality::default(),
///     source: Source::new("cboe")?,
///     recorded_at: at,
/// };
/// assert!(parameters.satisfies_feller());
/// let store = MemoryStore::new();
/// store.upsert_heston(&[parameters.clone()]).await?;
/// assert_eq!(store.heston_as_of(spy, AsOf::instant(at)).await?, Some(parameters));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`, and a row of a simulated source with [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store
/// allows such rows. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait HestonRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores Heston parameters by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_heston(&self, parameters: &[HestonParameters]) -> Result<Upserted>;

    /// Returns the last Heston parameters of a symbol within both limits, in the version valid at the knowledge
    /// limit; `None` when there are none.
    async fn heston_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<HestonParameters>>;

    /// Returns the Heston parameters of one symbol within the query's limits, in the versions valid at its knowledge
    /// limit, oldest first.
    async fn list_heston(&self, query: &HestonQuery) -> Result<Page<HestonParameters>>;

    /// Returns every version of the Heston parameters of a symbol at an instant, in the order of `recorded_at`.
    async fn list_heston_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<HestonParameters>>>;
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
            fit: FitQuality::default(),
            source: Source::new("test")?,
            recorded_at: at,
        };
        assert!(heston.satisfies_feller(), "2κθ is σ² exactly");
        assert!(!HestonParameters { sigma: 0.500_001, ..heston.clone() }.satisfies_feller());
        assert!(HestonParameters { kappa: 2.000_001, ..heston }.satisfies_feller());
        Ok(())
    }
}
