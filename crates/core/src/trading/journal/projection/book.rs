//! The books of one cycle, kept event by event.

use super::super::{BasisStep, Cycle, EventKind, JournalEvent, Lot, LotClosing, RollLink, RollType, WheelPhase};
use crate::{
    Decimal, Error, ErrorKind, Id, Result, Timestamp,
    market::{Instrument, OptionContract, OptionType},
    money::{SCALE, amount},
};

/// Holdings, costs and profits of a cycle so far.
pub(super) struct Book {
    lots: Vec<Lot>,
    /// The adjusted basis of the held shares.
    adjusted: Decimal,
    /// Net debits of options held back until shares arrive; negative for credits.
    pending: Decimal,
    premium: Decimal,
    dividends: Decimal,
    fees: Decimal,
    cash_flow: Decimal,
    /// Cash flows of dividends, fees and splits, which belong to no lot.
    loose: Decimal,
    steps: Vec<BasisStep>,
    dividends_reduce_basis: bool,
}

/// The cash flow, tax and price of a closing.
#[derive(Clone, Copy, Default)]
struct Proceeds {
    cash: Decimal,
    fees: Decimal,
    tax: Decimal,
    price: Decimal,
    /// True when an option becomes shares: its tax basis moves into them.
    into_shares: bool,
}

/// The results of closing an option that its successor takes over.
#[derive(Clone, Copy, Default)]
struct Closed {
    tax: Decimal,
    first: Option<Id<Lot>>,
    roll: Option<RollLink>,
}

/// Returns the share of an amount that belongs to a part of a quantity; the whole amount for the whole quantity.
///
/// # Errors
/// [`Internal`](crate::ErrorKind::Internal) for a part of nothing: no caller asks for one.
fn part(total: Decimal, quantity: Decimal, of: Decimal) -> Result<Decimal> {
    if quantity == of {
        return Ok(total);
    }
    let share = total.checked_mul(quantity).and_then(|product| product.checked_div(of));
    let share = share.ok_or_else(|| Error::internal("an amount cannot be split by a quantity").with("quantity", of));
    Ok(share?.round_dp(SCALE))
}

/// Returns an amount per share; `None` without shares.
fn per_share(total: Decimal, shares: Decimal) -> Option<Decimal> {
    total.checked_div(shares).map(|each| each.round_dp(SCALE))
}

fn is_share(lot: &Lot) -> bool {
    matches!(lot.instrument, Instrument::Symbol(_))
}

/// Returns true if an event that closes something may close this lot.
fn is_named(lot: &Lot, event: &JournalEvent) -> bool {
    lot.instrument == event.instrument && event.lot.is_none_or(|named| named == lot.id)
}

fn units(lot: &Lot) -> Decimal {
    lot.open * Decimal::from(lot.multiplier)
}

fn short(lot: &Lot, option_type: OptionType) -> Option<OptionContract> {
    match lot.instrument {
        Instrument::Option(contract) if lot.open < Decimal::ZERO && contract.option_type() == option_type => {
            Some(contract)
        }
        _ => None,
    }
}

fn conflict(message: &'static str, event: &JournalEvent) -> Error {
    Error::new(ErrorKind::Conflict, message).with("instrument", event.instrument).with("kind", event.kind)
}

impl Book {
    pub(super) fn new(dividends_reduce_basis: bool) -> Self {
        Self {
            lots: Vec::new(),
            adjusted: Decimal::ZERO,
            pending: Decimal::ZERO,
            premium: Decimal::ZERO,
            dividends: Decimal::ZERO,
            fees: Decimal::ZERO,
            cash_flow: Decimal::ZERO,
            loose: Decimal::ZERO,
            steps: Vec::new(),
            dividends_reduce_basis,
        }
    }

    pub(super) fn apply(&mut self, event: &JournalEvent) -> Result<()> {
        let cash = event.cash()?;
        self.cash_flow += cash;
        self.fees += event.fees;
        match event.kind {
            EventKind::Open => self.open(event, cash)?,
            EventKind::Close | EventKind::Expire => {
                if event.contract().is_some() {
                    self.option_money(event, cash);
                } else {
                    self.release(event.quantity)?;
                }
                self.close(event, event.quantity, Proceeds::of(event, cash), |lot| is_named(lot, event))?;
            }
            EventKind::Roll => self.roll(event, cash)?,
            EventKind::Assign | EventKind::Exercise | EventKind::CalledAway => self.deliver(event, cash)?,
            EventKind::Dividend => {
                self.dividends += cash + event.fees;
                self.loose += cash;
                if self.dividends_reduce_basis && !self.shares().is_zero() {
                    self.adjusted -= cash;
                }
            }
            EventKind::Fee | EventKind::Split => {
                self.loose += cash;
                *self.pool() -= cash;
                if event.kind == EventKind::Split {
                    self.split(event)?;
                }
            }
        }
        // Credits of puts that can no longer be assigned belong to the held shares.
        if !self.shares().is_zero() && self.put_shares().is_zero() {
            self.adjusted += std::mem::take(&mut self.pending);
        }
        self.step(event);
        Ok(())
    }

    /// Returns the number of held shares; negative when short.
    fn shares(&self) -> Decimal {
        self.lots.iter().filter(|lot| is_share(lot)).map(units).sum()
    }

    /// Returns the number of shares that open short puts would deliver.
    fn put_shares(&self) -> Decimal {
        let puts = self.lots.iter().filter(|lot| short(lot, OptionType::Put).is_some());
        puts.map(|lot| -units(lot)).sum()
    }

    /// Returns the account for cash flows other than of puts: the held shares, or what is held back for future ones.
    fn pool(&mut self) -> &mut Decimal {
        if self.shares().is_zero() { &mut self.pending } else { &mut self.adjusted }
    }

    /// Books the cash flow of an option.
    fn option_money(&mut self, event: &JournalEvent, cash: Decimal) {
        self.premium += cash + event.fees;
        let is_put = event.contract().is_some_and(|contract| contract.option_type() == OptionType::Put);
        *(if is_put { &mut self.pending } else { self.pool() }) -= cash;
    }

    fn open(&mut self, event: &JournalEvent, cash: Decimal) -> Result<()> {
        let opposite =
            |lot: &Lot| lot.instrument == event.instrument && !lot.open.is_zero() && against(lot.open, event.quantity);
        if self.lots.iter().any(opposite) {
            return Err(conflict("cannot open a position: the instrument is held with the opposite sign", event));
        }
        if event.contract().is_some() {
            self.option_money(event, cash);
        } else {
            self.adjusted -= cash;
        }
        self.lots.push(lot(event, event.instrument, event.quantity, (event.price, cash, event.fees)));
        Ok(())
    }

    /// Removes the basis of shares that leave.
    fn release(&mut self, change: Decimal) -> Result<()> {
        let held = self.shares().abs();
        self.adjusted -= part(self.adjusted, change.abs().min(held), held)?;
        Ok(())
    }

    /// Closes lots, oldest first.
    fn close(
        &mut self,
        event: &JournalEvent,
        change: Decimal,
        proceeds: Proceeds,
        which: impl Fn(&Lot) -> bool,
    ) -> Result<Closed> {
        let mut left = (change.abs(), proceeds.cash, proceeds.fees, proceeds.tax);
        let mut closed = Closed::default();
        let fits = |lot: &&mut Lot| against(lot.open, change) && which(lot);
        for lot in self.lots.iter_mut().filter(fits) {
            if left.0.is_zero() {
                break;
            }
            if event.instrument == lot.instrument && event.multiplier != lot.multiplier {
                return Err(conflict("the multiplier differs from that of the lot to close", event)
                    .with("multiplier", event.multiplier)
                    .with("expected", lot.multiplier));
            }
            let held = lot.open.abs();
            let quantity = left.0.min(held);
            let (cash, fees) = (part(left.1, quantity, left.0)?, part(left.2, quantity, left.0)?);
            let tax = part(left.3, quantity, left.0)?;
            let (opening, opening_tax) = (part(lot.open_cash, quantity, held)?, part(lot.open_tax, quantity, held)?);
            lot.open_cash -= opening;
            lot.open_tax -= opening_tax;
            let signed = if change.is_sign_negative() { -quantity } else { quantity };
            lot.open += signed;
            closed.first = closed.first.or(Some(lot.id));
            closed.roll = closed.roll.or(lot.roll);
            if proceeds.into_shares {
                closed.tax += opening_tax;
            }
            lot.closings.push(LotClosing {
                event: event.id,
                at: event.at,
                kind: event.kind,
                quantity: signed,
                price: proceeds.price,
                cash,
                fees,
                pnl: opening + cash,
                tax_pnl: if proceeds.into_shares { Decimal::ZERO } else { opening_tax + cash + tax },
            });
            left = (left.0 - quantity, left.1 - cash, left.2 - fees, left.3 - tax);
        }
        if left.0.is_zero() {
            return Ok(closed);
        }
        Err(conflict("cannot close more than is open", event).with("quantity", change).with("too_many", left.0))
    }

    /// Replaces one contract by another. All fees count to the closed one.
    fn roll(&mut self, event: &JournalEvent, cash: Decimal) -> Result<()> {
        let (Some(successor), Some(price)) = (event.successor, event.successor_price) else { return Ok(()) };
        self.option_money(event, cash);
        let opening = (event.quantity * Decimal::from(event.multiplier) * price).round_dp(SCALE);
        let proceeds = Proceeds::of(event, cash - opening);
        let closed = self.close(event, event.quantity, proceeds, |lot| is_named(lot, event))?;
        let mut lot = lot(event, successor, -event.quantity, (price, opening, Decimal::ZERO));
        let credit = price - event.price;
        lot.parent = closed.first;
        lot.roll = Some(RollLink {
            chain: closed
                .roll
                .map_or_else(|| Id::from_uuid(closed.first.unwrap_or(lot.id).as_uuid()), |roll| roll.chain),
            sequence: closed.roll.map_or(1, |roll| roll.sequence.saturating_add(1)),
            net_credit: if event.quantity.is_sign_negative() { -credit } else { credit },
            roll_type: roll_type(event.instrument, successor),
        });
        self.lots.push(lot);
        Ok(())
    }

    /// Converts an option into shares, or delivers held shares for it.
    fn deliver(&mut self, event: &JournalEvent, cash: Decimal) -> Result<()> {
        let (Some(contract), Some(delta)) = (event.contract(), event.shares()) else { return Ok(()) };
        if event.kind == EventKind::Assign && contract.option_type() == OptionType::Put {
            // Releases the share of the assigned contracts from the credits held back.
            let puts = self.put_shares();
            let credits = part(self.pending, delta.min(puts), puts)?;
            self.pending -= credits;
            self.adjusted += credits;
        }
        let proceeds = Proceeds { into_shares: true, ..Proceeds::default() };
        let option = self.close(event, event.quantity, proceeds, |lot| is_named(lot, event))?;
        let held = self.shares();
        let going = if against(held, delta) { delta.abs().min(held.abs()) } else { Decimal::ZERO };
        if event.kind == EventKind::CalledAway && going != delta.abs() {
            return Err(conflict("cannot call away more shares than are held", event).with("held", held));
        }
        let whole = delta.abs();
        let (leaving, leaving_fees) = (part(cash, going, whole)?, part(event.fees, going, whole)?);
        let tax = part(option.tax, going, whole)?;
        if !going.is_zero() {
            self.release(going)?;
            let change = if delta.is_sign_negative() { -going } else { going };
            let price = contract.strike().to_decimal();
            let proceeds = Proceeds { cash: leaving, fees: leaving_fees, tax, price, into_shares: false };
            self.close(event, change, proceeds, is_share)?;
        }
        let coming = if delta.is_sign_negative() { delta + going } else { delta - going };
        if !coming.is_zero() {
            let (cash, fees) = (cash - leaving, event.fees - leaving_fees);
            self.adjusted -= cash;
            let mut shares =
                lot(event, Instrument::Symbol(event.symbol), coming, (contract.strike().to_decimal(), cash, fees));
            shares.multiplier = 1;
            shares.open_tax += option.tax - tax;
            shares.parent = option.first;
            self.lots.push(shares);
        }
        Ok(())
    }

    /// Multiplies the units of an instrument, and renames it to its successor.
    fn split(&mut self, event: &JournalEvent) -> Result<()> {
        let ratio = event.quantity;
        let too_large = || {
            Error::invalid_input("the quantity of a lot after the split exceeds the range of a decimal")
                .with("field", "quantity")
        };
        let scaled = |quantity: Decimal| {
            let quantity = quantity.checked_mul(ratio).ok_or_else(too_large)?.round_dp(SCALE);
            amount("quantity", quantity).map(|()| quantity)
        };
        let mut found = false;
        for lot in self.lots.iter_mut().filter(|lot| lot.instrument == event.instrument && !lot.open.is_zero()) {
            found = true;
            (lot.quantity, lot.open) = (scaled(lot.quantity)?, scaled(lot.open)?);
            let shares = ratio.checked_mul(event.multiplier.into()).ok_or_else(too_large)?;
            let each = |price: Decimal| {
                let price = price.checked_mul(lot.multiplier.into()).and_then(|price| price.checked_div(shares));
                price.map(|price| price.round_dp(SCALE)).ok_or_else(too_large)
            };
            lot.price = each(lot.price)?;
            amount("price", lot.price)?;
            for closing in &mut lot.closings {
                closing.quantity = scaled(closing.quantity)?;
                closing.price = each(closing.price)?;
                amount("price", closing.price)?;
            }
            lot.multiplier = event.multiplier;
            amount("quantity", units(lot))?;
            lot.instrument = event.successor.unwrap_or(event.instrument);
            if lot.open.is_zero() {
                return Err(conflict("the split rounds the open quantity of a lot to zero", event).with("lot", lot.id));
            }
        }
        if found { Ok(()) } else { Err(conflict("cannot split an instrument that is not held", event)) }
    }

    fn phase(&self) -> WheelPhase {
        let mut open = self.lots.iter().filter(|lot| !lot.open.is_zero()).peekable();
        let shares = self.shares();
        match () {
            () if open.peek().is_none() => WheelPhase::Flat,
            () if shares > Decimal::ZERO && open.any(|lot| short(lot, OptionType::Call).is_some()) => {
                WheelPhase::CoveredCall
            }
            () if shares > Decimal::ZERO => WheelPhase::Shares,
            () if shares.is_zero() && !self.put_shares().is_zero() => WheelPhase::CashSecuredPut,
            () => WheelPhase::Other,
        }
    }

    fn basis_tax(&self) -> Decimal {
        let shares = self.lots.iter().filter(|lot| is_share(lot));
        shares.map(|lot| -lot.open_tax).sum()
    }

    /// Returns the breakeven price per share: of the held shares, otherwise of those that open short puts would
    /// deliver.
    fn break_even(&self) -> Option<Decimal> {
        let shares = self.shares();
        if !shares.is_zero() {
            return per_share(self.adjusted, shares);
        }
        let obligation = |lot: &Lot| Some(-units(lot) * short(lot, OptionType::Put)?.strike().to_decimal());
        let cost: Decimal = self.lots.iter().filter_map(obligation).sum();
        per_share(cost + self.pending, self.put_shares())
    }

    fn realized(&self) -> Decimal {
        self.lots.iter().map(Lot::pnl).sum::<Decimal>() + self.loose
    }

    fn step(&mut self, event: &JournalEvent) {
        let shares = self.shares();
        self.steps.push(BasisStep {
            event: event.id,
            at: event.at,
            kind: event.kind,
            phase: self.phase(),
            shares,
            tax_per_share: per_share(self.basis_tax(), shares),
            adjusted_per_share: self.break_even(),
            dividends: self.dividends,
            realized_pnl: self.realized(),
        });
    }

    pub(super) fn into_cycle(self, first: &JournalEvent, last: &JournalEvent, recorded_at: Timestamp) -> Cycle {
        let (phase, shares, basis_tax) = (self.phase(), self.shares(), self.basis_tax());
        Cycle {
            id: first.cycle,
            account: first.account,
            strategy: last.strategy,
            symbol: last.symbol,
            phase,
            opened_at: first.at,
            closed_at: Some(last.at).filter(|_| phase == WheelPhase::Flat),
            events: u32::try_from(self.steps.len()).unwrap_or(u32::MAX),
            shares,
            basis_tax,
            basis_adjusted: self.adjusted,
            basis_tax_per_share: per_share(basis_tax, shares),
            basis_adjusted_per_share: self.break_even(),
            premium: self.premium,
            dividends: self.dividends,
            fees: self.fees,
            cash_flow: self.cash_flow,
            realized_pnl: self.realized(),
            lots: self.lots,
            basis: self.steps,
            recorded_at,
        }
    }
}

impl Proceeds {
    fn of(event: &JournalEvent, cash: Decimal) -> Self {
        Self { cash, fees: event.fees, price: event.price, ..Self::default() }
    }
}

/// Returns true if a change reduces the holding.
fn against(held: Decimal, change: Decimal) -> bool {
    !held.is_zero() && !change.is_zero() && held.is_sign_negative() != change.is_sign_negative()
}

fn lot(
    event: &JournalEvent,
    instrument: Instrument,
    quantity: Decimal,
    (price, cash, fees): (Decimal, Decimal, Decimal),
) -> Lot {
    Lot {
        id: Id::from_uuid(event.id.as_uuid()),
        instrument,
        multiplier: event.multiplier,
        opened_at: event.at,
        quantity,
        open: quantity,
        price,
        cash,
        fees,
        open_cash: cash,
        open_tax: cash,
        parent: None,
        roll: None,
        closings: Vec::new(),
    }
}

fn roll_type(from: Instrument, into: Instrument) -> Option<RollType> {
    let (Instrument::Option(from), Instrument::Option(into)) = (from, into) else { return None };
    let later = into.expiration() > from.expiration();
    match (later, into.strike().cmp(&from.strike())) {
        (true, std::cmp::Ordering::Equal) => Some(RollType::Out),
        (true, std::cmp::Ordering::Less) => Some(RollType::DownOut),
        (true, std::cmp::Ordering::Greater) => Some(RollType::UpOut),
        (false, std::cmp::Ordering::Less) => Some(RollType::Down),
        (false, std::cmp::Ordering::Greater) => Some(RollType::Up),
        (false, std::cmp::Ordering::Equal) => None,
    }
}
