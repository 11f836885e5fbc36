//! Files: what stands in them, and that they are whole or not there.

use std::{fs, path::Path};

use proptest::prelude::*;
use strikebook_core::{
    AsOf, Decimal, ErrorKind, Json, Listing, Name, SeriesQuery, Source, Timestamp,
    market::{OptionContract, Symbol},
    memory::MemoryStore,
    trading::{
        Execution, MetricsKey, MetricsRepository, Order, OrderRepository, OrderSide,
        journal::{DailyPnl, Side, Trade},
        metrics::{ClosedTrade, Conventions, TradeUnit, Window},
    },
};
use strikebook_services::journal::{
    CsvCell, CsvFile, CsvRow, MetricsScope, export_csv, export_metrics, export_order_executions, measure,
};
use strikebook_system::new_id;

fn at(day: u32) -> Timestamp {
    format!("2025-09-{day:02}T20:00:00Z").parse().expect("an instant")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn trade(strategy: &str) -> Trade {
    let spy = "SPY".parse().expect("a symbol");
    let what = (spy, "SPY251219P00650000".parse::<OptionContract>().expect("a contract").into());
    let source = Source::new("test").expect("a source");
    let (names, sold) = ((name("margin"), name(strategy)), (Side::Short, 2.into(), Decimal::new(11_05, 2)));
    Trade::new(new_id(at(1)), names, what, sold, (at(1), source))
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn fields_are_those_asked_for_in_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made/on the way/trades.csv");
    let fields = ["strategy", "strike", "entry_price", "net_pnl", "expiration"];
    assert_eq!(export_csv(&path, &[trade("wheel 30Δ"), trade("a, \"b\"")], &fields).expect("written"), 2);
    let text = fs::read_to_string(&path).expect("UTF-8");
    let expected = "strategy,strike,entry_price,net_pnl,expiration\n\
                    wheel 30Δ,650,11.05,,2025-12-19\n\
                    \"a, \"\"b\"\"\",650,11.05,,2025-12-19\n";
    assert_eq!(text, expected);
    assert_eq!(names(path.parent().expect("a folder")), ["trades.csv"], "nothing else is left");
    assert_eq!(export_csv::<Trade>(&path, &[], &[]).expect("written"), 0);
    let header = fs::read_to_string(&path).expect("UTF-8");
    assert!(header.starts_with("id,account,strategy,") && header.lines().count() == 1, "{header}");
}

/// Returns the names of a serialised trade's fields, as the file names them.
fn field_names(trade: &Trade) -> Vec<String> {
    let json = Json::of(trade).expect("JSON");
    let mut names = Vec::new();
    for (group, value) in json.as_value().as_object().expect("an object") {
        let prefix = if group == "entry" || group == "exit" { format!("{group}_") } else { String::new() };
        match value.as_object() {
            Some(fields) => names.extend(fields.keys().map(|field| format!("{prefix}{field}"))),
            None if group == "at" => names.push("entered_at".to_owned()),
            None => names.push(group.clone()),
        }
    }
    names
}

#[test]
fn every_field_of_a_trade_has_a_column() {
    let names = field_names(&trade("wheel"));
    assert!(names.len() > 140, "{}", names.len());
    let columns: Vec<_> = Trade::COLUMNS.iter().map(|column| column.name).collect();
    let missing: Vec<_> = names.iter().filter(|name| !columns.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let once: std::collections::BTreeSet<_> = columns.iter().collect();
    assert_eq!(once.len(), columns.len(), "a name stands for two columns");
}

#[tokio::test]
async fn the_executions_of_orders_are_written_as_chosen() {
    let (store, folder) = (MemoryStore::new(), tempfile::tempdir().expect("a folder"));
    let spy = "SPY".parse::<Symbol>().expect("a symbol").into();
    let order = Order::new(new_id(at(1)), at(1), name("wheel"), name("margin"), spy, OrderSide::Buy, 10.into());
    store.insert_orders(std::slice::from_ref(&order)).await.expect("stored");
    let execution = Execution {
        exchange_fees: Some(Decimal::new(-10, 2)),
        venue: Some(name("=ARCA")),
        ..Execution::new(new_id(at(1)), &order, at(1), 4.into(), 600.into())
    };
    store.record_executions(&[execution]).await.expect("stored");
    let path = folder.path().join("executions.csv");
    let fields = ["venue", "exchange_fees", "regulatory_fees", "quantity"];
    assert_eq!(export_order_executions(&store, &Listing::default(), &path, &fields).await.expect("written"), 1);
    let text = fs::read_to_string(&path).expect("UTF-8");
    assert_eq!(text, "venue,exchange_fees,regulatory_fees,quantity\n'=ARCA,-0.1,,4\n");
}

#[test]
fn formulas_are_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("trades.csv");
    let wicked = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"];
    export_csv(&path, &wicked.map(trade), &["strategy"]).expect("written");
    let text = fs::read_to_string(&path).expect("UTF-8");
    for (line, wicked) in text.lines().skip(1).zip(wicked) {
        assert_eq!(line, format!("'{wicked}"));
    }
    // A loss is a number and stays one.
    let lost = DailyPnl {
        date: at(1).new_york_date(),
        account: name("margin"),
        realized: (-5).into(),
        unrealized: None,
        recorded_at: at(1),
    };
    export_csv(&path, &[lost], &["realized", "unrealized"]).expect("written");
    assert_eq!(fs::read_to_string(&path).expect("UTF-8"), "realized,unrealized\n-5,\n");
}

#[test]
fn a_file_is_whole_or_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("trades.csv");
    fs::write(&path, "what was there").expect("written");
    let mut unfinished = CsvFile::create(&path, &["id"]).expect("started");
    unfinished.write(&[trade("wheel")]).expect("written");
    drop(unfinished);
    assert_eq!(fs::read_to_string(&path).expect("UTF-8"), "what was there");
    assert_eq!(names(folder.path()), ["trades.csv"]);

    let error = export_csv(&path, &[trade("wheel")], &["id", "nonsense"]).expect_err("no such field");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("\"nonsense\"")), "{error}");
    assert!(error.context("expected").is_some_and(|names| names.contains("net_pnl")));
    assert_eq!(fs::read_to_string(&path).expect("UTF-8"), "what was there");
    let error = export_csv::<Trade>(path.join("below a file.csv"), &[], &[]).expect_err("no folder");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(export_csv::<Trade>(folder.path(), &[], &[]).expect_err("a folder").kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn metrics_are_measured_by_scope_and_window() {
    let closed = |day, strategy: &str, regime: Option<&str>, gross: i64| {
        let mut trade = ClosedTrade::new(at(day), at(day + 1), gross.into(), 1.into());
        (trade.strategy, trade.regime) = (Some(name(strategy)), regime.map(name));
        trade
    };
    let trades =
        [closed(3, "wheel", Some("calm"), -50), closed(1, "wheel", None, 100), closed(2, "spread", Some("calm"), 20)];
    let measuring = MetricsScope {
        account: Some(name("margin")),
        at: at(10),
        windows: vec![Window::All, "trades_1".parse().expect("a window")],
        unit: TradeUnit::Lot,
        conventions: Conventions::default(),
        source: Source::new("test").expect("a source"),
        recorded_at: at(11),
    };
    let measured = measure(&trades, &measuring);
    let net = |strategy: Option<&str>, regime: Option<&str>, window: &str| {
        let (strategy, regime) = (strategy.map(name), regime.map(name));
        let window = window.parse().expect("a window");
        let key = MetricsKey { account: measuring.account, strategy, regime, window, unit: TradeUnit::Lot };
        let found = measured.iter().find(|one| one.key == key);
        found.map(|one| (one.metrics.net.get().copied().expect("a sum"), one.metrics.net.trades))
    };
    assert_eq!(net(None, None, "all"), Some((67.into(), 3)));
    assert_eq!(net(None, None, "trades_1"), Some(((-51).into(), 1)));
    assert_eq!(net(Some("wheel"), None, "all"), Some((48.into(), 2)));
    assert_eq!(net(None, Some("calm"), "all"), Some(((-32).into(), 2)));
    assert_eq!(net(Some("spread"), Some("calm"), "all"), Some((19.into(), 1)));
    assert_eq!(measured.len(), 12, "all; two strategies; one regime; each strategy in it");

    let store = MemoryStore::new();
    store.upsert_metrics(&measured).await.expect("stored");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("metrics.csv");
    let everything = AsOf::with_hindsight(Timestamp::MAX);
    let query = SeriesQuery::new(measured[0].key, everything);
    let fields = ["account", "strategy", "window", "trades", "net", "profit_factor_undefined"];
    assert_eq!(export_metrics(&store, &query, &path, &fields).await.expect("written"), 1);
    let text = fs::read_to_string(&path).expect("UTF-8");
    assert_eq!(text.lines().nth(1), Some("margin,,all,3,67,"));
}

proptest! {
    #[test]
    fn no_text_starts_like_a_formula(text in "[=+@\t\r-]?\\PC{0,8}") {
        let written = CsvCell::Text(text.clone()).into_text();
        prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']));
        prop_assert!(written.ends_with(&text));
    }
}
