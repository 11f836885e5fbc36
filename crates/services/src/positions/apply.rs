//! Stored corporate actions, applied to the positions and the journal of an account.

use std::{
    collections::{BTreeMap, BTreeSet},
    slice::from_ref,
};

use strikebook_core::{
    AsOf, Decimal, Id, Limit, Listing, Name, Result, Store, Timestamp,
    market::{ActionKey, CorporateAction, Instrument, Symbol},
    money::SCALE,
    port::Keyed,
    trading::{
        Position, PositionFilter, PositionKey,
        journal::{Cycle, CycleFilter, EventKind, JournalEvent, JournalEventFilter, JournalRepository},
    },
    unit::{Guarded, GuardedKey, UnitOfWork},
};

use super::{after_action, events, too_large};

/// The changes of an account by its corporate actions, and the actions that are left to the owner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppliedActions {
    /// The new events of the journal, in the order of cycles and time.
    pub events: Vec<JournalEvent>,
    /// The changed positions, in the order of their keys.
    pub positions: Vec<Position>,
    /// The actions that no event of the journal can say.
    pub open: Vec<OpenAction>,
}

/// An action on an instrument of a cycle that is left to the owner.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenAction {
    /// The action, as it is known.
    pub action: CorporateAction,
    /// The cycle that holds the instrument of the action.
    pub cycle: Id<Cycle>,
    /// The instrument that the action changes.
    pub instrument: Instrument,
    /// The reason why no event was written.
    pub reason: OpenReason,
}

/// The reason why an action is left to the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenReason {
    /// Shares of a new company were received, and the part of the cost that goes with them is not known. It is never
    /// taken as zero: the owner opens them in the journal at their basis.
    BasisMissing {
        /// The symbol of the received shares.
        received: Instrument,
        /// The number of the shares; negative when they are owed.
        quantity: Decimal,
    },
    /// The new units for one old unit are no number of eight decimals, such as one third.
    InexactRatio,
    /// The journal has an event of this action with other terms: the action was restated after it was applied.
    Restated,
    /// Later events of the cycle contradict the action, such as a sale of shares that the action exchanges.
    Contradicted,
}

/// Applies the corporate actions that are in force and known at an instant to an account: to its stored positions, and
/// as events to the cycles of its journal, all in one unit of work. Applying them again changes nothing.
///
/// The identity of an event follows from the action, the cycle and the instrument. An action that the journal has from
/// the broker, as an event of the same kind on the instrument in the week from the action's date, is not applied once
/// more. A position takes the actions after its [`updated_at`](Position::updated_at), so one that was fetched after the
/// action stays.
///
/// | action | event of the journal |
/// |---|---|
/// | split, stock dividend | a split, of contracts into those of the new strike |
/// | symbol change | a split of 1 into the new symbol |
/// | merger for shares | a split into the other company's shares, after a dividend of the cash that is paid beside |
/// | merger for cash | a close at the cash |
/// | spin-off | none: [`BasisMissing`](OpenReason::BasisMissing) |
/// | contract adjustment | a split into the contracts of the new root |
///
/// Dividends in cash are no part of it, since a broker's history has what was paid.
///
/// # Errors
/// Those of the store, and of [`after_action`]. [`Conflict`](strikebook_core::ErrorKind::Conflict) when another writer
/// changed a position meanwhile: nothing is stored, and another call reads it again.
///
/// # Cancel safety
/// A dropped call stores everything or nothing.
pub async fn apply_actions(store: &(impl Store + ?Sized), account: Name, now: Timestamp) -> Result<AppliedActions> {
    let mut known = KnownActions { store, now, of: BTreeMap::new() };
    let mut applied = AppliedActions::default();
    let filter = CycleFilter { account: Some(account), ..CycleFilter::default() };
    for cycle in store.list_cycles(&filter).await? {
        let stored = store.list_cycle_events(cycle.id).await?;
        cycle_events(&mut known, &stored, now, &mut applied).await?;
    }
    let before = store.list_positions(&PositionFilter { account: Some(account), ..PositionFilter::default() }).await?;
    let before: BTreeMap<_, _> = before.into_iter().map(|position| (position.key(), position)).collect();
    let after = positions_after(&mut known, &before).await?;
    let unit = UnitOfWork::new().append_journal_events(applied.events.clone());
    let unit = before
        .iter()
        .filter(|(key, _)| !after.contains_key(key))
        .fold(unit, |unit, (key, position)| unit.delete_position(GuardedKey::new(*key).must_match(position.clone())));
    let changed = after.into_iter().filter(|(key, position)| before.get(key) != Some(position));
    let (unit, changed) = changed.fold((unit, Vec::new()), |(unit, mut changed), (key, position)| {
        let unit = unit.upsert_positions(Guarded::from(position.clone()).must_match(before.get(&key).cloned()));
        changed.push(position);
        (unit, changed)
    });
    applied.positions = changed;
    store.apply(&unit).await?;
    let mut open = Vec::with_capacity(applied.open.len());
    for action in applied.open {
        if !is_entered(store, account, &action).await? {
            open.push(action);
        }
    }
    Ok(AppliedActions { open, ..applied })
}

/// Returns true if the owner has opened the shares that an action left without a basis.
async fn is_entered(store: &(impl JournalRepository + ?Sized), account: Name, open: &OpenAction) -> Result<bool> {
    let OpenReason::BasisMissing { received: Instrument::Symbol(symbol), .. } = open.reason else { return Ok(false) };
    let filter = JournalEventFilter {
        account: Some(account),
        symbol: Some(symbol),
        kind: Some(EventKind::Open),
        ..JournalEventFilter::default()
    };
    let until = open.action.at.saturating_add(events::WEEK);
    let query = Listing::new(filter).with_from(open.action.at).with_until(until).with_limit(Limit::MIN);
    Ok(!store.list_journal_events(&query).await?.items.is_empty())
}

/// The place of an action in the order in which actions are applied.
type Place = (Timestamp, ActionKey);

fn place(action: &CorporateAction) -> Place {
    (action.at, action.key)
}

/// The actions of symbols that are in force and known, each symbol read once.
struct KnownActions<'a, S: ?Sized> {
    store: &'a S,
    now: Timestamp,
    of: BTreeMap<Symbol, Vec<CorporateAction>>,
}

impl<S: Store + ?Sized> KnownActions<'_, S> {
    /// Returns the first action on one of some instruments that comes after an instant and behind a place.
    async fn next(
        &mut self,
        instruments: &[Instrument],
        after: Timestamp,
        behind: Option<Place>,
    ) -> Result<Option<CorporateAction>> {
        let mut symbols = BTreeSet::new();
        for instrument in instruments {
            match *instrument {
                Instrument::Symbol(symbol) => drop(symbols.insert(symbol)),
                Instrument::Option(contract) => {
                    symbols.insert(contract.root().underlying()?);
                    symbols.insert(Symbol::new(contract.root().as_str())?);
                }
            }
        }
        let mut next: Option<&CorporateAction> = None;
        for symbol in &symbols {
            if !self.of.contains_key(symbol) {
                let as_of = AsOf { at: self.now, known_by: Some(self.now) };
                let actions = self.store.corporate_actions_of(*symbol, Timestamp::MIN, as_of).await?;
                self.of.insert(*symbol, actions);
            }
        }
        for action in symbols.iter().filter_map(|symbol| self.of.get(symbol)).flatten() {
            let comes = action.at > after && behind.is_none_or(|behind| place(action) > behind);
            if comes && next.is_none_or(|next| place(action) < place(next)) {
                next = Some(action);
            }
        }
        Ok(next.cloned())
    }
}

/// Adds the events of the actions on a cycle that its journal lacks, one action after another.
async fn cycle_events<S: Store + ?Sized>(
    known: &mut KnownActions<'_, S>,
    stored: &[JournalEvent],
    now: Timestamp,
    applied: &mut AppliedActions,
) -> Result<()> {
    let mut log = events::Log::new(stored, now);
    let mut behind = None;
    while let Some(action) = known.next(&log.instruments(), log.opened_at(), behind).await? {
        behind = Some(place(&action));
        log.apply(&action, &mut applied.open)?;
    }
    applied.events.extend(log.into_new());
    Ok(())
}

/// Returns the positions of an account after the actions that came after each position's last change.
async fn positions_after<S: Store + ?Sized>(
    known: &mut KnownActions<'_, S>,
    before: &BTreeMap<PositionKey, Position>,
) -> Result<BTreeMap<PositionKey, Position>> {
    let (mut after, mut changed) = (before.clone(), Vec::new());
    for (key, position) in before.iter().filter(|(_, position)| position.is_open()) {
        let (mut held, mut behind) = (vec![position.clone()], None);
        let instruments = |held: &[Position]| held.iter().map(|held| held.instrument).collect::<Vec<_>>();
        while let Some(action) = known.next(&instruments(&held), position.updated_at, behind).await? {
            behind = Some(place(&action));
            let each = held.iter().map(|held| after_action(held, &action)).collect::<Result<Vec<_>>>()?;
            held = each.into_iter().flatten().collect();
        }
        if held != from_ref(position) {
            after.remove(key);
            changed.append(&mut held);
        }
    }
    for position in changed {
        let position = match after.get(&position.key()) {
            Some(there) => merged(there, &position)?,
            None => position,
        };
        after.insert(position.key(), position);
    }
    Ok(after)
}

/// Returns two positions of one key as one. The cost is known if both are held in one direction at a known cost.
fn merged(one: &Position, other: &Position) -> Result<Position> {
    let quantity = one.quantity.checked_add(other.quantity).ok_or_else(too_large)?;
    let average_cost = match (one.average_cost, other.average_cost) {
        _ if !one.is_open() => other.average_cost,
        _ if !other.is_open() => one.average_cost,
        (Some(first), Some(second)) if one.quantity.is_sign_negative() == other.quantity.is_sign_negative() => {
            let (first, second) = (first.checked_mul(one.quantity), second.checked_mul(other.quantity));
            let cost = first.zip(second).and_then(|(first, second)| first.checked_add(second));
            let each = cost.and_then(|cost| cost.checked_div(quantity)).ok_or_else(too_large)?;
            Some(each.round_dp(SCALE))
        }
        _ => None,
    };
    Ok(Position {
        quantity,
        average_cost,
        realized_pnl: one.realized_pnl.checked_add(other.realized_pnl).ok_or_else(too_large)?,
        opened_at: one.opened_at.min(other.opened_at),
        updated_at: one.updated_at.max(other.updated_at),
        recorded_at: one.recorded_at.max(other.recorded_at),
        ..other.clone()
    })
}
