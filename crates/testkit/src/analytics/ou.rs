//! Cases of Ornstein–Uhlenbeck parameters.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Name, Page, Result, SeriesQuery, Store, Upserted, Version,
    analytics::{FitQuality, InputsHash, OuParameters},
    maintenance::Dataset,
};

use crate::{
    Bench,
    case::{Case, cases},
    parsed,
    series::{self, Draft, Series, all, inserted},
};

/// Ornstein–Uhlenbeck parameters, as the shared cases see them.
#[derive(Debug)]
pub struct Ou;

#[async_trait]
impl Series for Ou {
    type Key = Name;
    type Row = OuParameters;

    const DATASET: Dataset = Dataset::OuParameters;

    fn row(draft: &Draft) -> OuParameters {
        OuParameters {
            pair: parsed(&format!("pair {}", draft.series)),
            at: draft.at,
            first: parsed("KO"),
            second: parsed("PEP"),
            hedge_ratio: 0.4,
            theta: 12.0,
            mu: draft.value,
            sigma: 1.5,
            adf_statistic: None,
            adf_p_value: None,
            entry_lower: None,
            entry_upper: None,
            exit_target: None,
            stop_loss: None,
            fit: FitQuality::default(),
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[OuParameters]) -> Result<Upserted> {
        store.upsert_ou(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Name>) -> Result<Page<OuParameters>> {
        store.list_ou(query).await
    }

    async fn as_of(store: &dyn Store, key: Name, as_of: AsOf) -> Result<Option<OuParameters>> {
        store.ou_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &OuParameters) -> Result<Option<Vec<Version<OuParameters>>>> {
        store.list_ou_versions(row.pair, row.at).await.map(Some)
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [series::cases::<Ou>(), cases![every_field_comes_back]].concat()
}

/// Every field comes back as it was written, each in its own place, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Draft::on(0).row::<Ou>();
    let full = OuParameters {
        first: parsed("BRK.B"),
        second: parsed("^VIX"),
        hedge_ratio: -1.0,
        theta: 2.0,
        mu: -3.0,
        sigma: 4.0,
        adf_statistic: Some(-5.0),
        adf_p_value: Some(0.0),
        entry_lower: Some(-7.0),
        entry_upper: Some(8.0),
        exit_target: Some(-9.0),
        stop_loss: Some(0.0),
        fit: FitQuality {
            rmse: Some(11.0),
            r_squared: Some(-12.0),
            n_options: Some(13),
            calibration_time_ms: Some(14),
            inputs: Some(InputsHash::new(&"0af9".repeat(16))?),
        },
        ..Draft::on(1).row::<Ou>()
    };
    let rows = [missing, full];
    assert_eq!(store.upsert_ou(&rows).await?, inserted(2));
    assert_eq!(all::<Ou>(&*store, rows[0].pair).await?, rows);
    Ok(())
}
