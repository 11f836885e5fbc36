//! Tools for applying a unit, for implementors of a store.

use std::{collections::BTreeMap, fmt::Display};

use super::{Applied, Guarded, GuardedAmendments, GuardedKey, Precondition, Row, UnitOfWork, Write};
use crate::{Error, ErrorKind, Id, Result, maintenance::Dataset, operations::Actor};

/// Calls a function with each write of a unit in order and collects the results. An error ends the calls and gets the
/// write's index as `write` and its `dataset`.
///
/// # Errors
/// Those of the function.
pub fn each_write<T>(unit: &UnitOfWork, mut call: impl FnMut(&Write) -> Result<T>) -> Result<Vec<T>> {
    let named = |(index, write): (usize, &Write)| {
        call(write).map_err(|error| error.with("write", index).with("dataset", write.dataset()))
    };
    unit.writes().iter().enumerate().map(named).collect()
}

/// Checks every row of every write, as a store does before it applies the first one.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput), [`SimulatedData`](ErrorKind::SimulatedData) and, with an actor,
/// [`PermissionDenied`](ErrorKind::PermissionDenied), with the index of the write as `write` and that of the row as
/// `row`.
pub fn check_unit(unit: &UnitOfWork, allow_simulated: bool, actor: Option<&Actor>) -> Result<()> {
    each_write(unit, |write| write.check(allow_simulated, actor)).map(|_: Vec<()>| ())
}

/// Returns every dataset that a write may change, that of its rows among them.
pub fn changed_datasets(write: &Write) -> Vec<Dataset> {
    match write {
        Write::UpsertQuotes(_) | Write::UpsertGreeks(_) => vec![Dataset::Contracts, write.dataset()],
        Write::RecordExecutions(_) => vec![Dataset::Orders, Dataset::Executions],
        Write::RecordFills(_) => vec![
            Dataset::Orders,
            Dataset::Executions,
            Dataset::Positions,
            Dataset::JournalEvents,
            Dataset::JournalCycles,
            Dataset::Trades,
        ],
        Write::AmendJournalEvents(_) => vec![
            Dataset::Positions,
            Dataset::JournalEvents,
            Dataset::ImportedRows,
            Dataset::JournalCycles,
            Dataset::Trades,
        ],
        Write::AppendJournalEvents(_) => vec![Dataset::JournalEvents, Dataset::JournalCycles, Dataset::Trades],
        Write::RecordStep(..) => vec![Dataset::Runs, Dataset::Rejects, Dataset::Watermarks],
        _ => vec![write.dataset()],
    }
}

/// Compares the stored rows with the precondition on rows to write. `stored` returns the stored rows with some keys, in
/// any order; it is not called without a precondition.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) when a row that must exist does not, and otherwise
/// [`Conflict`](ErrorKind::Conflict), with the `key` of the first row that differs; those of `stored`.
pub fn check_guarded<R: Row>(rows: &Guarded<R>, stored: impl FnOnce(&[R::Key]) -> Result<Vec<R>>) -> Result<()> {
    check_precondition(&rows.precondition, rows.rows.iter().map(|row| (row.row_key(), row.row_key_text())), stored)
}

/// Does what [`check_guarded`] does, for the key of a row to change or delete.
///
/// # Errors
/// Those of [`check_guarded`].
pub fn check_guarded_key<R: Row<Key: Display>>(
    key: &GuardedKey<R>,
    stored: impl FnOnce(&[R::Key]) -> Result<Vec<R>>,
) -> Result<()> {
    check_precondition(&key.precondition, [(key.key.clone(), key.key.to_string())], stored)
}

/// Does what [`check_guarded`] does, for the entries to amend.
///
/// # Errors
/// Those of [`check_guarded`].
pub fn check_guarded_amendments<E: Row<Key = Id<E>>>(
    amendments: &GuardedAmendments<E>,
    stored: impl FnOnce(&[Id<E>]) -> Result<Vec<E>>,
) -> Result<()> {
    let keys = amendments.amendments.iter().map(|amendment| (amendment.id, amendment.id.to_string()));
    check_precondition(&amendments.precondition, keys, stored)
}

/// Compares stored rows with a precondition on some keys, each given with its text.
fn check_precondition<R: Row>(
    precondition: &Precondition<R>,
    keys: impl IntoIterator<Item = (R::Key, String)>,
    stored: impl FnOnce(&[R::Key]) -> Result<Vec<R>>,
) -> Result<()> {
    let read: &[R] = match precondition {
        Precondition::None => return Ok(()),
        Precondition::Exists | Precondition::Missing => &[],
        Precondition::Matches(read) => read,
    };
    let mut texts: BTreeMap<_, _> = keys.into_iter().collect();
    texts.extend(read.iter().map(|row| (row.row_key(), row.row_key_text())));
    if texts.is_empty() {
        return Ok(());
    }
    let stored = stored(&texts.keys().cloned().collect::<Vec<_>>())?;
    let stored: BTreeMap<_, _> = stored.iter().map(|row| (row.row_key(), row)).collect();
    let read: BTreeMap<_, _> = read.iter().map(|row| (row.row_key(), row)).collect();
    texts.iter().try_for_each(|(key, text)| {
        let (kind, why) = match (precondition, stored.get(key), read.get(key)) {
            (Precondition::Exists, None, _) => (ErrorKind::NotFound, "the row does not exist; the write needs it to"),
            (Precondition::Missing, Some(_), _) => (ErrorKind::Conflict, "the row exists; the write needs it not to"),
            (Precondition::Matches(_), None, Some(_)) => {
                (ErrorKind::Conflict, "the row does not exist; the write expects the one that was read")
            }
            (Precondition::Matches(_), Some(_), None) => {
                (ErrorKind::Conflict, "the row exists; the write expects none")
            }
            (Precondition::Matches(_), Some(stored), Some(read)) if stored != read => {
                (ErrorKind::Conflict, "the row has changed; the write expects the one that was read")
            }
            _ => return Ok(()),
        };
        Err(Error::new(kind, why).with("key", text))
    })
}

/// Counts the step that a write took with a row, from the row before and after; there is no step if both are equal.
pub fn count_step<R: PartialEq>(before: Option<&R>, after: &R) -> Applied {
    Applied::stepped(before != Some(after))
}
