//! When a put is exercised early: never, below one boundary, or between two.

use super::boundary::{Boundary, Problem};
use super::premium::{Parameters, Premium, Put, Quantity};
use super::rule::{Ladder, Panels};
use crate::error::PricingError;

impl Put {
    fn problem(&self) -> Problem {
        Problem { rate: self.rate, dividend_yield: self.dividend_yield, volatility: self.volatility, pays_put: true }
    }

    /// The problem of the lower boundary: that of the inverse of the underlying, with rate and yield exchanged.
    fn lower_problem(&self) -> Problem {
        Problem { rate: self.dividend_yield, dividend_yield: self.rate, volatility: self.volatility, pays_put: false }
    }
}

/// The times and spots at which a put is exercised.
#[derive(Debug)]
pub(crate) enum Solution {
    /// Waiting is always worth more.
    Never,
    /// Below a boundary.
    Below(Boundary),
    /// Between two boundaries, until they meet at this time to expiry.
    Between { upper: Boundary, lower: Boundary, until: f64 },
}

/// Solves exercise problems. The last solution is kept for the options that share it: those of one time, volatility,
/// rate and yield, whatever their strikes.
#[derive(Debug)]
pub(crate) struct Solver {
    pub(crate) ladder: &'static Ladder,
    last: Option<([u64; 4], Solution)>,
}

impl Solver {
    pub(crate) fn new(ladder: &'static Ladder) -> Self {
        Self { ladder, last: None }
    }

    /// The solution of the put's problem.
    pub(crate) fn solve(&mut self, put: &Put) -> Result<&Solution, PricingError> {
        let key = [put.years, put.rate, put.dividend_yield, put.volatility].map(f64::to_bits);
        let last = match self.last.take() {
            Some((solved, solution)) if solved == key => (key, solution),
            _ => (key, Solution::new(put, self.ladder)?),
        };
        Ok(&self.last.insert(last).1)
    }
}

impl Solution {
    /// Solves the exercise problem of the put's parameters; its moneyness does not matter.
    pub(crate) fn new(put: &Put, ladder: &'static Ladder) -> Result<Self, PricingError> {
        let (rate, dividend_yield) = (put.rate, put.dividend_yield);
        if put.years == 0.0 || (rate <= 0.0 && dividend_yield >= rate) {
            return Ok(Self::Never);
        }
        let problem = put.problem();
        let not_converged = PricingError::NotConverged { quantity: "the exercise boundary" };
        if rate >= 0.0 {
            let horizon = put.years.min(problem.settling_years());
            return Boundary::solve(problem, horizon, ladder).map(Self::Below).ok_or(not_converged);
        }
        Self::between(put, ladder).ok_or(not_converged)
    }

    /// Two boundaries. Each alone has an equation of its own, which goes on for a while after they have met; they are
    /// solved up to shortly after that, if it happens before the horizon.
    fn between(put: &Put, ladder: &'static Ladder) -> Option<Self> {
        /// Enough to halve a horizon of a century to a minute, and then to find the meeting.
        const MOST_ATTEMPTS: usize = 60;
        let (problem, lower_problem) = (put.problem(), put.lower_problem());
        let whole = put.years.min(problem.settling_years());
        // They are apart at the one, and have met at the other or cannot be solved up to there.
        let (mut horizon, mut before, mut beyond) = (whole, 0.0, f64::INFINITY);
        for _ in 0..MOST_ATTEMPTS {
            let upper = Boundary::solve(problem, horizon, ladder);
            let (Some(upper), Some(lower)) = (upper, Boundary::solve(lower_problem, horizon, ladder)) else {
                beyond = horizon;
                horizon = 0.5 * (before + beyond);
                continue;
            };
            let apart = |years: f64| upper.ln_at(years) + lower.ln_at(years) >= 0.0;
            if apart(horizon) {
                if horizon == whole || beyond - horizon < 0.01 * horizon {
                    return Some(Self::Between {
                        upper,
                        lower,
                        until: if horizon == whole { put.years } else { horizon },
                    });
                }
                before = horizon;
                horizon = if beyond < f64::INFINITY { 0.5 * (before + beyond) } else { (1.5 * horizon).min(whole) };
                continue;
            }
            let meeting = meeting(apart, horizon);
            if meeting > 0.95 * horizon {
                return Some(Self::Between { upper, lower, until: meeting });
            }
            beyond = horizon;
            // Once more with the nodes where they are needed; far behind the meeting they may tell a wrong one.
            let behind = 1.01 * meeting;
            horizon = if before < behind { behind } else { 0.5 * (before + beyond) };
        }
        None
    }

    /// Whether the put is exercised now.
    pub(crate) fn is_exercised(&self, put: &Put) -> bool {
        self.exercised(put.years).is_some_and(|(low, high)| (low..=high).contains(&put.ln_moneyness))
    }

    /// The premium over the European put, with its derivatives, where the put is not exercised.
    pub(crate) fn premium(&self, put: &Put, panels: &Panels) -> Quantity {
        match self {
            Self::Never => Quantity::default(),
            Self::Below(boundary) => below(put, boundary, put.years, panels).value(),
            Self::Between { upper, lower, until } => {
                let lower = above(put, lower, *until, panels).value();
                below(put, upper, *until, panels).value().plus(lower, -1.0)
            }
        }
    }
}

impl Solution {
    /// The premium's derivatives by the parameters where the put is not exercised.
    pub(crate) fn parameters(&self, put: &Put, panels: &Panels) -> Result<Parameters, PricingError> {
        let not_converged = PricingError::NotConverged { quantity: "the exercise boundary's derivative" };
        match self {
            Self::Never => Ok(Parameters::default()),
            Self::Below(boundary) => below(put, boundary, put.years, panels).parameters().ok_or(not_converged),
            Self::Between { upper, lower, until } => {
                let upper = below(put, upper, *until, panels).parameters().ok_or(not_converged)?;
                let lower = above(put, lower, *until, panels).parameters().ok_or(not_converged)?;
                Ok(upper.plus(lower, -1.0))
            }
        }
    }

    /// Logarithms of the moneyness between which the put is exercised at this time to expiry; the lower may be −∞.
    pub(crate) fn exercised(&self, years: f64) -> Option<(f64, f64)> {
        match self {
            Self::Never => None,
            Self::Below(boundary) => Some((f64::NEG_INFINITY, boundary.ln_at(years))),
            Self::Between { upper, lower, until } => {
                (years <= *until).then(|| (-lower.ln_at(years), upper.ln_at(years)))
            }
        }
    }
}

/// When two boundaries meet that are not apart any more at a horizon.
fn meeting(apart: impl Fn(f64) -> bool, horizon: f64) -> f64 {
    let (mut before, mut after) = (0.0, horizon);
    while after - before > 1e-14 * horizon {
        let middle = 0.5 * (before + after);
        if middle <= before || middle >= after {
            break;
        }
        if apart(middle) {
            before = middle;
        } else {
            after = middle;
        }
    }
    after
}

pub(super) fn below<'a>(put: &'a Put, boundary: &'a Boundary, until: f64, panels: &'a Panels) -> Premium<'a> {
    Premium { put, boundary, inverted: false, until: until.min(put.years), panels }
}

pub(super) fn above<'a>(put: &'a Put, boundary: &'a Boundary, until: f64, panels: &'a Panels) -> Premium<'a> {
    Premium { put, boundary, inverted: true, until: until.min(put.years), panels }
}
