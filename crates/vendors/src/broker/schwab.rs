//! The CSV of Charles Schwab's transaction history, newest row first, with dates alone and amounts after costs.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    Decimal, Error, Result,
    market::{Instrument, OptionContract, Symbol},
};

use super::{
    BrokerAction, BrokerHistory, BrokerRow, Currency,
    amount::{money, paid, price_of},
    csv::{self, CsvFormat, Reading},
    fields::Fields,
    moment::{self, DateOrder, day},
    named::{order, spoken_contract, symbol, symbol_of},
};
use crate::{input::Document, text::Header, value::unexpected};

/// The days between an assignment and the trade of its shares.
const SETTLEMENT_DAYS: TimeDelta = TimeDelta::days(4);
/// Actions of money that belongs to a stock.
const DIVIDENDS: [&str; 16] = [
    "Cash Dividend",
    "Qualified Dividend",
    "Non-Qualified Div",
    "Special Dividend",
    "Special Qual Div",
    "Special Non Qual Div",
    "Pr Yr Cash Div",
    "Pr Yr Div Reinvest",
    "Pr Yr Special Div",
    "Reinvest Dividend",
    "Qual Div Reinvest",
    "Long Term Cap Gain",
    "Short Term Cap Gain",
    "Cash In Lieu",
    "NRA Tax Adj",
    "Foreign Tax Paid",
];
/// Actions of other money.
const MONEY: [&str; 13] = [
    "ADR Mgmt Fee",
    "Bank Interest",
    "Bond Interest",
    "Credit Interest",
    "Margin Interest",
    "Adjustment",
    "Misc Cash Entry",
    "Misc Credits",
    "Promotional Award",
    "Service Fee",
    "Tax Withholding",
    "Visa Purchase",
    "Auto S1 Credit",
];
/// Actions of deposits and withdrawals.
const DEPOSITS: [&str; 11] = [
    "Funds Paid",
    "Funds Received",
    "Journal",
    "Journaled",
    "MoneyLink Adj",
    "MoneyLink Deposit",
    "MoneyLink Transfer",
    "Wire Funds",
    "Wire Funds Adj",
    "Wire Received",
    "Wire Sent",
];
/// Actions of companies that change positions.
const CORPORATE: [&str; 8] = [
    "Stock Split",
    "Reverse Split",
    "Stock Merger",
    "Cash Merger",
    "Name Change",
    "Spin-off",
    "Stk Dividend",
    "Mandatory Reorg Exc",
];

pub(super) fn is_header(header: &Header) -> bool {
    ["Date", "Action", "Symbol", "Quantity", "Fees & Comm", "Amount"].iter().all(|name| header.find(name).is_some())
}

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    let format = CsvFormat {
        is_header,
        wanted: "Schwab's columns Date, Action, Symbol, Description, Quantity, Price, Fees & Comm and Amount",
        date: "Date",
        is_daily: true,
    };
    csv::read(document, history, &format, row)?;
    deliver(&mut history.rows);
    csv::count(&mut history.rows);
    Ok(())
}

pub(super) fn row(fields: &Fields<'_>, line: u64) -> Result<Reading> {
    let word = fields.need("Action")?;
    let text = fields.text("Symbol");
    let instrument: Option<Instrument> = match text.split_whitespace().count() {
        0 => None,
        1 => Some(symbol(text)?.into()),
        _ => Some(spoken_contract(text)?.into()),
    };
    let is_option = matches!(instrument, Some(Instrument::Option(_)));
    let quantity = money("Quantity", fields.text("Quantity"))?;
    let (action, sign) = match word {
        "Buy to Open" | "Buy" | "Reinvest Shares" => (BrokerAction::Open, Some(Decimal::ONE)),
        "Sell to Open" | "Sell Short" => (BrokerAction::Open, Some(Decimal::NEGATIVE_ONE)),
        "Buy to Close" | "Buy to Cover" => (BrokerAction::Close, Some(Decimal::ONE)),
        "Sell to Close" | "Sell" => (BrokerAction::Close, Some(Decimal::NEGATIVE_ONE)),
        "Expired" => (BrokerAction::Expiration, None),
        "Assigned" | "Exchange or Exercise" | "Exercised" if is_option => (BrokerAction::Assignment, None),
        "Journaled Shares" | "Internal Transfer" | "Security Transfer" if !quantity.is_zero() => {
            (if quantity > Decimal::ZERO { BrokerAction::TransferIn } else { BrokerAction::TransferOut }, None)
        }
        word if CORPORATE.contains(&word) && !quantity.is_zero() => (BrokerAction::CorporateAction, None),
        word if DIVIDENDS.contains(&word) || CORPORATE.contains(&word) => (BrokerAction::Dividend, None),
        word if DEPOSITS.contains(&word) || word.ends_with(" Transfer") => (BrokerAction::Deposit, None),
        word if MONEY.contains(&word) => (BrokerAction::Cash, None),
        word => return Err(unexpected("Action", "one of Schwab's actions that are read", word)),
    };
    // A row that took effect earlier says so: the later date is that of its booking.
    let text = fields.need("Date")?;
    let date = text.split_once(" as of ").map_or(text, |(_, effective)| effective);
    let amount = fields.money("Amount")?;
    let costs = fields.money("Fees & Comm")?;
    Daily { line, date: day("Date", date, DateOrder::MonthFirst)?, action, instrument, amount, costs }
        .row(fields, sign.map_or(quantity, |sign| quantity.abs() * sign), word)
        .map(Reading::from)
}

/// A row with a date alone and an amount after costs.
pub(super) struct Daily {
    pub(super) line: u64,
    pub(super) date: NaiveDate,
    pub(super) action: BrokerAction,
    pub(super) instrument: Option<Instrument>,
    pub(super) amount: Decimal,
    pub(super) costs: Decimal,
}

impl Daily {
    /// Completes the row. `part_of` names the corporate action whose rows belong together.
    pub(super) fn row(self, fields: &Fields<'_>, quantity: Decimal, part_of: &str) -> Result<BrokerRow> {
        let Self { line, date, action, instrument, amount, costs } = self;
        if !action.is_money() && (instrument.is_none() || quantity.is_zero()) {
            return Err(Error::invalid_input("a row that changes a position must have a symbol and a quantity"));
        }
        // The amount is what is left after the costs.
        let value = paid("the amount and its costs", -amount, -costs)?;
        let multiplier = if matches!(instrument, Some(Instrument::Option(_))) { 100 } else { 1 };
        let price = match action {
            BrokerAction::TransferIn => fields.money("Price")?,
            action if action.is_money() || action == BrokerAction::CorporateAction => Decimal::ZERO,
            _ => price_of("Amount", value, quantity, multiplier)?,
        };
        Ok(BrokerRow {
            line,
            symbol: instrument.map(symbol_of).transpose()?,
            instrument: instrument.filter(|_| !action.is_money()),
            quantity: if action.is_money() { Decimal::ZERO } else { quantity },
            price,
            value,
            costs,
            multiplier,
            order: if action == BrokerAction::CorporateAction { order(part_of)? } else { None },
            description: fields.text("Description").to_owned(),
            ..BrokerRow::blank(action, moment::close(date)?, Currency::USD)
        })
    }
}

/// Marks the trades of shares that assigned or exercised contracts delivered: those at the strike, within some days,
/// of no more shares than the contracts have.
fn deliver(rows: &mut [BrokerRow]) {
    let mut owed: HashMap<usize, (OptionContract, Symbol, Decimal)> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let (BrokerAction::Assignment, Some(Instrument::Option(contract)), Some(symbol)) =
            (row.action, row.instrument, row.symbol)
        {
            owed.insert(index, (contract, symbol, row.quantity.abs() * Decimal::from(row.multiplier)));
        }
    }
    let mut indices: Vec<usize> = owed.keys().copied().collect();
    indices.sort_unstable();
    for index in indices {
        let Some((contract, symbol, mut left)) = owed.remove(&index) else { continue };
        let Some(at) = rows.get(index).map(|row| row.at) else { continue };
        for row in rows.iter_mut() {
            let span = if row.at > at { row.at.since(at) } else { at.since(row.at) };
            let is_trade = matches!(row.action, BrokerAction::Open | BrokerAction::Close)
                && row.instrument == Some(symbol.into())
                && row.price == contract.strike().to_decimal();
            if is_trade && span <= SETTLEMENT_DAYS && row.quantity.abs() <= left {
                left -= row.quantity.abs();
                row.action = BrokerAction::Delivery;
            }
        }
    }
}
