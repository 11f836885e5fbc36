//! The trading calendar of the exchanges in New York.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::America::New_York;

use crate::{Error, Result, Timestamp};

const OPEN: NaiveTime = half_past(9);
const CLOSE: NaiveTime = hour(16);

const fn hour(hour: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, 0, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

const fn half_past(hour: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, 30, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

/// Returns the instant at which the exchange opens on a day: 9:30 in New York. Does not check that the day is a trading
/// day.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the day is outside [`Timestamp`]'s range.
pub fn open_on(day: NaiveDate) -> Result<Timestamp> {
    instant(day, OPEN)
}

/// Returns the instant at which the exchange closes on a day: 16:00 in New York, or earlier on a [half
/// day](is_half_day). Does not check that the day is a trading day.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the day is outside [`Timestamp`]'s range.
pub fn close_on(day: NaiveDate) -> Result<Timestamp> {
    instant(day, early_close(day).unwrap_or(CLOSE))
}

/// Returns the instant at which options that trade late stop on a day: a quarter of an hour after the
/// [close](close_on), at 16:15 in New York or at 13:15 on a half day (Cboe and NYSE, "Holidays and trading hours").
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the day is outside [`Timestamp`]'s range.
pub fn late_close_on(day: NaiveDate) -> Result<Timestamp> {
    Ok(close_on(day)?.saturating_add(TimeDelta::minutes(15)))
}

/// Returns the instant of a wall-clock time in New York. Of a time that occurs twice, when the clocks go back, the
/// first; a time that is skipped counts as one hour later.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the instant is outside [`Timestamp`]'s range.
pub fn instant(day: NaiveDate, time: NaiveTime) -> Result<Timestamp> {
    let wall = day.and_time(time);
    let local = New_York.from_local_datetime(&wall).earliest();
    // The clocks skip one hour: an hour later, on the other side of the gap, is the same instant.
    let local = local.or_else(|| New_York.from_local_datetime(&(wall + TimeDelta::hours(1))).earliest());
    let utc = local.map_or_else(|| wall.and_utc(), |local| local.with_timezone(&Utc));
    Timestamp::try_from(utc)
}

/// Returns the midnight in New York at which a day starts.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the instant is outside [`Timestamp`]'s range.
pub fn midnight(day: NaiveDate) -> Result<Timestamp> {
    instant(day, NaiveTime::MIN)
}

/// A calendar day in New York.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The calendar date in New York.
    pub date: NaiveDate,
    /// The midnight at which the day starts.
    pub start: Timestamp,
    /// The midnight of the next day.
    pub end: Timestamp,
}

/// Returns the days in New York from one to another, both included.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more than 36,600 days, a hundred years, and for days outside
/// [`Timestamp`]'s range.
pub fn days(from: NaiveDate, until: NaiveDate) -> Result<Vec<Day>> {
    const MAX_DAYS: i64 = 36_600;
    if (until - from).num_days() >= MAX_DAYS {
        return Err(Error::invalid_input("a query must cover at most a hundred years")
            .with("from", from)
            .with("until", until));
    }
    let dates = from.iter_days().take_while(|day| *day <= until);
    dates
        .map(|date| Ok(Day { date, start: midnight(date)?, end: midnight(date.succ_opt().unwrap_or(date))? }))
        .collect()
}

/// Returns true if the New York Stock Exchange and the options exchanges close early on a day by their published
/// schedule: at 13:00, until 1992 at 14:00. Correct from 1990 on; future days follow today's rules.
///
/// The rule since 1993: the day after Thanksgiving, Christmas Eve, and the day before Independence Day, when they are
/// trading days. Until 2012, when Independence Day fell on a Thursday, the Friday after it was a half day instead of
/// the Wednesday before. Single half days were 1997-12-26, 1999-12-31 and 2003-12-26 (NYSE, "Holidays and trading
/// hours" and its list of special closings).
pub fn is_half_day(day: NaiveDate) -> bool {
    early_close(day).is_some()
}

/// Returns the early closing time of a half day; `None` on other days.
fn early_close(day: NaiveDate) -> Option<NaiveTime> {
    let (year, month, date, weekday) = (day.year(), day.month(), day.day(), day.weekday());
    let is = |weekdays: &[Weekday]| weekdays.contains(&weekday);
    let is_early = match (month, date) {
        _ if year < 1993 => matches!((year, month, date), (1990..=1992, 12, 24) | (1992, 11, 27)),
        // Thanksgiving is the fourth Thursday, so the day after it is a Friday from the 23rd to the 29th.
        (11, 23..=29) => weekday == Weekday::Fri,
        (12, 24) => is(&[Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu]),
        (12, 26) => matches!(year, 1997 | 2003),
        (12, 31) => year == 1999,
        (7, 3) => is(&[Weekday::Mon, Weekday::Tue, Weekday::Thu]) || (weekday == Weekday::Wed && year >= 2013),
        (7, 5) => weekday == Weekday::Fri && year < 2013,
        _ => false,
    };
    is_early.then(|| hour(if year < 1993 { 14 } else { 13 }))
}

/// Returns true if the New York Stock Exchange and the options exchanges trade on a day: on every weekday except a
/// [holiday]. Correct from 1973 on, when listed options began; future days follow today's rules.
pub fn is_trading_day(day: NaiveDate) -> bool {
    !is_weekend(day) && holiday(day).is_none()
}

/// Returns the last trading day before a day.
pub fn previous_trading_day(day: NaiveDate) -> NaiveDate {
    let before = day.iter_days().rev().skip(1);
    // The exchanges were never closed for a fortnight since listed options began.
    before.take(14).find(|before| is_trading_day(*before)).unwrap_or(day)
}

/// Returns the trading days from one day to another, both included.
pub fn trading_days(from: NaiveDate, until: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    from.iter_days().take_while(move |day| *day <= until).filter(|day| is_trading_day(*day))
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Returns the reason why the exchanges are closed on a weekday; `None` on trading days and on weekends.
///
/// A holiday on a Sunday is observed on the Monday, one on a Saturday on the Friday before; but New Year's Day on a
/// Saturday does not close the Friday. Special closings are included (NYSE, "Holidays and trading hours" and its list
/// of special closings).
pub fn holiday(day: NaiveDate) -> Option<&'static str> {
    if is_weekend(day) {
        return None;
    }
    let (year, month, date, weekday) = (day.year(), day.month(), day.day(), day.weekday());
    let nth = (date - 1) / 7 + 1;
    // True if this day is the observed day of a holiday with a fixed date.
    let is_observed = |month, date| {
        NaiveDate::from_ymd_opt(year, month, date).is_some_and(|holiday| {
            let moved = match holiday.weekday() {
                Weekday::Sat => TimeDelta::days(-1),
                Weekday::Sun => TimeDelta::days(1),
                _ => TimeDelta::zero(),
            };
            holiday + moved == day
        })
    };
    let single = match (year, month, date) {
        (1973, 1, 25) => "mourning for Lyndon B. Johnson",
        (1977, 7, 14) => "the blackout in New York",
        (1976 | 1980, 11, _) if weekday == Weekday::Tue && (2..=8).contains(&date) => "Election Day",
        (1985, 9, 27) => "hurricane Gloria",
        (1994, 4, 27) => "mourning for Richard Nixon",
        (2001, 9, 11..=14) => "the attacks of September 11",
        (2004, 6, 11) => "mourning for Ronald Reagan",
        (2007, 1, 2) => "mourning for Gerald Ford",
        (2012, 10, 29 | 30) => "hurricane Sandy",
        (2018, 12, 5) => "mourning for George H. W. Bush",
        (2025, 1, 9) => "mourning for Jimmy Carter",
        _ => "",
    };
    let rule = match (month, weekday) {
        (1, _) if is_observed(1, 1) => "New Year's Day",
        (1, Weekday::Mon) if nth == 3 && year >= 1998 => "Martin Luther King Jr. Day",
        (2, Weekday::Mon) if nth == 3 => "Washington's Birthday",
        (3 | 4, Weekday::Fri) if good_friday(year) == Some(day) => "Good Friday",
        (5, Weekday::Mon) if date > 24 => "Memorial Day",
        (6, _) if is_observed(6, 19) && year >= 2022 => "Juneteenth",
        (7, _) if is_observed(7, 4) => "Independence Day",
        (9, Weekday::Mon) if nth == 1 => "Labor Day",
        (11, Weekday::Thu) if nth == 4 => "Thanksgiving Day",
        (12, _) if is_observed(12, 25) => "Christmas Day",
        _ => single,
    };
    Some(rule).filter(|why| !why.is_empty())
}

/// Returns the Friday before Easter Sunday, by the Gregorian calendar (Meeus, *Astronomical Algorithms*, chapter 8).
fn good_friday(year: i32) -> Option<NaiveDate> {
    let (century, of_century) = (year / 100, year % 100);
    let golden = year % 19;
    let leaps = (century / 4, (century + 8) / 25);
    let epact = (19 * golden + century - leaps.0 - (century - leaps.1 + 1) / 3 + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let correction = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * correction + 114;
    let easter = NaiveDate::from_ymd_opt(year, u32::try_from(days / 31).ok()?, u32::try_from(days % 31 + 1).ok()?)?;
    Some(easter - TimeDelta::days(2))
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
            ("1992-11-27", "1992-11-27T19:00:00Z"),
        ] {
            assert_eq!(close_on(day(date)).expect("in range").to_string(), close);
        }
    }

    #[test]
    fn half_days_match_the_exchange_schedule() {
        for half in ["1990-12-24", "1991-12-24", "1992-12-24", "1993-11-26", "1995-07-03", "1997-12-26", "1999-12-31"] {
            assert!(is_half_day(day(half)), "{half}");
        }
        for half in ["2003-12-26", "1996-07-05", "2002-07-05", "2013-07-03", "2019-07-03", "2024-07-03", "2025-11-28"] {
            assert!(is_half_day(day(half)), "{half}");
        }
        for full in [
            "2002-07-03",
            "2010-12-24",
            "2020-07-03",
            "2021-12-24",
            "2019-07-05",
            "2025-11-27",
            "2004-12-26",
            "1992-07-02",
            "1990-11-23",
        ] {
            assert!(!is_half_day(day(full)), "{full}");
        }
    }

    #[test]
    fn a_skipped_hour_moves_on_and_a_repeated_one_is_the_first() {
        let at = |date, h, m| instant(day(date), NaiveTime::from_hms_opt(h, m, 0).expect("a time")).expect("in range");
        assert_eq!(at("2025-03-09", 2, 30).to_string(), "2025-03-09T07:30:00Z");
        assert_eq!(at("2025-11-02", 1, 30).to_string(), "2025-11-02T05:30:00Z");
    }

    #[test]
    fn years_have_as_many_trading_days_as_they_had() {
        let count = |year: i32| {
            let of_year = |month, date| NaiveDate::from_ymd_opt(year, month, date).expect("a date");
            trading_days(of_year(1, 1), of_year(12, 31)).count()
        };
        for (year, days) in [
            (1990, 253),
            (1994, 252),
            (1996, 254),
            (1998, 252),
            (2000, 252),
            (2001, 248),
            (2004, 252),
            (2007, 251),
            (2008, 253),
            (2012, 250),
            (2015, 252),
            (2018, 251),
            (2020, 253),
            (2021, 252),
            (2022, 251),
            (2023, 250),
            (2024, 252),
            (2025, 250),
        ] {
            assert_eq!(count(year), days, "{year}");
        }
    }

    #[test]
    fn holidays_match_the_exchange_schedule() {
        for (date, why) in [
            ("1997-01-20", None),
            ("1998-01-19", Some("Martin Luther King Jr. Day")),
            ("2000-04-21", Some("Good Friday")),
            ("2004-12-31", None),
            ("2010-12-31", None),
            ("2011-12-26", Some("Christmas Day")),
            ("2012-10-30", Some("hurricane Sandy")),
            ("2016-03-25", Some("Good Friday")),
            ("2021-06-18", None),
            ("2021-12-24", Some("Christmas Day")),
            ("2022-06-20", Some("Juneteenth")),
            ("2023-01-02", Some("New Year's Day")),
            ("2025-01-09", Some("mourning for Jimmy Carter")),
            ("2026-04-03", Some("Good Friday")),
            ("2026-07-03", Some("Independence Day")),
            ("2027-12-31", None),
            ("2035-03-23", Some("Good Friday")),
        ] {
            assert_eq!(holiday(day(date)), why, "{date}");
        }
        assert!(!is_trading_day(day("2025-09-27")) && holiday(day("2025-09-27")).is_none(), "a Saturday");
    }

    #[test]
    fn half_days_are_trading_days() {
        let days = || day("1990-01-01").iter_days().take_while(|day| day.year() < 2036);
        assert!(days().filter(|day| is_half_day(*day)).all(is_trading_day));
    }
}
