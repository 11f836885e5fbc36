//! The cache: the state of fetches, their costs, and the leases of running ones.
//!
//! Fetched data is stored with its own kind: quotes with the quotes, bars with the bars. The cache holds no copy of
//! it, only the facts that decide whether to fetch again.

pub(crate) mod cost;
mod coverage;
mod entry;
mod lease;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use cost::{Charge, FetchCost, FetchCostFilter, FetchCostQuery, FetchCostRepository, Spending, month_of};
pub use coverage::{Coverage, CoverageFilter, CoverageKey, CoverageRepository};
pub use entry::{CacheEntry, CacheFilter, CacheHits, CacheRepository};
pub use lease::FetchLease;

use crate::{Name, vocabulary::vocabulary};

/// The unit of a fetch: a subject of a dataset, such as `SPY/2025-12-19` of `chains`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CacheKey {
    /// The dataset: `chains`, `prices`, `positions`.
    pub dataset: Name,
    /// The subject: an underlying, an account.
    pub subject: Name,
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.dataset, self.subject)
    }
}

vocabulary! {
    /// The outcome of a fetch.
    FetchOutcome, "fetch outcome" {
        /// The provider returned data.
        Data = "data",
        /// The provider reported that there is no data.
        Empty = "empty",
        /// The provider returned an error or did not answer.
        Failed = "failed",
    }
}
