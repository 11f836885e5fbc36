//! Reading one series: the rows of one key, in the order of time.

use crate::{AsOf, Cursor, Error, Limit, Result, Timestamp};

/// Which rows of one series to list: those of `key` from an instant up to the limits of a point-in-time read, in pages.
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
    /// Whose rows.
    pub key: K,
    /// Rows with `at` from this instant on.
    pub from: Timestamp,
    /// Rows up to these limits, as they were believed at the knowledge limit.
    pub as_of: AsOf,
    /// At most so many in a page; `None` puts all into one.
    pub limit: Option<Limit>,
    /// Continue after a page.
    pub after: Option<Cursor>,
}

impl<K> SeriesQuery<K> {
    /// All rows of a key up to the limits.
    pub const fn new(key: K, as_of: AsOf) -> Self {
        Self { key, from: Timestamp::MIN, as_of, limit: None, after: None }
    }

    /// Only rows with `at` from this instant on.
    #[must_use]
    pub const fn with_from(mut self, from: Timestamp) -> Self {
        self.from = from;
        self
    }

    /// At most so many in a page.
    #[must_use]
    pub const fn with_limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Continue after a page.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// The instant at which the page starts: `from`, or one microsecond after the last row of the page before. For
    /// implementors of a port.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one that
    /// [`cursor_at`](Self::cursor_at) made.
    pub fn start(&self) -> Result<Timestamp> {
        let Some(cursor) = &self.after else { return Ok(self.from) };
        let last = cursor.key().parse().ok().and_then(|last: i64| Timestamp::from_micros(last.checked_add(1)?).ok());
        last.map(|start| start.max(self.from)).ok_or_else(|| {
            Error::invalid_input("the cursor is not one that a list of this kind gave").with("cursor", cursor.key())
        })
    }

    /// The cursor behind a row with this `at`. For implementors of a port.
    pub fn cursor_at(at: Timestamp) -> Cursor {
        Cursor::from_key(at.as_micros().to_string())
    }
}
