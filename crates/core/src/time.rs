//! Instants, and the clock that supplies them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The furthest that two clocks may differ before one contradicts the other: one minute.
///
/// A row whose `recorded_at` is earlier than its event time by more is refused, since nobody can know what has not
/// happened; so is an execution that is earlier than its order by more. Clocks that are synchronised differ by
/// milliseconds, and a puller admits records a few seconds ahead.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(1);

/// An instant in UTC, in whole microseconds, a precision that every engine stores exactly.
///
/// Instants from 1800-01-01 up to, and not including, 2200-01-01 are valid. The range is narrow on purpose: a
/// millisecond count read as microseconds, or the other way round, falls outside of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "DateTime<Utc>", try_from = "DateTime<Utc>")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest valid instant, 1800-01-01T00:00:00Z.
    pub const MIN: Self = Self(-5_364_662_400_000_000);
    /// The latest valid instant, 2199-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(7_258_118_399_999_999);

    /// The Unix epoch, 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// Creates an instant from microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) outside [`MIN`](Self::MIN)..=[`MAX`](Self::MAX).
    pub fn from_micros(micros: i64) -> Result<Self> {
        if (Self::MIN.0..=Self::MAX.0).contains(&micros) {
            return Ok(Self(micros));
        }
        Err(Error::invalid_input("an instant must lie between 1800-01-01 and 2199-12-31").with("micros", micros))
    }

    /// Returns the microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Converts the instant to `chrono`.
    pub fn to_datetime(self) -> DateTime<Utc> {
        // In range by construction: a calendar day lies far inside chrono's range.
        DateTime::UNIX_EPOCH + TimeDelta::microseconds(self.0)
    }

    /// Returns the time from `earlier` to this instant; negative when `earlier` is later.
    pub fn since(self, earlier: Self) -> TimeDelta {
        TimeDelta::microseconds(self.0 - earlier.0)
    }

    /// Adds a span, and clamps the result to [`MIN`](Self::MIN)..=[`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_add(self, span: TimeDelta) -> Self {
        let micros = span.num_microseconds().unwrap_or(if span < TimeDelta::zero() { i64::MIN } else { i64::MAX });
        Self(self.0.saturating_add(micros).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Subtracts a span, and clamps the result to [`MIN`](Self::MIN)..=[`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_sub(self, span: TimeDelta) -> Self {
        self.saturating_add(-span)
    }

    /// Rounds down to a multiple of `width` from `origin`, but not below [`MIN`](Self::MIN). With a width of zero or
    /// less the instant is returned unchanged.
    #[must_use]
    pub fn floor(self, width: TimeDelta, origin: Self) -> Self {
        let width = width.num_microseconds().filter(|width| *width > 0).unwrap_or(1);
        Self((self.0 - (self.0 - origin.0).rem_euclid(width)).max(Self::MIN.0))
    }

    /// Returns the calendar day of this instant in New York.
    pub fn new_york_date(self) -> NaiveDate {
        self.to_datetime().with_timezone(&chrono_tz::America::New_York).date_naive()
    }
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = Error;

    /// Truncates to whole microseconds.
    fn try_from(at: DateTime<Utc>) -> Result<Self> {
        Self::from_micros(at.timestamp_micros())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(at: Timestamp) -> Self {
        at.to_datetime()
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    /// Parses RFC 3339, such as `2025-09-25T16:00:00-04:00`.
    fn from_str(text: &str) -> Result<Self> {
        let at = DateTime::parse_from_rfc3339(text).map_err(|error| {
            Error::invalid_input("an instant must be RFC 3339, such as 2025-09-25T20:00:00Z")
                .with("text", text)
                .caused_by(error)
        })?;
        Self::try_from(at.with_timezone(&Utc))
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC, with a fraction only when there is one: `2025-09-25T20:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A supplier of the present instant. Whatever needs the time takes a clock, so that a test or a backtest can set it.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the present instant.
    fn now(&self) -> Timestamp;
}

/// A clock that always returns the same instant.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_with_its_fraction() {
        for text in ["1969-12-31T23:59:59.999999Z", "2015-12-24T17:00:00Z", "2150-06-01T00:00:00.001Z"] {
            assert_eq!(text.parse::<Timestamp>().expect("valid").to_string(), text);
        }
    }

    #[test]
    fn the_bounds_are_those_named() {
        assert_eq!(Timestamp::MIN.to_string(), "1800-01-01T00:00:00Z");
        assert_eq!(Timestamp::MAX.to_string(), "2199-12-31T23:59:59.999999Z");
        assert!(Timestamp::from_micros(Timestamp::MAX.as_micros() + 1).is_err());
        assert!(Timestamp::from_micros(i64::MIN).is_err());
        assert_eq!(Timestamp::MAX.saturating_add(TimeDelta::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.saturating_sub(TimeDelta::MAX), Timestamp::MIN);
    }

    #[test]
    fn the_new_york_day_starts_at_its_own_midnight() {
        let at: Timestamp = "2025-09-26T03:59:59Z".parse().expect("valid");
        assert_eq!(at.new_york_date(), NaiveDate::from_ymd_opt(2025, 9, 25).expect("valid"));
    }
}
