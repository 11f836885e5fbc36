//! Versioned rows: the structure of every dataset that consists of series.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    ops::Bound,
    sync::Arc,
};

use crate::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Timestamp, Upserted, Version,
    maintenance::{Dataset, DatasetStatistics, Eviction, Purged},
    memory::Stored,
    port::{
        Change, Paged, Recorded, is_evicted, last_of_each_key, page, page_of_changes, rows_to_read, series_of, start,
    },
};

/// The versions of one row by knowledge time; never empty.
type Versions<R> = BTreeMap<Timestamp, R>;

/// Rows `R` in series with keys `K`: the versions of each series and `at`. A clone shares them until one of the two
/// changes.
#[derive(Clone)]
pub(super) struct Versioned<K, R> {
    rows: Arc<BTreeMap<(K, Timestamp), Versions<R>>>,
    changes: Vec<Change>,
}

impl<K, R> Default for Versioned<K, R> {
    fn default() -> Self {
        Self { rows: Arc::default(), changes: Vec::new() }
    }
}

impl<K: Copy + Ord, R: Recorded<Key = (K, Timestamp)>> Versioned<K, R> {
    /// Stores checked rows by the rules of [`Upserted`].
    pub(super) fn upsert(&mut self, rows: &[R]) -> Upserted {
        let last = last_of_each_key(rows);
        let mut done = Upserted { repeated: (rows.len() - last.len()) as u64, ..Upserted::default() };
        let stored = Arc::make_mut(&mut self.rows);
        for row in last {
            let recorded_at = row.recorded_at();
            let versions = match stored.entry(row.key()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(Versions::from([(recorded_at, row.clone().into_canonical())]));
                    done.inserted += 1;
                    continue;
                }
                Entry::Occupied(occupied) => occupied.into_mut(),
            };
            if valid_at(versions, recorded_at).is_some_and(|valid| valid.is_same_version(row)) {
                done.unchanged += 1;
                continue;
            }
            versions.insert(recorded_at, row.clone().into_canonical());
            let is_current = versions.last_key_value().is_some_and(|(&newest, _)| newest == recorded_at);
            *(if is_current { &mut done.corrected } else { &mut done.backfilled }) += 1;
        }
        self.changes.extend(Change::upserted("", &done));
        done
    }

    /// Returns the current version of every row, by series and instant.
    pub(super) fn current(&self) -> impl Iterator<Item = &R> {
        self.rows.values().filter_map(|versions| versions.values().next_back())
    }

    /// Returns the current version of one row.
    pub(super) fn current_of(&self, key: &(K, Timestamp)) -> Option<&R> {
        self.rows.get(key)?.values().next_back()
    }

    /// Returns series and instant of every row with a version recorded by an instant, or with any version.
    pub(super) fn keys_known_by(&self, known_by: Option<Timestamp>) -> impl Iterator<Item = (K, Timestamp)> {
        let is_known =
            move |versions: &Versions<R>| known_by.is_none_or(|known_by| valid_at(versions, known_by).is_some());
        let known = self.rows.iter().filter(move |(_, versions)| is_known(versions));
        known.map(|(key, _)| *key)
    }

    /// Returns the last row of a series within both limits.
    pub(super) fn as_of(&self, key: K, as_of: AsOf) -> Option<&R> {
        self.valid(key, Timestamp::MIN, as_of).next_back()
    }

    /// Returns the last row of each series within both limits, in the order of the series.
    pub(super) fn last_of_each(&self, wanted: impl Fn(&K) -> bool, as_of: AsOf) -> impl Iterator<Item = &R> {
        let series: BTreeSet<K> = self.rows.keys().map(|&(key, _)| key).filter(|key| wanted(key)).collect();
        series.into_iter().filter_map(move |key| self.as_of(key, as_of))
    }

    /// Returns the rows of a series within the query's limits, oldest first.
    pub(super) fn list(&self, query: &SeriesQuery<K>) -> Result<Page<R>> {
        let start = start(query)?;
        let wanted = rows_to_read(query.paging.limit);
        let rows = self.valid(query.key, start, query.as_of).take(wanted).cloned().collect();
        Ok(page(rows, query.paging.limit, |row: &R| SeriesQuery::<K>::cursor(&row.key().1)))
    }

    /// Returns every version of one row, in the order of `recorded_at`.
    pub(super) fn versions(&self, key: K, at: Timestamp) -> Vec<Version<R>> {
        let Some(versions) = self.rows.get(&(key, at)) else { return Vec::new() };
        let next = versions.keys().skip(1).copied().map(Some).chain([None]);
        versions.values().zip(next).map(|(row, superseded_at)| Version { row: row.clone(), superseded_at }).collect()
    }

    /// Counts the rows of some series whose current versions an eviction selects, and deletes them if `delete` is true.
    pub(super) fn evict(&mut self, wanted: impl Fn(&K) -> bool, eviction: &Eviction, delete: bool) -> Purged {
        let mut purged = Purged::default();
        Arc::make_mut(&mut self.rows).retain(|(key, _), versions| {
            let current = versions.values().next_back();
            let is_taken = wanted(key) && current.is_some_and(|current| is_evicted(current, eviction));
            if is_taken {
                purged.rows += 1;
                purged.superseded += versions.len() as u64 - 1;
            }
            !(is_taken && delete)
        });
        purged
    }

    /// Returns the changes of some series, ordered by series, `at` and `recorded_at`.
    pub(super) fn changes(&self, query: &ChangeQuery<K>) -> Result<Page<R>> {
        let last_seen = query.last_seen()?;
        let wanted = rows_to_read(query.paging.limit);
        let series = series_of(query).into_iter().enumerate();
        let versions = series.flat_map(|(number, key)| {
            let rows = self.rows.range((key, Timestamp::MIN)..=(key, Timestamp::MAX));
            let versions = rows.flat_map(|(&(_, at), versions)| versions.iter().map(move |version| (at, version)));
            versions.map(move |(at, (&recorded_at, row))| ((number, at, recorded_at), row))
        });
        let asked = versions.filter(|((_, at, recorded_at), _)| query.admits(*at, *recorded_at));
        let rows = asked.filter(|(position, _)| last_seen.is_none_or(|last| *position > last)).take(wanted);
        Ok(page_of_changes(query, rows.map(|((number, ..), row)| (number, row.clone())).collect()))
    }

    /// Returns all rows within both limits, in the versions valid at the knowledge limit.
    pub(super) fn all_valid(&self, as_of: AsOf) -> impl Iterator<Item = &R> {
        let rows = self.rows.iter().filter(move |((_, at), _)| *at <= as_of.at);
        rows.filter_map(move |(_, versions)| valid_in(versions, as_of))
    }

    /// Returns the rows of a series from an instant up to both limits, in the versions valid at the knowledge limit.
    pub(super) fn valid(&self, key: K, from: Timestamp, as_of: AsOf) -> impl DoubleEndedIterator<Item = &R> {
        // A range panics when its start is after its end; a range over one excluded instant is empty.
        let start = if from <= as_of.at { Bound::Included((key, from)) } else { Bound::Excluded((key, as_of.at)) };
        let rows = self.rows.range((start, Bound::Included((key, as_of.at))));
        rows.filter_map(move |(_, versions)| valid_in(versions, as_of))
    }
}

impl<K: Copy + Ord, R: Recorded<Key = (K, Timestamp)>> Stored for Versioned<K, R> {
    fn purge(&mut self, before: Timestamp) -> Purged {
        let mut purged = Purged::default();
        Arc::make_mut(&mut self.rows).retain(|&(_, at), versions| {
            if at < before {
                purged.rows += 1;
                purged.superseded += versions.len() as u64 - 1;
            }
            at >= before
        });
        purged
    }

    fn statistics(&self, dataset: Dataset) -> DatasetStatistics {
        let rows = self.rows.len() as u64;
        let versions: usize = self.rows.values().map(BTreeMap::len).sum();
        let instants = || self.rows.keys().map(|&(_, at)| at);
        DatasetStatistics {
            dataset,
            rows,
            superseded: versions as u64 - rows,
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

/// Returns the version valid at a knowledge limit.
fn valid_in<R>(versions: &Versions<R>, as_of: AsOf) -> Option<&R> {
    valid_at(versions, as_of.knowledge_limit())
}

/// Returns the version valid at an instant of knowledge time: the last one recorded up to it.
fn valid_at<R>(versions: &Versions<R>, known_by: Timestamp) -> Option<&R> {
    versions.range(..=known_by).next_back().map(|(_, row)| row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Source,
        market::{Symbol, UnderlyingQuote},
    };

    /// A quote of a fixed instant, recorded at a second of the next day.
    fn recorded(second: i64, last: f64) -> UnderlyingQuote {
        let at = Timestamp::from_micros(1_758_830_400_000_000).expect("an instant");
        let recorded_at = at.saturating_add(chrono::TimeDelta::seconds(86_400 + second));
        let source = Source::new("test").expect("a source");
        let quote = UnderlyingQuote::new(Symbol::new("SPY").expect("a symbol"), at, source);
        UnderlyingQuote { last: Some(last), recorded_at, ..quote }
    }

    #[test]
    fn a_row_is_compared_with_the_version_valid_at_its_knowledge_time() {
        let mut series = Versioned::default();
        let mut upsert = |second, last| {
            let Upserted { inserted, corrected, backfilled, unchanged, .. } = series.upsert(&[recorded(second, last)]);
            (inserted, corrected, backfilled, unchanged)
        };
        assert_eq!(upsert(10, 1.0), (1, 0, 0, 0));
        assert_eq!(upsert(20, 1.0), (0, 0, 0, 1), "the same values again");
        assert_eq!(upsert(30, 2.0), (0, 1, 0, 0));
        assert_eq!(upsert(10, 1.0), (0, 0, 0, 1), "the version valid then");
        assert_eq!(upsert(15, 3.0), (0, 0, 1, 0));
        assert_eq!(upsert(15, 4.0), (0, 0, 1, 0), "replaces a past version");
        assert_eq!(upsert(5, 1.0), (0, 0, 1, 0), "no version was valid before");
        assert_eq!(upsert(30, 5.0), (0, 1, 0, 0), "replaces the current version");
        let versions = series.versions(recorded(0, 0.0).symbol, recorded(0, 0.0).at);
        let actual: Vec<_> = versions.iter().map(|version| (version.row.clone(), version.superseded_at)).collect();
        let since = |second| Some(recorded(second, 0.0).recorded_at);
        assert_eq!(
            actual,
            [
                (recorded(5, 1.0), since(10)),
                (recorded(10, 1.0), since(15)),
                (recorded(15, 4.0), since(30)),
                (recorded(30, 5.0), None)
            ]
        );
    }

    #[test]
    fn a_read_from_after_its_own_limit_is_empty() {
        let mut series = Versioned::default();
        let quote = recorded(0, 1.0);
        series.upsert(std::slice::from_ref(&quote));
        let query = SeriesQuery::new(quote.symbol, AsOf::with_hindsight(quote.at));
        let list = |from| series.list(&query.clone().with_from(from)).expect("no cursor").items;
        assert_eq!(list(quote.at.saturating_add(chrono::TimeDelta::microseconds(1))), []);
        assert_eq!(list(Timestamp::MAX), []);
        assert_eq!(list(quote.at), [quote]);
    }
}
