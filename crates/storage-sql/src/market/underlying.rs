//! Quotes of underlyings: versioned rows, a series a symbol.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, ChangeQuery, Page, Result, Source, Timestamp, Upserted, Version,
    market::{Symbol, UnderlyingQuery, UnderlyingQuote, UnderlyingRepository},
};

use crate::{
    codec::Record, engine::Engine, record::record, repository::SqlStore, session, shapes::versioned, sql::Sql,
};

record! {
    UnderlyingQuote in UnderlyingQuotes {
        series { symbol: Symbol }
        value {
            bid: Option<f64>,
            ask: Option<f64>,
            last: Option<f64>,
            bid_size: Option<u64>,
            ask_size: Option<u64>,
            volume: Option<u64>,
            source: Source,
        }
    }
}

#[async_trait]
impl<E: Engine> UnderlyingRepository for SqlStore<E> {
    async fn upsert_underlying_quotes(&self, quotes: &[UnderlyingQuote]) -> Result<Upserted> {
        self.upsert("upsert_underlying_quotes", quotes, |row| Ok(row.clone())).await
    }

    async fn underlying_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<UnderlyingQuote>> {
        self.newest::<UnderlyingQuote, _>("underlying_as_of", symbol, as_of).await
    }

    async fn list_underlying_quotes(&self, query: &UnderlyingQuery) -> Result<Page<UnderlyingQuote>> {
        self.page::<UnderlyingQuote, _>("list_underlying_quotes", query).await
    }

    async fn list_underlying_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<UnderlyingQuote>>> {
        self.versions::<UnderlyingQuote, _>("list_underlying_versions", symbol, at).await
    }

    async fn underlyings_as_of(&self, as_of: AsOf, max_age: Option<TimeDelta>) -> Result<Vec<UnderlyingQuote>> {
        let oldest = as_of.oldest(max_age).map_err(|error| self.named("underlyings_as_of", error))?;
        let columns = UnderlyingQuote::TABLE.columns_with("");
        let sql = Sql::new(format!(
            "SELECT {columns} FROM (SELECT q.*, row_number() OVER (PARTITION BY symbol ORDER BY \"at\" DESC) AS \
             place FROM ("
        ));
        let sql = versioned::valid_rows::<UnderlyingQuote>(sql, oldest, as_of);
        let sql = sql.push(") AS q) AS ranked WHERE place = 1 ORDER BY symbol");
        self.read("underlyings_as_of", move |session| session::collect(session, &sql)).await
    }

    async fn list_underlying_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<UnderlyingQuote>> {
        self.changes::<UnderlyingQuote, _>("list_underlying_changes", query).await
    }
}
