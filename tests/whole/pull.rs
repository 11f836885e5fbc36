//! Pull when asked, on every engine: one fetch for all who wait, in one process and in several.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use strikebook::{
    Decimal, Listing, Result, Source, Store, SystemClock, Timestamp,
    market::{OptionChain, OptionQuote, Symbol},
    services::pull::{
        ChainRequest, FetchOptions, FetchPolicy, FnProvider, ProviderResponse, PullOptions, PullOutcome, Pulled, Puller,
    },
    vendors::Batch,
};
use strikebook_testkit::{
    Bench, Harness, run_on_threads,
    trial::{self, Trial},
};
use strikebook_tests::on_every_engine;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    on_every_engine![
        a_thousand_callers_make_one_fetch,
        two_processes_make_one_fetch,
        what_was_fetched_is_what_is_returned
    ]
}

/// Contracts in the chain that is fetched.
const CONTRACTS: u32 = 500;

fn chain(now: Timestamp) -> Result<Batch> {
    let quote = |number: u32| {
        let symbol = format!("SPY301220C{:08}", (100 + number) * 1_000);
        let quote = OptionQuote::new(symbol.parse()?, now, Source::new("broker")?);
        Ok(quote.with_market(Some(f64::from(number)), Some(f64::from(number) + 0.05)))
    };
    let quotes = (0..CONTRACTS).map(quote).collect::<Result<_>>()?;
    Ok(Batch { quotes, ..Batch::default() })
}

/// A puller whose provider takes a while, costs a cent, and counts how often it is asked.
fn puller(store: Arc<dyn Store>, asked: &Arc<AtomicU32>) -> Puller<ChainRequest> {
    let asked = Arc::clone(asked);
    let fetch = move |_: ChainRequest, now: Timestamp| {
        asked.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(ProviderResponse::Data { batch: chain(now)?, bytes: 100_000 })
        }
    };
    let name = "broker".parse().expect("a name");
    let broker = FnProvider::new(name, fetch).with_price(Decimal::new(1, 2));
    let options = PullOptions { poll: Duration::from_millis(10), ..PullOptions::default() };
    Puller::new(store, Arc::new(broker), Arc::new(SystemClock), options)
}

/// The outcomes of many callers at once, in turn through each of some pullers.
async fn ask_at_once(pullers: &[Puller<ChainRequest>], callers: usize) -> Result<Vec<Pulled<OptionChain>>> {
    let spy = ChainRequest::new(Symbol::new("SPY")?);
    let callers: Vec<_> = (0..callers)
        .map(|caller| {
            let chains = pullers[caller % pullers.len()].clone();
            tokio::spawn(async move { chains.get(&spy, FetchOptions::default()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.expect("no panic")?);
    }
    Ok(answers)
}

async fn a_thousand_callers(bench: &Bench) -> Result<()> {
    let (store, asked) = (bench.open().await?, Arc::new(AtomicU32::new(0)));
    let chains = puller(Arc::clone(&store), &asked);
    let answers = ask_at_once(std::slice::from_ref(&chains), 1_000).await?;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(answers.iter().all(|answer| answer.data.as_ref().is_some_and(|chain| chain.len() == 500)));
    assert_eq!(answers.iter().filter(|answer| matches!(answer.outcome, PullOutcome::Miss { .. })).count(), 1);
    let spending = store.list_spending(Timestamp::MIN, Timestamp::MAX).await?;
    assert_eq!(
        spending.iter().map(|of_one| (of_one.fetches, of_one.cost)).collect::<Vec<_>>(),
        [(1, Decimal::new(1, 2))]
    );
    // What is held in memory and what another puller finds in the store are the same.
    let spy = ChainRequest::new(Symbol::new("SPY")?);
    let held = chains.get(&spy, FetchOptions::new(FetchPolicy::CacheOnly)).await?;
    let stored = puller(store, &asked).get(&spy, FetchOptions::new(FetchPolicy::CacheOnly)).await?;
    let quotes = |pulled: &Pulled<OptionChain>| {
        let chain = pulled.data.as_ref().expect("a chain");
        chain.rows().iter().map(|row| row.quote.clone()).collect::<Vec<_>>()
    };
    assert_eq!(quotes(&held), quotes(&stored));
    assert_eq!(held.fetched_at, stored.fetched_at);
    chains.flush().await
}

/// Callers in two processes that share a store make one fetch; the second process waits for the first.
async fn two_processes(bench: &Bench) -> Result<()> {
    let first = bench.open().await?;
    if !first.capabilities().multi_process {
        trial::ignore("the store lacks the capability `multi_process`");
    }
    let asked = Arc::new(AtomicU32::new(0));
    let pullers = [puller(first, &asked), puller(bench.open().await?, &asked)];
    let answers = ask_at_once(&pullers, 100).await?;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(answers.iter().all(|answer| answer.data.as_ref().is_some_and(|chain| chain.len() == 500)));
    assert_eq!(answers.iter().filter(|answer| matches!(answer.outcome, PullOutcome::Miss { .. })).count(), 1);
    Ok(())
}

/// A provider whose clock is two seconds ahead: what it quotes is returned at once, and read by who comes right after,
/// also in another process. A crossed quote is kept out and reported.
async fn ahead(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let fetch = async |_: ChainRequest, now: Timestamp| {
        let mut batch = chain(now.saturating_add(TimeDelta::seconds(2)))?;
        if let Some(quote) = batch.quotes.first_mut() {
            (quote.bid, quote.ask) = (Some(2.0), Some(1.0));
        }
        Ok(ProviderResponse::Data { batch, bytes: 100_000 })
    };
    let desk = |store: Arc<dyn Store>| {
        let broker = FnProvider::new("broker".parse().expect("a name"), fetch);
        Puller::new(store, Arc::new(broker), Arc::new(SystemClock), PullOptions::default())
    };
    let spy = ChainRequest::new(Symbol::new("SPY")?);
    let other = if store.capabilities().multi_process { bench.open().await? } else { Arc::clone(&store) };
    let fetched = desk(Arc::clone(&store)).get(&spy, FetchOptions::default()).await?;
    let found = desk(other).get(&spy, FetchOptions::default()).await?;
    assert!(matches!(found.outcome, PullOutcome::Hit { .. }), "{:?}", found.outcome);
    for pulled in [&fetched, &found] {
        assert_eq!(pulled.data.as_ref().map(|chain| chain.len()), Some(499));
    }
    assert_eq!(fetched.findings.len(), 1);
    let [report] = store.list_quality(&Listing::default()).await?.items.try_into().expect("one report");
    assert_eq!(report.check_name.as_str(), "crossed markets");
    Ok(())
}

fn what_was_fetched_is_what_is_returned(harness: impl Harness) {
    run_on_threads(harness, ahead);
}

fn a_thousand_callers_make_one_fetch(harness: impl Harness) {
    run_on_threads(harness, a_thousand_callers);
}

fn two_processes_make_one_fetch(harness: impl Harness) {
    run_on_threads(harness, two_processes);
}
