//! Requests for the positions of an account.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    Error, Name, Result, Store, Timestamp,
    port::Keyed,
    trading::{Position, PositionFilter},
};

use super::Request;

/// Requests the positions of an account. Positions are fresh for 30 minutes.
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
    /// All positions of the account. No positions are an answer: the account holds nothing.
    type Batch = Vec<Position>;
    type Data = Vec<Position>;

    const DATASET: &'static str = "positions";
    const MAX_AGE: TimeDelta = TimeDelta::minutes(30);

    fn subject(&self) -> Result<Name> {
        Ok(self.account)
    }

    fn newest(&self, held: &Vec<Position>) -> Option<Timestamp> {
        held.iter().map(|position| position.opened_at.max(position.updated_at).max(position.recorded_at)).max()
    }

    /// Stores the positions and deletes those that the account no longer holds.
    async fn write(&self, store: &dyn Store, held: &Vec<Position>) -> Result<()> {
        if let Some(foreign) = held.iter().find(|position| position.account != self.account) {
            return Err(Error::invalid_input("the provider sent a position of another account")
                .with("account", self.account)
                .with("position", foreign.key()));
        }
        store.upsert_positions(held).await?;
        for stored in store.list_positions(&self.filter()).await? {
            if !held.iter().any(|position| position.key() == stored.key()) {
                store.delete_position(&stored.key()).await?;
            }
        }
        Ok(())
    }

    async fn read(&self, store: &dyn Store, _at: Timestamp) -> Result<Option<Vec<Position>>> {
        store.list_positions(&self.filter()).await.map(Some)
    }
}
