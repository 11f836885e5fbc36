//! Entries: the one structure behind every dataset that has identities instead of versions.

use std::collections::BTreeMap;

use crate::{
    Direction, Entry, Id, Listing, Page, Result, Upserted,
    batch::{self, conflict, not_found},
    maintenance::{Dataset, DatasetStatistics, Purged},
    memory::Stored,
};

/// Entries by their identities.
pub(super) struct Entries<E: Entry>(BTreeMap<Id<E>, E>);

impl<E: Entry> Default for Entries<E> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<E: Entry> Entries<E> {
    /// Writes checked entries that are new; those told again change nothing.
    pub(super) fn insert(&mut self, entries: &[E]) -> Result<Upserted> {
        let once = batch::each_once(entries)?;
        let mut done = Upserted { repeated: (entries.len() - once.len()) as u64, ..Upserted::default() };
        let mut fresh = Vec::new();
        for (row, entry) in once {
            match self.0.get(&entry.id()) {
                None => fresh.push(entry),
                Some(stored) if entry.is_repeat_of(stored) => done.unchanged += 1,
                Some(_) => return Err(conflict(entry).with("row", row)),
            }
        }
        done.inserted = fresh.len() as u64;
        self.0.extend(fresh.into_iter().map(|entry| (entry.id(), entry.clone())));
        Ok(done)
    }

    pub(super) fn get(&self, id: Id<E>) -> Option<&E> {
        self.0.get(&id)
    }

    /// All entries, in the order of their identities.
    pub(super) fn iter(&self) -> impl Iterator<Item = &E> {
        self.0.values()
    }

    /// Changes an entry, or leaves it as it was when that fails.
    pub(super) fn update(&mut self, id: Id<E>, change: impl FnOnce(&mut E) -> Result<()>) -> Result<E> {
        let stored = self.0.get_mut(&id).ok_or_else(|| not_found(id))?;
        let mut changed = stored.clone();
        change(&mut changed)?;
        changed.validate()?;
        stored.clone_from(&changed);
        Ok(changed)
    }

    /// Changes all entries that meet a condition, or none when one of the changes fails.
    pub(super) fn update_all(
        &mut self,
        condition: impl Fn(&E) -> bool,
        mut change: impl FnMut(&mut E) -> Result<()>,
    ) -> Result<u64> {
        let mut changed: Vec<E> = self.0.values().filter(|entry| condition(entry)).cloned().collect();
        changed.iter_mut().try_for_each(|entry| change(entry).and_then(|()| entry.validate()))?;
        let count = changed.len() as u64;
        self.0.extend(changed.into_iter().map(|entry| (entry.id(), entry)));
        Ok(count)
    }

    /// Deletes all entries that meet a condition, and returns how many those were.
    pub(super) fn delete(&mut self, condition: impl Fn(&E) -> bool) -> u64 {
        let rows = self.0.len();
        self.0.retain(|_, entry| !condition(entry));
        (rows - self.0.len()) as u64
    }

    /// The entries that a query admits, in its order.
    pub(super) fn list(&self, query: &Listing<E::Filter>) -> Result<Page<E>> {
        let last_seen = query.last_seen::<E>()?;
        let newest_first = query.direction == Direction::NewestFirst;
        let place = |entry: &E| (entry.at(), entry.id());
        let mut found: Vec<&E> = self
            .0
            .values()
            .filter(|entry| (query.from..=query.until).contains(&entry.at()) && entry.is_admitted_by(&query.filter))
            .filter(|entry| match last_seen {
                None => true,
                Some(last_seen) if newest_first => place(entry) < last_seen,
                Some(last_seen) => place(entry) > last_seen,
            })
            .collect();
        found.sort_by_key(|entry| place(entry));
        if newest_first {
            found.reverse();
        }
        let wanted = query.limit.map_or(usize::MAX, |limit| limit.get().saturating_add(1));
        let rows = found.into_iter().take(wanted).cloned().collect();
        Ok(Page::from_rows(rows, query.limit, Listing::<E::Filter>::cursor_of))
    }
}

impl<E: Entry> Stored for Entries<E> {
    fn purge(&mut self, before: crate::Timestamp) -> Purged {
        Purged { rows: self.delete(|entry| entry.at() < before), superseded: 0 }
    }

    fn statistics(&self, dataset: Dataset) -> DatasetStatistics {
        let instants = || self.0.values().map(Entry::at);
        DatasetStatistics {
            dataset,
            rows: self.0.len() as u64,
            superseded: 0,
            oldest: instants().min(),
            newest: instants().max(),
            bytes: None,
        }
    }
}
