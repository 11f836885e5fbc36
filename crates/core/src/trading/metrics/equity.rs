//! Equity curves: drawdown, returns and risk-adjusted ratios.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    ClosedTrade, Measure, Undefined,
    measure::{deviation, finite, mean, ratio},
};
use crate::{Timestamp, market::calendar};

/// The equity of an account at an instant, without deposits and withdrawals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EquityPoint {
    /// The instant of the point.
    pub at: Timestamp,
    /// The account's equity in its currency.
    pub equity: Decimal,
}

/// Returns the equity after each instant at which trades closed: the starting equity at the first opening, then one
/// point an instant, so that trades that close together are one step. The value of open trades in between is not
/// included. Empty without trades.
///
/// # Errors
/// [`OutOfRange`](Undefined::OutOfRange) when a sum exceeds the range of a decimal.
pub fn closed_equity(start: Decimal, trades: &[ClosedTrade]) -> Result<Vec<EquityPoint>, Undefined> {
    let mut sorted: Vec<_> = trades.iter().collect();
    sorted.sort_by_key(|trade| (trade.closed, trade.opened));
    let opened = sorted.iter().map(|trade| trade.opened).min();
    let mut curve: Vec<_> = opened.map(|at| EquityPoint { at, equity: start }).into_iter().collect();
    let mut equity = start;
    for together in sorted.chunk_by(|one, next| one.closed == next.closed) {
        for trade in together {
            equity = equity.checked_add(trade.net()).ok_or(Undefined::OutOfRange)?;
        }
        curve.extend(together.first().map(|trade| EquityPoint { at: trade.closed, equity }));
    }
    Ok(curve)
}

/// Returns the equity at the end of each trading day in New York from the curve's first day to its last: the day's
/// last point, or else the equity of the trading day before. A change on another day appears on the next trading day;
/// if the curve ends on another day, that day is included.
pub fn daily(curve: &[EquityPoint]) -> Vec<(NaiveDate, Decimal)> {
    let last_of_day: BTreeMap<NaiveDate, Decimal> =
        curve.iter().map(|point| (point.at.new_york_date(), point.equity)).collect();
    let (Some((first, start)), Some((last, _))) = (last_of_day.first_key_value(), last_of_day.last_key_value()) else {
        return Vec::new();
    };
    let mut equity = *start;
    let mut days = Vec::new();
    for day in first.iter_days().take_while(|day| day <= last) {
        equity = last_of_day.get(&day).copied().unwrap_or(equity);
        if calendar::is_trading_day(day) || day == *last {
            days.push((day, equity));
        }
    }
    days
}

/// Returns the relative change from each equity to the next.
///
/// # Errors
/// [`NoEquity`](Undefined::NoEquity) when an equity other than the last is not above zero.
pub fn returns(equities: impl IntoIterator<Item = Decimal>) -> Result<Vec<f64>, Undefined> {
    let equities: Vec<_> = equities.into_iter().collect();
    let change = |(before, after): (&Decimal, &Decimal)| {
        if *before <= Decimal::ZERO {
            return Err(Undefined::NoEquity);
        }
        ratio(after.checked_sub(*before).ok_or(Undefined::OutOfRange)?, *before)
    };
    equities.iter().zip(equities.iter().skip(1)).map(change).collect()
}

/// The maximum drawdown of an equity curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawdown {
    /// The largest fall from an earlier peak, in money.
    pub money: Decimal,
    /// The largest fall as a fraction of its peak, from 0; above 1 when the equity fell below zero.
    ///
    /// This fall may differ from the one that is largest in money.
    pub fraction: Result<f64, Undefined>,
    /// The instant of the peak before the fall that is largest in money.
    pub peak_at: Timestamp,
    /// The instant of the trough of that fall.
    pub trough_at: Timestamp,
    /// The first instant at which the equity was back at that peak; `None` until then.
    pub recovered_at: Option<Timestamp>,
    /// The longest time below a peak in seconds: until the equity is back, or to the end of the curve.
    pub longest_secs: i64,
}

crate::port::canonical!(Drawdown: money);

impl Drawdown {
    /// Returns the longest time below a peak.
    pub fn longest(&self) -> TimeDelta {
        TimeDelta::seconds(self.longest_secs)
    }
}

/// Computes the maximum drawdown of a curve, oldest point first and with its starting point. The number of trades in
/// the measure is the number of points after the start.
pub fn drawdown(curve: &[EquityPoint]) -> Measure<Drawdown> {
    let Some(start) = curve.first() else {
        return Measure::of(0, CONVENTION, || Err(Undefined::NoTrades));
    };
    Measure::of(curve.len() - 1, CONVENTION, || {
        let mut peak = *start;
        let (mut money, mut fraction) = (Decimal::ZERO, fall(peak, Decimal::ZERO));
        let (mut from, mut trough) = (*start, 0);
        for (place, point) in curve.iter().enumerate() {
            if point.equity >= peak.equity {
                peak = *point;
            }
            let fell = peak.equity.checked_sub(point.equity).ok_or(Undefined::OutOfRange)?;
            fraction = greater(fraction, fall(peak, fell));
            if fell > money {
                (money, from, trough) = (fell, peak, place);
            }
        }
        let after = curve.get(trough..).unwrap_or_default();
        let recovered = after.iter().find(|point| point.equity >= from.equity);
        Ok(Drawdown {
            money,
            fraction,
            peak_at: from.at,
            trough_at: after.first().map_or(from.at, |point| point.at),
            recovered_at: recovered.map(|point| point.at),
            longest_secs: longest_under(curve),
        })
    })
}

const CONVENTION: &str = "of equity, start included";

/// Returns a fall as a fraction of its peak.
fn fall(peak: EquityPoint, fell: Decimal) -> Result<f64, Undefined> {
    if peak.equity <= Decimal::ZERO { Err(Undefined::NoEquity) } else { ratio(fell, peak.equity) }
}

/// Returns the greater of two falls; the result is undefined if one of them is.
fn greater(one: Result<f64, Undefined>, other: Result<f64, Undefined>) -> Result<f64, Undefined> {
    Ok(one?.max(other?))
}

/// Returns the longest time in seconds from a peak until the equity is back.
fn longest_under(curve: &[EquityPoint]) -> i64 {
    let mut longest = 0;
    let mut peak: Option<EquityPoint> = None;
    let mut under = false;
    for point in curve {
        let Some(highest) = peak else {
            peak = Some(*point);
            continue;
        };
        let is_back = point.equity >= highest.equity;
        if under || !is_back {
            longest = longest.max(point.at.since(highest.at).num_seconds());
        }
        under = !is_back;
        if is_back {
            peak = Some(*point);
        }
    }
    longest
}

/// Computes the annualised Sharpe ratio: the mean excess return over the risk-free rate of a period, divided by the
/// standard deviation (n − 1), times the root of the periods a year.
pub fn sharpe(returns: &[f64], risk_free: f64, periods_a_year: f64) -> Measure {
    let convention = format!("{periods_a_year} periods a year, risk-free {risk_free} a period, deviation n − 1");
    Measure::of(returns.len(), convention, || {
        let excess: Vec<f64> = returns.iter().map(|one| one - risk_free).collect();
        finite(mean(&excess) / deviation(&excess)? * periods_a_year.sqrt())
    })
}

/// Computes the annualised Sortino ratio: the mean return in excess of the least acceptable one, divided by the root
/// of the mean square of the shortfalls, times the root of the periods a year. The mean square runs over all
/// observations.
pub fn sortino(returns: &[f64], least: f64, periods_a_year: f64) -> Measure {
    let convention = format!("{periods_a_year} periods a year, at least {least} a period, shortfall over all n");
    Measure::of(returns.len(), convention, || {
        let squares: f64 = returns.iter().map(|one| (one - least).min(0.0).powi(2)).sum();
        let shortfall = (squares / returns.len() as f64).sqrt();
        if shortfall <= 0.0 {
            return Err(Undefined::NoDeviation);
        }
        finite((mean(returns) - least) / shortfall * periods_a_year.sqrt())
    })
}
