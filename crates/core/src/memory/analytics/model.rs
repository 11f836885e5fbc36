//! Calibrated models of each kind, in memory.

use async_trait::async_trait;

use crate::{
    AsOf, Name, Page, Result, Timestamp, Upserted, Version,
    analytics::{
        HestonParameters, HestonQuery, HestonRepository, OuParameters, OuQuery, OuRepository, SabrParameters,
        SabrQuery, SabrRepository, SmileKey, SviParameters, SviQuery, SviRepository,
    },
    market::Symbol,
    memory::{MemoryStore, versioned::Versioned},
    port::Recorded,
};

#[async_trait]
impl HestonRepository for MemoryStore {
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
}

#[async_trait]
impl SabrRepository for MemoryStore {
    async fn upsert_sabr(&self, parameters: &[SabrParameters]) -> Result<Upserted> {
        self.upsert("upsert_sabr", parameters, |state| Ok(state.sabr.upsert(parameters)))
    }

    async fn sabr_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SabrParameters>> {
        self.read("sabr_as_of", |state| Ok(state.sabr.as_of(key, as_of).cloned()))
    }

    async fn sabr_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SabrParameters>> {
        self.read("sabr_surface_as_of", |state| Ok(surface(&state.sabr, symbol, as_of)))
    }

    async fn list_sabr(&self, query: &SabrQuery) -> Result<Page<SabrParameters>> {
        self.read("list_sabr", |state| state.sabr.list(query))
    }

    async fn list_sabr_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SabrParameters>>> {
        self.read("list_sabr_versions", |state| Ok(state.sabr.versions(key, at)))
    }
}

#[async_trait]
impl SviRepository for MemoryStore {
    async fn upsert_svi(&self, parameters: &[SviParameters]) -> Result<Upserted> {
        self.upsert("upsert_svi", parameters, |state| Ok(state.svi.upsert(parameters)))
    }

    async fn svi_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SviParameters>> {
        self.read("svi_as_of", |state| Ok(state.svi.as_of(key, as_of).cloned()))
    }

    async fn svi_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SviParameters>> {
        self.read("svi_surface_as_of", |state| Ok(surface(&state.svi, symbol, as_of)))
    }

    async fn list_svi(&self, query: &SviQuery) -> Result<Page<SviParameters>> {
        self.read("list_svi", |state| state.svi.list(query))
    }

    async fn list_svi_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SviParameters>>> {
        self.read("list_svi_versions", |state| Ok(state.svi.versions(key, at)))
    }
}

#[async_trait]
impl OuRepository for MemoryStore {
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

/// Returns the smiles of a symbol's last calibration.
fn surface<R>(smiles: &Versioned<SmileKey, R>, symbol: Symbol, as_of: AsOf) -> Vec<R>
where
    R: Recorded<Key = (SmileKey, Timestamp)> + Clone + PartialEq,
{
    let smiles: Vec<_> = smiles.last_of_each(|key| key.symbol == symbol, as_of).collect();
    let last = smiles.iter().map(|smile| smile.key().1).max();
    smiles.into_iter().filter(|smile| Some(smile.key().1) == last).cloned().collect()
}
