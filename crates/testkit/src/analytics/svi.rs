//! Cases of SVI parameters.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version,
    analytics::{FitQuality, InputsHash, SmileKey, SviParameters},
    maintenance::Dataset,
    market::Symbol,
};

use super::smile::{self, Smile};
use crate::{
    Bench,
    case::{Case, cases},
    series::{self, Draft, Series, all, inserted},
};

/// SVI parameters, as the shared cases see them.
#[derive(Debug)]
pub struct Svi;

#[async_trait]
impl Series for Svi {
    type Key = SmileKey;
    type Row = SviParameters;

    const DATASET: Dataset = Dataset::SviParameters;

    fn row(draft: &Draft) -> SviParameters {
        SviParameters {
            key: smile::key(draft),
            at: draft.at,
            a: draft.value,
            b: 0.1,
            rho: -0.3,
            m: -0.01,
            sigma: 0.2,
            fit: FitQuality::default(),
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[SviParameters]) -> Result<Upserted> {
        store.upsert_svi(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<SmileKey>) -> Result<Page<SviParameters>> {
        store.list_svi(query).await
    }

    async fn as_of(store: &dyn Store, key: SmileKey, as_of: AsOf) -> Result<Option<SviParameters>> {
        store.svi_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &SviParameters) -> Result<Option<Vec<Version<SviParameters>>>> {
        store.list_svi_versions(row.key, row.at).await.map(Some)
    }
}

#[async_trait]
impl Smile for Svi {
    fn with_key(key: SmileKey, row: SviParameters) -> SviParameters {
        SviParameters { key, ..row }
    }

    async fn surface(store: &dyn Store, symbol: Symbol, as_of: AsOf) -> Result<Vec<SviParameters>> {
        store.svi_surface_as_of(symbol, as_of).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        series::cases::<Svi>(),
        cases![
            every_field_comes_back,
            a_surface_is_that_of_the_last_calibration,
            a_surface_has_the_versions_valid_then
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, each in its own place, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Draft::on(0).row::<Svi>();
    let full = SviParameters {
        a: -1e-3,
        b: 0.5,
        rho: 0.75,
        m: 3.0,
        sigma: 4.0,
        fit: FitQuality {
            rmse: Some(5.0),
            r_squared: Some(-6.0),
            n_options: Some(7),
            calibration_time_ms: Some(8),
            inputs: Some(InputsHash::new(&"0af9".repeat(16))?),
        },
        ..Draft::on(1).row::<Svi>()
    };
    let rows = [missing, full];
    assert_eq!(store.upsert_svi(&rows).await?, inserted(2));
    assert_eq!(all::<Svi>(&*store, rows[0].key).await?, rows);
    Ok(())
}

/// A surface contains the smiles of the last calibration, the shortest maturity first, and none of an earlier one.
async fn a_surface_is_that_of_the_last_calibration(bench: &Bench) -> Result<()> {
    smile::a_surface_is_that_of_the_last_calibration::<Svi>(bench).await
}

/// A surface has the versions valid at the knowledge limit, also when smiles were corrected or added later.
async fn a_surface_has_the_versions_valid_then(bench: &Bench) -> Result<()> {
    smile::a_surface_has_the_versions_valid_then::<Svi>(bench).await
}
