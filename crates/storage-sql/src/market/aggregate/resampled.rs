//! Groups of stored bars.

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Result, Timestamp,
    market::{Bar, BarKey},
    port::BarGroup,
};

use super::MICROSECOND;
use crate::{codec::Field, search::of_series, session::Session, shapes::versioned, sql::Sql};

/// Returns the bars of a series that end after an instant, in groups of a width: one group for the bars that end after
/// a whole width from [`Timestamp::EPOCH`], up to and including the next.
///
/// The first and the last bar of a group are joined to it: windows over all rows of each group took twice as long.
pub(super) fn groups(
    session: &mut dyn Session,
    series: BarKey,
    width: TimeDelta,
    after: Timestamp,
    as_of: AsOf,
) -> Result<Vec<BarGroup>> {
    let bucket = (session.dialect().bucket)("\"at\"", width, Timestamp::EPOCH.saturating_add(MICROSECOND))?;
    let sql = Sql::new(format!(
        "WITH b AS MATERIALIZED (SELECT {bucket} AS bucket, \"at\", open, high, low, close, \
         CAST(volume AS DOUBLE PRECISION) AS volume, vwap, source, recorded_at FROM ("
    ));
    let sql = versioned::valid_rows::<Bar>(sql, after.saturating_add(MICROSECOND), as_of).push(") AS v WHERE ");
    let sql = of_series(sql, "", &versioned::series::<Bar>(series)).push(
        "1 = 1) SELECT last_at, f.open, g.high, g.low, l.close, g.volume, g.turnover, l.source, g.recorded_at \
         FROM (SELECT min(\"at\") AS first_at, max(\"at\") AS last_at, max(high) AS high, min(low) AS low, \
         CASE WHEN count(volume) = count(*) THEN sum(volume) END AS volume, \
         CASE WHEN count(CASE WHEN volume = 0 THEN 0.0 ELSE volume * vwap END) = count(*) \
         THEN sum(CASE WHEN volume = 0 THEN 0.0 ELSE volume * vwap END) END AS turnover, \
         max(recorded_at) AS recorded_at FROM b GROUP BY bucket) AS g \
         CROSS JOIN b AS f CROSS JOIN b AS l WHERE f.\"at\" = first_at AND l.\"at\" = last_at ORDER BY last_at",
    );
    let mut groups = Vec::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        groups.push(BarGroup {
            at: Field::require(row, 0)?,
            open: Field::require(row, 1)?,
            high: Field::require(row, 2)?,
            low: Field::require(row, 3)?,
            close: Field::require(row, 4)?,
            volume: Field::read(row, 5)?,
            turnover: Field::read(row, 6)?,
            source: Field::require(row, 7)?,
            recorded_at: Field::require(row, 8)?,
        });
        Ok(())
    })?;
    Ok(groups)
}
