//! The two boundaries between which a put is exercised when `q < r < 0`, and when they meet.
//!
//! Each boundary alone is the solution of an equation of its own: from above the upper one, or from below the lower
//! one, the spot reaches the other only through it. The region shrinks as the time to expiry grows, until the two
//! boundaries meet at an angle; with more time than that, the option is not exercised.
//!
//! The equation of the lower boundary has a solution for any horizon. That of the upper boundary has one only while the
//! boundary is above the start of the lower one, `K·r/q`, where the interest no longer makes up for the dividends; this
//! ends a while after the two meet. On a grid that reaches further, or from an estimate that is not close, Newton's
//! method finds a solution of the equation's sums that is none of its integrals, and the polynomial through it is wrong
//! at all times. The horizon is therefore sought from below, each solution starts from the one before, and none is
//! accepted that does not fall.

use super::{
    boundary::Boundary,
    exercise::Solution,
    premium::Put,
    rule::{Ladder, Rule},
};

/// Two boundaries on the same horizon: the upper one, and the lower one as that of the inverse of the underlying.
struct Pair {
    upper: Boundary,
    lower: Boundary,
}

impl Pair {
    /// Solves both equations; that of the upper boundary starts from the pair of a shorter horizon. `None` if one has
    /// no solution, or if the upper solution is not an exercise boundary.
    fn solve(put: &Put, horizon: f64, grids: &'static [Rule], tolerance: f64, shorter: Option<&Self>) -> Option<Self> {
        let upper = shorter.map(|pair| &pair.upper);
        let upper = Boundary::solve_from(put.problem(), horizon, grids, tolerance, upper)?;
        upper.is_falling().then_some(())?;
        let lower = Boundary::solve(put.lower_problem(), horizon, grids, tolerance)?;
        Some(Self { upper, lower })
    }

    /// Returns the logarithm of the upper boundary over the lower one.
    fn gap(&self, years: f64) -> f64 {
        self.upper.ln_at(years) + self.lower.ln_at(years)
    }

    /// Returns the last time to expiry at which the boundaries are still apart, given that they are not at the horizon.
    fn meeting(&self) -> f64 {
        let (mut before, mut after) = (0.0, self.upper.horizon);
        while after - before > 1e-14 * after {
            let middle = 0.5 * (before + after);
            if middle <= before || middle >= after {
                break;
            }
            if self.gap(middle) >= 0.0 {
                before = middle;
            } else {
                after = middle;
            }
        }
        before
    }
}

impl Solution {
    /// Solves for two boundaries up to the put's years or to where the boundaries meet, whichever is less.
    pub(super) fn between(put: &Put, ladder: &'static Ladder) -> Option<Self> {
        /// The largest horizon of a grid over the time of the meeting; errors of the boundaries just after it do not
        /// count.
        const HORIZON_PER_MEETING: f64 = 1.02;
        /// The most extensions of the horizon: on finer grids the boundaries may meet slightly later than on the first.
        const MOST_EXTENSIONS: usize = 5;
        let ladder = ladder.for_pairs.unwrap_or(ladder);
        let whole = put.years.min(put.problem().settling_years(ladder.settled));
        let (mut horizon, mut shorter) = horizon(put, whole, ladder)?;
        for _ in 0..MOST_EXTENSIONS {
            let pair = Pair::solve(put, horizon, &ladder.grids, ladder.tolerance, shorter.as_ref())?;
            if pair.gap(horizon) < 0.0 {
                let until = pair.meeting();
                return Some(Self::Between { upper: pair.upper, lower: pair.lower, until });
            }
            if horizon >= whole {
                return Some(Self::Between { upper: pair.upper, lower: pair.lower, until: put.years });
            }
            horizon = (HORIZON_PER_MEETING * horizon).min(whole);
            shorter = Some(pair);
        }
        None
    }
}

/// Returns a horizon just after the meeting, or the whole horizon if there is none before.
///
/// In the root of time, the gap between the boundaries closes at first fast and then slower. The secant through the
/// last two horizons thus leads to one before the meeting, and so on until a small step further passes it.
fn horizon(put: &Put, whole: f64, ladder: &'static Ladder) -> Option<(f64, Option<Pair>)> {
    /// The largest move of a boundary in standard deviations, except for rates that are nearly equal.
    const SPEED: f64 = 4.0;
    const MOST_ATTEMPTS: usize = 60;
    /// The earliest meeting, as a part of the horizon, after which the horizon is close enough for its polynomial.
    const SMALLEST_MEETING: f64 = 0.9;
    let grids = ladder.grids.get(..1)?;
    let furthest = whole.sqrt();
    let start = put.lower_problem().ln_start();
    // Roots of times: the last at which the boundaries are apart, with the gap there, and the first beyond that.
    let mut shorter = None;
    let (mut apart, mut beyond) = ((0.0, start), f64::INFINITY);
    let mut root = (start / (SPEED * put.volatility)).min(furthest);
    for _ in 0..MOST_ATTEMPTS {
        let horizon = if root >= furthest { whole } else { root * root };
        let next = match Pair::solve(put, horizon, grids, ladder.tolerance, shorter.as_ref()) {
            None => {
                beyond = root;
                0.5 * (apart.0 + beyond)
            }
            Some(pair) => {
                let gap = pair.gap(horizon);
                if gap >= 0.0 {
                    if horizon >= whole {
                        return Some((whole, Some(pair)));
                    }
                    let step = gap * (root - apart.0) / (apart.1 - gap);
                    apart = (root, gap);
                    shorter = Some(pair);
                    let next = if step > 0.0 { (1.02 * root + step).min(2.0 * root) } else { 2.0 * root };
                    next.min(furthest)
                } else {
                    let meeting = pair.meeting();
                    if meeting >= SMALLEST_MEETING * horizon {
                        return Some((horizon, Some(pair)));
                    }
                    beyond = root;
                    1.01 * meeting.sqrt()
                }
            }
        };
        root = if next > apart.0 && next < beyond { next } else { 0.5 * (apart.0 + beyond) };
    }
    None
}
