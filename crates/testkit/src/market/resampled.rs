//! Cases of bars out of shorter bars.

use chrono::{NaiveTime, TimeDelta};
use strikebook_core::{
    AsOf, ErrorKind, Result, Store, Timestamp,
    market::{AggregateRepository, Bar, BarKey, BarRepository, Timeframe, calendar},
    memory::MemoryStore,
};

use crate::{
    Bench,
    case::{Case, cases, reading},
    parsed,
    series::{EVERYTHING, instant, just_before, source},
};

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    reading(cases![
        hours_are_counted_from_the_opening_and_end_with_the_close,
        a_bar_sums_up_what_it_covers,
        a_missing_volume_or_vwap_stays_missing,
        days_weeks_and_months_are_made_of_sessions,
        longer_bars_are_not_seen_before_their_end,
        longer_bars_use_the_versions_valid_then,
        a_timeframe_that_is_not_longer_is_refused,
        longer_bars_follow_the_specification
    ])
}

fn key(timeframe: Timeframe) -> BarKey {
    BarKey::new(parsed::<strikebook_core::market::Symbol>("SPY"), timeframe)
}

/// Creates the minute that ends at an instant, with one price.
fn minute(at: Timestamp, price: f64, volume: Option<u64>) -> Bar {
    Bar {
        key: key(Timeframe::Minute1),
        opened_at: at.saturating_sub(TimeDelta::minutes(1)),
        at,
        open: price,
        high: price,
        low: price,
        close: price,
        volume,
        vwap: Some(price),
        source: source("test"),
        recorded_at: at,
    }
}

/// Creates minutes of a day, each one's price being its number, that end from one time in New York to another.
fn minutes(day: &str, first: &str, last: &str) -> Vec<Bar> {
    let time = |time: &str| {
        let time: NaiveTime = time.parse().expect("a time");
        calendar::instant(parsed_day(day), time).expect("an instant")
    };
    let (mut at, last) = (time(first), time(last));
    let mut bars = Vec::new();
    while at <= last {
        bars.push(minute(at, 100.0 + bars.len() as f64, Some(1)));
        at = at.saturating_add(TimeDelta::minutes(1));
    }
    bars
}

fn parsed_day(day: &str) -> chrono::NaiveDate {
    day.parse().expect("a day")
}

async fn resampled(store: &dyn Store, timeframe: Timeframe) -> Result<Vec<Bar>> {
    store.resample_bars(&key(Timeframe::Minute1), timeframe, Timestamp::MIN, EVERYTHING).await
}

/// Returns start and end in New York in winter, and volume, of bars.
fn spans(bars: &[Bar]) -> Vec<String> {
    let time = |at: Timestamp| at.saturating_sub(TimeDelta::hours(5)).to_datetime().format("%dT%H:%M").to_string();
    bars.iter()
        .map(|bar| format!("{} {} {}", time(bar.opened_at), time(bar.at), bar.volume.map_or(-1, u64::cast_signed)))
        .collect()
}

/// Bars of four hours or less are counted from the opening, from the close and from midnight, and end with the opening,
/// the close, half a day's too, and midnight.
async fn hours_are_counted_from_the_opening_and_end_with_the_close(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_bars(&minutes("2025-11-26", "09:01:00", "17:00:00")).await?;
    store.upsert_bars(&minutes("2025-11-28", "09:31:00", "13:15:00")).await?;
    let hours = [
        "26T09:00 26T09:30 30",
        "26T09:30 26T10:30 60",
        "26T10:30 26T11:30 60",
        "26T11:30 26T12:30 60",
        "26T12:30 26T13:30 60",
        "26T13:30 26T14:30 60",
        "26T14:30 26T15:30 60",
        "26T15:30 26T16:00 30",
        "26T16:00 26T17:00 60",
        "28T09:30 28T10:30 60",
        "28T10:30 28T11:30 60",
        "28T11:30 28T12:30 60",
        "28T12:30 28T13:00 30",
        "28T13:00 28T14:00 15",
    ];
    assert_eq!(spans(&resampled(&*store, Timeframe::Hour1).await?), hours);
    let four = [
        "26T08:00 26T09:30 30",
        "26T09:30 26T13:30 240",
        "26T13:30 26T16:00 150",
        "26T16:00 26T20:00 60",
        "28T09:30 28T13:00 210",
        "28T13:00 28T17:00 15",
    ];
    assert_eq!(spans(&resampled(&*store, Timeframe::Hour4).await?), four);
    for (timeframe, count) in [(Timeframe::Minute5, 141), (Timeframe::Minute15, 47), (Timeframe::Minute30, 24)] {
        let bars = resampled(&*store, timeframe).await?;
        assert_eq!(bars.len(), count, "{timeframe}");
        assert!(bars.iter().all(|bar| bar.key == key(timeframe)));
    }
    Ok(())
}

/// A bar has the first open, the highest high, the lowest low, the last close, the sum of the volumes, and a VWAP that
/// is weighted by volume. It is recorded when the last of its bars was, and not before its end; its source is that of
/// its last bar.
async fn a_bar_sums_up_what_it_covers(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = |time: &str| instant(&format!("2025-09-25T{time}Z"));
    let bar = |time: &str, [open, high, low, close]: [f64; 4], volume, vwap| Bar {
        open,
        high,
        low,
        close,
        vwap: Some(vwap),
        ..minute(at(time), 0.0, Some(volume))
    };
    let late = at("15:00:00");
    let bars = [
        bar("13:31:00", [10.0, 12.0, 9.0, 11.0], 100, 10.5),
        Bar { recorded_at: late, ..bar("13:32:00", [11.0, 15.0, 11.0, 14.0], 300, 13.0) },
        Bar { vwap: None, ..bar("13:33:00", [14.0; 4], 0, 0.0) },
        Bar { source: source("other"), ..bar("13:34:00", [14.0, 14.0, 8.0, 9.0], 100, 9.5) },
        bar("13:36:00", [9.0; 4], 7, 9.0),
    ];
    store.upsert_bars(&bars).await?;
    let found = resampled(&*store, Timeframe::Minute5).await?;
    let first = Bar {
        key: key(Timeframe::Minute5),
        opened_at: at("13:30:00"),
        at: at("13:35:00"),
        open: 10.0,
        high: 15.0,
        low: 8.0,
        close: 9.0,
        volume: Some(500),
        vwap: Some(11.8),
        source: source("other"),
        recorded_at: late,
    };
    assert_eq!(found[0], first);
    assert_eq!((found.len(), found[1].recorded_at), (2, at("13:40:00")));
    Ok(())
}

/// The volume is missing when a bar has none, and the VWAP when a bar lacks its volume, or its VWAP where there is a
/// volume, or when nothing was traded.
async fn a_missing_volume_or_vwap_stays_missing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let bar = |time: &str, volume, vwap| Bar { vwap, ..minute(instant(&format!("2025-09-25T{time}Z")), 5.0, volume) };
    let bars = [
        bar("13:31:00", Some(4), Some(5.0)),
        bar("13:32:00", None, Some(5.0)),
        bar("13:36:00", Some(4), Some(5.0)),
        bar("13:37:00", Some(2), None),
        bar("13:41:00", Some(0), None),
        bar("13:42:00", Some(0), Some(5.0)),
        bar("13:46:00", Some(0), None),
        bar("13:47:00", Some(3), Some(5.0)),
    ];
    store.upsert_bars(&bars).await?;
    let found = resampled(&*store, Timeframe::Minute5).await?;
    let sums: Vec<_> = found.iter().map(|bar| (bar.volume, bar.vwap)).collect();
    assert_eq!(sums, [(None, None), (Some(6), None), (Some(0), None), (Some(3), Some(5.0))]);
    Ok(())
}

/// A day, a week or a month lasts from its first opening to its last close, around holidays and half days, and covers
/// nothing before the opening or after the close.
async fn days_weeks_and_months_are_made_of_sessions(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    // The Friday before, the days around Thanksgiving, and a Saturday.
    for (day, last) in [("2025-11-21", "16:10:00"), ("2025-11-26", "17:00:00"), ("2025-11-28", "13:15:00")] {
        store.upsert_bars(&minutes(day, "09:21:00", last)).await?;
    }
    store.upsert_bars(&minutes("2025-11-29", "10:00:00", "10:05:00")).await?;
    let days = ["21T09:30 21T16:00 390", "26T09:30 26T16:00 390", "28T09:30 28T13:00 210"];
    let daily = resampled(&*store, Timeframe::Day1).await?;
    assert_eq!(spans(&daily), days);
    assert_eq!((daily[2].open, daily[2].close), (110.0, 319.0));
    let weeks = ["17T09:30 21T16:00 390", "24T09:30 28T13:00 600"];
    assert_eq!(spans(&resampled(&*store, Timeframe::Week1).await?), weeks);
    assert_eq!(spans(&resampled(&*store, Timeframe::Month1).await?), ["03T09:30 28T13:00 990"]);
    // The same out of days, which end with their close.
    store.upsert_bars(&daily).await?;
    for (timeframe, expected) in [(Timeframe::Week1, weeks.as_slice()), (Timeframe::Month1, &["03T09:30 28T13:00 990"])]
    {
        let found = store.resample_bars(&key(Timeframe::Day1), timeframe, Timestamp::MIN, EVERYTHING).await?;
        assert_eq!(spans(&found), expected);
    }
    Ok(())
}

/// A bar appears when it has ended, and one that started before the queried instant does not.
async fn longer_bars_are_not_seen_before_their_end(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_bars(&minutes("2025-11-26", "09:31:00", "16:00:00")).await?;
    let ask = async |timeframe, from: &str, at: Timestamp| {
        let from = instant(&format!("2025-11-26T{from}Z"));
        let bars = store.resample_bars(&key(Timeframe::Minute1), timeframe, from, AsOf::with_hindsight(at)).await?;
        Ok::<_, strikebook_core::Error>(spans(&bars))
    };
    let (end, close) = (instant("2025-11-26T16:30:00Z"), instant("2025-11-26T21:00:00Z"));
    let last = "26T10:30 26T11:30 60";
    assert_eq!(ask(Timeframe::Hour1, "14:30:00", end).await?, ["26T09:30 26T10:30 60", last]);
    assert_eq!(ask(Timeframe::Hour1, "14:30:00.000001", end).await?, [last]);
    assert_eq!(ask(Timeframe::Hour1, "15:30:00", just_before(end)).await?, [""; 0]);
    assert_eq!(ask(Timeframe::Day1, "14:30:00", close).await?.len(), 1);
    assert_eq!(ask(Timeframe::Day1, "14:30:00", just_before(close)).await?, [""; 0]);
    assert_eq!(ask(Timeframe::Day1, "14:30:00.000001", close).await?, [""; 0]);
    Ok(())
}

/// Bars are made from the bars within both limits, in the versions valid then.
async fn longer_bars_use_the_versions_valid_then(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_bars(&minutes("2025-11-26", "09:31:00", "09:34:00")).await?;
    let (end, recorded) = (instant("2025-11-26T14:35:00Z"), instant("2025-11-26T18:00:00Z"));
    let corrected = Bar { recorded_at: recorded, ..minute(instant("2025-11-26T14:34:00Z"), 7.0, Some(9)) };
    let late = Bar { recorded_at: recorded, ..minute(end, 8.0, Some(20)) };
    store.upsert_bars(&[corrected, late]).await?;
    for (known_by, expected) in [
        (None, (7.0, 8.0, Some(32), recorded)),
        (Some(recorded), (7.0, 8.0, Some(32), recorded)),
        (Some(just_before(recorded)), (100.0, 103.0, Some(4), end)),
        (Some(end), (100.0, 103.0, Some(4), end)),
    ] {
        let as_of = AsOf { at: end, known_by };
        let bars = store.resample_bars(&key(Timeframe::Minute1), Timeframe::Minute5, Timestamp::MIN, as_of).await?;
        let found: Vec<_> = bars.iter().map(|bar| (bar.low, bar.close, bar.volume, bar.recorded_at)).collect();
        assert_eq!(found, [expected], "{known_by:?}");
    }
    Ok(())
}

/// A timeframe that is not longer than that of the series is refused, and so is a series of weeks.
async fn a_timeframe_that_is_not_longer_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (of, timeframe) in [
        (Timeframe::Minute5, Timeframe::Minute1),
        (Timeframe::Minute5, Timeframe::Minute5),
        (Timeframe::Day1, Timeframe::Hour1),
        (Timeframe::Week1, Timeframe::Month1),
    ] {
        let asked = store.resample_bars(&key(of), timeframe, Timestamp::MIN, EVERYTHING).await;
        let error = asked.expect_err("no such bars");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("timeframe")), "{error}");
    }
    assert_eq!(resampled(&*store, Timeframe::Month1).await?, []);
    Ok(())
}

/// Generates five-minute bars of days and nights over a change of the clocks, with gaps, missing numbers and
/// corrections.
fn gappy() -> [Vec<Bar>; 2] {
    let mut at = instant("2025-03-06T12:00:00Z");
    let (mut first, mut corrected) = (Vec::new(), Vec::new());
    for number in 0..1_500_u32 {
        at = at.saturating_add(TimeDelta::minutes(if number % 17 == 16 { 35 } else { 5 }));
        let price = 50.0 + f64::from(number * 37 % 101) / 4.0;
        let bar = Bar {
            key: key(Timeframe::Minute5),
            opened_at: at.saturating_sub(TimeDelta::minutes(5)),
            high: price + 1.0,
            low: price - f64::from(number % 7),
            vwap: (number % 29 != 3).then_some(price + 0.25),
            source: source(if number % 9 == 0 { "other" } else { "test" }),
            ..minute(at, price, (number % 31 != 7).then_some(u64::from(number % 50)))
        };
        if number % 40 == 0 {
            let recorded_at = at.saturating_add(TimeDelta::hours(3));
            corrected.push(Bar { recorded_at, high: price + 9.0, volume: None, ..bar.clone() });
        }
        first.push(bar);
    }
    [first, corrected]
}

/// Every store answers as the specification does, for all timeframes and limits.
async fn longer_bars_follow_the_specification(bench: &Bench) -> Result<()> {
    let (model, store) = (MemoryStore::new(), bench.open().await?);
    for bars in gappy() {
        model.upsert_bars(&bars).await?;
        store.upsert_bars(&bars).await?;
    }
    let noon = instant("2025-03-10T16:02:00Z");
    let series = key(Timeframe::Minute5);
    for as_of in [EVERYTHING, AsOf::instant(noon), AsOf::with_hindsight(noon), EVERYTHING.known_by(noon)] {
        for timeframe in Timeframe::ALL.into_iter().filter(|timeframe| *timeframe > Timeframe::Minute5) {
            let from = if timeframe == Timeframe::Hour1 { instant("2025-03-07T15:00:00Z") } else { Timestamp::MIN };
            let expected = model.resample_bars(&series, timeframe, from, as_of).await?;
            let found = store.resample_bars(&series, timeframe, from, as_of).await?;
            let without = |bars: &[Bar]| bars.iter().map(|bar| Bar { vwap: None, ..bar.clone() }).collect::<Vec<_>>();
            assert_eq!(without(&found), without(&expected), "{timeframe}, {as_of:?}");
            for (found, expected) in found.iter().zip(&expected) {
                let is_near = match (found.vwap, expected.vwap) {
                    (Some(found), Some(expected)) => (found / expected - 1.0).abs() < 1e-12,
                    (found, expected) => found == expected,
                };
                assert!(is_near, "{timeframe}, {as_of:?}: {found:?}, not {expected:?}");
            }
            assert!(timeframe > Timeframe::Day1 || !expected.is_empty(), "{timeframe}, {as_of:?}");
        }
    }
    Ok(())
}
