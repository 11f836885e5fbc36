//! Each named layout with a small file of its vendor's columns, detected by them.

use strikebook_core::{ErrorKind, market::OptionQuote};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{FILE_KINDS, Format, ReadOptions, ReadReport, Record};

use crate::{bars, quotes, read, read_with, reasons, underlying_quotes};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_named_layout_has_a_sample,
        samples_are_detected_and_read,
        yfinance_s_options_need_an_instant,
        yfinance_s_history_needs_a_symbol,
        polygon_s_days_end_with_the_session,
        databento_s_prices_are_read_pretty_or_not,
        thetadata_s_strikes_are_dollars,
        datashop_s_rows_are_of_two_instants,
        optionsdx_s_symbol_is_that_of_the_file_s_name
    ]
}

/// A file of each named layout: its name, its text, and the records and rejections in it.
pub(crate) const SAMPLES: &[(&str, &str, &str, usize)] = &[
    ("yfinance_options", "calls.csv", include_str!("samples/yfinance_options.csv"), 2),
    ("yfinance_history", "ACME.csv", include_str!("samples/yfinance_history.csv"), 2),
    ("yfinance_download", "data.csv", include_str!("samples/yfinance_download.csv"), 1),
    (
        "polygon_minute",
        "us_options_opra/minute_aggs_v1/2025/09/2025-09-25.csv",
        include_str!("samples/polygon_minute.csv"),
        2,
    ),
    ("polygon_day", "us_options_opra/day_aggs_v1/2025/09/2025-09-25.csv", include_str!("samples/polygon_day.csv"), 1),
    (
        "polygon_quotes",
        "us_options_opra/quotes_v1/2025/09/2025-09-25.csv",
        include_str!("samples/polygon_quotes.csv"),
        1,
    ),
    (
        "polygon_stock_quotes",
        "us_stocks_sip/quotes_v1/2025/09/2025-09-25.csv",
        include_str!("samples/polygon_stock_quotes.csv"),
        1,
    ),
    ("databento_ohlcv_1s", "opra-pillar-20250925.ohlcv-1s.csv", include_str!("samples/databento_ohlcv_1s.csv"), 1),
    ("databento_ohlcv_1m", "opra-pillar-20250925.ohlcv-1m.csv", include_str!("samples/databento_ohlcv_1m.csv"), 1),
    ("databento_ohlcv_1h", "x.csv", include_str!("samples/databento_ohlcv_1h.csv"), 1),
    ("databento_ohlcv_1d", "xnas-itch-20250925.ohlcv-1d.csv", include_str!("samples/databento_ohlcv_1d.csv"), 1),
    ("databento_quotes", "opra-pillar-20250925.cbbo-1m.csv", include_str!("samples/databento_quotes.csv"), 3),
    ("thetadata_v2", "quotes.csv", include_str!("samples/thetadata_v2.csv"), 2),
    ("thetadata_v3", "quotes.csv", include_str!("samples/thetadata_v3.csv"), 1),
    ("thetadata_v3_eod", "eod.csv", include_str!("samples/thetadata_v3_eod.csv"), 1),
    ("cboe_datashop_eod", "UnderlyingOptionsEODCalcs_2025-09-25.csv", include_str!("samples/cboe_datashop_eod.csv"), 2),
    (
        "cboe_datashop_quotes",
        "UnderlyingOptionsIntervals_900sec_calcs_oi_2025-09-25.csv",
        include_str!("samples/cboe_datashop_quotes.csv"),
        1,
    ),
    ("optionsdx", "acme_eod_202509.txt", include_str!("samples/optionsdx.csv"), 2),
    ("alpha_vantage", "options.csv", include_str!("samples/alpha_vantage.csv"), 1),
    ("dolthub", "option_chain.csv", include_str!("samples/dolthub.csv"), 1),
];

/// Options with what no file of a kind states.
pub(crate) fn options(name: &str) -> ReadOptions {
    let at = "2025-09-25T20:00:00Z".parse().expect("valid");
    match name {
        "yfinance_options" => ReadOptions::default().with_at(at),
        "yfinance_history" => ReadOptions::default().with_symbol("ACME".parse().expect("valid")),
        _ => ReadOptions::default(),
    }
}

fn sample(name: &str) -> (Vec<Record>, ReadReport) {
    let (_, file, text, _) = SAMPLES.iter().find(|sample| sample.0 == name).expect(name);
    read_with(file, *text, &options(name)).expect(name)
}

fn chain(name: &str) -> Vec<OptionQuote> {
    quotes(&sample(name).0)
}

fn every_named_layout_has_a_sample() {
    let named = FILE_KINDS.iter().map(|kind| kind.name).filter(|name| {
        let format: Option<Format> = name.parse().ok();
        format.is_some_and(|format| matches!(format, Format::Csv(_)))
    });
    let samples: std::collections::BTreeSet<_> = SAMPLES.iter().map(|sample| sample.0).collect();
    assert_eq!(named.collect::<std::collections::BTreeSet<_>>(), samples);
}

fn samples_are_detected_and_read() {
    for (name, file, text, records) in SAMPLES {
        let (read, report) = read_with(file, *text, &options(name)).expect(name);
        assert_eq!(read.len(), *records, "{name}: {report}");
        for quote in quotes(&read).iter().filter(|quote| quote.bid.is_some()) {
            let (bid, ask) = (quote.bid.expect("a bid"), quote.ask.expect("an ask"));
            assert!(bid < ask && ask < 2.0, "{name}: {quote:?}");
            assert!(quote.at.to_string().starts_with("2025-09-25T"), "{name}: {quote:?}");
        }
        for bar in bars(&read) {
            assert!(bar.opened_at < bar.at && bar.open < 60.0, "{name}: {bar:?}");
        }
    }
}

fn yfinance_s_options_need_an_instant() {
    let quotes = chain("yfinance_options");
    assert_eq!((quotes[0].volume, quotes[0].implied_volatility), (Some(12), Some(0.3213)));
    assert_eq!((quotes[1].volume, quotes[1].implied_volatility, quotes[1].bid), (None, None, None));
    assert_eq!(quotes[0].source.as_str(), "yfinance");
    let (_, file, text, _) = SAMPLES[0];
    let error = read_with(file, text, &ReadOptions::default()).expect_err("the time of a trade is not the quote's");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidConfig, Some("time")), "{error}");
}

fn yfinance_s_history_needs_a_symbol() {
    let bar = &bars(&sample("yfinance_history").0)[1];
    assert_eq!((bar.key.instrument.to_string().as_str(), bar.close), ("ACME", 52.0));
    assert_eq!(bar.at.to_string(), "2025-09-25T20:00:00Z");
    let (_, file, text, _) = SAMPLES[1];
    let error = read_with(file, text, &ReadOptions::default()).expect_err("no symbol");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidConfig, None), "{error}");
    let bar = &bars(&sample("yfinance_download").0)[0];
    assert_eq!((bar.key.instrument.to_string().as_str(), bar.open), ("ACME", 50.0));
    // Intraday bars have the same columns. Their times of day would be lost in days.
    let intraday = text.replace("00:00:00-04:00", "09:30:00-04:00");
    let (_, report) = read_with(file, intraday, &options("yfinance_history")).expect("bars");
    assert_eq!((report.accepted, report.rejected), (0, 2), "{report}");
}

fn polygon_s_days_end_with_the_session() {
    let bar = &bars(&sample("polygon_day").0)[0];
    assert_eq!(
        (bar.opened_at.to_string().as_str(), bar.at.to_string().as_str()),
        ("2025-09-25T04:00:00Z", "2025-09-25T20:00:00Z")
    );
    let bars = bars(&sample("polygon_minute").0);
    assert_eq!((bars[0].at.to_string().as_str(), bars[1].volume), ("2025-09-25T13:31:00Z", Some(101)));
    let quote = &chain("polygon_quotes")[0];
    assert_eq!((quote.at.to_string().as_str(), quote.ask_size), ("2025-09-25T20:00:00.123456Z", Some(61)));
    assert_eq!(underlying_quotes(&sample("polygon_stock_quotes").0)[0].ask, Some(52.1));
}

fn databento_s_prices_are_read_pretty_or_not() {
    for name in ["databento_ohlcv_1s", "databento_ohlcv_1m", "databento_ohlcv_1h"] {
        let bar = &bars(&sample(name).0)[0];
        assert_eq!((bar.open, bar.close, bar.volume), (1.5, 1.52, Some(12)), "{name}");
    }
    let (_, report) = sample("databento_ohlcv_1m");
    let reason = "the row is of another kind than the layout's [found: 34, expected: 33]";
    assert_eq!(reasons(&report), [(3, reason)], "an hour among minutes");
    assert_eq!(underlying_quotes(&sample("databento_quotes").0)[0].ask, Some(52.1), "a stock among options");
    let quotes = chain("databento_quotes");
    assert_eq!((quotes[0].bid, quotes[0].at.to_string().as_str()), (Some(1.45), "2025-09-25T20:00:00Z"));
    assert_eq!((quotes[1].bid, quotes[1].ask), (None, Some(0.05)), "an undefined price is none");
}

fn thetadata_s_strikes_are_dollars() {
    for name in ["thetadata_v2", "thetadata_v3", "thetadata_v3_eod"] {
        assert_eq!(chain(name)[0].contract.to_compact(), "ACME251219C00052500", "{name}");
    }
    let quotes = chain("thetadata_v2");
    assert_eq!(quotes[0].at.to_string(), "2025-09-25T13:30:00Z");
    assert_eq!((quotes[1].bid, quotes[1].ask, quotes[1].bid_size), (Some(0.0), Some(0.05), Some(0)));
    assert_eq!(chain("thetadata_v3_eod")[0].last, Some(1.5));
}

fn datashop_s_rows_are_of_two_instants() {
    let quotes = chain("cboe_datashop_eod");
    assert_eq!((quotes[0].at.to_string().as_str(), quotes[0].ask), ("2025-09-25T19:45:00Z", Some(1.55)));
    assert_eq!((quotes[0].greeks.delta, quotes[0].underlying_price), (Some(0.51), Some(52.06)));
    assert_eq!((quotes[1].at.to_string().as_str(), quotes[1].ask), ("2025-09-25T20:00:00Z", Some(1.6)));
    assert_eq!((quotes[1].volume, quotes[1].open_interest, quotes[1].greeks.delta), (Some(12), Some(100), None));
    let quote = &chain("cboe_datashop_quotes")[0];
    assert_eq!((quote.at.to_string().as_str(), quote.last), ("2025-09-25T13:45:00Z", None));
}

fn optionsdx_s_symbol_is_that_of_the_file_s_name() {
    let quotes = chain("optionsdx");
    let put = &quotes[1];
    assert_eq!(put.contract.to_compact(), "ACME251219P00052500");
    assert_eq!((put.bid, put.volume, put.implied_volatility), (Some(1.8), None, Some(0.33)));
    assert_eq!((put.greeks.theta, put.greeks.vega, put.greeks.rho), (Some(-0.02 * 365.0), Some(10.0), None));
    let (_, _, text, _) = SAMPLES.iter().find(|sample| sample.0 == "optionsdx").expect("a sample");
    let error = read_with("chain.txt", *text, &ReadOptions::default()).expect_err("no symbol");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let options = ReadOptions::default().with_symbol("ACME".parse().expect("valid"));
    assert_eq!(read_with("chain.txt", *text, &options).expect("a chain").0.len(), 2);
    assert_eq!(read("acme_eod_202509.txt", *text).0.len(), 2);
}
