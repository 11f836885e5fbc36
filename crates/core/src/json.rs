//! JSON values: data without a fixed shape.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Number, Value};

use crate::{Error, Result};

/// A JSON value that every engine returns as it was stored: features of a signal, parameters of a strategy, details
/// of an event.
///
/// Some engines store JSON by its meaning and not by its text, so values are normalised when they are created: object
/// keys are sorted, whole floats from 10¹⁶ up to 2⁶⁴ in size become integers, and −0 becomes 0. No text may contain
/// the character NUL, and nesting is limited to 64 levels.
///
/// ```
/// use strikebook_core::Json;
///
/// let features: Json = r#"{"skew": -0.12, "iv_rank": 61}"#.parse()?;
/// assert_eq!(features.as_value()["iv_rank"], 61);
/// assert_eq!(features.to_string(), r#"{"iv_rank":61,"skew":-0.12}"#);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Json(Value);

const DEEPEST: usize = 64;
/// 2⁶⁴: the smallest float above every unsigned 64-bit integer.
const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;

impl Json {
    /// Creates a normalised value.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a text holds NUL or the value is more than 64 levels deep.
    pub fn new(mut value: Value) -> Result<Self> {
        canonical(&mut value, DEEPEST)?;
        Ok(Self(value))
    }

    /// Serialises a value to JSON.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`InvalidInput`](crate::ErrorKind::InvalidInput) when the value cannot be
    /// serialised.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let value = serde_json::to_value(value)
            .map_err(|error| Error::invalid_input("the value cannot be serialised to JSON").caused_by(error))?;
        Self::new(value)
    }

    /// Deserialises the value into a type.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the value does not have the shape of that type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.0)
            .map_err(|error| Error::invalid_input("the JSON value does not have the expected shape").caused_by(error))
    }

    /// Returns the underlying `serde_json` value.
    pub const fn as_value(&self) -> &Value {
        &self.0
    }
}

fn canonical(value: &mut Value, depth: usize) -> Result<()> {
    let too_deep = || Error::invalid_input("JSON must be at most 64 levels deep");
    let inner = depth.checked_sub(1).ok_or_else(too_deep);
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|_| number.is_f64()) {
                let finite = || Error::invalid_input("a number in JSON must be finite");
                *number = whole(float).or_else(|| Number::from_f64(float)).ok_or_else(finite)?;
            }
            Ok(())
        }
        Value::String(text) => without_nul(text),
        Value::Array(values) => inner.and_then(|depth| values.iter_mut().try_for_each(|value| canonical(value, depth))),
        Value::Object(fields) => inner.and_then(|depth| {
            fields.iter_mut().try_for_each(|(name, value)| without_nul(name).and_then(|()| canonical(value, depth)))
        }),
    }
}

/// Converts a float to the integer that some engines make of it, and −0 to 0, which not every engine distinguishes.
fn whole(float: f64) -> Option<Number> {
    if float == 0.0 && float.is_sign_negative() {
        return Number::from_f64(0.0);
    }
    let size = float.abs();
    if !(1e16..TOO_LARGE).contains(&size) {
        return None;
    }
    // Floats of this size are whole.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range as checked above")]
    let size = size as u64;
    if float > 0.0 { Some(size.into()) } else { 0_i64.checked_sub_unsigned(size).map(Number::from) }
}

fn without_nul(text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::invalid_input("a text in JSON must not contain the character NUL")
            .with("text", format_args!("{text:?}")));
    }
    Ok(())
}

impl TryFrom<Value> for Json {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self> {
        Self::new(value)
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        json.0
    }
}

impl FromStr for Json {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let value = serde_json::from_str(text)
            .map_err(|error| Error::invalid_input("the text is not valid JSON").caused_by(error))?;
        Self::new(value)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_normalised_for_every_engine() {
        for (text, kept) in [
            ("1.0", "1.0"),
            ("1e16", "10000000000000000"),
            ("-1e16", "-10000000000000000"),
            ("1e300", "1e+300"),
            ("-0.0", "0.0"),
            ("0.1", "0.1"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert_eq!(text.parse::<Json>().expect("a number").to_string(), kept, "{text}");
        }
    }

    #[test]
    fn values_that_an_engine_cannot_store_are_refused() {
        assert!(r#"{"a": "\u0000"}"#.parse::<Json>().is_err());
        assert!(r#"{"\u0000": 1}"#.parse::<Json>().is_err());
        assert!("{".parse::<Json>().is_err());
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(deep(64).parse::<Json>().is_ok());
        assert!(deep(65).parse::<Json>().is_err());
    }
}
