//! The first guess of an implied volatility.

use crate::lanes::{Arithmetic, ln::rough_ln_ratio, polynomial, select};

/// The largest log-moneyness of [`near`].
const NEAR_LOG_MONEYNESS: f64 = 1.0;
/// The polynomials of `c` in [`near`], below the inflection and above it.
const BELOW: [f64; 10] = [
    112.349_590_142_362_33,
    -1_199.652_900_466_931_4,
    6_979.653_744_440_168,
    -25_521.872_756_731_886,
    61_318.882_884_210_37,
    -98_056.205_276_314_34,
    103_116.874_416_134_19,
    -68_305.461_873_848_03,
    25_772.745_278_237_17,
    -4_214.804_375_347_478_5,
];
const ABOVE: [f64; 10] = [
    -4_542.893_243_692_104,
    58_215.881_755_100_26,
    -329_727.336_733_554_3,
    1_083_261.502_316_028_8,
    -2_274_648.180_147_778,
    3_165_414.908_922_142_3,
    -2_918_824.479_507_806,
    1_719_341.236_217_592_8,
    -586_923.728_924_851_4,
    88_435.595_378_598_87,
];

/// Returns `s` within 0.08 % below the inflection and 0.14 % above it, for a log-moneyness up to
/// [`NEAR_LOG_MONEYNESS`]; else NaN.
///
/// With `l = ln(1 + x·e^(x/2)/B)` the normal model's volatility is `x/l` times a function of `l` alone, and with
/// `l = ln((1 + (1 − e⁻ˣ)/2)/(1 − B))`, whose numerator counts half of the intrinsic value in, that of an option at the
/// money is `l` times one. Both are polynomials of `c = 7/(7 + √l)`; the remaining correction is a polynomial
/// of two variables. All of them are fits.
#[inline(always)]
pub(super) fn near<A: Arithmetic>(distance: f64, price: f64, time_value: f64, bound: f64) -> f64 {
    // e^(−x/2) by Padé.
    let square = distance * distance * (1.0 / 48.0);
    let (numerator, denominator) =
        (A::mul_add(-0.25, distance, 1.0 + square), A::mul_add(0.25, distance, 1.0 + square));
    let above = distance < inflected_distance::<A>(price);
    let denominator_square = denominator * denominator;
    let scaled = time_value * numerator;
    let whole = bound * A::mul_add(1.5, denominator_square, -0.5 * numerator * numerator);
    let dividend = select(above, whole, A::mul_add(bound * distance, denominator, scaled));
    let divisor = select(above, (bound - time_value) * denominator_square, scaled);
    let log = rough_ln_ratio::<A>(dividend, divisor);
    let c = 7.0 / (7.0 + log.sqrt());
    let quotient = distance / log;
    let first = select(above, log * polynomial::<A, 10>(c, &ABOVE), quotient * polynomial::<A, 10>(c, &BELOW));
    let factor = select(above, factor_above::<A>(quotient * quotient, c), factor_below::<A>(first, distance));
    select(distance <= NEAR_LOG_MONEYNESS, first * factor, f64::NAN)
}

/// Returns the log-moneyness, up to [`NEAR_LOG_MONEYNESS`], at which the price is that at the inflection, to a percent.
#[inline(always)]
fn inflected_distance<A: Arithmetic>(price: f64) -> f64 {
    let series = [3.092_272_256_884_797, 14.899_175_661_056_6, -52.963_968_996_888_12, 389.032_089_806_443_9];
    price * price * polynomial::<A, 4>(price, &series)
}

#[inline(always)]
fn factor_below<A: Arithmetic>(s: f64, distance: f64) -> f64 {
    let line = |constant: f64, slope: f64| A::mul_add(slope, distance, constant);
    polynomial::<A, 4>(
        s,
        &[
            1.0,
            line(-0.002_533_955_926_419_27, 0.000_233_593_035_904_840_28),
            line(0.039_337_742_445_819_68, -0.030_670_787_638_419_81),
            line(0.013_402_885_274_834_133, 0.009_156_886_002_698_443),
        ],
    )
}

#[inline(always)]
fn factor_above<A: Arithmetic>(square: f64, c: f64) -> f64 {
    let parabola = |[constant, slope, curve]: [f64; 3]| A::mul_add(A::mul_add(curve, c, slope), c, constant);
    polynomial::<A, 4>(
        square,
        &[
            parabola([1.000_805_318_102_164_6, 0.000_656_083_252_651_509_2, -0.000_390_040_623_009_718_55]),
            parabola([9.369_754_961_875_179, -17.882_377_970_230_113, 8.418_300_684_535_893]),
            parabola([-31.428_778_079_688_23, 68.834_373_233_598_27, -37.710_237_070_144_1]),
            parabola([15.411_967_555_344_656, -34.033_403_891_505_66, 18.792_287_346_183_173]),
        ],
    )
}

/// Returns `s` to a fifth, for a log-moneyness above [`NEAR_LOG_MONEYNESS`]. The side is `1` above the inflection,
/// where the logarithm is that of the price's distance to its bound, and `−1` below it.
#[inline(always)]
pub(super) fn far<A: Arithmetic>(distance: f64, inflection: f64, side: f64, log_price: f64) -> f64 {
    // 2·N(−|d|) is about the price, or its distance to the bound, over the value at the inflection, whose logarithm is
    // a few terms of a series.
    let lower = A::mul_add(2.5, inflection, -1.0);
    let log_below = A::mul_add(lower, A::mul_add(lower, -0.5, 1.0), -0.916_290_731_874_155_1);
    let log_above =
        -inflection * A::mul_add(inflection, A::mul_add(inflection, A::mul_add(0.4, inflection, 1.0 / 3.0), 0.5), 1.0);
    let square = tail_square::<A>(select(side > 0.0, log_above, log_below) - log_price);
    let square = select(square > 0.0, square, 0.0);
    // As z² = d² + 2x, d stands for s.
    let (d, z) = (square.sqrt(), A::mul_add(2.0, distance, square).sqrt());
    select(side > 0.0, d + z, 2.0 * distance / (z + d))
}

/// Returns `B` at `d = 0`, where `s = √(2x)`, to 0.1 %: a rational fit.
#[inline(always)]
pub(super) fn inflection<A: Arithmetic>(distance: f64) -> f64 {
    let s = (2.0 * distance).sqrt();
    let numerator = A::mul_add(0.171_751_730_628_663_1, s, 0.398_881_805_785_980_8);
    let denominator = A::mul_add(A::mul_add(0.344_192_317_299_324_1, s, 1.050_257_333_886_622_8), s, 1.0);
    s * numerator / denominator
}

/// Returns `z²` of `2·N(−z) = e^−log`, to 0.04 %: a rational fit.
#[inline(always)]
fn tail_square<A: Arithmetic>(log: f64) -> f64 {
    let numerator = cubic::<A>(
        log,
        [1.122_116_752_322_027_1e-6, 1.569_960_628_338_238_6, 0.783_487_138_736_103_4, 0.026_899_566_834_367_51],
    );
    let denominator =
        cubic::<A>(log, [1.0, 1.489_578_055_016_965_5, 0.433_483_848_615_747_74, 0.013_470_183_607_432_996]);
    log * numerator / denominator
}

#[inline(always)]
fn cubic<A: Arithmetic>(x: f64, [zeroth, first, second, third]: [f64; 4]) -> f64 {
    A::mul_add(A::mul_add(A::mul_add(third, x, second), x, first), x, zeroth)
}
