//! Fills: executions with everything that follows from them.

mod ledger;
mod positions;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use positions::Moved;

use super::{
    Execution, Order, OrderSide,
    execution::Fills,
    journal::{Cycle, EventKind, JournalEvent, Provenance},
};
use crate::{
    Decimal, Error, ErrorKind, Id, Name, Result, Source, Timestamp,
    market::{Instrument, Symbol},
    money::positive,
    port::Entry,
};

/// An execution with what the journal needs to know of it. The order has the rest: strategy, signal and the broker's
/// identity.
///
/// Recorded by [`record_fills`](super::OrderRepository::record_fills), a fill changes its order, its position, and the
/// journal with its cycle and trades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    /// The execution, whose identity is that of the fill and of its journal event.
    pub execution: Execution,
    /// The cycle that the execution belongs to; `None` for the one that follows from the holdings: an open cycle of
    /// the same account, strategy and underlying, or else a new one.
    pub cycle: Option<Id<Cycle>>,
    /// The number of shares per unit of the instrument: 1 for a stock, 100 for most options.
    pub multiplier: u32,
    /// The provenance: live, paper, backtest, import or manual.
    pub provenance: Provenance,
    /// The source of the execution.
    pub source: Source,
}

crate::port::canonical!(Fill: execution);

impl Fill {
    /// Creates a live fill with the usual multiplier: 1 for a stock, 100 for an option.
    pub const fn new(execution: Execution, source: Source) -> Self {
        let multiplier = match execution.instrument {
            Instrument::Symbol(_) => 1,
            Instrument::Option(_) => 100,
        };
        Self { execution, cycle: None, multiplier, provenance: Provenance::Live, source }
    }

    /// Names the cycle of the fill, open, closed or new. The fill closes what this cycle holds, and nothing else.
    #[must_use]
    pub fn with_cycle(self, cycle: Id<Cycle>) -> Self {
        Self { cycle: Some(cycle), ..self }
    }

    /// Sets the provenance of the fill.
    #[must_use]
    pub fn with_provenance(self, provenance: Provenance) -> Self {
        Self { provenance, ..self }
    }

    /// Returns the fill that a stored execution and its event were recorded by.
    pub fn of(execution: Execution, event: &JournalEvent) -> Self {
        let JournalEvent { multiplier, provenance, source, .. } = event;
        let cycle = event.names_cycle.then_some(event.cycle);
        Self { execution, cycle, multiplier: *multiplier, provenance: *provenance, source: source.clone() }
    }

    /// Returns the stock, or the underlying of the option.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an option root that names no underlying.
    pub fn symbol(&self) -> Result<Symbol> {
        match self.execution.instrument {
            Instrument::Symbol(symbol) => Ok(symbol),
            Instrument::Option(contract) => contract.root().underlying(),
        }
    }

    /// Returns the event of the fill as if it opened a position; the [booking](Booking) decides whether it does.
    fn event(&self, order: &Order) -> Result<JournalEvent> {
        let Execution { id, at, account, instrument, side, quantity, price, recorded_at, .. } = self.execution;
        let id = Id::from_uuid(id.as_uuid());
        let cycle = match self.cycle {
            Some(named) => named,
            None => ledger::cycle_of(id),
        };
        let quantity = if side == OrderSide::Sell { -quantity } else { quantity };
        let mut event = JournalEvent::new(
            id,
            (account, order.strategy, cycle),
            (at, self.source.clone()),
            EventKind::Open,
            (self.symbol()?, instrument),
            (quantity, price),
        );
        event.fees = self.execution.costs();
        event.commission = Some(self.execution.commission);
        event.regulatory_fees = self.execution.regulatory_fees;
        event.exchange_fees = self.execution.exchange_fees;
        event.multiplier = self.multiplier;
        event.broker_order_id = order.broker_order_id;
        event.execution = Some(self.execution.id);
        event.names_cycle = self.cycle.is_some();
        event.signal = order.signal_id;
        event.provenance = self.provenance;
        event.recorded_at = recorded_at;
        Ok(event)
    }
}

impl Entry for Fill {
    const NAME: &'static str = "fill";

    type Filter = ();

    fn id(&self) -> Id<Self> {
        Id::from_uuid(self.execution.id.as_uuid())
    }

    fn at(&self) -> Timestamp {
        self.execution.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.execution.recorded_at
    }

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }

    fn validate(&self) -> Result<()> {
        self.execution.validate()?;
        positive("multiplier", self.multiplier.into())?;
        self.symbol().map(drop)
    }

    fn is_admitted_by(&self, (): &()) -> bool {
        true
    }
}

/// The events among which a fill takes its place: all of an account, a strategy and an underlying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chain {
    /// The account of the events.
    pub account: Name,
    /// The strategy of the events.
    pub strategy: Name,
    /// The stock, or the underlying of options.
    pub symbol: Symbol,
}

impl Chain {
    /// Returns the chain of an event.
    pub const fn of(event: &JournalEvent) -> Self {
        Self { account: event.account, strategy: event.strategy, symbol: event.symbol }
    }
}

/// The changes that new fills make to the journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Booking {
    /// The events that are not stored yet.
    pub fresh: Vec<JournalEvent>,
    /// The stored events in their new state.
    pub changed: Vec<JournalEvent>,
    /// The events to delete: second halves of fills that no longer turn a position over.
    pub gone: Vec<JournalEvent>,
    /// The cycles that any of these events belongs or belonged to.
    pub cycles: Vec<Id<Cycle>>,
}

impl Booking {
    /// Returns the chains of the fills whose executions are new, with their events.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when a fill or its order is missing.
    pub fn chains(fills: &[Fill], filled: &Fills) -> Result<BTreeMap<Chain, Vec<JournalEvent>>> {
        let mut chains = BTreeMap::<_, Vec<_>>::new();
        for execution in &filled.executions {
            let missing = || Error::internal("the order of a new execution is missing").with("execution", execution.id);
            let fill = fills.iter().find(|fill| fill.execution.id == execution.id).ok_or_else(missing)?;
            let order = filled.orders.iter().find(|order| order.id == execution.order_id).ok_or_else(missing)?;
            let event = fill.event(order)?;
            chains.entry(Chain::of(&event)).or_default().push(event);
        }
        Ok(chains)
    }

    /// Returns the cycles that new events name.
    pub fn named(new: &[JournalEvent]) -> BTreeSet<Id<Cycle>> {
        new.iter().filter(|event| event.names_cycle).map(|event| event.cycle).collect()
    }

    /// Books the events of new fills among the stored ones of their chain. `stored` must contain every event of the
    /// chain's open cycles and of [`named`](Self::named) ones, and all events of the chain unless every new one is
    /// later than those.
    ///
    /// The result depends on the fills and not on the order in which they were recorded: each execution closes what the
    /// chain, or the cycle that the fill names, holds at its instant with the opposite sign, and opens a position with
    /// the rest, in a second event. A cycle that no fill names begins with the first execution after an instant at
    /// which nothing was held.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when a named cycle has events, none of which is of the chain;
    /// [`InvalidInput`](ErrorKind::InvalidInput) when a quantity exceeds the range of a decimal.
    pub fn of(stored: &[JournalEvent], new: Vec<JournalEvent>) -> Result<Self> {
        check_named(stored, &new)?;
        let before: BTreeMap<_, _> = stored.iter().map(|event| (event.id, event)).collect();
        let booked = ledger::booked(stored.iter().cloned().chain(new))?;
        let mut booking = Self::default();
        let kept: BTreeSet<_> = booked.iter().map(|event| event.id).collect();
        for event in booked {
            match before.get(&event.id) {
                None => booking.fresh.push(event),
                Some(stored) if event == **stored => {}
                Some(stored) => {
                    booking.cycles.push(stored.cycle);
                    booking.changed.push(event);
                }
            }
        }
        booking.gone = stored.iter().filter(|event| !kept.contains(&event.id)).cloned().collect();
        let touched: Vec<_> = booking.touched().map(|event| event.cycle).collect();
        booking.cycles.extend(touched);
        booking.cycles.sort_unstable();
        booking.cycles.dedup();
        Ok(booking)
    }

    /// Returns the events that the booking adds, changes or deletes.
    pub fn touched(&self) -> impl Iterator<Item = &JournalEvent> {
        self.fresh.iter().chain(&self.changed).chain(&self.gone)
    }

    /// Returns the events of the chain after the booking, given those before.
    pub fn after(&self, stored: &[JournalEvent]) -> Vec<JournalEvent> {
        let replaced: BTreeSet<_> = self.changed.iter().chain(&self.gone).map(|event| event.id).collect();
        let kept = stored.iter().filter(|event| !replaced.contains(&event.id));
        kept.chain(&self.changed).chain(&self.fresh).cloned().collect()
    }
}

/// Checks that the cycles that new events name are new, or have events of the same chain.
fn check_named(stored: &[JournalEvent], new: &[JournalEvent]) -> Result<()> {
    for event in new.iter().filter(|event| event.names_cycle) {
        let mut of_cycle = stored.iter().filter(|other| other.cycle == event.cycle).map(Chain::of).peekable();
        if of_cycle.peek().is_some() && of_cycle.all(|chain| chain != Chain::of(event)) {
            let message = "the named cycle is of another account, strategy or underlying than the fill";
            let error = Error::new(ErrorKind::Conflict, message).with("cycle", event.cycle);
            return Err(error.with("execution", event.id));
        }
    }
    Ok(())
}

/// Returns true if a change reduces what is held.
fn against(held: Decimal, change: Decimal) -> bool {
    !held.is_zero() && !change.is_zero() && held.is_sign_negative() != change.is_sign_negative()
}
