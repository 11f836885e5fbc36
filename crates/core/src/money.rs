//! Amounts that are owed, and the checks that they share.

use rust_decimal::Decimal;

use crate::{Error, Result};

/// Digits behind the point that every engine keeps.
pub const SCALE: u32 = 8;
/// Amounts are below this in size: every engine keeps 20 digits, eight of them behind the point.
const LIMIT: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// An amount, price or quantity: at most eight digits behind the point, and below 10¹² in size.
pub(crate) fn amount(field: &'static str, value: Decimal) -> Result<()> {
    if value.abs() < LIMIT && value.normalize().scale() <= SCALE {
        return Ok(());
    }
    Err(Error::invalid_input(format!("{field} must be below 1e12 in size and have at most 8 digits behind the point"))
        .with("field", field)
        .with("value", value))
}

/// An amount that is not negative.
#[allow(dead_code)] // Until the first subject with money.
pub(crate) fn not_negative(field: &'static str, value: Decimal) -> Result<()> {
    amount(field, value)?;
    if value.is_sign_negative() && !value.is_zero() {
        return Err(Error::invalid_input(format!("{field} must not be negative"))
            .with("field", field)
            .with("value", value));
    }
    Ok(())
}

/// An amount above zero.
#[allow(dead_code)] // Until the first subject with money.
pub(crate) fn positive(field: &'static str, value: Decimal) -> Result<()> {
    not_negative(field, value)?;
    if value.is_zero() {
        return Err(Error::invalid_input(format!("{field} must be above zero"))
            .with("field", field)
            .with("value", value));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_twenty_digits() {
        let parse = |text: &str| text.parse::<Decimal>().expect("a decimal");
        assert_eq!(LIMIT, parse("1000000000000"));
        assert!(amount("price", parse("999999999999.99999999")).is_ok());
        assert!(amount("price", parse("-999999999999.99999999")).is_ok());
        assert!(amount("price", parse("1000000000000")).is_err());
        assert!(amount("price", parse("0.123456789")).is_err());
        assert!(amount("price", parse("0.123456780")).is_ok(), "a zero at the end is no digit");
        assert!(not_negative("fee", parse("-0")).is_ok());
        assert!(not_negative("fee", parse("-0.01")).is_err());
        assert!(positive("quantity", Decimal::ZERO).is_err());
    }
}
