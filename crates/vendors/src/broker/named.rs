//! Stocks and contracts as brokers name them.

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Name, Result,
    market::{Instrument, OptionContract, OptionRoot, OptionType, Strike, Symbol},
};

use super::moment::{DateOrder, day};
use crate::{number::decimal, value::unexpected};

/// Reads a stock's symbol: a blank before the class of shares is a point (`BRK B` is `BRK.B`), and letters are capital
/// (`HMBs` is `HMBS`).
pub(super) fn symbol(text: &str) -> Result<Symbol> {
    Symbol::new(&text.trim().replace(' ', ".").to_ascii_uppercase())
}

/// Reads a stock's symbol that may consist of digits, as in Hong Kong and Tokyo: the listing follows then (`700.SEHK`).
pub(super) fn listed_symbol(text: &str, listing: &str) -> Result<Symbol> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if is_number { symbol(&format!("{text}.{listing}")) } else { symbol(text) }
}

/// Returns the contract of an underlying's or a root's name, and its other terms.
pub(super) fn contract(
    root: &str,
    expiration: NaiveDate,
    option_type: OptionType,
    strike: &str,
) -> Result<OptionContract> {
    let letters: String = root.chars().filter(char::is_ascii_alphanumeric).collect();
    OptionContract::new(OptionRoot::new(&letters.to_ascii_uppercase())?, expiration, option_type, read_strike(strike)?)
}

fn read_strike(text: &str) -> Result<Strike> {
    let refuse = || unexpected("strike", "a price from 0.001 to 99999.999", text);
    let strike = decimal(text.trim(), false).ok_or_else(refuse)?;
    let thousandths = strike.checked_mul(Decimal::ONE_THOUSAND).ok_or_else(refuse)?.normalize();
    if thousandths.scale() > 0 {
        return Err(refuse());
    }
    u32::try_from(thousandths)
        .ok()
        .and_then(|thousandths| Strike::from_thousandths(thousandths).ok())
        .ok_or_else(refuse)
}

/// Reads a word for the type of an option.
pub(super) fn option_type(text: &str) -> Result<OptionType> {
    match text.trim().to_ascii_uppercase().as_str() {
        "C" | "CALL" | "CALLS" => Ok(OptionType::Call),
        "P" | "PUT" | "PUTS" => Ok(OptionType::Put),
        _ => Err(unexpected("the option type", "C, CALL, P or PUT", text)),
    }
}

/// Reads a contract that a broker writes in words and blanks, in any of these orders:
/// `AAPL 18SEP26 200 C`, `AAPL 09/18/2026 200.00 C` and `AAPL 9/18/2026 Put $200.00`.
pub(super) fn spoken_contract(text: &str) -> Result<OptionContract> {
    let refuse = || unexpected("the contract", "a symbol, an expiration, a strike and C or P", text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let &[.., date, one, other] = &words[..] else { return Err(refuse()) };
    let root = words.get(..words.len() - 3).filter(|root| !root.is_empty()).ok_or_else(refuse)?.concat();
    let (kind, strike) = match option_type(other) {
        Ok(kind) => (kind, one),
        Err(_) => (option_type(one).map_err(|_| refuse())?, other),
    };
    let expiration = day("the contract's expiration", date, DateOrder::MonthFirst).map_err(|_| refuse())?;
    contract(&root, expiration, kind, strike)
}

/// Reads the contract of a compact symbol with a short strike, `XLU260710P44.5`, or of an OCC symbol.
pub(super) fn compact_contract(text: &str) -> Result<OptionContract> {
    let text = text.trim();
    if let Ok(contract) = text.parse() {
        return Ok(contract);
    }
    let refuse = || unexpected("the contract", "a root, YYMMDD, C or P, and a strike", text);
    // The type is the last letter, with the six digits of the date before.
    let letter = text.rfind(['C', 'P']).filter(|at| *at > 6 && text.is_ascii()).ok_or_else(refuse)?;
    let (root, date) = text.get(..letter).and_then(|text| text.split_at_checked(letter - 6)).ok_or_else(refuse)?;
    let (kind, strike) = text.get(letter..).and_then(|text| text.split_at_checked(1)).ok_or_else(refuse)?;
    let expiration = Some(date).filter(|date| date.bytes().all(|digit| digit.is_ascii_digit()));
    let expiration = expiration.and_then(|date| NaiveDate::parse_from_str(date, "%y%m%d").ok()).ok_or_else(refuse)?;
    contract(root, expiration, option_type(kind)?, strike)
}

/// Returns the underlying that a contract's root implies.
pub(super) fn underlying(contract: OptionContract) -> Result<Symbol> {
    contract.root().underlying()
}

/// Returns the stock or underlying of an instrument.
pub(super) fn symbol_of(instrument: Instrument) -> Result<Symbol> {
    match instrument {
        Instrument::Symbol(symbol) => Ok(symbol),
        Instrument::Option(contract) => underlying(contract),
    }
}

/// Reads the broker's name of an order; `None` for an empty text.
pub(super) fn order(text: &str) -> Result<Option<Box<Name>>> {
    if text.is_empty() { Ok(None) } else { Name::new(text).map(Box::new).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_are_read_as_brokers_name_them() {
        for text in ["AAPL 18SEP26 200 C", "AAPL 09/18/2026 200.00 C", "AAPL 9/18/2026 Call $200.00"] {
            assert_eq!(spoken_contract(text).expect(text).to_string(), "AAPL  260918C00200000", "{text}");
        }
        for (text, expected) in [
            ("XLU260710P44.5", "XLU   260710P00044500"),
            ("MU250201P100", "MU    250201P00100000"),
            ("SPXW  260918C06600000", "SPXW  260918C06600000"),
            ("CPB260918P30", "CPB   260918P00030000"),
        ] {
            assert_eq!(compact_contract(text).expect(text).to_string(), expected, "{text}");
        }
        assert_eq!(spoken_contract("BRK B 18SEP26 500 P").expect("a class").to_string(), "BRKB  260918P00500000");
        for bad in ["", "AAPL", "AAPL 18SEP26 200", "AAPL x 200 C", "18SEP26 200 C", "AAPL 18SEP26 0.00001 C", "P", "é"]
        {
            assert!(spoken_contract(bad).is_err() && compact_contract(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn symbols_are_read_as_brokers_name_them() {
        assert_eq!(symbol("BRK B").expect("a class").as_str(), "BRK.B");
        assert_eq!(symbol("HMBs").expect("a class").as_str(), "HMBS");
        assert_eq!(listed_symbol("700", "SEHK").expect("digits").as_str(), "700.SEHK");
        assert!(listed_symbol("", "SEHK").is_err());
    }
}
