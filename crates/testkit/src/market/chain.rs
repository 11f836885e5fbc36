//! Quotes of option contracts and the chain as of a point.

use async_trait::async_trait;
use strikebook_core::{
    Page, Result, SeriesQuery, Store, Upserted, Version,
    maintenance::Dataset,
    market::{OptionContract, OptionQuote},
};

use crate::series::{Draft, Series};

/// Quotes of option contracts, as the shared cases see them.
#[derive(Debug)]
pub struct Quotes;

/// A contract of SPY that no other number gives.
pub(crate) fn contract(index: usize) -> OptionContract {
    let symbol = format!("SPY291221C{:08}", 600_000 + 1_000 * index);
    symbol.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[async_trait]
impl Series for Quotes {
    type Key = OptionContract;
    type Row = OptionQuote;

    const DATASET: Dataset = Dataset::OptionQuotes;

    fn row(draft: &Draft) -> OptionQuote {
        OptionQuote::new(contract(draft.series), draft.at, draft.source.clone())
            .with_market(Some(draft.value), None)
            .with_recorded_at(draft.recorded_at)
    }

    async fn upsert(store: &dyn Store, rows: &[OptionQuote]) -> Result<Upserted> {
        store.upsert_quotes(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<OptionContract>) -> Result<Page<OptionQuote>> {
        store.list_quotes(query).await
    }

    async fn versions(store: &dyn Store, row: &OptionQuote) -> Result<Option<Vec<Version<OptionQuote>>>> {
        store.list_quote_versions(&row.contract, row.at).await.map(Some)
    }
}
