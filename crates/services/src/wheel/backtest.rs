//! Backtests of the wheel over stored chains.
//!
//! [`run_wheel`] simulates a [`WheelPlan`] from trading day to trading day. Each day it reads the market as of the
//! close, on both clocks, and acts at the quotes of that instant:
//!
//! 0. a split that came into force multiplies shares and divides their price; an open option is adjusted when the split
//!    multiplies by a whole number (contracts times it, strike divided by it and rounded to cents), and is bought back
//!    at its last mark otherwise, which the run lists as an issue;
//! 1. cash earns interest, and shares their dividend on its ex-dividend date;
//! 2. an option that expires by the next trading day is settled: assigned when it is at least 0.01 in the money (the
//!    exercise by exception of OCC Rule 805), expired otherwise. Nothing is sold on that day, since an account learns
//!    of it after the close;
//! 3. a call in the money is assigned early when the next trading day is an ex-dividend date and the dividend, known by
//!    now, is larger than the call's time value: its holder earns more by exercising than by waiting;
//! 4. an option is bought back at its profit target, or [rolled](RollRule);
//! 5. with no option open, the best put of the [advice](super::advise) is sold, or, with shares held, the best call.
//!
//! The result is a list of events of the [journal](strikebook_core::trading::journal), from which trades, cycles and
//! cost bases follow as for a broker's history. [`store_run`] stores them, the [`Backtest`] and its metrics.
//!
//! A run depends on its plan and on the rows up to its last day as they were known then, and on nothing else: later
//! rows and later corrections change nothing, and two runs are equal to the last digit. Splits, dividends and earnings
//! dates are those of the stored [corporate actions](strikebook_core::market::CorporateAction), as known on each day,
//! and the plan's calendar adds to them. Prices are raw throughout. Early exercise of puts is not simulated.
//!
//! [`Backtest`]: strikebook_core::analytics::Backtest

mod account;
mod market;
mod plan;
mod price;
mod run;
mod simulation;
mod store;

pub use market::{BacktestIssue, BacktestIssueKind};
pub use plan::{RollRule, WheelPlan};
pub use run::{WheelRun, run_wheel};
pub use store::{StoredWheelRun, store_run};
