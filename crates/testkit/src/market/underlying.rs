//! Quotes of underlyings.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version,
    maintenance::Dataset,
    market::{Symbol, UnderlyingQuote},
};

use crate::series::{Draft, Series};

/// Quotes of underlyings, as the shared cases see them.
#[derive(Debug)]
pub struct UnderlyingQuotes;

/// A symbol that no other number gives.
pub(crate) fn symbol(index: usize) -> Symbol {
    Symbol::new(&format!("SYM.{index}")).unwrap_or_else(|error| panic!("{error}"))
}

#[async_trait]
impl Series for UnderlyingQuotes {
    type Key = Symbol;
    type Row = UnderlyingQuote;

    const DATASET: Dataset = Dataset::UnderlyingQuotes;

    fn row(draft: &Draft) -> UnderlyingQuote {
        let quote = UnderlyingQuote::new(symbol(draft.series), draft.at, draft.source.clone());
        UnderlyingQuote { last: Some(draft.value), recorded_at: draft.recorded_at, ..quote }
    }

    async fn upsert(store: &dyn Store, rows: &[UnderlyingQuote]) -> Result<Upserted> {
        store.upsert_underlying_quotes(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Symbol>) -> Result<Page<UnderlyingQuote>> {
        store.list_underlying_quotes(query).await
    }

    async fn as_of(store: &dyn Store, key: Symbol, as_of: AsOf) -> Result<Option<UnderlyingQuote>> {
        store.underlying_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &UnderlyingQuote) -> Result<Option<Vec<Version<UnderlyingQuote>>>> {
        store.list_underlying_versions(row.symbol, row.at).await.map(Some)
    }
}
