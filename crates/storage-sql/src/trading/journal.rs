//! The trade journal: its log, and what follows from it.

mod daily;
pub(crate) mod import;
mod note;
pub(crate) mod trade;

use std::{collections::BTreeSet, iter};

use async_trait::async_trait;
use strikebook_core::{
    Decimal, Id, Name, Page, Result, Source, Timestamp, Upserted,
    maintenance::Dataset,
    market::{Instrument, Symbol},
    port::{Asked, Chain, Moved, check_entries, no_events, settle_trades, trade_ids},
    trading::{
        Execution, Position, Signal,
        journal::{
            Amended, Amendment, BasisStep, Cycle, CycleFilter, EventKind, JournalEvent, JournalEventFilter,
            JournalEventQuery, JournalRepository, Lot, Projection, Provenance, Trade, WheelPhase,
        },
    },
};

use crate::{
    codec::{Record, Value, json_field},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::{Session, lock},
    shapes::{
        entries::{self, EntryRow},
        keyed::{self, KeyedRow},
    },
    sql::Sql,
    trading::position,
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
            names_cycle: bool,
            kind: EventKind,
            symbol: Symbol,
            instrument: Instrument,
            quantity: Decimal,
            price: Decimal,
            fees: Decimal,
            commission: Option<Decimal>,
            regulatory_fees: Option<Decimal>,
            exchange_fees: Option<Decimal>,
            multiplier: u32,
            successor: Option<Instrument>,
            successor_price: Option<Decimal>,
            lot: Option<Id<Lot>>,
            broker_order_id: Option<Name>,
            execution: Option<Id<Execution>>,
            signal: Option<Id<Signal>>,
            provenance: Provenance,
            voided_at: Option<Timestamp>,
            amendment: Option<String>,
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

/// Returns the events of some cycles, in no order.
fn events_in(session: &mut dyn Session, cycles: &BTreeSet<Id<Cycle>>) -> Result<Vec<JournalEvent>> {
    let cycles: Vec<_> = cycles.iter().map(|cycle| Value::from(*cycle)).collect();
    let mut events = Vec::new();
    for cycles in cycles.chunks(session.dialect().values_per_statement) {
        let sql = Sql::new("cycle IN (").bind_all(cycles.iter().cloned()).push(")");
        events.extend(entries::find::<JournalEvent>(session, sql)?);
    }
    Ok(events)
}

fn in_chain(chain: &Chain) -> Sql {
    let sql = Sql::new("account = ").bind(chain.account.as_str());
    let sql = sql.push(" AND strategy = ").bind(chain.strategy.as_str());
    sql.push(" AND symbol = ").bind(chain.symbol.as_str())
}

/// Returns the events of a chain and of `named` cycles, and those that share a cycle with one of them.
pub(crate) fn events_of_chain(
    session: &mut dyn Session,
    chain: &Chain,
    named: &BTreeSet<Id<Cycle>>,
) -> Result<Vec<JournalEvent>> {
    let events = entries::find::<JournalEvent>(session, in_chain(chain))?;
    let cycles = events.iter().map(|event| event.cycle).chain(named.iter().copied());
    events_in(session, &cycles.collect())
}

/// Returns the events of a chain's open cycles and of `named` ones.
pub(crate) fn open_events(
    session: &mut dyn Session,
    chain: &Chain,
    named: &BTreeSet<Id<Cycle>>,
) -> Result<Vec<JournalEvent>> {
    let filter = CycleFilter {
        account: Some(chain.account),
        strategy: Some(chain.strategy),
        symbol: Some(chain.symbol),
        open: Some(true),
    };
    let open = keyed::list::<Cycle>(session, &filter)?;
    events_in(session, &open.iter().map(|cycle| cycle.id).chain(named.iter().copied()).collect())
}

/// Returns true unless new events are later than every other of their chain.
pub(crate) fn is_late(session: &mut dyn Session, chain: &Chain, new: &[JournalEvent]) -> Result<bool> {
    let Some(first) = new.iter().map(|event| event.at).min() else { return Ok(false) };
    let sql = in_chain(chain).push(" AND \"at\" >= ").bind(first).push(" LIMIT 1");
    Ok(!entries::find::<JournalEvent>(session, sql)?.is_empty())
}

/// Returns true if a chain has an event that may concern an instrument: any event, of a stock.
pub(crate) fn has_events_of(session: &mut dyn Session, chain: &Chain, instrument: Instrument) -> Result<bool> {
    let sql = in_chain(chain);
    let sql = match instrument {
        Instrument::Symbol(_) => sql,
        Instrument::Option(_) => {
            let text = instrument.to_string();
            sql.push(" AND (instrument = ").bind(text.clone()).push(" OR successor = ").bind(text).push(")")
        }
    };
    Ok(!entries::find::<JournalEvent>(session, sql.push(" LIMIT 1"))?.is_empty())
}

/// Puts what comes of cycles in the place of what is stored, and tells whether the two were equal. A cycle without
/// events that count has no row. `gone` has the identities of trades whose events are no longer stored.
pub(crate) fn settle(
    session: &mut dyn Session,
    cycles: &[Id<Cycle>],
    gone: &[Id<Trade>],
    is_amended: bool,
) -> Result<bool> {
    let (mut projected, mut rows, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for cycle in cycles {
        let events = events_of(session, *cycle)?;
        let mut ids = trade_ids(&events);
        ids.extend(gone);
        if events.iter().all(|event| event.voided_at.is_some()) {
            empty.push(cycle);
            projected.push((Vec::new(), ids));
            continue;
        }
        let Projection { cycle, trades } = Projection::of(&events)?;
        rows.push(cycle);
        projected.push((trades, ids));
    }
    let done = keyed::replace::<Cycle>(session, &rows)?;
    let mut equal = done.unchanged == rows.len() as u64;
    if !empty.is_empty() {
        equal &= keyed::delete_all::<Cycle>(session, &empty)? == 0;
    }
    lock(session, Dataset::Trades.as_str())?;
    for (trades, ids) in &projected {
        let stored = entries::with_ids::<Trade>(session, ids)?;
        let settlement = settle_trades(trades, &stored, is_amended);
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

/// Amends events and everything that follows from them.
pub(crate) fn amend_journal_events(
    session: &mut dyn Session,
    amendments: &[Amendment<JournalEvent>],
    allow_simulated: bool,
) -> Result<Upserted> {
    lock(session, Position::TABLE.name)?;
    lock(session, JournalEvent::TABLE.name)?;
    let ids: Vec<_> = amendments.iter().map(|amendment| amendment.id).collect();
    let mut chains: BTreeSet<_> = entries::with_ids::<JournalEvent>(session, &ids)?.iter().map(Chain::of).collect();
    chains.extend(amendments.iter().filter_map(|amendment| match &amendment.change {
        Amended::Corrected(event) => Some(Chain::of(event)),
        Amended::Voided | Amended::Deleted => None,
    }));
    let before = events_of_chains(session, &chains)?;
    let (done, amended) = entries::amend::<JournalEvent>(session, amendments, allow_simulated)?;
    if amended.is_empty() {
        return Ok(done);
    }
    let after = events_of_chains(session, &chains)?;
    let touched = || amended.iter().flat_map(|(before, after)| iter::once(before).chain(after));
    position::moved(session, &Moved::keys(touched()), (&before, &after), &[])?;
    import::forget_deleted(session, amendments)?;
    let cycles: BTreeSet<_> = touched().map(|event| event.cycle).collect();
    let gone: Vec<_> = amended.iter().filter(|(_, after)| after.is_none()).map(|(it, _)| it.clone()).collect();
    settle(session, &cycles.into_iter().collect::<Vec<_>>(), &trade_ids(&gone), true)?;
    Ok(done)
}

fn events_of_chains(session: &mut dyn Session, chains: &BTreeSet<Chain>) -> Result<Vec<JournalEvent>> {
    let mut events = Vec::new();
    for chain in chains {
        events.extend(events_of_chain(session, chain, &BTreeSet::new())?);
    }
    events.sort_by_key(|event| event.id);
    events.dedup();
    Ok(events)
}

/// Appends checked events and projects their cycles again.
pub(crate) fn append_journal_events(session: &mut dyn Session, events: &[JournalEvent]) -> Result<Upserted> {
    let done = entries::insert::<JournalEvent>(session, events)?;
    if done.inserted > 0 {
        let cycles: BTreeSet<_> = events.iter().map(|event| event.cycle).collect();
        settle(session, &cycles.into_iter().collect::<Vec<_>>(), &[], false)?;
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

    async fn amend_journal_events(&self, amendments: &[Amendment<JournalEvent>]) -> Result<Upserted> {
        const OPERATION: &str = "amend_journal_events";
        if amendments.is_empty() {
            return self.nothing(OPERATION).await;
        }
        let (amendments, simulated) = (amendments.to_vec(), self.allow_simulated());
        self.write(OPERATION, move |session| amend_journal_events(session, &amendments, simulated)).await
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
            if events_of(session, id)?.is_empty() {
                return Err(no_events(id));
            }
            settle(session, &[id], &[], false)
        })
        .await
    }
}
