//! Other brokers' exports, any CSV by a layout, and files of other kinds.

use std::{collections::BTreeMap, io::Cursor};

use strikebook_core::{ErrorKind, Json, Source, memory::MemoryStore};
use strikebook_testkit::{async_trials, trial::Trial, trials};
use strikebook_vendors::broker::{BrokerFormat, BrokerLayout, LayoutAction, read_from};

use crate::{book, books, cycles, expected, import, read, tastytrade::TASTY};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        trials![a_file_of_another_kind_says_what_it_looks_like],
        async_trials![
            exports_of_interactive_brokers_as_csv_are_read,
            exports_of_american_brokers_are_read,
            any_csv_is_read_by_a_layout
        ],
    ]
    .concat()
}

const FLEX_CSV: &str = include_str!("files/flex.csv");
const ACTIVITY: &str = include_str!("files/activity.csv");
const SCHWAB: &str = include_str!("files/schwab.csv");
const FIDELITY: &str = include_str!("files/fidelity.csv");
const ROBINHOOD: &str = include_str!("files/robinhood.csv");
const THINKORSWIM: &str = include_str!("files/thinkorswim.csv");

async fn exports_of_interactive_brokers_as_csv_are_read() {
    assert_eq!(books(&[FLEX_CSV]).await, expected("0", &[("MMM   260717C00047000", "-1")]));
    let store = MemoryStore::new();
    let history = read(ACTIVITY);
    assert_eq!(history.format, BrokerFormat::IbkrActivity);
    let kinds: Vec<_> = history.report.left_out.keys().map(String::as_str).collect();
    let expected_kinds = [
        "Account Information",
        "Net Asset Value",
        "Statement",
        "Trades: Forex",
        "Trades: SubTotal",
        "Trades: execution beside its order",
        "total of a section of money",
    ];
    assert_eq!(kinds, expected_kinds);
    import(&store, &history).await;
    assert_eq!(book(&cycles(&store, "margin").await), expected("740", &[]), "500 + 200 + 50 - 7.5 - 2.5 of costs");
}

async fn exports_of_american_brokers_are_read() {
    for (format, file, realized, open) in [
        (BrokerFormat::Schwab, SCHWAB, "173.68", &[("MMM", "100")][..]),
        (BrokerFormat::Fidelity, FIDELITY, "199.33", &[("MMM", "100")]),
        (BrokerFormat::Robinhood, ROBINHOOD, "194.9", &[("MMM", "100")]),
        (BrokerFormat::Thinkorswim, THINKORSWIM, "98.66", &[]),
    ] {
        assert_eq!(read(file).format, format);
        let store = MemoryStore::new();
        let report = import(&store, &read(file)).await;
        assert_eq!(report.unmapped, [], "{format}: {report}");
        let cycles = cycles(&store, "margin").await;
        assert_eq!(book(&cycles), expected(realized, open), "{format}");
        let again = import(&store, &read(file)).await;
        assert_eq!((again.stored.inserted, again.rows.inserted), (0, 0), "{format}: {again}");
    }
}

async fn any_csv_is_read_by_a_layout() {
    let layout = include_str!("files/layout.json");
    let layout: BrokerLayout = layout.parse::<Json>().and_then(|json| json.read()).expect("a layout");
    let file = include_str!("files/layout.csv");
    let history = read_from("f.csv", Cursor::new(file), BrokerFormat::from(layout.clone())).expect("a history");
    assert_eq!(
        history.preview(1),
        "line 4: 2025-04-03T13:30:00Z open \u{2212}2 SAP   250618P00220500 at 1004.25, value 200850.00 USD, \
         costs 3.50\n"
    );
    let store = MemoryStore::new();
    let report = import(&store, &history).await;
    assert_eq!(report.unmapped, [], "{report}");
    assert_eq!(book(&cycles(&store, "margin").await), expected("793", &[]));
    // A dry run says what is wrong with the layout.
    let without = BrokerLayout { actions: BTreeMap::new(), ..layout };
    let error = read_from("f.csv", Cursor::new(file), BrokerFormat::from(without)).expect_err("no words");
    assert!(error.context("first").is_some_and(|reason| reason.contains("VK Eröffnung")), "{error}");
    let incomplete = BrokerLayout::new(Source::new("x").expect("a source")).with_action("Kauf", LayoutAction::Buy);
    let error = read_from("f.csv", Cursor::new(file), BrokerFormat::from(incomplete)).expect_err("no columns");
    assert_eq!(error.context("missing"), Some("Date"), "{error}");
}

fn a_file_of_another_kind_says_what_it_looks_like() {
    for (text, looks) in [
        ("{\"a\": 1}", "JSON"),
        ("<html><body/></html>", "XML or HTML"),
        ("a,b\n1,2\n", "a table"),
        ("hello", "a text"),
    ] {
        let error = read_from("x", Cursor::new(text), None).expect_err("no broker's history");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.context("found").is_some_and(|found| found.contains(looks)), "{error}");
        assert!(error.context("known").is_some_and(|known| known.contains("schwab")), "{error}");
    }
    for file in [SCHWAB, FIDELITY, ROBINHOOD, THINKORSWIM, ACTIVITY, FLEX_CSV, TASTY] {
        let format = BrokerFormat::detect(file).expect("a known format");
        assert_eq!(format.name().parse::<BrokerFormat>().expect("its name"), format);
    }
}
