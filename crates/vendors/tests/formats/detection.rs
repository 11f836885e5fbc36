//! Each file is named with its certainty, or described.

use std::io::Cursor;

use strikebook_core::ErrorKind;
use strikebook_testkit::{
    trial::{self, Trial},
    trials,
};
use strikebook_vendors::{Confidence, CsvLayout, Detection, FILE_KINDS, Format, ReadOptions, Reading, detect_from};

use crate::{gzip, presets::SAMPLES, read_with, zip};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        named_layouts_are_detected_by_their_columns,
        files_that_are_not_read_are_described,
        an_error_says_what_the_file_looks_like,
        names_parse_into_formats,
        the_page_lists_each_kind_of_file,
        layouts_of_the_page_read_their_files
    ]
}

fn detect(name: &str, bytes: impl Into<Vec<u8>>) -> Detection {
    detect_from(name, Cursor::new(bytes.into())).expect(name)
}

fn named_layouts_are_detected_by_their_columns() {
    for (name, file, text, _) in SAMPLES {
        for detection in [detect(file, *text), detect(&format!("{file}.gz"), gzip(text))] {
            assert_eq!(detection.format.as_ref().map(Format::name), Some(*name), "{detection:?}");
            let expected = if *name == "yfinance_history" { Confidence::Likely } else { Confidence::Certain };
            assert_eq!(detection.confidence, expected, "{name}");
        }
    }
    let (_, _, minute, _) = SAMPLES.iter().find(|sample| sample.0 == "polygon_minute").expect("a sample");
    let (_, _, day, _) = SAMPLES.iter().find(|sample| sample.0 == "polygon_day").expect("a sample");
    for (text, expected) in [(minute, "polygon_minute"), (day, "polygon_day")] {
        let detection = detect("x.csv", *text);
        assert_eq!(detection.format.as_ref().map(Format::name), Some(expected));
        assert_eq!(detection.confidence, Confidence::Likely, "the first bar tells");
    }
    // The same words in other cases or with others beside them are another vendor's.
    for header in ["date,open,high,low,close,volume", "Date,Open,High,Low,Close,Volume,Name"] {
        let detection = detect("x.csv", format!("{header}\n2025-09-25,1,1,1,1,1\n"));
        assert_eq!((detection.format, detection.confidence), (None, Confidence::Unknown));
    }
}

fn files_that_are_not_read_are_described() {
    let table = "ts,contract,price\n1,2,3\n";
    for (bytes, expected) in [
        (b"PAR1\x15\x04".to_vec(), "Parquet"),
        (b"SQLite format 3\0".to_vec(), "SQLite"),
        (b"\x28\xb5\x2f\xfd\x04".to_vec(), "zstd"),
        (b"DBN\x02".to_vec(), "Databento"),
        (b"\xff\xfea\0".to_vec(), "UTF-16"),
        (b"<!DOCTYPE html><html>".to_vec(), "web page"),
        (b"<FlexQueryResponse queryName=\"x\">".to_vec(), "the format ibkr_flex"),
        (b"<a/>".to_vec(), "XML"),
        (b"[{\"a\":1}]".to_vec(), "JSON array"),
        (b"{\"symbol\":\"F\",\"callExpDateMap\":{}}".to_vec(), "Schwab"),
        (b"{\"optionChain\":{}}".to_vec(), "Yahoo"),
        (b"{\"foo\":{}}".to_vec(), "\"foo\""),
        (include_bytes!("brokers/fidelity.csv").to_vec(), "the format fidelity"),
        (b"ticker,price,size,sip_timestamp\n".to_vec(), "Polygon's trades"),
        (b"a\0b".to_vec(), "binary"),
        (table.as_bytes().to_vec(), "\"contract\""),
        (gzip(table), "\"contract\""),
        (zip(&[("[Content_Types].xml", "<x/>")]), "Excel"),
        (b"BTC-29MAR24-60000-C,1\n".to_vec(), "crypto currencies are not read"),
        (b"instrument_name,bid\nBTC-29MAR24-60000-C,1\n".to_vec(), "crypto currencies are not read"),
        (b"[QUOTE_UNIXTIME], [INSTRUMENT_NAME], [BASE_CURRENCY]\n".to_vec(), "crypto currencies are not read"),
    ] {
        let detection = detect("x", bytes);
        assert!(detection.description.contains(expected), "{expected}: {detection:?}");
        assert_eq!((detection.format, detection.confidence), (None, Confidence::Unknown));
    }
}

fn an_error_says_what_the_file_looks_like() {
    let error = read_with("x.csv", "ts,contract,price\n1,2,3\n", &ReadOptions::default()).expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.context("found"), Some("a table with the columns \"ts\", \"contract\", \"price\""));
    assert!(error.context("known").is_some_and(|known| known.contains("polygon_minute")), "{error}");
    let file = "instrument_name,bid\nETH-29MAR24-3500-P,1\n";
    let error = read_with("x.csv", file, &ReadOptions::default()).expect_err("crypto");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

fn names_parse_into_formats() {
    for kind in FILE_KINDS {
        let is_plain = !["lean", "lean_factors", "index_history", "csv"].contains(&kind.name);
        let is_read = !matches!(kind.reading, Reading::Refused(_));
        match kind.name.parse::<Format>() {
            Ok(format) => assert_eq!((format.name(), format.to_string().as_str()), (kind.name, kind.name)),
            Err(error) => assert!(!(is_plain && is_read), "{error}"),
        }
    }
    for (text, name) in [("index_history:VIX", "index_history"), ("lean:option/usa/minute", "lean")] {
        assert_eq!(text.parse::<Format>().expect(text).name(), name);
    }
    for text in ["", "cbeo", "cboe:1", "index_history", "index_history:a b", "lean:x"] {
        assert!(text.parse::<Format>().is_err(), "{text}");
    }
}

/// The page on which files are read.
fn page() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");
    std::fs::read_to_string(page).unwrap_or_else(|_| trial::ignore("the page is not here"))
}

fn the_page_lists_each_kind_of_file() {
    let page = page();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let start = rows.iter().position(|row| row.starts_with("| `cboe` ")).expect("the table of vendors' files");
    for (index, kind) in FILE_KINDS.iter().enumerate() {
        assert_eq!(rows.get(start + index).copied(), Some(kind.to_string().as_str()), "docs/formats.md");
    }
}

fn layouts_of_the_page_read_their_files() {
    let page = page();
    let layouts: Vec<&str> = page.split("```layout\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let files = [
        "secid,date,ticker,exdate,cp_flag,strike_price,best_bid,best_offer,volume,open_interest,impl_volatility,\
         delta,gamma\n\
         7,2025-09-25,ACME,2025-12-19,C,52500,1.45,1.55,12,100,0.3213,0.51,0.04\n",
        "Datetime,Open,High,Low,Close,Volume,Dividends,Stock Splits\n\
         2025-09-25 09:30:00-04:00,50.0,51.5,49.5,51.0,12345,0.0,0.0\n",
        "Call_Bid,Call_Ask,Call_Vol,Call_OI,Strike,Put_Bid,Put_Ask,Put_Vol,Put_OI\n\
         7.90,9.00,527,\"1,477\",270.00,0.02,0.03,4,5\n",
    ];
    assert_eq!(layouts.len(), files.len());
    for (index, (layout, file)) in layouts.iter().zip(files).enumerate() {
        let layout: CsvLayout = layout.parse().expect("a layout");
        let mut options = ReadOptions::default().with_format(Format::Csv(Box::new(layout)));
        if index == 2 {
            options = options.with_at("2018-03-14T20:00:00Z".parse().expect("valid"));
        }
        let (records, report) = read_with("mine.csv", file, &options).expect("rows");
        assert_eq!((records.len(), report.rejected), (if index == 2 { 2 } else { 1 }, 0), "{report}");
    }
}
