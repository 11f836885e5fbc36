//! The Ornstein–Uhlenbeck process `dX = κ·(μ − X)·dt + σ·dW`: fits, tests, and levels at which to trade it.
//!
//! ```
//! use strikebook_pricing::ou;
//!
//! let spread = [0.3, 0.1, -0.2, 0.05, 0.2, -0.1, -0.25, 0.1, 0.3, 0.15, -0.05, 0.1];
//! let fit = ou::fit(&spread, 1.0 / 252.0)?;
//! println!("half of a deviation is gone after {:.1} days", 252.0 * fit.half_life());
//! # Ok::<(), strikebook_pricing::FitError>(())
//! ```

mod adf;
mod estimate;
mod thresholds;

/// Returns a series divided by a power of two near its largest value, and that power, so that its squares neither
/// overflow nor vanish.
fn scaled(series: &[f64]) -> (Vec<f64>, f64) {
    let largest = series.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    // A number with the exponent alone is the power of two below it.
    let scale = f64::from_bits(largest.max(f64::MIN_POSITIVE).to_bits() >> 52 << 52);
    (series.iter().map(|value| value / scale).collect(), scale)
}

pub use adf::{Adf, Lags, Trend, adf};
pub use estimate::{FittedProcess, HedgeRatio, Process, fit, fit_stationary, hedge_ratio};
pub use thresholds::{DiscountedThresholds, Thresholds, discounted_thresholds, return_thresholds};
