//! The characteristic function and its derivatives, one lane at a time.
//!
//! With `ξ = u − i/2`, `c = iξ = ½ + iu` and `q = u² + ¼`, the function of `ln(S_T/F)` is `φ = exp(κθ·A + v₀·B)`. `B`
//! solves `B' = ½·(σ²B² − 2βB − q)` with `β = κ − ρσc`, and `A' = B`; both begin at zero. With `d² = β² + σ²q`,
//! `R = −q/(β + d)` (the limit of `B`), `e = e^(−dT)`, `g = σ²R/(β + d)` and `Y = R·(1 − e)/2d`,
//!
//! ```text
//! A = R·T − 2·ln(1 + σ²Y)/σ²,    B = R·(1 − e)/(1 − g·e).
//! ```
//!
//! The form is that of Albrecher, Mayer, Schoutens and Tistaert (2007), "The little Heston trap", whose logarithm stays
//! on one branch, with the differences of nearly equal terms divided out: a small `σ` costs no digits. Its derivatives
//! are those of Cui, del Baño Rollin and Germano (2017), "Full and fast calibration of the Heston stochastic volatility
//! model", carried through this form by the chain rule: those by `β`, and by `σ` with `β` fixed, make the others.

#![expect(clippy::many_single_char_names, clippy::similar_names, reason = "letters are those of the formulas above")]

use num_complex::Complex64;

use super::Parameters;
use crate::lanes::{
    Arithmetic,
    complex::{exp, ln_1p, reciprocal, select_complex, sqrt},
    exp, select,
};

/// Integrands: the price's with its derivatives by the moneyness, those with the derivatives by the parameters, and
/// all.
pub(super) const PRICE: usize = 3;
pub(super) const GRADIENT: usize = 8;
pub(super) const ALL: usize = 9;

/// The inputs of a maturity's integrands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    pub(super) parameters: Parameters,
    pub(super) years: f64,
    /// The total expected variance over these years, which the control variate shares.
    pub(super) total: f64,
}

/// The exponent at one `u`.
struct Exponent {
    /// `q`, `β`, `1/d`, `e`, `R`, `1/(β + d)`, `g` and `Y`.
    quadratic: f64,
    beta: Complex64,
    inverse_d: Complex64,
    decay: Complex64,
    limit: Complex64,
    inverse_sum: Complex64,
    g: Complex64,
    y: Complex64,
    /// `ln(1 + σ²Y)/σ²` and `1/(1 − g·e)`.
    logarithm: Complex64,
    inverse_rest: Complex64,
    /// `A` and `B` of the exponent.
    a: Complex64,
    b: Complex64,
}

impl Model {
    #[inline(always)]
    fn exponent<A: Arithmetic>(&self, u: f64) -> Exponent {
        let Parameters { reversion, volatility, correlation, .. } = self.parameters;
        let square = volatility * volatility;
        let skew = correlation * volatility;
        let quadratic = A::mul_add(u, u, 0.25);
        let level = A::mul_add(-0.5, skew, reversion);
        let beta = Complex64::new(level, -skew * u);
        // `β² + σ²q` without the difference of squares.
        let width = A::mul_add((1.0 - correlation) * (1.0 + correlation) * u, u, 0.25);
        let d = sqrt(Complex64::new(A::mul_add(square, width, level * level), -2.0 * level * skew * u));
        let inverse_d = reciprocal(d);
        let inverse_sum = reciprocal(beta + d);
        let limit = -quadratic * inverse_sum;
        let g = square * limit * inverse_sum;
        let decay = exp::<A>(-self.years * d);
        let grown = 1.0 - decay;
        let y = 0.5 * limit * grown * inverse_d;
        let scaled = square * y;
        // Below, the logarithm is its argument.
        let tiny = scaled.re * scaled.re + scaled.im * scaled.im < 1e-40;
        let logarithm = select_complex(tiny, y, ln_1p::<A>(scaled) * (1.0 / select(tiny, 1.0, square)));
        let inverse_rest = reciprocal(1.0 - g * decay);
        let a = self.years * limit - 2.0 * logarithm;
        let b = limit * grown * inverse_rest;
        Exponent { quadratic, beta, inverse_d, decay, limit, inverse_sum, g, y, logarithm, inverse_rest, a, b }
    }

    /// Returns `φ` at this point.
    #[inline(always)]
    fn value<A: Arithmetic>(&self, exponent: &Exponent) -> Complex64 {
        let Parameters { variance, reversion, long_variance, .. } = self.parameters;
        exp::<A>(reversion * long_variance * exponent.a + variance * exponent.b)
    }

    /// Returns the larger absolute value of the function and of the control variate at `u − i/2`.
    #[inline(always)]
    pub(super) fn size<A: Arithmetic>(&self, u: f64) -> f64 {
        let exponent = self.exponent::<A>(u);
        let value = self.value::<A>(&exponent);
        let control = exp::exp::<A>(-0.5 * self.total * exponent.quadratic);
        let size = (value.re * value.re + value.im * value.im).sqrt();
        select(size < control, control, size)
    }

    /// Returns the factors of `e^(iuk)` in the integrands: for the price, its first derivative by `k`, its second
    /// derivative less a quarter of itself, its derivatives by `v₀`, `κ`, `θ`, `σ` and `ρ`, and the derivative by time.
    #[inline(always)]
    pub(super) fn integrands<A: Arithmetic>(&self, u: f64) -> [Complex64; ALL] {
        let Parameters { variance, reversion, long_variance, volatility, correlation } = self.parameters;
        let square = volatility * volatility;
        let exponent = self.exponent::<A>(u);
        let Exponent { quadratic, beta, b, .. } = exponent;
        let value = self.value::<A>(&exponent);
        let beyond = value - exp::exp::<A>(-0.5 * self.total * quadratic);
        let price = beyond * (1.0 / quadratic);
        let weighted = value * (1.0 / quadratic);

        let [[a_beta, b_beta], [a_sigma, b_sigma]] = self.slopes(&exponent);
        let by_beta = reversion * long_variance * a_beta + variance * b_beta;
        let by_sigma = reversion * long_variance * a_sigma + variance * b_sigma;
        let c = Complex64::new(0.5, u);
        let change = square * b * b - 2.0 * beta * b - quadratic;
        [
            price,
            Complex64::new(-u * price.im, u * price.re),
            -beyond,
            weighted * b,
            weighted * (long_variance * exponent.a + by_beta),
            weighted * (reversion * exponent.a),
            weighted * (by_sigma - correlation * c * by_beta),
            weighted * (-volatility * c * by_beta),
            weighted * (reversion * long_variance * b + 0.5 * variance * change),
        ]
    }

    /// Returns the derivatives of `A` and `B` by `β`, and by `σ` with `β` fixed.
    #[inline(always)]
    fn slopes(&self, exponent: &Exponent) -> [[Complex64; 2]; 2] {
        let Parameters { volatility, .. } = self.parameters;
        let square = volatility * volatility;
        let Exponent {
            quadratic, beta, inverse_d, decay, limit, inverse_sum, g, y, logarithm, inverse_rest, b, ..
        } = *exponent;
        let inverse_one = reciprocal(1.0 + square * y);
        // `T·e·R`, which `d` moves.
        let moved = self.years * decay * limit;
        let along = |d: Complex64, limit_slope: Complex64, g_slope: Complex64, own: Complex64| {
            let y_slope = 0.5 * inverse_d * (limit_slope * (1.0 - decay) + moved * d) - y * d * inverse_d;
            let a = self.years * limit_slope - 2.0 * (y_slope * inverse_one + own);
            let numerator = limit_slope * (1.0 - decay) + moved * d;
            let b = inverse_rest * (numerator + b * decay * (g_slope - self.years * g * d));
            [a, b]
        };
        let d_beta = beta * inverse_d;
        let by_beta = along(d_beta, -limit * inverse_d, -2.0 * g * inverse_d, Complex64::new(0.0, 0.0));

        let d_sigma = volatility * quadratic * inverse_d;
        let limit_sigma = volatility * limit * limit * inverse_d;
        let g_sigma = 2.0 * inverse_sum * (volatility * limit - g * d_sigma);
        // `2σ·∂(ln(1 + σ²Y)/σ²)/∂σ²` at a fixed `Y`.
        let own = 2.0 * volatility * curvature(square, y, logarithm, inverse_one);
        [by_beta, along(d_sigma, limit_sigma, g_sigma, own)]
    }
}

/// Returns `(Y/(1 + x) − ln(1 + x)/σ²)/σ²` with `x = σ²·Y`; a series where that would cancel.
#[inline(always)]
fn curvature(square: f64, y: Complex64, logarithm: Complex64, inverse_one: Complex64) -> Complex64 {
    /// `(−1)ⁿ⁺¹·(n + 1)/(n + 2)`, the series' coefficients.
    const SERIES: [f64; 10] = [
        -1.0 / 2.0,
        2.0 / 3.0,
        -3.0 / 4.0,
        4.0 / 5.0,
        -5.0 / 6.0,
        6.0 / 7.0,
        -7.0 / 8.0,
        8.0 / 9.0,
        -9.0 / 10.0,
        10.0 / 11.0,
    ];
    let x = square * y;
    let small = x.re * x.re + x.im * x.im < 4e-4;
    let mut sum = Complex64::new(0.0, 0.0);
    for coefficient in SERIES.iter().rev() {
        sum = sum * x + coefficient;
    }
    let direct = (y * inverse_one - logarithm) * (1.0 / select(small, 1.0, square));
    select_complex(small, y * y * sum, direct)
}

impl Parameters {
    /// Returns the model over a number of years.
    pub(super) fn over(&self, years: f64) -> Model {
        Model { parameters: *self, years, total: self.expected_variance(years).max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Fused, Plain};

    #[test]
    fn machines_without_a_fused_instruction_get_the_same() {
        for (volatility, years) in [(0.0, 0.3), (1e-5, 1.0), (0.02, 5.0), (0.5, 0.01), (1.5, 2.0)] {
            let parameters =
                Parameters { variance: 0.04, reversion: 1.5, long_variance: 0.06, volatility, correlation: -0.7 };
            let model = parameters.over(years);
            for step in 0..200 {
                let u = 0.37 * f64::from(step);
                let (plain, fused) = (model.integrands::<Plain>(u), model.integrands::<Fused>(u));
                for (plain, fused) in plain.iter().zip(&fused) {
                    assert!((plain - fused).norm() <= 1e-12 * (1.0 + fused.norm()), "{parameters:?} {u}");
                }
                let size = (model.size::<Plain>(u), model.size::<Fused>(u));
                assert!((size.0 - size.1).abs() <= 1e-13, "{parameters:?} {u}");
            }
        }
    }

    #[test]
    fn the_exponent_solves_its_equation() {
        let parameters =
            Parameters { variance: 0.04, reversion: 1.5, long_variance: 0.06, volatility: 0.5, correlation: -0.7 };
        let at = |years: f64| parameters.over(years).exponent::<Plain>(2.3);
        let (years, step) = (0.8, 1e-3);
        let [far_before, before, here, after, far_after] =
            [-2.0, -1.0, 0.0, 1.0, 2.0].map(|steps: f64| at(years + steps * step));
        let difference = |value: fn(&Exponent) -> Complex64| {
            (8.0 * (value(&after) - value(&before)) - (value(&far_after) - value(&far_before))) / (12.0 * step)
        };
        let change = 0.25 * here.b * here.b - 2.0 * here.beta * here.b - here.quadratic;
        assert!((difference(|it| it.b) - 0.5 * change).norm() < 1e-10);
        assert!((difference(|it| it.a) - here.b).norm() < 1e-10);
    }
}
