//! Fundamentals of underlyings: columns and statements.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::{FundamentalRepository, Fundamentals, Symbol},
};

use crate::{engine::Engine, record::record, repository::SqlStore};

record! {
    Fundamentals in Fundamentals {
        series { symbol: Symbol }
        value { market_cap: Option<u64>, shares_outstanding: Option<u64>, source: Source }
    }
}

#[async_trait]
impl<E: Engine> FundamentalRepository for SqlStore<E> {
    async fn upsert_fundamentals(&self, rows: &[Fundamentals]) -> Result<Upserted> {
        self.upsert("upsert_fundamentals", rows, |row| Ok(row.clone())).await
    }

    async fn fundamentals_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Fundamentals>> {
        self.newest::<Fundamentals, _>("fundamentals_as_of", symbol, as_of).await
    }

    async fn list_fundamentals(&self, query: &SeriesQuery<Symbol>) -> Result<Page<Fundamentals>> {
        self.page::<Fundamentals, _>("list_fundamentals", query).await
    }

    async fn list_fundamental_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Fundamentals>>> {
        self.versions::<Fundamentals, _>("list_fundamental_versions", symbol, at).await
    }

    async fn list_fundamental_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<Fundamentals>> {
        self.changes::<Fundamentals, _>("list_fundamental_changes", query).await
    }
}
