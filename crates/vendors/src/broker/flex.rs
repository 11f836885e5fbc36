//! The XML of a Flex query of Interactive Brokers: `Trade` elements, one for each execution.

use std::sync::Arc;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use roxmltree::{Document as Xml, Node};
use strikebook_core::{
    Decimal, Error, Json, Result,
    market::{Instrument, Symbol},
};

use super::{BrokerAction, BrokerHistory, BrokerRow, content, exact, order, whole};
use crate::{input::Document, value::unexpected, zone};

pub(super) fn read(mut document: Document, history: &mut BrokerHistory) -> Result<()> {
    let file = Arc::clone(&history.file);
    let text = whole(&mut document)?;
    let xml = Xml::parse(&text).map_err(|error| {
        Error::invalid_input("the file is not XML, or cut short").with("file", &file).caused_by(error)
    })?;
    let root = xml.root_element();
    if root.tag_name().name() != "FlexQueryResponse" {
        return Err(unexpected("the XML", "a FlexQueryResponse", root.tag_name().name()).with("file", &file));
    }
    // Summaries by order or by symbol repeat what the executions tell.
    let is_execution = |node: &Node<'_, '_>| {
        node.has_tag_name("Trade") && node.attribute("levelOfDetail").is_none_or(|level| level == "EXECUTION")
    };
    for (line, node) in (1..).zip(root.descendants().filter(is_execution)) {
        let raw = text.get(node.range()).unwrap_or_default();
        let (names, values): (Vec<_>, Vec<_>) = node.attributes().map(|it| (it.name(), it.value())).unzip();
        let id = node.attribute("transactionID").unwrap_or(raw);
        history.take((line, id, content(names, values)?), execution(node, line, raw));
    }
    history.rows.sort_by_key(|row| row.at);
    Ok(())
}

fn execution(node: Node<'_, '_>, line: u64, raw: &str) -> Result<BrokerRow> {
    let field = |name: &'static str| {
        node.attribute(name).ok_or_else(|| Error::invalid_input("an attribute is missing").with("attribute", name))
    };
    let number = |name: &'static str| exact(name, field(name)?);
    let optional = |name: &'static str| match node.attribute(name) {
        None | Some("") => Ok(Decimal::ZERO),
        Some(text) => exact(name, text),
    };
    let text = field("symbol")?;
    let instrument = match field("assetCategory")? {
        "STK" => Instrument::Symbol(Symbol::new(text)?),
        "OPT" => Instrument::Option(text.parse()?),
        other => return Err(unexpected("assetCategory", "STK or OPT", other)),
    };
    let symbol = match instrument {
        Instrument::Symbol(symbol) => symbol,
        Instrument::Option(_) => Symbol::new(field("underlyingSymbol")?)?,
    };
    let (date, time) = (field("tradeDate")?, field("tradeTime")?);
    let wall = NaiveDateTime::parse_from_str(&format!("{date}{time}"), "%Y%m%d%H%M%S")
        .map_err(|_| unexpected("tradeDate and tradeTime", "a date and a time", &format!("{date} {time}")))?;
    let action = action(field("notes")?, field("openCloseIndicator")?, instrument)?;
    let multiplier = field("multiplier")?;
    let quantity = number("quantity")?;
    if quantity.is_zero() {
        return Err(unexpected("quantity", "not zero", "0"));
    }
    let price = match action {
        // The trade is booked at zero; an index option is worth what it closed at.
        BrokerAction::Assignment => optional("closePrice")?,
        _ => number("tradePrice")?,
    };
    Ok(BrokerRow {
        line,
        raw: raw.to_owned(),
        content: Json::default(),
        id: field("transactionID")?.to_owned(),
        at: zone::instant(Tz::America__New_York, wall)?,
        action,
        symbol: Some(symbol),
        instrument: Some(instrument),
        quantity,
        price,
        value: number("proceeds")?,
        costs: -(optional("ibCommission")? + optional("taxes")?),
        multiplier: multiplier.parse().map_err(|_| unexpected("multiplier", "a whole number", multiplier))?,
        order: order(node.attribute("ibOrderID").unwrap_or_default())?,
        description: field("description")?.to_owned(),
    })
}

/// What an execution tells by its codes: `A` assigned, `Ex` exercised, `Ep` expired; `O` opens and `C` closes.
fn action(notes: &str, indicator: &str, instrument: Instrument) -> Result<BrokerAction> {
    let is_option = matches!(instrument, Instrument::Option(_));
    let has = |code: &str| notes.split(';').any(|note| note.trim() == code);
    Ok(match (has("A") || has("Ex"), has("Ep"), indicator) {
        (true, _, _) if is_option => BrokerAction::Assignment,
        (true, _, _) => BrokerAction::Delivery,
        (_, true, _) if is_option => BrokerAction::Expiration,
        (_, _, "O") => BrokerAction::Open,
        (_, _, "C") => BrokerAction::Close,
        _ => return Err(unexpected("openCloseIndicator", "O or C", indicator)),
    })
}
