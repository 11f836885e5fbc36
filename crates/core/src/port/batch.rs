//! Batches of rows: the checks before a write, and the comparison of rows and versions.

use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map},
    fmt::Debug,
    hash::Hash,
};

use super::Canonical;
use crate::{
    CLOCK_TOLERANCE, Error, ErrorKind, Id, Result, Source, Timestamp,
    maintenance::Dataset,
    port::{Entry, Keyed},
};

/// A row with a source and a knowledge time, as stores keep it.
pub trait Recorded: Canonical + Clone + Debug + PartialEq {
    /// The key of a row. Of a row in a series: the series and the row's `at`.
    type Key: Copy + Debug + Ord + Hash;

    /// Returns the key, which is meaningful only for a [valid](Self::validate) row.
    fn key(&self) -> Self::Key;

    /// Returns the row's subject as the name and value that an error's context shows, such as
    /// `("contract", "SPY   251219C00650000")`.
    fn subject(&self) -> (&'static str, String);

    /// Returns the source of the row.
    fn source(&self) -> &Source;

    /// Returns the knowledge time.
    fn recorded_at(&self) -> Timestamp;

    /// Returns the first instant at which somebody can know the row: the event time, and of an observation the start of
    /// its day. `None` for a row that may be known before, such as an announcement, and for one without an event time.
    fn knowable_from(&self) -> Option<Timestamp>;

    /// Checks every value against the range that its field documents.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    fn validate(&self) -> Result<()>;

    /// Returns true if two rows of one key are the same [version](crate::Upserted): equal in everything but
    /// `recorded_at`.
    fn is_same_version(&self, other: &Self) -> bool;
}

/// Implements [`Recorded`] for a type with fields `source` and `recorded_at` and its own `validate`: the type, its key,
/// the name of its subject, and of a row the key, the subject and, where that is not its `at`, the instant from which
/// it can be known.
macro_rules! recorded {
    ($row:ty, $key:ty, $subject:literal: |$it:ident| $id:expr, $whose:expr) => {
        $crate::port::recorded!($row, $key, $subject: |$it| $id, $whose, Some($it.at));
    };
    ($row:ty, $key:ty, $subject:literal: |$it:ident| $id:expr, $whose:expr, $from:expr) => {
        impl $crate::port::Recorded for $row {
            type Key = $key;

            fn key(&self) -> $key {
                let $it = self;
                $id
            }

            fn subject(&self) -> (&'static str, String) {
                let $it = self;
                ($subject, $whose.to_string())
            }

            fn source(&self) -> &$crate::Source {
                &self.source
            }

            fn recorded_at(&self) -> $crate::Timestamp {
                self.recorded_at
            }

            fn knowable_from(&self) -> Option<$crate::Timestamp> {
                let $it = self;
                // Some rows have no such instant.
                let _ = $it;
                $from
            }

            fn validate(&self) -> $crate::Result<()> {
                <$row>::validate(self)
            }

            fn is_same_version(&self, other: &Self) -> bool {
                Self { recorded_at: other.recorded_at, ..self.clone() } == *other
            }
        }
    };
}
pub(crate) use recorded;

/// Checks that a row is valid, that it was not recorded before it could be known, and that it is not simulated unless
/// simulated rows are allowed.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) or [`SimulatedData`](ErrorKind::SimulatedData), with the row's
/// [subject](Recorded::subject).
pub fn check<R: Recorded>(row: &R, allow_simulated: bool) -> Result<()> {
    let checked = row.validate().and_then(|()| check_clocks(row.knowable_from(), row.recorded_at()));
    checked.and_then(|()| admit(row.source(), allow_simulated)).map_err(|error| {
        let (name, subject) = row.subject();
        error.with(name, subject)
    })
}

/// Checks that a row was not recorded before it could be known by more than [`CLOCK_TOLERANCE`].
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) with the `field` `recorded_at` and its `value`.
fn check_clocks(knowable_from: Option<Timestamp>, recorded_at: Timestamp) -> Result<()> {
    match knowable_from {
        Some(from) if from.since(recorded_at) > CLOCK_TOLERANCE => {
            Err(Error::invalid_input("a row must not be recorded more than a minute before its event time")
                .with("field", "recorded_at")
                .with("value", recorded_at)
                .with("at", from))
        }
        _ => Ok(()),
    }
}

fn admit(source: &Source, allow_simulated: bool) -> Result<()> {
    if allow_simulated || !source.is_simulated() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SimulatedData, "simulated rows need a store opened with allow_simulated")
        .with("source", source))
}

/// Checks every row of a batch. A store does so before it writes the first one.
///
/// # Errors
/// As [`check`] for the first row that fails, with its index as `row`.
pub fn check_batch<R: Recorded>(rows: &[R], allow_simulated: bool) -> Result<()> {
    rows.iter().enumerate().try_for_each(|(index, row)| check_row(index, row, allow_simulated))
}

/// Checks the row at an index of a batch, for a store that checks and converts rows in one pass.
///
/// # Errors
/// As [`check`], with the index as `row`.
pub fn check_row<R: Recorded>(index: usize, row: &R, allow_simulated: bool) -> Result<()> {
    check(row, allow_simulated).map_err(|error| error.with("row", index))
}

/// Returns the rows of a batch that count, in order: for each key its last row. The others are
/// [`repeated`](crate::Upserted::repeated).
pub fn last_of_each_key<R: Recorded>(rows: &[R]) -> Vec<&R> {
    let mut seen = HashSet::with_capacity(rows.len());
    let mut last: Vec<_> = rows.iter().rev().filter(|row| seen.insert(row.key())).collect();
    last.reverse();
    last
}

/// Checks that an entry is valid, that it was not recorded before its event time, and that it is not simulated unless
/// simulated entries are allowed.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) or [`SimulatedData`](ErrorKind::SimulatedData), with the entry's identity.
pub fn check_entry<E: Entry>(entry: &E, allow_simulated: bool) -> Result<()> {
    let admitted = entry.source().map_or(Ok(()), |source| admit(source, allow_simulated));
    let checked = entry.validate().and_then(|()| check_clocks(Some(entry.at()), entry.recorded_at())).and(admitted);
    checked.map_err(|error| error.with(E::NAME, entry.id()))
}

/// Checks every entry of a batch. A store does so before it writes the first one.
///
/// # Errors
/// As [`check_entry`] for the first entry that fails, with its index as `row`.
pub fn check_entries<E: Entry>(entries: &[E], allow_simulated: bool) -> Result<()> {
    let check = |(index, entry)| check_entry(entry, allow_simulated).map_err(|error| error.with("row", index));
    entries.iter().enumerate().try_for_each(check)
}

/// Checks every row of a batch. A store does so before it writes the first one.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) for the first row that is not [valid](Keyed::validate) or was recorded
/// before it [can be known](Keyed::knowable_from), with its key, and its index as `row`.
pub fn check_keyed<K: Keyed>(rows: &[K]) -> Result<()> {
    let check = |(index, row): (usize, &K)| {
        let checked = row.validate().and_then(|()| check_clocks(row.knowable_from(), row.recorded_at()));
        checked.map_err(|error| error.with(K::NAME, row.key()).with("row", index))
    };
    rows.iter().enumerate().try_for_each(check)
}

/// Returns the rows of a batch that count, by key: for each key its last row. The others are
/// [`repeated`](crate::Upserted::repeated).
pub fn last_by_key<K: Keyed>(rows: &[K]) -> BTreeMap<K::Key, &K> {
    rows.iter().map(|row| (row.key(), row)).collect()
}

/// Returns true if a row equals the stored one in everything but `recorded_at`.
pub fn is_known<K: Keyed>(row: &K, stored: &K) -> bool {
    row.clone().with_recorded_at(stored.recorded_at()) == *stored
}

/// Returns the entries of a batch with their indexes, without those that repeat an earlier entry of the batch.
///
/// # Errors
/// [`Conflict`](ErrorKind::Conflict) when two different entries have one identity, with the index of the second as
/// `row`.
pub fn each_once<E: Entry>(entries: &[E]) -> Result<Vec<(usize, &E)>> {
    let mut seen: HashMap<Id<E>, &E> = HashMap::with_capacity(entries.len());
    let mut once = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        match seen.entry(entry.id()) {
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(entry);
                once.push((index, entry));
            }
            hash_map::Entry::Occupied(first) if entry == *first.get() => {}
            hash_map::Entry::Occupied(_) => return Err(conflict(entry).with("row", index)),
        }
    }
    Ok(once)
}

/// Creates the error for an entry whose identity belongs to a different entry.
pub fn conflict<E: Entry>(entry: &E) -> Error {
    Error::new(ErrorKind::Conflict, format!("a different {} has this identity already", words(E::NAME)))
        .with(E::NAME, entry.id())
}

/// Creates the error for an identity that no entry has.
pub fn not_found<E: Entry>(id: Id<E>) -> Error {
    Error::new(ErrorKind::NotFound, format!("no {} has this identity", words(E::NAME))).with(E::NAME, id)
}

/// Creates the error for a key that no row has.
pub fn no_such<K: Keyed>(key: &K::Key) -> Error {
    Error::new(ErrorKind::NotFound, format!("no {} has this key", words(K::NAME))).with(K::NAME, key)
}

/// Checks that rows of a dataset may be purged.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) for a dataset that is [permanent](Dataset::permanent).
pub fn purgeable(dataset: Dataset) -> Result<()> {
    let refused = |why| {
        Error::new(ErrorKind::Unsupported, format!("rows of {dataset} cannot be purged: {why}"))
            .with("dataset", dataset)
    };
    dataset.permanent().map_or(Ok(()), |why| Err(refused(why)))
}

/// Returns a name as it stands in a sentence: `cache_entry` is a cache entry.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::OptionQuote;

    fn quotes() -> Result<Vec<OptionQuote>> {
        let at = "2025-09-25T20:00:00Z".parse()?;
        let symbols = ["SPY251219C00650000", "SPY251219P00650000", "SPY251219C00650000"];
        symbols.iter().map(|symbol| Ok(OptionQuote::new(symbol.parse()?, at, Source::new("cboe")?))).collect()
    }

    #[test]
    fn an_error_names_the_row_its_contract_and_the_field() -> Result<()> {
        let mut quotes = quotes()?;
        quotes[1].ask = Some(f64::NAN);
        let error = check_batch(&quotes, false).expect_err("NaN");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.context("row"), Some("1"));
        assert_eq!(error.context("contract"), Some("SPY   251219P00650000"));
        assert_eq!(error.context("field"), Some("ask"));
        Ok(())
    }

    #[test]
    fn simulated_rows_need_permission() -> Result<()> {
        let mut quotes = quotes()?;
        quotes[2].source = Source::simulated("demo")?;
        assert!(check_batch(&quotes, true).is_ok());
        let error = check_batch(&quotes, false).expect_err("simulated");
        assert_eq!((error.kind(), error.context("row")), (ErrorKind::SimulatedData, Some("2")));
        assert_eq!(error.context("source"), Some("simulated:demo"));
        Ok(())
    }

    #[test]
    fn the_last_row_of_a_key_counts_and_order_stays() -> Result<()> {
        let mut quotes = quotes()?;
        quotes[2].bid = Some(1.0);
        assert_eq!(last_of_each_key(&quotes), [&quotes[1], &quotes[2]]);
        Ok(())
    }

    #[test]
    fn versions_differ_by_values_and_source() -> Result<()> {
        let quote = quotes()?.remove(0);
        let later = quote.clone().with_recorded_at("2025-09-26T00:00:00Z".parse()?);
        assert!(quote.is_same_version(&later));
        let other = OptionQuote { source: Source::new("opra")?, ..later };
        assert!(!quote.is_same_version(&other));
        Ok(())
    }
}
