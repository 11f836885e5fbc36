//! Cases of watermarks of pipelines.

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{Run, RunStep, Watermark, WatermarkFilter, WatermarkKey},
    port::Keyed,
};

use super::run::{Runs, step};
use crate::{
    Bench,
    case::{Case, cases},
    entries::{day, identity, some},
    keyed::{self, KeyedRows},
    parsed,
    series::{corrected, just_after},
};

/// Watermarks, as the shared cases see them.
#[derive(Debug)]
pub struct Watermarks;

fn key(number: usize) -> WatermarkKey {
    let (pipeline, rest) = (number % 2, number / 2);
    WatermarkKey {
        pipeline: parsed(["nightly", "hourly"][pipeline]),
        dataset: parsed(["features", "bars"][rest % 2]),
        subject: parsed(&format!("subject {}", 1_000 - rest / 2)),
    }
}

#[async_trait]
impl KeyedRows for Watermarks {
    type Row = Watermark;

    const DATASET: Dataset = Dataset::Watermarks;

    fn row(number: usize, recorded_at: Timestamp) -> Watermark {
        Watermark::new(key(number), day(3), recorded_at)
    }

    fn altered(row: Watermark) -> Watermark {
        Watermark { reached: just_after(row.reached), ..row }
    }

    fn invalid(_row: Watermark) -> Option<Watermark> {
        None
    }

    async fn upsert(store: &dyn Store, rows: &[Watermark]) -> Result<Upserted> {
        store.reset_watermarks(rows).await
    }

    async fn get(store: &dyn Store, key: &WatermarkKey) -> Result<Option<Watermark>> {
        store.get_watermark(key).await
    }

    async fn list(store: &dyn Store, filter: &WatermarkFilter) -> Result<Vec<Watermark>> {
        store.list_watermarks(filter).await
    }

    async fn delete(store: &dyn Store, key: &WatermarkKey) -> Result<bool> {
        store.delete_watermark(key).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        keyed::cases::<Watermarks>(),
        cases![
            every_field_comes_back,
            filters_keep_what_they_name,
            watermarks_move_with_the_step,
            a_watermark_never_moves_back,
            a_reset_watermark_may_move_back,
            a_foreign_watermark_is_refused
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing stays missing.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let by_hand = Watermark { reached: Timestamp::MIN, ..Watermarks::row(0, day(0)) };
    let by_run = Watermark {
        subject: parsed("SPY   251219C00650000/1d"),
        reached: Timestamp::MAX,
        run: Some(identity::<Run>(0)),
        ..Watermarks::row(1, day(1))
    };
    store.reset_watermarks(&[by_hand.clone(), by_run.clone()]).await?;
    for mark in [by_hand, by_run] {
        assert_eq!(store.get_watermark(&mark.key()).await?, Some(mark));
    }
    Ok(())
}

/// A filter restricts the list to watermarks of a pipeline, of a dataset, or both.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let marks = keyed::some::<Watermarks>(8);
    store.reset_watermarks(&marks).await?;
    let (pipeline, dataset) = (Some(parsed("hourly")), Some(parsed("bars")));
    for (filter, count) in [
        (WatermarkFilter { pipeline, dataset: None }, 4),
        (WatermarkFilter { pipeline: None, dataset }, 4),
        (WatermarkFilter { pipeline, dataset }, 2),
        (WatermarkFilter { pipeline: Some(parsed("weekly")), dataset }, 0),
    ] {
        let found = store.list_watermarks(&filter).await?;
        let expected = marks.iter().filter(|mark| mark.is_admitted_by(&filter));
        assert_eq!(found, expected.cloned().collect::<Vec<_>>(), "{filter:?}");
        assert_eq!(found.len(), count, "{filter:?}");
    }
    Ok(())
}

/// Creates a watermark of the first run's pipeline.
fn mark(subject: &str, reached: usize) -> Watermark {
    let key = WatermarkKey { pipeline: parsed("nightly"), dataset: parsed("bars"), subject: parsed(subject) };
    Watermark::new(key, day(reached), day(0))
}

/// A step moves its own watermarks only, and they name the run that moved them.
async fn watermarks_move_with_the_step(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(1)).await?;
    let other = mark("QQQ", 1);
    store.reset_watermarks(std::slice::from_ref(&other)).await?;
    let by_run =
        |subject, reached, step| Watermark { run: Some(identity(0)), recorded_at: day(step), ..mark(subject, reached) };
    // Of several steps of one watermark the furthest counts.
    let watermarks = vec![mark("SPY", 2), mark("SPY", 5), mark("SPY", 3), mark("IWM", 4)];
    store.record_step(identity(0), &RunStep { watermarks, ..step(1, 1, 0) }).await?;
    let all = async || keyed::all::<Watermarks>(&*store).await;
    assert_eq!(all().await?, [by_run("IWM", 4, 1), other.clone(), by_run("SPY", 5, 1)]);
    store.record_step(identity(0), &RunStep { watermarks: vec![mark("IWM", 6)], ..step(2, 1, 0) }).await?;
    assert_eq!(all().await?, [by_run("IWM", 6, 2), other, by_run("SPY", 5, 1)]);
    Ok(())
}

/// A watermark that is further ahead stays unchanged.
async fn a_watermark_never_moves_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(2)).await?;
    store.record_step(identity(0), &RunStep { watermarks: vec![mark("SPY", 5)], ..step(1, 1, 0) }).await?;
    let before = keyed::all::<Watermarks>(&*store).await?;
    for (number, reached) in (1..).zip([4, 5]) {
        let watermarks = vec![mark("SPY", reached)];
        let run = store.record_step(identity(1), &RunStep { watermarks, ..step(number, 1, 0) }).await?;
        assert_eq!(run.steps, number, "the step itself counts");
        assert_eq!(keyed::all::<Watermarks>(&*store).await?, before);
    }
    Ok(())
}

/// Only who sets a watermark by hand moves it back, or takes it away.
async fn a_reset_watermark_may_move_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(1)).await?;
    store.record_step(identity(0), &RunStep { watermarks: vec![mark("SPY", 5)], ..step(1, 1, 0) }).await?;
    let back = mark("SPY", 2);
    assert_eq!(store.reset_watermarks(std::slice::from_ref(&back)).await?, corrected(1));
    assert_eq!(store.get_watermark(&back.key()).await?, Some(back.clone()));
    store.record_step(identity(0), &RunStep { watermarks: vec![mark("SPY", 3)], ..step(2, 1, 0) }).await?;
    assert_eq!(store.get_watermark(&back.key()).await?.map(|mark| mark.reached), Some(day(3)));
    assert!(store.delete_watermark(&back.key()).await?);
    store.record_step(identity(0), &RunStep { watermarks: vec![mark("SPY", 1)], ..step(3, 1, 0) }).await?;
    assert_eq!(store.get_watermark(&back.key()).await?.map(|mark| mark.reached), Some(day(1)));
    Ok(())
}

/// A run moves watermarks of its own pipeline only.
async fn a_foreign_watermark_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(1)).await?;
    let foreign = Watermark { pipeline: parsed("hourly"), ..mark("SPY", 5) };
    let refused = RunStep { watermarks: vec![mark("SPY", 5), foreign], ..step(1, 1, 0) };
    let error = store.record_step(identity(0), &refused).await.expect_err("another pipeline's");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(keyed::all::<Watermarks>(&*store).await?, []);
    assert_eq!(store.get_run(identity(0)).await?.map(|run| run.steps), Some(0));
    Ok(())
}
