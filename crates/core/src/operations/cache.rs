//! The cache: what was asked of providers, what came of it, what it cost, and who is asking now.
//!
//! What was fetched is kept with its own kind: quotes with the quotes, bars with the bars. The cache holds no copy of
//! it. It keeps what tells whether to ask again.

mod cost;
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

/// What is fetched in one go: a subject of a dataset, such as `SPY/2025-12-19` of `chains`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CacheKey {
    /// The dataset: `chains`, `prices`, `positions`.
    pub dataset: Name,
    /// What of it: an underlying, an account.
    pub subject: Name,
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.dataset, self.subject)
    }
}

vocabulary! {
    /// What came of asking a provider.
    FetchOutcome, "fetch outcome" {
        /// It gave data.
        Data = "data",
        /// It answered that there is nothing.
        Empty = "empty",
        /// It did not answer, or with an error.
        Failed = "failed",
    }
}
