//! Reading what came to many series: every version of their rows, from an instant on.

use crate::{Cursor, Error, Limit, Page, Result, Timestamp, batch::Recorded};

/// Which rows of many series to list, with every version of them: those that a reader who keeps to both clocks has met
/// between two instants.
///
/// A version is met once it has been said and learned, whichever is later. One whose `at` and `recorded_at` both lie
/// before [`from`](Self::from) was met by an earlier reader; one of which either lies behind [`until`](Self::until)
/// will be met by a later one. A correction of an old row is thus listed among what is new.
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
    /// Whose rows, in any order; a key that is repeated counts once.
    pub keys: Vec<K>,
    /// Versions with `at` or `recorded_at` from this instant on.
    pub from: Timestamp,
    /// Versions with `at` and `recorded_at` up to this instant.
    pub until: Timestamp,
    /// At most so many in a page; `None` puts all into one.
    pub limit: Option<Limit>,
    /// Continue after a page.
    pub after: Option<Cursor>,
}

/// Where a version stands in a list of changes: the number of its series in [`series`](ChangeQuery::series), its `at`
/// and its `recorded_at`. For implementors of a port.
pub type ChangePlace = (usize, Timestamp, Timestamp);

impl<K: Copy + Ord> ChangeQuery<K> {
    /// Everything of some series up to an instant on both clocks.
    pub fn new(keys: impl IntoIterator<Item = K>, until: Timestamp) -> Self {
        Self { keys: keys.into_iter().collect(), from: Timestamp::MIN, until, limit: None, after: None }
    }

    /// Only versions with `at` or `recorded_at` from this instant on.
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

    /// The keys in order, each once. For implementors of a port.
    pub fn series(&self) -> Vec<K> {
        let mut series = self.keys.clone();
        series.sort_unstable();
        series.dedup();
        series
    }

    /// Whether a version with these two times is asked for. For implementors of a port.
    pub fn admits(&self, at: Timestamp, recorded_at: Timestamp) -> bool {
        at.max(recorded_at) >= self.from && at.max(recorded_at) <= self.until
    }

    /// The place behind which the page starts; `None` when it is the first. For implementors of a port.
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
            Error::invalid_input("the cursor is not one that a list of changes gave").with("cursor", cursor.key())
        })
    }

    /// A page out of up to `limit + 1` versions with the numbers of their series. For implementors of a port.
    pub fn page<R: Recorded<Key = (K, Timestamp)>>(&self, rows: Vec<(usize, R)>) -> Page<R> {
        let page = Page::from_rows(rows, self.limit, |(series, row)| {
            let (at, recorded_at) = (row.key().1, row.recorded_at());
            Cursor::from_key(format!("{series}:{}:{}", at.as_micros(), recorded_at.as_micros()))
        });
        Page { items: page.items.into_iter().map(|(_, row)| row).collect(), next: page.next }
    }
}
