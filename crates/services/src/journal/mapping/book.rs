//! What is held while a history is read, and the events that come of it.

use std::collections::BTreeMap;

use strikebook_core::{
    Decimal, Id, Timestamp,
    market::{Instrument, Symbol},
    trading::journal::{Cycle, EventKind, JournalEvent},
};
use strikebook_vendors::broker::BrokerRow;

use super::{Account, Mapping, Unmapped};

/// A cycle while it is read.
pub(super) struct Open {
    id: Id<Cycle>,
    /// What it is about by now.
    symbol: Symbol,
    held: BTreeMap<Instrument, Decimal>,
    /// Whether nothing is held any more.
    is_over: bool,
    /// The instant of its last event, and how many events that instant has.
    last: (Timestamp, u32),
}

impl Open {
    pub(super) fn held(&self, instrument: Instrument) -> Decimal {
        self.held.get(&instrument).copied().unwrap_or_default()
    }

    /// Shares held.
    pub(super) fn shares(&self) -> Decimal {
        self.held
            .iter()
            .filter(|(held, _)| matches!(held, Instrument::Symbol(_)))
            .map(|(_, shares)| *shares)
            .fold(Decimal::ZERO, Decimal::saturating_add)
    }
}

/// Everything that is held, and what was mapped so far.
pub(super) struct Book<'a> {
    account: &'a Account,
    cycles: Vec<Open>,
    pub(super) mapping: Mapping,
}

/// An event to be written: its kind, what it happens to, the change, and the price.
pub(super) type Happening = (EventKind, Instrument, Decimal, Decimal);

impl<'a> Book<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account, cycles: Vec::new(), mapping: Mapping::default() }
    }

    /// The cycle that holds something.
    pub(super) fn holding(&self, instrument: Instrument) -> Option<usize> {
        self.cycles.iter().rposition(|cycle| !cycle.held(instrument).is_zero())
    }

    pub(super) fn cycle(&self, place: usize) -> Option<&Open> {
        self.cycles.get(place)
    }

    /// The last cycle of an underlying, also when it is over.
    pub(super) fn last_of(&self, symbol: Symbol) -> Option<usize> {
        self.cycles.iter().rposition(|cycle| cycle.symbol == symbol)
    }

    /// The cycle of an underlying that goes on, or else a new one that starts with a row.
    pub(super) fn current(&mut self, symbol: Symbol, row: &BrokerRow) -> usize {
        let going = self.last_of(symbol).filter(|place| self.cycle(*place).is_some_and(|cycle| !cycle.is_over));
        going.unwrap_or_else(|| {
            let name = format!("{}/{}/cycle/{}", self.account.source, self.account.account, row.id());
            let (held, last) = (BTreeMap::new(), (row.at, 0));
            self.cycles.push(Open { id: Id::named(&name), symbol, held, is_over: false, last });
            self.cycles.len() - 1
        })
    }

    /// Writes an event that some rows tell; the first of them gives it its identity, and all of them its money.
    pub(super) fn write(
        &mut self,
        place: usize,
        rows: &[&BrokerRow],
        happening: Happening,
        change: impl FnOnce(&mut JournalEvent),
    ) {
        let (Some(cycle), Some(row)) = (self.cycles.get_mut(place), rows.first()) else { return };
        let (kind, instrument, quantity, price) = happening;
        let Account { account, strategy, source, recorded_at } = self.account;
        let symbol = row.symbol.unwrap_or(cycle.symbol);
        let mut event = JournalEvent::new(
            (*account, *strategy, cycle.id),
            (row.at, source.clone()),
            kind,
            (symbol, instrument),
            (quantity, price),
        );
        event.id = Id::named(&format!("{source}/{account}/{}", row.id()));
        event.recorded_at = *recorded_at;
        event.multiplier = row.multiplier;
        event.broker_order_id = row.order.as_deref().copied();
        change(&mut event);
        if cycle.last.0 == event.at {
            event.sequence = cycle.last.1;
        }
        cycle.last = (event.at, event.sequence.saturating_add(1));
        cycle.symbol = event.symbol;
        // What the prices, of eight digits, leave of the broker's money is a cost.
        let told = rows.iter().fold(Decimal::ZERO, |sum, row| sum.saturating_add(row.value).saturating_sub(row.costs));
        event.fees = Decimal::ZERO;
        event.fees = event.cash().map_or(Decimal::ZERO, |gross| gross.saturating_sub(told));
        follow(&mut cycle.held, &event);
        for row in rows {
            self.mapping.lines.entry(row.line).or_default().push(event.id);
        }
        self.mapping.events.push(event);
    }

    /// Writes an event whose money is not that of its row.
    pub(super) fn write_settled(&mut self, place: usize, row: &BrokerRow, happening: Happening) {
        let (_, _, quantity, price) = happening;
        let worth = quantity.saturating_mul(row.multiplier.into()).saturating_mul(-price);
        let settled = BrokerRow { value: worth, ..row.clone() };
        self.write(place, &[&settled], happening, |_| ());
    }

    pub(super) fn refuse(&mut self, row: &BrokerRow, reason: &'static str) {
        self.mapping.unmapped.push(Unmapped { row: row.clone(), reason });
    }

    /// Ends the cycles of which nothing is held any more.
    pub(super) fn settle(&mut self) {
        for cycle in &mut self.cycles {
            cycle.held.retain(|_, held| !held.is_zero());
            cycle.is_over = cycle.held.is_empty();
        }
    }
}

/// Follows the holdings through an event. Units that no decimal holds stay at its largest: the projection refuses such
/// an event.
fn follow(held: &mut BTreeMap<Instrument, Decimal>, event: &JournalEvent) {
    match event.kind {
        EventKind::Split => {
            let units = held.remove(&event.instrument).unwrap_or_default();
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
