//! Dates and times as brokers write them.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use strikebook_core::{Result, Timestamp, market::calendar};

use crate::{
    value::{date, unexpected},
    zone,
};

/// The hour of rows with a date alone: the close of the exchanges in New York.
const CLOSE: NaiveTime = match NaiveTime::from_hms_opt(16, 0, 0) {
    Some(close) => close,
    None => NaiveTime::MIN,
};
/// The names of zones that brokers write behind a time.
const ZONES: [(&str, Tz); 20] = [
    ("EST", Tz::America__New_York),
    ("EDT", Tz::America__New_York),
    ("ET", Tz::America__New_York),
    ("CST", Tz::America__Chicago),
    ("CDT", Tz::America__Chicago),
    ("CT", Tz::America__Chicago),
    ("PST", Tz::America__Los_Angeles),
    ("PDT", Tz::America__Los_Angeles),
    ("PT", Tz::America__Los_Angeles),
    ("MST", Tz::America__Denver),
    ("MDT", Tz::America__Denver),
    ("GMT", Tz::UTC),
    ("UTC", Tz::UTC),
    ("Z", Tz::UTC),
    ("BST", Tz::Europe__London),
    ("CET", Tz::Europe__Berlin),
    ("CEST", Tz::Europe__Berlin),
    ("HKT", Tz::Asia__Hong_Kong),
    ("JST", Tz::Asia__Tokyo),
    ("AEST", Tz::Australia__Sydney),
];

/// The order of day and month in dates with slashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// Month, day, year: the American order.
    #[default]
    MonthFirst,
    /// Day, month, year: the order elsewhere.
    DayFirst,
}

impl DateOrder {
    /// Returns the order that a date shows; `None` for one that could be either, or has no slashes.
    pub(super) fn shown_by(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (first, second): (u32, u32) = (parts.next()?.trim().parse().ok()?, parts.next()?.trim().parse().ok()?);
        match (first > 12, second > 12) {
            (true, false) => Some(Self::DayFirst),
            (false, true) => Some(Self::MonthFirst),
            _ => None,
        }
    }
}

/// Reads a date: `20250530`, `2025-05-30`, `05/30/2025`, `5/30/25`, `30-May-25` or `30 MAY 25`.
pub(super) fn day(field: &str, text: &str, order: DateOrder) -> Result<NaiveDate> {
    let text = text.trim();
    let slashes: &[&str] = match order {
        DateOrder::MonthFirst => &["%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"],
        DateOrder::DayFirst => &["%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y"],
    };
    let has_words = text.bytes().any(|letter| letter.is_ascii_alphabetic());
    let formats: &[&str] = match (text.contains('/'), has_words, text.len()) {
        (true, ..) => slashes,
        (_, true, _) => &["%d-%b-%y", "%d-%b-%Y", "%d %b %y", "%d %b %Y", "%d%b%y", "%d%b%Y", "%b-%d-%Y", "%b %d %y"],
        (.., 8) => &["%Y%m%d"],
        _ => &["%Y-%m-%d", "%m-%d-%Y"],
    };
    // Four digits are read as a year of two by `%Y`, and the first century is refused: the next format is tried then.
    let fits = formats.iter().find_map(|format| date(field, text, &[format]).ok());
    fits.ok_or_else(|| unexpected(field, "a date", text))
}

/// Reads a time of day: `122935`, `12:29:35`, `12:29` or `7:24 PM`.
fn time(text: &str) -> Option<NaiveTime> {
    let text = text.trim();
    ["%H%M%S", "%H:%M:%S", "%H:%M:%S%.f", "%H:%M", "%I:%M %p", "%I:%M:%S %p"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

/// Reads a date with or without a time and a zone: `20250530;122935`, `2025-05-30, 12:29:35 EDT`,
/// `2025-05-30T12:29:35-04:00`. A time without a zone is one of `zone`, and a date alone is the day's close in New
/// York.
pub(super) fn instant(field: &str, text: &str, zone: Tz, order: DateOrder) -> Result<Timestamp> {
    let text = text.trim();
    let refuse = || unexpected(field, "a date and a time", text);
    if let Ok(exact) = chrono::DateTime::parse_from_rfc3339(text)
        .or_else(|_| chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z"))
    {
        return Timestamp::try_from(exact.to_utc());
    }
    if let Ok(day) = day(field, text, order) {
        return close(day);
    }
    let (date, rest) = match text.split_once([';', ',', 'T']).filter(|(date, _)| !date.contains(' ')) {
        Some(parts) => parts,
        // Without a separator the date is written in eight digits.
        None => match text.split_once(' ') {
            Some(parts) => parts,
            None => text.split_at_checked(8).ok_or_else(refuse)?,
        },
    };
    let day = day(field, date, order).map_err(|_| refuse())?;
    let rest = rest.trim();
    if let Some(time) = time(rest) {
        return zone::instant(zone, NaiveDateTime::new(day, time));
    }
    if let Some((wall, offset)) = rest.len().checked_sub(6).and_then(|split| rest.split_at_checked(split))
        && offset.starts_with(['+', '-'])
        && let Some(time) = time(wall)
    {
        let text = format!("{day}T{time}{offset}");
        return chrono::DateTime::parse_from_rfc3339(&text)
            .map_err(|_| refuse())
            .and_then(|exact| Timestamp::try_from(exact.to_utc()));
    }
    let (wall, name) = rest.rsplit_once(' ').ok_or_else(refuse)?;
    let stated = ZONES.iter().find(|(word, _)| *word == name).map(|(_, zone)| *zone).or_else(|| name.parse().ok());
    match (time(wall), stated) {
        (Some(time), Some(zone)) => zone::instant(zone, NaiveDateTime::new(day, time)),
        _ => Err(refuse()),
    }
}

/// Returns the instant of rows with a date alone.
pub(super) fn close(day: NaiveDate) -> Result<Timestamp> {
    calendar::instant(day, CLOSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_queries_write_them() {
        for (text, expected) in [
            ("20250530;122935", "2025-05-30T16:29:35Z"),
            ("2025-05-30;12:29:35", "2025-05-30T16:29:35Z"),
            ("2025-05-30, 12:29:35", "2025-05-30T16:29:35Z"),
            ("2025-05-30;12:29:35 EST", "2025-05-30T16:29:35Z"),
            ("2025-05-30 12:29:35 America/Chicago", "2025-05-30T17:29:35Z"),
            ("20250530122935", "2025-05-30T16:29:35Z"),
            ("05/30/2025;122935", "2025-05-30T16:29:35Z"),
            ("05/30/25 12:29:35", "2025-05-30T16:29:35Z"),
            ("30-May-25;122935", "2025-05-30T16:29:35Z"),
            ("2025-05-30T12:29:35-0700", "2025-05-30T19:29:35Z"),
            ("2025-05-30;12:29:35-07:00", "2025-05-30T19:29:35Z"),
            ("07/07/2021 7:24 PM", "2021-07-07T23:24:00Z"),
            ("20250530", "2025-05-30T20:00:00Z"),
        ] {
            let read = instant("dateTime", text, Tz::America__New_York, DateOrder::MonthFirst);
            assert_eq!(read.expect(text).to_string(), expected, "{text}");
        }
        for bad in ["", "x", "2025-13-01", "20250530;996161", "30/05/2025", "2025-05-30;12:29:35 XYZ", "+262142-01-01"]
        {
            assert!(instant("dateTime", bad, Tz::UTC, DateOrder::MonthFirst).is_err(), "{bad}");
        }
        assert!(day("d", "30/05/2025", DateOrder::DayFirst).is_ok());
        assert_eq!(DateOrder::shown_by("30/05/2025"), Some(DateOrder::DayFirst));
        assert_eq!(DateOrder::shown_by("03/05/2025"), None);
    }
}
