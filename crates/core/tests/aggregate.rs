//! Properties of bars made from live quotes.

use chrono::TimeDelta;
use proptest::{collection::vec, option, prelude::*};
use strikebook_core::{
    Source, Timestamp,
    market::{Bar, Symbol, Timeframe, UnderlyingQuote},
    port::{BarPart, bars_of},
};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn quote(time: &str, last: f64, volume: Option<u64>) -> UnderlyingQuote {
    let symbol = Symbol::new("SPY").expect("a symbol");
    let mut quote = UnderlyingQuote::new(symbol, at(time), Source::new("test").expect("a source"));
    (quote.last, quote.volume) = (Some(last), volume);
    quote
}

fn bars(quotes: &[UnderlyingQuote], timeframe: Timeframe, until: Timestamp) -> Vec<Bar> {
    let symbol = Symbol::new("SPY").expect("a symbol");
    let parts = quotes.iter().map(BarPart::from).collect();
    bars_of(symbol, timeframe, parts, Timestamp::MIN, until).expect("a timeframe of live bars")
}

/// Generates quotes of some days, some without a price or volume.
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
    /// Bars are valid and in order, and later quotes do not change a bar that has ended.
    #[test]
    fn bars_that_have_ended_do_not_change(quotes in quotes(), part in 0..80_usize) {
        for timeframe in TIMEFRAMES {
            let early = &quotes[..part.min(quotes.len())];
            let until = early.last().map_or(Timestamp::MIN, |quote| quote.at);
            let before = bars(early, timeframe, until);
            let all = bars(&quotes, timeframe, Timestamp::MAX);
            let known: Vec<_> = all.iter().filter(|bar| bar.at < until).cloned().collect();
            prop_assert_eq!(&before[..known.len()], &known[..], "{}", timeframe);
            for bar in &all {
                prop_assert!(bar.validate().is_ok(), "{:?}", bar);
            }
            prop_assert!(all.is_sorted_by(|one, next| one.at < next.at));
        }
    }

    /// Hourly bars equal their minutes' bars merged, if every quote has a price and a volume.
    #[test]
    fn hours_are_made_of_minutes(mut quotes in quotes()) {
        quotes.retain(|quote| quote.last.is_some() && quote.volume.is_some());
        let minutes = bars(&quotes, Timeframe::Minute1, Timestamp::MAX);
        for hour in bars(&quotes, Timeframe::Hour1, Timestamp::MAX) {
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
