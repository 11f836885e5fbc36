//! Tests that a call returns what was fetched, also when the provider's clock is ahead of ours.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use chrono::TimeDelta;
use strikebook_core::{
    Clock, Decimal, Error, ErrorKind, Result, Source, Timestamp,
    analytics::{ComputedGreeks, GreeksKey, Prediction},
    maintenance::Maintenance,
    market::{Bar, BarKey, OptionChain, OptionQuote, Symbol, Timeframe, calendar},
    memory::MemoryStore,
    operations::{CacheRepository, FetchOutcome},
    pricing::Valuation,
    trading::{AccountSnapshot, Position, PositionKey},
};
use strikebook_services::pull::{
    AccountReport, BarPuller, BarsRequest, ChainRequest, FetchOptions,
    FetchPolicy::{CacheFirst, CacheOnly, NetworkOnly},
    FnProvider, GreeksRequest, PositionsRequest, PredictionRequest, ProviderResponse, PullOptions, PullOutcome, Pulled,
    Puller, Request,
};
use strikebook_system::new_id;
use strikebook_testkit::fixtures::ManualClock;
use strikebook_vendors::Batch;

use crate::bench::{Bench, ask, key, name, options, price, spy};

const TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// A puller of chains of two contracts: one is quoted by the provider's clock, the other a second ago. Bids count the
/// fetches.
struct Desk {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    ahead: Arc<Mutex<TimeDelta>>,
    chains: Puller<ChainRequest>,
}

impl Desk {
    fn new(ahead: TimeDelta) -> Self {
        let clock = Arc::new(ManualClock::at("2025-09-25T19:00:00Z".parse().expect("an instant")));
        let (store, ahead) = (Arc::new(MemoryStore::new()), Arc::new(Mutex::new(ahead)));
        let chains = Self::puller(&store, &clock, &ahead);
        Self { store, clock, ahead, chains }
    }

    fn puller(
        store: &Arc<MemoryStore>,
        clock: &Arc<ManualClock>,
        ahead: &Arc<Mutex<TimeDelta>>,
    ) -> Puller<ChainRequest> {
        let (count, ahead) = (AtomicU32::new(0), Arc::clone(ahead));
        let broker = FnProvider::new(name("broker"), move |_: ChainRequest, now: Timestamp| {
            let bid = Some(f64::from(count.fetch_add(1, Ordering::SeqCst)));
            let ticks = now.saturating_add(*ahead.lock().expect("no panic"));
            async move {
                let quote = |symbol: &str, at: Timestamp| -> Result<OptionQuote> {
                    Ok(OptionQuote::new(symbol.parse()?, at, Source::new("broker")?).with_market(bid, Some(9.0)))
                };
                let quotes = vec![
                    quote("SPY251219C00650000", ticks)?,
                    quote("SPY251219P00650000", now.saturating_sub(TimeDelta::seconds(1)))?,
                ];
                Ok(ProviderResponse::Data { batch: Batch { quotes, ..Batch::default() }, bytes: 1 })
            }
        });
        Puller::new(store.clone(), Arc::new(broker), clock.clone(), options())
    }
}

fn whole() -> ChainRequest {
    ChainRequest::new(Symbol::new("SPY").expect("a symbol"))
}

fn bids(pulled: &Pulled<OptionChain>) -> Vec<f64> {
    let chain = pulled.data.as_ref().expect("a chain");
    chain.rows().iter().filter_map(|row| row.quote.bid).collect()
}

#[tokio::test]
async fn a_chain_of_a_clock_that_is_ahead_is_the_one_that_was_fetched() -> Result<()> {
    for ahead in [TimeDelta::zero(), TimeDelta::milliseconds(200), TOLERANCE] {
        let desk = Desk::new(ahead);
        for fetch in 0..3_u32 {
            let pulled = desk.chains.get(&whole(), FetchOptions::new(NetworkOnly)).await?;
            assert_eq!(bids(&pulled), [f64::from(fetch); 2], "{ahead} ahead, fetch {fetch}");
            // Another process reads the store at once, before our clock is there.
            let other = Desk::puller(&desk.store, &desk.clock, &desk.ahead);
            let hit = other.get(&whole(), ask(CacheFirst)).await?;
            assert!(matches!(hit.outcome, PullOutcome::Hit { .. }), "{:?}", hit.outcome);
            assert_eq!((bids(&hit), hit.fetched_at), (bids(&pulled), pulled.fetched_at));
            desk.clock.advance(TimeDelta::hours(1) / 2);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_too_far_ahead_is_an_error_of_its_own() -> Result<()> {
    let desk = Desk::new(TimeDelta::zero());
    desk.chains.get(&whole(), FetchOptions::default()).await?;
    let (fetched_at, rows) = (desk.clock.now(), desk.store.statistics().await?);
    desk.clock.advance(TimeDelta::minutes(30));
    let ahead = TOLERANCE + TimeDelta::microseconds(1);
    *desk.ahead.lock().expect("no panic") = ahead;
    let error = desk.chains.get(&whole(), FetchOptions::new(NetworkOnly)).await.expect_err("the clocks differ");
    let now = desk.clock.now();
    assert_eq!(error.kind(), ErrorKind::ClockSkew, "{error}");
    assert_eq!(error.context("record_at"), Some(&*now.saturating_add(ahead).to_string()), "{error}");
    assert_eq!(error.context("now"), Some(&*now.to_string()), "{error}");
    let counted = desk.store.statistics().await?;
    assert!(rows.iter().zip(&counted).all(|(before, after)| before.rows == after.rows), "nothing is stored of it");
    let stale = desk.chains.get(&whole(), FetchOptions::new(CacheOnly)).await?;
    assert!(matches!(stale.outcome, PullOutcome::Stale { .. }) && stale.fetched_at == fetched_at, "{stale:?}");
    // Who gives it more room gets it.
    let patient = PullOptions { max_clock_skew: ahead, ..options() };
    let broker = Desk::puller(&desk.store, &desk.clock, &desk.ahead);
    assert_eq!(
        broker.get(&whole(), FetchOptions::new(NetworkOnly)).await.expect_err("the clocks differ").kind(),
        error.kind()
    );
    let bench = Bench::with(crate::bench::Scripted::default(), patient);
    *bench.provider.ahead.lock().expect("no panic") = ahead;
    assert_eq!(price(&bench.get(CacheFirst).await?), Some(1.0));
    Ok(())
}

#[tokio::test]
async fn a_thousand_callers_get_what_was_fetched() -> Result<()> {
    let desk = Desk::new(TOLERANCE);
    desk.chains.get(&whole(), FetchOptions::default()).await?;
    desk.clock.advance(TimeDelta::hours(1));
    let callers: Vec<_> = (0..1_000)
        .map(|_| {
            let chains = desk.chains.clone();
            tokio::spawn(async move { chains.get(&whole(), FetchOptions::default()).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(bids(&caller.await.expect("no panic")?), [1.0; 2]);
    }
    Ok(())
}

#[tokio::test]
async fn who_waits_for_another_process_gets_what_it_fetched() -> Result<()> {
    let bench = Bench::with(
        crate::bench::Scripted { gate: Some(tokio::sync::Notify::new()), ..crate::bench::Scripted::default() },
        options(),
    );
    *bench.provider.ahead.lock().expect("no panic") = TOLERANCE;
    let (other, spy) = (bench.another(options()), spy());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    let (ours, theirs, ()) = tokio::join!(bench.get(CacheFirst), other.get(&spy, ask(CacheFirst)), async {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        gate.notify_one();
    });
    assert_eq!((price(&ours?), price(&theirs?), bench.provider.asked()), (Some(1.0), Some(1.0), 1));
    Ok(())
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_read_what_is_to_come() -> Result<()> {
    let bench = Bench::new();
    bench.get(CacheFirst).await?;
    bench.clock.advance(TimeDelta::hours(-1));
    let past = bench.another(options());
    assert_eq!(past.get(&spy(), ask(CacheOnly)).await.expect_err("nothing was known").kind(), ErrorKind::NotFound);
    Ok(())
}

#[tokio::test]
async fn the_failure_is_remembered_with_its_kind() -> Result<()> {
    let bench = Bench::new();
    *bench.provider.ahead.lock().expect("no panic") = TimeDelta::hours(3);
    for puller in [&bench.prices, &bench.another(options())] {
        let error = puller.get(&spy(), ask(CacheFirst)).await.expect_err("the clocks differ");
        assert_eq!(error.kind(), ErrorKind::ClockSkew);
        assert!(error.to_string().contains("record_at: 2025-09-25T23:00:00"), "{error}");
    }
    let entry = bench.store.get_cache_entry(&key()).await?.expect("an entry");
    assert_eq!((entry.outcome, bench.provider.asked()), (FetchOutcome::Failed, 1));
    Ok(())
}

/// Fetches one kind from a provider whose clock is ahead. Returns the newest record's lead over our clock, or the
/// error.
async fn pull<R, A>(
    request: R,
    batch: impl Fn(Timestamp) -> Result<R::Batch> + Send + Sync + 'static,
    of: A,
    ahead: TimeDelta,
) -> Result<TimeDelta>
where
    R: Request,
    A: Fn(&R::Data) -> Option<Timestamp>,
{
    let clock = Arc::new(ManualClock::at("2025-09-25T20:00:00Z".parse()?));
    let broker = FnProvider::new(name("broker"), move |_: R, now: Timestamp| {
        let batch = batch(now.saturating_add(ahead));
        async move { Ok(ProviderResponse::Data { batch: batch?, bytes: 1 }) }
    });
    let (store, broker) = (Arc::new(MemoryStore::new()), Arc::new(broker));
    let puller = Puller::new(store.clone(), broker.clone(), clock.clone(), options());
    let fetched = puller.get(&request, FetchOptions::default()).await?;
    let elsewhere = Puller::new(store, broker, clock.clone(), options()).get(&request, FetchOptions::default()).await?;
    assert!(matches!(elsewhere.outcome, PullOutcome::Hit { .. }), "{:?}", elsewhere.outcome);
    let newest = |pulled: &Pulled<R::Data>| pulled.data.as_deref().and_then(&of).map(|at| at.since(clock.now()));
    assert_eq!(newest(&fetched), newest(&elsewhere));
    newest(&fetched).ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no answer"))
}

#[tokio::test]
async fn every_kind_gives_what_was_fetched_or_names_the_clocks() -> Result<()> {
    let greeks =
        GreeksKey { contract: "SPY251219C00650000".parse()?, model: "black_scholes_merton".parse()?, revision: 1 };
    let position = PositionKey { account: name("U1"), instrument: "SPY".parse()?, strategy: name("manual") };
    let bars = BarKey::new(Symbol::new("SPY")?, Timeframe::Minute1);
    let day = "2025-09-25".parse().expect("a day");
    for (ahead, expected) in [
        (TimeDelta::milliseconds(200), Ok(TimeDelta::milliseconds(200))),
        (TOLERANCE, Ok(TOLERANCE)),
        (TimeDelta::hours(3), Err(ErrorKind::ClockSkew)),
    ] {
        let kind = |result: Result<TimeDelta>| result.map_err(|error| error.kind());
        let pulled = pull(
            GreeksRequest::new(greeks),
            move |at| {
                let valuation = Valuation { price: 31.0, delta: 0.5, ..Valuation::default() };
                let (source, key) = (Source::new("broker")?, greeks);
                let (spot, rate, dividend_yield, implied_volatility) = (652.0, 0.04, 0.01, 0.2);
                let recorded_at = at;
                Ok(ComputedGreeks {
                    key,
                    at,
                    spot,
                    rate,
                    dividend_yield,
                    implied_volatility,
                    valuation,
                    source,
                    recorded_at,
                })
            },
            |greeks| Some(greeks.at),
            ahead,
        );
        assert_eq!(kind(pulled.await), expected, "Greeks");
        let pulled = pull(
            PredictionRequest::new(name("gbm")),
            |at| {
                Ok(Prediction::new(
                    new_id(at),
                    at,
                    name("gbm"),
                    name("1"),
                    strikebook_core::Json::default(),
                    strikebook_core::Json::default(),
                ))
            },
            |prediction| Some(prediction.at),
            ahead,
        );
        assert_eq!(kind(pulled.await), expected, "predictions");
        let pulled = pull(
            PositionsRequest::new(name("U1")),
            move |at| {
                let snapshot = AccountSnapshot::new(name("U1"), at, Source::new("broker")?);
                let position = Position::new(position, Decimal::ONE, Decimal::TEN, at);
                Ok(AccountReport::new(snapshot, vec![position]))
            },
            |report| report.positions.iter().map(|position| position.updated_at).max(),
            ahead,
        );
        assert_eq!(kind(pulled.await), expected, "positions");
        let pulled = pull(
            BarsRequest::new(bars, day, day),
            move |at| Ok(Batch { bars: vec![bar(bars, at)?], ..Batch::default() }),
            |bars| bars.iter().map(|bar| bar.at).max(),
            ahead,
        );
        assert_eq!(kind(pulled.await), expected, "bars");
    }
    Ok(())
}

/// A bar that ends at an instant, a minute long.
fn bar(key: BarKey, at: Timestamp) -> Result<Bar> {
    let (open, high, low, close) = (1.0, 1.0, 1.0, 1.0);
    let (opened_at, source) = (at.saturating_sub(TimeDelta::minutes(1)), Source::new("broker")?);
    Ok(Bar { key, opened_at, at, open, high, low, close, volume: None, vwap: None, source, recorded_at: at })
}

#[tokio::test]
async fn a_range_of_bars_of_a_clock_that_is_ahead_is_whole() -> Result<()> {
    let day = "2025-09-25".parse().expect("a day");
    let clock = Arc::new(ManualClock::at(calendar::close_on(day)?));
    let asked = Arc::new(AtomicU32::new(0));
    let broker = FnProvider::new(name("broker"), {
        let asked = Arc::clone(&asked);
        move |request: BarsRequest, now: Timestamp| {
            asked.fetch_add(1, Ordering::SeqCst);
            async move {
                let bars = vec![bar(request.key, now.saturating_add(TOLERANCE))?];
                Ok(ProviderResponse::Data { batch: Batch { bars, ..Batch::default() }, bytes: 1 })
            }
        }
    });
    let (store, broker) = (Arc::new(MemoryStore::new()), Arc::new(broker));
    let request = BarsRequest::new(BarKey::new(Symbol::new("SPY")?, Timeframe::Minute1), day, day);
    for policy in [CacheFirst, CacheOnly, CacheFirst] {
        let bars = BarPuller::new(store.clone(), broker.clone(), clock.clone(), options());
        let pulled = bars.get(&request, policy).await?;
        assert_eq!((pulled.bars.len(), pulled.missing.len()), (1, 0), "{policy:?}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "what came is not asked for again");
    Ok(())
}

#[tokio::test]
async fn a_bar_that_is_not_over_is_refused() -> Result<()> {
    let day = "2025-09-25".parse().expect("a day");
    let noon = calendar::close_on(day)?.saturating_sub(TimeDelta::hours(4));
    let clock = Arc::new(ManualClock::at(noon));
    let broker = FnProvider::new(name("broker"), move |request: BarsRequest, now: Timestamp| async move {
        let bars = vec![Bar { recorded_at: now, ..bar(request.key, calendar::close_on(day)?)? }];
        Ok(ProviderResponse::Data { batch: Batch { bars, ..Batch::default() }, bytes: 1 })
    });
    let bars = Puller::new(Arc::new(MemoryStore::new()), Arc::new(broker), clock, options());
    let request = BarsRequest::new(BarKey::new(Symbol::new("SPY")?, Timeframe::Day1), day, day);
    assert_eq!(bars.get(&request, FetchOptions::default()).await.expect_err("half a day").kind(), ErrorKind::ClockSkew);
    Ok(())
}

#[tokio::test]
async fn a_chain_that_is_too_old_for_the_request_says_so() -> Result<()> {
    // Friday's chain, fetched on the weekend and before Monday's open, and when Monday's session has quotes.
    let friday: Timestamp = "2025-09-26T19:59:00Z".parse()?;
    for (now, max_quote_age, expected) in [
        ("2025-09-28T12:00:00Z", None, Ok(1)),
        ("2025-09-29T13:45:00Z", None, Ok(1)),
        ("2025-09-29T14:00:00Z", None, Err(ErrorKind::NotFound)),
        ("2025-09-29T14:00:00Z", Some(TimeDelta::days(3)), Ok(1)),
        ("2025-09-26T20:30:00Z", Some(TimeDelta::minutes(30)), Err(ErrorKind::NotFound)),
    ] {
        let clock = Arc::new(ManualClock::at(now.parse()?));
        let broker = FnProvider::new(name("broker"), move |_: ChainRequest, now: Timestamp| async move {
            let quote = OptionQuote::new("SPY251219C00650000".parse()?, friday, Source::new("broker")?);
            let quotes = vec![quote.with_market(Some(1.0), Some(1.1)).with_recorded_at(now)];
            Ok(ProviderResponse::Data { batch: Batch { quotes, ..Batch::default() }, bytes: 1 })
        });
        let chains = Puller::new(Arc::new(MemoryStore::new()), Arc::new(broker), clock, options());
        let request = ChainRequest { max_quote_age, ..whole() };
        let pulled = chains.get(&request, FetchOptions::default()).await;
        let count = pulled.as_ref().map(|pulled| pulled.data.as_ref().map_or(0, |chain| chain.len()));
        assert_eq!(count.map_err(Error::kind), expected, "{now}: {pulled:?}");
        if let Err(error) = pulled {
            assert_eq!(format!("{error:#}").matches("the provider sent only records").count(), 1, "{error}");
        }
    }
    Ok(())
}
