//! Rows with natural keys, of which only the present state is stored.

use std::fmt::{Debug, Display};

use serde::Serialize;

use crate::{Result, Timestamp, port::Canonical};

/// A row with a natural key and without versions: a position, a permission, a setting. A change replaces the row, and
/// the [audit](crate::operations::AuditRepository) holds its past.
///
/// A row that was recorded before it [can be known](Self::knowable_from) by more than
/// [`CLOCK_TOLERANCE`](crate::CLOCK_TOLERANCE), one minute, is refused with
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) and the field `recorded_at`.
pub trait Keyed: Canonical + Clone + Debug + PartialEq + Serialize + Send + Sync + 'static {
    /// The name of a row of this type in `snake_case`, such as `position`: also the key of one in an error's context.
    const NAME: &'static str;

    /// The natural key, which orders lists.
    type Key: Clone + Debug + Display + Ord + Send + Sync + 'static;

    /// The conditions of a list. The default filter admits every row.
    type Filter: Clone + Debug + Default + Send + Sync + 'static;

    /// Returns the natural key.
    fn key(&self) -> Self::Key;

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

    /// Returns true if a list with this filter contains the row.
    fn is_admitted_by(&self, filter: &Self::Filter) -> bool;

    /// Returns the knowledge time.
    fn recorded_at(&self) -> Timestamp;

    /// Returns the first instant at which somebody can know the row: of a position its last change, of a day's result
    /// the start of the day. `None` for a row without an event time, such as a setting.
    fn knowable_from(&self) -> Option<Timestamp> {
        None
    }

    /// Returns the row with another knowledge time. Rows that differ in nothing else are equal to a store.
    #[must_use]
    fn with_recorded_at(self, recorded_at: Timestamp) -> Self;

    /// Returns the names of the fields that differ from an earlier row's and are secret, and so not serialised. The
    /// audit records these names and no values. The default is none.
    fn secrets_changed_since(&self, _old: &Self) -> &'static [&'static str] {
        &[]
    }
}
