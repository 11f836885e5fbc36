//! Parameters of the SVI parametrisation.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{FitQuality, SmileKey};
use crate::{
    AsOf, Error, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::Symbol,
    validate::{number, positive, price},
};

/// Raw SVI parameters of the total variance σ²·T of one symbol and maturity by log-moneyness k = ln(K/F): w(k) = a +
/// b·(ρ·(k − m) + √((k − m)² + σ²)) (Gatheral, *A parsimonious arbitrage-free implied volatility parameterization*,
/// 2004). The total variance is above zero everywhere; butterfly and calendar arbitrage is not checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SviParameters {
    /// The smile of the parameters.
    pub key: SmileKey,
    /// The event time: the instant of the calibration's youngest input.
    pub at: Timestamp,
    /// a, the level of total variance: large enough that the smallest total variance, a + bσ√(1 − ρ²), is above zero.
    pub a: f64,
    /// b, half of the sum of the slopes of both wings: not negative.
    pub b: f64,
    /// ρ, the asymmetry of the wings: strictly between −1 and 1.
    pub rho: f64,
    /// m, the log-moneyness around which the smile turns.
    pub m: f64,
    /// σ, the smoothness of the turn, in log-moneyness: above zero.
    pub sigma: f64,
    /// The quality of the fit.
    pub fit: FitQuality,
    /// The source of the fitted data.
    pub source: Source,
    /// The knowledge time: when the model was calibrated.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(SviParameters);
crate::port::recorded!(SviParameters, (SmileKey, Timestamp), "symbol": |it| (it.key, it.at), it.key.symbol);

impl SviParameters {
    /// Returns the smallest total variance of any strike.
    pub fn least_total_variance(&self) -> f64 {
        self.a + self.b * self.sigma * (1.0 - self.rho * self.rho).sqrt()
    }

    /// Checks every number against the range that its field documents, and that the total variance is above zero
    /// everywhere.
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
            return Err(Error::invalid_input("a must be large enough that every total variance is above zero")
                .with("field", "a")
                .with("value", self.a));
        }
        self.fit.validate()
    }
}

/// A query for SVI parameters of one symbol and maturity.
pub type SviQuery = SeriesQuery<SmileKey>;

/// Parameters of SVI smiles. The key of a row is its symbol, maturity and `at`; rows are stored in
/// [versions](Upserted#versions).
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
pub trait SviRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores SVI parameters by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_svi(&self, parameters: &[SviParameters]) -> Result<Upserted>;

    /// Returns the last SVI parameters of a symbol and maturity within both limits, in the version valid at the
    /// knowledge limit; `None` when there are none.
    async fn svi_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SviParameters>>;

    /// Returns the SVI parameters of a symbol's last calibration within both limits, one row for each maturity, the
    /// shortest first. The last calibration is the last instant with any parameters. Empty when there are none.
    async fn svi_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SviParameters>>;

    /// Returns the SVI parameters of one symbol and maturity within the query's limits, in the versions valid at its
    /// knowledge limit, oldest first.
    async fn list_svi(&self, query: &SviQuery) -> Result<Page<SviParameters>>;

    /// Returns every version of the SVI parameters of a symbol and maturity at an instant, in the order of
    /// `recorded_at`.
    async fn list_svi_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SviParameters>>>;
}
