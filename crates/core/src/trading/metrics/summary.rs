//! All metrics of a sample of trades.

use std::iter::once;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    ClosedTrade, CostsBasis, Drawdown, Measure, Undefined, WILSON_TWO_SIDED_95, WinRate, capital_days_return, capture,
    closed_equity, costs_percent, daily, drawdown, exit_efficiency, expectancy, expected_r, expected_r_error,
    measure::total, profit_factor, returns, sharpe, sortino, system_quality, win_rate,
};
use crate::{Result, money::amount, validate::number, vocabulary::vocabulary};

vocabulary! {
    /// The unit in which trades are counted and measured.
    TradeUnit, "unit of trades" {
        /// The owner's decision: a [cycle](crate::trading::journal::Cycle) with all fills, legs and rolls in it. Trades
        /// without a cycle are one decision if they share a leg group or a roll chain.
        Decision = "decision",
        /// The lot: each fill that opened a position is a trade of its own.
        Lot = "lot",
    }
}

/// The parameters of a computation of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conventions {
    /// The account's equity before the first trade. Without it, returns are undefined and the drawdown is in money
    /// only.
    pub starting_equity: Decimal,
    /// The largest net profit or loss that counts as breakeven.
    pub tolerance: Decimal,
    /// The normal quantile of the win rate's bounds.
    pub z: f64,
    /// The basis of the costs percentage.
    pub costs_basis: CostsBasis,
    /// The risk-free rate a day: 0.0002 is 0.02 %.
    pub risk_free: f64,
    /// The least acceptable return a day.
    pub least_return: f64,
    /// The number of trading days a year.
    pub days_a_year: f64,
}

crate::port::canonical!(Conventions: starting_equity tolerance);

impl Default for Conventions {
    /// Returns no starting equity, a tolerance of zero, two-sided bounds of 95 %, costs by gross turnover, rates of
    /// zero, and 252 days a year.
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
    /// The sum of profits and losses after costs.
    pub net: Measure<Decimal>,
    /// The sum of profits and losses before costs.
    pub gross: Measure<Decimal>,
    /// The sum of costs.
    pub costs: Measure<Decimal>,
    /// Gross profits over gross losses: [`profit_factor`].
    pub profit_factor: Measure,
    /// The mean net profit of a trade in money: [`expectancy`].
    pub expectancy: Measure<Decimal>,
    /// The mean net profit of a trade in multiples of its initial risk: [`expected_r`].
    pub expected_r: Measure,
    /// The standard error of `expected_r`.
    pub expected_r_error: Measure,
    /// The system quality number: [`system_quality`].
    pub system_quality: Measure,
    /// The [win rate](win_rate) with its bounds.
    pub win_rate: Measure<WinRate>,
    /// The maximum drawdown of the equity of closed trades.
    pub drawdown: Measure<Drawdown>,
    /// The [costs](costs_percent) in percent.
    pub costs_percent: Measure,
    /// The annualised [Sharpe ratio](sharpe) of daily returns; the sample is days.
    pub sharpe: Measure,
    /// The annualised [Sortino ratio](sortino) of daily returns; the sample is days.
    pub sortino: Measure,
    /// The mean position of the exit between the excursions: [`exit_efficiency`].
    pub exit_efficiency: Measure,
    /// The mean fraction of the highest profit that was kept: [`capture`].
    pub capture: Measure,
    /// The annualised return on collateral: [`capital_days_return`].
    pub return_on_collateral: Measure,
}

crate::port::canonical!(Metrics: net gross costs expectancy drawdown);

impl Metrics {
    /// Computes the metrics of [valid](ClosedTrade::validate) trades, in any order.
    pub fn of(trades: &[ClosedTrade], conventions: &Conventions) -> Self {
        let sum = |amount: fn(&ClosedTrade) -> Decimal, convention: &'static str| {
            Measure::of(trades.len(), convention, || total(trades.iter().map(amount)))
        };
        let Conventions { starting_equity, tolerance, z, costs_basis, risk_free, least_return, days_a_year } =
            *conventions;
        let curve = closed_equity(starting_equity, trades);
        let daily_returns = match &curve {
            // The first day's own change starts from the starting equity.
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

/// Returns the measure of returns that are undefined.
fn undefined(measure: fn(&[f64], f64, f64) -> Measure, rate: f64, days_a_year: f64, reason: Undefined) -> Measure {
    Measure { value: Err(reason), ..measure(&[], rate, days_a_year) }
}
