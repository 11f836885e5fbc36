//! The wheel over stored chains.
//!
//! [`run_wheel`] plays a [`Plan`] from trading day to trading day. Each day it reads what was known at the close, on
//! both clocks, and acts at the quotes of that instant:
//!
//! 1. cash earns interest, and shares their dividend on its ex-dividend day;
//! 2. an option that expires by the next trading day is settled: assigned when it is at least 0.01 in the money (the
//!    exercise by exception of OCC Rule 805), expired otherwise. Then nothing is sold that day, since one learns of it
//!    after the close;
//! 3. a call in the money is assigned early when the stock goes without dividend on the next trading day and the
//!    dividend, known by now, is larger than the call's time value: its holder earns more by exercising than by
//!    waiting;
//! 4. an option is bought back at its profit target, or [rolled](Roll);
//! 5. with no option open, the best put that [advice](super::advise) finds is sold, or, with shares in hand, the best
//!    call.
//!
//! What was done is a list of events of the [journal](strikebook_core::trading::journal), from which trades, cycles and
//! cost bases follow as they do for a broker's history. [`store_run`] writes them, the [`Backtest`] and its metrics.
//!
//! A run depends on its plan and on rows up to its last day that were known then, and on nothing else: later rows and
//! later corrections change nothing, and two runs are equal to the last digit. It knows nothing of splits: a plan must
//! not go over one. Early exercise of puts is not played.
//!
//! [`Backtest`]: strikebook_core::analytics::Backtest

mod book;
mod market;
mod plan;
mod play;
mod price;
mod run;
mod store;

pub use market::{Issue, IssueKind};
pub use plan::{Plan, Roll};
pub use run::{WheelRun, run_wheel};
pub use store::{StoredRun, store_run};
