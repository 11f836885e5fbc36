//! Signals: entries, and their counts and results by day.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    Id, Json, Name, Page, Result, Timestamp, Upserted,
    market::{Symbol, calendar},
    trading::{
        DailySignals, Signal, SignalAction, SignalFilter, SignalLeg, SignalPerformance, SignalQuery, SignalRepository,
        SignalStatus,
    },
};

use crate::{
    codec::{Field, Row, json_field},
    engine::Engine,
    market::aggregate::{Run, runs},
    record::record,
    repository::SqlStore,
    session::Session,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

json_field!(Vec<SignalLeg>);

record! {
    Signal in Signals {
        key { id: Id<Signal> }
        value {
            at: Timestamp,
            strategy: Name,
            symbol: Symbol,
            action: SignalAction,
            legs: Vec<SignalLeg>,
            strength: f64,
            confidence: f64,
            target_price: Option<f64>,
            stop_price: Option<f64>,
            valid_until: Option<Timestamp>,
            model_version: Option<Name>,
            reasoning: Option<String>,
            features: Json,
            status: SignalStatus,
            status_at: Option<Timestamp>,
        }
    }
}

impl EntryRow for Signal {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &SignalFilter) -> Sql {
        let sql = sql
            .bind_some(" AND symbol = ", filter.symbol.as_ref().map(Symbol::as_str))
            .bind_some(" AND strategy = ", filter.strategy.as_ref().map(Name::as_str))
            .bind_some(" AND status = ", filter.status.map(SignalStatus::as_str))
            .bind_some(" AND confidence > ", filter.confidence_above);
        match filter.active_at {
            None => sql,
            Some(now) => sql
                .push(" AND status = 'active' AND \"at\" <= ")
                .bind(now)
                .push(" AND (valid_until IS NULL OR valid_until > ")
                .bind(now)
                .push(")"),
        }
    }
}

/// Moves a signal on in its life, and returns it.
pub(crate) fn move_signal(
    session: &mut dyn Session,
    id: Id<Signal>,
    status: SignalStatus,
    at: Timestamp,
) -> Result<Signal> {
    entries::update::<Signal>(session, id, |signal| signal.move_to(status, at))
}

#[async_trait]
impl<E: Engine> SignalRepository for SqlStore<E> {
    async fn insert_signals(&self, signals: &[Signal]) -> Result<Upserted> {
        self.insert::<Signal>("insert_signals", signals).await
    }

    async fn get_signal(&self, id: Id<Signal>) -> Result<Option<Signal>> {
        self.read("get_signal", move |session| entries::get::<Signal>(session, id)).await
    }

    async fn list_signals(&self, query: &SignalQuery) -> Result<Page<Signal>> {
        self.entries::<Signal>("list_signals", query).await
    }

    async fn move_signal(&self, id: Id<Signal>, status: SignalStatus, at: Timestamp) -> Result<Signal> {
        self.write("move_signal", move |session| move_signal(session, id, status, at)).await
    }

    async fn expire_signals(&self, now: Timestamp) -> Result<u64> {
        self.write("expire_signals", move |session| {
            let is_over = Sql::new("status = 'active' AND valid_until <= ").bind(now);
            entries::update_all::<Signal>(session, is_over, |signal| signal.move_to(SignalStatus::Expired, now))
        })
        .await
    }

    async fn signal_performance(&self, from: Timestamp, until: Timestamp) -> Result<Vec<SignalPerformance>> {
        let sql = Sql::new(format!("SELECT symbol, avg(confidence), {} FROM signals", counts()));
        let sql = sql.push(" WHERE \"at\" BETWEEN ").bind(from).push(" AND ").bind(until);
        let sql = sql.push(" GROUP BY symbol ORDER BY symbol");
        self.read("signal_performance", move |session| {
            let mut rows = Vec::new();
            session.query(&sql.text, &sql.params, &mut |row| {
                rows.push(performance(row, 0)?);
                Ok(())
            })?;
            Ok(rows)
        })
        .await
    }

    async fn daily_signals(&self, from: NaiveDate, until: NaiveDate) -> Result<Vec<DailySignals>> {
        let days = calendar::days(from, until).map_err(|error| self.named("daily_signals", error))?;
        self.read("daily_signals", move |session| {
            let mut rows = Vec::new();
            for Run { start, end, width } in runs(&days) {
                let bucket = (session.dialect().bucket)("\"at\"", width, start)?;
                let sql =
                    Sql::new(format!("SELECT {bucket} AS bucket, symbol, avg(confidence), {} FROM signals", counts()));
                let sql = sql.push(" WHERE \"at\" >= ").bind(start).push(" AND \"at\" < ").bind(end);
                let sql = sql.push(" GROUP BY bucket, symbol ORDER BY bucket, symbol");
                session.query(&sql.text, &sql.params, &mut |row| {
                    let day = Timestamp::require(row, 0)?.new_york_date();
                    rows.push(DailySignals { day, signals: performance(row, 1)? });
                    Ok(())
                })?;
            }
            Ok(rows)
        })
        .await
    }
}

/// Returns the numbers of signals for each action, as columns.
fn counts() -> String {
    let counts = SignalAction::ALL.iter().map(|action| format!("count(*) FILTER (WHERE action = '{action}')"));
    counts.collect::<Vec<_>>().join(", ")
}

/// A performance out of the columns of a row from one on: symbol, mean confidence and counts.
fn performance(row: &dyn Row, first: usize) -> Result<SignalPerformance> {
    let mut counts = [0; 5];
    for (column, count) in (first + 2..).zip(&mut counts) {
        *count = u64::require(row, column)?;
    }
    Ok(SignalPerformance {
        symbol: Field::require(row, first)?,
        counts,
        mean_confidence: Field::require(row, first + 1)?,
    })
}
