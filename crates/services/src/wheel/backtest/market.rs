//! The market of a day, as of its close.

use std::fmt;

use chrono::{Days, NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Error, ErrorKind, Result, Timestamp,
    market::{
        ActionKind, BarKey, BarRepository, ChainQuery, ChainRepository, ContractLife, CorporateAction,
        CorporateActionRepository, OptionChain, OptionContract, Symbol, Timeframe, UnderlyingRepository, calendar,
    },
};

use super::WheelPlan;
use crate::wheel::EventCalendar;

/// Missing data on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BacktestIssue {
    /// The day of the missing data.
    pub day: NaiveDate,
    /// The kind of the missing data.
    pub kind: BacktestIssueKind,
}

/// The kind of missing data, and the simulation without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BacktestIssueKind {
    /// No option of the stock was quoted: nothing was traded.
    NoQuotes,
    /// The price of the stock was unknown: nothing was sold, and shares count at the last known price.
    NoPrice,
    /// The open option was not quoted: it counts at its last mark.
    NotQuoted(OptionContract),
    /// The option was settled at the stock's price of an earlier day.
    SettledAt(OptionContract, NaiveDate),
    /// The open option was bought back at its last mark before a split that does not multiply contracts by a whole
    /// number, since such an adjusted option delivers something other than 100 shares.
    NotAdjusted(OptionContract),
    /// The call was not assigned early, since its mark or the dividend was unknown.
    EarlyAssignmentUnknown(OptionContract),
}

impl fmt::Display for BacktestIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.day)?;
        match self.kind {
            BacktestIssueKind::NoQuotes => f.write_str("no option was quoted"),
            BacktestIssueKind::NoPrice => f.write_str("the stock's price is unknown"),
            BacktestIssueKind::NotQuoted(contract) => write!(f, "{contract} was not quoted"),
            BacktestIssueKind::SettledAt(contract, day) => write!(f, "{contract} was settled at the price of {day}"),
            BacktestIssueKind::NotAdjusted(contract) => {
                write!(f, "{contract} was bought back at its last mark before an uneven split")
            }
            BacktestIssueKind::EarlyAssignmentUnknown(contract) => {
                write!(f, "{contract} was not assigned early: its mark or the dividend is unknown")
            }
        }
    }
}

/// A trading day at its close.
pub(super) struct Day {
    pub(super) date: NaiveDate,
    /// The trading day after it.
    pub(super) next: NaiveDate,
    pub(super) at: Timestamp,
    pub(super) chain: OptionChain,
    pub(super) spot: Option<f64>,
    /// The plan's events, and the stored ones as known at the close.
    pub(super) calendar: EventCalendar,
    /// The splits and stock dividends that came into force since the close of the day before.
    pub(super) splits: Vec<CorporateAction>,
}

impl Day {
    /// Reads a day, with the trading day or the eve of the run before it: the options that can be sold or are held, and
    /// the price of the stock, which is the one quoted with the options, its own last quote, or the close of its day.
    pub(super) async fn read(
        market: &(impl ChainRepository + UnderlyingRepository + BarRepository + CorporateActionRepository + ?Sized),
        plan: &WheelPlan,
        (date, before): (NaiveDate, NaiveDate),
        held: Option<ContractLife>,
    ) -> Result<Self> {
        let at = calendar::close_on(date)?;
        let as_of = AsOf::instant(at);
        let most = held.map_or(plan.limits.max_days, |held| held.days_to_expiration(at).max(plan.limits.max_days));
        let query = ChainQuery::new(plan.underlying, as_of)
            .with_days_to_expiration(0, u32::try_from(most).unwrap_or(u32::MAX))
            .with_max_quote_age(plan.limits.max_quote_age);
        let chain = market.chain_as_of(&query).await?;
        let spot = match chain.underlying_price() {
            Some(price) => Some(price),
            None => price_of(market, plan.underlying, date, as_of).await?,
        };
        let next = date.iter_days().skip(1).find(|day| calendar::is_trading_day(*day)).ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the calendar has no trading day after a day").with("day", date)
        })?;
        // A settlement at the opening follows the last trading day by a session.
        let last = date + Days::new(most.unsigned_abs() + 7);
        let stored = EventCalendar::read(market, plan.underlying, (date, last.max(next)), Some(at)).await?;
        let mut splits = market.corporate_actions_of(plan.underlying, calendar::close_on(before)?, as_of).await?;
        splits.retain(|action| matches!(action.key.kind, ActionKind::Split | ActionKind::StockDividend));
        let (spot, calendar) = (spot.filter(|price| *price > 0.0), plan.calendar.merged(stored));
        Ok(Self { date, next, at, chain, spot, calendar, splits })
    }
}

/// Returns the last price of a stock on a day.
async fn price_of(
    market: &(impl UnderlyingRepository + BarRepository + ?Sized),
    symbol: Symbol,
    date: NaiveDate,
    as_of: AsOf,
) -> Result<Option<f64>> {
    let quote = market.underlying_as_of(symbol, as_of).await?;
    if let Some(price) = quote.filter(|quote| quote.at.new_york_date() == date).and_then(|quote| quote.price()) {
        return Ok(Some(price));
    }
    let bar = market.bar_as_of(&BarKey::new(symbol, Timeframe::Day1), as_of).await?;
    Ok(bar.filter(|bar| as_of.at.since(bar.at) < TimeDelta::hours(12)).map(|bar| bar.close))
}
