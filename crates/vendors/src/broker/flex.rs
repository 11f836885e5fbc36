//! Flex queries of Interactive Brokers: the XML, of which each element with attributes is a row, and the CSV.

mod rows;
mod table;

use std::{borrow::Cow, collections::HashSet, io::BufRead, sync::Arc};

use quick_xml::{
    Error as XmlError, Reader, XmlVersion,
    events::{Event, attributes::Attributes},
};
use strikebook_core::{Error, ErrorKind, Name, Result, market::Instrument};

pub(super) use rows::corporate_action_row;

use self::rows::{Level, Statement};
use super::{
    BrokerAction, BrokerHistory, BrokerRow, RawRow,
    csv::{self, Reading},
    fields::{ELEMENT, Fields},
    moment::DateOrder,
};
use crate::{
    input::{Bounded, Document, io_error},
    text::Header,
    value::unexpected,
};

/// The most bytes of an element's tag, or of a text between two.
const MAX_ELEMENT_BYTES: u64 = 1 << 20;
const ELEMENT_TOO_LONG: &str = "an element of the XML, or a text between two, must not be longer than 1 MiB";
/// The most nested elements. Flex queries have five.
const MAX_DEPTH: usize = 64;
/// The root element of the XML.
const ROOT: &str = "FlexQueryResponse";
/// The element of a statement, whose attributes are no row.
const STATEMENT: &str = "FlexStatement";
/// The most sections that are not read to list. Flex queries have about 60.
const MAX_SECTIONS: usize = 100;

pub(super) fn is_header(header: &Header) -> bool {
    table::is_header(header)
}

pub(super) fn read(mut document: Document, history: &mut BrokerHistory) -> Result<()> {
    let name = Arc::clone(&document.name);
    let beginning = document.body.fill_buf().map_err(|error| io_error(error, &name))?;
    let beginning = beginning.strip_prefix(b"\xef\xbb\xbf").map_or(beginning, |rest| rest);
    let mut rows = Rows::default();
    // A CSV begins with a name in quotes, or with a word.
    if beginning.first().is_some_and(|first| *first == b'"' || first.is_ascii_uppercase()) {
        table::read(document, history, &mut rows)?;
    } else {
        read_xml(document, history, &mut rows)?;
    }
    rows.settle(history);
    csv::count(&mut history.rows);
    Ok(())
}

fn read_xml(document: Document, history: &mut BrokerHistory, rows: &mut Rows) -> Result<()> {
    let mut xml = Reader::from_reader(Bounded::new(document.body, MAX_ELEMENT_BYTES, ELEMENT_TOO_LONG));
    let mut buffer = Vec::new();
    // The names of the open elements.
    let mut path: Vec<Box<str>> = Vec::new();
    let mut is_over = false;
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
                path.pop();
                is_over = path.is_empty();
                continue;
            }
            Event::Eof if is_over => break,
            Event::Eof => return Err(located(malformed())),
            Event::Text(text) if path.is_empty() && !text.trim().is_empty() => return Err(located(malformed())),
            Event::CData(_) | Event::GeneralRef(_) if path.is_empty() => return Err(located(malformed())),
            _ => continue,
        };
        let element_name: Box<str> = element.local_name().into_inner().into();
        if path.is_empty() && (is_over || element.name().0 != ROOT) {
            return Err(located(unexpected("the XML", "one FlexQueryResponse", element.name().0)));
        }
        if path.len() == MAX_DEPTH {
            let error = Error::new(ErrorKind::Unsupported, "elements of the XML must not be nested more than 64 deep");
            return Err(located(error));
        }
        let attributes = attributes(&element).map_err(located)?;
        if &*element_name == STATEMENT {
            rows.statement = Statement::of(&Fields::new(attributes));
        } else if !attributes.is_empty() && !path.is_empty() && &*element_name != "FlexStatements" {
            let raw = if is_empty { format!("<{}/>", &*element) } else { format!("<{}>", &*element) };
            let section = path.last().map_or("", |section| section);
            rows.take(history, (&element_name, section), &Fields::new(attributes), RawRow::element(raw), bytes)?;
        }
        if is_empty {
            is_over = path.is_empty();
        } else {
            path.push(element_name);
        }
    }
    Ok(())
}

fn malformed() -> Error {
    Error::invalid_input("the file must be the whole XML of a Flex query: it is of another format, or truncated")
}

/// The rows of a Flex query so far, as far as they may repeat each other.
#[derive(Default)]
struct Rows {
    statement: Statement,
    position: u64,
    /// The level of each accepted row, in the order of the file.
    levels: Vec<Level>,
}

impl Rows {
    /// Reads an element with attributes, or a line of the CSV.
    fn take(
        &mut self,
        history: &mut BrokerHistory,
        (element, section): (&str, &str),
        fields: &Fields<'_>,
        raw: RawRow,
        bytes: u64,
    ) -> Result<()> {
        self.position += 1;
        match rows::read(element, fields, &self.statement) {
            Ok((Reading::Row(row), level)) => {
                self.levels.push(level);
                history.accept(BrokerRow { line: self.position, raw, ..*row });
                Ok(())
            }
            Ok((Reading::LeftOut(kind), level)) => {
                // A section of which nothing is read is named as such, unless the root holds it.
                if level == Level::Unread && history.report.ignored.len() < MAX_SECTIONS {
                    let name = if section.is_empty() || section == STATEMENT { element } else { section };
                    let name: Arc<str> = format!("{}/{name}", history.file).into();
                    if !history.report.ignored.contains(&name) {
                        history.report.ignore(&name);
                    }
                }
                history.leave_out(&kind);
                Ok(())
            }
            Err(error) => {
                let id = fields.first(&["transactionID"]).map_or(raw.as_str(), |id| id).to_owned();
                history.reject((self.position, id, raw), &error, bytes)
            }
        }
    }

    /// Puts the rows in order and takes back those that repeat others: an order beside its executions, and an event of
    /// options beside its trade.
    fn settle(self, history: &mut BrokerHistory) {
        type Subject = (Option<Arc<Name>>, Option<Instrument>, chrono::NaiveDate);
        let subject = |row: &BrokerRow| -> Subject { (row.account.clone(), row.instrument, row.at.new_york_date()) };
        let is_book = |row: &BrokerRow| {
            matches!(row.action, BrokerAction::Expiration | BrokerAction::Assignment | BrokerAction::Delivery)
        };
        let mut orders = HashSet::new();
        let (mut accounts, mut events) = (HashSet::new(), HashSet::new());
        for (row, _) in history.rows.iter().zip(&self.levels).filter(|(_, level)| **level == Level::Execution) {
            accounts.insert(row.account.clone());
            orders.insert((row.account.clone(), row.order.clone()));
            if is_book(row) {
                events.insert(subject(row));
            }
        }
        let mut levels = self.levels.into_iter();
        history.take_back(|row| {
            let is_summary = match (levels.next(), &row.order) {
                (Some(Level::Order), Some(_)) => orders.contains(&(row.account.clone(), row.order.clone())),
                (Some(Level::Order), None) => accounts.contains(&row.account),
                (Some(Level::OptionEvent), _) => {
                    return events.contains(&subject(row)).then_some("OptionEAE beside its trade");
                }
                _ => false,
            };
            is_summary.then_some("Order beside its executions")
        });
        history.rows.sort_unstable_by_key(|row| (row.at, row.line));
    }
}

/// Returns true for a stored row of a Flex query.
pub(super) fn is_stored(fields: &Fields<'_>) -> bool {
    fields.find(ELEMENT).is_some() || table::is_stored(fields)
}

/// Reads a stored row again: of the XML the element is one of its fields.
pub(super) fn stored_row(fields: &Fields<'_>) -> Result<Reading> {
    if fields.find(ELEMENT).is_none() {
        return table::stored_row(fields);
    }
    let statement = Statement::default();
    rows::read(fields.text(ELEMENT), fields, &statement).map(|(reading, _)| reading)
}

/// Returns the order of day and month that some dates show.
fn date_order(dates: &[&str]) -> DateOrder {
    dates.iter().find_map(|date| DateOrder::shown_by(date)).map_or(DateOrder::MonthFirst, |order| order)
}

/// Returns the name of an element, with its brackets or without.
pub(super) fn element_name(element: &str) -> &str {
    let tag = element.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    let end = tag.find(|letter: char| letter.is_ascii_whitespace()).map_or(tag.len(), |end| end);
    let name = tag.split_at_checked(end).map_or(tag, |(name, _)| name);
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Returns the attributes of an element, with its brackets or without, by name.
pub(super) fn attributes(element: &str) -> Result<Vec<(&str, Cow<'_, str>)>> {
    let tag = element.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    let name = tag.find(|letter: char| letter.is_ascii_whitespace()).map_or(tag.len(), |end| end);
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
