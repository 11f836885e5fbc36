//! Calibrated models.

use async_trait::async_trait;

use crate::{
    AsOf, Name, Page, Result, Timestamp, Upserted, Version,
    analytics::{
        HestonParameters, HestonQuery, ModelRepository, OuParameters, OuQuery, SabrKey, SabrParameters, SabrQuery,
    },
    market::Symbol,
    memory::MemoryStore,
};

#[async_trait]
impl ModelRepository for MemoryStore {
    async fn upsert_heston(&self, parameters: &[HestonParameters]) -> Result<Upserted> {
        self.upsert("upsert_heston", parameters, |state| Ok(state.heston.upsert(parameters)))
    }

    async fn heston_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<HestonParameters>> {
        self.read("heston_as_of", |state| Ok(state.heston.as_of(symbol, as_of).cloned()))
    }

    async fn list_heston(&self, query: &HestonQuery) -> Result<Page<HestonParameters>> {
        self.read("list_heston", |state| state.heston.list(query))
    }

    async fn list_heston_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<HestonParameters>>> {
        self.read("list_heston_versions", |state| Ok(state.heston.versions(symbol, at)))
    }

    async fn upsert_sabr(&self, parameters: &[SabrParameters]) -> Result<Upserted> {
        self.upsert("upsert_sabr", parameters, |state| Ok(state.sabr.upsert(parameters)))
    }

    async fn sabr_as_of(&self, key: SabrKey, as_of: AsOf) -> Result<Option<SabrParameters>> {
        self.read("sabr_as_of", |state| Ok(state.sabr.as_of(key, as_of).cloned()))
    }

    async fn sabr_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SabrParameters>> {
        self.read("sabr_surface_as_of", |state| {
            let of_symbol = |key: &SabrKey| key.symbol == symbol;
            let smiles: Vec<_> = state.sabr.last_of_each(of_symbol, as_of).collect();
            let last = smiles.iter().map(|smile| smile.at).max();
            Ok(smiles.into_iter().filter(|smile| Some(smile.at) == last).cloned().collect())
        })
    }

    async fn list_sabr(&self, query: &SabrQuery) -> Result<Page<SabrParameters>> {
        self.read("list_sabr", |state| state.sabr.list(query))
    }

    async fn list_sabr_versions(&self, key: SabrKey, at: Timestamp) -> Result<Vec<Version<SabrParameters>>> {
        self.read("list_sabr_versions", |state| Ok(state.sabr.versions(key, at)))
    }

    async fn upsert_ou(&self, parameters: &[OuParameters]) -> Result<Upserted> {
        self.upsert("upsert_ou", parameters, |state| Ok(state.ou.upsert(parameters)))
    }

    async fn ou_as_of(&self, pair: Name, as_of: AsOf) -> Result<Option<OuParameters>> {
        self.read("ou_as_of", |state| Ok(state.ou.as_of(pair, as_of).cloned()))
    }

    async fn list_ou(&self, query: &OuQuery) -> Result<Page<OuParameters>> {
        self.read("list_ou", |state| state.ou.list(query))
    }

    async fn list_ou_versions(&self, pair: Name, at: Timestamp) -> Result<Vec<Version<OuParameters>>> {
        self.read("list_ou_versions", |state| Ok(state.ou.versions(pair, at)))
    }
}
