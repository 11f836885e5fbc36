//! Rows as they are in their files.

use std::{borrow::Cow, fmt, sync::Arc};

use serde_json::Map;
use strikebook_core::{Json, Result};

use super::{fields::ELEMENT, flex};
use crate::text::{Header, Row, Table};

/// A row as it is in its file: a line, or an XML element without its contents.
#[derive(Clone, Default, PartialEq)]
pub struct RawRow {
    text: Box<str>,
    /// The names of a line's fields. An element contains its own.
    columns: Option<Arc<Header>>,
}

impl RawRow {
    pub(super) fn line(text: String, columns: &Arc<Header>) -> Self {
        Self { text: text.into(), columns: Some(Arc::clone(columns)) }
    }

    pub(super) fn element(text: String) -> Self {
        Self { text: text.into(), columns: None }
    }

    /// Returns the row, or the beginning of one that is too long to keep.
    pub(super) fn beginning(self) -> Self {
        let text = super::beginning(&self.text);
        if text.len() == self.text.len() { self } else { Self { text: text.into(), columns: Some(Arc::default()) } }
    }

    /// Returns the text of the row. Bytes of a line that are not UTF-8 are escaped.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns an object of the row's fields, named as in the file.
    ///
    /// The name of an XML element is the field `element`. A field without a name, or with one that is taken, is named
    /// by its position: `field 21`. A malformed line is `field 1`. The character NUL, which not every engine stores, is
    /// replaced by its symbol.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) as [`Json::new`], though no row of a history causes
    /// that.
    pub fn content(&self) -> Result<Json> {
        match &self.columns {
            None => {
                let attributes = flex::attributes(&self.text)?;
                let names = attributes.iter().map(|it| it.0).chain([ELEMENT]);
                object(names, attributes.iter().map(|it| &*it.1).chain([flex::element_name(&self.text)]))
            }
            Some(columns) => match Table::of_line(&self.text).row() {
                Ok(row) => object(columns.names(), row.fields()),
                Err(_) => object([], [&*self.text]),
            },
        }
    }

    /// Returns the fields of a line without the blanks around them, joined by `|`; a malformed line, or an element,
    /// whole.
    pub(super) fn joined(&self) -> Cow<'_, str> {
        match self.columns.is_some().then(|| Table::of_line(&self.text).row().map(Row::joined)) {
            Some(Ok(joined)) => Cow::Owned(joined),
            _ => Cow::Borrowed(&self.text),
        }
    }
}

impl fmt::Debug for RawRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawRow").field(&self.text).finish()
    }
}

fn object<'a>(names: impl IntoIterator<Item = &'a str>, fields: impl IntoIterator<Item = &'a str>) -> Result<Json> {
    let shown = |text: &str| text.replace('\0', "\u{2400}");
    let (mut content, mut names) = (Map::new(), names.into_iter());
    for (position, field) in (1..).zip(fields) {
        let name = names.next().map(shown).filter(|name| !name.is_empty() && !content.contains_key(name));
        content.insert(name.unwrap_or_else(|| format!("field {position}")), shown(field).into());
    }
    Json::new(content.into())
}
