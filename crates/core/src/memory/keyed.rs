//! Rows by key: the structure of every dataset that stores the present state only.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Result, Timestamp, Upserted,
    maintenance::{Dataset, DatasetStatistics, Purged},
    memory::Stored,
    port::{Change, Keyed, is_known, last_by_key, no_such},
};

/// Rows by their keys. A clone shares them until one of the two changes.
#[derive(Clone)]
pub(super) struct ByKey<K: Keyed> {
    rows: Arc<BTreeMap<K::Key, K>>,
    changes: Vec<Change>,
}

impl<K: Keyed> Default for ByKey<K> {
    fn default() -> Self {
        Self { rows: Arc::default(), changes: Vec::new() }
    }
}

impl<K: Keyed> ByKey<K> {
    /// Stores checked rows, and replaces those with the same keys.
    pub(super) fn upsert(&mut self, rows: &[K]) -> Upserted {
        let last = last_by_key(rows);
        let mut done = Upserted { repeated: (rows.len() - last.len()) as u64, ..Upserted::default() };
        for (key, row) in last {
            match self.rows.get(&key) {
                None => done.inserted += 1,
                Some(stored) if is_known(row, stored) => {
                    done.unchanged += 1;
                    continue;
                }
                Some(_) => done.corrected += 1,
            }
            self.changes.extend(Change::keyed("", self.rows.get(&key), Some(row)));
            Arc::make_mut(&mut self.rows).insert(key, row.clone().into_canonical());
        }
        done
    }

    pub(super) fn get(&self, key: &K::Key) -> Option<&K> {
        self.rows.get(key)
    }

    /// Returns the rows that a filter admits, in the order of their keys.
    pub(super) fn list(&self, filter: &K::Filter) -> Result<Vec<K>> {
        K::validate_filter(filter)?;
        Ok(self.rows.values().filter(|row| row.is_admitted_by(filter)).cloned().collect())
    }

    /// Changes a row and sets its knowledge time; a change that fails or has no effect leaves the row unchanged.
    pub(super) fn update(
        &mut self,
        key: &K::Key,
        recorded_at: Timestamp,
        change: impl FnOnce(&mut K) -> Result<()>,
    ) -> Result<K> {
        let stored = self.rows.get(key).ok_or_else(|| no_such::<K>(key))?;
        let mut changed = stored.clone();
        change(&mut changed)?;
        changed.validate()?;
        if changed != *stored {
            changed = changed.with_recorded_at(recorded_at);
            self.upsert(std::slice::from_ref(&changed));
        }
        Ok(changed.into_canonical())
    }

    /// Deletes a row, and returns true if there was one.
    pub(super) fn delete(&mut self, key: &K::Key) -> bool {
        let old = Arc::make_mut(&mut self.rows).remove(key);
        self.changes.extend(Change::keyed("", old.as_ref(), None));
        old.is_some()
    }
}

impl<K: Keyed> Stored for ByKey<K> {
    /// Deletes nothing: rows without `at` have no age.
    fn purge(&mut self, _before: Timestamp) -> Purged {
        Purged::default()
    }

    fn statistics(&self, dataset: Dataset) -> DatasetStatistics {
        let recorded = || self.rows.values().map(Keyed::recorded_at);
        DatasetStatistics {
            dataset,
            rows: self.rows.len() as u64,
            superseded: 0,
            oldest: recorded().min(),
            newest: recorded().max(),
            bytes: None,
            row_bytes: None,
        }
    }

    fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }
}
