//! The cost of a cache hit beside its parts: a map alone, and the chain read by the port alone.
//!
//! `cargo xtask bench pull [ENGINE…]`. Engines are `memory`, `sqlite`, `duckdb`, `timescale` and `postgres`; without
//! one, all of them. The chain has 5,000 contracts and is made up. A thousand callers ask for it first, and one of them
//! fetches it.

mod place;

use std::{
    hint::black_box,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use moka::sync::Cache;
use strikebook::{
    Clock, Source, Store, SystemClock, Timestamp,
    market::{OptionChain, OptionQuote, Symbol},
    services::pull::{ChainRequest, FetchOptions, FnProvider, ProviderResponse, PullOptions, Puller},
    vendors::Batch,
};
use tokio::runtime::{Builder, Runtime};

use crate::place::{ENGINES, Place};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The number of callers that come at once, and the provider's time for their fetch.
const CALLERS: usize = 1_000;
const LATENCY: Duration = Duration::from_millis(100);
/// The number of contracts in the chain.
const CONTRACTS: u32 = 5_000;
/// The number of measurements, of which the median counts, and the answers in each: from memory, and from the store.
const REPETITIONS: usize = 9;
const IN_MEMORY: u32 = 20_000;
const IN_STORE: u32 = 10;

fn main() -> ExitCode {
    strikebook_benches::run(run)
}

fn run() -> Result<()> {
    let words = strikebook_benches::words(&ENGINES)?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "engine",
        "callers",
        "fetches",
        "moka alone",
        "hit in memory",
        "÷ moka",
        "the port alone",
        "hit in the store",
        "÷ the port",
        "÷ hit in memory",
    ]);
    for engine in ENGINES.into_iter().filter(|name| words.is_empty() || words.iter().any(|word| word == name)) {
        let Some(place) = Place::of(engine, &runtime)? else {
            println!("skipped: {engine}: the environment names no database; `cargo xtask bench` brings one up");
            continue;
        };
        table.add_row(measure(engine, &place, &runtime)?);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    Ok(())
}

/// Returns one engine's line of the table.
fn measure(engine: &str, place: &Place, runtime: &Runtime) -> Result<Vec<String>> {
    runtime.block_on(async {
        let store = strikebook::open(&place.url()).await?;
        let desk =
            Desk { store: Arc::clone(&store), asked: Arc::default(), spy: ChainRequest::new(Symbol::new("SPY")?) };
        let held = desk.puller()?;
        desk.ask_at_once(&held).await?;
        let fetches = desk.asked.load(Ordering::SeqCst);
        let map: Cache<Symbol, Arc<OptionChain>> = Cache::new(10);
        map.insert(desk.spy.underlying, Arc::new(desk.read().await?));

        let mut times = [const { Vec::new() }; 4];
        for _ in 0..REPETITIONS {
            let start = Instant::now();
            for _ in 0..IN_MEMORY {
                black_box(map.get(&desk.spy.underlying));
            }
            times[0].push(start.elapsed() / IN_MEMORY);
            let start = Instant::now();
            for _ in 0..IN_MEMORY {
                black_box(held.get(&desk.spy, FetchOptions::default()).await?);
            }
            times[1].push(start.elapsed() / IN_MEMORY);
            let start = Instant::now();
            for _ in 0..IN_STORE {
                black_box(desk.read().await?);
            }
            times[2].push(start.elapsed() / IN_STORE);
            // A new puller has an empty memory, as another process has.
            let others = (0..IN_STORE).map(|_| desk.puller()).collect::<Result<Vec<_>>>()?;
            let start = Instant::now();
            for other in &others {
                black_box(other.get(&desk.spy, FetchOptions::default()).await?);
            }
            times[3].push(start.elapsed() / IN_STORE);
        }
        assert_eq!(desk.asked.load(Ordering::SeqCst), fetches, "all of them were hits");
        store.close().await?;
        let [of_map, in_memory, by_port, in_store] = times.map(median);
        let ratio = |took: Duration, than: Duration| format!("{:.2}", took.as_secs_f64() / than.as_secs_f64());
        Ok(vec![
            engine.to_owned(),
            CALLERS.to_string(),
            fetches.to_string(),
            format!("{of_map:.2?}"),
            format!("{in_memory:.2?}"),
            ratio(in_memory, of_map),
            format!("{by_port:.2?}"),
            format!("{in_store:.2?}"),
            ratio(in_store, by_port),
            ratio(in_store, in_memory),
        ])
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A store, and the puller of its chain.
struct Desk {
    store: Arc<dyn Store>,
    asked: Arc<AtomicU32>,
    spy: ChainRequest,
}

impl Desk {
    /// Creates a puller of a provider that counts its fetches.
    fn puller(&self) -> Result<Puller<ChainRequest>> {
        let asked = Arc::clone(&self.asked);
        let provider = FnProvider::new("simulated:bench".parse()?, move |_: ChainRequest, now: Timestamp| {
            asked.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(LATENCY).await;
                Ok(ProviderResponse::Data { batch: chain(now)?, bytes: 1_000_000 })
            }
        });
        Ok(Puller::new(Arc::clone(&self.store), Arc::new(provider), Arc::new(SystemClock), PullOptions::default()))
    }

    async fn ask_at_once(&self, chains: &Puller<ChainRequest>) -> Result<()> {
        let spy = self.spy;
        let ask =
            |chains: Puller<ChainRequest>| tokio::spawn(async move { chains.get(&spy, FetchOptions::default()).await });
        let callers: Vec<_> = (0..CALLERS).map(|_| ask(chains.clone())).collect();
        for caller in callers {
            caller.await??;
        }
        Ok(())
    }

    async fn read(&self) -> strikebook::Result<OptionChain> {
        self.store.chain_as_of(&self.spy.query(SystemClock.now())?).await
    }
}

/// Returns a chain of fifty expirations of a hundred strikes.
fn chain(now: Timestamp) -> strikebook::Result<Batch> {
    let source = Source::simulated("bench")?;
    let quote = |number: u32| {
        let (expiration, strike) = (number / 100, 500 + number % 100);
        let (year, month) = (31 + expiration / 12, 1 + expiration % 12);
        let symbol = format!("SPY{year}{month:02}20C{:08}", strike * 1_000);
        let price = f64::from(strike) / 10.0;
        let quote = OptionQuote::new(symbol.parse()?, now, source.clone());
        Ok(quote.with_market(Some(price), Some(price + 0.05)))
    };
    Ok(Batch { quotes: (0..CONTRACTS).map(quote).collect::<strikebook::Result<_>>()?, ..Batch::default() })
}
