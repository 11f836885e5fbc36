//! The checks of numbers that every record shares. The first failure is an error that names the field and its value.

use crate::{Error, Json, Result};

/// Above this, a price, value or Greek is a fault of its source and not a market's.
const ABSURD: f64 = 1e12;
/// Counts are stored as signed 64-bit integers.
const MAX_COUNT: u64 = i64::MAX as u64;

fn refuse<T>(field: &'static str, value: impl std::fmt::Display, expected: &'static str) -> Result<T> {
    Err(Error::invalid_input(format!("{field} must be {expected}")).with("field", field).with("value", value))
}

/// A measured number: finite and below 10¹² in size.
pub(crate) fn number(field: &'static str, value: f64) -> Result<()> {
    if value.abs() < ABSURD {
        return Ok(());
    }
    refuse(field, value, "finite and below 1e12 in size")
}

/// A price: a number that is not negative.
pub(crate) fn price(field: &'static str, value: f64) -> Result<()> {
    if (0.0..ABSURD).contains(&value) {
        return Ok(());
    }
    refuse(field, value, "finite, not negative and below 1e12")
}

/// A volatility per 1.00: not negative and at most 1,000.
pub(crate) fn volatility(field: &'static str, value: f64) -> Result<()> {
    if (0.0..=1_000.0).contains(&value) {
        return Ok(());
    }
    refuse(field, value, "between 0 and 1000, where 1.00 is 100 %")
}

/// A count that fits a signed 64-bit integer.
pub(crate) fn count(field: &'static str, value: u64) -> Result<()> {
    if value <= MAX_COUNT {
        return Ok(());
    }
    refuse(field, value, "at most 9223372036854775807")
}

/// A number above zero.
pub(crate) fn positive(field: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value < ABSURD {
        return Ok(());
    }
    refuse(field, value, "finite, above zero and below 1e12")
}

/// A correlation: from -1 to 1, both included.
pub(crate) fn correlation(field: &'static str, value: f64) -> Result<()> {
    if (-1.0..=1.0).contains(&value) {
        return Ok(());
    }
    refuse(field, value, "between -1 and 1")
}

/// A part of one: from 0 to 1, both included.
pub(crate) fn fraction(field: &'static str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    refuse(field, value, "between 0 and 1")
}

/// Free text: up to 64 KiB without the character NUL, which not every engine keeps.
pub(crate) fn text(field: &'static str, value: &str) -> Result<()> {
    if value.len() <= 1 << 16 && !value.contains('\0') {
        return Ok(());
    }
    let start: String = value.chars().take(32).collect();
    refuse(field, format_args!("{start:?}"), "at most 65536 bytes without the character NUL")
}

/// Values by their names: a JSON object, or null for none.
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
