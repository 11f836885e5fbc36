//! The peak memory of every reader: at most four times the unpacked document, beside a constant.
//!
//! Each document is read in a process of its own, this binary started again, whose peak the kernel counts. Documents
//! are small unless `STRIKEBOOK_SOAK` is set: `STRIKEBOOK_SOAK=32` makes them thirty-two times as large. Only Linux
//! tells the peak.

#![cfg(target_os = "linux")]

use std::{
    env, fs,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    process::Command,
};

use strikebook_core::{
    Source,
    market::{SeriesId, Timeframe},
};
use strikebook_vendors::{
    BarLabel, CsvField, CsvLayout, Format, LeanAsset, LeanLayout, LeanResolution, ReadOptions,
    broker::{self, BrokerFormat},
    read_file,
};

const MIB: u64 = 1 << 20;
/// The bytes that a reader may take beside its document: buffers of files and lines, and 1,000 rejections.
const CONSTANT: u64 = 24 * MIB;

/// The size of a document.
fn size() -> u64 {
    let factor = env::var("STRIKEBOOK_SOAK").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    8 * MIB * factor
}

/// Writes a head, as many rows as make a document of the size, and a tail.
fn write(to: impl Write, (head, row, tail): (&str, impl Fn(u64) -> String, &str)) -> io::Result<()> {
    let mut to = BufWriter::new(to);
    to.write_all(head.as_bytes())?;
    let (mut written, mut number) = (0, 0);
    while written < size() {
        let row = row(number);
        to.write_all(row.as_bytes())?;
        written += row.len() as u64;
        number += 1;
    }
    to.write_all(tail.as_bytes())?;
    to.flush()
}

/// The peak of a reader on a document, and the reader's answer.
fn peak(reader: &str, file: &Path) -> (u64, String) {
    let child = Command::new(env::current_exe().expect("this binary"))
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env("STRIKEBOOK_READER", reader)
        .env("STRIKEBOOK_FILE", file)
        .output()
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(child.status.success(), "{reader}: {text}{}", String::from_utf8_lossy(&child.stderr));
    let found = text.lines().find_map(|line| line.split_once("peak ")?.1.split_once(' ')).expect("the child's account");
    (found.0.parse().expect("bytes"), found.1.to_owned())
}

/// Reads a document of some size with a reader and holds its peak to the limit.
fn check(reader: &str, name: &str, unpacked: u64, make: impl FnOnce(&mut File) -> io::Result<()>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    make(&mut File::create(&path).expect("a file")).expect("written");
    let (peak, answer) = peak(reader, &path);
    let limit = 4 * unpacked + CONSTANT;
    drop(writeln!(
        io::stderr(),
        "{reader} {name}: peak {} MiB of {} MiB unpacked: {answer}",
        peak / MIB,
        unpacked / MIB
    ));
    assert!(peak <= limit, "{reader} {name}: peak {} MiB, limit {} MiB: {answer}", peak / MIB, limit / MIB);
}

fn layout() -> CsvLayout {
    CsvLayout::bars(Timeframe::Day1, BarLabel::Start)
        .with_column(CsvField::Symbol, "symbol")
        .with_column(CsvField::Time, "time")
        .with_column(CsvField::Open, "open")
        .with_column(CsvField::High, "high")
        .with_column(CsvField::Low, "low")
        .with_column(CsvField::Close, "close")
}

fn read(reader: &str, file: &str) -> String {
    let broker = match reader {
        "tastytrade" => Some(BrokerFormat::Tastytrade),
        "flex" => Some(BrokerFormat::IbkrFlex),
        _ => None,
    };
    if let Some(format) = broker {
        return match broker::read_file(file, format) {
            Ok(history) => {
                let kept = history.rows.len() + history.rejected.len();
                format!("{} (kept {kept})", history.report).replace('\n', "; ")
            }
            Err(error) => error.to_string(),
        };
    }
    let format = match reader {
        "cboe" => Format::Cboe,
        "cboe_json" => Format::CboeJson,
        "options_desk" => Format::OptionsDesk,
        "end_of_day" => Format::EndOfDay,
        "fred" => Format::Fred,
        "index_history" => Format::IndexHistory(SeriesId::new("VIX").expect("a series")),
        "lean" => Format::Lean(LeanLayout::new(LeanAsset::Equity, LeanResolution::Daily)),
        "csv" => Format::Csv(Box::new(layout())),
        named => named.parse().expect("a reader"),
    };
    let options = ReadOptions::default().with_format(format).with_source(Source::new("x").expect("a source"));
    let mut reader = match read_file(file, &options) {
        Ok(reader) => reader,
        Err(error) => return error.to_string(),
    };
    match reader.by_ref().find_map(Result::err) {
        Some(error) => error.to_string(),
        None => reader.report().to_string().replace('\n', "; "),
    }
}

/// The peak of this process so far, in bytes.
fn high_water() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

#[test]
#[ignore = "the other tests start it as a process of its own"]
fn child() {
    let (Ok(reader), Ok(file)) = (env::var("STRIKEBOOK_READER"), env::var("STRIKEBOOK_FILE")) else { return };
    let before = high_water();
    let answer = read(&reader, &file);
    println!("\npeak {} {}", high_water() - before, answer.chars().take(400).collect::<String>());
}

const CBOE: &str = "\nAcme,Last: 10,Change: -3\n\"Date: September 25, 2025 at 9:05 PM EDT\",Bid: 1,Ask: 2\n\
                    Expiration Date,Calls,Bid,Ask,Strike,Puts,Bid,Ask\n";
const END_OF_DAY: &str = "underlying,type,expiration,quotedate,strike,bid,ask\n";
const FRED: &str = "observation_date,DGS10\n";
const INDEX: &str = "DATE,OPEN,HIGH,LOW,CLOSE\n";
const CSV: &str = "symbol,time,open,high,low,close\n";
const POLYGON: &str = "ticker,volume,open,close,high,low,window_start,transactions\n";
const OPTIONSDX: &str = concat!(
    "[QUOTE_READTIME],[UNDERLYING_LAST],[EXPIRE_DATE],[STRIKE],[C_BID],[C_ASK],[C_LAST],[C_VOLUME],[C_IV],[C_DELTA],",
    "[C_GAMMA],[C_THETA],[C_VEGA],[P_BID],[P_ASK],[P_LAST],[P_VOLUME],[P_IV],[P_DELTA],[P_GAMMA],[P_THETA],[P_VEGA]\n",
);
const CBOE_2013: &str = "ACME (ACME TRUST),10,-3,\nDec 29 2013 @ 19:06 ET,Bid,1,Ask,2,\n\
                         Calls,Last Sale,Bid,Ask,Puts,Last Sale,Bid,Ask,\n";
const TRADIER: &str = r#"{"options":{"option":["#;
const TASTYTRADE: &str = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,\
                          Commissions,Fees,Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,\
                          Call or Put,Order #,Currency\n";
const FLEX: &str = "<FlexQueryResponse><FlexStatements><FlexStatement><Trades>\n";
const FLEX_END: &str = "</Trades></FlexStatement></FlexStatements></FlexQueryResponse>\n";

/// Each reader of delimited text, a valid head for it, and a name.
const TABLES: [(&str, &str, &str); 9] = [
    ("cboe", CBOE, "x.csv"),
    ("end_of_day", END_OF_DAY, "x.csv"),
    ("fred", FRED, "x.csv"),
    ("index_history", INDEX, "x.csv"),
    ("csv", CSV, "x.csv"),
    ("polygon_minute", POLYGON, "x.csv"),
    ("optionsdx", OPTIONSDX, "acme_eod_202509.txt"),
    ("cboe", CBOE_2013, "x.dat"),
    ("tastytrade", TASTYTRADE, "x.csv"),
];

fn cboe_option(number: u64) -> String {
    format!(
        r#"{}{{"option":"SPX251219C{:08}","bid":158.1,"bid_size":11.0,"ask":160.9,"ask_size":2.0,"iv":0.1475,"open_interest":54321.0,"volume":12.0,"delta":0.52,"gamma":0.0011,"vega":9.1,"theta":-1.2,"rho":7.5,"theo":159.4,"change":0.0,"last_trade_price":159.0,"last_trade_time":"2025-09-25T15:59:58","prev_day_close":161.6}}"#,
        if number == 0 { "" } else { ",\n" },
        number % 99_999_999 + 1,
    )
}

fn small_option(key: &'static str) -> impl Fn(u64) -> String {
    move |number| format!(r#"{}{{"{key}":"A251219C00001000"}}"#, if number == 0 { "" } else { "," })
}

fn nothing(number: u64) -> String {
    if number == 0 { "{}".to_owned() } else { ",{}".to_owned() }
}

const CBOE_JSON: &str = r#"{"timestamp": "2025-09-25 20:14:33", "data": {"options": ["#;
const CBOE_JSON_END: &str = r#"], "symbol": "^SPX", "current_price": 6604.72}, "symbol": "_SPX"}"#;
const DESK: &str = r#"{"symbol":"ACME","updated":"2026-07-15T13:15:53-04:00","underlyingPrice":3.5,"quotes":["#;

#[test]
fn json_takes_its_size() {
    check("cboe_json", "usual.json", size(), |to| write(to, (CBOE_JSON, cboe_option, CBOE_JSON_END)));
    check("cboe_json", "small.json", size(), |to| write(to, (CBOE_JSON, small_option("option"), CBOE_JSON_END)));
    check("cboe_json", "nothing.json", size(), |to| write(to, (CBOE_JSON, nothing, CBOE_JSON_END)));
    check("options_desk", "small.json", size(), |to| write(to, (DESK, small_option("symbol"), "]}")));
    check("options_desk", "nothing.json", size(), |to| write(to, (DESK, nothing, "]}")));
    check("tradier", "small.json", size(), |to| write(to, (TRADIER, small_option("symbol"), "]}}")));
    check("tradier", "nothing.json", size(), |to| write(to, (TRADIER, nothing, "]}}")));
    // One option, of an object without an array around it.
    let member = |number| format!(r#"{}"x{number}":[]"#, if number == 0 { "" } else { "," });
    check("tradier", "one.json", size(), |to| write(to, (r#"{"options":{"option":{"#, member, "}}}")));
}

#[test]
fn a_json_document_of_one_text_takes_its_size() {
    let text = |_| "\u{7f}".repeat(1 << 16);
    for (head, tail) in [
        (r#"{"timestamp":""#, r#""}"#),
        (r#"{"timestamp":"2025-09-25 20:14:33","data":{"bid":""#, r#""}}"#),
        (r#"{"timestamp":"2025-09-25 20:14:33","data":{"symbol":""#, r#"","options":[]}}"#),
        (r#"{"timestamp":"2025-09-25 20:14:33","data":{"symbol":"X","options":[{"option":""#, r#""}]}}"#),
        (r#"{"timestamp":"2025-09-25 20:14:33","data":{"symbol":"X","options":[{"bid":""#, r#""}]}}"#),
        (r#"{"timestamp":"2025-09-25 20:14:33","data":{"symbol":"X","options":""#, r#""}}"#),
    ] {
        check("cboe_json", "text.json", size(), |to| write(to, (head, text, tail)));
    }
    check("options_desk", "brackets.json", size(), |to| write(to, (DESK, |_| "[".repeat(1 << 16), "")));
}

#[test]
fn lines_of_commas_are_refused_in_little_memory() {
    for (reader, head, name) in TABLES {
        check(reader, name, 0, |to| write(to, (head, |_| ",".repeat(1 << 16), "\n")));
        let line = |_| ",".repeat((1 << 20) - 2) + "\n";
        check(reader, name, 0, |to| write(to, (head, line, "")));
        check(reader, name, 0, |to| write(to, ("", line, "")));
    }
}

#[test]
fn bad_rows_take_no_memory() {
    for (reader, head, name) in TABLES {
        check(reader, name, 0, |to| write(to, (head, |number| format!("bad row,{number}\n"), "")));
        check(reader, name, 0, |to| {
            write(to, (head, |number| format!("bad row {}{number}\n", "\u{7f}".repeat(1 << 19)), ""))
        });
    }
    // A good row before a gigabyte of bad ones does not make them be read to the end.
    let day = |number| if number == 0 { "2005-01-14,4.23\n".to_owned() } else { format!("2005-01-18,x{number}\n") };
    check("fred", "some_good.csv", 0, |to| write(to, (FRED, day, "")));
    let cash = "2024-03-08T15:57:13+0100,Money Movement,Deposit,,,,,1.00,,,,,,,,,,,,USD\n";
    let some_good = |number| if number == 0 { cash.to_owned() } else { cash.replace("USD", &format!("X{number}")) };
    check("tastytrade", "some_good.csv", 0, |to| write(to, (TASTYTRADE, some_good, "")));
    let trade = |number| format!("<Trade bad=\"{number}\"/>\n");
    check("flex", "bad.xml", 0, |to| write(to, (FLEX, trade, FLEX_END)));
    let (good, trade) = (flex_trade(0), |number| format!("<Trade bad=\"{number}\"/>\n"));
    check("flex", "some_good.xml", 0, |to| write(to, (&(FLEX.to_owned() + &good), trade, FLEX_END)));
    let wide = |number| format!("<Trade bad=\"{number}\" {}/>\n", "a=\"\" ".repeat(1 << 15));
    check("flex", "wide.xml", 0, |to| write(to, (&(FLEX.to_owned() + &good), wide, FLEX_END)));
}

fn flex_trade(number: u64) -> String {
    format!(
        r#"<Trade accountId="U1234567" currency="USD" assetCategory="OPT" symbol="IAG   181116C00046000" underlyingSymbol="IAG" description="IAG 16NOV18 46.0 C" multiplier="100" tradeDate="20181025" tradeTime="101240" quantity="-9" tradePrice="1.5" proceeds="1350" taxes="0" ibCommission="-11.25" openCloseIndicator="O" notes="P" transactionID="{number}" ibOrderID="44843833" closePrice="1.6" levelOfDetail="EXECUTION" />
"#
    )
}

#[test]
fn brokers_histories_take_four_times_their_size() {
    let trade = |number| {
        format!(
            "2024-03-08T15:57:13+0100,Trade,Sell to Open,SELL_TO_OPEN,SCHG  240920C00099000,Equity Option,Sold 2 SCHG \
             09/20/24 Call 99.00 @ 13.70,\"2,740.00\",2,\"1,370.00\",-2.00,-0.15,100,SCHG,SCHG,9/20/24,99,CALL,{number},USD\n"
        )
    };
    check("tastytrade", "trades.csv", size(), |to| write(to, (TASTYTRADE, trade, "")));
    let cash = |number| {
        format!(
            "2024-03-08T15:57:13+0100,Money Movement,Credit Interest,,,,INTEREST ON CREDIT BALANCE,{number},0,,--,0.00,,,,,,,,USD\n"
        )
    };
    check("tastytrade", "cash.csv", size(), |to| write(to, (TASTYTRADE, cash, "")));
    check("flex", "trades.xml", size(), |to| write(to, (FLEX, flex_trade, FLEX_END)));
    let short = |number| {
        format!(
            r#"<Trade assetCategory="STK" symbol="A" description="" multiplier="1" tradeDate="20181025" tradeTime="101240" quantity="1" tradePrice="1" proceeds="1" openCloseIndicator="O" notes="" transactionID="{number}"/>"#
        )
    };
    check("flex", "short.xml", size(), |to| write(to, (FLEX, short, FLEX_END)));
    check("flex", "deep.xml", size(), |to| write(to, (FLEX, |_| "<a>".repeat(1 << 15), FLEX_END)));
    check("flex", "text.xml", size(), |to| write(to, (FLEX, |_| "x".repeat(1 << 15), FLEX_END)));
    check("flex", "one_attribute.xml", size(), |to| {
        write(to, (&(FLEX.to_owned() + "<Trade notes=\""), |_| "x".repeat(1 << 15), ""))
    });
}

#[test]
fn archives_take_the_size_of_what_is_in_them() {
    let day = |number: u64| {
        let number = number % 50_000;
        format!("{}-{:02}-{:02},{}\n", 1850 + number / 336, number / 28 % 12 + 1, number % 28 + 1, number % 97)
    };
    check("fred", "plain.csv", 0, |to| write(to, (FRED, day, "")));
    check("fred", "x.csv.gz", 0, |to| {
        write(flate2::write::GzEncoder::new(to, flate2::Compression::fast()), (FRED, day, ""))
    });
    check("fred", "zeros.csv.gz", 0, |to| {
        write(flate2::write::GzEncoder::new(to, flate2::Compression::fast()), (FRED, |_| "\n".repeat(1 << 16), ""))
    });
    check("fred", "x.zip", size(), |to| {
        let mut archive = zip::ZipWriter::new(to);
        archive.start_file("x.csv", zip::write::SimpleFileOptions::default())?;
        write(&mut archive, (FRED, day, ""))?;
        archive.finish()?;
        Ok(())
    });
    let entries = size() / 1024;
    check("lean", "x.zip", entries * 128, |to| {
        let mut archive = zip::ZipWriter::new(to);
        let options = zip::write::SimpleFileOptions::default();
        for number in 0..entries {
            archive.start_file(format!("licence{number}"), options)?;
            archive.write_all(b"0")?;
        }
        archive.finish()?;
        Ok(())
    });
}
