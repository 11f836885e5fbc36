//! Instruments: a stock, fund, index or future by its symbol, or an option contract.

use std::{fmt, str::FromStr};

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};

use super::OptionContract;
use crate::{Error, Result};

/// The symbol of a stock, fund, index or future, such as `SPY`, `BRK.B` or `^VIX`.
///
/// One to 16 characters out of `A-Z 0-9 . - / ^ = _`, at least one of them a letter. Only upper case is valid, so
/// that `spy` is never stored beside `SPY`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Symbol(ArrayString<16>);

impl Symbol {
    /// Creates a symbol from its text.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is empty, too long, or holds another character.
    pub fn new(text: &str) -> Result<Self> {
        let allowed = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || b".-/^=_".contains(&c);
        match ArrayString::from(text) {
            Ok(symbol) if text.bytes().all(allowed) && text.bytes().any(|c| c.is_ascii_uppercase()) => Ok(Self(symbol)),
            _ => Err(Error::invalid_input(
                "a symbol must be 1 to 16 characters out of A-Z 0-9 . - / ^ = _, one of them a letter",
            )
            .with("symbol", format_args!("{text:?}"))),
        }
    }

    /// Returns the symbol as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

crate::port::canonical!(Symbol);

/// Implements `FromStr`, `TryFrom<String>`, `Into<String>`, `Display` and `Debug` for a checked text with `new` and
/// `as_str`.
macro_rules! text_conversions {
    ($type:ty) => {
        impl std::str::FromStr for $type {
            type Err = $crate::Error;

            fn from_str(text: &str) -> $crate::Result<Self> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = $crate::Error;

            fn try_from(text: String) -> $crate::Result<Self> {
                Self::new(&text)
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use text_conversions;

text_conversions!(Symbol);

/// A tradable instrument: a stock, fund, index or future by its symbol, or an option contract.
///
/// The text of an instrument is the symbol, or the contract's OCC symbol of 21 characters. A symbol has at most 16,
/// so the two never collide.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Instrument {
    /// A stock, fund, index or future.
    Symbol(Symbol),
    /// An option contract of the OCC.
    Option(OptionContract),
}

impl From<Symbol> for Instrument {
    fn from(symbol: Symbol) -> Self {
        Self::Symbol(symbol)
    }
}

impl From<OptionContract> for Instrument {
    fn from(contract: OptionContract) -> Self {
        Self::Option(contract)
    }
}

impl FromStr for Instrument {
    type Err = Error;

    /// Parses a symbol, or an OCC symbol of 21 characters.
    fn from_str(text: &str) -> Result<Self> {
        if text.len() == OptionContract::OCC_LENGTH {
            text.parse().map(Self::Option)
        } else {
            text.parse().map(Self::Symbol)
        }
    }
}

impl TryFrom<String> for Instrument {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Instrument> for String {
    fn from(instrument: Instrument) -> Self {
        instrument.to_string()
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symbol(symbol) => fmt::Display::fmt(symbol, f),
            Self::Option(contract) => fmt::Display::fmt(contract, f),
        }
    }
}

impl fmt::Debug for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_checked() {
        for good in ["A", "BRK.B", "^VIX", "ES=F", "3M_X/Y-Z"] {
            assert_eq!(Symbol::new(good).expect("valid").as_str(), good);
        }
        for bad in ["", "spy", "123", "AAPL ", "A\0B", "ROCKET🚀", "A'; DROP TABLE X;--", "ABCDEFGHIJKLMNOPQ"] {
            assert!(Symbol::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_length_of_a_text_decides_the_instrument() {
        let option: Instrument = "SPY   251219C00650000".parse().expect("valid");
        assert!(matches!(option, Instrument::Option(_)));
        assert_eq!(option.to_string(), "SPY   251219C00650000");
        assert!(matches!("SPY".parse(), Ok(Instrument::Symbol(_))));
    }
}
