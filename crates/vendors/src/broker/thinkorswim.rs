//! The CSV of thinkorswim's account statement: the trade history, leg by leg, and the cash balance with its costs.

use std::{collections::HashMap, sync::Arc};

use chrono_tz::Tz;
use strikebook_core::{
    Decimal, Error, Result, Timestamp,
    market::{Instrument, OptionContract},
};

use super::{
    BrokerAction, BrokerHistory, BrokerRow, Currency, RawRow,
    amount::{exact, money, paid, product},
    csv::{self, Reading},
    fields::Fields,
    moment::{self, DateOrder, day},
    named::{contract, option_type, symbol, symbol_of},
};
use crate::{
    input::Document,
    text::{Header, Table},
    value::unexpected,
};

/// The kind of the cash balance's rows that repeat trades, of which the costs alone are taken.
const TRADES_MONEY: &str = "TRD beside its trades";

pub(super) fn is_header(header: &Header) -> bool {
    is_trades(header) || is_cash(header)
}

fn is_trades(header: &Header) -> bool {
    ["Exec Time", "Side", "Qty", "Pos Effect", "Symbol", "Net Price"].iter().all(|name| header.find(name).is_some())
}

fn is_cash(header: &Header) -> bool {
    ["DATE", "TIME", "TYPE", "REF #", "DESCRIPTION", "AMOUNT", "BALANCE"].iter().all(|name| header.find(name).is_some())
}

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    let mut table = Table::new(Document { sealed: true, ..document }, b',').with_quoted_lines();
    let mut header: Option<Arc<Header>> = None;
    // Legs of a spread after the first have no time of their own.
    let mut leg_time = String::new();
    let mut costs: HashMap<Timestamp, Decimal> = HashMap::new();
    let mut is_statement = false;
    while table.advance()? {
        let (line, bytes, text) = (table.number(), table.bytes(), table.text());
        let row = table.row()?;
        let found = Header::of(row);
        // A line of one text is the title of a section.
        if row.iter().filter(|field| !field.is_empty()).count() <= 1 || is_header(&found) {
            is_statement |= is_header(&found);
            header = Some(Arc::new(found)).filter(|header| is_header(header));
            continue;
        }
        let Some(header) = &header else {
            history.leave_out("line of a section that is not read");
            continue;
        };
        let raw = RawRow::line(text, header);
        let fields = Fields::of_line(header, row);
        let reading = if is_trades(header) {
            if let Some(time) = fields.first(&["Exec Time"]) {
                time.clone_into(&mut leg_time);
            }
            trade(&fields, &leg_time, line)
        } else {
            cash(&fields, line).inspect(|reading| {
                if matches!(reading, Reading::LeftOut(kind) if kind == TRADES_MONEY)
                    && let Ok((at, paid)) = trade_costs(&fields)
                {
                    let sum = costs.entry(at).or_default();
                    *sum = sum.saturating_add(paid);
                }
            })
        };
        history.take(line, raw, reading, bytes)?;
    }
    if !is_statement {
        return Err(Error::invalid_input("the file lacks the lines of column names")
            .with("file", &history.file)
            .with("expected", "thinkorswim's Account Trade History, or its Cash Balance"));
    }
    csv::finish(history, false);
    // The money of a second's trades has their costs in one sum, which the first trade bears.
    for row in history.rows.iter_mut().filter(|row| !row.action.is_money()) {
        if let Some(sum) = costs.remove(&row.at) {
            row.costs = paid("the costs", -row.costs, -sum)?;
        }
    }
    Ok(())
}

pub(super) fn stored_row(fields: &Fields<'_>) -> Result<Reading> {
    match fields.first(&["Exec Time"]) {
        Some(time) => trade(fields, time, 0),
        None => cash(fields, 0),
    }
}

fn trade(fields: &Fields<'_>, time: &str, line: u64) -> Result<Reading> {
    let name = fields.need("Symbol")?;
    let kind = fields.text("Type");
    let instrument: Instrument = match kind {
        "STOCK" | "ETF" | "EQUITY" if !name.starts_with('/') => symbol(name)?.into(),
        "CALL" | "PUT" if !name.starts_with(['/', '.']) => {
            // A weekly expiration has words behind the day.
            let expiration = fields.need("Exp")?.split('(').next().map_or("", str::trim);
            contract(name, day("Exp", expiration, DateOrder::MonthFirst)?, option_type(kind)?, fields.need("Strike")?)?
                .into()
        }
        other => return Reading::left_out(format!("trade of {other}")),
    };
    let quantity = exact("Qty", fields.need("Qty")?)?;
    let sells = match fields.need("Side")? {
        "BUY" => false,
        "SELL" => true,
        other => return Err(unexpected("Side", "BUY or SELL", other)),
    };
    let quantity = if sells { -quantity.abs() } else { quantity.abs() };
    let action = match fields.text("Pos Effect") {
        "TO OPEN" => BrokerAction::Open,
        "TO CLOSE" => BrokerAction::Close,
        "" | "AUTO" => BrokerAction::Trade,
        other => return Err(unexpected("Pos Effect", "TO OPEN, TO CLOSE or AUTO", other)),
    };
    let multiplier = if matches!(instrument, Instrument::Option(_)) { 100_u32 } else { 1 };
    let price = money("Price", fields.need("Price")?)?;
    if quantity.is_zero() || price.is_sign_negative() {
        return Err(Error::invalid_input("a trade must have a quantity other than zero and a price not below it"));
    }
    let at = moment::instant("Exec Time", time, Tz::America__New_York, DateOrder::MonthFirst)?;
    let value = product("Price", &[quantity, multiplier.into(), -price])?;
    Ok(BrokerRow {
        instrument: Some(instrument),
        symbol: Some(symbol_of(instrument)?),
        quantity,
        price,
        value,
        multiplier,
        ..blank(action, at, line, fields.text("Spread"))
    }
    .into())
}

/// Reads a row of the cash balance.
fn cash(fields: &Fields<'_>, line: u64) -> Result<Reading> {
    let description = fields.text("DESCRIPTION");
    let kind = fields.need("TYPE")?;
    if kind == "BAL" {
        return Reading::left_out("BAL");
    }
    if kind == "TRD" {
        trade_costs(fields)?;
        return Reading::left_out(TRADES_MONEY);
    }
    let at = cash_time(fields)?;
    let action = match kind {
        "EXP" => BrokerAction::Expiration,
        "RAD" if description.to_ascii_uppercase().contains("OPTION DUE TO") => {
            if description.to_ascii_uppercase().contains("EXPIRATION") {
                BrokerAction::Expiration
            } else {
                BrokerAction::Assignment
            }
        }
        "DOI" => BrokerAction::Dividend,
        "FND" | "WIR" | "ACH" => BrokerAction::Deposit,
        "JRN" | "ADJ" | "LIQ" | "INT" | "CRC" | "AWARD" => BrokerAction::Cash,
        other => return Err(unexpected("TYPE", "a type of the cash balance that is read", other)),
    };
    let costs = trade_costs(fields)?.1;
    let value = fields.money("AMOUNT")?;
    if action.is_money() {
        let symbol = description.rsplit_once('~').and_then(|(_, name)| symbol(name).ok());
        return Ok(BrokerRow { symbol, value, costs, ..blank(action, at, line, description) }.into());
    }
    let (quantity, contract) = removed_option(description)?;
    Ok(BrokerRow {
        instrument: Some(contract.into()),
        symbol: Some(symbol_of(contract.into())?),
        quantity,
        value,
        costs,
        multiplier: 100,
        ..blank(action, at, line, description)
    }
    .into())
}

fn cash_time(fields: &Fields<'_>) -> Result<Timestamp> {
    let text = format!("{} {}", fields.need("DATE")?, fields.need("TIME")?);
    moment::instant("DATE and TIME", &text, Tz::America__New_York, DateOrder::MonthFirst)
}

/// Returns the instant and the costs of a row of the cash balance.
fn trade_costs(fields: &Fields<'_>) -> Result<(Timestamp, Decimal)> {
    let fees = fields.first(&["Misc Fees", "FEES"]).map_or(Ok(Decimal::ZERO), |text| money("Misc Fees", text))?;
    let commissions = fields.first(&["Commissions & Fees", "COMMISSIONS"]);
    let commissions = commissions.map_or(Ok(Decimal::ZERO), |text| money("Commissions & Fees", text))?;
    Ok((cash_time(fields)?, paid("Misc Fees and Commissions & Fees", fees, commissions)?))
}

/// Reads `REMOVAL OF OPTION DUE TO EXPIRATION -1.0 SPY 100 (Weeklys) 17 NOV 23 450 PUT`.
fn removed_option(description: &str) -> Result<(Decimal, OptionContract)> {
    let refuse = || {
        unexpected(
            "DESCRIPTION",
            "words, a quantity, a symbol, 100, an expiration, a strike, and CALL or PUT",
            description,
        )
    };
    let words: Vec<&str> = description.split_whitespace().filter(|word| !word.starts_with('(')).collect();
    let &[.., root, _, date, month, year, strike, kind] = &words[..] else { return Err(refuse()) };
    let quantity = words.len().checked_sub(8).and_then(|index| words.get(index)).ok_or_else(refuse)?;
    let quantity = exact("DESCRIPTION", quantity).map_err(|_| refuse())?;
    let expiration =
        day("DESCRIPTION", &format!("{date} {month} {year}"), DateOrder::MonthFirst).map_err(|_| refuse())?;
    if quantity.is_zero() {
        return Err(refuse());
    }
    Ok((quantity, contract(root, expiration, option_type(kind)?, strike)?))
}

/// Creates a row without money and without units.
fn blank(action: BrokerAction, at: Timestamp, line: u64, description: &str) -> BrokerRow {
    BrokerRow { line, description: description.to_owned(), ..BrokerRow::blank(action, at, Currency::USD) }
}
