//! Checks of values that all records share. The first failure is an error that names the field and its value.

use crate::{Error, Json, Result};

/// The bound of measured numbers in size: a larger price, value or Greek is an error of its source.
const ABSURD: f64 = 1e12;
/// The largest count: engines store counts as signed 64-bit integers.
const MAX_COUNT: u64 = i64::MAX as u64;

fn refuse<T>(field: &'static str, value: impl std::fmt::Display, expected: &'static str) -> Result<T> {
    Err(Error::invalid_input(format!("{field} must be {expected}")).with("field", field).with("value", value))
}

/// Checks a measured number: finite and below 10¹² in size.
pub(crate) fn number(field: &'static str, value: f64) -> Result<()> {
    if value.abs() < ABSURD {
        return Ok(());
    }
    refuse(field, value, "finite and below 1e12 in size")
}

/// Checks a price: finite, not negative and below 10¹².
pub(crate) fn price(field: &'static str, value: f64) -> Result<()> {
    if (0.0..ABSURD).contains(&value) {
        return Ok(());
    }
    refuse(field, value, "finite, not negative and below 1e12")
}

/// Checks a volatility, where 1.00 is 100 % a year: from 0 to 1,000.
pub(crate) fn volatility(field: &'static str, value: f64) -> Result<()> {
    if (0.0..=1_000.0).contains(&value) {
        return Ok(());
    }
    refuse(field, value, "between 0 and 1000, where 1.00 is 100 %")
}

/// Checks that a count fits a signed 64-bit integer.
pub(crate) fn count(field: &'static str, value: u64) -> Result<()> {
    if value <= MAX_COUNT {
        return Ok(());
    }
    refuse(field, value, "at most 9223372036854775807")
}

/// Checks that a number is finite, above zero and below 10¹².
pub(crate) fn positive(field: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value < ABSURD {
        return Ok(());
    }
    refuse(field, value, "finite, above zero and below 1e12")
}

/// Checks a correlation: from −1 to 1, both included.
pub(crate) fn correlation(field: &'static str, value: f64) -> Result<()> {
    if (-1.0..=1.0).contains(&value) {
        return Ok(());
    }
    refuse(field, value, "between -1 and 1")
}

/// Checks a fraction: from 0 to 1, both included.
pub(crate) fn fraction(field: &'static str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    refuse(field, value, "between 0 and 1")
}

/// Checks free text: up to 64 KiB without the character NUL, which not every engine stores.
pub(crate) fn text(field: &'static str, value: &str) -> Result<()> {
    if value.len() <= 1 << 16 && !value.contains('\0') {
        return Ok(());
    }
    let start: String = value.chars().take(32).collect();
    refuse(field, format_args!("{start:?}"), "at most 65536 bytes without the character NUL")
}

/// Checks named values: a JSON object, or null for none.
pub(crate) fn object(field: &'static str, value: &Json) -> Result<()> {
    if value.as_value().is_object() || value.as_value().is_null() {
        return Ok(());
    }
    let start: String = value.to_string().chars().take(32).collect();
    refuse(field, start, "an object or null")
}

/// Applies a check to each named field that is present.
macro_rules! check {
    ($check:path, $($value:expr => $field:literal),+ $(,)?) => {
        $(if let Some(value) = $value { $check($field, value)?; })+
    };
}
pub(crate) use check;
