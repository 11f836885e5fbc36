//! A run into a store.

use strikebook_core::{
    Id, Result, Upserted,
    analytics::BacktestRepository,
    trading::{
        MetricsRepository,
        journal::{JournalRepository, Provenance, Trade, TradeRepository},
        metrics::{Conventions, Window},
    },
};

use super::{Plan, WheelRun, run::exit_reason};
use crate::journal::{Measuring, measure};

/// What the store did with a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredRun {
    /// With the run itself.
    pub backtest: Upserted,
    /// With the journal's events.
    pub events: Upserted,
    /// How many trades were told where they come from.
    pub trades: u64,
    /// With the metrics of its trades.
    pub metrics: Upserted,
}

/// Stores a run: its events in the journal, whose trades are marked as those of this backtest; the run itself; and the
/// metrics of its trades by strategy, up to now. Storing the same run again changes nothing. The store must take
/// simulated rows, unless the plan's source is not simulated.
///
/// # Errors
/// Those of the repositories; [`Conflict`](strikebook_core::ErrorKind::Conflict) when another run has the same plan,
/// since the market's rows before its end have changed in between: give the plan another `run_at`.
///
/// # Cancel safety
/// The four parts are stored one after the other. A dropped call leaves out later ones, and calling again completes
/// them.
pub async fn store_run(
    store: &(impl JournalRepository + TradeRepository + BacktestRepository + MetricsRepository + ?Sized),
    plan: &Plan,
    run: &WheelRun,
) -> Result<StoredRun> {
    let backtest = store.insert_backtests(std::slice::from_ref(&run.backtest)).await?;
    let events = store.append_journal_events(&run.events).await?;
    let mut marked = 0;
    for projected in run.projections.iter().flat_map(|one| &one.trades) {
        let Some(stored) = store.get_trade(projected.id).await? else { continue };
        let mut trade = stored.clone();
        trade.provenance = Provenance::Backtest;
        trade.origin.run = Some(Id::from_uuid(run.backtest.id.as_uuid()));
        trade.execution.exit_reason = exit_reason(&trade);
        if trade != stored {
            store.replace_trade(&trade).await?;
            marked += 1;
        }
    }
    let at = run.equity.last().map_or(plan.run_at, |point| point.at);
    let measuring = Measuring {
        account: Some(plan.account),
        at,
        windows: vec![Window::All],
        conventions: Conventions { starting_equity: plan.cash, ..Conventions::default() },
        source: plan.source.clone(),
        recorded_at: plan.run_at,
    };
    let closed: Vec<_> = run.projections.iter().flat_map(|one| &one.trades).filter_map(Trade::closed).collect();
    let metrics = store.upsert_metrics(&measure(&closed, &measuring)).await?;
    Ok(StoredRun { backtest, events, trades: marked, metrics })
}
