use strikebook_core::ErrorKind;
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{Format, ReadOptions};

use crate::{gzip, quotes, read, read_with, reasons, underlying_quotes, zip};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        greeks_are_converted_to_the_librarys_units,
        zeros_that_say_nothing_are_missing,
        a_wrong_quote_spoils_no_other,
        an_index_among_the_chains_is_ignored,
        a_document_that_is_none_is_an_error
    ]
}

fn quote(symbol: &str, fields: &str) -> String {
    format!(r#"{{"symbol":"{symbol}","expiration":"2026-07-17","side":"call","strike":205.0,{fields}}}"#)
}

fn chain(price: &str, quotes: &[String]) -> String {
    let quotes = quotes.join(",");
    format!(
        r#"{{"symbol":"ACME","updated":"2026-07-15T13:15:53.372439-04:00","underlyingPrice":{price},"greeks":{{"enabled":true}},"quotes":[{quotes}]}}"#
    )
}

const NULLS: &str = r#""bid":null,"ask":null,"mid":null,"last":null,"volume":null,"openInterest":null,"iv":null,"delta":null,"gamma":null,"theta":null,"vega":null,"rho":null"#;
const FULL: &str = r#""bid":121.25,"ask":124.5,"mid":122.875,"last":121.81,"volume":14.0,"openInterest":54.0,"iv":0.75,"delta":0.9,"gamma":0.01,"theta":-0.5,"vega":0.25,"rho":0.125"#;

fn greeks_are_converted_to_the_librarys_units() {
    let text = chain("326.5", &[quote("ACME260717C00205000", FULL), quote("ACME260717C00205000", NULLS)]);
    let (records, report) = read("ACME.json", text);
    assert_eq!((report.read, report.quotes, report.underlying_quotes), (3, 2, 1));
    let quotes = quotes(&records);
    let full = &quotes[0];
    assert_eq!((full.at.to_string().as_str(), full.source.as_str()), ("2026-07-15T17:15:53.372439Z", "options_desk"));
    assert_eq!((full.bid, full.ask, full.last), (Some(121.25), Some(124.5), Some(121.81)));
    assert_eq!((full.volume, full.open_interest, full.implied_volatility), (Some(14), Some(54), Some(0.75)));
    assert_eq!((full.greeks.delta, full.greeks.gamma), (Some(0.9), Some(0.01)));
    assert_eq!((full.greeks.theta, full.greeks.vega, full.greeks.rho), (Some(-182.5), Some(25.0), Some(12.5)));
    assert_eq!(full.underlying_price, Some(326.5));
    let null = &quotes[1];
    assert_eq!((null.bid, null.volume, null.implied_volatility, null.greeks.delta), (None, None, None, None));
    let underlying = &underlying_quotes(&records)[0];
    assert_eq!((underlying.symbol.as_str(), underlying.last), ("ACME", Some(326.5)));
}

fn zeros_that_say_nothing_are_missing() {
    let none = quote("ACME260717C00205000", r#""bid":0.0,"ask":0.0,"last":3.5,"iv":1.0000000000000003e-05"#);
    let bid = quote("ACME260717C00205000", r#""bid":0.0,"ask":0.05,"last":0,"volume":0,"iv":0.0"#);
    let (records, report) = read("ACME.json", chain("null", &[none, bid]));
    assert_eq!((report.underlying_quotes, report.quotes), (0, 2), "both quotes of one contract are kept");
    let quotes = quotes(&records);
    assert_eq!((quotes[0].bid, quotes[0].ask, quotes[0].implied_volatility), (None, None, None));
    assert_eq!((quotes[1].bid, quotes[1].last, quotes[1].volume), (Some(0.0), None, Some(0)));
    assert_eq!((quotes[1].implied_volatility, quotes[1].underlying_price), (None, None));
}

fn a_wrong_quote_spoils_no_other() {
    let quotes_of = [
        quote("ACME260717C00205000", r#""bid":"12""#),
        quote("ACME260717C00210000", FULL),
        quote("ACME260717P00205000", FULL),
        quote("ACME", FULL),
        quote("ACME260717C00205000", &FULL.replace("14.0", "14.5")),
        quote("ACME260717C00205000", &FULL.replace("121.25", "-1")),
        "17".to_owned(),
        quote("NGD260717C00205000", FULL),
    ];
    let (records, report) = read("ACME.json", chain("326.5", &quotes_of));
    assert_eq!((quotes(&records).len(), report.rejected), (1, 7));
    assert_eq!(quotes(&records)[0].underlying_price, None, "a contract on something else");
    let places: Vec<_> = reasons(&report).iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(reasons(&report)[4].1, "volume must be a whole number [value: \"14.5\"]");
}

fn an_index_among_the_chains_is_ignored() {
    let text = chain("326.5", &[quote("ACME260717C00205000", FULL)]);
    let (records, report) = read("chains.zip", zip(&[("index.json", r#"{"files":["ACME"]}"#), ("ACME.json", &text)]));
    assert_eq!((records.len(), report.ignored.len()), (2, 1));
    assert_eq!(&*report.ignored[0], "chains.zip/index.json");
    assert_eq!(read("ACME.json.gz", gzip(&text)).0.len(), 2);
}

fn a_document_that_is_none_is_an_error() {
    let whole = chain("326.5", &[quote("ACME260717C00205000", FULL)]);
    for (text, kind) in [
        (whole[..whole.len() - 9].to_owned(), ErrorKind::Corrupt),
        (r#"{"files":["ACME"]}"#.to_owned(), ErrorKind::InvalidInput),
        (whole.replace("updated", "updatet"), ErrorKind::InvalidInput),
        (whole.replace("2026-07-15T", "15 July "), ErrorKind::InvalidInput),
        (whole.replace("326.5", "NaN"), ErrorKind::InvalidInput),
        ("[1]".to_owned(), ErrorKind::InvalidInput),
    ] {
        let options = ReadOptions::default().with_format(Format::OptionsDesk);
        let error = read_with("ACME.json", text.clone(), &options).expect_err(&text);
        assert_eq!((error.kind(), error.context("file")), (kind, Some("ACME.json")), "{error}");
    }
}
