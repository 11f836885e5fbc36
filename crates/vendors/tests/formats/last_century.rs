use std::io::Cursor;

use strikebook_core::market::{Instrument, OptionContract};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{
    CsvField, CsvLayout, Format, ReadOptions, Record, TimeFormat, Tz,
    broker::{BrokerFormat, read_from},
};

use crate::{quotes, read, read_with, reasons, zip};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_reader_takes_contracts_of_the_last_century,
        every_reader_refuses_contracts_that_no_symbol_can_name,
        a_root_that_is_a_code_gives_way_to_the_underlying
    ]
}

const END_OF_DAY: &str = "underlying,underlying_last,optionroot,type,expiration,quotedate,strike,last,bid,ask,volume,\
    openinterest,ivbid,ivask,delta,gamma\n";

fn contract() -> OptionContract {
    "ACME990115C00052500".parse().expect("a contract of 1999")
}

/// Returns a document of each reader of quotes, with a contract that expires on a day of a year.
fn documents(year: &str) -> Vec<(&'static str, Vec<u8>, ReadOptions)> {
    let symbol = format!("ACME{}0115C00052500", &year[2..]);
    let plain = ReadOptions::default();
    let layout = CsvLayout::option_quotes()
        .with_column(CsvField::Root, "root")
        .with_column(CsvField::Expiration, "expiration")
        .with_column(CsvField::OptionType, "type")
        .with_column(CsvField::Strike, "strike")
        .with_column(CsvField::Time, "time")
        .with_time(TimeFormat::UnixSeconds, Tz::UTC)
        .with_column(CsvField::Bid, "bid");
    let source = strikebook_core::Source::new("mine").expect("a source");
    let mine = ReadOptions::default().with_format(Format::Csv(Box::new(layout))).with_source(source);
    let end_of_day =
        format!("{END_OF_DAY}ACME,50.5,WQX,call,01/15/{year},12/15/1998,52.5,0.8,0.7,0.95,3,55,0.5,0.75,0.3,0.09\n");
    let cboe = format!(
        "\nAcme,Last: 10,Change: -3\n\"Date: December 15, 1998 at 4:00 PM EST\",Bid: 1,Ask: 2\n\
         Expiration Date,Calls,Bid,Ask,Strike,Puts,Bid,Ask\n\
         Fri Jan 15 {year},{symbol},1,2,52.50,{},1,2\n",
        symbol.replace("0115C", "0115P")
    );
    let json = format!(
        r#"{{"timestamp": "1998-12-15 21:00:00", "data": {{"options": [{{"option":"{symbol}","bid":1.0,"ask":2.0}}],
           "symbol": "ACME", "current_price": 50.5, "bid": 0.0, "volume": 0}}, "symbol": "ACME"}}"#
    );
    let desk = format!(
        r#"{{"symbol":"ACME","updated":"1998-12-15T16:00:00-05:00","underlyingPrice":50.5,"quotes":[{{"symbol":
           "{symbol}","expiration":"{year}-01-15","side":"call","strike":52.5,"bid":1,"ask":2,"volume":3}}]}}"#
    );
    let lean = format!("19981215_acme_minute_quote_american_call_525000_{year}0115.csv");
    vec![
        ("acme.csv", end_of_day.into(), plain.clone()),
        ("acme_quotedata.csv", cboe.into(), plain.clone()),
        ("ACME.json", json.into(), plain.clone()),
        ("ACME_desk.json", desk.into(), plain.clone()),
        (
            "data/option/usa/minute/acme/19981215_quote_american.zip",
            zip(&[(&lean, "34200000,10000,10500,9900,10400,2,11000,11100,10900,11050,5\n")]),
            plain,
        ),
        (
            "mine.csv",
            format!("root,expiration,type,strike,time,bid\nACME,{year}-01-15,C,52.5,913755600,1.5\n").into(),
            mine,
        ),
    ]
}

fn every_reader_takes_contracts_of_the_last_century() {
    for (name, document, options) in documents("1999") {
        let (records, report) = read_with(name, document, &options).expect("a document");
        assert_eq!(report.rejected, 0, "{name}: {report}");
        let found = quotes(&records);
        assert!(found.iter().any(|quote| quote.contract == contract()), "{name}: {found:?}");
    }
    let tastytrade = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,\
        Commissions,Fees,Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,Call or Put,Order #,\
        Currency\n1998-12-15T15:57:13-0500,Trade,Sell to Open,SELL_TO_OPEN,ACME  990115C00052500,Equity Option,Sold 1,\
        100.00,1,100.00,-1.00,-0.15,100,ACME,ACME,1/15/99,52.5,CALL,337454037,USD\n";
    let flex = r#"<FlexQueryResponse queryName="q"><FlexStatements count="1"><FlexStatement accountId="U1"><Trades>
        <Trade assetCategory="OPT" symbol="ACME  990115C00052500" underlyingSymbol="ACME"
        description="ACME 15JAN99 52.5 C" multiplier="100" notes="P" taxes="0" tradeDate="19981215"
        tradeTime="101240" quantity="-1" tradePrice="1" proceeds="100"
        ibCommission="-1" openCloseIndicator="O"
        transactionID="1" ibOrderID="2" closePrice="1" levelOfDetail="EXECUTION" />
        </Trades></FlexStatement></FlexStatements></FlexQueryResponse>"#;
    for (format, document) in [(BrokerFormat::Tastytrade, tastytrade), (BrokerFormat::IbkrFlex, flex)] {
        let history = read_from("history", Cursor::new(document), format.clone()).expect("a history");
        let instruments: Vec<_> = history.rows.iter().map(|row| row.instrument).collect();
        assert_eq!(instruments, [Some(Instrument::from(contract()))], "{format:?}: {}", history.report);
    }
}

/// Readers of dates with four digits refuse years before 1973 and after 2072; the others cannot express such years.
fn every_reader_refuses_contracts_that_no_symbol_can_name() {
    for year in ["1972", "2073"] {
        for (name, document, options) in documents(year) {
            let (records, report) = read_with(name, document, &options).expect("a document");
            let is_symbol_alone = name.rsplit('.').next() == Some("json");
            assert_eq!(quotes(&records).is_empty(), !is_symbol_alone, "{name} {year}: {records:?}");
            assert_eq!(report.rejected > 0, !is_symbol_alone, "{name} {year}: {report}");
        }
    }
    let row = "ACME,50.5,WQX,call,01/15/1972,12/15/1971,52.5,0.8,0.7,0.95,3,55,0.5,0.75,0.3,0.09\n";
    let (_, report) = read("acme.csv", format!("{END_OF_DAY}{row}"));
    let reason = reasons(&report)[0].1;
    assert!(reason.starts_with("an expiration must lie in the years 1973 to 2072"), "{reason}");
}

/// A column that states the underlying wins over a root that only implies one.
fn a_root_that_is_a_code_gives_way_to_the_underlying() {
    let rows = "MELI,37.03,QMB080216C00025000,call,02/16/2008,01/31/2008,25.0,12.1,11.9,13.2,1,0,0.0,2.0,0.9,0.01\n\
                MELI,37.03,QMB080216P00025000,put,02/16/2008,01/31/2008,25.0,0.53,0.35,0.55,66,0,1.4,1.5,-0.1,0.01\n\
                AET,60.5,CVH160115C00090000,call,01/15/2016,12/30/2015,90.0,2.1,1.9,3.2,1,0,0.2,0.3,0.9,0.01\n\
                SPX,1330.6,SPXW080208C01300000,call,02/08/2008,01/31/2008,1300,35,34,36,1,0,0.2,0.3,0.9,0.01\n";
    let (records, report) = read("meli.csv", format!("{END_OF_DAY}{rows}"));
    assert_eq!(report.rejected, 0, "{report}");
    let quotes = quotes(&records);
    let found: Vec<_> = quotes.iter().map(|quote| (quote.contract.to_compact(), quote.underlying_price)).collect();
    let expected = [
        ("MELI080216C00025000", Some(37.03)),
        ("MELI080216P00025000", Some(37.03)),
        // After a takeover files list the contracts of the acquired company under the acquirer.
        ("CVH160115C00090000", None),
        ("SPXW080208C01300000", Some(1330.6)),
    ];
    assert_eq!(found, expected.map(|(contract, price)| (contract.to_owned(), price)));
    assert!(records.iter().all(|record| matches!(record, Record::Quote(_))));
}
