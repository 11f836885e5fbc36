//! Requests for computed Greeks.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Error, Name, Result, Store, Timestamp,
    analytics::{ComputedGreeks, GreeksKey},
};

use super::Request;

/// Requests a model's Greeks of a contract. Greeks are fresh for an hour. The provider computes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GreeksRequest {
    /// The contract, the model and its revision.
    pub key: GreeksKey,
}

impl GreeksRequest {
    /// Creates a request for the Greeks of a contract by a model.
    pub const fn new(key: GreeksKey) -> Self {
        Self { key }
    }
}

#[async_trait]
impl Request for GreeksRequest {
    type Batch = ComputedGreeks;
    type Data = ComputedGreeks;

    const DATASET: &'static str = "greeks";
    const MAX_AGE: TimeDelta = TimeDelta::hours(1);

    fn subject(&self) -> Result<Name> {
        let GreeksKey { contract, model, revision } = self.key;
        // Without the blanks of the contract's root the name has at most 64 bytes: 21, 32, one, and ten digits of a
        // revision. The contract ends with the eight digits of its strike, so the model needs no separator.
        let contract: String = contract.to_string().split_whitespace().collect();
        Name::new(&format!("{contract}{model}/{revision}"))
    }

    fn newest(&self, greeks: &ComputedGreeks) -> Option<Timestamp> {
        Some(greeks.at.max(greeks.recorded_at))
    }

    async fn write(&self, store: &dyn Store, greeks: &ComputedGreeks) -> Result<()> {
        if greeks.key != self.key {
            return Err(Error::invalid_input("the provider sent Greeks of another contract, model or revision")
                .with("greeks", described(&greeks.key))
                .with("expected", described(&self.key)));
        }
        store.upsert_greeks(std::slice::from_ref(greeks)).await.map(drop)
    }

    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<ComputedGreeks>> {
        store.greeks_as_of(&self.key, AsOf::instant(at)).await
    }
}

fn described(key: &GreeksKey) -> String {
    format!("{} {}/{}", key.contract.to_compact(), key.model, key.revision)
}
