//! The audit: who changed what, in a log that only grows.

use std::{fmt::Display, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Clock, Entry, Error, ErrorKind, Id, Json, Keyed, Listing, Name, Page, Result, Timestamp, Upserted,
    maintenance::{Compacted, Eviction, Purged},
    operations::Severity,
    trading::journal::Trade,
    validate::{check, text},
};

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it; `None` when nobody knows.
    pub user: Option<Name>,
    /// What was done: of what an [audited](crate::Store::audited) store records, the port's method, such as
    /// `move_signal`.
    pub action: Name,
    /// The kind of thing that was acted on: the [dataset](crate::maintenance::Dataset), such as `signals`; `schema` for
    /// migrations, and `store` for what concerns all datasets.
    pub resource: Name,
    /// The identity or key of that thing, or the migration's name; `None` when it was done to many.
    pub resource_id: Option<String>,
    /// The value before the action; `None` when the thing did not exist. For a deletion of many at once: how many, and
    /// as `asked` the limits that the call named.
    pub old_value: Option<Json>,
    /// The value after the action; `None` when the thing was deleted. For a secret that changed, such as a user's
    /// `password`, only the word `changed` stands here. For a write of many at once: how many.
    pub new_value: Option<Json>,
    /// From where it was done.
    pub address: Option<IpAddr>,
    /// With which program.
    pub agent: Option<String>,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl AuditEntry {
    /// Something that was done and learned at one instant.
    pub fn new(at: Timestamp, action: Name, resource: Name) -> Self {
        Self {
            id: Id::new(at),
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

/// What a list of the audit is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditFilter {
    /// What this user did.
    pub user: Option<Name>,
    /// What was done in this way.
    pub action: Option<Name>,
    /// What was done to things of this kind.
    pub resource: Option<Name>,
    /// What was done to the thing with this identity or key.
    pub resource_id: Option<String>,
}

/// Which part of the audit to list.
pub type AuditQuery = Listing<AuditFilter>;

impl Entry for AuditEntry {
    const NAME: &'static str = "audit entry";

    type Filter = AuditFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
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

/// Who acts, from where, and by which clock.
#[derive(Clone, Debug)]
pub struct Actor {
    user: Name,
    address: Option<IpAddr>,
    agent: Option<String>,
    clock: Arc<dyn Clock>,
}

impl Actor {
    /// A user whose actions are told by a clock.
    pub fn new(user: Name, clock: Arc<dyn Clock>) -> Self {
        Self { user, address: None, agent: None, clock }
    }

    /// Acting from an address.
    #[must_use]
    pub fn with_address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Acting with a program.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a text of more than 64 KiB or with the character NUL.
    pub fn with_agent(mut self, agent: impl Into<String>) -> Result<Self> {
        let agent = agent.into();
        text("agent", &agent)?;
        self.agent = Some(agent);
        Ok(self)
    }

    /// Makes sure that entries are in this actor's name, before anything is written. For implementors of a store.
    ///
    /// # Errors
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) when one is in another's or in nobody's, with its index as
    /// `row`.
    pub fn check_own(&self, entries: &[AuditEntry]) -> Result<()> {
        match entries.iter().enumerate().find(|(_, entry)| entry.user != Some(self.user)) {
            None => Ok(()),
            Some((row, entry)) => {
                let message = "an audited store takes entries in the name of its own actor only";
                Err(Error::new(ErrorKind::PermissionDenied, message)
                    .with("row", row)
                    .with("user", entry.user.as_ref().map_or("nobody", Name::as_str))
                    .with("actor", self.user))
            }
        }
    }

    /// The audit of what one call changed, in the order of the changes. For implementors of a store.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when action or resource is no name.
    pub fn entries(&self, action: &str, changes: Vec<Change>) -> Result<Vec<AuditEntry>> {
        let (at, action) = (self.clock.now(), Name::new(action)?);
        let entry = |Change { resource, id, old, new }: Change| {
            Ok(AuditEntry {
                user: Some(self.user),
                resource_id: id,
                old_value: old,
                new_value: new,
                address: self.address,
                agent: self.agent.clone(),
                ..AuditEntry::new(at, action, Name::new(resource)?)
            })
        };
        changes.into_iter().map(entry).collect()
    }
}

/// What a call changed, as the audit tells it. For implementors of a store.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The dataset.
    pub resource: &'static str,
    /// The identity or key of what was changed; `None` when it was many.
    pub id: Option<String>,
    /// What it was.
    pub old: Option<Json>,
    /// What it became.
    pub new: Option<Json>,
}

impl Change {
    /// A row that came, changed or went; `None` when it is as it was.
    pub fn row<T: Serialize + PartialEq>(
        resource: &'static str,
        id: impl Display,
        old: Option<&T>,
        new: Option<&T>,
    ) -> Option<Self> {
        let changed = || Self { resource, id: Some(id.to_string()), old: old.map(json), new: new.map(json) };
        (old != new).then(changed)
    }

    /// Describes a row with a key that came, changed or went, and names the secrets that changed; `None` when it is as
    /// it was.
    pub fn keyed<K: Keyed>(resource: &'static str, old: Option<&K>, new: Option<&K>) -> Option<Self> {
        let mut change = Self::row(resource, new.or(old)?.key(), old, new)?;
        if let (Some(old), Some(new)) = (old, new) {
            change.new = change.new.map(|value| mark_changed(value, new.secrets_changed_since(old)));
        }
        Some(change)
    }

    /// Rows of one call; `None` when all were known.
    pub fn upserted(resource: &'static str, done: &Upserted) -> Option<Self> {
        let changed = done.inserted + done.corrected + done.backfilled > 0;
        changed.then(|| Self { resource, id: None, old: None, new: Some(json(done)) })
    }

    /// Describes rows that one call deleted within the limits that it was asked to keep to; `None` when there were
    /// none.
    pub fn purged(resource: &'static str, asked: Asked<'_>, purged: &Purged) -> Option<Self> {
        let changed = purged.rows + purged.superseded > 0;
        changed.then(|| Self { resource, id: None, old: Some(json(&Deleted { asked, what: purged })), new: None })
    }

    /// Describes a migration that was applied.
    pub fn migrated(version: u32, name: &str) -> Self {
        let new = Some(json(&Migration { version }));
        Self { resource: "schema", id: Some(name.to_owned()), old: None, new }
    }

    /// Describes a migration that was undone on the way down to a version.
    pub fn migrated_down(version: u32, name: &str, to_version: u32) -> Self {
        let old = Deleted { asked: Asked::Down { to_version }, what: &Migration { version } };
        Self { resource: "schema", id: Some(name.to_owned()), old: Some(json(&old)), new: None }
    }

    /// Describes a compaction.
    pub fn compacted(compacted: &Compacted) -> Self {
        Self { resource: "store", id: None, old: None, new: Some(json(compacted)) }
    }
}

/// The limits that a call which deletes many rows was asked to keep to, as the audit tells them. For implementors of a
/// store.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Asked<'a> {
    /// Rows before an instant.
    Before {
        /// The instant.
        before: Timestamp,
    },
    /// Events before an instant that matter less than a severity.
    Below {
        /// The severity.
        severity: Severity,
        /// The instant.
        before: Timestamp,
    },
    /// Rows that can be fetched again.
    Evict(&'a Eviction),
    /// Trades that their journal does not have any more.
    Trades {
        /// The trades.
        trades: &'a [Id<Trade>],
    },
    /// Migrations above a version.
    Down {
        /// The version.
        to_version: u32,
    },
}

/// The result of a deletion beside the limits that the call named.
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

/// Adds to a row's JSON that some fields changed, and not to what.
fn mark_changed(value: Json, secrets: &[&str]) -> Json {
    match value.as_value() {
        Value::Object(fields) if !secrets.is_empty() => {
            let changed = secrets.iter().map(|secret| ((*secret).to_owned(), Value::from("changed")));
            json(&fields.clone().into_iter().chain(changed).collect::<Map<_, _>>())
        }
        _ => value,
    }
}

/// A value as JSON; as a text of JSON when it holds JSON that is as deep as it may be, and so is itself too deep.
fn json<T: Serialize>(value: &T) -> Json {
    let as_text = |_| Json::of(&serde_json::to_string(value).unwrap_or_default());
    Json::of(value).or_else(as_text).unwrap_or_default()
}

/// The audit. No port changes or deletes what it holds, and [`purge`](crate::maintenance::Maintenance::purge) refuses
/// to.
///
/// An application may record what it does itself, such as a login; what it changes in a store is recorded by
/// [`Store::audited`](crate::Store::audited). An audited store takes entries in the name of its actor only. A store
/// that is not audited knows no actor and takes an entry in any name: whoever holds one is trusted with all names.
///
/// Whoever can reach the database with SQL could change the audit there. Where the
/// [capabilities](crate::Capabilities::guarded_audit) say so, the database itself refuses that.
#[async_trait]
pub trait AuditRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Appends to the audit.
    ///
    /// An entry told again counts as unchanged. An empty batch is fine and does nothing. Either all entries are stored
    /// or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate),
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) when the store is [audited](crate::Store::audited) and the
    /// `user` of one is not its actor, and [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of
    /// another entry, each with the entry's index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all entries or none.
    async fn insert_audit(&self, entries: &[AuditEntry]) -> Result<Upserted>;

    /// The entry with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_audit(&self, id: Id<AuditEntry>) -> Result<Option<AuditEntry>>;

    /// The entries that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's, or `resource_id`
    /// holds the character NUL.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_deep_as_json_may_be_is_told_as_text() {
        let deepest: Json = format!("{}{}", "[".repeat(64), "]".repeat(64)).parse().expect("64 levels");
        let change = Change::row("rows", "a", None, Some(&vec![deepest.clone()])).expect("a change");
        let told = change.new.expect("a value");
        assert_eq!(told.as_value().as_str(), Some(&*format!("[{deepest}]")));
        let change = Change::row("rows", "a", None, Some(&deepest)).expect("a change");
        assert_eq!(change.new, Some(deepest));
    }

    #[test]
    fn what_changed_nothing_is_no_change() {
        assert_eq!(Change::row("rows", "a", Some(&1), Some(&1)), None);
        assert_eq!(Change::upserted("rows", &Upserted { unchanged: 3, repeated: 1, ..Upserted::default() }), None);
        assert_eq!(Change::purged("rows", Asked::Before { before: Timestamp::MIN }, &Purged::default()), None);
    }

    #[test]
    fn a_secret_that_changed_is_named_and_no_more() {
        let marked = |secrets: &[&str]| mark_changed(r#"{"a": 1}"#.parse().expect("JSON"), secrets).to_string();
        assert_eq!(marked(&[]), r#"{"a":1}"#);
        assert_eq!(marked(&["password"]), r#"{"a":1,"password":"changed"}"#);
    }
}
