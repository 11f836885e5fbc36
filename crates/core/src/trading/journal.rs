//! The trade journal: what was done, in an append-only log, and what it came to.
//!
//! The log holds [`JournalEvent`]s, each of a [`Cycle`]: all that follows from one decision to enter, such as a wheel's
//! puts, shares and calls. What else there is to know of a cycle is computed from its events alone: its lots, its
//! [`Trade`]s, both cost bases, and what it earned. [`Projection::of`] is that computation; a store keeps its result
//! beside the events and can tell at any time whether the two still agree.
//!
//! A trade holds besides what no event tells: the market around it, the risk that was planned, and what its owner
//! thought of it. That is added by whoever knows it, and a projection leaves it alone.

mod cycle;
mod daily;
mod event;
mod import;
mod note;
mod projection;
mod trade;
mod words;

pub use cycle::{BasisStep, Cycle, CycleFilter, Lot, LotClosing};
pub use daily::{DailyPnl, DailyPnlFilter, DailyPnlKey, DailyRepository, RiskState, RiskStateFilter};
pub use event::{JournalEvent, JournalEventFilter, JournalEventQuery, JournalRepository};
pub use import::{Import, ImportFilter, ImportQuery, ImportRepository, ImportedRow};
pub use note::{Note, NoteFilter, NoteKind, NoteQuery, NoteRepository, RuleDefinition, RuleFilter};
pub use projection::{Projection, RollLink, Settlement, no_events, trade_ids};
pub use trade::{
    Execution, ImportBatch, LegGroup, MarketContext, Origin, Outcome, Review, Risk, RollChain, RuleBreak, Run, Subject,
    Trade, TradeFilter, TradeQuery, TradeRepository, WheelLeg,
};
pub use words::{
    CloseAction, EventKind, ExitReason, LegRole, MentalState, OpenAction, Provenance, RollType, RuleSeverity, Side,
    WheelPhase, WinLoss,
};

#[cfg(test)]
mod tests;
