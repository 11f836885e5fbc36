//! The wheel: cash-secured puts until one is assigned, then covered calls until the shares are called away.
//!
//! [`advise`] ranks the contracts of a chain that may be sold, and gives the reasons against every other one. The
//! function is pure: chain, holdings, calendar and limits in, advice out. [`advise_as_of`] first reads the chain from a
//! store as of an instant. [`backtest`] repeats that day after day.

mod advice;
pub mod backtest;
mod candidate;
mod events;
mod holdings;
mod limits;

use strikebook_core::{Error, Result};

pub use advice::{AdviceInputs, WheelAdvice, advise, advise_as_of};
pub use candidate::{AssignmentBasis, Candidate, RejectReason, RejectedContract, ValuationModel};
pub use events::{EventCalendar, MarketEvent, MarketEventKind};
pub use holdings::WheelHoldings;
pub use limits::WheelLimits;

/// The shares of a standard contract. Adjusted contracts, which deliver something else, are not advised.
const SHARES: u32 = 100;

/// Refuses a setting that is not as expected.
fn check(field: &'static str, value: impl std::fmt::Display, fits: bool, expected: &str) -> Result<()> {
    if fits {
        return Ok(());
    }
    Err(Error::invalid_input(format!("{field} must be {expected}")).with("field", field).with("value", value))
}
