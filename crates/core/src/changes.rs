//! Queries of changes: every version recorded in many series since an instant.

use crate::{Cursor, Error, Limit, Page, Result, Timestamp, batch::Recorded};

/// A query for the changes of many series: every version with `from <= max(at, recorded_at) <= until`.
///
/// A version becomes readable at the later of its two times, once the market has said it and we have recorded it. A
/// process that polls with `from` set to the `until` of its last query therefore sees each version: new rows,
/// corrections of old rows, and rows that arrive late.
///
/// ```
/// use strikebook_core::{ChangeQuery, market::{BarKey, Symbol, Timeframe}};
///
/// let keys = [Symbol::new("SPY")?, Symbol::new("QQQ")?].map(|symbol| BarKey::new(symbol, Timeframe::Day1));
/// let query = ChangeQuery::new(keys, "2021-03-31T20:00:00Z".parse()?).with_from("2021-03-30T20:00:00Z".parse()?);
/// assert_eq!(query.series().len(), 2);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeQuery<K> {
    /// The keys of the series, in any order; a repeated key counts once.
    pub keys: Vec<K>,
    /// The earliest value of `max(at, recorded_at)` to return, inclusive.
    pub from: Timestamp,
    /// The latest value of `max(at, recorded_at)` to return, inclusive.
    pub until: Timestamp,
    /// The largest number of versions in a page; `None` returns all versions in one page.
    pub limit: Option<Limit>,
    /// The cursor of the page before; `None` for the first page.
    pub after: Option<Cursor>,
}

/// The position of a version in a list of changes: the index of its series in [`series`](ChangeQuery::series), its
/// `at` and its `recorded_at`. For implementors of a port.
pub type ChangePlace = (usize, Timestamp, Timestamp);

impl<K: Copy + Ord> ChangeQuery<K> {
    /// Creates a query for all versions of some series that are readable at `until`.
    pub fn new(keys: impl IntoIterator<Item = K>, until: Timestamp) -> Self {
        Self { keys: keys.into_iter().collect(), from: Timestamp::MIN, until, limit: None, after: None }
    }

    /// Restricts the query to versions with `max(at, recorded_at)` from this instant on.
    #[must_use]
    pub const fn with_from(mut self, from: Timestamp) -> Self {
        self.from = from;
        self
    }

    /// Limits the number of versions in a page.
    #[must_use]
    pub const fn with_limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Continues after a page, with its [`next`](Page::next) cursor.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Returns the keys in ascending order, each once. For implementors of a port.
    pub fn series(&self) -> Vec<K> {
        let mut series = self.keys.clone();
        series.sort_unstable();
        series.dedup();
        series
    }

    /// Returns true if a version with these two times belongs to the answer. For implementors of a port.
    pub fn admits(&self, at: Timestamp, recorded_at: Timestamp) -> bool {
        at.max(recorded_at) >= self.from && at.max(recorded_at) <= self.until
    }

    /// Returns the position of the last version of the page before; `None` for the first page. For implementors of a
    /// port.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one that [`page`](Self::page) made.
    pub fn last_seen(&self) -> Result<Option<ChangePlace>> {
        let Some(cursor) = &self.after else { return Ok(None) };
        let instant = |text: &str| Timestamp::from_micros(text.parse().ok()?).ok();
        let parts: Vec<_> = cursor.key().split(':').collect();
        let place = match parts[..] {
            [series, at, recorded_at] => {
                series.parse().ok().and_then(|series| Some((series, instant(at)?, instant(recorded_at)?)))
            }
            _ => None,
        };
        place.map(Some).ok_or_else(|| {
            Error::invalid_input("the cursor is not one of a list of changes").with("cursor", cursor.key())
        })
    }

    /// Builds a page from up to `limit + 1` versions, each with the index of its series. For implementors of a port.
    pub fn page<R: Recorded<Key = (K, Timestamp)>>(&self, rows: Vec<(usize, R)>) -> Page<R> {
        let page = Page::from_rows(rows, self.limit, |(series, row)| {
            let (at, recorded_at) = (row.key().1, row.recorded_at());
            Cursor::from_key(format!("{series}:{}:{}", at.as_micros(), recorded_at.as_micros()))
        });
        Page { items: page.items.into_iter().map(|(_, row)| row).collect(), next: page.next }
    }
}
