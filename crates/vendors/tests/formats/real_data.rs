//! The real files, for what is known of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use strikebook_core::{
    Source,
    market::{OptionContract, OptionQuote, OptionType, Timeframe},
};
use strikebook_testkit::{
    trial::{self, Trial},
    trials,
};
use strikebook_vendors::{
    BarLabel, CsvField, CsvLayout, Format, ReadOptions, ReadReport, Record, TimeFormat, Tz, read_file,
};

use crate::{bars, observations, quotes, underlying_quotes};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        lean_option_quotes_of_half_a_day,
        every_lean_archive_is_read_whole,
        a_bar_across_a_split_is_a_fact,
        lean_daily_bars_end_with_the_session,
        cboe_chain_of_spy,
        end_of_day_chains_of_adrs,
        end_of_day_chains_of_spx_have_thetas_with_their_sign,
        options_desk_chains,
        zero_bids_are_told_from_no_market,
        series_of_yields_and_of_the_vix,
        daily_bars_by_a_layout
    ]
}

fn read(path: impl AsRef<Path>) -> (Vec<Record>, ReadReport) {
    let mut reader = read_file(path, &ReadOptions::default()).expect("a known format");
    let records = reader.by_ref().collect::<Result<Vec<_>, _>>().expect("readable");
    let report = reader.report().clone();
    assert_eq!(report.read, report.accepted + report.rejected);
    assert_eq!(report.accepted, records.len() as u64);
    (records, report)
}

fn count(quotes: &[OptionQuote], what: impl Fn(&OptionQuote) -> bool) -> usize {
    quotes.iter().filter(|quote| what(quote)).count()
}

fn lean_option_quotes_of_half_a_day() {
    let path = trial::data("lean/Data/option/usa/minute/goog/20151224_quote_american.zip");
    let (records, report) = read(path);
    assert_eq!((report.read, report.quotes, report.rejected), (275_552, 275_552, 0), "{report}");
    let quotes = quotes(&records);
    assert_eq!((count(&quotes, |q| q.bid.is_none()), count(&quotes, |q| q.ask.is_none())), (67_766, 45_541));
    let contracts: BTreeSet<_> = quotes.iter().map(|quote| quote.contract).collect();
    let expirations: BTreeSet<_> = contracts.iter().map(OptionContract::expiration).collect();
    assert_eq!((contracts.len(), expirations.len()), (2_192, 12));
    // The last bar of the half day is the minute that starts with the close.
    let last = quotes.iter().map(|quote| quote.at).max().expect("quotes");
    assert_eq!(last.to_string(), "2015-12-24T18:01:00Z");
}

fn every_lean_archive_is_read_whole() {
    let root = trial::data("lean/Data");
    let mut folders = vec![root];
    let mut totals = BTreeMap::<String, u64>::new();
    let mut rejected = BTreeMap::<String, u64>::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "zip") && !name.contains("/future/") {
                let (_, report) = read(path);
                let asset = name.split("/Data/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
                for (kind, count) in
                    [("quotes", report.quotes), ("bars", report.bars), ("underlying", report.underlying_quotes)]
                {
                    *totals.entry(format!("{asset} {kind}")).or_default() += count;
                }
                for (reason, count) in report.reasons {
                    *rejected.entry(reason).or_default() += count;
                }
            }
        }
    }
    // Quotes and open interest of all resolutions, counted line by line in the archives themselves.
    let expected = [
        ("option quotes", 422_677 + 62_066 + 10_106 + 7_203 + 7_643 + 9_000),
        ("equity bars", 70_025 + 228_527 + 21_258),
    ];
    for (kind, count) in expected {
        assert_eq!(totals.get(kind), Some(&count), "{kind}");
    }
    assert_eq!(totals.get("equity underlying"), Some(&24_142));
    assert_eq!(totals.get("futureoption quotes"), Some(&(255_054 + 4 + 4)));
    assert_eq!(totals.get("indexoption quotes"), Some(&(28_008 + 821 + 12 + 28 + 119 + 12)));
    assert_eq!(totals.get("indexoption bars"), Some(&(8_835 + 51 + 8 - 4)));
    // The only rejections: four daily rows in an hourly file of NQX trades.
    assert_eq!(rejected.into_values().collect::<Vec<_>>(), [4]);
}

fn a_bar_across_a_split_is_a_fact() {
    let path = trial::data("lean/Data/equity/usa/minute/aapl/20140609_trade.zip");
    let first = bars(&read(path).0)[0].clone();
    assert_eq!((first.open, first.high, first.low, first.close), (645.57, 645.57, 92.23, 92.42));
    assert_eq!(first.at.to_string(), "2014-06-09T08:01:00Z");
}

fn lean_daily_bars_end_with_the_session() {
    let path = trial::data("lean/Data/equity/usa/daily/aapl.zip");
    let bars = bars(&read(path).0);
    assert_eq!(bars.len(), 5_849);
    let (first, last) = (&bars[0], &bars[bars.len() - 1]);
    assert_eq!((first.at.to_string().as_str(), first.close), ("1998-01-02T21:00:00Z", 16.25));
    assert_eq!((last.at.to_string().as_str(), last.close), ("2021-03-31T20:00:00Z", 122.15));
}

fn cboe_chain_of_spy() {
    let path = trial::data("cboe_csv/spy_2025-09-25_close.csv");
    let (records, report) = read(path);
    assert_eq!((report.quotes, report.underlying_quotes, report.rejected), (3_716, 1, 0), "{report}");
    let quotes = quotes(&records);
    assert!(quotes.iter().all(|quote| quote.at.to_string() == "2025-09-26T01:05:00Z"));
    assert!(quotes.iter().all(|quote| quote.underlying_price == Some(658.05)));
    assert_eq!(count(&quotes, |q| q.bid == Some(0.0)), 121);
    assert_eq!(count(&quotes, |q| q.ask.is_none()), 0);
    let underlying = &underlying_quotes(&records)[0];
    assert_eq!(
        (underlying.symbol.as_str(), underlying.bid, underlying.volume),
        ("SPY", Some(657.81), Some(89_468_957))
    );
}

fn end_of_day_chains_of_adrs() {
    let mut rows = 0;
    let mut no_bid = 0;
    for file in ["adr_eod/adr_options_November_2015.csv.gz", "adr_eod/adr_options_December_2015.csv.gz"] {
        let path = trial::data(file);
        let (records, report) = read(path);
        assert_eq!(report.rejected, 0, "{report}");
        rows += report.quotes;
        no_bid += count(&quotes(&records), |quote| quote.bid == Some(0.0) && quote.implied_volatility.is_none());
    }
    assert_eq!((rows, no_bid), (76_392, 21_769));
}

fn end_of_day_chains_of_spx_have_thetas_with_their_sign() {
    let mut rows = 0;
    for file in ["spx_eod/options_data.csv", "spx_eod/test_data_options.csv"] {
        let path = trial::data(file);
        let (records, report) = read(path);
        assert_eq!(report.rejected, 0, "{report}");
        rows += report.quotes;
        // A European put far out of the money only loses value as time passes.
        for quote in quotes(&records).iter().filter(|quote| quote.contract.option_type() == OptionType::Put) {
            assert!(quote.greeks.theta.is_some_and(|theta| theta <= 0.0), "{quote:?}");
        }
    }
    assert_eq!(rows, 636);
}

fn options_desk_chains() {
    for (file, chains, rows, crossed, null_volumes, null_greeks, index) in [
        ("options_desk/chains_20260715_25symbols.zip", 25, 78_359, 3, 5_878, 2_326, 0),
        ("options_desk/chains_20260820_all_symbols.zip", 334, 290_121, 15, 24_977, 10_010, 1),
        ("options_desk/spy_qqq_aapl_july2026.zip", 12, 39_437, 0, 2_134, 20_777, 0),
    ] {
        let path = trial::data(file);
        let (records, report) = read(path);
        assert_eq!((report.quotes, report.underlying_quotes, report.rejected), (rows, chains, 0), "{file}: {report}");
        assert_eq!(report.ignored.len(), index, "{:?}", report.ignored);
        let quotes = quotes(&records);
        // Most that look crossed in the files have an ask of zero, which is none.
        assert_eq!(count(&quotes, OptionQuote::is_crossed), crossed, "{file}");
        assert_eq!(count(&quotes, |quote| quote.volume.is_none()), null_volumes, "{file}");
        assert_eq!(count(&quotes, |quote| quote.greeks.delta.is_none()), null_greeks, "{file}");
    }
}

fn zero_bids_are_told_from_no_market() {
    let path = trial::data("options_desk/chains_20260715_25symbols.zip");
    let quotes = quotes(&read(path).0);
    let zero = count(&quotes, |quote| quote.bid == Some(0.0));
    let none = count(&quotes, |quote| quote.bid.is_none());
    // 9,444 bids are zero in the file, and 533 null.
    assert_eq!(zero + none, 9_444 + 533);
    assert_eq!(count(&quotes, |quote| quote.ask.is_none()), 3_904 + 289);
    assert!(quotes.iter().all(|quote| quote.bid != Some(0.0) || quote.ask.is_some()));
}

fn series_of_yields_and_of_the_vix() {
    for (file, values, blank) in [
        ("treasury_rates/DGS3MO.csv", 5_287, 228),
        ("treasury_rates/to_2026-07/DGS10.csv", 16_129, 719),
        ("treasury_rates/to_2026-07/SOFR.csv", 2_079, 94),
    ] {
        let path = trial::data(file);
        let (_, report) = read(path);
        assert_eq!((report.observations, report.blank, report.rejected), (values, blank, 0), "{file}");
    }
    let path = trial::data("vix/vix-daily.csv");
    let reader = read_file(&path, &ReadOptions::default()).expect("a history");
    assert!(matches!(reader.format(), Format::IndexHistory(series) if series.as_str() == "VIX"));
    let (records, report) = read(path);
    assert_eq!((report.observations, report.rejected), (9_235, 0));
    assert_eq!(observations(&records)[0].date.to_string(), "1990-01-02");
}

fn daily_bars_by_a_layout() {
    let layout = CsvLayout::bars(Timeframe::Day1, BarLabel::Start)
        .with_column(CsvField::Symbol, "symbol")
        .with_column(CsvField::Time, "date")
        .with_time(TimeFormat::CloseOf("%Y-%m-%d".into()), Tz::America__New_York)
        .with_column(CsvField::Open, "open")
        .with_column(CsvField::High, "high")
        .with_column(CsvField::Low, "low")
        .with_column(CsvField::Close, "close")
        .with_column(CsvField::Volume, "volume");
    let options = ReadOptions::default()
        .with_format(Format::Csv(Box::new(layout)))
        .with_source(Source::new("tiingo").expect("valid"));
    let mut rows = Vec::new();
    for file in ["adr_eod/blue_chip.csv.gz", "spx_eod/ivy_portfolio.csv", "spx_eod/test_data_stocks.csv"] {
        let path = trial::data(file);
        let mut reader = read_file(path, &options).expect("bars");
        assert!(reader.by_ref().all(|record| record.is_ok()));
        rows.push((reader.report().bars, reader.report().rejected));
    }
    assert_eq!(rows, [(19_808, 0), (768, 0), (1_056, 0)]);
}
