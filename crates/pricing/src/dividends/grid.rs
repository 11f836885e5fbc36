//! The grid on which options on a share with cash dividends are valued.
//!
//! All numbers are without dimension: spots in strikes, times in parts of the time to expiry, values in strikes at
//! expiry. With the forward `Z = S·e^((r − q)·τ)` of the share without its dividends and values
//! `W = V·e^(r·τ)` at expiry, both rates leave the equation: `∂W/∂τ = ½σ²Z²·∂²W/∂Z²`. They return in the payoff of
//! exercise, `e^(r·τ)·K − e^(q·τ)·Z` for a put.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::{Dividend, Exercise, payoff};
use crate::error::PricingError;

/// The number of standard deviations beyond which no path counts.
const DEVIATIONS: f64 = 7.0;
/// The logarithm of 1e18: spots this much farther away have no weight, however large the deviation is.
const FARTHEST_LOGARITHM: f64 = 41.0;
/// The numbers of nodes of the coarsest grid per standard deviation of the logarithm at expiry, and steps in time.
const NODES_PER_DEVIATION: f64 = 30.0;
const TIME_STEPS: f64 = 100.0;
/// The widest step in the logarithm near spot and strike, and the most nodes, of the coarsest grid.
const WIDEST_STEP: f64 = 0.25;
const MOST_NODES: f64 = 2_000.0;
/// The most nodes times steps of the coarsest grid: the finest has sixteen times as many and takes a part of a second.
const MOST_NODE_STEPS: f64 = 300_000.0;
/// The most dividends: more would leave too few nodes.
const MOST_DIVIDENDS: usize = 250;
/// The smallest number of steps between two dividends.
const FEWEST_STEPS: f64 = 2.0;

/// An option in the grid's units.
pub(super) struct Terms {
    option_type: OptionType,
    american: bool,
    /// The forward without dividends, in strikes.
    forward: f64,
    /// `σ²·T`, `r·T` and `q·T`.
    variance: f64,
    rate: f64,
    dividend_yield: f64,
    /// The time to expiry when a dividend is paid, in parts of the whole, and the fall of the forward by it; the last
    /// dividend first.
    dividends: Vec<(f64, f64)>,
    /// The placement of the nodes.
    place: Place,
}

/// The placement of nodes at `exp(center + scale·sinh(x))`, evenly in `x`: about evenly in the logarithm near spot and
/// strike, and ever wider apart towards zero.
#[derive(Clone, Copy)]
struct Place {
    center: f64,
    scale: f64,
    lowest: f64,
    highest: f64,
    step: f64,
}

impl Terms {
    pub(super) fn new(
        option: &OptionInputs,
        paid: &[Dividend],
        volatility: f64,
        exercise: Exercise,
    ) -> Result<Self, PricingError> {
        /// The limit of logarithms and rates: twice it is still a float's exponent.
        const LARGEST_EXPONENT: f64 = 300.0;
        /// The smallest distance at which nodes are distinct.
        const SMALLEST_WIDTH: f64 = 1e-9;
        let OptionInputs { option_type, spot, strike, years, rate, dividend_yield } = *option;
        let (rate, dividend_yield, width) = (rate * years, dividend_yield * years, volatility * years.sqrt());
        let log_forward = spot.ln() - strike.ln() + rate - dividend_yield;
        let sizes = [log_forward, spot.ln() - strike.ln(), rate, dividend_yield, width];
        if !(width >= SMALLEST_WIDTH && sizes.iter().all(|size| size.abs() <= LARGEST_EXPONENT)) {
            return Err(PricingError::NotRepresentable { quantity: "the grid of spots" });
        }
        if paid.len() > MOST_DIVIDENDS {
            let (field, expected) = ("dividends", "at most 250 up to expiry");
            return Err(PricingError::InvalidInput { field, value: paid.len() as f64, expected });
        }
        let fall = |dividend: &Dividend| {
            let left = 1.0 - dividend.years / years;
            (left, dividend.amount / strike * ((rate - dividend_yield) * left).exp())
        };
        let dividends: Vec<_> = paid.iter().rev().map(fall).collect();
        let place = Place::new(log_forward, width, &dividends);
        let american = exercise == Exercise::American;
        let (forward, variance) = (log_forward.exp(), width * width);
        Ok(Self { option_type, american, forward, variance, rate, dividend_yield, dividends, place })
    }

    /// Returns the payoffs of exercise at these forwards, in values at expiry. `left` is the time to expiry, in parts
    /// of the whole.
    fn exercised(&self, forwards: &[f64], left: f64) -> Vec<f64> {
        let (share, strike) = ((self.dividend_yield * left).exp(), (self.rate * left).exp());
        forwards.iter().map(|forward| payoff(self.option_type, share * forward, strike)).collect()
    }

    /// Returns the value where the option is certainly held to expiry, or certainly worthless then.
    fn held(&self, forward: f64, left: f64) -> f64 {
        let lost: f64 = self.dividends.iter().filter(|(then, _)| *then < left).map(|(_, fall)| fall).sum();
        payoff(self.option_type, (forward - lost).max(0.0), 1.0)
    }
}

impl Place {
    fn new(log_forward: f64, width: f64, dividends: &[(f64, f64)]) -> Self {
        let reach = (DEVIATIONS * width).min(FARTHEST_LOGARITHM);
        // The forwards from which the strike is reached: at one when no dividend is to come, and higher before them.
        let falls: f64 = dividends.iter().map(|(_, fall)| fall).sum();
        let start = (1.0 + falls).ln().min(log_forward.max(0.0) + reach);
        let (low, high) = (log_forward.min(0.0), log_forward.max(start));
        // The forwards after dividends: below the smallest dividend the share is worth nothing.
        let smallest = dividends.iter().map(|(_, fall)| *fall).filter(|fall| *fall > 0.0).fold(f64::INFINITY, f64::min);
        let rest = log_forward.exp() - falls;
        let after = if rest > 0.0 { rest.ln() } else { low - FARTHEST_LOGARITHM };
        let bottom = low.min(after).min(smallest.ln()).max(low - FARTHEST_LOGARITHM);
        let scale = (0.5 * (high - low) + reach).max(1e-8);
        let center = 0.5 * (low + high);
        let x = |logarithm: f64| ((logarithm - center) / scale).asinh();
        let (lowest, highest) = (x(bottom - reach), x(high + reach));
        // Finer in the ratio of a deviation at the strike to one at the forward that leads there.
        let wanted = (width / NODES_PER_DEVIATION / start.exp().max(1.0)).min(WIDEST_STEP) / scale;
        let most = MOST_NODES.min(MOST_NODE_STEPS / (TIME_STEPS + FEWEST_STEPS * dividends.len() as f64));
        Self { center, scale, lowest, highest, step: wanted.max((highest - lowest) / most) }
    }

    /// Returns zero, and the nodes up to the highest, one of which is the strike.
    fn nodes(&self, fineness: u32) -> Vec<f64> {
        let step = self.step / f64::from(fineness);
        let strike = (-self.center / self.scale).asinh();
        let mut index = ((self.lowest - strike) / step).floor();
        let mut nodes = vec![0.0];
        loop {
            let x = strike + index * step;
            let at_strike = index == 0.0;
            nodes.push(if at_strike { 1.0 } else { (self.center + self.scale * x.sinh()).exp() });
            if x >= self.highest {
                return nodes;
            }
            index += 1.0;
        }
    }
}

/// The values at one time.
pub(super) struct Grid<'a> {
    terms: &'a Terms,
    /// The refinement over the coarsest grid's steps, a power of two.
    fineness: u32,
    nodes: Vec<f64>,
    /// The coefficients of a value's neighbours in the equation, per unit of time.
    below: Vec<f64>,
    above: Vec<f64>,
    values: Vec<f64>,
    /// True at the nodes where the option was exercised in the last step.
    exercised: Vec<bool>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(terms: &'a Terms, fineness: u32) -> Self {
        let nodes = terms.place.nodes(fineness);
        let mut below = vec![0.0; nodes.len()];
        let mut above = vec![0.0; nodes.len()];
        for index in 1..nodes.len() - 1 {
            let (down, up) = (nodes[index] - nodes[index - 1], nodes[index + 1] - nodes[index]);
            let pull = terms.variance * nodes[index] * nodes[index] / (down + up);
            (below[index], above[index]) = (pull / down, pull / up);
        }
        let values = nodes.iter().map(|node| payoff(terms.option_type, *node, 1.0)).collect();
        let exercised = vec![false; nodes.len()];
        Self { terms, fineness, nodes, below, above, values, exercised }
    }

    /// Returns the value today, in strikes at expiry.
    pub(super) fn value(mut self) -> f64 {
        let mut left = 0.0;
        for (then, fall) in &self.terms.dividends {
            self.advance(left, *then);
            left = *then;
            self.fall(*fall, left);
        }
        self.advance(left, 1.0);
        self.interpolated(self.terms.forward)
    }

    /// Steps from one time to expiry to a longer one, without dividends between them.
    fn advance(&mut self, from: f64, to: f64) {
        let length = to - from;
        if length <= 0.0 {
            return;
        }
        let steps = (length * TIME_STEPS).ceil().max(FEWEST_STEPS) * f64::from(self.fineness);
        let step = length / steps;
        // Four implicit half steps, which damp the oscillations from the kink.
        for half in 1..=4 {
            self.back(from + 0.5 * step * f64::from(half), 0.5 * step, 1.0);
        }
        let mut taken = 2.0;
        while taken < steps {
            taken += 1.0;
            self.back(from + taken * step, step, 0.5);
        }
    }

    /// Makes a step to the time `left`, the part `implicit` of it implicit.
    fn back(&mut self, left: f64, step: f64, implicit: f64) {
        let last = self.nodes.len() - 1;
        let explicit = (1.0 - implicit) * step;
        let mut right = self.values.clone();
        for (index, right) in right.iter_mut().enumerate().take(last).skip(1) {
            let [below, here, above] = [index - 1, index, index + 1].map(|index| self.values[index]);
            *right += explicit * (self.below[index] * (below - here) + self.above[index] * (above - here));
        }
        // At the ends the paths are certain: they stay at zero, or far above all else.
        (right[0], right[last]) = (self.terms.held(0.0, left), self.terms.held(self.nodes[last], left));
        let implicit = implicit * step;
        if !self.terms.american {
            self.solve(&right, implicit, &[]);
            return;
        }
        let obstacle = self.terms.exercised(&self.nodes, left);
        (right[0], right[last]) = (right[0].max(obstacle[0]), right[last].max(obstacle[last]));
        // One round mostly suffices: the choice hardly changes from one step to the next.
        for _ in 0..20 {
            self.solve(&right, implicit, &obstacle);
            if !self.choose(&right, implicit, &obstacle) {
                break;
            }
        }
        self.values.iter_mut().zip(&obstacle).for_each(|(value, least)| *value = value.max(*least));
    }

    /// Solves for the values: the obstacle where the option is exercised, the held value elsewhere.
    fn solve(&mut self, right: &[f64], implicit: f64, obstacle: &[f64]) {
        let last = self.nodes.len() - 1;
        // Elimination upwards: each value as `constant + factor·(the one above)`.
        let mut factors = vec![0.0; last + 1];
        self.values[0] = right[0];
        self.values[last] = right[last];
        for index in 1..last {
            if self.exercised[index] && !obstacle.is_empty() {
                self.values[index] = obstacle[index];
                continue;
            }
            let (below, above) = (implicit * self.below[index], implicit * self.above[index]);
            let pivot = 1.0 + above + below * (1.0 - factors[index - 1]);
            factors[index] = above / pivot;
            self.values[index] = (right[index] + below * self.values[index - 1]) / pivot;
        }
        for index in (1..last).rev() {
            self.values[index] += factors[index] * self.values[index + 1];
        }
    }

    /// Chooses exercise or holding at every node by the larger value, and returns true if any choice changed.
    fn choose(&mut self, right: &[f64], implicit: f64, obstacle: &[f64]) -> bool {
        /// The relative difference up to which a choice is kept: where both values are equal, rounding would reverse
        /// the choice in every round.
        const ROUNDING: f64 = 1e-13;
        let mut changed = false;
        for index in 1..self.nodes.len() - 1 {
            let [below, here, above] = [index - 1, index, index + 1].map(|index| self.values[index]);
            let chosen = if self.exercised[index] {
                // The value of holding, by the equation.
                let pulled = implicit * (self.below[index] * (below - here) + self.above[index] * (above - here));
                let rounding = ROUNDING * (1.0 + implicit * (self.below[index] + self.above[index])) * here.abs();
                here >= right[index] + pulled - rounding
            } else {
                here < obstacle[index] - ROUNDING * obstacle[index].abs()
            };
            changed |= chosen != self.exercised[index];
            self.exercised[index] = chosen;
        }
        changed
    }

    /// Computes values just before a dividend from those after it: means around the nodes, so that the error of a kink
    /// does not depend on where it is between two of them, as an extrapolation requires (Kreiss, Thomée and Widlund
    /// 1970).
    fn fall(&mut self, fall: f64, left: f64) {
        const SAMPLES: u32 = 8;
        let after = |node: f64| self.interpolated((node - fall).max(0.0));
        let mean = |window: &[f64]| match *window {
            [below, node, above] => {
                let reach = 0.5 * (node - below).min(above - node);
                let place = |sample: u32| 2.0 * (f64::from(sample) + 0.5) / f64::from(SAMPLES) - 1.0;
                (0..SAMPLES).map(|sample| after(node + reach * place(sample))).sum::<f64>() / f64::from(SAMPLES)
            }
            _ => f64::NAN,
        };
        let ends = [0, self.nodes.len() - 1].map(|end| after(self.nodes[end]));
        let mut before = Vec::with_capacity(self.nodes.len());
        before.push(ends[0]);
        before.extend(self.nodes.windows(3).map(mean));
        before.push(ends[1]);
        if self.terms.american {
            let exercised = self.terms.exercised(&self.nodes, left);
            before.iter_mut().zip(exercised).for_each(|(value, now)| *value = value.max(now));
        }
        self.values = before;
    }

    /// Returns the cubic through four nodes, between the values of the nearest two.
    fn interpolated(&self, forward: f64) -> f64 {
        let next = self.nodes.partition_point(|node| *node < forward).clamp(1, self.nodes.len() - 1);
        let start = next.saturating_sub(2).min(self.nodes.len() - 4);
        let (nodes, values) = (&self.nodes[start..start + 4], &self.values[start..start + 4]);
        let mut cubic = 0.0;
        for (this, (node, value)) in nodes.iter().zip(values).enumerate() {
            let others = nodes.iter().enumerate().filter(|(other, _)| *other != this);
            cubic += value * others.map(|(_, other)| (forward - other) / (node - other)).product::<f64>();
        }
        let (one, other) = (self.values[next - 1], self.values[next]);
        cubic.max(one.min(other)).min(one.max(other))
    }
}
