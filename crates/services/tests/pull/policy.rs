//! The outcome of each policy for a fresh, stale, expired and missing answer.

use chrono::TimeDelta;
use strikebook_core::{Clock, ErrorKind, Result};
use strikebook_services::pull::{
    CacheTier, ChainRequest, FetchOptions,
    FetchPolicy::{CacheFirst, CacheOnly, NetworkFirst, NetworkOnly, StaleIfError, StaleWhileRevalidate},
    GreeksRequest, MissReason, PositionsRequest, PredictionRequest, PriceRequest, PullOptions, PullOutcome, Request,
};
use tokio::sync::Notify;

use crate::bench::{Bench, Scripted, Step, ask, options, price, reason, spy};

#[tokio::test]
async fn fresh_data_is_a_hit_and_stale_data_is_fetched() -> Result<()> {
    let bench = Bench::new();
    let first = bench.get(CacheFirst).await?;
    assert_eq!((reason(&first), price(&first)), (MissReason::NeverFetched, Some(1.0)));
    assert_eq!(first.fetched_at, bench.clock.now());
    let (age, more) = (TimeDelta::minutes(10), TimeDelta::microseconds(1));
    bench.clock.advance(age);
    let hit = bench.get(CacheFirst).await?;
    let PullOutcome::Hit { age: reported, tier: CacheTier::Memory } = hit.outcome else { panic!("{:?}", hit.outcome) };
    assert_eq!((reported, price(&hit), hit.fetched_at), (age, Some(1.0), first.fetched_at));
    let elsewhere = bench.another(options()).get(&spy(), ask(CacheFirst)).await?;
    let PullOutcome::Hit { age: reported, tier: CacheTier::Store } = elsewhere.outcome else {
        panic!("{:?}", elsewhere.outcome)
    };
    assert_eq!((reported, price(&elsewhere)), (age, Some(1.0)));
    bench.clock.advance(more);
    let old = bench.get(CacheFirst).await?;
    assert_eq!((reason(&old), price(&old)), (MissReason::TooOld { age: age + more, max_age: age }, Some(2.0)));
    assert_eq!(bench.provider.asked(), 2);
    Ok(())
}

#[tokio::test]
async fn kinds_have_ages_of_their_own() -> Result<()> {
    assert_eq!(ChainRequest::MAX_AGE, TimeDelta::minutes(15));
    assert_eq!(PositionsRequest::MAX_AGE, TimeDelta::minutes(30));
    assert_eq!(GreeksRequest::MAX_AGE, TimeDelta::hours(1));
    assert_eq!(PredictionRequest::MAX_AGE, TimeDelta::hours(1));
    assert_eq!(PriceRequest::MAX_AGE, TimeDelta::minutes(5));
    let bench = Bench::new();
    for (minutes, asked) in [(0, 1), (5, 1), (1, 2), (7 * 24 * 60 - 1, 3)] {
        bench.clock.advance(TimeDelta::minutes(minutes));
        bench.prices.get(&spy(), FetchOptions::default()).await?;
        assert_eq!(bench.provider.asked(), asked);
    }
    Ok(())
}

#[tokio::test]
async fn kinds_are_kept_for_spans_of_their_own() -> Result<()> {
    assert_eq!(ChainRequest::EXPIRY, TimeDelta::days(30));
    let bench = Bench::with(Scripted::default(), PullOptions::default());
    bench.get(CacheFirst).await?;
    bench.clock.advance(TimeDelta::days(7) - TimeDelta::microseconds(1));
    assert!(matches!(bench.get(CacheOnly).await?.outcome, PullOutcome::Stale { .. }));
    bench.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(bench.kind(CacheOnly).await, ErrorKind::NotFound, "a price is kept for seven days");
    Ok(())
}

#[tokio::test]
async fn the_cache_alone_gives_what_there_is() -> Result<()> {
    let bench = Bench::new();
    assert_eq!(bench.kind(CacheOnly).await, ErrorKind::NotFound);
    bench.get(CacheFirst).await?;
    assert!(matches!(bench.get(CacheOnly).await?.outcome, PullOutcome::Hit { .. }));
    bench.clock.advance(TimeDelta::days(1));
    let stale = bench.get(CacheOnly).await?;
    assert!(matches!(stale.outcome, PullOutcome::Stale { age, error: None } if age == TimeDelta::days(1)));
    bench.clock.advance(TimeDelta::days(29));
    assert_eq!(bench.kind(CacheOnly).await, ErrorKind::NotFound, "it is kept for 30 days");
    assert_eq!(bench.provider.asked(), 1);
    assert_eq!(reason(&bench.get(CacheFirst).await?), MissReason::Expired);
    Ok(())
}

#[tokio::test]
async fn a_forced_fetch_is_made_whatever_there_is() -> Result<()> {
    let bench = Bench::new();
    for (policy, count) in [(NetworkOnly, 1.0), (NetworkFirst, 2.0), (NetworkOnly, 3.0)] {
        bench.clock.advance(TimeDelta::seconds(1));
        let forced = bench.get(policy).await?;
        assert_eq!((reason(&forced), price(&forced)), (MissReason::Forced, Some(count)));
    }
    Ok(())
}

#[tokio::test]
async fn when_the_provider_fails_the_policy_decides() -> Result<()> {
    // Young and old data, and what each policy makes of it.
    for (minutes, policy, price_or_error) in [
        (5, NetworkFirst, Some(1.0)),
        (5, NetworkOnly, None),
        (60, CacheFirst, None),
        (60, NetworkFirst, None),
        (60, NetworkOnly, None),
        (60, StaleIfError, Some(1.0)),
    ] {
        let bench = Bench::new();
        bench.get(CacheFirst).await?;
        bench.clock.advance(TimeDelta::minutes(minutes));
        bench.provider.then([Step::Fail(ErrorKind::Corrupt)]);
        match (bench.get(policy).await, price_or_error) {
            (Ok(stale), Some(_)) => {
                let PullOutcome::Stale { age, error: Some(error) } = &stale.outcome else {
                    panic!("{:?}", stale.outcome)
                };
                assert_eq!((*age, error.kind()), (TimeDelta::minutes(minutes), ErrorKind::Corrupt));
                assert_eq!(price(&stale), price_or_error);
            }
            (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Corrupt, "{policy:?}"),
            (answer, _) => panic!("{policy:?} after {minutes} minutes: {answer:?}"),
        }
    }
    let bench = Bench::new();
    bench.provider.then([Step::Fail(ErrorKind::Corrupt)]);
    assert_eq!(bench.kind(StaleIfError).await, ErrorKind::Corrupt, "there is nothing stale");
    Ok(())
}

#[tokio::test]
async fn while_it_is_revalidated_what_is_stale_is_given() -> Result<()> {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, options());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    gate.notify_one();
    assert_eq!(price(&bench.get(StaleWhileRevalidate).await?), Some(1.0), "there is nothing stale");
    bench.clock.advance(TimeDelta::hours(1));
    for _ in 0..3 {
        let stale = bench.get(StaleWhileRevalidate).await?;
        assert!(matches!(stale.outcome, PullOutcome::Stale { error: None, .. }), "{:?}", stale.outcome);
        assert_eq!(price(&stale), Some(1.0));
    }
    gate.notify_one();
    let joined = bench.get(CacheFirst).await?;
    assert_eq!(price(&joined), Some(2.0));
    assert!(matches!(bench.get(StaleWhileRevalidate).await?.outcome, PullOutcome::Hit { .. }));
    assert_eq!(bench.provider.asked(), 2);
    Ok(())
}
