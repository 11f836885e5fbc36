//! Levels at which to enter and to leave a position in a process that reverts to its mean.

use std::f64::consts::PI;

use super::Process;
use crate::fit::FitError;

/// The levels between which a position earns the most per year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// The level at which to buy.
    pub entry: f64,
    /// The level at which to sell.
    pub exit: f64,
    /// The expected return per year, in the unit of the process, after costs.
    pub return_per_year: f64,
}

/// Returns the levels symmetric about the mean that maximise the expected return per year when a round trip costs
/// `cost`, in the unit of the process (Bertram 2010, "Analytic solutions for optimal statistical arbitrage trading").
///
/// The trade lasts `π·(erfi(m·√κ/σ) − erfi(a·√κ/σ))/κ` on average from entry `a` to exit `m` and back.
///
/// # Errors
/// [`FitError::InvalidParameter`] names a parameter of the process that is out of its range, or a cost that is not
/// positive; without a cost, trading all the time would be best. [`FitError::NotConverged`] for a cost so far above the
/// process's own width that its levels are never reached.
pub fn return_thresholds(process: &Process, cost: f64) -> Result<Thresholds, FitError> {
    process.check()?;
    FitError::check_positive("cost", cost)?;
    let Process { speed, mean, volatility } = *process;
    let unit = volatility / speed.sqrt();
    let half_cost = 0.5 * cost / unit;
    // The derivative is zero where `u − D(u) = c/2`, with Dawson's function, whose left side rises from zero.
    let excess = |u: f64| u - dawson(u) - half_cost;
    let (mut low, mut high) = (half_cost, half_cost + 1.0);
    if !(half_cost > 0.0 && half_cost < 25.0) {
        return Err(FitError::NotConverged { quantity: "a level that the process reaches at this cost" });
    }
    while excess(high) < 0.0 {
        high += 1.0;
    }
    bisect(&mut low, &mut high, |u| excess(u) < 0.0);
    let distance = unit * high;
    let return_per_year = speed * (2.0 * distance - cost) / (2.0 * PI * erfi(high));
    let thresholds = Thresholds { entry: mean - distance, exit: mean + distance, return_per_year };
    if [thresholds.entry, thresholds.exit, return_per_year].iter().all(|value| value.is_finite()) {
        Ok(thresholds)
    } else {
        Err(FitError::NotConverged { quantity: "levels in the range of a float" })
    }
}

/// The levels at which discounted gains are greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiscountedThresholds {
    /// The level at or below which to buy.
    pub entry: f64,
    /// The level at or above which to sell.
    pub exit: f64,
    /// The expected discounted proceeds of a position held at the mean.
    pub value_at_mean: f64,
}

/// Returns the levels that maximise the expected gain discounted at `rate` per year, where buying and selling cost
/// `cost` each (Leung and Li 2015, "Optimal mean reversion trading with transaction costs and stop-loss exit").
///
/// # Errors
/// [`FitError::InvalidParameter`] names a parameter of the process that is out of its range, a rate that is not
/// positive or a cost that is negative. [`FitError::NotConverged`] if there is no level at which buying pays.
pub fn discounted_thresholds(process: &Process, rate: f64, cost: f64) -> Result<DiscountedThresholds, FitError> {
    process.check()?;
    FitError::check_positive("rate", rate)?;
    if !(cost.is_finite() && cost >= 0.0) {
        return Err(FitError::InvalidParameter { field: "cost", value: cost, expected: "finite and not negative" });
    }
    let solutions = Solutions { process: *process, power: rate / process.speed };
    let unit = process.volatility / (2.0 * process.speed).sqrt();
    let missing = FitError::NotConverged { quantity: "a level at which buying pays" };

    // `(b − c)·F′(b) − F(b)` is negative at `b = c` and rises.
    let early = |level: f64| {
        let (value, slope) = solutions.rising(level);
        (level - cost) * slope < value
    };
    let (mut low, mut high) = (cost, cost.max(process.mean) + unit);
    for _ in 0..60 {
        if !early(high) {
            break;
        }
        low = high;
        high += unit;
    }
    if early(high) {
        return Err(missing);
    }
    bisect(&mut low, &mut high, early);
    let exit = high;

    let scale = (exit - cost) / solutions.rising(exit).0;
    let held = |level: f64| {
        let (value, slope) = solutions.rising(level);
        (scale * value, scale * slope)
    };
    // The function is negative at the exit, where holding gains nothing, and positive far below.
    let pays = |level: f64| {
        let (value, slope) = held(level);
        let (falling, falling_slope) = solutions.falling(level);
        falling * (slope - 1.0) > falling_slope * (value - level - cost)
    };
    let (mut below, mut above) = (exit.min(process.mean) - unit, exit);
    for _ in 0..60 {
        if pays(below) {
            break;
        }
        above = below;
        below -= unit;
    }
    if !pays(below) {
        return Err(missing);
    }
    bisect(&mut below, &mut above, pays);
    let value_at_mean = if process.mean >= exit { process.mean - cost } else { held(process.mean).0 };
    if [below, exit, value_at_mean].iter().all(|value| value.is_finite()) {
        Ok(DiscountedThresholds { entry: below, exit, value_at_mean })
    } else {
        Err(missing)
    }
}

/// The rising and the falling solution of the process's equation at a discount rate of `power·κ`.
struct Solutions {
    process: Process,
    power: f64,
}

impl Solutions {
    /// Returns `F(x) = ∫ u^(r/κ−1)·e^(s·u − u²/2) du` over `u > 0`, with `s = √(2κ)/σ·(x − μ)`, times `r/κ`, and its
    /// derivative.
    fn rising(&self, level: f64) -> (f64, f64) {
        let scale = (2.0 * self.process.speed).sqrt() / self.process.volatility;
        let (value, slope) = self.integrals(scale * (level - self.process.mean));
        (value, scale * slope)
    }

    /// Returns the same for `−s`.
    fn falling(&self, level: f64) -> (f64, f64) {
        let scale = (2.0 * self.process.speed).sqrt() / self.process.volatility;
        let (value, slope) = self.integrals(-scale * (level - self.process.mean));
        (value, -scale * slope)
    }

    /// Returns the integral by parts, `∫ u^p·(u − s)·e^(s·u − u²/2) du`, which is not singular, and its derivative by
    /// `s`, `p·∫ u^p·e^(s·u − u²/2) du`, by the trapezoidal rule in `ln u`, which converges exponentially.
    fn integrals(&self, s: f64) -> (f64, f64) {
        const STEP: f64 = 1.0 / 32.0;
        /// The largest `s` at which `e^(s²/2)` is a float.
        const LARGEST_ARGUMENT: f64 = 40.0;
        if s.is_nan() || s.abs() > LARGEST_ARGUMENT {
            return (f64::NAN, f64::NAN);
        }
        let (mut value, mut slope) = (0.0, 0.0);
        let highest = (s.max(0.0) + 12.0).ln();
        let nodes = (-40 * 32..).map(|index| f64::from(index) * STEP).take_while(|ln_u| *ln_u <= highest);
        for ln_u in nodes {
            let u = ln_u.exp();
            let weight = STEP * ((self.power + 1.0) * ln_u + s * u - 0.5 * u * u).exp();
            value += weight * (u - s);
            slope += weight;
        }
        (value, self.power * slope)
    }
}

/// Halves the bracket until its ends are neighbouring floats; the predicate is true at `low` and false at `high`.
fn bisect(low: &mut f64, high: &mut f64, is_low: impl Fn(f64) -> bool) {
    for _ in 0..200 {
        let middle = 0.5 * (*low + *high);
        if middle <= *low || middle >= *high {
            break;
        }
        if is_low(middle) {
            *low = middle;
        } else {
            *high = middle;
        }
    }
}

/// Returns `erfi(u) = 2/√π·∫₀ᵘ e^(t²) dt` for `0 ≤ u < 26`, by its series, whose terms are positive.
fn erfi(u: f64) -> f64 {
    let (mut term, mut sum) = (u, u);
    for index in 1..2000 {
        let k = f64::from(index);
        term *= u * u / k;
        let part = term / (2.0 * k + 1.0);
        sum += part;
        if part < 1e-17 * sum {
            break;
        }
    }
    2.0 / PI.sqrt() * sum
}

/// Returns Dawson's function `√π/2·e^(−u²)·erfi(u)` for `u ≥ 0`.
fn dawson(u: f64) -> f64 {
    if u < 12.0 {
        return 0.5 * PI.sqrt() * (-u * u).exp() * erfi(u);
    }
    let inverse = 0.5 / (u * u);
    let series = [1.0, 3.0, 5.0, 7.0, 9.0, 11.0].iter().rev().fold(1.0, |sum, odd| 1.0 + odd * inverse * sum);
    series / (2.0 * u)
}
