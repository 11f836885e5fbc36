//! Bars: open, high, low, close and volume of a timeframe.

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Instrument;
use crate::{
    AsOf, ChangeQuery, Error, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    validate::{check, count, number, price},
};

/// The length of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Timeframe {
    /// One second, `1s`.
    Second1,
    /// One minute, `1m`.
    Minute1,
    /// Five minutes, `5m`.
    Minute5,
    /// Fifteen minutes, `15m`.
    Minute15,
    /// Thirty minutes, `30m`.
    Minute30,
    /// One hour, `1h`.
    Hour1,
    /// Four hours, `4h`.
    Hour4,
    /// One trading day, `1d`.
    Day1,
    /// One week, `1w`.
    Week1,
    /// One month, `1mo`.
    Month1,
}

impl Timeframe {
    /// Every timeframe, shortest first.
    pub const ALL: [Self; 10] = [
        Self::Second1,
        Self::Minute1,
        Self::Minute5,
        Self::Minute15,
        Self::Minute30,
        Self::Hour1,
        Self::Hour4,
        Self::Day1,
        Self::Week1,
        Self::Month1,
    ];

    /// Returns the stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second1 => "1s",
            Self::Minute1 => "1m",
            Self::Minute5 => "5m",
            Self::Minute15 => "15m",
            Self::Minute30 => "30m",
            Self::Hour1 => "1h",
            Self::Hour4 => "4h",
            Self::Day1 => "1d",
            Self::Week1 => "1w",
            Self::Month1 => "1mo",
        }
    }
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Timeframe {
    type Err = Error;

    /// Parses `1s`, `1m`, `5m`, `15m`, `30m`, `1h`, `4h`, `1d`, `1w` or `1mo`.
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|timeframe| timeframe.as_str() == text).ok_or_else(|| {
            Error::invalid_input("a timeframe must be one of 1s, 1m, 5m, 15m, 30m, 1h, 4h, 1d, 1w, 1mo")
                .with("text", format_args!("{text:?}"))
        })
    }
}

impl TryFrom<String> for Timeframe {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Timeframe> for String {
    fn from(timeframe: Timeframe) -> Self {
        timeframe.as_str().to_owned()
    }
}

/// The key of a series of bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BarKey {
    /// The instrument of the bars.
    pub instrument: Instrument,
    /// The length of a bar.
    pub timeframe: Timeframe,
}

impl BarKey {
    /// Creates the key of an instrument's bars of a timeframe.
    pub fn new(instrument: impl Into<Instrument>, timeframe: Timeframe) -> Self {
        Self { instrument: instrument.into(), timeframe }
    }
}

impl fmt::Display for BarKey {
    /// Writes instrument and timeframe, such as `SPY/1d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.instrument, self.timeframe)
    }
}

impl FromStr for BarKey {
    type Err = Error;

    /// Parses the text that `Display` writes.
    fn from_str(text: &str) -> Result<Self> {
        let (instrument, timeframe) = text.rsplit_once('/').ok_or_else(|| {
            Error::invalid_input("a key of bars must be written as in SPY/1d").with("text", format_args!("{text:?}"))
        })?;
        Ok(Self { instrument: instrument.parse()?, timeframe: timeframe.parse()? })
    }
}

/// A bar. Prices are raw: not adjusted for splits or dividends.
///
/// The event time of a bar is its end, so that a point-in-time read never returns a bar before it is complete, even
/// when the vendor labels bars with their start. A daily bar has the close of its session as `at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// The series of the bar: instrument and timeframe.
    pub key: BarKey,
    /// The start of the bar.
    pub opened_at: Timestamp,
    /// The event time: the end of the bar.
    pub at: Timestamp,
    /// The first price of the bar.
    pub open: f64,
    /// The highest price of the bar.
    pub high: f64,
    /// The lowest price of the bar.
    pub low: f64,
    /// The last price of the bar.
    pub close: f64,
    /// The number of shares or contracts traded.
    pub volume: Option<u64>,
    /// The volume-weighted average price.
    pub vwap: Option<f64>,
    /// The source of the bar.
    pub source: Source,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Bar);
crate::port::recorded!(Bar, (BarKey, Timestamp), "instrument": |it| (it.key, it.at), it.key.instrument);

impl Bar {
    /// Checks that every number is finite and below 10¹² in size, that low and high enclose open and close, and that
    /// the bar starts before it ends. The prices of an option are not negative; those of a symbol may be, since futures
    /// and spreads trade below zero.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        let Self { open, high, low, close, .. } = *self;
        let price = match self.key.instrument {
            Instrument::Option(_) => price,
            Instrument::Symbol(_) => number,
        };
        for (field, value) in [("open", open), ("high", high), ("low", low), ("close", close)] {
            price(field, value)?;
        }
        check!(price, self.vwap => "vwap");
        check!(count, self.volume => "volume");
        let refuse = |field: &'static str, value: &dyn fmt::Display, expected: &'static str| {
            Err(Error::invalid_input(format!("{field} must be {expected}")).with("field", field).with("value", value))
        };
        if high < open.max(close).max(low) {
            return refuse("high", &high, "at or above open, close and low");
        }
        if low > open.min(close) {
            return refuse("low", &low, "at or below open and close");
        }
        if self.opened_at >= self.at {
            return refuse("opened_at", &self.opened_at, "before at, the bar's end");
        }
        Ok(())
    }
}

/// A query for bars of one series.
pub type BarQuery = SeriesQuery<BarKey>;

/// Bars of underlyings, indexes and options. The key of a bar is its [`BarKey`] and `at`; bars are stored in
/// [versions](Upserted#versions). [`SeriesQuery`] shows how to list them.
///
/// ```
/// use strikebook_core::{
///     AsOf, Source,
///     market::{Bar, BarKey, BarRepository, Symbol, Timeframe},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let key = BarKey::new(Symbol::new("SPY")?, Timeframe::Day1);
/// let at = "2025-09-25T20:00:00Z".parse()?;
/// let bar = Bar {
///     key,
///     opened_at: "2025-09-25T13:30:00Z".parse()?,
///     at,
///     open: 656.2,
///     high: 658.6,
///     low: 654.4,
///     close: 658.05,
///     volume: Some(89_622_100),
///     vwap: None,
///     source: Source::new("cboe")?,
///     recorded_at: at,
/// };
/// let store = MemoryStore::new();
/// store.upsert_bars(&[bar]).await?;
/// let last = store.bar_as_of(&key, AsOf::instant(at)).await?;
/// assert_eq!(last.map(|bar| bar.close), Some(658.05));
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
pub trait BarRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores bars by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_bars(&self, bars: &[Bar]) -> Result<Upserted>;

    /// Returns the last bar of a series within both limits, in the version valid at the knowledge limit; `None` when
    /// there is no such bar.
    async fn bar_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Bar>>;

    /// Returns the bars of one series within the query's limits, in the versions valid at its knowledge limit, oldest
    /// first.
    async fn list_bars(&self, query: &BarQuery) -> Result<Page<Bar>>;

    /// Returns every version of the bar that ended at an instant, in the order of `recorded_at`. Empty when there is
    /// no such bar.
    async fn list_bar_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Bar>>>;

    /// Returns the changes of the bars of some series, ordered by instrument, timeframe, `at` and `recorded_at`.
    /// Empty without keys.
    async fn list_bar_changes(&self, query: &ChangeQuery<BarKey>) -> Result<Page<Bar>>;
}
