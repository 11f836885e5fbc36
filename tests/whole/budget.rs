//! The size that what was fetched keeps to, on every engine that is on disk.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use strikebook::{
    AsOf, Clock, Error, ErrorKind, Listing, Result, SeriesQuery, Source, Store, Timestamp,
    maintenance::Dataset,
    market::{OptionQuote, QuoteGreeks, Symbol, UnderlyingQuote},
    new_id,
    operations::{Severity, SystemEvent},
    services::pull::{
        ChainRequest, CleanUpReport, DiskBudget, FetchOptions, FetchPolicy, FnProvider, MissReason, ProviderResponse,
        PullOptions, PullOutcome, Puller, RemovalReason,
    },
    vendors::Batch,
};
use strikebook_testkit::{Bench, Harness, fixtures::ManualClock, run_on_threads, trial::Trial};
#[cfg(feature = "timescale")]
use strikebook_tests::server::Server;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        strikebook_tests::on_disk![
            a_store_is_brought_down_to_its_size,
            a_store_that_is_too_large_without_its_cache_says_so,
            a_database_that_others_filled_is_left_as_it_is
        ],
        #[cfg(feature = "timescale")]
        strikebook_testkit::trials![a_clean_up_rewrites_no_table],
    ]
    .concat()
}

/// Underlyings whose chains are fetched, in the order in which they are used last.
const UNDERLYINGS: [&str; 8] = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH"];
/// Contracts in each chain, and how often it is fetched.
const CONTRACTS: u32 = 400;
const FETCHES: u64 = 20;

/// A chain whose numbers do not look like each other and so do not compress.
fn chain(symbol: Symbol, now: Timestamp) -> Result<Batch> {
    let quote = |number: u32| {
        let contract = format!("{symbol}30{:02}20C{:08}", 1 + number % 12, (100 + number / 12) * 1_000).parse()?;
        let noise = |column: u32| f64::sin(f64::from(number * 16 + column) + now.as_micros() as f64 / 1e9).abs();
        let quote =
            OptionQuote::new(contract, now, Source::new("broker")?).with_market(Some(noise(0)), Some(1.0 + noise(1)));
        let [delta, gamma, theta, vega, rho] = [2, 3, 4, 5, 6].map(|column| Some(noise(column)));
        Ok(OptionQuote {
            last: Some(noise(7)),
            implied_volatility: Some(noise(8)),
            underlying_price: Some(100.0 + noise(9)),
            greeks: QuoteGreeks { delta, gamma, theta, vega, rho },
            ..quote
        })
    };
    let quotes = (0..CONTRACTS).map(quote).collect::<Result<_>>()?;
    Ok(Batch { quotes, ..Batch::default() })
}

/// A store with chains, and what it takes to pull them.
struct Desk {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
}

impl Desk {
    async fn open(bench: &Bench) -> Result<Self> {
        let clock = Arc::new(ManualClock::at("2025-09-25T20:00:00Z".parse()?));
        Ok(Self { store: bench.open().await?, clock })
    }

    fn puller(&self, max_bytes: u64) -> Puller<ChainRequest> {
        let fetch = async |request: ChainRequest, now: Timestamp| {
            Ok(ProviderResponse::Data { batch: chain(request.underlying, now)?, bytes: 100_000 })
        };
        let broker = FnProvider::new("broker".parse().expect("a name"), fetch);
        let options = PullOptions { max_bytes, ..PullOptions::default() };
        Puller::new(Arc::clone(&self.store), Arc::new(broker), self.clock.clone(), options)
    }

    /// Fetches chains, each of them several times.
    async fn grow(&self, underlyings: &[&str]) -> Result<()> {
        let chains = self.puller(u64::MAX);
        for _ in 0..FETCHES {
            for underlying in underlyings {
                chains.get(&request(underlying), FetchOptions::new(FetchPolicy::NetworkOnly)).await?;
                self.clock.advance(TimeDelta::seconds(1));
            }
        }
        Ok(())
    }

    /// Rows that cannot be fetched again: events, and quotes that came in another way.
    async fn work(&self, events: i64) -> Result<()> {
        let now = self.clock.now();
        let event = |i: i64| {
            let at = now.saturating_sub(TimeDelta::seconds(i));
            Ok(SystemEvent::new(new_id(at), at, Severity::Info, "desk".parse()?, format!("{i} {}", f64::sin(i as f64))))
        };
        self.store.insert_events(&(0..events).map(event).collect::<Result<Vec<_>>>()?).await?;
        let old = now.saturating_sub(TimeDelta::days(900));
        let imported = UnderlyingQuote::new(Symbol::new("AAA")?, old, Source::new("import")?);
        self.store.upsert_underlying_quotes(&[UnderlyingQuote { last: Some(1.0), ..imported }]).await.map(drop)
    }

    /// A history out of a file, half of which was deleted again, so that there is something to compact.
    async fn import(&self) -> Result<()> {
        let now = self.clock.now();
        let quote = |minutes: i64| {
            let at = now.saturating_sub(TimeDelta::minutes(minutes));
            let noise = |column: i64| Some(f64::sin((minutes * 4 + column) as f64).abs());
            let quote = UnderlyingQuote::new(Symbol::new("SPY")?, at, Source::new("import")?);
            Ok(UnderlyingQuote { bid: noise(0), ask: noise(1).map(|ask| ask + 1.0), last: noise(2), ..quote })
        };
        self.store.upsert_underlying_quotes(&(0..40_000).map(quote).collect::<Result<Vec<_>>>()?).await?;
        let half = now.saturating_sub(TimeDelta::minutes(20_000));
        self.store.purge(Dataset::UnderlyingQuotes, half).await.map(drop)
    }

    /// Returns the result of the clean-up that a puller starts by itself with its first request.
    async fn cleaned_by_itself(&self, chains: &Puller<ChainRequest>) -> Result<CleanUpReport> {
        chains.get(&request("AAA"), FetchOptions::default()).await?;
        for _ in 0..600 {
            if let Some(cleaned) = chains.last_clean_up() {
                return match &*cleaned {
                    Ok(cleaned) => Ok(cleaned.clone()),
                    Err(error) => Err(Error::corrupt(error.to_string())),
                };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(Error::new(ErrorKind::Timeout, "no clean-up has ended"))
    }

    fn is_on_a_server(&self) -> bool {
        matches!(self.store.capabilities().engine, "timescale" | "postgres")
    }

    async fn bytes(&self) -> Result<u64> {
        Ok(self.store.disk_size().await?.expect("on disk").bytes)
    }

    /// The rows of the store, as counts and as reads return them.
    async fn content(&self) -> Result<String> {
        let mut counted = self.store.statistics().await?;
        for of_one in &mut counted {
            (of_one.bytes, of_one.row_bytes) = (None, None);
        }
        let everything = AsOf::with_hindsight(Timestamp::MAX);
        let imported = self.store.list_underlying_quotes(&SeriesQuery::new(Symbol::new("AAA")?, everything)).await?;
        let events = self.store.list_events(&Listing::default()).await?.items.len();
        Ok(format!("{counted:?} {:?} {events}", imported.items))
    }
}

fn request(underlying: &str) -> ChainRequest {
    ChainRequest::new(underlying.parse().expect("a symbol"))
}

fn removed(cleaned: &CleanUpReport) -> Vec<(String, RemovalReason, usize, u64)> {
    let one = |gone: &strikebook::services::pull::RemovedSubject| {
        (gone.subject.to_string(), gone.reason, gone.entries.len(), gone.rows)
    };
    cleaned.removed.iter().map(one).collect()
}

/// Checks that fetched data of twice its limit loses what was not used for the longest time, as planned, and
/// nothing else.
async fn bring_down(bench: &Bench) -> Result<()> {
    let desk = Desk::open(bench).await?;
    desk.work(1_000).await?;
    desk.grow(&UNDERLYINGS).await?;
    desk.store.compact().await?;
    let max_bytes = desk.bytes().await? / 2;
    let chains = desk.puller(max_bytes);

    let content = desk.content().await?;
    let planned = chains.plan_clean_up().await?;
    assert_eq!(desk.content().await?, content, "a plan changes nothing");
    let (Some(before), Some(after), Some(fetched)) = (planned.bytes_before, planned.bytes_after, planned.fetched_after)
    else {
        panic!("{planned:?}");
    };
    assert!(fetched <= max_bytes - max_bytes / 10, "{planned:?} of {max_bytes}");
    // Contracts, events and empty tables were not fetched, and stay.
    let others = after - fetched;
    assert!(before > max_bytes && others < before / 2, "{planned:?}");
    let expected = if after <= max_bytes { DiskBudget::Met } else { DiskBudget::Unmet { over: after - max_bytes } };
    assert_eq!(planned.budget, expected, "{planned:?}");

    let cleaned = chains.clean_up().await?;
    assert_eq!((removed(&cleaned), cleaned.fetched_after), (removed(&planned), planned.fetched_after));
    let gone = cleaned.removed.len();
    for (gone, underlying) in cleaned.removed.iter().zip(UNDERLYINGS) {
        assert_eq!((gone.subject.to_string(), gone.entries.len()), (format!("market of {underlying}"), 1));
        assert_eq!((gone.reason, gone.rows), (RemovalReason::LeastRecentlyUsed, FETCHES * (u64::from(CONTRACTS) + 1)));
    }
    assert!((3..=7).contains(&gone), "{gone} of 8 chains had to go: {cleaned:?}");
    // The next one finds nothing more to do, whatever the engine has given back.
    let again = chains.clean_up().await?;
    assert!(again.removed.is_empty(), "{again:?}");

    // Compaction is called by name. Other tests work in the same database, and a server keeps rows that one of them
    // might want to see.
    for _ in 0..100 {
        desk.store.compact().await?;
        if desk.bytes().await? <= max_bytes + others || !desk.is_on_a_server() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let bytes = desk.bytes().await?;
    assert!(bytes <= max_bytes + others, "{bytes} of {max_bytes} and {others}, and {:?} before", cleaned.bytes_after);
    assert_eq!(desk.store.list_events(&Listing::default()).await?.items.len(), 1_000);
    assert!(desk.content().await?.contains("import"), "what was not fetched stays");

    // Another puller has nothing in memory.
    let chains = desk.puller(max_bytes);
    for underlying in &UNDERLYINGS[gone..] {
        let kept = chains.get(&request(underlying), FetchOptions::new(FetchPolicy::CacheOnly)).await?;
        assert_eq!(kept.data.map(|chain| chain.len()), Some(400), "{underlying}");
    }
    let again = chains.get(&request("AAA"), FetchOptions::default()).await?;
    assert!(matches!(again.outcome, PullOutcome::Miss { reason: MissReason::NeverFetched }), "{:?}", again.outcome);
    desk.clock.advance(TimeDelta::minutes(1));
    let planned = chains.plan_clean_up().await?;
    assert!(planned.removed.len() <= 1, "there is room for another chain or two: {planned:?}");
    Ok(())
}

/// A store that is too large without anything fetched says so, keeps what was fetched, and is done.
async fn too_large_without_its_cache(bench: &Bench) -> Result<()> {
    let desk = Desk::open(bench).await?;
    desk.work(60_000).await?;
    desk.grow(&UNDERLYINGS[..1]).await?;
    desk.store.compact().await?;
    let max_bytes = desk.bytes().await? / 2;
    let chains = desk.puller(max_bytes);
    let before = desk.content().await?;
    for _ in 0..2 {
        let planned = chains.plan_clean_up().await?;
        let cleaned = chains.clean_up().await?;
        for cleaned in [planned, cleaned] {
            assert!(matches!(cleaned.budget, DiskBudget::Unmet { over } if over > 0), "{cleaned:?}");
            assert!(cleaned.fetched_after.is_some_and(|bytes| bytes > 0 && bytes <= max_bytes), "{cleaned:?}");
            assert_eq!(cleaned.removed, []);
        }
        assert_eq!(desk.content().await?, before);
    }
    Ok(())
}

/// A puller in a database that others filled evicts nothing and compacts nothing.
async fn filled_by_others(bench: &Bench) -> Result<()> {
    let desk = Desk::open(bench).await?;
    desk.import().await?;
    let bytes = desk.bytes().await?;
    let chains = desk.puller(1_000_000);
    let cleaned = desk.cleaned_by_itself(&chains).await?;
    assert_eq!(cleaned.removed, []);
    assert!(matches!(cleaned.budget, DiskBudget::Unmet { over } if over > 0), "{cleaned:?}");
    // A server vacuums when it likes.
    if !desk.is_on_a_server() {
        assert!(desk.bytes().await? >= bytes, "{bytes} bytes before, {} after: it was compacted", desk.bytes().await?);
    }
    let everything = SeriesQuery::new(Symbol::new("SPY")?, AsOf::with_hindsight(Timestamp::MAX));
    assert!(!desk.store.list_underlying_quotes(&everything).await?.items.is_empty());
    let kept = chains.get(&request("AAA"), FetchOptions::new(FetchPolicy::CacheOnly)).await?;
    assert_eq!(kept.data.map(|chain| chain.len()), Some(400));
    Ok(())
}

fn a_store_is_brought_down_to_its_size(harness: impl Harness) {
    run_on_threads(harness, bring_down);
}

fn a_store_that_is_too_large_without_its_cache_says_so(harness: impl Harness) {
    run_on_threads(harness, too_large_without_its_cache);
}

fn a_database_that_others_filled_is_left_as_it_is(harness: impl Harness) {
    run_on_threads(harness, filled_by_others);
}

/// No clean-up rewrites a table, whether it evicts or not: a full vacuum gives each of them another file.
#[cfg(feature = "timescale")]
fn a_clean_up_rewrites_no_table() {
    let files = "SELECT relname, relfilenode FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace \
                 WHERE nspname = current_schema() AND relkind = 'r' AND relname <> 'files'";
    for server in [Server::PLAIN, Server::TIMESCALE] {
        run_on_threads(server, async |_| {
            let schema = server.schema()?;
            let run =
                |statements: String| schema.run(&statements).map_err(|error| Error::new(ErrorKind::Internal, error));
            let clock = Arc::new(ManualClock::at("2025-09-25T20:00:00Z".parse()?));
            let desk = Desk { store: strikebook::open(&schema.url()).await?, clock };
            desk.import().await?;
            desk.grow(&UNDERLYINGS[..2]).await?;
            // The puller that grew it has cleaned up today.
            desk.clock.advance(TimeDelta::days(1));
            run(format!("CREATE TABLE files AS {files}"))?;
            let max_bytes = 1_000_000;
            let by_itself = desk.cleaned_by_itself(&desk.puller(max_bytes)).await?;
            let asked_for = desk.puller(max_bytes).clean_up().await?;
            let gone = by_itself.removed.len() + asked_for.removed.len();
            assert!(gone > 0, "{by_itself:?} {asked_for:?}");
            run(format!(
                "DO $$ BEGIN ASSERT NOT EXISTS (SELECT * FROM files EXCEPT ({files})), 'a table was rewritten'; END $$"
            ))?;
            desk.store.close().await
        });
    }
}
