//! Conversion of quoted prices to money.

use strikebook_core::{Decimal, Error, Result, money::SCALE};

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
