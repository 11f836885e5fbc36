//! Failures, empty answers, and a provider that is busy.

use std::time::Duration;

use chrono::TimeDelta;
use strikebook_core::{
    ErrorKind, Result,
    maintenance::{Dataset, Maintenance},
    operations::{CacheKey, CacheRepository, FetchOutcome},
};
use strikebook_services::pull::{
    FetchPolicy::{CacheFirst, NetworkOnly, StaleIfError},
    MissReason, PriceRequest, PullOptions, PullOutcome, RateLimiter,
};

use crate::bench::{Bench, Scripted, Step, ask, key, name, options, price, reason, spy};

#[tokio::test]
async fn that_there_is_nothing_is_known_until_it_is_time_to_ask_again() -> Result<()> {
    for (reported, pause) in [(None, TimeDelta::hours(1)), (Some(TimeDelta::hours(5)), TimeDelta::hours(5))] {
        let bench = Bench::new();
        bench.provider.then([Step::Empty(reported)]);
        let empty = bench.get(CacheFirst).await?;
        assert_eq!((reason(&empty), price(&empty)), (MissReason::NeverFetched, None));
        bench.clock.advance(pause - TimeDelta::microseconds(1));
        for puller in [&bench.prices, &bench.another(options())] {
            let known = puller.get(&spy(), ask(CacheFirst)).await?;
            assert!(known.data.is_none() && matches!(known.outcome, PullOutcome::Hit { .. }), "{known:?}");
        }
        bench.clock.advance(TimeDelta::microseconds(1));
        let again = bench.get(CacheFirst).await?;
        assert_eq!((reason(&again), price(&again)), (MissReason::EmptyBefore, Some(2.0)));
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_failed_is_left_alone_for_a_while() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::Fail(ErrorKind::Corrupt), Step::Fail(ErrorKind::Corrupt)]);
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::Corrupt);
    bench.clock.advance(TimeDelta::seconds(29));
    let error = bench.get(CacheFirst).await.expect_err("it is left alone");
    assert_eq!(error.kind(), ErrorKind::Corrupt, "as for the first caller");
    assert!(format!("{error:#}").contains("it failed on purpose"), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    assert_eq!(bench.provider.asked(), 1);
    assert_eq!(bench.kind(NetworkOnly).await, ErrorKind::Corrupt, "who forces it does not wait");
    bench.clock.advance(TimeDelta::seconds(30));
    let again = bench.get(CacheFirst).await?;
    assert_eq!((reason(&again), price(&again)), (MissReason::FailedBefore, Some(3.0)));
    let entry = bench.store.get_cache_entry(&key()).await?.expect("an entry");
    assert_eq!((entry.outcome, entry.error), (FetchOutcome::Data, None));
    Ok(())
}

#[tokio::test]
async fn what_may_pass_is_tried_again() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::Fail(ErrorKind::Unavailable), Step::Fail(ErrorKind::RateLimited)]);
    assert_eq!(price(&bench.get(CacheFirst).await?), Some(3.0));
    let counted = bench.prices.statistics();
    assert_eq!((counted.attempts, counted.failed_attempts, counted.bytes), (3, 2, 1_000));
    bench.clock.advance(TimeDelta::hours(1));
    bench.provider.then([Step::Hang, Step::Hang, Step::Hang]);
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::Timeout);
    assert_eq!(bench.provider.asked(), 6, "three times at most");
    bench.clock.advance(TimeDelta::hours(1));
    for step in [Step::Fail(ErrorKind::Corrupt), Step::Panic, Step::Wrong] {
        let before = bench.provider.asked();
        let text = format!("{step:?}");
        bench.provider.then([step]);
        bench.get(NetworkOnly).await.expect_err("it fails");
        assert_eq!(bench.provider.asked(), before + 1, "{text} does not pass");
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_busy_for_long_is_given_up() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::FailFor(ErrorKind::RateLimited, TimeDelta::hours(2))]);
    let error = bench.get(CacheFirst).await.expect_err("it is busy");
    assert_eq!((error.kind(), error.context("status")), (ErrorKind::RateLimited, Some("429")), "{error}");
    assert_eq!(
        error.retry_after(),
        Some(Duration::from_secs(7_200)),
        "a longer wait than a caller's is an error at once"
    );
    assert_eq!(format!("{error:#}").matches("it failed on purpose").count(), 1, "{error}");
    bench.clock.advance(TimeDelta::hours(2) - TimeDelta::seconds(1));
    let qqq = PriceRequest::new("QQQ".parse()?);
    let another = bench.another(PullOptions::default());
    for (puller, request, policy) in [
        (&bench.prices, spy(), CacheFirst),
        (&bench.prices, spy(), NetworkOnly),
        (&bench.prices, qqq, CacheFirst),
        (&bench.prices, qqq, NetworkOnly),
        // Another process knows of it by the entry.
        (&another, spy(), CacheFirst),
        (&another, spy(), NetworkOnly),
    ] {
        let error = puller.get(&request, ask(policy)).await.expect_err("it is left alone");
        let reported = (error.kind(), error.retry_after());
        assert_eq!(reported, (ErrorKind::RateLimited, Some(Duration::from_secs(1))), "{request:?} {policy:?}");
    }
    assert_eq!(bench.provider.asked(), 1, "the provider is not asked again before the time it named");
    assert!(
        bench.store.get_cache_entry(&CacheKey { subject: name("QQQ"), ..key() }).await?.is_none(),
        "it was not asked"
    );
    bench.clock.advance(TimeDelta::seconds(1));
    assert_eq!(price(&bench.get(CacheFirst).await?), Some(2.0));
    assert_eq!(price(&bench.prices.get(&qqq, ask(CacheFirst)).await?), Some(3.0));
    Ok(())
}

#[tokio::test]
async fn what_is_stale_is_given_while_a_provider_is_left_alone() -> Result<()> {
    let bench = Bench::new();
    bench.get(CacheFirst).await?;
    bench.clock.advance(TimeDelta::hours(1));
    bench.provider.then([Step::FailFor(ErrorKind::RateLimited, TimeDelta::hours(2))]);
    for _ in 0..2 {
        let stale = bench.get(StaleIfError).await?;
        let PullOutcome::Stale { error: Some(error), .. } = &stale.outcome else { panic!("{:?}", stale.outcome) };
        assert_eq!((price(&stale), error.kind()), (Some(1.0), ErrorKind::RateLimited));
    }
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::RateLimited);
    assert_eq!(bench.provider.asked(), 2);
    Ok(())
}

#[tokio::test]
async fn a_short_pause_is_waited_for_by_all() -> Result<()> {
    let bench = Bench::new();
    let pause = TimeDelta::milliseconds(10);
    bench.provider.then([Step::FailFor(ErrorKind::RateLimited, pause)]);
    assert_eq!(price(&bench.get(CacheFirst).await?), Some(2.0), "and then asked again");
    let qqq = PriceRequest::new("QQQ".parse()?);
    assert_eq!(price(&bench.prices.get(&qqq, ask(CacheFirst)).await?), Some(3.0));
    Ok(())
}

#[tokio::test]
async fn a_refused_key_is_no_answer() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::Fail(ErrorKind::PermissionDenied)]);
    for (puller, seconds) in [(&bench.prices, 0), (&bench.prices, 10), (&bench.another(options()), 10)] {
        bench.clock.advance(TimeDelta::seconds(seconds));
        let error = puller.get(&spy(), ask(CacheFirst)).await.expect_err("it is refused");
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::PermissionDenied, false), "{error}");
    }
    let entry = bench.store.get_cache_entry(&key()).await?.expect("an entry");
    assert_eq!((entry.outcome, entry.error_kind), (FetchOutcome::Failed, Some(ErrorKind::PermissionDenied)));
    assert_eq!(bench.provider.asked(), 1, "it does not pass");
    Ok(())
}

#[tokio::test]
async fn a_batch_of_something_else_is_not_stored() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::Wrong]);
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::InvalidInput);
    let counted = bench.store.statistics().await?;
    assert!(counted.iter().all(|counted| counted.dataset != Dataset::UnderlyingQuotes || counted.rows == 0));
    Ok(())
}

#[tokio::test]
async fn the_pace_of_a_provider_is_kept() -> Result<()> {
    let rate_limiter = RateLimiter::every(Duration::from_millis(20));
    let bench = Bench::with(Scripted::default(), PullOptions { rate_limiter, ..options() });
    let start = std::time::Instant::now();
    for _ in 0..4 {
        bench.get(NetworkOnly).await?;
    }
    assert!(start.elapsed() >= Duration::from_millis(60), "{:?}", start.elapsed());
    Ok(())
}
