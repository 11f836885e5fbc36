//! Results in multiples of the risk taken, and exits against what was there to take.

use rust_decimal::Decimal;

use super::{
    ClosedTrade, Measure, Undefined,
    measure::{deviation, finite, mean, ratio, total},
};

/// What a trade makes on average in money, after costs, rounded to eight digits.
pub fn expectancy(trades: &[ClosedTrade]) -> Measure<Decimal> {
    Measure::of(trades.len(), "net of costs a trade", || {
        let net = total(trades.iter().map(ClosedTrade::net))?;
        let mean = net.checked_div(Decimal::from(trades.len())).ok_or(Undefined::OutOfRange)?;
        Ok(mean.round_dp(crate::money::SCALE))
    })
}

/// A measure of the trades that have an initial risk, over their multiples of it.
fn of_multiples(
    trades: &[ClosedTrade],
    convention: &'static str,
    value: impl FnOnce(&[f64]) -> Result<f64, Undefined>,
) -> Measure {
    let multiples: Vec<f64> = trades.iter().filter_map(ClosedTrade::r_multiple).collect();
    Measure::of(multiples.len(), convention, || value(&multiples)).out_of(trades.len(), Undefined::NoRisk)
}

/// The mean multiple of initial risk that a trade makes after costs. Trades without an initial risk are left out and
/// counted.
pub fn expected_r(trades: &[ClosedTrade]) -> Measure {
    of_multiples(trades, "mean of net / initial risk", |multiples| finite(mean(multiples)))
}

/// The standard error of [`expected_r`].
pub fn expected_r_error(trades: &[ClosedTrade]) -> Measure {
    of_multiples(trades, "deviation of R (n − 1) / √n", |multiples| {
        finite(deviation(multiples)? / (multiples.len() as f64).sqrt())
    })
}

/// The system quality number: [`expected_r`] over its standard error.
pub fn system_quality(trades: &[ClosedTrade]) -> Measure {
    of_multiples(trades, "√n × mean of R / deviation of R (n − 1)", |multiples| {
        finite((multiples.len() as f64).sqrt() * mean(multiples) / deviation(multiples)?)
    })
}

/// The mean, over the trades for which it is defined, of a ratio of amounts.
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

/// Where between its lowest and its highest profit a trade was closed, on average: (net − MAE) / (MFE − MAE). Costs can
/// carry it below zero. Trades without excursions are left out and counted.
pub fn exit_efficiency(trades: &[ClosedTrade]) -> Measure {
    of_excursions(trades, "mean of (net − MAE) / (MFE − MAE)", |trade| {
        let (mae, mfe) = (trade.mae?, trade.mfe?);
        Some((trade.net().checked_sub(mae)?, mfe.checked_sub(mae)?))
    })
}

/// The part of its highest profit that a trade kept, on average: net / MFE. Trades that never had a profit are left out
/// and counted.
pub fn capture(trades: &[ClosedTrade]) -> Measure {
    of_excursions(trades, "mean of net / MFE where MFE > 0", |trade| Some((trade.net(), trade.mfe?)))
}
