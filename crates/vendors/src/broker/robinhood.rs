//! The CSV of Robinhood's activity report, newest row first, with dates alone and amounts after costs.

use strikebook_core::{
    Decimal, Result,
    market::{Instrument, OptionContract},
};

use super::{
    BrokerAction, BrokerHistory, BrokerRow,
    amount::{money, paid, product},
    csv::{self, CsvFormat, Reading},
    fields::Fields,
    moment::{DateOrder, day},
    named::{spoken_contract, symbol},
    schwab::Daily,
};
use crate::{input::Document, text::Header, value::unexpected};

/// The codes of money that belongs to a stock.
const DIVIDENDS: [&str; 5] = ["CDIV", "MDIV", "DTAX", "CIL", "MCIL"];
/// The codes of other money.
const MONEY: [&str; 19] = [
    "INT", "MINT", "GOLD", "SLIP", "DFEE", "AFEE", "MISC", "XENT_CC", "XENT", "GMPC", "ABIP", "T/A", "FUTSWP", "MTM",
    "ROC", "DCF", "GDBP", "CRRD", "DRFEE",
];
/// The codes of deposits and withdrawals.
const DEPOSITS: [&str; 5] = ["ACH", "RTP", "ITRF", "BCXFR", "WIRE"];
/// The codes of companies' actions.
const CORPORATE: [&str; 8] = ["SPL", "SPR", "SOFF", "MRGS", "MRGC", "SXCH", "NC", "SDIV"];

pub(super) fn is_header(header: &Header) -> bool {
    ["Activity Date", "Trans Code", "Instrument", "Description", "Quantity", "Amount"]
        .iter()
        .all(|name| header.find(name).is_some())
}

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    let format = CsvFormat {
        is_header,
        wanted: "Robinhood's columns Activity Date, Instrument, Description, Trans Code, Quantity, Price and Amount",
        date: "Activity Date",
        is_daily: true,
    };
    csv::read(document, history, &format, row)
}

pub(super) fn row(fields: &Fields<'_>, line: u64) -> Result<Reading> {
    let code = fields.need("Trans Code")?;
    let description = fields.text("Description");
    let is_delivery = description.contains("Option Assigned") || description.contains("Option Exercised");
    let shares = |trade: BrokerAction| if is_delivery { BrokerAction::Delivery } else { trade };
    let (action, sign) = match code {
        "BTO" => (BrokerAction::Open, Some(Decimal::ONE)),
        "STO" => (BrokerAction::Open, Some(Decimal::NEGATIVE_ONE)),
        "BTC" => (BrokerAction::Close, Some(Decimal::ONE)),
        "STC" => (BrokerAction::Close, Some(Decimal::NEGATIVE_ONE)),
        "Buy" => (shares(BrokerAction::Open), Some(Decimal::ONE)),
        "Sell" => (shares(BrokerAction::Close), Some(Decimal::NEGATIVE_ONE)),
        "OEXP" => (BrokerAction::Expiration, None),
        "OASGN" | "OEXCS" => (BrokerAction::Assignment, None),
        "ACATI" | "REC" => (BrokerAction::TransferIn, None),
        "ACATO" => (BrokerAction::TransferOut, None),
        code if CORPORATE.contains(&code) => (BrokerAction::CorporateAction, None),
        code if DIVIDENDS.contains(&code) => (BrokerAction::Dividend, None),
        code if DEPOSITS.contains(&code) => (BrokerAction::Deposit, None),
        code if MONEY.contains(&code) => (BrokerAction::Cash, None),
        code => return Err(unexpected("Trans Code", "one of Robinhood's codes that are read", code)),
    };
    let instrument: Option<Instrument> = match (action, code) {
        (_, "BTO" | "STO" | "BTC" | "STC" | "OEXP" | "OASGN" | "OEXCS") => {
            Some(described_contract(description)?.into())
        }
        (action, _) if action.is_money() && fields.text("Instrument").is_empty() => None,
        _ => Some(symbol(fields.need("Instrument")?)?.into()),
    };
    let text = fields.text("Quantity");
    // The letter marks units that are taken away.
    let (text, is_removed) = match text.strip_suffix('S') {
        Some(units) => (units, true),
        None => (text, false),
    };
    let quantity = money("Quantity", text)?.abs();
    let quantity = sign.map_or(if is_removed { -quantity } else { quantity }, |sign| quantity * sign);
    let action = match action {
        BrokerAction::CorporateAction | BrokerAction::TransferIn if quantity.is_zero() => BrokerAction::Cash,
        action => action,
    };
    let amount = fields.money("Amount")?;
    let multiplier = if matches!(instrument, Some(Instrument::Option(_))) { 100 } else { 1 };
    // The costs are the difference between the price and the amount.
    let costs = match fields.money("Price")? {
        price if price.is_zero() || sign.is_none() => Decimal::ZERO,
        price => {
            let gross = product("Price", &[quantity, Decimal::from(multiplier), -price])?.round_dp(2);
            paid("Price and Amount", amount, -gross)?
        }
    };
    let date = day("Activity Date", fields.need("Activity Date")?, DateOrder::MonthFirst)?;
    let row: BrokerRow = Daily { line, date, action, instrument, amount, costs }.row(fields, quantity, code)?;
    Ok(row.into())
}

/// Reads the contract of a description: `SPCX 10/30/2026 Put $135.00`, also behind the words of an expiration.
fn described_contract(description: &str) -> Result<OptionContract> {
    let text = description.lines().next().map_or("", |line| line);
    let text = text.split_once(" for ").filter(|(words, _)| words.starts_with("Option")).map_or(text, |(_, rest)| rest);
    spoken_contract(text)
}
