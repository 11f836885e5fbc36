//! Conversion between floating-point numbers and decimals.

use strikebook_core::{Decimal, Error, ErrorKind, Result, money::SCALE};

/// Converts a quoted price to money: the decimal number that the price prints as, to eight digits.
pub(crate) fn money(price: f64) -> Result<Decimal> {
    match Decimal::try_from(price) {
        Ok(amount) => Ok(amount.round_dp(SCALE)),
        Err(error) => {
            let message = "the price must be finite and in the range of a decimal";
            Err(Error::invalid_input(message).with("price", price).caused_by(error))
        }
    }
}

/// Converts a validated setting.
pub(crate) fn decimal(setting: f64) -> Result<Decimal> {
    Decimal::try_from(setting).map_err(|error| {
        Error::new(ErrorKind::Internal, "a validated setting is out of the range of a decimal")
            .with("value", setting)
            .caused_by(error)
    })
}

/// Converts an amount to the nearest floating-point number.
pub(crate) fn float(amount: Decimal) -> Result<f64> {
    f64::try_from(amount).map_err(|error| {
        Error::new(ErrorKind::Internal, "an amount has no floating-point number")
            .with("amount", amount)
            .caused_by(error)
    })
}
