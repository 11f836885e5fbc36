//! The simulated account: its holdings, and the events that led to them.

use strikebook_core::{
    Decimal, Error, Id, Result, Timestamp,
    analytics::Backtest,
    market::{ChainRow, ContractLife, Delivery, Instrument, OptionContract, OptionType},
    money::SCALE,
    trading::journal::{Cycle, EventKind, JournalEvent, Projection, Provenance},
};

use super::WheelPlan;
use crate::wheel::SHARES;

/// A short option.
#[derive(Clone, Copy)]
pub(super) struct Short {
    pub(super) contract: OptionContract,
    pub(super) life: ContractLife,
    pub(super) delivery: Delivery,
    pub(super) contracts: u32,
    /// The price at which it was sold, per share.
    pub(super) price: Decimal,
    /// The last mark, per share.
    pub(super) mark: Decimal,
}

impl Short {
    pub(super) fn is_call(&self) -> bool {
        self.contract.option_type() == OptionType::Call
    }

    pub(super) fn shares(&self) -> Decimal {
        Decimal::from(self.contracts) * Decimal::from(SHARES)
    }

    /// Returns the exercise value at a price of the stock, per share.
    pub(super) fn intrinsic(&self, spot: Decimal) -> Decimal {
        let strike = self.contract.strike().to_decimal();
        (if self.is_call() { spot - strike } else { strike - spot }).max(Decimal::ZERO)
    }
}

/// The simulated account.
pub(super) struct Account<'a> {
    plan: &'a WheelPlan,
    run: Id<Backtest>,
    pub(super) cash: Decimal,
    pub(super) shares: Decimal,
    pub(super) short: Option<Short>,
    pub(super) events: Vec<JournalEvent>,
    cycle: Option<Id<Cycle>>,
}

/// The kind, instrument, change of units, price and fees of an event.
type EventTerms = (EventKind, Instrument, Decimal, Decimal, Decimal);

impl<'a> Account<'a> {
    pub(super) const fn new(plan: &'a WheelPlan, run: Id<Backtest>) -> Self {
        Self { plan, run, cash: plan.cash, shares: Decimal::ZERO, short: None, events: Vec::new(), cycle: None }
    }

    /// Returns the cost basis of a share as the journal computes it.
    pub(super) fn basis(&self) -> Result<Option<Decimal>> {
        let Some(cycle) = self.cycle.filter(|_| !self.shares.is_zero()) else { return Ok(None) };
        let events: Vec<_> = self.events.iter().filter(|event| event.cycle == cycle).cloned().collect();
        Ok(Projection::of(&events)?.cycle.basis_adjusted_per_share)
    }

    pub(super) fn open(&mut self, at: Timestamp, row: &ChainRow, count: u32, price: Decimal) -> Result<()> {
        let contract = row.quote.contract;
        let fees = Decimal::from(count) * self.plan.limits.fee;
        self.record(at, (EventKind::Open, contract.into(), -Decimal::from(count), price, fees), None)?;
        self.short = Some(Short {
            contract,
            life: row.life,
            delivery: row.product.delivery,
            contracts: count,
            price,
            mark: price,
        });
        Ok(())
    }

    pub(super) fn buy_back(&mut self, at: Timestamp, short: Short, price: Decimal) -> Result<()> {
        let count = Decimal::from(short.contracts);
        let fees = count * self.plan.limits.fee;
        self.short = None;
        self.record(at, (EventKind::Close, short.contract.into(), count, price, fees), None)
    }

    pub(super) fn roll(
        &mut self,
        at: Timestamp,
        short: Short,
        price: Decimal,
        (row, sold_at): (&ChainRow, Decimal),
    ) -> Result<()> {
        let into = row.quote.contract;
        let count = Decimal::from(short.contracts);
        let fees = count * self.plan.limits.fee * Decimal::TWO;
        let (life, delivery) = (row.life, row.product.delivery);
        self.short = Some(Short { contract: into, life, delivery, price: sold_at, mark: sold_at, ..short });
        let into = Some((into.into(), Some(sold_at)));
        self.record(at, (EventKind::Roll, short.contract.into(), count, price, fees), into)
    }

    pub(super) fn expire(&mut self, short: Short) -> Result<()> {
        let count = Decimal::from(short.contracts);
        let at = short.life.settles_at;
        self.short = None;
        self.record(at, (EventKind::Expire, short.contract.into(), count, Decimal::ZERO, Decimal::ZERO), None)
    }

    /// Pays the exercise value of an option that is settled in cash.
    pub(super) fn settle_in_cash(&mut self, short: Short, value: Decimal) -> Result<()> {
        let (at, count) = (short.life.settles_at, Decimal::from(short.contracts));
        self.short = None;
        self.record(at, (EventKind::Close, short.contract.into(), count, value, Decimal::ZERO), None)
    }

    /// Assigns an option: a put brings shares, a call takes them.
    pub(super) fn assign(&mut self, at: Timestamp, short: Short) -> Result<()> {
        let count = Decimal::from(short.contracts);
        let fees = count * self.plan.assignment_fee;
        let kind = if short.is_call() { EventKind::CalledAway } else { EventKind::Assign };
        self.short = None;
        self.shares += if short.is_call() { -short.shares() } else { short.shares() };
        self.record(at, (kind, short.contract.into(), count, Decimal::ZERO, fees), None)
    }

    /// Multiplies the shares by the ratio of a split.
    pub(super) fn split_shares(&mut self, at: Timestamp, ratio: Decimal) -> Result<()> {
        let too_large =
            || Error::invalid_input("the shares after a split exceed the range of a decimal").with("at", at);
        self.shares = self.shares.checked_mul(ratio).ok_or_else(too_large)?.round_dp(SCALE);
        let stock = Instrument::Symbol(self.plan.underlying);
        self.record(at, (EventKind::Split, stock, ratio, Decimal::ZERO, Decimal::ZERO), None)
    }

    /// Puts the adjusted option in the place of the open one.
    pub(super) fn split_option(&mut self, at: Timestamp, short: Short, into: Short, ratio: Decimal) -> Result<()> {
        self.short = Some(into);
        let terms = (EventKind::Split, short.contract.into(), ratio, Decimal::ZERO, Decimal::ZERO);
        self.record(at, terms, Some((into.contract.into(), None)))
    }

    pub(super) fn receive_dividend(&mut self, at: Timestamp, each: Decimal) -> Result<()> {
        let stock = Instrument::Symbol(self.plan.underlying);
        self.record(at, (EventKind::Dividend, stock, self.shares, each, Decimal::ZERO), None)
    }

    /// Records an event. A cycle begins with the first event after nothing was held, and ends when nothing is held.
    fn record(
        &mut self,
        at: Timestamp,
        (kind, instrument, quantity, price, fees): EventTerms,
        into: Option<(Instrument, Option<Decimal>)>,
    ) -> Result<()> {
        let WheelPlan { account, strategy, underlying, source, .. } = self.plan;
        let number = self.events.len();
        let cycle = self.cycle.unwrap_or_else(|| Id::named(&format!("{}/cycle/{number}", self.run)));
        let mut event = JournalEvent::new(
            Id::named(&format!("{}/event/{number}", self.run)),
            (*account, *strategy, cycle),
            (at, source.clone()),
            kind,
            (*underlying, instrument),
            (quantity, price),
        );
        event.fees = fees;
        event.provenance = Provenance::Backtest;
        if let Some((successor, price)) = into {
            (event.successor, event.successor_price) = (Some(successor), price);
        }
        let before = self.events.iter().filter(|other| other.cycle == cycle && other.at == at).count();
        event.sequence = u32::try_from(before).unwrap_or(u32::MAX);
        let too_large = || Error::invalid_input("the account's cash exceeds the range of a decimal").with("at", at);
        self.cash = self.cash.checked_add(event.cash()?).ok_or_else(too_large)?;
        self.cycle = Some(cycle).filter(|_| self.short.is_some() || !self.shares.is_zero() || kind == EventKind::Open);
        self.events.push(event);
        Ok(())
    }
}
