//! Cases of Heston parameters.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version,
    analytics::{FitQuality, HestonParameters, InputsHash},
    maintenance::Dataset,
    market::Symbol,
};

use crate::{
    Bench,
    case::{Case, cases},
    parsed,
    series::{self, Draft, Series, all, inserted},
};

/// Heston parameters, as the shared cases see them.
#[derive(Debug)]
pub struct Heston;

#[async_trait]
impl Series for Heston {
    type Key = Symbol;
    type Row = HestonParameters;

    const DATASET: Dataset = Dataset::HestonParameters;

    fn row(draft: &Draft) -> HestonParameters {
        HestonParameters {
            symbol: parsed(&format!("SYMBOL{}", draft.series)),
            at: draft.at,
            kappa: 2.0,
            theta: 0.04,
            sigma: 0.5,
            rho: -0.7,
            v0: draft.value,
            fit: FitQuality::default(),
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[HestonParameters]) -> Result<Upserted> {
        store.upsert_heston(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Symbol>) -> Result<Page<HestonParameters>> {
        store.list_heston(query).await
    }

    async fn as_of(store: &dyn Store, key: Symbol, as_of: AsOf) -> Result<Option<HestonParameters>> {
        store.heston_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &HestonParameters) -> Result<Option<Vec<Version<HestonParameters>>>> {
        store.list_heston_versions(row.symbol, row.at).await.map(Some)
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [series::cases::<Heston>(), cases![every_field_comes_back, fellers_condition_follows_from_the_parameters]].concat()
}

/// Every field comes back as it was written, each in its own place, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Draft::on(0).row::<Heston>();
    let full = HestonParameters {
        kappa: 1.0,
        theta: 2.0,
        sigma: 3.0,
        rho: -1.0,
        v0: 0.0,
        fit: FitQuality {
            rmse: Some(5.0),
            r_squared: Some(-6.0),
            n_options: Some(7),
            calibration_time_ms: Some(8),
            inputs: Some(InputsHash::new(&"0af9".repeat(16))?),
        },
        ..Draft::on(1).row::<Heston>()
    };
    let zeros = FitQuality {
        rmse: Some(0.0),
        r_squared: Some(0.0),
        n_options: Some(0),
        calibration_time_ms: Some(0),
        inputs: None,
    };
    let rows = [missing.clone(), full, HestonParameters { fit: zeros, ..Draft::on(2).row::<Heston>() }];
    assert_eq!(store.upsert_heston(&rows).await?, inserted(3));
    assert_eq!(all::<Heston>(&*store, missing.symbol).await?, rows);
    Ok(())
}

/// Parameters that violate Feller's condition are stored unchanged, and still violate it when they are read.
async fn fellers_condition_follows_from_the_parameters(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let drafts = [0.2, 0.4, 0.6]
        .iter()
        .zip(0..)
        .map(|(sigma, day)| HestonParameters { sigma: *sigma, ..Draft::on(day).row::<Heston>() });
    let rows: Vec<_> = drafts.collect();
    store.upsert_heston(&rows).await?;
    let read = all::<Heston>(&*store, rows[0].symbol).await?;
    // 2κθ is 0.16, which is 0.4 squared.
    let satisfied: Vec<_> = read.iter().map(HestonParameters::satisfies_feller).collect();
    assert_eq!((satisfied[0], satisfied[2]), (true, false), "{satisfied:?}");
    assert_eq!(read, rows);
    Ok(())
}
