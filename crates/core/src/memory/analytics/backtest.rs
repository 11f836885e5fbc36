//! Backtests and their results, in memory.

use async_trait::async_trait;

use crate::{
    Id, Page, Result, Upserted,
    analytics::{Backtest, BacktestQuery, BacktestRepository},
    memory::MemoryStore,
};

#[async_trait]
impl BacktestRepository for MemoryStore {
    async fn insert_backtests(&self, backtests: &[Backtest]) -> Result<Upserted> {
        self.insert("insert_backtests", backtests, |state| &mut state.backtests)
    }

    async fn get_backtest(&self, id: Id<Backtest>) -> Result<Option<Backtest>> {
        self.read("get_backtest", |state| Ok(state.backtests.get(id).cloned()))
    }

    async fn list_backtests(&self, query: &BacktestQuery) -> Result<Page<Backtest>> {
        self.read("list_backtests", |state| state.backtests.list(query))
    }
}
