//! The XML of a Flex query of Interactive Brokers: `Trade` elements, one for each execution.

use std::{borrow::Cow, collections::HashSet};

use chrono_tz::Tz;
use quick_xml::{
    Error as XmlError, Reader, XmlVersion,
    events::{Event, attributes::Attributes},
};
use strikebook_core::{
    Decimal, Error, ErrorKind, Result,
    market::{Instrument, Symbol},
};

use super::{BrokerAction, BrokerHistory, BrokerRow, RawRow, RowIdentity, exact, order, paid, shares_per_unit};
use crate::{
    input::{Bounded, Document, io_error},
    value::{date_time, unexpected},
    zone,
};

/// The most bytes of an element's tag, or of a text between two.
const MAX_ELEMENT: u64 = 1 << 20;
const ELEMENT_TOO_LONG: &str = "an element of the XML, or a text between two, must not be longer than 1 MiB";
/// The most elements within each other. Flex queries have five.
const MAX_DEPTH: u64 = 64;
/// The element that every file is.
const ROOT: &str = "FlexQueryResponse";

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    let mut xml = Reader::from_reader(Bounded::new(document.body, MAX_ELEMENT, ELEMENT_TOO_LONG));
    let mut buffer = Vec::new();
    let (mut depth, mut place) = (0, 0);
    let mut is_over = false;
    loop {
        buffer.clear();
        xml.get_mut().allow(MAX_ELEMENT);
        let event = xml.read_event_into(&mut buffer);
        let bytes = xml.buffer_position();
        let located = |error: Error| error.with("file", &document.name).with("byte", bytes);
        let event = event.map_err(|error| match error {
            XmlError::Io(cause) => io_error(std::io::Error::new(cause.kind(), cause.to_string()), &document.name),
            error => located(no_xml().caused_by(error)),
        })?;
        let (element, is_empty) = match event {
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(_) => {
                depth -= 1;
                is_over = depth == 0;
                continue;
            }
            Event::Eof if is_over => break,
            Event::Eof => return Err(located(no_xml())),
            Event::Text(text) if depth == 0 && !text.trim().is_empty() => return Err(located(no_xml())),
            Event::CData(_) | Event::GeneralRef(_) if depth == 0 => return Err(located(no_xml())),
            _ => continue,
        };
        if depth == 0 && (is_over || element.name().0 != ROOT) {
            return Err(located(unexpected("the XML", "one FlexQueryResponse", element.name().0)));
        }
        if depth == MAX_DEPTH {
            let error = Error::new(ErrorKind::Unsupported, "elements of the XML must not be more than 64 levels deep");
            return Err(located(error));
        }
        if is_empty {
            is_over = depth == 0;
        } else {
            depth += 1;
        }
        if element.local_name().into_inner() == "Trade" {
            let fields = Fields(attributes(&element).map_err(located)?);
            // Summaries by order or by symbol repeat what the executions tell.
            if fields.find("levelOfDetail").is_none_or(|level| level == "EXECUTION") {
                place += 1;
                let raw = if is_empty { format!("<{}/>", &*element) } else { format!("<{}>", &*element) };
                take(history, (place, raw, bytes), &fields)?;
            }
        }
    }
    history.rows.sort_unstable_by_key(|row| (row.at, row.line));
    Ok(())
}

fn no_xml() -> Error {
    Error::invalid_input("the file must be whole XML of a Flex query: it is of another format, or cut short")
}

fn take(history: &mut BrokerHistory, (place, raw, bytes): (u64, String, u64), fields: &Fields<'_>) -> Result<()> {
    match fields.execution(place) {
        Ok(row) => {
            history.accept(BrokerRow { raw: RawRow::element(raw), ..row });
            Ok(())
        }
        Err(error) => {
            let id = fields.find("transactionID").unwrap_or(&raw).to_owned();
            history.reject((place, id, RawRow::element(raw)), &error, bytes)
        }
    }
}

/// The attributes of an element, with its brackets or without, by their names.
pub(super) fn attributes(element: &str) -> Result<Vec<(&str, Cow<'_, str>)>> {
    let tag = element.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    let name = tag.find(|letter: char| letter.is_ascii_whitespace()).unwrap_or(tag.len());
    let (mut found, mut names) = (Vec::new(), HashSet::new());
    // The parser would compare each name with each: a minute for the longest element.
    for attribute in Attributes::new(tag, name).with_checks(false) {
        let attribute = attribute.map_err(|error| no_xml().caused_by(error))?;
        let name = attribute.key.local_name().into_inner();
        if !names.insert(name) {
            return Err(no_xml().with("attribute", name).with("found", "it occurs twice"));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        found.push((name, value.map_err(|error| no_xml().with("attribute", name).caused_by(error))?));
    }
    Ok(found)
}

/// The attributes of an execution.
struct Fields<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl Fields<'_> {
    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|field| field.0 == name).map(|field| &*field.1)
    }

    fn need(&self, name: &'static str) -> Result<&str> {
        self.find(name).ok_or_else(|| Error::invalid_input("an attribute is missing").with("attribute", name))
    }

    fn number(&self, name: &'static str) -> Result<Decimal> {
        exact(name, self.need(name)?)
    }

    fn optional(&self, name: &'static str) -> Result<Decimal> {
        match self.find(name) {
            None | Some("") => Ok(Decimal::ZERO),
            Some(text) => exact(name, text),
        }
    }

    fn execution(&self, line: u64) -> Result<BrokerRow> {
        let text = self.need("symbol")?;
        let instrument = match self.need("assetCategory")? {
            "STK" => Instrument::Symbol(Symbol::new(text)?),
            "OPT" => Instrument::Option(text.parse()?),
            other => return Err(unexpected("assetCategory", "STK or OPT", other)),
        };
        let symbol = match instrument {
            Instrument::Symbol(symbol) => symbol,
            Instrument::Option(_) => Symbol::new(self.need("underlyingSymbol")?)?,
        };
        let wall = format!("{} {}", self.need("tradeDate")?, self.need("tradeTime")?);
        let wall = date_time("tradeDate and tradeTime", &wall, "%Y%m%d %H%M%S")?;
        let action = action(self.need("notes")?, self.need("openCloseIndicator")?, instrument)?;
        let quantity = self.number("quantity")?;
        if quantity.is_zero() {
            return Err(unexpected("quantity", "not zero", "0"));
        }
        let price = match action {
            // The trade is booked at zero; an index option is worth what it closed at.
            BrokerAction::Assignment => self.optional("closePrice")?,
            _ => self.number("tradePrice")?,
        };
        Ok(BrokerRow {
            line,
            // The raw row is set by the caller.
            raw: RawRow::element(String::new()),
            identity: RowIdentity::Given(self.need("transactionID")?.into()),
            at: zone::instant(Tz::America__New_York, wall)?,
            action,
            symbol: Some(symbol),
            instrument: Some(instrument),
            quantity,
            price,
            value: self.number("proceeds")?,
            costs: paid("ibCommission and taxes", self.optional("ibCommission")?, self.optional("taxes")?)?,
            multiplier: shares_per_unit("multiplier", self.need("multiplier")?, quantity)?,
            order: order(self.find("ibOrderID").unwrap_or_default())?,
            description: self.need("description")?.to_owned(),
        })
    }
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
