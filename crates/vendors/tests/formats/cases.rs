//! Small files as brokers and vendors send them, with the right values of each.

use std::path::PathBuf;

use strikebook_core::{
    Source,
    market::{OptionQuote, Timeframe},
};
use strikebook_testkit::{
    trial::{self, Trial},
    trials,
};
use strikebook_vendors::{
    BarLabel, CsvField, CsvLayout, CsvPart, Format, ReadOptions, ReadReport, Record, TimeFormat, Tz, read_file,
};

use crate::{bars, quotes, reasons, underlying_quotes};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_last_line_without_an_end,
        wide_chains_with_thousands,
        polygon_s_minutes_by_a_layout,
        files_of_named_layouts_are_detected,
        two_wordings_of_cboe_s_heading,
        roots_of_2008_give_way_to_the_underlying,
        tradier_s_chain_needs_an_instant
    ]
}

/// Returns the path of a case, which is beside the folder of real data.
fn case(file: &str) -> PathBuf {
    trial::data(&format!("../cases/{file}"))
}

fn read(file: &str, options: &ReadOptions) -> (Vec<Record>, ReadReport) {
    let mut reader = read_file(case(file), options).expect("a known format");
    let records = reader.by_ref().collect::<Result<Vec<_>, _>>().expect("readable");
    let report = reader.report().clone();
    assert_eq!(report.read, report.accepted + report.rejected);
    (records, report)
}

fn by(layout: CsvLayout) -> ReadOptions {
    ReadOptions::default().with_format(Format::Csv(Box::new(layout))).with_source(Source::new("mine").expect("valid"))
}

fn find<'a>(quotes: &'a [OptionQuote], symbol: &str) -> &'a OptionQuote {
    quotes.iter().find(|quote| quote.contract.to_compact() == symbol).expect(symbol)
}

fn a_last_line_without_an_end() {
    let layout = CsvLayout::option_quotes()
        .with_column(CsvField::Symbol, "symbol")
        .with_column(CsvField::Bid, "bid")
        .with_column(CsvField::Ask, "ask")
        .with_column(CsvField::UnderlyingPrice, "underlying");
    let options = by(layout).with_at("2024-01-05T21:00:00Z".parse().expect("an instant"));
    let (records, report) = read("nonl.csv", &options);
    let quote = &quotes(&records)[0];
    assert_eq!((quote.bid, quote.ask, quote.underlying_price), (Some(1.0), Some(2.0), Some(5100.0)));
    assert_eq!((report.accepted, report.rejected), (1, 0), "{report}");
}

fn wide_chains_with_thousands() {
    let part = |kind: &str, prefix: &str| {
        [
            (CsvField::Last, "Last"),
            (CsvField::Bid, "Bid"),
            (CsvField::Ask, "Ask"),
            (CsvField::Volume, "Vol"),
            (CsvField::OpenInterest, "OI"),
        ]
        .into_iter()
        .fold(CsvPart::default().with_constant(CsvField::OptionType, kind), |part, (field, name)| {
            part.with_column(field, &format!("{prefix}_{name}"))
        })
    };
    let layout = CsvLayout::option_quotes()
        .with_constant(CsvField::Root, "SPY")
        .with_constant(CsvField::Expiration, "2018-03-16")
        .with_column(CsvField::Strike, "Strike")
        .with_part(part("call", "Call"))
        .with_part(part("put", "Put"));
    let options = by(layout).with_at("2018-03-14T20:00:00Z".parse().expect("an instant"));
    let (records, report) = read("yahoo_wide_thousands.csv", &options);
    assert_eq!((report.accepted, report.rejected), (6, 0), "{report}");
    let quotes = quotes(&records);
    let put = find(&quotes, "SPY180316P00275000");
    assert_eq!((put.last, put.volume, put.open_interest), (Some(0.19), Some(32_630), Some(1_177)));
}

fn polygon_s_minutes_by_a_layout() {
    let layout = CsvLayout::bars(Timeframe::Minute1, BarLabel::Start)
        .with_prefix(CsvField::Symbol, "O:")
        .with_time(TimeFormat::UnixNanoseconds, Tz::UTC);
    let columns = [
        (CsvField::Symbol, "ticker"),
        (CsvField::Time, "window_start"),
        (CsvField::Open, "open"),
        (CsvField::High, "high"),
        (CsvField::Low, "low"),
        (CsvField::Close, "close"),
        (CsvField::Volume, "volume"),
    ];
    let layout = columns.into_iter().fold(layout, |layout, (field, name)| layout.with_column(field, name));
    let (records, report) = read("polygon_minute.csv", &by(layout));
    let bars = bars(&records);
    assert_eq!((bars.len(), report.rejected), (2, 0), "{report}");
    assert_eq!((bars[0].opened_at.to_string().as_str(), bars[0].volume), ("2024-01-05T14:50:00Z", Some(12)));
    assert_eq!((bars[1].volume, bars[1].close), (Some(4), 0.81), "3.5 contracts");
}

fn files_of_named_layouts_are_detected() {
    let (records, report) = read("polygon_minute.csv", &ReadOptions::default());
    assert_eq!((bars(&records).len(), report.rejected), (2, 0), "{report}");

    let (records, report) = read("theta_quote.csv", &ReadOptions::default());
    let chain = quotes(&records);
    assert_eq!((chain.len(), report.rejected), (2, 0), "{report}");
    let call = find(&chain, "SPXW240119C04700000");
    assert_eq!((call.bid, call.ask, call.bid_size), (Some(1.5), Some(1.55), Some(50)));
    assert_eq!(call.at.to_string(), "2024-01-05T14:30:00Z");
    assert_eq!(find(&chain, "SPXW240119P04700000").bid, Some(0.0));

    let options = ReadOptions::default().with_symbol("SPY".parse().expect("a symbol"));
    let (records, report) = read("optionsdx.txt", &options);
    let chain = quotes(&records);
    assert_eq!((chain.len(), report.rejected), (2, 0), "{report}");
    let put = find(&chain, "SPY240119P00400000");
    assert_eq!((put.bid, put.ask, put.implied_volatility, put.volume), (Some(3.0), Some(3.1), Some(0.27), None));
    assert_eq!((put.at.to_string().as_str(), put.underlying_price), ("2024-01-02T21:00:00Z", Some(402.59)));
}

fn two_wordings_of_cboe_s_heading() {
    for (file, at) in
        [("cboe_header_2022-02.csv", "2022-02-06T01:09:00Z"), ("cboe_header_2024_ok.csv", "2024-01-07T15:52:00Z")]
    {
        let (records, report) = read(file, &ReadOptions::default());
        assert_eq!((records.len(), report.rejected), (3, 0), "{report}");
        assert!(quotes(&records).iter().all(|quote| quote.at.to_string() == at), "{file}");
        assert_eq!(underlying_quotes(&records)[0].last, Some(4500.5298));
    }
    let options = ReadOptions::default().with_at("2022-02-04T21:00:00Z".parse().expect("an instant"));
    let (records, _) = read("cboe_header_2022-02.csv", &options);
    assert!(records.iter().all(|record| record.at().expect("an instant").to_string() == "2022-02-04T21:00:00Z"));
}

fn roots_of_2008_give_way_to_the_underlying() {
    let (records, report) = read("eod_2008_old_roots.csv", &ReadOptions::default());
    assert_eq!((records.len(), report.rejected), (2, 0), "{report}");
    for quote in quotes(&records) {
        assert_eq!(quote.contract.root().underlying().expect("an underlying").as_str(), "MELI");
        assert_eq!(quote.underlying_price, Some(37.03));
    }
}

fn tradier_s_chain_needs_an_instant() {
    let (_, report) = read("tradier.json", &ReadOptions::default());
    let reason = "the quote has no bid_date or ask_date: give the instant of the file in the options";
    assert_eq!(reasons(&report), [(1, reason)]);
    let options = ReadOptions::default().with_at("2024-01-05T21:00:00Z".parse().expect("an instant"));
    let (records, _) = read("tradier.json", &options);
    let quote = find(&quotes(&records), "SPY240119C00480000").clone();
    assert_eq!((quote.bid, quote.implied_volatility, quote.bid_size), (Some(1.5), Some(0.12), Some(10)));
}
