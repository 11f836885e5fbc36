//! Eviction of fetched rows from a store that has grown too large.

use serde::Serialize;

use super::{Dataset, Purged};
use crate::{
    Source, Timestamp,
    analytics::GreeksKey,
    market::{BarKey, Symbol},
    port::Recorded,
};

/// The subject of fetched rows. Everything else that a store holds (orders, executions, positions, the journal,
/// accounts, predictions, settings) cannot be fetched again, and so has no variant here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetched {
    /// The market of an underlying: quotes of its options, the headers of its chains, and its own quotes. Contracts
    /// belong to the underlying that their current details name.
    Market(Symbol),
    /// Bars of one key.
    Bars(BarKey),
    /// A model's Greeks of a contract, which can be computed again.
    Greeks(GreeksKey),
}

impl Fetched {
    /// Returns the datasets that hold these rows, in the order of [`Dataset::ALL`].
    pub const fn datasets(&self) -> &'static [Dataset] {
        match self {
            Self::Market(_) => &[Dataset::OptionQuotes, Dataset::ChainSnapshots, Dataset::UnderlyingQuotes],
            Self::Bars(_) => &[Dataset::Bars],
            Self::Greeks(_) => &[Dataset::Greeks],
        }
    }
}

/// The selection of fetched rows to delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Eviction {
    /// The subject of the rows.
    pub of: Fetched,
    /// The source of the rows' current versions; `None` for any source.
    pub source: Option<Source>,
    /// The latest `recorded_at` of the rows' current versions, inclusive.
    pub recorded_until: Timestamp,
}

impl Eviction {
    /// Selects all rows recorded up to an instant, of any source.
    pub const fn new(of: Fetched, recorded_until: Timestamp) -> Self {
        Self { of, source: None, recorded_until }
    }

    /// Restricts the selection to rows of one source.
    #[must_use]
    pub fn with_source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }
}

/// Returns true if an eviction selects a row with this current version.
pub fn is_evicted(current: &impl Recorded, eviction: &Eviction) -> bool {
    current.recorded_at() <= eviction.recorded_until
        && eviction.source.as_ref().is_none_or(|source| source == current.source())
}

/// The number of selected or deleted rows of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evicted {
    /// The dataset of the rows.
    pub dataset: Dataset,
    /// The numbers of rows and of superseded versions.
    pub purged: Purged,
}

/// The size of a store on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskSize {
    /// Bytes, logs and indexes included.
    pub bytes: u64,
    /// The part of `bytes` that holds nothing and that [`compact`](super::Maintenance::compact) gives back, as far as
    /// the engine reports it.
    pub free: u64,
}
