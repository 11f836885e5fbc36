//! One fetch for all who wait, in one process and in several.

use std::time::Duration;

use chrono::TimeDelta;
use strikebook_core::{
    Clock, ErrorKind, Result, Timestamp,
    market::UnderlyingQuote,
    operations::{CacheRepository, FetchLease},
};
use strikebook_services::pull::{FetchPolicy::CacheFirst, PullOptions, PullOutcome, Pulled};
use tokio::sync::Notify;

use crate::bench::{Bench, Scripted, Step, ask, key, name, options, price, spy};

/// Starts a thousand callers at once and lets the provider answer once they wait.
async fn a_thousand(bench: &Bench) -> Vec<Result<Pulled<UnderlyingQuote>>> {
    let callers: Vec<_> = (0..1_000)
        .map(|_| {
            let prices = bench.prices.clone();
            tokio::spawn(async move { prices.get(&spy(), ask(CacheFirst)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    bench.provider.gate.as_ref().expect("a gate").notify_one();
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.expect("no panic"));
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_make_one_fetch() {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, PullOptions::default());
    let answers: Vec<_> = a_thousand(&bench).await.into_iter().map(|answer| answer.expect("an answer")).collect();
    assert_eq!(bench.provider.asked(), 1);
    assert!(answers.iter().all(|answer| price(answer) == Some(1.0)));
    let missed = answers.iter().filter(|answer| matches!(answer.outcome, PullOutcome::Miss { .. })).count();
    assert_eq!(missed, 1, "the others joined it");
    let counted = bench.prices.statistics();
    assert_eq!((counted.answers(), counted.misses["never_fetched"], counted.attempts), (1_000, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failure_reaches_all_who_wait() {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, PullOptions::default());
    bench.provider.then([Step::Fail(ErrorKind::Corrupt)]);
    for answer in a_thousand(&bench).await {
        let error = answer.expect_err("a failure");
        // A caller who comes after the failure gets the error of a provider that is not asked again yet.
        assert!(format!("{error:#}").contains("it failed on purpose"), "{error}");
    }
    assert_eq!(bench.provider.asked(), 1);
    assert_eq!(bench.prices.statistics().errors, 1_000);
}

#[tokio::test]
async fn a_caller_that_goes_away_neither_ends_the_fetch_nor_orphans_it() -> Result<()> {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, PullOptions::default());
    let alone = tokio::spawn({
        let prices = bench.prices.clone();
        async move { prices.get(&spy(), ask(CacheFirst)).await }
    });
    while bench.provider.asked() == 0 {
        tokio::task::yield_now().await;
    }
    alone.abort();
    assert!(alone.await.expect_err("it was aborted").is_cancelled());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    gate.notify_one();
    // Nobody waits, and the fetch lands all the same.
    while bench.store.get_cache_entry(&key()).await?.is_none() {
        tokio::task::yield_now().await;
    }
    let later = bench.get(CacheFirst).await?;
    assert_eq!((price(&later), bench.provider.asked()), (Some(1.0), 1));
    bench.clock.advance(TimeDelta::hours(1));
    gate.notify_one();
    assert_eq!(price(&bench.get(CacheFirst).await?), Some(2.0), "and nothing of it is in the way");
    Ok(())
}

#[tokio::test]
async fn another_process_waits_and_uses_the_result() -> Result<()> {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, options());
    let other = bench.another(options());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    let spy = spy();
    let (ours, theirs, ()) = tokio::join!(bench.get(CacheFirst), other.get(&spy, ask(CacheFirst)), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        gate.notify_one();
    });
    let (ours, theirs) = (ours?, theirs?);
    assert_eq!((bench.provider.asked(), price(&ours), price(&theirs)), (1, Some(1.0), Some(1.0)));
    let outcomes = [&ours.outcome, &theirs.outcome];
    assert_eq!(
        outcomes.iter().filter(|outcome| matches!(outcome, PullOutcome::Joined { .. })).count(),
        1,
        "{outcomes:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_failure_reaches_another_process_too() {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, options());
    bench.provider.then([Step::Fail(ErrorKind::Corrupt)]);
    let other = bench.another(options());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    let spy = spy();
    let (ours, theirs, ()) = tokio::join!(bench.get(CacheFirst), other.get(&spy, ask(CacheFirst)), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        gate.notify_one();
    });
    for answer in [ours, theirs] {
        assert!(format!("{:#}", answer.expect_err("a failure")).contains("it failed on purpose"));
    }
    assert_eq!(bench.provider.asked(), 1);
}

#[tokio::test]
async fn the_lease_of_a_crashed_process_runs_out() -> Result<()> {
    let bench = Bench::new();
    let now = bench.clock.now();
    let crashed = FetchLease::new(key(), name("crashed"), now, now.saturating_add(TimeDelta::minutes(2)));
    bench.store.claim_lease(&crashed).await?;
    let waiting = tokio::spawn({
        let prices = bench.prices.clone();
        async move { prices.get(&spy(), ask(CacheFirst)).await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(bench.provider.asked(), 0, "it waits");
    bench.clock.advance(TimeDelta::minutes(2));
    assert_eq!(price(&waiting.await.expect("no panic")?), Some(1.0));
    // The lease was given up: nobody needs to wait for it.
    let claim = FetchLease::new(key(), name("another"), bench.clock.now(), Timestamp::MAX);
    assert_eq!(bench.store.claim_lease(&claim).await?, claim);
    Ok(())
}

#[tokio::test]
async fn patience_with_another_process_has_an_end() -> Result<()> {
    let bench = Bench::with(Scripted::default(), PullOptions { patience: Duration::from_millis(20), ..options() });
    let held = FetchLease::new(key(), name("another"), bench.clock.now(), Timestamp::MAX);
    bench.store.claim_lease(&held).await?;
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::Timeout);
    assert_eq!(bench.provider.asked(), 0);
    Ok(())
}
