//! Moving averages, and the relative strength index that is made of two of them.

use strikebook_core::Result;

use super::{check_period, check_values};

/// Returns the mean of the last `period` values, summed from scratch each time so that no rounding piles up.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a period of zero, and for a value that is not finite
/// or reaches 10¹² in size, with its index as `row`.
pub fn simple_average(values: &[f64], period: usize) -> Result<Vec<Option<f64>>> {
    check_period(period)?;
    check_values(values)?;
    Ok(windows(values, period).map(|window| window.map(mean)).collect())
}

/// Returns the exponential average: after the mean of the first `period` values, each value moves the average by
/// 2 ∕ (period + 1) of its distance.
///
/// # Errors
/// As [`simple_average`].
pub fn exponential_average(values: &[f64], period: usize) -> Result<Vec<Option<f64>>> {
    check_period(period)?;
    check_values(values)?;
    Ok(recursive(values.iter().copied().map(Some), period, 2.0 / (period as f64 + 1.0)))
}

/// Returns Wilder's relative strength index, from 0 to 100: 100 × G ∕ (G + L), where G and L are his averages of the
/// gains and losses from value to value. Undefined as long as no value has changed.
///
/// # Errors
/// As [`simple_average`].
pub fn rsi(values: &[f64], period: usize) -> Result<Vec<Option<f64>>> {
    check_period(period)?;
    check_values(values)?;
    let gains = wilder(changes(values).map(|change| Some(change?.max(0.0))), period);
    let losses = wilder(changes(values).map(|change| Some((-change?).max(0.0))), period);
    let index = |(gain, loss): (Option<f64>, Option<f64>)| {
        let (gain, moved) = (gain?, gain? + loss?);
        (moved > 0.0).then(|| 100.0 * (gain / moved))
    };
    Ok(gains.into_iter().zip(losses).map(index).collect())
}

/// Returns the change to each value from the one before; `None` for the first.
pub(super) fn changes(values: &[f64]) -> impl Iterator<Item = Option<f64>> {
    let after = values.iter().zip(values.iter().skip(1)).map(|(before, after)| Some(after - before));
    values.first().map(|_| None).into_iter().chain(after)
}

/// Returns the last `period` elements at each element; `None` at the first ones.
pub(super) fn windows<T>(elements: &[T], period: usize) -> impl Iterator<Item = Option<&[T]>> {
    (1..=elements.len()).map(move |end| elements.get(end.checked_sub(period)?..end))
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Returns Wilder's average: each value moves the average by 1 ∕ period of its distance.
pub(super) fn wilder(values: impl IntoIterator<Item = Option<f64>>, period: usize) -> Vec<Option<f64>> {
    recursive(values, period, 1.0 / period as f64)
}

/// Returns the mean of the first `period` values, which each later one moves by `weight` of its distance. Leading
/// elements without a value are passed over.
fn recursive(values: impl IntoIterator<Item = Option<f64>>, period: usize, weight: f64) -> Vec<Option<f64>> {
    let (mut seen, mut average) = (0_usize, 0.0);
    let next = |value: Option<f64>| {
        let value = value?;
        seen = seen.saturating_add(1);
        let part = if seen <= period { 1.0 / seen as f64 } else { weight };
        average += part * (value - average);
        (seen >= period).then_some(average)
    };
    values.into_iter().map(next).collect()
}
