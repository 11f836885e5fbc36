//! Features.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, Page, Result, Source, Timestamp, Upserted, Version,
    analytics::{FeatureQuery, FeatureRepository, Features},
    market::Symbol,
};

use crate::{
    codec::{Value, record},
    engine::Engine,
    repository::SqlStore,
    shapes::versioned::{Key, Series, Versioned},
};

record! {
    /// Features as they are stored: with the day in New York, for those who query by hand.
    struct FeatureRow in "backtest_features" {
        key { symbol: Symbol, at: Timestamp }
        value {
            date: NaiveDate,
            close: f64,
            daily_return: Option<f64>,
            volatility_20d: Option<f64>,
            volatility_250d: Option<f64>,
            var_95: Option<f64>,
            var_99: Option<f64>,
            cvar_95: Option<f64>,
            cvar_99: Option<f64>,
            normal_var_95: Option<f64>,
            normal_var_99: Option<f64>,
            normal_cvar_95: Option<f64>,
            normal_cvar_99: Option<f64>,
            risk_free_rate: Option<f64>,
            vix: Option<f64>,
            source: Source,
        }
    }
}

impl From<&Features> for FeatureRow {
    fn from(features: &Features) -> Self {
        let date = features.date();
        let Features { symbol, at, close, daily_return, volatility_20d, volatility_250d, var_95, var_99, .. } =
            *features;
        let Features { cvar_95, cvar_99, risk_free_rate, vix, recorded_at, .. } = *features;
        let Features { normal_var_95, normal_var_99, normal_cvar_95, normal_cvar_99, .. } = *features;
        Self {
            symbol,
            at,
            date,
            close,
            daily_return,
            volatility_20d,
            volatility_250d,
            var_95,
            var_99,
            cvar_95,
            cvar_99,
            normal_var_95,
            normal_var_99,
            normal_cvar_95,
            normal_cvar_99,
            risk_free_rate,
            vix,
            source: features.source.clone(),
            recorded_at,
        }
    }
}

impl From<FeatureRow> for Features {
    fn from(row: FeatureRow) -> Self {
        let FeatureRow { symbol, at, close, daily_return, volatility_20d, volatility_250d, var_95, var_99, .. } = row;
        let FeatureRow { normal_var_95, normal_var_99, normal_cvar_95, normal_cvar_99, .. } = row;
        let FeatureRow { cvar_95, cvar_99, risk_free_rate, vix, source, recorded_at, .. } = row;
        Self {
            symbol,
            at,
            close,
            daily_return,
            volatility_20d,
            volatility_250d,
            var_95,
            var_99,
            cvar_95,
            cvar_99,
            normal_var_95,
            normal_var_99,
            normal_cvar_95,
            normal_cvar_99,
            risk_free_rate,
            vix,
            source,
            recorded_at,
        }
    }
}

impl Versioned for FeatureRow {
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
impl<E: Engine> FeatureRepository for SqlStore<E> {
    async fn upsert_features(&self, features: &[Features]) -> Result<Upserted> {
        self.upsert("upsert_features", features, |features| Ok(FeatureRow::from(features))).await
    }

    async fn features_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Features>> {
        Ok(self.newest("features_as_of", series(symbol), as_of).await?.map(|row: FeatureRow| row.into()))
    }

    async fn list_features(&self, query: &FeatureQuery) -> Result<Page<Features>> {
        self.page("list_features", query, series(query.key), |row: &FeatureRow| row.at).await
    }

    async fn list_feature_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Features>>> {
        self.versions::<FeatureRow, _>("list_feature_versions", series(symbol), at).await
    }
}
