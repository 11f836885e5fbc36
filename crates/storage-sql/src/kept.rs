//! Aggregates that an engine keeps of its rows, and how far they can be believed.
//!
//! A bucket of such an aggregate holds the current versions of the rows in it, as they were when it was refreshed last.
//! It may stand for them when nothing was written to it since, when it lies within the event limit as a whole, and when
//! the version that was learned last was known at the knowledge limit: then all of them were, and none was superseded
//! by then.

use chrono::TimeDelta;
use strikebook_core::{AsOf, Result, Timestamp, market::Symbol};

use crate::{codec::Field, session::Session, sql::Sql};

/// An aggregate that an engine may keep, in buckets of time: a view whose columns `bucket` and `recorded_at` tell the
/// start of a bucket and when the last of its rows was learned.
pub(crate) struct Kept {
    dataset: &'static str,
    pub(crate) view: &'static str,
    width: TimeDelta,
    /// Whether a bucket holds its end and not its start, each a microsecond later than its name says.
    holds_its_end: bool,
    /// Which rows of the view are of an underlying: what stands before and behind its symbol.
    of: [&'static str; 2],
}

/// Minutes of live quotes.
pub(crate) const MINUTES: Kept = Kept {
    dataset: "underlying_quotes",
    view: "underlying_quotes_1m",
    width: TimeDelta::minutes(1),
    holds_its_end: false,
    of: ["symbol = ", ""],
};

/// Hours of each option contract.
pub(crate) const HOURS: Kept = Kept {
    dataset: "option_quotes",
    view: "option_quotes_1h",
    width: TimeDelta::hours(1),
    holds_its_end: true,
    of: ["contract_id IN (SELECT contract_id FROM option_contracts WHERE underlying = ", ")"],
};

impl Kept {
    /// The condition on the rows of the view in buckets from an instant up to another.
    pub(crate) fn between(&self, sql: Sql, symbol: Symbol, from: Timestamp, until: Timestamp) -> Sql {
        let [before, behind] = self.of;
        let sql = sql.push(before).bind(symbol.as_str()).push(behind);
        sql.push(" AND bucket >= ").bind(from).push(" AND bucket < ").bind(until)
    }

    /// Up to where the buckets from `start` on stand for their rows: a bound of buckets at or before `end`, or `start`
    /// when none does.
    pub(crate) fn until(
        &self,
        session: &mut dyn Session,
        symbol: Symbol,
        (start, end): (Timestamp, Timestamp),
        as_of: AsOf,
    ) -> Result<Timestamp> {
        let origin = Timestamp::EPOCH.saturating_add(TimeDelta::microseconds(self.holds_its_end.into()));
        if !session.dialect().keeps_aggregates || start.floor(self.width, origin) != start {
            return Ok(start);
        }
        let mut until = None;
        let kept = "SELECT until FROM kept_aggregates WHERE dataset = $1";
        session.query(kept, &[self.dataset.into()], &mut |row| {
            until = Timestamp::read(row, 0)?;
            Ok(())
        })?;
        let Some(until) = until.map(|until| until.min(end).floor(self.width, origin)).filter(|until| *until > start)
        else {
            return Ok(start);
        };
        let Some(known_by) = as_of.known_by else { return Ok(until) };
        let sql = self.between(Sql::new(format!("SELECT min(bucket) FROM {} WHERE ", self.view)), symbol, start, until);
        let sql = sql.push(" AND recorded_at > ").bind(known_by);
        let mut late = None;
        session.query(&sql.text, &sql.params, &mut |row| {
            late = Timestamp::read(row, 0)?;
            Ok(())
        })?;
        Ok(late.unwrap_or(until))
    }
}

/// Lets no aggregate that is kept of a dataset stand for its rows from an instant on, because they change. The dataset
/// is locked.
pub(crate) fn lower(session: &mut dyn Session, dataset: &str, from: Timestamp) -> Result<()> {
    if session.dialect().keeps_aggregates && [MINUTES, HOURS].iter().any(|kept| kept.dataset == dataset) {
        let sql = "UPDATE kept_aggregates SET until = least(until, $2), pending = least(pending, $2) \
                   WHERE dataset = $1 AND (until > $2 OR pending > $2)";
        session.execute(sql, &[dataset.into(), from.into()])?;
    }
    Ok(())
}
