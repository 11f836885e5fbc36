//! Options by the hour and by the day.

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Result, Timestamp,
    market::{ChainQuery, ChainRepository, OptionChain, OptionVolume, Symbol},
};

use super::{days, midnight};
use crate::statistics::mean;

/// What was traded of an underlying's options in an hour, and how volatile they were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HourlyOptions {
    /// The start of the hour.
    pub from: Timestamp,
    /// Its end, included.
    pub until: Timestamp,
    /// Contracts traded in it.
    pub volume: OptionVolume,
    /// The mean of the implied volatilities that were quoted in it, each contract's last one; `None` without any.
    pub implied_volatility: Option<f64>,
    /// How many contracts were quoted in it.
    pub quoted: u64,
}

/// What was traded of an underlying's options on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyOptions {
    /// The day in New York.
    pub day: NaiveDate,
    /// Contracts traded on it. [`put_call_ratio`](OptionVolume::put_call_ratio) is that of the day.
    pub volume: OptionVolume,
}

/// The hours of a day in New York in which options of an underlying were quoted, as they were known at a point; the last one
/// as far as it goes. An hour starts at a full hour after midnight and counts what was said after its start, up to and
/// including its end. A volume that fell within the day counts as nothing traded.
///
/// # Errors
/// Those of the engine.
///
/// # Cancel safety
/// Safe.
pub async fn hourly_options(
    store: &(impl ChainRepository + ?Sized),
    underlying: Symbol,
    day: NaiveDate,
    as_of: AsOf,
) -> Result<Vec<HourlyOptions>> {
    let (start, next) = (midnight(day)?, midnight(day.succ_opt().unwrap_or(day))?);
    let (mut hours, mut before) = (Vec::new(), OptionVolume::default());
    let mut from = start;
    // A day has 23 to 25 hours.
    while from < next && from < as_of.at {
        let until = from.saturating_add(TimeDelta::hours(1)).min(next).min(as_of.at);
        let limits = AsOf { at: until, ..as_of };
        let so_far = store.option_volume(underlying, start, limits).await?;
        let age = until.since(from) - TimeDelta::microseconds(1);
        let query = ChainQuery::new(underlying, limits).with_max_quote_age(age).with_adjusted();
        let chain = store.chain_as_of(&query).await?;
        if !chain.is_empty() {
            let volume = OptionVolume {
                calls: so_far.calls.saturating_sub(before.calls),
                puts: so_far.puts.saturating_sub(before.puts),
            };
            let quoted = chain.len() as u64;
            hours.push(HourlyOptions { from, until, volume, implied_volatility: mean_volatility(&chain), quoted });
        }
        before = so_far;
        from = from.saturating_add(TimeDelta::hours(1));
    }
    Ok(hours)
}

fn mean_volatility(chain: &OptionChain) -> Option<f64> {
    let known: Vec<_> = chain.rows().iter().filter_map(|row| row.quote.implied_volatility).collect();
    mean(&known)
}

/// What was traded of an underlying's options on each day from one to another, both included, as it was known at a point.
/// Days on which nothing was traded are left out.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for more than a hundred years, and those of the engine.
///
/// # Cancel safety
/// Safe.
pub async fn daily_put_call(
    store: &(impl ChainRepository + ?Sized),
    underlying: Symbol,
    (from, until): (NaiveDate, NaiveDate),
    as_of: AsOf,
) -> Result<Vec<DailyOptions>> {
    let mut told = Vec::new();
    for day in days(from, until)? {
        let (start, next) = (midnight(day)?, midnight(day.succ_opt().unwrap_or(day))?);
        let end = next.saturating_sub(TimeDelta::microseconds(1)).min(as_of.at);
        if start > as_of.at {
            break;
        }
        let volume = store.option_volume(underlying, start, AsOf { at: end, ..as_of }).await?;
        if volume != OptionVolume::default() {
            told.push(DailyOptions { day, volume });
        }
    }
    Ok(told)
}
