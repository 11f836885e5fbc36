//! Trades of the journal: positions from entry to exit, with plan, market context and review.

mod context;
mod execution;
mod review;
mod wheel;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use context::{MarketContext, Risk};
pub use execution::{TradeExecution, TradeOutcome, TradeSubject};
pub use review::{Review, RuleBreak};
pub use wheel::WheelLeg;

use super::{
    Amendment, CloseAction, Cycle, ExitReason, LegRole, Lot, OpenAction, Provenance, Side, WheelPhase, WinLoss,
};
use crate::{
    Decimal, Error, ErrorKind, Id, Listing, Name, Page, Result, Source, Timestamp, Upserted, Words,
    market::{Instrument, Symbol},
    port::{Amendable, Entry},
    trading::{Signal, metrics::ClosedTrade},
    validate::{check, text},
};

/// A group of legs that were entered together, such as a spread. A marker for [`Id`].
#[derive(Debug)]
pub enum LegGroup {}

/// A chain of contracts that were rolled into each other. A marker for [`Id`].
#[derive(Debug)]
pub enum RollChain {}

/// A batch of rows that were imported together. A marker for [`Id`].
#[derive(Debug)]
pub enum ImportBatch {}

/// A run of a strategy, live or in a backtest. A marker for [`Id`].
#[derive(Debug)]
pub enum StrategyRun {}

/// A position from entry to exit. An open trade has no exit and no result.
///
/// Derived values are methods and not fields: the time held, the R multiple, the percentage of premium, and strike,
/// expiration and type of the [instrument](TradeSubject::instrument).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// The identity of the trade.
    pub id: Id<Self>,
    /// The event time: the instant of the entry.
    pub at: Timestamp,
    /// The owner and the groups of the trade.
    pub origin: Origin,
    /// The traded instrument and its terms.
    pub subject: TradeSubject,
    /// The entry and the exit.
    pub execution: TradeExecution,
    /// The result, in money.
    pub outcome: TradeOutcome,
    /// The planned and the realised risk.
    pub risk: Risk,
    /// The market context at the entry.
    pub entry: MarketContext,
    /// The market context at the exit or roll.
    pub exit: MarketContext,
    /// The state of the wheel.
    pub wheel: WheelLeg,
    /// The owner's review of the trade.
    pub review: Review,
    /// The source of the trade.
    pub source: Source,
    /// The provenance: live, paper, backtest, import or manual.
    pub provenance: Provenance,
    /// The version of the record format.
    pub schema_version: u32,
    /// The instant of the last change.
    pub updated_at: Timestamp,
    /// True if the trade is final, so that only its review may change.
    pub finalised: bool,
    /// The instant from which the trade does not count any more; `None` for a trade that counts.
    pub voided_at: Option<Timestamp>,
    /// The reason of the last [amendment](Amendment); `None` for a trade without one.
    pub amendment: Option<String>,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Trade: execution outcome risk entry exit wheel);

/// The owner of a trade, and the groups to which the trade belongs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The account of the trade.
    pub account: Name,
    /// The strategy. Trades made by hand have a strategy of their own, such as `manual`.
    pub strategy: Name,
    /// The pattern that was traded, such as `pullback`. Set by the owner: no broker's file has it.
    pub setup: Option<Name>,
    /// The cycle of the trade.
    pub cycle: Option<Id<Cycle>>,
    /// The group of legs entered together.
    pub leg_group: Option<Id<LegGroup>>,
    /// The chain of rolls.
    pub roll_chain: Option<Id<RollChain>>,
    /// The lot from which the trade's lot arose, such as the put whose assignment delivered these shares.
    pub parent_lot: Option<Id<Lot>>,
    /// The role of the trade in a wheel.
    pub leg_role: Option<LegRole>,
    /// The phase of the wheel at the entry.
    pub wheel_phase: Option<WheelPhase>,
    /// The signal that led to the trade. Known of live fills, whose order names it; a broker's file has none.
    pub signal: Option<Id<Signal>>,
    /// The broker's orders of the trade.
    pub order_ids: Vec<String>,
    /// The broker's identity of the trade. Set by a caller who has one: brokers number executions, whose rows the
    /// import keeps as [`ImportedRow`](super::ImportedRow)s.
    pub broker_trade_id: Option<String>,
    /// The format of the import. Set by a caller who imports trades and not events; of others the `source` says it.
    pub import_source: Option<Name>,
    /// The import batch of the trade. Set by a caller who imports trades in batches; a broker's rows name their
    /// file instead.
    pub import_batch: Option<Id<ImportBatch>>,
    /// The digest by which an import recognises the trade. Set by a caller who imports trades and not events, whose
    /// identities follow from the broker's rows.
    pub dedup_hash: Option<Name>,
    /// The run of the strategy. Set by the program that runs the strategy.
    pub run: Option<Id<StrategyRun>>,
    /// True for a trade that was only simulated.
    pub dry_run: bool,
}

impl Trade {
    /// The record version that this version of the library writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// Creates an open trade, with `at` as its knowledge time. The quantity is the number of shares or contracts,
    /// above zero on either side; the price is per share.
    pub fn new(
        id: Id<Self>,
        (account, strategy): (Name, Name),
        (symbol, instrument): (Symbol, Instrument),
        (side, quantity, entry_price): (Side, Decimal, Decimal),
        (at, source): (Timestamp, Source),
    ) -> Self {
        Self {
            id,
            at,
            origin: Origin {
                account,
                strategy,
                setup: None,
                cycle: None,
                leg_group: None,
                roll_chain: None,
                parent_lot: None,
                leg_role: None,
                wheel_phase: None,
                signal: None,
                order_ids: Vec::new(),
                broker_trade_id: None,
                import_source: None,
                import_batch: None,
                dedup_hash: None,
                run: None,
                dry_run: false,
            },
            subject: TradeSubject::new(symbol, instrument),
            execution: TradeExecution {
                side,
                open_action: match side {
                    Side::Long => OpenAction::BuyToOpen,
                    Side::Short => OpenAction::SellToOpen,
                },
                close_action: None,
                quantity,
                quantity_closed: Decimal::ZERO,
                exited_at: None,
                entry_price,
                exit_price: None,
                entry_bid: None,
                entry_ask: None,
                slippage_entry: None,
                slippage_exit: None,
                commission: None,
                regulatory_fees: None,
                exchange_fees: None,
                assignment_fee: None,
                exit_reason: None,
            },
            outcome: TradeOutcome::default(),
            risk: Risk::default(),
            entry: MarketContext::default(),
            exit: MarketContext::default(),
            wheel: WheelLeg::default(),
            review: Review::default(),
            source,
            provenance: Provenance::Live,
            schema_version: Self::SCHEMA_VERSION,
            updated_at: at,
            finalised: false,
            voided_at: None,
            amendment: None,
            recorded_at: at,
        }
    }

    /// Returns true if the trade has no exit.
    pub fn is_open(&self) -> bool {
        self.execution.exited_at.is_none()
    }

    /// Returns the whole seconds from entry to exit; `None` for an open trade.
    pub fn seconds_held(&self) -> Option<i64> {
        let exited = self.execution.exited_at?;
        Some((exited.as_micros().saturating_sub(self.at.as_micros())) / 1_000_000)
    }

    /// Returns the net profit as a multiple of the initial risk; `None` for an open trade, and without an initial
    /// risk.
    pub fn r_multiple(&self) -> Option<f64> {
        self.in_risks(self.outcome.net_pnl?)
    }

    /// Returns the maximum adverse excursion in multiples of the initial risk.
    pub fn mae_r(&self) -> Option<f64> {
        self.in_risks(self.risk.mae?)
    }

    /// Returns the maximum favourable excursion in multiples of the initial risk.
    pub fn mfe_r(&self) -> Option<f64> {
        self.in_risks(self.risk.mfe?)
    }

    fn in_risks(&self, amount: Decimal) -> Option<f64> {
        let risk = self.risk.initial_risk.filter(|risk| *risk > Decimal::ZERO)?;
        execution::ratio(amount, risk)
    }

    /// Returns the reason of an exit at the plan's prices or percentages: `ProfitTarget` or `StopLoss`. `None` while
    /// the trade is open, for an exit by other means than a trade, and when it reached neither.
    pub fn planned_exit(&self) -> Option<ExitReason> {
        let TradeExecution { side, entry_price, exit_price, close_action, .. } = &self.execution;
        if self.is_open() || !matches!(close_action, Some(CloseAction::BuyToClose | CloseAction::SellToClose)) {
            return None;
        }
        let (risk, exit) = (&self.risk, (*exit_price)?);
        let gain = |from: Decimal, to: Decimal| match side {
            Side::Long => to.checked_sub(from),
            Side::Short => from.checked_sub(to),
        };
        let is_up = |from, to| gain(from, to).is_some_and(|gain| gain >= Decimal::ZERO);
        let percent = gain(*entry_price, exit).and_then(|gain| execution::ratio(gain, *entry_price));
        let percent = percent.map(|ratio| ratio * 100.0);
        let reached = |limit: Option<f64>, percent: Option<f64>| {
            percent.zip(limit).is_some_and(|(percent, limit)| percent >= limit)
        };
        if risk.target_price.is_some_and(|target| is_up(target, exit)) || reached(risk.profit_target_percent, percent) {
            Some(ExitReason::ProfitTarget)
        } else if risk.stop_loss.is_some_and(|stop| is_up(exit, stop))
            || reached(risk.loss_limit_percent, percent.map(|percent| -percent))
        {
            Some(ExitReason::StopLoss)
        } else {
            None
        }
    }

    /// Returns the properties that the [metrics](crate::trading::metrics) need; `None` for an open or a voided trade,
    /// and without a result.
    pub fn closed(&self) -> Option<ClosedTrade> {
        if self.voided_at.is_some() {
            return None;
        }
        Some(ClosedTrade {
            strategy: Some(self.origin.strategy),
            regime: self.entry.regime,
            opened: self.at,
            closed: self.execution.exited_at?,
            gross: self.outcome.gross_pnl?,
            costs: self.outcome.total_costs?,
            premium_received: self.outcome.premium_received,
            initial_risk: self.risk.initial_risk,
            collateral: self.risk.collateral,
            mae: self.risk.mae,
            mfe: self.risk.mfe,
        })
    }

    /// Checks that the trade may replace the stored one: the time of entry never changes, and of a finalised trade
    /// only the review changes.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when it may not replace the stored trade.
    pub fn may_replace(&self, stored: &Self) -> Result<()> {
        let why = if self.at != stored.at {
            "a replaced trade must keep its time of entry"
        } else if stored.finalised && !self.clone().differs_in_review_only(stored) {
            "a finalised trade may change in its review only"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Conflict, why).with("trade", self.id))
    }

    fn differs_in_review_only(self, stored: &Self) -> bool {
        let Self { review, updated_at, recorded_at, .. } = stored.clone();
        Self { review, updated_at, recorded_at, ..self } == *stored
    }
}

/// The conditions of a list of trades, besides the time of entry. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TradeFilter {
    /// The account of the trades.
    pub account: Option<Name>,
    /// The strategy of the trades.
    pub strategy: Option<Name>,
    /// The market regime at the entry of the trades.
    pub regime: Option<Name>,
    /// The stock, or the underlying of options, of the trades.
    pub symbol: Option<Symbol>,
    /// The outcome of the trades.
    pub win_loss: Option<WinLoss>,
    /// The exit reason of the trades.
    pub exit_reason: Option<ExitReason>,
    /// The cycle of the trades.
    pub cycle: Option<Id<Cycle>>,
    /// The earliest exit, inclusive.
    pub exited_from: Option<Timestamp>,
    /// The latest exit, inclusive.
    pub exited_until: Option<Timestamp>,
    /// True for open trades, false for closed ones.
    pub open: Option<bool>,
    /// The words that all occur in the [thesis](Review::thesis).
    pub thesis: Option<Words>,
}

/// A query for trades, in the order of their entries.
pub type TradeQuery = Listing<TradeFilter>;

impl Entry for Trade {
    const NAME: &'static str = "trade";

    type Filter = TradeFilter;

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
        check!(
            text,
            self.origin.broker_trade_id.as_deref() => "broker_trade_id",
            self.amendment.as_deref() => "amendment",
        );
        self.origin.order_ids.iter().try_for_each(|id| text("order_ids", id))?;
        self.subject.validate()?;
        self.execution.validate(self.at)?;
        self.outcome.validate(self.is_open())?;
        self.risk.validate()?;
        self.entry.validate()?;
        self.exit.validate()?;
        self.wheel.validate()?;
        self.review.validate()
    }

    fn is_admitted_by(&self, filter: &TradeFilter) -> bool {
        let exited = self.execution.exited_at;
        filter.account.is_none_or(|account| self.origin.account == account)
            && filter.strategy.is_none_or(|strategy| self.origin.strategy == strategy)
            && filter.regime.is_none_or(|regime| self.entry.regime == Some(regime))
            && filter.symbol.is_none_or(|symbol| self.subject.symbol == symbol)
            && filter.win_loss.is_none_or(|outcome| self.outcome.win_loss == Some(outcome))
            && filter.exit_reason.is_none_or(|reason| self.execution.exit_reason == Some(reason))
            && filter.cycle.is_none_or(|cycle| self.origin.cycle == Some(cycle))
            && filter.exited_from.is_none_or(|from| exited.is_some_and(|exited| exited >= from))
            && filter.exited_until.is_none_or(|until| exited.is_some_and(|exited| exited <= until))
            && filter.open.is_none_or(|open| self.is_open() == open)
            && filter
                .thesis
                .as_ref()
                .is_none_or(|words| self.review.thesis.as_ref().is_some_and(|thesis| words.are_in(thesis)))
    }

    fn searches(filter: &TradeFilter) -> bool {
        filter.thesis.is_some()
    }
}

impl Amendable for Trade {
    fn account(&self) -> Name {
        self.origin.account
    }

    fn marks(&mut self) -> (&mut Option<Timestamp>, &mut Option<String>) {
        (&mut self.voided_at, &mut self.amendment)
    }
}

/// Checks that trades may be amended: those that follow from events are amended by amending the events.
///
/// # Errors
/// [`Conflict`](ErrorKind::Conflict) for the first trade whose identity is that of a stored event.
pub fn check_amendable(events: &[super::JournalEvent]) -> Result<()> {
    let message = "the trade follows from events of the journal: amend these instead";
    events.first().map_or(Ok(()), |event| Err(Error::new(ErrorKind::Conflict, message).with("event", event.id)))
}

/// Trades of the journal.
///
/// ```
/// use strikebook_core::{
///     Id, Name, Source,
///     market::Symbol,
///     memory::MemoryStore,
///     trading::journal::{Side, Trade, TradeFilter, TradeQuery, TradeRepository},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let spy = Symbol::new("SPY")?;
/// let trade = Trade::new(
///     Id::named("trade 1"),
///     (Name::new("U1")?, Name::new("manual")?),
///     (spy, spy.into()),
///     (Side::Long, 100.into(), "656.20".parse().expect("a price")),
///     ("2025-09-25T14:30:00Z".parse()?, Source::new("manual")?),
/// );
/// let store = MemoryStore::new();
/// store.insert_trades(&[trade]).await?;
/// let open = TradeQuery::new(TradeFilter { open: Some(true), ..TradeFilter::default() });
/// assert_eq!(store.list_trades(&open).await?.items.len(), 1);
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
pub trait TradeRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new trades by the [rules of every insert](Entry#rules-of-every-insert).
    async fn insert_trades(&self, trades: &[Trade]) -> Result<Upserted>;

    /// Replaces the trade with the same identity, and returns the stored trade.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such trade, and [`Conflict`](ErrorKind::Conflict) when the
    /// trade [may not replace](Trade::may_replace) the stored one.
    async fn replace_trade(&self, trade: &Trade) -> Result<Trade>;

    /// Corrects, voids or deletes stored trades, each with its reason, all or nothing. Finalised trades are amended
    /// too. An amendment without effect counts as unchanged.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when a trade does not exist; [`Conflict`](ErrorKind::Conflict) for a trade
    /// that follows from [events](super::JournalRepository::amend_journal_events), and for a correction to another
    /// identity or account; [`InvalidInput`](ErrorKind::InvalidInput) for an empty reason and an invalid trade.
    async fn amend_trades(&self, amendments: &[Amendment<Trade>]) -> Result<Upserted>;

    /// Returns the trade with an identity; `None` when there is no such trade.
    async fn get_trade(&self, id: Id<Trade>) -> Result<Option<Trade>>;

    /// Returns the trades that the query's filter admits, in the order of their entries.
    async fn list_trades(&self, query: &TradeQuery) -> Result<Page<Trade>>;
}
