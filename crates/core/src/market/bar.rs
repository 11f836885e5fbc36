//! Bars: open, high, low, close and volume over a timeframe.

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Instrument;
use crate::{
    AsOf, ChangeQuery, Error, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    validate::{check, count, price},
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

    /// The timeframe's text, as it is stored.
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

    /// Reads `1s`, `1m`, `5m`, `15m`, `30m`, `1h`, `4h`, `1d`, `1w` or `1mo`.
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

/// Whose bars, and how long they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BarKey {
    /// The instrument.
    pub instrument: Instrument,
    /// The length of a bar.
    pub timeframe: Timeframe,
}

impl BarKey {
    /// The bars of an instrument with a timeframe.
    pub fn new(instrument: impl Into<Instrument>, timeframe: Timeframe) -> Self {
        Self { instrument: instrument.into(), timeframe }
    }
}

/// A bar. Prices are raw: not adjusted for splits or dividends.
///
/// A bar is *said* when it ends: its `at` is its closing instant. A bar that a vendor labels with its start is thus not
/// seen by a point-in-time read before it was complete; a daily bar carries the close of its session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Whose bar, and how long it is.
    pub key: BarKey,
    /// When it started.
    pub opened_at: Timestamp,
    /// When it ended, and the market had said it.
    pub at: Timestamp,
    /// The first price.
    pub open: f64,
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
    /// Shares or contracts traded.
    pub volume: Option<u64>,
    /// The volume-weighted average price.
    pub vwap: Option<f64>,
    /// Where the bar comes from.
    pub source: Source,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl Bar {
    /// Checks every number: finite, not negative, nothing absurdly large; the low not above open, close or high, the
    /// high not below them; and the start before the end.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        let Self { open, high, low, close, .. } = *self;
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

/// Which bars of one series to list.
pub type BarQuery = SeriesQuery<BarKey>;

/// Bars. A bar's key is its instrument, timeframe and `at`; every version that was believed is kept ([`Upserted`]).
#[async_trait]
pub trait BarRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores bars.
    ///
    /// Writing the same rows again changes nothing. A row that differs from what is stored becomes the current version,
    /// or, if it was learned earlier, a past one; the other version is kept. Of several rows with one key the last
    /// wins. An empty batch is fine and does nothing. Either all rows are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not [valid](Bar::validate), with its index as
    /// `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does not
    /// allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn upsert_bars(&self, bars: &[Bar]) -> Result<Upserted>;

    /// The last bar of a series that had ended within both limits, as it was believed at the knowledge limit; `None`
    /// when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn bar_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Bar>>;

    /// The bars of one series that ended within the query's limits, as they were believed at its knowledge limit,
    /// oldest first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_bars(&self, query: &BarQuery) -> Result<Page<Bar>>;

    /// Every version of the bar that ended at an instant, in the order in which they were believed. Empty when there is
    /// none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_bar_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Bar>>>;

    /// Every version of the bars of some series that came within the query's instants, by instrument and timeframe,
    /// then by `at` and by `recorded_at`. Without keys there are none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_bar_changes(&self, query: &ChangeQuery<BarKey>) -> Result<Page<Bar>>;
}
