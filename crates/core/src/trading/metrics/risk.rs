//! Profits as multiples of the initial risk, and exits compared with the excursions.

use rust_decimal::Decimal;

use super::{
    ClosedTrade, Measure, Undefined,
    measure::{deviation, finite, mean, ratio, total},
};

/// Computes the mean net profit of a trade in money, rounded to eight decimal places.
pub fn expectancy(trades: &[ClosedTrade]) -> Measure<Decimal> {
    Measure::of(trades.len(), "net of costs a trade", || {
        let net = total(trades.iter().map(ClosedTrade::net))?;
        let mean = net.checked_div(Decimal::from(trades.len())).ok_or(Undefined::OutOfRange)?;
        Ok(mean.round_dp(crate::money::SCALE))
    })
}

/// Computes a measure of the R multiples of the trades that have an initial risk.
fn of_multiples(
    trades: &[ClosedTrade],
    convention: &'static str,
    value: impl FnOnce(&[f64]) -> Result<f64, Undefined>,
) -> Measure {
    let multiples: Vec<f64> = trades.iter().filter_map(ClosedTrade::r_multiple).collect();
    Measure::of(multiples.len(), convention, || value(&multiples)).out_of(trades.len(), Undefined::NoRisk)
}

/// Computes the mean R multiple of a trade: net profit over initial risk. Trades without an initial risk are excluded
/// and counted.
pub fn expected_r(trades: &[ClosedTrade]) -> Measure {
    of_multiples(trades, "mean of net / initial risk", |multiples| finite(mean(multiples)))
}

/// Computes the standard error of [`expected_r`].
pub fn expected_r_error(trades: &[ClosedTrade]) -> Measure {
    of_multiples(trades, "deviation of R (n − 1) / √n", |multiples| {
        finite(deviation(multiples)? / (multiples.len() as f64).sqrt())
    })
}

/// Computes the system quality number: [`expected_r`] over its standard error.
pub fn system_quality(trades: &[ClosedTrade]) -> Measure {
    of_multiples(trades, "√n × mean of R / deviation of R (n − 1)", |multiples| {
        finite((multiples.len() as f64).sqrt() * mean(multiples) / deviation(multiples)?)
    })
}

/// Computes the mean ratio of two amounts over the trades for which it is defined.
fn of_excursions(
    trades: &[ClosedTrade],
    convention: &'static str,
    parts: impl Fn(&ClosedTrade) -> Option<(Decimal, Decimal)>,
) -> Measure {
    let ratios: Vec<f64> = trades
        .iter()
        .filter_map(parts)
        .filter(|(_, whole)| *whole > Decimal::ZERO)
        .filter_map(|(part, whole)| ratio(part, whole).ok())
        .collect();
    Measure::of(ratios.len(), convention, || finite(mean(&ratios))).out_of(trades.len(), Undefined::NoExcursion)
}

/// Computes the mean position of the exit between lowest and highest profit: (net − MAE) / (MFE − MAE). Costs can
/// make it negative. Trades without excursions are excluded and counted.
pub fn exit_efficiency(trades: &[ClosedTrade]) -> Measure {
    of_excursions(trades, "mean of (net − MAE) / (MFE − MAE)", |trade| {
        let (mae, mfe) = (trade.mae?, trade.mfe?);
        Some((trade.net().checked_sub(mae)?, mfe.checked_sub(mae)?))
    })
}

/// Computes the mean fraction of the highest profit that was kept: net / MFE. Trades that never had a profit are
/// excluded and counted.
pub fn capture(trades: &[ClosedTrade]) -> Measure {
    of_excursions(trades, "mean of net / MFE where MFE > 0", |trade| Some((trade.net(), trade.mfe?)))
}
