//! The CSV of tastytrade's transaction history, newest row first, without identities and with unsigned quantities.

use std::{cmp::Reverse, sync::Arc};

use chrono::{DateTime, Utc};
use strikebook_core::{
    Decimal, Error, Result, Timestamp,
    market::{Instrument, Symbol},
};

use super::{
    BrokerAction, BrokerHistory, BrokerRow, Counts, RawRow, RowIdentity, exact, order, paid, price_of, shares_per_unit,
};
use crate::{
    input::Document,
    text::{Header, Row, Table},
    value::unexpected,
};

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    // Files end without a line end. The last field of a row is a currency, which shows by itself that it is whole.
    let mut table = Table::new(Document { sealed: true, ..document }, b',');
    let header = Arc::new(table.header()?);
    let columns = Columns::find(&header).map_err(|error| table.error(error))?;
    while table.advance()? {
        let (line, bytes) = (table.number(), table.bytes());
        let raw = RawRow::line(table.text(), &header);
        let row = table.row().and_then(|row| row.expect(header.len()).map(|()| row));
        match row.and_then(|row| columns.read(row, line)) {
            Ok(row) => history.accept(BrokerRow { raw, ..row }),
            Err(error) => history.reject((line, raw.joined().into_owned(), raw), &error, bytes)?,
        }
    }
    // Rows of one instant are in the order of their events from the file's end on.
    history.rows.sort_unstable_by_key(|row| (row.at, Reverse(row.line)));
    // Equal rows have equal instants.
    for rows in history.rows.chunk_by_mut(|one, next| one.at == next.at) {
        let mut seen = Counts::default();
        for row in rows {
            row.identity = RowIdentity::Count(seen.next(&row.raw.joined()));
        }
    }
    Ok(())
}

/// The indices of the columns.
struct Columns {
    date: usize,
    kind: usize,
    sub_kind: usize,
    action: usize,
    symbol: usize,
    instrument_type: usize,
    description: usize,
    value: usize,
    quantity: usize,
    commissions: usize,
    fees: usize,
    multiplier: usize,
    underlying: usize,
    order: usize,
    currency: usize,
}

impl Columns {
    fn find(header: &Header) -> Result<Self> {
        Ok(Self {
            date: header.need("Date")?,
            kind: header.need("Type")?,
            sub_kind: header.need("Sub Type")?,
            action: header.need("Action")?,
            symbol: header.need("Symbol")?,
            instrument_type: header.need("Instrument Type")?,
            description: header.need("Description")?,
            value: header.need("Value")?,
            quantity: header.need("Quantity")?,
            commissions: header.need("Commissions")?,
            fees: header.need("Fees")?,
            multiplier: header.need("Multiplier")?,
            underlying: header.need("Underlying Symbol")?,
            order: header.need("Order #")?,
            currency: header.need("Currency")?,
        })
    }

    fn read(&self, row: Row<'_>, line: u64) -> Result<BrokerRow> {
        let currency = row.text(self.currency)?;
        if currency != "USD" {
            return Err(unexpected("Currency", "USD", currency));
        }
        let date = row.text(self.date)?;
        let at = DateTime::parse_from_str(date, "%Y-%m-%dT%H:%M:%S%z")
            .map_err(|_| unexpected("Date", "a date and time with its offset from UTC", date))?;
        let word = row.text(self.action)?;
        let action = self.action(row, word)?;
        let instrument = self.instrument(row)?;
        let symbol = match instrument {
            Some(Instrument::Option(_)) => Some(Symbol::new(row.text(self.underlying)?)?),
            Some(Instrument::Symbol(symbol)) => Some(symbol),
            None => None,
        };
        let is_money = matches!(action, BrokerAction::Dividend | BrokerAction::Cash);
        if !is_money && instrument.is_none() {
            return Err(Error::invalid_input(
                "a row that changes a position must have a symbol and an instrument type",
            ));
        }
        let quantity = if is_money { Decimal::ZERO } else { exact("Quantity", row.text(self.quantity)?)? };
        if !is_money && quantity <= Decimal::ZERO {
            return Err(unexpected("Quantity", "above zero", row.text(self.quantity)?));
        }
        let quantity = if word.starts_with("SELL") { -quantity } else { quantity };
        let multiplier = match row.text(self.multiplier)? {
            "" => "1",
            text => text,
        };
        let multiplier = shares_per_unit("Multiplier", multiplier, quantity)?;
        let value = exact("Value", row.text(self.value)?)?;
        let price = if is_money { Decimal::ZERO } else { price_of("Value", value, quantity, multiplier)? };
        let (commissions, fees) = (cost(row, "Commissions", self.commissions)?, cost(row, "Fees", self.fees)?);
        Ok(BrokerRow {
            line,
            // The caller sets the raw row and its count among equal ones.
            raw: RawRow::element(String::new()),
            identity: RowIdentity::Count(1),
            at: Timestamp::try_from(at.with_timezone(&Utc))?,
            action,
            symbol,
            instrument,
            quantity,
            price,
            value,
            costs: paid("Commissions and Fees", commissions, fees)?,
            multiplier,
            order: order(row.text(self.order)?)?,
            description: row.text(self.description)?.to_owned(),
        })
    }

    fn action(&self, row: Row<'_>, word: &str) -> Result<BrokerAction> {
        let (kind, sub_kind) = (row.text(self.kind)?, row.text(self.sub_kind)?);
        let opens = match word {
            "BUY_TO_OPEN" | "SELL_TO_OPEN" => Some(true),
            "BUY_TO_CLOSE" | "SELL_TO_CLOSE" => Some(false),
            "" => None,
            _ => return Err(unexpected("Action", "BUY_TO_OPEN, SELL_TO_OPEN, BUY_TO_CLOSE or SELL_TO_CLOSE", word)),
        };
        Ok(match (kind, sub_kind, opens) {
            ("Trade", _, Some(true)) => BrokerAction::Open,
            ("Trade", _, Some(false)) => BrokerAction::Close,
            ("Receive Deliver", "Expiration", None) => BrokerAction::Expiration,
            ("Receive Deliver", "Assignment" | "Exercise", None) => BrokerAction::Assignment,
            ("Receive Deliver", "Buy to Open" | "Sell to Open" | "Buy to Close" | "Sell to Close", Some(_)) => {
                BrokerAction::Delivery
            }
            ("Receive Deliver", _, Some(true)) => BrokerAction::Replacement,
            ("Receive Deliver", _, Some(false)) => BrokerAction::Replaced,
            ("Money Movement", "Dividend", None) => BrokerAction::Dividend,
            ("Money Movement", _, None) => BrokerAction::Cash,
            _ => {
                return Err(Error::invalid_input("the row has an unknown combination of type, sub type and action")
                    .with("type", kind)
                    .with("sub_type", sub_kind)
                    .with("action", word));
            }
        })
    }

    fn instrument(&self, row: Row<'_>) -> Result<Option<Instrument>> {
        let text = row.text(self.symbol)?;
        match row.text(self.instrument_type)? {
            "Equity Option" => Ok(Some(Instrument::Option(text.parse()?))),
            "Equity" => Ok(Some(Instrument::Symbol(Symbol::new(text)?))),
            "" if text.is_empty() => Ok(None),
            other => Err(unexpected("Instrument Type", "Equity or Equity Option", other)),
        }
    }
}

/// Reads a cost, below zero for a payment; two dashes stand for none.
fn cost(row: Row<'_>, field: &str, column: usize) -> Result<Decimal> {
    match row.text(column)? {
        "" | "--" => Ok(Decimal::ZERO),
        text => exact(field, text),
    }
}
