//! The events of the journal that follow from corporate actions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use strikebook_core::{
    Decimal, ErrorKind, Id, Result, Timestamp,
    market::{ActionKind, CorporateAction, Instrument},
    money::SCALE,
    port::Entry,
    trading::{
        Position, PositionKey,
        journal::{Cycle, EventKind, JournalEvent, Projection},
    },
};

use super::{
    after_action,
    apply::{OpenAction, OpenReason},
};

/// The time in which a broker books an action.
pub(super) const WEEK: TimeDelta = TimeDelta::days(7);

/// The events of a cycle, to which actions are added in their order.
pub(super) struct Log<'a> {
    stored: &'a [JournalEvent],
    new: Vec<JournalEvent>,
    /// The identities of the events of actions, stored and new ones.
    of_actions: BTreeSet<Id<JournalEvent>>,
    now: Timestamp,
}

/// The change of a cycle's holding by an action.
enum Change {
    Nothing,
    /// The events: kind, quantity, price and successor.
    Events(Vec<(EventKind, Decimal, Decimal, Option<Instrument>)>),
    Open(OpenReason),
}

impl<'a> Log<'a> {
    pub(super) fn new(stored: &'a [JournalEvent], now: Timestamp) -> Self {
        Self { stored, new: Vec::new(), of_actions: BTreeSet::new(), now }
    }

    /// Returns the instruments that the cycle has held so far, and may hold still.
    pub(super) fn instruments(&self) -> Vec<Instrument> {
        let of_event = |event: &JournalEvent| [Some(event.instrument), event.successor, Some(event.symbol.into())];
        self.stored.iter().chain(&self.new).flat_map(of_event).flatten().collect()
    }

    /// Returns the instant of the first event; the end of time without events.
    pub(super) fn opened_at(&self) -> Timestamp {
        self.stored.iter().map(|event| event.at).fold(Timestamp::MAX, Timestamp::min)
    }

    /// Returns the events that the journal lacks.
    pub(super) fn into_new(self) -> Vec<JournalEvent> {
        self.new
    }

    /// Adds the events of an action on what the cycle held before the action's date.
    pub(super) fn apply(&mut self, action: &CorporateAction, open: &mut Vec<OpenAction>) -> Result<()> {
        let comes_before = |event: &&JournalEvent| {
            event.at < action.at || event.at == action.at && self.of_actions.contains(&event.id)
        };
        let before: Vec<_> = self.stored.iter().chain(&self.new).filter(comes_before).cloned().collect();
        if before.is_empty() {
            return Ok(());
        }
        let cycle = Projection::of(&before)?.cycle;
        for (instrument, (quantity, multiplier)) in holdings(&cycle) {
            let key = PositionKey { account: cycle.account, instrument, strategy: cycle.strategy };
            let held = Position::new(key, quantity, Decimal::ZERO, cycle.opened_at);
            let reason = match change(&held, action)? {
                Change::Nothing => None,
                Change::Open(reason) => Some(reason),
                Change::Events(terms) if self.is_booked(&terms, instrument, action) => None,
                Change::Events(terms) => {
                    let event =
                        |(sequence, terms)| self.event(&cycle, action, (instrument, multiplier), sequence, terms);
                    let events = (0..).zip(terms).map(event).collect();
                    self.add(events)?
                }
            };
            let left = |reason| OpenAction { action: action.clone(), cycle: cycle.id, instrument, reason };
            open.extend(reason.map(left));
        }
        Ok(())
    }

    /// Returns true if the journal has the last of some events from the broker.
    fn is_booked(
        &self,
        terms: &[(EventKind, Decimal, Decimal, Option<Instrument>)],
        instrument: Instrument,
        action: &CorporateAction,
    ) -> bool {
        let Some((kind, ..)) = terms.last() else { return false };
        let until = action.at.saturating_add(WEEK);
        self.stored.iter().any(|event| {
            let is_same =
                (event.kind, event.instrument) == (*kind, instrument) && (action.at..until).contains(&event.at);
            is_same && event.id != identity(action, event.cycle, instrument, *kind)
        })
    }

    fn event(
        &self,
        cycle: &Cycle,
        action: &CorporateAction,
        (instrument, multiplier): (Instrument, u32),
        sequence: u32,
        (kind, quantity, price, successor): (EventKind, Decimal, Decimal, Option<Instrument>),
    ) -> JournalEvent {
        let symbol = match (action.key.kind, successor, action.terms.counterpart) {
            (ActionKind::SymbolChange | ActionKind::Merger, Some(_), Some(into)) => into,
            _ => cycle.symbol,
        };
        let event = JournalEvent::new(
            identity(action, cycle.id, instrument, kind),
            (cycle.account, cycle.strategy, cycle.id),
            (action.at, action.source.clone()),
            kind,
            (symbol, instrument),
            (quantity, price),
        );
        JournalEvent { sequence, multiplier, successor, recorded_at: self.now.max(action.at), ..event }
    }

    /// Adds the events of an action, unless the journal has them, other ones of the action, or later ones that
    /// contradict them.
    fn add(&mut self, events: Vec<JournalEvent>) -> Result<Option<OpenReason>> {
        let stored = |event: &JournalEvent| self.stored.iter().find(|stored| stored.id == event.id);
        if events.iter().any(|event| stored(event).is_some()) {
            let are_same = events.iter().all(|event| stored(event).is_some_and(|stored| event.is_repeat_of(stored)));
            self.of_actions.extend(events.iter().map(|event| event.id));
            return Ok(Some(OpenReason::Restated).filter(|_| !are_same));
        }
        let all: Vec<_> = self.stored.iter().chain(&self.new).chain(&events).cloned().collect();
        match Projection::of(&all) {
            Err(error) if error.kind() == ErrorKind::Conflict => return Ok(Some(OpenReason::Contradicted)),
            projected => drop(projected?),
        }
        self.of_actions.extend(events.iter().map(|event| event.id));
        self.new.extend(events);
        Ok(None)
    }
}

/// Returns the identity of an action's event.
fn identity(action: &CorporateAction, cycle: Id<Cycle>, instrument: Instrument, kind: EventKind) -> Id<JournalEvent> {
    Id::named(&format!("corporate action/{}/{}/{cycle}/{instrument}/{kind}", action.key, action.date()))
}

/// Returns the open quantity of each instrument of a cycle, with the multiplier.
fn holdings(cycle: &Cycle) -> BTreeMap<Instrument, (Decimal, u32)> {
    let mut holdings = BTreeMap::new();
    for lot in cycle.lots.iter().filter(|lot| !lot.open.is_zero()) {
        let (quantity, _) = holdings.entry(lot.instrument).or_insert((Decimal::ZERO, lot.multiplier));
        *quantity += lot.open;
    }
    holdings
}

fn change(held: &Position, action: &CorporateAction) -> Result<Change> {
    let after = after_action(held, action)?;
    let [one] = after.as_slice() else {
        let received = after.last().map(|last| (last.instrument, last.quantity));
        let missing = |(received, quantity)| Change::Open(OpenReason::BasisMissing { received, quantity });
        return Ok(received.map_or(Change::Nothing, missing));
    };
    if one == held {
        return Ok(Change::Nothing);
    }
    let cash = action.terms.amount;
    if let (false, Some(price)) = (one.is_open(), cash) {
        return Ok(Change::Events(vec![(EventKind::Close, -held.quantity, price, None)]));
    }
    let ratio = one
        .quantity
        .checked_div(held.quantity)
        .filter(|ratio| ratio.round_dp(SCALE) == *ratio && ratio.checked_mul(held.quantity) == Some(one.quantity));
    let Some(ratio) = ratio else { return Ok(Change::Open(OpenReason::InexactRatio)) };
    let paid = cash.map(|cash| (EventKind::Dividend, held.quantity, cash, None));
    let successor = Some(one.instrument).filter(|instrument| *instrument != held.instrument);
    Ok(Change::Events(paid.into_iter().chain([(EventKind::Split, ratio, Decimal::ZERO, successor)]).collect()))
}
