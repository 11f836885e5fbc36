//! The strength of a price's movement in one direction.

use strikebook_core::{Result, market::Bar};

use super::{average::wilder, check_bars, check_period, range::ranges};

/// Wilder's directional movement at one bar, each index from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Directional {
    /// +DI: the share of the range that went to higher highs.
    pub plus: f64,
    /// −DI: the share of the range that went to lower lows.
    pub minus: f64,
    /// The average directional index, ADX: the distance between +DI and −DI relative to their sum. `None` for the first
    /// 2 × period − 1 bars.
    pub adx: Option<f64>,
}

/// Returns the directional movement. A bar moves up by high less high before, and down by low before less low; the
/// greater of the two counts if it is above zero, and neither when they are equal. ±DI = 100 × average movement ∕
/// average true range; DX = 100 × |+DI − −DI| ∕ (+DI + −DI); ADX is the average of DX. All averages are Wilder's. Where
/// nothing moved, the quotients are zero: there is no direction.
///
/// # Errors
/// As [`average_true_range`](super::average_true_range).
pub fn directional(bars: &[Bar], period: usize) -> Result<Vec<Option<Directional>>> {
    check_period(period)?;
    check_bars(bars)?;
    let smoothed = |part: fn((f64, f64)) -> f64| wilder(movements(bars).map(|moved| moved.map(part)), period);
    let (up, down) = (smoothed(|moved| moved.0), smoothed(|moved| moved.1));
    let range = wilder(ranges(bars), period);
    let indices: Vec<Option<(f64, f64)>> = up
        .into_iter()
        .zip(down)
        .zip(range)
        .map(|((up, down), range)| Some((percent(up?, range?), percent(down?, range?))))
        .collect();
    let apart = indices.iter().map(|index| index.map(|(plus, minus)| percent((plus - minus).abs(), plus + minus)));
    let adx = wilder(apart, period);
    let whole =
        |(index, adx): (Option<(f64, f64)>, Option<f64>)| index.map(|(plus, minus)| Directional { plus, minus, adx });
    Ok(indices.into_iter().zip(adx).map(whole).collect())
}

/// Returns the movements of each bar up and down; `None` for the first bar.
fn movements(bars: &[Bar]) -> impl Iterator<Item = Option<(f64, f64)>> {
    let moved = |(before, bar): (&Bar, &Bar)| {
        let (up, down) = (bar.high - before.high, before.low - bar.low);
        let counted = |one: f64, other: f64| if one > other && one > 0.0 { one } else { 0.0 };
        Some((counted(up, down), counted(down, up)))
    };
    bars.first().map(|_| None).into_iter().chain(bars.iter().zip(bars.iter().skip(1)).map(moved))
}

/// Returns a part in percent of its whole, at most 100; zero when the whole is zero.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (100.0 * (part / whole)).min(100.0) } else { 0.0 }
}
