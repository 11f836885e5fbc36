//! Rows that belong together although they stand apart: a cancelled trade and its cancellation, a cash settlement and
//! the removal of its contracts, an assignment and its shares.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use strikebook_core::{
    Decimal,
    market::{Delivery, Instrument, OptionContract},
    money::SCALE,
};
use strikebook_vendors::broker::{BrokerAction, BrokerRow, RowIdentity};

/// The longest time between an assignment and the row of its shares, or between the two rows of a cash settlement:
/// a weekend and a holiday.
pub(super) const APART: TimeDelta = TimeDelta::days(4);

/// The rows that follow others, by the lines of both.
#[derive(Default)]
pub(super) struct Pairs {
    followers: HashMap<u64, Vec<BrokerRow>>,
    absorbed: HashSet<u64>,
}

impl Pairs {
    /// Finds the pairs among rows in the order of time.
    pub(super) fn of(rows: &[&BrokerRow]) -> Self {
        let mut pairs = Self::default();
        for (index, row) in rows.iter().enumerate() {
            match row.action {
                BrokerAction::Cancellation => pairs.cancel(rows, index),
                BrokerAction::Assignment if !row.value.is_zero() => pairs.settle(rows, index),
                _ => {}
            }
        }
        pairs.deliver(rows);
        pairs
    }

    /// Returns true for a row that is mapped with another.
    pub(super) fn is_absorbed(&self, row: &BrokerRow) -> bool {
        self.absorbed.contains(&row.line)
    }

    /// Returns the rows, or parts of them, that follow a row.
    pub(super) fn followers(&self, row: &BrokerRow) -> &[BrokerRow] {
        self.followers.get(&row.line).map_or(&[], Vec::as_slice)
    }

    fn absorb(&mut self, row: &BrokerRow, follower: &BrokerRow) {
        self.absorbed.insert(follower.line);
        self.followers.entry(row.line).or_default().push(follower.clone());
    }

    /// Pairs a cancellation with the last trade before it that has the same terms.
    fn cancel(&mut self, rows: &[&BrokerRow], index: usize) {
        let Some(row) = rows.get(index) else { return };
        let cancelled = rows.iter().take_while(|other| other.at <= row.at).filter(|other| {
            let is_trade = matches!(
                other.action,
                BrokerAction::Open | BrokerAction::Close | BrokerAction::Reversal | BrokerAction::Trade
            );
            let is_same_order = row.order.is_none() || other.order.is_none() || row.order == other.order;
            is_trade
                && is_same_order
                && other.instrument == row.instrument
                && other.quantity == -row.quantity
                && other.price == row.price
                && !self.absorbed.contains(&other.line)
        });
        if let Some(cancelled) = cancelled.last() {
            self.absorb(row, cancelled);
        }
    }

    /// Pairs the money of contracts settled in cash with the row that removes them.
    fn settle(&mut self, rows: &[&BrokerRow], index: usize) {
        let Some(row) = rows.get(index) else { return };
        let is_removal = |other: &&&BrokerRow| {
            matches!(other.action, BrokerAction::Assignment | BrokerAction::Expiration)
                && other.value.is_zero()
                && other.instrument == row.instrument
                && other.quantity.abs() == row.quantity.abs()
                && is_near(row, other)
                && !self.absorbed.contains(&other.line)
        };
        if let Some(removal) = rows.iter().find(is_removal) {
            self.absorb(row, removal);
        }
    }

    /// Pairs assigned and exercised contracts with the rows of their shares, of which one may be for several contracts.
    fn deliver(&mut self, rows: &[&BrokerRow]) {
        // What is left of each row of shares.
        let mut shares: Vec<BrokerRow> =
            rows.iter().filter(|row| row.action == BrokerAction::Delivery).map(|row| (*row).clone()).collect();
        for row in rows {
            let Some(contract) = delivering(row).filter(|_| !self.absorbed.contains(&row.line)) else { continue };
            let mut left = row.quantity.abs().saturating_mul(row.multiplier.into());
            let strike = contract.strike().to_decimal();
            // An adjusted contract delivers another number of shares for the same money.
            let money = strike.saturating_mul(left);
            let exact =
                shares.iter().position(|it| it.at == row.at && it.symbol == row.symbol && it.value.abs() == money);
            if let Some(index) = exact {
                let follower = shares.remove(index);
                self.absorb(row, &follower);
                continue;
            }
            while left > Decimal::ZERO {
                let nearest = shares.iter().enumerate().filter(|(_, it)| {
                    it.symbol == row.symbol && it.price == strike && is_near(row, it) && !it.quantity.is_zero()
                });
                let nearest = nearest
                    .min_by_key(|(_, it)| if it.at > row.at { it.at.since(row.at) } else { row.at.since(it.at) });
                let Some(index) = nearest.map(|(index, _)| index) else { break };
                let whole = shares.remove(index);
                let taken = whole.quantity.abs().min(left);
                left -= taken;
                let (part, rest) = split(&whole, taken, "rest");
                self.absorb(row, &part);
                shares.extend(rest);
            }
        }
    }
}

/// Returns the contract of a row that delivers shares; `None` for a settlement in cash, and for every other row.
fn delivering(row: &BrokerRow) -> Option<OptionContract> {
    match row.instrument {
        Some(Instrument::Option(contract)) if row.action == BrokerAction::Assignment => {
            Some(contract).filter(|contract| contract.root().product().delivery == Delivery::Shares)
        }
        _ => None,
    }
}

fn is_near(one: &BrokerRow, other: &BrokerRow) -> bool {
    one.at.since(other.at) <= APART && other.at.since(one.at) <= APART
}

/// Splits a row at a number of units: a part with its share of the money, which keeps the identity, and the rest, which
/// has a name added; `None` for a part that is the whole.
pub(super) fn split(row: &BrokerRow, units: Decimal, rest: &str) -> (BrokerRow, Option<BrokerRow>) {
    let whole = row.quantity.abs();
    if units >= whole {
        return (row.clone(), None);
    }
    // Amounts below 10¹² make no product of two of them overflow, and an overflow would leave the money in the rest.
    let share = |amount: Decimal| {
        let share = amount.checked_mul(units).and_then(|product| product.checked_div(whole));
        share.map_or(Decimal::ZERO, |share| share.round_dp(SCALE))
    };
    let (value, costs) = (share(row.value), share(row.costs));
    let quantity = if row.quantity.is_sign_negative() { -units } else { units };
    let commission = row.commission.map(share);
    let part = BrokerRow { quantity, value, costs, commission, ..row.clone() };
    let rest = BrokerRow {
        identity: RowIdentity::Given(format!("{}/{rest}", row.id()).into()),
        quantity: row.quantity - quantity,
        value: row.value - value,
        costs: row.costs - costs,
        commission: row.commission.zip(commission).map(|(whole, part)| whole - part),
        ..row.clone()
    };
    (part, Some(rest))
}
