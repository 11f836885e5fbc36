//! Identities of entries, which have no natural key.

use std::{fmt, hash::Hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Builder, Uuid};

use crate::{Error, Result, Timestamp};

/// The identity of a `T`: a UUID whose type keeps identities of different entries apart.
///
/// ```
/// use strikebook_core::{Id, trading::Signal};
///
/// let at = "2025-09-25T20:00:00Z".parse()?;
/// let id: Id<Signal> = Id::new(at, [7; 10]);
/// assert_eq!(id.to_string().parse::<Id<Signal>>()?, id);
/// // Importing the same thing twice yields the same identity.
/// assert_eq!(Id::<Signal>::named("broker/4711"), Id::named("broker/4711"));
/// # Ok::<(), strikebook_core::Error>(())
/// ```
pub struct Id<T>(Uuid, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// Creates an identity from the millisecond of its creation and random bits, a UUID of version 7: identities of
    /// later milliseconds sort after those of earlier ones. An instant before 1970 counts as 1970.
    ///
    /// Two entries must not share both; `strikebook::new_id` draws the random bits from the operating system.
    pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
        let millis = at.as_micros().max(0).unsigned_abs() / 1_000;
        Self::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// Returns the identity of a thing that has a unique name elsewhere, a UUID of version 5: equal names yield equal
    /// identities.
    pub fn named(name: &str) -> Self {
        Self::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
    }

    /// Creates an identity from a UUID.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// Returns the UUID of the identity.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

// By hand: derived implementations would require the same traits of `T`.

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> FromStr for Id<T> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Uuid::from_str(text).map(Self::from_uuid).map_err(|error| {
            Error::invalid_input("an identity must be a UUID").with("id", format_args!("{text:?}")).caused_by(error)
        })
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from_uuid)
    }
}
