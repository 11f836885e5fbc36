//! The formats of instants, and the labels of bars.

use std::{borrow::Cow, ops::RangeInclusive};

use chrono::{
    NaiveDate, NaiveTime, TimeDelta,
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
    /// Whole nanoseconds since 1970-01-01T00:00:00Z, truncated to microseconds.
    UnixNanoseconds,
    /// An instant that shows its own form: RFC 3339, also with a blank for the `T`; or a number since
    /// 1970-01-01T00:00:00Z whose unit follows from its size. Numbers from 10⁸ (March 1973) are seconds, from 10¹¹
    /// milliseconds, from 10¹⁴ microseconds and from 10¹⁷ nanoseconds; smaller ones are refused.
    Instant,
    /// A date and time on the clocks of the layout's zone, in a [pattern](chrono::format::strftime) of `chrono`:
    /// `%Y-%m-%d %H:%M:%S`. Where the file has two columns for them, they are joined by a blank.
    Local(String),
    /// A date in a pattern of `chrono`, which stands for the exchange's close in New York. Midnight may stand after the
    /// date, with an offset or without, as in `2025-09-25 00:00:00-04:00`.
    CloseOf(String),
    /// A date in a pattern of `chrono`, with the milliseconds since midnight on the clocks of the layout's zone in
    /// [`CsvField::TimeOfDay`](crate::CsvField::TimeOfDay).
    MillisecondsOfDay(String),
}

/// The years whose instants are told from those of another unit, as seconds since 1970: 1990 to 2100.
const PLAUSIBLE_SECONDS: RangeInclusive<i64> = 631_152_000..=4_102_444_800;
/// The numbers that are dates: 1970-01-01 to 2100-12-31.
const DATES: RangeInclusive<i64> = 19_700_101..=21_001_231;
/// The smallest number of seconds whose unit follows from its size.
const LEAST_SECONDS: u64 = 100_000_000;
/// The units of a count since 1970, with their number in a second.
const UNITS: [(&str, i64); 4] =
    [("seconds", 1), ("milliseconds", 1_000), ("microseconds", 1_000_000), ("nanoseconds", 1_000_000_000)];
const MICROSECONDS: i64 = 1_000_000;

impl TimeFormat {
    pub(super) fn validate(&self) -> Result<()> {
        match self {
            Self::Local(pattern) | Self::CloseOf(pattern) | Self::MillisecondsOfDay(pattern) => {
                validate_pattern(pattern)
            }
            _ => Ok(()),
        }
    }

    /// Reads an instant from the text of its field and of the time of day, if the file has one.
    pub(super) fn read(&self, text: &str, time_of_day: Option<&str>, tz: Tz) -> Result<Timestamp> {
        if let Self::MillisecondsOfDay(pattern) = self {
            let time = time_of_day.ok_or_else(|| {
                Error::invalid_input("a required field of the record is missing").with("field", "time_of_day")
            })?;
            return zone::instant(tz, value::date("the date", text, &[pattern])?.and_time(of_milliseconds(time)?));
        }
        let text = match time_of_day {
            Some(time) => Cow::Owned(format!("{text} {time}")),
            None => Cow::Borrowed(text),
        };
        match self {
            Self::Rfc3339 => text.parse(),
            Self::UnixSeconds => count(&text, 0),
            Self::UnixMilliseconds => count(&text, 1),
            Self::UnixMicroseconds => count(&text, 2),
            Self::UnixNanoseconds => count(&text, 3),
            Self::Instant => instant(&text),
            Self::Local(pattern) => zone::instant(tz, value::date_time("the time", &text, pattern)?),
            Self::CloseOf(pattern) | Self::MillisecondsOfDay(pattern) => calendar::close_on(date(&text, pattern)?),
        }
    }
}

/// Reads a whole number of a unit since 1970. A number whose size is that of another unit is refused: seconds taken for
/// milliseconds would lie in January 1970.
fn count(text: &str, unit: usize) -> Result<Timestamp> {
    let expected = |(name, _): &(&str, i64)| format!("whole {name} since 1970");
    let wrong = || UNITS.get(unit).map_or_else(String::new, expected);
    let number: i64 = text.parse().map_err(|_| value::unexpected("the time", &wrong(), text))?;
    if DATES.contains(&number) {
        return Err(value::unexpected("the time", &format!("{}; this has the size of a date", wrong()), text));
    }
    for (other, (name, per_second)) in UNITS.iter().enumerate() {
        let plausible = PLAUSIBLE_SECONDS.contains(&(number / per_second));
        if plausible && (other < unit || (other > unit && in_unit(number, unit).is_err())) {
            let expected = format!("{}; this has the size of {name}", wrong());
            return Err(value::unexpected("the time", &expected, text));
        }
    }
    in_unit(number, unit)
}

fn in_unit(number: i64, unit: usize) -> Result<Timestamp> {
    let micros = match UNITS.get(unit) {
        Some((_, per_second)) if *per_second <= MICROSECONDS => number.checked_mul(MICROSECONDS / per_second),
        Some((_, per_second)) => Some(number.div_euclid(per_second / MICROSECONDS)),
        None => None,
    };
    let micros = micros.ok_or_else(|| value::unexpected("the time", "a count since 1970", &number.to_string()))?;
    Timestamp::from_micros(micros)
}

/// Reads an instant that shows its own form.
fn instant(text: &str) -> Result<Timestamp> {
    const EXPECTED: &str = "RFC 3339, or a number of seconds, milliseconds, microseconds or nanoseconds since 1970";
    let refused = || value::unexpected("the time", EXPECTED, text);
    if text.contains('-') {
        let mut rfc = text.to_owned();
        if rfc.as_bytes().get(10) == Some(&b' ') {
            rfc.replace_range(10..11, "T");
        }
        return rfc.parse().map_err(|_| refused());
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let number: i64 = whole.parse().map_err(|_| refused())?;
    let unit = match number.unsigned_abs() / LEAST_SECONDS {
        0 => return Err(refused()),
        1..1_000 => 0,
        1_000..1_000_000 => 1,
        1_000_000..1_000_000_000 => 2,
        _ => 3,
    };
    let at = in_unit(number, unit)?;
    let Some(fraction) = fraction else { return Ok(at) };
    if fraction.bytes().all(|digit| digit == b'0') {
        return Ok(at);
    }
    // Seconds with a fraction, of which the first six digits are microseconds.
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let is_seconds = unit == 0 && number > 0 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    let micros = digits.parse().ok().filter(|_| is_seconds).ok_or_else(refused)?;
    Ok(at.saturating_add(TimeDelta::microseconds(micros)))
}

/// Reads the date before a midnight, or alone. Any other time of day would be lost, and is refused.
fn date(text: &str, pattern: &str) -> Result<NaiveDate> {
    let found = NaiveDate::parse_and_remainder(text, pattern).ok();
    let is_midnight = |rest: &str| rest.strip_prefix([' ', 'T']).is_some_and(|time| time.starts_with("00:00"));
    let day = found.filter(|(_, rest)| rest.is_empty() || is_midnight(rest));
    match day {
        Some((day, _)) => value::plausible(day).ok_or_else(|| value::unexpected("the date", "a date", text)),
        None => Err(value::unexpected("the date", "a date", text)),
    }
}

/// Reads the milliseconds since midnight.
fn of_milliseconds(text: &str) -> Result<NaiveTime> {
    let number: Option<u32> = text.parse().ok();
    let time = number
        .and_then(|number| NaiveTime::from_num_seconds_from_midnight_opt(number / 1_000, number % 1_000 * 1_000_000));
    time.ok_or_else(|| value::unexpected("the time of day", "whole milliseconds since midnight", text))
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
            (TimeFormat::UnixNanoseconds, "1758830400000000000"),
            (TimeFormat::Instant, "1758830400"),
            (TimeFormat::Instant, "1758830400.0"),
            (TimeFormat::Instant, "1758830400000"),
            (TimeFormat::Instant, "1758830400000000"),
            (TimeFormat::Instant, "1758830400000000999"),
            (TimeFormat::Instant, "2025-09-25T20:00:00.000000000Z"),
            (TimeFormat::Instant, "2025-09-25 16:00:00-04:00"),
            (TimeFormat::Local("%d.%m.%Y %H:%M".into()), "25.09.2025 16:00"),
            (TimeFormat::CloseOf("%m/%d/%Y".into()), "09/25/2025"),
        ];
        for (format, text) in seen {
            let at = format.read(text, None, Tz::America__New_York).expect(text);
            assert_eq!(at.to_string(), "2025-09-25T20:00:00Z", "{format:?}");
        }
        for (format, text) in [
            (TimeFormat::UnixSeconds, "9223372036854775807"),
            (TimeFormat::UnixSeconds, "1758830400000"),
            (TimeFormat::UnixMilliseconds, "1.5"),
            (TimeFormat::UnixMilliseconds, "1758830400"),
            (TimeFormat::UnixSeconds, "20250925"),
            (TimeFormat::UnixMicroseconds, "1758830400"),
            (TimeFormat::UnixMicroseconds, "1758830400000"),
            (TimeFormat::UnixNanoseconds, "1758830400000000"),
            (TimeFormat::Instant, "20250925"),
            (TimeFormat::Instant, "1.7588304e9"),
            (TimeFormat::Instant, "2025-09-25 16:00:00"),
            (TimeFormat::CloseOf("%Y-%m-%d".into()), "2025-09-25x"),
            (TimeFormat::CloseOf("%Y-%m-%d".into()), "2025-09-25 09:30:00-04:00"),
            (TimeFormat::CloseOf("%Y-%m-%d".into()), "+262142-12-31"),
        ] {
            assert!(format.read(text, None, Tz::UTC).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction_and_the_day_milliseconds() {
        let tz = Tz::America__New_York;
        let at = TimeFormat::Instant.read("1758830400.25", None, tz).expect("seconds");
        assert_eq!(at.to_string(), "2025-09-25T20:00:00.250Z");
        let format = TimeFormat::MillisecondsOfDay("%Y%m%d".into());
        let at = format.read("20240105", Some("34200001"), tz).expect("a time");
        assert_eq!(at.to_string(), "2024-01-05T14:30:00.001Z");
        for time in [None, Some("86400000"), Some("-1"), Some("09:30")] {
            assert!(format.read("20240105", time, tz).is_err(), "{time:?}");
        }
        // The first weeks of 1970 cannot be told from a wrong unit; later times of that year can.
        let at = TimeFormat::UnixMilliseconds.read("10000000000", None, tz).expect("April 1970");
        assert_eq!(at.to_string(), "1970-04-26T17:46:40Z");
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
