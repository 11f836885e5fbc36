//! Requests for what an account holds: its positions and balances, as one snapshot.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Error, Name, Result, Store, Timestamp,
    port::Keyed,
    trading::{AccountSnapshot, HeldPosition, Position, PositionFilter},
    unit::UnitOfWork,
};

use super::Request;

/// An account as its broker reported it: the snapshot with balances and positions, and the positions as the strategies
/// hold them now.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountReport {
    /// The snapshot, which joins the account's history.
    pub snapshot: AccountSnapshot,
    /// All positions of the account, which replace those held before. None are an answer: the account holds nothing.
    pub positions: Vec<Position>,
}

impl AccountReport {
    /// Creates a report. The snapshot gets the positions that it lacks, with quantity and average cost.
    pub fn new(mut snapshot: AccountSnapshot, positions: Vec<Position>) -> Self {
        for position in positions.iter().filter(|position| position.is_open()) {
            if !snapshot.positions.iter().any(|held| is_of(held, position)) {
                snapshot.positions.push(HeldPosition {
                    strategy: Some(position.strategy),
                    average_cost: position.average_cost,
                    ..HeldPosition::new(position.instrument, position.quantity)
                });
            }
        }
        Self { snapshot, positions }
    }

    /// Checks that both parts are of an account.
    fn check(&self, account: Name) -> Result<()> {
        let foreign = |what: &'static str| Error::invalid_input(what).with("account", account);
        if self.snapshot.account != account {
            return Err(foreign("the provider sent a snapshot of another account").with("found", self.snapshot.account));
        }
        match self.positions.iter().find(|position| position.account != account) {
            Some(position) => {
                Err(foreign("the provider sent a position of another account").with("position", position.key()))
            }
            None => Ok(()),
        }
    }
}

/// Returns true if a position of a snapshot may be one of a strategy's. Brokers mostly name no strategy.
fn is_of(held: &HeldPosition, position: &Position) -> bool {
    held.instrument == position.instrument && held.strategy.is_none_or(|strategy| strategy == position.strategy)
}

/// Requests what an account holds, positions and balances together. The report is fresh for 30 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PositionsRequest {
    /// The account that holds the positions.
    pub account: Name,
}

impl PositionsRequest {
    /// Creates a request for all positions of an account.
    pub const fn new(account: Name) -> Self {
        Self { account }
    }

    fn filter(&self) -> PositionFilter {
        PositionFilter { account: Some(self.account), ..PositionFilter::default() }
    }
}

#[async_trait]
impl Request for PositionsRequest {
    type Batch = AccountReport;
    type Data = AccountReport;

    const DATASET: &'static str = "positions";
    const MAX_AGE: TimeDelta = TimeDelta::minutes(30);

    fn subject(&self) -> Result<Name> {
        Ok(self.account)
    }

    fn newest(&self, report: &AccountReport) -> Option<Timestamp> {
        let held = report.positions.iter();
        let held = held.map(|position| position.opened_at.max(position.updated_at).max(position.recorded_at)).max();
        held.max(Some(report.snapshot.at.max(report.snapshot.recorded_at)))
    }

    /// Stores the snapshot and the positions, and deletes the positions that the account no longer holds, in one unit
    /// of work. Earlier snapshots stay, and tell what was held when.
    async fn write(&self, store: &dyn Store, report: &AccountReport) -> Result<()> {
        report.check(self.account)?;
        let held: BTreeSet<_> = report.positions.iter().map(Keyed::key).collect();
        let stored = store.list_positions(&self.filter()).await?;
        let gone = stored.iter().map(Keyed::key).filter(|key| !held.contains(key));
        let unit = UnitOfWork::new()
            .insert_account_snapshots(vec![report.snapshot.clone()])
            .upsert_positions(report.positions.clone());
        store.apply(&gone.fold(unit, UnitOfWork::delete_position)).await.map(drop)
    }

    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<AccountReport>> {
        let Some(snapshot) = store.latest_account_snapshot(self.account, AsOf::instant(at), None).await? else {
            return Ok(None);
        };
        Ok(Some(AccountReport { snapshot, positions: store.list_positions(&self.filter()).await? }))
    }
}
