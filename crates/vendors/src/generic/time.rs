//! The formats of instants, and the labels of bars.

use chrono::{
    NaiveTime, TimeDelta,
    format::{Item, StrftimeItems},
};
use chrono_tz::Tz;
use strikebook_core::{
    Error, Result, Timestamp,
    market::{Timeframe, calendar},
};

use crate::{value, zone};

/// The format of a file's instants.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeFormat {
    /// RFC 3339 with its offset: `2025-09-25T16:00:00-04:00`.
    Rfc3339,
    /// Whole seconds since 1970-01-01T00:00:00Z.
    UnixSeconds,
    /// Whole milliseconds since 1970-01-01T00:00:00Z.
    UnixMilliseconds,
    /// Whole microseconds since 1970-01-01T00:00:00Z.
    UnixMicroseconds,
    /// A date and time on the clocks of the layout's zone, in a [pattern](chrono::format::strftime) of `chrono`:
    /// `%Y-%m-%d %H:%M:%S`. Where the file has two columns for them, they are joined by a blank.
    Local(String),
    /// A date in a pattern of `chrono`, which stands for the exchange's close in New York.
    CloseOf(String),
}

impl TimeFormat {
    pub(super) fn validate(&self) -> Result<()> {
        match self {
            Self::Local(pattern) | Self::CloseOf(pattern) => validate_pattern(pattern),
            _ => Ok(()),
        }
    }

    pub(super) fn read(&self, text: &str, tz: Tz) -> Result<Timestamp> {
        let units = |micros: i64| {
            let count = text.parse().ok().and_then(|count: i64| count.checked_mul(micros));
            count.ok_or_else(|| value::unexpected("the time", "a whole number", text)).and_then(Timestamp::from_micros)
        };
        match self {
            Self::Rfc3339 => text.parse(),
            Self::UnixSeconds => units(1_000_000),
            Self::UnixMilliseconds => units(1_000),
            Self::UnixMicroseconds => units(1),
            Self::Local(pattern) => zone::instant(tz, value::date_time("the time", text, pattern)?),
            Self::CloseOf(pattern) => calendar::close_on(value::date("the date", text, &[pattern])?),
        }
    }
}

/// Checks a pattern of `chrono`.
pub(super) fn validate_pattern(pattern: &str) -> Result<()> {
    if StrftimeItems::new(pattern).any(|item| item == Item::Error) {
        return Err(Error::invalid_config("the time pattern is not valid for chrono").with("pattern", pattern));
    }
    Ok(())
}

/// The instant that a bar's time stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarLabel {
    /// The start of the bar. A daily bar ends at the exchange's close on its day, any other after its timeframe.
    Start,
    /// The end of the bar.
    End,
}

/// Returns the length of a bar; `None` where it depends on the calendar.
pub(super) fn length(timeframe: Timeframe) -> Option<TimeDelta> {
    Some(match timeframe {
        Timeframe::Second1 => TimeDelta::seconds(1),
        Timeframe::Minute1 => TimeDelta::minutes(1),
        Timeframe::Minute5 => TimeDelta::minutes(5),
        Timeframe::Minute15 => TimeDelta::minutes(15),
        Timeframe::Minute30 => TimeDelta::minutes(30),
        Timeframe::Hour1 => TimeDelta::hours(1),
        Timeframe::Hour4 => TimeDelta::hours(4),
        Timeframe::Day1 | Timeframe::Week1 | Timeframe::Month1 => return None,
    })
}

/// Returns the start and the end of a bar. A daily bar starts at midnight of its day in the zone.
pub(super) fn span(at: Timestamp, label: BarLabel, timeframe: Timeframe, tz: Tz) -> Result<(Timestamp, Timestamp)> {
    let Some(length) = length(timeframe) else {
        let day = at.to_datetime().with_timezone(&tz).date_naive();
        let end = if label == BarLabel::End { at } else { calendar::close_on(day)? };
        return Ok((zone::instant(tz, day.and_time(NaiveTime::MIN))?, end));
    };
    Ok(match label {
        BarLabel::Start => (at, at.saturating_add(length)),
        BarLabel::End => (at.saturating_sub(length), at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        let seen = [
            (TimeFormat::Rfc3339, "2025-09-25T16:00:00-04:00"),
            (TimeFormat::UnixSeconds, "1758830400"),
            (TimeFormat::UnixMilliseconds, "1758830400000"),
            (TimeFormat::UnixMicroseconds, "1758830400000000"),
            (TimeFormat::Local("%d.%m.%Y %H:%M".into()), "25.09.2025 16:00"),
            (TimeFormat::CloseOf("%m/%d/%Y".into()), "09/25/2025"),
        ];
        for (format, text) in seen {
            let at = format.read(text, Tz::America__New_York).expect(text);
            assert_eq!(at.to_string(), "2025-09-25T20:00:00Z", "{format:?}");
        }
        for (format, text) in [
            (TimeFormat::UnixSeconds, "9223372036854775807"),
            (TimeFormat::UnixSeconds, "1758830400000"),
            (TimeFormat::UnixMilliseconds, "1.5"),
            (TimeFormat::CloseOf("%Y-%m-%d".into()), "+262142-12-31"),
        ] {
            assert!(format.read(text, Tz::UTC).is_err(), "{text}");
        }
    }

    #[test]
    fn a_bar_is_said_when_it_ends() {
        let at: Timestamp = "2015-12-24T15:00:00Z".parse().expect("valid");
        let tz = Tz::America__New_York;
        for (label, timeframe, start, end) in [
            (BarLabel::Start, Timeframe::Minute5, "2015-12-24T15:00:00Z", "2015-12-24T15:05:00Z"),
            (BarLabel::End, Timeframe::Minute5, "2015-12-24T14:55:00Z", "2015-12-24T15:00:00Z"),
            (BarLabel::Start, Timeframe::Day1, "2015-12-24T05:00:00Z", "2015-12-24T18:00:00Z"),
            (BarLabel::End, Timeframe::Day1, "2015-12-24T05:00:00Z", "2015-12-24T15:00:00Z"),
        ] {
            let (opened, closed) = span(at, label, timeframe, tz).expect("in range");
            assert_eq!((opened.to_string(), closed.to_string()), (start.into(), end.into()), "{label:?}");
        }
    }
}
