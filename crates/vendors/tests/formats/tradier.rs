use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{Format, ReadOptions, Record};

use crate::{quotes, read, read_with, reasons};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_chain_has_the_instants_of_its_quotes,
        the_caller_gives_the_instant,
        one_option_and_none_are_chains_too,
        options_that_contradict_themselves_are_rejected
    ]
}

const CALL: &str = r#"{"symbol":"ACME251219C00052500","description":"ACME Dec 19 2025 $52.50 Call","exch":"Z",
    "last":1.5,"volume":12,"bid":1.45,"ask":1.55,"underlying":"ACME","strike":52.5,"bidsize":10,"asksize":15,
    "bid_date":1758830399000,"ask_date":1758830400000,"open_interest":100,"expiration_date":"2025-12-19",
    "option_type":"call","root_symbol":"ACME",
    "greeks":{"delta":0.4,"gamma":0.02,"theta":-0.05,"vega":0.1,"mid_iv":0.32,"updated_at":"2025-09-25 20:00:00"}}"#;

fn document(options: &str) -> String {
    format!(r#"{{"options":{{"option":{options}}}}}"#)
}

fn a_chain_has_the_instants_of_its_quotes() {
    let put =
        CALL.replace("C00052500", "P00052500").replace("\"call\"", "\"put\"").replace("1.45", "0").replace("1.55", "0");
    let put = put.replace("1.5,\"volume\"", "null,\"volume\"");
    let (records, report) = read("chain.json", document(&format!("[{CALL},{put}]")));
    let quotes = quotes(&records);
    assert_eq!((report.accepted, report.rejected), (2, 0), "{report}");
    let call = &quotes[0];
    assert_eq!(
        (call.contract.to_compact().as_str(), call.at.to_string()),
        ("ACME251219C00052500", "2025-09-25T20:00:00Z".into())
    );
    assert_eq!((call.bid, call.ask, call.last), (Some(1.45), Some(1.55), Some(1.5)));
    assert_eq!(
        (call.bid_size, call.ask_size, call.volume, call.open_interest),
        (Some(10), Some(15), Some(12), Some(100))
    );
    assert_eq!((call.implied_volatility, call.greeks.delta, call.greeks.theta), (Some(0.32), Some(0.4), None));
    assert_eq!(call.source.as_str(), "tradier");
    assert_eq!((quotes[1].bid, quotes[1].ask, quotes[1].last), (None, None, None));
}

fn the_caller_gives_the_instant() {
    let without = CALL.replace("bid_date", "b").replace("ask_date", "a");
    let (_, report) = read("chain.json", document(&format!("[{without}]")));
    let reason = "the quote has no bid_date or ask_date: give the instant of the file in the options";
    assert_eq!(reasons(&report), [(1, reason)]);
    let options = ReadOptions::default().with_at("2025-09-25T20:15:00Z".parse().expect("valid"));
    for row in [CALL, &without] {
        let (records, _) = read_with("chain.json", document(&format!("[{row}]")), &options).expect("a chain");
        assert_eq!(quotes(&records)[0].at.to_string(), "2025-09-25T20:15:00Z");
    }
}

fn one_option_and_none_are_chains_too() {
    let (records, _) = read("chain.json", document(CALL));
    assert!(matches!(records.as_slice(), [Record::Quote(_)]), "an object in place of the array");
    let options = ReadOptions::default().with_format(Format::Tradier);
    for none in [r#"{"options":null}"#, "{}", r#"{"options":{}}"#] {
        let error = read_with("chain.json", none, &options).expect_err("no options");
        assert_eq!(error.context("file"), Some("chain.json"), "{error}");
    }
    assert!(read("chain.json", document("[]")).0.is_empty());
}

fn options_that_contradict_themselves_are_rejected() {
    let rows = [
        CALL.replace("\"call\"", "\"put\""),
        CALL.replace("\"strike\":52.5", "\"strike\":55"),
        CALL.replace("2025-12-19\"", "2025-12-26\""),
        CALL.replace("\"volume\":12", "\"volume\":1.5"),
        CALL.replace("\"bid\":1.45", "\"bid\":-1"),
        CALL.replace("\"bid_date\":1758830399000,\"ask_date\":1758830400000", "\"bid_date\":0,\"ask_date\":-1"),
        "7".to_owned(),
    ];
    let (_, report) = read("chain.json", document(&format!("[{}]", rows.join(","))));
    assert_eq!((report.accepted, report.rejected), (0, 7), "{report}");
}
