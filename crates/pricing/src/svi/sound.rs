//! Slices fitted without arbitrage, in themselves and against an earlier one.

use super::{
    Breach, Slice,
    breach::nodes,
    fitting::{FittedSlice, Problem, Turned},
};
use crate::{fit::FitError, quotes::VolatilityQuote};

/// The largest violations that may remain: of a butterfly in `g`, and of a calendar spread in total variance.
const BUTTERFLY_TOLERANCE: f64 = 1e-6;
const CALENDAR_TOLERANCE: f64 = 1e-9;

/// Returns the slice of [`fit`](super::fit), but without butterfly arbitrage, and not below the slice of an earlier
/// expiration, if there is one, so that no calendar spread between them has a negative price (Gatheral and Jacquier
/// 2014, Definitions 2.1 to 2.3). Where the quotes themselves have an arbitrage, or the earlier slice is too high, the
/// slice misses them.
///
/// - **The wings** are never flatter than those of the earlier slice, and never steeper than Lee's bound: far out,
///   where there are no quotes, this alone keeps arbitrage away.
/// - **Between the wings**, for log-moneyness from −5 to 5, violations are penalised in the fit, as in section 5.2 of
///   that paper, with a weight that grows in rounds, each of which adds the points at which the last slice was worst.
/// - **A remaining** calendar arbitrage is removed at the end by a parallel shift of the slice upwards, which adds no
///   butterfly.
///
/// The largest violation that can remain is 1e-6 in [`g`](Slice::density_factor) and 1e-9 in total variance.
///
/// # Errors
/// The errors of [`fit`](super::fit), and [`FitError::NotConverged`] if a butterfly remains.
pub fn fit_above(quotes: &[VolatilityQuote], earlier: Option<&Slice>) -> Result<FittedSlice, FitError> {
    const ROUNDS: i32 = 8;
    let mut problem = Problem::new(quotes)?;
    let best = problem.best()?;
    if let Some(slice) = best.slice().ok().filter(|slice| breaches(slice, earlier).is_empty()) {
        return problem.fitted(slice);
    }

    if let Some(earlier) = earlier {
        problem.keep_above(earlier);
    }
    let mut starts = starts(&problem, best, earlier);
    let mut places = places(&problem, &starts, earlier);
    for round in 0..ROUNDS {
        let fence = Fence { earlier, places: &places, dear: 10.0_f64.powi(round), unit: problem.bounds.least.1 };
        let fitted = problem.least(&starts, |turned, add| fence.add(turned, add))?;
        let (lift, slice) = lifted(&fitted, earlier)?;
        let found = breaches(&slice, earlier);
        // Only the last round shifts the slice: before it, the fit itself has to rise to the earlier slice.
        if found.is_empty() && (lift <= 1e-4 * fitted.least || round + 1 == ROUNDS) {
            return problem.fitted(slice);
        }
        let unlifted = fitted.slice().map(|slice| breaches(&slice, earlier)).unwrap_or_default();
        places.extend(found.iter().chain(&unlifted).map(|breach| breach.worst_at));
        starts.insert(0, fitted);
    }
    Err(FitError::NotConverged { quantity: "a slice without butterfly arbitrage" })
}

/// Returns the arbitrages that are more than rounding.
fn breaches(slice: &Slice, earlier: Option<&Slice>) -> Vec<Breach> {
    let wings = |breach: &Breach| breach.from == f64::NEG_INFINITY || breach.until == f64::INFINITY;
    let mut found = slice.butterfly();
    found.retain(|breach| breach.worst < -BUTTERFLY_TOLERANCE || wings(breach));
    let mut below = earlier.map(|earlier| earlier.calendar(slice)).unwrap_or_default();
    below.retain(|breach| breach.worst < -CALENDAR_TOLERANCE || wings(breach));
    found.append(&mut below);
    found
}

impl Problem<'_> {
    /// Requires wings at least as steep as those of a slice, and allows as much variance as the slice has.
    fn keep_above(&mut self, earlier: &Slice) {
        let (left, right) = earlier.wings();
        let floor = |slope: f64, (low, high): (f64, f64)| (low.max(slope * (1.0 + 1e-9)).min(0.999 * high), high);
        self.bounds.left = floor(left, self.bounds.left);
        self.bounds.right = floor(right, self.bounds.right);
        let there = self.targets.iter().map(|target| earlier.total_variance(target.log_moneyness));
        self.bounds.least.1 = 1.5 * there.fold(self.bounds.least.1, f64::max);
    }
}

/// Returns the starts of a fit without arbitrage: the best slice, and the earlier slice lifted to the level of the best
/// one, which has no calendar arbitrage.
fn starts(problem: &Problem<'_>, best: Turned, earlier: Option<&Slice>) -> Vec<Turned> {
    let mut starts = vec![best];
    if let Some(earlier) = earlier {
        let ratio =
            |target: &super::fitting::Target| target.total_variance / earlier.total_variance(target.log_moneyness);
        let mut ratios: Vec<_> = problem.targets.iter().map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let times = ratios.get(ratios.len() / 2).copied().unwrap_or(1.0).max(1.0);
        let Turned { least, left, right, m, sigma } = Turned::of(earlier);
        starts.push(Turned { least: times * least, left: times * left, right: times * right, m, sigma });
    }
    // A flatter and smoother slice has no butterfly.
    starts.push(Turned { left: 0.5 * best.left, right: 0.5 * best.right, sigma: 2.0 * best.sigma, ..best });
    starts
}

/// Returns the points at which a fit looks for arbitrage: those of the quotes, and the turns of slices.
fn places(problem: &Problem<'_>, starts: &[Turned], earlier: Option<&Slice>) -> Vec<f64> {
    const NODE_STRIDE: usize = 4;
    let mut slices: Vec<_> = starts.iter().filter_map(|start| start.slice().ok()).collect();
    slices.extend(earlier.copied());
    let mut places: Vec<_> =
        slices.iter().flat_map(|slice| nodes(&[*slice]).into_iter().step_by(NODE_STRIDE)).collect();
    places.extend(problem.targets.iter().map(|target| target.log_moneyness));
    places
}

/// Returns the slice lifted to at least the earlier one, and the size of that shift.
fn lifted(fitted: &Turned, earlier: Option<&Slice>) -> Result<(f64, Slice), FitError> {
    let slice = fitted.slice()?;
    let below = earlier.map(|earlier| earlier.calendar(&slice)).unwrap_or_default();
    let worst = below.iter().map(|breach| breach.worst).fold(0.0, f64::min);
    if worst >= 0.0 {
        return Ok((0.0, slice));
    }
    let lift = -worst * (1.0 + 1e-9) + 1e-15;
    Ok((lift, Turned { least: fitted.least + lift, ..*fitted }.slice()?))
}

/// The constraints as equations.
struct Fence<'a> {
    earlier: Option<&'a Slice>,
    places: &'a [f64],
    dear: f64,
    /// The unit of total variance.
    unit: f64,
}

impl Fence<'_> {
    fn add(&self, turned: &Turned, add: &mut dyn FnMut(f64, [f64; 5])) -> Option<()> {
        let slice = turned.slice().ok()?;
        for k in self.places.iter().copied() {
            self.add_butterfly(&slice, turned, k, add);
            let Some(earlier) = self.earlier else { continue };
            let (value, slopes) = turned.value(k);
            let below = earlier.total_variance(k) * (1.0 + 1e-6) - value;
            if below > 0.0 {
                let weight = 1e3 * self.dear / self.unit;
                add(weight * below, slopes.map(|slope| -weight * slope));
            }
        }
        Some(())
    }

    /// Adds an equation for `g` where it is negative, or hardly above zero.
    fn add_butterfly(&self, slice: &Slice, turned: &Turned, k: f64, add: &mut dyn FnMut(f64, [f64; 5])) {
        const MARGIN: f64 = 1e-4;
        const STEP: f64 = 1e-6;
        let here = slice.density_factor(k);
        if here >= MARGIN {
            return;
        }
        let weight = 30.0 * self.dear;
        let by = |change: fn(&mut Turned) -> &mut f64| {
            let mut moved = *turned;
            let value = change(&mut moved);
            let step = STEP * (value.abs() + 1e-3);
            *value += step;
            -weight * (Slice(moved.raw()).density_factor(k) - here) / step
        };
        let slopes = [
            by(|turned| &mut turned.least),
            by(|turned| &mut turned.left),
            by(|turned| &mut turned.right),
            by(|turned| &mut turned.m),
            by(|turned| &mut turned.sigma),
        ];
        add(weight * (MARGIN - here), slopes);
    }
}
