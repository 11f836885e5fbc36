//! The mapping of the rows of one instant.

use strikebook_core::{
    Decimal,
    market::{Instrument, OptionContract, OptionRoot, OptionType, Symbol},
    money::SCALE,
    trading::journal::EventKind,
};
use strikebook_vendors::broker::{BrokerAction, BrokerRow, RowIdentity};

use super::book::Book;

// The reasons of unmapped rows.
const NOT_OPEN: &str = "the row closes more than is open: the history starts too late, or a row is missing";
const NO_SHARES: &str = "the shares of the assignment are missing";
const NO_PAIR: &str = "the other side of the replacement is missing";
const UNEVEN: &str = "the ratio of the split has more than eight decimal places";
const TOO_LARGE: &str = "an amount, or the quantity in shares, is 1e12 or more in size";

impl Book<'_> {
    /// Maps all rows of an instant.
    pub(super) fn map_instant(&mut self, rows: &[BrokerRow]) {
        let (cash, unmapped) = (self.mapping.cash.len(), self.mapping.unmapped.len());
        // Amounts in this range are so small that no sum and no product of two of them overflows.
        let (mut left, refused): (Vec<&BrokerRow>, Vec<_>) = rows.iter().partition(|row| is_in_range(row));
        for row in refused {
            self.refuse(row, TOO_LARGE);
        }
        self.replacements(&mut left);
        self.rolls(&mut left);
        self.assignments(&mut left);
        // Closing rows come before opening ones, so that a position that is reversed is closed first.
        let opens = |row: &&BrokerRow| row.action == BrokerAction::Open;
        left.sort_by_key(opens);
        for row in left {
            match (row.action, row.instrument) {
                (BrokerAction::Open | BrokerAction::Close | BrokerAction::Delivery, Some(instrument)) => {
                    self.trade(row, instrument);
                }
                (BrokerAction::Expiration, Some(instrument)) => self.expiration(row, instrument),
                (BrokerAction::Assignment, Some(instrument)) => self.settlement(row, instrument),
                (BrokerAction::Dividend | BrokerAction::Cash, _) => self.money(row),
                _ => self.refuse(row, NO_PAIR),
            }
        }
        self.end_empty_cycles();
        let not_mapped = self.mapping.cash.len() - cash + self.mapping.unmapped.len() - unmapped;
        self.mapping.mapped += (rows.len() - not_mapped) as u64;
    }

    fn trade(&mut self, row: &BrokerRow, instrument: Instrument) {
        let holding = self.holding(instrument);
        let held = holding.and_then(|place| self.cycle(place)).map_or(Decimal::ZERO, |cycle| cycle.held(instrument));
        let closes = against(held, row.quantity);
        match (row.action, holding) {
            (BrokerAction::Close | BrokerAction::Delivery, Some(place))
                if closes && held.abs() >= row.quantity.abs() =>
            {
                self.write(place, &[row], (EventKind::Close, instrument, row.quantity, row.price), |_| ());
            }
            (BrokerAction::Open, _) if !closes => self.open(row, instrument),
            _ => self.refuse(row, NOT_OPEN),
        }
    }

    fn open(&mut self, row: &BrokerRow, instrument: Instrument) {
        let Some(symbol) = row.symbol else { return self.refuse(row, NO_PAIR) };
        let place = self.open_cycle(symbol, row);
        self.write(place, &[row], (EventKind::Open, instrument, row.quantity, row.price), |_| ());
    }

    /// Returns the cycle that holds an option, and the change that removes the row's units, whatever sign the row has.
    fn removal(&self, row: &BrokerRow, instrument: Instrument) -> Option<(usize, Decimal)> {
        let place = self.holding(instrument)?;
        let held = self.cycle(place)?.held(instrument);
        let units = row.quantity.abs();
        let change = if held.is_sign_negative() { units } else { -units };
        Some((place, change)).filter(|_| held.abs() >= units)
    }

    fn expiration(&mut self, row: &BrokerRow, instrument: Instrument) {
        match self.removal(row, instrument) {
            Some((place, change)) => {
                self.write(place, &[row], (EventKind::Expire, instrument, change, Decimal::ZERO), |_| ());
            }
            None => self.refuse(row, NOT_OPEN),
        }
    }

    /// Maps an assignment or exercise without shares: a settlement in cash, if the row has its price.
    fn settlement(&mut self, row: &BrokerRow, instrument: Instrument) {
        match self.removal(row, instrument) {
            None => self.refuse(row, NOT_OPEN),
            Some(_) if row.price.is_zero() => self.refuse(row, NO_SHARES),
            Some((place, change)) => {
                self.write_settled(place, row, (EventKind::Close, instrument, change, row.price));
            }
        }
    }

    fn assignments(&mut self, left: &mut Vec<&BrokerRow>) {
        let assigned: Vec<_> = left.iter().copied().filter(|row| row.action == BrokerAction::Assignment).collect();
        for row in assigned {
            let Some(Instrument::Option(contract)) = row.instrument else { continue };
            let Some((place, change)) = self.removal(row, contract.into()) else { continue };
            let Some(strike) =
                contract.strike().to_decimal().checked_mul(row.quantity.abs().saturating_mul(row.multiplier.into()))
            else {
                continue;
            };
            let is_its_own = |other: &&BrokerRow| {
                other.action == BrokerAction::Delivery && other.symbol == row.symbol && other.value.abs() == strike
            };
            let Some(shares) = left.iter().copied().find(is_its_own) else { continue };
            left.retain(|other| !std::ptr::eq(*other, row) && !std::ptr::eq(*other, shares));
            self.assign(place, (row, shares), contract, change);
        }
    }

    /// Writes one event for assigned or exercised contracts and their shares.
    fn assign(
        &mut self,
        place: usize,
        (row, shares): (&BrokerRow, &BrokerRow),
        contract: OptionContract,
        change: Decimal,
    ) {
        let usual = row.quantity.abs().saturating_mul(row.multiplier.into());
        let held = self.cycle(place).map_or(Decimal::ZERO, super::book::CycleState::shares);
        let is_covered = contract.option_type() == OptionType::Call && held >= usual;
        let kind = match change.is_sign_negative() {
            true => EventKind::Exercise,
            false if is_covered => EventKind::CalledAway,
            false => EventKind::Assign,
        };
        self.write(place, &[row, shares], (kind, contract.into(), change, Decimal::ZERO), |_| ());
        // An adjusted contract delivered more or fewer shares.
        if shares.quantity.abs() != usual
            && let (Some(ratio), Some(stock)) = (ratio(shares.quantity, usual), shares.instrument)
        {
            let delivered = BrokerRow {
                identity: RowIdentity::Given(format!("{}/delivered", shares.id()).into()),
                ..no_money(shares)
            };
            self.write(place, &[&delivered], (EventKind::Split, stock, ratio, Decimal::ZERO), |_| ());
        }
    }

    fn replacements(&mut self, left: &mut Vec<&BrokerRow>) {
        let replaced: Vec<_> = left.iter().copied().filter(|row| row.action == BrokerAction::Replaced).collect();
        for row in replaced {
            let is_option = |row: &BrokerRow| matches!(row.instrument, Some(Instrument::Option(_)));
            let is_its_own = |other: &&BrokerRow| {
                other.action == BrokerAction::Replacement
                    && is_option(other) == is_option(row)
                    && other.value == -row.value
            };
            let Some(new) = left.iter().copied().find(is_its_own) else { continue };
            left.retain(|other| !std::ptr::eq(*other, row) && !std::ptr::eq(*other, new));
            let (Some(old_one), Some(new_one)) = (row.instrument, new.instrument) else { continue };
            match (self.holding(old_one), ratio(new.quantity, row.quantity)) {
                (Some(place), Some(ratio)) => {
                    self.write(place, &[row, new], (EventKind::Split, old_one, ratio, Decimal::ZERO), |event| {
                        event.symbol = new.symbol.unwrap_or(event.symbol);
                        event.multiplier = new.multiplier;
                        event.successor = Some(new_one).filter(|new_one| *new_one != old_one);
                    });
                }
                (None, _) => [row, new].into_iter().for_each(|row| self.refuse(row, NOT_OPEN)),
                (_, None) => [row, new].into_iter().for_each(|row| self.refuse(row, UNEVEN)),
            }
        }
    }

    fn rolls(&mut self, left: &mut Vec<&BrokerRow>) {
        let closing: Vec<_> = left.iter().copied().filter(|row| row.action == BrokerAction::Close).collect();
        for row in closing {
            let Some(Instrument::Option(from)) = row.instrument else { continue };
            let Some(new) = left.iter().copied().find(|other| is_roll(row, from, other)) else { continue };
            let Some((place, _)) = self.removal(row, from.into()).filter(|(_, change)| *change == row.quantity) else {
                continue;
            };
            // A position that is open on the other side cannot be rolled into.
            let Some(into) = new.instrument.filter(|into| {
                self.holding(*into)
                    .and_then(|place| self.cycle(place))
                    .is_none_or(|cycle| !against(cycle.held(*into), new.quantity))
            }) else {
                continue;
            };
            left.retain(|other| !std::ptr::eq(*other, row) && !std::ptr::eq(*other, new));
            self.write(place, &[row, new], (EventKind::Roll, from.into(), row.quantity, row.price), |event| {
                (event.successor, event.successor_price) = (Some(into), Some(new.price));
            });
        }
    }

    /// Maps dividends, fees and other money of an underlying.
    fn money(&mut self, row: &BrokerRow) {
        let symbol = row.symbol.or_else(|| delayed_delivery(&row.description));
        let place = symbol.and_then(|symbol| self.last_of(symbol));
        let (Some(symbol), Some(place)) = (symbol, place) else { return self.mapping.cash.push(row.clone()) };
        let stock = Instrument::Symbol(symbol);
        if row.action == BrokerAction::Dividend && row.value > Decimal::ZERO {
            let held = self.cycle(place).map_or(Decimal::ZERO, super::book::CycleState::shares);
            let each = row.value.checked_div(held).filter(|each| each.normalize().scale() <= SCALE);
            // Without shares, or when the amount per share has more than eight digits, it counts as that of one share.
            let (shares, each) = each.map_or((Decimal::ONE, row.value), |each| (held, each));
            self.write(place, &[row], (EventKind::Dividend, stock, shares, each), |_| ());
        } else {
            // Taxes on dividends and fees are payments; their refunds are receipts.
            self.write(place, &[row], (EventKind::Fee, stock, Decimal::ZERO, Decimal::ZERO), |_| ());
        }
    }
}

fn is_in_range(row: &BrokerRow) -> bool {
    let limit = Decimal::from(1_000_000_000_000_u64);
    let shares = row.quantity.saturating_mul(row.multiplier.into());
    [row.quantity, shares, row.price, row.value, row.costs].iter().all(|amount| amount.abs() < limit)
}

/// Returns true when a row opens another contract in place of the one that a row closes.
fn is_roll(row: &BrokerRow, from: OptionContract, other: &BrokerRow) -> bool {
    let Some(Instrument::Option(into)) = other.instrument else { return false };
    other.action == BrokerAction::Open
        && row.order.is_some()
        && other.order == row.order
        && other.symbol == row.symbol
        && other.quantity == -row.quantity
        && other.multiplier == row.multiplier
        && into.option_type() == from.option_type()
        && into != from
}

fn no_money(row: &BrokerRow) -> BrokerRow {
    BrokerRow { value: Decimal::ZERO, costs: Decimal::ZERO, ..row.clone() }
}

fn against(held: Decimal, change: Decimal) -> bool {
    !held.is_zero() && held.is_sign_negative() != change.is_sign_negative()
}

/// Returns the number of new units for each old one, if it has at most eight digits.
fn ratio(new: Decimal, old: Decimal) -> Option<Decimal> {
    new.abs().checked_div(old.abs()).filter(|ratio| ratio.normalize().scale() <= SCALE && !ratio.is_zero())
}

/// Returns the underlying of `Delayed Delivery_GREE1_Assignment_SEP_17`: money for shares that an adjusted contract
/// still owed.
fn delayed_delivery(description: &str) -> Option<Symbol> {
    let (root, _) = description.strip_prefix("Delayed Delivery_")?.split_once("_Assignment")?;
    OptionRoot::new(root).ok()?.underlying().ok()
}
