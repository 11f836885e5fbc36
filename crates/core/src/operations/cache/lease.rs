//! Leases, so that of all processes on one database only one fetches the same subject.

use serde::{Deserialize, Serialize};

use super::CacheKey;
use crate::{Error, Name, Result, Timestamp, port::Keyed};

/// The right of one owner to fetch a subject until an instant.
///
/// The instants come from the owners' clocks: a lease must be longer than their difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchLease {
    /// The dataset of the fetch.
    pub dataset: Name,
    /// The subject of the fetch.
    pub subject: Name,
    /// The unique name of the owner, such as a UUID.
    pub owner: Name,
    /// The instant from which any claim succeeds.
    pub expires_at: Timestamp,
    /// The knowledge time: when the lease was claimed.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(FetchLease);

impl FetchLease {
    /// Creates a lease claimed at an instant.
    pub const fn new(key: CacheKey, owner: Name, claimed_at: Timestamp, expires_at: Timestamp) -> Self {
        Self { dataset: key.dataset, subject: key.subject, owner, expires_at, recorded_at: claimed_at }
    }

    /// Returns true if the lease yields to a claim: one of its own owner, or any claim after its expiry.
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
        Err(Error::invalid_input("expires_at must be after the claim of the lease")
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
