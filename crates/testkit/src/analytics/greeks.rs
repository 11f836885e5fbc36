//! Computed Greeks.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted,
    analytics::{ComputedGreeks, GreeksKey, Model},
    maintenance::Dataset,
    pricing::Valuation,
};

use crate::{
    market::chain::contract,
    series::{Draft, Series},
};

/// Computed Greeks, as the shared cases see them.
#[derive(Debug)]
pub struct Greeks;

#[async_trait]
impl Series for Greeks {
    type Key = GreeksKey;
    type Row = ComputedGreeks;

    const DATASET: Dataset = Dataset::Greeks;

    fn row(draft: &Draft) -> ComputedGreeks {
        let model = Model::new("black_scholes_merton").unwrap_or_else(|error| panic!("{error}"));
        ComputedGreeks {
            key: GreeksKey { contract: contract(draft.series), model, revision: 1 },
            at: draft.at,
            spot: 650.0,
            rate: 0.04,
            dividend_yield: 0.01,
            implied_volatility: 0.2,
            valuation: Valuation { price: draft.value, delta: 0.5, gamma: 0.01, theta: -30.0, ..Valuation::default() },
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[ComputedGreeks]) -> Result<Upserted> {
        store.upsert_greeks(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<GreeksKey>) -> Result<Page<ComputedGreeks>> {
        store.list_greeks(query).await
    }

    async fn as_of(store: &dyn Store, key: GreeksKey, as_of: AsOf) -> Result<Option<ComputedGreeks>> {
        store.greeks_as_of(&key, as_of).await
    }
}
