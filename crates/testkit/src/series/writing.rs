//! Writing: whole batches or nothing, exact values, provenance, and what is deleted.

use strikebook_core::{
    AsOf, CLOCK_TOLERANCE, ErrorKind, Result, Timestamp, Upserted, maintenance::Purged, port::Recorded,
};

use super::{Draft, NOTHING, Series, all, at, inserted, just_after, just_before, key, statistics};
use crate::{
    Bench, Options,
    case::{Case, cases},
    maintenance::at_first,
};

/// Returns the cases about writing.
pub(crate) fn cases<S: Series>() -> Vec<Case> {
    cases![
        numbers_come_back_to_the_last_bit::<S>,
        instants_of_all_years_come_back::<S>,
        an_empty_batch_does_nothing::<S>,
        an_invalid_row_stores_nothing::<S>,
        a_row_recorded_before_its_event_time_is_refused::<S>,
        simulated_rows_need_permission::<S>,
        a_large_batch_is_stored_whole::<S>,
        a_purge_keeps_the_row_at_its_instant::<S>,
        statistics_count_rows_and_versions::<S>
    ]
}

/// A row that was recorded before it could be known is refused, unless by a minute at most: clocks differ. What is
/// announced may be recorded long before.
async fn a_row_recorded_before_its_event_time_is_refused<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let draft = Draft::on(1);
    let recorded = |recorded_at| Draft { recorded_at, ..draft.clone() }.row::<S>();
    let Some(from) = draft.row::<S>().knowable_from() else {
        assert_eq!(S::upsert(&*store, &[draft.recorded_after(-1_000).row::<S>()]).await?, inserted(1));
        return Ok(());
    };
    let first = from.saturating_sub(CLOCK_TOLERANCE);
    let early = recorded(just_before(first));
    let error = S::upsert(&*store, &[Draft::on(0).row::<S>(), early]).await.expect_err("it was recorded too early");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("recorded_at")), "{error}");
    assert_eq!(error.context("row"), Some("1"), "{error}");
    assert_eq!(statistics(&*store, S::DATASET).await?.rows, 0, "all or none");
    assert_eq!(S::upsert(&*store, &[recorded(first)]).await?, inserted(1));
    Ok(())
}

/// An empty batch does nothing.
async fn an_empty_batch_does_nothing<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    assert_eq!(S::upsert(&*store, &[]).await?, NOTHING);
    assert_eq!(statistics(&*store, S::DATASET).await?.rows, 0);
    Ok(())
}

/// When one row of a batch is invalid, nothing is stored, and the error names the row and the value.
async fn an_invalid_row_stores_nothing<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut batch: Vec<_> = (0..10).map(|day| Draft::on(day).row::<S>()).collect();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e12, -1e12] {
        batch[7] = Draft::on(7).value(value).row::<S>();
        let error = S::upsert(&*store, &batch).await.expect_err("an invalid row");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert_eq!(error.context("row"), Some("7"), "{error}");
        assert!(error.context("field").is_some() && error.context("value").is_some(), "{error}");
    }
    assert_eq!(all::<S>(&*store, key::<S>(&batch[0])).await?, []);
    for statistics in store.statistics().await? {
        assert_eq!(statistics.rows, at_first(statistics.dataset), "{}", statistics.dataset);
    }
    Ok(())
}

/// Simulated rows are refused, and the whole batch with them, unless the store was opened to accept them.
async fn simulated_rows_need_permission<S: Series>(bench: &Bench) -> Result<()> {
    let batch = [Draft::on(0).row::<S>(), Draft::on(1).from_source("simulated:demo").row::<S>()];
    let strict = bench.open().await?;
    let error = S::upsert(&*strict, &batch).await.expect_err("a simulated row");
    assert_eq!(error.kind(), ErrorKind::SimulatedData, "{error}");
    assert_eq!(error.context("row"), Some("1"), "{error}");
    assert_eq!(all::<S>(&*strict, key::<S>(&batch[0])).await?, []);
    strict.close().await?;

    let lenient = bench.open_with(Options { allow_simulated: true }).await?;
    assert_eq!(S::upsert(&*lenient, &batch).await?, inserted(2));
    assert_eq!(all::<S>(&*lenient, key::<S>(&batch[0])).await?, batch);
    Ok(())
}

/// Numbers come back to the last bit, from the smallest subnormal to the greatest price.
async fn numbers_come_back_to_the_last_bit<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let values = [
        0.0,
        -0.0,
        0.1 + 0.2,
        1.0 / 3.0,
        f64::MIN_POSITIVE,
        5e-324,
        2.225_073_858_507_201e-308,
        9_007_199_254_740_993.0 / 16_384.0,
        999_999_999_999.999_9,
        1.0 + f64::EPSILON,
    ];
    let rows: Vec<_> = (0..).zip(values).map(|(day, value)| Draft::on(day).value(value).row::<S>()).collect();
    S::upsert(&*store, &rows).await?;
    assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, rows);
    Ok(())
}

/// Instants come back to the microsecond, before 1970 and after 2100 too.
async fn instants_of_all_years_come_back<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let instants = [
        "1800-01-01T12:00:00.000001Z",
        "1929-10-29T20:00:00.123456Z",
        "1969-12-31T23:59:59.999999Z",
        "1972-06-30T00:00:00Z",
        "2025-03-09T07:00:00.000001Z",
        "2100-02-28T23:59:59.999999Z",
        "2199-12-29T23:59:59.999999Z",
    ];
    let drafts = instants.map(|text| Draft { at: super::instant(text), ..Draft::on(0) });
    let mut rows: Vec<_> =
        drafts.iter().map(|draft| Draft { recorded_at: draft.at, ..draft.clone() }.row::<S>()).collect();
    rows[6] = Draft { recorded_at: Timestamp::MAX, ..drafts[6].clone() }.row::<S>();
    S::upsert(&*store, &rows).await?;
    assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, rows);
    for (index, row) in rows.iter().enumerate() {
        let as_of = AsOf::with_hindsight(at::<S>(row));
        assert_eq!(S::as_of(&*store, key::<S>(row), as_of).await?.as_ref(), rows.get(index));
    }
    Ok(())
}

/// A batch of thousands of rows of many series, with repeats among them, is stored whole.
async fn a_large_batch_is_stored_whole<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let draft = |index: usize| Draft::on(i64::try_from(index / 50).unwrap_or_default()).of(index % 50);
    // Multiplying by a number without a common divisor mixes the order.
    let mut batch: Vec<_> = (0..3_000).map(|index| draft(index * 1_117 % 3_000).value(1.0).row::<S>()).collect();
    batch.extend((0..500).map(|index| draft(index * 6).value(2.0).row::<S>()));
    assert_eq!(S::upsert(&*store, &batch).await?, Upserted { inserted: 3_000, repeated: 500, ..NOTHING });
    let value = |index| if index % 6 == 0 { 2.0 } else { 1.0 };
    for series in 0..50 {
        let expected: Vec<_> =
            (series..3_000).step_by(50).map(|index| draft(index).value(value(index)).row::<S>()).collect();
        let stored = all::<S>(&*store, key::<S>(&expected[0])).await?;
        assert!(stored == expected, "series {series}: {} of {} rows are right", stored.len(), expected.len());
    }
    assert_eq!(S::upsert(&*store, &batch).await?, Upserted { unchanged: 3_000, repeated: 500, ..NOTHING });
    Ok(())
}

/// A purge deletes the rows before an instant with their versions, and leaves the row at that instant and everything
/// else.
async fn a_purge_keeps_the_row_at_its_instant<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..4).map(|day| Draft::on(day).row::<S>()).collect();
    S::upsert(&*store, &rows).await?;
    S::upsert(&*store, &[Draft::on(0).value(9.0).recorded_after(20).row::<S>()]).await?;
    let late = Draft::on(2).value(9.0).recorded_after(20).row::<S>();
    S::upsert(&*store, std::slice::from_ref(&late)).await?;
    let others: Vec<_> = store.statistics().await?.into_iter().filter(|kept| kept.dataset != S::DATASET).collect();

    assert_eq!(store.purge(S::DATASET, at::<S>(&rows[0])).await?, Purged::default());
    assert_eq!(store.purge(S::DATASET, at::<S>(&rows[2])).await?, Purged { rows: 2, superseded: 1 });
    assert_eq!(store.purge(S::DATASET, at::<S>(&rows[2])).await?, Purged::default());
    let key = key::<S>(&rows[0]);
    assert_eq!(all::<S>(&*store, key).await?, [late.clone(), rows[3].clone()]);
    let before = AsOf::with_hindsight(at::<S>(&late)).known_by(rows[2].recorded_at());
    assert_eq!(S::as_of(&*store, key, before).await?.as_ref(), Some(&rows[2]), "versions of kept rows stay");
    assert!(S::versions(&*store, &rows[0]).await?.is_none_or(|versions| versions.is_empty()));
    for kept in store.statistics().await?.into_iter().filter(|kept| kept.dataset != S::DATASET) {
        let before =
            others.iter().find(|before| before.dataset == kept.dataset).map(|before| (before.rows, before.oldest));
        assert_eq!(Some((kept.rows, kept.oldest)), before, "{}", kept.dataset);
    }

    assert_eq!(store.purge(S::DATASET, just_after(at::<S>(&rows[3]))).await?, Purged { rows: 2, superseded: 1 });
    assert_eq!(all::<S>(&*store, key).await?, []);
    assert_eq!(S::upsert(&*store, &rows).await?, inserted(4), "what was purged can be written again");
    Ok(())
}

/// The statistics count rows and superseded versions, and report the oldest and the newest row.
async fn statistics_count_rows_and_versions<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let empty = statistics(&*store, S::DATASET).await?;
    assert_eq!((empty.rows, empty.superseded, empty.oldest, empty.newest), (0, 0, None, None));
    let rows: Vec<_> = (0..5).zip([0, 1, 0, 1, 0]).map(|(day, series)| Draft::on(day).of(series).row::<S>()).collect();
    S::upsert(&*store, &rows).await?;
    S::upsert(
        &*store,
        &[Draft::on(0).value(9.0).recorded_after(20).row::<S>(), Draft::on(2).value(9.0).recorded_after(2).row::<S>()],
    )
    .await?;
    let counted = statistics(&*store, S::DATASET).await?;
    assert_eq!((counted.rows, counted.superseded), (5, 2));
    assert_eq!((counted.oldest, counted.newest), (Some(at::<S>(&rows[0])), Some(at::<S>(&rows[4]))));
    assert!(counted.bytes.is_none_or(|bytes| bytes > 0));
    Ok(())
}
