//! Exact amounts of money, and the checks that they share.
//!
//! An amount that a store returns has its canonical form, without zeros at its end: 162.70 comes back as 162.7 from
//! every engine, in text and in JSON alike. Both are equal as numbers.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The number of decimal places that every engine stores.
pub const SCALE: u32 = 8;
/// The number of decimal places of a product of two amounts.
pub const PRODUCT_SCALE: u32 = 2 * SCALE;
/// The bound of amounts in size, 10¹²: every engine stores 20 digits, eight of them decimal places.
const LIMIT: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// Checks an amount, price or quantity: at most eight decimal places, and below 10¹² in size.
pub(crate) fn amount(field: &'static str, value: Decimal) -> Result<()> {
    if value.abs() < LIMIT && value.normalize().scale() <= SCALE {
        return Ok(());
    }
    Err(Error::invalid_input(format!("{field} must be below 1e12 in size and have at most 8 decimal places"))
        .with("field", field)
        .with("value", value))
}

/// Checks that an amount is not negative.
pub(crate) fn not_negative(field: &'static str, value: Decimal) -> Result<()> {
    amount(field, value)?;
    if value.is_sign_negative() && !value.is_zero() {
        return Err(Error::invalid_input(format!("{field} must not be negative"))
            .with("field", field)
            .with("value", value));
    }
    Ok(())
}

/// Checks that an amount is above zero.
pub(crate) fn positive(field: &'static str, value: Decimal) -> Result<()> {
    not_negative(field, value)?;
    if value.is_zero() {
        return Err(Error::invalid_input(format!("{field} must be above zero"))
            .with("field", field)
            .with("value", value));
    }
    Ok(())
}

/// The value of trades: a sum of quantities times prices, from 0 up to, and not including, 10¹².
///
/// The sum is exact: a product of two amounts has at most sixteen decimal places, and with twelve digits before the
/// point it fits into a [`Decimal`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "Decimal", try_from = "Decimal")]
pub struct TradedValue(Decimal);

impl TradedValue {
    /// The value of no trades.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Returns the value as a decimal.
    pub const fn get(self) -> Decimal {
        self.0
    }

    /// Adds a quantity traded at a price, both not negative.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the sum reaches 10¹².
    pub fn plus(self, quantity: Decimal, price: Decimal) -> Result<Self> {
        // A sum that a `Decimal` would round exceeds the limit anyway.
        let sum = quantity.normalize().checked_mul(price.normalize()).and_then(|value| self.0.checked_add(value));
        let refused = || {
            Error::invalid_input("quantity times price must be below 1e12, and so must the sum over an order")
                .with("field", "price")
                .with("value", price)
                .with("quantity", quantity)
        };
        sum.ok_or_else(refused)?.try_into().map_err(|_| refused())
    }
}

impl TryFrom<Decimal> for TradedValue {
    type Error = Error;

    fn try_from(value: Decimal) -> Result<Self> {
        let value = value.normalize();
        if value < LIMIT && value.scale() <= PRODUCT_SCALE && !value.is_sign_negative() {
            return Ok(Self(value));
        }
        Err(Error::invalid_input("a traded value must be from 0 to 1e12 and have at most 16 decimal places")
            .with("value", value))
    }
}

impl From<TradedValue> for Decimal {
    fn from(value: TradedValue) -> Self {
        value.0
    }
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

    #[test]
    fn a_traded_value_is_exact_or_refused() {
        let parse = |text: &str| text.parse::<Decimal>().expect("a decimal");
        let small = TradedValue::ZERO.plus(parse("0.00000001"), parse("0.00000001")).expect("in range");
        let large = small.plus(parse("99999.99999999"), parse("9999999.99999999")).expect("in range");
        assert_eq!(large.get(), parse("999999999999.8990000000000002"));
        assert!(large.plus(parse("1"), parse("0.10099999")).is_ok());
        assert!(large.plus(parse("1"), parse("0.101")).is_err());
        assert!(TradedValue::ZERO.plus(parse("999999999999.99999999"), parse("999999999999.99999999")).is_err());
        assert!(TradedValue::ZERO.plus(parse("1000000.00000001"), parse("999999.99999999")).is_ok());
        assert!(TradedValue::try_from(parse("-0.01")).is_err());
        assert!(TradedValue::try_from(parse("0.00000000000000001")).is_err());
    }
}
