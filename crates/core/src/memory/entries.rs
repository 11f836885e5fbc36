//! Entries: the structure of every dataset whose rows have identities instead of versions.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Direction, Id, Listing, Page, Result, Upserted,
    maintenance::{Dataset, DatasetStatistics, Purged},
    memory::Stored,
    port::{self, Amendable, Change, Entry, Paged, conflict, cursor_of, not_found, page, rows_to_read},
    trading::journal::Amendment,
};

/// Entries by their identities. A clone shares them until one of the two changes.
#[derive(Clone)]
pub(super) struct Entries<E: Entry> {
    rows: Arc<BTreeMap<Id<E>, E>>,
    changes: Vec<Change>,
}

impl<E: Entry> Default for Entries<E> {
    fn default() -> Self {
        Self { rows: Arc::default(), changes: Vec::new() }
    }
}

impl<E: Entry> Entries<E> {
    /// Stores the new ones of checked entries; repeated entries change nothing.
    pub(super) fn insert(&mut self, entries: &[E]) -> Result<Upserted> {
        let once = port::each_once(entries)?;
        let mut done = Upserted { repeated: (entries.len() - once.len()) as u64, ..Upserted::default() };
        let mut fresh = Vec::new();
        for (row, entry) in once {
            match self.rows.get(&entry.id()) {
                None => fresh.push(entry),
                Some(stored) if entry.is_repeat_of(stored) => done.unchanged += 1,
                Some(_) => return Err(conflict(entry).with("row", row)),
            }
        }
        done.inserted = fresh.len() as u64;
        for entry in fresh {
            self.put(entry);
        }
        Ok(done)
    }

    pub(super) fn get(&self, id: Id<E>) -> Option<&E> {
        self.rows.get(&id)
    }

    /// Returns all entries, in the order of their identities.
    pub(super) fn iter(&self) -> impl Iterator<Item = &E> {
        self.rows.values()
    }

    /// Changes an entry; a failed change leaves the entry unchanged.
    pub(super) fn update(&mut self, id: Id<E>, change: impl FnOnce(&mut E) -> Result<()>) -> Result<E> {
        let mut changed = self.rows.get(&id).ok_or_else(|| not_found(id))?.clone();
        change(&mut changed)?;
        changed.validate()?;
        self.put(&changed);
        Ok(changed.into_canonical())
    }

    /// Stores an entry, and replaces the one with the same identity.
    pub(super) fn put(&mut self, entry: &E) {
        let old = Arc::make_mut(&mut self.rows).insert(entry.id(), entry.clone().into_canonical());
        self.changes.extend(Change::row("", entry.id(), old.as_ref(), Some(entry)));
    }

    /// Changes all entries that meet a condition; if one change fails, none is made.
    pub(super) fn update_all(
        &mut self,
        condition: impl Fn(&E) -> bool,
        mut change: impl FnMut(&mut E) -> Result<()>,
    ) -> Result<u64> {
        let mut changed: Vec<E> = self.rows.values().filter(|entry| condition(entry)).cloned().collect();
        changed.iter_mut().try_for_each(|entry| change(entry).and_then(|()| entry.validate()))?;
        let count = changed.len() as u64;
        for entry in &changed {
            self.put(entry);
        }
        Ok(count)
    }

    /// Removes the entry with an identity.
    pub(super) fn remove(&mut self, id: Id<E>) {
        let old = Arc::make_mut(&mut self.rows).remove(&id);
        self.changes.extend(Change::row("", id, old.as_ref(), None));
    }

    /// Deletes all entries that meet a condition, and returns their number.
    pub(super) fn delete(&mut self, condition: impl Fn(&E) -> bool) -> u64 {
        let rows = self.rows.len();
        Arc::make_mut(&mut self.rows).retain(|_, entry| !condition(entry));
        (rows - self.rows.len()) as u64
    }

    /// Returns the entries that a query admits, in its order.
    pub(super) fn list(&self, query: &Listing<E::Filter>) -> Result<Page<E>> {
        E::validate_filter(&query.filter)?;
        let last_seen = query.last_seen()?;
        let newest_first = query.direction == Direction::NewestFirst;
        let position = |entry: &E| (entry.at(), entry.id().as_uuid());
        let mut found: Vec<&E> = self
            .rows
            .values()
            .filter(|entry| (query.from..=query.until).contains(&entry.at()) && entry.is_admitted_by(&query.filter))
            .filter(|entry| match last_seen {
                None => true,
                Some(last_seen) if newest_first => position(entry) < last_seen,
                Some(last_seen) => position(entry) > last_seen,
            })
            .collect();
        found.sort_by_key(|entry| position(entry));
        if newest_first {
            found.reverse();
        }
        let wanted = rows_to_read(query.paging.limit);
        let rows = found.into_iter().take(wanted).cloned().collect();
        Ok(page(rows, query.paging.limit, cursor_of))
    }
}

/// The entries before and after amendments; a deleted one has none after.
pub(super) type AmendedEntries<E> = Vec<(E, Option<E>)>;

impl<E: Amendable> Entries<E> {
    /// Amends entries; if one amendment fails, none is made.
    pub(super) fn amend(
        &mut self,
        amendments: &[Amendment<E>],
        allow_simulated: bool,
    ) -> Result<(Upserted, AmendedEntries<E>)> {
        let mut copy = self.clone();
        let (mut done, mut amended) = (Upserted::default(), Vec::new());
        for amendment in amendments {
            let stored = copy.get(amendment.id).ok_or_else(|| not_found(amendment.id))?.clone();
            let entry = amendment.of(&stored)?;
            port::check_entry(&entry, allow_simulated)?;
            if entry == stored && !amendment.deletes() {
                done.unchanged += 1;
                continue;
            }
            done.corrected += 1;
            copy.put(&entry);
            if amendment.deletes() {
                copy.remove(amendment.id);
            }
            amended.push((stored, Some(entry).filter(|_| !amendment.deletes())));
        }
        *self = copy;
        Ok((done, amended))
    }
}

impl<E: Entry> Stored for Entries<E> {
    fn purge(&mut self, before: crate::Timestamp) -> Purged {
        Purged { rows: self.delete(|entry| entry.at() < before), superseded: 0 }
    }

    fn statistics(&self, dataset: Dataset) -> DatasetStatistics {
        let instants = || self.rows.values().map(Entry::at);
        DatasetStatistics {
            dataset,
            rows: self.rows.len() as u64,
            superseded: 0,
            oldest: instants().min(),
            newest: instants().max(),
            bytes: None,
            row_bytes: None,
        }
    }

    fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }
}
