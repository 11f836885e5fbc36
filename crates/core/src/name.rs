//! Names that people give.

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};

use crate::{Error, Result, market::instrument::text_conversions};

/// A name given by a person: of a strategy, an account, a model's version, a user.
///
/// One to 64 bytes of UTF-8 without control characters, and without white space at its ends. Upper and lower case
/// differ.
///
/// ```
/// use strikebook_core::Name;
///
/// assert_eq!(Name::new("wheel 30Δ")?.as_str(), "wheel 30Δ");
/// assert!(Name::new(" wheel").is_err());
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Name(ArrayString<64>);

impl Name {
    /// Creates a name from its text.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is empty or too long, holds a control character, or
    /// starts or ends with white space.
    pub fn new(text: &str) -> Result<Self> {
        match ArrayString::from(text) {
            Ok(name) if !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control) => {
                Ok(Self(name))
            }
            _ => Err(Error::invalid_input(
                "a name must be 1 to 64 bytes without control characters, and without white space at its ends",
            )
            .with("name", format_args!("{text:?}"))),
        }
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(Name);
