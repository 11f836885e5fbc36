//! The holdings of a chain, event by event: which cycle a fill belongs to, and how much of it closes a position.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        Execution,
        journal::{Cycle, EventKind, JournalEvent},
    },
    against,
};
use crate::{
    Decimal, Error, Id, Result,
    market::{Instrument, Symbol},
    money::SCALE,
};

/// Returns the identity of the cycle that an event begins.
pub(super) fn cycle_of(event: Id<JournalEvent>) -> Id<Cycle> {
    Id::named(&format!("cycle from event {event}"))
}

/// Returns the identity of the event that opens a position with the rest of an execution.
fn turned_over(execution: Id<Execution>) -> Id<JournalEvent> {
    Id::named(&format!("rest of execution {execution}"))
}

/// Returns the events of a chain with the kinds, cycles and sequence numbers that follow from all of them. Events that
/// are not of executions keep their kind, and voided ones keep everything.
pub(super) fn booked(events: impl Iterator<Item = JournalEvent>) -> Result<Vec<JournalEvent>> {
    let events: Vec<_> = events.collect();
    let fixed: BTreeSet<_> =
        events.iter().filter(|event| event.voided_at.is_some()).filter_map(|it| it.execution).collect();
    let (voided, counting): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.voided_at.is_some());
    let is_fill = |event: &JournalEvent| event.execution.is_some_and(|id| !fixed.contains(&id));
    let mut whole = whole_fills(counting, is_fill)?;
    whole.sort_by_key(|event| match event.execution {
        Some(id) if is_fill(event) => (event.at, false, 0, id.as_uuid()),
        _ => (event.at, true, event.sequence, event.id.as_uuid()),
    });
    let mut ledger = Ledger {
        cycles: Vec::new(),
        begun: whole.iter().filter(|it| is_fill(it) && !it.names_cycle).map(|event| cycle_of(event.id)).collect(),
        events: voided,
    };
    for instant in whole.chunk_by(|one, next| one.at == next.at) {
        let first = ledger.events.len();
        for event in instant {
            if is_fill(event) { ledger.fill(event)? } else { ledger.keep(event)? }
        }
        if instant.iter().any(is_fill) {
            ledger.number(first);
        }
        ledger.end_instant();
    }
    Ok(ledger.events)
}

/// Joins the two events of each execution that turned a position over.
fn whole_fills(events: Vec<JournalEvent>, is_fill: impl Fn(&JournalEvent) -> bool) -> Result<Vec<JournalEvent>> {
    let mut fills = BTreeMap::<Id<Execution>, JournalEvent>::new();
    let mut whole = Vec::new();
    for event in events {
        let Some(id) = event.execution.filter(|_| is_fill(&event)) else {
            whole.push(event);
            continue;
        };
        match fills.entry(id) {
            std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(event)),
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let rest = event;
                let other = place.get();
                let (mut first, rest) =
                    if rest.id == turned_over(id) { (other.clone(), rest) } else { (rest, other.clone()) };
                first.quantity = sum(first.quantity, rest.quantity)?;
                first.fees = sum(first.fees, rest.fees)?;
                let parts =
                    first.parts_mut().into_iter().zip([rest.commission, rest.regulatory_fees, rest.exchange_fees]);
                for (part, rest) in parts {
                    if let (Some(one), Some(other)) = (*part, rest) {
                        *part = Some(sum(one, other)?);
                    }
                }
                place.insert(first);
            }
        }
    }
    whole.extend(fills.into_values());
    Ok(whole)
}

fn sum(one: Decimal, other: Decimal) -> Result<Decimal> {
    one.checked_add(other).ok_or_else(too_large)
}

fn too_large() -> Error {
    Error::invalid_input("the sum of the fills' quantities exceeds the range of a decimal").with("field", "quantity")
}

/// A cycle of the chain so far.
struct State {
    id: Id<Cycle>,
    symbol: Symbol,
    held: BTreeMap<Instrument, Decimal>,
    /// True once an instant ended with nothing held.
    is_over: bool,
}

/// The cycles of a chain so far, and its events in their new state.
struct Ledger {
    cycles: Vec<State>,
    /// The cycles that fills may begin: those that do not are named by no event.
    begun: BTreeSet<Id<Cycle>>,
    events: Vec<JournalEvent>,
}

impl State {
    fn held(&self, instrument: Instrument) -> Decimal {
        self.held.get(&instrument).map_or(Decimal::ZERO, |held| *held)
    }

    fn add(&mut self, instrument: Instrument, change: Decimal) -> Result<()> {
        let held = self.held.entry(instrument).or_default();
        *held = sum(*held, change)?;
        Ok(())
    }

    /// Applies an event to what is held.
    fn apply(&mut self, event: &JournalEvent) -> Result<()> {
        self.symbol = event.symbol;
        match event.kind {
            EventKind::Dividend | EventKind::Fee => Ok(()),
            EventKind::Split => {
                let Some(held) = self.held.remove(&event.instrument) else { return Ok(()) };
                let held = held.checked_mul(event.quantity).ok_or_else(too_large)?.round_dp(SCALE);
                self.add(event.successor.iter().fold(event.instrument, |_, into| *into), held)
            }
            _ => {
                self.add(event.instrument, event.quantity)?;
                if let Some(successor) = event.successor {
                    self.add(successor, -event.quantity)?;
                }
                event.shares().map_or(Ok(()), |shares| self.add(event.symbol.into(), shares))
            }
        }
    }
}

impl Ledger {
    /// Returns the place of the open cycle that holds an instrument, or else of the last open one of the underlying.
    fn open(&self, instrument: Instrument, symbol: Symbol) -> Option<usize> {
        let holds = |state: &State| !state.is_over && state.held.get(&instrument).is_some_and(|held| !held.is_zero());
        let is_open = |state: &State| !state.is_over && state.symbol == symbol;
        self.cycles.iter().rposition(holds).or_else(|| self.cycles.iter().rposition(is_open))
    }

    fn begin(&mut self, id: Id<Cycle>, symbol: Symbol) -> usize {
        self.cycles.push(State { id, symbol, held: BTreeMap::new(), is_over: false });
        self.cycles.len() - 1
    }

    fn push(&mut self, place: usize, mut event: JournalEvent) -> Result<()> {
        if let Some(state) = self.cycles.get_mut(place) {
            state.apply(&event)?;
            state.is_over = false;
            event.cycle = state.id;
        }
        self.events.push(event);
        Ok(())
    }

    /// Books a fill: one event, or two if it turns a position over.
    fn fill(&mut self, event: &JournalEvent) -> Result<()> {
        let (instrument, symbol) = (event.instrument, event.symbol);
        let place = if event.names_cycle {
            self.place_of(event.cycle, symbol)
        } else {
            match self.open(instrument, symbol) {
                Some(place) => place,
                None => self.begin(cycle_of(event.id), symbol),
            }
        };
        let held = self.cycles.get(place).map_or(Decimal::ZERO, |state| state.held(instrument));
        let event = JournalEvent { sequence: 0, ..event.clone() };
        if !against(held, event.quantity) {
            return self.push(place, JournalEvent { kind: EventKind::Open, ..event });
        }
        if event.quantity.abs() <= held.abs() {
            return self.push(place, JournalEvent { kind: EventKind::Close, ..event });
        }
        let (closing, opening) = event.cut(-held)?;
        self.push(place, JournalEvent { kind: EventKind::Close, ..closing })?;
        let id = opening.execution.map_or(opening.id, turned_over);
        self.push(place, JournalEvent { id, kind: EventKind::Open, ..opening })
    }

    /// Takes an event that is not of an execution over. One whose cycle was begun by a fill goes where its instrument
    /// is held now.
    fn keep(&mut self, event: &JournalEvent) -> Result<()> {
        let (instrument, symbol) = (event.instrument, event.symbol);
        let place = if self.begun.contains(&event.cycle) {
            let last = || self.cycles.iter().rposition(|state| state.symbol == symbol);
            match self.open(instrument, symbol).or_else(last) {
                Some(place) => place,
                None => self.begin(cycle_of(event.id), symbol),
            }
        } else {
            self.place_of(event.cycle, symbol)
        };
        self.push(place, event.clone())
    }

    /// Returns the place of the cycle with an identity, which begins if there is none.
    fn place_of(&mut self, id: Id<Cycle>, symbol: Symbol) -> usize {
        match self.cycles.iter().rposition(|state| state.id == id) {
            Some(place) => place,
            None => self.begin(id, symbol),
        }
    }

    /// Numbers the events of the last instant, from the index `first` on, where a cycle has several.
    fn number(&mut self, first: usize) {
        let mut counts = BTreeMap::<Id<Cycle>, u32>::new();
        let many = self.events.len() > first + 1;
        for event in self.events.iter_mut().skip(first).filter(|_| many) {
            let count = counts.entry(event.cycle).or_default();
            event.sequence = *count;
            *count = count.saturating_add(1);
        }
    }

    fn end_instant(&mut self) {
        for state in &mut self.cycles {
            state.held.retain(|_, held| !held.is_zero());
            state.is_over = state.held.is_empty();
        }
    }
}

impl JournalEvent {
    fn parts_mut(&mut self) -> [&mut Option<Decimal>; 3] {
        [&mut self.commission, &mut self.regulatory_fees, &mut self.exchange_fees]
    }

    /// Cuts an event into one with a quantity and one with the rest. Each gets its share of the costs, rounded to eight
    /// decimal places, and the latter the remainder.
    fn cut(self, quantity: Decimal) -> Result<(Self, Self)> {
        let whole = self.quantity;
        let share = |amount: Decimal| {
            let share = amount.checked_mul(quantity).and_then(|product| product.checked_div(whole));
            share.map(|share| share.round_dp(SCALE)).ok_or_else(too_large)
        };
        let (mut first, mut rest) = (self.clone(), self);
        (first.quantity, rest.quantity) = (quantity, whole - quantity);
        first.fees = share(first.fees)?;
        rest.fees -= first.fees;
        for (one, other) in first.parts_mut().into_iter().zip(rest.parts_mut()) {
            if let (Some(one), Some(other)) = (one, other) {
                *one = share(*one)?;
                *other -= *one;
            }
        }
        Ok((first, rest))
    }
}
