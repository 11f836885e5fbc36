//! Pages of an ordered list.

use std::{fmt, num::NonZeroUsize};

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
    /// Returns a page of other items with the same cursor.
    pub fn map<U>(self, item: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(item).collect(), next: self.next }
    }
}

/// The part of a list to return.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// The largest number of rows in a page; `None` returns all rows in one page.
    pub limit: Option<Limit>,
    /// The cursor of the page before; `None` for the first page.
    pub after: Option<Cursor>,
}

impl Paging {
    /// The whole list in one page.
    pub const ALL: Self = Self { limit: None, after: None };
}

/// Defines the builders of a query with a field `paging`.
macro_rules! paging_builders {
    () => {
        /// Limits the number of rows in a page.
        #[must_use]
        pub const fn with_limit(mut self, limit: $crate::Limit) -> Self {
            self.paging.limit = Some(limit);
            self
        }

        /// Continues after a page, with its [`next`](crate::Page::next) cursor.
        #[must_use]
        pub fn after(mut self, cursor: $crate::Cursor) -> Self {
            self.paging.after = Some(cursor);
            self
        }
    };
}

pub(crate) use paging_builders;

/// A position in an ordered list: the key of the last row that was returned. Rows that are written between two pages
/// neither shift nor repeat rows.
///
/// A cursor is opaque and valid for the query that returned it, on any engine. Its text can be sent elsewhere and read
/// back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(pub(crate) String);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<String> for Cursor {
    /// Takes the text of a cursor. The query that it is given to refuses a text that is not one.
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
