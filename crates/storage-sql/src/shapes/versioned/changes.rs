//! Every version that came to many series within a window of time.

use strikebook_core::{ChangeQuery, Error, Result, port::Paged};

use super::Versioned;
use crate::{
    codec::{Field, Row},
    search::{Series, SeriesVersions, Window},
    session::Session,
    sql::one_more,
};

impl Window {
    /// Returns the part of a query that names no series.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a foreign cursor.
    pub(crate) fn of<K: Copy + Ord>(query: &ChangeQuery<K>) -> Result<Self> {
        let (from, until, limit) = (query.from, query.until, one_more(query.paging.limit));
        Ok(Self { from, until, limit, after: query.last_seen()? })
    }
}

/// Returns the versions within a window of series with the numbers of these, in order: one more than a page holds, if
/// there are as many. The session shows one state of the database, or a version that is superseded meanwhile may come
/// twice.
pub(crate) fn list<R: Versioned>(
    session: &mut dyn Session,
    series: &[(usize, Series)],
    window: &Window,
) -> Result<Vec<(usize, R)>> {
    let first = window.after.map_or(0, |(place, ..)| place);
    let series: Vec<_> = series.iter().filter(|(place, _)| *place >= first).collect();
    if series.is_empty() {
        return Ok(Vec::new());
    }
    let search = SeriesVersions { table: &R::TABLE, series: &series, window };
    let mut rows = Vec::new();
    (session.dialect().series_versions)(session, &search, &mut |row| {
        rows.push((place(row, R::TABLE.columns.len())?, R::read(row)?));
        Ok(())
    })?;
    // An engine that searches one table after the other returns each in order.
    rows.sort_by_key(|(place, row): &(usize, R)| (*place, row.key().1, row.recorded_at()));
    rows.truncate(window.limit.unwrap_or(usize::MAX));
    Ok(rows)
}

/// Reads the number of a version's series.
fn place(row: &dyn Row, column: usize) -> Result<usize> {
    usize::try_from(u64::require(row, column)?)
        .map_err(|error| Error::internal("a search returned a series that nobody asked for").caused_by(error))
}
