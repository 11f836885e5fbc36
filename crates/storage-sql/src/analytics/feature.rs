//! Features: versioned rows in table `backtest_features`, a series an underlying.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, Page, Result, Source, Timestamp, Upserted, Version,
    analytics::{FeatureQuery, FeatureRepository, Features},
    market::Symbol,
};

use crate::{engine::Engine, record::record, repository::SqlStore};

record! {
    Features in Features {
        series { symbol: Symbol }
        computed { date: NaiveDate = Features::date }
        value {
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

#[async_trait]
impl<E: Engine> FeatureRepository for SqlStore<E> {
    async fn upsert_features(&self, features: &[Features]) -> Result<Upserted> {
        self.upsert("upsert_features", features, |row| Ok(row.clone())).await
    }

    async fn features_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Features>> {
        self.newest::<Features, _>("features_as_of", symbol, as_of).await
    }

    async fn list_features(&self, query: &FeatureQuery) -> Result<Page<Features>> {
        self.page::<Features, _>("list_features", query).await
    }

    async fn list_feature_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Features>>> {
        self.versions::<Features, _>("list_feature_versions", symbol, at).await
    }
}
