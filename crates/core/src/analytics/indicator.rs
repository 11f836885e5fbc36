//! Technical indicators of bars, kept beside them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::BarKey,
    validate::{check, price},
};

/// Technical indicators at the end of a bar, computed of that bar and those before it. An indicator that is not
/// defined yet is `None`, never zero. All rows of one series follow one rule: rows by another rule are corrections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Indicators {
    /// The series of the bar: instrument and timeframe.
    pub key: BarKey,
    /// The event time: the end of the bar.
    pub at: Timestamp,
    /// The average directional index, from 0 to 100.
    pub adx: Option<f64>,
    /// The average true range, in the price's unit.
    pub atr: Option<f64>,
    /// The volume-weighted average price of the session so far.
    pub vwap: Option<f64>,
    /// The regime of the market, such as `bull_trend`.
    pub regime: Option<Name>,
    /// The source of the bar.
    pub source: Source,
    /// The knowledge time: no earlier than that of any bar of which the indicators were computed.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Indicators);
crate::port::recorded!(Indicators, (BarKey, Timestamp), "instrument": |it| (it.key, it.at), it.key.instrument);

impl Indicators {
    /// Creates indicators of which none is defined, with `at` as their knowledge time.
    pub const fn new(key: BarKey, at: Timestamp, source: Source) -> Self {
        Self { key, at, adx: None, atr: None, vwap: None, regime: None, source, recorded_at: at }
    }

    /// Checks that each number is finite, not negative and below 10¹².
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        check!(price, self.adx => "adx", self.atr => "atr", self.vwap => "vwap");
        Ok(())
    }
}

/// A query for indicators of one series of bars.
pub type IndicatorQuery = SeriesQuery<BarKey>;

/// Technical indicators of bars. The key of a row is its [`BarKey`] and `at`; rows are stored in
/// [versions](Upserted#versions). [`SeriesQuery`] shows how to list them.
///
/// ```
/// use strikebook_core::{
///     AsOf, Source,
///     analytics::{IndicatorRepository, Indicators},
///     market::{BarKey, Symbol, Timeframe},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (key, close) = (BarKey::new(Symbol::new("SPY")?, Timeframe::Day1), "2025-09-25T20:00:00Z".parse()?);
/// let indicators = Indicators { adx: Some(27.5), ..Indicators::new(key, close, Source::new("cboe")?) };
/// let store = MemoryStore::new();
/// store.upsert_indicators(&[indicators.clone()]).await?;
/// assert_eq!(store.indicators_as_of(&key, AsOf::instant(close)).await?, Some(indicators));
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
pub trait IndicatorRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores indicators by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_indicators(&self, indicators: &[Indicators]) -> Result<Upserted>;

    /// Returns the last indicators of a series within both limits, in the version valid at the knowledge limit; `None`
    /// when there are none.
    async fn indicators_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Indicators>>;

    /// Returns the indicators of one series within the query's limits, in the versions valid at its knowledge limit,
    /// oldest first.
    async fn list_indicators(&self, query: &IndicatorQuery) -> Result<Page<Indicators>>;

    /// Returns every version of the indicators at the end of a bar, in the order of `recorded_at`. Empty when there are
    /// none.
    async fn list_indicator_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Indicators>>>;
}
