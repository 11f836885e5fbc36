//! Preconditions: what must hold of stored rows before a write of a unit.

use std::fmt::{Debug, Display};

use crate::trading::journal::Amendment;

/// A row that a unit of work writes. Of the rows of a dataset, each has another key.
pub trait Row: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The identity of an entry, the key of a keyed row, or the natural key of a versioned row with its `at`.
    type Key: Clone + Debug + Ord + Send + Sync + 'static;

    /// Returns the key of this row.
    fn row_key(&self) -> Self::Key;

    /// Returns the key as errors show it.
    fn row_key_text(&self) -> String;
}

/// The condition on the stored rows with the keys of a write, checked before the write. The rows of earlier writes of
/// the same unit count as stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Precondition<R> {
    /// No condition: the write is done whatever is stored.
    #[default]
    None,
    /// Each key has a stored row.
    Exists,
    /// No key has a stored row.
    Missing,
    /// The stored rows are these: a key of a row given here has exactly that row, and any other key of the write has
    /// none. Of several rows given with one key the last counts.
    ///
    /// Rows are compared whole, `recorded_at` included, so that no change since they were read goes unnoticed. Of a row
    /// that is kept in versions, the current version is compared.
    Matches(Vec<R>),
}

/// Rows to write, and what must hold before.
///
/// ```
/// use strikebook_core::{Name, Result, operations::Setting, unit::{Guarded, UnitOfWork}};
///
/// # fn example(read: Option<Setting>, changed: Setting) -> UnitOfWork {
/// // The setting is still as it was read; if none was read, there is still none.
/// let replaced = UnitOfWork::new().upsert_settings(Guarded::from(changed).must_match(read));
/// # replaced
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Guarded<R> {
    pub(super) rows: Vec<R>,
    pub(super) precondition: Precondition<R>,
}

/// The key of a row to change or delete, and what must hold of that row before.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardedKey<R: Row> {
    pub(super) key: R::Key,
    pub(super) precondition: Precondition<R>,
}

/// Amendments of entries, and what must hold of the entries before.
///
/// ```
/// use strikebook_core::{
///     Timestamp,
///     trading::journal::{Amendment, Note},
///     unit::{GuardedAmendments, UnitOfWork},
/// };
///
/// # fn example(read: Note, at: Timestamp) -> UnitOfWork {
/// let mended = Note { text: format!("{}, as it turned out", read.text), ..read.clone() };
/// // The note is still as it was read.
/// let amendment = GuardedAmendments::from(Amendment::correct(mended, at, "hindsight")).must_match([read]);
/// UnitOfWork::new().amend_notes(amendment)
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GuardedAmendments<E> {
    pub(super) amendments: Vec<Amendment<E>>,
    pub(super) precondition: Precondition<E>,
}

impl<E> From<Amendment<E>> for GuardedAmendments<E> {
    fn from(amendment: Amendment<E>) -> Self {
        vec![amendment].into()
    }
}

impl<E> From<Vec<Amendment<E>>> for GuardedAmendments<E> {
    fn from(amendments: Vec<Amendment<E>>) -> Self {
        Self { amendments, precondition: Precondition::None }
    }
}

impl<E, const N: usize> From<[Amendment<E>; N]> for GuardedAmendments<E> {
    fn from(amendments: [Amendment<E>; N]) -> Self {
        Vec::from(amendments).into()
    }
}

impl<E: Row> GuardedAmendments<E> {
    /// Requires that the stored entries are [exactly](Precondition::Matches) those that were read: one for each
    /// amendment.
    #[must_use]
    pub fn must_match(self, read: impl IntoIterator<Item = E>) -> Self {
        Self { precondition: Precondition::Matches(read.into_iter().collect()), ..self }
    }

    /// Returns the amendments in their order.
    pub fn amendments(&self) -> &[Amendment<E>] {
        &self.amendments
    }

    /// Returns the precondition on the stored entries.
    pub fn precondition(&self) -> &Precondition<E> {
        &self.precondition
    }
}

impl<R> From<R> for Guarded<R> {
    fn from(row: R) -> Self {
        vec![row].into()
    }
}

impl<R> From<Vec<R>> for Guarded<R> {
    fn from(rows: Vec<R>) -> Self {
        Self { rows, precondition: Precondition::None }
    }
}

impl<R, const N: usize> From<[R; N]> for Guarded<R> {
    fn from(rows: [R; N]) -> Self {
        Vec::from(rows).into()
    }
}

impl<R: Row> Guarded<R> {
    /// Requires that each row's key is stored.
    #[must_use]
    pub fn must_exist(self) -> Self {
        Self { precondition: Precondition::Exists, ..self }
    }

    /// Requires that no row's key is stored.
    #[must_use]
    pub fn must_not_exist(self) -> Self {
        Self { precondition: Precondition::Missing, ..self }
    }

    /// Requires that the stored rows are [exactly](Precondition::Matches) those that were read, and that keys for which
    /// none was read have none. Rows that were read and are not written are compared too; with no rows to write, the
    /// write is this comparison alone.
    #[must_use]
    pub fn must_match(self, read: impl IntoIterator<Item = R>) -> Self {
        Self { precondition: Precondition::Matches(read.into_iter().collect()), ..self }
    }

    /// Returns the rows to write.
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// Returns the precondition on the stored rows.
    pub fn precondition(&self) -> &Precondition<R> {
        &self.precondition
    }
}

impl<R: Row<Key: Display>> GuardedKey<R> {
    /// Makes a key without a precondition.
    pub fn new(key: R::Key) -> Self {
        Self { key, precondition: Precondition::None }
    }

    /// Requires that the row exists.
    #[must_use]
    pub fn must_exist(self) -> Self {
        Self { precondition: Precondition::Exists, ..self }
    }

    /// Requires that the row is [exactly](Precondition::Matches) the one that was read.
    #[must_use]
    pub fn must_match(self, read: R) -> Self {
        Self { precondition: Precondition::Matches(vec![read]), ..self }
    }

    /// Returns the key of the row.
    pub fn key(&self) -> &R::Key {
        &self.key
    }

    /// Returns the precondition on the stored row.
    pub fn precondition(&self) -> &Precondition<R> {
        &self.precondition
    }
}
