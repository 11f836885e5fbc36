//! The tail of the normal distribution, scaled by its density.

use super::{Arithmetic, exp::exp, polynomial, select};

/// `1/√(2π)`.
pub(crate) const INVERSE_SQRT_TWO_PI: f64 = 0.398_942_280_401_432_7;
/// `ln √(2π)`.
pub(crate) const LN_SQRT_TWO_PI: f64 = 0.918_938_533_204_672_8;
/// The smallest argument of the expansions.
pub(crate) const SMALLEST_ARGUMENT: f64 = -0.5;
const SHIFT: f64 = 5.5;

/// `(z + 5.5)·Y(z)` in `1 − 10/(z + 5.5)`, a Chebyshev expansion over `−½ ≤ z ≤ ∞` with an error below 8e-18.
const SERIES: [f64; 26] = [
    2.125_705_804_420_318,
    -2.217_532_996_665_375_3,
    2.001_645_398_836_701_3,
    -1.555_127_763_113_374_2,
    1.027_560_195_189_709,
    -0.564_438_811_893_827_9,
    0.246_448_237_465_270_36,
    -0.076_883_811_198_778_39,
    0.010_980_011_225_280_308,
    0.003_717_387_956_078_77,
    -0.002_528_084_557_397_507,
    0.000_303_431_540_536_604_63,
    0.000_249_920_236_892_896_5,
    -9.590_539_956_312_168e-5,
    -1.872_943_082_259_691e-5,
    1.719_173_243_305_617_6e-5,
    9.989_250_674_287_83e-7,
    -2.884_100_707_369_320_5e-6,
    -1.076_833_300_430_727_5e-8,
    4.963_243_790_977_037e-7,
    -2.746_501_304_274_381_3e-9,
    -8.480_679_854_139_979e-8,
    -5.603_347_470_037_579e-10,
    1.226_585_075_018_670_5e-8,
    1.591_341_093_731_434e-10,
    -1.035_836_589_086_818e-9,
];

/// `(z + 5.5)·Y(z)` as above with an error below 2e-7, and none at `z = 0`.
const ROUGH_SERIES: [f64; 12] = [
    2.125_705_754_485_574_4,
    -2.217_532_829_314_405,
    2.001_652_318_687_51,
    -1.555_132_532_062_434_7,
    1.027_478_657_753_217,
    -0.564_399_703_261_200_4,
    0.246_801_356_352_101_85,
    -0.077_023_005_658_380_55,
    0.010_281_888_853_362_267,
    0.003_964_326_158_485_015,
    -0.001_876_284_034_622_596,
    8.001_744_476_638_841e-5,
];

/// `(z + 5.5)²·M(z)` in `1 − 10/(z + 5.5)`, a Chebyshev expansion over `−½ ≤ z ≤ ∞` with an error below 2e-17.
const SLOPE_SERIES: [f64; 28] = [
    4.343_238_801_085_694,
    -8.438_356_791_004_153,
    10.670_319_485_850_2,
    -10.330_751_833_212_574,
    7.959_995_035_419_39,
    -4.865_322_296_147_212_5,
    2.263_324_340_606_212,
    -0.702_910_579_494_862_9,
    0.065_363_609_957_143_95,
    0.062_454_725_900_924_955,
    -0.031_146_681_070_105_49,
    0.000_642_132_314_015_969_8,
    0.004_495_752_265_498_528,
    -0.001_080_455_199_174_822,
    -0.000_538_877_547_506_477_8,
    0.000_259_074_921_670_603_3,
    6.614_080_684_887_282e-5,
    -5.172_426_304_292_47e-5,
    -9.824_917_245_815_988e-6,
    1.001_626_071_081_608_7e-5,
    1.911_076_449_428_163_5e-6,
    -1.909_653_964_055_003_3e-6,
    -4.141_716_256_742_351_3e-7,
    3.371_943_208_290_76e-7,
    7.374_980_890_680_898e-8,
    -4.735_142_162_279_368e-8,
    -7.123_302_164_434_395e-9,
    3.747_302_010_372_405e-9,
];

/// Returns Mills' ratio `Y(z) = N(−z)/φ(z) = √(π/2)·erfcx(z/√2)` for `z ≥ −½`.
///
/// The ratio falls like `1/z` where the tail itself falls like `e^(−z²/2)`, so that differences and quotients of tails
/// keep their digits.
#[inline(always)]
pub(crate) fn mills<A: Arithmetic>(z: f64) -> f64 {
    let (inverse, argument) = shifted::<A>(z);
    polynomial::<A, 26>(argument, &SERIES) * inverse
}

/// Returns Mills' ratio within 2e-7 of its value, and much closer near `z = 0`, for results that later steps refine.
#[inline(always)]
pub(crate) fn rough_mills<A: Arithmetic>(z: f64) -> f64 {
    let inverse = 1.0 / (z + SHIFT);
    polynomial::<A, 12>(A::mul_add(-2.0 * (SHIFT + SMALLEST_ARGUMENT), inverse, 1.0), &ROUGH_SERIES) * inverse
}

/// Returns the negative slope of Mills' ratio, `M(z) = −Y′(z) = 1 − z·Y(z)` for `z ≥ −½`, about `1/z²` for large `z`,
/// where the difference itself would cancel.
#[inline(always)]
pub(crate) fn mills_slope<A: Arithmetic>(z: f64) -> f64 {
    let (inverse, argument) = shifted::<A>(z);
    polynomial::<A, 28>(argument, &SLOPE_SERIES) * (inverse * inverse)
}

/// Returns `1/(z + 5.5)` and `1 − 10/(z + 5.5)`. The rounding errors of the sum and of its inverse are compensated:
/// they are those of a number five times as large as a small `z`.
#[inline(always)]
fn shifted<A: Arithmetic>(z: f64) -> (f64, f64) {
    let sum = z + SHIFT;
    let inverse = 1.0 / sum;
    let product = sum * inverse;
    let product_error = (1.0 - product) - A::product_error(sum, inverse, product);
    let sum_error = (sum - SHIFT) - z;
    let rest = inverse * A::mul_add(sum_error, inverse, product_error);
    let rest = select(z < 100.0, rest, 0.0);
    let scale = 2.0 * (SHIFT + SMALLEST_ARGUMENT);
    (inverse + rest, A::mul_add(-scale, rest, A::mul_add(-scale, inverse, 1.0)))
}

/// Returns the normal density `φ(z)`.
#[inline(always)]
pub(crate) fn density<A: Arithmetic>(z: f64) -> f64 {
    let square = z * z;
    let error = A::product_error(z, z, square);
    let value = INVERSE_SQRT_TWO_PI * exp::<A>(-0.5 * square);
    // The error of a square beyond the range of a float is NaN.
    A::mul_add(value, select(square < 1e6, -0.5 * error, 0.0), value)
}

#[cfg(test)]
mod tests {
    use statrs::{
        distribution::{Continuous, ContinuousCDF, Normal},
        function::erf::erfc,
    };

    use super::*;
    use crate::lanes::Plain;

    /// Returns arguments from one end to another, by steps that meet no table's nodes.
    fn arguments(from: f64, until: f64) -> impl Iterator<Item = f64> {
        (0..=1000).map(move |index| from + (until - from) * f64::from(index) / 1000.0)
    }

    fn assert_near(z: f64, value: f64, expected: f64, tolerance: f64) {
        assert!((value / expected - 1.0).abs() <= tolerance, "at {z}: {value:e} is not {expected:e}");
    }

    /// The accuracy of the other library, whose constants of `erfc` have ten digits.
    const TOLERANCE: f64 = 1e-9;

    #[test]
    fn tails_and_densities_are_those_of_another_library() {
        let normal = Normal::standard();
        for z in arguments(-0.5, 37.0) {
            let tail = density::<Plain>(z) * mills::<Plain>(z);
            assert_near(z, density::<Plain>(z), normal.pdf(z), 1e-14 * (1.0 + z * z));
            assert_near(z, tail, normal.cdf(-z), TOLERANCE);
            assert_near(z, tail, 0.5 * erfc(z / std::f64::consts::SQRT_2), TOLERANCE);
            assert_near(z, density::<Plain>(z) * rough_mills::<Plain>(z), normal.cdf(-z), 2.1e-7);
        }
    }

    #[test]
    fn quantiles_of_another_library_are_met() {
        let normal = Normal::standard();
        for z in arguments(-0.49, 8.0) {
            let tail = density::<Plain>(z) * mills::<Plain>(z);
            let quantile = -normal.inverse_cdf(tail);
            assert!((quantile - z).abs() <= 1e-9 * (1.0 + z), "{quantile} is not {z}");
        }
    }

    /// The slope by its definition, where that does not cancel.
    #[test]
    fn slopes_are_those_of_the_ratio() {
        for z in arguments(-0.5, 3.0) {
            let expected = 1.0 - z * Normal::standard().cdf(-z) / Normal::standard().pdf(z);
            assert!((mills_slope::<Plain>(z) - expected).abs() <= TOLERANCE, "{z}");
        }
    }
}
