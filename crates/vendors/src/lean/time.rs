//! The start and the end of a bar, from its label.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use strikebook_core::{Error, Result, Timestamp, market::calendar};

use super::{LeanLayout, LeanResolution};
use crate::{value, zone};

/// The bound of a label in milliseconds since midnight.
const MILLISECONDS_PER_DAY: u32 = 86_400_000;

/// The labels of an entry's rows.
#[derive(Debug)]
pub(super) struct Labels {
    zone: Tz,
    resolution: LeanResolution,
    sessions: bool,
    /// The day of an entry of minutes.
    date: Option<NaiveDate>,
}

impl Labels {
    pub(super) const fn new(layout: LeanLayout, date: Option<NaiveDate>) -> Self {
        let LeanLayout { asset, resolution } = layout;
        Self { zone: asset.zone(), resolution, sessions: asset.has_sessions(), date }
    }

    /// Returns the start and the end of a bar.
    pub(super) fn span(&self, label: &str) -> Result<(Timestamp, Timestamp)> {
        let wall = self.wall(label)?;
        let start = zone::instant(self.zone, wall)?;
        let end = match self.resolution {
            LeanResolution::Minute => start.saturating_add(TimeDelta::minutes(1)),
            LeanResolution::Hour => self.end_of_hour(wall, start)?,
            LeanResolution::Daily => self.end_of_day(wall)?,
        };
        Ok((start, end))
    }

    /// Returns the event time of an open interest: see [`LeanLayout`].
    pub(super) fn open_interest(&self, label: &str) -> Result<Timestamp> {
        let wall = self.wall(label)?;
        let open = zone::open_on(wall.date())?;
        let length = match self.resolution {
            LeanResolution::Minute => TimeDelta::minutes(1),
            LeanResolution::Hour => TimeDelta::hours(1),
            LeanResolution::Daily => return Ok(open),
        };
        Ok(zone::instant(self.zone, wall)?.saturating_add(length).max(open))
    }

    fn wall(&self, label: &str) -> Result<NaiveDateTime> {
        match (self.resolution, self.date) {
            (LeanResolution::Minute, Some(date)) => {
                let milliseconds = label.parse().ok().filter(|milliseconds: &u32| *milliseconds < MILLISECONDS_PER_DAY);
                let milliseconds = milliseconds.ok_or_else(|| {
                    value::unexpected("the time", "milliseconds since midnight, less than a day of them", label)
                })?;
                Ok(date.and_time(NaiveTime::MIN) + TimeDelta::milliseconds(milliseconds.into()))
            }
            _ => value::date_time("the time", label, "%Y%m%d %H:%M"),
        }
    }

    fn end_of_hour(&self, wall: NaiveDateTime, start: Timestamp) -> Result<Timestamp> {
        let end = start.saturating_add(TimeDelta::hours(1));
        if !self.sessions {
            return Ok(end);
        }
        if wall.time() == NaiveTime::MIN {
            let message = "an hour must not start at midnight, when no session is open: it is a day's bar gone astray";
            return Err(Error::invalid_input(message).with("time", wall));
        }
        let close = calendar::close_on(wall.date())?;
        Ok(if start < close { end.min(close) } else { end })
    }

    fn end_of_day(&self, wall: NaiveDateTime) -> Result<Timestamp> {
        if wall.time() != NaiveTime::MIN {
            return Err(Error::invalid_input("a day must start at midnight").with("time", wall));
        }
        if self.sessions {
            return calendar::close_on(wall.date());
        }
        let next = wall.date() + Days::new(1);
        zone::instant(self.zone, next.and_time(NaiveTime::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LeanAsset;

    fn labels(asset: LeanAsset, resolution: LeanResolution, date: &str) -> Labels {
        Labels::new(LeanLayout::new(asset, resolution), date.parse().ok())
    }

    fn span(asset: LeanAsset, resolution: LeanResolution, date: &str, label: &str) -> (String, String) {
        let (start, end) = labels(asset, resolution, date).span(label).expect(label);
        (start.to_string(), end.to_string())
    }

    #[test]
    fn bars_are_said_when_they_end() {
        use LeanAsset::{Equity, FutureOption, Index, Option};
        use LeanResolution::{Daily, Hour, Minute};
        for (asset, resolution, date, label, start, end) in [
            (Option, Minute, "2015-12-24", "34200000", "2015-12-24T14:30:00Z", "2015-12-24T14:31:00Z"),
            (Option, Minute, "2014-06-06", "34200000", "2014-06-06T13:30:00Z", "2014-06-06T13:31:00Z"),
            (FutureOption, Minute, "2020-01-06", "86340000", "2020-01-06T23:59:00Z", "2020-01-07T00:00:00Z"),
            (Equity, Hour, "", "20140606 15:00", "2014-06-06T19:00:00Z", "2014-06-06T20:00:00Z"),
            // Half a day: the bar of noon ends with it, and one after it is whole.
            (Option, Hour, "", "20151224 12:00", "2015-12-24T17:00:00Z", "2015-12-24T18:00:00Z"),
            (Option, Hour, "", "20151224 12:30", "2015-12-24T17:30:00Z", "2015-12-24T18:00:00Z"),
            (Equity, Hour, "", "20151224 13:00", "2015-12-24T18:00:00Z", "2015-12-24T19:00:00Z"),
            (Index, Hour, "", "20210104 08:00", "2021-01-04T14:00:00Z", "2021-01-04T15:00:00Z"),
            (Equity, Daily, "", "20151224 00:00", "2015-12-24T05:00:00Z", "2015-12-24T18:00:00Z"),
            (Index, Daily, "", "20210104 00:00", "2021-01-04T06:00:00Z", "2021-01-04T21:00:00Z"),
            (FutureOption, Daily, "", "20200102 00:00", "2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z"),
        ] {
            let expected = (start.to_owned(), end.to_owned());
            assert_eq!(span(asset, resolution, date, label), expected, "{asset:?} {label}");
        }
    }

    #[test]
    fn open_interest_is_said_at_the_open() {
        use LeanResolution::{Daily, Hour, Minute};
        for (resolution, label) in [(Minute, "23460000"), (Hour, "20140606 06:00"), (Daily, "20140606 00:00")] {
            let at = labels(LeanAsset::Option, resolution, "2014-06-06").open_interest(label).expect(label);
            assert_eq!(at.to_string(), "2014-06-06T13:30:00Z");
        }
        let later = labels(LeanAsset::Option, Minute, "2014-06-06").open_interest("36000000").expect("a time");
        assert_eq!(later.to_string(), "2014-06-06T14:01:00Z");
    }

    #[test]
    fn labels_of_no_bar_are_refused() {
        use LeanResolution::{Daily, Hour, Minute};
        for (resolution, label) in [
            (Minute, "86400000"),
            (Minute, "-1"),
            (Minute, ""),
            (Hour, "20210202 00:00"),
            (Hour, "34200000"),
            (Daily, "20210202 09:00"),
            (Daily, "20210230 00:00"),
            (Daily, "+262142-01-01 00:00"),
        ] {
            assert!(labels(LeanAsset::IndexOption, resolution, "2021-02-02").span(label).is_err(), "{label}");
        }
    }
}
