//! The audit: an append-only log of changes and their actors.

use std::{fmt::Display, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Clock, Error, ErrorKind, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    maintenance::{Compacted, Eviction, Purged},
    operations::Severity,
    port::{Canonical, Entry, Keyed},
    trading::journal::Trade,
    validate::{check, text},
};

/// One action in the audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The identity of the entry.
    pub id: Id<Self>,
    /// The event time: when the action was taken.
    pub at: Timestamp,
    /// The user who acted; `None` when unknown.
    pub user: Option<Name>,
    /// The action: for entries of an [audited](crate::Store::audited) store the port's method, such as `move_signal`.
    pub action: Name,
    /// The kind of the resource: the [dataset](crate::maintenance::Dataset), such as `signals`; `schema` for
    /// migrations, and `store` for actions on all datasets.
    pub resource: Name,
    /// The identity or key of the resource, or the migration's name; `None` for an action on many rows.
    pub resource_id: Option<String>,
    /// The value before the action; `None` when the resource did not exist. For a bulk deletion the counts, and as
    /// `asked` the limits that the call named.
    pub old_value: Option<Json>,
    /// The value after the action; `None` for a deleted resource. Of a changed secret, such as a user's `password`,
    /// the value is the word `changed`. For a bulk write the counts.
    pub new_value: Option<Json>,
    /// The network address of the user.
    pub address: Option<IpAddr>,
    /// The program of the user.
    pub agent: Option<String>,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(AuditEntry);

impl AuditEntry {
    /// Creates an entry with `at` as its knowledge time.
    pub fn new(id: Id<Self>, at: Timestamp, action: Name, resource: Name) -> Self {
        Self {
            id,
            at,
            user: None,
            action,
            resource,
            resource_id: None,
            old_value: None,
            new_value: None,
            address: None,
            agent: None,
            recorded_at: at,
        }
    }
}

/// The conditions of a list of audit entries. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditFilter {
    /// The user who acted.
    pub user: Option<Name>,
    /// The action of the entries.
    pub action: Option<Name>,
    /// The kind of the resource.
    pub resource: Option<Name>,
    /// The identity or key of the resource.
    pub resource_id: Option<String>,
}

/// A query for audit entries.
pub type AuditQuery = Listing<AuditFilter>;

impl Entry for AuditEntry {
    const NAME: &'static str = "audit_entry";

    type Filter = AuditFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        check!(text, self.resource_id.as_deref() => "resource_id", self.agent.as_deref() => "agent");
        Ok(())
    }

    fn validate_filter(filter: &AuditFilter) -> Result<()> {
        check!(text, &filter.resource_id => "resource_id");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &AuditFilter) -> bool {
        filter.user.is_none_or(|user| self.user == Some(user))
            && filter.action.is_none_or(|action| self.action == action)
            && filter.resource.is_none_or(|resource| self.resource == resource)
            && filter.resource_id.as_ref().is_none_or(|id| self.resource_id.as_ref() == Some(id))
    }
}

/// The user in whose name a store acts, with address and program, a clock, and a source of identities.
#[derive(Clone, Debug)]
pub struct Actor {
    user: Name,
    address: Option<IpAddr>,
    agent: Option<String>,
    clock: Arc<dyn Clock>,
    new_id: fn(Timestamp) -> Id<AuditEntry>,
}

impl Actor {
    /// Creates an actor whose entries get their times from a clock, and their identities from a function that never
    /// returns the same one twice, such as `strikebook::new_id`.
    pub fn new(user: Name, clock: Arc<dyn Clock>, new_id: fn(Timestamp) -> Id<AuditEntry>) -> Self {
        Self { user, address: None, agent: None, clock, new_id }
    }

    /// Sets the network address.
    #[must_use]
    pub fn with_address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Sets the name of the program.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a text longer than 64 KiB or with the character NUL.
    pub fn with_agent(mut self, agent: impl Into<String>) -> Result<Self> {
        let agent = agent.into();
        text("agent", &agent)?;
        self.agent = Some(agent);
        Ok(self)
    }
}

/// Checks, before anything is written, that entries are in an actor's name.
///
/// # Errors
/// [`PermissionDenied`](ErrorKind::PermissionDenied) for an entry with another user or none, with its index as `row`.
pub fn check_own(actor: &Actor, entries: &[AuditEntry]) -> Result<()> {
    match entries.iter().enumerate().find(|(_, entry)| entry.user != Some(actor.user)) {
        None => Ok(()),
        Some((row, entry)) => {
            let message = "an audited store accepts entries in the name of its own actor only";
            Err(Error::new(ErrorKind::PermissionDenied, message)
                .with("row", row)
                .with("user", entry.user.as_ref().map_or("nobody", Name::as_str))
                .with("actor", actor.user))
        }
    }
}

/// Creates the audit entries of one call, in the order of its changes.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when action or resource is not a valid name;
/// [`Internal`](ErrorKind::Internal) when a value of a change cannot be serialised.
pub fn audit_entries(actor: &Actor, action: &str, changes: Vec<Change>) -> Result<Vec<AuditEntry>> {
    let (at, action) = (actor.clock.now(), Name::new(action)?);
    let value = |value: Option<Serialised>, resource: &str| {
        value.transpose().map_err(|reason| {
            Error::new(ErrorKind::Internal, "a changed value cannot be serialised for the audit")
                .with("resource", resource)
                .with("reason", reason)
        })
    };
    let entry = |Change { resource, id, old, new }: Change| {
        Ok(AuditEntry {
            user: Some(actor.user),
            resource_id: id,
            old_value: value(old, resource)?,
            new_value: value(new, resource)?,
            address: actor.address,
            agent: actor.agent.clone(),
            ..AuditEntry::new((actor.new_id)(at), at, action, Name::new(resource)?)
        })
    };
    changes.into_iter().map(entry).collect()
}

/// A change made by one call, for the audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The dataset of the change.
    pub resource: &'static str,
    /// The identity or key of the changed row; `None` for many rows.
    pub id: Option<String>,
    /// The value before the change, or the reason why it is no JSON.
    pub old: Option<Serialised>,
    /// The value after the change, or the reason why it is no JSON.
    pub new: Option<Serialised>,
}

/// A value as JSON, or the reason why it has none.
type Serialised = std::result::Result<Json, String>;

impl Change {
    /// Describes an inserted, changed or deleted row; `None` when old and new row are equal.
    pub fn row<T: Canonical + Clone + PartialEq + Serialize>(
        resource: &'static str,
        id: impl Display,
        old: Option<&T>,
        new: Option<&T>,
    ) -> Option<Self> {
        let json = |row: &T| json(&row.clone().into_canonical());
        let changed = || Self { resource, id: Some(id.to_string()), old: old.map(json), new: new.map(json) };
        (old != new).then(changed)
    }

    /// Describes an inserted, changed or deleted row with a key, and names changed secrets; `None` when old and new
    /// row are equal.
    pub fn keyed<K: Keyed>(resource: &'static str, old: Option<&K>, new: Option<&K>) -> Option<Self> {
        let mut change = Self::row(resource, new.or(old)?.key(), old, new)?;
        if let (Some(old), Some(new)) = (old, new) {
            let secrets = new.secrets_changed_since(old);
            change.new = change.new.map(|value| value.and_then(|value| mark_changed(value, secrets)));
        }
        Some(change)
    }

    /// Describes a bulk upsert by its counts; `None` when every row was unchanged.
    pub fn upserted(resource: &'static str, done: &Upserted) -> Option<Self> {
        let changed = done.inserted + done.corrected + done.backfilled > 0;
        changed.then(|| Self { resource, id: None, old: None, new: Some(json(done)) })
    }

    /// Describes a bulk deletion by its limits and counts; `None` when no row was deleted.
    pub fn purged(resource: &'static str, asked: Asked<'_>, purged: &Purged) -> Option<Self> {
        let changed = purged.rows + purged.superseded > 0;
        changed.then(|| Self { resource, id: None, old: Some(json(&Deleted { asked, what: purged })), new: None })
    }

    /// Describes an applied migration.
    pub fn migrated(version: u32, name: &str) -> Self {
        let new = Some(json(&Migration { version }));
        Self { resource: "schema", id: Some(name.to_owned()), old: None, new }
    }

    /// Describes a migration that was undone on the way down to a version.
    pub fn migrated_down(version: u32, name: &str, to_version: u32) -> Self {
        let old = Deleted { asked: Asked::Down { to_version }, what: &Migration { version } };
        Self { resource: "schema", id: Some(name.to_owned()), old: Some(json(&old)), new: None }
    }

    /// Describes a compaction by the sizes before and after.
    pub fn compacted(compacted: &Compacted) -> Self {
        Self { resource: "store", id: None, old: None, new: Some(json(compacted)) }
    }
}

/// The limits of a bulk deletion, as the audit records them.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Asked<'a> {
    /// Rows before an instant.
    Before {
        /// The end of the deleted rows, exclusive.
        before: Timestamp,
    },
    /// Events before an instant with less than a severity.
    Below {
        /// The upper bound of the deleted events' severity, exclusive.
        severity: Severity,
        /// The end of the deleted events, exclusive.
        before: Timestamp,
    },
    /// Fetched rows selected by an eviction.
    Evict(&'a Eviction),
    /// Trades that no longer follow from the journal's events.
    Trades {
        /// The identities of the trades.
        trades: &'a [Id<Trade>],
    },
    /// Migrations above a version.
    Down {
        /// The version to which the schema goes back; its migration stays.
        to_version: u32,
    },
}

/// The result of a deletion, beside the limits that the call named.
#[derive(Serialize)]
struct Deleted<'a, T> {
    asked: Asked<'a>,
    #[serde(flatten)]
    what: &'a T,
}

#[derive(Serialize)]
struct Migration {
    version: u32,
}

/// Adds the names of changed secrets to the JSON of a row, without their values.
fn mark_changed(value: Json, secrets: &[&str]) -> Serialised {
    match value.as_value() {
        Value::Object(fields) if !secrets.is_empty() => {
            let changed = secrets.iter().map(|secret| ((*secret).to_owned(), Value::from("changed")));
            json(&fields.clone().into_iter().chain(changed).collect::<Map<_, _>>())
        }
        _ => Ok(value),
    }
}

/// Serialises a value to JSON. A value that contains JSON of the greatest depth would be too deep, and becomes a text
/// of JSON instead.
fn json<T: Serialize>(value: &T) -> Serialised {
    Json::of(value).or_else(|_| {
        let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
        Json::of(&text).map_err(|error| format!("{error:#}"))
    })
}

/// The audit. No method changes or deletes its entries, and [`purge`](crate::maintenance::Maintenance::purge) refuses
/// the dataset.
///
/// An application records its own actions, such as logins, with this port; [`Store::audited`](crate::Store::audited)
/// records the changes that it makes in a store. An audited store accepts entries in the name of its own actor only.
/// A store without an actor accepts entries in any name, so its holder must be trusted.
///
/// SQL on the database could still change the audit, unless the database itself refuses that: see
/// [`guarded_audit`](crate::Capabilities::guarded_audit).
///
/// ```
/// use std::sync::Arc;
///
/// use strikebook_core::{
///     FixedClock, Id, Name, Store, Timestamp,
///     memory::MemoryStore,
///     operations::{Actor, AuditQuery, AuditRepository, ConfigurationRepository, Setting},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let now: Timestamp = "2025-09-25T20:00:00Z".parse()?;
/// // An application hands `strikebook::new_id` in, which draws random bits.
/// let ann = Actor::new(Name::new("ann")?, Arc::new(FixedClock(now)), |at| Id::new(at, [0; 10]));
/// let store = MemoryStore::new().audited(ann);
/// store.upsert_settings(&[Setting::new(Name::new("cache.max_size_gb")?, "10".parse()?, now)]).await?;
/// let entries = store.list_audit(&AuditQuery::default()).await?.items;
/// assert_eq!(entries[0].action.as_str(), "upsert_settings");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait AuditRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Appends entries by the [rules of every insert](Entry#rules-of-every-insert).
    ///
    /// # Errors
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) when the store is [audited](crate::Store::audited) and an
    /// entry's `user` is not its actor, with the entry's index as `row`.
    async fn insert_audit(&self, entries: &[AuditEntry]) -> Result<Upserted>;

    /// Returns the entry with an identity; `None` when there is no such entry.
    async fn get_audit(&self, id: Id<AuditEntry>) -> Result<Option<AuditEntry>>;

    /// Returns the entries that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when `resource_id` contains the character NUL or is longer
    /// than 64 KiB.
    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FixedClock;

    #[test]
    fn json_of_the_greatest_depth_is_recorded_as_text() {
        let deepest: Json = format!("{}{}", "[".repeat(64), "]".repeat(64)).parse().expect("64 levels");
        let change = Change::row("rows", "a", None, Some(&vec![deepest.clone()])).expect("a change");
        let value = change.new.expect("a value").expect("JSON");
        assert_eq!(value.as_value().as_str(), Some(&*format!("[{deepest}]")));
        let change = Change::row("rows", "a", None, Some(&deepest)).expect("a change");
        assert_eq!(change.new, Some(Ok(deepest)));
    }

    #[test]
    fn a_value_that_is_no_json_is_an_error() {
        let keys_that_are_no_texts = std::collections::BTreeMap::from([((1, 2), 3)]);
        let change = Change { new: Some(json(&keys_that_are_no_texts)), ..Change::migrated(1, "0001_market") };
        let ann = Name::new("ann").expect("a name");
        let actor = Actor::new(ann, Arc::new(FixedClock(Timestamp::MIN)), |at| Id::new(at, [0; 10]));
        let error = audit_entries(&actor, "migrate", vec![change]).expect_err("no JSON");
        assert_eq!((error.kind(), error.context("resource")), (ErrorKind::Internal, Some("schema")), "{error}");
    }

    #[test]
    fn unchanged_rows_make_no_change() {
        let one = Json::of(&1).expect("JSON");
        assert_eq!(Change::row("rows", "a", Some(&one), Some(&one)), None);
        assert_eq!(Change::upserted("rows", &Upserted { unchanged: 3, repeated: 1, ..Upserted::default() }), None);
        assert_eq!(Change::purged("rows", Asked::Before { before: Timestamp::MIN }, &Purged::default()), None);
    }

    #[test]
    fn a_changed_secret_is_named_without_its_value() {
        let marked =
            |secrets: &[&str]| mark_changed(r#"{"a": 1}"#.parse().expect("JSON"), secrets).expect("JSON").to_string();
        assert_eq!(marked(&[]), r#"{"a":1}"#);
        assert_eq!(marked(&["password"]), r#"{"a":1,"password":"changed"}"#);
    }
}
