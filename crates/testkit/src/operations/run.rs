//! Runs of pipelines, and what they reject.

use std::slice::from_ref;

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{
        RejectFilter, Run, RunEnd, RunFilter, RunQuery, RunReject, RunStatus, RunStep, Watermark, WatermarkFilter,
        WatermarkKey,
    },
    port::{Entry, Keyed},
};

use crate::{
    Bench,
    case::{Case, cases},
    drops::Drops,
    entries::{self, Entries, all, day, identity, some},
    parsed,
    series::{inserted, just_after, unchanged},
};

/// Runs, as the shared cases see them.
#[derive(Debug)]
pub struct Runs;

#[async_trait]
impl Entries for Runs {
    type Entry = Run;

    const DATASET: Dataset = Dataset::Runs;

    fn entry(number: usize, at: Timestamp) -> Run {
        Run::new(identity(number), at, parsed("nightly"))
    }

    fn altered(entry: Run) -> Run {
        Run { pipeline: parsed("weekly"), ..entry }
    }

    fn invalid(entry: Run) -> Run {
        Run { read: 1, ..entry }
    }

    fn recorded(entry: Run, recorded_at: Timestamp) -> Run {
        Run { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[Run]) -> Result<Upserted> {
        store.insert_runs(entries).await
    }

    async fn get(store: &dyn Store, id: Id<Run>) -> Result<Option<Run>> {
        store.get_run(id).await
    }

    async fn list(store: &dyn Store, query: &RunQuery) -> Result<Page<Run>> {
        store.list_runs(query).await
    }
}

/// Creates a step of the first run with a number and some rows, at the end of that number's day.
pub(crate) fn step(number: u32, written: u64, unchanged: u64) -> RunStep {
    let at = day(number as usize);
    RunStep { number, read: written + unchanged, written, unchanged, ..RunStep::next(&Runs::entry(0, at), at) }
}

/// Returns the first step of the first run, in which two rows are rejected and nothing else is done.
pub(crate) fn rejected() -> RunStep {
    let reject = |place: &str| RunReject::new(identity(0), day(1), place, "the ask is below the bid");
    let mut rejects = vec![reject("SPY 2025-09-02"), reject("SPY 2025-09-03")];
    rejects.sort_by_key(Entry::id);
    RunStep { read: 2, rejects, ..step(1, 0, 0) }
}

/// Returns the first run as it is stored.
async fn stored(store: &dyn Store) -> Result<Run> {
    Ok(store.get_run(identity(0)).await?.unwrap_or_else(|| panic!("no run")))
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Runs>(),
        cases![
            every_field_comes_back,
            runs_that_make_no_sense_are_refused,
            a_run_written_again_is_unchanged_in_any_state,
            filters_keep_what_they_name,
            steps_add_up,
            a_repeated_step_changes_nothing,
            a_step_that_makes_no_sense_is_refused,
            a_run_ends_once,
            an_unknown_run_takes_no_step,
            rejects_are_listed_by_run,
            a_refused_step_leaves_everything,
            a_dropped_step_is_recorded_whole_or_not_at_all
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing stays missing.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Runs::entry(0, day(0));
    let full = Run {
        id: identity(1),
        pipeline: parsed("warehouse 'nightly'"),
        status: RunStatus::Failed,
        ended_at: Some(just_after(day(2))),
        steps: u32::MAX,
        read: i64::MAX.unsigned_abs(),
        written: i64::MAX.unsigned_abs() - 3,
        unchanged: 1,
        rejected: 2,
        error: Some("disk \"full\" 🐂\n-- DROP TABLE pipeline_runs".to_owned()),
        recorded_at: day(3),
        ..missing.clone()
    };
    store.insert_runs(&[missing.clone(), full.clone()]).await?;
    for run in [missing, full] {
        assert_eq!(store.get_run(run.id).await?, Some(run));
    }
    Ok(())
}

/// The rows read are the sum of rows written, unchanged and rejected; an ended run has its end, and a failed one its
/// error.
async fn runs_that_make_no_sense_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let good = Runs::entry(0, day(0));
    let ended = Run { status: RunStatus::Finished, ended_at: Some(day(1)), ..good.clone() };
    for (field, run) in [
        ("read", Run { read: 3, written: 1, unchanged: 1, ..good.clone() }),
        ("read", Run { read: u64::MAX, written: u64::MAX, ..good.clone() }),
        ("read", Run { read: 1, written: u64::MAX, unchanged: 1, rejected: 1, ..good.clone() }),
        ("ended_at", Run { ended_at: Some(day(1)), ..good.clone() }),
        ("ended_at", Run { ended_at: None, ..ended.clone() }),
        ("error", Run { error: Some("late".to_owned()), ..ended.clone() }),
        ("error", Run { status: RunStatus::Failed, ..ended.clone() }),
        ("error", Run { status: RunStatus::Failed, error: Some("a\0b".to_owned()), ..ended.clone() }),
    ] {
        let error = store.insert_runs(&[run]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    assert_eq!(all::<Runs>(&*store).await?, []);
    Ok(())
}

/// A run written again is unchanged, whatever its status is by now.
async fn a_run_written_again_is_unchanged_in_any_state(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let run = Runs::entry(0, day(0));
    assert_eq!(store.insert_runs(from_ref(&run)).await?, inserted(1));
    let ended = store.record_step(run.id, &RunStep { end: Some(RunEnd::Finished), ..step(1, 2, 0) }).await?;
    assert_eq!(store.insert_runs(from_ref(&run)).await?, unchanged(1));
    assert_eq!(store.insert_runs(from_ref(&ended)).await?, unchanged(1));
    assert_eq!(stored(&*store).await?, ended);
    Ok(())
}

/// A filter restricts the list to runs of a pipeline, with a status, or both.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut runs = some::<Runs>(4);
    runs[1].pipeline = parsed("weekly");
    runs[2] = Run { status: RunStatus::Finished, ended_at: Some(day(9)), ..runs[2].clone() };
    runs[3] = Run { pipeline: parsed("weekly"), id: runs[3].id, at: day(3), recorded_at: day(3), ..runs[2].clone() };
    store.insert_runs(&runs).await?;
    let (weekly, finished) = (Some(parsed("weekly")), Some(RunStatus::Finished));
    for (filter, kept) in [
        (RunFilter::default(), &[0, 1, 2, 3][..]),
        (RunFilter { pipeline: weekly, status: None }, &[1, 3]),
        (RunFilter { pipeline: None, status: finished }, &[2, 3]),
        (RunFilter { pipeline: weekly, status: finished }, &[3]),
        (RunFilter { pipeline: None, status: Some(RunStatus::Failed) }, &[]),
    ] {
        let expected: Vec<_> = kept.iter().map(|index: &usize| runs[*index].clone()).collect();
        assert_eq!(store.list_runs(&Listing::new(filter.clone())).await?.items, expected, "{filter:?}");
    }
    Ok(())
}

/// The counts of a run are the sums of its steps'.
async fn steps_add_up(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let run = Runs::entry(0, day(0));
    store.insert_runs(from_ref(&run)).await?;
    let first = store.record_step(run.id, &rejected()).await?;
    let expected = Run { steps: 1, read: 2, rejected: 2, recorded_at: day(1), ..run };
    assert_eq!(first, expected);
    assert_eq!(store.record_step(first.id, &step(2, 5, 3)).await?.steps, 2);
    let last = store.record_step(first.id, &step(3, 1, 0)).await?;
    let expected = Run { steps: 3, read: 11, written: 6, unchanged: 3, recorded_at: day(3), ..expected };
    assert_eq!(last, expected);
    assert_eq!(stored(&*store).await?, expected);
    Ok(())
}

/// A step that was counted already changes nothing, whatever its contents and the run's status are.
async fn a_repeated_step_changes_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(1)).await?;
    store.record_step(identity(0), &rejected()).await?;
    let ended = store.record_step(identity(0), &RunStep { end: Some(RunEnd::Finished), ..step(2, 1, 0) }).await?;
    for again in [rejected(), step(1, 100, 0), step(2, 7, 7)] {
        assert_eq!(store.record_step(identity(0), &again).await?, ended);
    }
    assert_eq!(stored(&*store).await?, ended);
    assert_eq!(store.list_rejects(&Listing::default()).await?.items.len(), 2);
    Ok(())
}

/// The counts of a step add up, steps are numbered from 1 without a gap, and a step rejects rows of its own run only.
async fn a_step_that_makes_no_sense_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(2)).await?;
    let before = stored(&*store).await?;
    let of_another = RunReject::new(identity(1), day(1), "here", "bad");
    let nul = RunReject { place: "a\0b".to_owned(), ..RunReject::new(identity(0), day(1), "here", "bad") };
    for (field, step) in [
        ("read", RunStep { read: 4, ..step(1, 1, 2) }),
        ("read", RunStep { read: 0, ..rejected() }),
        ("read", RunStep { written: u64::MAX, unchanged: 1, ..step(1, 0, 0) }),
        ("number", step(0, 1, 1)),
        ("rejects", RunStep { read: 1, rejects: vec![of_another], ..step(1, 0, 0) }),
        ("place", RunStep { read: 1, rejects: vec![nul], ..step(1, 0, 0) }),
    ] {
        let error = store.record_step(identity(0), &step).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    let error = store.record_step(identity(0), &step(2, 1, 0)).await.expect_err("a gap");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let most = i64::MAX.unsigned_abs();
    store.record_step(identity(1), &RunStep { number: 1, ..step(1, most, 0) }).await?;
    let error = store.record_step(identity(1), &step(2, 1, 0)).await.expect_err("more than 63 bits");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("read")), "{error}");
    assert_eq!(stored(&*store).await?, before);
    Ok(())
}

/// A run ends once, finished or failed, and takes no step after it.
async fn a_run_ends_once(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(2)).await?;
    let why = "the source is gone".to_owned();
    for (number, end, status, error) in [
        (0, RunEnd::Finished, RunStatus::Finished, None),
        (1, RunEnd::Failed(why.clone()), RunStatus::Failed, Some(why)),
    ] {
        let ended = store.record_step(identity(number), &RunStep { end: Some(end), ..step(1, 0, 1) }).await?;
        assert_eq!((ended.status, ended.ended_at, ended.error.clone()), (status, Some(day(1)), error));
        for more in [step(2, 1, 0), RunStep { end: Some(RunEnd::Finished), ..step(2, 0, 0) }] {
            let error = store.record_step(identity(number), &more).await.expect_err("it has ended");
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
        assert_eq!(store.get_run(identity(number)).await?, Some(ended));
    }
    Ok(())
}

/// A run that nobody started takes no step.
async fn an_unknown_run_takes_no_step(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let error = store.record_step(identity(0), &rejected()).await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(error.context("run"), Some(&*identity::<Run>(0).to_string()));
    assert_eq!(store.list_rejects(&Listing::default()).await?.items, []);
    Ok(())
}

/// Rejects come back with place and reason, and a filter restricts the list to those of a run.
async fn rejects_are_listed_by_run(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(2)).await?;
    let long = RunReject::new(identity(1), just_after(day(1)), "a.csv:7 \"x\"\n🐂", "not a number; 'n/a'");
    let first = RunReject { recorded_at: day(5), ..long.clone() };
    store.record_step(identity(0), &rejected()).await?;
    store.record_step(identity(1), &RunStep { read: 1, rejects: vec![first.clone()], ..step(1, 0, 0) }).await?;
    let of = async |run| {
        Ok::<_, strikebook_core::Error>(store.list_rejects(&Listing::new(RejectFilter { run })).await?.items)
    };
    assert_eq!(of(Some(identity(0))).await?, rejected().rejects);
    assert_eq!(of(Some(identity(1))).await?, [first]);
    assert_eq!(of(Some(identity(2))).await?, []);
    assert_eq!(of(None).await?.len(), 3);
    // Rejecting a row again for the same reason at the same place yields the same reject.
    store.record_step(identity(1), &RunStep { read: 1, rejects: vec![long], ..step(2, 0, 0) }).await?;
    assert_eq!(of(Some(identity(1))).await?.len(), 1);
    Ok(())
}

fn mark(number: usize) -> Watermark {
    let key = WatermarkKey { pipeline: parsed("nightly"), dataset: parsed("bars"), subject: parsed("SPY/1d") };
    Watermark::new(key, day(number), day(number))
}

/// A step that is refused records no reject and moves no watermark.
async fn a_refused_step_leaves_everything(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(1)).await?;
    store.record_step(identity(0), &rejected()).await?;
    let before = stored(&*store).await?;
    // Another reject under the identity of one that is stored.
    let other = RunReject { reason: "another".to_owned(), ..rejected().rejects[0].clone() };
    let fresh = RunReject::new(identity(0), day(2), "fresh", "bad");
    let refused = RunStep { read: 2, rejects: vec![fresh, other], watermarks: vec![mark(2)], ..step(2, 0, 0) };
    let error = store.record_step(identity(0), &refused).await.expect_err("an identity of another");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(stored(&*store).await?, before);
    assert_eq!(store.list_rejects(&Listing::default()).await?.items, rejected().rejects);
    assert_eq!(store.list_watermarks(&WatermarkFilter::default()).await?, []);
    Ok(())
}

/// A dropped step is recorded with its rejects and watermarks, or nothing of it is.
async fn a_dropped_step_is_recorded_whole_or_not_at_all(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.insert_runs(&some::<Runs>(1)).await?;
    let mut drops = Drops::default();
    for (number, micros) in (1..).zip([0, 10, 100, 1_000, 3_000, 10_000, 30_000]) {
        let rejects = (0..200).map(|row| RunReject::new(identity(0), day(1), format!("{number}/{row}"), "bad"));
        let watermarks = vec![mark(number as usize)];
        let step = RunStep { read: 200, rejects: rejects.collect(), watermarks, ..step(number, 0, 0) };
        drops.after(micros, store.record_step(identity(0), &step)).await;
        // The dropped call may still be running; it has ended once a later step is recorded.
        let run = store.record_step(identity(0), &step).await?;
        assert_eq!((run.steps, run.rejected), (number, u64::from(number) * 200));
        assert_eq!(store.list_rejects(&Listing::default()).await?.items.len() as u64, run.rejected);
        let reached = store.get_watermark(&mark_key()).await?.map(|mark| mark.reached);
        assert_eq!(reached, Some(day(number as usize)));
    }
    drops.assert_any();
    Ok(())
}

fn mark_key() -> WatermarkKey {
    Keyed::key(&mark(0))
}
