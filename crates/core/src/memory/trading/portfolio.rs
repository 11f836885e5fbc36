//! Snapshots of portfolios, in memory.

use async_trait::async_trait;

use crate::{
    AsOf, Name, Page, Result, Timestamp, Upserted, Version,
    memory::MemoryStore,
    trading::{PortfolioQuery, PortfolioRepository, PortfolioSnapshot},
};

#[async_trait]
impl PortfolioRepository for MemoryStore {
    async fn upsert_portfolio_snapshots(&self, snapshots: &[PortfolioSnapshot]) -> Result<Upserted> {
        self.upsert("upsert_portfolio_snapshots", snapshots, |state| Ok(state.portfolios.upsert(snapshots)))
    }

    async fn portfolio_as_of(&self, portfolio: Name, as_of: AsOf) -> Result<Option<PortfolioSnapshot>> {
        self.read("portfolio_as_of", |state| Ok(state.portfolios.as_of(portfolio, as_of).cloned()))
    }

    async fn list_portfolio_snapshots(&self, query: &PortfolioQuery) -> Result<Page<PortfolioSnapshot>> {
        self.read("list_portfolio_snapshots", |state| state.portfolios.list(query))
    }

    async fn list_portfolio_versions(&self, portfolio: Name, at: Timestamp) -> Result<Vec<Version<PortfolioSnapshot>>> {
        self.read("list_portfolio_versions", |state| Ok(state.portfolios.versions(portfolio, at)))
    }
}
