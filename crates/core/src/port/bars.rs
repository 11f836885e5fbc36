//! Parts of bars, and the bars made from them.

use chrono::{NaiveDate, TimeDelta};

use crate::{
    Error, Result, Source, Timestamp,
    market::{Bar, BarKey, Symbol, Timeframe, UnderlyingQuote, calendar},
};

/// The summary of consecutive quotes of a symbol. A single quote is a part as well.
#[derive(Clone, Debug, PartialEq)]
pub struct BarPart {
    /// The start of the part: at or before its first quote, and in the same bar as all of its quotes.
    pub at: Timestamp,
    /// The first price; `None`, like the other three, when no quote has a price.
    pub open: Option<f64>,
    /// The highest price of the part.
    pub high: Option<f64>,
    /// The lowest price of the part.
    pub low: Option<f64>,
    /// The last price of the part.
    pub close: Option<f64>,
    /// The last stated volume of the day so far.
    pub day_volume: Option<u64>,
    /// The largest stated volume of the day so far.
    pub max_day_volume: Option<u64>,
    /// The source of the last quote.
    pub source: Source,
    /// The latest `recorded_at` of the quotes.
    pub recorded_at: Timestamp,
}

impl From<&UnderlyingQuote> for BarPart {
    fn from(quote: &UnderlyingQuote) -> Self {
        let (price, day_volume) = (quote.price(), quote.volume);
        Self {
            at: quote.at,
            open: price,
            high: price,
            low: price,
            close: price,
            day_volume,
            max_day_volume: day_volume,
            source: quote.source.clone(),
            recorded_at: quote.recorded_at,
        }
    }
}

impl BarPart {
    /// Merges this part with a later one.
    fn then(self, later: Self) -> Self {
        let both = |one: Option<f64>, other: Option<f64>, of: fn(f64, f64) -> f64| match (one, other) {
            (Some(one), Some(other)) => Some(of(one, other)),
            _ => one.or(other),
        };
        Self {
            at: self.at,
            open: self.open.or(later.open),
            high: both(self.high, later.high, f64::max),
            low: both(self.low, later.low, f64::min),
            close: later.close.or(self.close),
            day_volume: later.day_volume.or(self.day_volume),
            max_day_volume: self.max_day_volume.max(later.max_day_volume),
            source: later.source,
            recorded_at: self.recorded_at.max(later.recorded_at),
        }
    }
}

/// The boundaries of bars made from live quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// Multiples of a length since 1970-01-01T00:00:00Z.
    Length(TimeDelta),
    /// Midnight in New York and the close of the exchange.
    Day,
}

impl TryFrom<Timeframe> for Grid {
    type Error = Error;

    fn try_from(timeframe: Timeframe) -> Result<Self> {
        match timeframe {
            Timeframe::Minute1 => Ok(Self::Length(TimeDelta::minutes(1))),
            Timeframe::Minute5 => Ok(Self::Length(TimeDelta::minutes(5))),
            Timeframe::Minute15 => Ok(Self::Length(TimeDelta::minutes(15))),
            Timeframe::Minute30 => Ok(Self::Length(TimeDelta::minutes(30))),
            Timeframe::Hour1 => Ok(Self::Length(TimeDelta::hours(1))),
            Timeframe::Day1 => Ok(Self::Day),
            _ => Err(Error::invalid_input("the timeframe of live bars must be 1m, 5m, 15m, 30m, 1h or 1d")
                .with("field", "timeframe")
                .with("value", timeframe)),
        }
    }
}

impl Grid {
    /// Returns start and end of the bar that covers an instant; `None` when no bar does.
    fn span(self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        match self {
            Self::Length(length) => {
                let start = at.floor(length, Timestamp::EPOCH);
                let end = Timestamp::from_micros(start.as_micros().checked_add(length.num_microseconds()?)?).ok()?;
                Some((start, end))
            }
            Self::Day => {
                let day = at.new_york_date();
                let close = calendar::close_on(day).ok().filter(|close| at <= *close)?;
                calendar::is_trading_day(day).then(|| Some((calendar::midnight(day).ok()?, close)))?
            }
        }
    }
}

/// Makes bars from parts, which must be oldest first and each within one bar, and returns those that start at `from`
/// or later and have ended by `until`. [`live_bars`](crate::market::AggregateRepository::live_bars) defines their
/// contents. For correct volumes the parts must reach back to the midnight in New York before `from`.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a timeframe without live bars.
pub fn bars_of(
    symbol: Symbol,
    timeframe: Timeframe,
    parts: Vec<BarPart>,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Bar>> {
    let grid = Grid::try_from(timeframe)?;
    let key = BarKey::new(symbol, timeframe);
    let mut bars = Vec::new();
    // The day of the last part with a volume, and that volume.
    let mut last: Option<(NaiveDate, u64)> = None;
    let mut parts = parts.into_iter().peekable();
    while let Some(first) = parts.next() {
        let (day, span) = (first.at.new_york_date(), grid.span(first.at));
        let mut whole = first;
        while let Some(next) = parts.next_if(|next| grid.span(next.at) == span) {
            whole = whole.then(next);
        }
        let before = last.filter(|(of, _)| *of == day).map_or(0, |(_, total)| total);
        let grown = whole
            .day_volume
            .filter(|total| Some(*total) >= whole.max_day_volume)
            .and_then(|total| total.checked_sub(before));
        last = whole.day_volume.map(|total| (day, total)).or(last);
        if let Some((opened_at, at)) = span
            && (from <= opened_at && at <= until)
            && let (Some(open), Some(high), Some(low), Some(close)) = (whole.open, whole.high, whole.low, whole.close)
        {
            let recorded_at = whole.recorded_at.max(at);
            let source = whole.source;
            bars.push(Bar {
                key,
                opened_at,
                at,
                open,
                high,
                low,
                close,
                volume: grown,
                vwap: None,
                source,
                recorded_at,
            });
        }
    }
    Ok(bars)
}
