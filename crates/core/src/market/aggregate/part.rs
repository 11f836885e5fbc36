//! Parts of bars, and the bars that they make.

use chrono::{NaiveDate, TimeDelta};

use crate::{
    Error, Result, Source, Timestamp,
    market::{Bar, BarKey, Symbol, Timeframe, UnderlyingQuote, calendar},
};

/// What some quotes of a symbol that follow each other come to. A single quote is a part too.
#[derive(Clone, Debug, PartialEq)]
pub struct BarPart {
    /// When it starts: at or before its first quote, and in the same bar as all of its quotes.
    pub at: Timestamp,
    /// The first price; `None` when no quote has one, and so with the other three.
    pub open: Option<f64>,
    /// The highest price.
    pub high: Option<f64>,
    /// The lowest price.
    pub low: Option<f64>,
    /// The last price.
    pub close: Option<f64>,
    /// The volume of the day so far that was told last.
    pub told: Option<u64>,
    /// The largest that was told.
    pub most: Option<u64>,
    /// The source of the last quote.
    pub source: Source,
    /// When the last of the quotes was learned.
    pub recorded_at: Timestamp,
}

impl From<&UnderlyingQuote> for BarPart {
    fn from(quote: &UnderlyingQuote) -> Self {
        let (price, told) = (quote.price(), quote.volume);
        Self {
            at: quote.at,
            open: price,
            high: price,
            low: price,
            close: price,
            told,
            most: told,
            source: quote.source.clone(),
            recorded_at: quote.recorded_at,
        }
    }
}

impl BarPart {
    /// This part and a later one as one part.
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
            told: later.told.or(self.told),
            most: self.most.max(later.most),
            source: later.source,
            recorded_at: self.recorded_at.max(later.recorded_at),
        }
    }
}

/// Where the bars of live quotes start and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// At multiples of a length since 1970-01-01T00:00:00Z.
    Length(TimeDelta),
    /// At midnight in New York and the close of the exchange.
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
            _ => Err(Error::invalid_input("live quotes make bars of 1m, 5m, 15m, 30m, 1h or 1d")
                .with("field", "timeframe")
                .with("value", timeframe)),
        }
    }
}

impl Grid {
    /// Start and end of the bar that an instant is in; `None` for one that is in none.
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

/// The bars that parts make, which are given oldest first and each within one bar: those that started at `from` or
/// later and had ended at `until`. [`live_bars`](super::AggregateRepository::live_bars) tells what is in them. For
/// their volumes the parts must reach back to the midnight in New York before `from`.
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
    // The day of the last part that told a volume, and what it told.
    let mut last: Option<(NaiveDate, u64)> = None;
    let mut parts = parts.into_iter().peekable();
    while let Some(first) = parts.next() {
        let (day, span) = (first.at.new_york_date(), grid.span(first.at));
        let mut whole = first;
        while let Some(next) = parts.next_if(|next| grid.span(next.at) == span) {
            whole = whole.then(next);
        }
        let before = last.filter(|(of, _)| *of == day).map_or(0, |(_, told)| told);
        let grown = whole.told.filter(|told| Some(*told) >= whole.most).and_then(|told| told.checked_sub(before));
        last = whole.told.map(|told| (day, told)).or(last);
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
