//! Aggregates of live quotes and of bars: grouped where the rows are, so that only sums travel.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Result, Timestamp,
    market::{
        AggregateRepository, Bar, BarKey, DailyOptions, HourlyOptions, OptionVolume, Symbol, Timeframe,
        UnderlyingQuote,
        calendar::{self, Day},
    },
    port::{BarPart, Grid, Resampling, bars_of},
};

use crate::{
    codec::{Field, Record, Row},
    engine::Engine,
    market::chain::QuoteRow,
    materialised::{HOURS, MINUTES},
    repository::SqlStore,
    session::{self, Session},
    shapes::versioned,
    sql::Sql,
};

mod resampled;

const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

#[async_trait]
impl<E: Engine> AggregateRepository for SqlStore<E> {
    async fn live_bars(&self, symbol: Symbol, timeframe: Timeframe, from: Timestamp, as_of: AsOf) -> Result<Vec<Bar>> {
        let grid = Grid::try_from(timeframe).map_err(|error| self.named("live_bars", error))?;
        // The first day of all has no midnight that is an instant, and all rows lie after it.
        let start = calendar::midnight(from.new_york_date()).unwrap_or(Timestamp::MIN);
        self.snapshot("live_bars", move |session| {
            let parts = match grid {
                Grid::Length(width) => {
                    let ended = as_of.at.floor(width, Timestamp::EPOCH);
                    parts(session, symbol, width, (start, ended), as_of)?
                }
                Grid::Day => parts_of_days(session, symbol, start, as_of)?,
            };
            bars_of(symbol, timeframe, parts, from, as_of.at)
        })
        .await
    }

    async fn resample_bars(
        &self,
        series: &BarKey,
        timeframe: Timeframe,
        from: Timestamp,
        as_of: AsOf,
    ) -> Result<Vec<Bar>> {
        let series = *series;
        let resampling = Resampling::new(series, timeframe).map_err(|error| self.named("resample_bars", error))?;
        self.read("resample_bars", move |session| {
            let groups = resampled::groups(session, series, resampling.width(), from, as_of)?;
            Ok(resampling.bars(groups, from, as_of.at))
        })
        .await
    }

    async fn hourly_options(&self, underlying: Symbol, day: NaiveDate, as_of: AsOf) -> Result<Vec<HourlyOptions>> {
        let days = calendar::days(day, day).map_err(|error| self.named("hourly_options", error))?;
        self.snapshot("hourly_options", move |session| {
            let mut hours = Vec::new();
            for day in days {
                let end = day.end.min(as_of.at);
                let sql = Sql::new(format!(
                    "SELECT bucket, {}, {}, CAST(count(quoted) AS BIGINT), avg(implied_volatility) \
                     FROM (SELECT bucket, option_type, \
                     CASE WHEN bucket <= last_trade_at THEN 1 END AS quoted, \
                     CASE WHEN bucket <= last_trade_at THEN implied_volatility END AS implied_volatility, \
                     total - coalesce(lag(total) OVER (PARTITION BY contract_id, total IS NULL ORDER BY bucket), 0) AS \
                     total FROM (",
                    sum_of("call"),
                    sum_of("put")
                ));
                let sql = contracts(session, sql, underlying, TimeDelta::hours(1), (day.start, end), as_of)?;
                let sql = sql.push(") AS hours) AS traded GROUP BY bucket HAVING count(quoted) > 0 ORDER BY bucket");
                session.query(&sql.text, &sql.params, &mut |row| {
                    let from = Timestamp::require(row, 0)?.saturating_sub(MICROSECOND);
                    hours.push(HourlyOptions {
                        from,
                        until: from.saturating_add(TimeDelta::hours(1)).min(end),
                        volume: volume(row)?,
                        implied_volatility: f64::read(row, 4)?,
                        quoted: u64::require(row, 3)?,
                    });
                    Ok(())
                })?;
            }
            Ok(hours)
        })
        .await
    }

    async fn daily_options(
        &self,
        underlying: Symbol,
        from: NaiveDate,
        until: NaiveDate,
        as_of: AsOf,
    ) -> Result<Vec<DailyOptions>> {
        let days = calendar::days(from, until).map_err(|error| self.named("daily_options", error))?;
        self.snapshot("daily_options", move |session| {
            let mut volumes = Vec::new();
            for Run { start, end, width } in runs(&days).into_iter().take_while(|run| run.start < as_of.at) {
                let sql = Sql::new(format!("SELECT bucket, {}, {} FROM (", sum_of("call"), sum_of("put")));
                let sql = contracts(session, sql, underlying, width, (start, end.min(as_of.at)), as_of)?;
                let sql = sql.push(") AS days GROUP BY bucket ORDER BY bucket");
                session.query(&sql.text, &sql.params, &mut |row| {
                    let (bucket, volume) = (Timestamp::require(row, 0)?, volume(row)?);
                    if volume != OptionVolume::default() {
                        volumes.push(DailyOptions { day: bucket.new_york_date(), volume });
                    }
                    Ok(())
                })?;
            }
            Ok(volumes)
        })
        .await
    }
}

/// Days that follow each other and are equally long.
pub(crate) struct Run {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) width: TimeDelta,
}

/// Returns days that follow each other in runs, so that one statement can group many of them: the clocks change
/// twice a year.
pub(crate) fn runs(days: &[Day]) -> Vec<Run> {
    let length = |day: &Day| day.end.since(day.start);
    let of_run = |run: &[Day]| {
        let (first, last) = (run.first()?, run.last()?);
        Some(Run { start: first.start, end: last.end, width: length(first) })
    };
    days.chunk_by(|one, next| length(one) == length(next)).filter_map(of_run).collect()
}

/// Returns the parts of bars that the quotes of a symbol from an instant up to, and without, another make in buckets of
/// a width.
fn parts(
    session: &mut dyn Session,
    symbol: Symbol,
    width: TimeDelta,
    (start, end): (Timestamp, Timestamp),
    as_of: AsOf,
) -> Result<Vec<BarPart>> {
    if start >= end {
        return Ok(Vec::new());
    }
    let minutes = MINUTES.fresh(session, symbol, (start, end), as_of)?;
    let bucket = (session.dialect().bucket)("\"at\"", width, Timestamp::EPOCH)?;
    let sql = Sql::new(format!(
        "SELECT bucket, max(open) FILTER (WHERE \"at\" = first_price), max(high), min(low), \
         max(close) FILTER (WHERE \"at\" = last_price), max(total) FILTER (WHERE \"at\" = total_at), max(most), \
         max(source) FILTER (WHERE \"at\" = last_at), max(recorded_at) FROM (SELECT b.*, \
         min(\"at\") FILTER (WHERE open IS NOT NULL) OVER same_bucket AS first_price, \
         max(\"at\") FILTER (WHERE open IS NOT NULL) OVER same_bucket AS last_price, \
         max(\"at\") FILTER (WHERE total IS NOT NULL) OVER same_bucket AS total_at, \
         max(\"at\") OVER same_bucket AS last_at FROM (SELECT {bucket} AS bucket, p.* FROM ("
    ));
    let sql = match minutes {
        Some(minutes) => {
            let columns = "bucket AS \"at\", open, high, low, close, total, most, source, recorded_at";
            minutes.rows(sql.push(&format!("SELECT {columns} FROM "))).push(" UNION ALL ")
        }
        None => sql,
    };
    let sql = sql.push(
        "SELECT \"at\", price AS open, price AS high, price AS low, price AS close, volume AS total, volume AS most, \
         source, \
         recorded_at FROM (SELECT q.*, coalesce(last, (bid + ask) / 2) AS price FROM (",
    );
    let limits = AsOf { at: end.saturating_sub(MICROSECOND), ..as_of };
    let sql = versioned::valid_rows::<UnderlyingQuote>(sql, minutes.map_or(start, |minutes| minutes.until), limits);
    let sql = sql.push(") AS q WHERE symbol = ").bind(symbol.as_str()).push(
        ") AS quotes) AS p) AS b WINDOW same_bucket AS (PARTITION BY bucket)) AS placed GROUP BY bucket ORDER BY \
         bucket",
    );
    let mut parts = Vec::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        parts.push(BarPart {
            at: Field::require(row, 0)?,
            open: Field::require(row, 1)?,
            high: Field::require(row, 2)?,
            low: Field::require(row, 3)?,
            close: Field::require(row, 4)?,
            day_volume: Field::require(row, 5)?,
            max_day_volume: Field::require(row, 6)?,
            source: Field::require(row, 7)?,
            recorded_at: Field::require(row, 8)?,
        });
        Ok(())
    })?;
    Ok(parts)
}

/// Returns hours of days, and the quotes at the instants of the closes: a day holds the close and nothing after it. The
/// exchange closes at a full hour.
fn parts_of_days(session: &mut dyn Session, symbol: Symbol, start: Timestamp, as_of: AsOf) -> Result<Vec<BarPart>> {
    let end = as_of.at.saturating_add(MICROSECOND);
    let mut parts = parts(session, symbol, TimeDelta::hours(1), (start, end), as_of)?;
    let closes = parts.iter().map(|part| calendar::close_on(part.at.new_york_date()));
    let closes: BTreeSet<_> = closes.collect::<Result<_>>()?;
    parts.retain(|part| !closes.contains(&part.at));
    for closes in closes.into_iter().collect::<Vec<_>>().chunks(session.dialect().values_per_statement) {
        let (Some(first), Some(last)) = (closes.first(), closes.last()) else { continue };
        let sql = Sql::new(format!("SELECT {} FROM (", UnderlyingQuote::TABLE.columns_with("")));
        let sql = versioned::valid_rows::<UnderlyingQuote>(sql, *first, AsOf { at: as_of.at.min(*last), ..as_of });
        let sql = sql.push(") AS q WHERE symbol = ").bind(symbol.as_str()).push(" AND \"at\" IN (");
        let sql = sql.bind_all(closes.iter().map(|close| (*close).into())).push(")");
        parts.extend(session::collect::<UnderlyingQuote>(session, &sql)?.iter().map(BarPart::from));
    }
    parts.sort_by_key(|part| part.at);
    Ok(parts)
}

/// Appends a query for each contract of an underlying and each bucket of a width after an instant, up to and including
/// another: the contract, its last implied volatility and its last volume.
fn contracts(
    session: &mut dyn Session,
    sql: Sql,
    underlying: Symbol,
    width: TimeDelta,
    (start, end): (Timestamp, Timestamp),
    as_of: AsOf,
) -> Result<Sql> {
    let (start, limits) = (start.saturating_add(MICROSECOND), AsOf { at: end, ..as_of });
    let hours = HOURS.fresh(session, underlying, (start, end.saturating_add(MICROSECOND)), as_of)?;
    let bucket = (session.dialect().bucket)("q.\"at\"", width, start)?;
    let sql = sql.push(&format!(
        "SELECT contract_id, option_type, last_trade_at, bucket, \
         max(implied_volatility) FILTER (WHERE \"at\" = last_at) AS implied_volatility, \
         max(total) FILTER (WHERE \"at\" = total_at) AS total FROM (SELECT b.*, max(\"at\") OVER same_bucket AS \
         last_at, \
         max(\"at\") FILTER (WHERE total IS NOT NULL) OVER same_bucket AS total_at FROM (SELECT c.contract_id, \
         c.option_type, \
         c.last_trade_at, {bucket} AS bucket, q.\"at\", q.implied_volatility, q.total FROM ("
    ));
    let sql = match hours {
        Some(hours) => {
            let sql = sql.push("SELECT contract_id, \"at\", implied_volatility, total FROM ");
            hours.rows(sql).push(" UNION ALL ")
        }
        None => sql,
    };
    let sql = sql.push("SELECT contract_id, \"at\", implied_volatility, volume AS total FROM (");
    let sql = versioned::valid_rows::<QuoteRow>(sql, hours.map_or(start, |hours| hours.until), limits);
    let sql =
        sql.push(") AS valid) AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id WHERE c.underlying = ");
    Ok(sql.bind(underlying.as_str()).push(
        ") AS b WINDOW same_bucket AS (PARTITION BY contract_id, bucket)) AS placed \
         GROUP BY contract_id, option_type, last_trade_at, bucket",
    ))
}

/// Returns the sum of the volumes of calls or puts, as an expression. As a float it is exact up to 2⁵³, and nonsense
/// overflows nothing.
fn sum_of(option_type: &str) -> String {
    format!("coalesce(sum(CAST(total AS DOUBLE PRECISION)) FILTER (WHERE option_type = '{option_type}'), 0.0)")
}

/// Reads the volume in the second and third column of a row. A sum that fell is 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast keeps within the integer's bounds")]
fn volume(row: &dyn Row) -> Result<OptionVolume> {
    let sum = |column| Ok::<_, strikebook_core::Error>(f64::require(row, column)? as u64);
    Ok(OptionVolume { calls: sum(1)?, puts: sum(2)? })
}
