//! Quotes of underlyings.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, Source, Timestamp, Upserted, Version,
    market::{Symbol, UnderlyingQuery, UnderlyingQuote, UnderlyingRepository},
};

use crate::{
    codec::{Value, record},
    engine::Engine,
    store::SqlStore,
    versioned::{Key, Series, Versioned},
};

record! {
    UnderlyingQuote in "underlying_quotes" {
        key { symbol: Symbol, at: Timestamp }
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

impl Versioned for UnderlyingQuote {
    type Series = Symbol;
    const SERIES: &'static str = "symbol";

    fn key(&self) -> Key<Self> {
        (self.symbol, self.at)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn series(symbol: Symbol) -> Value {
        symbol.as_str().into()
    }
}

fn series(symbol: Symbol) -> Series {
    vec![("symbol", symbol.as_str().into())]
}

#[async_trait]
impl<E: Engine> UnderlyingRepository for SqlStore<E> {
    async fn upsert_underlying_quotes(&self, quotes: &[UnderlyingQuote]) -> Result<Upserted> {
        self.upsert("upsert_underlying_quotes", quotes, UnderlyingQuote::clone).await
    }

    async fn underlying_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<UnderlyingQuote>> {
        self.newest("underlying_as_of", series(symbol), as_of).await
    }

    async fn list_underlying_quotes(&self, query: &UnderlyingQuery) -> Result<Page<UnderlyingQuote>> {
        self.page("list_underlying_quotes", query, series(query.key), |quote: &UnderlyingQuote| quote.at).await
    }

    async fn list_underlying_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<UnderlyingQuote>>> {
        self.versions("list_underlying_versions", series(symbol), at).await
    }
}
