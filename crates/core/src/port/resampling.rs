//! Bars made from shorter bars, divided by the sessions of the exchange.

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta};

use crate::{
    Error, Result, Source, Timestamp,
    market::{Bar, BarKey, Timeframe, calendar},
};

const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

/// The summary of consecutive bars of a series. A single bar is a group as well.
#[derive(Clone, Debug, PartialEq)]
pub struct BarGroup {
    /// The end of the last bar.
    pub at: Timestamp,
    /// The first price of the group.
    pub open: f64,
    /// The highest price of the group.
    pub high: f64,
    /// The lowest price of the group.
    pub low: f64,
    /// The last price of the group.
    pub close: f64,
    /// The sum of the volumes; `None` when a bar has none.
    pub volume: Option<f64>,
    /// The sum of the products of volume and VWAP; `None` when a bar has no volume, or a volume above 0 and no VWAP.
    pub turnover: Option<f64>,
    /// The source of the last bar.
    pub source: Source,
    /// The latest `recorded_at` of the bars.
    pub recorded_at: Timestamp,
}

impl From<&Bar> for BarGroup {
    #[expect(clippy::cast_precision_loss, reason = "volumes are exact up to 2⁵³")]
    fn from(bar: &Bar) -> Self {
        let volume = bar.volume.map(|volume| volume as f64);
        let turnover =
            if bar.volume == Some(0) { Some(0.0) } else { sum(volume, bar.vwap, |volume, vwap| volume * vwap) };
        Self {
            at: bar.at,
            open: bar.open,
            high: bar.high,
            low: bar.low,
            close: bar.close,
            volume,
            turnover,
            source: bar.source.clone(),
            recorded_at: bar.recorded_at,
        }
    }
}

/// Returns a function of two numbers; `None` when one is missing.
fn sum(one: Option<f64>, other: Option<f64>, of: fn(f64, f64) -> f64) -> Option<f64> {
    Some(of(one?, other?))
}

impl BarGroup {
    /// Merges this group with a later one.
    fn then(self, later: Self) -> Self {
        Self {
            at: later.at,
            open: self.open,
            high: self.high.max(later.high),
            low: self.low.min(later.low),
            close: later.close,
            volume: sum(self.volume, later.volume, |one, other| one + other),
            turnover: sum(self.turnover, later.turnover, |one, other| one + other),
            source: later.source,
            recorded_at: self.recorded_at.max(later.recorded_at),
        }
    }

    /// Returns the bar of a whole span. Its volume is a count that every engine can store.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast keeps within the bounds")]
    fn bar(self, key: BarKey, span: Span) -> Bar {
        let volume = self.volume.filter(|volume| *volume > 0.0);
        Bar {
            key,
            opened_at: span.start,
            at: span.end,
            open: self.open,
            high: self.high,
            low: self.low,
            close: self.close,
            volume: self.volume.map(|volume| (volume as u64).min(i64::MAX as u64)),
            vwap: sum(self.turnover, volume, |turnover, volume| turnover / volume),
            source: self.source,
            recorded_at: self.recorded_at.max(span.end),
        }
    }
}

/// A span of time: after its start, up to and including its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: Timestamp,
    end: Timestamp,
}

impl Span {
    fn holds(self, at: Timestamp) -> bool {
        self.start < at && at <= self.end
    }
}

/// A part of a day in New York: before the opening, the session, or after the close; the whole of a day without
/// trading.
#[derive(Clone, Copy, Debug)]
struct Part {
    day: NaiveDate,
    span: Span,
    is_session: bool,
}

impl Part {
    /// Returns the part of a day in which an instant lies; `None` at the ends of [`Timestamp`]'s range.
    fn of(at: Timestamp) -> Option<Self> {
        let day = at.saturating_sub(MICROSECOND).new_york_date();
        let (start, end) = (calendar::midnight(day).ok()?, calendar::midnight(day.succ_opt()?).ok()?);
        let part = |start, end, is_session| Some(Self { day, span: Span { start, end }, is_session });
        if !calendar::is_trading_day(day) {
            return part(start, end, false);
        }
        let (open, close) = (calendar::open_on(day).ok()?, calendar::close_on(day).ok()?);
        match at {
            at if at <= open => part(start, open, false),
            at if at <= close => part(open, close, true),
            _ => part(close, end, false),
        }
    }
}

/// The bars of one timeframe made from those of a shorter one.
/// [`resample_bars`](crate::market::AggregateRepository::resample_bars) defines their contents.
#[derive(Clone, Copy, Debug)]
pub struct Resampling {
    key: BarKey,
    length: Option<TimeDelta>,
}

impl Resampling {
    /// Creates the resampling of a series into a longer timeframe.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a timeframe that is not longer than that of the series, and
    /// for a series of weeks, which do not make up months.
    pub fn new(series: BarKey, timeframe: Timeframe) -> Result<Self> {
        if timeframe <= series.timeframe || series.timeframe == Timeframe::Week1 {
            return Err(Error::invalid_input("bars are made from a shorter timeframe, and not from weeks")
                .with("field", "timeframe")
                .with("value", timeframe)
                .with("key", series.timeframe));
        }
        let length = match timeframe {
            Timeframe::Second1 => Some(TimeDelta::seconds(1)),
            Timeframe::Minute1 => Some(TimeDelta::minutes(1)),
            Timeframe::Minute5 => Some(TimeDelta::minutes(5)),
            Timeframe::Minute15 => Some(TimeDelta::minutes(15)),
            Timeframe::Minute30 => Some(TimeDelta::minutes(30)),
            Timeframe::Hour1 => Some(TimeDelta::hours(1)),
            Timeframe::Hour4 => Some(TimeDelta::hours(4)),
            Timeframe::Day1 | Timeframe::Week1 | Timeframe::Month1 => None,
        };
        Ok(Self { key: BarKey { timeframe, ..series }, length })
    }

    /// Returns the width of buckets that each lie in one bar, whole widths from [`Timestamp::EPOCH`], which they hold
    /// at their end: the exchange opens and closes at full half hours.
    pub fn width(&self) -> TimeDelta {
        let longest = TimeDelta::minutes(30);
        self.length.map_or(longest, |length| length.min(longest))
    }

    /// Makes bars from groups, which must be oldest first and each within one bar, and returns those that start at
    /// `from` or later and have ended by `until`.
    pub fn bars(&self, groups: Vec<BarGroup>, from: Timestamp, until: Timestamp) -> Vec<Bar> {
        let mut bars = Vec::new();
        let mut groups = groups.into_iter().peekable();
        let mut part = None;
        while let Some(mut whole) = groups.next() {
            let Some(span) = self.span(&mut part, whole.at) else { continue };
            while let Some(next) = groups.next_if(|next| span.holds(next.at)) {
                // Days are made of sessions alone.
                if self.length.is_some() || self.span(&mut part, next.at).is_some() {
                    whole = whole.then(next);
                }
            }
            if from <= span.start && span.end <= until {
                bars.push(whole.bar(self.key, span));
            }
        }
        bars
    }

    /// Returns the span of the bar that covers an instant; `None` when no bar does. Keeps the part of the day for the
    /// next instant.
    fn span(&self, part: &mut Option<Part>, at: Timestamp) -> Option<Span> {
        *part = part.filter(|part| part.span.holds(at)).or_else(|| Part::of(at));
        let Part { day, span, is_session } = (*part)?;
        if let Some(length) = self.length {
            let start = at.saturating_sub(MICROSECOND).floor(length, span.start);
            return Some(Span { start, end: start.saturating_add(length).min(span.end) });
        }
        if !is_session {
            return None;
        }
        let (first, last) = match self.key.timeframe {
            Timeframe::Week1 => {
                let week = day.week(chrono::Weekday::Mon);
                (week.first_day(), week.last_day())
            }
            Timeframe::Month1 => {
                let first = day.with_day(1)?;
                (first, first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))?)
            }
            _ => return Some(span),
        };
        let start = calendar::open_on(calendar::trading_days(first, last).next()?).ok()?;
        let end = calendar::close_on(calendar::trading_days(first, last).last()?).ok()?;
        Some(Span { start, end })
    }
}
