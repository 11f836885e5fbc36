//! Whatever the bytes are, every reader ends without a panic, and its account adds up.

use std::io::Cursor;

use proptest::prelude::*;
use strikebook_core::{
    Source, Timestamp,
    market::{SeriesId, Timeframe},
};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{
    BarLabel, CsvField, CsvLayout, CsvPart, FILE_KINDS, Format, LeanAsset, LeanLayout, LeanResolution, ReadOptions,
    ReadReport, TimeFormat, Tz,
    broker::{self, BrokerColumn, BrokerFormat, BrokerLayout, LayoutAction},
    read_from,
};

use crate::{gzip, presets::SAMPLES, zip};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        arbitrary_bytes_never_panic,
        extreme_values_never_panic,
        near_misses_never_panic,
        damaged_rows_never_panic,
        damaged_archives_never_panic
    ]
}

fn formats() -> Vec<Option<Format>> {
    let series = SeriesId::new("VIX").expect("valid");
    let lean = |asset, resolution| Some(Format::Lean(LeanLayout::new(asset, resolution)));
    let bars = CsvLayout::bars(Timeframe::Day1, BarLabel::Start)
        .without_header()
        .with_time(TimeFormat::Local("%Y-%m-%d %H:%M".into()), Tz::America__New_York)
        .with_constant(CsvField::Symbol, "SPY")
        .with_position(CsvField::Time, 0)
        .with_position(CsvField::Open, 1)
        .with_position(CsvField::High, 2)
        .with_position(CsvField::Low, 3)
        .with_position(CsvField::Close, 4);
    // A call and a put on each line, in columns of the same position in every file.
    let side = |kind: &str, first: usize| {
        CsvPart::default()
            .with_constant(CsvField::OptionType, kind)
            .with_position(CsvField::Bid, first)
            .with_position(CsvField::Volume, first + 1)
    };
    let wide = CsvLayout::option_quotes()
        .without_header()
        .with_decimal_comma()
        .with_time(TimeFormat::Instant, Tz::UTC)
        .with_constant(CsvField::Root, "ACME")
        .with_constant(CsvField::Expiration, "2025-12-19")
        .with_position(CsvField::Time, 0)
        .with_position(CsvField::Strike, 1)
        .with_missing_up_to(CsvField::Bid, 0.001)
        .with_integer_price_divisor(1e9)
        .with_part(side("call", 2))
        .with_part(side("put", 4));
    let named = FILE_KINDS.iter().filter_map(|kind| kind.name.parse().ok().map(Some));
    let formats = vec![
        None,
        Some(Format::Cboe),
        Some(Format::CboeJson),
        Some(Format::EndOfDay),
        Some(Format::OptionsDesk),
        Some(Format::Fred),
        Some(Format::IndexHistory(series)),
        Some(Format::Csv(Box::new(bars))),
        lean(LeanAsset::Option, LeanResolution::Minute),
        lean(LeanAsset::IndexOption, LeanResolution::Hour),
        lean(LeanAsset::FutureOption, LeanResolution::Daily),
        lean(LeanAsset::Equity, LeanResolution::Daily),
        Some(Format::Csv(Box::new(wide))),
    ];
    formats.into_iter().chain(named).collect()
}

/// Reads to the end, whatever comes, and checks the account.
fn exhaust(name: &str, bytes: &[u8]) {
    for format in formats() {
        let needs_instant = format.as_ref().is_some_and(|format| format.name() == "yfinance_options");
        let needs_symbol = format.as_ref().is_some_and(|format| format.name() == "yfinance_history");
        let options = ReadOptions {
            format,
            source: Source::new("x").ok(),
            at: needs_instant.then_some(Timestamp::MIN),
            symbol: needs_symbol.then(|| "ACME".parse().expect("a symbol")),
            ..ReadOptions::default()
        };
        let Ok(mut reader) = read_from(name, Cursor::new(bytes.to_vec()), &options) else { continue };
        let mut accepted = 0;
        for record in reader.by_ref().flatten() {
            assert!(record.at().is_ok());
            accepted += 1;
        }
        let report = reader.report();
        assert_eq!(report.accepted, accepted);
        assert_eq!(report.read, report.accepted + report.rejected);
        assert_eq!(report.rejected, report.reasons.values().sum::<u64>());
    }
}

/// Reads as every broker's history, whatever comes, and checks the account and what is kept.
fn exhaust_brokers(name: &str, bytes: &[u8]) {
    let by_layout = BrokerLayout::new(Source::new("mine").expect("a source"))
        .with_column(BrokerColumn::Date, "Date")
        .with_column(BrokerColumn::Action, "Action")
        .with_column(BrokerColumn::Symbol, "Symbol")
        .with_column(BrokerColumn::Quantity, "Quantity")
        .with_column(BrokerColumn::Amount, "Value")
        .with_column(BrokerColumn::Fees, "Fees")
        .with_action("SELL_TO_OPEN", LayoutAction::SellToOpen)
        .with_action("", LayoutAction::Cash);
    let mut formats: Vec<Option<BrokerFormat>> = BrokerFormat::NAMED.into_iter().map(Some).collect();
    formats.extend([None, Some(by_layout.into())]);
    for format in formats {
        let Ok(history) = broker::read_from(name, Cursor::new(bytes.to_vec()), format) else { continue };
        let report = &history.report;
        assert_eq!(report.accepted, history.rows.len() as u64);
        assert_eq!(report.read, report.accepted + report.rejected + report.left_out.values().sum::<u64>());
        assert_eq!(report.rejected.min(ReadReport::MAX_REJECTIONS as u64), history.rejected.len() as u64);
        assert!(history.rows.is_sorted_by_key(|row| row.at));
        let limit = "1000000000000".parse().expect("a decimal");
        for row in &history.rows {
            assert!(!row.id().is_empty());
            assert!([row.quantity, row.price, row.value, row.costs].iter().all(|amount| amount.abs() < limit));
            assert!(!row.price.is_sign_negative() || row.price.is_zero());
            let content = row.raw.content().expect("fields");
            assert!(content.as_value().is_object());
            if let Ok(Some(again)) = history.reread(&content) {
                assert_eq!((again.action, again.quantity, again.value), (row.action, row.quantity, row.value));
            }
        }
        assert!(history.preview(3).lines().count() <= 6 + history.rejected.len());
        for row in &history.rejected {
            assert!(row.raw.content().expect("fields").as_value().is_object());
        }
    }
}

/// Text that comes close to what the readers expect: their own words and numbers in any order.
fn near_misses() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        ",",
        ",",
        ",",
        ",",
        "\n",
        "\r\n",
        "\"",
        " ",
        ".",
        "-",
        ":",
        "observation_date",
        "DATE",
        "OPEN",
        "HIGH",
        "LOW",
        "CLOSE",
        "DGS10",
        "Expiration Date",
        "Calls",
        "Puts",
        "Strike",
        "Bid",
        "Ask",
        "Last: ",
        "Volume: ",
        "underlying",
        "optionroot",
        "type",
        "expiration",
        "quotedate",
        "strike",
        "bid",
        "ask",
        "call",
        "put",
        "2015-12-24",
        "12/24/2015",
        "+262142-12-31",
        "-262143-01-01",
        "20151224 00:00",
        "20151224 09:00",
        "34200000",
        "86400000",
        "ACME251219C00052500",
        "0",
        "1",
        "1.5",
        "-1",
        "NaN",
        "inf",
        "1e308",
        "1e-320",
        "99999999999999999999",
        "{",
        "}",
        "[",
        "]",
        "\"symbol\":",
        "\"updated\":",
        "\"quotes\":",
        "\"2026-07-15T13:15:53-04:00\"",
        "null",
        "é",
        "\u{0}",
        "\"Date: September 25, 2025 at 9:05 PM EDT\"",
        "Date: January 1, 262142 at 1:00 AM EST",
        "Fri Dec 19 2025",
        "Date: 2025年12月1日 GMT-5 21:05",
        "Dec 29 2013 @ 19:06 ET",
        "13 Dec 125.00 (IBM1327L125-4)",
        "contractSymbol,lastTradeDate,strike,lastPrice\n",
        "ticker,open,close,high,low,window_start\n",
        "Price,Close,High,Low,Open,Volume\n",
        "O:",
        "1758830400000000000",
        "$1,204.50",
        "(2%)",
        "'",
        "{\"options\":{\"option\":",
    ]);
    prop::collection::vec(words, 0..80).prop_map(|words| words.concat())
}

/// Valid rows under a valid header, with one piece of them replaced.
fn damaged_rows() -> impl Strategy<Value = String> {
    let samples = SAMPLES.iter().map(|(_, _, text, _)| *text);
    let files = prop::sample::select(samples.chain([
        "observation_date,DGS10\n2005-01-14,4.23\n2005-01-18,4.21\n",
        "DATE,OPEN,HIGH,LOW,CLOSE\n1990-01-02,17.24,17.24,17.24,17.24\n",
        "34200000,10000,10500,9900,10400,2,11000,11100,10900,11050,5\n34260000,,,,,0,11000,11100,10900,11100,6\n",
        "20200102 08:00,25,25,25,25,2\n20200102 09:00,25,25,25,25,2\n20200103 00:00,25,25,25,25,2\n",
        "underlying,underlying_last,optionroot,type,expiration,quotedate,strike,last,bid,ask,volume,openinterest,ivbid,ivask,delta,gamma\nYPF,20.5,YPF151218P00019000,put,12/18/2015,11/20/2015,19.0,0.8,0.7,0.95,3,55,0.5,0.75,-0.3151,0.0969\n",
        "\nAcme,Last: 10,Change: -3\n\"Date: September 25, 2025 at 9:05 PM EDT\",Bid: 1,Ask: 2\nExpiration Date,Calls,Bid,Ask,Strike,Puts,Bid,Ask\nFri Dec 19 2025,ACME251219C00052500,1,2,52.50,ACME251219P00052500,1,2\n",
        TASTYTRADE,
        FLEX,
        FLEX_OTHERS,
        FLEX_CSV,
        ACTIVITY,
        SCHWAB,
        FIDELITY,
        ROBINHOOD,
        THINKORSWIM,
        LEGACY,
        CBOE_JSON,
        "{\"symbol\":\"ACME\",\"updated\":\"2026-07-15T13:15:53-04:00\",\"underlyingPrice\":3.5,\"quotes\":[{\"symbol\":\"ACME260717C00205000\",\"side\":\"call\",\"strike\":205.0,\"bid\":1,\"ask\":2,\"volume\":3}]}",
        TRADIER,
        CBOE_2013,
    ]).collect::<Vec<_>>());
    (files, any::<prop::sample::Index>(), 0_usize..4, ".{0,4}").prop_map(|(file, at, cut, with)| {
        let mut chars: Vec<char> = file.chars().collect();
        let at = at.index(chars.len());
        let end = (at + cut).min(chars.len());
        chars.splice(at..end, with.chars());
        chars.into_iter().collect()
    })
}

const TASTYTRADE: &str = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,\
    Commissions,Fees,Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,Call or Put,Order #,Currency
2024-03-08T15:57:13+0100,Trade,Sell to Open,SELL_TO_OPEN,SCHG  240920C00099000,Equity Option,Sold 2,\"2,740.00\",2,\
    \"1,370.00\",-2.00,-0.15,100,SCHG,SCHG,9/20/24,99,CALL,337454037,USD
2024-03-09T15:57:13+0100,Money Movement,Dividend,,F,Equity,text,1.25,0,,--,0.00,,,,,,,,USD
";
const FLEX: &str = r#"<FlexQueryResponse queryName="q"><FlexStatements count="1"><FlexStatement accountId="U1"><Trades>
<Trade assetCategory="OPT" symbol="IAG   181116C00046000" underlyingSymbol="IAG" description="IAG 16NOV18 46.0 C" multiplier="100" tradeDate="20181025" tradeTime="101240" quantity="-9" tradePrice="1.5" proceeds="1350" taxes="0" ibCommission="-11.25" openCloseIndicator="O" notes="P" transactionID="398778337" ibOrderID="44843833" closePrice="1.6" levelOfDetail="EXECUTION" />
<Trade assetCategory="STK" symbol="A" description="&lt;" multiplier="1" tradeDate="20181025" tradeTime="101240" quantity="3" tradePrice="2" proceeds="-6" openCloseIndicator="O" notes="A" transactionID="7"></Trade>
</Trades></FlexStatement></FlexStatements></FlexQueryResponse>"#;
const FLEX_OTHERS: &str = include_str!("brokers/flex_others.xml");
const FLEX_CSV: &str = include_str!("brokers/flex.csv");
const ACTIVITY: &str = include_str!("brokers/activity.csv");
const SCHWAB: &str = include_str!("brokers/schwab.csv");
const FIDELITY: &str = include_str!("brokers/fidelity.csv");
const ROBINHOOD: &str = include_str!("brokers/robinhood.csv");
const THINKORSWIM: &str = include_str!("brokers/thinkorswim.csv");
const LEGACY: &str = include_str!("brokers/tastytrade_legacy.csv");
const CBOE_JSON: &str = r#"{"timestamp": "2025-09-25 20:14:33", "data": {"options": [{"option":"SPX251219C06600000","bid":158.1,"ask":160.9,"iv":0.1475,"open_interest":54321.0,"volume":12.0,"delta":0.52,"last_trade_price":159.0}], "symbol": "^SPX", "current_price": 6604.72, "bid": 0.0, "volume": 0}, "symbol": "_SPX"}"#;
const DESK: &str = r#"{"symbol":"ACME","updated":"2026-07-15T13:15:53-04:00","underlyingPrice":3.5,"quotes":[{"symbol":"ACME260717C00205000","side":"call","strike":205.0,"bid":1,"ask":2,"volume":3}]}"#;
const TRADIER: &str = include_str!("samples/tradier.json");
const CBOE_2013: &str = include_str!("samples/cboe_2013.csv");
const EXTREMES: [&str; 22] = [
    "79228162514264337593543950335",
    "-79228162514264337593543950335",
    "999999999999",
    "0.00000001",
    "-0",
    "0",
    "1e30",
    "1e308",
    "1e-320",
    "NaN",
    "-inf",
    "18446744073709551616",
    "4294967296",
    "",
    "\u{0}",
    "\u{feff}",
    "é😀",
    "&#0;",
    "&#x110000;",
    "\\ud800",
    "+262142-12-31T00:00:00+2359",
    "99991231",
];

/// Documents of every reader in whose fields something stands that no field should hold: fields are what is between
/// delimiters. Some are in another encoding, cut short, or have a mark of byte order.
fn extreme_documents() -> impl Strategy<Value = Vec<u8>> {
    let samples = SAMPLES.iter().map(|(_, _, text, _)| *text);
    let documents = prop::sample::select(samples.chain([
        TRADIER,
        CBOE_2013,
        TASTYTRADE,
        TASTYTRADE,
        FLEX,
        FLEX,
        FLEX_OTHERS,
        FLEX_CSV,
        ACTIVITY,
        SCHWAB,
        FIDELITY,
        ROBINHOOD,
        THINKORSWIM,
        LEGACY,
        CBOE_JSON,
        DESK,
        "observation_date,DGS10\n2005-01-14,4.23\n2005-01-18,4.21\n",
        "DATE,OPEN,HIGH,LOW,CLOSE\n1990-01-02,17.24,17.24,17.24,17.24\n",
        "underlying,underlying_last,optionroot,type,expiration,quotedate,strike,last,bid,ask,volume,openinterest,ivbid,ivask,delta,gamma\nYPF,20.5,YPF151218P00019000,put,12/18/2015,11/20/2015,19.0,0.8,0.7,0.95,3,55,0.5,0.75,-0.3151,0.0969\n",
        "\nAcme,Last: 10,Change: -3\n\"Date: September 25, 2025 at 9:05 PM EDT\",Bid: 1,Ask: 2\nExpiration Date,Calls,Bid,Ask,Strike,Puts,Bid,Ask\nFri Dec 19 2025,ACME251219C00052500,1,2,52.50,ACME251219P00052500,1,2\n",
    ]).collect::<Vec<_>>());
    let extreme = prop_oneof![
        8 => prop::sample::select(EXTREMES.to_vec()).prop_map(str::to_owned),
        1 => (prop::sample::select(vec!["9", "x", "\u{7f}", "<", "["]), 1_usize..200_000).prop_map(|(text, times)| text.repeat(times)),
    ];
    let edits = prop::collection::vec((any::<prop::sample::Index>(), extreme), 1..4);
    (documents, edits, 0_u8..12, any::<prop::sample::Index>()).prop_map(|(document, edits, form, cut)| {
        let mut text = document.to_owned();
        for (place, extreme) in edits {
            let ends: Vec<usize> = text.match_indices([',', '"', '|', '\n', ':', '}', ' ']).map(|it| it.0).collect();
            let place = place.index(ends.len() - 1);
            text.replace_range(ends[place] + 1..ends[place + 1], &extreme);
        }
        let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        match form {
            0 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            1 => [&b"\xff\xfe"[..], &wide(u16::to_le_bytes)].concat(),
            2 => [&b"\xfe\xff"[..], &wide(u16::to_be_bytes)].concat(),
            3 => text.as_bytes()[..cut.index(text.len())].to_vec(),
            4 => text.replace('2', "\u{ff12}").into_bytes(),
            5 => text.chars().map(|letter| u8::try_from(letter).unwrap_or(0xe9)).collect(),
            _ => text.into_bytes(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        exhaust("x.csv", &bytes);
        exhaust_brokers("x.csv", &bytes);
    }

    fn extreme_values_never_panic(bytes in extreme_documents()) {
        exhaust("x.csv", &bytes);
        exhaust_brokers("x.csv", &bytes);
    }

    fn near_misses_never_panic(text in near_misses()) {
        exhaust("x.csv", text.as_bytes());
        exhaust("x.csv.gz", &gzip(&text));
        exhaust_brokers("x.csv", text.as_bytes());
        exhaust_brokers("x.csv", format!("{}{text}", TASTYTRADE.lines().next().unwrap_or_default()).as_bytes());
    }

    fn damaged_rows_never_panic(text in damaged_rows()) {
        exhaust_brokers("x.csv", text.as_bytes());
        exhaust("VIX.csv", text.as_bytes());
        exhaust("acme_eod_20250925.txt", text.as_bytes());
        exhaust("option/usa/minute/x.zip", &zip(&[
            ("20151224_goog_minute_quote_american_call_7525000_20160115.csv", &text),
            ("spx_trade_european_call_32000000_20210115.csv", &text),
            ("aapl.csv", &text),
            ("x.json", &text),
        ]));
    }

    fn damaged_archives_never_panic(at in any::<prop::sample::Index>(), bits in 1_u8.., cut in any::<bool>()) {
        let text = "observation_date,DGS10\n2005-01-14,4.23\n2005-01-18,4.21\n";
        for (name, mut bytes) in [("x.csv.gz", gzip(text)), ("x.zip", zip(&[("x.csv", text), ("y.csv", text)]))] {
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= bits }
            exhaust(name, &bytes);
        }
    }
}
