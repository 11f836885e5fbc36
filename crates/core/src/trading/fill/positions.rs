//! The positions that the journal's events make: average cost and realised profit.

use std::collections::BTreeMap;

use super::{
    super::{
        Position, PositionKey,
        journal::{EventKind, JournalEvent},
    },
    against,
};
use crate::{Decimal, Error, Result, Timestamp, market::Instrument, money::SCALE, port::Keyed};

/// The changes of stored positions that follow from events.
///
/// A position costs the mean price of its units, rounded to eight decimal places (the average cost method). Its
/// realised profit is what the closed units brought beyond their mean cost, less the fees of all its events. Dividends
/// and fees of their own are none of a position's profit. A closed position has no average cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moved {
    /// The positions to store.
    pub put: Vec<Position>,
    /// The keys of positions to delete.
    pub gone: Vec<PositionKey>,
}

type Positions = BTreeMap<PositionKey, Position>;

impl Moved {
    /// Returns the keys of the positions that events may change.
    pub fn keys<'a>(events: impl IntoIterator<Item = &'a JournalEvent>) -> Vec<PositionKey> {
        let mut keys: Vec<_> = events.into_iter().flat_map(|event| trades(event).map(|trade| trade.key)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Carries stored positions on by events that come after all others.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when an amount exceeds its range.
    pub fn on(stored: &[Position], events: &[JournalEvent]) -> Result<Self> {
        let before: Positions = stored.iter().map(|position| (position.key(), position.clone())).collect();
        let after = fold(before.clone(), events)?;
        Ok(Self { put: differing(&before, after), gone: Vec::new() })
    }

    /// Returns the changes of the positions with some keys when the events of whole chains, `before`, became others,
    /// `after`. A stored position that is not the one of the events before was set by its owner, and `new` events alone
    /// are carried on from it.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when an amount exceeds its range.
    pub fn between(
        keys: &[PositionKey],
        stored: &[Position],
        (before, after): (&[JournalEvent], &[JournalEvent]),
        new: &[JournalEvent],
    ) -> Result<Self> {
        let stored: Positions = stored.iter().map(|position| (position.key(), position.clone())).collect();
        let (before, mut after) = (fold(Positions::new(), before)?, fold(Positions::new(), after)?);
        let owned = |key: &PositionKey| match (stored.get(key), before.get(key)) {
            (Some(stored), Some(before)) => !is_same(stored, before),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let carried =
            fold(stored.iter().filter(|(key, _)| owned(key)).map(|(key, it)| (*key, it.clone())).collect(), new)?;
        let mut moved = Self::default();
        for key in keys {
            let is = if owned(key) { carried.get(key).cloned() } else { after.remove(key) };
            match (is, stored.get(key)) {
                (Some(is), old) => moved.put.extend(Some(is).filter(|is| Some(is) != old)),
                (None, Some(_)) => moved.gone.push(*key),
                (None, None) => {}
            }
        }
        Ok(moved)
    }
}

fn differing(before: &Positions, after: Positions) -> Vec<Position> {
    after
        .into_iter()
        .filter(|(key, position)| before.get(key) != Some(position))
        .map(|(_, position)| position)
        .collect()
}

fn is_same(stored: &Position, made: &Position) -> bool {
    (stored.quantity, stored.average_cost, stored.realized_pnl) == (made.quantity, made.average_cost, made.realized_pnl)
}

/// A trade that an event makes in one instrument.
struct PositionTrade {
    key: PositionKey,
    quantity: Decimal,
    price: Decimal,
    fees: Decimal,
    multiplier: u32,
}

/// Returns the trades of an event: two for a roll and for delivered shares, none for a voided event.
fn trades(event: &JournalEvent) -> impl Iterator<Item = PositionTrade> {
    let trade = |instrument, quantity, price, fees, multiplier| PositionTrade {
        key: PositionKey { account: event.account, instrument, strategy: event.strategy },
        quantity,
        price,
        fees,
        multiplier,
    };
    let none = (None, None);
    let (first, second) = match event.kind {
        _ if event.voided_at.is_some() => none,
        EventKind::Dividend | EventKind::Fee => none,
        EventKind::Open | EventKind::Close | EventKind::Expire => {
            (Some(trade(event.instrument, event.quantity, event.price, event.fees, event.multiplier)), None)
        }
        EventKind::Roll => {
            let next = event.successor.zip(event.successor_price);
            (
                Some(trade(event.instrument, event.quantity, event.price, event.fees, event.multiplier)),
                next.map(|(into, price)| trade(into, -event.quantity, price, Decimal::ZERO, event.multiplier)),
            )
        }
        EventKind::Assign | EventKind::Exercise | EventKind::CalledAway => {
            let strike = event.contract().map(|contract| contract.strike().to_decimal());
            let shares = event.shares().zip(strike);
            (
                Some(trade(event.instrument, event.quantity, Decimal::ZERO, Decimal::ZERO, event.multiplier)),
                shares.map(|(shares, strike)| trade(event.symbol.into(), shares, strike, event.fees, 1)),
            )
        }
        EventKind::Split => (
            Some(trade(event.instrument, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, event.multiplier)),
            event.successor.map(|into| trade(into, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, event.multiplier)),
        ),
    };
    first.into_iter().chain(second)
}

fn fold(mut positions: Positions, events: &[JournalEvent]) -> Result<Positions> {
    let mut ordered: Vec<_> = events.iter().filter(|event| event.voided_at.is_none()).collect();
    ordered.sort_by_key(|event| event.place());
    for event in ordered {
        if event.kind == EventKind::Split {
            split(&mut positions, event)?;
            continue;
        }
        for trade in trades(event) {
            let position = positions.entry(trade.key).or_insert_with(|| flat(trade.key, event.at));
            apply(position, &trade, event.at)?;
            position.recorded_at = position.recorded_at.max(event.recorded_at);
        }
    }
    positions
        .values()
        .try_for_each(|position| position.validate().map_err(|error| error.with("position", position.key())))?;
    Ok(positions)
}

fn flat(key: PositionKey, at: Timestamp) -> Position {
    Position { average_cost: None, ..Position::new(key, Decimal::ZERO, Decimal::ZERO, at) }
}

fn too_large() -> Error {
    Error::invalid_input("an amount of the position exceeds the range of a decimal")
}

fn apply(position: &mut Position, trade: &PositionTrade, at: Timestamp) -> Result<()> {
    let held = position.quantity;
    let closing = if against(held, trade.quantity) { trade.quantity.abs().min(held.abs()) } else { Decimal::ZERO };
    position.quantity = held.checked_add(trade.quantity).ok_or_else(too_large)?;
    let mut gain = -trade.fees;
    // Without a known cost the profit is unknown and left out.
    if let Some(cost) = position.average_cost.filter(|_| !closing.is_zero()) {
        let each = if held.is_sign_negative() { cost - trade.price } else { trade.price - cost };
        let money = each.checked_mul(closing).and_then(|money| money.checked_mul(trade.multiplier.into()));
        gain = money.and_then(|money| money.round_dp(SCALE).checked_add(gain)).ok_or_else(too_large)?;
    }
    position.realized_pnl = position.realized_pnl.checked_add(gain).ok_or_else(too_large)?;
    let opens = trade.quantity.abs() > closing;
    if held.is_zero() || opens && !closing.is_zero() {
        position.opened_at = at;
    }
    position.average_cost = match position.average_cost {
        _ if position.quantity.is_zero() => None,
        _ if held.is_zero() || opens && !closing.is_zero() => Some(trade.price),
        Some(cost) if opens => Some(mean((held.abs(), cost), (trade.quantity.abs(), trade.price))?),
        cost => cost,
    };
    position.updated_at = position.updated_at.max(at);
    Ok(())
}

fn mean((held, cost): (Decimal, Decimal), (more, price): (Decimal, Decimal)) -> Result<Decimal> {
    let total = held.checked_mul(cost).zip(more.checked_mul(price)).and_then(|(one, other)| one.checked_add(other));
    let mean = total.zip(held.checked_add(more)).and_then(|(total, units)| total.checked_div(units));
    mean.map(|mean| mean.round_dp(SCALE)).ok_or_else(too_large)
}

/// Multiplies a position's units and divides its cost, and renames its instrument to the successor.
fn split(positions: &mut Positions, event: &JournalEvent) -> Result<()> {
    let key = |instrument: Instrument| PositionKey { account: event.account, instrument, strategy: event.strategy };
    let Some(position) = positions.get_mut(&key(event.instrument)) else { return Ok(()) };
    let quantity = position.quantity.checked_mul(event.quantity).ok_or_else(too_large)?.round_dp(SCALE);
    let cost = position.average_cost.map(|cost| cost.checked_div(event.quantity).ok_or_else(too_large)).transpose()?;
    let average_cost = cost.map(|cost| cost.round_dp(SCALE));
    position.updated_at = position.updated_at.max(event.at);
    position.recorded_at = position.recorded_at.max(event.recorded_at);
    let Some(successor) = event.successor.filter(|successor| *successor != event.instrument) else {
        (position.quantity, position.average_cost) = (quantity, average_cost);
        return Ok(());
    };
    let old = position.clone();
    (position.quantity, position.average_cost) = (Decimal::ZERO, None);
    let into = positions.entry(key(successor)).or_insert_with(|| flat(key(successor), old.opened_at));
    let price = average_cost.map_or(Decimal::ZERO, |cost| cost);
    let made =
        PositionTrade { key: key(successor), quantity, price, fees: Decimal::ZERO, multiplier: event.multiplier };
    apply(into, &made, event.at)?;
    // An unknown cost stays unknown.
    into.average_cost = into.average_cost.filter(|_| average_cost.is_some());
    into.recorded_at = into.recorded_at.max(event.recorded_at);
    Ok(())
}
