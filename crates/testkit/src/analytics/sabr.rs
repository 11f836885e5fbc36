//! Cases of SABR parameters.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version,
    analytics::{FitQuality, InputsHash, SabrParameters, SmileKey},
    maintenance::Dataset,
    market::Symbol,
};

use super::smile::{self, Smile};
use crate::{
    Bench,
    case::{Case, cases},
    series::{self, Draft, Series, all, inserted},
};

/// SABR parameters, as the shared cases see them.
#[derive(Debug)]
pub struct Sabr;

#[async_trait]
impl Series for Sabr {
    type Key = SmileKey;
    type Row = SabrParameters;

    const DATASET: Dataset = Dataset::SabrParameters;

    fn row(draft: &Draft) -> SabrParameters {
        SabrParameters {
            key: smile::key(draft),
            at: draft.at,
            alpha: 0.2,
            beta: 0.5,
            rho: -0.3,
            nu: draft.value,
            fit: FitQuality::default(),
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[SabrParameters]) -> Result<Upserted> {
        store.upsert_sabr(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<SmileKey>) -> Result<Page<SabrParameters>> {
        store.list_sabr(query).await
    }

    async fn as_of(store: &dyn Store, key: SmileKey, as_of: AsOf) -> Result<Option<SabrParameters>> {
        store.sabr_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &SabrParameters) -> Result<Option<Vec<Version<SabrParameters>>>> {
        store.list_sabr_versions(row.key, row.at).await.map(Some)
    }
}

#[async_trait]
impl Smile for Sabr {
    fn with_key(key: SmileKey, row: SabrParameters) -> SabrParameters {
        SabrParameters { key, ..row }
    }

    async fn surface(store: &dyn Store, symbol: Symbol, as_of: AsOf) -> Result<Vec<SabrParameters>> {
        store.sabr_surface_as_of(symbol, as_of).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        series::cases::<Sabr>(),
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
    let missing = Draft::on(0).row::<Sabr>();
    let full = SabrParameters {
        alpha: 2.0,
        beta: 1.0,
        rho: -1.0,
        nu: 0.0,
        fit: FitQuality {
            rmse: Some(5.0),
            r_squared: Some(-6.0),
            n_options: Some(7),
            calibration_time_ms: Some(8),
            inputs: Some(InputsHash::new(&"0af9".repeat(16))?),
        },
        ..Draft::on(1).row::<Sabr>()
    };
    let rows = [missing, full];
    assert_eq!(store.upsert_sabr(&rows).await?, inserted(2));
    assert_eq!(all::<Sabr>(&*store, rows[0].key).await?, rows);
    Ok(())
}

/// A surface contains the smiles of the last calibration, the shortest maturity first, and none of an earlier one.
async fn a_surface_is_that_of_the_last_calibration(bench: &Bench) -> Result<()> {
    smile::a_surface_is_that_of_the_last_calibration::<Sabr>(bench).await
}

/// A surface has the versions valid at the knowledge limit, also when smiles were corrected or added later.
async fn a_surface_has_the_versions_valid_then(bench: &Bench) -> Result<()> {
    smile::a_surface_has_the_versions_valid_then::<Sabr>(bench).await
}
