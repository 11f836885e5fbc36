//! Chains, positions, Greeks, predictions and files.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Clock, Decimal, ErrorKind, Json, Listing, Result, SeriesQuery, Source, Timestamp,
    analytics::{ComputedGreeks, GreeksKey, Prediction},
    market::{OptionQuote, Symbol, UnderlyingQuote, UnderlyingRepository},
    memory::MemoryStore,
    operations::{CacheEntry, CacheFilter, CacheKey, CacheRepository, FetchOutcome},
    pricing::Valuation,
    trading::{AccountRepository, AccountSnapshot, Position, PositionFilter, PositionKey, PositionRepository},
};
use strikebook_services::pull::{
    AccountReport, ChainRequest, FetchOptions, FetchPolicy::NetworkOnly, FileProvider, FnProvider, GreeksRequest,
    MissReason, PositionsRequest, PredictionRequest, PriceRequest, ProviderResponse, PullOptions, PullOutcome, Pulled,
    Puller,
};
use strikebook_system::new_id;
use strikebook_testkit::fixtures::ManualClock;
use strikebook_vendors::Batch;

use crate::bench::name;

#[tokio::test]
async fn a_chain_is_pulled_whole_or_by_expiration() -> Result<()> {
    let clock = Arc::new(ManualClock::at("2025-09-25T20:00:00Z".parse()?));
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let broker = FnProvider::new(name("broker"), move |_: ChainRequest, now: Timestamp| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let quote = |symbol: &str| {
                Ok(OptionQuote::new(symbol.parse()?, now, Source::new("broker")?).with_market(Some(1.0), Some(1.1)))
            };
            let quotes = ["SPY251219C00650000", "SPY251219P00650000", "SPY260116C00650000"].into_iter().map(quote);
            Ok(ProviderResponse::Data {
                batch: Batch { quotes: quotes.collect::<Result<_>>()?, ..Batch::default() },
                bytes: 1,
            })
        }
    });
    let store = Arc::new(MemoryStore::new());
    let chains = Puller::new(store, Arc::new(broker), clock, PullOptions::default());
    let whole = ChainRequest::new(Symbol::new("SPY")?);
    assert_eq!(chains.get(&whole, FetchOptions::default()).await?.data.map(|chain| chain.len()), Some(3));
    let december = whole.with_expiration("2025-12-19".parse().expect("a day"));
    assert_eq!(chains.get(&december, FetchOptions::default()).await?.data.map(|chain| chain.len()), Some(2));
    assert_eq!(asked.load(Ordering::SeqCst), 2, "an expiration is asked for by itself");
    let march = whole.with_expiration("2026-03-20".parse().expect("a day"));
    let error = chains.get(&march, FetchOptions::default()).await.expect_err("nothing of it came");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}

#[tokio::test]
async fn an_account_is_what_it_holds_and_has() -> Result<()> {
    let clock = Arc::new(ManualClock::at("2025-09-25T20:00:00Z".parse()?));
    let at = clock.now();
    let of = move |account: &str, symbol: &str| -> Result<Position> {
        let (account, strategy) = (account.parse()?, "manual".parse()?);
        let key = PositionKey { account, instrument: symbol.parse()?, strategy };
        Ok(Position::new(key, Decimal::ONE, Decimal::TEN, at))
    };
    let held = Arc::new(Mutex::new(vec![of("U1", "SPY")?, of("U1", "QQQ")?]));
    let broker = FnProvider::new(name("broker"), {
        let held = Arc::clone(&held);
        move |request: PositionsRequest, now: Timestamp| {
            let positions = held.lock().expect("no panic").clone();
            async move {
                let mut snapshot = AccountSnapshot::new(request.account, now, Source::new("broker")?);
                snapshot.balances.cash = Some(Decimal::from(1_000 - 10 * positions.len()));
                Ok(ProviderResponse::Data { batch: AccountReport::new(snapshot, positions), bytes: 1 })
            }
        }
    });
    let store = Arc::new(MemoryStore::new());
    store.upsert_positions(&[of("U2", "IWM")?]).await?;
    let accounts = Puller::new(store.clone(), Arc::new(broker), clock.clone(), PullOptions::default());
    let request = PositionsRequest::new(name("U1"));
    let fetch = async |options| {
        clock.advance(TimeDelta::seconds(1));
        accounts.get(&request, options).await
    };
    let summary = |pulled: Pulled<AccountReport>| {
        let report = pulled.data.expect("a report");
        assert_eq!(report.snapshot.positions.len(), report.positions.len());
        (report.positions.len(), report.snapshot.balances.cash)
    };
    assert_eq!(summary(fetch(FetchOptions::default()).await?), (2, Some(Decimal::from(980))));
    held.lock().expect("no panic").pop();
    assert_eq!(summary(fetch(FetchOptions::new(NetworkOnly)).await?), (1, Some(Decimal::from(990))));
    held.lock().expect("no panic").clear();
    let none = fetch(FetchOptions::new(NetworkOnly)).await?;
    assert_eq!(summary(none), (0, Some(Decimal::from(1_000))), "to hold nothing is an answer");
    assert_eq!(store.list_positions(&PositionFilter::default()).await?, [of("U2", "IWM")?], "another account's stay");
    let history = store.list_account_snapshots(&Listing::default()).await?.items;
    assert_eq!(history.iter().map(|then| then.positions.len()).collect::<Vec<_>>(), [2, 1, 0], "what was held when");
    let cached = accounts.get(&request, FetchOptions::default()).await?;
    assert!(matches!(cached.outcome, PullOutcome::Hit { .. }), "{cached:?}");

    // A report that is refused changes neither positions nor the history.
    held.lock().expect("no panic").extend([of("U1", "SPY")?, of("U2", "SPY")?]);
    let error = fetch(FetchOptions::new(NetworkOnly)).await.expect_err("a position of another");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    held.lock().expect("no panic").truncate(1);
    held.lock().expect("no panic")[0].average_cost = Some("1e20".parse().expect("a number"));
    fetch(FetchOptions::new(NetworkOnly)).await.expect_err("no such cost");
    assert_eq!(store.list_positions(&PositionFilter::default()).await?, [of("U2", "IWM")?]);
    assert_eq!(store.list_account_snapshots(&Listing::default()).await?.items, history);
    Ok(())
}

#[tokio::test]
async fn everything_can_be_forgotten_at_once() -> Result<()> {
    let clock = Arc::new(ManualClock::at("2025-09-25T20:00:00Z".parse()?));
    let broker = FnProvider::new(name("broker"), async |request: PriceRequest, now: Timestamp| {
        let quote = UnderlyingQuote::new(request.symbol, now, Source::new("broker")?);
        let underlying_quotes = vec![UnderlyingQuote { last: Some(1.0), ..quote }];
        Ok(ProviderResponse::Data { batch: Batch { underlying_quotes, ..Batch::default() }, bytes: 1 })
    });
    let store = Arc::new(MemoryStore::new());
    let prices = Puller::new(store.clone(), Arc::new(broker), clock, PullOptions::default());
    let requests = ["SPY", "QQQ", "IWM"].map(|symbol| PriceRequest::new(symbol.parse().expect("a symbol")));
    for request in &requests {
        prices.get(request, FetchOptions::default()).await?;
    }
    let other = CacheKey { dataset: name("positions"), subject: name("U1") };
    let at = "2025-09-25T20:00:00Z".parse()?;
    let entry = CacheEntry::new(other, name("broker"), at, Timestamp::MAX);
    store.upsert_cache_entries(std::slice::from_ref(&entry)).await?;
    assert_eq!(prices.forget_all().await?, 3);
    for request in &requests {
        let again = prices.get(request, FetchOptions::default()).await?;
        assert!(matches!(again.outcome, PullOutcome::Miss { reason: MissReason::NeverFetched }), "{again:?}");
    }
    assert!(store.get_cache_entry(&other).await?.is_some(), "answers of other kinds stay");
    assert_eq!(
        store.list_underlying_quotes(&SeriesQuery::new("SPY".parse()?, AsOf::instant(at))).await?.items.len(),
        1
    );
    Ok(())
}

#[tokio::test]
async fn greeks_are_those_of_the_contract_and_model() -> Result<()> {
    let clock = Arc::new(ManualClock::at("2025-09-25T20:00:00Z".parse()?));
    let key = |strike: u32| -> Result<GreeksKey> {
        let contract = format!("SPY251219C{:08}", strike * 1_000).parse()?;
        Ok(GreeksKey { contract, model: "black_scholes_merton".parse()?, revision: 1 })
    };
    let answered = Arc::new(Mutex::new(key(650)?));
    let model = FnProvider::new(name("desk"), {
        let answered = Arc::clone(&answered);
        move |_: GreeksRequest, now: Timestamp| {
            let key = *answered.lock().expect("no panic");
            async move {
                let valuation = Valuation { price: 31.0, delta: 0.5, ..Valuation::default() };
                let batch = ComputedGreeks {
                    key,
                    at: now,
                    spot: 652.0,
                    rate: 0.04,
                    dividend_yield: 0.01,
                    implied_volatility: 0.2,
                    valuation,
                    source: Source::new("cboe")?,
                    recorded_at: now,
                };
                Ok(ProviderResponse::Data { batch, bytes: 1 })
            }
        }
    });
    let greeks = Puller::new(Arc::new(MemoryStore::new()), Arc::new(model), clock.clone(), PullOptions::default());
    let request = GreeksRequest::new(key(650)?);
    let first = greeks.get(&request, FetchOptions::default()).await?;
    assert_eq!(first.data.map(|greeks| (greeks.key, greeks.valuation.delta)), Some((request.key, 0.5)));
    clock.advance(TimeDelta::hours(1));
    assert!(
        matches!(greeks.get(&request, FetchOptions::default()).await?.outcome, PullOutcome::Hit { .. }),
        "fresh for an hour"
    );
    *answered.lock().expect("no panic") = key(655)?;
    let error = greeks.get(&request, FetchOptions::new(NetworkOnly)).await.expect_err("Greeks of something else");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    Ok(())
}

#[tokio::test]
async fn a_prediction_is_the_last_of_its_model() -> Result<()> {
    let clock = Arc::new(ManualClock::at("2025-09-25T20:00:00Z".parse()?));
    let answered = Arc::new(Mutex::new(name("gbm")));
    let model = FnProvider::new(name("desk"), {
        let answered = Arc::clone(&answered);
        move |_: PredictionRequest, now: Timestamp| {
            let model = *answered.lock().expect("no panic");
            let batch = Prediction::new(new_id(now), now, model, name("1"), Json::default(), Json::default());
            async move { Ok(ProviderResponse::Data { batch, bytes: 1 }) }
        }
    });
    let predictions = Puller::new(Arc::new(MemoryStore::new()), Arc::new(model), clock.clone(), PullOptions::default());
    let request = PredictionRequest::new(name("gbm"));
    let mut made = Vec::new();
    for minutes in [0, 60, 1] {
        clock.advance(TimeDelta::minutes(minutes));
        made.push(predictions.get(&request, FetchOptions::default()).await?.data.map(|prediction| prediction.at));
    }
    let start = "2025-09-25T20:00:00Z".parse()?;
    assert_eq!(made, [Some(start), Some(start), Some(clock.now())], "fresh for an hour");
    *answered.lock().expect("no panic") = name("forest");
    let error = predictions.get(&request, FetchOptions::new(NetworkOnly)).await.expect_err("of another model");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    Ok(())
}

#[tokio::test]
async fn a_file_is_a_provider() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at("2025-09-26T12:00:00Z".parse()?));
    let files = FileProvider::new(name("files"), folder.path(), ".json");
    let store = Arc::new(MemoryStore::new());
    let chains = Puller::<ChainRequest>::new(store.clone(), Arc::new(files), clock.clone(), PullOptions::default());
    let spy = ChainRequest::new(Symbol::new("SPY")?);
    let missing = chains.get(&spy, FetchOptions::default()).await?;
    assert!(missing.data.is_none(), "a file that is not there has nothing");
    std::fs::write(folder.path().join("SPY.json"), "{").expect("written");
    clock.advance(TimeDelta::hours(2));
    let error = chains.get(&spy, FetchOptions::default()).await.expect_err("it cannot be read");
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(store.list_cache_entries(&CacheFilter::default()).await?[0].outcome, FetchOutcome::Failed);
    Ok(())
}
