//! The date of a heading, in the words of the reader's country.
//!
//! Cboe's page writes the date as the browser does: `February 5, 2022 at 8:09 PM EST`, `5 février 2022 à 20:09 UTC−5`,
//! `2022年2月5日 GMT-5 20:09`. Before 2019 it was `Dec 29 2013 @ 19:06 ET`. Dates of numbers alone are refused, since
//! `02/05/2022` is two days.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use strikebook_core::{Result, Timestamp};

use crate::{value, zone};

/// The words for the months, from January: in English, German, French, Spanish, Portuguese, Italian, Dutch, the Nordic
/// languages, Polish and Russian.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "jänner", "janvier", "enero", "janeiro", "gennaio", "januari", "stycznia", "января"],
    &["february", "februar", "février", "febrero", "fevereiro", "febbraio", "februari", "lutego", "февраля"],
    &["march", "märz", "mars", "marzo", "março", "maart", "marts", "marca", "марта"],
    &["april", "avril", "abril", "aprile", "kwietnia", "апреля"],
    &["may", "mai", "mayo", "maio", "maggio", "mei", "maj", "maja", "мая"],
    &["june", "juni", "juin", "junio", "junho", "giugno", "czerwca", "июня"],
    &["july", "juli", "juillet", "julio", "julho", "luglio", "lipca", "июля"],
    &["august", "août", "agosto", "augustus", "augusti", "sierpnia", "августа"],
    &["september", "septembre", "septiembre", "setembro", "settembre", "września", "сентября"],
    &["october", "oktober", "octobre", "octubre", "outubro", "ottobre", "października", "октября"],
    &["november", "novembre", "noviembre", "novembro", "listopada", "ноября"],
    &["december", "dezember", "décembre", "diciembre", "dezembro", "dicembre", "desember", "grudnia", "декабря"],
];
/// The English months in three letters, which stand in the headings before 2019.
const SHORT_MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// The names of zones, with their minutes from UTC. A name that two zones share (`IST`, `CST` of China) is the American
/// one or none.
const ZONES: [(&str, i64); 24] = [
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("AKST", -540),
    ("AKDT", -480),
    ("HST", -600),
    ("HNE", -300),
    ("HAE", -240),
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("WET", 0),
    ("WEST", 60),
    ("CET", 60),
    ("MEZ", 60),
    ("CEST", 120),
    ("MESZ", 120),
    ("EET", 120),
    ("EEST", 180),
];
const MORNING: [&str; 4] = ["am", "上午", "午前", "오전"];
const AFTERNOON: [&str; 4] = ["pm", "下午", "午後", "오후"];

/// Reads the instant of a heading.
pub(super) fn read(text: &str) -> Result<Timestamp> {
    let expected = "a day with the month in words, a time and its zone, such as September 25, 2025 at 9:05 PM EDT; or \
                    give the instant in the options";
    let parts = Parts::of(text).ok_or_else(|| value::unexpected("the date of the heading", expected, text))?;
    match parts.zone {
        Zone::NewYork => zone::instant(Tz::America__New_York, parts.wall),
        Zone::Offset(minutes) => Timestamp::try_from((parts.wall - TimeDelta::minutes(minutes)).and_utc()),
    }
}

#[derive(Clone, Copy)]
enum Zone {
    /// Cboe's `ET`, which follows daylight saving.
    NewYork,
    /// The minutes ahead of UTC.
    Offset(i64),
}

/// A time on the clocks of a zone.
struct Parts {
    wall: NaiveDateTime,
    zone: Zone,
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        let text = plain(text);
        let mut words = Words::default();
        text.split([' ', ',', '@']).filter(|word| !word.is_empty()).try_for_each(|word| words.take(word))?;
        words.finish()
    }
}

/// Returns a text with plain blanks and minuses, digits parted from the letters of Chinese, Japanese and Korean dates,
/// and hours and minutes joined by a colon.
fn plain(text: &str) -> String {
    let text = text.replace(['\u{a0}', '\u{202f}'], " ").replace('−', "-").replace(". m.", "m").replace(".m.", "m");
    let text = text.replace(" h ", ":");
    let eastern = |c: char| "年月日년월일上午下前後오전후".contains(c);
    if !text.contains(eastern) {
        return text;
    }
    let mut parted = String::with_capacity(text.len() + 16);
    let mut letters = false;
    for letter in text.chars() {
        if eastern(letter) != letters {
            parted.push(' ');
        }
        letters = eastern(letter);
        parted.push(letter);
    }
    parted
}

/// The words of a date so far.
#[derive(Default)]
struct Words {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<NaiveTime>,
    is_afternoon: Option<bool>,
    zone: Option<Zone>,
    /// A number whose unit is the next word.
    number: Option<u32>,
}

impl Words {
    /// Takes a word; `None` for one with a number that has no place in a date.
    fn take(&mut self, word: &str) -> Option<()> {
        let lower = word.trim_matches(['.', '(', ')']).to_lowercase();
        if let Some(number) = self.number.take() {
            match lower.as_str() {
                "月" | "월" => self.month = Some(number),
                // `日`, `일`, or a language in which the day stands by itself.
                _ => set(&mut self.day, number)?,
            }
        }
        if let Some(month) = month(&lower) {
            return set(&mut self.month, month);
        }
        if MORNING.contains(&lower.as_str()) || AFTERNOON.contains(&lower.as_str()) {
            return set(&mut self.is_afternoon, AFTERNOON.contains(&lower.as_str()));
        }
        if let Some(zone) = zone_of(word) {
            return set(&mut self.zone, zone);
        }
        if word.contains(':') {
            let time = ["%H:%M", "%H:%M:%S"].iter().find_map(|format| NaiveTime::parse_from_str(word, format).ok())?;
            return set(&mut self.time, time);
        }
        let digits = lower.trim_end_matches(|c: char| c.is_alphabetic() || c == 'º');
        if digits.is_empty() || !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(());
        }
        let number: u32 = digits.parse().ok()?;
        match digits.len() {
            4 => set(&mut self.year, i32::try_from(number).ok()?),
            1 | 2 => set(&mut self.number, number),
            _ => None,
        }
    }

    fn finish(mut self) -> Option<Parts> {
        if let Some(number) = self.number.take() {
            set(&mut self.day, number)?;
        }
        let day = NaiveDate::from_ymd_opt(self.year?, self.month?, self.day?).and_then(value::plausible)?;
        let hours = match (self.time?.hour(), self.is_afternoon) {
            (12, Some(false)) => -12,
            (1..12, Some(true)) => 12,
            (0..=12, _) | (_, None) => 0,
            _ => return None,
        };
        let wall = day.and_time(self.time?).checked_add_signed(TimeDelta::hours(hours))?;
        Some(Parts { wall, zone: self.zone? })
    }
}

/// Sets a part that a date has once; `None` when it is set already.
fn set<T>(part: &mut Option<T>, value: T) -> Option<()> {
    if part.is_some() {
        return None;
    }
    *part = Some(value);
    Some(())
}

/// Returns the number of a month, from 1.
fn month(word: &str) -> Option<u32> {
    let named = MONTHS.iter().position(|names| names.contains(&word));
    let number = named.or_else(|| SHORT_MONTHS.iter().position(|name| *name == word))?;
    u32::try_from(number + 1).ok()
}

/// Returns a zone by name, or by its difference from UTC: `GMT-5`, `UTC+5:30`, `GMT-0500`.
fn zone_of(word: &str) -> Option<Zone> {
    if word == "ET" {
        return Some(Zone::NewYork);
    }
    if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == word) {
        return Some(Zone::Offset(*minutes));
    }
    let offset = word.strip_prefix("GMT").or_else(|| word.strip_prefix("UTC"))?;
    let (sign, digits) = match (offset.strip_prefix('+'), offset.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minutes = Some(hours * 60 + minutes).filter(|total| hours >= 0 && minutes >= 0 && *total <= 14 * 60)?;
    Some(Zone::Offset(sign * minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_words_of_many_countries() {
        for text in [
            "February 5, 2022 at 8:09 PM EST",
            "February 5 2022, 8:09 PM EST",
            "February 5, 2022, 8:09 PM EST",
            "5 February 2022 at 20:09 GMT-5",
            "5 February 2022, 20:09 GMT-5",
            "February 6, 2022 at 1:09 AM UTC",
            "Feb 05 2022 @ 20:09 ET",
            "Sat Feb 05 2022 20:09:00 GMT-0500 (Eastern Standard Time)",
            "5. Februar 2022 um 20:09 GMT-5",
            "6. Februar 2022 um 02:09 MEZ",
            "5 février 2022 à 20:09 UTC−5",
            "5 février 2022 à 20 h 09 HNE",
            "5 de febrero de 2022, 20:09 GMT-5",
            "5 de febrero de 2022, 8:09 p. m. GMT-5",
            "5 de fevereiro de 2022 às 20:09 GMT-5",
            "5 febbraio 2022 alle ore 20:09 GMT-5",
            "5 februari 2022 om 20:09 GMT-5",
            "5 февраля 2022 г. в 20:09 GMT-5",
            "5 lutego 2022 20:09 GMT-5",
            "2022年2月5日 GMT-5 20:09",
            "2022年2月5日 GMT-5 下午8:09",
            "2022年2月6日 1:09 UTC",
            "2022년 2월 5일 오후 8:09 GMT-5",
            "6 February 2022 at 06:39 GMT+5:30",
        ] {
            assert_eq!(read(text).expect(text).to_string(), "2022-02-06T01:09:00Z", "{text}");
        }
        for (text, expected) in [
            ("July 4, 2026 at 12:23 AM EDT", "2026-07-04T04:23:00Z"),
            ("July 4, 2026 at 12:23 PM EDT", "2026-07-04T16:23:00Z"),
            ("Jul 04 2026 @ 12:23 ET", "2026-07-04T16:23:00Z"),
        ] {
            assert_eq!(read(text).expect(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn dates_that_could_be_two_or_lack_a_part_are_refused() {
        for text in [
            "02/05/2022, 8:09 PM EST",
            "5.2.2022, 20:09 GMT-5",
            "February 5, 2022 at 8:09 PM",
            "February 5, 2022 EST",
            "February 5 6, 2022 at 8:09 PM EST",
            "February 30, 2022 at 8:09 PM EST",
            "February 5, 2022 at 13:09 AM EST",
            "February 5, 2022 at 25:09 EST",
            "February 5, 2022 at 8:09 PM GMT+99",
            "January 1, 262142 at 1:00 AM EST",
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
