//! From the events of a cycle to its lots, its trades and its cost bases.

mod book;
mod trades;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::book::Book;
use super::{Cycle, JournalEvent, RollChain, RollType, Trade};
use crate::{Decimal, Entry, Error, ErrorKind, Id, Keyed, Result, Timestamp};

/// The roll that brought a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollLink {
    /// The chain of rolls: the UUID of its first contract's lot.
    pub chain: Id<RollChain>,
    /// The how-manieth roll of the chain it was, from 1 on.
    pub sequence: u32,
    /// Its credit per share; below zero when it was a debit.
    pub net_credit: Decimal,
    /// Where it went; `None` when strike and expiration stayed what they were.
    pub roll_type: Option<RollType>,
}

/// What the events of a cycle come to.
///
/// Lots are closed oldest first, unless an event names the one it closes. What a part of a lot cost is its part of the
/// whole, rounded to eight digits, and the last part is the rest: nothing is lost, and when nothing is open the
/// realized profit is the sum of all that the events brought and took, to the last digit.
///
/// The adjusted basis follows the money. Net credits of puts wait until shares come; of puts that are assigned in part,
/// the part of their contracts. Net credits of calls, dividends and fees reduce or raise the basis of the shares held,
/// all of them, also where a call covers fewer. When shares go, their part of the basis goes with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The cycle.
    pub cycle: Cycle,
    /// A trade for each of its lots, in their order.
    pub trades: Vec<Trade>,
}

/// What a projection changes of the trades that are stored. For implementors of the port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settlement {
    /// Trades to be stored, in the place of those with their identities.
    pub changed: Vec<Trade>,
    /// Trades whose lots are no more, since an event told late changed what became of another.
    pub gone: Vec<Id<Trade>>,
}

impl Projection {
    /// What the events of one cycle come to, in whatever order they are given. Dividends reduce the adjusted basis.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) without events, for an event that no store would take, and when a sum
    /// is 10¹² or more. [`Conflict`](ErrorKind::Conflict) when the events do not fit together, with the first one that
    /// does not as `event`: it belongs to another cycle or account, closes more than is open, or opens what is open the
    /// other way round.
    pub fn of(events: &[JournalEvent]) -> Result<Self> {
        Self::with_dividends(events, true)
    }

    /// The same, and whether dividends reduce the adjusted basis.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn with_dividends(events: &[JournalEvent], reduce_basis: bool) -> Result<Self> {
        let mut ordered: Vec<_> = events.iter().collect();
        ordered.sort_by_key(|event| event.place());
        let (Some(first), Some(last)) = (ordered.first(), ordered.last()) else {
            return Err(Error::invalid_input("a cycle has events"));
        };
        let mut book = Book::new(reduce_basis);
        for event in &ordered {
            let fits = if (event.cycle, event.account) == (first.cycle, first.account) {
                // Amounts that are checked are so small that no sum of them overflows.
                event.validate().and_then(|()| book.apply(event))
            } else {
                Err(Error::new(ErrorKind::Conflict, "the event belongs to another cycle or account"))
            };
            fits.map_err(|error| error.with("event", event.id).with("cycle", first.cycle))?;
        }
        let recorded_at = ordered.iter().map(|event| event.recorded_at).max().unwrap_or(last.recorded_at);
        let cycle = book.into_cycle(first, last, recorded_at);
        cycle.validate().map_err(|error| error.with("cycle", cycle.id))?;
        let by_id: BTreeMap<_, _> = ordered.iter().map(|event| (event.id.as_uuid(), *event)).collect();
        let orders = trades::Orders::of(&cycle.lots, &by_id);
        let trade = |lot| {
            let mut trade = trades::trade(lot, by_id.get(&trades::uuid(lot))?, &cycle);
            orders.tell(&mut trade, lot);
            Some(trade)
        };
        let trades: Vec<_> = cycle.lots.iter().filter_map(trade).collect();
        trades.iter().try_for_each(|trade| trade.validate().map_err(|error| error.with("trade", trade.id)))?;
        Ok(Self { cycle, trades })
    }

    /// What the projection makes of a trade that is stored: it takes over what no event tells, the market, the plan,
    /// the review. A finalised trade stays as it is.
    pub fn merged(projected: &Trade, stored: &Trade) -> Trade {
        trades::merged(projected, stored)
    }

    /// What has to be stored of its trades, given those that are: all whose identities are UUIDs of the cycle's events.
    pub fn settle(&self, stored: &[Trade]) -> Settlement {
        let by_id: BTreeMap<_, _> = stored.iter().map(|trade| (trade.id, trade)).collect();
        let changed = self.trades.iter().filter_map(|projected| match by_id.get(&projected.id) {
            None => Some(projected.clone()),
            Some(stored) => Some(Self::merged(projected, stored)).filter(|merged| merged != *stored),
        });
        let lots: BTreeSet<_> = self.trades.iter().map(|trade| trade.id).collect();
        let gone = stored.iter().filter(|trade| !lots.contains(&trade.id) && !trade.finalised);
        Settlement { changed: changed.collect(), gone: gone.map(|trade| trade.id).collect() }
    }
}

impl Settlement {
    /// Whether nothing has to be stored.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }
}

/// The identities that the trades of some events can have: one for each event. For implementors of the port.
pub fn trade_ids(events: &[JournalEvent]) -> Vec<Id<Trade>> {
    events.iter().map(|event| Id::from_uuid(event.id.as_uuid())).collect()
}

/// The error of a cycle without events. For implementors of the port.
pub fn no_events(cycle: Id<Cycle>) -> Error {
    Error::new(ErrorKind::NotFound, "there is no such cycle").with("cycle", cycle)
}

/// The latest of some instants.
fn latest(instants: impl IntoIterator<Item = Timestamp>, or: Timestamp) -> Timestamp {
    instants.into_iter().fold(or, Timestamp::max)
}
