//! The wheel: puts secured by cash until one is assigned, then calls covered by the shares until they are called away.
//!
//! [`advise`] ranks what may be sold out of a chain and tells of every other contract why not. It is pure: chain,
//! holdings, calendar and limits in, advice out. [`advise_as_of`] reads the chain from a store first, as it was known
//! at an instant. [`backtest`] does so day after day.

mod advice;
pub mod backtest;
mod candidate;
mod events;
mod holdings;
mod limits;

use strikebook_core::{Error, Result};

pub use advice::{Advice, Question, advise, advise_as_of};
pub use candidate::{AssignmentBasis, Candidate, Rejected, Rejection, Valuing};
pub use events::{EventCalendar, MarketEvent, MarketEventKind};
pub use holdings::Holdings;
pub use limits::Limits;

/// Shares of a standard contract. Adjusted ones, which deliver something else, are not advised.
const SHARES: u32 = 100;

/// Refuses a setting that does not fit.
fn check(field: &'static str, value: impl std::fmt::Display, fits: bool, expected: &str) -> Result<()> {
    if fits {
        return Ok(());
    }
    Err(Error::invalid_input(format!("{field} must be {expected}")).with("field", field).with("value", value))
}
