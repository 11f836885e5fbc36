//! The lifetimes of cached answers, and the statistics of them.

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Clock, Error, ErrorKind, Result, SeriesQuery, Source, Timestamp,
    maintenance::{Dataset, Maintenance},
    market::{UnderlyingQuote, UnderlyingRepository},
    operations::{CacheEntry, CacheFilter, CacheKey, CacheRepository, FetchLease},
};
use strikebook_services::pull::{
    CleanUpReport, DiskBudget, FetchOptions,
    FetchPolicy::{CacheFirst, NetworkOnly},
    MissReason, PriceRequest, RemovalReason,
};

use crate::bench::{Bench, ask, key, name, options, price, reason, spy};

#[tokio::test]
async fn uses_are_recorded_in_the_store() -> Result<()> {
    let bench = Bench::new();
    for _ in 0..5 {
        bench.get(CacheFirst).await?;
        bench.clock.advance(TimeDelta::seconds(1));
    }
    let entry = || async { Ok::<_, Error>(bench.store.get_cache_entry(&key()).await?.expect("an entry")) };
    assert_eq!(entry().await?.hits, 0, "they are gathered");
    bench.prices.flush().await?;
    bench.prices.flush().await?;
    let reported = entry().await?;
    assert_eq!((reported.hits, reported.last_access.since(reported.asked_at)), (4, TimeDelta::seconds(4)));
    bench.clock.advance(TimeDelta::minutes(1));
    bench.get(CacheFirst).await?;
    bench.clock.advance(TimeDelta::minutes(1));
    bench.get(CacheFirst).await?;
    while entry().await?.hits < 6 {
        tokio::task::yield_now().await;
    }
    let counted = bench.prices.statistics();
    assert_eq!((counted.memory_hits, counted.hit_rate()), (6, Some(6.0 / 7.0)));
    let holdings = bench.prices.cache_usage().await?;
    assert_eq!((holdings.entries, holdings.bytes, holdings.oldest), (1, 1_000, Some(reported.asked_at)));
    Ok(())
}

#[tokio::test]
async fn what_is_forgotten_or_gone_is_fetched_again() -> Result<()> {
    let bench = Bench::new();
    assert!(!bench.prices.forget(&spy()).await?);
    bench.get(CacheFirst).await?;
    assert!(bench.prices.forget(&spy()).await?);
    assert_eq!(reason(&bench.get(CacheFirst).await?), MissReason::NeverFetched);
    bench.store.purge(Dataset::UnderlyingQuotes, Timestamp::MAX).await?;
    let other = bench.another(options());
    let again = other.get(&spy(), ask(CacheFirst)).await?;
    assert_eq!((reason(&again), price(&again)), (MissReason::Gone, Some(3.0)));
    Ok(())
}

/// Lets what was started end.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_kept_no_longer_is_deleted_on_demand_and_every_day() -> Result<()> {
    let bench = Bench::new();
    let entries = || async {
        let entries = bench.store.list_cache_entries(&CacheFilter::default()).await?;
        Ok::<_, Error>(entries.into_iter().map(|entry| entry.subject.to_string()).collect::<Vec<_>>())
    };
    let of = |symbol: &str| PriceRequest::new(symbol.parse().expect("a symbol"));
    let clean_up = async || {
        let cleaned = bench.prices.clean_up().await?;
        assert_eq!((cleaned.bytes_before, cleaned.bytes_after, cleaned.budget), (None, None, DiskBudget::NotOnDisk));
        assert!(cleaned.removed.iter().all(|removed| removed.reason == RemovalReason::Expired));
        Ok::<_, Error>(
            cleaned.removed.iter().map(|gone| format!("{}: {}", gone.subject, gone.rows)).collect::<Vec<_>>(),
        )
    };
    bench.prices.get(&of("SPY"), FetchOptions::default()).await?;
    bench.clock.advance(TimeDelta::days(1));
    bench.prices.get(&of("QQQ"), FetchOptions::default()).await?;
    bench.clock.advance(TimeDelta::days(29) - TimeDelta::microseconds(1));
    assert_eq!(clean_up().await?, [""; 0], "it is kept for 30 days");
    bench.clock.advance(TimeDelta::microseconds(1));
    let planned = bench.prices.plan_clean_up().await?;
    assert_eq!((planned.removed.len(), planned.rows()), (1, 1));
    assert_eq!(entries().await?, ["QQQ", "SPY"], "a plan changes nothing");
    assert_eq!(clean_up().await?, ["market of SPY: 1"]);
    assert_eq!(entries().await?, ["QQQ"]);
    // QQQ expires a day later, and is deleted by itself a day after that.
    let by_itself =
        || bench.prices.last_clean_up().map(|cleaned| cleaned.as_ref().as_ref().map(CleanUpReport::rows).ok());
    settle().await;
    assert_eq!(by_itself(), Some(Some(0)), "the first one found nothing");
    for (days, deleted) in [(1, false), (1, true)] {
        bench.clock.advance(TimeDelta::days(days));
        bench.prices.get(&of("IWM"), ask(NetworkOnly)).await?;
        settle().await;
        assert_eq!(!entries().await?.contains(&"QQQ".to_owned()), deleted);
        assert_eq!(by_itself(), Some(Some(u64::from(deleted))), "the caller sees the clean-up");
    }
    Ok(())
}

#[tokio::test]
async fn pullers_of_one_store_clean_up_once_a_day() -> Result<()> {
    let bench = Bench::new();
    let now = bench.clock.now();
    let of_another_kind = CacheKey { dataset: name("notes"), subject: name("SPY") };
    let expired = CacheEntry::new(of_another_kind, name("me"), now, now);
    bench.store.upsert_cache_entries(std::slice::from_ref(&expired)).await?;
    let mut there = Vec::new();
    // The first puller cleans up at once, when nothing has expired for a day; the next one comes too early, and then
    // not.
    for (puller, hours) in [(bench.prices.clone(), 23), (bench.another(options()), 24), (bench.another(options()), 0)] {
        puller.get(&spy(), ask(NetworkOnly)).await?;
        settle().await;
        there.push((bench.store.get_cache_entry(&of_another_kind).await?.is_some(), puller.last_clean_up().is_some()));
        bench.clock.advance(TimeDelta::hours(hours));
    }
    assert_eq!(there, [(true, true), (true, false), (false, true)], "whether the entry is there, and who cleaned up");
    Ok(())
}

#[tokio::test]
async fn one_clean_up_at_a_time() -> Result<()> {
    let bench = Bench::new();
    let running = CacheKey { dataset: name("clean_up"), subject: name("running") };
    let now = bench.clock.now();
    let stopped = FetchLease::new(running, name("another"), now, now.saturating_add(TimeDelta::hours(1)));
    bench.store.claim_lease(&stopped).await?;
    assert_eq!(bench.prices.clean_up().await.expect_err("it is under way").kind(), ErrorKind::Conflict);
    bench.prices.get(&spy(), ask(NetworkOnly)).await?;
    settle().await;
    let by_itself = bench.prices.last_clean_up().expect("it was tried with the first request");
    assert_eq!(by_itself.as_ref().as_ref().expect_err("it is under way").kind(), ErrorKind::Conflict);
    bench.clock.advance(TimeDelta::hours(1));
    for _ in 0..2 {
        assert_eq!(bench.prices.clean_up().await?.removed, [], "who was stopped is not waited for");
    }
    Ok(())
}

/// A quote of SPY by a source, whose event and knowledge time are one instant.
fn quote(source: &str, at: Timestamp) -> Result<UnderlyingQuote> {
    Ok(UnderlyingQuote { last: Some(1.0), ..UnderlyingQuote::new("SPY".parse()?, at, Source::new(source)?) })
}

#[tokio::test]
async fn rows_go_when_they_expired_and_only_those_that_were_fetched() -> Result<()> {
    let bench = Bench::new();
    let start = bench.clock.now();
    let imported = quote("import", start.saturating_sub(TimeDelta::days(900)))?;
    bench.store.upsert_underlying_quotes(std::slice::from_ref(&imported)).await?;
    for _ in 0..4 {
        bench.get(NetworkOnly).await?;
        bench.clock.advance(TimeDelta::days(10));
    }
    // The entry is that of day 30, and what was fetched on days 0 and 10 is no longer kept on day 40.
    let cleaned = bench.prices.clean_up().await?;
    let removed: Vec<_> = cleaned.removed.iter().map(|gone| (gone.reason, gone.entries.len(), gone.rows)).collect();
    assert_eq!(removed, [(RemovalReason::Expired, 0, 2)]);
    let symbol = imported.symbol;
    let all = SeriesQuery::new(symbol, AsOf::with_hindsight(Timestamp::MAX));
    let left = || async {
        let quotes = bench.store.list_underlying_quotes(&all).await?.items;
        Ok::<_, Error>(quotes.iter().map(|quote| quote.at.since(start).num_days()).collect::<Vec<_>>())
    };
    assert_eq!(left().await?, [-900, 20, 30]);
    bench.clock.advance(TimeDelta::days(20));
    let cleaned = bench.prices.clean_up().await?;
    assert_eq!(cleaned.removed[0].entries, [key()], "now the entry expired too");
    assert_eq!(left().await?, [-900]);
    assert_eq!(reason(&bench.get(CacheFirst).await?), MissReason::NeverFetched);
    Ok(())
}

#[tokio::test]
async fn entries_that_share_rows_go_together() -> Result<()> {
    let bench = Bench::new();
    let now = bench.clock.now();
    let entry = |dataset: &str, subject: &str, days: i64| {
        let key = CacheKey { dataset: name(dataset), subject: name(subject) };
        CacheEntry::new(key, name("scripted"), now, now.saturating_add(TimeDelta::days(days)))
    };
    bench.store.upsert_cache_entries(&[entry("chains", "SPY/2025-12-19", 5), entry("prices", "SPY", 30)]).await?;
    bench.store.upsert_underlying_quotes(&[quote("scripted", now)?]).await?;
    bench.clock.advance(TimeDelta::days(10));
    let cleaned = bench.prices.clean_up().await?;
    assert_eq!((cleaned.removed[0].entries.len(), cleaned.rows()), (1, 0), "its rows are those of the price too");
    bench.clock.advance(TimeDelta::days(20));
    let cleaned = bench.prices.clean_up().await?;
    assert_eq!((cleaned.removed[0].entries.len(), cleaned.rows()), (1, 1));
    Ok(())
}
