//! A real broker's history through the journal of every engine: imported twice, rebuilt, measured and exported.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use strikebook::{
    Decimal, Id, Json, Listing, Name, Result, Store, Timestamp, Upserted,
    services::journal::{
        ImportAccount, ImportReport, MetricsScope, export_executions, export_trades, import_history, store_metrics,
    },
    trading::{
        journal::{CycleFilter, EventKind, ImportFilter, JournalEventFilter, TradeFilter},
        metrics::{Conventions, TradeUnit, Window},
    },
    vendors::broker::{BrokerFormat, BrokerHistory, read_file},
};
use strikebook_testkit::{
    Harness, run,
    trial::{self, Trial},
};
use strikebook_tests::on_every_engine;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    on_every_engine![a_real_history_is_imported_rebuilt_and_exported]
}

const FILE: &str = "tastytrade/tastytrade_transactions_history_180201_to_240817.csv";
/// The totals of the file, counted from it by other means.
const ROWS: u64 = 1_082;
const EVENTS: u64 = 850;
/// Orders that opened something at several strikes, expirations or types.
const ORDERS_WITH_LEGS: usize = 47;
const TRADES: usize = 422;
const CYCLES: usize = 169;
const REALIZED: &str = "-607.54";

/// Returns the file's history.
fn history() -> BrokerHistory {
    let file = trial::data(FILE);
    let history = read_file(file, BrokerFormat::Tastytrade).expect("a history");
    assert_eq!((history.report.accepted, history.report.rejected), (1_082, 0));
    history
}

fn account(history: &BrokerHistory, recorded: &str) -> Result<ImportAccount> {
    ImportAccount::new(Name::new("margin")?, Name::new("manual")?, history, recorded.parse()?)
}

/// Every row is kept as the file has it, every event tells the rows that it came of, and the legs of an order are found
/// together.
async fn check_rows(store: &dyn Store, history: &BrokerHistory) -> Result<()> {
    let rows = store.list_imported_rows(&Listing::default()).await?.items;
    let reported: Vec<_> = rows.iter().map(|row| (row.line, &row.content, row.is_accepted())).collect();
    let contents = history.rows.iter().map(|row| Ok((row.line, row.raw.content()?))).collect::<Result<Vec<_>>>()?;
    let mut expected: Vec<_> = contents.iter().map(|(line, content)| (*line, content, true)).collect();
    let by_line = |one: &(u64, &Json, bool)| one.0;
    expected.sort_by_key(by_line);
    let mut sorted = reported.clone();
    sorted.sort_by_key(by_line);
    assert_eq!(sorted, expected);
    let linked: BTreeSet<_> = rows.iter().flat_map(|row| row.events.iter().copied()).collect();
    let events = store.list_journal_events(&Listing::default()).await?.items;
    assert_eq!(linked, events.iter().map(|event| event.id).collect());
    let assigned = events.iter().find(|event| event.kind == EventKind::Assign).expect("one was assigned");
    let query = Listing::new(ImportFilter { event: Some(assigned.id), ..ImportFilter::default() });
    let came_of = store.list_imported_rows(&query).await?.items;
    assert_eq!(came_of.len(), 2, "the contracts and their shares");

    let mut legs = BTreeMap::<_, BTreeSet<_>>::new();
    for event in events.iter().filter(|event| event.kind == EventKind::Open) {
        legs.entry(event.broker_order_id.expect("every trade has an order")).or_default().insert(event.instrument);
    }
    legs.retain(|_, legs| legs.len() > 1);
    assert_eq!(legs.len(), ORDERS_WITH_LEGS);
    for (order, legs) in legs {
        let query = JournalEventFilter { broker_order_id: Some(order), ..JournalEventFilter::default() };
        let events = store.list_journal_events(&Listing::new(query)).await?.items;
        assert!(legs.iter().all(|leg| events.iter().any(|event| event.instrument == *leg)), "order {order}");
        for event in events.iter().filter(|event| event.kind == EventKind::Open) {
            let trade = store.get_trade(Id::from_uuid(event.id.as_uuid())).await?.expect("a trade");
            assert!(trade.origin.leg_group.is_some(), "order {order}");
            assert_eq!(trade.origin.order_ids.first(), Some(&order.to_string()));
        }
    }
    Ok(())
}

fn a_real_history_is_imported_rebuilt_and_exported(harness: impl Harness) {
    let history = history();
    run(harness, async |bench| {
        let store = bench.open().await?;
        let ImportReport { stored, rows, .. } =
            import_history(&*store, &history, &account(&history, "2024-08-18T00:00:00Z")?).await?;
        assert_eq!(stored, Upserted { inserted: EVENTS, ..Upserted::default() });
        assert_eq!(rows, Upserted { inserted: ROWS, ..Upserted::default() });
        check_rows(&*store, &history).await?;

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
        assert_eq!(again.rows, Upserted { unchanged: ROWS, ..Upserted::default() });
        let rows = |counted: &strikebook::maintenance::DatasetStatistics| (counted.dataset, counted.rows);
        let after = store.statistics().await?;
        assert!(statistics.iter().map(rows).eq(after.iter().map(rows)), "a second import changed something");
        assert_eq!(store.list_cycles(&CycleFilter::default()).await?, cycles);

        let at: Timestamp = "2024-08-18T00:00:00Z".parse()?;
        let account = account(&history, "2024-08-18T00:00:00Z")?;
        let measuring = MetricsScope {
            account: Some(account.account),
            at,
            windows: vec![Window::All],
            unit: TradeUnit::Decision,
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
