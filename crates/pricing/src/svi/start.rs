//! The starting points of a fit.

use super::fitting::{Bounds, Target, Turned};
use crate::dense;

/// Returns the best slices over a grid of positions and smoothnesses of the turn, best first.
///
/// For a given `m` and `σ` the others enter linearly, so they have a closed form (De Marco and Martini 2009,
/// "Quasi-explicit calibration of Gatheral's SVI model", Zeliade Systems). Results out of bounds are moved to the
/// bounds.
pub(super) fn starts(targets: &[Target], bounds: &Bounds) -> Vec<Turned> {
    const PLACES: u32 = 13;
    const WIDTHS: u32 = 9;
    let mut starts = Vec::new();
    for place in 0..PLACES {
        for width in 0..WIDTHS {
            let part = |index: u32, count: u32| (f64::from(index) + 0.5) / f64::from(count);
            let m = bounds.m.0 + part(place, PLACES) * (bounds.m.1 - bounds.m.0);
            let sigma = bounds.sigma.0 * (bounds.sigma.1 / bounds.sigma.0).powf(part(width, WIDTHS));
            if let Some(turned) = linear(targets, bounds, m, sigma) {
                starts.push((misses(targets, &turned), turned));
            }
        }
    }
    starts.sort_by(|a, b| a.0.total_cmp(&b.0));
    starts.into_iter().map(|(_, turned)| turned).collect()
}

fn linear(targets: &[Target], bounds: &Bounds, m: f64, sigma: f64) -> Option<Turned> {
    let mut matrix = [0.0; 9];
    let mut right = [0.0; 3];
    for target in targets {
        let x = target.log_moneyness - m;
        let row = [1.0, x, x.hypot(sigma)];
        for (index, value) in row.iter().enumerate() {
            right[index] += value * target.total_variance / target.error.powi(2);
            for (column, other) in row.iter().enumerate() {
                matrix[3 * index + column] += value * other / target.error.powi(2);
            }
        }
    }
    dense::solve(&mut matrix, &mut right, 3)?;
    let [level, tilt, bend] = right;
    let within =
        |slope: f64, (low, high): (f64, f64)| slope.clamp(low + 1e-3 * (high - low), high - 1e-2 * (high - low));
    let (left, right) = (within(bend - tilt, bounds.left), within(bend + tilt, bounds.right));
    let least = within(level + sigma * (left * right).sqrt(), bounds.least);
    Some(Turned { least, left, right, m, sigma })
}

fn misses(targets: &[Target], turned: &Turned) -> f64 {
    targets.iter().map(|target| target.miss(turned).0.powi(2)).sum()
}
