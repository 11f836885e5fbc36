use strikebook_core::{ErrorKind, Source, market::OptionQuote};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{Format, ReadOptions, RecordedAt, read_from};

use crate::{quotes, read, read_with, reasons, underlying_quotes, warnings};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_line_is_a_call_and_a_put,
        rows_that_contradict_themselves_are_rejected_side_by_side,
        a_contract_on_something_else_has_no_underlying_price,
        a_file_cut_short_loses_no_row_silently,
        a_wrong_header_is_an_error,
        daylight_saving_is_that_of_the_zone_named,
        dates_may_have_the_words_of_other_countries,
        the_caller_gives_the_instant,
        headings_before_2019_have_a_symbol_and_contracts_are_described,
        the_caller_says_source_and_time_of_recording
    ]
}

const HEAD: &str = "\n\
    Acme Trust,Last: 1,050.25,Change:  -3.05\n\
    \"Date: December 1, 2025 at 9:05 PM EST\",Bid: 1050.20,Ask: 1050.30,Size: 1*4,\"Volume: 1,234,567\"\n";
const COLUMNS: &str = "Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike,\
    Puts,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest\n";

fn file(rows: &str) -> String {
    // The name is quoted with its comma, and so is the price, as the page writes them.
    let head = HEAD.replace("Last: 1,050.25", "\"Last: 1,050.25\"");
    format!("{head}{COLUMNS}{rows}")
}

fn find<'a>(quotes: &'a [OptionQuote], symbol: &str) -> &'a OptionQuote {
    quotes.iter().find(|quote| quote.contract.to_compact() == symbol).expect(symbol)
}

fn a_line_is_a_call_and_a_put() {
    let rows = "Fri Dec 19 2025,ACME251219C01000000,60.5,1.2,59.1,60.9,7,0.2512,0.7,0.0012,11,1000.00,\
                ACME251219P01000000,0,0,0,0.05,0,0.31,-0.0007,0,16\n\
                Fri Dec 19 2025,ACME251219C01005000,0,0,0,0,0,0,0.9998,0,0,1005.00,\
                ACME251219P01005000,0,0,110.56,113.36,0,0,-1,0,0\n";
    let (records, report) = read("acme_quotedata.csv", file(rows));
    assert_eq!((report.read, report.accepted, report.quotes, report.underlying_quotes), (5, 5, 4, 1));
    let quotes = quotes(&records);

    let call = find(&quotes, "ACME251219C01000000");
    assert_eq!(call.at.to_string(), "2025-12-02T02:05:00Z");
    assert_eq!(call.recorded_at, call.at);
    assert_eq!((call.bid, call.ask, call.last), (Some(59.1), Some(60.9), Some(60.5)));
    assert_eq!((call.volume, call.open_interest, call.implied_volatility), (Some(7), Some(11), Some(0.2512)));
    assert_eq!((call.greeks.delta, call.greeks.gamma, call.greeks.theta), (Some(0.7), Some(0.0012), None));
    assert_eq!((call.underlying_price, call.source.as_str()), (Some(1050.25), "cboe"));

    // A bid of zero under an ask is a bid; no last sale is none; a volume of zero is a number.
    let put = find(&quotes, "ACME251219P01000000");
    assert_eq!((put.bid, put.ask, put.last, put.volume), (Some(0.0), Some(0.05), None, Some(0)));
    // Neither side, and a volatility of zero: none of them was quoted.
    let none = find(&quotes, "ACME251219C01005000");
    assert_eq!((none.bid, none.ask, none.implied_volatility, none.greeks.delta), (None, None, None, Some(0.9998)));

    let underlying = &underlying_quotes(&records)[0];
    assert_eq!((underlying.symbol.as_str(), underlying.last), ("ACME", Some(1050.25)));
    assert_eq!((underlying.bid, underlying.ask, underlying.volume), (Some(1050.2), Some(1050.3), Some(1_234_567)));
    assert_eq!((underlying.bid_size, underlying.ask_size), (None, None));
}

fn rows_that_contradict_themselves_are_rejected_side_by_side() {
    let rows = "Fri Dec 19 2025,ACME251219C01000000,1,0,1,2,0,0.2,0.5,0,0,1000.00,ACME251219P00990000,1,0,1,2,0,0.2,-0.5,0,0\n\
                Fri Dec 19 2025,ACME251219P01000000,1,0,1,2,0,0.2,0.5,0,0,1000.00,ACME260116P01000000,1,0,1,2,0,0.2,-0.5,0,0\n\
                Fri Dec 19 2025,ACME251219C01000000,1,0,-1,2,0,0.2,0.5,0,0,1000.00,ACME251219P01000000,1,0,1,NaN,0,0.2,-0.5,0,0\n\
                Fri Dec 19 2025,ACME251219C01000000,1\n";
    let (records, report) = read("acme.csv", file(rows));
    assert_eq!((quotes(&records).len(), report.rejected), (1, 7));
    let expected = [
        (5, "the strike of the row must be that of the contract's symbol [contract: ACME  251219P00990000]"),
        (6, "the option type of the row must be that of the contract's symbol [contract: ACME  251219P01000000]"),
        (6, "the expiration of the row must be that of the contract's symbol [contract: ACME  260116P01000000]"),
        (7, "bid must be finite, not negative and below 1e12 [field: bid, value: -1]"),
        (7, "ask must be finite, not negative and below 1e12 [field: ask, value: NaN]"),
        (8, "the row must have as many fields as the header has columns [fields: 3, columns: 22]"),
        (8, "the row must have as many fields as the header has columns [fields: 3, columns: 22]"),
    ];
    assert_eq!(reasons(&report), expected);
}

fn a_contract_on_something_else_has_no_underlying_price() {
    let row = |root: &str| {
        format!(
            "Fri Dec 19 2025,{root}251219C01000000,1,0,1,2,0,0.2,0.5,0,0,1000.00,{root}251219P01000000,1,0,1,2,0,0.2,-0.5,0,0\n"
        )
    };
    let (records, _) = read("spx.csv", file(&[row("SPX"), row("SPXW"), row("OTHER")].concat()));
    let prices: Vec<_> = quotes(&records).iter().map(|quote| quote.underlying_price.is_some()).collect();
    assert_eq!(prices, [true, true, true, true, false, false]);
    assert_eq!(underlying_quotes(&records).len(), 1);
}

fn a_file_cut_short_loses_no_row_silently() {
    let row =
        "Fri Dec 19 2025,ACME251219C01000000,1,0,1,2,0,0.2,0.5,0,0,1000.00,ACME251219P01000000,1,0,1,2,0,0.2,-0.5,0,16";
    // The cut is within the last number, so that what is left looks whole.
    let (records, report) = read("acme.csv", file(&format!("{row}\n{}", &row[..row.len() - 1])));
    assert_eq!((quotes(&records).len(), report.rejected), (2, 2));
    assert_eq!(reasons(&report)[0], (6, "the file ends within this line: its last line needs a line end"));
}

fn a_wrong_header_is_an_error() {
    let options = ReadOptions::default().with_format(Format::Cboe);
    for (text, line) in [
        (file("").replace("9:05 PM EST", "21:05"), "3"),
        (file("").replace("EST", "XYZ"), "3"),
        (file("").replace("Date: ", ""), "4"),
        (file("").replace(",Strike,", ",Strik,"), "4"),
        (file("").replace("Last: 1,050.25", "Last: x"), "2"),
        ("a\nb\nc\nd\ne\nf\ng\n".to_owned(), "5"),
    ] {
        let error = read_with("acme.csv", text.clone(), &options).expect_err(&text);
        assert_eq!((error.kind(), error.context("line")), (ErrorKind::InvalidInput, Some(line)), "{error}");
        assert_eq!(error.context("file"), Some("acme.csv"));
    }
}

fn daylight_saving_is_that_of_the_zone_named() {
    let row = "Fri Dec 19 2025,ACME251219C01000000,1,0,1,2,0,0.2,0.5,0,0,1000.00,ACME251219P01000000,1,0,1,2,0,0.2,-0.5,0,16\n";
    for (date, expected) in [
        ("September 25, 2025 at 9:05 PM EDT", "2025-09-26T01:05:00Z"),
        ("November 2, 2025 at 1:30 AM EDT", "2025-11-02T05:30:00Z"),
        ("November 2, 2025 at 1:30 AM EST", "2025-11-02T06:30:00Z"),
        ("September 25, 2025 at 8:05 PM CDT", "2025-09-26T01:05:00Z"),
    ] {
        let text = file(row).replace("December 1, 2025 at 9:05 PM EST", date);
        assert_eq!(quotes(&read("acme.csv", text).0)[0].at.to_string(), expected);
    }
}

const ROW: &str = "Fri Dec 19 2025,ACME251219C01000000,1,0,1,2,0,0.2,0.5,0,0,1000.00,\
    ACME251219P01000000,1,0,1,2,0,0.2,-0.5,0,16\n";

fn dates_may_have_the_words_of_other_countries() {
    for date in [
        "December 1 2025, 9:05 PM EST",
        "1 December 2025 at 21:05 GMT-5",
        "1. Dezember 2025 um 21:05 GMT-5",
        "2025年12月1日 GMT-5 21:05",
    ] {
        for quoted in [true, false] {
            let mut text = file(ROW).replace("December 1, 2025 at 9:05 PM EST", date);
            if !quoted {
                // Without quotation marks a comma within the date parts it into two fields.
                text = text.replace(&format!("\"Date: {date}\""), &format!("Date: {date}"));
            }
            let (records, report) = read("acme.csv", text);
            assert_eq!(quotes(&records)[0].at.to_string(), "2025-12-02T02:05:00Z", "{date}");
            assert_eq!((report.accepted, underlying_quotes(&records)[0].bid), (3, Some(1050.2)), "{date}");
        }
    }
}

fn the_caller_gives_the_instant() {
    let at = "2025-12-01T21:00:00Z".parse().expect("valid");
    for date in ["December 1, 2025 at 9:05 PM EST", "01/12/2025, 21:05", "yesterday"] {
        let text = file(ROW).replace("December 1, 2025 at 9:05 PM EST", date);
        let (records, report) = read_with("acme.csv", text, &ReadOptions::default().with_at(at)).expect("a chain");
        assert!(quotes(&records).iter().all(|quote| quote.at == at && quote.recorded_at == at));
        assert_eq!(report.accepted, 3, "{date}");
    }
    let text = file(ROW).replace("December 1, 2025 at 9:05 PM EST", "01/12/2025, 21:05");
    let error = read_with("acme.csv", text, &ReadOptions::default()).expect_err("one of two days");
    assert!(error.to_string().contains("give the instant in the options"), "{error}");
}

fn headings_before_2019_have_a_symbol_and_contracts_are_described() {
    let head = "ACME (ACME TRUST),1050.25,-0.27,\n\
                Dec 02 2013 @ 09:41 ET,Bid,1050.20,Ask,1050.30,Size,1x2,Vol,3382117,\n\
                Calls,Last Sale,Net,Bid,Ask,Vol,Open Int,Puts,Last Sale,Net,Bid,Ask,Vol,Open Int,\n";
    let rows = "13 Dec 1000.00 (ACME1327L1000),60.5,0.0,58.65,61.90,7,11,\
                13 Dec 1000.00 (ACME1327X1000),0.0,0.0,0.0,0.01,0,16,\n\
                13 Dec 1000.00 (ACME1327L1000-4),60.5,0.0,58.1,62.0,7,11,\
                13 Dec 1000.00 (ACME1327X1000-4),0.0,0.0,0.0,0.02,0,16,\n\
                14 Jan 47.50 (ACME1403A47.5),1,0.0,1,2,7,11,14 Jan 47.50 (ACME1403Y47.5),0.0,0.0,0.0,0.01,0,16,\n";
    let (records, report) = read("quotedata.dat", format!("{head}{rows}"));
    let quotes = quotes(&records);
    let symbols: Vec<_> = quotes.iter().map(|quote| quote.contract.to_compact()).collect();
    assert_eq!(symbols, ["ACME131227C01000000", "ACME131227P01000000", "ACME140103C00047500"]);
    assert_eq!((quotes[0].at.to_string().as_str(), quotes[0].volume), ("2013-12-02T14:41:00Z", Some(7)));
    assert_eq!((quotes[0].underlying_price, quotes[0].open_interest), (Some(1050.25), Some(11)));
    let underlying = &underlying_quotes(&records)[0];
    assert_eq!((underlying.symbol.as_str(), underlying.volume), ("ACME", Some(3_382_117)));
    assert_eq!(warnings(&report), [("a quote of one exchange was left out beside that of all exchanges", 2)]);
    assert_eq!(report.rejected, 1, "a letter beyond the months: {report}");
    // Options on an index are listed at one exchange alone.
    let (records, report) =
        read("quotedata.dat", format!("{head}{}", rows.lines().nth(1).expect("a row").to_owned() + "\n"));
    assert_eq!((records.len(), report.accepted), (3, 3), "{report}");
}

fn the_caller_says_source_and_time_of_recording() {
    let row = "Fri Dec 19 2025,ACME251219C01000000,1,0,1,2,0,0.2,0.5,0,0,1000.00,ACME251219P01000000,1,0,1,2,0,0.2,-0.5,0,16\n";
    let recorded_at = "2026-01-01T00:00:00Z".parse().expect("valid");
    let options = ReadOptions::default()
        .with_source(Source::new("cboe/delayed").expect("valid"))
        .with_recorded_at(RecordedAt::At(recorded_at));
    let (records, _) = read_with("acme.csv", file(row), &options).expect("a chain");
    for quote in quotes(&records) {
        assert_eq!((quote.source.as_str(), quote.recorded_at), ("cboe/delayed", recorded_at));
    }
    let reader = read_from("acme.csv", std::io::Cursor::new(file(row)), &options).expect("a chain");
    assert_eq!(reader.format(), &Format::Cboe);
}
