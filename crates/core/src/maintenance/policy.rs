//! Policies: standing rules about rows as they age, which a store keeps and [`maintain`] applies.

use std::mem::{Discriminant, discriminant};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Dataset, Maintenance, Purged};
use crate::{
    Error, Json, Name, Result, Timestamp,
    operations::{EventRepository, Setting, Severity},
    port::purgeable,
};

/// The longest age of a policy in days.
const LONGEST_AGE: u32 = 36_500;

/// The datasets of which some engines materialise [aggregates](crate::market::AggregateRepository).
const AGGREGATED: [Dataset; 2] = [Dataset::OptionQuotes, Dataset::UnderlyingQuotes];

/// A standing rule about the rows of a dataset. Ages are whole days from 1 to 36,500, counted back from the instant at
/// which the rule is applied to a row's `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case")]
pub enum Policy {
    /// Deletes the rows that are older than an age, as [`purge`](Maintenance::purge) does.
    Delete {
        /// The dataset of the rows.
        dataset: Dataset,
        /// The age of the oldest rows to keep.
        days: u32,
    },
    /// Deletes the events of less than a severity that are older than an age, as
    /// [`purge_events_below`](EventRepository::purge_events_below) does. Severer events stay until
    /// [`Delete`](Self::Delete) applies to them.
    DeleteEventsBelow {
        /// The upper bound of the deleted events' severity, exclusive.
        severity: Severity,
        /// The age of the oldest such events to keep.
        days: u32,
    },
    /// Refreshes the materialised aggregates of a dataset, as [`refresh_aggregates`](Maintenance::refresh_aggregates)
    /// does.
    Refresh {
        /// The dataset of the rows: option quotes or underlying quotes.
        dataset: Dataset,
        /// The age of the oldest rows that the server's own refresh looks at.
        start_days: u32,
        /// The age in hours, from 0, of the newest rows to refresh.
        end_hours: u32,
        /// The hours from one refresh by the server to the next, at least 1.
        every_hours: u32,
    },
    /// Compresses the rows that are older than an age, as [`compress`](Maintenance::compress) does.
    Compress {
        /// The dataset of the rows.
        dataset: Dataset,
        /// The age of the oldest rows to leave uncompressed.
        days: u32,
    },
}

impl Policy {
    /// Returns the policy that refreshes every hour what is between 3 days and 1 hour old.
    pub const fn refresh(dataset: Dataset) -> Self {
        Self::Refresh { dataset, start_days: 3, end_hours: 1, every_hours: 1 }
    }

    /// Returns the dataset of the rows.
    pub const fn dataset(self) -> Dataset {
        match self {
            Self::Delete { dataset, .. } | Self::Refresh { dataset, .. } | Self::Compress { dataset, .. } => dataset,
            Self::DeleteEventsBelow { .. } => Dataset::Events,
        }
    }

    /// Returns what at most one policy of a set may have: its kind, with the rows to which it applies.
    fn rows(&self) -> (Discriminant<Self>, Dataset, Option<Severity>) {
        let severity = if let Self::DeleteEventsBelow { severity, .. } = self { Some(*severity) } else { None };
        (discriminant(self), self.dataset(), severity)
    }

    /// Checks the numbers, and that the dataset can be treated so.
    fn check(self) -> Result<()> {
        let refused = |message, expected| {
            Err(Error::invalid_input(message).with("dataset", self.dataset()).with("expected", expected))
        };
        let (Self::Delete { days, .. }
        | Self::DeleteEventsBelow { days, .. }
        | Self::Compress { days, .. }
        | Self::Refresh { start_days: days, .. }) = self;
        if !(1..=LONGEST_AGE).contains(&days) {
            return refused("the age of a policy is out of range", "1 to 36500 days");
        }
        match self {
            Self::Delete { dataset, .. } => purgeable(dataset),
            Self::Refresh { dataset, .. } if !AGGREGATED.contains(&dataset) => {
                refused("the dataset has no aggregates to refresh", "option_quotes or underlying_quotes")
            }
            Self::Refresh { end_hours, .. } if end_hours.saturating_add(2) > days * 24 => {
                refused("the window of a refresh is too short", "at least two hours between its start and its end")
            }
            Self::Refresh { every_hours: 0, .. } => {
                refused("a refresh without a pause", "at least 1 hour from one to the next")
            }
            _ => Ok(()),
        }
    }

    /// Applies the policy at an instant.
    async fn apply(
        self,
        store: &(impl Maintenance + EventRepository + ?Sized),
        now: Timestamp,
    ) -> Result<AppliedPolicy> {
        let before = |days: u32| now.saturating_sub(TimeDelta::days(days.into()));
        let mut applied = AppliedPolicy { policy: self, purged: Purged::default(), compressed: 0 };
        match self {
            Self::Delete { dataset, days } => applied.purged = store.purge(dataset, before(days)).await?,
            Self::DeleteEventsBelow { severity, days } => {
                applied.purged.rows = store.purge_events_below(severity, before(days)).await?;
            }
            Self::Refresh { dataset, end_hours, .. } => {
                let until = now.saturating_sub(TimeDelta::hours(end_hours.into()));
                store.refresh_aggregates(dataset, until).await?;
            }
            Self::Compress { dataset, days } => applied.compressed = store.compress(dataset, before(days)).await?,
        }
        Ok(applied)
    }
}

/// The policies of a store, in the order in which they are applied: deletions, refreshes, compressions.
///
/// ```
/// use strikebook_core::{ErrorKind, maintenance::{Dataset, Policies, Policy}};
///
/// let quotes = Dataset::OptionQuotes;
/// let policies = Policies::new([Policy::refresh(quotes), Policy::Delete { dataset: quotes, days: 60 }])?;
/// assert_eq!(policies.as_slice()[0], Policy::Delete { dataset: quotes, days: 60 });
///
/// // A refresh would empty the aggregates of deleted rows.
/// let error = Policies::new([Policy::refresh(quotes), Policy::Delete { dataset: quotes, days: 2 }]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Policy>", into = "Vec<Policy>")]
pub struct Policies(Vec<Policy>);

impl Policies {
    /// Creates a set of policies.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), with the `dataset`, for an age or a window out of range, for a
    /// refresh of a dataset without aggregates, for two policies of one kind and dataset, for a refresh that starts
    /// where rows are already deleted, and for events that are kept longer than severer ones;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a deletion of a [permanent](Dataset::permanent) dataset.
    pub fn new(policies: impl IntoIterator<Item = Policy>) -> Result<Self> {
        let mut policies: Vec<_> = policies.into_iter().collect();
        policies.sort_unstable();
        policies.iter().try_for_each(|policy| policy.check())?;
        if let Some((policy, _)) = policies.iter().zip(policies.iter().skip(1)).find(|(a, b)| a.rows() == b.rows()) {
            return Err(Error::invalid_input("two policies treat the same rows alike")
                .with("dataset", policy.dataset())
                .with("expected", "one policy of a kind"));
        }
        let policies = Self(policies);
        policies.check_ages()?;
        Ok(policies)
    }

    /// Creates a set of valid policies, which are sorted.
    pub(super) const fn in_order(policies: Vec<Policy>) -> Self {
        Self(policies)
    }

    /// Checks that no rows are deleted before another policy has treated them.
    fn check_ages(&self) -> Result<()> {
        for policy in &self.0 {
            let Some(deleted_after) = self.deleted_after(policy.dataset()) else { continue };
            let (days, message) = match *policy {
                Policy::DeleteEventsBelow { days, .. } => (days, "events are kept longer than severer ones"),
                Policy::Refresh { start_days, .. } => (start_days, "a refresh starts where rows are already deleted"),
                Policy::Delete { .. } | Policy::Compress { .. } => continue,
            };
            if days >= deleted_after {
                return Err(Error::invalid_input(message)
                    .with("dataset", policy.dataset())
                    .with("value", format_args!("{days} days"))
                    .with("expected", format_args!("less than {deleted_after} days")));
            }
        }
        Ok(())
    }

    /// Returns the age in days from which rows of a dataset are deleted; `None` while all are kept.
    pub fn deleted_after(&self, dataset: Dataset) -> Option<u32> {
        self.0.iter().find_map(|policy| match policy {
            Policy::Delete { dataset: of, days } if *of == dataset => Some(*days),
            _ => None,
        })
    }

    /// Returns the policies in the order in which they are applied.
    pub fn as_slice(&self) -> &[Policy] {
        &self.0
    }

    /// Returns true if there is no policy.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Applies the policies at an instant, without storing them, and returns what each of them did.
    ///
    /// # Errors
    /// Those of the ports' methods.
    ///
    /// # Cancel safety
    /// A dropped call leaves whole policies applied; another call resumes.
    pub async fn apply(
        &self,
        store: &(impl Maintenance + EventRepository + ?Sized),
        now: Timestamp,
    ) -> Result<Vec<AppliedPolicy>> {
        let mut applied = Vec::with_capacity(self.0.len());
        for policy in &self.0 {
            applied.push(policy.apply(store, now).await?);
        }
        Ok(applied)
    }
}

impl TryFrom<Vec<Policy>> for Policies {
    type Error = Error;

    fn try_from(policies: Vec<Policy>) -> Result<Self> {
        Self::new(policies)
    }
}

impl From<Policies> for Vec<Policy> {
    fn from(policies: Policies) -> Self {
        policies.0
    }
}

/// A policy and what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedPolicy {
    /// The policy that was applied.
    pub policy: Policy,
    /// The numbers of deleted rows.
    pub purged: Purged,
    /// The number of partitions that were compressed.
    pub compressed: u64,
}

/// Applies the [policies](Maintenance::policies) of a store at an instant, and returns what each of them did. Call it
/// once a day: an engine without a scheduler does nothing by itself, and a server's own policies delete whole
/// partitions only.
///
/// ```
/// use strikebook_core::{
///     maintenance::{Maintenance, Retention, maintain},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (store, now) = (MemoryStore::new(), "2026-01-02T06:00:00Z".parse()?);
/// store.set_policies(&Retention::Lean.policies(), now).await?;
/// let applied = maintain(&store, now).await?;
/// assert_eq!(applied.len(), store.policies().await?.as_slice().len());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of the ports' methods.
///
/// # Cancel safety
/// A dropped call leaves whole policies applied; another call resumes.
pub async fn maintain(
    store: &(impl Maintenance + EventRepository + ?Sized),
    now: Timestamp,
) -> Result<Vec<AppliedPolicy>> {
    store.policies().await?.apply(store, now).await
}

/// Returns the name of the setting that stores the policies.
///
/// # Errors
/// None: the name is valid.
pub fn policies_name() -> Result<Name> {
    Name::new("maintenance.policies")
}

/// Returns the setting that stores policies; `None` for no policies, which have none.
///
/// # Errors
/// None: policies are JSON.
pub fn policies_setting(policies: &Policies, recorded_at: Timestamp) -> Result<Option<Setting>> {
    if policies.is_empty() {
        return Ok(None);
    }
    Ok(Some(Setting::new(policies_name()?, Json::of(policies)?, recorded_at)))
}

/// Returns the policies that a setting stores; without a setting there are none.
///
/// # Errors
/// [`Corrupt`](crate::ErrorKind::Corrupt) when somebody gave the setting another value.
pub fn policies_of(setting: Option<&Setting>) -> Result<Policies> {
    let Some(setting) = setting else { return Ok(Policies::default()) };
    setting.value.read().map_err(|error| {
        Error::corrupt("the setting of the policies has another value").with("name", setting.name).caused_by(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_contradicts_itself_is_refused() {
        use Policy::{Compress, Delete, DeleteEventsBelow, Refresh};

        let (bars, quotes, events) = (Dataset::Bars, Dataset::OptionQuotes, Dataset::Events);
        let delete = |dataset, days| Delete { dataset, days };
        let below = |severity, days| DeleteEventsBelow { severity, days };
        let refresh =
            |start_days, end_hours, every_hours| Refresh { dataset: quotes, start_days, end_hours, every_hours };
        for (policies, refused) in [
            (vec![delete(quotes, 4), refresh(3, 1, 1)], None),
            (vec![below(Severity::Critical, 90), below(Severity::Info, 7), delete(events, 731)], None),
            (vec![refresh(1, 22, 1), Compress { dataset: Dataset::Orders, days: 36_500 }], None),
            (vec![delete(bars, 0)], Some("1 to 36500 days")),
            (vec![Compress { dataset: bars, days: 36_501 }], Some("1 to 36500 days")),
            (vec![Policy::refresh(bars)], Some("option_quotes or underlying_quotes")),
            (vec![refresh(1, 23, 1)], Some("at least two hours between its start and its end")),
            (vec![refresh(3, u32::MAX, 1)], Some("at least two hours between its start and its end")),
            (vec![refresh(3, 1, 0)], Some("at least 1 hour from one to the next")),
            (vec![delete(bars, 5), delete(bars, 6)], Some("one policy of a kind")),
            (vec![below(Severity::Info, 5), below(Severity::Info, 6)], Some("one policy of a kind")),
            (vec![delete(quotes, 3), refresh(3, 1, 1)], Some("less than 3 days")),
            (vec![below(Severity::Critical, 90), delete(events, 90)], Some("less than 90 days")),
        ] {
            let made = Policies::new(policies.clone());
            let expected = made.as_ref().err().and_then(|error| error.context("expected"));
            assert_eq!((made.is_err(), expected), (refused.is_some(), refused), "{policies:?}: {made:?}");
        }
        let error = Policies::new([delete(Dataset::Orders, 9)]).expect_err("orders stay");
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
    }
}
