//! Conversion of lots into trades.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use uuid::Uuid;

use super::{
    super::{
        BasisStep, CloseAction, Cycle, EventKind, ExitReason, JournalEvent, LegRole, Lot, OpenAction, Side, Trade,
        WheelLeg,
    },
    latest,
};
use crate::{
    Decimal, Id, Name,
    market::{Instrument, OptionContract, OptionType},
    money::SCALE,
};

pub(super) fn uuid(lot: &Lot) -> Uuid {
    lot.id.as_uuid()
}

/// Creates the trade of a lot, with every field that follows from events.
pub(super) fn trade(lot: &Lot, opening: &JournalEvent, cycle: &Cycle) -> Trade {
    let side = if lot.quantity.is_sign_negative() { Side::Short } else { Side::Long };
    let mut trade = Trade::new(
        Id::from_uuid(uuid(lot)),
        (cycle.account, opening.strategy),
        (cycle.symbol, lot.instrument),
        (side, lot.quantity.abs(), lot.price),
        (opening.at, opening.source.clone()),
    );
    let last = lot.closings.last();
    let step = |event| cycle.basis.iter().find(|step| step.event == event);
    trade.provenance = opening.provenance;
    trade.origin.signal = opening.signal;
    trade.recorded_at = opening.recorded_at;
    trade.updated_at = latest(lot.closings.iter().map(|closing| closing.at), opening.at);
    trade.origin.cycle = Some(cycle.id);
    trade.origin.parent_lot = lot.parent;
    trade.origin.roll_chain = match lot.roll {
        Some(roll) => Some(roll.chain),
        None => lot.closings.iter().any(|closing| closing.kind == EventKind::Roll).then(|| Id::from_uuid(uuid(lot))),
    };
    trade.origin.leg_role = leg_role(lot);
    trade.origin.wheel_phase = step(opening.id).map(|step| step.phase);
    trade.subject.multiplier = lot.multiplier;
    let execution = &mut trade.execution;
    execution.quantity_closed = (lot.quantity - lot.open).abs();
    execution.exited_at = last.filter(|_| lot.open.is_zero()).map(|closing| closing.at);
    execution.exit_price = exit_price(lot);
    execution.close_action = last.map(|closing| close_action(closing.kind, execution.open_action));
    execution.exit_reason = last.and_then(|closing| exit_reason(closing.kind));
    let fees = lot.fees + lot.closings.iter().map(|closing| closing.fees).sum::<Decimal>();
    if let Instrument::Option(contract) = lot.instrument {
        trade.subject.exercise_style = Some(contract.root().product().exercise_style);
        let opened = lot.cash + lot.fees;
        let closed = lot.closings.iter().map(|closing| closing.cash + closing.fees).sum::<Decimal>();
        let (received, paid) = if side == Side::Short { (opened, -closed) } else { (closed, -opened) };
        trade.outcome.premium_received = Some(received);
        trade.outcome.premium_paid = Some(paid);
        if side == Side::Short && contract.option_type() == OptionType::Put {
            let shares = lot.quantity.abs() * Decimal::from(lot.multiplier);
            trade.risk.collateral = Some((contract.strike().to_decimal() * shares).round_dp(SCALE));
        }
    } else if side == Side::Long {
        trade.risk.collateral = Some((-lot.cash).max(Decimal::ZERO));
    }
    if lot.open.is_zero() {
        trade.outcome = trade.outcome.with_result(lot.pnl() + fees, fees, Decimal::ZERO);
    }
    let then = last.map_or(opening.id, |closing| closing.event);
    trade.wheel = wheel(lot, step(then));
    trade
}

/// The broker's orders of a cycle's lots.
pub(super) struct Orders<'a> {
    events: &'a BTreeMap<Uuid, &'a JournalEvent>,
    /// The instruments that each order opened.
    opened: BTreeMap<Name, BTreeSet<Instrument>>,
}

impl<'a> Orders<'a> {
    pub(super) fn of(lots: &[Lot], events: &'a BTreeMap<Uuid, &'a JournalEvent>) -> Self {
        let mut orders = Self { events, opened: BTreeMap::new() };
        for lot in lots {
            if let Some(order) = orders.order(uuid(lot)) {
                orders.opened.entry(order).or_default().insert(lot.instrument);
            }
        }
        orders
    }

    fn order(&self, event: Uuid) -> Option<Name> {
        self.events.get(&event)?.broker_order_id
    }

    /// Sets a trade's orders, and its leg group when the opening order opened other instruments as well.
    pub(super) fn assign(&self, trade: &mut Trade, lot: &Lot) {
        let closings = lot.closings.iter().map(|closing| closing.event.as_uuid());
        let mut orders: Vec<_> = iter::once(uuid(lot)).chain(closings).filter_map(|event| self.order(event)).collect();
        orders.dedup();
        trade.origin.order_ids = orders.iter().map(ToString::to_string).collect();
        let opening = self.order(uuid(lot)).filter(|order| self.opened.get(order).is_some_and(|legs| legs.len() > 1));
        let account = trade.origin.account;
        trade.origin.leg_group = opening.map(|order| Id::named(&format!("legs/{}/{account}/{order}", trade.source)));
    }
}

/// The parts of the costs of a cycle's lots, where the events state them.
pub(super) struct Costs {
    /// Commission, fees of regulators and fees of exchanges, and the fee of an assignment or exercise, by lot.
    of_lots: BTreeMap<Uuid, [Option<Decimal>; 4]>,
}

impl Costs {
    pub(super) fn of(lots: &[Lot], events: &BTreeMap<Uuid, &JournalEvent>) -> Self {
        let mut costs = Self { of_lots: BTreeMap::new() };
        // The fees of each event that earlier lots bear: the shares of its parts sum up to the whole.
        let mut borne = BTreeMap::<Uuid, Decimal>::new();
        for lot in lots {
            let of_lot = costs.of_lots.entry(uuid(lot)).or_default();
            let closings = lot.closings.iter().map(|closing| (closing.event.as_uuid(), closing.fees));
            for (event, fees) in iter::once((uuid(lot), lot.fees)).chain(closings) {
                let Some(event) = events.get(&event) else { continue };
                let is_first = !borne.contains_key(&event.id.as_uuid());
                let before = borne.entry(event.id.as_uuid()).or_default();
                let (from, until) = (*before, *before + fees);
                *before = until;
                let part = |whole: Decimal| {
                    // Without fees to share, the first lot bears the parts, which cancel each other out.
                    let none = if is_first { whole } else { Decimal::ZERO };
                    let up_to = |fees: Decimal| Some(whole.checked_mul(fees)?.checked_div(event.fees)?.round_dp(SCALE));
                    up_to(until).zip(up_to(from)).map_or(none, |(until, from)| until - from)
                };
                let delivers = matches!(event.kind, EventKind::Assign | EventKind::Exercise | EventKind::CalledAway);
                let parts = [event.commission, event.regulatory_fees, event.exchange_fees];
                let parts = parts.into_iter().map(|whole| whole.map(part)).chain(iter::once(delivers.then_some(fees)));
                for (sum, part) in of_lot.iter_mut().zip(parts) {
                    *sum = part.map_or(*sum, |part| Some(sum.map_or(part, |sum| sum + part)));
                }
            }
        }
        costs
    }

    /// Sets the parts of a trade's costs.
    pub(super) fn assign(&self, trade: &mut Trade, lot: &Lot) {
        let Some([commission, regulatory, exchange, assignment]) = self.of_lots.get(&uuid(lot)).copied() else {
            return;
        };
        let execution = &mut trade.execution;
        (execution.commission, execution.regulatory_fees) = (commission, regulatory);
        (execution.exchange_fees, execution.assignment_fee) = (exchange, assignment);
    }
}

fn leg_role(lot: &Lot) -> Option<LegRole> {
    let short = lot.quantity.is_sign_negative();
    let option_type = match lot.instrument {
        Instrument::Option(contract) => Some(contract.option_type()),
        Instrument::Symbol(_) => None,
    };
    let closed = lot.closings.last().filter(|_| lot.open.is_zero()).map(|closing| closing.kind);
    match (closed, option_type) {
        (Some(EventKind::Roll), _) => Some(LegRole::RollFrom),
        (Some(EventKind::Expire), _) => Some(LegRole::Expire),
        (Some(EventKind::Assign), _) => Some(LegRole::Assign),
        (Some(EventKind::CalledAway), _) => Some(LegRole::CalledAway),
        (Some(EventKind::Exercise), _) => Some(LegRole::Exercise),
        (Some(_), Some(OptionType::Put)) if short => Some(LegRole::CspClose),
        (Some(_), Some(OptionType::Call)) if short => Some(LegRole::CcClose),
        (None, Some(_)) if lot.roll.is_some() => Some(LegRole::RollTo),
        (None, Some(OptionType::Put)) if short => Some(LegRole::CspOpen),
        (None, Some(OptionType::Call)) if short => Some(LegRole::CcOpen),
        (_, None) if lot.parent.is_some() => Some(LegRole::Assign),
        _ => None,
    }
}

const fn close_action(kind: EventKind, opened: OpenAction) -> CloseAction {
    match (kind, opened) {
        (EventKind::Expire, _) => CloseAction::Expire,
        (EventKind::Assign | EventKind::CalledAway, _) => CloseAction::Assign,
        (EventKind::Exercise, _) => CloseAction::Exercise,
        (_, OpenAction::SellToOpen) => CloseAction::BuyToClose,
        (_, OpenAction::BuyToOpen) => CloseAction::SellToClose,
    }
}

/// Returns the exit reason, where the kind of event implies one.
const fn exit_reason(kind: EventKind) -> Option<ExitReason> {
    match kind {
        EventKind::Expire => Some(ExitReason::Expired),
        EventKind::Assign => Some(ExitReason::Assigned),
        EventKind::CalledAway => Some(ExitReason::CalledAway),
        EventKind::Roll => Some(ExitReason::Rolled),
        EventKind::Exercise => Some(ExitReason::Discretionary),
        _ => None,
    }
}

/// Returns the mean price of the closings, weighted by quantity.
fn exit_price(lot: &Lot) -> Option<Decimal> {
    if let [only] = &lot.closings[..] {
        return Some(only.price);
    }
    let quantity: Decimal = lot.closings.iter().map(|closing| closing.quantity.abs()).sum();
    let weighted = lot.closings.iter().map(|closing| closing.price.checked_mul(closing.quantity.abs()));
    let total = weighted.sum::<Option<Decimal>>()?;
    total.checked_div(quantity).map(|price| price.round_dp(SCALE))
}

fn wheel(lot: &Lot, step: Option<&BasisStep>) -> WheelLeg {
    let contract: Option<OptionContract> = match lot.instrument {
        Instrument::Option(contract) => Some(contract),
        Instrument::Symbol(_) => None,
    };
    let delivered = |kind| matches!(kind, EventKind::Assign | EventKind::CalledAway | EventKind::Exercise);
    let assigned = || lot.closings.iter().filter(|closing| contract.is_some() && delivered(closing.kind));
    let quantity: Decimal = assigned().map(|closing| closing.quantity).sum();
    let last = assigned().next_back();
    let shares = contract.filter(|_| last.is_some()).map(|contract| {
        let units = quantity * Decimal::from(lot.multiplier);
        if contract.option_type() == OptionType::Put { units } else { -units }
    });
    WheelLeg {
        assigned_contracts: last.map(|_| quantity.abs()),
        assigned_at: last.map(|closing| closing.at),
        early_assignment: last.and_then(|closing| {
            Some(closing.at.new_york_date() < contract?.standard_life().settles_at.new_york_date())
        }),
        shares_delta: shares,
        basis_tax_per_share: step.and_then(|step| step.tax_per_share),
        basis_adjusted_per_share: step.and_then(|step| step.adjusted_per_share),
        roll_sequence: contract.map(|_| lot.roll.map_or(0, |roll| roll.sequence)),
        roll_net_credit: lot.roll.map(|roll| roll.net_credit),
        roll_type: lot.roll.and_then(|roll| roll.roll_type),
        dividends_received: step.map(|step| step.dividends),
        cycle_realized_pnl: step.map(|step| step.realized_pnl),
        days_underwater: None,
    }
}

/// Returns the stored trade with every field that follows from events replaced by the projected one.
pub(super) fn merged(projected: &Trade, stored: &Trade) -> Trade {
    let mut merged = stored.clone();
    merged.origin.account = projected.origin.account;
    merged.origin.strategy = projected.origin.strategy;
    merged.origin.cycle = projected.origin.cycle;
    merged.origin.roll_chain = projected.origin.roll_chain;
    merged.origin.leg_group = projected.origin.leg_group.or(stored.origin.leg_group);
    if !projected.origin.order_ids.is_empty() {
        merged.origin.order_ids.clone_from(&projected.origin.order_ids);
    }
    merged.origin.signal = projected.origin.signal.or(stored.origin.signal);
    merged.origin.parent_lot = projected.origin.parent_lot;
    merged.provenance = projected.provenance;
    merged.origin.leg_role = projected.origin.leg_role;
    merged.origin.wheel_phase = projected.origin.wheel_phase;
    merged.at = projected.at;
    merged.subject.symbol = projected.subject.symbol;
    merged.subject.instrument = projected.subject.instrument;
    merged.subject.multiplier = projected.subject.multiplier;
    merged.subject.exercise_style = stored.subject.exercise_style.or(projected.subject.exercise_style);
    let (execution, events) = (&mut merged.execution, &projected.execution);
    execution.side = events.side;
    execution.open_action = events.open_action;
    execution.close_action = events.close_action;
    execution.quantity = events.quantity;
    execution.quantity_closed = events.quantity_closed;
    execution.exited_at = events.exited_at;
    execution.entry_price = events.entry_price;
    execution.exit_price = events.exit_price;
    execution.exit_reason = events.exit_reason.or(execution.exit_reason);
    execution.commission = events.commission.or(execution.commission);
    execution.regulatory_fees = events.regulatory_fees.or(execution.regulatory_fees);
    execution.exchange_fees = events.exchange_fees.or(execution.exchange_fees);
    execution.assignment_fee = events.assignment_fee.or(execution.assignment_fee);
    let (outcome, events) = (&mut merged.outcome, &projected.outcome);
    outcome.premium_received = events.premium_received;
    outcome.premium_paid = events.premium_paid;
    // The owner may have declared a small result breakeven: keep that unless the result changed.
    if outcome.net_pnl != events.net_pnl {
        outcome.win_loss = events.win_loss;
    }
    outcome.gross_pnl = events.gross_pnl;
    outcome.total_costs = events.total_costs;
    outcome.net_pnl = events.net_pnl;
    merged.risk.collateral = projected.risk.collateral.or(merged.risk.collateral);
    let days_underwater = stored.wheel.days_underwater;
    merged.wheel = WheelLeg { days_underwater, ..projected.wheel.clone() };
    merged.updated_at = stored.updated_at.max(projected.updated_at);
    merged
}
