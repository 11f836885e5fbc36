//! Portfolios: versioned snapshots, a series a portfolio.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Decimal, Name, Page, Result, Source, Timestamp, Upserted, Version,
    trading::{PortfolioQuery, PortfolioRepository, PortfolioSnapshot},
};

use crate::{engine::Engine, record::record, repository::SqlStore};

record! {
    PortfolioSnapshot in Portfolios {
        series { portfolio: Name }
        value {
            total_value: Decimal,
            cash: Decimal,
            positions_value: Decimal,
            total_pnl: Option<Decimal>,
            unrealized_pnl: Option<Decimal>,
            realized_pnl: Option<Decimal>,
            total_exposure: Decimal,
            net_exposure: Decimal,
            positions: u32,
            net_delta: Option<f64>,
            source: Source,
        }
    }
}

#[async_trait]
impl<E: Engine> PortfolioRepository for SqlStore<E> {
    async fn upsert_portfolio_snapshots(&self, snapshots: &[PortfolioSnapshot]) -> Result<Upserted> {
        self.upsert("upsert_portfolio_snapshots", snapshots, |row| Ok(row.clone())).await
    }

    async fn portfolio_as_of(&self, portfolio: Name, as_of: AsOf) -> Result<Option<PortfolioSnapshot>> {
        self.newest::<PortfolioSnapshot, _>("portfolio_as_of", portfolio, as_of).await
    }

    async fn list_portfolio_snapshots(&self, query: &PortfolioQuery) -> Result<Page<PortfolioSnapshot>> {
        self.page::<PortfolioSnapshot, _>("list_portfolio_snapshots", query).await
    }

    async fn list_portfolio_versions(&self, portfolio: Name, at: Timestamp) -> Result<Vec<Version<PortfolioSnapshot>>> {
        self.versions::<PortfolioSnapshot, _>("list_portfolio_versions", portfolio, at).await
    }
}
