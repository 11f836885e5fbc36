//! Nonlinear least squares with a few parameters: the method of Levenberg (1944) and Marquardt (1963).
//!
//! Steps solve `(JᵀJ + λ·D)·δ = −Jᵀr`, with the scaling `D` of Moré (1978), "The Levenberg–Marquardt algorithm:
//! implementation and theory", and the damping `λ` of Nielsen (1999), "Damping parameter in Marquardt's method".
//! Residuals and Jacobian enter as the sums that a step needs, so nothing is stored for a residual. A fit of five
//! parameters to a hundred quotes spends its time in the model; a library's decompositions and matrix types would
//! gain nothing.
//!
//! ```ignore
//! let minimum = minimise([1.0, 0.5], Effort::FULL, |[a, b]| {
//!     let mut equations = Equations::new();
//!     for (x, y) in points {
//!         let value = a * (-b * x).exp();
//!         equations.add(value - y, &[value / a, -x * value]);
//!     }
//!     Some(equations)
//! });
//! ```

use crate::dense;

/// The normal equations at one point: sums over residuals `r` and their gradients `g`.
#[derive(Clone, Debug)]
pub(crate) struct Equations<const N: usize> {
    /// The sum of squares `Σ r²`.
    squares: f64,
    /// Half the gradient, `Σ r·g`.
    gradient: [f64; N],
    /// The matrix `Σ g·gᵀ`.
    matrix: [[f64; N]; N],
}

impl<const N: usize> Equations<N> {
    /// Returns the equations of no residuals.
    pub(crate) fn new() -> Self {
        Self { squares: 0.0, gradient: [0.0; N], matrix: [[0.0; N]; N] }
    }

    /// Adds a residual with its derivatives by the parameters.
    pub(crate) fn add(&mut self, residual: f64, slopes: &[f64; N]) {
        self.squares += residual * residual;
        for ((sum, row), slope) in self.gradient.iter_mut().zip(&mut self.matrix).zip(slopes) {
            *sum += residual * slope;
            row.iter_mut().zip(slopes).for_each(|(sum, other)| *sum += slope * other);
        }
    }

    /// Returns the damped step, and its predicted reduction of the sum of squares.
    fn step(&self, damping: f64, scale: &[f64; N]) -> Option<([f64; N], f64)> {
        let mut step = self.gradient.map(|slope| -slope);
        let mut matrix = self.matrix;
        for (index, row) in matrix.iter_mut().enumerate() {
            row[index] += damping * scale[index];
        }
        dense::solve(matrix.as_flattened_mut(), &mut step, N)?;
        let parts = step.iter().zip(&self.gradient).zip(scale);
        let reduction = parts.map(|((step, slope), scale)| step * (damping * scale * step - slope)).sum();
        Some((step, reduction))
    }
}

/// The conditions under which the search ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// The predicted reduction of the sum of squares, as a part of it, at which the search ends.
    tolerance: f64,
    /// The number of evaluations after which the search ends without a result.
    most: usize,
}

impl Effort {
    /// The effort after which only rounding remains.
    pub(crate) const FULL: Self = Self { tolerance: 1e-14, most: 500 };
    /// The effort that suffices to compare starting points.
    pub(crate) const ROUGH: Self = Self { tolerance: 1e-3, most: 100 };
}

/// A local minimum of the sum of squares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Minimum<const N: usize> {
    pub(crate) parameters: [f64; N],
    /// The sum of squares there.
    pub(crate) squares: f64,
    /// The number of evaluations of the residuals.
    pub(crate) evaluations: usize,
}

/// Finds a minimum of the sum of squares.
///
/// The search steps back from a point that cannot be evaluated, or whose sum is not finite. `None` if the start is such
/// a point, or if the evaluations run out.
pub(crate) fn minimise<const N: usize>(
    start: [f64; N],
    effort: Effort,
    mut evaluate: impl FnMut(&[f64; N]) -> Option<Equations<N>>,
) -> Option<Minimum<N>> {
    /// The largest step, relative to the parameters or to one, that is rounding.
    const SMALLEST_STEP: f64 = 1e-13;
    let mut parameters = start;
    let mut equations = evaluate(&parameters).filter(|equations| equations.squares.is_finite())?;
    let mut scale = [f64::MIN_POSITIVE; N];
    let (mut damping, mut growth) = (1e-3, 2.0);
    for evaluations in 1..=effort.most {
        for (index, scale) in scale.iter_mut().enumerate() {
            *scale = scale.max(equations.matrix[index][index]);
        }
        let step = equations.step(damping, &scale);
        if let Some((step, reduction)) = step {
            let small = step.iter().zip(&parameters).all(|(step, at)| step.abs() <= SMALLEST_STEP * (1.0 + at.abs()));
            if small || reduction <= effort.tolerance * equations.squares {
                return Some(Minimum { parameters, squares: equations.squares, evaluations });
            }
            let mut next = parameters;
            next.iter_mut().zip(step).for_each(|(parameter, step)| *parameter += step);
            if let Some(better) = evaluate(&next).filter(|next| next.squares < equations.squares) {
                let gain = (equations.squares - better.squares) / reduction;
                damping *= (1.0 - (2.0 * gain - 1.0).powi(3)).max(1.0 / 3.0);
                growth = 2.0;
                (parameters, equations) = (next, better);
                continue;
            }
        }
        damping *= growth;
        growth *= 2.0;
    }
    None
}

/// A parameter between two limits, as a function of one without any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval {
    middle: f64,
    half: f64,
}

impl Interval {
    /// Creates the interval between two limits.
    pub(crate) const fn new(low: f64, high: f64) -> Self {
        Self { middle: 0.5 * (low + high), half: 0.5 * (high - low) }
    }

    /// Returns the parameter at a free coordinate, and its derivative.
    pub(crate) fn at(&self, free: f64) -> (f64, f64) {
        let tanh = free.tanh();
        (self.middle + self.half * tanh, self.half * (1.0 - tanh) * (1.0 + tanh))
    }

    /// Returns the coordinate at which [`at`](Self::at) is this parameter, or near the limit that the parameter
    /// exceeds.
    pub(crate) fn free(&self, parameter: f64) -> f64 {
        ((parameter - self.middle) / self.half).clamp(-0.999, 0.999).atanh()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley, as residuals.
    #[expect(clippy::unnecessary_wraps, reason = "what is minimised may have no value")]
    fn valley([x, y]: &[f64; 2]) -> Option<Equations<2>> {
        let mut equations = Equations::new();
        equations.add(10.0 * (y - x * x), &[-20.0 * x, 10.0]);
        equations.add(1.0 - x, &[-1.0, 0.0]);
        Some(equations)
    }

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let minimum = minimise([-1.2, 1.0], Effort::FULL, valley).unwrap();
        assert!(minimum.parameters.iter().all(|parameter| (parameter - 1.0).abs() < 1e-10), "{minimum:?}");
        assert!(minimum.squares < 1e-20 && minimum.evaluations < 60, "{minimum:?}");
    }

    #[test]
    fn a_minimum_with_residuals_is_where_the_gradient_vanishes() {
        let points = [(0.0, 2.1), (1.0, 1.1), (2.0, 0.8), (3.0, 0.35)];
        let residuals = |[a, b]: &[f64; 2]| {
            let mut equations = Equations::new();
            for (x, y) in points {
                let value = a * (-b * x).exp();
                equations.add(value - y, &[value / a, -x * value]);
            }
            Some(equations)
        };
        let minimum = minimise([1.0, 1.0], Effort::FULL, residuals).unwrap();
        let gradient = residuals(&minimum.parameters).unwrap().gradient;
        assert!(gradient.iter().all(|slope| slope.abs() < 1e-7), "{gradient:?}");
    }

    #[test]
    fn what_cannot_be_evaluated_is_stepped_back_from() {
        let fenced = |point: &[f64; 2]| valley(point).filter(|_| point[1] < 1.5 && point[0] < 1.05);
        let minimum = minimise([-1.2, 1.0], Effort::FULL, fenced).unwrap();
        assert!(minimum.squares < 1e-16, "{minimum:?}");
        assert!(minimise([2.0, 2.0], Effort::FULL, fenced).is_none());
        assert!(minimise([0.0, f64::NAN], Effort::FULL, valley).is_none());
    }

    #[test]
    fn a_parameter_without_effect_stays() {
        let minimum = minimise([0.5, 7.0], Effort::FULL, |[x, _]| {
            let mut equations = Equations::new();
            equations.add(x - 3.0, &[1.0, 0.0]);
            Some(equations)
        });
        let minimum = minimum.unwrap();
        assert!((minimum.parameters[0] - 3.0).abs() < 1e-12 && minimum.parameters[1].to_bits() == 7.0_f64.to_bits());
    }

    #[test]
    fn intervals_invert_and_keep_their_limits() {
        let interval = Interval::new(-0.5, 3.0);
        for parameter in [-0.4, 0.0, 1.25, 2.9] {
            let free = interval.free(parameter);
            let (value, slope) = interval.at(free);
            let difference = (interval.at(free + 1e-6).0 - interval.at(free - 1e-6).0) / 2e-6;
            assert!((value - parameter).abs() < 1e-14 && (slope - difference).abs() < 1e-8);
        }
        assert!(interval.at(-1e9).0 >= -0.5 && interval.at(1e9).0 <= 3.0);
        assert!(interval.at(interval.free(99.0)).0 < 3.0);
    }
}
