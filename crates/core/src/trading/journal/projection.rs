//! Projection: the computation of lots, trades and cost bases from the events of a cycle.

mod book;
mod trades;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::book::Book;
use super::{Cycle, JournalEvent, RollChain, RollType, Trade};
use crate::{
    Decimal, Error, ErrorKind, Id, Result, Timestamp,
    port::{Entry, Keyed},
};

/// The roll that opened a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollLink {
    /// The chain of rolls, named by the UUID of its first contract's lot.
    pub chain: Id<RollChain>,
    /// The position in the roll chain, from 1.
    pub sequence: u32,
    /// The net credit per share; negative for a debit.
    pub net_credit: Decimal,
    /// The direction of the roll; `None` when neither strike nor expiration changed.
    pub roll_type: Option<RollType>,
}

crate::port::canonical!(RollLink: net_credit);

/// The state of a cycle and its trades, computed from the cycle's events.
///
/// Lots are closed oldest first, unless an event names the lot to close. The cost of a part of a lot is its share of
/// the whole, rounded to eight decimal places, and the last part receives the remainder. Nothing is lost to rounding:
/// once nothing is open, the realised profit equals the sum of all cash flows to the last digit.
///
/// The adjusted basis follows the cash. Net credits of puts are held back until shares arrive; when puts are assigned
/// in part, the share of the assigned contracts is released. Net credits of calls, dividends and fees change the
/// basis of all held shares, also when a call covers only some of them. Shares that leave take their share of the
/// basis with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The state of the cycle.
    pub cycle: Cycle,
    /// One trade for each lot, in the same order.
    pub trades: Vec<Trade>,
}

/// The changes that a projection makes to stored trades.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settlement {
    /// The trades to store, which replace those with their identities.
    pub changed: Vec<Trade>,
    /// The trades to delete: their lots disappeared because a late event changed the order of closings.
    pub gone: Vec<Id<Trade>>,
}

impl Projection {
    /// Computes the state of one cycle from its events, given in any order. Voided ones do not count. Dividends reduce
    /// the adjusted basis.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) without events that count, for an invalid event, and when a sum is
    /// 10¹² or more. [`Conflict`](ErrorKind::Conflict) when the events contradict each other, with the first such
    /// event as `event`: the event belongs to another cycle or account, closes more than is open, or opens a long
    /// position where a short one is open or the reverse.
    pub fn of(events: &[JournalEvent]) -> Result<Self> {
        Self::with_dividends(events, true)
    }

    /// Computes the state of one cycle as [`of`](Self::of); `reduce_basis` decides whether dividends reduce the
    /// adjusted basis.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn with_dividends(events: &[JournalEvent], reduce_basis: bool) -> Result<Self> {
        let mut ordered: Vec<_> = events.iter().filter(|event| event.voided_at.is_none()).collect();
        ordered.sort_by_key(|event| event.place());
        let (Some(first), Some(last)) = (ordered.first(), ordered.last()) else {
            return Err(Error::invalid_input("cannot project a cycle without events: at least one is needed"));
        };
        let mut book = Book::new(reduce_basis);
        for event in &ordered {
            let fits = if (event.cycle, event.account) == (first.cycle, first.account) {
                // Checked amounts are so small that no sum of them overflows.
                event.validate().and_then(|()| book.apply(event))
            } else {
                Err(Error::new(
                    ErrorKind::Conflict,
                    "cycle or account of the event differ from those of the first event",
                ))
            };
            fits.map_err(|error| error.with("event", event.id).with("cycle", first.cycle))?;
        }
        let recorded_at = ordered.iter().map(|event| event.recorded_at).max().unwrap_or(last.recorded_at);
        let cycle = book.into_cycle(first, last, recorded_at);
        cycle.validate().map_err(|error| error.with("cycle", cycle.id))?;
        let by_id: BTreeMap<_, _> = ordered.iter().map(|event| (event.id.as_uuid(), *event)).collect();
        let orders = trades::Orders::of(&cycle.lots, &by_id);
        let costs = trades::Costs::of(&cycle.lots, &by_id);
        let trade = |lot| {
            let mut trade = trades::trade(lot, by_id.get(&trades::uuid(lot))?, &cycle);
            orders.assign(&mut trade, lot);
            costs.assign(&mut trade, lot);
            Some(trade)
        };
        let trades: Vec<_> = cycle.lots.iter().filter_map(trade).collect();
        trades.iter().try_for_each(|trade| trade.validate().map_err(|error| error.with("trade", trade.id)))?;
        Ok(Self { cycle, trades })
    }

    /// Returns the stored trade with the projected fields replaced. Fields that do not follow from events stay:
    /// market context, plan and review. A finalised trade stays unchanged.
    pub fn merged(projected: &Trade, stored: &Trade) -> Trade {
        if stored.finalised { stored.clone() } else { trades::merged(projected, stored) }
    }
}

/// Returns the changes to stored trades. `stored` must contain every trade whose identity is the UUID of one of the
/// cycle's events. Finalised trades change only if the events were amended.
pub fn settle_trades(projected: &[Trade], stored: &[Trade], is_amended: bool) -> Settlement {
    let by_id: BTreeMap<_, _> = stored.iter().map(|trade| (trade.id, trade)).collect();
    let merged = |projected, stored: &Trade| {
        if is_amended { trades::merged(projected, stored) } else { Projection::merged(projected, stored) }
    };
    let changed = projected.iter().filter_map(|projected| match by_id.get(&projected.id) {
        None => Some(projected.clone()),
        Some(stored) => Some(merged(projected, stored)).filter(|merged| merged != *stored),
    });
    let lots: BTreeSet<_> = projected.iter().map(|trade| trade.id).collect();
    // In the order of identities, since the audit names them, and engines list rows in orders of their own.
    let gone = by_id.values().filter(|trade| !lots.contains(&trade.id) && (is_amended || !trade.finalised));
    Settlement { changed: changed.collect(), gone: gone.map(|trade| trade.id).collect() }
}

impl Settlement {
    /// Returns true if no trade changes.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }
}

/// Returns the possible identities of the trades of some events: one for each event.
pub fn trade_ids(events: &[JournalEvent]) -> Vec<Id<Trade>> {
    events.iter().map(|event| Id::from_uuid(event.id.as_uuid())).collect()
}

/// Creates the error for a cycle without events.
pub fn no_events(cycle: Id<Cycle>) -> Error {
    Error::new(ErrorKind::NotFound, "no cycle has this identity").with("cycle", cycle)
}

/// Returns the latest of some instants, at least `or`.
fn latest(instants: impl IntoIterator<Item = Timestamp>, or: Timestamp) -> Timestamp {
    instants.into_iter().fold(or, Timestamp::max)
}
