//! Features: what a backtest reads of a symbol's day instead of computing it again.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Error, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::Symbol,
    validate::{check, number, price, volatility},
};

/// What was known of a symbol at the close of a day. Everything but the close is missing until there are enough days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// The symbol.
    pub symbol: Symbol,
    /// The close that the features are of. Nothing after it goes into them.
    pub at: Timestamp,
    /// The closing price.
    pub close: f64,
    /// The simple return since the close before, per 1.00: close ∕ close before − 1.
    pub daily_return: Option<f64>,
    /// The volatility of the last 20 days' returns, per 1.00 a year.
    pub volatility_20d: Option<f64>,
    /// The volatility of the last 250 days' returns, per 1.00 a year.
    pub volatility_250d: Option<f64>,
    /// The value at risk over a day that the last 250 returns show: the loss, per 1.00 of value, that is not exceeded
    /// on 95 of 100 days. Losses are positive, so it is negative where even such a day gains.
    pub var_95: Option<f64>,
    /// The same for 99 of 100 days.
    pub var_99: Option<f64>,
    /// The conditional value at risk: the mean loss, per 1.00 of value, of the days beyond [`var_95`](Self::var_95),
    /// and so never less than it.
    pub cvar_95: Option<f64>,
    /// The same beyond [`var_99`](Self::var_99).
    pub cvar_99: Option<f64>,
    /// The value at risk if returns were normally distributed, with the mean and deviation of the last 250: for 95 of
    /// 100 days.
    pub normal_var_95: Option<f64>,
    /// The same for 99 of 100 days.
    pub normal_var_99: Option<f64>,
    /// The conditional value at risk of such returns, beyond [`normal_var_95`](Self::normal_var_95).
    pub normal_cvar_95: Option<f64>,
    /// The same beyond [`normal_var_99`](Self::normal_var_99).
    pub normal_cvar_99: Option<f64>,
    /// The interest rate without risk, per 1.00 a year.
    pub risk_free_rate: Option<f64>,
    /// The VIX, in its own points: 16.5 is a volatility of 0.165.
    pub vix: Option<f64>,
    /// The source of the prices.
    pub source: Source,
    /// When they were computed.
    pub recorded_at: Timestamp,
}

impl Features {
    /// Features of a close, all others missing, computed at that instant.
    pub const fn new(symbol: Symbol, at: Timestamp, close: f64, source: Source) -> Self {
        Self {
            symbol,
            at,
            close,
            daily_return: None,
            volatility_20d: None,
            volatility_250d: None,
            var_95: None,
            var_99: None,
            cvar_95: None,
            cvar_99: None,
            normal_var_95: None,
            normal_var_99: None,
            normal_cvar_95: None,
            normal_cvar_99: None,
            risk_free_rate: None,
            vix: None,
            source,
            recorded_at: at,
        }
    }

    /// The day in New York.
    pub fn date(&self) -> NaiveDate {
        self.at.new_york_date()
    }

    /// Checks every number, and that no conditional value at risk is below its value at risk.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        price("close", self.close)?;
        check!(volatility, self.volatility_20d => "volatility_20d", self.volatility_250d => "volatility_250d");
        check!(
            number,
            self.daily_return => "daily_return",
            self.var_95 => "var_95",
            self.var_99 => "var_99",
            self.cvar_95 => "cvar_95",
            self.cvar_99 => "cvar_99",
            self.normal_var_95 => "normal_var_95",
            self.normal_var_99 => "normal_var_99",
            self.normal_cvar_95 => "normal_cvar_95",
            self.normal_cvar_99 => "normal_cvar_99",
            self.risk_free_rate => "risk_free_rate",
        );
        check!(price, self.vix => "vix");
        at_least("cvar_95", self.cvar_95, self.var_95)?;
        at_least("cvar_99", self.cvar_99, self.var_99)?;
        at_least("normal_cvar_95", self.normal_cvar_95, self.normal_var_95)?;
        at_least("normal_cvar_99", self.normal_cvar_99, self.normal_var_99)
    }
}

fn at_least(field: &'static str, mean: Option<f64>, bound: Option<f64>) -> Result<()> {
    match (mean, bound) {
        (Some(mean), Some(bound)) if mean < bound => {
            Err(Error::invalid_input("a conditional value at risk must not be below its value at risk")
                .with("field", field)
                .with("value", mean))
        }
        _ => Ok(()),
    }
}

/// Which features of one symbol to list.
pub type FeatureQuery = SeriesQuery<Symbol>;

/// Features. A row's key is its symbol and `at`; every version that was believed is kept ([`Upserted`]).
#[async_trait]
pub trait FeatureRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores features.
    ///
    /// Writing the same rows again changes nothing. A row that differs from what is stored becomes the current version,
    /// or, if it was computed earlier, a past one; the other version is kept. Of several rows with one key the last
    /// wins. An empty batch is fine and does nothing. Either all rows are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not [valid](Features::validate), with its index
    /// as `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does not
    /// allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn upsert_features(&self, features: &[Features]) -> Result<Upserted>;

    /// The last features of a symbol within both limits; `None` when there are none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn features_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Features>>;

    /// The features of one symbol within the query's limits, as they were believed at its knowledge limit, oldest
    /// first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_features(&self, query: &FeatureQuery) -> Result<Page<Features>>;

    /// Every version of the features of a symbol and instant, in the order in which they were believed. Empty when
    /// there are none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_feature_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Features>>>;
}
