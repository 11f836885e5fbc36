//! Reading: limits, order, pages.

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Cursor, ErrorKind, Limit, Result, SeriesQuery, Timestamp,
    memory::MemoryStore,
    port::{Paged, Recorded},
};

use super::{Draft, EVERYTHING, Series, all, at, just_after, just_before, key, pages};
use crate::{
    Bench,
    case::{Case, cases},
};

/// Returns the cases about reading.
pub(crate) fn cases<S: Series>() -> Vec<Case> {
    cases![
        rows_come_back_as_written_and_oldest_first::<S>,
        an_unknown_key_has_nothing::<S>,
        series_do_not_mix::<S>,
        the_event_limit_is_inclusive::<S>,
        the_knowledge_limit_is_inclusive::<S>,
        both_limits_hold_together::<S>,
        a_list_starts_at_from::<S>,
        pages_are_complete_and_in_order::<S>,
        pages_are_stable_while_rows_are_written::<S>,
        a_foreign_cursor_is_refused::<S>,
        a_cursor_stays_within_the_query::<S>,
        a_cursor_of_another_engine_leads_on::<S>
    ]
}

/// Rows come back as they were written, oldest first, whatever the order of writing.
async fn rows_come_back_as_written_and_oldest_first<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..8).map(|day| Draft::on(day).value(day as f64 + 0.1).row::<S>()).collect();
    let shuffled = [5, 0, 7, 2, 1, 6, 4, 3].map(|day| rows[day].clone());
    S::upsert(&*store, &shuffled[..3]).await?;
    S::upsert(&*store, &shuffled[3..]).await?;
    assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, rows);
    Ok(())
}

/// A key that was never written has no rows, no versions and no further page.
async fn an_unknown_key_has_nothing<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    S::upsert(&*store, &[Draft::on(0).row::<S>()]).await?;
    let unknown = Draft::on(0).of(1).row::<S>();
    assert_eq!(S::as_of(&*store, key::<S>(&unknown), EVERYTHING).await?, None);
    let page = S::list(&*store, &SeriesQuery::new(key::<S>(&unknown), EVERYTHING)).await?;
    assert_eq!((page.items, page.next), (Vec::new(), None));
    for missing in [unknown, Draft::on(1).row::<S>()] {
        assert!(S::versions(&*store, &missing).await?.is_none_or(|versions| versions.is_empty()));
    }
    Ok(())
}

/// Rows of different series at the same instants do not mix.
async fn series_do_not_mix<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let series = |series: usize| -> Vec<_> {
        (0..3).map(|day| Draft::on(day).of(series).value((series + 1) as f64).row::<S>()).collect()
    };
    S::upsert(&*store, &[series(0), series(1)].concat()).await?;
    for rows in [series(0), series(1)] {
        assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, rows);
        assert_eq!(S::as_of(&*store, key::<S>(&rows[0]), EVERYTHING).await?.as_ref(), rows.last());
    }
    Ok(())
}

/// A row is seen from its own instant on, and not a microsecond before.
async fn the_event_limit_is_inclusive<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..2).map(|day| Draft::on(day).row::<S>()).collect();
    S::upsert(&*store, &rows).await?;
    let key = key::<S>(&rows[0]);
    for (limit, seen) in [(just_before(at::<S>(&rows[1])), &rows[..1]), (at::<S>(&rows[1]), &rows[..])] {
        let as_of = AsOf::with_hindsight(limit);
        assert_eq!(S::as_of(&*store, key, as_of).await?.as_ref(), seen.last());
        assert_eq!(S::list(&*store, &SeriesQuery::new(key, as_of)).await?.items, seen);
    }
    let before_all = AsOf::with_hindsight(just_before(at::<S>(&rows[0])));
    assert_eq!(S::as_of(&*store, key, before_all).await?, None);
    Ok(())
}

/// A row is returned from its `recorded_at` on, and not a microsecond before; until then the row before it is
/// returned.
async fn the_knowledge_limit_is_inclusive<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = [Draft::on(0).row::<S>(), Draft::on(1).recorded_after(1_000).row::<S>()];
    S::upsert(&*store, &rows).await?;
    let (key, recorded) = (key::<S>(&rows[0]), rows[1].recorded_at());
    for (known_by, seen) in [(just_before(recorded), &rows[..1]), (recorded, &rows[..])] {
        let as_of = AsOf { at: recorded, known_by: Some(known_by) };
        assert_eq!(S::as_of(&*store, key, as_of).await?.as_ref(), seen.last());
        assert_eq!(S::list(&*store, &SeriesQuery::new(key, as_of)).await?.items, seen);
    }
    Ok(())
}

/// A row recorded before a read's knowledge limit stays hidden when its own instant is after the event limit.
async fn both_limits_hold_together<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let announced = Draft::on(5).early::<S>().row::<S>();
    S::upsert(&*store, std::slice::from_ref(&announced)).await?;
    let key = key::<S>(&announced);
    let before = AsOf::instant(just_before(at::<S>(&announced)));
    assert_eq!(S::as_of(&*store, key, before).await?, None);
    assert_eq!(S::list(&*store, &SeriesQuery::new(key, before)).await?.items, []);
    assert_eq!(S::as_of(&*store, key, AsOf::instant(at::<S>(&announced))).await?, Some(announced));
    Ok(())
}

/// A list starts with the row at `from`; one that starts after its own limit is empty.
async fn a_list_starts_at_from<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..4).map(|day| Draft::on(day).row::<S>()).collect();
    S::upsert(&*store, &rows).await?;
    let query = SeriesQuery::new(key::<S>(&rows[0]), AsOf::with_hindsight(at::<S>(&rows[2])));
    for (from, listed) in [
        (Timestamp::MIN, &rows[..3]),
        (at::<S>(&rows[1]), &rows[1..3]),
        (just_after(at::<S>(&rows[1])), &rows[2..3]),
        (at::<S>(&rows[2]), &rows[2..3]),
        (at::<S>(&rows[3]), &rows[..0]),
        (Timestamp::MAX, &rows[..0]),
    ] {
        assert_eq!(S::list(&*store, &query.clone().with_from(from)).await?.items, listed, "from {from}");
    }
    Ok(())
}

/// Pages of every size contain all rows once and in order; only the last may be short, and none is empty.
async fn pages_are_complete_and_in_order<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..7).map(|day| Draft::on(day).row::<S>()).collect();
    let others: Vec<_> = (0..7).map(|day| Draft::on(day).of(1).row::<S>()).collect();
    S::upsert(&*store, &[rows.clone(), others].concat()).await?;
    // Superseded versions and rows after the limits must not count towards the size of a page.
    S::upsert(&*store, &[Draft::on(3).value(7.0).recorded_after(5).row::<S>()]).await?;
    S::upsert(&*store, &[Draft::on(8).row::<S>(), Draft::on(-1).recorded_after(10_000).row::<S>()]).await?;
    let as_of = AsOf::with_hindsight(at::<S>(&rows[6])).known_by(rows[6].recorded_at());
    for limit in [1, 2, 3, 6, 7, 8, usize::MAX].into_iter().filter_map(Limit::new) {
        let query = SeriesQuery::new(key::<S>(&rows[0]), as_of).with_limit(limit);
        let expected: Vec<_> = rows.chunks(limit.get()).collect();
        assert_eq!(pages::<S>(&*store, &query).await?, expected, "{limit} a page");
    }
    Ok(())
}

/// Rows that are written between two pages neither shift nor repeat one.
async fn pages_are_stable_while_rows_are_written<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (1..5).map(|day| Draft::on(2 * day).row::<S>()).collect();
    S::upsert(&*store, &rows).await?;
    let query = SeriesQuery::new(key::<S>(&rows[0]), EVERYTHING).with_limit(Limit::MIN.saturating_add(1));
    let first = S::list(&*store, &query).await?;
    assert_eq!(first.items, rows[..2]);
    let Some(next) = first.next else { panic!("a second page follows") };
    let (before, behind) = (Draft::on(3).row::<S>(), Draft::on(5).row::<S>());
    S::upsert(&*store, &[before, behind.clone()]).await?;
    let second = S::list(&*store, &query.after(next)).await?;
    assert_eq!(second.items, [behind, rows[2].clone()]);
    Ok(())
}

/// A cursor of another kind of list is refused.
async fn a_foreign_cursor_is_refused<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let row = Draft::on(0).row::<S>();
    S::upsert(&*store, std::slice::from_ref(&row)).await?;
    for text in ["", "next", "12x", "9223372036854775807", "-9223372036854775808", "🚀", "1' OR '1'='1", "\0"] {
        let query = SeriesQuery::new(key::<S>(&row), EVERYTHING).after(Cursor::from(text));
        let refused = S::list(&*store, &query).await.map(drop).expect_err("not a cursor");
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{text:?}");
    }
    Ok(())
}

/// A page with a cursor stays within the limits and the start of its query.
async fn a_cursor_stays_within_the_query<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..4).map(|day| Draft::on(day).row::<S>()).collect();
    S::upsert(&*store, &rows).await?;
    let as_of = AsOf::with_hindsight(at::<S>(&rows[2]));
    let query = SeriesQuery::new(key::<S>(&rows[0]), as_of).with_from(at::<S>(&rows[1]));
    let long_ago = SeriesQuery::<S::Key>::cursor(&at::<S>(&rows[0]).saturating_sub(TimeDelta::days(30)));
    assert_eq!(S::list(&*store, &query.clone().after(long_ago)).await?.items, rows[1..3]);
    let at_the_end = SeriesQuery::<S::Key>::cursor(&at::<S>(&rows[2]));
    assert_eq!(S::list(&*store, &query.after(at_the_end)).await?.items, []);
    Ok(())
}

/// A cursor is valid for its query on any engine.
async fn a_cursor_of_another_engine_leads_on<S: Series>(bench: &Bench) -> Result<()> {
    let (store, other) = (bench.open().await?, MemoryStore::new());
    let rows: Vec<_> = (0..4).map(|day| Draft::on(day).row::<S>()).collect();
    S::upsert(&*store, &rows).await?;
    S::upsert(&other, &rows).await?;
    let query = SeriesQuery::new(key::<S>(&rows[0]), EVERYTHING).with_limit(Limit::MIN);
    let (here, there) = (S::list(&*store, &query).await?.next, S::list(&other, &query).await?.next);
    assert!(here.is_some() && there.is_some());
    for (asked, cursor) in [(&*store, there), (&other, here)] {
        let Some(cursor) = cursor else { continue };
        assert_eq!(S::list(asked, &query.clone().after(cursor)).await?.items, rows[1..2]);
    }
    Ok(())
}
