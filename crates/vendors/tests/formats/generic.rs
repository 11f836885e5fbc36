use strikebook_core::{
    Error, ErrorKind, Source,
    market::{ActionStatus, EarningsTime, Instrument, Timeframe},
};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{BarLabel, CsvField, CsvLayout, Format, ReadOptions, ReadReport, Record, TimeFormat, Tz};

use crate::{bars, observations, quotes, read_with, reasons, underlying_quotes};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_contract_is_recognised_by_its_parts_too,
        bars_are_of_what_their_symbol_names,
        daily_bars_of_one_symbol,
        underlying_quotes_and_observations,
        a_layout_that_cannot_be_followed_is_an_error,
        corporate_actions_keep_their_exact_terms,
        fundamentals_are_counts
    ]
}

fn read(text: &str, layout: CsvLayout) -> Result<(Vec<Record>, ReadReport), Error> {
    let source = Source::new("mine").expect("valid");
    read_with("mine.csv", text, &ReadOptions::default().with_format(Format::Csv(Box::new(layout))).with_source(source))
}

fn a_contract_is_recognised_by_its_parts_too() {
    let layout = CsvLayout::option_quotes()
        .with_column(CsvField::Root, "Root")
        .with_column(CsvField::Expiration, "Expiry")
        .with_date_format("%d/%m/%y")
        .with_column(CsvField::OptionType, "CP")
        .with_column(CsvField::Strike, "K")
        .with_divisor(CsvField::Strike, 1000.0)
        .with_column(CsvField::Time, "Day")
        .with_column(CsvField::TimeOfDay, "Clock")
        .with_time(TimeFormat::Local("%Y-%m-%d %H:%M".into()), Tz::America__New_York)
        .with_column(CsvField::Bid, "bid")
        .with_column(CsvField::Ask, "ask")
        .with_column(CsvField::ImpliedVolatility, "iv%")
        .with_divisor(CsvField::ImpliedVolatility, 100.0)
        .with_column(CsvField::Vega, "vega")
        .with_factor(CsvField::Vega, 100.0);
    let text = "root,expiry,cp,k,day,clock,bid,ask,iv%,vega,other\n\
                ACME,19/12/25,c,52500,2025-09-25,15:59,0,0.05,25.0,0.11,x\n\
                ACME,19/12/25,P,52500,2025-09-25,15:59,,,,,x\n\
                ACME,19/12/25,P,,2025-09-25,15:59,,,,,x\n\
                ACME,19/12/25,P,52500,,15:59,,,,,x\n";
    let (records, report) = read(text, layout).expect("a chain");
    let quotes = quotes(&records);
    assert_eq!(quotes[0].contract.to_compact(), "ACME251219C00052500");
    assert_eq!((quotes[0].at.to_string().as_str(), quotes[0].source.as_str()), ("2025-09-25T19:59:00Z", "mine"));
    assert_eq!(
        (quotes[0].bid, quotes[0].implied_volatility, quotes[0].greeks.vega),
        (Some(0.0), Some(0.25), Some(11.0))
    );
    assert_eq!((quotes[1].bid, quotes[1].ask, quotes[1].implied_volatility), (None, None, None));
    let expected = [
        (4, "a contract needs a symbol, or all of root, expiration, type and strike"),
        (5, "a required field of the record is missing [field: time]"),
    ];
    assert_eq!(reasons(&report), expected);
}

fn bars_are_of_what_their_symbol_names() {
    let layout = CsvLayout::bars(Timeframe::Minute5, BarLabel::Start)
        .without_header()
        .with_delimiter(b'\t')
        .with_position(CsvField::Symbol, 0)
        .with_position(CsvField::Time, 1)
        .with_time(TimeFormat::UnixSeconds, Tz::UTC)
        .with_position(CsvField::Open, 2)
        .with_position(CsvField::High, 3)
        .with_position(CsvField::Low, 4)
        .with_position(CsvField::Close, 5)
        .with_price_divisor(10_000.0);
    let text = "SPY\t1758830400\t6580500\t6581000\t6580000\t6580600\n\
                F251219C00010000\t1758830400\t5000\t6000\t5000\t5500\n\
                SPY\t1758830700\t6580500\t6579000\t6580000\t6580600\n\
                SPY\t1758830700\t6580500\n";
    let (records, report) = read(text, layout).expect("bars");
    let bars = bars(&records);
    assert_eq!(
        (bars[0].opened_at.to_string(), bars[0].at.to_string()),
        ("2025-09-25T20:00:00Z".into(), "2025-09-25T20:05:00Z".into())
    );
    assert_eq!((bars[0].open, bars[0].close, bars[0].volume), (658.05, 658.06, None));
    assert!(matches!(bars[0].key.instrument, Instrument::Symbol(_)));
    assert!(matches!(bars[1].key.instrument, Instrument::Option(_)), "a symbol of an option is an option's");
    assert_eq!(report.rejected, 2);
    assert!(reasons(&report)[0].1.starts_with("high must be"), "{report}");
}

fn daily_bars_of_one_symbol() {
    let layout = CsvLayout::bars(Timeframe::Day1, BarLabel::Start)
        .with_constant(CsvField::Symbol, "KO")
        .with_column(CsvField::Time, "date")
        .with_time(TimeFormat::CloseOf("%Y-%m-%d".into()), Tz::America__New_York)
        .with_column(CsvField::Open, "open")
        .with_column(CsvField::High, "high")
        .with_column(CsvField::Low, "low")
        .with_column(CsvField::Close, "close")
        .with_column(CsvField::Volume, "volume");
    let (records, _) = read("date,open,high,low,close,volume\n2015-12-24,1,2,0.5,1.5,100.0\n", layout).expect("bars");
    let bar = &bars(&records)[0];
    assert_eq!(
        (bar.opened_at.to_string(), bar.at.to_string()),
        ("2015-12-24T05:00:00Z".into(), "2015-12-24T18:00:00Z".into())
    );
    assert_eq!((bar.key.instrument.to_string(), bar.volume), ("KO".into(), Some(100)));
}

fn underlying_quotes_and_observations() {
    let layout = CsvLayout::underlying_quotes()
        .with_column(CsvField::Symbol, "s")
        .with_column(CsvField::Time, "t")
        .with_column(CsvField::Last, "p")
        .with_column(CsvField::Bid, "b");
    let (records, report) =
        read("s,t,p,b\nSPY,2025-09-25T20:00:00Z,658.05,0\nspy,2025-09-25T20:00:00Z,1,1\n", layout).expect("quotes");
    assert_eq!((underlying_quotes(&records)[0].last, underlying_quotes(&records)[0].bid), (Some(658.05), None));
    assert_eq!(report.rejected, 1, "{report}");

    let layout = CsvLayout::observations()
        .with_constant(CsvField::Symbol, "CPI")
        .with_column(CsvField::Time, "d")
        .with_column(CsvField::Value, "v")
        .with_missing("NA");
    let (records, report) = read("d,v\n2025-08-01,2.9\n2025-09-01,NA\n", layout).expect("a series");
    assert_eq!((observations(&records)[0].value, report.read, report.blank), (2.9, 1, 1));
}

fn a_layout_that_cannot_be_followed_is_an_error() {
    let quotes = || CsvLayout::option_quotes().with_column(CsvField::Symbol, "s").with_column(CsvField::Time, "t");
    for (layout, kind) in [
        (CsvLayout::option_quotes().with_column(CsvField::Symbol, "s"), ErrorKind::InvalidConfig),
        (CsvLayout::option_quotes().with_column(CsvField::Time, "t"), ErrorKind::InvalidConfig),
        (CsvLayout::observations().with_column(CsvField::Symbol, "s"), ErrorKind::InvalidConfig),
        (quotes().with_delimiter(b'"'), ErrorKind::InvalidConfig),
        (quotes().with_delimiter(0xe9), ErrorKind::InvalidConfig),
        (quotes().without_header(), ErrorKind::InvalidConfig),
        (quotes().with_factor(CsvField::Theta, f64::NAN), ErrorKind::InvalidConfig),
        (quotes().with_price_divisor(0.0), ErrorKind::InvalidConfig),
        (quotes().with_time(TimeFormat::Local("%Q".into()), Tz::UTC), ErrorKind::InvalidConfig),
        (quotes().with_date_format("%"), ErrorKind::InvalidConfig),
        (CsvLayout::bars(Timeframe::Month1, BarLabel::End), ErrorKind::InvalidConfig),
        (quotes().with_column(CsvField::Bid, "bid"), ErrorKind::InvalidInput),
    ] {
        assert_eq!(read("s,t\n", layout.clone()).expect_err("cannot be followed").kind(), kind, "{layout:?}");
    }
    let options = ReadOptions::default().with_format(Format::Csv(Box::new(quotes())));
    assert_eq!(read_with("x.csv", "s,t\n", &options).expect_err("no source").kind(), ErrorKind::InvalidConfig);
}

/// Terms are exact, an announcement is the knowledge time, and without one the opening of the date's session is.
fn corporate_actions_keep_their_exact_terms() {
    let columns = [
        (CsvField::Symbol, "symbol"),
        (CsvField::Kind, "what"),
        (CsvField::Time, "ex"),
        (CsvField::Announced, "announced"),
        (CsvField::Status, "status"),
        (CsvField::NewShares, "new"),
        (CsvField::OldShares, "old"),
        (CsvField::Amount, "cash"),
        (CsvField::RecordDate, "record"),
        (CsvField::PayDate, "pay"),
        (CsvField::Counterpart, "other"),
        (CsvField::ReportTime, "when"),
    ];
    let layout = CsvLayout::corporate_actions().with_constant(CsvField::Currency, "USD").with_date_format("%m/%d/%Y");
    let layout = columns.into_iter().fold(layout, |layout, (field, name)| layout.with_column(field, name));
    let file = "symbol,what,ex,announced,status,new,old,cash,record,pay,other,when\n\
                AAPL,split,06/09/2014,2014-04-23T20:30:00Z,,7,1,,,,,\n\
                SPY,cash_dividend,09/19/2014,,,,,0.93912345,09/23/2014,10/31/2014,,\n\
                FB,symbol_change,06/09/2022,2022-05-31T12:00:00Z,,,,,,,META,\n\
                AAPL,earnings,01/29/2026,,estimated,,,,,,,after_close\n\
                AAPL,split,06/09/2014,,,7,,,,,,\n\
                AAPL,divorce,06/09/2014,,,,,,,,,\n\
                AAPL,cash_dividend,06/09/2014,,,,,0.123456789,,,,\n";
    let (records, report) = read(file, layout).expect("a layout");
    let actions: Vec<_> =
        records.iter().filter_map(|one| if let Record::Action(it) = one { Some(it) } else { None }).collect();
    assert_eq!((report.actions, report.rejected), (4, 3), "{report}");
    assert_eq!(report.rejections.iter().map(|one| one.line).collect::<Vec<_>>(), [6, 7, 8], "{report}");
    assert_eq!(actions[0].shares_per_share(), Some(7.0));
    assert_eq!(actions[0].recorded_at.to_string(), "2014-04-23T20:30:00Z");
    assert_eq!(actions[1].cash_per_share().map(|cash| cash.to_string()).as_deref(), Some("0.93912345"));
    assert_eq!(actions[1].recorded_at.to_string(), "2014-09-19T13:30:00Z");
    assert_eq!(actions[1].terms.pay_date.map(|date| date.to_string()).as_deref(), Some("2014-10-31"));
    assert_eq!(actions[2].terms.counterpart.map(|other| other.to_string()).as_deref(), Some("META"));
    assert_eq!(
        (actions[3].status, actions[3].terms.report_time),
        (ActionStatus::Estimated, Some(EarningsTime::AfterClose))
    );
    assert_eq!(actions[3].terms.currency, None, "a constant currency is that of amounts");
}

fn fundamentals_are_counts() {
    let layout = CsvLayout::fundamentals()
        .with_column(CsvField::Symbol, "symbol")
        .with_column(CsvField::Time, "as_of")
        .with_column(CsvField::MarketCap, "cap")
        .with_column(CsvField::SharesOutstanding, "shares");
    let file = "symbol,as_of,cap,shares\n\
                AAPL,2025-06-28T20:00:00Z,,14840390000\n\
                AAPL,2025-06-29T20:00:00Z,3e12,\n\
                AAPL,x,1,1\n";
    let (records, report) = read(file, layout).expect("a layout");
    let rows: Vec<_> =
        records.iter().filter_map(|one| if let Record::Fundamentals(it) = one { Some(it) } else { None }).collect();
    assert_eq!((report.fundamentals, report.rejected), (2, 1), "{report}");
    assert_eq!((rows[0].market_cap, rows[0].shares_outstanding), (None, Some(14_840_390_000)));
    assert_eq!((rows[1].market_cap, rows[1].shares_outstanding), (Some(3_000_000_000_000), None));
}
