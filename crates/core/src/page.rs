//! Pages of an ordered list.

use std::num::NonZeroUsize;

/// How many rows one page may hold. At least one.
pub type Limit = NonZeroUsize;

/// The rows of one page, and the cursor of the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows, in the order that the method documents.
    pub items: Vec<T>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page out of up to `limit + 1` rows: one row more than the limit tells that another page follows. `cursor`
    /// gives the cursor of the last row kept.
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

/// A place in an ordered list: the key of the last row seen. Rows written meanwhile neither shift nor repeat a page.
///
/// Opaque, printable, and valid for the query that gave it on any engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor out of a key's text. For implementors of a port.
    pub fn from_key(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key's text. For implementors of a port.
    pub fn key(&self) -> &str {
        &self.0
    }
}
