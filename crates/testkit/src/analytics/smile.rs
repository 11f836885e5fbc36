//! Cases of all smile models: a surface is a symbol's smiles of one calibration.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Result, Store, Timestamp,
    analytics::{Maturity, SmileKey},
    market::Symbol,
    port::Recorded,
};

use crate::{
    Bench, parsed,
    series::{Draft, EVERYTHING, Series, just_before},
};

/// A model whose rows are smiles.
#[async_trait]
pub(super) trait Smile: Series<Key = SmileKey> {
    /// Returns the row as that of another smile.
    fn with_key(key: SmileKey, row: Self::Row) -> Self::Row;

    /// Reads the surface of a symbol as of a point.
    async fn surface(store: &dyn Store, symbol: Symbol, as_of: AsOf) -> Result<Vec<Self::Row>>;
}

fn maturity(years: f64) -> Maturity {
    Maturity::new(years).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the smile of a draft. Neighbours differ in the symbol, or in the last bit of the maturity.
pub(super) fn key(draft: &Draft) -> SmileKey {
    let years = if draft.series.is_multiple_of(2) { 0.1 } else { 0.1_f64.next_up() };
    SmileKey { symbol: parsed(&format!("SYMBOL{}", draft.series / 2)), maturity: maturity(years) }
}

/// Returns the smile of the drafts' first symbol and a maturity.
fn smile<S: Smile>(years: f64, draft: &Draft) -> S::Row {
    S::with_key(SmileKey { maturity: maturity(years), ..key(draft) }, draft.row::<S>())
}

/// Smiles by maturity and day.
fn smiles<S: Smile>(drafts: &[(f64, i64)]) -> Vec<S::Row> {
    drafts.iter().map(|(years, day)| smile::<S>(*years, &Draft::on(*day))).collect()
}

fn at(row: &impl Recorded<Key = (SmileKey, Timestamp)>) -> Timestamp {
    row.key().1
}

pub(super) async fn a_surface_is_that_of_the_last_calibration<S: Smile>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = smiles::<S>(&[(0.25, 0), (0.5, 0), (1.0, 0), (2.0, 0)]);
    let last = smiles::<S>(&[(0.1, 3), (0.5, 3), (10.0, 3)]);
    let symbol = key(&Draft::on(0)).symbol;
    let surface = async |as_of| S::surface(&*store, symbol, as_of).await;
    assert_eq!(surface(EVERYTHING).await?, []);
    let mut written: Vec<_> = last.iter().rev().chain(&first).cloned().collect();
    written.push(Draft::on(5).of(2).row::<S>());
    S::upsert(&*store, &written).await?;
    assert_eq!(surface(EVERYTHING).await?, last);
    assert_eq!(surface(AsOf::with_hindsight(just_before(at(&last[0])))).await?, first);
    let unknown = AsOf::with_hindsight(at(&last[0])).known_by(just_before(last[0].recorded_at()));
    assert_eq!(surface(unknown).await?, first);
    Ok(())
}

pub(super) async fn a_surface_has_the_versions_valid_then<S: Smile>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let reported = smiles::<S>(&[(0.25, 0), (0.5, 0)]);
    let later = Draft::on(0).recorded_after(20).value(2.0);
    let corrected = smile::<S>(0.25, &later);
    let late = smile::<S>(0.4, &later);
    S::upsert(&*store, &reported).await?;
    S::upsert(&*store, &[corrected.clone(), late.clone()]).await?;
    let known_by = |known_by| AsOf::with_hindsight(at(&reported[0])).known_by(known_by);
    let surface = async |as_of| S::surface(&*store, key(&later).symbol, as_of).await;
    assert_eq!(surface(known_by(just_before(later.recorded_at))).await?, reported);
    let now = [corrected, late, reported[1].clone()];
    assert_eq!(surface(known_by(later.recorded_at)).await?, now);
    assert_eq!(surface(EVERYTHING).await?, now);
    Ok(())
}
