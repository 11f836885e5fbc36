//! The positions of a history while it is mapped, and the events of it.

use std::collections::BTreeMap;

use strikebook_core::{
    Decimal, Id, Timestamp,
    market::{Instrument, Symbol},
    trading::journal::{Cycle, EventKind, JournalEvent},
};
use strikebook_vendors::broker::BrokerRow;

use super::{ImportAccount, MappedHistory, UnmappedRow};

/// The reason of rows whose cycle the book does not have, which is a fault of this module.
const NO_CYCLE: &str = "the cycle of the row is missing";

/// A cycle being mapped.
pub(super) struct CycleState {
    id: Id<Cycle>,
    /// The present symbol of its underlying.
    symbol: Symbol,
    held: BTreeMap<Instrument, Decimal>,
    /// True once nothing is held any more.
    is_over: bool,
    /// The instant of its last event, and the number of events at that instant.
    last: (Timestamp, u32),
}

impl CycleState {
    /// Returns the units held of an instrument; zero when none are held.
    pub(super) fn held(&self, instrument: Instrument) -> Decimal {
        self.held.get(&instrument).copied().unwrap_or(Decimal::ZERO)
    }

    /// Returns the shares held.
    pub(super) fn shares(&self) -> Decimal {
        self.held
            .iter()
            .filter(|(held, _)| matches!(held, Instrument::Symbol(_)))
            .map(|(_, shares)| *shares)
            .fold(Decimal::ZERO, Decimal::saturating_add)
    }
}

/// All cycles of a history so far, with the mapped rows.
pub(super) struct Book<'a> {
    account: &'a ImportAccount,
    cycles: Vec<CycleState>,
    pub(super) mapping: MappedHistory,
}

/// The kind, instrument, change of units and price of an event to write.
pub(super) type EventTerms = (EventKind, Instrument, Decimal, Decimal);

impl<'a> Book<'a> {
    pub(super) fn new(account: &'a ImportAccount) -> Self {
        Self { account, cycles: Vec::new(), mapping: MappedHistory::default() }
    }

    /// Returns the index of the cycle that holds an instrument.
    pub(super) fn holding(&self, instrument: Instrument) -> Option<usize> {
        self.cycles.iter().rposition(|cycle| !cycle.held(instrument).is_zero())
    }

    pub(super) fn cycle(&self, index: usize) -> Option<&CycleState> {
        self.cycles.get(index)
    }

    /// Returns the index of the last cycle of an underlying, open or over.
    pub(super) fn last_of(&self, symbol: Symbol) -> Option<usize> {
        self.cycles.iter().rposition(|cycle| cycle.symbol == symbol)
    }

    /// Returns the index of the open cycle of an underlying, or else of a new one that starts with a row.
    pub(super) fn open_cycle(&mut self, symbol: Symbol, row: &BrokerRow) -> usize {
        let open = self.last_of(symbol).filter(|index| self.cycle(*index).is_some_and(|cycle| !cycle.is_over));
        open.unwrap_or_else(|| {
            let name = format!("{}/{}/cycle/{}", self.account.source, self.account.account, row.id());
            let (held, last) = (BTreeMap::new(), (row.at, 0));
            self.cycles.push(CycleState { id: Id::named(&name), symbol, held, is_over: false, last });
            self.cycles.len() - 1
        })
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
        let ImportAccount { account, strategy, source, recorded_at } = self.account;
        let symbol = row.symbol.unwrap_or(cycle.symbol);
        let mut event = JournalEvent::new(
            Id::named(&format!("{source}/{account}/{}", row.id())),
            (*account, *strategy, cycle.id),
            (row.at, source.clone()),
            kind,
            (symbol, instrument),
            (quantity, price),
        );
        event.recorded_at = *recorded_at;
        event.multiplier = row.multiplier;
        event.broker_order_id = row.order.as_deref().copied();
        change(&mut event);
        if cycle.last.0 == event.at {
            event.sequence = cycle.last.1;
        }
        cycle.last = (event.at, event.sequence.saturating_add(1));
        cycle.symbol = event.symbol;
        // The prices have eight digits. The difference between their cash and the broker's is a cost.
        let cash = rows.iter().fold(Decimal::ZERO, |sum, row| sum.saturating_add(row.value).saturating_sub(row.costs));
        event.fees = Decimal::ZERO;
        // An event whose cash overflows is refused by its projection.
        event.fees = event.cash().map_or(Decimal::ZERO, |gross| gross.saturating_sub(cash));
        apply(&mut cycle.held, &event);
        for row in rows {
            self.mapping.lines.entry(row.line).or_default().push(event.id);
        }
        self.mapping.events.push(event);
    }

    /// Writes an event whose money is not that of its row.
    pub(super) fn write_settled(&mut self, index: usize, row: &BrokerRow, terms: EventTerms) {
        let (_, _, quantity, price) = terms;
        let worth = quantity.saturating_mul(row.multiplier.into()).saturating_mul(-price);
        let settled = BrokerRow { value: worth, ..row.clone() };
        self.write(index, &[&settled], terms, |_| ());
    }

    pub(super) fn refuse(&mut self, row: &BrokerRow, reason: &'static str) {
        self.mapping.unmapped.push(UnmappedRow { row: row.clone(), reason });
    }

    /// Ends the cycles that hold nothing any more.
    pub(super) fn end_empty_cycles(&mut self) {
        for cycle in &mut self.cycles {
            cycle.held.retain(|_, held| !held.is_zero());
            cycle.is_over = cycle.held.is_empty();
        }
    }
}

/// Applies an event to the units held. A sum beyond the range of a decimal stays at its largest: the projection refuses
/// such an event.
fn apply(held: &mut BTreeMap<Instrument, Decimal>, event: &JournalEvent) {
    match event.kind {
        EventKind::Split => {
            let units = held.remove(&event.instrument).unwrap_or(Decimal::ZERO);
            add(held, event.successor.unwrap_or(event.instrument), units.saturating_mul(event.quantity));
        }
        EventKind::Dividend | EventKind::Fee => {}
        _ => {
            add(held, event.instrument, event.quantity);
            if let Some(successor) = event.successor {
                add(held, successor, -event.quantity);
            }
            if let Some(shares) = event.shares() {
                add(held, Instrument::Symbol(event.symbol), shares);
            }
        }
    }
}

fn add(held: &mut BTreeMap<Instrument, Decimal>, instrument: Instrument, change: Decimal) {
    let units = held.entry(instrument).or_default();
    *units = units.saturating_add(change);
}
