//! Sine, cosine and the angle of a vector.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, PI};

use super::{Arithmetic, polynomial, select};

/// `(sin r/r − 1)/r²` in `r²` for `|r| ≤ π/4`, a Chebyshev expansion with an error below 1e-17.
const SINE: [f64; 7] = [
    -0.166_666_666_666_666_66,
    0.008_333_333_333_333_331,
    -0.000_198_412_698_412_650_63,
    2.755_731_921_933_731e-6,
    -2.505_210_623_180_268_8e-8,
    1.605_853_151_677_816_2e-10,
    -7.586_691_093_220_582e-13,
];
/// `(cos r − 1 + r²/2)/r⁴` in `r²` for `|r| ≤ π/4`, a Chebyshev expansion with an error below 3e-18.
const COSINE: [f64; 7] = [
    0.041_666_666_666_666_664,
    -0.001_388_888_888_888_888_7,
    2.480_158_730_158_464_5e-5,
    -2.755_731_922_140_148e-7,
    2.087_675_579_063_794_6e-9,
    -1.147_046_081_990_083_6e-11,
    4.745_868_009_727_584_4e-14,
];
/// `(arctan f/f − 1)/f²` in `f²` for `|f| ≤ tan(π/8)`, a Chebyshev expansion with an error below 2e-17.
const ANGLE: [f64; 12] = [
    -0.333_333_333_333_333_3,
    0.199_999_999_999_998_04,
    -0.142_857_142_856_598_28,
    0.111_111_111_051_554_37,
    -0.090_909_087_535_004_9,
    0.076_922_963_750_229_86,
    -0.066_664_248_855_990_55,
    0.058_789_289_964_473_31,
    -0.052_304_542_616_319_054,
    0.045_515_931_838_124_274,
    -0.034_570_561_124_667_23,
    0.016_285_755_988_164_438,
];
/// `π/2` in three parts, the first two with 33 bits, so that their products with integers below 2²⁰ are exact.
const HALF_TURN: [f64; 3] = [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];
/// A summand that rounds a number to an integer, which the last bits of the sum then hold.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// `tan(π/8)`.
const HALF_ANGLE: f64 = 0.414_213_562_373_095_03;

/// Returns sine and cosine, to the last places up to a million turns and slowly less accurate beyond.
#[inline(always)]
pub(crate) fn sin_cos<A: Arithmetic>(x: f64) -> (f64, f64) {
    let shifted = A::mul_add(x, FRAC_2_PI, ROUNDER);
    let turns = shifted - ROUNDER;
    let [high, middle, low] = HALF_TURN;
    let rest = A::mul_add(turns, -low, A::mul_add(turns, -middle, A::mul_add(turns, -high, x)));
    let square = rest * rest;
    let sine = A::mul_add(rest * square, polynomial::<A, 7>(square, &SINE), rest);
    let cosine = A::mul_add(square * square, polynomial::<A, 7>(square, &COSINE), A::mul_add(square, -0.5, 1.0));
    let quarter = shifted.to_bits();
    let exchanged = quarter & 1 == 1;
    let (sine, cosine) = (select(exchanged, cosine, sine), select(exchanged, sine, cosine));
    (with_sign(sine, quarter << 62), with_sign(cosine, (quarter ^ (quarter << 1)) << 62))
}

/// Returns the value with the opposite sign if the first of these bits is set.
#[inline(always)]
fn with_sign(value: f64, bits: u64) -> f64 {
    f64::from_bits(value.to_bits() ^ (bits & (1 << 63)))
}

/// Returns the angle of the vector `(x, y)`, from −π to π; NaN for a vector of no length.
#[inline(always)]
pub(crate) fn angle<A: Arithmetic>(y: f64, x: f64) -> f64 {
    let (width, height) = (x.abs(), y.abs());
    let steep = height > width;
    let (least, most) = (select(steep, width, height), select(steep, height, width));
    let wide = least > HALF_ANGLE * most;
    let tangent = select(wide, least - most, least) / select(wide, least + most, most);
    let square = tangent * tangent;
    let small = A::mul_add(tangent * square, polynomial::<A, 12>(square, &ANGLE), tangent);
    let eighth = small + select(wide, FRAC_PI_4, 0.0);
    let quarter = select(steep, FRAC_PI_2 - eighth, eighth);
    let half = select(x < 0.0, PI - quarter, quarter);
    half.copysign(y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Fused, Plain};

    #[test]
    fn turns_are_those_of_the_library() {
        for step in -40_000..40_000 {
            let x = f64::from(step) * 0.0371;
            for (sine, cosine) in [sin_cos::<Plain>(x), sin_cos::<Fused>(x)] {
                assert!((sine - x.sin()).abs() < 2.3e-16 && (cosine - x.cos()).abs() < 2.3e-16, "{x}");
            }
        }
        let (sine, cosine) = sin_cos::<Plain>(1e5 * PI + 0.3);
        assert!((sine - (1e5 * PI + 0.3).sin()).abs() < 1e-15 && (cosine - (1e5 * PI + 0.3).cos()).abs() < 1e-15);
        assert!(sin_cos::<Plain>(f64::NAN).0.is_nan());
    }

    #[test]
    fn angles_are_those_of_the_library() {
        for step in 0..4_000 {
            let (y, x) = (f64::from(step) * 0.00157).sin_cos();
            for length in [1e-200, 0.3, 1e100] {
                let (y, x) = (length * y, length * x);
                let expected = y.atan2(x);
                for value in [angle::<Plain>(y, x), angle::<Fused>(y, x)] {
                    assert!((value - expected).abs() <= 9e-16, "{y} {x}: {value}, not {expected}");
                }
            }
        }
        let tiny = angle::<Plain>(3e-30, 1.0);
        assert!((tiny / 3e-30 - 1.0).abs() < 1e-15);
    }
}
