//! Aggregates that an engine materialises, and the instant up to which their buckets are fresh.
//!
//! A bucket holds the current versions of its rows, as they were at the last refresh. A read may use it in place of the
//! rows when nothing was written to its time since, when the whole bucket lies within the event limit, and when the
//! version recorded last was known at the knowledge limit: then all of them were, and none was superseded by then.

use chrono::TimeDelta;
use strikebook_core::{AsOf, Result, Timestamp, market::Symbol};

use crate::{codec::Field, dialect::Materialised, session::Session, sql::Sql};

/// An aggregate in buckets of time: a view whose columns `bucket` and `recorded_at` tell the start of a bucket and when
/// the last of its rows was recorded.
pub(crate) struct Aggregate {
    dataset: &'static str,
    view: fn(&Materialised) -> &'static str,
    width: TimeDelta,
    /// True if buckets are `(start, end]`, with labels of start + 1 µs.
    holds_its_end: bool,
    /// The condition that a row of the view is of an underlying: the parts before and after the symbol.
    of_symbol: [&'static str; 2],
}

/// Minutes of live quotes.
pub(crate) const MINUTES: Aggregate = Aggregate {
    dataset: "underlying_quotes",
    view: |views| views.quote_minutes,
    width: TimeDelta::minutes(1),
    holds_its_end: false,
    of_symbol: ["symbol = ", ""],
};

/// Hours of each option contract.
pub(crate) const HOURS: Aggregate = Aggregate {
    dataset: "option_quotes",
    view: |views| views.option_hours,
    width: TimeDelta::hours(1),
    holds_its_end: true,
    of_symbol: ["contract_id IN (SELECT contract_id FROM option_contracts WHERE underlying = ", ")"],
};

/// The buckets of a view that a read may use: those from `start` up to, and without, `until`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh {
    view: &'static str,
    of_symbol: [&'static str; 2],
    symbol: Symbol,
    start: Timestamp,
    pub(crate) until: Timestamp,
}

impl Fresh {
    /// Appends `view WHERE …`: the buckets, as rows to select from.
    pub(crate) fn rows(&self, sql: Sql) -> Sql {
        let [before, after] = self.of_symbol;
        let sql = sql.push(self.view).push(" WHERE ").push(before).bind(self.symbol.as_str()).push(after);
        sql.push(" AND bucket >= ").bind(self.start).push(" AND bucket < ").bind(self.until)
    }
}

impl Aggregate {
    /// Returns the fresh buckets from `start` on that end at or before `end`; `None` where there are none.
    pub(crate) fn fresh(
        &self,
        session: &mut dyn Session,
        symbol: Symbol,
        (start, end): (Timestamp, Timestamp),
        as_of: AsOf,
    ) -> Result<Option<Fresh>> {
        let origin = Timestamp::EPOCH.saturating_add(TimeDelta::microseconds(self.holds_its_end.into()));
        let Some(views) = session.dialect().materialised else { return Ok(None) };
        if start.floor(self.width, origin) != start {
            return Ok(None);
        }
        let fresh_until = Sql { text: views.fresh_until.to_owned(), params: vec![self.dataset.into()] };
        let Some(fresh_until) = instant(session, &fresh_until)? else { return Ok(None) };
        let until = fresh_until.min(end).floor(self.width, origin);
        if until <= start {
            return Ok(None);
        }
        let view = (self.view)(views);
        let mut fresh = Fresh { view, of_symbol: self.of_symbol, symbol, start, until };
        if let Some(known_by) = as_of.known_by {
            let sql = fresh.rows(Sql::new("SELECT min(bucket) FROM ")).push(" AND recorded_at > ").bind(known_by);
            // Where no bucket has a version recorded later, all are as they were.
            if let Some(first_late) = instant(session, &sql)? {
                fresh.until = first_late;
            }
        }
        Ok((fresh.until > start).then_some(fresh))
    }
}

/// Reads the instant that a statement returns; `None` for no row, or NULL.
fn instant(session: &mut dyn Session, sql: &Sql) -> Result<Option<Timestamp>> {
    let mut instant = None;
    session.query(&sql.text, &sql.params, &mut |row| {
        instant = Timestamp::read(row, 0)?;
        Ok(())
    })?;
    Ok(instant)
}

/// Marks the materialised aggregates of a dataset stale from an instant on, because its rows change. The dataset is
/// locked.
pub(crate) fn invalidate(session: &mut dyn Session, dataset: &str, from: Timestamp) -> Result<()> {
    if let Some(views) = session.dialect().materialised
        && [MINUTES, HOURS].iter().any(|aggregate| aggregate.dataset == dataset)
    {
        session.execute(views.invalidate, &[dataset.into(), from.into()])?;
    }
    Ok(())
}
