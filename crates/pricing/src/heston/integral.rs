//! The integrals over the characteristic function: trapezoidal sums whose terms are shared by all strikes.

use std::f64::consts::PI;

use super::{
    Preset,
    characteristic::{Model, PRICE},
};
use crate::{
    error::PricingError,
    lanes::{Arithmetic, Job, dispatch, select, trigonometric::sin_cos},
};

/// The number of points that are computed side by side.
const LANES: usize = 16;
/// The number of points of the first sum.
const FIRST_POINTS: usize = 2 * LANES;
/// The largest number of points, far more than any market's parameters need.
const MOST_POINTS: usize = 1 << 17;
const MISSING: PricingError = PricingError::NotConverged { quantity: "the integral of the characteristic function" };

/// Returns `1/π·∫ Re[e^(iuk)·f(u)] du` over `u > 0` of the first `N` [integrands](Model::integrands) `f`, for each
/// logarithm `k` of forward over strike.
///
/// The number of points doubles until the sums settle. The error falls exponentially with that number, so that the
/// error of the last sum is of the order of the square of its change. A single sum may stay the same by chance, so at
/// least two are always compared: the price's and those of its derivatives.
pub(super) fn integrals<const N: usize>(
    model: &Model,
    moneyness: &[f64],
    preset: Preset,
) -> Result<Vec<[f64; N]>, PricingError> {
    let (rest, change) = preset.tolerances();
    if !moneyness.iter().all(|k| k.is_finite()) {
        return Err(PricingError::NotRepresentable { quantity: "the moneyness" });
    }
    let end = end::<N>(model, rest)?;
    // A sum over points a distance `h` apart repeats itself in `k` with the period `2π/h`: a strike beyond half of
    // that period would get the value of a strike nearer to the forward, from this sum and from the next.
    let farthest = PI * MOST_POINTS as f64 / (4.0 * end);
    let is_far = |k: &f64| k.abs() > farthest;
    let near: Vec<f64> = moneyness.iter().map(|k| if is_far(k) { 0.0 } else { *k }).collect();
    let reach = near.iter().fold(0.0_f64, |reach, k| reach.max(k.abs()));
    let mut points = FIRST_POINTS;
    while (points as f64) * PI < reach * end {
        points *= 2;
    }
    let mut step = end / points as f64;
    let mut lanes = vec![[[0.0; LANES]; N]; moneyness.len()];
    let totals = |lanes: &[[[f64; LANES]; N]], step: f64| -> Vec<[f64; N]> {
        lanes.iter().map(|sums| sums.each_ref().map(|sum| step * sum.iter().sum::<f64>())).collect()
    };
    dispatch(Sum { model, moneyness: &near, first: 0.0, step, points, lanes: &mut lanes });
    let mut before = totals(&lanes, step);
    while points < MOST_POINTS {
        dispatch(Sum { model, moneyness: &near, first: 0.5 * step, step, points, lanes: &mut lanes });
        step *= 0.5;
        points *= 2;
        let after = totals(&lanes, step);
        let mut changes = after.as_flattened().iter().zip(before.as_flattened());
        if changes.all(|(after, before)| (after - before).abs() <= change * (1.0 + after.abs())) {
            let integral = |(sums, k): ([f64; N], &f64)| {
                // Thousands of standard deviations from the forward the integral is zero.
                if is_far(k) { [0.0; N] } else { sums.map(|sum| sum / PI) }
            };
            return Ok(after.into_iter().zip(moneyness).map(integral).collect());
        }
        before = after;
    }
    Err(MISSING)
}

/// Returns the point beyond which the integrands are negligible.
fn end<const N: usize>(model: &Model, rest: f64) -> Result<f64, PricingError> {
    let mut first = 4.0 / model.total.sqrt().max(1e-8);
    while first < 1e9 {
        let sizes = dispatch(Sizes { model, first });
        for (size, u) in sizes.into_iter().zip(candidates(first)) {
            // The price's integrand has been divided by `u² + ¼`, which those of gamma and the parameters are not.
            let allowed = if N == PRICE { rest * u } else { rest };
            if size <= allowed {
                return Ok(u);
            }
        }
        first = candidates(first)[LANES - 1] * CANDIDATE_RATIO;
    }
    Err(MISSING)
}

/// The ratio of one candidate end to the one before.
const CANDIDATE_RATIO: f64 = 1.25;

#[inline(always)]
fn candidates(first: f64) -> [f64; LANES] {
    let mut u = first;
    std::array::from_fn(|_| {
        let this = u;
        u *= CANDIDATE_RATIO;
        this
    })
}

/// Returns the sizes of the characteristic function at the candidates.
struct Sizes<'a> {
    model: &'a Model,
    first: f64,
}

impl Job for Sizes<'_> {
    type Output = [f64; LANES];

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> [f64; LANES] {
        let mut values = candidates(self.first);
        for value in &mut values {
            *value = self.model.size::<A>(*value);
        }
        values
    }
}

/// Adds the terms of equidistant points to the sums of every moneyness. The term at zero counts by half.
struct Sum<'a, const N: usize> {
    model: &'a Model,
    moneyness: &'a [f64],
    first: f64,
    step: f64,
    /// A multiple of [`LANES`].
    points: usize,
    /// The sums, one a lane.
    lanes: &'a mut [[[f64; LANES]; N]],
}

impl<const N: usize> Job for Sum<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { model, moneyness, first, step, points, lanes } = self;
        let mut at = [0.0; LANES];
        let mut real = [[0.0; LANES]; N];
        let mut imaginary = [[0.0; LANES]; N];
        for block in (0..points).step_by(LANES) {
            for lane in 0..LANES {
                let u = first + (block + lane) as f64 * step;
                at[lane] = u;
                let weight = select(u == 0.0, 0.5, 1.0);
                let terms = model.integrands::<A>(u);
                for index in 0..N {
                    real[index][lane] = weight * terms[index].re;
                    imaginary[index][lane] = -weight * terms[index].im;
                }
            }
            for (k, sums) in moneyness.iter().zip(&mut *lanes) {
                for lane in 0..LANES {
                    let (sine, cosine) = sin_cos::<A>(at[lane] * k);
                    for index in 0..N {
                        let sum = A::mul_add(imaginary[index][lane], sine, sums[index][lane]);
                        sums[index][lane] = A::mul_add(real[index][lane], cosine, sum);
                    }
                }
            }
        }
    }
}
