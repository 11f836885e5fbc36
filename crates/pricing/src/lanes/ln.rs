//! The natural logarithm of a ratio.

use super::{
    Arithmetic,
    exp::{LN_2_HIGH, LN_2_LOW},
    polynomial, select,
};

/// `(2·artanh(f)/f − 2)/f²` in `f²`, for `|f| ≤ 0.172`, a Chebyshev expansion with an error below 1e-19.
const SERIES: [f64; 8] = [
    0.666_666_666_666_666_6,
    0.400_000_000_000_008_85,
    0.285_714_285_708_007_4,
    0.222_222_223_923_090_24,
    0.181_817_955_814_883_94,
    0.153_862_426_683_655_2,
    0.132_686_988_001_469_27,
    0.130_873_580_199_913_35,
];
const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;
const ONE: u64 = 0x3ff << MANTISSA_BITS;
/// The float `2^52`, whose last bits hold an integer that is or-ed into it.
const INTEGER: u64 = 0x433 << MANTISSA_BITS;

/// Returns `ln(a/b)` of positive normal numbers to the last place, however close they are to each other.
///
/// Both are brought within a factor of √2 by powers of two. Their difference is exact then, and the logarithm is
/// `2·artanh((a − b)/(a + b))`, without a logarithm of a rounded quotient.
#[inline(always)]
pub(crate) fn ln_ratio<A: Arithmetic>(a: f64, b: f64) -> f64 {
    let (a, b, power) = nearby(a, b);
    let (difference, sum) = (a - b, a + b);
    let inverse = 1.0 / sum;
    let quotient = difference * inverse;
    // The rounding errors of the sum and of the quotient.
    let sum_error = b - (sum - a);
    let product = quotient * sum;
    let rest = (difference - product) - A::product_error(quotient, sum, product) - quotient * sum_error;
    let quotient_error = rest * inverse;

    let square = quotient * quotient;
    let series = quotient * square * polynomial::<A, 8>(square, &SERIES);
    let high = power * LN_2_HIGH;
    let value = high + 2.0 * quotient;
    let value_error = 2.0 * quotient - (value - high);
    value + (value_error + A::mul_add(power, LN_2_LOW, A::mul_add(2.0, quotient_error, series)))
}

/// Returns `ln(a)` of a positive normal number to eleven digits, for results that later steps refine.
#[inline(always)]
pub(crate) fn rough_ln<A: Arithmetic>(a: f64) -> f64 {
    rough_ln_ratio::<A>(a, 1.0)
}

/// Returns `ln(a/b)` of positive normal numbers to eleven digits, or to the last place of 1 if the ratio is close to
/// it.
#[inline(always)]
pub(crate) fn rough_ln_ratio<A: Arithmetic>(a: f64, b: f64) -> f64 {
    const SERIES: [f64; 5] = [2.0 / 3.0, 0.4, 2.0 / 7.0, 2.0 / 9.0, 0.186];
    let (a, b, power) = nearby(a, b);
    let quotient = (a - b) / (a + b);
    let square = quotient * quotient;
    A::mul_add(power, std::f64::consts::LN_2, quotient * A::mul_add(square, polynomial::<A, 5>(square, &SERIES), 2.0))
}

/// Returns `ln(1 + numerator/denominator)` of positive denominators within a few last places, for quotients from −0.29
/// to 0.41.
#[inline(always)]
pub(crate) fn ln_1p_near<A: Arithmetic>(numerator: f64, denominator: f64) -> f64 {
    let quotient = numerator / A::mul_add(2.0, denominator, numerator);
    let square = quotient * quotient;
    A::mul_add(quotient * square, polynomial::<A, 8>(square, &SERIES), 2.0 * quotient)
}

/// Returns both numbers without their powers of two, within a factor of √2 of each other, and the power of two by which
/// the first is to be multiplied.
#[inline(always)]
fn nearby(a: f64, b: f64) -> (f64, f64, f64) {
    let (a, a_power) = split(a);
    let (b, b_power) = split(b);
    let halve = a > std::f64::consts::SQRT_2 * b;
    let double = b > std::f64::consts::SQRT_2 * a;
    let power = a_power - b_power + select(halve, 1.0, select(double, -1.0, 0.0));
    (a * select(halve, 0.5, select(double, 2.0, 1.0)), b, power)
}

/// Returns a number in `[1, 2)` and the power of two by which it is to be multiplied, plus 1023.
#[inline(always)]
fn split(value: f64) -> (f64, f64) {
    let bits = value.to_bits();
    let power = f64::from_bits((bits >> MANTISSA_BITS) | INTEGER) - f64::from_bits(INTEGER);
    (f64::from_bits((bits & MANTISSA) | ONE), power)
}
