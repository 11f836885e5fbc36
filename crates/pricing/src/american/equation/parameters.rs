//! The derivatives of the boundary's equation by volatility, rate and yield, and of the boundary by them.

use super::{Equation, Terms};
use crate::{
    american::{
        boundary::Form,
        lanes::{LANES, exp_normal as exp, scaled_cdf, sum},
        rule::Rule,
    },
    dense,
    lanes::{Arithmetic, Job, Plain, dispatch, mills::INVERSE_SQRT_TWO_PI, select},
};

impl Equation<'_> {
    /// Returns the derivatives of the boundary's logarithms relative to its start, at the nodes, by volatility, rate
    /// and yield: three values a node. `starts` are the derivatives of the logarithm of the start. Destroys the
    /// Jacobian.
    pub(crate) fn responses(&mut self, squares: &[f64], horizon: f64, starts: [f64; 3]) -> Option<Vec<f64>> {
        self.evaluate(squares);
        let Rule { nodes, points, stride, .. } = *self.rule;
        let terms = self.terms;
        let scales = [horizon.sqrt(), horizon, horizon];
        let sign = terms.sign();
        let mut integrands = [const { Vec::new() }; 6].map(|_: Vec<f64>| vec![0.0; self.rule.root_span.len()]);
        dispatch(ByParameters { equation: self, integrands: &mut integrands });
        let mut right = Vec::with_capacity(3 * nodes);
        for node in 0..nodes {
            let range = node * points..(node + 1) * points;
            let [spot, _, strike, _] = self.integrals.sums(range.clone());
            let sums = integrands.each_ref().map(|integrand| sum(&integrand[range.clone()]));
            let [by_spot, by_strike] = [[sums[0], sums[1], sums[2]], [sums[3], sums[4], sums[5]]];
            let logarithm = terms.ln_start + self.logarithms[node];
            let [of_spot, of_strike] = terms.european_by_parameters(self.form, logarithm, self.rule.root_time[node]);
            for index in 0..3 {
                let own_spot = if index == 2 { spot } else { 0.0 };
                let own_strike = if index == 1 { strike } else { 0.0 };
                let held = of_spot[index] + terms.dividend_yield * by_spot[index] + own_spot;
                let paid = of_strike[index] + terms.rate * by_strike[index] + own_strike;
                let change = sign * (self.boundaries[node] * held - paid) / self.sides[node];
                right.push(-change * scales[index] - starts[index] * self.shifts[node]);
            }
        }
        let mut matrix: Vec<f64> =
            self.jacobian.chunks_exact(stride).flat_map(|row| row.iter().take(nodes).copied()).collect();
        dense::solve(&mut matrix, &mut right, nodes)?;
        Some(right)
    }
}

/// The derivatives of the integrands at all points, the spot's before the strike's.
struct ByParameters<'equation, 'rule> {
    equation: &'equation Equation<'rule>,
    integrands: &'equation mut [Vec<f64>; 6],
}

impl ByParameters<'_, '_> {
    #[inline(always)]
    fn fill<A: Arithmetic, const VALUE: bool>(self) {
        let Equation { terms, rule, point_logarithms, inverse_roots, .. } = self.equation;
        let chunks = point_logarithms.as_chunks::<LANES>().0.iter().zip(inverse_roots.as_chunks::<LANES>().0);
        let chunks = chunks.zip(rule.root_span.as_chunks::<LANES>().0).zip(rule.weight.as_chunks::<LANES>().0);
        for (chunk, (((logarithm, inverse), root_span), weight)) in chunks.enumerate() {
            let mut values = [[0.0; LANES]; 6];
            for lane in 0..LANES {
                let root = select(inverse[lane] > 0.0, 1.0 / inverse[lane], 0.0);
                let ln_ratio = logarithm[lane] + root;
                let sides = terms.integrands_by_parameters::<A, VALUE>(ln_ratio, root_span[lane], weight[lane]);
                for index in 0..6 {
                    values[index][lane] = sides[index / 3][index % 3];
                }
            }
            for (integrand, values) in self.integrands.iter_mut().zip(&values) {
                integrand[chunk * LANES..(chunk + 1) * LANES].copy_from_slice(values);
            }
        }
    }
}

impl Job for ByParameters<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        match self.equation.form {
            Form::SmoothPasting => self.fill::<A, false>(),
            Form::ValueMatching => self.fill::<A, true>(),
        }
    }
}

impl Terms {
    /// Returns the derivatives of the integrands by total volatility, rate and yield: the spot's, and the strike's.
    #[inline(always)]
    fn integrands_by_parameters<A: Arithmetic, const VALUE: bool>(
        &self,
        ln_ratio: f64,
        root_span: f64,
        weight: f64,
    ) -> [[f64; 3]; 2] {
        let [spot, strike] = self.cdf_by_parameters::<A>(ln_ratio, root_span);
        let CdfTerms { d_plus, d_minus, spot_density, strike_density, width } =
            self.cdf_terms::<A>(ln_ratio, root_span);
        let (volatility, variance) = (self.volatility, self.volatility * self.volatility);
        let terms = if VALUE {
            [spot, strike]
        } else {
            let product = (d_plus * d_minus - 1.0) / (volatility * width);
            let ratio = root_span / volatility;
            [
                [
                    spot[0] + spot_density * product,
                    spot[1] - spot_density * d_plus / variance,
                    spot[2] + spot_density * (d_plus / variance - ratio),
                ],
                [
                    strike_density * product,
                    -strike_density * (ratio + d_minus / variance),
                    strike_density * d_minus / variance,
                ],
            ]
        };
        terms.map(|side| side.map(|value| weight * value))
    }

    /// Returns the derivatives of the European terms by total volatility, rate and yield.
    fn european_by_parameters(&self, form: Form, logarithm: f64, root_time: f64) -> [[f64; 3]; 2] {
        let [spot, strike] =
            self.cdf_by_parameters::<Plain>(logarithm, root_time).map(|side| side.map(|value| self.put * value));
        if form == Form::ValueMatching { [spot, strike] } else { [spot, [0.0; 3]] }
    }

    #[inline(always)]
    fn cdf_terms<A: Arithmetic>(&self, ln_ratio: f64, root_span: f64) -> CdfTerms {
        let width = self.volatility * root_span;
        let d_plus = ln_ratio / width + self.drift * root_span;
        let d_minus = d_plus - width;
        let density = |d: f64, rate: f64| INVERSE_SQRT_TWO_PI * exp::<A>(-0.5 * d * d - rate * root_span * root_span);
        CdfTerms {
            d_plus,
            d_minus,
            spot_density: density(d_plus, self.dividend_yield),
            strike_density: density(d_minus, self.rate),
            width,
        }
    }

    /// Returns the derivatives of `e^(−qs)·N(d₊)` and `e^(−rs)·N(d₋)` by total volatility, rate and yield.
    #[inline(always)]
    fn cdf_by_parameters<A: Arithmetic>(&self, ln_ratio: f64, root_span: f64) -> [[f64; 3]; 2] {
        let CdfTerms { d_plus, d_minus, spot_density, strike_density, .. } = self.cdf_terms::<A>(ln_ratio, root_span);
        let span = root_span * root_span;
        let ratio = root_span / self.volatility;
        let spot = scaled_cdf::<A>(d_plus, exp::<A>(-self.dividend_yield * span), spot_density);
        let strike = scaled_cdf::<A>(d_minus, exp::<A>(-self.rate * span), strike_density);
        [
            [-spot_density * d_minus / self.volatility, spot_density * ratio, -span * spot - spot_density * ratio],
            [
                -strike_density * d_plus / self.volatility,
                strike_density * ratio - span * strike,
                -strike_density * ratio,
            ],
        ]
    }
}

/// Returns the arguments of the normal distribution and the discounted densities there.
struct CdfTerms {
    d_plus: f64,
    d_minus: f64,
    spot_density: f64,
    strike_density: f64,
    width: f64,
}
