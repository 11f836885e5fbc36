//! Quoted volatilities, and the quality of a model's fit to them.

use std::{fmt::Write as _, time::Duration};

use sha2::{Digest, Sha256};
use strikebook_core::analytics::{FitQuality, InputsHash};

use crate::fit::FitError;

/// A volatility that the market quotes: the one at which [`black76`](crate::black76) has the price of a European
/// option, or [`american::price`](crate::american::price) that of an American one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolatilityQuote {
    /// The forward price of the underlying at expiry, positive.
    pub forward: f64,
    /// The strike of the option, positive.
    pub strike: f64,
    /// The years to expiry, positive.
    pub years: f64,
    /// The volatility of the bid per year, positive.
    pub bid: f64,
    /// The volatility of the ask per year, not below the bid's.
    pub ask: f64,
}

impl VolatilityQuote {
    /// Returns a quote without a spread.
    pub fn of_mid(forward: f64, strike: f64, years: f64, volatility: f64) -> Self {
        Self { forward, strike, years, bid: volatility, ask: volatility }
    }

    /// Returns the middle of bid and ask.
    pub fn mid(&self) -> f64 {
        f64::midpoint(self.bid, self.ask)
    }

    /// Refuses fewer quotes than needed, and a quote that is out of its range or crossed.
    pub(crate) fn check_all(quotes: &[Self], need: usize) -> Result<(), FitError> {
        if quotes.len() < need {
            return Err(FitError::TooFew { have: quotes.len(), need });
        }
        for (index, quote) in quotes.iter().enumerate() {
            let Self { forward, strike, years, bid, ask } = *quote;
            let numbers = [("forward", forward), ("strike", strike), ("years", years), ("bid", bid), ("ask", ask)];
            for (field, value) in numbers {
                if !(value.is_finite() && value > 0.0) {
                    return Err(FitError::InvalidQuote { index, field, value });
                }
            }
            if bid > ask {
                return Err(FitError::Crossed { index, bid, ask });
            }
        }
        Ok(())
    }
}

/// Returns the SHA-256 of quotes, which identifies the input of a fit: over the numbers of each one, in the order of
/// their fields, as little-endian 64-bit floats. Another order of the quotes has another hash.
pub fn inputs_hash(quotes: &[VolatilityQuote]) -> InputsHash {
    let mut hash = Sha256::new();
    for VolatilityQuote { forward, strike, years, bid, ask } in quotes {
        for number in [forward, strike, years, bid, ask] {
            hash.update(number.to_le_bytes());
        }
    }
    let text = hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    match InputsHash::new(&text) {
        Ok(hash) => hash,
        Err(error) => unreachable!("{error}"),
    }
}

/// The quality of a model's fit to the quotes' middle volatilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// The root of the mean squared error of the volatilities, per 1.00: 0.01 is a volatility point.
    pub rmse: f64,
    /// The coefficient of determination, at most 1; `None` if all quotes are the same volatility.
    pub r_squared: Option<f64>,
    /// The number of quotes.
    pub quotes: usize,
}

impl Quality {
    /// Computes the quality from a model's sum of squared errors.
    pub(crate) fn new(quotes: &[VolatilityQuote], squares: f64) -> Self {
        let count = quotes.len() as f64;
        let mean = quotes.iter().map(VolatilityQuote::mid).sum::<f64>() / count;
        let total: f64 = quotes.iter().map(|quote| (quote.mid() - mean).powi(2)).sum();
        // A smaller variance is the rounding of the mean.
        let varies = total > 1e-24 * mean * mean * count;
        Self { rmse: (squares / count).sqrt(), r_squared: varies.then(|| 1.0 - squares / total), quotes: quotes.len() }
    }

    /// Returns core's record of the fit, with the duration of the calibration by the caller's clock and the hash of
    /// its input.
    pub fn record(&self, calibration_time: Option<Duration>, inputs: Option<InputsHash>) -> FitQuality {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).ok();
        FitQuality {
            rmse: Some(self.rmse),
            r_squared: self.r_squared,
            n_options: u64::try_from(self.quotes).ok(),
            calibration_time_ms: calibration_time.and_then(milliseconds),
            inputs,
        }
    }
}
