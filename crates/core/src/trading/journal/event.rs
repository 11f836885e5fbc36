//! The journal's log: what happened, one event after the other, never changed and never deleted.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Cycle, CycleFilter, EventKind, Lot};
use crate::{
    Decimal, Entry, Error, Id, Listing, Name, Page, Result, Source, Timestamp, Upserted,
    market::{Instrument, OptionContract, OptionType, Symbol},
    money::{SCALE, amount, not_negative, positive},
    validate::check,
};

/// Something that happened in a cycle.
///
/// Quantities are changes of what is held: −1 sells a contract, be it to open or to close, and +1 buys one or lets a
/// short one expire or be assigned. Prices are per share. The events of a cycle are in the order of their instants and,
/// within one, of their sequence numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEvent {
    /// Its identity. A lot that it opens has the same UUID, and so has that lot's trade.
    pub id: Id<Self>,
    /// When it happened.
    pub at: Timestamp,
    /// Its place among the cycle's events of that instant.
    pub sequence: u32,
    /// The account.
    pub account: Name,
    /// The strategy. What a person trades has a strategy of its own, such as `manual`.
    pub strategy: Name,
    /// The cycle that it is a part of.
    pub cycle: Id<Cycle>,
    /// What happened.
    pub kind: EventKind,
    /// The stock or underlying that the cycle is about.
    pub symbol: Symbol,
    /// What it happened to: the stock, or an option contract.
    pub instrument: Instrument,
    /// By how much what is held of the instrument changed. Of a dividend the shares that it was paid for; of a split
    /// what one unit became, such as 0.1 when ten became one; of a fee zero.
    pub quantity: Decimal,
    /// The price per share; of a dividend what each share was paid. Zero for everything but opening, closing, rolls and
    /// dividends: shares that come or go with a contract do so at its strike.
    pub price: Decimal,
    /// What it cost besides; below zero when it is a rebate.
    pub fees: Decimal,
    /// Shares per unit of the instrument: 1 for a stock, 100 for most options.
    pub multiplier: u32,
    /// The contract rolled into, or what the instrument was called after a split. Otherwise `None`.
    pub successor: Option<Instrument>,
    /// The price per share of the contract rolled into. Otherwise `None`.
    pub successor_price: Option<Decimal>,
    /// The lot that it closes; `None` for the oldest first.
    pub lot: Option<Id<Lot>>,
    /// The broker's order that it is a part of: the legs of one order have the same.
    pub broker_order_id: Option<Name>,
    /// Where it was told.
    pub source: Source,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl JournalEvent {
    /// What happened to something on its account: without fees, at sequence number zero, learned when it happened, with
    /// the usual multiplier of 1 for a stock and 100 for an option.
    pub fn new(
        (account, strategy, cycle): (Name, Name, Id<Cycle>),
        (at, source): (Timestamp, Source),
        kind: EventKind,
        (symbol, instrument): (Symbol, Instrument),
        (quantity, price): (Decimal, Decimal),
    ) -> Self {
        Self {
            id: Id::new(at),
            at,
            sequence: 0,
            account,
            strategy,
            cycle,
            kind,
            symbol,
            instrument,
            quantity,
            price,
            fees: Decimal::ZERO,
            multiplier: if matches!(instrument, Instrument::Option(_)) { 100 } else { 1 },
            successor: None,
            successor_price: None,
            lot: None,
            broker_order_id: None,
            source,
            recorded_at: at,
        }
    }

    /// Its place in the order of its cycle's events.
    pub fn place(&self) -> (Timestamp, u32, Id<Self>) {
        (self.at, self.sequence, self.id)
    }

    /// The money that it brought, below zero when it took some, fees included; rounded to eight digits behind the
    /// point.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is 10¹² or more.
    pub fn cash(&self) -> Result<Decimal> {
        let gross = self.gross_cash();
        let cash = gross.and_then(|gross| gross.checked_sub(self.fees)).ok_or_else(|| {
            Error::invalid_input("the money that an event brings must be below 1e12").with("field", "price")
        })?;
        amount("price", cash)?;
        Ok(cash)
    }

    /// The same before fees; `None` when it is too large.
    fn gross_cash(&self) -> Option<Decimal> {
        let units = self.quantity.checked_mul(self.multiplier.into())?;
        let money = match self.kind {
            EventKind::Open | EventKind::Close => units.checked_mul(-self.price)?,
            EventKind::Roll => units.checked_mul(self.successor_price?.checked_sub(self.price)?)?,
            EventKind::Dividend => self.quantity.checked_mul(self.price)?,
            EventKind::Assign | EventKind::Exercise | EventKind::CalledAway => {
                self.contract()?.strike().to_decimal().checked_mul(-self.shares()?)?
            }
            EventKind::Expire | EventKind::Fee | EventKind::Split => Decimal::ZERO,
        };
        Some(money.round_dp(SCALE))
    }

    /// The shares that came with an assignment or exercise, below zero when they went; `None` for every other event.
    pub fn shares(&self) -> Option<Decimal> {
        if !matches!(self.kind, EventKind::Assign | EventKind::Exercise | EventKind::CalledAway) {
            return None;
        }
        let units = self.quantity.checked_mul(self.multiplier.into())?;
        Some(if self.contract()?.option_type() == OptionType::Put { units } else { -units })
    }

    /// The option contract that it happened to; `None` for a stock.
    pub const fn contract(&self) -> Option<OptionContract> {
        match self.instrument {
            Instrument::Option(contract) => Some(contract),
            Instrument::Symbol(_) => None,
        }
    }

    fn check_kind(&self) -> Result<()> {
        let refused = |message: String, field: &'static str| {
            Err(Error::invalid_input(message).with("field", field).with("kind", self.kind))
        };
        let of_option = !matches!(
            self.kind,
            EventKind::Open | EventKind::Close | EventKind::Dividend | EventKind::Fee | EventKind::Split
        );
        if of_option && self.contract().is_none() {
            return refused(format!("{} happens to an option contract", self.kind), "instrument");
        }
        let call = self.contract().is_some_and(|contract| contract.option_type() == OptionType::Call);
        if self.kind == EventKind::CalledAway && !call {
            return refused("shares are called away by a call".to_owned(), "instrument");
        }
        let fits = match self.kind {
            EventKind::Fee => self.quantity.is_zero(),
            EventKind::Assign | EventKind::CalledAway | EventKind::Split => self.quantity > Decimal::ZERO,
            EventKind::Exercise => self.quantity < Decimal::ZERO,
            _ => !self.quantity.is_zero(),
        };
        if !fits {
            let expected = "what is held changes: not zero; above zero for an assignment and a split, below it for an \
                            exercise; zero for a fee";
            return refused(expected.to_owned(), "quantity").map_err(|error| error.with("value", self.quantity));
        }
        let priced = matches!(self.kind, EventKind::Open | EventKind::Close | EventKind::Roll | EventKind::Dividend);
        if !priced && !self.price.is_zero() {
            return refused(format!("{} has no price", self.kind), "price")
                .map_err(|error| error.with("value", self.price));
        }
        let successor = match (self.kind, self.successor) {
            (EventKind::Roll, successor) => matches!(successor, Some(Instrument::Option(_))),
            (EventKind::Split, Some(successor)) => {
                matches!(successor, Instrument::Option(_)) == self.contract().is_some()
            }
            (_, successor) => successor.is_none(),
        };
        if !successor {
            let expected =
                "a roll leads into a contract and a split into something of the same kind; nothing else does";
            return refused(expected.to_owned(), "successor");
        }
        if (self.kind == EventKind::Roll) != self.successor_price.is_some() {
            return refused(
                "a roll has the price of what it leads into, and nothing else has".into(),
                "successor_price",
            );
        }
        Ok(())
    }
}

/// What a list of events is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JournalEventFilter {
    /// Events of this account.
    pub account: Option<Name>,
    /// Events of this strategy.
    pub strategy: Option<Name>,
    /// Events of this cycle.
    pub cycle: Option<Id<Cycle>>,
    /// Events in this stock and options on it.
    pub symbol: Option<Symbol>,
    /// Events of this kind.
    pub kind: Option<EventKind>,
    /// Events of this order of the broker's: its legs. Accounts have orders of their own.
    pub broker_order_id: Option<Name>,
}

/// Which events to list, in the order of time. Events of one instant are in the order of their identities; those of one
/// cycle in their own order are told by [`list_cycle_events`](JournalRepository::list_cycle_events).
pub type JournalEventQuery = Listing<JournalEventFilter>;

impl Entry for JournalEvent {
    const NAME: &'static str = "journal_event";

    type Filter = JournalEventFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }

    fn validate(&self) -> Result<()> {
        amount("quantity", self.quantity)?;
        // Of the shares too: no computation with them overflows.
        amount("quantity", self.quantity.saturating_mul(self.multiplier.into()))?;
        not_negative("price", self.price)?;
        amount("fees", self.fees)?;
        check!(not_negative, self.successor_price => "successor_price");
        positive("multiplier", self.multiplier.into())?;
        self.check_kind()?;
        self.cash().map(drop)
    }

    fn is_admitted_by(&self, filter: &JournalEventFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
            && filter.strategy.is_none_or(|strategy| self.strategy == strategy)
            && filter.cycle.is_none_or(|cycle| self.cycle == cycle)
            && filter.symbol.is_none_or(|symbol| self.symbol == symbol)
            && filter.kind.is_none_or(|kind| self.kind == kind)
            && filter.broker_order_id.is_none_or(|order| self.broker_order_id == Some(order))
    }

    fn is_repeat_of(&self, stored: &Self) -> bool {
        Self { recorded_at: stored.recorded_at, ..self.clone() } == *stored
    }
}

/// The journal's log, and what follows from it.
#[async_trait]
pub trait JournalRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Appends events, and in the same transaction brings their cycles and those cycles' trades up to date.
    ///
    /// An event told again counts as unchanged, whenever it was learned. An event may be told late: its cycle is
    /// computed anew from all of its events in their order. Trades that come of it
    /// [take over](super::Projection::merged) what is stored of them besides; finalised ones stay as they are. An empty
    /// batch is fine and does nothing. Either all events are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate);
    /// [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of another event, both with its index as
    /// `row`; and `Conflict` when the events of a cycle [do not fit together](super::Projection::of), such as when more
    /// is closed than open.
    ///
    /// # Cancel safety
    /// A dropped call stores all events or none.
    async fn append_journal_events(&self, events: &[JournalEvent]) -> Result<Upserted>;

    /// The event with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_journal_event(&self, id: Id<JournalEvent>) -> Result<Option<JournalEvent>>;

    /// The events that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_journal_events(&self, query: &JournalEventQuery) -> Result<Page<JournalEvent>>;

    /// All events of a cycle, in their [order](JournalEvent::place). A cycle without events has none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_cycle_events(&self, cycle: Id<Cycle>) -> Result<Vec<JournalEvent>>;

    /// A cycle as its events have made it; `None` when it has none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_cycle(&self, id: Id<Cycle>) -> Result<Option<Cycle>>;

    /// The cycles that a filter admits, in the order of their identities.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_cycles(&self, filter: &CycleFilter) -> Result<Vec<Cycle>>;

    /// Computes a cycle anew from its events, puts what comes of it in the place of what is stored, and tells whether
    /// the two were equal: the cycle, and every one of its trades that is not finalised.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the cycle has no events.
    ///
    /// # Cancel safety
    /// A dropped call replaces all or nothing.
    async fn rebuild_cycle(&self, id: Id<Cycle>) -> Result<bool>;
}
