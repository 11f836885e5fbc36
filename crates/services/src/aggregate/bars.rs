//! Bars out of live quotes.

use std::iter::once;

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Error, Limit, Result, Timestamp,
    market::{Bar, BarKey, Symbol, Timeframe, UnderlyingQuery, UnderlyingQuote, UnderlyingRepository, calendar},
};

use super::midnight;

/// Quotes that are asked for at once.
const AT_ONCE: Limit = Limit::new(50_000).expect("above zero");

/// The bars of a symbol out of its quotes from an instant on, as they were known at a point. See [`bars_of`].
///
/// # Errors
/// As [`bars_of`], and those of the engine.
///
/// # Cancel safety
/// Safe.
pub async fn live_bars(
    store: &(impl UnderlyingRepository + ?Sized),
    symbol: Symbol,
    timeframe: Timeframe,
    from: Timestamp,
    as_of: AsOf,
) -> Result<Vec<Bar>> {
    // A volume is told from the midnight before on, so a bar in the middle of a day needs the quotes before it.
    let start = midnight(from.new_york_date()).unwrap_or(Timestamp::MIN);
    let mut query = UnderlyingQuery::new(symbol, as_of).with_from(start).with_limit(AT_ONCE);
    let mut quotes = Vec::new();
    loop {
        let page = store.list_underlying_quotes(&query).await?;
        quotes.extend(page.items);
        let Some(next) = page.next else { break };
        query = query.after(next);
    }
    let bars = bars_of(&quotes, timeframe, as_of.at)?;
    Ok(bars.into_iter().filter(|bar| bar.opened_at >= from).collect())
}

/// Bars of one symbol's quotes, which are given oldest first: of a minute, five or fifteen minutes, half an hour, an hour or
/// a day, as far as they had ended at an instant.
///
/// - A bar of an hour or less starts at a full multiple of its length in UTC and holds the quotes from its start up to, and
///   without, its end. A bar of a day starts at midnight in New York and ends with the close of the exchange, whose instant
///   it includes; what is said after the close, or on a day without trading, is in no daily bar.
/// - Prices are those of each quote's [last trade, or else its mid](UnderlyingQuote::price). A quote without either counts
///   for nothing, and a bar without a price is none.
/// - A quote tells the volume of its day so far, if any. A bar's volume is the growth from the last quote before it on that
///   day that tells one, or from zero, to its own last one. It is missing where no quote of the bar tells one, and where it
///   fell on the way.
/// - A bar was learned when the last of its quotes was, and not before its end. Its source is that of its last quote.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for another timeframe, and when quotes are of several symbols
/// or not oldest first, with the index as `row`.
pub fn bars_of(quotes: &[UnderlyingQuote], timeframe: Timeframe, until: Timestamp) -> Result<Vec<Bar>> {
    let length = length(timeframe)?;
    for (row, (one, next)) in quotes.iter().zip(quotes.iter().skip(1)).enumerate() {
        if one.symbol != next.symbol || one.at >= next.at {
            let error = Error::invalid_input("quotes must be of one symbol and oldest first, each instant once");
            return Err(error.with("row", row + 1).with("at", next.at));
        }
    }
    let mut bars = Vec::new();
    // The day of the last quote that told a volume, and what it told.
    let mut last: Option<(NaiveDate, u64)> = None;
    for group in quotes.chunk_by(|one, next| span(one.at, length) == span(next.at, length)) {
        let Some(first) = group.first() else { continue };
        let day = first.at.new_york_date();
        let before = last.filter(|(of, _)| *of == day).map_or(0, |(_, told)| told);
        let told: Vec<_> = group.iter().filter_map(|quote| Some((quote.at.new_york_date(), quote.volume?))).collect();
        last = told.last().copied().or(last);
        if let Some((opened_at, at)) = span(first.at, length).filter(|(_, at)| *at <= until) {
            let volumes: Vec<_> = once(before).chain(told.iter().map(|(_, volume)| *volume)).collect();
            let grown = told.last().filter(|_| volumes.is_sorted()).map(|(_, now)| now - before);
            bars.extend(bar(group, BarKey::new(first.symbol, timeframe), (opened_at, at), grown));
        }
    }
    Ok(bars)
}

/// The length of an intraday bar; `None` for a day.
fn length(timeframe: Timeframe) -> Result<Option<TimeDelta>> {
    match timeframe {
        Timeframe::Minute1 => Ok(Some(TimeDelta::minutes(1))),
        Timeframe::Minute5 => Ok(Some(TimeDelta::minutes(5))),
        Timeframe::Minute15 => Ok(Some(TimeDelta::minutes(15))),
        Timeframe::Minute30 => Ok(Some(TimeDelta::minutes(30))),
        Timeframe::Hour1 => Ok(Some(TimeDelta::hours(1))),
        Timeframe::Day1 => Ok(None),
        _ => Err(Error::invalid_input("bars are made of 1m, 5m, 15m, 30m, 1h or 1d").with("timeframe", timeframe)),
    }
}

/// From where to where the bar goes that an instant is in; `None` for one that is in none.
fn span(at: Timestamp, length: Option<TimeDelta>) -> Option<(Timestamp, Timestamp)> {
    let Some(length) = length else {
        let day = at.new_york_date();
        let close = calendar::close_on(day).ok().filter(|close| at <= *close && calendar::is_trading_day(day))?;
        return Some((midnight(day).ok()?, close));
    };
    let micros = length.num_microseconds()?;
    let start = Timestamp::from_micros(at.as_micros().div_euclid(micros).checked_mul(micros)?).ok()?;
    Some((start, start.saturating_add(length)))
}

fn bar(
    quotes: &[UnderlyingQuote],
    key: BarKey,
    (opened_at, at): (Timestamp, Timestamp),
    volume: Option<u64>,
) -> Option<Bar> {
    let prices = || quotes.iter().filter_map(UnderlyingQuote::price);
    let source = quotes.last()?.source.clone();
    let learned = quotes.iter().map(|quote| quote.recorded_at).fold(at, Timestamp::max);
    Some(Bar {
        key,
        opened_at,
        at,
        open: prices().next()?,
        high: prices().fold(f64::NEG_INFINITY, f64::max),
        low: prices().fold(f64::INFINITY, f64::min),
        close: prices().next_back()?,
        volume,
        vwap: None,
        source,
        recorded_at: learned,
    })
}
