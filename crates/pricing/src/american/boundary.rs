//! The early exercise boundary as the solution of Kim's integral equation.
//!
//! Kim (1990) writes the American put as the European one plus an integral over its exercise boundary. At the boundary
//! itself the price is the payoff, and its slope is the payoff's: two forms of one equation for the boundary, called
//! FP-B and FP-A by Andersen, Lake and Offengenden (2016), "High performance American option pricing". As there, the
//! equation is collocated at Chebyshev nodes in the root of time for the squared logarithm of the boundary. It is
//! solved here by Newton's method with the exact Jacobian, which needs two or three evaluations where a fixed-point
//! iteration needs several times as many, and converges where that iteration does not; the Jacobian also gives the
//! boundary's derivatives.

use std::{f64::consts::PI, sync::OnceLock};

use super::{
    equation::Equation,
    rule::{Rule, chebyshev_coefficients, chebyshev_value},
};

/// The lower limit of boundaries' logarithms, so that boundaries are normal numbers.
pub(crate) const LOWEST_LOGARITHM: f64 = -600.0;

/// A put-like exercise problem in units of the strike: the option is held above the boundary and exercised below.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem {
    pub(crate) rate: f64,
    pub(crate) dividend_yield: f64,
    pub(crate) volatility: f64,
    /// True if the option pays a put at expiry; otherwise it pays the forward, which does not enter the equation.
    ///
    /// The latter is the problem of the lower of two boundaries, seen from the call on the inverse of the underlying.
    pub(crate) pays_put: bool,
}

impl Problem {
    /// Returns the forms of the equation to try, the better conditioned one (of the second kind) first: smooth pasting
    /// if the boundary starts at the strike, value matching if it starts well below it, at the ratio of rate and yield.
    fn forms(&self, horizon: f64) -> &'static [Form] {
        let near = -0.3 * self.volatility * horizon.sqrt();
        if !self.pays_put {
            &[Form::ValueMatching]
        } else if self.rate <= 0.0 {
            &[Form::SmoothPasting, Form::ValueMatching]
        } else if self.dividend_yield <= 0.0 {
            &[Form::SmoothPasting]
        } else if self.ln_start() > near {
            &[Form::SmoothPasting, Form::ValueMatching]
        } else {
            &[Form::ValueMatching, Form::SmoothPasting]
        }
    }

    /// Returns the logarithm of the boundary just before expiry.
    pub(crate) fn ln_start(&self) -> f64 {
        if self.pays_put && self.rate >= self.dividend_yield { 0.0 } else { (self.rate / self.dividend_yield).ln() }
    }

    /// Returns `(½ − (r−q)/σ²)² + 2r/σ²`, the discriminant of the perpetual option's equation.
    fn discriminant(&self) -> f64 {
        let variance = self.volatility * self.volatility;
        let slope = 0.5 - (self.rate - self.dividend_yield) / variance;
        slope * slope + 2.0 * self.rate / variance
    }

    /// Returns the boundary of the perpetual option, if it has one.
    pub(crate) fn perpetual(&self) -> Option<f64> {
        let variance = self.volatility * self.volatility;
        let slope = 0.5 - (self.rate - self.dividend_yield) / variance;
        let root = self.discriminant().sqrt();
        // The form of the root without cancellation.
        let exponent = if slope > 0.0 { -2.0 * self.rate / variance / (slope + root) } else { slope - root };
        let boundary = exponent / (exponent - 1.0);
        (boundary.is_finite() && boundary > 0.0).then_some(boundary)
    }

    /// Returns the years after which the boundary counts as the perpetual one, to which it converges like `e^(−λτ)`:
    /// the years at which the exponent is `settled`. Infinite if there is no perpetual boundary.
    pub(crate) fn settling_years(&self, settled: f64) -> f64 {
        let decay = 0.5 * self.volatility * self.volatility * self.discriminant();
        if decay > 0.0 && (self.rate >= 0.0 || self.perpetual().is_some()) { settled / decay } else { f64::INFINITY }
    }

    /// Returns the logarithm, relative to the start, below which the boundary does not fall: the perpetual one, and for
    /// the upper of two boundaries the start of the lower one.
    fn floor(&self, perpetual: Option<f64>) -> f64 {
        let floor = perpetual.map_or(LOWEST_LOGARITHM, |boundary| boundary.ln() - self.ln_start());
        if self.is_upper() { floor.max((self.rate / self.dividend_yield).ln()) } else { floor }
    }

    /// Returns true if the boundary is the upper of two.
    fn is_upper(&self) -> bool {
        self.pays_put && self.rate < 0.0
    }

    /// Returns a first estimate of the boundary's logarithm relative to its start. The estimate leaves the start at the
    /// speed of the diffusion, or as in the expansion near expiry of Evans, Kuske and Keller (2002), and ends at the
    /// perpetual boundary.
    fn estimate(&self, years: f64, perpetual: Option<f64>) -> f64 {
        let perpetual = perpetual.or(self.is_upper().then_some(self.rate / self.dividend_yield));
        let fall = perpetual.map_or(1.0, |boundary| 1.0 - boundary / self.ln_start().exp());
        let fall = if fall > 0.0 { fall } else { 1.0 };
        let ratio = (self.rate - self.dividend_yield) / self.volatility;
        let steep = (8.0 * PI * years * ratio * ratio).ln().max(2.0 * (4.0 * PI.sqrt() * years * self.rate).ln());
        let speed = if self.ln_start() < 0.0 { 2.0 } else { (-steep).max(4.0).sqrt() };
        let diffused = -speed * self.volatility * years.sqrt() / fall;
        (fall * diffused.exp_m1()).ln_1p().clamp(LOWEST_LOGARITHM, -f64::MIN_POSITIVE)
    }
}

/// The two forms of the boundary's equation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// FP-A: the price has the payoff's slope at the boundary.
    SmoothPasting,
    /// FP-B: the price is the payoff at the boundary.
    ValueMatching,
}

/// The exercise boundary of a [`Problem`] up to a horizon, after which it is flat.
#[derive(Debug)]
pub(crate) struct Boundary {
    problem: Problem,
    form: Form,
    /// The years of the last node.
    pub(crate) horizon: f64,
    pub(crate) ln_start: f64,
    /// The squared logarithm of the boundary over its start, at the nodes.
    squares: Vec<f64>,
    /// The same as Chebyshev coefficients in the root of time.
    pub(crate) coefficients: Vec<f64>,
    rule: &'static Rule,
    /// The derivatives, once they were requested.
    responses: OnceLock<Option<Box<[Response; 3]>>>,
}

/// The derivative of a boundary by a parameter of its problem.
#[derive(Debug)]
pub(crate) struct Response {
    /// The derivative of the logarithm of the whole boundary, as its start moves.
    pub(crate) shift: f64,
    /// The negative derivative of the logarithm relative to the start, times this logarithm, as Chebyshev coefficients.
    pub(crate) coefficients: Vec<f64>,
}

impl Boundary {
    /// Returns true if the boundary falls with the time to expiry, up to a coarse grid's errors, and never down to its
    /// floor.
    pub(crate) fn is_falling(&self) -> bool {
        /// The largest factor by which a squared logarithm may exceed that of a longer time to expiry. Spurious
        /// solutions exceed the latter several times over.
        const SLACK: f64 = 1.5;
        let lowest = self.problem.floor(None).powi(2);
        let falls = |pair: &[f64]| matches!(pair, [later, earlier] if *earlier <= SLACK * later);
        self.squares.windows(2).all(falls) && self.squares.iter().all(|square| *square < lowest)
    }

    /// Returns the logarithm of the boundary relative to its start; beyond the horizon the boundary goes on along its
    /// last secant in the root of time.
    fn continued(&self, years: f64) -> f64 {
        let relative = |years: f64| (self.ln_at(years) - self.ln_start).min(-f64::MIN_POSITIVE);
        if years <= self.horizon {
            return relative(years);
        }
        let (last, before) = (relative(self.horizon), relative(0.81 * self.horizon));
        // The root of 0.81 is 0.1 before the end.
        let continued = last + (last - before) * ((years / self.horizon).sqrt() - 1.0) / 0.1;
        continued.clamp(0.9 * self.problem.floor(None).min(last), last)
    }

    /// Returns the logarithm of the boundary at this time to expiry.
    pub(crate) fn ln_at(&self, years: f64) -> f64 {
        if years <= 0.0 {
            return self.ln_start;
        }
        let root_time = (years / self.horizon).clamp(0.0, 1.0).sqrt();
        self.ln_start - chebyshev_value(&self.coefficients, root_time).max(0.0).sqrt()
    }

    /// Solves the equation on one grid after another, until Newton's method changes nothing by more than `tolerance` of
    /// the largest logarithm. `None` if it converges for no form of the equation.
    pub(crate) fn solve(problem: Problem, horizon: f64, grids: &'static [Rule], tolerance: f64) -> Option<Self> {
        Self::solve_from(problem, horizon, grids, tolerance, None)
    }

    /// Solves the equation from the solution for a shorter horizon, if there is one.
    pub(crate) fn solve_from(
        problem: Problem,
        horizon: f64,
        grids: &'static [Rule],
        tolerance: f64,
        shorter: Option<&Self>,
    ) -> Option<Self> {
        let perpetual = problem.perpetual();
        let estimate = |root: &f64| {
            let years = horizon * root * root;
            shorter.map_or_else(|| problem.estimate(years, perpetual), |shorter| shorter.continued(years)).powi(2)
        };
        let first = grids.first()?;
        let squares: Vec<f64> = first.root_time.iter().take(first.nodes).map(estimate).collect();
        let forms = problem.forms(horizon).iter();
        forms.copied().find_map(|form| Self::solve_form(problem, horizon, grids, tolerance, form, squares.clone()))
    }

    fn solve_form(
        problem: Problem,
        horizon: f64,
        grids: &'static [Rule],
        tolerance: f64,
        form: Form,
        squares: Vec<f64>,
    ) -> Option<Self> {
        let ln_start = problem.ln_start();
        let floor = problem.floor(problem.perpetual());
        let first = grids.first()?;
        let mut boundary = Self {
            problem,
            form,
            horizon,
            ln_start,
            squares,
            coefficients: Vec::new(),
            rule: first,
            responses: OnceLock::new(),
        };
        for (index, rule) in grids.iter().enumerate() {
            if index > 0 {
                boundary.squares = refine(boundary.rule, &boundary.squares, &boundary.coefficients, rule);
            }
            let tolerance = if index + 1 == grids.len() { tolerance } else { 0.03 };
            Equation::new(&problem, form, horizon, rule).improve(&mut boundary.squares, floor, tolerance)?;
            boundary.coefficients = chebyshev_coefficients(rule, &boundary.squares);
            boundary.rule = rule;
        }
        Some(boundary)
    }

    /// Returns the boundary's derivatives by volatility, rate and yield, from the derivatives of its equation.
    pub(crate) fn responses(&self) -> Option<&[Response; 3]> {
        self.responses.get_or_init(|| self.differentiate().map(Box::new)).as_deref()
    }

    fn differentiate(&self) -> Option<[Response; 3]> {
        let mut equation = Equation::new(&self.problem, self.form, self.horizon, self.rule);
        let Problem { rate, dividend_yield, .. } = self.problem;
        let starts = if self.ln_start == 0.0 { [0.0; 3] } else { [0.0, 1.0 / rate, -1.0 / dividend_yield] };
        let changes = equation.responses(&self.squares, self.horizon, starts)?;
        let response = |index: usize| {
            let change = changes.iter().skip(index).step_by(3).zip(&self.squares);
            let products: Vec<f64> = change.map(|(change, square)| change * square.sqrt()).collect();
            let shift = starts.get(index).copied().unwrap_or(0.0);
            Response { shift, coefficients: chebyshev_coefficients(self.rule, &products) }
        };
        Some([response(0), response(1), response(2)])
    }
}

/// Returns the squared logarithms on a finer grid: interpolated, and proportional to time before the first node of the
/// coarser grid, where the relative error of the interpolation is large.
fn refine(coarser: &Rule, squares: &[f64], coefficients: &[f64], finer: &Rule) -> Vec<f64> {
    let first = coarser.root_time.get(coarser.nodes - 1).copied().unwrap_or(1.0);
    let at_first = squares.last().copied().unwrap_or(0.0);
    let value = |root: &f64| {
        if *root > first { chebyshev_value(coefficients, *root) } else { at_first * (root / first).powi(2) }
    };
    finer.root_time.iter().take(finer.nodes).map(|root| value(root).max(f64::MIN_POSITIVE)).collect()
}
