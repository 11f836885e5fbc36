//! Indicators of a symbol by name, period and timeframe, over the bars of a store.

use strikebook_core::{
    AsOf, Error, Result, Timestamp,
    market::{AggregateRepository, BarKey, BarQuery, BarRepository, CorporateActionRepository, Symbol, Timeframe},
};

use super::{Bands, bollinger, rsi, simple_average};
use crate::adjusted::{AdjustedBar, Adjustment, adjusted_closes, steps, with_factors};

/// The closes of a symbol for which an indicator is calculated, [adjusted](crate::adjusted) for splits and dividends
/// unless stated otherwise: an average over a split of raw prices has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closes {
    /// The symbol of the bars.
    pub symbol: Symbol,
    /// The length of the bars.
    pub timeframe: Timeframe,
    /// The start of the first bar that is returned. Bars before it count all the same: an average has its past.
    pub from: Timestamp,
    /// The limits of the read.
    pub as_of: AsOf,
    /// The adjustment of the closes; `None` for raw ones, which the SQL functions of the same names read.
    pub adjustment: Option<Adjustment>,
}

/// The value of an indicator at one bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point<T> {
    /// The start of the bar.
    pub opened_at: Timestamp,
    /// The end of the bar.
    pub at: Timestamp,
    /// The close of the bar, adjusted if the [closes](Closes) are.
    pub close: f64,
    /// The value, `None` until the indicator is defined.
    pub value: Option<T>,
}

impl Closes {
    /// Creates the closes of a symbol's bars of a timeframe, from the first one on.
    pub fn new(symbol: Symbol, timeframe: Timeframe, as_of: AsOf) -> Self {
        let adjustment = Some(Adjustment::SplitsAndDividends);
        Self { symbol, timeframe, from: Timestamp::MIN, as_of, adjustment }
    }

    /// Sets the start of the first bar that is returned.
    #[must_use]
    pub fn with_from(self, from: Timestamp) -> Self {
        Self { from, ..self }
    }

    /// Sets the adjustment of the closes; `None` for raw ones.
    #[must_use]
    pub fn with_adjustment(self, adjustment: Option<Adjustment>) -> Self {
        Self { adjustment, ..self }
    }

    /// Returns the bars: as stored where the symbol has any of the timeframe, and otherwise
    /// [made of minutes](AggregateRepository::resample_bars).
    async fn bars(
        &self,
        store: &(impl BarRepository + AggregateRepository + CorporateActionRepository + ?Sized),
    ) -> Result<Vec<AdjustedBar>> {
        let mut key = BarKey::new(self.symbol, self.timeframe);
        let mut bars = store.list_bars(&BarQuery::new(key, self.as_of)).await?.items;
        if bars.is_empty() && self.timeframe > Timeframe::Minute1 {
            key = BarKey::new(self.symbol, Timeframe::Minute1);
            bars = store.resample_bars(&key, self.timeframe, Timestamp::MIN, self.as_of).await?;
        }
        let steps = match self.adjustment {
            Some(adjustment) => steps(store, &key, &bars, self.as_of, adjustment).await?,
            None => Vec::new(),
        };
        Ok(with_factors(bars, &steps))
    }

    async fn points<T>(
        &self,
        store: &(impl BarRepository + AggregateRepository + CorporateActionRepository + ?Sized),
        indicator: impl FnOnce(&[f64]) -> Result<Vec<Option<T>>>,
    ) -> Result<Vec<Point<T>>> {
        let bars = self.bars(store).await?;
        let closes = adjusted_closes(&bars);
        let values = indicator(&closes)?;
        if values.len() != bars.len() {
            return Err(Error::internal("an indicator must have one value for each bar"));
        }
        let points = bars.iter().zip(closes).zip(values).filter(|((bar, _), _)| bar.raw.opened_at >= self.from);
        let points = points.map(|((AdjustedBar { raw, .. }, close), value)| Point {
            opened_at: raw.opened_at,
            at: raw.at,
            close,
            value,
        });
        Ok(points.collect())
    }
}

/// Calculates Wilder's [relative strength index](rsi) of a symbol.
///
/// ```
/// use strikebook_core::{
///     AsOf, Source, Timestamp,
///     market::{Bar, BarKey, BarRepository, Symbol, Timeframe},
///     memory::MemoryStore,
/// };
/// use strikebook_services::technical::{Closes, calculate_rsi};
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let spy = Closes::new(Symbol::new("SPY")?, Timeframe::Minute5, AsOf::instant("2025-09-25T20:00:00Z".parse()?));
/// for point in calculate_rsi(&store, &spy, 14).await? {
///     println!("{} {:?}", point.at, point.value);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a period of zero, those of
/// [`adjusted_bars`](crate::adjusted::adjusted_bars), and those of the store.
pub async fn calculate_rsi(
    store: &(impl BarRepository + AggregateRepository + CorporateActionRepository + ?Sized),
    closes: &Closes,
    period: usize,
) -> Result<Vec<Point<f64>>> {
    closes.points(store, |values| rsi(values, period)).await
}

/// Calculates [Bollinger's bands](bollinger) of a symbol.
///
/// # Errors
/// As [`calculate_rsi`], and when `deviations` is negative or not finite.
pub async fn calculate_bollinger_bands(
    store: &(impl BarRepository + AggregateRepository + CorporateActionRepository + ?Sized),
    closes: &Closes,
    period: usize,
    deviations: f64,
) -> Result<Vec<Point<Bands>>> {
    closes.points(store, |values| bollinger(values, period, deviations)).await
}

/// Calculates the [simple moving average](simple_average) of a symbol.
///
/// # Errors
/// As [`calculate_rsi`].
pub async fn calculate_moving_average(
    store: &(impl BarRepository + AggregateRepository + CorporateActionRepository + ?Sized),
    closes: &Closes,
    period: usize,
) -> Result<Vec<Point<f64>>> {
    closes.points(store, |values| simple_average(values, period)).await
}
