//! From quoted prices to money.

use strikebook_core::{Decimal, Error, Result, money::SCALE};

/// A quoted price as money: the decimal number that it prints as, to eight digits.
pub(crate) fn money(price: f64) -> Result<Decimal> {
    let amount = Decimal::try_from(price).ok().map(|amount| amount.round_dp(SCALE));
    amount.ok_or_else(|| Error::invalid_input("the price is no amount of money").with("price", price))
}
