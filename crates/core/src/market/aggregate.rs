//! Aggregates: bars out of live quotes and out of shorter bars, and option statistics by the hour and the day.

use async_trait::async_trait;
use chrono::NaiveDate;

use super::{Bar, BarKey, OptionVolume, Symbol, Timeframe};
use crate::{AsOf, Result, Timestamp};

/// The volume and the implied volatility of an underlying's options in one hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HourlyOptions {
    /// The start of the hour, exclusive.
    pub from: Timestamp,
    /// The end of the hour, inclusive; or the event limit, if earlier.
    pub until: Timestamp,
    /// The number of contracts traded in the hour.
    pub volume: OptionVolume,
    /// The mean implied volatility of the contracts quoted in the hour, by the last quote of each contract, per 1.00
    /// a year; `None` when no quote has one.
    pub implied_volatility: Option<f64>,
    /// The number of contracts quoted in the hour.
    pub quoted: u64,
}

/// The volume of an underlying's options on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyOptions {
    /// The day in New York.
    pub day: NaiveDate,
    /// The number of contracts traded on the day; [`put_call_ratio`](OptionVolume::put_call_ratio) is that of the
    /// day.
    pub volume: OptionVolume,
}

/// Aggregates of live quotes and of bars. Every answer covers the rows within both limits, in the versions valid at the
/// knowledge limit. An engine may answer from materialised aggregates; the answers are the same.
///
/// ```
/// use strikebook_core::{
///     AsOf, Source,
///     market::{AggregateRepository, Symbol, Timeframe, UnderlyingQuote, UnderlyingRepository},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (spy, source) = (Symbol::new("SPY")?, Source::new("cboe")?);
/// let from = "2025-09-25T14:30:00Z".parse()?;
/// let store = MemoryStore::new();
/// for (at, last) in [("2025-09-25T14:30:05Z", 656.2), ("2025-09-25T14:30:50Z", 656.4)] {
///     let quote = UnderlyingQuote { last: Some(last), ..UnderlyingQuote::new(spy, at.parse()?, source.clone()) };
///     store.upsert_underlying_quotes(&[quote]).await?;
/// }
/// let as_of = AsOf::instant("2025-09-25T14:31:00Z".parse()?);
/// let bars = store.live_bars(spy, Timeframe::Minute1, from, as_of).await?;
/// assert_eq!((bars[0].open, bars[0].close), (656.2, 656.4));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine).
///
/// # Cancel safety
/// A dropped call has no effect.
#[async_trait]
pub trait AggregateRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Returns the bars of a symbol made from its quotes, oldest first: those that start at `from` or later and have
    /// ended by the event limit.
    ///
    /// - A bar of an hour or less starts at a multiple of its length in UTC and covers the quotes from its start,
    ///   inclusive, to its end, exclusive. A daily bar covers the quotes from midnight in New York to the close of
    ///   the exchange, both inclusive; no daily bar covers quotes after the close or on a day without trading.
    /// - Prices are those of each quote's [last trade, otherwise its mid](super::UnderlyingQuote::price). Quotes
    ///   without a price do not count, and there is no bar without a price.
    /// - A quote may state the volume so far that day. The volume of a bar is the last volume stated in it minus the
    ///   last one stated before it on that day, or minus zero. It is `None` when no quote of the bar states a volume,
    ///   and when the last one is below an earlier one, in the bar or before it.
    /// - The `recorded_at` of a bar is that of its latest recorded quote, but not before the bar's end; its source is
    ///   that of its last quote.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a timeframe other than `1m`, `5m`, `15m`, `30m`, `1h` and
    /// `1d`.
    async fn live_bars(&self, symbol: Symbol, timeframe: Timeframe, from: Timestamp, as_of: AsOf) -> Result<Vec<Bar>>;

    /// Returns the bars of a longer timeframe made from stored bars of one series, oldest first: those that start at
    /// `from` or later and have ended by the event limit.
    ///
    /// - A bar of four hours or less covers the stored bars that end after its start, up to and including its end. Its
    ///   start is counted from the opening of the exchange on that day, 9:30 in New York, up to the close; before the
    ///   opening from midnight, and after it from the close. A bar that would reach beyond the opening, the close or
    ///   midnight ends there: the last hour of a session, from 15:30 or 12:30, ends with the close.
    /// - A bar of a day, a week (Monday to Sunday) or a month lasts from its first opening to its last close, and
    ///   covers the stored bars that end within a session, the close included.
    /// - The volume is the sum of the volumes, exact up to 2⁵³, and `None` when a bar has none. The VWAP is weighted by
    ///   volume, to a relative 10⁻¹²; it is `None` when a bar lacks its volume, when one with a volume above 0 lacks
    ///   its VWAP, and when nothing was traded.
    /// - The `recorded_at` of a bar is that of its latest recorded bar, but not before its own end; its source is that
    ///   of its last bar.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a timeframe that is not longer than that of the series, and
    /// for a series of weeks, which do not make up months.
    async fn resample_bars(
        &self,
        series: &BarKey,
        timeframe: Timeframe,
        from: Timestamp,
        as_of: AsOf,
    ) -> Result<Vec<Bar>>;

    /// Returns the hours of a day in New York in which options of an underlying were quoted, oldest first; the last
    /// one ends at the event limit.
    ///
    /// - An hour starts at a full hour after midnight and covers the quotes after its start up to and including its
    ///   end.
    /// - A contract counts as quoted only in hours that start before its expiration. Contracts with adjusted roots
    ///   are included.
    /// - A quote states the volume of its contract so far that day. The volume of an hour is the sum of the last
    ///   stated volumes up to its end minus the sum up to its start, for calls and for puts; a negative difference
    ///   counts as zero.
    /// - Volumes are exact up to 2⁵³, and the mean volatility to a relative 10⁻¹².
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a day outside [`Timestamp`]'s range.
    async fn hourly_options(&self, underlying: Symbol, day: NaiveDate, as_of: AsOf) -> Result<Vec<HourlyOptions>>;

    /// Returns the volume of an underlying's options on each day in New York from one to another, both included,
    /// oldest first: for each contract the last volume stated after midnight, up to and including the next midnight.
    /// Days without volume are left out. Contracts with adjusted roots are included. Volumes are exact up to 2⁵³.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more than a hundred years, and for days outside
    /// [`Timestamp`]'s range.
    async fn daily_options(
        &self,
        underlying: Symbol,
        from: NaiveDate,
        until: NaiveDate,
        as_of: AsOf,
    ) -> Result<Vec<DailyOptions>>;
}
