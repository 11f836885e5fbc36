//! Histories in brokers' files.

use std::io::Cursor;

use strikebook_core::{Decimal, ErrorKind, Json};
use strikebook_testkit::{
    trial::{self, Trial},
    trials,
};
use strikebook_vendors::{
    ReadReport, Reading,
    broker::{BROKER_FILES, BrokerAction, BrokerFormat, BrokerHistory, BrokerLayout, RawRow, read_file, read_from},
};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_trade_is_recognised_by_its_money,
        the_oldest_row_comes_first_and_equal_rows_are_told_apart,
        rows_that_cannot_be_read_are_reported,
        equal_rows_that_cannot_be_read_are_told_apart,
        executions_of_a_flex_query_are_read,
        amounts_that_no_journal_holds_are_rejected_with_their_field,
        rejected_rows_are_kept_up_to_a_bound_and_counted_beyond,
        a_file_without_a_row_that_can_be_read_is_given_up,
        xml_that_is_no_flex_query_is_refused,
        sections_of_a_flex_query_that_are_not_read_are_named,
        the_page_on_brokers_files_is_the_list_of_the_library,
        a_history_may_be_in_an_archive,
        a_real_history_is_read_to_the_last_row,
        a_real_flex_query_is_read_to_the_last_execution
    ]
}

const HEADER: &str = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,Commissions,\
                      Fees,Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,Call or Put,Order #,Currency";

fn tastytrade(rows: &[&str]) -> BrokerHistory {
    let text = [&[HEADER], rows, &[""]].concat().join("\n");
    let history = read_from("history.csv", Cursor::new(text), BrokerFormat::Tastytrade).expect("a history");
    assert_eq!(history.report.accepted, history.rows.len() as u64);
    assert!(adds_up(&history), "{}", history.report);
    history
}

/// Returns true if read = accepted + rejected + left out.
fn adds_up(history: &BrokerHistory) -> bool {
    let left_out: u64 = history.report.left_out.values().sum();
    history.report.read == history.report.accepted + history.report.rejected + left_out
}

fn content(row: &RawRow) -> Json {
    row.content().expect("an object of texts")
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

const SOLD: &str = "2024-03-08T15:57:13+0100,Trade,Sell to Open,SELL_TO_OPEN,SCHG  240920C00099000,Equity Option,Sold 2,\"2,740.00\",\
                    2,\"1,370.00\",-2.00,-0.15,100,SCHG,SCHG,9/20/24,99,CALL,337454037,USD";
const BOUGHT: &str = "2024-03-08T15:57:13+0100,Trade,Buy to Open,BUY_TO_OPEN,THCBW,Equity,Bought 29,-85.72,29,-2.96,0.00,0.00,,,,,,,11,USD";

fn a_trade_is_recognised_by_its_money() {
    let history = tastytrade(&[SOLD]);
    let row = &history.rows[0];
    assert_eq!((row.action, row.quantity, row.price), (BrokerAction::Open, decimal("-2"), decimal("13.7")));
    assert_eq!((row.value, row.costs, row.multiplier), (decimal("2740"), decimal("2.15"), 100));
    assert_eq!(row.at.to_string(), "2024-03-08T14:57:13Z");
    assert_eq!(row.order.as_ref().map(ToString::to_string).as_deref(), Some("337454037"));
    let content = content(&row.raw);
    assert_eq!(content.as_value()["Value"], "2,740.00", "as the file spells it");
    assert_eq!(content.as_value().as_object().map(serde_json::Map::len), Some(20));
    let row = &tastytrade(&[BOUGHT]).rows[0];
    assert_eq!(row.price, decimal("2.95586207"), "the average price of the file is rounded to cents");
}

fn the_oldest_row_comes_first_and_equal_rows_are_told_apart() {
    let later = SOLD.replace("2024-03-08", "2024-03-12").replace("+0100", "+0000");
    let history = tastytrade(&[&later, BOUGHT, SOLD, SOLD]);
    let lines: Vec<_> = history.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [5, 4, 3, 2]);
    assert_ne!(history.rows[0].id(), history.rows[1].id());
    let alone = tastytrade(&[SOLD]);
    assert_eq!(alone.rows[0].id(), history.rows[0].id(), "whatever else is in the file");
    let id = "open|SCHG  240920C00099000|2024-03-08T14:57|-2|2740|USD#1";
    assert_eq!(alone.rows[0].id(), id, "journals hold this text: another one would import the row again");
}

fn rows_that_cannot_be_read_are_reported() {
    let history = tastytrade(&[
        SOLD,
        &SOLD.replace("USD", "dollars"),
        &SOLD.replace("+0100", ""),
        &SOLD.replace("240920C00099000", "240920X00099000"),
        &SOLD.replace("\"2,740.00\"", "n/a"),
        &SOLD.replace("Sold 2,", "Sold 2,,"),
        &SOLD.replace("SELL_TO_OPEN", "SELL"),
        &SOLD.replace("Equity Option", "Future Option"),
    ]);
    assert_eq!((history.report.read, history.report.accepted, history.report.rejected), (8, 1, 6));
    assert_eq!(history.report.left_out.get("Future Option"), Some(&1));
    let lines: Vec<_> = history.report.rejections.iter().map(|rejection| rejection.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8]);
    let kept: Vec<_> =
        history.rejected.iter().map(|row| (row.line, content(&row.raw).as_value()["Symbol"].clone())).collect();
    assert_eq!(kept.len(), 6);
    assert_eq!(kept[2], (5, "SCHG  240920X00099000".into()));
    assert_eq!(content(&history.rejected[4].raw).as_value()["field 21"], "USD", "what has no column");
    assert!(history.rejected[0].reason.contains("currency"), "{}", history.rejected[0].reason);
    let whole = format!("{HEADER}\n{BOUGHT}\n{SOLD}");
    for (cut, accepted) in [(0, 2), (1, 1), (20, 1)] {
        let text = whole[..whole.len() - cut].to_owned();
        let history = read_from("cut.csv", Cursor::new(text), BrokerFormat::Tastytrade).expect("a history");
        assert_eq!((history.report.read, history.report.accepted), (2, accepted), "without the last {cut} bytes");
    }
    let error = read_from("x.csv", Cursor::new("a,b\n1,2\n"), BrokerFormat::Tastytrade).expect_err("another file");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.context("expected").is_some_and(|columns| columns.contains("Date")), "{error}");
}

fn equal_rows_that_cannot_be_read_are_told_apart() {
    let bad = SOLD.replace("USD", "dollars");
    let open = "2024-03-08T15:57:13+0100,\"Trade";
    let history = tastytrade(&[&bad, open, &bad, BOUGHT]);
    let [newest, unclosed, oldest] = &history.rejected[..] else { panic!("three rows") };
    assert!(oldest.id.ends_with("#1") && newest.id.ends_with("#2"), "{} {}", oldest.id, newest.id);
    assert_eq!(content(&unclosed.raw).as_value()["field 1"], open);
    let shorter = tastytrade(&[&bad, BOUGHT]);
    assert_eq!(shorter.rejected[0].id, oldest.id, "whatever stands before it");
}

fn executions_of_a_flex_query_are_read() {
    let trade = r#"<Trade assetCategory="OPT" symbol="IAG   181116C00046000" underlyingSymbol="IAG" description="IAG 16NOV18 46.0 C"
        multiplier="100" tradeDate="20181025" tradeTime="101240" quantity="-9" tradePrice="1.5" proceeds="1350" taxes="0"
        ibCommission="-11.25" openCloseIndicator="O" notes="P" transactionID="398778337" ibOrderID="44843833" closePrice="1.6"
        levelOfDetail="EXECUTION" />"#;
    let whole = |trades: &str| {
        format!("<FlexQueryResponse><FlexStatements><Trades>{trades}</Trades></FlexStatements></FlexQueryResponse>")
    };
    let read = |text: String| read_from("trades.xml", Cursor::new(text), BrokerFormat::IbkrFlex);
    let summary = trade.replace("EXECUTION", "ORDER");
    let history = read(whole(&format!("{trade}{summary}"))).expect("a history");
    assert_eq!(history.rows.len(), 1, "summaries repeat executions");
    let row = &history.rows[0];
    assert_eq!((row.action, row.quantity, row.price), (BrokerAction::Open, decimal("-9"), decimal("1.5")));
    assert_eq!((row.costs, &*row.id()), (decimal("11.25"), "398778337|IAG   181116C00046000|-9|1.5"));
    assert_eq!(row.at.to_string(), "2018-10-25T14:12:40Z");
    let settled = trade.replace("notes=\"P\"", "notes=\"A\"");
    let row = read(whole(&settled)).expect("a history").rows.remove(0);
    assert_eq!((row.action, row.price), (BrokerAction::Assignment, decimal("1.6")));
    let bad = trade.replace("symbol=\"IAG ", "symbol=\"iag ").replace("description=\"IAG", "description=\"");
    let history = read(whole(&format!("{bad}{trade}"))).expect("a history");
    assert_eq!((history.report.rejected, history.rows.len()), (1, 1));
    assert_eq!(content(&history.rejected[0].raw).as_value()["underlyingSymbol"], "IAG");
    assert_eq!(history.rejected[0].id, "398778337#1");
    assert!(read(whole(trade).replace("</Trades>", "")).is_err(), "cut short");
    assert!(read("<html></html>".to_owned()).is_err());
}

/// A Flex query of one execution with an attribute changed, and of another one.
fn flex(from: &str, to: &str) -> BrokerHistory {
    let trade = FLEX_TRADE.replace(from, to);
    assert_ne!(trade, FLEX_TRADE);
    let other = FLEX_TRADE.replace("transactionID=\"7\"", "transactionID=\"8\"");
    let text = format!("<FlexQueryResponse><Trades>{trade}{other}</Trades></FlexQueryResponse>");
    read_from("x.xml", Cursor::new(text), BrokerFormat::IbkrFlex).expect("a history")
}

const FLEX_TRADE: &str = r#"<Trade assetCategory="STK" symbol="A" description="&lt;a&gt; &amp; b" multiplier="1" tradeDate="20181025"
    tradeTime="101240" quantity="3" tradePrice="2" proceeds="-6" taxes="-0.5" ibCommission="-1" openCloseIndicator="O" notes=""
    transactionID="7"/>"#;
const LARGEST: &str = "79228162514264337593543950335";

fn amounts_that_no_journal_holds_are_rejected_with_their_field() {
    let ok = flex("20181025", "20181026");
    let row = &ok.rows[0];
    assert_eq!((row.costs.to_string().as_str(), row.description.as_str()), ("1.5", "<a> & b"));
    for (from, to, field) in [
        (
            r#"taxes="-0.5" ibCommission="-1""#,
            format!(r#"taxes="-{LARGEST}" ibCommission="-{LARGEST}""#),
            "ibCommission",
        ),
        (r#"taxes="-0.5""#, format!(r#"taxes="{LARGEST}""#), "taxes"),
        (r#"taxes="-0.5" ibCommission="-1""#, r#"taxes="999999999999" ibCommission="999999999999""#.into(), "taxes"),
        (r#"quantity="3""#, format!(r#"quantity="{LARGEST}""#), "quantity"),
        (r#"tradePrice="2""#, r#"tradePrice="1000000000000""#.into(), "tradePrice"),
        (r#"proceeds="-6""#, r#"proceeds="1e30""#.into(), "proceeds"),
        (r#"multiplier="1""#, r#"multiplier="0""#.into(), "multiplier"),
        (r#"quantity="3" tradePrice="2""#, r#"quantity="999999999999" tradePrice="NaN""#.into(), "tradePrice"),
        (r#"multiplier="1" tradeDate="20181025""#, r#"multiplier="1" tradeDate="+262142""#.into(), "tradeDate"),
    ] {
        let history = flex(from, &to);
        let [rejection] = &history.report.rejections[..] else { panic!("{to}: {:?}", history.rows) };
        assert_eq!((&*rejection.file, rejection.line), ("x.xml", 1), "{to}");
        assert!(rejection.reason.contains(field), "{to}: {rejection}");
    }
    for (from, to, field) in [
        ("-2.00,-0.15", format!("-{LARGEST},-{LARGEST}"), "Commissions"),
        ("-2.00,-0.15", "-999999999999,-1".into(), "Commissions and Fees"),
        ("\"2,740.00\"", LARGEST.into(), "Value"),
        (",2,\"1", format!(",{LARGEST},\"1"), "Quantity"),
        (",2,\"1", ",-0,\"1".into(), "Quantity"),
        (",2,\"1", ",999999999999,\"1".into(), "Multiplier"),
        ("\"2,740.00\",2,", "999999999999,0.00000001,".into(), "Value"),
        (",100,SCHG", ",0,SCHG".into(), "Multiplier"),
        (",100,SCHG", ",4294967296,SCHG".into(), "Multiplier"),
    ] {
        let history = tastytrade(&[&SOLD.replace(from, &to), BOUGHT]);
        let [rejection] = &history.report.rejections[..] else { panic!("{to}: {:?}", history.rows) };
        assert_eq!(rejection.line, 2, "{to}");
        assert!(rejection.reason.contains(field), "{to}: {rejection}");
    }
}

fn rejected_rows_are_kept_up_to_a_bound_and_counted_beyond() {
    let bad: Vec<_> = (0..2_500).map(|row| SOLD.replace("USD", &format!("c{row}"))).collect();
    let rows: Vec<_> = std::iter::once(SOLD).chain(bad.iter().map(String::as_str)).collect();
    let history = tastytrade(&rows);
    assert_eq!((history.report.read, history.report.accepted, history.report.rejected), (2_501, 1, 2_500));
    assert_eq!((history.rejected.len(), history.report.rejections.len()), (1_000, ReadReport::MAX_REJECTIONS));
    assert_eq!(history.rejected[999].line, 1_002);
}

fn a_file_without_a_row_that_can_be_read_is_given_up() {
    let bad = |bad: &str| bad.repeat(20_000);
    let csv = format!("{HEADER}\n{}", bad("no row\n"));
    let xml = format!("<FlexQueryResponse>{}</FlexQueryResponse>", bad("<Trade symbol=\"A\"/>"));
    for (name, text, format, line) in
        [("x.csv", csv, BrokerFormat::Tastytrade, "2"), ("x.xml", xml, BrokerFormat::IbkrFlex, "1")]
    {
        let error = read_from(name, Cursor::new(text), format).expect_err("nothing can be read");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let context = ["file", "line", "rejected"].map(|key| error.context(key));
        assert_eq!(context, [Some(name), Some(line), Some("10000")], "{error}");
        assert!(error.context("first").is_some(), "{error}");
    }
}

fn xml_that_is_no_flex_query_is_refused() {
    let whole = format!("\u{feff}<?xml version=\"1.0\"?>\n<FlexQueryResponse>{FLEX_TRADE}</FlexQueryResponse>\n");
    let read = |text: String| read_from("x.xml", Cursor::new(text), BrokerFormat::IbkrFlex);
    assert_eq!(read(whole.clone()).expect("a history").rows.len(), 1);
    let deep = format!("<FlexQueryResponse>{}", "<a>".repeat(100));
    for text in [
        whole.trim_end().strip_suffix('>').expect("an end").to_owned(),
        whole.replace("</FlexQueryResponse>", ""),
        whole.replace("</FlexQueryResponse>", "</Flex>"),
        whole.replace("FlexQueryResponse", "html"),
        whole.replace("multiplier", "symbol"),
        whole.replace("&lt;", "&lol;"),
        whole.replace("notes=\"\"", "notes"),
        format!("{whole}<FlexQueryResponse/>"),
        format!("{whole}text"),
        format!("Date,Type\n{whole}"),
        deep,
        "x".repeat(3 << 20),
        format!("<FlexQueryResponse><Trade notes=\"{}\"", "x".repeat(3 << 20)),
        "\u{feff}".to_owned(),
        "<".to_owned(),
    ] {
        let error = read(text.clone()).expect_err("no Flex query");
        assert_eq!(error.context("file"), Some("x.xml"), "{error}: {}", text.chars().take(200).collect::<String>());
    }
    let latin: Vec<u8> =
        whole.replace("&amp;", "~").bytes().map(|byte| if byte == b'~' { 0xe9 } else { byte }).collect();
    assert!(read_from("x.xml", Cursor::new(latin), BrokerFormat::IbkrFlex).is_err(), "it is not UTF-8");
}

fn sections_of_a_flex_query_that_are_not_read_are_named() {
    let query = |sections: &str| {
        let statement = format!("<FlexStatement><AccountInformation/>{sections}</FlexStatement>");
        let text = format!("<FlexQueryResponse><FlexStatements>{statement}</FlexStatements></FlexQueryResponse>");
        read_from("x.xml", Cursor::new(text), BrokerFormat::IbkrFlex)
    };
    let others = "<OpenPositions><OpenPosition symbol=\"A\"/></OpenPositions>\
                  <CashReport><CashReportCurrency currency=\"USD\"/><CashReportCurrency currency=\"EUR\"/></CashReport>";
    let error = query(others).expect_err("no trades");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert_eq!(error.context("sections"), Some("CashReportCurrency, OpenPosition"), "{error}");
    let history = query(&format!("{others}<Trades>{FLEX_TRADE}</Trades>")).expect("a history");
    let ignored: Vec<_> = history.report.ignored.iter().map(|name| &**name).collect();
    assert_eq!((history.rows.len(), ignored), (1, vec!["x.xml/OpenPositions", "x.xml/CashReport"]));
    assert_eq!(history.report.left_out.get("CashReportCurrency"), Some(&2));
    assert!(adds_up(&history) && history.report.read == 4, "{}", history.report);
    for empty in ["", "<Trades/>", "<TradeConfirms/>"] {
        assert_eq!(query(empty).expect("a history").report, ReadReport::default(), "{empty}");
    }
}

fn the_page_on_brokers_files_is_the_list_of_the_library() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/brokers.md");
    let Ok(page) = std::fs::read_to_string(page) else { trial::missing("docs/brokers.md") };
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: Vec<String> = BROKER_FILES.iter().map(ToString::to_string).collect();
    assert_eq!(rows, expected, "docs/brokers.md");
    for kind in BROKER_FILES.iter().filter(|kind| !matches!(kind.reading, Reading::Refused(_))) {
        assert!(kind.name == "layout" || kind.name.parse::<BrokerFormat>().is_ok(), "{}", kind.name);
    }
    // The layout of the page reads what it says.
    let layout = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("a layout");
    let layout: BrokerLayout = serde_json::from_str(layout).expect("a layout");
    let file = "Name,Symbol,Side,Status,Filled,Total Qty,Price,Avg Price,Time-in-Force,Placed Time,Filled Time\n\
        ,SPY251114C00672000,Buy,Filled,2,2,@1.50,1.50,DAY,11/10/2025 09:31:00 EST,11/10/2025 09:31:05 EST\n";
    let history = read_from("webull.csv", Cursor::new(file), BrokerFormat::from(layout)).expect("a history");
    let row = &history.rows[0];
    assert_eq!((row.action, row.quantity, row.value), (BrokerAction::Trade, decimal("2"), decimal("-300")));
    assert_eq!(row.at.to_string(), "2025-11-10T14:31:05Z");
}

fn a_history_may_be_in_an_archive() {
    let text = format!("<FlexQueryResponse><Trades>{FLEX_TRADE}</Trades></FlexQueryResponse>");
    let csv = format!("{HEADER}\n{SOLD}\n");
    for (name, bytes) in
        [("q.xml.gz", crate::gzip(&text)), ("h.csv.gz", crate::gzip(&csv)), ("h.zip", crate::deflated(&csv))]
    {
        let history = read_from(name, Cursor::new(bytes), None).expect("a history");
        assert_eq!((history.rows.len(), adds_up(&history)), (1, true), "{name}");
    }
}

fn a_real_history_is_read_to_the_last_row() {
    let path = trial::data("tastytrade/tastytrade_transactions_history_180201_to_240817.csv");
    let history = read_file(path, BrokerFormat::Tastytrade).expect("a history");
    assert_eq!((history.report.read, history.report.rejected), (1_082, 0), "{}", history.report);
    let count = |action| history.rows.iter().filter(|row| row.action == action).count();
    assert_eq!(count(BrokerAction::Open) + count(BrokerAction::Close), 772);
    assert_eq!((count(BrokerAction::Assignment), count(BrokerAction::Delivery)), (28, 28));
    assert_eq!((count(BrokerAction::Expiration), count(BrokerAction::Dividend)), (14, 22));
    assert_eq!((count(BrokerAction::Replaced), count(BrokerAction::Replacement)), (7, 7));
}

fn a_real_flex_query_is_read_to_the_last_execution() {
    let path = trial::data("ibkr_flex/trades.xml");
    let history = read_file(path, BrokerFormat::IbkrFlex).expect("a history");
    assert_eq!((history.report.read, history.report.rejected), (11, 0), "{}", history.report);
}
