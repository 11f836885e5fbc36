//! The position of a value among those before it.

use strikebook_core::{Error, Result};

use super::{
    average::{mean, windows},
    check_period, check_values,
};

/// Bollinger's bands at one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bands {
    /// The simple average less the deviations.
    pub lower: f64,
    /// The simple average of the closes.
    pub middle: f64,
    /// The simple average plus the deviations.
    pub upper: f64,
}

impl Bands {
    /// Returns the distance of the bands per 1.00 of the middle; `None` when the middle is not above zero, or so small
    /// that the quotient overflows.
    pub fn width(&self) -> Option<f64> {
        Some((self.upper - self.lower) / self.middle).filter(|width| self.middle > 0.0 && width.is_finite())
    }

    /// Returns the position of a value: 0 at the lower band, 1 at the upper; `None` when the bands coincide.
    pub fn percent_b(&self, value: f64) -> Option<f64> {
        let width = self.upper - self.lower;
        Some((value - self.lower) / width).filter(|part| width > 0.0 && part.is_finite())
    }
}

/// Returns bands of `deviations` standard deviations around the mean of the last `period` values. The deviation is that
/// of a population: the root of the mean square, divided by `period`.
///
/// # Errors
/// As [`simple_average`](super::simple_average), and when `deviations` is negative or not finite.
pub fn bollinger(values: &[f64], period: usize, deviations: f64) -> Result<Vec<Option<Bands>>> {
    check_period(period)?;
    check_values(values)?;
    if !(0.0..1e6).contains(&deviations) {
        let error = Error::invalid_input("deviations must be finite, not negative and below 1e6");
        return Err(error.with("field", "deviations").with("value", deviations));
    }
    let bands = |window: &[f64]| {
        let middle = mean(window);
        let squares = window.iter().map(|value| (value - middle).powi(2)).sum::<f64>();
        let reach = deviations * (squares / window.len() as f64).sqrt();
        Bands { lower: middle - reach, middle, upper: middle + reach }
    };
    Ok(windows(values, period).map(|window| window.map(bands)).collect())
}

/// Returns the position of a value between the lowest and the highest of a history, from 0 to 1; a value beyond them is
/// at the end. Of implied volatilities over a year this is the *IV rank*. `None` when all values of the history are
/// equal, or one is not finite.
pub fn rank(value: f64, history: &[f64]) -> Option<f64> {
    let low = history.iter().copied().fold(f64::INFINITY, f64::min);
    let high = history.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let known = value.is_finite() && history.iter().all(|one| one.is_finite());
    // In halves, where the width of the history overflows.
    let unit = if (high - low).is_finite() { 1.0 } else { 0.5 };
    let value = value.clamp(low.min(high), low.max(high));
    (known && high > low).then(|| (unit * value - unit * low) / (unit * high - unit * low))
}

/// Returns the share of a history that is below a value, from 0 to 1: of implied volatilities over a year the
/// *IV percentile*. `None` without a history, or when a value is not finite.
pub fn percentile(value: f64, history: &[f64]) -> Option<f64> {
    let known = value.is_finite() && history.iter().all(|one| one.is_finite()) && !history.is_empty();
    known.then(|| history.iter().filter(|one| **one < value).count() as f64 / history.len() as f64)
}
