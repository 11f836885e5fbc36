use strikebook_core::{ErrorKind, market::Instrument};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{Format, LeanAsset, LeanLayout, LeanResolution, ReadOptions};

use crate::{bars, quotes, read, read_with, reasons, underlying_quotes, zip};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        option_quotes_are_the_closes_of_both_sides,
        trades_are_bars_of_the_contract,
        scales_and_zones_are_those_of_the_asset_class,
        open_interest_displaces_no_quote,
        quotes_of_equities_are_quotes_of_the_underlying,
        rows_and_entries_that_cannot_be_read_are_rejected,
        what_the_folders_do_not_tell_must_be_named
    ]
}

fn option_quotes_are_the_closes_of_both_sides() {
    let rows = "34200000,10000,10500,9900,10400,2,11000,11100,10900,11050,5\r\n\
                34260000,,,,,0,11000,11100,10900,11100,6\r\n\
                34320000,10000,10000,10000,10000,3,,,,,0\r\n\
                34380000,,,,,0,,,,,0";
    let entry = "20151224_goog_minute_quote_american_call_7525000_20160115.csv";
    let (records, report) = read("data/option/usa/minute/goog/20151224_quote_american.zip", zip(&[(entry, rows)]));
    assert_eq!((report.read, report.quotes, report.rejected), (4, 4, 0), "{report}");
    let quotes = quotes(&records);
    assert!(quotes.iter().all(|quote| quote.contract.to_compact() == "GOOG160115C00752500"));
    assert_eq!((quotes[0].at.to_string().as_str(), quotes[0].source.as_str()), ("2015-12-24T14:31:00Z", "lean"));
    assert_eq!((quotes[0].bid, quotes[0].bid_size), (Some(1.04), Some(2)));
    assert_eq!((quotes[0].ask, quotes[0].ask_size), (Some(1.105), Some(5)));
    assert_eq!((quotes[1].bid, quotes[1].bid_size, quotes[1].ask), (None, None, Some(1.11)));
    assert_eq!((quotes[2].bid, quotes[2].ask, quotes[2].ask_size), (Some(1.0), None, None));
    assert_eq!((quotes[3].bid, quotes[3].ask), (None, None));
}

fn trades_are_bars_of_the_contract() {
    let entry = "es_trade_american_put_29300000_20200320.csv";
    let path = "futureoption/cme/hour/es/202003/es_2020_trade_american.zip";
    let (records, _) = read(path, zip(&[(entry, "20200102 08:00,25,25.5,24.75,25,2\n")]));
    let bar = &bars(&records)[0];
    assert_eq!(bar.key.instrument, "ES    200320P02930000".parse::<Instrument>().expect("valid"));
    assert_eq!(
        (bar.opened_at.to_string().as_str(), bar.at.to_string().as_str()),
        ("2020-01-02T08:00:00Z", "2020-01-02T09:00:00Z")
    );
    assert_eq!((bar.open, bar.high, bar.low, bar.close, bar.volume), (25.0, 25.5, 24.75, 25.0, Some(2)));
}

fn scales_and_zones_are_those_of_the_asset_class() {
    let daily = |path: &str, row: &str| bars(&read(path, zip(&[("x.csv", row)])).0)[0].clone();
    let equity = daily("equity/usa/daily/x.zip", "20151224 00:00,136300,162500,135000,162500,6315000");
    assert_eq!((equity.close, equity.at.to_string().as_str()), (16.25, "2015-12-24T18:00:00Z"));
    let index = daily("index/usa/daily/x.zip", "20210104 00:00,3764.61,3769.99,3662.71,3700.65,0");
    assert_eq!((index.close, index.at.to_string().as_str()), (3700.65, "2021-01-04T21:00:00Z"));
    assert_eq!((index.opened_at.to_string().as_str(), index.volume), ("2021-01-04T06:00:00Z", Some(0)));
}

fn open_interest_displaces_no_quote() {
    let options =
        zip(&[("aapl_openinterest_american_call_10000000_20150117.csv", "20140606 00:00,9325\n20140609 00:00,0")]);
    let (records, _) = read("option/usa/daily/aapl_2014_openinterest_american.zip", options);
    let quotes = quotes(&records);
    assert_eq!((quotes[0].at.to_string().as_str(), quotes[0].open_interest), ("2014-06-06T13:30:00Z", Some(9325)));
    assert_eq!((quotes[0].bid, quotes[0].ask, quotes[1].open_interest), (None, None, Some(0)));
}

fn quotes_of_equities_are_quotes_of_the_underlying() {
    let rows = "14400000,6438000,6440600,6438000,6440600,100,6460000,6460000,6460000,6460000,100\n";
    let (records, _) =
        read("equity/usa/minute/aapl/20140605_quote.zip", zip(&[("20140605_aapl_minute_quote.csv", rows)]));
    let quote = &underlying_quotes(&records)[0];
    assert_eq!((quote.symbol.as_str(), quote.bid, quote.ask_size), ("AAPL", Some(644.06), Some(100)));
    assert_eq!(quote.at.to_string(), "2014-06-05T08:01:00Z");
}

fn rows_and_entries_that_cannot_be_read_are_rejected() {
    let archive = zip(&[
        ("LICENSE", "all rights\n"),
        ("nested/", ""),
        (
            "spx_trade_european_call_32000000_20210115.csv",
            "20210202 00:00,1,1,1,1,41\n20210202 09:00,3,2,1,2,4\n20210202 10:00,1,1,1\n20210202 11:00,,,,,\n20210202 12:00,1,1,1,1,5\n",
        ),
        ("spx_trade_european_call_32000005_20210115.csv", "20210202 10:00,1,1,1,1,41\n20210202 11:00,1,1,1,1,41\n"),
    ]);
    let (records, report) = read("indexoption/usa/hour/spx_2021_trade_european.zip", archive);
    assert_eq!((records.len(), report.read, report.rejected), (1, 7, 6));
    let name = "indexoption/usa/hour/spx_2021_trade_european.zip";
    assert_eq!(report.ignored, [format!("{name}/LICENSE").into()]);
    assert_eq!(&*report.rejections[0].file, format!("{name}/spx_trade_european_call_32000000_20210115.csv"));
    let reasons = reasons(&report);
    for ((line, reason), (expected_line, start)) in reasons.iter().zip([
        (1, "an hour must not start at midnight"),
        (2, "high must be at or above open, close and low"),
        (3, "the row must have as many fields as the header has columns [fields: 4, columns: 6]"),
        (4, "a bar must have open, high, low and close [missing: open]"),
        (1, "the strike in the entry's name must be"),
        (2, "the strike in the entry's name must be"),
    ]) {
        assert_eq!(*line, expected_line);
        assert!(reason.starts_with(start), "{reason}");
    }
}

fn what_the_folders_do_not_tell_must_be_named() {
    let archive = || zip(&[("aapl.csv", "20140606 00:00,10000,10000,10000,10000,5\n")]);
    let error = read_with("aapl.zip", archive(), &ReadOptions::default()).expect_err("no folders");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let layout = LeanLayout::new(LeanAsset::Equity, LeanResolution::Daily);
    let options = ReadOptions::default().with_format(Format::Lean(layout));
    assert_eq!(bars(&read_with("aapl.zip", archive(), &options).expect("named").0)[0].volume, Some(5));
    let error = read_with("future/cme/daily/es_trade.zip", archive(), &ReadOptions::default()).expect_err("futures");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
