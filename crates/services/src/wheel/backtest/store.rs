//! The storing of a run.

use strikebook_core::{
    Id, Result, Upserted,
    analytics::BacktestRepository,
    trading::{
        MetricsRepository,
        journal::{JournalRepository, TradeRepository},
        metrics::{Conventions, TradeUnit, Window},
    },
};

use super::{WheelPlan, WheelRun, run::exit_reason};
use crate::journal::{MetricsScope, decisions, measure};

/// The counts of a stored run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredWheelRun {
    /// The counts of the backtest.
    pub backtest: Upserted,
    /// The counts of the journal's events.
    pub events: Upserted,
    /// The number of trades marked as those of the backtest.
    pub trades: u64,
    /// The counts of the metrics.
    pub metrics: Upserted,
}

/// Stores a run: its events in the journal, whose trades are marked as those of this backtest; the backtest itself; and
/// the metrics of its trades by strategy, up to its last day. Storing the same run again changes nothing. The store
/// must admit simulated rows, unless the plan's source is not simulated.
///
/// # Errors
/// Those of the repositories; [`Conflict`](strikebook_core::ErrorKind::Conflict) when another run has the same plan,
/// since the market's rows up to its last day have changed in between: give the plan another `run_at`.
///
/// # Cancel safety
/// The four parts are stored one after the other. After a dropped call, another call completes them.
pub async fn store_run(
    store: &(impl JournalRepository + TradeRepository + BacktestRepository + MetricsRepository + ?Sized),
    plan: &WheelPlan,
    run: &WheelRun,
) -> Result<StoredWheelRun> {
    let backtest = store.insert_backtests(std::slice::from_ref(&run.backtest)).await?;
    let events = store.append_journal_events(&run.events).await?;
    let mut marked = 0;
    for projected in run.projections.iter().flat_map(|one| &one.trades) {
        let Some(stored) = store.get_trade(projected.id).await? else { continue };
        let mut trade = stored.clone();
        trade.origin.run = Some(Id::from_uuid(run.backtest.id.as_uuid()));
        trade.execution.exit_reason = exit_reason(&trade);
        if trade != stored {
            store.replace_trade(&trade).await?;
            marked += 1;
        }
    }
    let at = run.equity.last().map_or(plan.run_at, |point| point.at);
    let scope = MetricsScope {
        account: Some(plan.account),
        at,
        windows: vec![Window::All],
        unit: TradeUnit::Decision,
        conventions: Conventions { starting_equity: plan.cash, ..Conventions::default() },
        source: plan.source.clone(),
        recorded_at: plan.run_at,
    };
    let cycles: Vec<_> = run.projections.iter().map(|one| one.cycle.clone()).collect();
    let lots: Vec<_> = run.projections.iter().flat_map(|one| one.trades.clone()).collect();
    let metrics = store.upsert_metrics(&measure(&decisions(&cycles, &lots), &scope)).await?;
    Ok(StoredWheelRun { backtest, events, trades: marked, metrics })
}
