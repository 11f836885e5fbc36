//! The datasets of trading.

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Id, Json, Name, Source, Timestamp,
    market::{ExerciseStyle, Instrument, Symbol},
    money::TradedValue,
    trading::{
        AccountSnapshot, Balances, Execution, HeldPosition, MetricsKey, Order, OrderKind, OrderLink, OrderSide,
        OrderStatus, PortfolioSnapshot, Position, Signal, SignalAction, SignalLeg, SignalStatus, StoredMetrics,
        TimeInForce,
        journal::{
            BasisStep, CloseAction, Cycle, DailyPnl, EventKind, ExitReason, ImportBatch, ImportedRow, JournalEvent,
            LegGroup, LegRole, Lot, MarketContext, MentalState, Note, NoteKind, OpenAction, Origin, Provenance, Review,
            Risk, RiskBasis, RiskState, RollChain, RollType, RuleBreak, RuleDefinition, RuleSeverity, Side,
            StrategyRun, Trade, TradeExecution, TradeOutcome, TradeSubject, WheelLeg, WheelPhase, WinLoss,
        },
        metrics::{Conventions, Metrics, TradeUnit, Window},
    },
};

use crate::{columns::group, rows::rows};

group! {
    MetricsKey {
        account: Option<Name>, strategy: Option<Name>, regime: Option<Name>, window: Window, unit: TradeUnit,
    }

    Balances {
        cash: Option<Decimal>, settled_cash: Option<Decimal>, net_liquidation: Option<Decimal>,
        positions_value: Option<Decimal>, buying_power: Option<Decimal>, initial_requirement: Option<Decimal>,
        maintenance_requirement: Option<Decimal>, excess_liquidity: Option<Decimal>, realized_pnl: Option<Decimal>,
        unrealized_pnl: Option<Decimal>,
    }

    Origin {
        account: Name, strategy: Name, setup: Option<Name>, cycle: Option<Id<Cycle>>,
        leg_group: Option<Id<LegGroup>>, roll_chain: Option<Id<RollChain>>, parent_lot: Option<Id<Lot>>,
        leg_role: Option<LegRole>, wheel_phase: Option<WheelPhase>, signal: Option<Id<Signal>>,
        order_ids: Vec<String>, broker_trade_id: Option<String>, import_source: Option<Name>,
        import_batch: Option<Id<ImportBatch>>, dedup_hash: Option<Name>, run: Option<Id<StrategyRun>>,
        dry_run: bool,
    }

    TradeSubject {
        symbol: Symbol, instrument: Instrument, exercise_style: Option<ExerciseStyle>, multiplier: u32,
        deliverable: Option<Json>,
    }

    TradeExecution {
        side: Side, open_action: OpenAction, close_action: Option<CloseAction>, quantity: Decimal,
        quantity_closed: Decimal, exited_at: Option<Timestamp>, entry_price: Decimal, exit_price: Option<Decimal>,
        entry_bid: Option<Decimal>, entry_ask: Option<Decimal>, slippage_entry: Option<Decimal>,
        slippage_exit: Option<Decimal>, commission: Option<Decimal>, regulatory_fees: Option<Decimal>,
        exchange_fees: Option<Decimal>, assignment_fee: Option<Decimal>, exit_reason: Option<ExitReason>,
    }

    TradeOutcome {
        premium_received: Option<Decimal>, premium_paid: Option<Decimal>, gross_pnl: Option<Decimal>,
        total_costs: Option<Decimal>, net_pnl: Option<Decimal>, win_loss: Option<WinLoss>,
        is_win_economic: Option<bool>, currency: Option<Name>, fx_rate: Option<f64>,
    }

    Risk {
        initial_risk: Option<Decimal>, risk_basis: Option<RiskBasis>, max_risk: Option<Decimal>,
        collateral: Option<Decimal>, buying_power_used: Option<Decimal>, stop_loss: Option<Decimal>,
        target_price: Option<Decimal>, profit_target_percent: Option<f64>, loss_limit_percent: Option<f64>,
        mae: Option<Decimal>, mfe: Option<Decimal>, excursion_resolution: Option<Name>,
        excursion_source: Option<Name>, post_exit_mfe: Option<Decimal>, probability_of_profit: Option<f64>,
        account_equity: Option<Decimal>,
    }

    MarketContext {
        underlying_price: Option<Decimal>, iv: Option<f64>, iv_rank: Option<f64>, iv_percentile: Option<f64>,
        hv20: Option<f64>, delta: Option<f64>, gamma: Option<f64>, theta: Option<f64>, vega: Option<f64>,
        rho: Option<f64>, greeks_revision: Option<u32>, dte: Option<u32>, moneyness: Option<f64>,
        regime: Option<Name>, vix: Option<f64>, risk_free_rate: Option<f64>, vwap: Option<f64>, adx: Option<f64>,
        atr: Option<f64>, spread_percent: Option<f64>, open_interest: Option<u64>, volume: Option<u64>,
        next_earnings: Option<NaiveDate>, next_ex_dividend: Option<NaiveDate>,
        chain_snapshot_at: Option<Timestamp>,
    }

    WheelLeg {
        assigned_contracts: Option<Decimal>, assigned_at: Option<Timestamp>, early_assignment: Option<bool>,
        shares_delta: Option<Decimal>, basis_tax_per_share: Option<Decimal>,
        basis_adjusted_per_share: Option<Decimal>, roll_sequence: Option<u32>, roll_net_credit: Option<Decimal>,
        roll_type: Option<RollType>, dividends_received: Option<Decimal>, cycle_realized_pnl: Option<Decimal>,
        days_underwater: Option<u32>,
    }

    Review {
        thesis: Option<String>, mental_state_entry: Option<MentalState>, mental_state_exit: Option<MentalState>,
        confidence: Option<u32>, rule_breaks: Vec<RuleBreak>, followed_plan: Option<bool>,
        adherence_score: Option<f64>, quality_grade: Option<Name>, tags: Vec<Name>, screenshots: Vec<String>,
    }
}

rows! {
    StoredMetrics in Metrics version 1 {
        key { key: MetricsKey, at: Timestamp }
        value { window_start: Option<Timestamp>, conventions: Conventions, metrics: Metrics, source: Source }
    }

    AccountSnapshot in Accounts version 1 {
        key { id: Id<AccountSnapshot> }
        value {
            at: Timestamp, account: Name, positions: Vec<HeldPosition>, source: Source, balances: Balances,
        }
    }

    JournalEvent in JournalEvents version 1 {
        key { id: Id<JournalEvent> }
        value {
            at: Timestamp, sequence: u32, account: Name, strategy: Name, cycle: Id<Cycle>, names_cycle: bool,
            kind: EventKind, symbol: Symbol, instrument: Instrument, quantity: Decimal, price: Decimal,
            fees: Decimal, commission: Option<Decimal>, regulatory_fees: Option<Decimal>,
            exchange_fees: Option<Decimal>, multiplier: u32, successor: Option<Instrument>,
            successor_price: Option<Decimal>, lot: Option<Id<Lot>>, broker_order_id: Option<Name>,
            execution: Option<Id<Execution>>, signal: Option<Id<Signal>>, provenance: Provenance,
            voided_at: Option<Timestamp>, amendment: Option<String>, source: Source,
        }
    }

    Cycle in JournalCycles version 1 {
        key { id: Id<Cycle> }
        value {
            account: Name, strategy: Name, symbol: Symbol, phase: WheelPhase, opened_at: Timestamp,
            closed_at: Option<Timestamp>, events: u32, shares: Decimal, basis_tax: Decimal,
            basis_adjusted: Decimal, basis_tax_per_share: Option<Decimal>,
            basis_adjusted_per_share: Option<Decimal>, premium: Decimal, dividends: Decimal, fees: Decimal,
            cash_flow: Decimal, realized_pnl: Decimal, lots: Vec<Lot>, basis: Vec<BasisStep>,
        }
    }

    DailyPnl in DailyPnl version 1 {
        key { date: NaiveDate, account: Name }
        value { realized: Decimal, unrealized: Option<Decimal> }
    }

    RiskState in RiskStates version 1 {
        key { key: Name }
        value { value: Json, updated_at: Timestamp }
    }

    ImportedRow in ImportedRows version 1 {
        key { id: Id<ImportedRow> }
        value {
            at: Timestamp, account: Name, source: Source, row_id: String, file: String, line: u64, content: Json,
            rejection: Option<String>, events: Vec<Id<JournalEvent>>, deletion: Option<String>,
        }
    }

    Note in JournalNotes version 1 {
        key { id: Id<Note> }
        value {
            at: Timestamp, account: Name, trade: Option<Id<Trade>>, cycle: Option<Id<Cycle>>, kind: NoteKind,
            text: String, voided_at: Option<Timestamp>, amendment: Option<String>,
        }
    }

    RuleDefinition in JournalRules version 1 {
        key { rule: Name }
        value { text: String, severity: RuleSeverity, active: bool }
    }

    Trade in Trades version 1 {
        key { id: Id<Trade> }
        value {
            at: Timestamp, source: Source, provenance: Provenance, schema_version: u32, updated_at: Timestamp,
            finalised: bool, voided_at: Option<Timestamp>, amendment: Option<String>, origin: Origin,
            subject: TradeSubject, execution: TradeExecution, outcome: TradeOutcome, risk: Risk,
            entry as "entry_": MarketContext, exit as "exit_": MarketContext, wheel: WheelLeg, review: Review,
        }
    }

    Order in Orders version 1 {
        key { id: Id<Order> }
        value {
            at: Timestamp, strategy: Name, signal_id: Option<Id<Signal>>, account: Name, instrument: Instrument,
            side: OrderSide, kind: OrderKind, quantity: Decimal, limit_price: Option<Decimal>,
            stop_price: Option<Decimal>, time_in_force: TimeInForce, links: Vec<OrderLink>, status: OrderStatus,
            filled_quantity: Decimal, filled_value: TradedValue, broker_order_id: Option<Name>,
            error_message: Option<String>, ended_at: Option<Timestamp>, updated_at: Timestamp,
        }
    }

    Execution in Executions version 1 {
        key { id: Id<Execution> }
        value {
            at: Timestamp, order_id: Id<Order>, account: Name, instrument: Instrument, side: OrderSide,
            quantity: Decimal, price: Decimal, commission: Decimal, regulatory_fees: Option<Decimal>,
            exchange_fees: Option<Decimal>, venue: Option<Name>, broker_execution_id: Option<Name>,
        }
    }

    PortfolioSnapshot in Portfolios version 1 {
        key { portfolio: Name, at: Timestamp }
        value {
            total_value: Decimal, cash: Decimal, positions_value: Decimal, total_pnl: Option<Decimal>,
            unrealized_pnl: Option<Decimal>, realized_pnl: Option<Decimal>, total_exposure: Decimal,
            net_exposure: Decimal, positions: u32, net_delta: Option<f64>, source: Source,
        }
    }

    Position in Positions version 1 {
        key { account: Name, instrument: Instrument, strategy: Name }
        value {
            quantity: Decimal, average_cost: Option<Decimal>, realized_pnl: Decimal, opened_at: Timestamp,
            updated_at: Timestamp,
        }
    }

    Signal in Signals version 1 {
        key { id: Id<Signal> }
        value {
            at: Timestamp, strategy: Name, symbol: Symbol, action: SignalAction, legs: Vec<SignalLeg>,
            strength: f64, confidence: f64, target_price: Option<f64>, stop_price: Option<f64>,
            valid_until: Option<Timestamp>, model_version: Option<Name>, reasoning: Option<String>, features: Json,
            status: SignalStatus, status_at: Option<Timestamp>,
        }
    }
}
