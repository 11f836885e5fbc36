//! Implied volatility of a European option on a lognormal underlying.
//!
//! The unknown is `s = σ·√T`. With `x = |ln(F/K)|`, the price of the out-of-the-money side in units of its upper bound,
//! the smaller of the discounted spot and strike, is
//!
//! `B(s) = N(d) − φ(d)·Y(z)`, where `d = s/2 − x/s`, `z = s/2 + x/s`, and `B′(s) = φ(d)`.
//!
//! As `z² = d² + 2x`, one number stands for the other: `s = d + √(d² + 2x)`. The inflection is at `d = 0`: below it the
//! search works on `ln B`, above it on `ln(1 − B)`, both of which are close to parabolas in `d`. A rational guess
//! is good to an eighth, in most places to a percent; a Householder step of third order (Householder 1970; Jäckel, *Let's Be
//! Rational*, 2015, for its use here) takes that to the fourth power, and another one gives the last digits. Only that one
//! needs all digits of its functions.
//!
//! One option alone takes the same arithmetic as a block of them, but puts the points of the integral side by side instead of
//! the options: so both give the same bits.

use super::exp::exp;
use super::ln::{ln_ratio, rough_ln};
use super::mills::{INVERSE_SQRT_TWO_PI, LEAST, LN_SQRT_TWO_PI, density, mills, mills_slope, rough_mills};
use super::{Arithmetic, are_finite, select};

/// A guess has converged if the last step is no greater than this.
const CONVERGED: f64 = 2e-4;
/// Log-moneyness below which the guess starts from a normal model.
const NEARLY_NORMAL: f64 = 3.0;
/// Below this `s/2` the difference of ratios is integrated.
const NARROW: f64 = 0.4;

/// What a volatility is implied from.
#[derive(Clone, Copy)]
pub(crate) struct Inputs {
    /// `1` for a call, `−1` for a put.
    pub(crate) sign: f64,
    pub(crate) spot: f64,
    pub(crate) strike: f64,
    pub(crate) years: f64,
    pub(crate) rate: f64,
    pub(crate) dividend_yield: f64,
    pub(crate) price: f64,
}

/// What is sought.
#[derive(Clone, Copy, Default)]
pub(crate) struct Target {
    /// `x`.
    pub(crate) distance: f64,
    /// `B`.
    pub(crate) price: f64,
    /// `ln B`, or `ln(1 − B)` above the inflection.
    pub(crate) log_price: f64,
    /// `1` above the inflection, `−1` below it.
    pub(crate) side: f64,
}

impl Target {
    /// The target and the guess of `s`. Where there is no volatility the guess is anything.
    #[inline(always)]
    pub(crate) fn new<A: Arithmetic>(inputs: Inputs) -> (Self, f64) {
        let Inputs { sign, spot, strike, years, rate, dividend_yield, price } = inputs;
        let discounted_spot = spot * exp::<A>(-dividend_yield * years);
        let discounted_strike = strike * exp::<A>(-rate * years);
        let log_moneyness = A::mul_add(rate - dividend_yield, years, ln_ratio::<A>(spot, strike));
        let forward = sign * (discounted_spot - discounted_strike);
        let time_value = price - select(forward > 0.0, forward, 0.0);
        let bound = select(log_moneyness < 0.0, discounted_spot, discounted_strike);
        let (target, s) = Self::of_time_value::<A>(log_moneyness.abs(), time_value, bound);
        let regular = are_finite([spot, strike, years, rate, dividend_yield, price])
            & (spot >= f64::MIN_POSITIVE)
            & (strike >= f64::MIN_POSITIVE)
            & (years > 0.0)
            & (target.price >= f64::MIN_POSITIVE)
            & (time_value < bound)
            & (price < select(sign > 0.0, discounted_spot, discounted_strike));
        (target, select(regular, s, f64::NAN))
    }

    #[inline(always)]
    fn of_time_value<A: Arithmetic>(distance: f64, time_value: f64, bound: f64) -> (Self, f64) {
        let price = time_value / bound;
        let rest = (bound - time_value) / bound;
        let inflection = inflection::<A>(distance);
        let above = (price > inflection) | (distance == 0.0);
        let side = select(above, 1.0, -1.0);
        let log_price = rough_ln::<A>(select(above, rest, price));
        (Self { distance, price, log_price, side }, guess::<A>(distance, price, inflection, above, log_price))
    }

    /// The volatility of one option, or NaN if the search does not converge.
    #[inline(always)]
    pub(crate) fn volatility<A: Arithmetic>(&self, guess: f64, years: f64) -> f64 {
        self.finish::<A, Alone>(self.step::<A>(guess), years)
    }

    /// A step from `s` to a better one.
    #[inline(always)]
    pub(crate) fn step<A: Arithmetic>(&self, s: f64) -> f64 {
        let Self { distance, log_price, side, .. } = *self;
        let inverse = 1.0 / s;
        let h = distance * inverse;
        let d = side * A::mul_add(0.5, s, -h);
        let d = select(d > LEAST, d, LEAST);
        let z = A::mul_add(0.5, s, h);
        // B, or 1 − B, in units of φ(d).
        let ratio = A::mul_add(side, rough_mills::<A>(z), rough_mills::<A>(d));
        let log = rough_ln::<A>(ratio) - LN_SQRT_TWO_PI - 0.5 * d * d;
        let newton = side * (log - log_price) * ratio;
        let step = householder::<A>(newton, s, h, inverse, side / ratio);
        let (least, most) = (-0.5 * s, 2.0 * s);
        let step = select(step < least, least, select(step > most, most, step));
        s + step
    }

    /// The volatility, or NaN if `s` has not converged to one.
    #[inline(always)]
    pub(crate) fn finish<A: Arithmetic, W: Way>(&self, s: f64, years: f64) -> f64 {
        let Self { distance, price, .. } = *self;
        let inverse = 1.0 / s;
        let half = 0.5 * s;
        let h = distance / s;
        let d = half - h;
        // What the roundings of h and d left; it would be magnified d times in the density.
        let product = h * s;
        let h_error = ((distance - product) - A::product_error(h, s, product)) * inverse;
        let d_error = select(h > half, half - (d + h), (half - d) - h) - h_error;
        let density = density::<A>(d);
        let density = A::mul_add(-d * d_error, density, density);
        let Price { value, ratio, by_log } = Price::new::<A, W>(half, d, h, density);
        // On ln B, or on B itself.
        let missing = price - value;
        let relative = missing / value;
        let log =
            relative * A::mul_add(relative, A::mul_add(relative, A::mul_add(relative, -0.25, 1.0 / 3.0), -0.5), 1.0);
        let newton = select(by_log, log * ratio, missing / density);
        let curvature = select(by_log, -1.0 / ratio, 0.0);
        let step = householder::<A>(newton, s, h, inverse, curvature);
        let size = relative.abs() + newton.abs() * (inverse + 0.25 * s);

        let sqrt_years = years.sqrt();
        let inverse_root = 1.0 / sqrt_years;
        let volatility = s * inverse_root;
        // What the roundings of the root and of the quotient left.
        let square = sqrt_years * sqrt_years;
        let root_error = (years - square) - A::product_error(sqrt_years, sqrt_years, square);
        let product = volatility * sqrt_years;
        let rest = (s - product) - A::product_error(volatility, sqrt_years, product);
        let correction = (rest + step) * inverse_root - 0.5 * volatility * (root_error / years);
        select(size <= CONVERGED, volatility + correction, f64::NAN)
    }
}

/// Newton's step on `B`, or on a function of `B` that adds to its curvature, as one of third order.
#[inline(always)]
fn householder<A: Arithmetic>(newton: f64, s: f64, h: f64, inverse: f64, curvature: f64) -> f64 {
    let second = h * h * inverse - 0.25 * s;
    let third = second * second - 3.0 * (h * inverse) * (h * inverse) - 0.25;
    let third = third + 3.0 * second * curvature + 2.0 * curvature * curvature;
    let second = second + curvature;
    newton * A::mul_add(0.5 * second, newton, 1.0)
        / A::mul_add(newton, A::mul_add(third * (1.0 / 6.0), newton, second), 1.0)
}

/// `B`, without cancellation.
#[derive(Clone, Copy)]
struct Price {
    value: f64,
    /// `B/φ(d)`, if that is what the price was made of.
    ratio: f64,
    /// Whether it is: if the volatility is small or `d` negative.
    by_log: bool,
}

impl Price {
    #[inline(always)]
    fn new<A: Arithmetic, W: Way>(half: f64, d: f64, h: f64, density: f64) -> Self {
        let (far, near) = (mills::<A>(half + h), mills::<A>(d.abs()));
        let is_narrow = half < NARROW;
        let by_log = is_narrow | (d < 0.0);
        let ratio = select(is_narrow, W::integral::<A>(h, half), near - far);
        Self { value: select(by_log, density * ratio, A::mul_add(-density, near + far, 1.0)), ratio, by_log }
    }
}

/// How the integral is computed: `Y(h − half) − Y(h + half)`, as that of `−Y′` by eight points of Gauss and Legendre, to 1e-17
/// for `half < 0.4`, where the difference itself would cancel.
pub(crate) trait Way {
    fn integral<A: Arithmetic>(h: f64, half: f64) -> f64;
}

/// The points of Gauss and Legendre on either side of the middle, and their weights.
const POINTS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_27),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_25),
];

/// One option among others, side by side with them.
pub(crate) enum AmongOthers {}

impl Way for AmongOthers {
    #[inline(always)]
    fn integral<A: Arithmetic>(h: f64, half: f64) -> f64 {
        // Written out, because a loop here would keep the loop around it from becoming vector instructions.
        let [first, second, third, fourth] = POINTS;
        half * ((pair::<A>(h, half, first) + pair::<A>(h, half, second))
            + (pair::<A>(h, half, third) + pair::<A>(h, half, fourth)))
    }
}

/// What two points on either side of the middle add to the integral.
#[inline(always)]
fn pair<A: Arithmetic>(h: f64, half: f64, (at, weight): (f64, f64)) -> f64 {
    let (near, far) = (A::mul_add(-half, at, h), A::mul_add(half, at, h));
    weight * (mills_slope::<A>(select(near > LEAST, near, LEAST)) + mills_slope::<A>(far))
}

/// One option alone, its points side by side.
pub(crate) enum Alone {}

impl Way for Alone {
    #[inline(always)]
    fn integral<A: Arithmetic>(h: f64, half: f64) -> f64 {
        let [first, second, third, fourth] = POINTS;
        let at = [-first.0, -second.0, -third.0, -fourth.0, first.0, second.0, third.0, fourth.0];
        let mut slopes = [0.0; 8];
        #[allow(clippy::needless_range_loop, reason = "loops over lanes are what the compiler turns into vector code")]
        for lane in 0..8 {
            let place = A::mul_add(half, at[lane], h);
            slopes[lane] = mills_slope::<A>(select(place > LEAST, place, LEAST));
        }
        let pair = |index: usize, (_, weight): (f64, f64)| weight * (slopes[index] + slopes[index + 4]);
        half * ((pair(0, first) + pair(1, second)) + (pair(2, third) + pair(3, fourth)))
    }
}

/// `B` at `d = 0`, where `s = √(2x)`, to 0.1 %: a rational fit.
#[inline(always)]
fn inflection<A: Arithmetic>(distance: f64) -> f64 {
    let s = (2.0 * distance).sqrt();
    let numerator = A::mul_add(0.171_751_730_628_663_1, s, 0.398_881_805_785_980_8);
    let denominator = A::mul_add(A::mul_add(0.344_192_317_299_324_1, s, 1.050_257_333_886_622_8), s, 1.0);
    s * numerator / denominator
}

/// `s` to an eighth.
#[inline(always)]
fn guess<A: Arithmetic>(distance: f64, price: f64, inflection: f64, above: bool, log_price: f64) -> f64 {
    // For small x below the inflection: x/s of the normal model that has this price in units of √(F·K).
    let normal = !above & (distance < NEARLY_NORMAL);
    // e^(−x/2) by Padé.
    let square = distance * distance * (1.0 / 48.0);
    let (numerator, denominator) =
        (A::mul_add(-0.25, distance, 1.0 + square), A::mul_add(0.25, distance, 1.0 + square));
    let scaled = price * numerator / (denominator * distance);
    let root = A::mul_add(scaled, scaled, INVERSE_SQRT_TWO_PI * INVERSE_SQRT_TWO_PI).sqrt();
    let normal_square = normal_square::<A>(2.0 * rough_ln::<A>(root / scaled));
    // Elsewhere d: 2·N(−|d|) is about the price, or what it leaves of its bound, in units of that at the inflection, whose
    // logarithm is a few terms of a series.
    let lower = A::mul_add(2.5, inflection, -1.0);
    let log_below = A::mul_add(lower, A::mul_add(lower, -0.5, 1.0), -0.916_290_731_874_155_1);
    let log_above =
        -inflection * A::mul_add(inflection, A::mul_add(inflection, A::mul_add(0.4, inflection, 1.0 / 3.0), 0.5), 1.0);
    let tail_square = tail_square::<A>(select(above, log_above, log_below) - log_price);
    let square = select(normal, normal_square, select(tail_square > 0.0, tail_square, 0.0));
    let (d, z) = (square.sqrt(), A::mul_add(2.0, distance, square).sqrt());
    let numerator = select(above, d + z, select(normal, distance, 2.0 * distance));
    numerator / select(above, 1.0, select(normal, d, z + d))
}

/// `z²` of `φ(z)·(1 − z·Y(z))/z = y`, from `ln(1 + 1/(2π·y²))`, to 0.5 %: a rational fit.
#[inline(always)]
fn normal_square<A: Arithmetic>(log: f64) -> f64 {
    let root = log.sqrt();
    let numerator = cubic::<A>(
        root,
        [1.004_710_639_763_919, 0.344_726_226_176_238_5, -0.236_388_063_943_928_9, 0.258_076_083_190_629_5],
    );
    let denominator =
        cubic::<A>(root, [1.0, 3.039_372_277_541_18, -0.156_947_334_003_070_37, 0.259_109_324_975_781_65]);
    log * numerator / denominator
}

/// `z²` of `2·N(−z) = e^−log`, to 0.04 %: a rational fit.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Plain;

    /// `B` of a volatility, and `B′`.
    fn price(distance: f64, s: f64) -> (f64, f64) {
        let (half, h) = (0.5 * s, distance / s);
        let density = density::<Plain>(half - h);
        (Price::new::<Plain, Alone>(half, half - h, h, density).value, density)
    }

    #[test]
    fn the_search_ends_at_the_volatility_of_the_price() {
        let (mut rows, mut worst) = (0_u32, 0.0_f64);
        for place in 0..150 {
            let distance = if place == 0 { 0.0 } else { 10_f64.powf(-7.0 + 9.5 * f64::from(place) / 150.0) };
            for deviation in 0..300 {
                let d = -36.0 + 0.15 * f64::from(deviation);
                let s = if d > 0.0 { d } else { -d } + (d * d + 2.0 * distance).sqrt();
                let s = if d > 0.0 { s } else { 2.0 * distance / s };
                let (price, vega) = price(distance, s);
                if !(s > 1e-7 && price > 1e-300 && price < 1.0 - 1e-14) {
                    continue;
                }
                let (target, guess) = Target::of_time_value::<Plain>(distance, price, 1.0);
                rows += 1;
                let found = target.volatility::<Plain>(guess, 1.0);
                // The price is rounded too, a few times, and so are h and d.
                let tail = (0.5 * s - distance / s).powi(2);
                let attainable = f64::EPSILON * (1.0 + (1.0 + tail) * price / (s * vega));
                worst = worst.max((found / s - 1.0).abs() / attainable);
                assert!((found / s - 1.0).abs() <= 4.0 * attainable, "{distance} {s}: {found}");
            }
        }
        println!("{rows} volatilities, wrong by {worst:.2} of what is attainable at most");
        assert!(rows > 20_000, "{rows}");
    }
}
