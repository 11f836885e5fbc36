//! The CSV of tastytrade's transaction history, newest row first, without identities and with unsigned quantities.
//!
//! Layouts: 21 columns with `Total` and 20 without (today's), 18 without `Sub Type` and `Currency` (2021 to 2022), and
//! the legacy one of 15 with `Transaction Code` (to 2021).

use std::sync::Arc;

use chrono_tz::Tz;
use strikebook_core::{
    Decimal, Error, Name, Result, Timestamp,
    market::{Instrument, Symbol},
};

use super::{
    BrokerAction, BrokerHistory, BrokerRow, Currency, RawRow, RowIdentity,
    amount::{exact, money, paid, price_of, shares_per_unit},
    csv::{self, CsvFormat, Reading},
    fields::Fields,
    moment::{self, DateOrder, day},
    named::{contract, option_type, order, symbol, symbol_of},
};
use crate::{input::Document, text::Header, value::unexpected};

/// The column that the legacy layout alone has.
const LEGACY: &str = "Transaction Code";

pub(super) fn is_header(header: &Header) -> bool {
    let has = |columns: &[&str]| columns.iter().all(|column| header.find(column).is_some());
    has(&["Date", "Type", "Action", "Instrument Type", "Value", "Average Price"])
        || has(&["Date/Time", LEGACY, "Transaction Subcode", "Buy/Sell", "Open/Close"])
}

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    let format = CsvFormat {
        is_header,
        wanted: "tastytrade's columns Date, Type, Action, Instrument Type, Value and Average Price",
        date: "",
        is_daily: false,
    };
    csv::read(document, history, &format, row)
}

/// The broker's words for a row, in either layout.
struct Words<'a> {
    kind: &'a str,
    sub_kind: &'a str,
    /// True for a purchase, false for a sale, `None` without either.
    buys: Option<bool>,
    /// True where the row opens a position, false where one is closed, `None` without either.
    opens: Option<bool>,
}

pub(super) fn row(fields: &Fields<'_>, line: u64) -> Result<Reading> {
    if fields.find(LEGACY).is_some() { legacy_row(fields, line) } else { present_row(fields, line) }
}

fn present_row(fields: &Fields<'_>, line: u64) -> Result<Reading> {
    let currency = match fields.find("Currency") {
        // The layout of 18 columns had no other currency.
        None => Currency::USD,
        Some(text) => text.parse()?,
    };
    let date = fields.need("Date")?;
    let at = moment::instant("Date", date, Tz::America__New_York, DateOrder::MonthFirst)
        .ok()
        .filter(|_| date.contains('T'))
        .ok_or_else(|| unexpected("Date", "a date and time with its offset from UTC", date))?;
    if !has_offset(date) {
        return Err(unexpected("Date", "a date and time with its offset from UTC", date));
    }
    let instrument = match fields.text("Instrument Type") {
        "Equity Option" => Some(Instrument::Option(fields.text("Symbol").parse()?)),
        "Equity" => Some(Instrument::Symbol(symbol(fields.text("Symbol"))?)),
        "" if fields.text("Symbol").is_empty() => None,
        "" => return Err(unexpected("Instrument Type", "present beside a symbol", "")),
        other => return Reading::left_out(other),
    };
    let (buys, opens) = match fields.text("Action") {
        "" => (None, None),
        "BUY_TO_OPEN" => (Some(true), Some(true)),
        "SELL_TO_OPEN" => (Some(false), Some(true)),
        "BUY_TO_CLOSE" => (Some(true), Some(false)),
        "SELL_TO_CLOSE" => (Some(false), Some(false)),
        word => {
            return Err(unexpected("Action", "BUY_TO_OPEN, SELL_TO_OPEN, BUY_TO_CLOSE or SELL_TO_CLOSE", word));
        }
    };
    let described = described_sub_kind(fields.text("Description"));
    let sub_kind = fields.find("Sub Type").map_or(described, |text| text);
    let words = Words { kind: fields.text("Type"), sub_kind, buys, opens };
    let symbol = match instrument {
        Some(Instrument::Option(_)) => Some(symbol(fields.need("Underlying Symbol")?)?),
        Some(Instrument::Symbol(symbol)) => Some(symbol),
        None => None,
    };
    let commission = money("Commissions", fields.text("Commissions"))?;
    let terms = Terms {
        line,
        at,
        currency,
        symbol,
        instrument,
        account: None,
        value: exact("Value", fields.need("Value")?)?,
        costs: paid("Commissions and Fees", commission, money("Fees", fields.text("Fees"))?)?,
        commission: Some(-commission),
        multiplier: fields.text("Multiplier"),
    };
    terms.row(fields, &words, "Order #")
}

fn legacy_row(fields: &Fields<'_>, line: u64) -> Result<Reading> {
    let name = fields.text("Symbol");
    if name.starts_with('/') || name.starts_with("./") {
        return Reading::left_out(if fields.text("Strike").is_empty() { "Future" } else { "Future Option" });
    }
    let at = moment::instant("Date/Time", fields.need("Date/Time")?, Tz::America__New_York, DateOrder::MonthFirst)?;
    let instrument: Option<Instrument> = match (fields.text("Expiration Date"), name) {
        (_, "") => None,
        ("", name) => Some(symbol(name)?.into()),
        (expiration, name) => {
            let expiration = day("Expiration Date", expiration, DateOrder::MonthFirst)?;
            Some(contract(name, expiration, option_type(fields.text("Call/Put"))?, fields.text("Strike"))?.into())
        }
    };
    let word = |field: &str, one: &str, other: &str| match fields.text(field) {
        "" => Ok(None),
        text if text == one => Ok(Some(true)),
        text if text == other => Ok(Some(false)),
        text => Err(unexpected(field, &format!("{one} or {other}"), text)),
    };
    let words = Words {
        kind: fields.text(LEGACY),
        sub_kind: fields.text("Transaction Subcode"),
        buys: word("Buy/Sell", "Buy", "Sell")?,
        opens: word("Open/Close", "Open", "Close")?,
    };
    let account = Some(fields.text("Account Reference")).filter(|name| !name.is_empty());
    let terms = Terms {
        line,
        at,
        currency: Currency::USD,
        symbol: match instrument {
            Some(Instrument::Option(_)) => Some(symbol(name)?),
            Some(stock) => Some(symbol_of(stock)?),
            None => None,
        },
        instrument,
        account: account.map(Name::new).transpose()?.map(Arc::new),
        value: exact("Amount", fields.need("Amount")?)?,
        // Commission and fees in one, above zero where they are paid.
        costs: money("Fees", fields.text("Fees"))?,
        commission: None,
        multiplier: if matches!(instrument, Some(Instrument::Option(_))) { "100" } else { "" },
    };
    terms.row(fields, &words, "Order #")
}

/// Returns true if a time ends with its offset from UTC.
fn has_offset(date: &str) -> bool {
    date.rsplit_once(['+', '-']).is_some_and(|(time, offset)| time.contains('T') && offset.len() >= 4)
        || date.ends_with('Z')
}

/// The terms of a row, read from either layout.
struct Terms<'a> {
    line: u64,
    at: Timestamp,
    currency: Currency,
    symbol: Option<Symbol>,
    instrument: Option<Instrument>,
    account: Option<Arc<Name>>,
    value: Decimal,
    costs: Decimal,
    commission: Option<Decimal>,
    multiplier: &'a str,
}

impl Terms<'_> {
    fn row(self, fields: &Fields<'_>, words: &Words<'_>, order_field: &str) -> Result<Reading> {
        let action = match words.action()? {
            BrokerAction::Cash if tells_deposit(fields.text("Description")) => BrokerAction::Deposit,
            action => action,
        };
        let is_money = action.is_money();
        if !is_money && self.instrument.is_none() {
            return Err(Error::invalid_input(
                "a row that changes a position must have a symbol and an instrument type",
            ));
        }
        let quantity = if is_money { Decimal::ZERO } else { exact("Quantity", fields.need("Quantity")?)? };
        if !is_money && quantity <= Decimal::ZERO {
            return Err(unexpected("Quantity", "above zero", fields.text("Quantity")));
        }
        let is_removal = matches!(action, BrokerAction::Expiration | BrokerAction::Assignment);
        let quantity = if words.buys == Some(false) && !is_removal { -quantity } else { quantity };
        let multiplier = if self.multiplier.is_empty() { "1" } else { self.multiplier };
        let multiplier = shares_per_unit("Multiplier", multiplier, quantity)?;
        let price = if is_money { Decimal::ZERO } else { price_of("Value", self.value, quantity, multiplier)? };
        let row = BrokerRow {
            line: self.line,
            // The caller sets the raw row and its count among those of the same meaning.
            raw: RawRow::default(),
            identity: RowIdentity::Count(1),
            at: self.at,
            action,
            account: self.account,
            currency: self.currency,
            symbol: self.symbol,
            instrument: self.instrument,
            quantity,
            price,
            value: self.value,
            costs: self.costs,
            commission: self.commission.filter(|_| !is_money),
            multiplier,
            order: order(fields.text(order_field))?,
            description: fields.text("Description").to_owned(),
        };
        Ok(row.into())
    }
}

impl Words<'_> {
    fn action(&self) -> Result<BrokerAction> {
        let Self { kind, sub_kind, buys, opens } = *self;
        Ok(match (kind, sub_kind, opens) {
            ("Trade", _, Some(true))
            | ("Receive Deliver", "Dividend" | "Special Dividend" | "Stock Dividend", Some(true)) => BrokerAction::Open,
            ("Trade", _, Some(false)) | ("Receive Deliver", "Cash Merger", Some(false)) => BrokerAction::Close,
            // Exports of today write an action here, older ones none.
            ("Receive Deliver", "Expiration", _) => BrokerAction::Expiration,
            ("Receive Deliver", "Assignment" | "Exercise" | "Cash Settled Assignment" | "Cash Settled Exercise", _) => {
                BrokerAction::Assignment
            }
            ("Receive Deliver", "Buy to Open" | "Sell to Open" | "Buy to Close" | "Sell to Close", Some(_)) => {
                BrokerAction::Delivery
            }
            ("Receive Deliver", "ACAT" | "ACATS" | "Transfer", Some(true)) => BrokerAction::TransferIn,
            ("Receive Deliver", "ACAT" | "ACATS" | "Transfer", Some(false)) => BrokerAction::TransferOut,
            (
                "Receive Deliver",
                "Forward Split" | "Reverse Split" | "Stock Split" | "Symbol Change" | "Stock Merger" | "Merger"
                | "Exchange" | "Spin Off" | "Spinoff",
                Some(opens),
            ) => {
                if opens {
                    BrokerAction::Replacement
                } else {
                    BrokerAction::Replaced
                }
            }
            ("Money Movement", "Dividend", None) | ("Receive Deliver", "Dividend" | "Special Dividend", None) => {
                BrokerAction::Dividend
            }
            ("Money Movement", _, None) => BrokerAction::Cash,
            _ => {
                let action = match (buys, opens) {
                    (None, None) => "none",
                    (Some(true), Some(true)) => "buy to open",
                    (Some(false), Some(true)) => "sell to open",
                    (Some(true), Some(false)) => "buy to close",
                    (Some(false), Some(false)) => "sell to close",
                    _ => "half of one",
                };
                return Err(Error::invalid_input("the row has an unknown combination of type, sub type and action")
                    .with("type", kind)
                    .with("sub_type", sub_kind)
                    .with("action", action));
            }
        })
    }
}

/// Returns true for the description of a deposit or withdrawal. The sub type cannot be trusted: histories have interest
/// as `Deposit` and wires received as `Withdrawal`.
fn tells_deposit(description: &str) -> bool {
    let mut words = description.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| ["WIRE", "ACH", "CHECK"].iter().any(|deposit| word.eq_ignore_ascii_case(deposit)))
}

/// Returns the sub type that a description tells, for the layout without that column.
fn described_sub_kind(description: &str) -> &'static str {
    const WORDS: [(&str, &str); 13] = [
        ("cash settle", "Cash Settled Assignment"),
        ("due to expiration", "Expiration"),
        ("due to assignment", "Assignment"),
        ("due to exercise", "Exercise"),
        ("reverse split", "Reverse Split"),
        ("forward split", "Forward Split"),
        ("symbol change", "Symbol Change"),
        ("stock merger", "Stock Merger"),
        ("via acat", "ACAT"),
        ("buy to open", "Buy to Open"),
        ("sell to open", "Sell to Open"),
        ("buy to close", "Buy to Close"),
        ("sell to close", "Sell to Close"),
    ];
    let description = description.to_ascii_lowercase();
    WORDS.iter().find(|(words, _)| description.contains(words)).map_or("", |(_, sub_kind)| sub_kind)
}
