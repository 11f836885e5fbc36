//! Portfolios.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Decimal, Name, Page, Result, Source, Timestamp, Upserted, Version,
    trading::{PortfolioQuery, PortfolioRepository, PortfolioSnapshot},
};

use crate::{
    codec::{Value, record},
    engine::Engine,
    repository::SqlStore,
    shapes::versioned::{Key, Series, Versioned},
};

record! {
    PortfolioSnapshot in "portfolio_snapshots" {
        key { portfolio: Name, at: Timestamp }
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

impl Versioned for PortfolioSnapshot {
    type Series = Name;
    const SERIES: &'static str = "portfolio";

    fn key(&self) -> Key<Self> {
        (self.portfolio, self.at)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn series(portfolio: Name) -> Value {
        portfolio.as_str().into()
    }
}

fn series(portfolio: Name) -> Series {
    vec![("portfolio", portfolio.as_str().into())]
}

#[async_trait]
impl<E: Engine> PortfolioRepository for SqlStore<E> {
    async fn upsert_portfolio_snapshots(&self, snapshots: &[PortfolioSnapshot]) -> Result<Upserted> {
        self.upsert("upsert_portfolio_snapshots", snapshots, |row| Ok(row.clone())).await
    }

    async fn portfolio_as_of(&self, portfolio: Name, as_of: AsOf) -> Result<Option<PortfolioSnapshot>> {
        self.newest("portfolio_as_of", series(portfolio), as_of).await
    }

    async fn list_portfolio_snapshots(&self, query: &PortfolioQuery) -> Result<Page<PortfolioSnapshot>> {
        self.page("list_portfolio_snapshots", query, series(query.key), |row: &PortfolioSnapshot| row.at).await
    }

    async fn list_portfolio_versions(&self, portfolio: Name, at: Timestamp) -> Result<Vec<Version<PortfolioSnapshot>>> {
        self.versions("list_portfolio_versions", series(portfolio), at).await
    }
}
