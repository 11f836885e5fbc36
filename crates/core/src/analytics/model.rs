//! Calibrated models: parameters of Heston, SABR, SVI and Ornstein–Uhlenbeck, with the quality and the inputs of each
//! fit.

mod heston;
mod ou;
mod sabr;
mod svi;

use std::{cmp::Ordering, fmt, hash};

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    market::{Symbol, instrument::text_conversions},
    validate::{check, count, number, price},
};

pub use self::{
    heston::{HestonParameters, HestonQuery, HestonRepository},
    ou::{OuParameters, OuQuery, OuRepository},
    sabr::{SabrParameters, SabrQuery, SabrRepository},
    svi::{SviParameters, SviQuery, SviRepository},
};

/// The SHA-256 hash of a calibration's inputs, as 64 lower-case hexadecimal digits. Equal inputs have equal hashes,
/// so that a calibration to other quotes is recognised. The application chooses the contents and their order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct InputsHash(ArrayString<64>);

impl InputsHash {
    /// Creates a hash from its text.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is not 64 lower-case hexadecimal digits.
    pub fn new(text: &str) -> Result<Self> {
        match ArrayString::from(text) {
            Ok(hash) if text.len() == 64 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) => {
                Ok(Self(hash))
            }
            _ => Err(Error::invalid_input("a hash of inputs must be 64 lower-case hexadecimal digits")
                .with("inputs", format_args!("{text:?}"))),
        }
    }

    /// Returns the hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(InputsHash);

/// The quality of a fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FitQuality {
    /// The root mean squared error, in the unit of the fitted values: volatilities per 1.00.
    pub rmse: Option<f64>,
    /// The coefficient of determination: at most 1, negative for a fit worse than the mean.
    pub r_squared: Option<f64>,
    /// The number of fitted options or observations.
    pub n_options: Option<u64>,
    /// The duration of the calibration in milliseconds.
    pub calibration_time_ms: Option<u64>,
    /// The hash of the fitted inputs.
    pub inputs: Option<InputsHash>,
}

impl FitQuality {
    fn validate(&self) -> Result<()> {
        check!(price, self.rmse => "rmse");
        check!(number, self.r_squared => "r_squared");
        if let Some(value) = self.r_squared.filter(|value| *value > 1.0) {
            return Err(Error::invalid_input("r_squared must be at most 1")
                .with("field", "r_squared")
                .with("value", value));
        }
        check!(count, self.n_options => "n_options", self.calibration_time_ms => "calibration_time_ms");
        Ok(())
    }
}

/// The time to an expiration in years, above 0 and at most 200. Equality is exact to the last bit, so an application
/// should compute maturities by one formula.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub struct Maturity(f64);

impl Maturity {
    /// Creates a maturity from years.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is out of range.
    pub fn new(years: f64) -> Result<Self> {
        if years > 0.0 && years <= 200.0 {
            return Ok(Self(years));
        }
        Err(Error::invalid_input("a maturity must be above 0 and at most 200 years").with("maturity", years))
    }

    /// Returns the maturity in years.
    pub const fn years(self) -> f64 {
        self.0
    }
}

// Sound: a maturity is never NaN and never a negative zero.

impl Eq for Maturity {}

impl Ord for Maturity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Maturity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl hash::Hash for Maturity {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl TryFrom<f64> for Maturity {
    type Error = Error;

    fn try_from(years: f64) -> Result<Self> {
        Self::new(years)
    }
}

impl From<Maturity> for f64 {
    fn from(maturity: Maturity) -> Self {
        maturity.0
    }
}

impl fmt::Display for Maturity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The key of a volatility smile: symbol and maturity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SmileKey {
    /// The symbol of the underlying.
    pub symbol: Symbol,
    /// The time from the calibration's instant to the expiration.
    pub maturity: Maturity,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_lower_case_digits() {
        assert!(InputsHash::new(&"0a".repeat(32)).is_ok());
        for text in [String::new(), "0a".repeat(31), "0A".repeat(32), "0g".repeat(32), "0a".repeat(33)] {
            assert!(InputsHash::new(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_maturity_is_above_zero() {
        for years in [f64::NAN, 0.0, -0.0, -1.0, 200.1, f64::INFINITY] {
            assert!(Maturity::new(years).is_err(), "{years}");
        }
        assert!(Maturity::new(f64::MIN_POSITIVE).is_ok());
    }
}
