//! Entries: rows with an identity and a place in time, without versions.

use std::collections::BTreeMap;

use strikebook_core::{
    Direction, Id, Listing, Page, Result, Timestamp, Upserted,
    maintenance::Purged,
    port::{Amendable, Asked, Canonical, Change, Entry, check_entry, conflict, cursor_of, each_once, not_found, page},
    trading::journal::Amendment,
};
use uuid::Uuid;

use crate::{
    codec::{Record, Value},
    session::{Session, Target, append, collect, lock, tell},
    sql::{Sql, limited, one_more},
};

/// A row that keeps an entry. Its table has the key `id` and a column `at`.
pub(crate) trait EntryRow: Record + From<Self::Entry> + Into<Self::Entry> {
    /// The type of the entries.
    type Entry: Entry;

    /// Appends the entry's filter as conditions that each start with ` AND `.
    fn admitted(sql: Sql, filter: &<Self::Entry as Entry>::Filter) -> Sql;
}

/// Writes checked entries that are new; repeats of stored ones change nothing.
pub(crate) fn insert<R: EntryRow>(session: &mut dyn Session, entries: &[R::Entry]) -> Result<Upserted> {
    let once = each_once(entries)?;
    let mut done = Upserted { repeated: (entries.len() - once.len()) as u64, ..Upserted::default() };
    if entries.is_empty() {
        return Ok(done);
    }
    lock(session, R::TABLE.name)?;
    let mut fresh = Vec::new();
    let ids: Vec<_> = once.iter().map(|(_, entry)| entry.id()).collect();
    let stored: BTreeMap<_, _> = with_ids::<R>(session, &ids)?.into_iter().map(|entry| (entry.id(), entry)).collect();
    for (row, entry) in once {
        match stored.get(&entry.id()) {
            None => fresh.push(entry.clone()),
            Some(stored) if entry.is_repeat_of(stored) => done.unchanged += 1,
            Some(_) => return Err(conflict(entry).with("row", row)),
        }
    }
    done.inserted = fresh.len() as u64;
    add::<R>(session, &fresh)?;
    Ok(done)
}

/// Writes entries that are known to be new.
pub(crate) fn add<R: EntryRow>(session: &mut dyn Session, entries: &[R::Entry]) -> Result<()> {
    for entry in entries {
        tell(session, || Change::row(R::TABLE.name, entry.id(), None, Some(entry)));
    }
    write::<R>(session, entries)
}

fn write<R: EntryRow>(session: &mut dyn Session, entries: &[R::Entry]) -> Result<()> {
    let rows: Vec<R> = entries.iter().cloned().map(R::from).collect();
    append(session, Target::Table(R::TABLE.name), &rows.iter().collect::<Vec<_>>())
}

/// Returns the entry with an identity.
pub(crate) fn get<R: EntryRow>(session: &mut dyn Session, id: Id<R::Entry>) -> Result<Option<R::Entry>> {
    Ok(with_ids::<R>(session, &[id])?.pop())
}

/// Returns the entries with some identities, in no order.
pub(crate) fn with_ids<R: EntryRow>(session: &mut dyn Session, ids: &[Id<R::Entry>]) -> Result<Vec<R::Entry>> {
    let mut found = Vec::new();
    for ids in ids.chunks(session.dialect().values_per_statement) {
        let sql = Sql::new("id IN (").bind_all(ids.iter().map(|id| Value::from(*id))).push(")");
        found.extend(find::<R>(session, sql)?);
    }
    Ok(found)
}

/// Returns the entries that meet a condition, such as `status = $1`, in no order.
pub(crate) fn find<R: EntryRow>(session: &mut dyn Session, condition: Sql) -> Result<Vec<R::Entry>> {
    let text = format!("SELECT {} FROM {} WHERE {}", R::TABLE.columns_with(""), R::TABLE.name, condition.text);
    let rows: Vec<R> = collect(session, &Sql { text, ..condition })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Changes an entry, and returns it.
pub(crate) fn update<R: EntryRow>(
    session: &mut dyn Session,
    id: Id<R::Entry>,
    change: impl FnOnce(&mut R::Entry) -> Result<()>,
) -> Result<R::Entry> {
    lock(session, R::TABLE.name)?;
    let stored = get::<R>(session, id)?.ok_or_else(|| not_found(id))?;
    let mut changed = stored.clone();
    change(&mut changed)?;
    changed.validate()?;
    if changed != stored {
        replace::<R>(session, std::slice::from_ref(&changed))?;
    }
    Ok(changed.into_canonical())
}

/// Changes all entries that meet a condition, and returns their number.
pub(crate) fn update_all<R: EntryRow>(
    session: &mut dyn Session,
    condition: Sql,
    mut change: impl FnMut(&mut R::Entry) -> Result<()>,
) -> Result<u64> {
    lock(session, R::TABLE.name)?;
    let mut found = find::<R>(session, condition)?;
    found.iter_mut().try_for_each(|entry| change(entry).and_then(|()| entry.validate()))?;
    replace::<R>(session, &found)?;
    Ok(found.len() as u64)
}

/// Deletes all entries that meet a condition, which the audit records as `asked`, and returns their number.
pub(crate) fn delete<R: EntryRow>(session: &mut dyn Session, condition: &Sql, asked: Asked<'_>) -> Result<u64> {
    lock(session, R::TABLE.name)?;
    let rows =
        session.execute(&format!("DELETE FROM {} WHERE {}", R::TABLE.name, condition.text), &condition.params)?;
    tell(session, || Change::purged(R::TABLE.name, asked, &Purged { rows, superseded: 0 }));
    Ok(rows)
}

/// Removes stored entries one by one.
pub(crate) fn remove<R: EntryRow>(session: &mut dyn Session, entries: &[R::Entry]) -> Result<()> {
    lock(session, R::TABLE.name)?;
    for chunk in entries.chunks(session.dialect().values_per_statement) {
        for entry in chunk {
            tell(session, || Change::row(R::TABLE.name, entry.id(), Some(entry), None));
        }
        let sql = Sql::new(format!("DELETE FROM {} WHERE id IN (", R::TABLE.name));
        let sql = sql.bind_all(chunk.iter().map(|entry| Value::from(entry.id()))).push(")");
        session.execute(&sql.text, &sql.params)?;
    }
    Ok(())
}

/// The entries before and after amendments; a deleted one has none after.
pub(crate) type AmendedEntries<E> = Vec<(E, Option<E>)>;

/// Amends entries, one after the other.
pub(crate) fn amend<R: EntryRow<Entry: Amendable>>(
    session: &mut dyn Session,
    amendments: &[Amendment<R::Entry>],
    allow_simulated: bool,
) -> Result<(Upserted, AmendedEntries<R::Entry>)> {
    lock(session, R::TABLE.name)?;
    let (mut done, mut amended) = (Upserted::default(), Vec::new());
    for amendment in amendments {
        let stored = get::<R>(session, amendment.id)?.ok_or_else(|| not_found(amendment.id))?;
        let entry = amendment.of(&stored)?;
        check_entry(&entry, allow_simulated)?;
        if entry == stored && !amendment.deletes() {
            done.unchanged += 1;
            continue;
        }
        done.corrected += 1;
        replace::<R>(session, std::slice::from_ref(&entry))?;
        if amendment.deletes() {
            remove::<R>(session, std::slice::from_ref(&entry))?;
        }
        amended.push((stored, Some(entry).filter(|_| !amendment.deletes())));
    }
    Ok((done, amended))
}

/// Puts entries in the place of those with the same identities.
pub(crate) fn replace<R: EntryRow>(session: &mut dyn Session, entries: &[R::Entry]) -> Result<()> {
    for chunk in entries.chunks(session.dialect().values_per_statement) {
        if session.audit().is_some() {
            let ids: Vec<_> = chunk.iter().map(Entry::id).collect();
            let old: BTreeMap<_, _> =
                with_ids::<R>(session, &ids)?.into_iter().map(|entry| (entry.id(), entry)).collect();
            for entry in chunk {
                tell(session, || Change::row(R::TABLE.name, entry.id(), old.get(&entry.id()), Some(entry)));
            }
        }
        let sql = Sql::new(format!("DELETE FROM {} WHERE id IN (", R::TABLE.name));
        let sql = sql.bind_all(chunk.iter().map(|entry| Value::from(entry.id()))).push(")");
        session.execute(&sql.text, &sql.params)?;
    }
    write::<R>(session, entries)
}

/// Returns the entries that a query admits, in its order. `last_seen` is the query's.
pub(crate) fn list<R: EntryRow>(
    session: &mut dyn Session,
    query: &Listing<<R::Entry as Entry>::Filter>,
    last_seen: Option<(Timestamp, Uuid)>,
) -> Result<Page<R::Entry>> {
    R::Entry::validate_filter(&query.filter)?;
    let (beyond, direction) = match query.direction {
        Direction::OldestFirst => (">", "ASC"),
        Direction::NewestFirst => ("<", "DESC"),
    };
    let sql = Sql::new(format!("SELECT {} FROM {} WHERE \"at\" BETWEEN ", R::TABLE.columns_with(""), R::TABLE.name));
    let sql = R::admitted(sql.bind(query.from).push(" AND ").bind(query.until), &query.filter);
    let sql = match last_seen {
        None => sql,
        Some((at, id)) => {
            sql.push(&format!(" AND (\"at\", id) {beyond} (")).bind(at).push(", ").bind(Value::Uuid(id)).push(")")
        }
    };
    let sql = sql.push(&format!(" ORDER BY \"at\" {direction}, id {direction}"));
    let wanted = one_more(query.paging.limit);
    if R::Entry::searches(&query.filter) {
        let found = search::<R>(session, &sql, &query.filter, wanted)?;
        return Ok(page(found, query.paging.limit, cursor_of));
    }
    let rows: Vec<R> = collect(session, &sql.push(&limited(wanted)))?;
    let entries = rows.into_iter().map(Into::into).collect();
    Ok(page(entries, query.paging.limit, cursor_of))
}

/// Returns the first entries of a statement, at most `wanted` if that is given, in which a filter finds its words.
/// Engines fold case and cut words each in its own way, so the texts are searched here.
fn search<R: EntryRow>(
    session: &mut dyn Session,
    sql: &Sql,
    filter: &<R::Entry as Entry>::Filter,
    wanted: Option<usize>,
) -> Result<Vec<R::Entry>> {
    let mut found: Vec<R::Entry> = Vec::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        if wanted.is_none_or(|wanted| found.len() < wanted) {
            let entry: R::Entry = R::read(row)?.into();
            found.extend(Some(entry).filter(|entry| entry.is_admitted_by(filter)));
        }
        Ok(())
    })?;
    Ok(found)
}
