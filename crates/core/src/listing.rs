//! Lists of entries in the order of time.

use std::fmt::Debug;

use serde::Serialize;

use crate::{Cursor, Error, Id, Limit, Result, Source, Timestamp};

/// A row with an identity and a place in time: a signal, an order, an event. It has no versions: when it changes, it is
/// replaced, and who needs its past asks the audit.
pub trait Entry: Clone + Debug + PartialEq + Serialize + Send + Sync + 'static {
    /// What one is called in messages, such as `signal`.
    const NAME: &'static str;

    /// What a list can be narrowed to. The default narrows nothing.
    type Filter: Clone + Debug + Default + Send + Sync + 'static;

    /// Its identity.
    fn id(&self) -> Id<Self>;

    /// Its place in lists. It never changes.
    fn at(&self) -> Timestamp;

    /// Where it comes from, if it is of a kind that tells.
    fn source(&self) -> Option<&Source> {
        None
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    fn validate(&self) -> Result<()>;

    /// Checks a filter's numbers and texts.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    fn validate_filter(_filter: &Self::Filter) -> Result<()> {
        Ok(())
    }

    /// Whether it belongs to a list with this filter.
    fn is_admitted_by(&self, filter: &Self::Filter) -> bool;

    /// Whether this is the stored entry, told again: equal in everything that does not change during its life.
    fn is_repeat_of(&self, stored: &Self) -> bool {
        self == stored
    }
}

/// In which order a list is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The oldest first; of one instant, the smaller identity first.
    #[default]
    OldestFirst,
    /// The reverse.
    NewestFirst,
}

/// Which entries to list: those that a filter admits, from one instant to another, in pages.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing<F> {
    /// What the entries must be like.
    pub filter: F,
    /// Entries with `at` from this instant on.
    pub from: Timestamp,
    /// Entries with `at` up to and including this instant.
    pub until: Timestamp,
    /// In which order.
    pub direction: Direction,
    /// At most so many in a page; `None` puts all into one.
    pub limit: Option<Limit>,
    /// Continue after a page.
    pub after: Option<Cursor>,
}

impl<F: Default> Default for Listing<F> {
    fn default() -> Self {
        Self::new(F::default())
    }
}

impl<F> Listing<F> {
    /// All entries that a filter admits, oldest first.
    pub const fn new(filter: F) -> Self {
        Self {
            filter,
            from: Timestamp::MIN,
            until: Timestamp::MAX,
            direction: Direction::OldestFirst,
            limit: None,
            after: None,
        }
    }

    /// Only entries with `at` from this instant on.
    #[must_use]
    pub const fn with_from(mut self, from: Timestamp) -> Self {
        self.from = from;
        self
    }

    /// Only entries with `at` up to and including this instant.
    #[must_use]
    pub const fn with_until(mut self, until: Timestamp) -> Self {
        self.until = until;
        self
    }

    /// The newest first.
    #[must_use]
    pub const fn newest_first(mut self) -> Self {
        self.direction = Direction::NewestFirst;
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

    /// The place of the last entry of the page before. For implementors of a port.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one that
    /// [`cursor_of`](Self::cursor_of) made.
    pub fn last_seen<E>(&self) -> Result<Option<(Timestamp, Id<E>)>> {
        let Some(cursor) = &self.after else { return Ok(None) };
        let place = cursor
            .key()
            .split_once('/')
            .and_then(|(at, id)| Some((Timestamp::from_micros(at.parse().ok()?).ok()?, id.parse().ok()?)));
        place.map(Some).ok_or_else(|| {
            Error::invalid_input("the cursor is not one that a list of this kind gave").with("cursor", cursor.key())
        })
    }

    /// The cursor behind an entry. For implementors of a port.
    pub fn cursor_of<E: Entry>(entry: &E) -> Cursor {
        Cursor::from_key(format!("{}/{}", entry.at().as_micros(), entry.id()))
    }
}
