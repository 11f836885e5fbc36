//! Pulling on demand: a thousand callers request a chain at once, one of them fetches it, and the cost of a hit after.
//!
//! ```text
//! cargo run --features services --example pull_when_asked
//! cargo run --features services,duckdb-bundled --example pull_when_asked -- duckdb:pull.duckdb
//! ```
//!
//! The provider and its chain are simulated, and stored as such.

#[path = "shared/table.rs"]
mod table;

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use moka::sync::Cache;
use strikebook::{
    Clock, Result, Source, Store, SystemClock, Timestamp,
    market::{OptionChain, OptionQuote, Symbol},
    services::pull::{ChainRequest, FetchOptions, FnProvider, ProviderResponse, PullOptions, PullOutcome, Puller},
    vendors::Batch,
};

/// The number of callers at once.
const CALLERS: usize = 1_000;
/// The time of the provider's response.
const LATENCY: Duration = Duration::from_millis(250);
/// The contracts in the provider's chain: 50 expirations of 100 strikes.
const CONTRACTS: u32 = 5_000;
/// The answers that are timed from memory, and from the store.
const MANY: u32 = 100_000;
const FEW: u32 = 30;

#[tokio::main]
async fn main() -> Result<()> {
    let url = env::args().nth(1).unwrap_or_else(|| "sqlite:pull-simulated.db".to_owned());
    let separator = if url.contains('?') { '&' } else { '?' };
    let store = strikebook::open(&format!("{url}{separator}allow_simulated=true")).await?;
    let asked = Arc::new(AtomicU32::new(0));
    let spy = ChainRequest::new(Symbol::new("SPY")?);
    let first = puller(&store, &asked)?;
    // The rows of an earlier run would be a hit.
    first.forget(&spy).await?;

    println!("The chain is SIMULATED: {CONTRACTS} contracts from a provider that takes {LATENCY:?}.");
    let start = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let chains = first.clone();
            tokio::spawn(async move { chains.get(&spy, FetchOptions::default()).await })
        })
        .collect();
    let mut joined = 0;
    for caller in callers {
        let answer =
            caller.await.map_err(|error| strikebook::Error::corrupt("a caller panicked").caused_by(error))??;
        joined += usize::from(matches!(answer.outcome, PullOutcome::Joined { .. }));
    }
    println!(
        "{CALLERS} callers were answered in {:.0?} by {} fetch; {joined} of them joined it.\n",
        start.elapsed(),
        asked.load(Ordering::SeqCst)
    );
    println!("{}", latencies(&store, &first, &spy, &asked).await?);
    first.flush().await?;
    store.close().await
}

/// Returns a puller of a provider that counts its calls.
fn puller(store: &Arc<dyn Store>, asked: &Arc<AtomicU32>) -> Result<Puller<ChainRequest>> {
    let asked = Arc::clone(asked);
    let provider = FnProvider::new("simulated".parse()?, move |_: ChainRequest, now: Timestamp| {
        asked.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(LATENCY).await;
            Ok(ProviderResponse::Data { batch: chain(now)?, bytes: 1_000_000 })
        }
    });
    Ok(Puller::new(Arc::clone(store), Arc::new(provider), Arc::new(SystemClock), PullOptions::default()))
}

/// Returns a chain of Fridays from 2031 on.
fn chain(now: Timestamp) -> Result<Batch> {
    let source = Source::simulated("pull_when_asked")?;
    let expirations = chrono::NaiveDate::from_ymd_opt(2031, 1, 3).unwrap_or_default();
    let quote = |number: u32| {
        let (week, strike) = (number / 100, 500 + number % 100);
        let expiration = expirations + chrono::Days::new(7 * u64::from(week));
        let symbol = format!("SPY{}C{:08}", expiration.format("%y%m%d"), strike * 1_000);
        let quote = OptionQuote::new(symbol.parse()?, now, source.clone());
        Ok(quote.with_market(Some(f64::from(strike) / 10.0), Some(f64::from(strike) / 10.0 + 0.05)))
    };
    Ok(Batch { quotes: (0..CONTRACTS).map(quote).collect::<Result<_>>()?, ..Batch::default() })
}

/// Prints the time of one answer: from a map, from memory, from the store, and by the port alone.
async fn latencies(
    store: &Arc<dyn Store>,
    held: &Puller<ChainRequest>,
    spy: &ChainRequest,
    asked: &Arc<AtomicU32>,
) -> Result<comfy_table::Table> {
    let read = async || store.chain_as_of(&spy.query(SystemClock.now())?).await;
    let map: Cache<Symbol, Arc<OptionChain>> = Cache::new(10);
    map.insert(spy.underlying, Arc::new(read().await?));
    let fetches = asked.load(Ordering::SeqCst);
    let start = Instant::now();
    for _ in 0..MANY {
        std::hint::black_box(map.get(&spy.underlying));
    }
    let of_map = start.elapsed() / MANY;
    let start = Instant::now();
    for _ in 0..MANY {
        std::hint::black_box(held.get(spy, FetchOptions::default()).await?);
    }
    let of_memory = start.elapsed() / MANY;
    let (mut of_store, mut of_port) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..FEW {
        // A new puller has nothing in memory, like another process.
        let other = puller(store, asked)?;
        let start = Instant::now();
        std::hint::black_box(other.get(spy, FetchOptions::default()).await?);
        of_store += start.elapsed() / FEW;
        let start = Instant::now();
        std::hint::black_box(read().await?);
        of_port += start.elapsed() / FEW;
    }
    assert_eq!(asked.load(Ordering::SeqCst), fetches, "all of them were hits");

    let row = |what: &str, took: Duration, than: Duration| {
        [what.to_owned(), format!("{took:.2?}"), format!("{:.2}", took.as_secs_f64() / than.as_secs_f64())]
    };
    Ok(table::table(
        ["an answer", "takes", "times the one above"],
        [
            row("moka alone", of_map, of_map),
            row("a hit in memory", of_memory, of_map),
            row("the chain by the port alone", of_port, of_port),
            row("a hit in the store", of_store, of_port),
        ],
    ))
}
