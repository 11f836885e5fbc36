//! Technical analysis of bars: averages, oscillators, bands, ranges, trends, regimes.
//!
//! All functions are pure, take their series oldest first, and return one `Option` for each element: `None` until the
//! indicator is defined there, and never a stand-in. A result depends on no later element, so results do not change
//! when more bars follow. The same rows give the same results, whichever engine they come from.
//!
//!
//! | function | defined from the element with index | convention |
//! |---|---|---|
//! | [`simple_average`] | n − 1 | the mean of the last n values |
//! | [`exponential_average`] | n − 1 | weight 2 ∕ (n + 1); the seed is the mean of the first n values |
//! | [`rsi`] | n | Wilder's averages of gains and losses; the seed is the mean of the first n changes |
//! | [`bollinger`] | n − 1 | around the simple average; the deviation is that of a population (∕ n) |
//! | [`true_range`] | 1 | needs the close before |
//! | [`average_true_range`] | n | Wilder's average; the seed is the mean of the first n true ranges |
//! | [`directional`] | n, its index 2n − 1 | Wilder's averages throughout |
//! | [`vwap`] | the first volume | of the session in New York, or of the last n bars |
//! | [`regime`] | where its parts are | see [`RegimeRule`] |
//!
//! [`keep_indicators`] stores ADX, average true range, VWAP and regime of a series of bars beside the bars.
//! [`calculate_rsi`], [`calculate_bollinger_bands`] and [`calculate_moving_average`] read the bars of a symbol
//! themselves.
//!
//! Bars are as traded. Across a split they must be adjusted first.
//!
//! Sources: J. W. Wilder, *New Concepts in Technical Trading Systems* (1978), for RSI, true range, directional movement
//! and their averages; J. Bollinger, *Bollinger on Bollinger Bands* (2001).
//!
//! ```
//! use strikebook_services::technical::{rsi, simple_average};
//!
//! let closes = [10.0, 11.0, 12.0, 11.0, 10.5];
//! assert_eq!(simple_average(&closes, 3)?, [None, None, Some(11.0), Some(34.0 / 3.0), Some(33.5 / 3.0)]);
//! // Two gains of 1, then a loss of 1: averages (1, 0) become (0.5, 0.5).
//! assert_eq!(rsi(&closes, 2)?[2..4], [Some(100.0), Some(50.0)]);
//! # Ok::<(), strikebook_core::Error>(())
//! ```

mod average;
mod bands;
mod indicators;
mod range;
mod regime;
mod series;
mod trend;
mod volume;

use strikebook_core::{Error, Result, market::Bar};

pub use average::{exponential_average, rsi, simple_average};
pub use bands::{Bands, bollinger, percentile, rank};
pub use indicators::{indicators, keep_indicators};
pub use range::{average_true_range, true_range};
pub use regime::{Regime, RegimeRule, regime};
pub use series::{Closes, Point, calculate_bollinger_bands, calculate_moving_average, calculate_rsi};
pub use trend::{Directional, directional};
pub use volume::{VwapSpan, vwap};

/// Returns the closes of bars, for the functions over values.
pub fn closes(bars: &[Bar]) -> Vec<f64> {
    bars.iter().map(|bar| bar.close).collect()
}

/// Checks that all values are numbers whose sums stay in range.
fn check_values(values: &[f64]) -> Result<()> {
    match values.iter().enumerate().find(|(_, value)| value.is_nan() || value.abs() >= 1e12) {
        None => Ok(()),
        Some((row, value)) => {
            let error = Error::invalid_input("a value must be finite and below 1e12 in size");
            Err(error.with("row", row).with("value", value))
        }
    }
}

fn check_period(period: usize) -> Result<()> {
    if period > 0 { Ok(()) } else { Err(Error::invalid_input("a period must be at least 1").with("field", "period")) }
}

/// Checks that bars are valid, of one series, and in order of time, each instant once.
fn check_bars(bars: &[Bar]) -> Result<()> {
    for (row, bar) in bars.iter().enumerate() {
        bar.validate().map_err(|error| error.with("row", row))?;
    }
    for (row, (one, next)) in bars.iter().zip(bars.iter().skip(1)).enumerate() {
        let message = match (one.key == next.key, one.at < next.at) {
            (true, true) => continue,
            (true, false) => "bars must be oldest first, each instant once",
            (false, _) => "bars must be of one series",
        };
        return Err(Error::invalid_input(message).with("row", row + 1).with("at", next.at));
    }
    Ok(())
}
