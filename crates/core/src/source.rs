//! The provenance of rows.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

const SIMULATED: &str = "simulated:";

/// The origin of a row: a vendor's name such as `cboe` or `lean/minute`, or `simulated:NAME`.
///
/// One to 64 characters out of `A-Z a-z 0-9 . _ - / :`. A store refuses simulated rows unless it was opened with
/// `allow_simulated`, so that test data never mixes with the market's. A clone shares the text and costs no
/// allocation.
///
/// ```
/// use strikebook_core::Source;
///
/// assert!(!Source::new("cboe")?.is_simulated());
/// assert!(Source::simulated("demo")?.is_simulated());
/// assert!(Source::new("robert'); DROP TABLE quotes;--").is_err());
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Source(Arc<str>);

impl Source {
    /// Creates a source from its text.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is empty, too long, or holds another character.
    pub fn new(text: &str) -> Result<Self> {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || b"._-/:".contains(&c);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) && text != SIMULATED {
            return Ok(Self(text.into()));
        }
        Err(Error::invalid_input("a source must be 1 to 64 characters out of A-Z a-z 0-9 . _ - / :")
            .with("source", format_args!("{text:?}")))
    }

    /// Creates the source `simulated:NAME` of simulated rows.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn simulated(name: &str) -> Result<Self> {
        Self::new(&format!("{SIMULATED}{name}"))
    }

    /// Returns true if rows of this source are simulated.
    pub fn is_simulated(&self) -> bool {
        self.0.starts_with(SIMULATED)
    }

    /// Returns the source as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl TryFrom<String> for Source {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(&text)
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.as_str().to_owned()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}
