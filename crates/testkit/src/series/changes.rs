//! Lists of the changes of many series, for the subjects that have a method for it.

use strikebook_core::{
    ChangeQuery, Cursor, ErrorKind, Limit, Page, Paging, Result, Store, Timestamp, memory::MemoryStore, port::Recorded,
};

use super::{Changes, Draft, MANY_PAGES, Series, at, just_after, just_before, key};
use crate::{
    Bench,
    case::{Case, cases},
};

/// Creates the query for all changes of some series up to the end of time.
fn of<S: Series>(series: impl IntoIterator<Item = usize>) -> ChangeQuery<S::Key> {
    ChangeQuery::new(series.into_iter().map(|it| key::<S>(&Draft::on(0).of(it).row::<S>())), Timestamp::MAX)
}

/// Sorts rows into the order of a list of changes.
fn in_order<S: Series>(mut rows: Vec<S::Row>) -> Vec<S::Row> {
    rows.sort_by_key(|row| (row.key(), row.recorded_at()));
    rows
}

/// Creates three series with a few rows each, some of them corrected, one of them twice.
fn rows<S: Series>() -> Vec<S::Row> {
    let mut rows = Vec::new();
    for series in 0..3 {
        for day in 0..4 {
            let draft = Draft::on(day).of(series).value((1 + day) as f64);
            rows.push(draft.row::<S>());
            if day % 2 == 1 {
                rows.push(draft.clone().value(9.0).recorded_after(30).row::<S>());
            }
            if (series, day) == (1, 3) {
                rows.push(draft.value(8.0).recorded_after(50).row::<S>());
            }
        }
    }
    rows
}

async fn write<S: Series>(store: &dyn Store) -> Result<Vec<S::Row>> {
    let rows = rows::<S>();
    for row in &rows {
        S::upsert(store, std::slice::from_ref(row)).await?;
    }
    Ok(in_order::<S>(rows))
}

/// Returns the cases about changes.
pub(crate) fn cases<S: Changes>() -> Vec<Case> {
    cases![
        changes_are_every_version_in_order::<S>,
        changes_start_at_from_on_either_clock::<S>,
        changes_end_at_until_on_both_clocks::<S>,
        pages_of_changes_are_complete_and_in_order::<S>,
        a_foreign_cursor_of_changes_is_refused::<S>
    ]
}

/// Every version of the rows of the queried series is listed, by series, `at` and `recorded_at`.
async fn changes_are_every_version_in_order<S: Changes>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = write::<S>(&*store).await?;
    assert_eq!(S::changes(&*store, &of::<S>([2, 0, 1])).await?.items, rows);
    assert_eq!(S::changes(&*store, &of::<S>([1, 1, 1, 7])).await?.items.len(), 7, "a repeated key counts once");
    let of_two: Vec<_> = rows.iter().filter(|row| key::<S>(row) != key::<S>(&rows[0])).cloned().collect();
    let others = ChangeQuery { keys: of_two.iter().map(key::<S>).collect(), ..of::<S>([]) };
    assert_eq!(S::changes(&*store, &others).await?.items, of_two);
    assert_eq!(S::changes(&*store, &of::<S>([])).await?, Page { items: Vec::new(), next: None });
    assert_eq!(S::changes(&*store, &of::<S>([7])).await?, Page { items: Vec::new(), next: None });
    Ok(())
}

/// A version is listed when its `at` or its `recorded_at` is `from` or later: corrections of old rows are included,
/// and so are rows recorded a little before their own instant.
async fn changes_start_at_from_on_either_clock<S: Changes>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let old = Draft::on(0).row::<S>();
    let corrected = Draft::on(0).value(2.0).recorded_after(24 * 9).row::<S>();
    let announced = Draft::on(12).early::<S>().row::<S>();
    S::upsert(&*store, std::slice::from_ref(&old)).await?;
    S::upsert(&*store, &[corrected.clone(), announced.clone()]).await?;
    for (from, listed) in [
        (old.recorded_at(), vec![&old, &corrected, &announced]),
        (just_after(old.recorded_at()), vec![&corrected, &announced]),
        (corrected.recorded_at(), vec![&corrected, &announced]),
        (just_after(corrected.recorded_at()), vec![&announced]),
        (at::<S>(&announced), vec![&announced]),
        (just_after(at::<S>(&announced)), vec![]),
    ] {
        let found = S::changes(&*store, &of::<S>([0]).with_from(from)).await?.items;
        assert_eq!(found.iter().collect::<Vec<_>>(), listed, "from {from}");
    }
    Ok(())
}

/// No version is listed whose `at` or `recorded_at` is after `until`.
async fn changes_end_at_until_on_both_clocks<S: Changes>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = write::<S>(&*store).await?;
    let announced = Draft::on(12).early::<S>().row::<S>();
    S::upsert(&*store, std::slice::from_ref(&announced)).await?;
    let recorded = rows.iter().map(Recorded::recorded_at).chain([at::<S>(&announced)]);
    for until in recorded.flat_map(|recorded| [just_before(recorded), recorded]) {
        let all = rows.iter().chain([&announced]).cloned().collect();
        let expected: Vec<_> =
            in_order::<S>(all).into_iter().filter(|row| at::<S>(row) <= until && row.recorded_at() <= until).collect();
        let query = ChangeQuery { until, ..of::<S>(0..3) };
        assert_eq!(S::changes(&*store, &query).await?.items, expected, "until {until}");
    }
    Ok(())
}

/// Pages of every size contain all versions once and in order; a cursor of another engine continues the list.
async fn pages_of_changes_are_complete_and_in_order<S: Changes>(bench: &Bench) -> Result<()> {
    let (store, other) = (bench.open().await?, MemoryStore::new());
    let (rows, _) = (write::<S>(&*store).await?, write::<S>(&other).await?);
    for size in [1, 2, 5, 6, 7, rows.len(), usize::MAX] {
        let mut query = ChangeQuery { paging: Paging { limit: Limit::new(size), after: None }, ..of::<S>(0..3) };
        let mut pages = Vec::new();
        loop {
            let stores: [&dyn Store; 2] = [&*store, &other];
            let found = S::changes(stores[pages.len() % 2], &query).await?;
            pages.push(found.items);
            let Some(next) = found.next else { break };
            assert!(pages.len() < MANY_PAGES, "the pages do not end");
            query = query.after(next);
        }
        let expected: Vec<_> = rows.chunks(size).collect();
        assert_eq!(pages, expected, "{size} a page");
    }
    Ok(())
}

/// A cursor of another kind of list is refused.
async fn a_foreign_cursor_of_changes_is_refused<S: Changes>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for cursor in ["", "0", "0:1", "0:1:2:3", "0:1:x", "-1:1:1", "0:1:99999999999999999999"] {
        let query = of::<S>([0]).after(Cursor::from(cursor));
        let error = S::changes(&*store, &query).await.map(drop).expect_err(cursor);
        assert_eq!((error.kind(), error.context("cursor")), (ErrorKind::InvalidInput, Some(cursor)));
    }
    Ok(())
}
