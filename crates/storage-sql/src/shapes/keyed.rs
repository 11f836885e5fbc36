//! Rows with natural keys, of which only the present is kept.

use std::collections::BTreeMap;

use strikebook_core::{
    Result, Timestamp, Upserted,
    port::{Canonical, Change, Keyed, is_known, last_by_key, no_such},
};

use crate::{
    codec::{Record, Role, Value},
    session::{Session, Target, append, collect, lock, tell},
    sql::Sql,
};

/// A row that keeps a keyed one.
pub(crate) trait KeyedRow: Record + From<Self::Row> + Into<Self::Row> {
    /// The row as the port has it.
    type Row: Keyed;

    /// Returns the values of the key's columns, in their order.
    fn key_values(key: &<Self::Row as Keyed>::Key) -> Vec<Value>;

    /// Appends the filter as conditions that each start with ` AND `.
    fn admitted(sql: Sql, filter: &<Self::Row as Keyed>::Filter) -> Sql;
}

/// Puts checked rows in the place of those with their keys.
pub(crate) fn replace<R: KeyedRow>(session: &mut dyn Session, rows: &[R::Row]) -> Result<Upserted> {
    let last = last_by_key(rows);
    let mut done = Upserted { repeated: (rows.len() - last.len()) as u64, ..Upserted::default() };
    if rows.is_empty() {
        return Ok(done);
    }
    lock(session, R::TABLE.name)?;
    let stored = with_keys::<R>(session, last.keys())?;
    let (mut written, mut replaced) = (Vec::new(), Vec::new());
    for (key, row) in &last {
        match stored.get(key) {
            None => done.inserted += 1,
            Some(stored) if is_known(*row, stored) => {
                done.unchanged += 1;
                continue;
            }
            Some(_) => {
                done.corrected += 1;
                replaced.push(key);
            }
        }
        tell(session, || Change::keyed(R::TABLE.name, stored.get(key), Some(*row)));
        written.push(R::from((*row).clone()));
    }
    for keys in replaced.chunks(session.dialect().keys_per_statement) {
        let sql = any_of::<R>(Sql::new(format!("DELETE FROM {} WHERE ", R::TABLE.name)), keys);
        session.execute(&sql.text, &sql.params)?;
    }
    append(session, Target::Table(R::TABLE.name), &written.iter().collect::<Vec<_>>())?;
    Ok(done)
}

/// Changes a row, which is then recorded at an instant, and returns it.
pub(crate) fn update<R: KeyedRow>(
    session: &mut dyn Session,
    key: &<R::Row as Keyed>::Key,
    recorded_at: Timestamp,
    change: impl FnOnce(&mut R::Row) -> Result<()>,
) -> Result<R::Row> {
    lock(session, R::TABLE.name)?;
    let stored = get::<R>(session, key)?.ok_or_else(|| no_such::<R::Row>(key))?;
    let mut changed = stored.clone();
    change(&mut changed)?;
    changed.validate()?;
    if changed != stored {
        changed = changed.with_recorded_at(recorded_at);
        replace::<R>(session, std::slice::from_ref(&changed))?;
    }
    Ok(changed.into_canonical())
}

/// Returns the row with a key.
pub(crate) fn get<R: KeyedRow>(session: &mut dyn Session, key: &<R::Row as Keyed>::Key) -> Result<Option<R::Row>> {
    Ok(with_keys::<R>(session, [key])?.remove(key))
}

/// Returns the rows that a filter admits, in the domain's order of their keys, which text in a column does not have.
pub(crate) fn list<R: KeyedRow>(session: &mut dyn Session, filter: &<R::Row as Keyed>::Filter) -> Result<Vec<R::Row>> {
    R::Row::validate_filter(filter)?;
    let sql = Sql::new(format!("SELECT {} FROM {} WHERE 1 = 1", R::TABLE.columns_with(""), R::TABLE.name));
    let rows: Vec<R> = collect(session, &R::admitted(sql, filter))?;
    let mut rows: Vec<R::Row> = rows.into_iter().map(Into::into).collect();
    rows.sort_by_cached_key(Keyed::key);
    Ok(rows)
}

/// Deletes a row, and returns true if there was one.
pub(crate) fn delete<R: KeyedRow>(session: &mut dyn Session, key: &<R::Row as Keyed>::Key) -> Result<bool> {
    Ok(delete_all::<R>(session, &[key])? > 0)
}

/// Deletes the rows with some keys, and returns their number.
pub(crate) fn delete_all<R: KeyedRow>(session: &mut dyn Session, keys: &[&<R::Row as Keyed>::Key]) -> Result<u64> {
    lock(session, R::TABLE.name)?;
    let mut deleted = 0;
    for keys in keys.chunks(session.dialect().keys_per_statement) {
        if session.audit().is_some() {
            for old in with_keys::<R>(session, keys.iter().copied())?.into_values() {
                tell(session, || Change::keyed(R::TABLE.name, Some(&old), None));
            }
        }
        let sql = any_of::<R>(Sql::new(format!("DELETE FROM {} WHERE ", R::TABLE.name)), keys);
        deleted += session.execute(&sql.text, &sql.params)?;
    }
    Ok(deleted)
}

/// Returns the rows with some keys.
pub(crate) fn with_keys<'a, R: KeyedRow>(
    session: &mut dyn Session,
    keys: impl IntoIterator<Item = &'a <R::Row as Keyed>::Key>,
) -> Result<BTreeMap<<R::Row as Keyed>::Key, R::Row>> {
    let keys: Vec<_> = keys.into_iter().collect();
    let mut found = BTreeMap::new();
    for keys in keys.chunks(session.dialect().keys_per_statement) {
        let sql = Sql::new(format!("SELECT {} FROM {} WHERE ", R::TABLE.columns_with(""), R::TABLE.name));
        let rows: Vec<R> = collect(session, &any_of::<R>(sql, keys))?;
        found.extend(rows.into_iter().map(Into::into).map(|row: R::Row| (row.key(), row)));
    }
    Ok(found)
}

/// Appends the condition that a row has one of some keys.
fn any_of<R: KeyedRow>(sql: Sql, keys: &[&<R::Row as Keyed>::Key]) -> Sql {
    keys.iter().enumerate().fold(sql, |sql, (i, key)| {
        let columns = R::TABLE.columns.iter().filter(|column| column.role == Role::Key);
        let equal = columns.zip(R::key_values(key)).enumerate();
        let sql = sql.push(if i == 0 { "(" } else { " OR (" });
        let sql = equal.fold(sql, |sql, (i, (column, value))| {
            sql.push(if i == 0 { "" } else { " AND " }).push(&column.identifier()).push(" = ").bind(value)
        });
        sql.push(")")
    })
}
