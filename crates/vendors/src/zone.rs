//! Conversion of a zone's wall-clock times.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use strikebook_core::{Error, Result, Timestamp, market::calendar};

/// The open of the New York exchanges.
const OPEN: NaiveTime = match NaiveTime::from_hms_opt(9, 30, 0) {
    Some(open) => open,
    None => NaiveTime::MIN,
};

/// Returns the instant at which the exchanges open on a day in New York.
pub(crate) fn open_on(day: NaiveDate) -> Result<Timestamp> {
    calendar::instant(day, OPEN)
}

/// Returns the instant of a wall-clock time. A time that occurs twice, when the clocks go back, is the first; a skipped
/// one is moved forward by the missing hour.
pub(crate) fn instant(zone: Tz, wall: NaiveDateTime) -> Result<Timestamp> {
    let local = zone.from_local_datetime(&wall).earliest().or_else(|| {
        let moved = wall.checked_add_signed(TimeDelta::hours(1))?;
        zone.from_local_datetime(&moved).earliest()
    });
    local
        .ok_or_else(|| Error::invalid_input("the wall-clock time does not exist in its zone").with("time", wall))
        .and_then(|local| Timestamp::try_from(local.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_change_are_followed() {
        for (zone, wall, expected) in [
            (Tz::America__New_York, "2015-12-24T09:31:00", "2015-12-24T14:31:00Z"),
            (Tz::America__New_York, "2014-06-06T09:31:00", "2014-06-06T13:31:00Z"),
            (Tz::America__New_York, "2025-03-09T02:30:00", "2025-03-09T07:30:00Z"),
            (Tz::America__New_York, "2025-11-02T01:30:00", "2025-11-02T05:30:00Z"),
            (Tz::America__Chicago, "2021-01-04T08:30:00", "2021-01-04T14:30:00Z"),
            (Tz::UTC, "2020-01-06T00:00:00", "2020-01-06T00:00:00Z"),
        ] {
            assert_eq!(instant(zone, wall.parse().expect("a time")).expect("in range").to_string(), expected);
        }
    }
}
