//! The exponential function.

use super::{Arithmetic, polynomial, select};

/// `(e^r − 1 − r)/r²` for `|r| ≤ ½·ln 2`, a Chebyshev expansion with an error below 2e-18.
const SERIES: [f64; 11] = [
    0.5,
    0.166_666_666_666_666_7,
    0.041_666_666_666_666_68,
    0.008_333_333_333_326_134,
    0.001_388_888_888_887_907_3,
    0.000_198_412_698_748_223_07,
    2.480_158_733_644_360_2e-5,
    2.755_725_539_833_871e-6,
    2.755_726_327_779_158_4e-7,
    2.510_521_769_568_451_6e-8,
    2.091_813_816_945_801e-9,
];
/// The leading bits of `ln 2`, so few that products with small integers are exact, and the rest.
pub(super) const LN_2_HIGH: f64 = 0.693_147_178_739_309_3;
pub(super) const LN_2_LOW: f64 = 1.820_635_998_504_146_2e-9;
/// A summand that rounds a number to an integer, which the last bits of the sum then hold.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
const EXPONENT_BIAS: f64 = 1023.0;
const MANTISSA_BITS: u32 = 52;

/// Returns `e^x` to the last place; zero below the range of a float and infinity above it.
#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(x: f64) -> f64 {
    let x = select(x < -760.0, -760.0, x);
    let x = select(x > 720.0, 720.0, x);
    let power = (x * std::f64::consts::LOG2_E + ROUNDER) - ROUNDER;
    let rest = A::mul_add(power, -LN_2_LOW, A::mul_add(power, -LN_2_HIGH, x));
    let value = 1.0 + A::mul_add(rest * rest, polynomial::<A, 11>(rest, &SERIES), rest);
    // Two factors, because one of them would overflow before its product with `value` does.
    let half = (0.5 * power + ROUNDER) - ROUNDER;
    value * power_of_two(half) * power_of_two(power - half)
}

/// Returns `2^power` of an integer in ±1000.
#[inline(always)]
fn power_of_two(power: f64) -> f64 {
    f64::from_bits((power + (ROUNDER + EXPONENT_BIAS)).to_bits() << MANTISSA_BITS)
}
