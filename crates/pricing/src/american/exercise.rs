//! The early exercise of a put: never, below one boundary, or between two.

use super::{
    boundary::{Boundary, LOWEST_LOGARITHM, Problem},
    premium::{Parameters, Premium, Put, Quantity},
    rule::{Ladder, Panels},
};
use crate::error::PricingError;

impl Put {
    /// Returns true if there is a lower boundary below the upper one, and its value just before expiry is a normal
    /// number.
    pub(super) fn has_two_boundaries(&self) -> bool {
        self.dividend_yield < self.rate && self.rate < 0.0 && self.lower_problem().ln_start() <= -LOWEST_LOGARITHM
    }

    pub(super) fn problem(&self) -> Problem {
        Problem { rate: self.rate, dividend_yield: self.dividend_yield, volatility: self.volatility, pays_put: true }
    }

    /// Returns the problem of the lower boundary: that of the inverse of the underlying, with rate and yield exchanged.
    pub(super) fn lower_problem(&self) -> Problem {
        Problem { rate: self.dividend_yield, dividend_yield: self.rate, volatility: self.volatility, pays_put: false }
    }
}

/// The times and spots at which a put is exercised.
#[derive(Debug)]
pub(crate) enum Solution {
    /// The put is never exercised: waiting is always worth more.
    Never,
    /// The put is exercised below a boundary.
    Below(Boundary),
    /// The put is exercised between two boundaries, until they meet at this time to expiry.
    Between { upper: Boundary, lower: Boundary, until: f64 },
}

/// A solver of exercise problems. It keeps the last solution for the options that share it: those of one time,
/// volatility, rate and yield, at any strike.
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
        if !put.has_two_boundaries() {
            let horizon = put.years.min(problem.settling_years(ladder.settled));
            let boundary = Boundary::solve(problem, horizon, &ladder.grids, ladder.tolerance);
            return boundary.map(Self::Below).ok_or(not_converged);
        }
        Self::between(put, ladder).ok_or(not_converged)
    }

    /// Returns true if the put is exercised now.
    pub(crate) fn is_exercised(&self, put: &Put) -> bool {
        self.exercised(put.years).is_some_and(|(low, high)| (low..=high).contains(&put.ln_moneyness))
    }

    /// Returns the premium over the European put, with its derivatives, where the put is not exercised.
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
    /// Returns the premium's derivatives by the parameters where the put is not exercised.
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

    /// Returns the logarithms of the moneyness between which the put is exercised at this time to expiry; the lower may
    /// be −∞.
    pub(crate) fn exercised(&self, years: f64) -> Option<(f64, f64)> {
        match self {
            Self::Never => None,
            Self::Below(boundary) => Some((f64::NEG_INFINITY, boundary.ln_at(years))),
            Self::Between { upper, lower, until } => {
                let (low, high) = (-lower.ln_at(years), upper.ln_at(years));
                (years <= *until && low <= high).then_some((low, high))
            }
        }
    }
}

pub(super) fn below<'a>(put: &'a Put, boundary: &'a Boundary, until: f64, panels: &'a Panels) -> Premium<'a> {
    Premium { put, boundary, inverted: false, until: until.min(put.years), panels }
}

pub(super) fn above<'a>(put: &'a Put, boundary: &'a Boundary, until: f64, panels: &'a Panels) -> Premium<'a> {
    Premium { put, boundary, inverted: true, until: until.min(put.years), panels }
}
