//! Every version that came to many series, in one question.

use std::fmt::Write as _;

use strikebook_core::{ChangePlace, ChangeQuery, Result, Timestamp};

use crate::{
    codec::{Field, Value},
    engine::Session,
    sql::{Sql, limited},
    versioned::{Series, Versioned, one_more},
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
        let (from, until, limit) = (query.from, query.until, one_more(query.limit));
        Ok(Self { from, until, limit, after: query.last_seen()? })
    }

    /// What holds of the versions within the window; `only` tells that one series is left.
    fn conditions(&self, mut sql: Sql, only: bool) -> Sql {
        for time in ["v.\"at\"", "v.recorded_at"] {
            sql = sql.push(&format!(" AND {time} <= ")).bind(self.until);
        }
        if self.from > Timestamp::MIN {
            sql = sql.push(" AND (v.\"at\" >= ").bind(self.from);
            sql = sql.push(" OR v.recorded_at >= ").bind(self.from).push(")");
        }
        if let Some((place, at, recorded_at)) = self.after {
            sql = sql.push(&format!(" AND (w.place > {place} OR v.\"at\" > ")).bind(at);
            sql = sql.push(" OR (v.\"at\" = ").bind(at).push(" AND v.recorded_at > ").bind(recorded_at).push("))");
            if only {
                // The same said once more, as an index can use it.
                sql = sql.push(" AND v.\"at\" >= ").bind(at);
            }
        }
        sql
    }
}

/// The versions within a window of series with their numbers, in order: one more than a page holds, if there are as many.
pub(crate) fn list<R: Versioned>(
    session: &mut dyn Session,
    series: &[(usize, Series)],
    window: &Window,
) -> Result<Vec<(usize, R)>> {
    let first = window.after.map_or(0, |(place, ..)| place);
    let series: Vec<_> = series.iter().filter(|(place, _)| *place >= first).collect();
    let Some((_, columns)) = series.first() else { return Ok(Vec::new()) };
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let wanted = wanted(&names, &series);
    let same: Vec<_> = names.iter().map(|name| format!("v.{name} = w.{name}")).collect();
    let only = series.len() == 1;
    let versions = |sql: Sql, table: &str| {
        // SQLite keeps the order of a cross join, and so seeks each series in the table's key.
        let text = format!(
            "SELECT {}, CAST(w.place AS BIGINT) AS place FROM wanted AS w CROSS JOIN {table} AS v WHERE {}",
            R::TABLE.columns_with("v."),
            same.join(" AND ")
        );
        window.conditions(sql.push(&text), only)
    };
    let sql = versions(wanted.push(&format!(" SELECT {}, place FROM (", R::TABLE.columns_with(""))), R::TABLE.name);
    let sql = versions(sql.push(" UNION ALL "), &R::TABLE.history());
    let sql = sql.push(") AS changes ORDER BY place, \"at\", recorded_at").push(&limited(window.limit));
    let (mut rows, place) = (Vec::new(), R::TABLE.columns.len());
    session.query(&sql.text, &sql.params, &mut |row| {
        rows.push((usize::try_from(u64::require(row, place)?).unwrap_or(usize::MAX), R::read(row)?));
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
