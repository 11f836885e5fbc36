//! A real broker's history through the journal of every engine: imported twice, rebuilt, measured and exported.

#![allow(clippy::missing_panics_doc)]

use std::{
    fs,
    io::{Write, stderr},
    path::Path,
    sync::Once,
};

use strikebook::{
    Decimal, Listing, Name, Result, Timestamp, Upserted,
    services::journal::{
        Account, ImportReport, Measuring, export_executions, export_trades, import_history, store_metrics,
    },
    trading::{
        journal::{CycleFilter, JournalEventFilter, TradeFilter},
        metrics::{Conventions, Window},
    },
    vendors::broker::{BrokerFormat, BrokerHistory, read_file},
};
use strikebook_testkit::{Harness, run};

#[path = "contract/embedded.rs"]
mod embedded;
#[cfg(feature = "timescale")]
#[path = "contract/server.rs"]
mod server;

const FILE: &str = "../../shared/data/tastytrade/tastytrade_transactions_history_180201_to_240817.csv";
/// What the file comes to, counted from it by other means.
const EVENTS: u64 = 850;
const TRADES: usize = 422;
const CYCLES: usize = 169;
const REALIZED: &str = "-607.54";

/// The file's history, or `None` and one visible line where there is no file.
fn history() -> Option<BrokerHistory> {
    if !Path::new(FILE).exists() {
        static SAID: Once = Once::new();
        // Written past the test harness, which shows nothing that a passing test prints.
        SAID.call_once(|| drop(writeln!(stderr(), "skipped: no real data at ../shared/data")));
        return None;
    }
    let history = read_file(FILE, BrokerFormat::Tastytrade).expect("a history");
    assert_eq!((history.report.accepted, history.report.rejected), (1_082, 0));
    Some(history)
}

fn account(history: &BrokerHistory, learned: &str) -> Result<Account> {
    Account::new(Name::new("margin")?, Name::new("manual")?, history, learned.parse()?)
}

fn check(harness: impl Harness) {
    let Some(history) = history() else { return };
    run(harness, async |bench| {
        let store = bench.open().await?;
        let ImportReport { stored, .. } =
            import_history(&*store, &history, &account(&history, "2024-08-18T00:00:00Z")?).await?;
        assert_eq!(stored, Upserted { inserted: EVENTS, ..Upserted::default() });

        let cycles = store.list_cycles(&CycleFilter::default()).await?;
        let trades = store.list_trades(&Listing::default()).await?.items;
        assert_eq!((cycles.len(), trades.len()), (CYCLES, TRADES));
        let realized: Decimal = cycles.iter().map(|cycle| cycle.realized_pnl).sum();
        assert_eq!(realized.round_dp(2), REALIZED.parse().expect("an amount"));
        for cycle in &cycles {
            assert!(store.rebuild_cycle(cycle.id).await?, "cycle {} was not what its events come to", cycle.id);
        }

        let statistics = store.statistics().await?;
        let again = import_history(&*store, &history, &account(&history, "2024-09-01T00:00:00Z")?).await?;
        assert_eq!(again.stored, Upserted { unchanged: EVENTS, ..Upserted::default() });
        let rows = |counted: &strikebook::maintenance::DatasetStatistics| (counted.dataset, counted.rows);
        let after = store.statistics().await?;
        assert!(statistics.iter().map(rows).eq(after.iter().map(rows)), "a second import changed something");
        assert_eq!(store.list_cycles(&CycleFilter::default()).await?, cycles);

        let at: Timestamp = "2024-08-18T00:00:00Z".parse()?;
        let account = account(&history, "2024-08-18T00:00:00Z")?;
        let measuring = Measuring {
            account: Some(account.account),
            at,
            windows: vec![Window::All],
            conventions: Conventions::default(),
            source: account.source,
            recorded_at: at,
        };
        assert!(store_metrics(&*store, &measuring).await?.inserted > 0);

        let folder = tempfile::tempdir().expect("a folder");
        let (trades, events) = (folder.path().join("out/trades.csv"), folder.path().join("out/events.csv"));
        let query = Listing::new(TradeFilter::default());
        assert_eq!(export_trades(&*store, &query, &trades, &[]).await?, TRADES as u64);
        let query = Listing::new(JournalEventFilter::default());
        assert_eq!(export_executions(&*store, &query, &events, &[]).await?, EVENTS);
        let lines = |path| fs::read_to_string(path).expect("a file").lines().skip(1).count() as u64;
        assert_eq!((lines(trades), lines(events)), (TRADES as u64, EVENTS));
        store.close().await
    });
}

#[test]
fn memory() {
    check(embedded::Memory);
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite() {
    check(embedded::File::new("sqlite", "db"));
}

#[cfg(feature = "duckdb")]
#[test]
fn duckdb() {
    check(embedded::File::new("duckdb", "duckdb"));
}

#[cfg(feature = "timescale")]
#[test]
fn timescale() {
    check(server::Server::TIMESCALE);
}

#[cfg(feature = "timescale")]
#[test]
fn postgres() {
    check(server::Server::PLAIN);
}
