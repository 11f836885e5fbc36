//! The trade journal: a log of events, and the cycles and trades that follow from it.
//!
//! The log consists of [`JournalEvent`]s. Each belongs to a [`Cycle`]: everything that follows from one decision to
//! enter, such as the puts, shares and calls of a wheel. Lots, [`Trade`]s, both cost bases and the profit of a cycle
//! are computed from its events alone by [`Projection::of`]. A store keeps the result beside the events, and
//! [`rebuild_cycle`](JournalRepository::rebuild_cycle) verifies it at any time.
//!
//! A trade also has fields that do not follow from events: the market context, the planned risk and the owner's
//! review. Callers add them, and a projection leaves them unchanged.
//!
//! Wrong records are mended in the log: an [`Amendment`] corrects, voids or deletes an entry with its reason, and
//! everything that follows from events is computed again.

pub(crate) mod amendment;
mod cycle;
mod daily;
mod event;
pub(crate) mod import;
mod note;
pub(crate) mod projection;
pub(crate) mod trade;
mod words;

pub use amendment::{Amended, Amendment};
pub use cycle::{BasisStep, Cycle, CycleFilter, CycleReturns, Lot, LotClosing};
pub use daily::{DailyPnl, DailyPnlFilter, DailyPnlKey, DailyRepository, RiskState, RiskStateFilter};
pub use event::{JournalEvent, JournalEventFilter, JournalEventQuery, JournalRepository};
pub use import::{ImportFilter, ImportQuery, ImportRepository, ImportedRow};
pub use note::{Note, NoteFilter, NoteKind, NoteQuery, NoteRepository, RuleDefinition, RuleFilter};
pub use projection::{Projection, RollLink};
pub use trade::{
    ImportBatch, LegGroup, MarketContext, Origin, Review, Risk, RollChain, RuleBreak, StrategyRun, Trade,
    TradeExecution, TradeFilter, TradeOutcome, TradeQuery, TradeRepository, TradeSubject, WheelLeg,
};
pub use words::{
    CloseAction, EventKind, ExitReason, LegRole, MentalState, OpenAction, Provenance, RiskBasis, RollType,
    RuleSeverity, Side, WheelPhase, WinLoss,
};

#[cfg(test)]
mod tests;
