//! Parameters of the Ornstein–Uhlenbeck process of a pair.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::FitQuality;
use crate::{
    AsOf, Error, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::Symbol,
    validate::{check, fraction, number, positive},
};

/// Parameters of an Ornstein–Uhlenbeck process of a pair's spread: dx = θ(μ − x)dt + σ dW with x = first −
/// `hedge_ratio` × second. Times are in years, and levels in the units of the spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OuParameters {
    /// The pair, such as `KO/PEP`.
    pub pair: Name,
    /// The event time: the instant of the fit's youngest input.
    pub at: Timestamp,
    /// The symbol that is bought when the spread is bought.
    pub first: Symbol,
    /// The symbol that is sold when the spread is bought.
    pub second: Symbol,
    /// The units of the second symbol for one unit of the first.
    pub hedge_ratio: f64,
    /// θ, the speed of mean reversion of the spread, per year: above zero.
    pub theta: f64,
    /// μ, the mean of the spread.
    pub mu: f64,
    /// σ, the volatility of the spread, in its units per √year: above zero.
    pub sigma: f64,
    /// The statistic of the augmented Dickey–Fuller test.
    pub adf_statistic: Option<f64>,
    /// The p-value of the augmented Dickey–Fuller test, from 0 to 1: small when the spread reverts to its mean.
    pub adf_p_value: Option<f64>,
    /// The level below which to buy the spread.
    pub entry_lower: Option<f64>,
    /// The level above which to sell the spread, not below `entry_lower`.
    pub entry_upper: Option<f64>,
    /// The level at which to close the position with a profit.
    pub exit_target: Option<f64>,
    /// The level at which to close the position with a loss.
    pub stop_loss: Option<f64>,
    /// The quality of the fit.
    pub fit: FitQuality,
    /// The source of the fitted data.
    pub source: Source,
    /// The knowledge time: when the process was fitted.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(OuParameters);
crate::port::recorded!(OuParameters, (Name, Timestamp), "pair": |it| (it.pair, it.at), it.pair);

impl OuParameters {
    /// Returns the time in which half of a distance to the mean is expected to vanish, in years: ln 2 ∕ θ. The time
    /// follows from θ and is not stored.
    pub fn half_life(&self) -> f64 {
        std::f64::consts::LN_2 / self.theta
    }

    /// Checks every number against the range that its field documents.
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

/// A query for Ornstein–Uhlenbeck parameters of one pair.
pub type OuQuery = SeriesQuery<Name>;

/// Parameters of Ornstein–Uhlenbeck processes. The key of a row is its pair and `at`; rows are stored in
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
pub trait OuRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores Ornstein–Uhlenbeck parameters by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_ou(&self, parameters: &[OuParameters]) -> Result<Upserted>;

    /// Returns the last Ornstein–Uhlenbeck parameters of a pair within both limits, in the version valid at the
    /// knowledge limit; `None` when there are none.
    async fn ou_as_of(&self, pair: Name, as_of: AsOf) -> Result<Option<OuParameters>>;

    /// Returns the Ornstein–Uhlenbeck parameters of one pair within the query's limits, in the versions valid at its
    /// knowledge limit, oldest first.
    async fn list_ou(&self, query: &OuQuery) -> Result<Page<OuParameters>>;

    /// Returns every version of the Ornstein–Uhlenbeck parameters of a pair at an instant, in the order of
    /// `recorded_at`.
    async fn list_ou_versions(&self, pair: Name, at: Timestamp) -> Result<Vec<Version<OuParameters>>>;
}
