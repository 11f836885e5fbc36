//! Computed Greeks.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Error, Name, Result, Store, Timestamp,
    analytics::{ComputedGreeks, GreeksKey},
};

use super::Request;

/// Asks for a model's Greeks of a contract. They are young for an hour. The provider is who computes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GreeksRequest {
    /// The contract, the model and its revision.
    pub key: GreeksKey,
}

impl GreeksRequest {
    /// The Greeks of a contract by a model.
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
        // Without the blanks of the contract's root it is 64 bytes at most: 21, 32, one, and ten digits of a revision.
        // What comes before the model ends with the eight digits of the strike, and so needs no mark behind it.
        let contract: String = contract.to_string().split_whitespace().collect();
        Name::new(&format!("{contract}{model}/{revision}"))
    }

    fn newest(&self, greeks: &ComputedGreeks) -> Option<Timestamp> {
        Some(greeks.at.max(greeks.recorded_at))
    }

    async fn write(&self, store: &dyn Store, greeks: &ComputedGreeks) -> Result<()> {
        if greeks.key != self.key {
            return Err(Error::invalid_input("the provider gave Greeks of something else")
                .with("contract", greeks.key.contract)
                .with("expected", self.key.contract));
        }
        store.upsert_greeks(std::slice::from_ref(greeks)).await.map(drop)
    }

    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<ComputedGreeks>> {
        store.greeks_as_of(&self.key, AsOf::instant(at)).await
    }
}
