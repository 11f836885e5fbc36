//! Cycles of the journal, with their lots and cost bases.

mod returns;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use returns::CycleReturns;

use super::{EventKind, JournalEvent, RollLink, WheelPhase};
use crate::{
    Decimal, Id, Name, Result, Timestamp,
    market::{Instrument, Symbol},
    money::amount,
    port::Keyed,
    validate::check,
};

/// A cycle: everything that follows from one decision to enter, in its present state.
///
/// The state is computed from the cycle's events by [`Projection::of`](super::Projection::of), and only the journal
/// writes it. Amounts are money, positive for credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// The identity of the cycle.
    pub id: Id<Self>,
    /// The account of the cycle.
    pub account: Name,
    /// The strategy of the cycle, by its last event.
    pub strategy: Name,
    /// The stock or underlying; after a change of symbol that of the last event.
    pub symbol: Symbol,
    /// The present phase of the wheel.
    pub phase: WheelPhase,
    /// The instant of the first event.
    pub opened_at: Timestamp,
    /// The instant at which nothing was open any more; `None` while something is.
    pub closed_at: Option<Timestamp>,
    /// The number of events.
    pub events: u32,
    /// The number of held shares; negative when short.
    pub shares: Decimal,
    /// The tax basis of the held shares: the strike minus the premium of the assigned put only. Premiums of calls do
    /// not reduce it.
    pub basis_tax: Decimal,
    /// The adjusted basis of the held shares: strike and fees, minus all net option credits and dividends of the
    /// cycle.
    pub basis_adjusted: Decimal,
    /// The tax basis per share, rounded to eight decimal places; `None` without shares.
    pub basis_tax_per_share: Option<Decimal>,
    /// The adjusted basis per share, rounded to eight decimal places: the breakeven price. Without shares, but with
    /// open short puts, the basis per share after their assignment. Otherwise `None`.
    pub basis_adjusted_per_share: Option<Decimal>,
    /// The net option credits before fees.
    pub premium: Decimal,
    /// The dividends before fees.
    pub dividends: Decimal,
    /// The sum of all fees.
    pub fees: Decimal,
    /// The sum of all cash flows. Once nothing is open, the profit of the cycle.
    pub cash_flow: Decimal,
    /// The realised profit: the profit of everything closed, plus dividends, minus fees that belong to no lot. Once
    /// nothing is open, equal to `cash_flow`.
    pub realized_pnl: Decimal,
    /// The lots of the cycle, in the order of their opening.
    pub lots: Vec<Lot>,
    /// The state after each event.
    pub basis: Vec<BasisStep>,
    /// The latest knowledge time of the events.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(
    Cycle:
        shares basis_tax basis_adjusted basis_tax_per_share basis_adjusted_per_share premium dividends fees cash_flow
        realized_pnl lots basis
);

impl Cycle {
    /// Returns true if nothing is held any more.
    pub const fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }

    /// Counts the days on which the share closed below its adjusted basis of that day, given closing prices by day in
    /// New York. Days without shares do not count; `None` if there is no day with shares.
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

/// Units of an instrument that were opened together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The identity: the UUID of the opening event.
    pub id: Id<Self>,
    /// The held instrument; after a split or a change of symbol the new one.
    pub instrument: Instrument,
    /// The number of shares per unit.
    pub multiplier: u32,
    /// The instant of the opening.
    pub opened_at: Timestamp,
    /// The number of units at the opening, adjusted for later splits; negative when short.
    pub quantity: Decimal,
    /// The number of units that are still open, with the sign of `quantity`.
    pub open: Decimal,
    /// The opening price per share, adjusted for later splits, rounded to eight decimal places.
    pub price: Decimal,
    /// The cash flow of the opening after fees; negative for a payment.
    pub cash: Decimal,
    /// The fees of the opening.
    pub fees: Decimal,
    /// The part of `cash` that belongs to the open units.
    pub open_cash: Decimal,
    /// The part of the opening's tax basis that belongs to the open units. The basis of an assigned option moves into
    /// its shares.
    pub open_tax: Decimal,
    /// The lot of the option that was assigned, exercised or rolled into this lot.
    pub parent: Option<Id<Self>>,
    /// The roll that opened this lot.
    pub roll: Option<RollLink>,
    /// The closings of the lot, in the order of events.
    pub closings: Vec<LotClosing>,
}

crate::port::canonical!(Lot: quantity open price cash fees open_cash open_tax roll closings);

impl Lot {
    /// Returns the profit of the closed part after fees.
    pub fn pnl(&self) -> Decimal {
        self.closings.iter().map(|closing| closing.pnl).sum()
    }
}

/// The closing of a lot or of a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotClosing {
    /// The event that closed these units.
    pub event: Id<JournalEvent>,
    /// The instant of the closing.
    pub at: Timestamp,
    /// The kind of the closing event.
    pub kind: EventKind,
    /// The number of closed units, as a change of the holding.
    pub quantity: Decimal,
    /// The price per share; zero for an option that expired, was assigned or exercised.
    pub price: Decimal,
    /// The cash flow of the closing after fees.
    pub cash: Decimal,
    /// The fees of the closing.
    pub fees: Decimal,
    /// The profit of these units: the cash flows of their opening and closing after fees.
    pub pnl: Decimal,
    /// The profit for tax: zero for an option that became shares, whose premium enters their basis or proceeds.
    pub tax_pnl: Decimal,
}

crate::port::canonical!(LotClosing: quantity price cash fees pnl tax_pnl);

/// The state of a cycle after one of its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasisStep {
    /// The event before this state.
    pub event: Id<JournalEvent>,
    /// The instant of the event.
    pub at: Timestamp,
    /// The kind of the event.
    pub kind: EventKind,
    /// The phase after the event.
    pub phase: WheelPhase,
    /// The number of held shares after the event.
    pub shares: Decimal,
    /// [`Cycle::basis_tax_per_share`] after the event.
    pub tax_per_share: Option<Decimal>,
    /// [`Cycle::basis_adjusted_per_share`] after the event.
    pub adjusted_per_share: Option<Decimal>,
    /// The dividends so far.
    pub dividends: Decimal,
    /// The realised profit so far.
    pub realized_pnl: Decimal,
}

crate::port::canonical!(BasisStep: shares tax_per_share adjusted_per_share dividends realized_pnl);

/// The conditions of a list of cycles. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CycleFilter {
    /// The account of the cycles.
    pub account: Option<Name>,
    /// The strategy of the cycles.
    pub strategy: Option<Name>,
    /// The stock or underlying of the cycles.
    pub symbol: Option<Symbol>,
    /// True for cycles with something open, false for closed ones.
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
