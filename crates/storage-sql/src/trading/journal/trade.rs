//! Trades: entries made from the journal's events, in one wide table.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Id, Json, Name, Page, Result, Source, Timestamp, Upserted,
    market::{ExerciseStyle, Instrument, Symbol},
    port::{check_amendable, check_entry},
    trading::{
        Signal,
        journal::{
            Amendment, CloseAction, Cycle, ExitReason, ImportBatch, JournalEvent, LegGroup, LegRole, Lot,
            MarketContext, MentalState, OpenAction, Origin, Provenance, Review, Risk, RiskBasis, RollChain, RollType,
            RuleBreak, Side, StrategyRun, Trade, TradeExecution, TradeFilter, TradeOutcome, TradeQuery,
            TradeRepository, TradeSubject, WheelLeg, WheelPhase, WinLoss,
        },
    },
};

use crate::{
    codec::json_field,
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::Session,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

json_field!(Vec<String>, Vec<Name>, Vec<RuleBreak>);

record! {
    Trade in Trades {
        key { id: Id<Trade> }
        value {
            at: Timestamp, source: Source, provenance: Provenance, schema_version: u32, updated_at: Timestamp,
            finalised: bool, voided_at: Option<Timestamp>, amendment: Option<String>,
        }
        origin: Origin "" {
            account: Name, strategy: Name, setup: Option<Name>, cycle: Option<Id<Cycle>>,
            leg_group: Option<Id<LegGroup>>, roll_chain: Option<Id<RollChain>>, parent_lot: Option<Id<Lot>>,
            leg_role: Option<LegRole>, wheel_phase: Option<WheelPhase>, signal: Option<Id<Signal>>,
            order_ids: Vec<String>, broker_trade_id: Option<String>, import_source: Option<Name>,
            import_batch: Option<Id<ImportBatch>>, dedup_hash: Option<Name>,
            run: Option<Id<StrategyRun>>, dry_run: bool,
        }
        subject: TradeSubject "" {
            symbol: Symbol, instrument: Instrument, exercise_style: Option<ExerciseStyle>, multiplier: u32,
            deliverable: Option<Json>,
        }
        execution: TradeExecution "" {
            side: Side, open_action: OpenAction, close_action: Option<CloseAction>, quantity: Decimal,
            quantity_closed: Decimal, exited_at: Option<Timestamp>, entry_price: Decimal,
            exit_price: Option<Decimal>, entry_bid: Option<Decimal>, entry_ask: Option<Decimal>,
            slippage_entry: Option<Decimal>, slippage_exit: Option<Decimal>, commission: Option<Decimal>,
            regulatory_fees: Option<Decimal>, exchange_fees: Option<Decimal>, assignment_fee: Option<Decimal>,
            exit_reason: Option<ExitReason>,
        }
        outcome: TradeOutcome "" {
            premium_received: Option<Decimal>, premium_paid: Option<Decimal>, gross_pnl: Option<Decimal>,
            total_costs: Option<Decimal>, net_pnl: Option<Decimal>, win_loss: Option<WinLoss>,
            is_win_economic: Option<bool>, currency: Option<Name>, fx_rate: Option<f64>,
        }
        risk: Risk "" {
            initial_risk: Option<Decimal>, risk_basis: Option<RiskBasis>, max_risk: Option<Decimal>,
            collateral: Option<Decimal>,
            buying_power_used: Option<Decimal>, stop_loss: Option<Decimal>, target_price: Option<Decimal>,
            profit_target_percent: Option<f64>, loss_limit_percent: Option<f64>, mae: Option<Decimal>,
            mfe: Option<Decimal>, excursion_resolution: Option<Name>, excursion_source: Option<Name>,
            post_exit_mfe: Option<Decimal>, probability_of_profit: Option<f64>, account_equity: Option<Decimal>,
        }
        entry: MarketContext "entry_" {
            underlying_price: Option<Decimal>, iv: Option<f64>, iv_rank: Option<f64>, iv_percentile: Option<f64>,
            hv20: Option<f64>, delta: Option<f64>, gamma: Option<f64>, theta: Option<f64>, vega: Option<f64>,
            rho: Option<f64>, greeks_revision: Option<u32>, dte: Option<u32>, moneyness: Option<f64>,
            regime: Option<Name>, vix: Option<f64>, risk_free_rate: Option<f64>, vwap: Option<f64>, adx: Option<f64>,
            atr: Option<f64>, spread_percent: Option<f64>, open_interest: Option<u64>, volume: Option<u64>,
            next_earnings: Option<NaiveDate>, next_ex_dividend: Option<NaiveDate>,
            chain_snapshot_at: Option<Timestamp>,
        }
        exit: MarketContext "exit_" {
            underlying_price: Option<Decimal>, iv: Option<f64>, iv_rank: Option<f64>, iv_percentile: Option<f64>,
            hv20: Option<f64>, delta: Option<f64>, gamma: Option<f64>, theta: Option<f64>, vega: Option<f64>,
            rho: Option<f64>, greeks_revision: Option<u32>, dte: Option<u32>, moneyness: Option<f64>,
            regime: Option<Name>, vix: Option<f64>, risk_free_rate: Option<f64>, vwap: Option<f64>, adx: Option<f64>,
            atr: Option<f64>, spread_percent: Option<f64>, open_interest: Option<u64>, volume: Option<u64>,
            next_earnings: Option<NaiveDate>, next_ex_dividend: Option<NaiveDate>,
            chain_snapshot_at: Option<Timestamp>,
        }
        wheel: WheelLeg "" {
            assigned_contracts: Option<Decimal>, assigned_at: Option<Timestamp>, early_assignment: Option<bool>,
            shares_delta: Option<Decimal>, basis_tax_per_share: Option<Decimal>,
            basis_adjusted_per_share: Option<Decimal>, roll_sequence: Option<u32>, roll_net_credit: Option<Decimal>,
            roll_type: Option<RollType>, dividends_received: Option<Decimal>, cycle_realized_pnl: Option<Decimal>,
            days_underwater: Option<u32>,
        }
        review: Review "" {
            thesis: Option<String>, mental_state_entry: Option<MentalState>, mental_state_exit: Option<MentalState>,
            confidence: Option<u32>, rule_breaks: Vec<RuleBreak>, followed_plan: Option<bool>,
            adherence_score: Option<f64>, quality_grade: Option<Name>, tags: Vec<Name>, screenshots: Vec<String>,
        }
    }
}

impl EntryRow for Trade {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &TradeFilter) -> Sql {
        let sql = sql
            .bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND strategy = ", filter.strategy.as_ref().map(Name::as_str))
            .bind_some(" AND entry_regime = ", filter.regime.as_ref().map(Name::as_str))
            .bind_some(" AND symbol = ", filter.symbol.as_ref().map(Symbol::as_str))
            .bind_some(" AND win_loss = ", filter.win_loss.map(WinLoss::as_str))
            .bind_some(" AND exit_reason = ", filter.exit_reason.map(ExitReason::as_str))
            .bind_some(" AND cycle = ", filter.cycle)
            .bind_some(" AND exited_at >= ", filter.exited_from)
            .bind_some(" AND exited_at <= ", filter.exited_until);
        let sql = if filter.thesis.is_some() { sql.push(" AND thesis IS NOT NULL") } else { sql };
        match filter.open {
            None => sql,
            Some(true) => sql.push(" AND exited_at IS NULL"),
            Some(false) => sql.push(" AND exited_at IS NOT NULL"),
        }
    }
}

/// Puts a checked trade in the place of the stored one.
pub(crate) fn replace_trade(session: &mut dyn Session, trade: &Trade) -> Result<Trade> {
    entries::update::<Trade>(session, trade.id, |stored| {
        trade.may_replace(stored)?;
        stored.clone_from(trade);
        Ok(())
    })
}

/// Amends trades that follow from no events.
pub(crate) fn amend_trades(
    session: &mut dyn Session,
    amendments: &[Amendment<Trade>],
    allow_simulated: bool,
) -> Result<Upserted> {
    let events: Vec<_> = amendments.iter().map(|amendment| Id::from_uuid(amendment.id.as_uuid())).collect();
    check_amendable(&entries::with_ids::<JournalEvent>(session, &events)?)?;
    entries::amend::<Trade>(session, amendments, allow_simulated).map(|(done, _)| done)
}

#[async_trait]
impl<E: Engine> TradeRepository for SqlStore<E> {
    async fn insert_trades(&self, trades: &[Trade]) -> Result<Upserted> {
        self.insert::<Trade>("insert_trades", trades).await
    }

    async fn replace_trade(&self, trade: &Trade) -> Result<Trade> {
        const OPERATION: &str = "replace_trade";
        check_entry(trade, self.allow_simulated()).map_err(|error| self.named(OPERATION, error))?;
        let trade = trade.clone();
        self.write(OPERATION, move |session| replace_trade(session, &trade)).await
    }

    async fn amend_trades(&self, amendments: &[Amendment<Trade>]) -> Result<Upserted> {
        const OPERATION: &str = "amend_trades";
        if amendments.is_empty() {
            return self.nothing(OPERATION).await;
        }
        let (amendments, simulated) = (amendments.to_vec(), self.allow_simulated());
        self.write(OPERATION, move |session| amend_trades(session, &amendments, simulated)).await
    }

    async fn get_trade(&self, id: Id<Trade>) -> Result<Option<Trade>> {
        self.read("get_trade", move |session| entries::get::<Trade>(session, id)).await
    }

    async fn list_trades(&self, query: &TradeQuery) -> Result<Page<Trade>> {
        self.entries::<Trade>("list_trades", query).await
    }
}
