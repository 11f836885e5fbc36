//! The fields of a row by name, whatever the file's syntax.

use std::borrow::Cow;

use strikebook_core::{Decimal, Error, Json, Result};

use super::amount::{exact, money};
use crate::text::{Header, Row};

/// The name of the field with the name of an XML element, in the content of a stored row.
pub(super) const ELEMENT: &str = "element";

/// The fields of a row. Names are compared without regard to case, blanks and punctuation.
pub(super) struct Fields<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    pub(super) const fn new(fields: Vec<(&'a str, Cow<'a, str>)>) -> Self {
        Self(fields)
    }

    /// Returns the fields of a line, without the blanks around them.
    pub(super) fn of_line(header: &'a Header, row: Row<'a>) -> Self {
        Self(header.names().zip(row.iter().map(Cow::Borrowed)).collect())
    }

    /// Returns the fields of a stored row.
    pub(super) fn of_content(content: &'a Json) -> Self {
        let fields = content.as_value().as_object().into_iter().flatten();
        let text = |(name, value): (&'a String, &'a serde_json::Value)| {
            value.as_str().map(|text| (name.as_str(), Cow::Borrowed(text.trim())))
        };
        Self(fields.filter_map(text).collect())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|field| field.0)
    }

    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|field| is_same(field.0, name)).map(|field| &*field.1)
    }

    /// Returns a field; an empty text for one that is absent, which exports of today leave out.
    pub(super) fn text(&self, name: &str) -> &str {
        self.find(name).map_or("", |text| text)
    }

    pub(super) fn need(&self, name: &'static str) -> Result<&str> {
        let missing = || Error::invalid_input("the row lacks a required field").with("field", name);
        self.find(name).filter(|text| !text.is_empty()).ok_or_else(missing)
    }

    /// Returns the first of some fields that the row has and that is not empty.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.find(name).filter(|text| !text.is_empty()))
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Decimal> {
        exact(name, self.need(name)?)
    }

    /// Returns a number; zero for a field that is empty or absent.
    pub(super) fn optional(&self, name: &'static str) -> Result<Decimal> {
        match self.text(name) {
            "" => Ok(Decimal::ZERO),
            text => exact(name, text),
        }
    }

    /// Returns an amount as brokers write it for people; zero for a field that is empty or absent.
    pub(super) fn money(&self, name: &str) -> Result<Decimal> {
        money(name, self.text(name))
    }
}

/// Returns true if two names consist of the same letters and digits.
fn is_same(one: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase())
    }
    one == other || letters(one).eq(letters(other))
}
