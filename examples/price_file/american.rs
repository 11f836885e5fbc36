//! American options, which are valued one by one.

use std::str::FromStr;

use crate::group::{Solved, Unsolved};
use crate::row::Request;

/// How accurate an American price has to be.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Preset {
    /// To about 1e-5.
    Fast,
    /// To about 1e-6.
    #[default]
    Accurate,
    /// To about 1e-8.
    Precise,
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "fast" => Ok(Self::Fast),
            "accurate" => Ok(Self::Accurate),
            "precise" => Ok(Self::Precise),
            other => Err(format!("--american takes fast, accurate or precise, not `{other}`")),
        }
    }
}

/// The value of one option.
pub(crate) fn value(_: &Request, preset: Preset) -> Result<Solved, Unsolved> {
    let reason = format!("American options are not valued yet (asked for: {preset:?})");
    Err(Unsolved { kind: "unsupported", reason, price: None })
}
