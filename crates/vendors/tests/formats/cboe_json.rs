use strikebook_core::ErrorKind;
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{Format, ReadOptions};

use crate::{quotes, read, read_with, reasons, underlying_quotes};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![quotes_and_the_underlyings_come_back, a_wrong_quote_spoils_no_other, a_document_that_is_none_is_refused]
}

const CALL: &str = r#"{"option":"SPX251219C06600000","bid":158.1,"bid_size":11.0,"ask":160.9,"ask_size":2.0,"iv":0.1475,"open_interest":54321.0,"volume":12.0,"delta":0.52,"gamma":0.0011,"vega":9.1,"theta":-1.2,"rho":7.5,"theo":159.4,"change":0.0,"last_trade_price":159.0,"last_trade_time":"2025-09-25T15:59:58","prev_day_close":161.6}"#;
const NOTHING: &str = r#"{"option":"SPXW251219P01000000","bid":0.0,"bid_size":0.0,"ask":0.05,"ask_size":900.0,"iv":0.0,"open_interest":0.0,"volume":0.0,"delta":0.0,"gamma":0.0,"last_trade_price":0.0,"last_trade_time":null}"#;

fn page(options: &[&str]) -> String {
    let options = options.join(", ");
    format!(
        r#"{{"timestamp": "2025-09-25 20:14:33", "data": {{"options": [{options}], "symbol": "^SPX", "security_type": "index", "current_price": 6604.72, "bid": 0.0, "ask": 0.0, "volume": 0}}, "symbol": "_SPX"}}"#
    )
}

fn quotes_and_the_underlyings_come_back() {
    let (records, report) = read("_SPX.json", page(&[CALL, NOTHING]));
    assert_eq!((report.read, report.quotes, report.underlying_quotes), (3, 2, 1));
    let underlying = &underlying_quotes(&records)[0];
    assert_eq!((underlying.symbol.as_str(), underlying.last), ("SPX", Some(6604.72)));
    assert_eq!(
        (underlying.bid, underlying.ask, underlying.at.to_string().as_str()),
        (None, None, "2025-09-25T20:14:33Z")
    );
    let quotes = quotes(&records);
    let call = &quotes[0];
    assert_eq!((call.contract.to_string().as_str(), call.source.as_str()), ("SPX   251219C06600000", "cboe"));
    assert_eq!((call.bid, call.ask, call.last), (Some(158.1), Some(160.9), Some(159.0)));
    assert_eq!((call.volume, call.open_interest, call.implied_volatility), (Some(12), Some(54_321), Some(0.1475)));
    assert_eq!((call.greeks.delta, call.greeks.gamma), (Some(0.52), Some(0.0011)));
    assert_eq!((call.greeks.vega, call.greeks.theta, call.greeks.rho), (None, None, None), "of unknown units");
    assert_eq!((call.at, call.underlying_price), (underlying.at, Some(6604.72)));
    let nothing = &quotes[1];
    assert_eq!((nothing.bid, nothing.last, nothing.implied_volatility), (Some(0.0), None, None));
    assert_eq!((nothing.volume, nothing.open_interest, nothing.underlying_price), (Some(0), Some(0), Some(6604.72)));
}

fn a_wrong_quote_spoils_no_other() {
    let wrong = CALL.replace("158.1", "\"x\"");
    let negative = CALL.replace("158.1", "-1.0");
    let nameless = CALL.replace("SPX251219C06600000", "SPX");
    let (_, report) = read("_SPX.json", page(&[&wrong, CALL, &negative, &nameless]));
    assert_eq!((report.quotes, report.rejected), (1, 3));
    assert_eq!(reasons(&report).iter().map(|reason| reason.0).collect::<Vec<_>>(), [1, 3, 4]);
}

fn a_document_that_is_none_is_refused() {
    let whole = page(&[CALL]);
    let options = ReadOptions::default().with_format(Format::CboeJson);
    for cut in [whole.len() - 1, whole.len() / 2, 60] {
        let error = read_with("_SPX.json", &whole.as_bytes()[..cut], &options).expect_err("it is cut short");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{cut}: {error}");
    }
    for (from, to) in [
        ("\"timestamp\"", "\"time\""),
        ("\"options\"", "\"option\""),
        ("20:14:33", "25:14:33"),
        ("\"^SPX\"", "\"\""),
        ("\"data\"", "\"date\""),
    ] {
        let error = read_with("_SPX.json", whole.replacen(from, to, 1), &options).expect_err(to);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{to}: {error}");
    }
}
