//! Positions of accounts, in memory.

use async_trait::async_trait;

use crate::{
    Result, Upserted,
    memory::MemoryStore,
    trading::{Position, PositionFilter, PositionKey, PositionRepository},
};

#[async_trait]
impl PositionRepository for MemoryStore {
    async fn upsert_positions(&self, positions: &[Position]) -> Result<Upserted> {
        self.replace("upsert_positions", positions, |state| &mut state.positions)
    }

    async fn get_position(&self, key: &PositionKey) -> Result<Option<Position>> {
        self.read("get_position", |state| Ok(state.positions.get(key).cloned()))
    }

    async fn list_positions(&self, filter: &PositionFilter) -> Result<Vec<Position>> {
        self.read("list_positions", |state| state.positions.list(filter))
    }

    async fn delete_position(&self, key: &PositionKey) -> Result<bool> {
        self.write("delete_position", |state| Ok(state.positions.delete(key)))
    }
}
