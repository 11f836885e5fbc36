//! Parameters of the SABR model.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{FitQuality, SmileKey};
use crate::{
    AsOf, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::Symbol,
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
    pub fit: FitQuality,
    /// The source of the fitted data.
    pub source: Source,
    /// The knowledge time: when the model was calibrated.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(SabrParameters);
crate::port::recorded!(SabrParameters, (SmileKey, Timestamp), "symbol": |it| (it.key, it.at), it.key.symbol);

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

/// A query for SABR parameters of one symbol and maturity.
pub type SabrQuery = SeriesQuery<SmileKey>;

/// Parameters of SABR smiles. The key of a row is its symbol, maturity and `at`; rows are stored in
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
pub trait SabrRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores SABR parameters by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_sabr(&self, parameters: &[SabrParameters]) -> Result<Upserted>;

    /// Returns the last SABR parameters of a symbol and maturity within both limits, in the version valid at the
    /// knowledge limit; `None` when there are none.
    async fn sabr_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SabrParameters>>;

    /// Returns the SABR parameters of a symbol's last calibration within both limits, one row for each maturity, the
    /// shortest first. The last calibration is the last instant with any parameters. Empty when there are none.
    async fn sabr_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SabrParameters>>;

    /// Returns the SABR parameters of one symbol and maturity within the query's limits, in the versions valid at its
    /// knowledge limit, oldest first.
    async fn list_sabr(&self, query: &SabrQuery) -> Result<Page<SabrParameters>>;

    /// Returns every version of the SABR parameters of a symbol and maturity at an instant, in the order of
    /// `recorded_at`.
    async fn list_sabr_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SabrParameters>>>;
}
