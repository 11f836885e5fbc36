//! When the exchange closes in New York.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::America::New_York;

use crate::{Result, Timestamp};

const CLOSE: NaiveTime = hour(16);
const EARLY_CLOSE: NaiveTime = hour(13);

const fn hour(hour: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, 0, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

/// The instant at which the exchange closes on a day: 16:00 in New York, or 13:00 on a [half day](is_half_day). It is
/// not checked whether the exchange opens that day at all.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the day is outside of [`Timestamp`]'s range.
pub fn close_on(day: NaiveDate) -> Result<Timestamp> {
    instant(day, if is_half_day(day) { EARLY_CLOSE } else { CLOSE })
}

/// The instant of a wall-clock time in New York. A time that occurs twice, when the clocks go back, is the first; one
/// that is skipped is moved on by the hour that is missing.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is outside of [`Timestamp`]'s range.
pub fn instant(day: NaiveDate, time: NaiveTime) -> Result<Timestamp> {
    let wall = day.and_time(time);
    let local = New_York.from_local_datetime(&wall).earliest();
    // The clocks skip one hour: an hour later, on the other side of the gap, is the same instant.
    let local = local.or_else(|| New_York.from_local_datetime(&(wall + TimeDelta::hours(1))).earliest());
    let utc = local.map_or_else(|| wall.and_utc(), |local| local.with_timezone(&Utc));
    Timestamp::try_from(utc)
}

/// Whether the New York Stock Exchange and the options exchanges close at 13:00 on this day.
///
/// The rule since 1992: the day after Thanksgiving, Christmas Eve and the day before Independence Day when they are
/// trading days; until 2012 a Thursday's Independence Day gave the Friday after it instead, and 2003-12-26 was one more
/// (NYSE, "Holidays and trading hours").
pub fn is_half_day(day: NaiveDate) -> bool {
    let (year, month, date, weekday) = (day.year(), day.month(), day.day(), day.weekday());
    let is = |weekdays: &[Weekday]| weekdays.contains(&weekday);
    if year < 1992 {
        return false;
    }
    match (month, date) {
        // Thanksgiving is the fourth Thursday, so the day after it is a Friday from the 23rd to the 29th.
        (11, 23..=29) => weekday == Weekday::Fri,
        (12, 24) => is(&[Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu]),
        (12, 26) => year == 2003,
        (7, 3) => is(&[Weekday::Mon, Weekday::Tue, Weekday::Thu]) || (weekday == Weekday::Wed && year >= 2013),
        (7, 5) => weekday == Weekday::Fri && year < 2013,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn the_close_follows_daylight_saving_and_half_days() {
        for (date, close) in [
            ("2025-07-01", "2025-07-01T20:00:00Z"),
            ("2025-12-19", "2025-12-19T21:00:00Z"),
            ("2015-12-24", "2015-12-24T18:00:00Z"),
        ] {
            assert_eq!(close_on(day(date)).expect("in range").to_string(), close);
        }
    }

    #[test]
    fn half_days_are_those_the_exchange_kept() {
        for half in ["2003-12-26", "1996-07-05", "2002-07-05", "2013-07-03", "2019-07-03", "2024-07-03", "2025-11-28"] {
            assert!(is_half_day(day(half)), "{half}");
        }
        for full in ["2002-07-03", "2010-12-24", "2020-07-03", "2021-12-24", "2019-07-05", "2025-11-27", "2004-12-26"] {
            assert!(!is_half_day(day(full)), "{full}");
        }
    }

    #[test]
    fn a_skipped_hour_moves_on_and_a_repeated_one_is_the_first() {
        let at = |date, h, m| instant(day(date), NaiveTime::from_hms_opt(h, m, 0).expect("a time")).expect("in range");
        assert_eq!(at("2025-03-09", 2, 30).to_string(), "2025-03-09T07:30:00Z");
        assert_eq!(at("2025-11-02", 1, 30).to_string(), "2025-11-02T05:30:00Z");
    }
}
