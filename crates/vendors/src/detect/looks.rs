//! Descriptions of files of no known format.

use crate::{crypto, text::Header};

/// The most column names and keys to show.
const SHOWN: usize = 8;
/// The first bytes of files that are no text.
const BINARY: [(&[u8], &str); 8] = [
    (b"PAR1", "a Parquet file: export it as CSV"),
    (b"SQLite format 3", "an SQLite database: export its tables as CSV"),
    (b"%PDF", "a PDF: look for a CSV of the same"),
    (b"\x28\xb5\x2f\xfd", "a file packed with zstd: unpack it first"),
    (b"DBN", "Databento's binary encoding: export it as CSV"),
    (b"\xff\xfe", "a text in UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "a text in UTF-16: save it as UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV"),
];
/// Keys of JSON documents that are known and not read.
const JSON: [(&str, &str); 5] = [
    ("callExpDateMap", "an option chain of Schwab or TD Ameritrade, which is not read"),
    ("optionChain", "an option chain of Yahoo, which is not read: yfinance's CSV is"),
    ("jsonrpc", "an answer of Deribit, whose options on crypto currencies are not read"),
    ("request_id", "an answer of Polygon's REST interface, which is not read: its flat files are"),
    ("snapshots", "snapshots of Alpaca, which are not read"),
];
/// The columns of Polygon's trades.
const TRADES: [&str; 3] = ["sip_timestamp", "price", "size"];

/// Returns the first keys and texts of a JSON document.
pub(super) fn keys(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).take(2 * SHOWN).collect()
}

/// Describes a JSON document by its keys.
pub(super) fn like_json(keys: &[&str]) -> String {
    match JSON.iter().find(|(key, _)| keys.contains(key)) {
        Some((_, description)) => (*description).to_owned(),
        None => format!("a JSON document with {}", shown(keys.iter().copied())),
    }
}

/// Returns the refusal of a table of options on crypto currencies.
pub(super) fn like_crypto(lines: &[Header]) -> Option<String> {
    let has_symbol = lines.iter().flat_map(Header::names).any(crypto::is_symbol);
    let has_currency = lines.iter().any(|header| header.find("[BASE_CURRENCY]").is_some());
    (has_symbol || has_currency).then(|| crypto::REASON.to_owned())
}

/// Describes a file by its first bytes, its name in an archive and its first line.
pub(super) fn like(start: &[u8], entry: &str, first: Option<&Header>) -> String {
    if let Some((_, description)) = BINARY.iter().find(|(magic, _)| start.starts_with(magic)) {
        return (*description).to_owned();
    }
    if entry == "[Content_Types].xml" || entry.starts_with("xl/") {
        return "an Excel workbook: save it as CSV".to_owned();
    }
    let text = String::from_utf8_lossy(start);
    let lower = text.trim_start().to_ascii_lowercase();
    #[cfg(feature = "brokers")]
    if let Ok(format) = crate::broker::BrokerFormat::detect(&text) {
        return format!("a broker's history in the format {format}, which `broker` reads");
    }
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return "a web page, perhaps one that asks to log in, instead of the file".to_owned();
    }
    if lower.starts_with('<') {
        return "an XML document".to_owned();
    }
    if lower.starts_with('[') {
        return "a JSON array: chains are read as JSON objects".to_owned();
    }
    if start.contains(&0) {
        return "binary data".to_owned();
    }
    let Some(header) = first else { return "a text without a readable line".to_owned() };
    if TRADES.iter().all(|column| header.find(column).is_some()) {
        return "Polygon's trades, which are not read: its bars and quotes are".to_owned();
    }
    match header.len() {
        0 | 1 => "a text without columns".to_owned(),
        _ => format!("a table with the columns {}", shown(header.names())),
    }
}

/// Returns the first of some names, in quotes and not long.
fn shown<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let short = |name: &str| format!("{:?}", name.chars().take(32).collect::<String>());
    names.take(SHOWN).map(short).collect::<Vec<_>>().join(", ")
}
