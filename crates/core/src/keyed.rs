//! Rows told apart by what they are about, of which only the present is kept.

use std::fmt::{Debug, Display};

use serde::Serialize;

use crate::{Result, Timestamp};

/// A row with a natural key and without versions: a position, a permission, a setting. When it changes, it is replaced,
/// and who needs its past asks the audit.
pub trait Keyed: Clone + Debug + PartialEq + Serialize + Send + Sync + 'static {
    /// What one is called in messages, such as `position`.
    const NAME: &'static str;

    /// What tells rows apart. Lists are in its order.
    type Key: Clone + Debug + Display + Ord + Send + Sync + 'static;

    /// What a list can be narrowed to. The default narrows nothing.
    type Filter: Clone + Debug + Default + Send + Sync + 'static;

    /// What it is about.
    fn key(&self) -> Self::Key;

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

    /// When we learned it.
    fn recorded_at(&self) -> Timestamp;

    /// The same, learned at another instant. Rows that differ in nothing else are equal to a store.
    #[must_use]
    fn with_recorded_at(self, recorded_at: Timestamp) -> Self;

    /// Returns the names of the fields that are not serialised, since nobody may see them, and differ from an earlier
    /// row's. The audit tells these names and no values. The default has none.
    fn secrets_changed_since(&self, _old: &Self) -> &'static [&'static str] {
        &[]
    }
}
