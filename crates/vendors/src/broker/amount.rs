//! Amounts of a journal: exact numbers, and what follows from two of them.

use strikebook_core::{Decimal, Error, Result, money::SCALE};

use crate::{number::decimal, value::unexpected};

/// The bound of a journal's amounts, in size: 10¹².
const LIMIT: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// The numbers that a journal can hold, for errors.
const EXPECTED: &str =
    "a number below 1e12 in size with at most 8 decimal places, in groups of three digits if in groups at all";

/// Reads an exact number that a journal can hold: below 10¹² in size, with at most eight decimal places. Thousands may
/// be separated by commas.
pub(super) fn exact(field: &str, text: &str) -> Result<Decimal> {
    exact_in(false, field, text)
}

/// Reads an amount as brokers write it for people: `$1,234.50`, `-$1.00`, and `($171.04)` for a payment; zero for an
/// empty text, `--` and `n/a`.
pub(super) fn money(field: &str, text: &str) -> Result<Decimal> {
    money_in(false, field, text)
}

/// Reads an [exact] number, with a comma before the decimals and points between thousands if `decimal_comma`.
pub(super) fn exact_in(decimal_comma: bool, field: &str, text: &str) -> Result<Decimal> {
    let number = decimal(text.trim(), decimal_comma);
    let number = number.filter(|number| number.normalize().scale() <= SCALE && number.abs() < LIMIT);
    number.ok_or_else(|| unexpected(field, EXPECTED, text))
}

/// Reads an amount of [money], with a comma before the decimals and points between thousands if `decimal_comma`.
pub(super) fn money_in(decimal_comma: bool, field: &str, text: &str) -> Result<Decimal> {
    match text.trim() {
        "" | "--" | "n/a" | "N/A" => Ok(Decimal::ZERO),
        text => exact_in(decimal_comma, field, text),
    }
}

/// Returns the amount paid, from two amounts that are below zero for payments. `fields` names both in the error.
pub(super) fn paid(fields: &str, one: Decimal, other: Decimal) -> Result<Decimal> {
    let sum = Decimal::ZERO.checked_sub(one).and_then(|sum| sum.checked_sub(other)).filter(|sum| sum.abs() < LIMIT);
    sum.ok_or_else(|| {
        let error = Error::invalid_input(format!("the sum of {fields} must be below 1e12 in size"));
        error.with("one", one).with("other", other)
    })
}

/// Returns the product of amounts as a journal holds it, to eight decimal places. `field` names the result.
pub(super) fn product(field: &str, factors: &[Decimal]) -> Result<Decimal> {
    let product = factors.iter().try_fold(Decimal::ONE, |product, factor| product.checked_mul(*factor));
    let product = product.map(|product| product.round_dp(SCALE)).filter(|product| product.abs() < LIMIT);
    product.ok_or_else(|| Error::invalid_input(format!("{field} must be below 1e12 in size")))
}

/// Reads the number of shares per unit, from 1. All units together must be fewer than 10¹² shares, as in a journal.
pub(super) fn shares_per_unit(field: &str, text: &str, quantity: Decimal) -> Result<u32> {
    let whole = text.strip_suffix(".0").map_or(text, |whole| whole);
    let multiplier = whole.parse().ok().filter(|multiplier| *multiplier > 0);
    let multiplier: u32 = multiplier.ok_or_else(|| unexpected(field, "a whole number above zero", text))?;
    match quantity.checked_mul(multiplier.into()) {
        Some(shares) if shares.abs() < LIMIT => Ok(multiplier),
        _ => Err(unexpected(field, "a number whose product with the quantity is below 1e12", text)
            .with("quantity", quantity)),
    }
}

/// Returns the price per share that gives the money of a trade, to eight decimal places.
pub(super) fn price_of(field: &str, value: Decimal, quantity: Decimal, multiplier: u32) -> Result<Decimal> {
    let shares = quantity.abs().checked_mul(multiplier.into());
    let price = shares.and_then(|shares| value.abs().checked_div(shares)).filter(|price| *price < LIMIT);
    let price = price.ok_or_else(|| {
        let error = Error::invalid_input(format!("{field} per share must be below 1e12"));
        error.with("value", value).with("quantity", quantity).with("multiplier", multiplier)
    })?;
    Ok(price.round_dp(SCALE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_for_people_are_read() {
        let read = |text| money("Amount", text).map(|amount| amount.to_string()).ok();
        for (text, amount) in [("($171.04)", "-171.04"), ("-$1,234.50", "-1234.50"), ("$2.95", "2.95"), ("", "0")] {
            assert_eq!(read(text).as_deref(), Some(amount), "{text}");
        }
        for bad in ["$", "1.2.3", "(1", "1e30", "$$1", "NaN", "1,5", "1_5", "1$5", "(-$1.00)", "++5", "12%"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_decimal_comma_is_one_only_where_it_is_stated() {
        let read = |text| money_in(true, "Amount", text).map(|amount| amount.to_string()).ok();
        for (text, amount) in [("1.234,50", "1234.50"), ("-0,65", "-0.65"), ("7", "7"), ("--", "0")] {
            assert_eq!(read(text).as_deref(), Some(amount), "{text}");
        }
        for bad in ["1.5", "1,234.50", "1,2,3"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
