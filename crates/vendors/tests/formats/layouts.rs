//! CSV files as people have them, with more than plain numbers and ISO dates.

use strikebook_core::{Error, ErrorKind, Source, Timestamp, market::Timeframe};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{
    BarLabel, CsvField, CsvLayout, CsvPart, Format, ReadOptions, ReadReport, Record, TimeFormat, Tz,
};

use crate::{bars, gzip, quotes, read_with, reasons, underlying_quotes, warnings};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        epochs_are_told_apart_or_refused,
        milliseconds_of_the_day_are_new_york_s,
        prefixes_are_left_out,
        numbers_may_have_currencies_groups_and_percent_signs,
        decimal_commas_are_an_option,
        fractional_counts_are_rounded_with_a_warning,
        a_last_line_without_an_end_is_read_with_a_warning,
        lines_above_and_below_the_column_names_are_no_rows,
        a_line_has_a_call_and_a_put,
        small_volatilities_are_missing,
        an_instant_is_that_of_the_whole_file,
        times_far_from_the_day_in_the_name_are_warned_of,
        prices_without_a_point_are_fixed_point,
        the_file_s_name_gives_the_symbol,
        a_layout_of_parts_that_cannot_be_followed_is_an_error,
        options_on_crypto_currencies_are_refused_with_the_reason,
        a_layout_from_text_is_that_of_the_builder,
        a_line_of_a_layout_that_cannot_be_read_is_named,
        quotes_are_of_what_their_symbol_names
    ]
}

fn options(layout: CsvLayout) -> ReadOptions {
    let source = Source::new("mine").expect("valid");
    ReadOptions::default().with_format(Format::Csv(Box::new(layout))).with_source(source)
}

fn read_named(name: &str, text: &str, layout: CsvLayout) -> Result<(Vec<Record>, ReadReport), Error> {
    read_with(name, text, &options(layout))
}

fn read(text: &str, layout: CsvLayout) -> (Vec<Record>, ReadReport) {
    read_named("mine.csv", text, layout).expect("a file of the layout")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Quotes by `s`, `t`, `b` and `a`.
fn chain() -> CsvLayout {
    CsvLayout::option_quotes()
        .with_column(CsvField::Symbol, "s")
        .with_column(CsvField::Time, "t")
        .with_column(CsvField::Bid, "b")
        .with_column(CsvField::Ask, "a")
}

fn epochs_are_told_apart_or_refused() {
    let text = "s,t,b,a\n\
                ACME251219C00052500,1758830400,1,2\n\
                ACME251219C00052500,1758830400000,1,2\n\
                ACME251219C00052500,1758830400000000,1,2\n\
                ACME251219C00052500,1758830400000000000,1,2\n\
                ACME251219C00052500,20250925,1,2\n";
    let (records, report) = read(text, chain().with_time(TimeFormat::Instant, Tz::UTC));
    assert!(quotes(&records).iter().all(|quote| quote.at == at("2025-09-25T20:00:00Z")));
    assert_eq!((report.accepted, report.rejected, report.rejections[0].line), (4, 1, 6), "{report}");
    let (records, report) = read(text, chain().with_time(TimeFormat::UnixNanoseconds, Tz::UTC));
    assert_eq!((records.len(), report.rejected), (1, 4), "{report}");
    let reason = "the time must be whole nanoseconds since 1970; this has the size of seconds [value: \"1758830400\"]";
    assert_eq!(reasons(&report)[0], (2, reason));
}

fn milliseconds_of_the_day_are_new_york_s() {
    let layout = chain()
        .with_column(CsvField::TimeOfDay, "ms")
        .with_time(TimeFormat::MillisecondsOfDay("%Y%m%d".into()), Tz::America__New_York);
    let text = "s,t,ms,b,a\nACME251219C00052500,20250925,57600000,1,2\nACME251219C00052500,20250925,,1,2\n\
                ACME251219C00052500,20250925,86400000,1,2\n";
    let (records, report) = read(text, layout);
    assert_eq!(quotes(&records)[0].at, at("2025-09-25T20:00:00Z"));
    assert_eq!(reasons(&report)[0], (3, "a required field of the record is missing [field: time_of_day]"));
    assert_eq!(report.rejected, 2, "{report}");
}

fn prefixes_are_left_out() {
    let layout = CsvLayout::bars(Timeframe::Minute1, BarLabel::Start)
        .with_prefix(CsvField::Symbol, "O:")
        .with_prefix(CsvField::Symbol, "I:")
        .with_time(TimeFormat::UnixNanoseconds, Tz::UTC);
    let columns = [
        (CsvField::Symbol, "ticker"),
        (CsvField::Time, "start"),
        (CsvField::Open, "o"),
        (CsvField::High, "h"),
        (CsvField::Low, "l"),
        (CsvField::Close, "c"),
    ];
    let layout = columns.into_iter().fold(layout, |layout, (field, name)| layout.with_column(field, name));
    let text = "ticker,start,o,h,l,c\n\
                O:ACME251219C00052500,1758830400000000000,1,1,1,1\n\
                I:NDX,1758830400000000000,1,1,1,1\n\
                ACME,1758830400000000000,1,1,1,1\n";
    let (records, report) = read(text, layout);
    let instruments: Vec<_> = bars(&records).iter().map(|bar| bar.key.instrument.to_string()).collect();
    assert_eq!(instruments, ["ACME  251219C00052500", "NDX", "ACME"], "{report}");
    assert_eq!(bars(&records)[0].at, at("2025-09-25T20:01:00Z"));
}

fn numbers_may_have_currencies_groups_and_percent_signs() {
    let layout = chain()
        .with_column(CsvField::Volume, "v")
        .with_column(CsvField::ImpliedVolatility, "iv")
        .with_divisor(CsvField::ImpliedVolatility, 100.0);
    let text = "s,t,b,a,v,iv\n\
                ACME251219C00052500,2025-09-25T20:00:00Z,\"$1,204.50\",$1205,\"12,345\",25.5%\n\
                ACME251219C00052500,2025-09-25T20:00:00Z,1 204.5,1205 $,12'345,25.5\n\
                ACME251219C00052500,2025-09-25T20:00:00Z,\"1,5\",2,1,1\n\
                ACME251219C00052500,2025-09-25T20:00:00Z,($1.50),2,1,1\n";
    let (records, report) = read(text, layout);
    for quote in quotes(&records) {
        assert_eq!((quote.bid, quote.ask, quote.volume), (Some(1204.5), Some(1205.0), Some(12_345)));
        assert_eq!(quote.implied_volatility, Some(0.255), "a percent sign states the unit");
    }
    assert_eq!((records.len(), report.rejected), (2, 2), "{report}");
    assert_eq!(reasons(&report)[0], (4, "bid must be a number [value: \"1,5\"]"));
}

fn decimal_commas_are_an_option() {
    let text = "s;t;b;a\nACME251219C00052500;2025-09-25T20:00:00Z;1.204,50;1.205\n\
                ACME251219C00052500;2025-09-25T20:00:00Z;1.5;2\n";
    let (records, report) = read(text, chain().with_delimiter(b';').with_decimal_comma());
    assert_eq!((quotes(&records)[0].bid, quotes(&records)[0].ask), (Some(1204.5), Some(1205.0)));
    assert_eq!(reasons(&report), [(3, "bid must be a number [value: \"1.5\"]")]);
}

fn fractional_counts_are_rounded_with_a_warning() {
    let layout = chain().with_column(CsvField::Volume, "v").with_column(CsvField::OpenInterest, "oi");
    let row = |v: &str, oi: &str| format!("ACME251219C00052500,2025-09-25T20:00:00Z,1,2,{v},{oi}\n");
    let rows = [row("3.6", "7.2"), row("4.0", "5"), row("-1.5", "5"), row("5%", "5"), row("nan", "5")];
    let (records, report) = read(&format!("s,t,b,a,v,oi\n{}", rows.concat()), layout);
    assert_eq!(quotes(&records)[0].volume.zip(quotes(&records)[0].open_interest), Some((4, 7)));
    assert_eq!(warnings(&report), [("a fractional count was rounded to a whole number", 1)]);
    assert_eq!(report.rejected, 3, "{report}");
}

fn a_last_line_without_an_end_is_read_with_a_warning() {
    let text = "s,t,b,a\nACME251219C00052500,2025-09-25T20:00:00Z,1,2";
    let (records, report) = read(text, chain());
    assert_eq!(quotes(&records)[0].ask, Some(2.0));
    assert_eq!(warnings(&report), [("the last line has no line end: it may be truncated", 1)]);
    let (_, report) = read(&format!("{text}\n"), chain());
    assert!(report.warnings.is_empty());
    let (_, report) = read_with("mine.csv.gz", gzip(text), &options(chain())).expect("a chain");
    assert!(report.warnings.is_empty() && report.accepted == 1, "a checksum proves that the text is whole");
    let (_, report) = read(&text[..text.len() - 2], chain());
    assert_eq!((report.accepted, report.rejected), (0, 1), "a line that is cut before its last column");
    assert!(report.warnings.is_empty(), "{report}");
}

fn lines_above_and_below_the_column_names_are_no_rows() {
    let text =
        "Chain of ACME\nas of now,x\n\ns,t,b,a\nunits,UTC,USD,USD\nACME251219C00052500,2025-09-25T20:00:00Z,1,2\n";
    let (records, report) = read(text, chain().with_lines_below_header(1));
    assert_eq!((records.len(), report.read), (1, 1), "{report}");
    let error = read_named("mine.csv", "title\ns,t,b\n1,2,3\n", chain()).expect_err("no ask");
    assert_eq!((error.context("column"), error.context("line")), (Some("a"), Some("2")), "the nearest line: {error}");

    let layout = CsvLayout::bars(Timeframe::Day1, BarLabel::Start)
        .with_lines_below_header(2)
        .with_text_below_header(CsvField::Symbol, 1, 1)
        .with_column(CsvField::Time, "Price")
        .with_time(TimeFormat::CloseOf("%Y-%m-%d".into()), Tz::America__New_York)
        .with_column(CsvField::Open, "Open")
        .with_column(CsvField::High, "High")
        .with_column(CsvField::Low, "Low")
        .with_column(CsvField::Close, "Close");
    let text = "Price,Close,High,Low,Open\nTicker,KO,KO,KO,KO\nDate,,,,\n2024-01-02,59.8,60.1,59,59.1\n";
    let (records, _) = read(text, layout);
    let bar = &bars(&records)[0];
    assert_eq!((bar.key.instrument.to_string().as_str(), bar.close, bar.at), ("KO", 59.8, at("2024-01-02T21:00:00Z")));
}

fn wide() -> CsvLayout {
    let part = |kind: &str, prefix: &str| {
        CsvPart::default()
            .with_constant(CsvField::OptionType, kind)
            .with_column(CsvField::Bid, &format!("{prefix} bid"))
            .with_column(CsvField::Ask, &format!("{prefix} ask"))
    };
    CsvLayout::option_quotes()
        .with_constant(CsvField::Root, "ACME")
        .with_column(CsvField::Expiration, "expiry")
        .with_column(CsvField::Strike, "strike")
        .with_part(part("call", "C"))
        .with_part(part("put", "P"))
}

fn a_line_has_a_call_and_a_put() {
    let text = "C bid,C ask,expiry,strike,P bid,P ask\n\
                1,2,2025-12-19,52.5,3,4\n\
                1,2,2025-12-19,55,,\n\
                1,x,2025-12-19,60,3,4\n\
                1,2,2025-12-19\n";
    let options = options(wide()).with_at(at("2025-09-25T20:00:00Z"));
    let (records, report) = read_with("mine.csv", text, &options).expect("a chain");
    let seen: Vec<_> = quotes(&records).iter().map(|quote| (quote.contract.to_compact(), quote.ask)).collect();
    let expected = [
        ("ACME251219C00052500", 2.0),
        ("ACME251219P00052500", 4.0),
        ("ACME251219C00055000", 2.0),
        ("ACME251219P00060000", 4.0),
    ];
    assert_eq!(seen, expected.map(|(symbol, ask)| (symbol.to_owned(), Some(ask))));
    assert_eq!((report.read, report.rejected, report.blank), (7, 3, 1), "{report}");
}

fn small_volatilities_are_missing() {
    let layout = chain()
        .with_column(CsvField::ImpliedVolatility, "iv")
        .with_missing_up_to(CsvField::ImpliedVolatility, 1.000_001e-5);
    let row = |iv: &str| format!("ACME251219C00052500,2025-09-25T20:00:00Z,1,2,{iv}\n");
    let rows = [row("1.0000000000000003e-05"), row("0.0001"), row("-0.1")];
    let (records, report) = read(&format!("s,t,b,a,iv\n{}", rows.concat()), layout);
    let volatilities: Vec<_> = quotes(&records).iter().map(|quote| quote.implied_volatility).collect();
    assert_eq!((volatilities, report.rejected), (vec![None, Some(0.0001)], 1), "{report}");
}

fn an_instant_is_that_of_the_whole_file() {
    let layout = CsvLayout::option_quotes().with_column(CsvField::Symbol, "s").with_column(CsvField::Ask, "a");
    let text = "s,a\nACME251219C00052500,2\n";
    let instant = at("2025-09-25T20:00:00Z");
    let (records, _) = read_with("mine.csv", text, &options(layout.clone()).with_at(instant)).expect("a chain");
    assert_eq!(quotes(&records)[0].at, instant);
    let error = read_named("mine.csv", text, layout).expect_err("no time");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidConfig, Some("time")));
    let text = "s,t,b,a\nACME251219C00052500,last month,1,2\n";
    let (records, _) = read_with("mine.csv", text, &options(chain()).with_at(instant)).expect("a chain");
    assert_eq!(quotes(&records)[0].at, instant, "the caller's instant stands in place of the column");
    let bars = CsvLayout::bars(Timeframe::Day1, BarLabel::Start).with_column(CsvField::Symbol, "s");
    for format in [Format::Csv(Box::new(bars)), Format::Fred, Format::EndOfDay] {
        let options = options(chain()).with_format(format).with_at(instant);
        assert_eq!(read_with("mine.csv", "s,a\n", &options).expect_err("no instant").kind(), ErrorKind::InvalidConfig);
    }
}

fn times_far_from_the_day_in_the_name_are_warned_of() {
    let text = "s,t,b,a\n\
                ACME251219C00052500,2025-09-25T20:00:00Z,1,2\n\
                ACME251219C00055000,2025-08-01T15:12:00Z,1,2\n";
    let warning = ("the time is more than seven days from the day in the file's name", 1);
    for (name, expected) in [
        ("chain_20250926.csv", vec![warning]),
        ("2025-09-26 chain.csv", vec![warning]),
        ("chain.csv", vec![]),
        ("chain_20250801_20250926.csv", vec![]),
        ("chain_2025-12-19.csv", vec![]),
    ] {
        let (_, report) = read_named(name, text, chain()).expect("a chain");
        assert_eq!((warnings(&report), report.accepted), (expected, 2), "{name}");
    }
}

fn prices_without_a_point_are_fixed_point() {
    let layout = chain().with_column(CsvField::Volume, "v").with_integer_price_divisor(1e9);
    let text = "s,t,b,a,v\nACME251219C00052500,2025-09-25T20:00:00Z,1500000000,2.25,7\n";
    let quote = &quotes(&read(text, layout).0)[0];
    assert_eq!((quote.bid, quote.ask, quote.volume), (Some(1.5), Some(2.25), Some(7)));
}

fn the_file_s_name_gives_the_symbol() {
    let layout = CsvLayout::option_quotes()
        .with_file_name(CsvField::Root, "_")
        .with_column(CsvField::Expiration, "e")
        .with_column(CsvField::OptionType, "k")
        .with_column(CsvField::Strike, "x")
        .with_column(CsvField::Time, "t");
    let text = "e,k,x,t\n2025-12-19,c,52.5,2025-09-25T20:00:00Z\n";
    let (records, _) = read_named("data/acme_eod_202509.txt", text, layout.clone()).expect("a chain");
    assert_eq!(quotes(&records)[0].contract.to_compact(), "ACME251219C00052500");
    let error = read_named("chain.txt", text, layout).expect_err("no symbol");
    assert_eq!((error.kind(), error.context("file")), (ErrorKind::InvalidInput, Some("chain.txt")));
}

fn a_layout_of_parts_that_cannot_be_followed_is_an_error() {
    let put_without_type = wide().with_part(CsvPart::default().with_column(CsvField::Bid, "x"));
    for layout in [
        wide(),
        put_without_type.with_column(CsvField::Time, "t"),
        wide().with_column(CsvField::Time, "t").without_header(),
        chain().with_text_below_header(CsvField::Root, 1, 0),
        chain().with_missing_up_to(CsvField::Bid, f64::NAN),
        chain().with_integer_price_divisor(0.0),
    ] {
        let error = read_named("x.csv", "s,t\n", layout.clone()).expect_err("cannot be followed");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{layout:?}");
    }
}

fn options_on_crypto_currencies_are_refused_with_the_reason() {
    let text = "s,t,b,a\nBTC-29MAR24-60000-C,2024-01-05T20:00:00Z,0.1,0.2\n";
    let (_, report) = read(text, chain());
    assert_eq!(report.rejected, 1);
    assert!(reasons(&report)[0].1.contains("crypto currencies are not read"), "{report}");
}

fn a_layout_from_text_is_that_of_the_builder() {
    let text = "# a chain\n\nrows = option_quotes\nsource = mine\ndelimiter = ;\ndecimal = comma\n\
                time = local %d.%m.%Y %H:%M\nzone = America/Chicago\ndates = %d.%m.%Y\nmissing = n/a\n\
                column.time = t\ncolumns.underlying_price = spot | last\nconstant.root = ACME\ncolumn.strike = k\n\
                divisor.strike = 1000\nfactor.theta = 365\nmissing_up_to.implied_volatility = 0.00001\n\
                lines_below_header = 1\nbelow_header.expiration = 1 0\nrequired.kind = option\nprice_divisor = 100\n\
                part\nconstant.option_type = call\ncolumn.bid = cb\n\
                part\nconstant.option_type = put\nposition.bid = 4\ntime = instant\n";
    let part = |kind: &str| CsvPart::default().with_constant(CsvField::OptionType, kind);
    let expected = CsvLayout::option_quotes()
        .with_source("mine")
        .with_delimiter(b';')
        .with_decimal_comma()
        .with_time(TimeFormat::Local("%d.%m.%Y %H:%M".into()), Tz::America__Chicago)
        .with_date_format("%d.%m.%Y")
        .with_missing("n/a")
        .with_column(CsvField::Time, "t")
        .with_any_column(CsvField::UnderlyingPrice, &["spot", "last"])
        .with_constant(CsvField::Root, "ACME")
        .with_column(CsvField::Strike, "k")
        .with_divisor(CsvField::Strike, 1_000.0)
        .with_factor(CsvField::Theta, 365.0)
        .with_missing_up_to(CsvField::ImpliedVolatility, 0.00001)
        .with_lines_below_header(1)
        .with_text_below_header(CsvField::Expiration, 1, 0)
        .with_required_text("kind", "option")
        .with_price_divisor(100.0)
        .with_part(part("call").with_column(CsvField::Bid, "cb"))
        .with_part(part("put").with_position(CsvField::Bid, 4).with_time(TimeFormat::Instant));
    assert_eq!(text.parse::<CsvLayout>().expect("a layout"), expected);
    let bars =
        "rows = bars 5m end\nfile_name.symbol = _\nprefix.symbol = O:\ninteger_price_divisor = 1e9\nheader = none";
    let expected = CsvLayout::bars(Timeframe::Minute5, BarLabel::End)
        .with_file_name(CsvField::Symbol, "_")
        .with_prefix(CsvField::Symbol, "O:")
        .with_integer_price_divisor(1e9)
        .without_header();
    assert_eq!(bars.parse::<CsvLayout>().expect("a layout"), expected);
}

fn a_line_of_a_layout_that_cannot_be_read_is_named() {
    for (text, line) in [
        ("rows = trades", "1"),
        ("column.bid = Bid", "1"),
        ("rows = bars 7m start", "1"),
        ("preset = nothing", "1"),
        ("rows = option_quotes\ncolumn.bit = Bid", "2"),
        ("rows = option_quotes\n\n# x\ncolumn.bid", "4"),
        ("rows = option_quotes\ntime = local", "2"),
        ("rows = option_quotes\nzone = Mars/Olympus", "2"),
        ("rows = option_quotes\ndelimiter = ab", "2"),
        ("rows = option_quotes\ndivisor.strike = x", "2"),
        ("rows = option_quotes\npart\ndelimiter = ;", "3"),
    ] {
        let error = text.parse::<CsvLayout>().expect_err(text);
        assert_eq!((error.kind(), error.context("line")), (ErrorKind::InvalidConfig, Some(line)), "{error:#}");
    }
    assert!("".parse::<CsvLayout>().is_err());
}

fn quotes_are_of_what_their_symbol_names() {
    let layout: CsvLayout =
        "rows = quotes\ncolumn.symbol = s\ncolumn.time = t\ncolumn.bid = b\ncolumn.ask = a".parse().expect("a layout");
    let text = "s,t,b,a\n\
                ACME251219C00052500,2025-09-25T20:00:00Z,1,2\n\
                ACME,2025-09-25T20:00:00Z,52,52.1\n\
                acme,2025-09-25T20:00:00Z,52,52.1\n\
                BTC-29MAR24-60000-C,2025-09-25T20:00:00Z,52,52.1\n";
    let (records, report) = read(text, layout);
    assert_eq!((quotes(&records).len(), underlying_quotes(&records).len(), report.rejected), (1, 1, 2), "{report}");
    assert_eq!(underlying_quotes(&records)[0].ask, Some(52.1));
}
