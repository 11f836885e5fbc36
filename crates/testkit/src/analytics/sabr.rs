//! SABR parameters.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version,
    analytics::{Fit, InputsHash, Maturity, SabrKey, SabrParameters},
    maintenance::Dataset,
};

use crate::{
    Bench, parsed,
    series::{Draft, EVERYTHING, Series, all, inserted, just_before},
};

/// SABR parameters, as the shared cases see them.
#[derive(Debug)]
pub struct Sabr;

fn maturity(years: f64) -> Maturity {
    Maturity::new(years).unwrap_or_else(|error| panic!("{error}"))
}

#[async_trait]
impl Series for Sabr {
    type Key = SabrKey;
    type Row = SabrParameters;

    const DATASET: Dataset = Dataset::SabrParameters;

    fn row(draft: &Draft) -> SabrParameters {
        // Neighbours differ in the symbol, or in the last bit of the maturity.
        let years = if draft.series.is_multiple_of(2) { 0.1 } else { 0.1_f64.next_up() };
        let symbol = parsed(&format!("SYMBOL{}", draft.series / 2));
        SabrParameters {
            key: SabrKey { symbol, maturity: maturity(years) },
            at: draft.at,
            alpha: 0.2,
            beta: 0.5,
            rho: -0.3,
            nu: draft.value,
            fit: Fit::default(),
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[SabrParameters]) -> Result<Upserted> {
        store.upsert_sabr(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<SabrKey>) -> Result<Page<SabrParameters>> {
        store.list_sabr(query).await
    }

    async fn as_of(store: &dyn Store, key: SabrKey, as_of: AsOf) -> Result<Option<SabrParameters>> {
        store.sabr_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &SabrParameters) -> Result<Option<Vec<Version<SabrParameters>>>> {
        store.list_sabr_versions(row.key, row.at).await.map(Some)
    }
}

/// Every field comes back as it was written, each in its own place, and what is missing is not zero.
pub async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Draft::on(0).row::<Sabr>();
    let full = SabrParameters {
        alpha: 2.0,
        beta: 1.0,
        rho: -1.0,
        nu: 0.0,
        fit: Fit {
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

/// Smiles of one symbol, by maturity and day.
fn smiles(drafts: &[(f64, i64)]) -> Vec<SabrParameters> {
    let smile = |(years, day): &(f64, i64)| {
        let row = Draft::on(*day).row::<Sabr>();
        SabrParameters { key: SabrKey { maturity: maturity(*years), ..row.key }, ..row }
    };
    drafts.iter().map(smile).collect()
}

/// A surface holds the smiles of the last calibration, the shortest maturity first, and none of an earlier one.
pub async fn a_surface_is_that_of_the_last_calibration(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = smiles(&[(0.25, 0), (0.5, 0), (1.0, 0), (2.0, 0)]);
    let last = smiles(&[(0.1, 3), (0.5, 3), (10.0, 3)]);
    let symbol = first[0].key.symbol;
    assert_eq!(store.sabr_surface_as_of(symbol, EVERYTHING).await?, []);
    let written: Vec<_> = last.iter().rev().chain(&first).cloned().collect();
    store.upsert_sabr(&[written, vec![Draft::on(5).of(2).row::<Sabr>()]].concat()).await?;
    assert_eq!(store.sabr_surface_as_of(symbol, EVERYTHING).await?, last);
    let before = AsOf::with_hindsight(just_before(last[0].at));
    assert_eq!(store.sabr_surface_as_of(symbol, before).await?, first);
    let unknown = AsOf::with_hindsight(last[0].at).known_by(just_before(last[0].recorded_at));
    assert_eq!(store.sabr_surface_as_of(symbol, unknown).await?, first);
    Ok(())
}

/// A surface is as it was believed at the knowledge limit, also where smiles of it were corrected or told later.
pub async fn a_surface_is_what_was_believed_then(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let told = smiles(&[(0.25, 0), (0.5, 0)]);
    let corrected = SabrParameters { nu: 2.0, recorded_at: Draft::on(0).learned(20).recorded_at, ..told[0].clone() };
    let late = SabrParameters { recorded_at: corrected.recorded_at, ..smiles(&[(0.4, 0)])[0].clone() };
    store.upsert_sabr(&told).await?;
    store.upsert_sabr(&[corrected.clone(), late.clone()]).await?;
    let known_by = |known_by| AsOf::with_hindsight(told[0].at).known_by(known_by);
    let surface = async |as_of| store.sabr_surface_as_of(told[0].key.symbol, as_of).await;
    assert_eq!(surface(known_by(just_before(corrected.recorded_at))).await?, told);
    let now = [corrected.clone(), late, told[1].clone()];
    assert_eq!(surface(known_by(corrected.recorded_at)).await?, now);
    assert_eq!(surface(EVERYTHING).await?, now);
    Ok(())
}
