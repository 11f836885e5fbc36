//! The mapping of the rows of one instant.

use std::iter;

use strikebook_core::{
    Decimal,
    market::{Delivery, Instrument, OptionContract, OptionRoot, OptionType, Symbol},
    money::SCALE,
    trading::journal::EventKind,
};
use strikebook_vendors::broker::{BrokerAction, BrokerRow, RowIdentity};

use super::{book::Book, pair::split};

// The reasons of unmapped rows.
pub(super) const NOT_OPEN: &str = "the row closes more than is open: the history starts too late, or a row is missing";
const OPPOSITE: &str = "the row opens a position on the other side of one that is open";
const NO_SETTLEMENT: &str = "the contract settles in cash, and the row has neither its value nor a settlement price: a \
                             Flex query of IBKR needs the attribute closePrice";
const NO_PAIR: &str = "the other side of the replacement is missing";
const NO_BASIS: &str = "the transfer has no cost basis: record the position with its basis as an event of your own";
pub(super) const UNEVEN: &str = "the ratio of the split has more than eight decimal places";
const TOO_LARGE: &str = "an amount, or the quantity in shares, is 1e12 or more in size";

/// The result of mapping a row: an error is the reason why the row has no event.
pub(super) type Mapped = Result<(), &'static str>;

impl Book<'_> {
    /// Maps all rows of an instant.
    pub(super) fn map_instant(&mut self, rows: &[&BrokerRow]) {
        if let Some(row) = rows.first() {
            self.catch_up(row.at);
        }
        let rows = rows.iter().copied().filter(|row| !self.pairs.is_absorbed(row));
        // Amounts in this range are so small that no sum and no product of two of them overflows.
        let (mut left, refused): (Vec<&BrokerRow>, Vec<_>) = rows.partition(|row| is_in_range(row));
        for row in refused {
            self.refuse(row, TOO_LARGE);
        }
        self.replacements(&mut left);
        self.corporate_actions(&mut left);
        self.rolls(&mut left);
        // Closing rows come before opening ones, so that a position that is reversed is closed first. What a
        // cancellation leaves comes last.
        left.sort_by_key(|row| match row.action {
            BrokerAction::Open | BrokerAction::TransferIn => 1,
            BrokerAction::Cancellation => 2,
            _ => 0,
        });
        let mut failed = Vec::new();
        for row in left {
            if let Err(reason) = self.map_row(row) {
                failed.push((row, reason));
            }
        }
        // A row may close what another of the same instant opens.
        for (row, reason) in failed {
            if reason != NOT_OPEN || self.map_row(row).is_err() {
                self.refuse(row, reason);
            }
        }
        self.end_empty_cycles();
    }

    fn map_row(&mut self, row: &BrokerRow) -> Mapped {
        if row.action.is_money() {
            self.money(row);
            return Ok(());
        }
        let instrument = row.instrument.ok_or(NO_PAIR)?;
        match row.action {
            BrokerAction::Open => self.open_row(row, instrument),
            BrokerAction::Delivery if self.deliver_late(row) => Ok(()),
            BrokerAction::Close | BrokerAction::Delivery => self.close_row(row, instrument),
            BrokerAction::Reversal if !against(self.held(instrument), row.quantity) => Err(NOT_OPEN),
            BrokerAction::Reversal | BrokerAction::Trade => self.trade(row, instrument),
            BrokerAction::Cancellation => self.cancellation(row, instrument),
            BrokerAction::Expiration => self.expiration(row, instrument),
            BrokerAction::Assignment => self.assignment(row, instrument),
            BrokerAction::TransferIn if row.price.is_zero() => Err(NO_BASIS),
            BrokerAction::TransferIn => self.transfer_in(row, instrument),
            BrokerAction::TransferOut => self.transfer_out(row, instrument),
            _ => Err(NO_PAIR),
        }
    }

    pub(super) fn open_row(&mut self, row: &BrokerRow, instrument: Instrument) -> Mapped {
        if against(self.held(instrument), row.quantity) {
            return Err(OPPOSITE);
        }
        let symbol = row.symbol.ok_or(NO_PAIR)?;
        let place = self.open_cycle(symbol, row);
        self.write(place, &[row], (EventKind::Open, instrument, row.quantity, row.price), |_| ());
        Ok(())
    }

    /// Closes units, those of the oldest cycle first.
    pub(super) fn close_row(&mut self, row: &BrokerRow, instrument: Instrument) -> Mapped {
        if !against(self.held(instrument), row.quantity) {
            return Err(NOT_OPEN);
        }
        self.take(row, instrument, |book, place, part, change| {
            book.write(place, &[part], (EventKind::Close, instrument, change, part.price), |_| ());
        })
    }

    /// Takes the units of a row away, a part from each cycle that holds some.
    fn take(
        &mut self,
        row: &BrokerRow,
        instrument: Instrument,
        write: impl Fn(&mut Self, usize, &BrokerRow, Decimal),
    ) -> Mapped {
        let takings = self.takings(instrument, row.quantity).ok_or(NOT_OPEN)?;
        let mut left = Some(row.clone());
        for (number, (place, change)) in (2..).zip(takings) {
            let Some(whole) = left.take() else { break };
            let (part, rest) = split(&whole, change.abs(), &number.to_string());
            write(self, place, &part, change);
            left = rest;
        }
        Ok(())
    }

    /// Maps a trade that closes what is held on the other side, and opens the rest.
    fn trade(&mut self, row: &BrokerRow, instrument: Instrument) -> Mapped {
        let held = self.held(instrument);
        if !against(held, row.quantity) {
            return self.open_row(row, instrument);
        }
        let (closing, opening) = split(row, held.abs().min(row.quantity.abs()), "open");
        self.close_row(&closing, instrument)?;
        opening.map_or(Ok(()), |opening| self.open_row(&opening, instrument))
    }

    /// Maps a cancellation: the costs that it and its trade leave, or the trade's reversal when that was booked before.
    fn cancellation(&mut self, row: &BrokerRow, instrument: Instrument) -> Mapped {
        let cancelled = self.pairs.followers(row).to_vec();
        let Some(trade) = cancelled.first() else {
            let is_booked = against(self.held(instrument), row.quantity);
            return if is_booked { self.trade(row, instrument) } else { Err(NOT_OPEN) };
        };
        let rows = [row, trade];
        let net = rows.iter().fold(Decimal::ZERO, |sum, row| sum.saturating_add(row.value).saturating_sub(row.costs));
        let place = row.symbol.and_then(|symbol| self.last_of(symbol)).filter(|_| !net.is_zero());
        match place {
            Some(place) => self.write(place, &rows, (EventKind::Fee, instrument, Decimal::ZERO, Decimal::ZERO), |_| ()),
            None => self.mapping.cash.extend(rows.map(Clone::clone)),
        }
        Ok(())
    }

    fn expiration(&mut self, row: &BrokerRow, instrument: Instrument) -> Mapped {
        // Rights and warrants expire too, and are closed at nothing.
        let kind = if matches!(instrument, Instrument::Option(_)) { EventKind::Expire } else { EventKind::Close };
        self.take(row, instrument, |book, place, part, change| {
            book.write(place, &[part], (kind, instrument, change, Decimal::ZERO), |_| ());
        })
    }

    /// Maps an assignment or exercise by the terms of its product: in cash, or in shares, whose rows follow or are
    /// implied.
    fn assignment(&mut self, row: &BrokerRow, instrument: Instrument) -> Mapped {
        let Instrument::Option(contract) = instrument else { return Err(NO_PAIR) };
        let followers = self.pairs.followers(row).to_vec();
        if contract.root().product().delivery == Delivery::Cash || !row.value.is_zero() {
            return self.cash_settlement(row, instrument, &followers);
        }
        let takings = self.takings(instrument, row.quantity).ok_or(NOT_OPEN)?;
        let mut left = Some(row.clone());
        let mut shares = followers;
        for (number, (place, change)) in (2..).zip(takings) {
            let Some(whole) = left.take() else { break };
            let (part, rest) = split(&whole, change.abs(), &number.to_string());
            let owed = part.quantity.abs().saturating_mul(part.multiplier.into());
            let own = if rest.is_none() { std::mem::take(&mut shares) } else { cut(&mut shares, owed) };
            self.assign(place, (&part, &own), contract, change);
            left = rest;
        }
        Ok(())
    }

    fn cash_settlement(&mut self, row: &BrokerRow, instrument: Instrument, removals: &[BrokerRow]) -> Mapped {
        if row.value.is_zero() && row.price.is_zero() {
            return Err(NO_SETTLEMENT);
        }
        self.take(row, instrument, |book, place, part, change| {
            let rows: Vec<&BrokerRow> = iter::once(part).chain(removals).collect();
            if part.value.is_zero() {
                book.write_settled(place, &rows, (EventKind::Close, instrument, change, part.price));
            } else {
                let shares = change.abs().saturating_mul(part.multiplier.into());
                let price = part.value.abs().checked_div(shares).map_or(part.price, |price| price.round_dp(SCALE));
                book.write(place, &rows, (EventKind::Close, instrument, change, price), |_| ());
            }
        })
    }

    /// Writes one event for assigned or exercised contracts and their shares.
    fn assign(
        &mut self,
        place: usize,
        (row, shares): (&BrokerRow, &[BrokerRow]),
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
        let strike = contract.strike().to_decimal();
        let buys = (contract.option_type() == OptionType::Put) == change.is_sign_positive();
        let is_whole = |it: &BrokerRow| it.value.abs() == strike.saturating_mul(usual);
        let adjusted = shares.first().filter(|it| shares.len() == 1 && it.quantity.abs() != usual && is_whole(it));
        // The money of shares whose row is missing is that of the strike.
        let delivered = shares.iter().fold(Decimal::ZERO, |sum, it| sum.saturating_add(it.quantity.abs()));
        let missing = if adjusted.is_some() { Decimal::ZERO } else { (usual - delivered).max(Decimal::ZERO) };
        let implied = missing.saturating_mul(if buys { -strike } else { strike });
        let row = BrokerRow { value: row.value.saturating_add(implied), ..row.clone() };
        let rows: Vec<&BrokerRow> = iter::once(&row).chain(shares).collect();
        self.write(place, &rows, (kind, contract.into(), change, Decimal::ZERO), |_| ());
        // An adjusted contract delivered more or fewer shares.
        if let Some(shares) = adjusted
            && let (Some(ratio), Some(stock)) = (ratio(shares.quantity, usual), shares.instrument)
        {
            let delivered = BrokerRow {
                identity: RowIdentity::Given(format!("{}/delivered", shares.id()).into()),
                ..no_money(shares)
            };
            self.write(place, &[&delivered], (EventKind::Split, stock, ratio, Decimal::ZERO), |_| ());
        }
    }

    fn transfer_in(&mut self, row: &BrokerRow, instrument: Instrument) -> Mapped {
        if against(self.held(instrument), row.quantity) {
            return Err(OPPOSITE);
        }
        let symbol = row.symbol.ok_or(NO_PAIR)?;
        let place = self.open_cycle(symbol, row);
        self.write_settled(place, &[row], (EventKind::Open, instrument, row.quantity, row.price));
        Ok(())
    }

    /// Closes transferred units at their average cost, so that they leave without a profit.
    fn transfer_out(&mut self, row: &BrokerRow, instrument: Instrument) -> Mapped {
        self.take(row, instrument, |book, place, part, change| {
            let each = book.cycle(place).and_then(|cycle| cycle.average_cost(instrument));
            let price = each.and_then(|each| each.checked_div(part.multiplier.into()));
            let price = price.map_or(Decimal::ZERO, |price| price.round_dp(SCALE));
            book.write_settled(place, &[part], (EventKind::Close, instrument, change, price));
        })
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
            if let Err(reason) = self.replace(row, new) {
                self.refuse(row, reason);
                self.refuse(new, reason);
            }
        }
    }

    /// Writes the event of a position and its replacement.
    pub(super) fn replace(&mut self, row: &BrokerRow, new: &BrokerRow) -> Mapped {
        let (Some(old_one), Some(new_one)) = (row.instrument, new.instrument) else { return Err(NO_PAIR) };
        let place = self.holding(old_one).ok_or(NOT_OPEN)?;
        let ratio = ratio(new.quantity, row.quantity).ok_or(UNEVEN)?;
        self.write(place, &[row, new], (EventKind::Split, old_one, ratio, Decimal::ZERO), |event| {
            event.symbol = new.symbol.unwrap_or(event.symbol);
            event.multiplier = new.multiplier;
            event.successor = Some(new_one).filter(|new_one| *new_one != old_one);
        });
        Ok(())
    }

    fn rolls(&mut self, left: &mut Vec<&BrokerRow>) {
        let closing: Vec<_> = left.iter().copied().filter(|row| row.action == BrokerAction::Close).collect();
        for row in closing {
            let Some(Instrument::Option(from)) = row.instrument else { continue };
            let Some(new) = left.iter().copied().find(|other| is_roll(row, from, other)) else { continue };
            let takings = self.takings(from.into(), row.quantity);
            let Some(&[(place, change)]) = takings.as_deref() else { continue };
            // A position that is open on the other side cannot be rolled into.
            let into = new.instrument.filter(|into| !against(self.held(*into), new.quantity));
            let (Some(into), true) = (into, change == row.quantity) else { continue };
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
        let (Some(symbol), Some(place)) = (symbol, place) else {
            return self.mapping.cash.push(row.clone());
        };
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

/// Cuts a number of shares off rows of them.
fn cut(shares: &mut Vec<BrokerRow>, units: Decimal) -> Vec<BrokerRow> {
    let (mut own, mut left) = (Vec::new(), units);
    while left > Decimal::ZERO && !shares.is_empty() {
        let whole = shares.remove(0);
        let (part, rest) = split(&whole, left, "rest");
        left -= part.quantity.abs();
        own.push(part);
        if let Some(rest) = rest {
            shares.insert(0, rest);
        }
    }
    own
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
    let commission = row.commission.map(|_| Decimal::ZERO);
    BrokerRow { value: Decimal::ZERO, costs: Decimal::ZERO, commission, ..row.clone() }
}

pub(super) fn against(held: Decimal, change: Decimal) -> bool {
    !held.is_zero() && held.is_sign_negative() != change.is_sign_negative()
}

/// Returns the number of new units for each old one, if it has at most eight digits.
pub(super) fn ratio(new: Decimal, old: Decimal) -> Option<Decimal> {
    new.abs().checked_div(old.abs()).filter(|ratio| ratio.normalize().scale() <= SCALE && !ratio.is_zero())
}

/// Returns the underlying of `Delayed Delivery_GREE1_Assignment_SEP_17`: money for shares that an adjusted contract
/// still owed.
fn delayed_delivery(description: &str) -> Option<Symbol> {
    let (root, _) = description.strip_prefix("Delayed Delivery_")?.split_once("_Assignment")?;
    OptionRoot::new(root).ok()?.underlying().ok()
}
