//! Pages of an ordered list.

use std::num::NonZeroUsize;

/// The largest number of rows in one page, at least 1.
pub type Limit = NonZeroUsize;

/// One page of a list, with the cursor of the next page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows, in the order that the method documents.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` after the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Builds a page from up to `limit + 1` rows: one row beyond the limit shows that another page follows. `cursor`
    /// returns the cursor of the page's last row.
    pub fn from_rows(mut rows: Vec<T>, limit: Option<Limit>, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let mut next = None;
        if let Some(limit) = limit.map(Limit::get)
            && rows.len() > limit
        {
            rows.truncate(limit);
            next = rows.last().map(cursor);
        }
        Self { items: rows, next }
    }
}

/// A position in an ordered list: the key of the last row that was returned. Rows that are written between two pages
/// neither shift nor repeat rows.
///
/// Opaque, printable, and valid on any engine for the query that returned the cursor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// Creates a cursor from the text of a key. For implementors of a port.
    pub fn from_key(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Returns the text of the key. For implementors of a port.
    pub fn key(&self) -> &str {
        &self.0
    }
}
