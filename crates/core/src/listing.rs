//! Entries, and queries of entries in the order of event time.

use std::fmt::Debug;

use serde::Serialize;

use crate::{Id, Paging, Result, Source, Timestamp, page::paging_builders, port::Canonical};

/// A row with an identity and an event time: a signal, an order, an event. An entry has no versions: a change
/// replaces the row, and the [audit](crate::operations::AuditRepository) holds its past.
///
/// # Rules of every insert
/// - Either all entries are stored or none.
/// - An entry that is stored already counts as [`unchanged`](crate::Upserted::unchanged), so repeating an insert
///   changes nothing.
/// - An entry whose identity belongs to a different entry is a [`Conflict`](crate::ErrorKind::Conflict).
/// - An entry that was recorded before its `at` by more than [`CLOCK_TOLERANCE`](crate::CLOCK_TOLERANCE), one minute,
///   is [`InvalidInput`](crate::ErrorKind::InvalidInput) with the field `recorded_at`.
/// - An empty batch does nothing.
pub trait Entry: Canonical + Clone + Debug + PartialEq + Serialize + Send + Sync + 'static {
    /// The name of an entry of this type in `snake_case`, such as `signal`: also the key of one in an error's context.
    const NAME: &'static str;

    /// The conditions of a list. The default filter admits every entry.
    type Filter: Clone + Debug + Default + Send + Sync + 'static;

    /// Returns the identity, which never changes.
    fn id(&self) -> Id<Self>;

    /// Returns the event time, which orders lists and never changes.
    fn at(&self) -> Timestamp;

    /// Returns the knowledge time.
    fn recorded_at(&self) -> Timestamp;

    /// Returns the source of the row; `None` for types without a source.
    fn source(&self) -> Option<&Source> {
        None
    }

    /// Checks every value against the range that its field documents.
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

    /// Returns true if a filter searches a text for [words](crate::Words), which every store does by
    /// [`is_admitted_by`](Self::is_admitted_by).
    fn searches(_filter: &Self::Filter) -> bool {
        false
    }

    /// Returns true if a list with this filter contains the entry.
    fn is_admitted_by(&self, filter: &Self::Filter) -> bool;

    /// Returns true if this entry repeats the stored one: both are equal in all that never changes during an entry's
    /// life.
    fn is_repeat_of(&self, stored: &Self) -> bool {
        self == stored
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first; entries of one instant in the order of their identities.
    #[default]
    OldestFirst,
    /// Newest first, the exact reverse of `OldestFirst`.
    NewestFirst,
}

/// A query for entries: those that a filter admits, from one instant to another, in pages.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing<F> {
    /// The conditions that an entry must meet.
    pub filter: F,
    /// The earliest `at` to return, inclusive.
    pub from: Timestamp,
    /// The latest `at` to return, inclusive.
    pub until: Timestamp,
    /// The order of the list.
    pub direction: Direction,
    /// The part of the list to return.
    pub paging: Paging,
}

impl<F: Default> Default for Listing<F> {
    fn default() -> Self {
        Self::new(F::default())
    }
}

impl<F> Listing<F> {
    /// Creates a query for all entries that a filter admits, oldest first.
    pub const fn new(filter: F) -> Self {
        Self {
            filter,
            from: Timestamp::MIN,
            until: Timestamp::MAX,
            direction: Direction::OldestFirst,
            paging: Paging::ALL,
        }
    }

    /// Restricts the query to entries with `at` from this instant on.
    #[must_use]
    pub const fn with_from(mut self, from: Timestamp) -> Self {
        self.from = from;
        self
    }

    /// Restricts the query to entries with `at` up to and including this instant.
    #[must_use]
    pub const fn with_until(mut self, until: Timestamp) -> Self {
        self.until = until;
        self
    }

    /// Reverses the order: newest first.
    #[must_use]
    pub const fn newest_first(mut self) -> Self {
        self.direction = Direction::NewestFirst;
        self
    }

    paging_builders!();
}
