//! Every version that came to many series, in one question.

use std::{cell::RefCell, fmt::Write as _, iter};

use strikebook_core::{
    ChangeQuery, Result, Timestamp,
    port::{ChangePlace, Paged},
};

use crate::{
    codec::{Field, Record, Row, Value},
    dialect::Search,
    session::Session,
    shapes::versioned::{Series, Versioned, of_series},
    sql::{Sql, limited, one_more},
};

/// What of a [`ChangeQuery`] is not the series.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    from: Timestamp,
    until: Timestamp,
    after: Option<ChangePlace>,
    limit: Option<usize>,
}

impl Window {
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a foreign cursor.
    pub(crate) fn of<K: Copy + Ord>(query: &ChangeQuery<K>) -> Result<Self> {
        let (from, until, limit) = (query.from, query.until, one_more(query.paging.limit));
        Ok(Self { from, until, limit, after: query.last_seen()? })
    }

    /// What holds of the versions within the window.
    fn conditions(&self, mut sql: Sql) -> Sql {
        for time in ["v.\"at\"", "v.recorded_at"] {
            sql = sql.push(&format!(" AND {time} <= ")).bind(self.until);
        }
        if self.from > Timestamp::MIN {
            sql = sql.push(" AND (v.\"at\" >= ").bind(self.from);
            sql = sql.push(" OR v.recorded_at >= ").bind(self.from).push(")");
        }
        sql
    }
}

/// What holds of the versions of one series behind an instant and when its last version was learned.
fn behind(sql: Sql, at: Timestamp, recorded_at: Timestamp) -> Sql {
    let sql = sql.push("(v.\"at\" > ").bind(at).push(" OR (v.\"at\" = ").bind(at);
    sql.push(" AND v.recorded_at > ").bind(recorded_at).push("))")
}

/// The versions within a window of series with their numbers, in order: one more than a page holds, if there are as
/// many. The session shows one state of the database, or a version that is superseded meanwhile may come twice.
pub(crate) fn list<R: Versioned>(
    session: &mut dyn Session,
    series: &[(usize, Series)],
    window: &Window,
) -> Result<Vec<(usize, R)>> {
    let first = window.after.map_or(0, |(place, ..)| place);
    let series: Vec<_> = series.iter().filter(|(place, _)| *place >= first).collect();
    match session.dialect().search {
        Search::OneByOne => one_by_one(session, &series, window),
        Search::Lateral | Search::Window => at_once(session, &series, window),
    }
}

/// Every series by itself, in the key of the table and in that of its history.
fn one_by_one<R: Versioned>(
    session: &mut dyn Session,
    series: &[&(usize, Series)],
    window: &Window,
) -> Result<Vec<(usize, R)>> {
    let limit = window.limit.unwrap_or(usize::MAX);
    let mut rows = of_table(session, R::TABLE.name, series, window, limit)?;
    let past = of_table::<R>(session, &R::TABLE.history(), series, window, limit)?;
    if !past.is_empty() {
        rows.extend(past);
        rows.sort_by_key(|(place, row)| (*place, row.key().1, row.recorded_at()));
        rows.truncate(limit);
    }
    Ok(rows)
}

/// The first versions of a table that lie within a window.
fn of_table<R: Versioned>(
    session: &mut dyn Session,
    table: &str,
    series: &[&(usize, Series)],
    window: &Window,
    limit: usize,
) -> Result<Vec<(usize, R)>> {
    let begun = window.after.filter(|(place, ..)| series.first().is_some_and(|(first, _)| first == place));
    let (begun_series, whole) = series.split_at(usize::from(begun.is_some()));
    let found = RefCell::new(Vec::new());
    for (series, after) in [(begun_series, begun), (whole, None)] {
        let Some((place, columns)) = series.first() else { continue };
        let left = || limit - found.borrow().len();
        let sql = Sql::new(format!("SELECT {}, ", R::TABLE.columns_with("v."))).bind(number(*place));
        let sql = sql.push(&format!(" FROM {table} AS v WHERE "));
        let sql = window.conditions(of_series(sql, "v.", columns).push("1 = 1"));
        let sql = match after {
            // The first condition says the same as the others once more, as an index can use it.
            Some((_, at, learned)) => behind(sql.push(" AND v.\"at\" >= ").bind(at).push(" AND "), at, learned),
            None => sql,
        };
        let sql = sql.push(" ORDER BY v.\"at\", v.recorded_at LIMIT ").bind(number(left()));
        // Only its first parameters and the last tell one series from another.
        let params = |(place, columns): &(usize, Series)| {
            let mut params = sql.params.clone();
            let values = columns.iter().map(|(_, value)| value.clone());
            params.splice(..=columns.len(), iter::once(number(*place)).chain(values));
            params.splice(params.len() - 1.., [number(left())]);
            params
        };
        let mut lists = series.iter().take_while(|_| left() > 0).map(|series| params(series));
        session.query_each(&sql.text, &mut lists, &mut |row| {
            let row = placed(row)?;
            found.borrow_mut().push(row);
            Ok(())
        })?;
    }
    Ok(found.into_inner())
}

/// A number of our own, as a parameter.
fn number(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A version, and the number of its series in the column behind it.
fn placed<R: Record>(row: &dyn Row) -> Result<(usize, R)> {
    Ok((usize::try_from(u64::require(row, R::TABLE.columns.len())?).unwrap_or(usize::MAX), R::read(row)?))
}

/// All series with one statement.
fn at_once<R: Versioned>(
    session: &mut dyn Session,
    series: &[&(usize, Series)],
    window: &Window,
) -> Result<Vec<(usize, R)>> {
    let Some((_, columns)) = series.first() else { return Ok(Vec::new()) };
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let wanted = wanted(&names, series);
    let same: Vec<_> = names.iter().map(|name| format!("v.{name} = w.{name}")).collect();
    let only = series.len() == 1;
    let versions = |sql: Sql, table: &str| {
        let text = format!(
            "SELECT {}, CAST(w.place AS BIGINT) AS place FROM wanted AS w CROSS JOIN {table} AS v WHERE {}",
            R::TABLE.columns_with("v."),
            same.join(" AND ")
        );
        let sql = window.conditions(sql.push(&text));
        let Some((place, at, learned)) = window.after else { return sql };
        let sql = behind(sql.push(&format!(" AND (w.place > {place} OR ")), at, learned).push(")");
        // The same said once more, as an index can use it.
        if only { sql.push(" AND v.\"at\" >= ").bind(at) } else { sql }
    };
    let sql = versions(wanted.push(&format!(" SELECT {}, place FROM (", R::TABLE.columns_with(""))), R::TABLE.name);
    let sql = versions(sql.push(" UNION ALL "), &R::TABLE.history());
    let sql = sql.push(") AS changes ORDER BY place, \"at\", recorded_at").push(&limited(window.limit));
    let mut rows = Vec::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        rows.push(placed(row)?);
        Ok(())
    })?;
    Ok(rows)
}

/// `WITH wanted(place, a, b) AS (VALUES ...)`: the series by their numbers.
fn wanted(names: &[&str], series: &[&(usize, Series)]) -> Sql {
    let mut sql = Sql::new(format!("WITH wanted(place, {}) AS (VALUES ", names.join(", ")));
    for (row, (place, values)) in series.iter().enumerate() {
        // Writing to a `String` cannot fail.
        let _ = write!(sql.text, "{}({place}", if row == 0 { "" } else { ", " });
        for (_, value) in values {
            sql = match value {
                // A number of our own needs no parameter, and a list of thousands is planned faster without.
                Value::Integer(id) => sql.push(&format!(", {id}")),
                // No engine guesses the type of a parameter that stands alone.
                text => sql.push(", CAST(").bind(text.clone()).push(" AS TEXT)"),
            };
        }
        sql.text.push(')');
    }
    sql.push(")")
}
