//! Ranges of days, of which only the gaps are fetched.

use std::sync::{Arc, Mutex};

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    Clock, Error, ErrorKind, Name, Result, Source, Timestamp,
    maintenance::{Dataset, Maintenance},
    market::{Bar, BarKey, BarRepository, Symbol, Timeframe, calendar},
    memory::MemoryStore,
    operations::{CacheKey, Coverage, CoverageFilter, CoverageRepository, FetchOutcome},
};
use strikebook_services::pull::{
    BarPuller, BarsRequest,
    FetchPolicy::{self, CacheFirst, CacheOnly, NetworkFirst, NetworkOnly, StaleIfError},
    FnProvider, ProviderResponse, PullOptions, PulledBars,
};
use strikebook_testkit::fixtures::ManualClock;
use strikebook_vendors::Batch;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn key() -> BarKey {
    BarKey::new(Symbol::new("SPY").expect("a symbol"), Timeframe::Day1)
}

fn bar(date: NaiveDate, recorded_at: Timestamp) -> Result<Bar> {
    let at = calendar::close_on(date)?;
    Ok(Bar {
        key: key(),
        opened_at: at.saturating_sub(TimeDelta::minutes(390)),
        at,
        open: 1.0,
        high: 1.0,
        low: 1.0,
        close: 1.0,
        volume: None,
        vwap: None,
        source: Source::new("vendor")?,
        recorded_at,
    })
}

/// A vendor that records the requests and lacks some days.
#[derive(Debug, Default)]
struct Vendor {
    asked: Vec<String>,
    lacks: Vec<NaiveDate>,
    fails: bool,
}

struct Bench {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    vendor: Arc<Mutex<Vendor>>,
    bars: BarPuller,
}

impl Bench {
    /// On the evening of Christmas Eve 2025, a Wednesday and half day.
    fn new() -> Result<Self> {
        let clock = Arc::new(ManualClock::at("2025-12-24T23:00:00Z".parse()?));
        let (store, vendor) = (Arc::new(MemoryStore::new()), Arc::<Mutex<Vendor>>::default());
        let provider = FnProvider::new("vendor".parse()?, {
            let vendor = Arc::clone(&vendor);
            move |request: BarsRequest, now: Timestamp| {
                let mut vendor = vendor.lock().expect("no panic");
                vendor.asked.push(format!("{}..{}", request.from, request.until));
                let days = calendar::trading_days(request.from, request.until);
                let days: Vec<_> = days.filter(|day| !vendor.lacks.contains(day)).collect();
                let fails = vendor.fails;
                async move {
                    if fails {
                        return Err(Error::new(ErrorKind::Corrupt, "it failed on purpose"));
                    }
                    let bars = days.into_iter().map(|day| bar(day, now)).collect::<Result<Vec<_>>>()?;
                    if bars.is_empty() {
                        return Ok(ProviderResponse::Empty { retry_after: None });
                    }
                    Ok(ProviderResponse::Data { batch: Batch { bars, ..Batch::default() }, bytes: 100 })
                }
            }
        });
        let bars = BarPuller::new(store.clone(), Arc::new(provider), clock.clone(), PullOptions::default());
        Ok(Self { store, clock, vendor, bars })
    }

    async fn get(&self, from: &str, until: &str, policy: FetchPolicy) -> Result<PulledBars> {
        self.bars.get(&BarsRequest::new(key(), day(from), day(until)), policy).await
    }

    /// Returns the requests since the last call of this function.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.vendor.lock().expect("no panic").asked)
    }

    fn advance(&self, span: TimeDelta) {
        self.clock.advance(span);
    }
}

#[tokio::test]
async fn only_gaps_are_fetched() -> Result<()> {
    let bench = Bench::new()?;
    let first = bench.get("2025-12-08", "2025-12-12", CacheFirst).await?;
    assert_eq!((first.bars.len(), first.missing.len()), (5, 0));
    assert_eq!(bench.asked(), ["2025-12-08..2025-12-12"]);
    let more = bench.get("2025-12-04", "2025-12-16", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-12-04..2025-12-05", "2025-12-15..2025-12-16"]);
    assert_eq!(more.fetched, [(day("2025-12-04"), day("2025-12-05")), (day("2025-12-15"), day("2025-12-16"))]);
    assert_eq!(more.bars.len(), 9);
    assert!(more.bars.is_sorted_by_key(|bar| bar.at));
    let again = bench.get("2025-12-04", "2025-12-16", CacheFirst).await?;
    assert_eq!((again.bars, again.fetched), (more.bars, vec![]));
    assert!(bench.asked().is_empty());
    Ok(())
}

#[tokio::test]
async fn days_without_a_session_are_no_gaps() -> Result<()> {
    let bench = Bench::new()?;
    for (from, until) in [("2025-11-27", "2025-11-27"), ("2025-12-13", "2025-12-14"), ("2025-12-12", "2025-12-11")] {
        let none = bench.get(from, until, CacheFirst).await?;
        assert!(none.bars.is_empty() && none.missing.is_empty(), "{none:?}");
    }
    assert!(bench.asked().is_empty());
    bench.get("2025-11-26", "2025-11-28", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-11-26..2025-11-28"], "one run over Thanksgiving");
    Ok(())
}

#[tokio::test]
async fn a_day_is_fetched_when_it_is_over() -> Result<()> {
    let bench = Bench::new()?;
    bench.advance(TimeDelta::days(-1));
    let before = bench.get("2025-12-22", "2025-12-31", CacheFirst).await?;
    assert_eq!((bench.asked(), before.missing.len()), (vec!["2025-12-22..2025-12-23".to_owned()], 0));
    // The exchange closes at 13:00 in New York, five hours before this.
    bench.advance(TimeDelta::days(1));
    bench.get("2025-12-22", "2025-12-31", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-12-24..2025-12-24"]);
    Ok(())
}

#[tokio::test]
async fn what_the_vendor_lacks_is_asked_for_again_the_later_the_older_it_is() -> Result<()> {
    let bench = Bench::new()?;
    let (old, new) = ("2025-12-10", "2025-12-24");
    bench.vendor.lock().expect("no panic").lacks = vec![day(old), day(new)];
    let lacking = bench.get("2025-12-08", "2025-12-24", CacheFirst).await?;
    assert_eq!((lacking.missing, bench.asked().len()), (vec![day(old), day(new)], 1));
    bench.get("2025-12-08", "2025-12-24", CacheFirst).await?;
    assert!(bench.asked().is_empty(), "it is known");
    // Christmas Eve was over five hours before it was asked for.
    bench.advance(TimeDelta::hours(5));
    bench.get("2025-12-08", "2025-12-24", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-12-24..2025-12-24"]);
    bench.vendor.lock().expect("no panic").lacks.clear();
    bench.advance(TimeDelta::days(15));
    let whole = bench.get("2025-12-08", "2025-12-24", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-12-10..2025-12-10", "2025-12-24..2025-12-24"]);
    assert_eq!((whole.missing.len(), whole.bars.len()), (0, 13));
    Ok(())
}

#[tokio::test]
async fn bars_that_came_in_another_way_are_there_and_those_that_went_are_not() -> Result<()> {
    let bench = Bench::new()?;
    let now = bench.clock.now();
    bench.store.upsert_bars(&[bar(day("2025-12-09"), now)?]).await?;
    bench.get("2025-12-08", "2025-12-10", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-12-08..2025-12-08", "2025-12-10..2025-12-10"]);
    bench.store.purge(Dataset::Bars, calendar::close_on(day("2025-12-10"))?).await?;
    bench.advance(TimeDelta::hours(1));
    let whole = bench.get("2025-12-08", "2025-12-10", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-12-08..2025-12-09"]);
    assert_eq!(whole.bars.len(), 3);
    Ok(())
}

#[tokio::test]
async fn what_was_fetched_can_be_forgotten() -> Result<()> {
    let bench = Bench::new()?;
    bench.vendor.lock().expect("no panic").lacks.push(day("2025-12-09"));
    bench.get("2025-12-08", "2025-12-10", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-12-08..2025-12-10"]);
    bench.get("2025-12-08", "2025-12-10", CacheFirst).await?;
    assert_eq!(bench.asked(), Vec::<String>::new(), "the vendor lacks that day");

    let other = CacheKey { dataset: Name::new("chains")?, subject: Name::new("SPY")? };
    let kept = Coverage::new(other, day("2025-12-09"), FetchOutcome::Empty, bench.clock.now());
    bench.store.upsert_coverage(std::slice::from_ref(&kept)).await?;
    assert_eq!(bench.bars.forget_all().await?, 3, "of the days");
    assert_eq!(bench.store.list_coverage(&CoverageFilter::default()).await?, [kept], "those of other kinds stay");
    let whole = bench.get("2025-12-08", "2025-12-10", CacheFirst).await?;
    assert_eq!(bench.asked(), ["2025-12-09..2025-12-09"], "stored bars stay");
    assert_eq!((whole.bars.len(), whole.missing), (2, vec![day("2025-12-09")]));
    assert_eq!((bench.bars.forget_all().await?, bench.bars.forget_all().await?), (1, 0));
    Ok(())
}

#[tokio::test]
async fn expired_days_are_not_covered() -> Result<()> {
    let bench = Bench::new()?;
    bench.get("2025-12-08", "2025-12-10", CacheFirst).await?;
    bench.advance(TimeDelta::days(20));
    bench.get("2025-12-08", "2025-12-12", CacheFirst).await?;
    bench.advance(TimeDelta::days(11));
    let covered = async || Ok::<_, Error>(bench.store.list_coverage(&CoverageFilter::default()).await?.len());
    assert_eq!(covered().await?, 5);
    let cleaned = bench.bars.puller().clean_up().await?;
    let removed: Vec<_> = cleaned.removed.iter().map(|gone| (gone.entries.len(), gone.rows)).collect();
    assert_eq!(removed, [(1, 3)], "the first three days");
    assert_eq!(covered().await?, 2);
    bench.asked();
    let whole = bench.get("2025-12-08", "2025-12-12", CacheFirst).await?;
    assert_eq!((whole.bars.len(), bench.asked()), (5, vec!["2025-12-08..2025-12-10".to_owned()]));
    bench.advance(TimeDelta::days(31));
    assert_eq!(bench.bars.puller().clean_up().await?.rows(), 5);
    assert_eq!(covered().await?, 0);
    Ok(())
}

#[tokio::test]
async fn the_policy_says_what_is_asked_for_and_what_becomes_of_a_failure() -> Result<()> {
    let bench = Bench::new()?;
    let (from, until) = ("2025-12-08", "2025-12-10");
    let none = bench.get(from, until, CacheOnly).await?;
    assert_eq!((none.missing.len(), bench.asked().len()), (3, 0));
    bench.get(from, "2025-12-09", CacheFirst).await?;
    bench.asked();
    for policy in [NetworkOnly, NetworkFirst] {
        bench.advance(TimeDelta::hours(1));
        bench.get(from, "2025-12-09", policy).await?;
        assert_eq!(bench.asked(), ["2025-12-08..2025-12-09"], "{policy:?}");
    }
    bench.vendor.lock().expect("no panic").fails = true;
    for (policy, gives) in [(CacheFirst, false), (NetworkOnly, false), (StaleIfError, true), (NetworkFirst, true)] {
        bench.advance(TimeDelta::hours(1));
        match bench.get(from, until, policy).await {
            Ok(stale) => {
                assert!(gives, "{policy:?}");
                assert_eq!((stale.bars.len(), stale.missing, stale.fetched.len()), (2, vec![day(until)], 0));
                assert_eq!(stale.error.expect("why").kind(), ErrorKind::Corrupt);
            }
            Err(error) => {
                assert!(!gives, "{policy:?}");
                assert_eq!(error.kind(), ErrorKind::Corrupt);
            }
        }
    }
    Ok(())
}
