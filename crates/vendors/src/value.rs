//! Single values: numbers, counts, dates, and the meaning of zero.

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use strikebook_core::{
    Error, Result,
    market::{OptionContract, OptionType, Strike},
};

use crate::number;

/// The most characters of a value in an error.
const SHOWN_CHARS: usize = 64;

/// Returns the error for a value other than expected.
pub(crate) fn unexpected(field: &str, expected: &str, found: &str) -> Error {
    let shown: String = found.chars().take(SHOWN_CHARS).collect();
    Error::invalid_input(format!("{field} must be {expected}")).with("value", format_args!("{shown:?}"))
}

/// Reads a number. The record's `validate` checks that it is finite and in range.
pub(crate) fn number(field: &str, text: &str) -> Result<f64> {
    text.parse().map_err(|_| unexpected(field, "a number", text))
}

/// Reads a number as people write it, with commas between groups of three digits.
pub(crate) fn grouped(field: &str, text: &str) -> Result<f64> {
    number::float(text.trim())
        .ok_or_else(|| unexpected(field, "a number, in groups of three digits if in groups", text))
}

/// Reads a whole number that is not negative. `14.0` is one.
pub(crate) fn count(field: &str, text: &str) -> Result<u64> {
    text.parse().or_else(|_| whole(text.parse().ok()).ok_or_else(|| unexpected(field, "a whole number", text)))
}

/// Reads a whole number that is not negative as people write it, with commas between groups of three digits.
pub(crate) fn grouped_count(field: &str, text: &str) -> Result<u64> {
    whole(number::float(text.trim()))
        .ok_or_else(|| unexpected(field, "a whole number, in groups of three if in groups", text))
}

/// Converts a whole number that is not negative; `None` for any other.
pub(crate) fn whole(value: Option<f64>) -> Option<u64> {
    // Doubles hold every whole number up to 2⁵³ and nothing but whole numbers above it.
    let value = value.filter(|value| value.fract() == 0.0 && (0.0..9e18).contains(value))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to 9e18")]
    Some(value as u64)
}

/// Reads a date from 1800 to 2199 in the first matching format.
pub(crate) fn date(field: &str, text: &str, formats: &[&str]) -> Result<NaiveDate> {
    formats
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        .and_then(plausible)
        .ok_or_else(|| unexpected(field, "a date", text))
}

/// Returns a date from 1800 to 2199; `None` for any other.
pub(crate) fn plausible(date: NaiveDate) -> Option<NaiveDate> {
    Some(date).filter(|date| (1800..2200).contains(&date.year()))
}

/// Reads a date and time from 1800 to 2199.
pub(crate) fn date_time(field: &str, text: &str, format: &str) -> Result<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, format)
        .ok()
        .filter(|time| (1800..2200).contains(&time.year()))
        .ok_or_else(|| unexpected(field, "a date and a time", text))
}

/// Returns a price or volatility; `None` for zero, which vendors write where there is none.
pub(crate) fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|value| *value != 0.0)
}

/// Returns the two sides of a market. Nobody sells for nothing, so an ask of zero is no ask. A bid of zero is a bid
/// under an ask; without an ask there is no market.
pub(crate) fn market(bid: Option<f64>, ask: Option<f64>) -> (Option<f64>, Option<f64>) {
    let ask = positive(ask);
    (if ask.is_none() { positive(bid) } else { bid }, ask)
}

/// Checks that the columns of a row agree with its contract's symbol.
pub(crate) fn agree(
    contract: &OptionContract,
    option_type: Option<OptionType>,
    strike: Option<f64>,
    expiration: Option<NaiveDate>,
) -> Result<()> {
    let refuse = |field: &'static str| {
        let message = format!("{field} of the row must be that of the contract's symbol");
        Err(Error::invalid_input(message).with("contract", contract))
    };
    if option_type.is_some_and(|option_type| option_type != contract.option_type()) {
        return refuse("the option type");
    }
    if strike.is_some_and(|strike| Strike::try_from(strike).ok() != Some(contract.strike())) {
        return refuse("the strike");
    }
    if expiration.is_some_and(|expiration| expiration != contract.expiration()) {
        return refuse("the expiration");
    }
    Ok(())
}

/// Returns the price of a file's underlying for a contract on it; `None` for a contract on another one. After a
/// takeover files list the contracts of the acquired company under the acquirer, whose price is not theirs.
pub(crate) fn price_for(contract: &OptionContract, underlying: &str, price: Option<f64>) -> Option<f64> {
    let own = contract.root().underlying().ok()?;
    let letters = |text: &str| text.bytes().filter(u8::is_ascii_alphanumeric).collect::<Vec<_>>();
    price.filter(|_| own.as_str() == underlying || letters(own.as_str()) == letters(underlying))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_is_told_from_nothing() {
        assert_eq!(market(Some(0.0), Some(0.05)), (Some(0.0), Some(0.05)));
        assert_eq!(market(Some(0.0), Some(0.0)), (None, None));
        assert_eq!(market(Some(0.0), None), (None, None));
        assert_eq!(market(Some(1.0), Some(0.0)), (Some(1.0), None));
        assert_eq!(market(Some(1.2), Some(1.1)), (Some(1.2), Some(1.1)));
        assert!(positive(Some(f64::NAN)).is_some_and(f64::is_nan), "NaN must reach validate");
    }

    #[test]
    fn counts_are_whole() {
        assert_eq!(count("volume", "14.0").expect("whole"), 14);
        assert_eq!(count("volume", "18446744073709551615").expect("for validate to refuse"), u64::MAX);
        for bad in ["14.5", "-1", "NaN", "inf", "1e30", "x", "-0.5"] {
            assert!(count("volume", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_price_is_only_for_contracts_on_its_underlying() {
        let price = |occ: &str, underlying| price_for(&occ.parse().expect("a contract"), underlying, Some(21.0));
        assert_eq!(price("CDE260821C00010000", "CDE"), Some(21.0));
        assert_eq!(price("BRKB260821C00500000", "BRK-B"), Some(21.0));
        assert_eq!(price("SPXW260821C05000000", "SPX"), Some(21.0));
        assert_eq!(price("NGD260821C00005000", "CDE"), None);
    }

    #[test]
    fn long_values_are_cut_in_errors() {
        let error = number("bid", &"9x".repeat(1_000_000)).expect_err("not a number");
        assert!(error.to_string().len() < 200);
    }
}
