//! The trade journal: its log, and what follows from it.

mod daily;
pub(crate) mod import;
mod note;
pub(crate) mod trade;

use std::collections::BTreeSet;

use async_trait::async_trait;
use strikebook_core::{
    Decimal, Id, Name, Page, Result, Source, Timestamp, Upserted,
    maintenance::Dataset,
    market::{Instrument, Symbol},
    port::{Asked, check_entries, no_events, settle_trades, trade_ids},
    trading::journal::{
        BasisStep, Cycle, CycleFilter, EventKind, JournalEvent, JournalEventFilter, JournalEventQuery,
        JournalRepository, Lot, Projection, Trade, WheelPhase,
    },
};

use crate::{
    codec::{Value, json_field},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::{Session, lock},
    shapes::{
        entries::{self, EntryRow},
        keyed::{self, KeyedRow},
    },
    sql::Sql,
};

record! {
    JournalEvent in JournalEvents {
        key { id: Id<JournalEvent> }
        value {
            at: Timestamp,
            sequence: u32,
            account: Name,
            strategy: Name,
            cycle: Id<Cycle>,
            kind: EventKind,
            symbol: Symbol,
            instrument: Instrument,
            quantity: Decimal,
            price: Decimal,
            fees: Decimal,
            multiplier: u32,
            successor: Option<Instrument>,
            successor_price: Option<Decimal>,
            lot: Option<Id<Lot>>,
            broker_order_id: Option<Name>,
            source: Source,
        }
    }
}

impl EntryRow for JournalEvent {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &JournalEventFilter) -> Sql {
        sql.bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND strategy = ", filter.strategy.as_ref().map(Name::as_str))
            .bind_some(" AND cycle = ", filter.cycle)
            .bind_some(" AND symbol = ", filter.symbol.as_ref().map(Symbol::as_str))
            .bind_some(" AND kind = ", filter.kind.map(EventKind::as_str))
            .bind_some(" AND broker_order_id = ", filter.broker_order_id.as_ref().map(Name::as_str))
    }
}

json_field!(Vec<Lot>, Vec<BasisStep>);

record! {
    Cycle in JournalCycles {
        key { id: Id<Cycle> }
        value {
            account: Name,
            strategy: Name,
            symbol: Symbol,
            phase: WheelPhase,
            opened_at: Timestamp,
            closed_at: Option<Timestamp>,
            events: u32,
            shares: Decimal,
            basis_tax: Decimal,
            basis_adjusted: Decimal,
            basis_tax_per_share: Option<Decimal>,
            basis_adjusted_per_share: Option<Decimal>,
            premium: Decimal,
            dividends: Decimal,
            fees: Decimal,
            cash_flow: Decimal,
            realized_pnl: Decimal,
            lots: Vec<Lot>,
            basis: Vec<BasisStep>,
        }
    }
}

impl KeyedRow for Cycle {
    type Row = Self;

    fn key_values(key: &Id<Self>) -> Vec<Value> {
        vec![(*key).into()]
    }

    fn admitted(sql: Sql, filter: &CycleFilter) -> Sql {
        let sql = sql
            .bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND strategy = ", filter.strategy.as_ref().map(Name::as_str))
            .bind_some(" AND symbol = ", filter.symbol.as_ref().map(Symbol::as_str));
        match filter.open {
            None => sql,
            Some(true) => sql.push(" AND closed_at IS NULL"),
            Some(false) => sql.push(" AND closed_at IS NOT NULL"),
        }
    }
}

/// The events of a cycle in their order.
fn events_of(session: &mut dyn Session, cycle: Id<Cycle>) -> Result<Vec<JournalEvent>> {
    let mut events = entries::find::<JournalEvent>(session, Sql::new("cycle = ").bind(cycle))?;
    events.sort_by_key(JournalEvent::place);
    Ok(events)
}

/// Puts what comes of cycles in the place of what is stored, and tells whether the two were equal.
fn settle(session: &mut dyn Session, cycles: &[Id<Cycle>]) -> Result<bool> {
    let mut projected = Vec::new();
    for cycle in cycles {
        let events = events_of(session, *cycle)?;
        if events.is_empty() {
            return Err(no_events(*cycle));
        }
        projected.push((Projection::of(&events)?, trade_ids(&events)));
    }
    let rows: Vec<_> = projected.iter().map(|(projection, _)| projection.cycle.clone()).collect();
    let done = keyed::replace::<Cycle>(session, &rows)?;
    let mut equal = done.unchanged == rows.len() as u64;
    lock(session, Dataset::Trades.as_str())?;
    for (projection, ids) in &projected {
        let mut stored = Vec::new();
        for ids in ids.chunks(session.dialect().values_per_statement) {
            stored.extend(entries::with_ids::<Trade>(session, ids)?);
        }
        let settlement = settle_trades(projection, &stored);
        equal &= settlement.is_empty();
        for ids in settlement.gone.chunks(session.dialect().values_per_statement) {
            let gone = Sql::new("id IN (").bind_all(ids.iter().map(|id| Value::from(*id))).push(")");
            entries::delete::<Trade>(session, &gone, Asked::Trades { trades: ids })?;
        }
        if !settlement.changed.is_empty() {
            entries::replace::<Trade>(session, &settlement.changed)?;
        }
    }
    Ok(equal)
}

/// Appends checked events and projects their cycles again.
pub(crate) fn append_journal_events(session: &mut dyn Session, events: &[JournalEvent]) -> Result<Upserted> {
    let done = entries::insert::<JournalEvent>(session, events)?;
    if done.inserted > 0 {
        let cycles: BTreeSet<_> = events.iter().map(|event| event.cycle).collect();
        settle(session, &cycles.into_iter().collect::<Vec<_>>())?;
    }
    Ok(done)
}

#[async_trait]
impl<E: Engine> JournalRepository for SqlStore<E> {
    async fn append_journal_events(&self, events: &[JournalEvent]) -> Result<Upserted> {
        const OPERATION: &str = "append_journal_events";
        check_entries(events, self.allow_simulated()).map_err(|error| self.named(OPERATION, error))?;
        if events.is_empty() {
            return self.nothing(OPERATION).await;
        }
        let events = events.to_vec();
        self.write(OPERATION, move |session| append_journal_events(session, &events)).await
    }

    async fn get_journal_event(&self, id: Id<JournalEvent>) -> Result<Option<JournalEvent>> {
        self.read("get_journal_event", move |session| entries::get::<JournalEvent>(session, id)).await
    }

    async fn list_journal_events(&self, query: &JournalEventQuery) -> Result<Page<JournalEvent>> {
        self.entries::<JournalEvent>("list_journal_events", query).await
    }

    async fn list_cycle_events(&self, cycle: Id<Cycle>) -> Result<Vec<JournalEvent>> {
        self.read("list_cycle_events", move |session| events_of(session, cycle)).await
    }

    async fn get_cycle(&self, id: Id<Cycle>) -> Result<Option<Cycle>> {
        self.read("get_cycle", move |session| keyed::get::<Cycle>(session, &id)).await
    }

    async fn list_cycles(&self, filter: &CycleFilter) -> Result<Vec<Cycle>> {
        let filter = filter.clone();
        self.read("list_cycles", move |session| keyed::list::<Cycle>(session, &filter)).await
    }

    async fn rebuild_cycle(&self, id: Id<Cycle>) -> Result<bool> {
        self.write("rebuild_cycle", move |session| {
            // Nobody may append to the cycle meanwhile.
            lock(session, Dataset::JournalEvents.as_str())?;
            settle(session, &[id])
        })
        .await
    }
}
