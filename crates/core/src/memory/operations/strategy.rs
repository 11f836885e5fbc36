//! Strategies by name, in memory.

use async_trait::async_trait;

use crate::{
    Name, Result, Timestamp, Upserted,
    memory::{MemoryStore, State},
    operations::{Strategy, StrategyFilter, StrategyRepository, StrategyStatus},
};

#[async_trait]
impl StrategyRepository for MemoryStore {
    async fn upsert_strategies(&self, strategies: &[Strategy]) -> Result<Upserted> {
        self.replace("upsert_strategies", strategies, |state| &mut state.strategies)
    }

    async fn get_strategy(&self, name: Name) -> Result<Option<Strategy>> {
        self.read("get_strategy", |state| Ok(state.strategies.get(&name).cloned()))
    }

    async fn list_strategies(&self, filter: &StrategyFilter) -> Result<Vec<Strategy>> {
        self.read("list_strategies", |state| state.strategies.list(filter))
    }

    async fn set_strategy_status(&self, name: Name, status: StrategyStatus, at: Timestamp) -> Result<Strategy> {
        self.write("set_strategy_status", |state| state.set_strategy_status(name, status, at))
    }

    async fn delete_strategy(&self, name: Name) -> Result<bool> {
        self.write("delete_strategy", |state| Ok(state.strategies.delete(&name)))
    }
}

impl State {
    pub(in crate::memory) fn set_strategy_status(
        &mut self,
        name: Name,
        status: StrategyStatus,
        at: Timestamp,
    ) -> Result<Strategy> {
        self.strategies.update(&name, at, |strategy| {
            strategy.status = status;
            Ok(())
        })
    }
}
