//! The few special functions that the formulas need.

use std::f64::consts::FRAC_1_SQRT_2;

use implied_vol::{DefaultSpecialFn, SpecialFn};

/// `1/√(2π)`.
const FRAC_1_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

/// Density of the standard normal distribution.
pub(crate) fn normal_density(x: f64) -> f64 {
    FRAC_1_SQRT_TAU * (-0.5 * x * x).exp()
}

/// Distribution function of the standard normal distribution, accurate relative to its value in the lower tail too.
pub(crate) fn normal_cdf(x: f64) -> f64 {
    0.5 * DefaultSpecialFn::erfc(-x * FRAC_1_SQRT_2)
}

/// `ln(a/b)` of two positive numbers, accurate relative to its value.
///
/// Near `a = b` the quotient rounds away the digits that its logarithm consists of, whereas `a − b` is exact there.
pub(crate) fn ln_ratio(a: f64, b: f64) -> f64 {
    let ratio = a / b;
    if (0.5..=2.0).contains(&ratio) {
        ((a - b) / b).ln_1p()
    } else if ratio.is_normal() {
        ratio.ln()
    } else {
        a.ln() - b.ln()
    }
}

/// `√(a·b)` of two numbers that are not negative, where their product may leave the range of a float.
pub(crate) fn geometric_mean(a: f64, b: f64) -> f64 {
    let product = a * b;
    if product.is_normal() { product.sqrt() } else { a.sqrt() * b.sqrt() }
}
