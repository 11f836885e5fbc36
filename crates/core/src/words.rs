//! Words to search for in texts that people wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Words that must all occur in a text, in any order.
///
/// A word is a run of letters and digits; everything else separates words. Upper and lower case are equal, also beyond
/// ASCII: `STRASSE` finds `Straße`. There is no stemming, and no part of a word is found: `roll` does not find
/// `rolled`. Letters with separate combining marks are not composed. The same words find the same texts in every store.
///
/// ```
/// use strikebook_core::Words;
///
/// let words = Words::new("Skew, steep")?;
/// assert!(words.are_in("A steep skew into the close"));
/// assert!(!words.are_in("The skew steepened"));
/// assert!(Words::new(" … ").is_err());
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Words(Vec<String>);

impl Words {
    /// Creates the search for all words of a text.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a text without words.
    pub fn new(text: &str) -> Result<Self> {
        let mut words: Vec<_> = words_of(text).collect();
        words.sort_unstable();
        words.dedup();
        if words.is_empty() {
            let error = Error::invalid_input("the text to search for must have a word of letters or digits");
            return Err(error.with("text", format_args!("{text:?}")));
        }
        Ok(Self(words))
    }

    /// Returns true if every word occurs in a text.
    pub fn are_in(&self, text: &str) -> bool {
        let mut missing: Vec<&str> = self.0.iter().map(String::as_str).collect();
        for word in words_of(text) {
            missing.retain(|wanted| *wanted != word);
            if missing.is_empty() {
                return true;
            }
        }
        false
    }
}

/// Returns the words of a text with their case folded. Upper case comes first, so that letters with several lower
/// cases, such as the final sigma, are equal.
fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let runs = text.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(|run| run.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl TryFrom<String> for Words {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(&text)
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_and_marks_separate() {
        for (words, text) in [
            ("straße", "Die STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("30Δ put", "sold the 30δ-put"),
            ("it s", "it's"),
            ("i", "I"),
        ] {
            assert!(Words::new(words).expect("words").are_in(text), "{words} in {text}");
        }
        for (words, text) in [("put puts", "a put"), ("all", "called"), ("1", "105"), ("_", "a_b")] {
            assert!(Words::new(words).map_or(true, |words| !words.are_in(text)), "{words} in {text}");
        }
    }
}
