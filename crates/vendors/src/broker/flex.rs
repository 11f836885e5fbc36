//! The XML of a Flex query of Interactive Brokers: its `Trade` elements, one for each execution.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

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
const MAX_ELEMENT_BYTES: u64 = 1 << 20;
const ELEMENT_TOO_LONG: &str = "an element of the XML, or a text between two, must not be longer than 1 MiB";
/// The most nested elements. Flex queries have five.
const MAX_DEPTH: u64 = 64;
/// The root element.
const ROOT: &str = "FlexQueryResponse";
/// The depth of a statement's sections, below the root, the statements and one statement.
const SECTION_DEPTH: u64 = 3;
/// The section whose rows are read.
const TRADES: &str = "Trades";
/// The most names of ignored sections to keep. Flex queries have about 60 sections.
const MAX_SECTIONS: usize = 100;

pub(super) fn read(document: Document, history: &mut BrokerHistory) -> Result<()> {
    let mut xml = Reader::from_reader(Bounded::new(document.body, MAX_ELEMENT_BYTES, ELEMENT_TOO_LONG));
    let mut buffer = Vec::new();
    let (mut depth, mut position) = (0, 0);
    let mut is_over = false;
    let mut sections = Sections::default();
    loop {
        buffer.clear();
        xml.get_mut().allow(MAX_ELEMENT_BYTES);
        let event = xml.read_event_into(&mut buffer);
        let bytes = xml.buffer_position();
        let located = |error: Error| error.with("file", &document.name).with("byte", bytes);
        let event = event.map_err(|error| match error {
            XmlError::Io(cause) => io_error(std::io::Error::new(cause.kind(), cause.to_string()), &document.name),
            error => located(malformed().caused_by(error)),
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
            Event::Eof => return Err(located(malformed())),
            Event::Text(text) if depth == 0 && !text.trim().is_empty() => return Err(located(malformed())),
            Event::CData(_) | Event::GeneralRef(_) if depth == 0 => return Err(located(malformed())),
            _ => continue,
        };
        if depth == 0 && (is_over || element.name().0 != ROOT) {
            return Err(located(unexpected("the XML", "one FlexQueryResponse", element.name().0)));
        }
        if depth == MAX_DEPTH {
            let error = Error::new(ErrorKind::Unsupported, "elements of the XML must not be nested more than 64 deep");
            return Err(located(error));
        }
        sections.enter(depth, element.local_name().into_inner());
        if is_empty {
            is_over = depth == 0;
        } else {
            depth += 1;
        }
        if element.local_name().into_inner() == "Trade" {
            sections.has_trades = true;
            let fields = Fields(attributes(&element).map_err(located)?);
            // Summaries by order or by symbol repeat the executions.
            if fields.find("levelOfDetail").is_none_or(|level| level == "EXECUTION") {
                position += 1;
                let raw = if is_empty { format!("<{}/>", &*element) } else { format!("<{}>", &*element) };
                take(history, (position, raw, bytes), &fields)?;
            }
        }
    }
    sections.report(history)?;
    history.rows.sort_unstable_by_key(|row| (row.at, row.line));
    Ok(())
}

/// The sections of a Flex query so far.
#[derive(Default)]
struct Sections {
    /// True once the section `Trades`, or a trade, was found.
    has_trades: bool,
    current: String,
    /// The names of the other sections with rows.
    others: Vec<String>,
}

impl Sections {
    /// Records an element at a depth.
    fn enter(&mut self, depth: u64, name: &str) {
        if depth == SECTION_DEPTH {
            self.has_trades |= name == TRADES;
            name.clone_into(&mut self.current);
        } else if depth == SECTION_DEPTH + 1
            && self.current != TRADES
            && self.others.len() < MAX_SECTIONS
            && !self.others.contains(&self.current)
        {
            self.others.push(self.current.clone());
        }
    }

    /// Lists the sections that were not read as ignored.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) when the file has other sections and no trades.
    fn report(self, history: &mut BrokerHistory) -> Result<()> {
        if !self.has_trades && !self.others.is_empty() {
            let message = "the Flex query has no section Trades, which is the only one that is read";
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with("file", &history.file)
                .with("sections", self.others.join(", ")));
        }
        for section in self.others {
            history.report.ignore(&Arc::from(format!("{}/{section}", history.file)));
        }
        Ok(())
    }
}

fn malformed() -> Error {
    Error::invalid_input("the file must be the whole XML of a Flex query: it is of another format, or truncated")
}

fn take(history: &mut BrokerHistory, (position, raw, bytes): (u64, String, u64), fields: &Fields<'_>) -> Result<()> {
    match fields.execution(position) {
        Ok(row) => {
            history.accept(BrokerRow { raw: RawRow::element(raw), ..row });
            Ok(())
        }
        Err(error) => {
            let id = fields.find("transactionID").unwrap_or(&raw).to_owned();
            history.reject((position, id, RawRow::element(raw)), &error, bytes)
        }
    }
}

/// Returns the attributes of an element, with its brackets or without, by name.
pub(super) fn attributes(element: &str) -> Result<Vec<(&str, Cow<'_, str>)>> {
    let tag = element.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    let name = tag.find(|letter: char| letter.is_ascii_whitespace()).unwrap_or(tag.len());
    let (mut found, mut names) = (Vec::new(), HashSet::new());
    // The parser would compare each name with every other: a minute for the longest element.
    for attribute in Attributes::new(tag, name).with_checks(false) {
        let attribute = attribute.map_err(|error| malformed().caused_by(error))?;
        let name = attribute.key.local_name().into_inner();
        if !names.insert(name) {
            return Err(malformed().with("attribute", name).with("found", "the attribute twice"));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        found.push((name, value.map_err(|error| malformed().with("attribute", name).caused_by(error))?));
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
        let missing = || Error::invalid_input("the execution lacks a required attribute").with("attribute", name);
        self.find(name).ok_or_else(missing)
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
            // The trade is booked at zero; an index option settles at its closing price.
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
            // Without the attribute there is no order.
            order: order(self.find("ibOrderID").unwrap_or(""))?,
            description: self.need("description")?.to_owned(),
        })
    }
}

/// Returns the kind of an execution by its codes: `A` assigned, `Ex` exercised, `Ep` expired; `O` opens and `C` closes.
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
