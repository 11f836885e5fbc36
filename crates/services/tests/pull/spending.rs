//! The costs of fetches and their cap.

use chrono::TimeDelta;
use strikebook_core::{
    ErrorKind, Result, Timestamp,
    operations::{CacheRepository, FetchCostRepository},
};
use strikebook_services::pull::{
    FetchPolicy::{CacheFirst, NetworkOnly},
    OverCap, PullOptions, PullOutcome,
};

use crate::bench::{Bench, Scripted, Step, key, money, options, price};

#[tokio::test]
async fn no_fetch_passes_the_cap() -> Result<()> {
    let priced = || Scripted { price: money("40"), ..Scripted::default() };
    for over_cap in [OverCap::Stale, OverCap::Refuse] {
        let bench = Bench::with(priced(), PullOptions { over_cap, ..options() });
        for _ in 0..2 {
            bench.get(CacheFirst).await?;
            bench.clock.advance(TimeDelta::hours(1));
        }
        let third = bench.get(CacheFirst).await;
        match over_cap {
            OverCap::Stale => {
                let third = third?;
                let PullOutcome::Stale { error: Some(error), .. } = &third.outcome else {
                    panic!("{:?}", third.outcome)
                };
                assert_eq!((error.context("spent"), error.context("cap")), (Some("80"), Some("100")), "{error}");
                assert_eq!(price(&third), Some(2.0));
            }
            OverCap::Refuse => assert_eq!(third.expect_err("refused").kind(), ErrorKind::Unavailable),
        }
        assert_eq!(bench.kind(NetworkOnly).await, ErrorKind::Unavailable, "it takes nothing stale");
        assert_eq!((bench.provider.asked(), bench.prices.statistics().spent), (2, money("80")));
        let spending = bench.store.list_spending(Timestamp::MIN, Timestamp::MAX).await?;
        assert_eq!((spending.len(), spending[0].cost, spending[0].fetches), (1, money("80"), 2));
        bench.clock.advance(TimeDelta::days(6));
        assert_eq!(price(&bench.get(CacheFirst).await?), Some(3.0), "October has a budget of its own");
    }
    Ok(())
}

#[tokio::test]
async fn each_attempt_is_paid() -> Result<()> {
    let bench = Bench::with(Scripted { price: money("0.25"), ..Scripted::default() }, options());
    bench.provider.then([Step::Fail(ErrorKind::Unavailable)]);
    bench.get(CacheFirst).await?;
    assert_eq!(bench.prices.statistics().spent, money("0.5"));
    assert_eq!(bench.store.get_cache_entry(&key()).await?.expect("an entry").cost, money("0.5"));
    Ok(())
}
