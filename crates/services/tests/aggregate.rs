//! Bars out of live quotes, by hand, and what holds of any quotes.

use chrono::TimeDelta;
use proptest::{collection::vec, option, prelude::*};
use strikebook_core::{
    AsOf, ErrorKind, Result, Source, Timestamp,
    market::{Bar, Symbol, Timeframe, UnderlyingQuote, UnderlyingRepository},
    memory::MemoryStore,
};
use strikebook_services::aggregate::{bars_of, live_bars};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn quote(time: &str, last: f64, volume: Option<u64>) -> UnderlyingQuote {
    let symbol = Symbol::new("SPY").expect("a symbol");
    let mut quote = UnderlyingQuote::new(symbol, at(time), Source::new("test").expect("a source"));
    (quote.last, quote.volume) = (Some(last), volume);
    quote
}

/// A morning in New York, with hours in UTC.
fn morning() -> Vec<UnderlyingQuote> {
    vec![
        quote("2025-09-25T13:30:00Z", 100.0, Some(50)),
        quote("2025-09-25T13:30:30Z", 102.0, Some(70)),
        quote("2025-09-25T13:30:59.999999Z", 99.0, Some(90)),
        quote("2025-09-25T13:31:00Z", 101.0, None),
        quote("2025-09-25T13:34:00Z", 103.0, Some(100)),
        quote("2025-09-25T14:00:00Z", 104.0, Some(95)),
        quote("2025-09-25T14:30:00Z", 105.0, Some(99)),
        quote("2025-09-25T20:00:00Z", 106.0, Some(500)),
        quote("2025-09-25T20:00:01Z", 200.0, Some(501)),
        quote("2025-09-26T13:30:00Z", 107.0, Some(7)),
    ]
}

fn told(bars: &[Bar]) -> Vec<(String, [f64; 4], Option<u64>)> {
    let one = |bar: &Bar| (bar.at.to_string(), [bar.open, bar.high, bar.low, bar.close], bar.volume);
    bars.iter().map(one).collect()
}

#[test]
fn a_minute_holds_its_start_and_not_its_end() -> Result<()> {
    let bars = bars_of(&morning(), Timeframe::Minute1, at("2025-09-25T13:35:00Z"))?;
    let expected = [
        ("2025-09-25T13:31:00Z".to_owned(), [100.0, 102.0, 99.0, 99.0], Some(90)),
        ("2025-09-25T13:32:00Z".to_owned(), [101.0; 4], None),
        ("2025-09-25T13:35:00Z".to_owned(), [103.0; 4], Some(10)),
    ];
    assert_eq!(told(&bars), expected);
    assert_eq!(bars[0].opened_at, at("2025-09-25T13:30:00Z"));
    let unfinished = bars_of(&morning(), Timeframe::Minute1, at("2025-09-25T13:34:59Z"))?;
    assert_eq!(unfinished, bars[..2], "a bar that has not ended is none");
    Ok(())
}

#[test]
fn volume_that_fell_is_not_told() -> Result<()> {
    let hours = bars_of(&morning(), Timeframe::Hour1, Timestamp::MAX)?;
    let volumes: Vec<_> = hours.iter().map(|bar| (bar.at.to_string(), bar.volume)).collect();
    let expected = [
        ("2025-09-25T14:00:00Z", Some(100)),
        ("2025-09-25T15:00:00Z", None),
        ("2025-09-25T21:00:00Z", Some(402)),
        ("2025-09-26T14:00:00Z", Some(7)),
    ];
    assert_eq!(volumes, expected.map(|(at, volume)| (at.to_owned(), volume)));
    Ok(())
}

#[test]
fn a_day_ends_with_the_close() -> Result<()> {
    let mut quotes = morning();
    quotes[5].volume = Some(100);
    quotes[6].volume = Some(100);
    let days = bars_of(&quotes, Timeframe::Day1, at("2025-09-26T19:59:59Z"))?;
    assert_eq!(told(&days), [("2025-09-25T20:00:00Z".to_owned(), [100.0, 106.0, 99.0, 106.0], Some(500))]);
    assert_eq!(bars_of(&quotes, Timeframe::Day1, at("2025-09-26T20:00:00Z"))?.len(), 2);
    assert_eq!(
        bars_of(&quotes, Timeframe::Week1, at("2025-09-26T20:00:00Z")).expect_err("weeks").kind(),
        ErrorKind::InvalidInput
    );
    quotes.swap(0, 1);
    let error = bars_of(&quotes, Timeframe::Day1, at("2025-09-26T20:00:00Z")).expect_err("out of order");
    assert_eq!(error.context("row"), Some("1"));
    Ok(())
}

#[tokio::test]
async fn bars_of_a_store_are_those_known_then() -> Result<()> {
    let store = MemoryStore::new();
    store.upsert_underlying_quotes(&morning()).await?;
    let symbol = Symbol::new("SPY")?;
    let noon = AsOf::instant(at("2025-09-25T16:00:00Z"));
    let from = at("2025-09-25T13:32:00Z");
    let bars = live_bars(&store, symbol, Timeframe::Minute1, from, noon).await?;
    assert_eq!(bars.len(), 3);
    assert_eq!(bars[0].volume, Some(10), "the volume before the first bar is known");
    let mut corrected = quote("2025-09-25T13:34:00Z", 1.0, Some(100));
    corrected.recorded_at = at("2025-09-25T17:00:00Z");
    store.upsert_underlying_quotes(&[corrected]).await?;
    assert_eq!(live_bars(&store, symbol, Timeframe::Minute1, from, noon).await?, bars);
    let hindsight = live_bars(&store, symbol, Timeframe::Minute1, from, AsOf::with_hindsight(noon.at)).await?;
    assert_eq!((hindsight[0].close, hindsight[0].recorded_at), (1.0, at("2025-09-25T17:00:00Z")));
    Ok(())
}

/// Quotes of some days, some without a price or volume.
fn quotes() -> impl Strategy<Value = Vec<UnderlyingQuote>> {
    let one = (1..7_200_i64, option::weighted(0.9, 1.0..1e4_f64), option::weighted(0.9, 0..500_u64));
    vec(one, 0..80).prop_map(|steps| {
        let (mut now, mut so_far) = (at("2025-09-24T12:00:00Z"), 0);
        let mut quotes = Vec::new();
        for (seconds, last, traded) in steps {
            let next = now.saturating_add(TimeDelta::seconds(seconds));
            so_far = if next.new_york_date() == now.new_york_date() { so_far } else { 0 };
            so_far += traded.unwrap_or(0);
            now = next;
            let mut quote = quote(&now.to_string(), 1.0, traded.map(|_| so_far));
            quote.last = last;
            quotes.push(quote);
        }
        quotes
    })
}

const TIMEFRAMES: [Timeframe; 4] = [Timeframe::Minute1, Timeframe::Minute5, Timeframe::Hour1, Timeframe::Day1];

proptest! {
    /// Bars are valid and in order, and later quotes change none that had ended.
    #[test]
    fn what_has_ended_is_settled(quotes in quotes(), part in 0..80_usize) {
        for timeframe in TIMEFRAMES {
            let early = &quotes[..part.min(quotes.len())];
            let until = early.last().map_or(Timestamp::MIN, |quote| quote.at);
            let before = bars_of(early, timeframe, until).expect("valid");
            let all = bars_of(&quotes, timeframe, Timestamp::MAX).expect("valid");
            let known: Vec<_> = all.iter().filter(|bar| bar.at < until).cloned().collect();
            prop_assert_eq!(&before[..known.len()], &known[..], "{}", timeframe);
            for bar in &all {
                prop_assert!(bar.validate().is_ok(), "{:?}", bar);
            }
            prop_assert!(all.is_sorted_by(|one, next| one.at < next.at));
        }
    }

    /// Bars of an hour are those of its minutes put together, where every quote tells price and volume.
    #[test]
    fn hours_are_made_of_minutes(mut quotes in quotes()) {
        quotes.retain(|quote| quote.last.is_some() && quote.volume.is_some());
        let minutes = bars_of(&quotes, Timeframe::Minute1, Timestamp::MAX).expect("valid");
        for hour in bars_of(&quotes, Timeframe::Hour1, Timestamp::MAX).expect("valid") {
            let within: Vec<_> = minutes.iter().filter(|bar| bar.opened_at >= hour.opened_at && bar.at <= hour.at).collect();
            prop_assert_eq!(within.first().map(|bar| bar.open), Some(hour.open));
            prop_assert_eq!(within.last().map(|bar| bar.close), Some(hour.close));
            let high = within.iter().map(|bar| bar.high).fold(0.0, f64::max);
            prop_assert_eq!(Some(high), Some(hour.high));
            let low = within.iter().map(|bar| bar.low).fold(f64::INFINITY, f64::min);
            prop_assert_eq!(Some(low), Some(hour.low));
            prop_assert_eq!(within.iter().map(|bar| bar.volume).sum::<Option<u64>>(), hour.volume);
        }
    }
}
