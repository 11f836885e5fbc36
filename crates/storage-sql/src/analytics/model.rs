//! Calibrated models: a versioned table for each kind (Heston, SABR, SVI, Ornstein–Uhlenbeck).

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Name, Page, Result, Source, Timestamp, Upserted, Version,
    analytics::{
        FitQuality, HestonParameters, HestonQuery, HestonRepository, InputsHash, Maturity, OuParameters, OuQuery,
        OuRepository, SabrParameters, SabrQuery, SabrRepository, SmileKey, SviParameters, SviQuery, SviRepository,
    },
    market::Symbol,
};

use crate::{
    engine::Engine,
    record::record,
    repository::SqlStore,
    shapes::versioned::{self, ReadFrom, Versioned},
};

/// Lists the columns of a model as [`record!`](crate::record) does, followed by those of its fit.
macro_rules! fitted_record {
    ($name:ident in $dataset:ident { $($columns:tt)+ }) => {
        record! {
            $name in $dataset {
                $($columns)+
                fit: FitQuality "" {
                    rmse: Option<f64>,
                    r_squared: Option<f64>,
                    n_options: Option<u64>,
                    calibration_time_ms: Option<u64>,
                    inputs: Option<InputsHash>,
                }
            }
        }
    };
}

fitted_record! {
    HestonParameters in HestonParameters {
        series { symbol: Symbol }
        value { kappa: f64, theta: f64, sigma: f64, rho: f64, v0: f64, source: Source }
    }
}

fitted_record! {
    SabrParameters in SabrParameters {
        series key: SmileKey { symbol: Symbol, maturity: Maturity }
        value { alpha: f64, beta: f64, rho: f64, nu: f64, source: Source }
    }
}

fitted_record! {
    SviParameters in SviParameters {
        series key: SmileKey { symbol: Symbol, maturity: Maturity }
        value { a: f64, b: f64, rho: f64, m: f64, sigma: f64, source: Source }
    }
}

fitted_record! {
    OuParameters in OuParameters {
        series { pair: Name }
        value {
            first: Symbol,
            second: Symbol,
            hedge_ratio: f64,
            theta: f64,
            mu: f64,
            sigma: f64,
            adf_statistic: Option<f64>,
            adf_p_value: Option<f64>,
            entry_lower: Option<f64>,
            entry_upper: Option<f64>,
            exit_target: Option<f64>,
            stop_loss: Option<f64>,
            source: Source,
        }
    }
}

#[async_trait]
impl<E: Engine> HestonRepository for SqlStore<E> {
    async fn upsert_heston(&self, parameters: &[HestonParameters]) -> Result<Upserted> {
        self.upsert("upsert_heston", parameters, |row| Ok(row.clone())).await
    }

    async fn heston_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<HestonParameters>> {
        self.newest::<HestonParameters, _>("heston_as_of", symbol, as_of).await
    }

    async fn list_heston(&self, query: &HestonQuery) -> Result<Page<HestonParameters>> {
        self.page::<HestonParameters, _>("list_heston", query).await
    }

    async fn list_heston_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<HestonParameters>>> {
        self.versions::<HestonParameters, _>("list_heston_versions", symbol, at).await
    }
}

#[async_trait]
impl<E: Engine> SabrRepository for SqlStore<E> {
    async fn upsert_sabr(&self, parameters: &[SabrParameters]) -> Result<Upserted> {
        self.upsert("upsert_sabr", parameters, |row| Ok(row.clone())).await
    }

    async fn sabr_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SabrParameters>> {
        self.newest::<SabrParameters, _>("sabr_as_of", key, as_of).await
    }

    async fn sabr_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SabrParameters>> {
        self.surface::<SabrParameters>("sabr_surface_as_of", symbol, as_of).await
    }

    async fn list_sabr(&self, query: &SabrQuery) -> Result<Page<SabrParameters>> {
        self.page::<SabrParameters, _>("list_sabr", query).await
    }

    async fn list_sabr_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SabrParameters>>> {
        self.versions::<SabrParameters, _>("list_sabr_versions", key, at).await
    }
}

#[async_trait]
impl<E: Engine> SviRepository for SqlStore<E> {
    async fn upsert_svi(&self, parameters: &[SviParameters]) -> Result<Upserted> {
        self.upsert("upsert_svi", parameters, |row| Ok(row.clone())).await
    }

    async fn svi_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SviParameters>> {
        self.newest::<SviParameters, _>("svi_as_of", key, as_of).await
    }

    async fn svi_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SviParameters>> {
        self.surface::<SviParameters>("svi_surface_as_of", symbol, as_of).await
    }

    async fn list_svi(&self, query: &SviQuery) -> Result<Page<SviParameters>> {
        self.page::<SviParameters, _>("list_svi", query).await
    }

    async fn list_svi_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SviParameters>>> {
        self.versions::<SviParameters, _>("list_svi_versions", key, at).await
    }
}

#[async_trait]
impl<E: Engine> OuRepository for SqlStore<E> {
    async fn upsert_ou(&self, parameters: &[OuParameters]) -> Result<Upserted> {
        self.upsert("upsert_ou", parameters, |row| Ok(row.clone())).await
    }

    async fn ou_as_of(&self, pair: Name, as_of: AsOf) -> Result<Option<OuParameters>> {
        self.newest::<OuParameters, _>("ou_as_of", pair, as_of).await
    }

    async fn list_ou(&self, query: &OuQuery) -> Result<Page<OuParameters>> {
        self.page::<OuParameters, _>("list_ou", query).await
    }

    async fn list_ou_versions(&self, pair: Name, at: Timestamp) -> Result<Vec<Version<OuParameters>>> {
        self.versions::<OuParameters, _>("list_ou_versions", pair, at).await
    }
}

impl<E: Engine> SqlStore<E> {
    /// Returns the smiles of a symbol's last calibration, by maturity.
    async fn surface<R: Versioned<Series = SmileKey>>(
        &self,
        operation: &'static str,
        symbol: Symbol,
        as_of: AsOf,
    ) -> Result<Vec<R>> {
        let smiles = vec![("symbol", symbol.into())];
        self.snapshot(operation, move |session| {
            let last = versioned::list::<R>(session, &smiles, Timestamp::MIN, as_of, ReadFrom::Newest, Some(1))?.pop();
            let Some((_, at)) = last.map(|row| row.key()) else { return Ok(Vec::new()) };
            let of_instant = AsOf { at, ..as_of };
            let mut rows = versioned::list::<R>(session, &smiles, at, of_instant, ReadFrom::Oldest, None)?;
            rows.sort_by_key(R::key);
            Ok(rows)
        })
        .await
    }
}
