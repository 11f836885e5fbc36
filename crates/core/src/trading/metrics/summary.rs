//! All metrics of a sample at once.

use std::iter::once;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    ClosedTrade, CostsBasis, Drawdown, Measure, Undefined, WILSON_TWO_SIDED_95, WinRate, capital_days_return, capture,
    closed_equity, costs_percent, daily, drawdown, exit_efficiency, expectancy, expected_r, expected_r_error,
    measure::total, profit_factor, returns, sharpe, sortino, system_quality, win_rate,
};
use crate::{Result, money::amount, validate::number};

/// What the numbers depend on besides the trades.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conventions {
    /// The account's equity before the first trade of the sample. Without it there are no returns, and drawdown is in
    /// money alone.
    pub starting_equity: Decimal,
    /// A result within it, after costs, is neither a win nor a loss.
    pub tolerance: Decimal,
    /// The normal quantile of the win rate's bounds.
    pub z: f64,
    /// What costs are measured by.
    pub costs_basis: CostsBasis,
    /// The risk-free rate of a day: 0.0002 is 0.02 %.
    pub risk_free: f64,
    /// The least acceptable return of a day.
    pub least_return: f64,
    /// Trading days in a year.
    pub days_a_year: f64,
}

impl Default for Conventions {
    /// No starting equity, a tolerance of zero, bounds of 95 % to two sides, costs by turnover, rates of zero, 252
    /// days.
    fn default() -> Self {
        Self {
            starting_equity: Decimal::ZERO,
            tolerance: Decimal::ZERO,
            z: WILSON_TWO_SIDED_95,
            costs_basis: CostsBasis::GrossTurnover,
            risk_free: 0.0,
            least_return: 0.0,
            days_a_year: 252.0,
        }
    }
}

impl Conventions {
    /// Checks that every number is finite and in range.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        amount("starting_equity", self.starting_equity)?;
        crate::money::not_negative("tolerance", self.tolerance)?;
        crate::validate::price("z", self.z)?;
        number("risk_free", self.risk_free)?;
        number("least_return", self.least_return)?;
        crate::validate::price("days_a_year", self.days_a_year)
    }
}

/// The metrics of a sample of trades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Profit less loss after costs.
    pub net: Measure<Decimal>,
    /// Profit less loss before costs.
    pub gross: Measure<Decimal>,
    /// Costs.
    pub costs: Measure<Decimal>,
    /// What winners made over what losers lost.
    pub profit_factor: Measure,
    /// What a trade makes on average, in money.
    pub expectancy: Measure<Decimal>,
    /// What a trade makes on average, in multiples of its initial risk.
    pub expected_r: Measure,
    /// The standard error of that.
    pub expected_r_error: Measure,
    /// The system quality number.
    pub system_quality: Measure,
    /// The win rate and its bounds.
    pub win_rate: Measure<WinRate>,
    /// The maximum drawdown of the equity of closed trades.
    pub drawdown: Measure<Drawdown>,
    /// Costs in percent.
    pub costs_percent: Measure,
    /// Sharpe's ratio of daily returns, a year. Its sample is days.
    pub sharpe: Measure,
    /// Sortino's ratio of daily returns, a year. Its sample is days.
    pub sortino: Measure,
    /// Where between its extremes a trade was closed.
    pub exit_efficiency: Measure,
    /// The part of its highest profit that a trade kept.
    pub capture: Measure,
    /// What was earned in a year on collateral.
    pub return_on_collateral: Measure,
}

impl Metrics {
    /// The metrics of [valid](ClosedTrade::validate) trades, in any order.
    pub fn of(trades: &[ClosedTrade], conventions: &Conventions) -> Self {
        let sum = |amount: fn(&ClosedTrade) -> Decimal, convention: &'static str| {
            Measure::of(trades.len(), convention, || total(trades.iter().map(amount)))
        };
        let Conventions { starting_equity, tolerance, z, costs_basis, risk_free, least_return, days_a_year } =
            *conventions;
        let curve = closed_equity(starting_equity, trades);
        let daily_returns = match &curve {
            // The first day's own change is from the start.
            Ok(curve) if !curve.is_empty() => {
                returns(once(starting_equity).chain(daily(curve).into_iter().map(|(_, equity)| equity)))
            }
            Ok(_) => Ok(Vec::new()),
            Err(reason) => Err(*reason),
        };
        let of_returns = |measure: fn(&[f64], f64, f64) -> Measure, rate| match &daily_returns {
            Ok(returns) => measure(returns, rate, days_a_year),
            Err(reason) => undefined(measure, rate, days_a_year, *reason),
        };
        Self {
            net: sum(ClosedTrade::net, "gross less costs"),
            gross: sum(|trade| trade.gross, "before costs"),
            costs: sum(|trade| trade.costs, "commissions, fees and slippage"),
            profit_factor: profit_factor(trades),
            expectancy: expectancy(trades),
            expected_r: expected_r(trades),
            expected_r_error: expected_r_error(trades),
            system_quality: system_quality(trades),
            win_rate: win_rate(trades, tolerance, z),
            drawdown: match &curve {
                Ok(curve) => drawdown(curve),
                Err(reason) => Measure { value: Err(*reason), ..drawdown(&[]) },
            },
            costs_percent: costs_percent(trades, costs_basis),
            sharpe: of_returns(sharpe, risk_free),
            sortino: of_returns(sortino, least_return),
            exit_efficiency: exit_efficiency(trades),
            capture: capture(trades),
            return_on_collateral: capital_days_return(trades),
        }
    }
}

/// A measure of returns that there are none of.
fn undefined(measure: fn(&[f64], f64, f64) -> Measure, rate: f64, days_a_year: f64, reason: Undefined) -> Measure {
    Measure { value: Err(reason), ..measure(&[], rate, days_a_year) }
}
