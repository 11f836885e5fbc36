//! Trades: a position from its opening to its end, with all that its owner wants to remember of it.

mod context;
mod execution;
mod review;
mod wheel;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use context::{MarketContext, Risk};
pub use execution::{Execution, Outcome, Subject};
pub use review::{Review, RuleBreak};
pub use wheel::WheelLeg;

use super::{Cycle, ExitReason, LegRole, Lot, OpenAction, Provenance, Side, WheelPhase, WinLoss};
use crate::{
    Decimal, Entry, Error, ErrorKind, Id, Listing, Name, Page, Result, Source, Timestamp, Upserted,
    market::{Instrument, Symbol},
    trading::{Signal, metrics::ClosedTrade},
    validate::{check, text},
};

/// The legs that were entered as one, such as a spread: what an [`Id`] names.
#[derive(Debug)]
pub enum LegGroup {}

/// The contracts that were rolled into each other: what an [`Id`] names.
#[derive(Debug)]
pub enum RollChain {}

/// The rows that were imported as one: what an [`Id`] names.
#[derive(Debug)]
pub enum ImportBatch {}

/// The run of a strategy, live or in a backtest: what an [`Id`] names.
#[derive(Debug)]
pub enum Run {}

/// A position from its opening to its end. One that is still open has no exit and no result.
///
/// Whatever follows from other fields is no field but a method: the time in the trade, the multiple of its risk that it
/// made, the percentage of its premium, and strike, expiration and kind of its [instrument](Subject::instrument).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was entered.
    pub at: Timestamp,
    /// Whose it is, and what it belongs to.
    pub origin: Origin,
    /// What was traded.
    pub subject: Subject,
    /// How it was entered and left.
    pub execution: Execution,
    /// What it came to.
    pub outcome: Outcome,
    /// What was at stake.
    pub risk: Risk,
    /// The market when it was entered.
    pub entry: MarketContext,
    /// The market when it was left, or rolled.
    pub exit: MarketContext,
    /// What it is within a wheel.
    pub wheel: WheelLeg,
    /// What its owner thinks of it.
    pub review: Review,
    /// Where it comes from.
    pub source: Source,
    /// Where it was made.
    pub provenance: Provenance,
    /// The version of the program's records that it was written with.
    pub schema_version: u32,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Whether it is settled for good: only its review may still change.
    pub finalised: bool,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

/// Whose a trade is, and what it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The account.
    pub account: Name,
    /// The strategy. What a person trades has a strategy of its own, such as `manual`.
    pub strategy: Name,
    /// The pattern that was traded.
    pub setup: Option<Name>,
    /// The cycle that it is a part of.
    pub cycle: Option<Id<Cycle>>,
    /// The legs that it was entered with.
    pub leg_group: Option<Id<LegGroup>>,
    /// The chain of rolls that it is a link of.
    pub roll_chain: Option<Id<RollChain>>,
    /// The lot that it came out of, such as the put whose assignment brought these shares.
    pub parent_lot: Option<Id<Lot>>,
    /// What it is within a wheel.
    pub leg_role: Option<LegRole>,
    /// Where the wheel was when it was entered.
    pub wheel_phase: Option<WheelPhase>,
    /// The signal that it follows.
    pub signal: Option<Id<Signal>>,
    /// The broker's orders behind it.
    pub order_ids: Vec<String>,
    /// The broker's identity of it.
    pub broker_trade_id: Option<String>,
    /// The format that it was imported from.
    pub import_source: Option<Name>,
    /// The import that brought it.
    pub import_batch: Option<Id<ImportBatch>>,
    /// The digest by which an import knows it again.
    pub dedup_hash: Option<Name>,
    /// The run of the strategy that made it.
    pub run: Option<Id<Run>>,
    /// Whether it was only played through.
    pub dry_run: bool,
}

impl Trade {
    /// The version of records that this version of the program writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// An open trade, entered and learned at one instant, with nothing else known. The quantity is that of shares or
    /// contracts, above zero whatever the side; the price is per share.
    pub fn new(
        (account, strategy): (Name, Name),
        (symbol, instrument): (Symbol, Instrument),
        (side, quantity, entry_price): (Side, Decimal, Decimal),
        (at, source): (Timestamp, Source),
    ) -> Self {
        Self {
            id: Id::new(at),
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
            subject: Subject::new(symbol, instrument),
            execution: Execution {
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
            outcome: Outcome::default(),
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
            recorded_at: at,
        }
    }

    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        self.execution.exited_at.is_none()
    }

    /// Whole seconds from its entry to its exit; `None` while it is open.
    pub fn seconds_held(&self) -> Option<i64> {
        let exited = self.execution.exited_at?;
        Some((exited.as_micros().saturating_sub(self.at.as_micros())) / 1_000_000)
    }

    /// The multiple of its initial risk that it made; `None` while it is open, or without an initial risk.
    pub fn r_multiple(&self) -> Option<f64> {
        self.in_risks(self.outcome.net_pnl?)
    }

    /// Its worst loss while it was open, in multiples of its initial risk.
    pub fn mae_r(&self) -> Option<f64> {
        self.in_risks(self.risk.mae?)
    }

    /// Its best profit while it was open, in multiples of its initial risk.
    pub fn mfe_r(&self) -> Option<f64> {
        self.in_risks(self.risk.mfe?)
    }

    fn in_risks(&self, amount: Decimal) -> Option<f64> {
        let risk = self.risk.initial_risk.filter(|risk| *risk > Decimal::ZERO)?;
        execution::ratio(amount, risk)
    }

    /// What the [metrics](crate::trading::metrics) need to know of it; `None` while it is open, and when it has no
    /// result.
    pub fn closed(&self) -> Option<ClosedTrade> {
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

    /// Whether it may take the place of one that is stored: a finalised trade changes only in its review, and none
    /// changes when it was entered.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when it may not.
    pub fn may_replace(&self, stored: &Self) -> Result<()> {
        let why = if self.at != stored.at {
            "the time of a trade's entry never changes"
        } else if stored.finalised && !self.clone().differs_in_review_only(stored) {
            "a finalised trade changes only in its review"
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

/// What a list of trades is narrowed to, besides the times of their entries. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TradeFilter {
    /// Trades of this account.
    pub account: Option<Name>,
    /// Trades of this strategy.
    pub strategy: Option<Name>,
    /// Trades that were entered in this regime of the market.
    pub regime: Option<Name>,
    /// Trades in this symbol and in options on it.
    pub symbol: Option<Symbol>,
    /// Trades with this outcome.
    pub win_loss: Option<WinLoss>,
    /// Trades that ended for this reason.
    pub exit_reason: Option<ExitReason>,
    /// Trades of this cycle.
    pub cycle: Option<Id<Cycle>>,
    /// Trades that were left at this instant or later.
    pub exited_from: Option<Timestamp>,
    /// Trades that were left at this instant or earlier.
    pub exited_until: Option<Timestamp>,
    /// Trades that are open, or those that are not.
    pub open: Option<bool>,
}

/// Which trades to list, in the order of their entries.
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

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }

    fn validate(&self) -> Result<()> {
        check!(text, self.origin.broker_trade_id.as_deref() => "broker_trade_id");
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
    }
}

/// Trades.
#[async_trait]
pub trait TradeRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new trades.
    ///
    /// A trade told again counts as unchanged. An empty batch is fine and does nothing. Either all trades are stored or
    /// none.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](ErrorKind::Conflict) when its identity is that of another trade, both with its index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all trades or none.
    async fn insert_trades(&self, trades: &[Trade]) -> Result<Upserted>;

    /// Puts a trade in the place of the one with its identity, and returns it.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when it is not [valid](Entry::validate),
    /// [`NotFound`](ErrorKind::NotFound) when there is no such trade, and [`Conflict`](ErrorKind::Conflict) when the
    /// stored one [may not be replaced](Trade::may_replace) by it.
    ///
    /// # Cancel safety
    /// A dropped call replaces the trade or leaves it.
    async fn replace_trade(&self, trade: &Trade) -> Result<Trade>;

    /// The trade with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_trade(&self, id: Id<Trade>) -> Result<Option<Trade>>;

    /// The trades that the query's filter admits, in the order of their entries.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_trades(&self, query: &TradeQuery) -> Result<Page<Trade>>;
}
