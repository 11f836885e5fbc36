//! The boundary's equation on one grid: residuals, their exact derivatives, and Newton's method.

mod parameters;

use std::ops::Range;

use super::{
    boundary::{Form, Problem},
    lanes::{LANES, exp_normal as exp, scaled_cdf, sum},
    rule::Rule,
};
use crate::lanes::{Arithmetic, Job, dispatch, mills::INVERSE_SQRT_TWO_PI};

/// The equation at all nodes of one grid, with the results of an evaluation.
///
/// Arrays with an element per node or per point are filled up to a multiple of [`LANES`].
#[derive(Debug)]
pub(crate) struct Equation<'rule> {
    rule: &'rule Rule,
    form: Form,
    terms: Terms,
    /// The boundary and its logarithm relative to its start, at the nodes.
    boundaries: Vec<f64>,
    logarithms: Vec<f64>,
    european: Sides,
    /// The logarithm of the ratio of the equation's two sides at each node. Each side is a sum of positive terms.
    residuals: Vec<f64>,
    /// The equation's left side at each node.
    pub(crate) sides: Vec<f64>,
    /// The derivatives of the residuals when the logarithm of the whole boundary shifts.
    pub(crate) shifts: Vec<f64>,
    /// The derivatives of the residuals by the boundary at the equation's own node.
    diagonal: Vec<f64>,
    /// The derivatives of the residuals by the boundary's logarithms at the nodes, and the residuals in the column
    /// after them.
    pub(crate) jacobian: Vec<f64>,
    /// At the points: logarithm at their node, integrands, reciprocal of the logarithm, and its influence on the
    /// residual.
    point_logarithms: Vec<f64>,
    integrals: Sides,
    inverse_roots: Vec<f64>,
    kernel: Vec<f64>,
}

/// The inputs of the integrands, in units of the horizon.
#[derive(Clone, Copy, Debug)]
struct Terms {
    ln_start: f64,
    /// One if the option pays a put at expiry, zero if it pays a forward.
    put: f64,
    /// `σ√T`.
    volatility: f64,
    inverse_volatility: f64,
    /// `rT` and `qT`.
    rate: f64,
    dividend_yield: f64,
    /// `((r − q)/σ + σ/2)·√T`.
    drift: f64,
}

/// The factors of the two sides of the equation: `b·(P + α·A) + γ·C` on the left and `Q + β·C + δ·b·A` on the right,
/// with the boundary `b`, the European terms `P` and `Q` and the integrals `A` and `C`. No factor is negative.
#[derive(Clone, Copy, Debug)]
struct Factors {
    left_spot: f64,
    left_strike: f64,
    right_strike: f64,
    right_spot: f64,
}

impl Factors {
    fn new(terms: &Terms) -> Self {
        let Terms { rate, dividend_yield, .. } = *terms;
        // A problem that pays no put has a negative rate and yield, and its terms change sides.
        let sign = terms.sign();
        Self {
            left_spot: (sign * dividend_yield).max(0.0),
            left_strike: (-sign * rate).max(0.0),
            right_strike: (sign * rate).max(0.0),
            right_spot: (-sign * dividend_yield).max(0.0),
        }
    }
}

/// The terms of spot and strike, with the derivatives by the boundary's logarithm, each in an array of its own.
#[derive(Debug)]
struct Sides {
    spot: Vec<f64>,
    spot_slope: Vec<f64>,
    strike: Vec<f64>,
    strike_slope: Vec<f64>,
}

/// The elements of [`Sides`] that are computed at once.
struct SidesChunk<'a> {
    spot: &'a mut [f64; LANES],
    spot_slope: &'a mut [f64; LANES],
    strike: &'a mut [f64; LANES],
    strike_slope: &'a mut [f64; LANES],
}

impl Sides {
    fn new(count: usize) -> Self {
        let zeros = || vec![0.0; count];
        Self { spot: zeros(), spot_slope: zeros(), strike: zeros(), strike_slope: zeros() }
    }

    #[inline(always)]
    fn chunks_mut(&mut self) -> impl Iterator<Item = SidesChunk<'_>> {
        let spots = self.spot.as_chunks_mut().0.iter_mut().zip(self.spot_slope.as_chunks_mut().0);
        let strikes = self.strike.as_chunks_mut().0.iter_mut().zip(self.strike_slope.as_chunks_mut().0);
        spots.zip(strikes).map(|((spot, spot_slope), (strike, strike_slope))| SidesChunk {
            spot,
            spot_slope,
            strike,
            strike_slope,
        })
    }

    #[inline(always)]
    fn sums(&self, range: Range<usize>) -> [f64; 4] {
        [
            sum(&self.spot[range.clone()]),
            sum(&self.spot_slope[range.clone()]),
            sum(&self.strike[range.clone()]),
            sum(&self.strike_slope[range]),
        ]
    }
}

impl<'rule> Equation<'rule> {
    pub(crate) fn new(problem: &Problem, form: Form, horizon: f64, rule: &'rule Rule) -> Self {
        let root = horizon.sqrt();
        let volatility = problem.volatility * root;
        let (rate, dividend_yield) = (problem.rate * horizon, problem.dividend_yield * horizon);
        let (nodes, points) = (rule.root_time.len(), rule.root_span.len());
        let zeros = |count: usize| vec![0.0; count];
        Self {
            rule,
            form,
            terms: Terms {
                ln_start: problem.ln_start(),
                put: if problem.pays_put { 1.0 } else { 0.0 },
                volatility,
                inverse_volatility: 1.0 / volatility,
                rate,
                dividend_yield,
                drift: (rate - dividend_yield) / volatility + 0.5 * volatility,
            },
            boundaries: zeros(nodes),
            logarithms: vec![-1.0; nodes],
            european: Sides::new(nodes),
            residuals: zeros(nodes),
            sides: zeros(nodes),
            shifts: zeros(nodes),
            diagonal: zeros(nodes),
            jacobian: zeros(rule.nodes * rule.stride),
            point_logarithms: vec![-1.0; points],
            integrals: Sides::new(points),
            inverse_roots: zeros(points),
            kernel: zeros(points),
        }
    }

    /// Solves for the squared logarithms by Newton's method, between zero and that of the perpetual boundary. The
    /// iteration ends when no change is above `tolerance` of the largest logarithm; the error is then of the order of
    /// the square of that.
    pub(crate) fn improve(&mut self, squares: &mut [f64], floor: f64, tolerance: f64) -> Option<()> {
        /// The most iterations. Newton's method takes two to six; only a problem at the limits of floats takes more.
        const MOST_ITERATIONS: usize = 60;
        for _ in 0..MOST_ITERATIONS {
            self.evaluate(squares);
            dispatch(Elimination { equation: self })?;
            let (mut change, mut largest, mut settled) = (0.0_f64, 0.0_f64, true);
            for (square, step) in squares.iter_mut().zip(&self.residuals) {
                let logarithm = -square.sqrt();
                let next = (logarithm - step).max(floor).min(0.3 * logarithm);
                settled &= (next - logarithm).abs() < 0.1 * logarithm.abs();
                change = change.max((next - logarithm).abs());
                largest = largest.max(-next);
                *square = next * next;
            }
            if settled && change < tolerance * largest {
                return Some(());
            }
        }
        None
    }

    /// Computes residuals and their derivatives.
    pub(crate) fn evaluate(&mut self, squares: &[f64]) {
        dispatch(Evaluation { equation: self, squares });
    }

    #[inline(always)]
    fn run<A: Arithmetic, const VALUE: bool>(&mut self, squares: &[f64]) {
        for (logarithm, square) in self.logarithms.iter_mut().zip(squares) {
            *logarithm = -square.sqrt();
        }
        self.at_nodes::<A, VALUE>();
        self.at_points::<A, VALUE>(squares);
        self.rows();
        self.derivatives::<A>();
    }

    /// Computes the European terms at the nodes.
    #[inline(always)]
    fn at_nodes<A: Arithmetic, const VALUE: bool>(&mut self) {
        let terms = self.terms;
        let inputs = self.logarithms.as_chunks::<LANES>().0.iter().zip(self.rule.root_time.as_chunks::<LANES>().0);
        let outputs = self.boundaries.as_chunks_mut::<LANES>().0.iter_mut().zip(self.european.chunks_mut());
        for ((logarithms, root_times), (boundaries, european)) in inputs.zip(outputs) {
            for lane in 0..LANES {
                let logarithm = terms.ln_start + logarithms[lane];
                let [spot, spot_slope, strike, strike_slope] = terms.european::<A, VALUE>(logarithm, root_times[lane]);
                boundaries[lane] = exp::<A>(logarithm);
                european.spot[lane] = spot;
                european.spot_slope[lane] = spot_slope;
                european.strike[lane] = strike;
                european.strike_slope[lane] = strike_slope;
            }
        }
    }

    /// Computes the integrands at the points, times their weights.
    #[inline(always)]
    fn at_points<A: Arithmetic, const VALUE: bool>(&mut self, squares: &[f64]) {
        let terms = self.terms;
        let points = self.rule.points;
        for (logarithms, logarithm) in self.point_logarithms.chunks_exact_mut(points).zip(&self.logarithms) {
            logarithms.fill(*logarithm);
        }
        let chunks = self.rule.chunks().zip(self.point_logarithms.as_chunks::<LANES>().0);
        let outputs = self.integrals.chunks_mut().zip(self.inverse_roots.as_chunks_mut::<LANES>().0);
        for ((chunk, logarithms), (integrals, inverse_roots)) in chunks.zip(outputs) {
            let mut interpolated = [0.0; LANES];
            for (basis, value) in chunk.basis.iter().zip(squares) {
                for lane in 0..LANES {
                    interpolated[lane] = A::mul_add(basis[lane], *value, interpolated[lane]);
                }
            }
            for lane in 0..LANES {
                let positive = if interpolated[lane] > 0.0 { interpolated[lane] } else { 0.0 };
                let root = positive.sqrt();
                let [spot, spot_slope, strike, strike_slope] = terms.integrands::<A, VALUE>(
                    logarithms[lane] + root,
                    chunk.root_span[lane],
                    chunk.inverse_root_span[lane],
                    chunk.weight[lane],
                    chunk.density_weight[lane],
                );
                integrals.spot[lane] = spot;
                integrals.spot_slope[lane] = spot_slope;
                integrals.strike[lane] = strike;
                integrals.strike_slope[lane] = strike_slope;
                inverse_roots[lane] = if root > 0.0 { 1.0 / root } else { 0.0 };
            }
        }
    }

    /// Computes the residuals, and the terms of their derivatives.
    #[inline(always)]
    fn rows(&mut self) {
        let Factors { left_spot, left_strike, right_strike, right_spot } = Factors::new(&self.terms);
        let points = self.rule.points;
        for node in 0..self.rule.nodes {
            let range = node * points..(node + 1) * points;
            let [spot, spot_slope, strike, strike_slope] = self.integrals.sums(range.clone());
            let boundary = self.boundaries[node];
            let european = &self.european;
            let held = boundary * (european.spot[node] + left_spot * spot);
            let left = held + left_strike * strike;
            let owed = right_spot * boundary * spot;
            let right = european.strike[node] + right_strike * strike + owed;
            let of_spot = boundary * (left_spot / left - right_spot / right);
            let of_strike = left_strike / left - right_strike / right;
            self.residuals[node] = (left / right).ln();
            self.sides[node] = left;
            self.shifts[node] =
                (held + boundary * european.spot_slope[node]) / left - (european.strike_slope[node] + owed) / right;
            self.diagonal[node] = self.shifts[node] + of_spot * spot_slope + of_strike * strike_slope;

            let slopes =
                self.integrals.spot_slope[range.clone()].iter().zip(&self.integrals.strike_slope[range.clone()]);
            let slopes = slopes.zip(&self.inverse_roots[range.clone()]);
            for (kernel, ((spot, strike), inverse_root)) in self.kernel[range].iter_mut().zip(slopes) {
                *kernel = (of_spot * spot + of_strike * strike) * inverse_root;
            }
        }
    }

    /// Computes the Jacobian, with the residuals as its last column.
    #[inline(always)]
    fn derivatives<A: Arithmetic>(&mut self) {
        let Rule { nodes, points, stride, .. } = *self.rule;
        let rows = self.jacobian.chunks_exact_mut(stride).zip(self.rule.transposed.chunks_exact(stride * points));
        for (node, ((row, bases), kernels)) in rows.zip(self.kernel.chunks_exact(points)).enumerate() {
            let row_chunks = row.as_chunks_mut::<LANES>().0;
            for (index, entries) in row_chunks.iter_mut().enumerate() {
                let mut sums = [0.0; LANES];
                for (basis, kernel) in bases.chunks_exact(stride).zip(kernels) {
                    let Some(basis) = basis.as_chunks::<LANES>().0.get(index) else { continue };
                    for lane in 0..LANES {
                        sums[lane] = A::mul_add(basis[lane], *kernel, sums[lane]);
                    }
                }
                *entries = sums;
            }
            for (entry, logarithm) in row.iter_mut().zip(&self.logarithms) {
                *entry *= logarithm;
            }
            row[node] += self.diagonal[node];
            row[nodes] = self.residuals[node];
        }
    }
}

struct Evaluation<'equation, 'rule> {
    equation: &'equation mut Equation<'rule>,
    squares: &'equation [f64],
}

impl Job for Evaluation<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { equation, squares } = self;
        match equation.form {
            Form::SmoothPasting => equation.run::<A, false>(squares),
            Form::ValueMatching => equation.run::<A, true>(squares),
        }
    }
}

/// Computes Newton's step from the Jacobian, into the residuals.
struct Elimination<'equation, 'rule> {
    equation: &'equation mut Equation<'rule>,
}

impl Job for Elimination<'_, '_> {
    type Output = Option<()>;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> Option<()> {
        let Equation { rule, jacobian, residuals, .. } = self.equation;
        let Rule { nodes, stride, .. } = **rule;
        for column in 0..nodes {
            let (upper, lower) = jacobian.split_at_mut((column + 1) * stride);
            let pivot_row = &mut upper[column * stride..];
            let largest = lower.chunks_exact_mut(stride).max_by(|a, b| a[column].abs().total_cmp(&b[column].abs()));
            if let Some(row) = largest
                && row[column].abs() > pivot_row[column].abs()
            {
                row.swap_with_slice(pivot_row);
            }
            let inverse = 1.0 / pivot_row[column];
            if !inverse.is_finite() {
                return None;
            }
            // Whole chunks, so that this becomes vector code; elements left of the column no longer count.
            let first = column / LANES * LANES;
            for row in lower.chunks_exact_mut(stride) {
                let factor = -inverse * row[column];
                for (entry, pivot) in row[first..].iter_mut().zip(&pivot_row[first..]) {
                    *entry = A::mul_add(factor, *pivot, *entry);
                }
            }
        }
        for (index, row) in jacobian.chunks_exact(stride).enumerate().rev() {
            let known: f64 = row[index + 1..nodes].iter().zip(&residuals[index + 1..]).map(|(a, b)| a * b).sum();
            residuals[index] = (row[nodes] - known) / row[index];
        }
        residuals.iter().all(|step| step.is_finite()).then_some(())
    }
}

impl Terms {
    /// The problem of the lower boundary: with the sign at which all terms of the equation are positive.
    fn sign(&self) -> f64 {
        if self.put == 0.0 { -1.0 } else { 1.0 }
    }

    #[inline(always)]
    fn european<A: Arithmetic, const VALUE: bool>(&self, logarithm: f64, root_time: f64) -> [f64; 4] {
        let time = root_time * root_time;
        let width = self.volatility * root_time;
        let d_plus = logarithm / width + self.drift * root_time;
        let spot_discount = self.put * exp::<A>(-self.dividend_yield * time);
        let spot_density = INVERSE_SQRT_TWO_PI * spot_discount * exp::<A>(-0.5 * d_plus * d_plus);
        let spot = scaled_cdf::<A>(d_plus, spot_discount, spot_density);
        if VALUE {
            let d_minus = d_plus - width;
            let strike_discount = self.put * exp::<A>(-self.rate * time);
            let strike_density = INVERSE_SQRT_TWO_PI * strike_discount * exp::<A>(-0.5 * d_minus * d_minus);
            let strike = scaled_cdf::<A>(d_minus, strike_discount, strike_density);
            [spot, spot_density / width, strike, strike_density / width]
        } else {
            [spot, spot_density / width, 0.0, 0.0]
        }
    }

    #[inline(always)]
    fn integrands<A: Arithmetic, const VALUE: bool>(
        &self,
        ln_ratio: f64,
        root_span: f64,
        inverse_root_span: f64,
        weight: f64,
        density_weight: f64,
    ) -> [f64; 4] {
        let span = root_span * root_span;
        let inverse_width = self.inverse_volatility * inverse_root_span;
        let d_plus = A::mul_add(ln_ratio, inverse_width, self.drift * root_span);
        let d_minus = A::mul_add(-self.volatility, root_span, d_plus);
        let spot_exponent = A::mul_add(-0.5 * d_plus, d_plus, -self.dividend_yield * span);
        let strike_exponent = A::mul_add(-0.5 * d_minus, d_minus, -self.rate * span);
        let spot_density = INVERSE_SQRT_TWO_PI * exp::<A>(spot_exponent);
        let strike_density = INVERSE_SQRT_TWO_PI * exp::<A>(strike_exponent);
        let spot_discount = exp::<A>(-self.dividend_yield * span);
        let spot = scaled_cdf::<A>(d_plus, spot_discount, spot_density);
        let density_weight = density_weight * self.inverse_volatility;
        if VALUE {
            let strike_discount = exp::<A>(-self.rate * span);
            [
                weight * spot,
                density_weight * spot_density,
                weight * scaled_cdf::<A>(d_minus, strike_discount, strike_density),
                density_weight * strike_density,
            ]
        } else {
            let spot_term = density_weight * spot_density;
            let strike_term = density_weight * strike_density;
            [
                A::mul_add(weight, spot, spot_term),
                spot_term * A::mul_add(-d_plus, inverse_width, 1.0),
                strike_term,
                -strike_term * d_minus * inverse_width,
            ]
        }
    }
}
