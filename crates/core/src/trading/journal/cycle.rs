//! What the events of a cycle come to.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{EventKind, JournalEvent, RollLink, WheelPhase};
use crate::{
    Decimal, Id, Keyed, Name, Result, Timestamp,
    market::{Instrument, Symbol},
    money::amount,
    validate::check,
};

/// A cycle: all that follows from one decision to enter, and what it has come to.
///
/// It is computed from its events by [`Projection::of`](super::Projection::of) and never written by anybody else.
/// Amounts are money, and credit is above zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// Its identity.
    pub id: Id<Self>,
    /// The account.
    pub account: Name,
    /// The strategy.
    pub strategy: Name,
    /// The stock or underlying that it is about. After a change of symbol that of its last event.
    pub symbol: Symbol,
    /// Where it is in its turn.
    pub phase: WheelPhase,
    /// When its first event happened.
    pub opened_at: Timestamp,
    /// When nothing was left open; `None` while something is.
    pub closed_at: Option<Timestamp>,
    /// How many events it has.
    pub events: u32,
    /// Shares held; below zero when short.
    pub shares: Decimal,
    /// What these shares cost for the tax office: the strike less the premium of the assigned put only. Premiums of
    /// calls do not reduce it.
    pub basis_tax: Decimal,
    /// What these shares cost in the strategy's eyes: the strike and fees, less all net option credits and dividends of
    /// the cycle.
    pub basis_adjusted: Decimal,
    /// `basis_tax` for each share, rounded to eight digits; `None` without shares.
    pub basis_tax_per_share: Option<Decimal>,
    /// `basis_adjusted` for each share, rounded to eight digits: the price at which it breaks even. Without shares, but
    /// with short puts open, what a share would cost if they were assigned. Otherwise `None`.
    pub basis_adjusted_per_share: Option<Decimal>,
    /// Net option credits, before fees.
    pub premium: Decimal,
    /// Dividends, before fees.
    pub dividends: Decimal,
    /// All fees.
    pub fees: Decimal,
    /// The sum of all that its events brought and took. When nothing is open, what the cycle earned.
    pub cash_flow: Decimal,
    /// What is realized: the profit of all that was closed, and dividends, less fees that belong to nothing else. When
    /// nothing is open, it equals `cash_flow`.
    pub realized_pnl: Decimal,
    /// What it has held, in the order in which it was opened.
    pub lots: Vec<Lot>,
    /// Where it was after each of its events.
    pub basis: Vec<BasisStep>,
    /// When we learned the last of its events.
    pub recorded_at: Timestamp,
}

impl Cycle {
    /// Whether nothing is held any more.
    pub const fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }

    /// On how many of these days the share closed below its adjusted basis of that day; days without shares do not
    /// count. Each day is one in New York, with its closing price. `None` when no day was given on which shares were
    /// held.
    pub fn days_underwater(&self, closes: impl IntoIterator<Item = (NaiveDate, Decimal)>) -> Option<u32> {
        let mut days = None;
        for (day, close) in closes {
            let last = self.basis.iter().rev().find(|step| step.at.new_york_date() <= day);
            if let Some(step) = last.filter(|step| !step.shares.is_zero()) {
                let under = step.adjusted_per_share.is_some_and(|basis| close < basis);
                days = Some(days.unwrap_or(0_u32).saturating_add(under.into()));
            }
        }
        days
    }
}

/// Some units of an instrument that were opened together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Its identity: the UUID of the event that opened it.
    pub id: Id<Self>,
    /// What is held. After a split or a change of symbol what it became.
    pub instrument: Instrument,
    /// Shares per unit.
    pub multiplier: u32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How many units it had when it was opened, in units of today; below zero when short.
    pub quantity: Decimal,
    /// How many of them are still open.
    pub open: Decimal,
    /// The price per share at which it was opened, in shares of today, rounded to eight digits.
    pub price: Decimal,
    /// What its opening brought, fees included; below zero when it took some.
    pub cash: Decimal,
    /// The fees of its opening.
    pub fees: Decimal,
    /// The part of `cash` that belongs to what is open.
    pub open_cash: Decimal,
    /// The same for the tax office, to whom an assigned option is a part of its shares.
    pub open_tax: Decimal,
    /// The lot that it came out of: the option that was assigned, exercised or rolled.
    pub parent: Option<Id<Self>>,
    /// The roll that brought it.
    pub roll: Option<RollLink>,
    /// How it was closed, one part after the other.
    pub closings: Vec<LotClosing>,
}

impl Lot {
    /// What its closed part earned, fees included.
    pub fn pnl(&self) -> Decimal {
        self.closings.iter().map(|closing| closing.pnl).sum()
    }
}

/// How a lot, or a part of it, was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotClosing {
    /// The event that closed it.
    pub event: Id<JournalEvent>,
    /// When that was.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// How many units it closed: the change of what is held.
    pub quantity: Decimal,
    /// The price per share; zero for an option that expired, was assigned or exercised.
    pub price: Decimal,
    /// What it brought, fees included.
    pub cash: Decimal,
    /// Its fees.
    pub fees: Decimal,
    /// What this part earned: what its opening and its closing brought, fees included.
    pub pnl: Decimal,
    /// The same for the tax office: nothing for an option that became shares, whose premium is in their basis or
    /// proceeds.
    pub tax_pnl: Decimal,
}

/// Where a cycle was after one of its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasisStep {
    /// The event.
    pub event: Id<JournalEvent>,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// The phase after it.
    pub phase: WheelPhase,
    /// Shares held after it.
    pub shares: Decimal,
    /// As [`Cycle::basis_tax_per_share`], after it.
    pub tax_per_share: Option<Decimal>,
    /// As [`Cycle::basis_adjusted_per_share`], after it.
    pub adjusted_per_share: Option<Decimal>,
    /// Dividends until then.
    pub dividends: Decimal,
    /// What was realized until then.
    pub realized_pnl: Decimal,
}

/// What a list of cycles is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CycleFilter {
    /// Cycles of this account.
    pub account: Option<Name>,
    /// Cycles of this strategy.
    pub strategy: Option<Name>,
    /// Cycles about this stock or underlying.
    pub symbol: Option<Symbol>,
    /// Cycles of which something is open, or those of which nothing is.
    pub open: Option<bool>,
}

impl Keyed for Cycle {
    const NAME: &'static str = "cycle";

    type Key = Id<Self>;
    type Filter = CycleFilter;

    fn key(&self) -> Id<Self> {
        self.id
    }

    fn validate(&self) -> Result<()> {
        amount("shares", self.shares)?;
        amount("basis_tax", self.basis_tax)?;
        amount("basis_adjusted", self.basis_adjusted)?;
        check!(
            amount,
            self.basis_tax_per_share => "basis_tax_per_share",
            self.basis_adjusted_per_share => "basis_adjusted_per_share",
        );
        amount("premium", self.premium)?;
        amount("dividends", self.dividends)?;
        amount("fees", self.fees)?;
        amount("cash_flow", self.cash_flow)?;
        amount("realized_pnl", self.realized_pnl)
    }

    fn is_admitted_by(&self, filter: &CycleFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
            && filter.strategy.is_none_or(|strategy| self.strategy == strategy)
            && filter.symbol.is_none_or(|symbol| self.symbol == symbol)
            && filter.open.is_none_or(|open| self.is_closed() != open)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}
