//! The currencies of amounts, by their codes.

use std::{fmt, str::FromStr};

use strikebook_core::{Error, Result};

use crate::value::unexpected;

/// The currency of an amount, by its code of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The dollar of the United States.
    pub const USD: Self = Self(*b"USD");

    /// Returns the code of three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).map_or("", |code| code)
    }
}

impl FromStr for Currency {
    type Err = Error;

    /// Parses a code of three capital letters.
    fn from_str(text: &str) -> Result<Self> {
        match text.as_bytes() {
            &[one, two, three] if text.bytes().all(|letter| letter.is_ascii_uppercase()) => Ok(Self([one, two, three])),
            _ => Err(unexpected("currency", "a code of three capital letters, such as USD", text)),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
