//! Queries of one series: the rows of one key, in the order of event time.

use crate::{AsOf, Cursor, Error, Limit, Result, Timestamp};

/// A query for rows of one series: those of `key` from an instant up to the limits of a point-in-time read, in pages.
///
/// ```
/// use strikebook_core::{AsOf, market::{Bar, BarKey, BarQuery, Symbol, Timeframe}};
///
/// let key = BarKey::new(Symbol::new("SPY")?, Timeframe::Day1);
/// let query = BarQuery::new(key, AsOf::instant("2021-03-31T20:00:00Z".parse()?)).with_from("2021-01-01T00:00:00Z".parse()?);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesQuery<K> {
    /// The key of the series.
    pub key: K,
    /// The earliest `at` to return, inclusive.
    pub from: Timestamp,
    /// The limits of the read. Each row comes in the version that was valid at the knowledge limit.
    pub as_of: AsOf,
    /// The largest number of rows in a page; `None` returns all rows in one page.
    pub limit: Option<Limit>,
    /// The cursor of the page before; `None` for the first page.
    pub after: Option<Cursor>,
}

impl<K> SeriesQuery<K> {
    /// Creates a query for all rows of a key up to the limits.
    pub const fn new(key: K, as_of: AsOf) -> Self {
        Self { key, from: Timestamp::MIN, as_of, limit: None, after: None }
    }

    /// Restricts the query to rows with `at` from this instant on.
    #[must_use]
    pub const fn with_from(mut self, from: Timestamp) -> Self {
        self.from = from;
        self
    }

    /// Limits the number of rows in a page.
    #[must_use]
    pub const fn with_limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Continues after a page, with its [`next`](crate::Page::next) cursor.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Returns the instant at which the page starts: `from`, or one microsecond after the last row of the page
    /// before. For implementors of a port.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one that
    /// [`cursor_at`](Self::cursor_at) made.
    pub fn start(&self) -> Result<Timestamp> {
        let Some(cursor) = &self.after else { return Ok(self.from) };
        let last = cursor.key().parse().ok().and_then(|last: i64| Timestamp::from_micros(last.checked_add(1)?).ok());
        last.map(|start| start.max(self.from)).ok_or_else(|| {
            Error::invalid_input("the cursor is not one of a list of this kind").with("cursor", cursor.key())
        })
    }

    /// Returns the cursor of the page that follows a row with this `at`. For implementors of a port.
    pub fn cursor_at(at: Timestamp) -> Cursor {
        Cursor::from_key(at.as_micros().to_string())
    }
}
