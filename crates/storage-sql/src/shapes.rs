//! The three shapes of rows.

pub(crate) mod entries;
pub(crate) mod keyed;
pub(crate) mod versioned;
