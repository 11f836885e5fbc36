//! Win rate, profit factor and costs.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    ClosedTrade, Measure, Undefined,
    measure::{finite, ratio, total},
};
use crate::vocabulary::vocabulary;

/// The normal quantile of a two-sided 95 % interval.
pub const WILSON_TWO_SIDED_95: f64 = 1.959_963_984_540_054;
/// The normal quantile of a one-sided 95 % bound.
pub const WILSON_ONE_SIDED_95: f64 = 1.644_853_626_951_472_2;

/// Computes the profit factor: the profits of the winning trades over the losses of the losing ones, after costs.
///
/// Undefined without a losing trade: [`NoLosses`](Undefined::NoLosses).
pub fn profit_factor(trades: &[ClosedTrade]) -> Measure {
    Measure::of(trades.len(), "net of costs", || {
        let won = total(trades.iter().map(|trade| trade.net().max(Decimal::ZERO)))?;
        let lost = total(trades.iter().map(|trade| trade.net().min(Decimal::ZERO)))?;
        if lost.is_zero() { Err(Undefined::NoLosses) } else { ratio(won, -lost) }
    })
}

/// The fraction of winning trades, with confidence bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WinRate {
    /// The number of trades that made more than the tolerance.
    pub wins: u64,
    /// The number of trades that lost more than the tolerance.
    pub losses: u64,
    /// The number of trades within the tolerance, which count as trades but not as wins.
    pub breakevens: u64,
    /// The wins over all trades, from 0 to 1.
    pub rate: f64,
    /// Wilson's lower bound, from 0 to the rate.
    pub lower: f64,
    /// Wilson's upper bound, from the rate to 1.
    pub upper: f64,
    /// The normal quantile behind the bounds.
    pub z: f64,
}

/// Computes the win rate. A trade wins when its net profit exceeds `tolerance`; the bounds are those of [`wilson`].
pub fn win_rate(trades: &[ClosedTrade], tolerance: Decimal, z: f64) -> Measure<WinRate> {
    Measure::of(trades.len(), format!("net of costs beyond {tolerance}; Wilson, z = {z}"), || {
        let count = |chosen: fn(Decimal, Decimal) -> bool| {
            trades.iter().filter(|trade| chosen(trade.net(), tolerance)).count() as u64
        };
        let (wins, losses) = (count(|net, tolerance| net > tolerance), count(|net, tolerance| net < -tolerance));
        let n = trades.len() as u64;
        let (lower, upper) = wilson(wins, n, z).ok_or(Undefined::OutOfRange)?;
        let breakevens = n.saturating_sub(wins).saturating_sub(losses);
        Ok(WinRate { wins, losses, breakevens, rate: wins as f64 / n as f64, lower, upper, z })
    })
}

/// Returns Wilson's bounds of a proportion, `wins` out of `n`, for a normal quantile `z`; `None` when `n` is zero,
/// `wins` exceeds `n`, or `z` is negative or not finite (Wilson 1927, Journal of the American Statistical Association
/// 22).
///
/// ```
/// use strikebook_core::trading::metrics::{WILSON_TWO_SIDED_95, wilson};
///
/// let (lower, upper) = wilson(6, 10, WILSON_TWO_SIDED_95).expect("ten trades");
/// assert_eq!(format!("{lower:.6} {upper:.6}"), "0.312674 0.831820");
/// assert_eq!(wilson(0, 0, WILSON_TWO_SIDED_95), None);
/// ```
pub fn wilson(wins: u64, n: u64, z: f64) -> Option<(f64, f64)> {
    if n == 0 || wins > n || !z.is_finite() || z < 0.0 {
        return None;
    }
    let (part, n, squared) = (wins as f64 / n as f64, n as f64, z * z);
    let centre = part + squared / (2.0 * n);
    let reach = z * (part * (1.0 - part) / n + squared / (4.0 * n * n)).sqrt();
    let scale = 1.0 + squared / n;
    // Rounding must not move a bound across the rate or out of 0 to 1.
    let (lower, upper) = ((centre - reach) / scale, (centre + reach) / scale);
    let bounds = (lower.clamp(0.0, part), upper.clamp(part, 1.0));
    // At the ends the formula is exact: 0 of n has the lower bound 0, n of n the upper bound 1.
    Some((if wins == 0 { 0.0 } else { bounds.0 }, if part >= 1.0 { 1.0 } else { bounds.1 }))
}

vocabulary! {
    /// The basis of a costs percentage.
    CostsBasis, "basis of costs" {
        /// The absolute profits and losses before costs.
        GrossTurnover = "gross_turnover",
        /// The profits before costs only.
        GrossProfit = "gross_profit",
        /// The received option premium, of trades for which it is known.
        PremiumReceived = "premium_received",
    }
}

/// Computes costs in percent of a basis.
pub fn costs_percent(trades: &[ClosedTrade], basis: CostsBasis) -> Measure {
    let measured = |trade: &&ClosedTrade| match basis {
        CostsBasis::GrossTurnover => Some((trade.costs, trade.gross.abs())),
        CostsBasis::GrossProfit => Some((trade.costs, trade.gross.max(Decimal::ZERO))),
        CostsBasis::PremiumReceived => trade.premium_received.map(|premium| (trade.costs, premium)),
    };
    let sample: Vec<_> = trades.iter().filter_map(|trade| measured(&trade)).collect();
    let measure = Measure::of(sample.len(), format!("percent of {basis}"), || {
        let costs = total(sample.iter().map(|(costs, _)| *costs))?;
        let whole = total(sample.iter().map(|(_, whole)| *whole))?;
        if whole.is_zero() { Err(Undefined::NoTurnover) } else { finite(ratio(costs, whole)? * 100.0) }
    });
    measure.out_of(trades.len(), Undefined::NoTurnover)
}
