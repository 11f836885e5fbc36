//! What was known of a day at its close.

use std::fmt;

use chrono::{Days, NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Result, Timestamp,
    market::{
        BarKey, BarRepository, ChainQuery, ChainRepository, OptionChain, OptionContract, Symbol, Timeframe,
        UnderlyingRepository, calendar,
    },
};

use super::Plan;

/// What was missing on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The day.
    pub day: NaiveDate,
    /// What was missing.
    pub kind: IssueKind,
}

/// Something that was missing, and what was done without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueKind {
    /// No option of the stock was quoted: nothing was traded.
    NoQuotes,
    /// The price of the stock was not known: nothing was sold, and shares count at the last price known.
    NoPrice,
    /// The open option was not quoted: it counts at its last mark.
    NotQuoted(OptionContract),
    /// The option was settled at the stock's price of an earlier day.
    SettledAt(OptionContract, NaiveDate),
    /// Whether a call was assigned early could not be told, since its mark or the dividend was not known: it was not.
    EarlyAssignmentUnknown(OptionContract),
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.day)?;
        match self.kind {
            IssueKind::NoQuotes => f.write_str("no option was quoted"),
            IssueKind::NoPrice => f.write_str("the stock's price is not known"),
            IssueKind::NotQuoted(contract) => write!(f, "{contract} was not quoted"),
            IssueKind::SettledAt(contract, day) => write!(f, "{contract} was settled at the price of {day}"),
            IssueKind::EarlyAssignmentUnknown(contract) => {
                write!(f, "it is not known whether {contract} was assigned early")
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
}

impl Day {
    /// Reads a day: options that can be sold or are held, and the price of the stock that is quoted with them, by
    /// itself, or as the close of its day.
    pub(super) async fn read(
        market: &(impl ChainRepository + UnderlyingRepository + BarRepository + ?Sized),
        plan: &Plan,
        date: NaiveDate,
        held: Option<OptionContract>,
    ) -> Result<Self> {
        let at = calendar::close_on(date)?;
        let as_of = AsOf::instant(at);
        let last = date.checked_add_days(Days::new(plan.limits.max_days.unsigned_abs())).unwrap_or(date);
        let last = held.map_or(last, |held| last.max(held.expiration()));
        let query = ChainQuery::new(plan.underlying, as_of)
            .with_expirations(date, last)
            .with_max_quote_age(plan.limits.max_quote_age);
        let chain = market.chain_as_of(&query).await?;
        let spot = match chain.underlying_price() {
            Some(price) => Some(price),
            None => price_of(market, plan.underlying, date, as_of).await?,
        };
        let next = date.iter_days().skip(1).find(|day| calendar::is_trading_day(*day)).unwrap_or(date);
        Ok(Self { date, next, at, chain, spot: spot.filter(|price| *price > 0.0) })
    }
}

/// The last price of a stock on a day.
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
