//! Ranges of prices within bars.

use strikebook_core::{Result, market::Bar};

use super::{average::wilder, check_bars, check_period};

/// Returns the largest of high less low, and of the distances of high and low to the close before; `None` for the first
/// bar.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when a bar is not [valid](Bar::validate), not later than
/// the one before, or of another series, with its index as `row`.
pub fn true_range(bars: &[Bar]) -> Result<Vec<Option<f64>>> {
    check_bars(bars)?;
    Ok(ranges(bars).collect())
}

/// Returns Wilder's average of the true range, the ATR: in the units of the price, not negative.
///
/// # Errors
/// As [`true_range`], and for a period of zero.
pub fn average_true_range(bars: &[Bar], period: usize) -> Result<Vec<Option<f64>>> {
    check_period(period)?;
    check_bars(bars)?;
    Ok(wilder(ranges(bars), period))
}

/// Returns the true range of each bar.
pub(super) fn ranges(bars: &[Bar]) -> impl Iterator<Item = Option<f64>> {
    let range = |(before, bar): (&Bar, &Bar)| {
        let (up, down) = ((bar.high - before.close).abs(), (bar.low - before.close).abs());
        Some((bar.high - bar.low).max(up).max(down))
    };
    bars.first().map(|_| None).into_iter().chain(bars.iter().zip(bars.iter().skip(1)).map(range))
}
