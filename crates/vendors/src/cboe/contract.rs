//! The contracts of Cboe's rows: OCC symbols, and the descriptions of the years before 2019.

use chrono::NaiveDate;
use strikebook_core::{
    Error, Result,
    market::{OptionContract, OptionRoot, OptionType, Strike},
};

use crate::value;

/// A contract, with its exchange where the row is of one alone.
pub(super) struct Listed {
    pub(super) contract: OptionContract,
    pub(super) is_of_one_exchange: bool,
}

/// Reads an OCC symbol (`SPXW220207C04500000`), or a description with a code (`13 Dec 125.00 (IBM1327L125-4)`).
///
/// The code is the root, two digits of year and of day, a letter of month and type (A to L for calls from January to
/// December, M to X for puts) and the strike; after a dash the exchange, if the row is of one.
pub(super) fn read(text: &str) -> Result<Listed> {
    let Some((description, code)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) else {
        return Ok(Listed { contract: text.parse()?, is_of_one_exchange: false });
    };
    let refused = || {
        value::unexpected("the contract", "an OCC symbol, or a description such as 13 Dec 125.00 (IBM1327L125)", text)
    };
    let (code, is_of_one_exchange) = match code.rsplit_once('-') {
        Some((code, _)) => (code, true),
        None => (code, false),
    };
    let strike = description.split_whitespace().last().ok_or_else(refused)?;
    let strike = Strike::try_from(value::number("the strike", strike)?)?;
    let rest = code.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let (rest, letter) = rest.split_at_checked(rest.len().saturating_sub(1)).ok_or_else(refused)?;
    let (root, date) = rest.split_at_checked(rest.len().saturating_sub(4)).ok_or_else(refused)?;
    let (month, option_type) = match letter.as_bytes() {
        [letter @ b'A'..=b'L'] => (letter - b'A' + 1, OptionType::Call),
        [letter @ b'M'..=b'X'] => (letter - b'M' + 1, OptionType::Put),
        _ => return Err(refused()),
    };
    let (year, day) = date.split_at_checked(2).ok_or_else(refused)?;
    let expiration = NaiveDate::parse_from_str(&format!("20{year}{month:02}{day}"), "%Y%m%d").map_err(|_| refused())?;
    let contract = OptionContract::new(OptionRoot::new(root)?, expiration, option_type, strike)?;
    Ok(Listed { contract, is_of_one_exchange })
}

/// Checks that a row's contract is of its side, expiration and strike.
pub(super) fn agree(
    contract: &OptionContract,
    option_type: OptionType,
    expiration: Option<&str>,
    strike: Option<&str>,
) -> Result<()> {
    const DATES: [&str; 4] = ["%a %b %d %Y", "%b %d %Y", "%m/%d/%Y", "%Y-%m-%d"];
    let expiration = expiration.map(|text| value::date("the expiration", text, &DATES)).transpose()?;
    let strike = strike.map(|text| value::grouped("the strike", text)).transpose()?;
    value::agree(contract, Some(option_type), strike, expiration)
}

/// Returns the error for a column that the file lacks.
pub(super) fn missing(column: &str) -> Error {
    Error::invalid_input("the file lacks a required column").with("column", column)
}
