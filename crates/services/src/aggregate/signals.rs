//! Signals by the day.

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    Result,
    trading::{SignalPerformance, SignalRepository},
};

use super::{days, midnight};

/// How a symbol's signals of a day were.
#[derive(Clone, Debug, PartialEq)]
pub struct DailySignals {
    /// The day in New York.
    pub day: NaiveDate,
    /// How many called for each action, and how sure they were.
    pub signals: SignalPerformance,
}

/// How the signals of each day from one to another, both included, were: in the order of days, and of symbols within one. A
/// day without signals is left out.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for more than a hundred years, and those of the engine.
///
/// # Cancel safety
/// Safe.
pub async fn daily_signals(
    store: &(impl SignalRepository + ?Sized),
    (from, until): (NaiveDate, NaiveDate),
) -> Result<Vec<DailySignals>> {
    let mut told = Vec::new();
    for day in days(from, until)? {
        let next = midnight(day.succ_opt().unwrap_or(day))?;
        let end = next.saturating_sub(TimeDelta::microseconds(1));
        let signals = store.signal_performance(midnight(day)?, end).await?;
        told.extend(signals.into_iter().map(|signals| DailySignals { day, signals }));
    }
    Ok(told)
}
