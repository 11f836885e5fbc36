//! Cases of aggregates of live quotes.

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, ErrorKind, Result, Store, Timestamp,
    maintenance::{Dataset, Eviction, Fetched},
    market::{
        Bar, DailyOptions, HourlyOptions, OptionQuote, OptionVolume, Symbol, Timeframe, UnderlyingQuote, calendar,
    },
    memory::MemoryStore,
};

use crate::{
    Bench,
    case::{CONTINUOUS_AGGREGATES, Case, cases, needing, reading},
    parsed,
    policy::refresh,
    series::{EVERYTHING, instant, just_after, just_before, source},
};

fn spy() -> Symbol {
    parsed("SPY")
}

fn quoted(at: &str, last: f64, volume: Option<u64>) -> UnderlyingQuote {
    UnderlyingQuote { last: Some(last), volume, ..UnderlyingQuote::new(spy(), instant(at), source("test")) }
}

/// Creates a quote of a Thursday, with its time in UTC.
fn quoted_at(time: &str, last: f64, volume: Option<u64>) -> UnderlyingQuote {
    quoted(&format!("2025-09-25T{time}Z"), last, volume)
}

fn thursday() -> Vec<UnderlyingQuote> {
    vec![
        quoted_at("13:30:00", 100.0, Some(50)),
        quoted_at("13:30:30", 102.0, Some(70)),
        quoted_at("13:30:59.999999", 99.0, Some(90)),
        quoted_at("13:31:00", 101.0, None),
        quoted_at("13:34:00", 103.0, Some(100)),
        quoted_at("14:10:00", 104.0, Some(110)),
        quoted_at("20:00:00", 106.0, Some(500)),
        quoted_at("20:00:00.000001", 200.0, Some(501)),
    ]
}

/// Returns end, prices and volume of bars.
fn summaries(bars: &[Bar]) -> Vec<(String, [f64; 4], Option<u64>)> {
    let one = |bar: &Bar| (bar.at.to_string(), [bar.open, bar.high, bar.low, bar.close], bar.volume);
    bars.iter().map(one).collect()
}

fn expected<const N: usize>(bars: [(&str, [f64; 4], Option<u64>); N]) -> Vec<(String, [f64; 4], Option<u64>)> {
    bars.into_iter().map(|(at, prices, volume)| (format!("2025-09-25T{at}Z"), prices, volume)).collect()
}

async fn bars(store: &dyn Store, timeframe: Timeframe) -> Result<Vec<Bar>> {
    store.live_bars(spy(), timeframe, Timestamp::MIN, EVERYTHING).await
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![
        a_bar_holds_its_start_and_not_its_end,
        a_bar_is_not_seen_before_its_end,
        a_daily_bar_ends_with_the_close,
        a_price_is_the_last_trade_or_the_mid,
        a_bars_volume_is_what_its_day_grew_by,
        a_volume_that_fell_is_missing,
        bars_use_the_versions_valid_then,
        another_timeframe_is_refused,
        an_hour_tells_what_was_traded_in_it,
        an_hour_tells_the_mean_volatility_of_those_quoted,
        expired_contracts_are_not_quoted,
        hours_use_the_versions_valid_then,
        a_day_tells_what_was_traded_on_it,
        more_than_a_hundred_years_are_refused
    ];
    let writes = cases![answers_follow_the_rows];
    [reading(answers), writes, needing(CONTINUOUS_AGGREGATES, cases![materialised_aggregates_equal_computed_ones])]
        .concat()
}

/// A bar of an hour or less covers the quotes from its start, inclusive, to its end, exclusive.
async fn a_bar_holds_its_start_and_not_its_end(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_underlying_quotes(&thursday()).await?;
    let minutes = bars(&*store, Timeframe::Minute1).await?;
    let first = [
        ("13:31:00", [100.0, 102.0, 99.0, 99.0], Some(90)),
        ("13:32:00", [101.0; 4], None),
        ("13:35:00", [103.0; 4], Some(10)),
        ("14:11:00", [104.0; 4], Some(10)),
        ("20:01:00", [106.0, 200.0, 106.0, 200.0], Some(391)),
    ];
    assert_eq!(summaries(&minutes), expected(first));
    assert_eq!(minutes[0].opened_at, instant("2025-09-25T13:30:00Z"));
    let five = [
        ("13:35:00", [100.0, 103.0, 99.0, 103.0], Some(100)),
        ("14:15:00", [104.0; 4], Some(10)),
        ("20:05:00", [106.0, 200.0, 106.0, 200.0], Some(391)),
    ];
    assert_eq!(summaries(&bars(&*store, Timeframe::Minute5).await?), expected(five));
    let hours = [
        ("14:00:00", [100.0, 103.0, 99.0, 103.0], Some(100)),
        ("15:00:00", [104.0; 4], Some(10)),
        ("21:00:00", [106.0, 200.0, 106.0, 200.0], Some(391)),
    ];
    assert_eq!(summaries(&bars(&*store, Timeframe::Hour1).await?), expected(hours));
    assert_eq!(store.live_bars(parsed("QQQ"), Timeframe::Hour1, Timestamp::MIN, EVERYTHING).await?, []);
    Ok(())
}

/// A bar appears when it has ended, and one that started before the queried instant does not; the volume before the
/// first one is known all the same.
async fn a_bar_is_not_seen_before_its_end(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_underlying_quotes(&thursday()).await?;
    let end = instant("2025-09-25T13:35:00Z");
    let ask = async |from, at| {
        let bars = store.live_bars(spy(), Timeframe::Minute1, from, AsOf::instant(at)).await?;
        Ok::<_, strikebook_core::Error>(summaries(&bars))
    };
    let last = ("13:35:00", [103.0; 4], Some(10));
    assert_eq!(ask(instant("2025-09-25T13:31:00Z"), end).await?, expected([("13:32:00", [101.0; 4], None), last]));
    assert_eq!(ask(instant("2025-09-25T13:31:00.000001Z"), end).await?, expected([last]));
    assert_eq!(ask(instant("2025-09-25T13:32:00Z"), just_before(end)).await?, []);
    Ok(())
}

/// A daily bar starts at midnight in New York and covers the close, on half days too, and nothing after it; days
/// without trading have none.
async fn a_daily_bar_ends_with_the_close(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut quotes = thursday();
    let on = |at: &str, last| quoted(at, last, Some(7));
    quotes.extend([
        on("2025-09-26T03:59:59.999999Z", 1.0),
        on("2025-09-26T04:00:00Z", 10.0),
        on("2025-09-26T20:00:00Z", 11.0),
        on("2025-09-27T15:00:00Z", 2.0),
        on("2025-11-28T17:00:00Z", 20.0),
        on("2025-11-28T18:00:00Z", 21.0),
        on("2025-11-28T18:00:00.000001Z", 3.0),
        on("2025-11-28T20:00:00Z", 3.0),
    ]);
    store.upsert_underlying_quotes(&quotes).await?;
    let days = bars(&*store, Timeframe::Day1).await?;
    let prices: Vec<_> =
        days.iter().map(|bar| (bar.at, [bar.open, bar.high, bar.low, bar.close], bar.volume)).collect();
    let expected = [
        (instant("2025-09-25T20:00:00Z"), [100.0, 106.0, 99.0, 106.0], Some(500)),
        (instant("2025-09-26T20:00:00Z"), [10.0, 11.0, 10.0, 11.0], Some(7)),
        (instant("2025-11-28T18:00:00Z"), [20.0, 21.0, 20.0, 21.0], Some(7)),
    ];
    assert_eq!(prices, expected);
    assert_eq!(days[0].opened_at, instant("2025-09-25T04:00:00Z"));
    let close = instant("2025-09-25T20:00:00Z");
    let seen = async |at| store.live_bars(spy(), Timeframe::Day1, Timestamp::MIN, AsOf::with_hindsight(at)).await;
    assert_eq!((seen(close).await?.len(), seen(just_before(close)).await?.len()), (1, 0));
    Ok(())
}

/// The price of a quote is its last trade, otherwise its mid; a quote without either adds no price to a bar, but its
/// volume counts.
async fn a_price_is_the_last_trade_or_the_mid(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let bare = |time, bid, ask| UnderlyingQuote { last: None, bid, ask, ..quoted_at(time, 0.0, Some(5)) };
    let quotes = [
        bare("13:30:00", Some(1.0), None),
        bare("13:30:01", Some(1.0), Some(1.5)),
        UnderlyingQuote { bid: Some(9.0), ask: Some(9.5), ..quoted_at("13:30:02", 2.0, None) },
        UnderlyingQuote { volume: Some(8), ..bare("13:30:03", None, Some(7.0)) },
        bare("13:31:00", None, None),
    ];
    store.upsert_underlying_quotes(&quotes).await?;
    let minutes = bars(&*store, Timeframe::Minute1).await?;
    assert_eq!(summaries(&minutes), expected([("13:31:00", [1.25, 2.0, 1.25, 2.0], Some(8))]));
    Ok(())
}

/// A bar's volume is its last stated volume minus the last one stated before it on its day in New York, or minus zero.
async fn a_bars_volume_is_what_its_day_grew_by(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut quotes = vec![
        quoted_at("13:30:00", 1.0, Some(50)),
        quoted_at("14:30:00", 1.0, None),
        quoted_at("15:30:00", 1.0, Some(60)),
    ];
    // The evening in New York, which is the next day in UTC, and the day after.
    quotes.extend([("2025-09-26T03:30:00Z", 75), ("2025-09-26T04:30:00Z", 3)].map(|(at, n)| quoted(at, 1.0, Some(n))));
    store.upsert_underlying_quotes(&quotes).await?;
    let hours = bars(&*store, Timeframe::Hour1).await?;
    let volumes: Vec<_> = hours.iter().map(|bar| bar.volume).collect();
    assert_eq!(volumes, [Some(50), None, Some(10), Some(15), Some(3)]);
    Ok(())
}

/// A volume is missing when the last stated one is below an earlier one, in the bar or just before it.
async fn a_volume_that_fell_is_missing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let quotes = [
        quoted_at("13:30:00", 1.0, Some(100)),
        quoted_at("14:00:00", 1.0, Some(95)),
        quoted_at("14:30:00", 1.0, Some(99)),
        quoted_at("15:00:00", 1.0, Some(200)),
        quoted_at("15:30:00", 1.0, Some(150)),
        quoted_at("16:00:00", 1.0, Some(140)),
        quoted_at("16:30:00", 1.0, Some(160)),
    ];
    store.upsert_underlying_quotes(&quotes).await?;
    let hours = bars(&*store, Timeframe::Hour1).await?;
    let volumes: Vec<_> = hours.iter().map(|bar| bar.volume).collect();
    assert_eq!(volumes, [Some(100), None, None, Some(10)]);
    Ok(())
}

/// Bars are made from the quotes within both limits, in the versions valid then. A bar is recorded when the last of
/// its quotes was, and not before its end; its source is that of its last quote.
async fn bars_use_the_versions_valid_then(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_underlying_quotes(&thursday()).await?;
    let (end, recorded) = (instant("2025-09-25T13:35:00Z"), instant("2025-09-25T17:00:00Z"));
    let corrected =
        UnderlyingQuote { recorded_at: recorded, source: source("other"), ..quoted_at("13:34:00", 1.0, Some(100)) };
    let late = UnderlyingQuote { recorded_at: recorded, ..quoted_at("13:32:30", 55.0, None) };
    store.upsert_underlying_quotes(&[corrected, late]).await?;
    let five = async |known_by| {
        let bars = store.live_bars(spy(), Timeframe::Minute5, Timestamp::MIN, AsOf { at: end, known_by }).await?;
        let bar = bars.last().unwrap_or_else(|| panic!("no bar"));
        Ok::<_, strikebook_core::Error>((bars.len(), bar.low, bar.close, bar.source.to_string(), bar.recorded_at))
    };
    for known_by in [None, Some(recorded)] {
        assert_eq!(five(known_by).await?, (1, 1.0, 1.0, "other".to_owned(), recorded));
    }
    for known_by in [end, just_before(recorded)] {
        assert_eq!(five(Some(known_by)).await?, (1, 99.0, 103.0, "test".to_owned(), end));
    }
    Ok(())
}

/// Bars of other timeframes than those named are refused.
async fn another_timeframe_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for timeframe in [Timeframe::Second1, Timeframe::Hour4, Timeframe::Week1, Timeframe::Month1] {
        let error = bars(&*store, timeframe).await.expect_err("no live bars");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("timeframe")), "{error}");
    }
    for timeframe in [Timeframe::Minute15, Timeframe::Minute30] {
        assert_eq!(bars(&*store, timeframe).await?, []);
    }
    Ok(())
}

const CALL: &str = "SPY251219C00640000";
const PUT: &str = "SPY251219P00640000";

/// Creates a quote of an option on the same Thursday.
fn traded(contract: &str, time: &str, volume: Option<u64>, volatility: Option<f64>) -> OptionQuote {
    let quote = OptionQuote::new(parsed(contract), instant(&format!("2025-09-25T{time}Z")), source("test"));
    OptionQuote { volume, implied_volatility: volatility, ..quote }
}

async fn hours(store: &dyn Store, as_of: AsOf) -> Result<Vec<HourlyOptions>> {
    store.hourly_options(spy(), parsed("2025-09-25"), as_of).await
}

/// Returns start, end, calls, puts and contracts quoted.
fn traded_in(hours: &[HourlyOptions]) -> Vec<(String, String, u64, u64, u64)> {
    let time = |at: Timestamp| at.to_string();
    let one =
        |hour: &HourlyOptions| (time(hour.from), time(hour.until), hour.volume.calls, hour.volume.puts, hour.quoted);
    hours.iter().map(one).collect()
}

fn in_hours<const N: usize>(hours: [(&str, &str, u64, u64, u64); N]) -> Vec<(String, String, u64, u64, u64)> {
    let time = |time| format!("2025-09-25T{time}Z");
    hours.into_iter().map(|(from, until, calls, puts, quoted)| (time(from), time(until), calls, puts, quoted)).collect()
}

/// An hour includes its end and excludes its start. Its volume is the growth of its contracts' volumes; a negative
/// growth counts as zero. The last hour ends at the event limit.
async fn an_hour_tells_what_was_traded_in_it(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let quotes = [
        traded(CALL, "13:30:00", Some(10), None),
        traded(CALL, "14:00:00", Some(30), None),
        traded(PUT, "13:59:00", Some(5), None),
        traded("SPY1251219C00640000", "14:00:00", Some(1), None),
        traded(CALL, "14:00:00.000001", Some(32), None),
        traded(PUT, "14:30:00", None, None),
        traded(PUT, "16:30:00", Some(4), None),
        traded(CALL, "16:40:00", Some(40), None),
        traded("QQQ251219C00640000", "13:30:00", Some(1_000), None),
    ];
    store.upsert_quotes(&quotes).await?;
    let all = in_hours([
        ("13:00:00", "14:00:00", 31, 5, 3),
        ("14:00:00", "15:00:00", 2, 0, 2),
        ("16:00:00", "17:00:00", 8, 0, 2),
    ]);
    assert_eq!(traded_in(&hours(&*store, EVERYTHING).await?), all);
    let early = hours(&*store, AsOf::instant(instant("2025-09-25T13:45:00Z"))).await?;
    assert_eq!(traded_in(&early), in_hours([("13:00:00", "13:45:00", 10, 0, 1)]));
    assert_eq!(hours(&*store, AsOf::instant(instant("2025-09-25T13:00:00Z"))).await?, []);
    Ok(())
}

/// The volatility of an hour is the mean over the contracts whose last quote has one.
async fn an_hour_tells_the_mean_volatility_of_those_quoted(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let quotes = [
        traded(CALL, "13:30:00", None, Some(0.9)),
        traded(CALL, "13:40:00", None, Some(0.2)),
        traded(PUT, "13:30:00", None, Some(0.4)),
        traded("SPY251219P00650000", "13:30:00", None, Some(0.7)),
        traded("SPY251219P00650000", "13:50:00", None, None),
        traded(CALL, "14:30:00", None, None),
    ];
    store.upsert_quotes(&quotes).await?;
    let hours = hours(&*store, EVERYTHING).await?;
    assert_eq!(hours.iter().map(|hour| hour.quoted).collect::<Vec<_>>(), [3, 1]);
    let mean = hours[0].implied_volatility.unwrap_or(0.0);
    assert!((mean / 0.3 - 1.0).abs() < 1e-12, "{mean}");
    assert_eq!(hours[1].implied_volatility, None);
    Ok(())
}

/// A contract counts as quoted in hours that start before it expires, and no longer.
async fn expired_contracts_are_not_quoted(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let expiring = "SPY250925C00640000";
    let quotes = [
        traded(expiring, "20:15:00", Some(10), Some(0.5)),
        traded(expiring, "21:00:00.000001", Some(12), Some(0.7)),
        traded(CALL, "21:15:00", None, Some(0.2)),
    ];
    store.upsert_quotes(&quotes).await?;
    let hours = hours(&*store, EVERYTHING).await?;
    assert_eq!(traded_in(&hours), in_hours([("20:00:00", "21:00:00", 10, 0, 1), ("21:00:00", "22:00:00", 2, 0, 1)]));
    assert_eq!(hours.iter().map(|hour| hour.implied_volatility).collect::<Vec<_>>(), [Some(0.5), Some(0.2)]);
    Ok(())
}

/// Hours and days are made from the quotes within both limits, in the versions valid then.
async fn hours_use_the_versions_valid_then(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store
        .upsert_quotes(&[traded(CALL, "13:30:00", Some(10), Some(0.2)), traded(PUT, "14:30:00", Some(7), None)])
        .await?;
    let (end, recorded) = (instant("2025-09-25T15:00:00Z"), instant("2025-09-25T17:00:00Z"));
    let corrected = traded(CALL, "13:30:00", Some(99), Some(0.4)).with_recorded_at(recorded);
    let late = traded(PUT, "13:45:00", Some(3), None).with_recorded_at(recorded);
    store.upsert_quotes(&[corrected, late]).await?;
    for (known_by, calls, puts, volatility) in [
        (None, 99, [3, 4], 0.4),
        (Some(recorded), 99, [3, 4], 0.4),
        (Some(just_before(recorded)), 10, [0, 7], 0.2),
        (Some(end), 10, [0, 7], 0.2),
    ] {
        let as_of = AsOf { at: end, known_by };
        let hours = hours(&*store, as_of).await?;
        assert_eq!(hours.iter().map(|hour| hour.volume.puts).collect::<Vec<_>>(), puts);
        assert_eq!((hours[0].volume.calls, hours[0].implied_volatility), (calls, Some(volatility)));
        let days = store.daily_options(spy(), parsed("2025-09-25"), parsed("2025-09-25"), as_of).await?;
        assert_eq!(days.iter().map(|day| day.volume).collect::<Vec<_>>(), [OptionVolume { calls, puts: 7 }]);
    }
    Ok(())
}

/// A day counts for each contract the last volume stated after midnight in New York, up to and including the next,
/// whatever the clocks do; days on which nothing was traded are left out.
async fn a_day_tells_what_was_traded_on_it(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    // The clocks go forward on the ninth.
    let quotes = [
        (CALL, "2025-03-07T21:00:00Z", Some(10)),
        (CALL, "2025-03-08T05:00:00Z", Some(12)),
        (PUT, "2025-03-08T05:00:00.000001Z", Some(6)),
        (CALL, "2025-03-10T03:59:59.999999Z", Some(8)),
        (PUT, "2025-03-10T04:00:00.000001Z", Some(9)),
        (CALL, "2025-03-10T15:00:00Z", Some(3)),
        (CALL, "2025-03-10T20:00:00Z", Some(4)),
        (CALL, "2025-03-10T20:30:00Z", None),
        (CALL, "2025-03-11T20:00:00Z", Some(0)),
        (CALL, "2025-03-12T20:00:00Z", Some(5)),
    ];
    let quote = |(contract, at, volume): (&str, &str, _)| OptionQuote {
        at: instant(at),
        recorded_at: instant(at),
        ..traded(contract, "00:00:00", volume, None)
    };
    store.upsert_quotes(&quotes.map(quote)).await?;
    let ask = async |from, until, as_of| {
        let days = store.daily_options(spy(), parsed(from), parsed(until), as_of).await?;
        let volumes = |one: &DailyOptions| (one.day.to_string(), one.volume.calls, one.volume.puts);
        Ok::<_, strikebook_core::Error>(days.iter().map(volumes).collect::<Vec<_>>())
    };
    let volumes = |day: &str, calls, puts| (day.to_owned(), calls, puts);
    let all = [
        volumes("2025-03-07", 12, 0),
        volumes("2025-03-08", 0, 6),
        volumes("2025-03-09", 8, 0),
        volumes("2025-03-10", 4, 9),
        volumes("2025-03-12", 5, 0),
    ];
    assert_eq!(ask("2025-03-01", "2025-03-31", EVERYTHING).await?, all);
    assert_eq!(ask("2025-03-08", "2025-03-10", EVERYTHING).await?, all[1..4]);
    let noon = AsOf::instant(instant("2025-03-10T16:00:00Z"));
    assert_eq!(ask("2025-03-10", "2025-03-31", noon).await?, [volumes("2025-03-10", 3, 9)]);
    assert_eq!(ask("2025-03-10", "2025-03-07", EVERYTHING).await?, []);
    Ok(())
}

/// A query of more than a hundred years is refused, and so is one of an invalid day.
async fn more_than_a_hundred_years_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (from, until) in [("1900-01-01", "2025-01-01"), ("1700-01-01", "1700-01-01")] {
        let error =
            store.daily_options(spy(), parsed(from), parsed(until), EVERYTHING).await.expect_err("too many days");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let error = store.hourly_options(spy(), parsed("2201-01-01"), EVERYTHING).await.expect_err("no such day");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}

/// The days of [`live`] and [`options`]: the clocks go forward between the first and the second, and the third is half
/// a day.
const DAYS: [&str; 3] = ["2025-03-07", "2025-03-10", "2025-07-03"];

/// Generates quotes of some hours before the close of each day and a little after it, with gaps and faults, recorded
/// seconds later.
fn live(symbol: &str) -> Vec<UnderlyingQuote> {
    let mut quotes = Vec::new();
    for close in DAYS.map(|day| calendar::close_on(parsed(day)).unwrap_or_else(|error| panic!("{error}"))) {
        for number in 0..150_u32 {
            let at = close.saturating_sub(TimeDelta::seconds(80 * (140 - i64::from(number))));
            let mut quote =
                UnderlyingQuote::new(parsed(symbol), at, source(if number % 9 == 0 { "other" } else { "test" }));
            quote.last = (number % 7 != 3).then(|| 60.0 + f64::from(number * 37 % 100) / 100.0);
            (quote.bid, quote.ask) = (Some(59.0), (number % 2 == 0).then_some(61.0));
            // Now and then the stated volume of the day is too low.
            let fallen = if number % 31 == 30 { 500 } else { 0 };
            quote.volume = (number % 5 != 2).then_some(u64::from(number) * 100 + 1_000 - fallen);
            quote.recorded_at = at.saturating_add(TimeDelta::seconds(i64::from(number % 4)));
            quotes.push(quote);
        }
    }
    quotes
}

fn options(root: &str) -> Vec<OptionQuote> {
    let mut quotes = Vec::new();
    for close in DAYS.map(|day| calendar::close_on(parsed(day)).unwrap_or_else(|error| panic!("{error}"))) {
        for (place, end) in ["250307C00060000", "250718C00060000", "250718P00060000"].iter().enumerate() {
            for number in 0..20_u32 {
                let at = close.saturating_sub(TimeDelta::minutes(15 * (18 - i64::from(number))));
                let mut quote = OptionQuote::new(parsed(&format!("{root}{end}")), at, source("test"));
                quote.volume = (number % 5 != 2).then(|| u64::from(number / 3) * 10 + place as u64);
                quote.implied_volatility = (number % 4 != 1).then(|| 0.2 + f64::from(number * 13 % 17) / 100.0);
                quote.recorded_at = at.saturating_add(TimeDelta::seconds(i64::from(number % 3)));
                quotes.push(quote);
            }
        }
    }
    quotes
}

/// Asserts that a store and the specification answer alike, whatever the limits.
async fn assert_alike(store: &dyn Store, model: &dyn Store, step: &str) -> Result<()> {
    let noon = instant("2025-03-10T18:30:40Z");
    let limits = [
        EVERYTHING,
        AsOf::instant(noon),
        AsOf::with_hindsight(noon),
        AsOf::instant(instant("2025-03-10T20:00:00Z")),
        EVERYTHING.known_by(instant("2025-03-10T20:00:01Z")),
        AsOf::instant(Timestamp::MAX),
    ];
    for as_of in limits {
        let what = format!("{step}, {as_of:?}");
        for symbol in ["SPY", "QQQ"].map(parsed::<Symbol>) {
            for (timeframe, from) in [
                (Timeframe::Minute1, Timestamp::MIN),
                (Timeframe::Minute5, noon),
                (Timeframe::Hour1, Timestamp::MIN),
                (Timeframe::Day1, Timestamp::MIN),
            ] {
                let expected = model.live_bars(symbol, timeframe, from, as_of).await?;
                let found = store.live_bars(symbol, timeframe, from, as_of).await?;
                assert_eq!(found, expected, "{what}, {symbol} {timeframe} from {from}");
            }
            for day in [DAYS[1], DAYS[2]] {
                let expected = model.hourly_options(symbol, parsed(day), as_of).await?;
                let found = store.hourly_options(symbol, parsed(day), as_of).await?;
                assert_eq!(traded_in(&found), traded_in(&expected), "{what}, {symbol} on {day}");
                for (found, expected) in found.iter().zip(&expected) {
                    let (found, expected) = (found.implied_volatility, expected.implied_volatility);
                    let is_near = found.zip(expected).is_some_and(|(one, other)| (one / other - 1.0).abs() < 1e-12);
                    assert!(is_near || found == expected, "{what}, {symbol} on {day}: {found:?}, not {expected:?}");
                }
            }
            let (first, last) = (parsed("2025-03-01"), parsed("2025-07-31"));
            let expected = model.daily_options(symbol, first, last, as_of).await?;
            let found = store.daily_options(symbol, first, last, as_of).await?;
            assert_eq!(found, expected, "{what}, {symbol} by the day");
        }
    }
    Ok(())
}

/// Stored aggregates answer as their rows do.
async fn materialised_aggregates_equal_computed_ones(bench: &Bench) -> Result<()> {
    answers_follow_the_rows(bench).await
}

/// Answers follow the rows: after corrections, late rows, purges and evictions, whether they came before or after the
/// last refresh, and for any limits.
async fn answers_follow_the_rows(bench: &Bench) -> Result<()> {
    let (model, store) = (MemoryStore::new(), bench.open().await?);
    let both: [&dyn Store; 2] = [&model, &*store];
    let (of_spy, of_qqq) = (live("SPY"), live("QQQ"));
    let (spy_options, qqq_options) = (options("SPY"), options("QQQ"));
    // Most of the first two days, as they came.
    let is_early = |at: Timestamp| at <= instant("2025-03-10T19:30:00Z");
    for store in both {
        let early: Vec<_> = of_spy.iter().chain(&of_qqq).filter(|quote| is_early(quote.at)).cloned().collect();
        store.upsert_underlying_quotes(&early).await?;
        let early: Vec<_> =
            spy_options.iter().chain(&qqq_options).filter(|quote| is_early(quote.at)).cloned().collect();
        store.upsert_quotes(&early).await?;
    }
    refresh(&*store).await?;
    assert_alike(&*store, &model, "refreshed").await?;
    for store in both {
        store.upsert_underlying_quotes(&of_spy).await?;
        store.upsert_underlying_quotes(&of_qqq).await?;
        store.upsert_quotes(&spy_options).await?;
        store.upsert_quotes(&qqq_options).await?;
    }
    assert_alike(&*store, &model, "with the rest").await?;
    refresh(&*store).await?;
    // Corrections of the second day that were recorded in its afternoon, one that removes a price, and a row between
    // others.
    let recorded = instant("2025-03-10T19:00:00Z");
    for store in both {
        let wrong =
            of_spy.iter().filter(|quote| (instant("2025-03-10T17:00:00Z")..recorded).contains(&quote.at)).step_by(9);
        let corrected: Vec<_> = wrong
            .map(|quote| UnderlyingQuote {
                last: quote.last.map(|last| last + 5.0),
                volume: None,
                recorded_at: recorded,
                ..quote.clone()
            })
            .collect();
        assert!(corrected.len() > 3);
        store.upsert_underlying_quotes(&corrected).await?;
        let late = UnderlyingQuote { at: just_after(corrected[0].at), last: Some(1.0), ..corrected[0].clone() };
        store.upsert_underlying_quotes(&[late]).await?;
        let wrong = spy_options
            .iter()
            .filter(|quote| (instant("2025-03-10T17:00:00Z")..recorded).contains(&quote.at))
            .step_by(5);
        let corrected: Vec<_> = wrong
            .map(|quote| OptionQuote {
                volume: Some(1_000),
                implied_volatility: Some(0.9),
                recorded_at: recorded,
                ..quote.clone()
            })
            .collect();
        assert!(corrected.len() > 2);
        store.upsert_quotes(&corrected).await?;
        // A version from before the valid one.
        let past = UnderlyingQuote { last: Some(2.0), recorded_at: just_before(of_spy[11].at), ..of_spy[11].clone() };
        store.upsert_underlying_quotes(&[past]).await?;
    }
    assert_alike(&*store, &model, "corrected").await?;
    refresh(&*store).await?;
    assert_alike(&*store, &model, "corrected and refreshed").await?;
    let eviction = Eviction::new(Fetched::Market(spy()), instant("2025-03-10T17:30:00Z")).with_source(source("test"));
    for store in both {
        store.evict(&eviction).await?;
    }
    assert_alike(&*store, &model, "evicted").await?;
    refresh(&*store).await?;
    assert_alike(&*store, &model, "evicted and refreshed").await?;
    for store in both {
        for dataset in [Dataset::UnderlyingQuotes, Dataset::OptionQuotes] {
            store.purge(dataset, instant("2025-03-10T18:00:10Z")).await?;
        }
    }
    assert_alike(&*store, &model, "purged").await?;
    refresh(&*store).await?;
    assert_alike(&*store, &model, "purged and refreshed").await
}
