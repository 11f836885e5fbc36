//! The CSV of Fidelity's account history, newest row first, with dates alone and amounts after costs.

use strikebook_core::{Decimal, Name, Result, market::Instrument};

use super::{
    BrokerAction, BrokerHistory, BrokerRow,
    amount::{money, paid},
    csv::{self, CsvFormat, Reading},
    fields::Fields,
    moment::{DateOrder, day},
    named::{compact_contract, symbol},
    schwab::Daily,
};
use crate::{input::Document, text::Header, value::unexpected};

/// Symbols of the money market funds that hold the cash of an account.
const CORE: [&str; 6] = ["SPAXX", "FDRXX", "FZFXX", "FCASH", "QACDS", "FDIC99999"];
/// The beginnings of the broker's words for a row, the longer ones first.
const WORDS: [(&str, BrokerAction); 39] = [
    ("YOU BOUGHT OPENING TRANSACTION", BrokerAction::Open),
    ("YOU SOLD OPENING TRANSACTION", BrokerAction::Open),
    ("YOU BOUGHT CLOSING TRANSACTION", BrokerAction::Close),
    ("YOU SOLD CLOSING TRANSACTION", BrokerAction::Close),
    ("YOU BOUGHT ASSIGNED", BrokerAction::Delivery),
    ("YOU SOLD ASSIGNED", BrokerAction::Delivery),
    ("YOU BOUGHT EXERCISED", BrokerAction::Delivery),
    ("YOU SOLD EXERCISED", BrokerAction::Delivery),
    ("YOU SOLD SHORT SALE", BrokerAction::Open),
    ("YOU BOUGHT SHORT COVER", BrokerAction::Close),
    ("YOU BOUGHT", BrokerAction::Open),
    ("YOU SOLD", BrokerAction::Close),
    ("REINVESTMENT", BrokerAction::Open),
    ("EXPIRED", BrokerAction::Expiration),
    ("ASSIGNED", BrokerAction::Assignment),
    ("EXERCISED", BrokerAction::Assignment),
    ("DIVIDEND RECEIVED", BrokerAction::Dividend),
    ("FOREIGN TAX PAID", BrokerAction::Dividend),
    ("LONG-TERM CAP GAIN", BrokerAction::Dividend),
    ("SHORT-TERM CAP GAIN", BrokerAction::Dividend),
    ("RETURN OF CAPITAL", BrokerAction::Dividend),
    ("IN LIEU OF", BrokerAction::Dividend),
    ("REVERSE SPLIT", BrokerAction::CorporateAction),
    ("STOCK SPLIT", BrokerAction::CorporateAction),
    ("DISTRIBUTION", BrokerAction::CorporateAction),
    ("MERGER", BrokerAction::CorporateAction),
    ("NAME CHANGED", BrokerAction::CorporateAction),
    ("INTEREST", BrokerAction::Cash),
    ("MARGIN INTEREST", BrokerAction::Cash),
    ("FEE", BrokerAction::Cash),
    ("ADVISORY FEE", BrokerAction::Cash),
    ("ELECTRONIC FUNDS TRANSFER", BrokerAction::Deposit),
    ("DIRECT DEPOSIT", BrokerAction::Deposit),
    ("DIRECT DEBIT", BrokerAction::Deposit),
    ("CASH CONTRIBUTION", BrokerAction::Deposit),
    ("WIRE TRANSFER", BrokerAction::Deposit),
    ("CHECK", BrokerAction::Deposit),
    ("JOURNALED", BrokerAction::Deposit),
    ("ADJUSTMENT", BrokerAction::Cash),
];

pub(super) fn is_header(header: &Header) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| header.find(name).is_some());
    has(&["Run Date"]) && has(&["Action"]) && has(&["Symbol"]) && has(&["Amount ($)", "Amount"])
}

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    let format = CsvFormat {
        is_header,
        wanted: "Fidelity's columns Run Date, Action, Symbol, Quantity, Price ($) and Amount ($)",
        date: "Run Date",
        is_daily: true,
    };
    csv::read(document, history, &format, row)
}

pub(super) fn row(fields: &Fields<'_>, line: u64) -> Result<Reading> {
    let words = fields.need("Action")?.to_ascii_uppercase();
    let text = fields.text("Symbol");
    if CORE.contains(&text) || words.starts_with("REDEMPTION FROM CORE") || words.starts_with("PURCHASE INTO CORE") {
        return Reading::left_out("money market fund of the account's cash");
    }
    let quantity = money("Quantity", fields.text("Quantity"))?;
    let instrument: Option<Instrument> = match text.strip_prefix('-') {
        Some(contract) => Some(compact_contract(contract)?.into()),
        None if text.is_empty() => None,
        None => Some(symbol(text)?.into()),
    };
    let named = WORDS.iter().find(|(start, _)| words.starts_with(start));
    let action = match named.map(|(_, action)| *action) {
        // Money of a split or merger, such as cash in lieu.
        Some(BrokerAction::CorporateAction) if quantity.is_zero() => BrokerAction::Dividend,
        Some(action) => action,
        None if words.starts_with("TRANSFERRED") && quantity > Decimal::ZERO => BrokerAction::TransferIn,
        None if words.starts_with("TRANSFERRED") && quantity < Decimal::ZERO => BrokerAction::TransferOut,
        None if words.starts_with("TRANSFERRED") => BrokerAction::Deposit,
        None => return Err(unexpected("Action", "one of Fidelity's actions that are read", &words)),
    };
    let (commission, fees) = (dollars(fields, "Commission")?, dollars(fields, "Fees")?);
    let daily = Daily {
        line,
        date: day("Run Date", fields.need("Run Date")?, DateOrder::MonthFirst)?,
        action,
        instrument,
        amount: dollars(fields, "Amount")?,
        costs: paid("Commission and Fees", -commission, -fees)?,
    };
    let account = fields.first(&["Account Number", "Account"]).map(Name::new).transpose()?;
    let row = daily.row(fields, quantity, named.map_or("", |(start, _)| start))?;
    let commission = fields.find("Commission ($)").or_else(|| fields.find("Commission")).map(|_| commission);
    Ok(BrokerRow { account: account.map(Into::into), commission, ..row }.into())
}

/// Reads a column of money, which has its unit in brackets in most exports; zero if it is empty or absent.
fn dollars(fields: &Fields<'_>, name: &str) -> Result<Decimal> {
    let with_unit = format!("{name} ($)");
    money(name, fields.first(&[&with_unit, name]).map_or("", |text| text))
}
