//! The CSV of a Flex query: one table, or one for each section, each with its line of column names.

use std::{borrow::Cow, sync::Arc};

use strikebook_core::{Error, Result};

use super::{
    super::{BrokerHistory, RawRow, csv::Reading, fields::Fields},
    Rows,
    rows::{self, Statement},
};
use crate::{
    input::Document,
    text::{Header, Table},
};

/// The columns whose names differ from those of the XML by more than case and punctuation.
const NAMES: [(&str, &str); 8] = [
    ("ClientAccountID", "accountId"),
    ("CurrencyPrimary", "currency"),
    ("AssetClass", "assetCategory"),
    ("IBCommissionCurrency", "ibCommissionCurrency"),
    ("Notes/Codes", "notes"),
    ("LevelOfDetail", "levelOfDetail"),
    ("Put/Call", "putCall"),
    ("Code", "code"),
];
/// The words at the start of lines about the file, its accounts and its sections.
const TRAILERS: [&str; 6] = ["BOF", "BOA", "BOS", "EOS", "EOA", "EOF"];

pub(super) fn is_header(header: &Header) -> bool {
    let has = |name| header.find(name).is_some();
    has("ClientAccountID") && has("CurrencyPrimary") || has("AssetClass") && has("Symbol") && has("Open/CloseIndicator")
}

/// Returns the element of the XML that has the columns of a table.
fn element(columns: &[&str]) -> &'static str {
    let has = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    if has("TradePrice") || has("TradeID") && has("Quantity") && has("BuySell") || has("Buy/Sell") {
        "Trade"
    } else if has("Amount") && has("Type") {
        "CashTransaction"
    } else if has("ActionDescription") || has("Type") && has("Proceeds") && has("Quantity") {
        "CorporateAction"
    } else if has("TransferPrice") {
        "Transfer"
    } else {
        "row of another table"
    }
}

fn renamed(column: &str) -> &str {
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map_or(column, |(_, name)| name)
}

/// Returns true for a stored line of a Flex query's CSV.
pub(super) fn is_stored(fields: &Fields<'_>) -> bool {
    fields.names().any(|name| name == "ClientAccountID" || name == "CurrencyPrimary" || name == "AssetClass")
}

/// Reads a stored line again.
pub(super) fn stored_row(fields: &Fields<'_>) -> Result<Reading> {
    let names: Vec<&str> = fields.names().collect();
    let renamed = fields.names().map(|name| (renamed(name), Cow::Borrowed(fields.text(name)))).collect();
    rows::read(element(&names), &Fields::new(renamed), &Statement::default()).map(|(reading, _)| reading)
}

pub(super) fn read(document: Document, history: &mut BrokerHistory, rows: &mut Rows) -> Result<()> {
    // Fields are quoted, so that the last one shows by itself that it is whole.
    let mut table = Table::new(Document { sealed: true, ..document }, b',').with_quoted_lines();
    let (mut header, nameless) = (None::<Arc<Header>>, Arc::default());
    while table.advance()? {
        let (bytes, text) = (table.bytes(), table.text());
        let row = match table.row() {
            Ok(row) => row,
            Err(error) => {
                let raw = RawRow::line(text, header.as_ref().unwrap_or(&nameless));
                rows.position += 1;
                history.reject((rows.position, raw.as_str().to_owned(), raw), &error, bytes)?;
                continue;
            }
        };
        let found = Header::of(row);
        if is_header(&found) {
            header = Some(Arc::new(found));
            continue;
        }
        let first = row.get(0).map_or("", |first| first);
        if TRAILERS.contains(&first) {
            history.leave_out("line about the file");
            continue;
        }
        let Some(header) = &header else {
            history.leave_out("line before the header");
            continue;
        };
        let raw = RawRow::line(text, header);
        let fields = header.names().map(renamed).zip(row.iter().map(Cow::Borrowed)).collect();
        let element = element(&header.names().collect::<Vec<_>>());
        match row.expect(header.len()) {
            Ok(()) => rows.take(history, (element, element), &Fields::new(fields), raw, bytes)?,
            Err(error) => {
                rows.position += 1;
                history.reject((rows.position, raw.joined().into_owned(), raw), &error, bytes)?;
            }
        }
    }
    match header {
        Some(_) => Ok(()),
        None => Err(Error::invalid_input("the file lacks the line of column names")
            .with("file", &history.file)
            .with("expected", "the columns of a Flex query, such as ClientAccountID and CurrencyPrimary")),
    }
}
