//! Cases of all keyed rows: they run for every subject that stores the present state only.

use async_trait::async_trait;
use strikebook_core::{
    CLOCK_TOLERANCE, ErrorKind, Result, Store, Timestamp, Upserted, maintenance::Dataset, port::Keyed,
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::day,
    series::{NOTHING, corrected, inserted, just_after, just_before, statistics, unchanged},
};

type Key<S> = <<S as KeyedRows>::Row as Keyed>::Key;
type Filter<S> = <<S as KeyedRows>::Row as Keyed>::Filter;

/// A subject whose rows have keys and no versions, as the shared cases see it.
#[async_trait]
pub trait KeyedRows: Send + Sync + 'static {
    /// The type of the rows.
    type Row: Keyed;

    /// The dataset of the rows.
    const DATASET: Dataset;

    /// Returns a valid row with the key of its number, recorded at an instant. Keys are not in the order of their
    /// numbers.
    fn row(number: usize, recorded_at: Timestamp) -> Self::Row;

    /// Returns a different row with the same key.
    fn altered(row: Self::Row) -> Self::Row;

    /// Returns the row with an invalid value; `None` when its types allow no invalid value.
    fn invalid(row: Self::Row) -> Option<Self::Row>;

    /// Writes rows with the method of the port.
    async fn upsert(store: &dyn Store, rows: &[Self::Row]) -> Result<Upserted>;

    /// Reads the row with a key.
    async fn get(store: &dyn Store, key: &Key<Self>) -> Result<Option<Self::Row>>;

    /// Reads those that a filter admits.
    async fn list(store: &dyn Store, filter: &Filter<Self>) -> Result<Vec<Self::Row>>;

    /// Deletes the row with a key.
    async fn delete(store: &dyn Store, key: &Key<Self>) -> Result<bool>;
}

/// Returns some rows, in the order of their keys.
pub(crate) fn some<S: KeyedRows>(count: usize) -> Vec<S::Row> {
    let mut rows: Vec<_> = (0..count).map(|number| S::row(number, day(number))).collect();
    rows.sort_by_key(Keyed::key);
    rows
}

/// Returns all rows, in the order of their keys.
pub(crate) async fn all<S: KeyedRows>(store: &dyn Store) -> Result<Vec<S::Row>> {
    S::list(store, &Filter::<S>::default()).await
}

/// Returns the cases that every subject of this shape shares.
pub(crate) fn cases<S: KeyedRows>() -> Vec<Case> {
    let mut cases = cases![
        rows_come_back_in_the_order_of_their_keys::<S>,
        a_row_takes_the_place_of_the_one_with_its_key::<S>,
        writing_a_row_again_changes_nothing::<S>,
        the_last_row_of_a_key_wins::<S>,
        an_empty_batch_does_nothing::<S>,
        a_large_batch_is_stored_whole::<S>,
        a_deleted_row_is_gone::<S>,
        rows_cannot_be_purged::<S>,
        statistics_count_rows::<S>
    ];
    // The types of some rows leave no value that is invalid.
    if some::<S>(1).pop().and_then(S::invalid).is_some() {
        cases.extend(cases![an_invalid_row_stores_nothing::<S>]);
    }
    if some::<S>(1).iter().any(|row| row.knowable_from().is_some()) {
        cases.extend(cases![a_row_recorded_before_it_can_be_known_is_refused::<S>]);
    }
    cases
}

/// Rows come back as they were written, alone and in a list, which is in the order of their keys.
async fn rows_come_back_in_the_order_of_their_keys<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = some::<S>(12);
    let mut written = rows.clone();
    written.sort_by_key(Keyed::recorded_at);
    assert_ne!(written, rows, "the keys are in the order of time");
    assert_eq!(S::upsert(&*store, &written).await?, inserted(12));
    for row in &rows {
        assert_eq!(S::get(&*store, &row.key()).await?.as_ref(), Some(row));
    }
    assert_eq!(all::<S>(&*store).await?, rows);
    Ok(())
}

/// A row replaces the one with its key, and no other.
async fn a_row_takes_the_place_of_the_one_with_its_key<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut rows = some::<S>(3);
    S::upsert(&*store, &rows).await?;
    rows[1] = S::altered(rows[1].clone());
    assert_eq!(S::upsert(&*store, &rows[1..2]).await?, corrected(1));
    assert_eq!(S::get(&*store, &rows[1].key()).await?.as_ref(), Some(&rows[1]));
    assert_eq!(all::<S>(&*store).await?, rows);
    rows[0] = S::altered(rows[0].clone());
    let more = [&rows[..], &[S::row(3, day(3))]].concat();
    assert_eq!(S::upsert(&*store, &more).await?, Upserted { inserted: 1, corrected: 1, unchanged: 2, ..NOTHING });
    Ok(())
}

/// A row written again is unchanged, also with another `recorded_at`.
async fn writing_a_row_again_changes_nothing<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = some::<S>(3);
    S::upsert(&*store, &rows).await?;
    let later = |row: &S::Row| row.clone().with_recorded_at(just_after(row.recorded_at()));
    assert_eq!(S::upsert(&*store, &rows).await?, unchanged(3));
    assert_eq!(S::upsert(&*store, &rows.iter().map(later).collect::<Vec<_>>()).await?, unchanged(3));
    assert_eq!(all::<S>(&*store).await?, rows);
    Ok(())
}

/// Of several rows with one key the last counts.
async fn the_last_row_of_a_key_wins<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = some::<S>(2);
    let last = S::altered(rows[0].clone());
    let batch = [rows[0].clone(), rows[1].clone(), last.clone()];
    assert_eq!(S::upsert(&*store, &batch).await?, Upserted { repeated: 1, ..inserted(2) });
    assert_eq!(all::<S>(&*store).await?, [last, rows[1].clone()]);
    Ok(())
}

/// An empty batch does nothing.
async fn an_empty_batch_does_nothing<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    assert_eq!(S::upsert(&*store, &[]).await?, NOTHING);
    assert_eq!(statistics(&*store, S::DATASET).await?.rows, 0);
    Ok(())
}

/// When one row of a batch is invalid, nothing is stored, and the error names it.
async fn an_invalid_row_stores_nothing<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut batch = some::<S>(9);
    batch[7] = S::invalid(batch[7].clone()).expect("a row that can be invalid");
    let error = S::upsert(&*store, &batch).await.expect_err("an invalid row");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::InvalidInput, Some("7")), "{error}");
    assert_eq!(error.context(S::Row::NAME), Some(&*batch[7].key().to_string()), "{error}");
    assert!(error.context("field").is_some(), "{error}");
    assert_eq!(all::<S>(&*store).await?, []);
    Ok(())
}

/// A row that was recorded before it could be known is refused with its batch, unless by a minute at most, since clocks
/// differ.
async fn a_row_recorded_before_it_can_be_known_is_refused<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut batch = some::<S>(3);
    let from = batch[2].knowable_from().expect("a row with an event time");
    let first = from.saturating_sub(CLOCK_TOLERANCE);
    batch[2] = batch[2].clone().with_recorded_at(just_before(first));
    let error = S::upsert(&*store, &batch).await.expect_err("it was recorded too early");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("recorded_at")), "{error}");
    assert_eq!(error.context("row"), Some("2"), "{error}");
    assert_eq!(all::<S>(&*store).await?, []);
    batch[2] = batch[2].clone().with_recorded_at(first);
    assert_eq!(S::upsert(&*store, &batch).await?, inserted(3));
    assert_eq!(all::<S>(&*store).await?, batch);
    Ok(())
}

/// More rows than one statement takes are stored, read, replaced and counted.
async fn a_large_batch_is_stored_whole<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut rows = some::<S>(700);
    assert_eq!(S::upsert(&*store, &rows).await?, inserted(700));
    for row in &mut rows {
        *row = S::altered(row.clone());
    }
    assert_eq!(S::upsert(&*store, &rows).await?, corrected(700));
    assert_eq!(all::<S>(&*store).await?, rows);
    Ok(())
}

/// A deletion deletes one row only; deleting an absent row is no error.
async fn a_deleted_row_is_gone<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut rows = some::<S>(3);
    S::upsert(&*store, &rows).await?;
    let gone = rows.remove(1);
    assert!(S::delete(&*store, &gone.key()).await?, "it was there");
    assert!(!S::delete(&*store, &gone.key()).await?, "it is gone");
    assert_eq!(S::get(&*store, &gone.key()).await?, None);
    assert_eq!(all::<S>(&*store).await?, rows);
    assert_eq!(S::upsert(&*store, &[gone]).await?, inserted(1));
    Ok(())
}

/// A purge of rows that describe the present is refused.
async fn rows_cannot_be_purged<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = some::<S>(2);
    S::upsert(&*store, &rows).await?;
    let error = store.purge(S::DATASET, Timestamp::MAX).await.expect_err("rows that stay");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert_eq!(all::<S>(&*store).await?, rows);
    Ok(())
}

/// The statistics count rows, and report the first and the last `recorded_at`.
async fn statistics_count_rows<S: KeyedRows>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    S::upsert(&*store, &some::<S>(5)).await?;
    let counted = statistics(&*store, S::DATASET).await?;
    assert_eq!((counted.rows, counted.superseded), (5, 0));
    assert_eq!((counted.oldest, counted.newest), (Some(day(0)), Some(day(4))));
    Ok(())
}
