//! Journal events: an append-only log, whose events change by amendments alone.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Amendment, Cycle, CycleFilter, EventKind, Lot, Provenance};
use crate::{
    Decimal, Error, Id, Listing, Name, Page, Result, Source, Timestamp, Upserted,
    market::{Instrument, OptionContract, OptionType, Symbol},
    money::{SCALE, amount, not_negative, positive},
    port::{Amendable, Entry},
    trading::{Execution, Signal},
    validate::{check, text},
};

/// An event of a cycle.
///
/// A quantity is a change of the holding: −1 sells a contract, to open or to close, and +1 buys one or ends a short
/// one by expiration or assignment. Prices are per share. The events of a cycle are ordered by time and, at one
/// instant, by sequence number. A voided event stays in the log and does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEvent {
    /// The identity. The lot that the event opens has the same UUID, and so has the trade of that lot.
    pub id: Id<Self>,
    /// The event time: when the event happened.
    pub at: Timestamp,
    /// The position among the cycle's events at one instant.
    pub sequence: u32,
    /// The account of the event.
    pub account: Name,
    /// The strategy. Trades made by hand have a strategy of their own, such as `manual`.
    pub strategy: Name,
    /// The cycle of the event.
    pub cycle: Id<Cycle>,
    /// True if the cycle was named by the fill or by a correction. The event of any other fill moves to another cycle
    /// when an earlier fill arrives late.
    pub names_cycle: bool,
    /// The kind of the event.
    pub kind: EventKind,
    /// The stock or underlying of the cycle.
    pub symbol: Symbol,
    /// The affected instrument: the stock or an option contract.
    pub instrument: Instrument,
    /// The change of the holding. For a dividend the shares on which it was paid; for a split the number of new units
    /// for one old unit, such as 0.1 for a reverse split of 10 to 1; for a fee zero.
    pub quantity: Decimal,
    /// The price per share; for a dividend the amount per share. Zero unless the event opens, closes, rolls or pays a
    /// dividend: shares delivered by a contract change hands at its strike.
    pub price: Decimal,
    /// All costs of the event, commission and fees; negative for a rebate.
    pub fees: Decimal,
    /// The broker's commission, a part of `fees`; `None` when unknown.
    pub commission: Option<Decimal>,
    /// The fees of regulators, a part of `fees`; `None` when unknown.
    pub regulatory_fees: Option<Decimal>,
    /// The fees of exchanges and clearing houses, a part of `fees`; `None` when unknown.
    pub exchange_fees: Option<Decimal>,
    /// The number of shares per unit of the instrument: 1 for a stock, 100 for most options.
    pub multiplier: u32,
    /// The contract rolled into, or the new instrument after a split; otherwise `None`.
    pub successor: Option<Instrument>,
    /// The price per share of the contract rolled into; otherwise `None`.
    pub successor_price: Option<Decimal>,
    /// The lot to close; `None` closes the oldest first.
    pub lot: Option<Id<Lot>>,
    /// The broker's order of the event, which all legs of one order share.
    pub broker_order_id: Option<Name>,
    /// The execution that the event tells of; `None` for every other event.
    pub execution: Option<Id<Execution>>,
    /// The signal that led to the order.
    pub signal: Option<Id<Signal>>,
    /// The provenance: live, paper, backtest, import or manual.
    pub provenance: Provenance,
    /// The instant from which the event does not count any more; `None` for an event that counts.
    pub voided_at: Option<Timestamp>,
    /// The reason of the last [amendment](super::Amendment); `None` for an event as it was first recorded.
    pub amendment: Option<String>,
    /// The source of the event.
    pub source: Source,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(JournalEvent: quantity price fees commission regulatory_fees exchange_fees successor_price);

impl JournalEvent {
    /// Creates a live event without fees, with sequence number zero, `at` as its knowledge time, and the usual
    /// multiplier of 1 for a stock and 100 for an option.
    pub fn new(
        id: Id<Self>,
        (account, strategy, cycle): (Name, Name, Id<Cycle>),
        (at, source): (Timestamp, Source),
        kind: EventKind,
        (symbol, instrument): (Symbol, Instrument),
        (quantity, price): (Decimal, Decimal),
    ) -> Self {
        Self {
            id,
            at,
            sequence: 0,
            account,
            strategy,
            cycle,
            names_cycle: false,
            kind,
            symbol,
            instrument,
            quantity,
            price,
            fees: Decimal::ZERO,
            commission: None,
            regulatory_fees: None,
            exchange_fees: None,
            multiplier: if matches!(instrument, Instrument::Option(_)) { 100 } else { 1 },
            successor: None,
            successor_price: None,
            lot: None,
            broker_order_id: None,
            execution: None,
            signal: None,
            provenance: Provenance::Live,
            voided_at: None,
            amendment: None,
            source,
            recorded_at: at,
        }
    }

    /// Returns the position in the order of the cycle's events.
    pub fn place(&self) -> (Timestamp, u32, Id<Self>) {
        (self.at, self.sequence, self.id)
    }

    /// Returns the cash flow of the event after fees, negative for a payment, rounded to eight decimal places.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cash flow is 10¹² or more in size.
    pub fn cash(&self) -> Result<Decimal> {
        let gross = self.gross_cash();
        let cash = gross.and_then(|gross| gross.checked_sub(self.fees)).ok_or_else(|| {
            Error::invalid_input("the cash flow of an event must be below 1e12 in size").with("field", "price")
        })?;
        amount("price", cash)?;
        Ok(cash)
    }

    /// Returns the cash flow before fees; `None` when it exceeds the range of a decimal.
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

    /// Returns the shares received by an assignment or exercise, negative for delivered ones; `None` for every other
    /// event.
    pub fn shares(&self) -> Option<Decimal> {
        if !matches!(self.kind, EventKind::Assign | EventKind::Exercise | EventKind::CalledAway) {
            return None;
        }
        let units = self.quantity.checked_mul(self.multiplier.into())?;
        Some(if self.contract()?.option_type() == OptionType::Put { units } else { -units })
    }

    /// Returns the option contract of the event; `None` for a stock.
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
            return refused(format!("the instrument of {} must be an option contract", self.kind), "instrument");
        }
        let call = self.contract().is_some_and(|contract| contract.option_type() == OptionType::Call);
        if self.kind == EventKind::CalledAway && !call {
            return refused("the instrument of called_away must be a call".to_owned(), "instrument");
        }
        let fits = match self.kind {
            EventKind::Fee => self.quantity.is_zero(),
            EventKind::Assign | EventKind::CalledAway | EventKind::Split => self.quantity > Decimal::ZERO,
            EventKind::Exercise => self.quantity < Decimal::ZERO,
            _ => !self.quantity.is_zero(),
        };
        if !fits {
            let expected = "quantity must not be zero, except for a fee: above zero for assign, called_away and split, \
                            below zero for exercise, and zero for fee";
            return refused(expected.to_owned(), "quantity").map_err(|error| error.with("value", self.quantity));
        }
        let priced = matches!(self.kind, EventKind::Open | EventKind::Close | EventKind::Roll | EventKind::Dividend);
        if !priced && !self.price.is_zero() {
            return refused(format!("the price of {} must be zero", self.kind), "price")
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
                "successor must be a contract for roll, of the same kind of instrument for split, and absent otherwise";
            return refused(expected.to_owned(), "successor");
        }
        if (self.kind == EventKind::Roll) != self.successor_price.is_some() {
            return refused("successor_price must be present for roll and absent otherwise".into(), "successor_price");
        }
        Ok(())
    }
}

/// The conditions of a list of journal events. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JournalEventFilter {
    /// The account of the events.
    pub account: Option<Name>,
    /// The strategy of the events.
    pub strategy: Option<Name>,
    /// The cycle of the events.
    pub cycle: Option<Id<Cycle>>,
    /// The stock, or the underlying of options, of the events.
    pub symbol: Option<Symbol>,
    /// The kind of the events.
    pub kind: Option<EventKind>,
    /// The broker's order whose legs the events are. Orders are unique within an account only.
    pub broker_order_id: Option<Name>,
}

/// A query for journal events, in the order of event time and, at one instant, of identities.
/// [`list_cycle_events`](JournalRepository::list_cycle_events) returns the events of one cycle in their own order.
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

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }

    fn validate(&self) -> Result<()> {
        amount("quantity", self.quantity)?;
        // The product with the multiplier is checked too, so that no computation with shares overflows.
        amount("quantity", self.quantity.saturating_mul(self.multiplier.into()))?;
        not_negative("price", self.price)?;
        amount("fees", self.fees)?;
        check!(
            amount,
            self.commission => "commission",
            self.regulatory_fees => "regulatory_fees",
            self.exchange_fees => "exchange_fees",
        );
        check!(text, self.amendment.as_deref() => "amendment");
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
        // A file that is imported again holds the values from before the amendment.
        stored.amendment.is_some() || Self { recorded_at: stored.recorded_at, ..self.clone() } == *stored
    }
}

impl Amendable for JournalEvent {
    fn account(&self) -> Name {
        self.account
    }

    fn marks(&mut self) -> (&mut Option<Timestamp>, &mut Option<String>) {
        (&mut self.voided_at, &mut self.amendment)
    }

    fn correct(&mut self, stored: &Self) {
        self.names_cycle |= self.execution.is_some() && self.cycle != stored.cycle;
    }
}

/// The log of the journal, with the cycles that follow from it.
///
/// ```
/// use strikebook_core::{
///     Id, Name, Source, Timestamp,
///     market::{OptionContract, Symbol},
///     memory::MemoryStore,
///     trading::journal::{EventKind, JournalEvent, JournalRepository, WheelPhase},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let at: Timestamp = "2025-09-25T14:30:00Z".parse()?;
/// let (cycle, put) = (Id::named("cycle 1"), "SPY251219P00600000".parse::<OptionContract>()?);
/// let sold = JournalEvent::new(
///     Id::named("event 1"),
///     (Name::new("U1")?, Name::new("wheel")?, cycle),
///     (at, Source::new("broker")?),
///     EventKind::Open,
///     (Symbol::new("SPY")?, put.into()),
///     ((-1).into(), "7.35".parse().expect("a price")),
/// );
/// store.append_journal_events(&[sold]).await?;
/// let cycle = store.get_cycle(cycle).await?.expect("a cycle with an event");
/// assert_eq!((cycle.phase, cycle.premium), (WheelPhase::CashSecuredPut, 735.into()));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. An entry of a simulated source is refused with
/// [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store allows such entries. A list refuses the cursor
/// of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait JournalRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Appends events by the [rules of every insert](Entry#rules-of-every-insert), and updates their cycles and
    /// trades in the same transaction.
    ///
    /// A stored event counts as unchanged also with another `recorded_at`, and whatever its values if it was
    /// [amended](Self::amend_journal_events). Events may arrive late: each cycle is
    /// computed again from all of its events in their order. The resulting trades [keep](super::Projection::merged)
    /// the stored fields that do not follow from events; finalised trades stay unchanged.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) also when the events of a cycle [contradict each
    /// other](super::Projection::of), such as when more is closed than open.
    async fn append_journal_events(&self, events: &[JournalEvent]) -> Result<Upserted>;

    /// Corrects, voids or deletes stored events, each with its reason, and computes their cycles, trades and positions
    /// again, all or nothing.
    ///
    /// A corrected event may belong to another cycle than before. Finalised trades follow too. The
    /// [rows](super::ImportedRow) of brokers' files that led to a deleted event keep the reason, so that no import
    /// brings the event back. A stored [position](crate::trading::Position) follows if it equals the one that the
    /// events made before; any other was set by its owner and stays. The reason is kept as `amendment`; an audited
    /// store records the events before and after, and a deletion as a voiding before it. An amendment without effect
    /// counts as unchanged.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when an event does not exist; [`Conflict`](crate::ErrorKind::Conflict)
    /// when the events of a cycle contradict each other afterwards, and for a correction to another identity or
    /// account; [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty reason and an invalid event.
    async fn amend_journal_events(&self, amendments: &[Amendment<JournalEvent>]) -> Result<Upserted>;

    /// Returns the event with an identity; `None` when there is no such event.
    async fn get_journal_event(&self, id: Id<JournalEvent>) -> Result<Option<JournalEvent>>;

    /// Returns the events that the query's filter admits, in its order.
    async fn list_journal_events(&self, query: &JournalEventQuery) -> Result<Page<JournalEvent>>;

    /// Returns all events of a cycle, in their [order](JournalEvent::place). Empty for an unknown cycle.
    async fn list_cycle_events(&self, cycle: Id<Cycle>) -> Result<Vec<JournalEvent>>;

    /// Returns the state of a cycle; `None` for a cycle without events.
    async fn get_cycle(&self, id: Id<Cycle>) -> Result<Option<Cycle>>;

    /// Returns the cycles that a filter admits, in the order of their identities.
    async fn list_cycles(&self, filter: &CycleFilter) -> Result<Vec<Cycle>>;

    /// Computes a cycle again from its events and replaces the stored result. Returns true if both were equal: the
    /// cycle, and each of its trades that is not finalised.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the cycle has no events.
    async fn rebuild_cycle(&self, id: Id<Cycle>) -> Result<bool>;
}
