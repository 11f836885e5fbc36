//! Maximum likelihood estimates of the process, and the ratio of a pair.

use std::f64::consts::{LN_2, TAU};

use super::scaled;
use crate::fit::FitError;

/// The smallest number of observations that leaves a variance: two transitions determine the two coefficients of the
/// mean.
const FEWEST_OBSERVATIONS: usize = 4;

/// The parameters of the process `dX = κ·(μ − X)·dt + σ·dW`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Process {
    /// The speed of reversion `κ` per year, positive.
    pub speed: f64,
    /// The mean `μ`, in the unit of the series.
    pub mean: f64,
    /// The volatility `σ`, in the unit of the series per square root of a year, positive.
    pub volatility: f64,
}

impl Process {
    /// Refuses parameters that are not finite, or not positive where they must be.
    pub(crate) fn check(&self) -> Result<(), FitError> {
        FitError::check_positive("speed", self.speed)?;
        FitError::check_finite("mean", self.mean)?;
        FitError::check_positive("volatility", self.volatility)
    }
}

/// A process fitted to a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FittedProcess {
    /// The parameters of the greatest likelihood.
    pub process: Process,
    /// The coefficient `b = e^(−κ·dt)` of the discrete process `x_{i+1} = a + b·x_i + ε`.
    pub coefficient: f64,
    /// The constant `a` of the discrete process.
    pub constant: f64,
    /// The logarithm of the likelihood.
    pub log_likelihood: f64,
    /// The number of observations.
    pub observations: usize,
}

impl FittedProcess {
    /// Returns the half-life: the years after which half a deviation from the mean is expected to be gone, `ln 2/κ`.
    pub fn half_life(&self) -> f64 {
        LN_2 / self.process.speed
    }
}

/// Fits the process to a series observed every `step` years, given its first value.
///
/// The likelihood of the transitions, which are normal, is exact: least squares of every value on the one before,
/// with the variance of the residuals divided by their number.
///
/// # Errors
/// [`FitError::TooFew`] below four values, [`FitError::NotFinite`], [`FitError::InvalidParameter`] for a step that is
/// not positive, [`FitError::NoVariation`] for a constant series or one that follows a line exactly,
/// [`FitError::NotMeanReverting`] for a trending or an alternating one, and [`FitError::NotRepresentable`] if a
/// parameter or the half-life is too large or too small for a float.
pub fn fit(series: &[f64], step: f64) -> Result<FittedProcess, FitError> {
    let moments = Moments::new(series, step)?;
    let coefficient = moments.product / moments.square;
    moments.finish(coefficient, moments.free_mean(coefficient), false)
}

/// Fits the process to a series observed every `step` years, whose first value is a draw from the process's stationary
/// distribution.
///
/// # Errors
/// The errors of [`fit`], which has to find a mean first: a trend alone would pass for a slow reversion to a distant
/// mean.
pub fn fit_stationary(series: &[f64], step: f64) -> Result<FittedProcess, FitError> {
    fit(series, step)?;
    let moments = Moments::new(series, step)?;
    let slope = |coefficient: f64| moments.slope(coefficient);
    let (mut low, mut high) = (0.0, 1.0);
    if slope(low) <= 0.0 {
        return Err(FitError::NotMeanReverting { coefficient: moments.product / moments.square });
    }
    // The likelihood rises at zero and falls without bound at one.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if slope(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    moments.finish(low, moments.stationary_mean(low), true)
}

/// The sums over the transitions, of values less a centre.
struct Moments {
    step: f64,
    /// The unit of the sums, in the unit of the series.
    unit: f64,
    observations: usize,
    transitions: f64,
    /// The centre that is subtracted from every value: the mean of the values that transitions start from.
    centre: f64,
    first: f64,
    /// The sum of the values that transitions end at; the sum of the values that they start from is zero.
    ends: f64,
    /// The sums of `x²`, `x·y` and `y²`, the latter two with `y` less its own mean.
    square: f64,
    product: f64,
    end_square: f64,
}

impl Moments {
    fn new(series: &[f64], step: f64) -> Result<Self, FitError> {
        FitError::check_positive("step", step)?;
        FitError::check_values(series, FEWEST_OBSERVATIONS)?;
        let (series, unit) = scaled(series);
        let [starts @ .., _] = series.as_slice() else {
            return Err(FitError::TooFew { have: 0, need: FEWEST_OBSERVATIONS });
        };
        let [first, ends @ ..] = series.as_slice() else {
            return Err(FitError::TooFew { have: 0, need: FEWEST_OBSERVATIONS });
        };
        let transitions = starts.len() as f64;
        let centre = mean(starts);
        let ends_mean = mean(ends);
        let pairs = || starts.iter().zip(ends).map(|(start, end)| (start - centre, end - ends_mean));
        let moments = Self {
            step,
            unit,
            observations: series.len(),
            transitions,
            centre,
            first: first - centre,
            ends: transitions * (ends_mean - centre),
            square: pairs().map(|(x, _)| x * x).sum(),
            product: pairs().map(|(x, y)| x * y).sum(),
            end_square: pairs().map(|(_, y)| y * y).sum(),
        };
        let scale = f64::EPSILON * (centre * centre + f64::MIN_POSITIVE) * transitions;
        if moments.square <= scale || !moments.square.is_finite() || !moments.end_square.is_finite() {
            return Err(FitError::NoVariation);
        }
        Ok(moments)
    }

    /// Returns the mean at which the transitions are most likely, less the centre.
    fn free_mean(&self, coefficient: f64) -> f64 {
        self.ends / (self.transitions * (1.0 - coefficient))
    }

    /// Returns the mean at which all values are most likely, less the centre.
    fn stationary_mean(&self, coefficient: f64) -> f64 {
        ((1.0 + coefficient) * self.first + self.ends) / ((1.0 + coefficient) + self.transitions * (1.0 - coefficient))
    }

    /// Returns the sum of the squared residuals of the transitions.
    fn residuals(&self, coefficient: f64, mean: f64) -> f64 {
        let offset = self.ends / self.transitions - mean * (1.0 - coefficient);
        let spread = self.end_square - coefficient * (2.0 * self.product - coefficient * self.square);
        spread + self.transitions * offset * offset
    }

    /// Returns the derivative of the likelihood's logarithm by the coefficient, at the best mean and variance.
    fn slope(&self, coefficient: f64) -> f64 {
        let mean = self.stationary_mean(coefficient);
        let first = self.first - mean;
        let remaining = (1.0 - coefficient) * (1.0 + coefficient);
        let sum = first * first * remaining + self.residuals(coefficient, mean);
        let offset = self.ends / self.transitions - mean * (1.0 - coefficient);
        // `Σ e·(x − μ)` with the residuals `e`.
        let products = self.product - coefficient * self.square - self.transitions * mean * offset;
        let sum_slope = -2.0 * coefficient * first * first - 2.0 * products;
        -0.5 * (self.transitions + 1.0) * sum_slope / sum - coefficient / remaining
    }

    fn finish(&self, coefficient: f64, mean: f64, stationary: bool) -> Result<FittedProcess, FitError> {
        if !(coefficient > 0.0 && coefficient < 1.0) {
            return Err(FitError::NotMeanReverting { coefficient });
        }
        let remaining = (1.0 - coefficient) * (1.0 + coefficient);
        let first = if stationary { (self.first - mean) * (self.first - mean) * remaining } else { 0.0 };
        let count = if stationary { self.transitions + 1.0 } else { self.transitions };
        let sum = self.residuals(coefficient, mean) + first;
        let variance = sum / count;
        // Residuals this small are rounding.
        if sum.is_nan() || sum <= 1e-26 * self.square {
            return Err(FitError::NoVariation);
        }
        let speed = -coefficient.ln() / self.step;
        let volatility = (variance * 2.0 * speed / remaining).sqrt();
        let prior = if stationary { 0.5 * remaining.ln() } else { 0.0 };
        let centre = self.centre + mean;
        let process = Process { speed, mean: self.unit * centre, volatility: self.unit * volatility };
        let fit = FittedProcess {
            process,
            coefficient,
            constant: self.unit * (centre * (1.0 - coefficient)),
            log_likelihood: prior - 0.5 * count * ((TAU * variance).ln() + 2.0 * self.unit.ln() + 1.0),
            observations: self.observations,
        };
        FitError::check_computed("the fitted process", &[fit.constant, fit.half_life()])?;
        process.check().map_err(|_| FitError::NotRepresentable { quantity: "the fitted process" })?;
        Ok(fit)
    }
}

fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let rough = values.iter().sum::<f64>() / count;
    rough + values.iter().map(|value| value - rough).sum::<f64>() / count
}

/// The hedge of one asset by another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HedgeRatio {
    /// The units of the second asset to sell for each unit of the first one bought.
    pub ratio: f64,
    /// The average value of the first asset less the hedge.
    pub constant: f64,
    /// The share of the first asset's variance that the hedge removes.
    pub r_squared: f64,
}

/// Returns the least squares of the first series on the second, with a constant: the spread
/// `first − ratio·second − constant` has the smallest variance.
///
/// # Errors
/// [`FitError::Lengths`], [`FitError::TooFew`] below three values, [`FitError::NotFinite`], [`FitError::NoVariation`]
/// if the second series is constant, and [`FitError::NotRepresentable`] if the ratio or the constant is too large for a
/// float.
pub fn hedge_ratio(first: &[f64], second: &[f64]) -> Result<HedgeRatio, FitError> {
    if first.len() != second.len() {
        return Err(FitError::Lengths { left: first.len(), right: second.len() });
    }
    FitError::check_values(first, 3)?;
    FitError::check_values(second, 3)?;
    let ((first, first_unit), (second, second_unit)) = (scaled(first), scaled(second));
    let (first_mean, second_mean) = (mean(&first), mean(&second));
    let pairs = || first.iter().zip(&second).map(|(y, x)| (y - first_mean, x - second_mean));
    let square: f64 = pairs().map(|(_, x)| x * x).sum();
    let product: f64 = pairs().map(|(y, x)| x * y).sum();
    let total: f64 = pairs().map(|(y, _)| y * y).sum();
    if square <= f64::EPSILON * second_mean * second_mean || square == 0.0 {
        return Err(FitError::NoVariation);
    }
    let slope = product / square;
    let r_squared = if total > 0.0 { (slope * product / total).clamp(0.0, 1.0) } else { 1.0 };
    let ratio = slope * first_unit / second_unit;
    let constant = first_unit * (first_mean - slope * second_mean);
    FitError::check_computed("the hedge", &[ratio, constant, r_squared])?;
    Ok(HedgeRatio { ratio, constant, r_squared })
}
