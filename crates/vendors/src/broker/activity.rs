//! The CSV of an activity statement of Interactive Brokers: lines that name their section and their kind first.

use std::{collections::HashMap, sync::Arc};

use chrono_tz::Tz;
use strikebook_core::{
    Decimal, Error, Name, Result, Timestamp,
    market::{Instrument, Symbol},
};

use super::{
    BrokerAction, BrokerHistory, BrokerRow, Currency, RawRow,
    amount::{exact, paid, price_of, shares_per_unit},
    csv::{self, Reading},
    fields::Fields,
    flex,
    moment::{self, DateOrder},
    named::{compact_contract, listed_symbol, spoken_contract, symbol, symbol_of},
};
use crate::{
    input::Document,
    text::{Header, Table},
    value::unexpected,
};

/// The kind of executions that stand below their order.
const PART: &str = "Trades: execution beside its order";
/// The sections of money, with the kind of their rows.
const MONEY: [(&str, BrokerAction); 13] = [
    ("Dividends", BrokerAction::Dividend),
    ("Payment In Lieu Of Dividends", BrokerAction::Dividend),
    ("Withholding Tax", BrokerAction::Dividend),
    ("871(m) Withholding", BrokerAction::Dividend),
    ("Interest", BrokerAction::Cash),
    ("Broker Interest Paid", BrokerAction::Cash),
    ("Broker Interest Received", BrokerAction::Cash),
    ("Deposits & Withdrawals", BrokerAction::Deposit),
    ("Fees", BrokerAction::Cash),
    ("Other Fees", BrokerAction::Cash),
    ("Commission Adjustments", BrokerAction::Cash),
    ("Advisor Fees", BrokerAction::Cash),
    ("Transaction Fees", BrokerAction::Cash),
];

pub(super) fn is_header(header: &Header) -> bool {
    let mut names = header.names();
    let (section, kind) = (names.next(), names.next());
    kind == Some("Header") && matches!(section, Some("Statement" | "Trades" | "Account Information"))
}

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    // The last field of a row may be empty or a code, and a row that is cut before it lacks fields.
    let mut table = Table::new(Document { sealed: true, ..document }, b',').with_quoted_lines();
    let mut headers: HashMap<String, Arc<Header>> = HashMap::new();
    let mut account: Option<Arc<Name>> = None;
    let mut has_orders = false;
    while table.advance()? {
        let (line, bytes, text) = (table.number(), table.bytes(), table.text());
        let row = match table.row() {
            Ok(row) => row,
            Err(error) => {
                let raw = RawRow::line(text, &Arc::default());
                history.reject((line, raw.as_str().to_owned(), raw), &error, bytes)?;
                continue;
            }
        };
        let (section, kind) = (row.get(0).map_or("", |name| name), row.get(1).map_or("", |kind| kind));
        if kind == "Header" {
            headers.insert(section.to_owned(), Arc::new(Header::of(row)));
            continue;
        }
        if section == "Account Information" && row.get(2) == Some("Account") {
            account = row.get(3).and_then(|id| Name::new(id).ok()).map(Arc::new);
        }
        let header = headers.get(section).filter(|_| kind == "Data" || kind.is_empty());
        let Some(header) = header else {
            history.leave_out(&format!("{section}: {kind}"));
            continue;
        };
        let fields = Fields::of_line(header, row);
        has_orders |= section == "Trades" && fields.text("DataDiscriminator") == "Order";
        let reading = match fields.text("DataDiscriminator") {
            "Trade" | "Execution" if has_orders => Reading::left_out(PART),
            _ => read_row(section, &fields).map(|reading| with_account(reading, account.as_ref())),
        };
        if let Ok(Reading::LeftOut(kind)) = &reading
            && kind == section
        {
            let name: Arc<str> = format!("{}/{section}", history.file).into();
            if !history.report.ignored.contains(&name) {
                history.report.ignore(&name);
            }
        }
        history.take(line, RawRow::line(text, header), reading, bytes)?;
    }
    if headers.is_empty() {
        return Err(Error::invalid_input("the file lacks the lines of column names")
            .with("file", &history.file)
            .with("expected", "the sections of an activity statement in English, such as Trades,Header,…"));
    }
    history.rows.sort_unstable_by_key(|row| (row.at, row.line));
    csv::count(&mut history.rows);
    Ok(())
}

fn with_account(reading: Reading, account: Option<&Arc<Name>>) -> Reading {
    match reading {
        Reading::Row(row) if row.account.is_none() => BrokerRow { account: account.cloned(), ..*row }.into(),
        reading => reading,
    }
}

/// Reads a stored line again, whose section is the text of its first column.
pub(super) fn stored_row(fields: &Fields<'_>) -> Result<Reading> {
    let is_section = |name: &&str| fields.text(name) == *name;
    let section = fields.names().find(is_section).map_or("", |section| section);
    read_row(section, fields)
}

fn read_row(section: &str, fields: &Fields<'_>) -> Result<Reading> {
    if let Some((_, action)) = MONEY.iter().find(|(name, _)| *name == section) {
        return money_row(*action, fields);
    }
    match section {
        "Trades" => trade(fields),
        "Corporate Actions" => corporate_action(fields),
        "Transfers" => transfer(fields),
        other => Reading::left_out(other),
    }
}

/// Returns true for the sum of other rows, which has a word where rows have a currency or a kind of instrument.
fn is_total(fields: &Fields<'_>) -> bool {
    ["Currency", "Asset Category", "DataDiscriminator"].iter().any(|name| fields.text(name).starts_with("Total"))
        || matches!(fields.text("DataDiscriminator"), "SubTotal")
}

fn trade(fields: &Fields<'_>) -> Result<Reading> {
    if is_total(fields) {
        return Reading::left_out("Trades: total");
    }
    match fields.text("DataDiscriminator") {
        "" | "Order" | "Trade" | "Execution" => {}
        other => return Reading::left_out(format!("Trades: {other}")),
    }
    let instrument = match fields.need("Asset Category")? {
        "Stocks" | "Options" | "Equity and Index Options" => instrument(fields)?,
        other => return Reading::left_out(format!("Trades: {other}")),
    };
    let quantity = fields.number("Quantity")?;
    if quantity.is_zero() {
        return Err(unexpected("Quantity", "not zero", "0"));
    }
    let is_option = matches!(instrument, Instrument::Option(_));
    let codes: Vec<&str> = fields.text("Code").split([';', ',']).map(str::trim).collect();
    let has = |code: &str| codes.contains(&code);
    let is_delivered = has("A") || has("Ex") || has("AEx") || has("MEx");
    let action = match (is_option, is_delivered, has("Ep")) {
        _ if has("Ca") => BrokerAction::Cancellation,
        (true, true, _) => BrokerAction::Assignment,
        (true, _, true) => BrokerAction::Expiration,
        (false, true, _) => BrokerAction::Delivery,
        _ => match (has("O"), has("C")) {
            (true, true) => BrokerAction::Reversal,
            (true, false) => BrokerAction::Open,
            (false, true) => BrokerAction::Close,
            (false, false) => BrokerAction::Trade,
        },
    };
    let value = fields.number("Proceeds")?;
    let multiplier = shares_per_unit("Mult", if is_option { "100" } else { "1" }, quantity)?;
    let price = match action {
        // The trade is booked at zero; an index option settles at its closing price.
        BrokerAction::Assignment => fields.optional("C. Price")?,
        _ if fields.text("T. Price").is_empty() => price_of("Proceeds", value, quantity, multiplier)?,
        _ => exact("T. Price", fields.text("T. Price"))?.abs(),
    };
    let commission = fields.first(&["Comm/Fee", "Comm in USD", "Comm in EUR"]);
    let commission = commission.map_or(Ok(Decimal::ZERO), |text| exact("Comm/Fee", text))?;
    let moment = fields.need("Date/Time")?;
    Ok(BrokerRow {
        symbol: Some(symbol_of(instrument)?),
        instrument: Some(instrument),
        quantity,
        price,
        value,
        costs: paid("Comm/Fee", commission, Decimal::ZERO)?,
        multiplier,
        ..blank(action, instant("Date/Time", moment)?, fields)?
    }
    .into())
}

/// Reads the stock or contract of a row: `AAPL 18SEP26 200 C`, or an OCC symbol.
fn instrument(fields: &Fields<'_>) -> Result<Instrument> {
    let text = fields.need("Symbol")?;
    if fields.text("Asset Category") == "Stocks" {
        return listed_symbol(text, fields.text("Currency")).map(Instrument::from);
    }
    spoken_contract(text).or_else(|error| compact_contract(text).map_err(|_| error)).map(Instrument::from)
}

fn money_row(action: BrokerAction, fields: &Fields<'_>) -> Result<Reading> {
    let is_sum = is_total(fields) || fields.text("Subtitle").starts_with("Total");
    if is_sum {
        return Reading::left_out("total of a section of money");
    }
    let date = fields.first(&["Date", "Settle Date", "Date/Time"]);
    let date = date.ok_or_else(|| Error::invalid_input("the row lacks a required field").with("field", "Date"))?;
    let value = fields.number("Amount")?;
    Ok(BrokerRow {
        symbol: described_symbol(fields.text("Description")),
        value,
        ..blank(action, instant("Date", date)?, fields)?
    }
    .into())
}

/// Returns the stock of `SCHD(US8085247976) Cash Dividend …`; `None` for a description of none.
fn described_symbol(description: &str) -> Option<Symbol> {
    let (name, _) = description.split_once('(')?;
    symbol(name).ok()
}

fn corporate_action(fields: &Fields<'_>) -> Result<Reading> {
    if is_total(fields) {
        return Reading::left_out("Corporate Actions: total");
    }
    let category = fields.need("Asset Category")?;
    if category != "Stocks" {
        return Reading::left_out(format!("Corporate Actions: {category}"));
    }
    let description = fields.need("Description")?;
    // The last brackets hold the symbol, the name and the number of what is added or removed.
    let name = description.rsplit_once(" (").and_then(|(_, last)| last.split_once(',')).map(|(name, _)| name);
    let name =
        name.ok_or_else(|| unexpected("Description", "an action with a symbol in its last brackets", description))?;
    let stock = listed_symbol(name.strip_suffix(".OLD").map_or(name, |name| name), fields.text("Currency"))?;
    let quantity = fields.number("Quantity")?;
    let value = fields.optional("Proceeds")?;
    if quantity.is_zero() && value.is_zero() {
        return Reading::left_out("Corporate Actions: without units and money");
    }
    let moment = fields.first(&["Date/Time", "Report Date"]).map_or("", |moment| moment);
    let row = BrokerRow {
        symbol: Some(stock),
        instrument: Some(stock.into()),
        quantity,
        value,
        ..blank(BrokerAction::CorporateAction, instant("Date/Time", moment)?, fields)?
    };
    flex::corporate_action_row(row, "")
}

fn transfer(fields: &Fields<'_>) -> Result<Reading> {
    if is_total(fields) {
        return Reading::left_out("Transfers: total");
    }
    let category = fields.need("Asset Category")?;
    if !matches!(category, "Stocks" | "Options" | "Equity and Index Options") {
        return Reading::left_out(format!("Transfers: {category}"));
    }
    let instrument = instrument(fields)?;
    let quantity = exact("Qty", fields.first(&["Qty", "Quantity"]).map_or("", |text| text))?;
    let action = match fields.need("Direction")? {
        "In" | "IN" => BrokerAction::TransferIn,
        "Out" | "OUT" => BrokerAction::TransferOut,
        other => return Err(unexpected("Direction", "In or Out", other)),
    };
    if quantity.is_zero() {
        return Err(unexpected("Qty", "not zero", "0"));
    }
    let moment = fields.need("Date")?;
    let multiplier = if matches!(instrument, Instrument::Option(_)) { "100" } else { "1" };
    Ok(BrokerRow {
        symbol: Some(symbol_of(instrument)?),
        instrument: Some(instrument),
        quantity,
        price: fields.money("Xfer Price")?.abs(),
        multiplier: shares_per_unit("Mult", multiplier, quantity)?,
        ..blank(action, instant("Date", moment)?, fields)?
    }
    .into())
}

/// Reads a time of the statement, which is New York's.
fn instant(field: &str, text: &str) -> Result<Timestamp> {
    moment::instant(field, text, Tz::America__New_York, DateOrder::MonthFirst)
}

/// Creates a row without money and without units.
fn blank(action: BrokerAction, at: Timestamp, fields: &Fields<'_>) -> Result<BrokerRow> {
    let account = fields.first(&["Account"]).map(Name::new).transpose()?;
    Ok(BrokerRow {
        account: account.map(Arc::new),
        description: fields.text("Description").to_owned(),
        ..BrokerRow::blank(action, at, fields.need("Currency")?.parse::<Currency>()?)
    })
}
