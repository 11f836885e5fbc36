//! What was fetched and can be fetched again, and so may go when a store grows too large.

use serde::Serialize;

use super::{Dataset, Purged};
use crate::{
    Source, Timestamp,
    analytics::GreeksKey,
    batch::Recorded,
    market::{BarKey, Symbol},
};

/// What was fetched of one thing. Everything else that a store holds (orders, executions, positions, the journal,
/// accounts, predictions, settings) was decided, done or said once, cannot be fetched again, and is not named by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetched {
    /// The market of an underlying: quotes of its options, the headers of its chains, and its own quotes. Which
    /// contracts are its options follows what is known of them today.
    Market(Symbol),
    /// Bars.
    Bars(BarKey),
    /// A model's Greeks of a contract, which are computed again.
    Greeks(GreeksKey),
}

impl Fetched {
    /// The datasets that hold it, in the order of [`Dataset::ALL`].
    pub const fn datasets(&self) -> &'static [Dataset] {
        match self {
            Self::Market(_) => &[Dataset::OptionQuotes, Dataset::ChainSnapshots, Dataset::UnderlyingQuotes],
            Self::Bars(_) => &[Dataset::Bars],
            Self::Greeks(_) => &[Dataset::Greeks],
        }
    }
}

/// Rows that are to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Eviction {
    /// Rows of this.
    pub of: Fetched,
    /// Only those of which the current version is of this source; `None` for those of all.
    pub source: Option<Source>,
    /// Only those of which the current version was learned at this instant or before.
    pub learned_until: Timestamp,
}

impl Eviction {
    /// All rows that were learned up to an instant, whatever their source.
    pub const fn new(of: Fetched, learned_until: Timestamp) -> Self {
        Self { of, source: None, learned_until }
    }

    /// Only those of a source.
    #[must_use]
    pub fn with_source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// Whether a row goes whose current version is this. For implementors of the port.
    pub fn takes(&self, current: &impl Recorded) -> bool {
        current.recorded_at() <= self.learned_until
            && self.source.as_ref().is_none_or(|source| source == current.source())
    }
}

/// How many rows of a dataset go, or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evicted {
    /// The dataset.
    pub dataset: Dataset,
    /// Its rows.
    pub purged: Purged,
}

/// What a store takes on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskSize {
    /// Bytes, logs and indexes included.
    pub bytes: u64,
    /// Of these, bytes that hold nothing and are given back by [`compact`](super::Maintenance::compact), as far as the
    /// engine can tell.
    pub free: u64,
}
