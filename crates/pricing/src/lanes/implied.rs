//! Implied volatility of a European option on a lognormal underlying.
//!
//! The unknown is `s = σ·√T`. With `x = |ln(F/K)|`, the price of the out-of-the-money side in units of its upper bound,
//! the smaller of the discounted spot and strike, is
//!
//! `B(s) = N(d) − φ(d)·Y(z)`, where `d = s/2 − x/s`, `z = s/2 + x/s`, and `B′(s) = φ(d)`.
//!
//! As `z² = d² + 2x`, one number stands for the other: `s = d + √(d² + 2x)`. The inflection is at `d = 0`: below it the
//! search works on `ln B`, above it on `ln(1 − B)`, both of which are close to parabolas in `d`. A rational guess
//! is good to a few percent, each Householder step of third order (Householder 1970; Jäckel, *Let's Be Rational*, 2015,
//! for its use here) takes its error to the fourth power, and a last step makes up for the rounding of logarithms.

use super::exp::exp;
use super::ln::ln_ratio;
use super::mills::{INVERSE_SQRT_TWO_PI, LEAST, LN_SQRT_TWO_PI, density, mills, mills_slope};
use super::{Arithmetic, are_finite, select};

/// Steps between the guess and the last one.
pub(crate) const STEPS: usize = 2;
/// A guess has converged if the last step changes it by no more than this part of it.
const CONVERGED: f64 = 1e-5;
/// Log-moneyness below which the guess starts from a normal model.
const NEARLY_NORMAL: f64 = 2.0;
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
        // B at d = 0, where s = √(2x).
        let inflection = A::mul_add(-INVERSE_SQRT_TWO_PI, mills::<A>((2.0 * distance).sqrt()), 0.5);
        let above = (price > inflection) | (distance == 0.0);
        let side = select(above, 1.0, -1.0);
        let log_price = ln_ratio::<A>(select(above, rest, price), 1.0);
        let d = side * guess::<A>(distance, price, inflection, above, log_price);
        let z = A::mul_add(d, d, 2.0 * distance).sqrt();
        let total_volatility = select(above, d + z, 2.0 * distance / (z - d));
        (Self { distance, price, log_price, side }, total_volatility)
    }

    /// A better `s`.
    #[inline(always)]
    pub(crate) fn step<A: Arithmetic>(&self, s: f64) -> f64 {
        let Self { distance, log_price, side, .. } = *self;
        let inverse = 1.0 / s;
        let h = distance * inverse;
        let d = side * A::mul_add(0.5, s, -h);
        let d = select(d > 0.0, d, 0.0);
        let z = A::mul_add(0.5, s, h);
        // B, or 1 − B, in units of φ(d).
        let ratio = A::mul_add(side, mills::<A>(z), mills::<A>(d));
        let log = ln_ratio::<A>(ratio, 1.0) - LN_SQRT_TWO_PI - 0.5 * d * d;
        let newton = side * (log - log_price) * ratio;
        let curvature = side / ratio;
        let second = h * h * inverse - 0.25 * s;
        let third = second * second - 3.0 * (h * inverse) * (h * inverse) - 0.25;
        let third = third + 3.0 * second * curvature + 2.0 * curvature * curvature;
        let second = second + curvature;
        let step = newton * A::mul_add(0.5 * second, newton, 1.0)
            / A::mul_add(newton, A::mul_add(third * (1.0 / 6.0), newton, second), 1.0);
        let (least, most) = (-0.5 * s, 2.0 * s);
        s + select(step < least, least, select(step > most, most, step))
    }

    /// The volatility, or NaN if `s` has not converged to one.
    #[inline(always)]
    pub(crate) fn finish<A: Arithmetic>(&self, s: f64, years: f64) -> f64 {
        let Self { distance, price, .. } = *self;
        let half = 0.5 * s;
        let h = distance / s;
        let d = half - h;
        // What the roundings of h and d left; it would be magnified d times in the density.
        let product = h * s;
        let h_error = ((distance - product) - A::product_error(h, s, product)) / s;
        let d_error = select(h > half, half - (d + h), (half - d) - h) - h_error;
        let density = density::<A>(d);
        let density = A::mul_add(-d * d_error, density, density);
        let newton = newton_step::<A>(half, d, h, density, price);
        let second = h * h / s - 0.25 * s;
        let step = newton.value * A::mul_add(-0.5 * (second + newton.curvature), newton.value, 1.0);
        let sqrt_years = years.sqrt();
        let volatility = s / sqrt_years;
        // What the roundings of the root and of the quotient left.
        let square = sqrt_years * sqrt_years;
        let root_error = (years - square) - A::product_error(sqrt_years, sqrt_years, square);
        let product = volatility * sqrt_years;
        let rest = (s - product) - A::product_error(volatility, sqrt_years, product);
        let correction = (rest + step) / sqrt_years - 0.5 * volatility * (root_error / years);
        select(step.abs() <= CONVERGED * s, volatility + correction, f64::NAN)
    }
}

/// Newton's step and what its objective adds to the curvature of `B`.
struct Newton {
    value: f64,
    curvature: f64,
}

/// Newton's step on `ln B` if the volatility is small or `d` negative, else on `B`, without cancellation.
#[inline(always)]
fn newton_step<A: Arithmetic>(half: f64, d: f64, h: f64, density: f64, price: f64) -> Newton {
    let far = mills::<A>(half + h);
    let near = mills::<A>(d.abs());
    let ratio = select(half < NARROW, integral::<A>(h, half), near - far);
    let is_ratio = (half < NARROW) | (d < 0.0);
    let value = select(is_ratio, density * ratio, A::mul_add(-density, near + far, 1.0));
    let missing = price - value;
    let relative = missing / value;
    let log = relative * A::mul_add(relative, A::mul_add(relative, 1.0 / 3.0, -0.5), 1.0);
    Newton { value: select(is_ratio, log * ratio, missing / density), curvature: select(is_ratio, -1.0 / ratio, 0.0) }
}

/// `Y(h − half) − Y(h + half)`, as the integral of `−Y′` by eight points of Gauss and Legendre: to 1e-17 for
/// `half < 0.4`, where the difference itself would cancel.
#[inline(always)]
fn integral<A: Arithmetic>(h: f64, half: f64) -> f64 {
    const POINTS: [(f64, f64); 4] = [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_27),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_25),
    ];
    // Written out, because a loop here would keep the loop around it from becoming vector instructions.
    let [first, second, third, fourth] = POINTS;
    half * ((pair::<A>(h, half, first) + pair::<A>(h, half, second))
        + (pair::<A>(h, half, third) + pair::<A>(h, half, fourth)))
}

/// What two points on either side of the middle add to the integral.
#[inline(always)]
fn pair<A: Arithmetic>(h: f64, half: f64, (at, weight): (f64, f64)) -> f64 {
    let (near, far) = (A::mul_add(-half, at, h), A::mul_add(half, at, h));
    weight * (mills_slope::<A>(select(near > LEAST, near, LEAST)) + mills_slope::<A>(far))
}

/// `|d|` to a few percent.
#[inline(always)]
fn guess<A: Arithmetic>(distance: f64, price: f64, inflection: f64, above: bool, log_price: f64) -> f64 {
    // For small x below the inflection: the normal model's d, from its price in units of the distance.
    let scaled = price * exp::<A>(-0.5 * distance) / distance;
    let root = A::mul_add(scaled, scaled, INVERSE_SQRT_TWO_PI * INVERSE_SQRT_TWO_PI).sqrt();
    let normal = !above & (distance < NEARLY_NORMAL);
    // Elsewhere: 2·N(−|d|) is about the price, or what it leaves of its bound, in units of that at the inflection.
    let at_inflection = select(above, 1.0 - inflection, inflection);
    let log = ln_ratio::<A>(select(normal, root, at_inflection), select(normal, scaled, 1.0));
    let square = select(normal, normal_square::<A>(2.0 * log) - distance, tail_square::<A>(log - log_price));
    select(square > 0.0, square, 0.0).sqrt()
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
