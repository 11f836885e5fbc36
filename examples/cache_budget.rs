//! A cache within its budget: chains are pulled until they take twice their bytes, and then cleaned up. The file
//! shrinks only with `compact`, which no clean-up calls.
//!
//! ```text
//! cargo run --features services --example cache_budget
//! cargo run --features services,duckdb-bundled --example cache_budget -- duckdb 64
//! ```
//!
//! The second argument is the size in megabytes. The provider and its chains are simulated, and stored as such.

#[path = "shared/table.rs"]
mod table;

use std::{
    env, fs, process,
    sync::{Arc, Mutex},
    time::Instant,
};

use chrono::TimeDelta;
use strikebook::{
    Clock, Error, ErrorKind, Result, Source, Store, Timestamp,
    market::{OptionQuote, QuoteGreeks, Symbol},
    services::pull::{
        ChainRequest, CleanUpReport, FetchOptions, FetchPolicy, FnProvider, ProviderResponse, PullOptions, Puller,
        plan_clean_up,
    },
    vendors::Batch,
};

/// The number of underlyings, and of contracts in the chain of each.
const UNDERLYINGS: u8 = 20;
const CONTRACTS: u32 = 5_000;

/// A clock that moves by hand.
#[derive(Debug)]
struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Hand {
    fn advance(&self, span: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.saturating_add(span);
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut words = env::args().skip(1);
    let engine = words.next().unwrap_or_else(|| "sqlite".to_owned());
    let megabytes = words.next().map_or(Ok(32), |word| word.parse::<u64>());
    let megabytes =
        megabytes.map_err(|error| Error::invalid_config("SIZE must be whole megabytes").caused_by(error))?;
    let folder = env::temp_dir().join(format!("strikebook-cache-budget-{}", process::id()));
    let no_folder = |error| Error::new(ErrorKind::Internal, "no folder for the file").caused_by(error);
    fs::create_dir_all(&folder).map_err(no_folder)?;
    let store = strikebook::open(&format!("{engine}:{}?allow_simulated=true", folder.join("store").display())).await?;
    let shown = show(&store, megabytes * 1_000_000).await;
    store.close().await?;
    fs::remove_dir_all(&folder).map_err(no_folder)?;
    shown
}

async fn show(store: &Arc<dyn Store>, max_bytes: u64) -> Result<()> {
    let clock = Arc::new(Hand(Mutex::new("2025-09-25T14:00:00Z".parse()?)));
    let chains = puller(store, &clock, max_bytes)?;
    println!(
        "The chains are SIMULATED: {UNDERLYINGS} underlyings of {CONTRACTS} contracts, on {}.",
        store.capabilities().engine
    );
    let start = Instant::now();
    let mut fetches = 0;
    while bytes(store).await? < 2 * max_bytes {
        for index in 0..UNDERLYINGS {
            chains.get(&request(index)?, FetchOptions::new(FetchPolicy::NetworkOnly)).await?;
            clock.advance(TimeDelta::seconds(30));
            fetches += 1;
        }
        store.compact().await?;
    }
    println!(
        "{fetches} fetches in {:.1?}: {} on disk, of which {} are allowed.\n",
        start.elapsed(),
        mega(bytes(store).await?),
        mega(max_bytes)
    );

    let start = Instant::now();
    let planned = plan_clean_up(&**store, max_bytes, clock.now()).await?;
    println!("A plan took {:.2?} and changed nothing:\n{}\n", start.elapsed(), sums(&planned));
    let start = Instant::now();
    let cleaned = chains.clean_up().await?;
    println!("The clean-up took {:.2?}:\n{}\n", start.elapsed(), sums(&cleaned));
    println!("{}", subjects(&cleaned));
    let start = Instant::now();
    let compacted = store.compact().await?;
    let size = |bytes: Option<u64>| bytes.map_or_else(String::new, mega);
    println!(
        "To compact the file took {:.2?}: {} on disk, and {} before.",
        start.elapsed(),
        size(compacted.bytes_after),
        size(compacted.bytes_before)
    );

    // A new puller has nothing in memory.
    let others = puller(store, &clock, max_bytes)?;
    let last = others.get(&request(UNDERLYINGS - 1)?, FetchOptions::new(FetchPolicy::CacheOnly)).await?;
    println!(
        "The chain that was used last is still there, with {} contracts.",
        last.data.map_or(0, |chain| chain.len())
    );
    Ok(())
}

async fn bytes(store: &Arc<dyn Store>) -> Result<u64> {
    let missing = || Error::new(ErrorKind::Unsupported, "the store is not on disk");
    Ok(store.disk_size().await?.ok_or_else(missing)?.bytes)
}

fn request(index: u8) -> Result<ChainRequest> {
    Ok(ChainRequest::new(Symbol::new(&format!("{}SIM", char::from(b'A' + index)))?))
}

fn puller(store: &Arc<dyn Store>, clock: &Arc<Hand>, max_bytes: u64) -> Result<Puller<ChainRequest>> {
    let fetch = async |request: ChainRequest, now: Timestamp| {
        Ok(ProviderResponse::Data { batch: chain(request.underlying, now)?, bytes: 1_000_000 })
    };
    // A clean-up deletes rows whose source is the provider's name.
    let provider = FnProvider::new("simulated:desk".parse()?, fetch);
    let options = PullOptions { max_bytes, ..PullOptions::default() };
    Ok(Puller::new(Arc::clone(store), Arc::new(provider), Arc::clone(clock) as Arc<dyn Clock>, options))
}

/// Returns a chain of numbers as varied as a market's.
fn chain(symbol: Symbol, now: Timestamp) -> Result<Batch> {
    let source = Source::simulated("desk")?;
    let quote = |number: u32| {
        let noise = |column: u32| f64::sin(f64::from(number * 16 + column) + now.as_micros() as f64 / 1e8).abs();
        let contract = format!("{symbol}30{:02}20C{:08}", 1 + number % 12, (100 + number / 12) * 1_000).parse()?;
        let price = (200.0 * noise(0)).round() / 20.0;
        let quote = OptionQuote::new(contract, now, source.clone()).with_market(Some(price), Some(price + 0.05));
        let [delta, gamma, theta, vega, rho] = [1, 2, 3, 4, 5].map(|column| Some(noise(column)));
        let greeks = QuoteGreeks { delta, gamma, theta, vega, rho };
        Ok(OptionQuote { implied_volatility: Some(noise(6)), last: Some(price), greeks, ..quote })
    };
    Ok(Batch { quotes: (0..CONTRACTS).map(quote).collect::<Result<_>>()?, ..Batch::default() })
}

fn mega(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn sums(cleaned: &CleanUpReport) -> comfy_table::Table {
    let size = |bytes: Option<u64>| bytes.map_or_else(String::new, mega);
    table::table(
        ["in use before", "in use after", "subjects", "rows", "budget"],
        [[
            size(cleaned.bytes_before),
            size(cleaned.bytes_after),
            cleaned.removed.len().to_string(),
            cleaned.rows().to_string(),
            format!("{:?}", cleaned.budget),
        ]],
    )
}

fn subjects(cleaned: &CleanUpReport) -> comfy_table::Table {
    let row = |gone: &strikebook::services::pull::RemovedSubject| {
        let (entries, rows) = (gone.entries.len().to_string(), gone.rows.to_string());
        [gone.subject.to_string(), gone.last_access.to_string(), entries, rows, mega(gone.bytes)]
    };
    table::table(["what went", "used last", "entries", "rows", "about"], cleaned.removed.iter().map(row))
}
