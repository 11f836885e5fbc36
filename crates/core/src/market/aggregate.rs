//! What many rows come to over minutes, hours and days: bars out of live quotes, and options by the hour and the day.

mod part;

use async_trait::async_trait;
use chrono::NaiveDate;

pub use part::{BarPart, Grid, bars_of};

use super::{Bar, OptionVolume, Symbol, Timeframe};
use crate::{AsOf, Result, Timestamp};

/// What was traded of an underlying's options in an hour, and how volatile they were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HourlyOptions {
    /// The start of the hour, which is not in it.
    pub from: Timestamp,
    /// Its end, which is; or the event limit, when that comes first.
    pub until: Timestamp,
    /// Contracts traded in it.
    pub volume: OptionVolume,
    /// The mean of the implied volatilities of the contracts quoted in it, each contract's last one, per 1.00 a year;
    /// `None` when none was told.
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

/// What live quotes come to. Every answer is that of the rows within both limits, as they were believed at the
/// knowledge limit. An engine may keep sums of its rows and answer from them; the answers are the same.
#[async_trait]
pub trait AggregateRepository: std::fmt::Debug + Send + Sync + 'static {
    /// The bars of a symbol out of its quotes, oldest first: those that started at an instant or later and had ended at
    /// the event limit.
    ///
    /// - A bar of an hour or less starts at a full multiple of its length in UTC and holds the quotes from its start up
    ///   to, and without, its end. A bar of a day starts at midnight in New York and ends with the close of the
    ///   exchange, whose instant it includes; what is said after the close, or on a day without trading, is in no daily
    ///   bar.
    /// - Prices are those of each quote's [last trade, or else its mid](super::UnderlyingQuote::price). A quote without
    ///   either counts for no price, and there is no bar without a price.
    /// - A quote tells the volume of its day so far, if any. A bar's volume is its own last one less the last one told
    ///   before it on that day, or less zero. It is missing where no quote of the bar tells one, and where the last one
    ///   is below one told before, in the bar or just ahead of it.
    /// - A bar was learned when the last of its quotes was, and not before its end. Its source is that of its last
    ///   quote.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for another timeframe than `1m`, `5m`, `15m`, `30m`, `1h` and
    /// `1d`.
    ///
    /// # Cancel safety
    /// Safe.
    async fn live_bars(&self, symbol: Symbol, timeframe: Timeframe, from: Timestamp, as_of: AsOf) -> Result<Vec<Bar>>;

    /// The hours of a day in New York in which options of an underlying were quoted, oldest first; the last one as far
    /// as the event limit.
    ///
    /// - An hour starts at a full hour after midnight and holds what was said after its start, up to and including its
    ///   end.
    /// - A contract counts as quoted in an hour that starts before it expires. Contracts with adjusted roots count too.
    /// - A quote tells its contract's volume of the day so far. What was traded in an hour is the sum of the last ones
    ///   told up to its end less that up to its start, for calls and for puts; a sum that fell counts as nothing
    ///   traded.
    /// - Volumes are exact up to 2⁵³, and the mean volatility to 10⁻¹² of it.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a day out of [`Timestamp`]'s range.
    ///
    /// # Cancel safety
    /// Safe.
    async fn hourly_options(&self, underlying: Symbol, day: NaiveDate, as_of: AsOf) -> Result<Vec<HourlyOptions>>;

    /// What was traded of an underlying's options on each day in New York from one to another, both included, oldest
    /// first: of each contract the last volume told after midnight, up to and including the next. Days on which nothing
    /// was traded are left out. Contracts with adjusted roots count too. Volumes are exact up to 2⁵³.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more than a hundred years, and for days out of
    /// [`Timestamp`]'s range.
    ///
    /// # Cancel safety
    /// Safe.
    async fn daily_options(
        &self,
        underlying: Symbol,
        from: NaiveDate,
        until: NaiveDate,
        as_of: AsOf,
    ) -> Result<Vec<DailyOptions>>;
}
