//! Implied volatility of a European option on a lognormal underlying.
//!
//! The unknown is `s = σ·√T`. With `x = |ln(F/K)|`, the price of the out-of-the-money side in units of its upper bound,
//! the smaller of the discounted spot and strike, is
//!
//! `B(s) = N(d) − φ(d)·Y(z)`, where `d = s/2 − x/s`, `z = s/2 + x/s`, and `B′(s) = φ(d)`.
//!
//! The inflection is at `d = 0`. Below it, and wherever the volatility is small, the search uses `ln B`, else
//! `ln(1 − B)`. For the log-moneyness that chains have, a [guess](guess::near) is good to three digits, and one step of
//! fifth order, of those of Householder (1970; Jäckel, *Let's Be Rational*, 2015, for their use here), gives the
//! remaining ones. Elsewhere a guess is good to a fifth, and a step of third order, for which rough functions suffice,
//! precedes the last one.
//!
//! A single option has the same arithmetic as a block, with the points of the integral side by side instead of the
//! options, so that both have the same bits. A block leaves options far from the money to the computation by rows.

use super::{
    Arithmetic, are_finite,
    exp::exp,
    ln::{ln_1p_near, ln_ratio, rough_ln},
    mills::{LN_SQRT_TWO_PI, SMALLEST_ARGUMENT, density, mills, mills_slope, rough_mills},
    select,
};

mod guess;

/// The largest last step, relative to `s`, of a converged search: the remaining error is a tenth of the unavoidable
/// one.
const CONVERGED_STEP: f64 = 2e-3;
/// The largest last change of the price of a converged search, as a part of the price or of its distance to the bound.
const CONVERGED_PRICE: f64 = 0.29;
/// The largest `s/2` at which the difference of ratios is integrated.
const NARROW_HALF_WIDTH: f64 = 0.4;

/// The inputs of an implied volatility.
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

/// The normalised problem: the price `B` at a distance `x` from the money.
#[derive(Clone, Copy, Default)]
pub(crate) struct Target {
    /// The distance `x` from the money.
    pub(crate) distance: f64,
    /// The normalised price `B`, or NaN where the search does not apply.
    pub(crate) price: f64,
}

impl Target {
    /// Returns the target and, if it is near the money, the guess of `s`; else NaN.
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
        (Self { price: select(regular, target.price, f64::NAN), ..target }, s)
    }

    #[inline(always)]
    fn of_time_value<A: Arithmetic>(distance: f64, time_value: f64, bound: f64) -> (Self, f64) {
        let target = Self { distance, price: time_value / bound };
        (target, guess::near::<A>(distance, target.price, time_value, bound))
    }

    /// Returns the volatility of one option, or NaN if the search does not converge.
    #[inline(always)]
    pub(crate) fn volatility<A: Arithmetic>(&self, guess: f64, years: f64) -> f64 {
        let s = if guess.is_nan() { self.approach::<A>() } else { guess };
        self.finish::<A, PointsSideBySide>(s, years)
    }

    /// Returns the guess for any target, after one step.
    #[inline(always)]
    fn approach<A: Arithmetic>(&self) -> f64 {
        let Self { distance, price } = *self;
        let inflection = guess::inflection::<A>(distance);
        let side = select((price > inflection) | (distance == 0.0), 1.0, -1.0);
        let log_price = rough_ln::<A>(select(side > 0.0, 1.0 - price, price));
        let s = guess::far::<A>(distance, inflection, side, log_price);

        let inverse = 1.0 / s;
        let h = distance * inverse;
        let d = side * A::mul_add(0.5, s, -h);
        let d = select(d > SMALLEST_ARGUMENT, d, SMALLEST_ARGUMENT);
        let z = A::mul_add(0.5, s, h);
        // B, or 1 − B, in units of φ(d).
        let ratio = A::mul_add(side, rough_mills::<A>(z), rough_mills::<A>(d));
        let log = rough_ln::<A>(ratio) - LN_SQRT_TWO_PI - 0.5 * d * d;
        let newton = side * (log - log_price) * ratio;
        let step = third_order::<A>(newton, s, h, inverse, side / ratio);
        let (least, most) = (-0.5 * s, 2.0 * s);
        s + select(step < least, least, select(step > most, most, step))
    }

    /// Returns the volatility, or NaN if `s` has not converged.
    #[inline(always)]
    pub(crate) fn finish<A: Arithmetic, L: LaneLayout>(&self, s: f64, years: f64) -> f64 {
        let Self { distance, price, .. } = *self;
        let inverse = 1.0 / s;
        let half = 0.5 * s;
        let h = distance / s;
        let d = half - h;
        // The rounding errors of h and d, which the density magnifies d times.
        let product = h * s;
        let h_error = ((distance - product) - A::product_error(h, s, product)) * inverse;
        let d_error = select(h > half, half - (d + h), (half - d) - h) - h_error;
        let density = density::<A>(d);
        let density = A::mul_add(-d * d_error, density, density);
        let Price { value, rest, ratio, by_log } = Price::new::<A, L>(half, d, h, density);
        let missing = price - value;
        let (change, base) = (select(by_log, missing, -missing), select(by_log, value, rest));
        let newton = ln_1p_near::<A>(change, base) * (ratio * inverse);
        let step = fifth_order::<A>(newton, h * h, half * half, s / ratio);
        let has_converged = (newton.abs() <= CONVERGED_STEP) & (change.abs() <= CONVERGED_PRICE * base);

        let sqrt_years = years.sqrt();
        let inverse_root = 1.0 / sqrt_years;
        let volatility = s * inverse_root;
        // The rounding errors of the root and of the quotient.
        let square = sqrt_years * sqrt_years;
        let root_error = (years - square) - A::product_error(sqrt_years, sqrt_years, square);
        let product = volatility * sqrt_years;
        let rest = (s - product) - A::product_error(volatility, sqrt_years, product);
        let correction = rest * inverse_root - 0.5 * volatility * (root_error / years);
        select(has_converged, volatility + A::mul_add(volatility, step, correction), f64::NAN)
    }
}

/// Returns a step of third order (Halley's) on `ln B` or on `ln(1 − B)`. The curvature is the logarithm's addition to
/// that of `B`.
#[inline(always)]
fn third_order<A: Arithmetic>(newton: f64, s: f64, h: f64, inverse: f64, curvature: f64) -> f64 {
    let second = h * h * inverse - 0.25 * s;
    let third = second * second - 3.0 * (h * inverse) * (h * inverse) - 0.25;
    let third = third + 3.0 * second * curvature + 2.0 * curvature * curvature;
    let second = second + curvature;
    newton * A::mul_add(0.5 * second, newton, 1.0)
        / A::mul_add(newton, A::mul_add(third * (1.0 / 6.0), newton, second), 1.0)
}

/// Returns a step of fifth order on `ln B` or on `ln(1 − B)`, in units of `s`: the first terms of the inverse
/// function's series. `slope` is the logarithm's derivative in these units.
#[inline(always)]
fn fifth_order<A: Arithmetic>(newton: f64, h_square: f64, half_square: f64, slope: f64) -> f64 {
    // sⁿ⁻¹·B⁽ⁿ⁾/B′, from n = 2 on: with a = s·B″/B′ and its derivatives.
    let a = h_square - half_square;
    let a1 = A::mul_add(-3.0, h_square, -half_square);
    let (a2, a3) = (12.0 * h_square, -60.0 * h_square);
    let second = a;
    let third = A::mul_add(a, a, a1);
    let fourth = A::mul_add(a, A::mul_add(a, a, 3.0 * a1), a2);
    let fifth = A::mul_add(a, A::mul_add(a, A::mul_add(a, a, 6.0 * a1), 4.0 * a2), A::mul_add(3.0 * a1, a1, a3));
    // The same of the logarithm, each by its factorial.
    let square = slope * slope;
    let cube = square * slope;
    let b2 = 0.5 * (second - slope);
    let b3 = (1.0 / 6.0) * A::mul_add(2.0, square, A::mul_add(-3.0 * second, slope, third));
    let b4 = A::mul_add(A::mul_add(-4.0, third, -3.0 * second * second), slope, fourth);
    let b4 = (1.0 / 24.0) * A::mul_add(-6.0, cube, A::mul_add(12.0 * second, square, b4));
    let b5 = A::mul_add(A::mul_add(-5.0, fourth, -10.0 * second * third), slope, fifth);
    let b5 = A::mul_add(A::mul_add(20.0, third, 30.0 * second * second), square, b5);
    let b5 = (1.0 / 120.0) * A::mul_add(A::mul_add(24.0, slope, -60.0 * second), cube, b5);
    // The inverse series.
    let c3 = A::mul_add(2.0 * b2, b2, -b3);
    let c4 = A::mul_add(5.0 * b2, A::mul_add(-b2, b2, b3), -b4);
    let b2_square = b2 * b2;
    let c5 =
        A::mul_add(b2_square, A::mul_add(14.0, b2_square, -21.0 * b3), A::mul_add(6.0 * b2, b4, 3.0 * b3 * b3) - b5);
    let rest = A::mul_add(newton, A::mul_add(newton, A::mul_add(newton, c5, c4), c3), -b2);
    A::mul_add(newton * newton, rest, newton)
}

/// The normalised price `B`, computed without cancellation.
#[derive(Clone, Copy)]
struct Price {
    value: f64,
    /// The complement `1 − B`, where the search uses it.
    rest: f64,
    /// The searched quantity over its derivative: `B/φ(d)`, or `−(1 − B)/φ(d)`.
    ratio: f64,
    /// True if the search uses `ln B`: the volatility is small or `d` negative.
    by_log: bool,
}

impl Price {
    #[inline(always)]
    fn new<A: Arithmetic, L: LaneLayout>(half: f64, d: f64, h: f64, density: f64) -> Self {
        let (far, near) = (mills::<A>(half + h), mills::<A>(d.abs()));
        let is_narrow = half < NARROW_HALF_WIDTH;
        let by_log = is_narrow | (d < 0.0);
        let ratio = select(is_narrow, L::integral::<A>(h, half), near - far);
        let value = select(by_log, density * ratio, A::mul_add(-density, near + far, 1.0));
        Self { value, rest: density * (near + far), ratio: select(by_log, ratio, -(near + far)), by_log }
    }
}

/// The layout of the integral in lanes: `Y(h − half) − Y(h + half)` as that of `−Y′` by eight Gauss–Legendre points, to
/// 1e-17 for `half < 0.4`, where the difference itself would cancel.
pub(crate) trait LaneLayout {
    fn integral<A: Arithmetic>(h: f64, half: f64) -> f64;
}

/// The Gauss–Legendre points on either side of the middle, and their weights.
const POINTS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_27),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_25),
];

/// One option in each lane, the points of its integral one after another.
pub(crate) enum OptionsSideBySide {}

impl LaneLayout for OptionsSideBySide {
    #[inline(always)]
    fn integral<A: Arithmetic>(h: f64, half: f64) -> f64 {
        // Written out, because a loop here would keep the loop around it from becoming vector instructions.
        let [first, second, third, fourth] = POINTS;
        half * ((pair::<A>(h, half, first) + pair::<A>(h, half, second))
            + (pair::<A>(h, half, third) + pair::<A>(h, half, fourth)))
    }
}

/// Returns the contribution to the integral of two points on either side of the middle.
#[inline(always)]
fn pair<A: Arithmetic>(h: f64, half: f64, (at, weight): (f64, f64)) -> f64 {
    let (near, far) = (A::mul_add(-half, at, h), A::mul_add(half, at, h));
    weight * (mills_slope::<A>(select(near > SMALLEST_ARGUMENT, near, SMALLEST_ARGUMENT)) + mills_slope::<A>(far))
}

/// A single option, with one point of its integral in each lane.
pub(crate) enum PointsSideBySide {}

impl LaneLayout for PointsSideBySide {
    #[inline(always)]
    fn integral<A: Arithmetic>(h: f64, half: f64) -> f64 {
        let [first, second, third, fourth] = POINTS;
        let at = [-first.0, -second.0, -third.0, -fourth.0, first.0, second.0, third.0, fourth.0];
        let mut slopes = [0.0; 8];
        for lane in 0..8 {
            let place = A::mul_add(half, at[lane], h);
            slopes[lane] = mills_slope::<A>(select(place > SMALLEST_ARGUMENT, place, SMALLEST_ARGUMENT));
        }
        let pair = |index: usize, (_, weight): (f64, f64)| weight * (slopes[index] + slopes[index + 4]);
        half * ((pair(0, first) + pair(1, second)) + (pair(2, third) + pair(3, fourth)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Plain;

    /// Returns `B` of a volatility, and `B′`.
    fn price(distance: f64, s: f64) -> (f64, f64) {
        let (half, h) = (0.5 * s, distance / s);
        let density = density::<Plain>(half - h);
        (Price::new::<Plain, PointsSideBySide>(half, half - h, h, density).value, density)
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
                assert!(guess.is_nan() == (distance > 1.0), "{distance} {s}: {guess}");
                assert!(guess.is_nan() || (guess / s - 1.0).abs() < 0.8 * CONVERGED_STEP, "{distance} {s}: {guess}");
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
