//! Calibrated models.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Name, Page, Result, Source, Timestamp, Upserted, Version,
    analytics::{
        Fit, HestonParameters, HestonQuery, InputsHash, Maturity, ModelRepository, OuParameters, OuQuery,
        SabrParameters, SabrQuery, SmileKey, SviParameters, SviQuery,
    },
    market::Symbol,
};

use crate::{
    codec::Value,
    engine::Engine,
    grouped::grouped_record,
    repository::SqlStore,
    shapes::versioned::{self, Key, ReadFrom, Series, Versioned},
};

/// As [`grouped_record!`](crate::grouped) for a model: its values, and then how well they fit.
macro_rules! fitted_record {
    ($name:ident in $table:literal { key { $($key:tt)+ } value { $($value:tt)+ } }) => {
        grouped_record! {
            $name in $table {
                key { $($key)+ }
                value { $($value)+ }
                fit: Fit "" {
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
    HestonParameters in "heston_parameters" {
        key { symbol: Symbol, at: Timestamp }
        value { kappa: f64, theta: f64, sigma: f64, rho: f64, v0: f64, source: Source }
    }
}

impl Versioned for HestonParameters {
    type Series = Symbol;
    const SERIES: &'static str = "symbol";

    fn key(&self) -> Key<Self> {
        (self.symbol, self.at)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn series(symbol: Self::Series) -> Value {
        symbol.as_str().into()
    }
}

/// The parameters of a smile as they are stored: the same with the key's parts in columns of their own.
macro_rules! smile_row {
    ($row:ident of $parameters:ident in $table:literal { $($parameter:ident),+ }) => {
        #[derive(Clone, Debug)]
        pub(crate) struct $row {
            symbol: Symbol,
            maturity: Maturity,
            at: Timestamp,
            $($parameter: f64,)+
            fit: Fit,
            source: Source,
            recorded_at: Timestamp,
        }

        fitted_record! {
            $row in $table {
                key { symbol: Symbol, maturity: Maturity, at: Timestamp }
                value { $($parameter: f64,)+ source: Source }
            }
        }

        impl From<&$parameters> for $row {
            fn from(parameters: &$parameters) -> Self {
                let $parameters { key: SmileKey { symbol, maturity }, at, $($parameter,)+ fit, source, recorded_at } =
                    parameters.clone();
                Self { symbol, maturity, at, $($parameter,)+ fit, source, recorded_at }
            }
        }

        impl From<$row> for $parameters {
            fn from(row: $row) -> Self {
                let $row { symbol, maturity, at, $($parameter,)+ fit, source, recorded_at } = row;
                Self { key: SmileKey { symbol, maturity }, at, $($parameter,)+ fit, source, recorded_at }
            }
        }

        impl Versioned for $row {
            type Series = SmileKey;
            const SERIES: &'static str = "symbol";

            fn key(&self) -> Key<Self> {
                (SmileKey { symbol: self.symbol, maturity: self.maturity }, self.at)
            }

            fn recorded_at(&self) -> Timestamp {
                self.recorded_at
            }

            fn series(key: SmileKey) -> Value {
                key.symbol.as_str().into()
            }
        }
    };
}

smile_row!(SabrRow of SabrParameters in "sabr_parameters" { alpha, beta, rho, nu });
smile_row!(SviRow of SviParameters in "svi_parameters" { a, b, rho, m, sigma });

fitted_record! {
    OuParameters in "ou_parameters" {
        key { pair: Name, at: Timestamp }
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

impl Versioned for OuParameters {
    type Series = Name;
    const SERIES: &'static str = "pair";

    fn key(&self) -> Key<Self> {
        (self.pair, self.at)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn series(pair: Self::Series) -> Value {
        pair.as_str().into()
    }
}

fn of_symbol(symbol: Symbol) -> Series {
    vec![("symbol", symbol.as_str().into())]
}

fn of_smile(key: SmileKey) -> Series {
    vec![("symbol", key.symbol.as_str().into()), ("maturity", key.maturity.years().into())]
}

fn of_pair(pair: Name) -> Series {
    vec![("pair", pair.as_str().into())]
}

#[async_trait]
impl<E: Engine> ModelRepository for SqlStore<E> {
    async fn upsert_heston(&self, parameters: &[HestonParameters]) -> Result<Upserted> {
        self.upsert("upsert_heston", parameters, |row| Ok(row.clone())).await
    }

    async fn heston_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<HestonParameters>> {
        self.newest("heston_as_of", of_symbol(symbol), as_of).await
    }

    async fn list_heston(&self, query: &HestonQuery) -> Result<Page<HestonParameters>> {
        self.page("list_heston", query, of_symbol(query.key), |row: &HestonParameters| row.at).await
    }

    async fn list_heston_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<HestonParameters>>> {
        self.versions::<HestonParameters, _>("list_heston_versions", of_symbol(symbol), at).await
    }

    async fn upsert_sabr(&self, parameters: &[SabrParameters]) -> Result<Upserted> {
        self.upsert("upsert_sabr", parameters, |parameters| Ok(SabrRow::from(parameters))).await
    }

    async fn sabr_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SabrParameters>> {
        Ok(self.newest("sabr_as_of", of_smile(key), as_of).await?.map(|row: SabrRow| row.into()))
    }

    async fn sabr_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SabrParameters>> {
        self.surface("sabr_surface_as_of", symbol, as_of, |row: SabrRow| row.into()).await
    }

    async fn list_sabr(&self, query: &SabrQuery) -> Result<Page<SabrParameters>> {
        self.page("list_sabr", query, of_smile(query.key), |row: &SabrRow| row.at).await
    }

    async fn list_sabr_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SabrParameters>>> {
        self.versions::<SabrRow, _>("list_sabr_versions", of_smile(key), at).await
    }

    async fn upsert_svi(&self, parameters: &[SviParameters]) -> Result<Upserted> {
        self.upsert("upsert_svi", parameters, |parameters| Ok(SviRow::from(parameters))).await
    }

    async fn svi_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SviParameters>> {
        Ok(self.newest("svi_as_of", of_smile(key), as_of).await?.map(|row: SviRow| row.into()))
    }

    async fn svi_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SviParameters>> {
        self.surface("svi_surface_as_of", symbol, as_of, |row: SviRow| row.into()).await
    }

    async fn list_svi(&self, query: &SviQuery) -> Result<Page<SviParameters>> {
        self.page("list_svi", query, of_smile(query.key), |row: &SviRow| row.at).await
    }

    async fn list_svi_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SviParameters>>> {
        self.versions::<SviRow, _>("list_svi_versions", of_smile(key), at).await
    }

    async fn upsert_ou(&self, parameters: &[OuParameters]) -> Result<Upserted> {
        self.upsert("upsert_ou", parameters, |row| Ok(row.clone())).await
    }

    async fn ou_as_of(&self, pair: Name, as_of: AsOf) -> Result<Option<OuParameters>> {
        self.newest("ou_as_of", of_pair(pair), as_of).await
    }

    async fn list_ou(&self, query: &OuQuery) -> Result<Page<OuParameters>> {
        self.page("list_ou", query, of_pair(query.key), |row: &OuParameters| row.at).await
    }

    async fn list_ou_versions(&self, pair: Name, at: Timestamp) -> Result<Vec<Version<OuParameters>>> {
        self.versions::<OuParameters, _>("list_ou_versions", of_pair(pair), at).await
    }
}

impl<E: Engine> SqlStore<E> {
    /// The smiles of a symbol's last calibration.
    async fn surface<R: Versioned<Series = SmileKey>, T: Send + 'static>(
        &self,
        operation: &'static str,
        symbol: Symbol,
        as_of: AsOf,
        into: impl Fn(R) -> T + Send + 'static,
    ) -> Result<Vec<T>> {
        let smiles = of_symbol(symbol);
        self.snapshot(operation, move |session| {
            let last = versioned::list::<R>(session, &smiles, Timestamp::MIN, as_of, ReadFrom::Newest, Some(1))?.pop();
            let Some((_, at)) = last.map(|row| row.key()) else { return Ok(Vec::new()) };
            let of_instant = AsOf { at, ..as_of };
            let mut rows = versioned::list::<R>(session, &smiles, at, of_instant, ReadFrom::Oldest, None)?;
            rows.sort_by_key(R::key);
            Ok(rows.into_iter().map(into).collect())
        })
        .await
    }
}
