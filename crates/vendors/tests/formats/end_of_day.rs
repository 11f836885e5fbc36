use strikebook_core::ErrorKind;
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{Format, ReadOptions};

use crate::{gzip, quotes, read, read_with, reasons};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        greeks_are_the_librarys_already,
        two_volatilities_give_their_mean_and_one_alone_none,
        a_symbol_of_former_years_gives_way_to_the_columns,
        rows_that_cannot_be_read_are_rejected,
        a_column_that_is_missing_is_an_error
    ]
}

const SPX: &str = "underlying,underlying_last, exchange,optionroot,optionext,type,expiration,quotedate,strike,last,bid,ask,\
    volume,openinterest,impliedvol,delta,gamma,theta,vega,optionalias,dte\n";
const ADR: &str = "underlying,underlying_last,optionroot,type,expiration,quotedate,strike,last,bid,ask,volume,\
    openinterest,ivbid,ivask,delta,gamma\n";

fn greeks_are_the_librarys_already() {
    let rows = "SPX,2265.2,*,SPX170519P01650000,,put,2017-05-19,2017-01-23,1650,4.1,4.0,4.3,12,340,0.2758,-0.0161,0.0001,-21.9448,51.1889,SPX170519P01650000,116\n\
                SPX,2265.2,*,SPX170519C00300000,,call,2017-05-19,2015-12-24,300,0.0,1945.3,1950.1,0,0,0.0,0.9988,0.0,22.4028,0.0,SPX170519C00300000,116\n";
    let (records, report) = read("spx.csv", format!("{SPX}{rows}"));
    assert_eq!(report.accepted, 2);
    let quotes = quotes(&records);
    let put = &quotes[0];
    assert_eq!(put.at.to_string(), "2017-01-23T21:00:00Z");
    assert_eq!((put.bid, put.ask, put.last, put.volume), (Some(4.0), Some(4.3), Some(4.1), Some(12)));
    // What loses value has a negative theta here, and what gains by the dividend forgone a positive one.
    assert_eq!((put.greeks.theta, put.greeks.vega, put.greeks.delta), (Some(-21.9448), Some(51.1889), Some(-0.0161)));
    assert_eq!((put.implied_volatility, put.underlying_price), (Some(0.2758), Some(2265.2)));
    assert_eq!(put.source.as_str(), "historicaloptiondata");
    let call = &quotes[1];
    assert_eq!((call.greeks.theta, call.implied_volatility, call.last), (Some(22.4028), None, None));
    assert_eq!(call.at.to_string(), "2015-12-24T18:00:00Z", "half a day");
}

fn two_volatilities_give_their_mean_and_one_alone_none() {
    let rows = "YPF,20.5,YPF151218P00019000,put,12/18/2015,11/20/2015,19.0,0.8,0.7,0.95,3,55,0.5,0.75,-0.3151,0.0969\n\
                BFR,19.66,BFR160115C00002500,call,01/15/2016,12/30/2015,2.5,0.0,0.0,0.55,0,0,0.0,10.5052,0.994,0.0\n\
                BFR,19.66,BFR160115C00002500,call,01/15/2016,12/30/2015,2.5,0.0,0.0,0.0,0,0,0.0,0.0,0.994,0.0\n";
    let (records, report) = read("adr.csv.gz", gzip(&format!("{ADR}{rows}")));
    assert_eq!(report.accepted, 3);
    let quotes = quotes(&records);
    assert_eq!((quotes[0].implied_volatility, quotes[0].underlying_price), (Some(0.625), Some(20.5)));
    assert_eq!((quotes[1].implied_volatility, quotes[1].bid, quotes[1].ask), (None, Some(0.0), Some(0.55)));
    assert_eq!((quotes[2].bid, quotes[2].ask, quotes[2].open_interest), (None, None, Some(0)));
}

fn a_symbol_of_former_years_gives_way_to_the_columns() {
    let row = "ACME,50.5,WQX,call,01/20/2007,12/15/2006,52.5,0.8,0.7,0.95,3,55,0.5,0.75,0.3,0.09\n";
    let quote = &quotes(&read("acme.csv", format!("{ADR}{row}")).0)[0];
    assert_eq!(quote.contract.to_compact(), "ACME070120C00052500");
}

fn rows_that_cannot_be_read_are_rejected() {
    let row = "YPF,20.5,YPF151218P00019000,put,12/18/2015,11/20/2015,19.0,0.8,0.7,0.95,3,55,0.5,0.75,-0.3151,0.0969\n";
    let rows = [
        row.replace(",put,", ",call,"),
        row.replace(",19.0,", ",19.5,"),
        row.replace("12/18/2015", "12/19/2015"),
        row.replace("11/20/2015", "20/11/2015"),
        row.replace(",put,", ",straddle,"),
        row.replace(",0.7,", ",,"),
        row.replace(",3,55,", ",3.5,55,"),
        row.replace("0.0969", "0.0969,9"),
        row.replace(",0.5,0.75,", ",5000.0,7500.0,"),
    ];
    let (records, report) = read("adr.csv", format!("{ADR}{}", rows.concat()));
    assert_eq!(records.len(), 1, "a missing bid is missing: {records:?}");
    assert_eq!(quotes(&records)[0].bid, None);
    let lines: Vec<_> = reasons(&report).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 8, 9, 10]);
    assert_eq!(reasons(&report)[5].1, "volume must be a whole number [value: \"3.5\"]");
}

fn a_column_that_is_missing_is_an_error() {
    let options = ReadOptions::default().with_format(Format::EndOfDay);
    let error = read_with("adr.csv", ADR.replace(",bid,", ",bit,"), &options).expect_err("no bid");
    assert_eq!((error.kind(), error.context("column")), (ErrorKind::InvalidInput, Some("bid")));
    assert_eq!((error.context("file"), error.context("line")), (Some("adr.csv"), Some("1")));
}
