//! Features of trading days, which backtests read instead of computing them again.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Error, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::Symbol,
    validate::{check, number, price, volatility},
};

/// Features of a symbol at the close of a trading day. Every feature but the close is `None` until there are enough
/// days before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// The symbol of the features.
    pub symbol: Symbol,
    /// The event time: the close of the day. Only data up to the close enters the features.
    pub at: Timestamp,
    /// The closing price, in the currency of the symbol.
    pub close: f64,
    /// The simple return since the previous close, per 1.00: close ∕ previous close − 1.
    pub daily_return: Option<f64>,
    /// The volatility of the last 20 daily returns, per 1.00 a year.
    pub volatility_20d: Option<f64>,
    /// The volatility of the last 250 daily returns, per 1.00 a year.
    pub volatility_250d: Option<f64>,
    /// The historical value at risk over one day, by the last 250 returns: the loss, per 1.00 of value, that 95 of
    /// 100 days do not exceed. Losses are positive; the value is negative where even such a day gains.
    pub var_95: Option<f64>,
    /// The historical value at risk over one day that 99 of 100 days do not exceed.
    pub var_99: Option<f64>,
    /// The historical conditional value at risk: the mean loss, per 1.00 of value, of the days beyond
    /// [`var_95`](Self::var_95); never below it.
    pub cvar_95: Option<f64>,
    /// The historical conditional value at risk beyond [`var_99`](Self::var_99).
    pub cvar_99: Option<f64>,
    /// The parametric value at risk over one day, of normally distributed returns with the mean and standard
    /// deviation of the last 250: for 95 of 100 days.
    pub normal_var_95: Option<f64>,
    /// The parametric value at risk over one day, for 99 of 100 days.
    pub normal_var_99: Option<f64>,
    /// The parametric conditional value at risk beyond [`normal_var_95`](Self::normal_var_95).
    pub normal_cvar_95: Option<f64>,
    /// The parametric conditional value at risk beyond [`normal_var_99`](Self::normal_var_99).
    pub normal_cvar_99: Option<f64>,
    /// The risk-free interest rate, per 1.00 a year.
    pub risk_free_rate: Option<f64>,
    /// The VIX in index points: 16.5 is a volatility of 0.165.
    pub vix: Option<f64>,
    /// The source of the prices.
    pub source: Source,
    /// The knowledge time: when the features were computed.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Features);
crate::port::recorded!(Features, (Symbol, Timestamp), "symbol": |it| (it.symbol, it.at), it.symbol);

impl Features {
    /// Creates features with a close only, computed at that instant.
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

    /// Returns the trading day in New York.
    pub fn date(&self) -> NaiveDate {
        self.at.new_york_date()
    }

    /// Checks every number, and that no conditional value at risk is below its value at risk.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        number("close", self.close)?;
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

/// A query for features of one symbol.
pub type FeatureQuery = SeriesQuery<Symbol>;

/// Features of trading days. The key of a row is its symbol and `at`; features are stored in
/// [versions](Upserted#versions).
///
/// ```
/// use strikebook_core::{
///     AsOf, Source,
///     analytics::{FeatureRepository, Features},
///     market::Symbol,
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (spy, close) = (Symbol::new("SPY")?, "2025-09-25T20:00:00Z".parse()?);
/// let features = Features { daily_return: Some(-0.0046), ..Features::new(spy, close, 658.05, Source::new("cboe")?) };
/// let store = MemoryStore::new();
/// store.upsert_features(&[features.clone()]).await?;
/// assert_eq!(store.features_as_of(spy, AsOf::instant(close)).await?, Some(features));
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
pub trait FeatureRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores features by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_features(&self, features: &[Features]) -> Result<Upserted>;

    /// Returns the last features of a symbol within both limits, in the version valid at the knowledge limit; `None`
    /// when there are none.
    async fn features_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Features>>;

    /// Returns the features of one symbol within the query's limits, in the versions valid at its knowledge limit,
    /// oldest first.
    async fn list_features(&self, query: &FeatureQuery) -> Result<Page<Features>>;

    /// Returns every version of a symbol's features at an instant, in the order of `recorded_at`. Empty when there
    /// are none.
    async fn list_feature_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Features>>>;
}
