//! The positions of an account while its rows are mapped, and the events of them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    iter,
};

use strikebook_core::{
    Decimal, Id, Timestamp,
    market::{Instrument, Symbol},
    trading::journal::{Cycle, EventKind, JournalEvent, Provenance},
};
use strikebook_vendors::broker::{BrokerAction, BrokerRow};

use super::{
    ImportAccount, MappedHistory, Past, UnmappedRow,
    pair::{APART, Pairs},
};

/// The reason of rows whose cycle the book does not have, which is a fault of this module.
const NO_CYCLE: &str = "the cycle of the row is missing";

/// The units held of an instrument and their cost.
#[derive(Clone, Copy, Default)]
struct Holding {
    units: Decimal,
    cost: Decimal,
}

/// A cycle being mapped.
pub(super) struct CycleState {
    id: Id<Cycle>,
    /// The present symbol of its underlying.
    symbol: Symbol,
    held: BTreeMap<Instrument, Holding>,
    /// True once nothing is held any more.
    is_over: bool,
    /// The instant of its last event, and the number of events at that instant.
    last: (Timestamp, u32),
}

impl CycleState {
    /// Returns the units held of an instrument; zero when none are held.
    pub(super) fn held(&self, instrument: Instrument) -> Decimal {
        self.held.get(&instrument).map_or(Decimal::ZERO, |holding| holding.units)
    }

    /// Returns the average cost of a unit; `None` when none are held.
    pub(super) fn average_cost(&self, instrument: Instrument) -> Option<Decimal> {
        let holding = self.held.get(&instrument)?;
        holding.cost.checked_div(holding.units)
    }

    /// Returns the shares held.
    pub(super) fn shares(&self) -> Decimal {
        self.held
            .iter()
            .filter(|(held, _)| matches!(held, Instrument::Symbol(_)))
            .map(|(_, holding)| holding.units)
            .fold(Decimal::ZERO, Decimal::saturating_add)
    }
}

/// An event that delivered shares, of which the row has not come yet.
struct Awaited {
    event: Id<JournalEvent>,
    at: Timestamp,
    symbol: Symbol,
    strike: Decimal,
    shares: Decimal,
}

/// All cycles of an account so far, with the mapped rows.
pub(super) struct Book<'a> {
    account: &'a ImportAccount,
    /// All rows to map, oldest first.
    rows: &'a [&'a BrokerRow],
    cycles: Vec<CycleState>,
    /// The indices of the cycles that are not over: a history of years has thousands of others.
    open: BTreeSet<usize>,
    /// The events that the account has already and that are later than the present instant.
    ahead: VecDeque<JournalEvent>,
    rows_of_events: HashMap<Id<JournalEvent>, usize>,
    awaited: Vec<Awaited>,
    pub(super) pairs: Pairs,
    pub(super) mapping: MappedHistory,
}

/// The kind, instrument, change of units and price of an event to write.
pub(super) type EventTerms = (EventKind, Instrument, Decimal, Decimal);

impl<'a> Book<'a> {
    pub(super) fn new(account: &'a ImportAccount, rows: &'a [&'a BrokerRow], past: Past) -> Self {
        Self {
            account,
            rows,
            cycles: Vec::new(),
            open: BTreeSet::new(),
            ahead: past.events.into(),
            rows_of_events: past.rows,
            awaited: Vec::new(),
            pairs: Pairs::of(rows),
            mapping: MappedHistory::default(),
        }
    }

    /// Applies the events that the account has already, up to an instant.
    pub(super) fn catch_up(&mut self, at: Timestamp) {
        let mut is_changed = false;
        while self.ahead.front().is_some_and(|event| event.at <= at) {
            let Some(event) = self.ahead.pop_front() else { break };
            let known = self.cycles.iter().position(|cycle| cycle.id == event.cycle);
            let index = match known {
                Some(index) => index,
                None => self.add_cycle(event.cycle, event.symbol, event.at),
            };
            let is_alone = self.rows_of_events.get(&event.id).is_some_and(|rows| *rows == 1);
            self.apply(index, &event, is_alone);
            is_changed = true;
        }
        if is_changed {
            self.end_empty_cycles();
        }
    }

    fn add_cycle(&mut self, id: Id<Cycle>, symbol: Symbol, at: Timestamp) -> usize {
        self.cycles.push(CycleState { id, symbol, held: BTreeMap::new(), is_over: false, last: (at, 0) });
        self.cycles.len() - 1
    }

    /// Returns the cycles that are not over, oldest first.
    fn open_cycles(&self) -> impl Iterator<Item = (usize, &CycleState)> {
        self.open.iter().filter_map(|index| Some((*index, self.cycles.get(*index)?)))
    }

    /// Returns the index of the last cycle that holds an instrument.
    pub(super) fn holding(&self, instrument: Instrument) -> Option<usize> {
        self.open_cycles().filter(|(_, cycle)| !cycle.held(instrument).is_zero()).map(|(index, _)| index).last()
    }

    /// Returns the units held of an instrument in all cycles together.
    pub(super) fn held(&self, instrument: Instrument) -> Decimal {
        self.open_cycles().map(|(_, cycle)| cycle.held(instrument)).fold(Decimal::ZERO, Decimal::saturating_add)
    }

    /// Returns the cycles that hold an instrument, oldest first, with the change of each that takes units away; `None`
    /// when fewer are held.
    pub(super) fn takings(&self, instrument: Instrument, units: Decimal) -> Option<Vec<(usize, Decimal)>> {
        let mut left = units.abs();
        let mut takings = Vec::new();
        for (index, cycle) in self.open_cycles() {
            let held = cycle.held(instrument);
            let taken = held.abs().min(left);
            if !taken.is_zero() {
                takings.push((index, if held.is_sign_negative() { taken } else { -taken }));
                left -= taken;
            }
        }
        (left.is_zero() && !takings.is_empty()).then_some(takings)
    }

    pub(super) fn cycle(&self, index: usize) -> Option<&CycleState> {
        self.cycles.get(index)
    }

    /// Returns the index of the last cycle of an underlying, open or over.
    pub(super) fn last_of(&self, symbol: Symbol) -> Option<usize> {
        self.cycles.iter().rposition(|cycle| cycle.symbol == symbol)
    }

    /// Returns the index of the cycle that a row's position belongs to: the one that the next event of the underlying
    /// goes on with, the open one, the next one when the position is still open by then, or a new one.
    pub(super) fn open_cycle(&mut self, symbol: Symbol, row: &BrokerRow) -> usize {
        let next = self.ahead.iter().find(|event| event.symbol == symbol).map(|event| (event.cycle, event.at));
        let begun = next.and_then(|(id, _)| self.cycles.iter().position(|cycle| cycle.id == id));
        let is_open = |index: &usize| self.cycle(*index).is_some_and(|cycle| !cycle.is_over);
        if let Some(index) = begun.or_else(|| self.last_of(symbol).filter(is_open)) {
            return index;
        }
        let own = || Id::named(&format!("{}/{}/cycle/{}", self.account.source, self.account.account, row.id()));
        let next = next.filter(|(_, at)| self.stays_open(symbol, row.at, *at));
        let id = next.map_or_else(own, |(id, _)| id);
        self.add_cycle(id, symbol, row.at)
    }

    /// Returns true if the rows of an underlying between two instants leave something held.
    fn stays_open(&self, symbol: Symbol, from: Timestamp, until: Timestamp) -> bool {
        let mut held: BTreeMap<Instrument, Decimal> = BTreeMap::new();
        let rows = self.rows.iter().filter(|row| row.symbol == Some(symbol) && row.at >= from && row.at < until);
        for (row, instrument) in rows.filter_map(|row| Some((row, row.instrument?))) {
            let units = held.entry(instrument).or_default();
            *units = match row.action {
                BrokerAction::Expiration | BrokerAction::Assignment => Decimal::ZERO,
                _ => units.saturating_add(row.quantity),
            };
        }
        held.values().any(|units| !units.is_zero())
    }

    /// Writes the event of some rows; the first of them gives its identity, and all of them its money.
    pub(super) fn write(
        &mut self,
        index: usize,
        rows: &[&BrokerRow],
        terms: EventTerms,
        change: impl FnOnce(&mut JournalEvent),
    ) {
        let (Some(cycle), Some(row)) = (self.cycles.get_mut(index), rows.first()) else {
            return rows.iter().for_each(|row| self.refuse(row, NO_CYCLE));
        };
        let (kind, instrument, quantity, price) = terms;
        let ImportAccount { account, strategy, source, recorded_at, .. } = self.account;
        let symbol = row.symbol.unwrap_or(cycle.symbol);
        let mut event = JournalEvent::new(
            Id::named(&format!("{source}/{account}/{}", row.id())),
            (*account, *strategy, cycle.id),
            (row.at, source.clone()),
            kind,
            (symbol, instrument),
            (quantity, price),
        );
        event.recorded_at = event.at.max(*recorded_at);
        event.provenance = Provenance::Import;
        event.multiplier = row.multiplier;
        // Rows of a corporate action have its number there.
        event.broker_order_id = row.order.as_deref().copied().filter(|_| row.action != BrokerAction::CorporateAction);
        change(&mut event);
        if cycle.last.0 == event.at {
            event.sequence = cycle.last.1;
        }
        // The prices have eight digits. The difference between their cash and the broker's is a cost.
        let cash = rows.iter().fold(Decimal::ZERO, |sum, row| sum.saturating_add(row.value).saturating_sub(row.costs));
        event.fees = Decimal::ZERO;
        // An event whose cash overflows is refused by its projection.
        event.fees = event.cash().map_or(Decimal::ZERO, |gross| gross.saturating_sub(cash));
        if matches!(kind, EventKind::Open | EventKind::Close | EventKind::Roll) {
            let known = rows.iter().map(|row| row.commission).collect::<Option<Vec<_>>>();
            event.commission = known.map(|parts| parts.into_iter().fold(Decimal::ZERO, Decimal::saturating_add));
        }
        let mut lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        lines.dedup();
        self.apply(index, &event, lines.len() == 1);
        for line in lines {
            self.link(line, event.id);
        }
        self.mapping.events.push(event);
    }

    fn link(&mut self, line: u64, event: Id<JournalEvent>) {
        let events = self.mapping.lines.entry(line).or_default();
        if !events.contains(&event) {
            events.push(event);
        }
    }

    /// Writes an event whose money is not that of its row.
    pub(super) fn write_settled(&mut self, index: usize, rows: &[&BrokerRow], terms: EventTerms) {
        let Some((row, others)) = rows.split_first() else { return };
        let (_, _, quantity, price) = terms;
        let worth = quantity.saturating_mul(row.multiplier.into()).saturating_mul(-price);
        let settled = BrokerRow { value: worth, ..(*row).clone() };
        let rows: Vec<&BrokerRow> = iter::once(&settled).chain(others.iter().copied()).collect();
        self.write(index, &rows, terms, |_| ());
    }

    /// Maps a row of shares to the event that delivered them before; false when there is none.
    pub(super) fn deliver_late(&mut self, row: &BrokerRow) -> bool {
        let is_its_own = |awaited: &Awaited| {
            Some(awaited.symbol) == row.symbol
                && awaited.strike == row.price
                && awaited.shares.abs() == row.quantity.abs()
                && row.at.since(awaited.at) <= APART
                && awaited.at.since(row.at) <= APART
        };
        let Some(index) = self.awaited.iter().position(is_its_own) else { return false };
        let awaited = self.awaited.swap_remove(index);
        self.link(row.line, awaited.event);
        // The event has the money of the shares: only the costs are new.
        if let (Some(place), Some(stock), false) = (self.last_of(awaited.symbol), row.instrument, row.costs.is_zero()) {
            let costs = BrokerRow { value: Decimal::ZERO, ..row.clone() };
            self.write(place, &[&costs], (EventKind::Fee, stock, Decimal::ZERO, Decimal::ZERO), |_| ());
        }
        true
    }

    /// Refuses a row, with those that follow it.
    pub(super) fn refuse(&mut self, row: &BrokerRow, reason: &'static str) {
        let rows = iter::once(row).chain(self.pairs.followers(row));
        let unmapped: Vec<_> = rows.map(|row| UnmappedRow { row: row.clone(), reason }).collect();
        self.mapping.unmapped.extend(unmapped);
    }

    /// Ends the cycles that hold nothing any more.
    pub(super) fn end_empty_cycles(&mut self) {
        let cycles = &mut self.cycles;
        self.open.retain(|index| {
            let Some(cycle) = cycles.get_mut(*index) else { return false };
            cycle.held.retain(|_, holding| !holding.units.is_zero());
            cycle.is_over = cycle.held.is_empty();
            !cycle.is_over
        });
    }

    /// Applies an event to a cycle. `is_alone` tells that a delivery of shares lacks the row of the shares.
    fn apply(&mut self, index: usize, event: &JournalEvent, is_alone: bool) {
        let Some(cycle) = self.cycles.get_mut(index) else { return };
        self.open.insert(index);
        cycle.last = match cycle.last {
            (at, next) if at == event.at => (at, next.max(event.sequence.saturating_add(1))),
            _ => (event.at, event.sequence.saturating_add(1)),
        };
        cycle.symbol = event.symbol;
        change(&mut cycle.held, event);
        if let (true, Some(shares), Some(contract)) = (is_alone, event.shares(), event.contract()) {
            let (strike, symbol) = (contract.strike().to_decimal(), event.symbol);
            self.awaited.push(Awaited { event: event.id, at: event.at, symbol, strike, shares });
        }
    }
}

/// Applies an event to the units held. A sum beyond the range of a decimal stays at its largest: the projection refuses
/// such an event.
fn change(held: &mut BTreeMap<Instrument, Holding>, event: &JournalEvent) {
    let multiplier = Decimal::from(event.multiplier);
    match event.kind {
        EventKind::Split => {
            let old = held.remove(&event.instrument).map_or(Holding::default(), |holding| holding);
            let units = old.units.saturating_mul(event.quantity);
            let new = held.entry(event.successor.unwrap_or(event.instrument)).or_default();
            *new = Holding { units: new.units.saturating_add(units), cost: new.cost.saturating_add(old.cost) };
        }
        EventKind::Dividend | EventKind::Fee => {}
        _ => {
            add(held, event.instrument, event.quantity, event.price.saturating_mul(multiplier));
            if let (Some(successor), Some(price)) = (event.successor, event.successor_price) {
                add(held, successor, -event.quantity, price.saturating_mul(multiplier));
            }
            if let (Some(shares), Some(contract)) = (event.shares(), event.contract()) {
                add(held, Instrument::Symbol(event.symbol), shares, contract.strike().to_decimal());
            }
        }
    }
}

/// Adds units at a cost each; units that are taken away take their share of the cost.
fn add(held: &mut BTreeMap<Instrument, Holding>, instrument: Instrument, change: Decimal, each: Decimal) {
    let holding = held.entry(instrument).or_default();
    let before = holding.units;
    holding.units = before.saturating_add(change);
    let is_less = !before.is_zero() && before.is_sign_negative() != change.is_sign_negative();
    holding.cost = if is_less {
        let share = holding.cost.checked_mul(holding.units).and_then(|product| product.checked_div(before));
        share.map_or(Decimal::ZERO, |share| share)
    } else {
        holding.cost.saturating_add(change.saturating_mul(each))
    };
}
