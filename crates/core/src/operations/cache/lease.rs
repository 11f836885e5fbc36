//! The right to fetch, so that of all processes that share a database only one asks for the same thing.

use serde::{Deserialize, Serialize};

use super::CacheKey;
use crate::{Error, Keyed, Name, Result, Timestamp};

/// The right of one owner to fetch something, until it runs out.
///
/// The instants are those of the owners' clocks: a lease must be longer than these may differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchLease {
    /// The dataset.
    pub dataset: Name,
    /// What of it.
    pub subject: Name,
    /// Who has it: a name that no other owner has, such as a UUID.
    pub owner: Name,
    /// From when on it gives way to anybody.
    pub expires_at: Timestamp,
    /// When it was claimed.
    pub recorded_at: Timestamp,
}

impl FetchLease {
    /// A lease claimed at an instant.
    pub const fn new(key: CacheKey, owner: Name, claimed_at: Timestamp, expires_at: Timestamp) -> Self {
        Self { dataset: key.dataset, subject: key.subject, owner, expires_at, recorded_at: claimed_at }
    }

    /// Whether it gives way to a claim: one of its own owner, or any that is made when it has run out.
    pub fn yields_to(&self, claim: &Self) -> bool {
        self.owner == claim.owner || self.expires_at <= claim.recorded_at
    }
}

impl Keyed for FetchLease {
    const NAME: &'static str = "lease";

    type Key = CacheKey;
    type Filter = ();

    fn key(&self) -> CacheKey {
        CacheKey { dataset: self.dataset, subject: self.subject }
    }

    fn validate(&self) -> Result<()> {
        if self.expires_at > self.recorded_at {
            return Ok(());
        }
        Err(Error::invalid_input("a lease must run out after it is claimed")
            .with("field", "expires_at")
            .with("value", self.expires_at)
            .with("claimed_at", self.recorded_at))
    }

    fn is_admitted_by(&self, (): &()) -> bool {
        true
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}
