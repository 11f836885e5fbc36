//! The writes of a unit, and the methods that add them.

use super::{Guarded, GuardedAmendments, GuardedKey, Row, UnitOfWork};
use crate::{
    Id, Result, Timestamp,
    analytics::{
        Backtest, ComputedGreeks, Features, HestonParameters, Indicators, OuParameters, Prediction, SabrParameters,
        SviParameters,
    },
    maintenance::Dataset,
    market::{
        Bar, ChainSnapshot, ContractDetails, CorporateAction, Fundamentals, Observation, OptionContract, OptionQuote,
        UnderlyingQuote,
    },
    operations::{
        Actor, AuditEntry, CacheEntry, Coverage, FetchCost, Permission, QualityReport, Run, RunStep, Setting, Strategy,
        StrategyStatus, SystemEvent, SystemState, User, Watermark,
    },
    port::{self, Entry, Keyed, Recorded, check_own, check_step, check_unfilled},
    trading::{
        AccountSnapshot, Execution, Fill, Order, OrderMove, PortfolioSnapshot, Position, Signal, SignalStatus,
        StoredMetrics,
        journal::{DailyPnl, ImportedRow, JournalEvent, Note, RiskState, RuleDefinition, Trade},
    },
};

/// The documentation of a write.
macro_rules! doc {
    ($method:ident, $port:literal) => {
        concat!("Writes as [`", stringify!($method), "`](crate::", $port, "::", stringify!($method), ") does.")
    };
}

/// Defines [`Write`] and the methods of [`UnitOfWork`] from one table, by the shape of the rows. A line has the method,
/// the port that it is a method of, the variant with its rows, and their dataset.
macro_rules! writes {
    (
        versioned { $($v_method:ident of $v_port:literal is $v:ident($v_row:ty) in $v_dataset:ident;)+ }
        entries { $($e_method:ident of $e_port:literal is $e:ident($e_row:ty) in $e_dataset:ident;)+ }
        keyed { $($k_method:ident of $k_port:literal is $k:ident($k_row:ty) in $k_dataset:ident;)+ }
        amended { $($a_method:ident of $a_port:literal is $a:ident($a_row:ty) in $a_dataset:ident;)+ }
        replaced { $($r_method:ident of $r_port:literal is $r:ident($r_row:ty) in $r_dataset:ident;)+ }
        deleted { $($d_method:ident of $d_port:literal is $d:ident($d_row:ty) in $d_dataset:ident;)+ }
        changed { $($c_method:ident of $c_port:literal
            is $c:ident($c_row:ty $(, $c_arg:ident: $c_type:ty)+) in $c_dataset:ident;)+ }
    ) => {
        /// One write of a [`UnitOfWork`]: the call of a repository's method, with its rows and a precondition.
        ///
        /// A store matches all of them, so that the compiler tells it of a new one.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Write {
            $(
                #[doc = doc!($v_method, $v_port)]
                $v(Guarded<$v_row>),
            )+
            $(
                #[doc = doc!($e_method, $e_port)]
                $e(Guarded<$e_row>),
            )+
            $(
                #[doc = doc!($k_method, $k_port)]
                $k(Guarded<$k_row>),
            )+
            $(
                #[doc = doc!($a_method, $a_port)]
                $a(GuardedAmendments<$a_row>),
            )+
            $(
                #[doc = doc!($r_method, $r_port)]
                $r(Guarded<$r_row>),
            )+
            $(
                #[doc = doc!($d_method, $d_port)]
                $d(GuardedKey<$d_row>),
            )+
            $(
                #[doc = doc!($c_method, $c_port)]
                $c(GuardedKey<$c_row> $(, $c_type)+),
            )+
        }

        impl Write {
            /// The names of all methods, each of which one kind of write stands for.
            pub const METHODS: &'static [&'static str] = &[
                $(stringify!($v_method),)+
                $(stringify!($e_method),)+
                $(stringify!($k_method),)+
                $(stringify!($a_method),)+
                $(stringify!($r_method),)+
                $(stringify!($d_method),)+
                $(stringify!($c_method),)+
            ];

            /// Returns the name of the repository's method that the write stands for, such as `upsert_quotes`.
            pub fn method(&self) -> &'static str {
                match self {
                    $(Self::$v(_) => stringify!($v_method),)+
                    $(Self::$e(_) => stringify!($e_method),)+
                    $(Self::$k(_) => stringify!($k_method),)+
                    $(Self::$a(_) => stringify!($a_method),)+
                    $(Self::$r(_) => stringify!($r_method),)+
                    $(Self::$d(_) => stringify!($d_method),)+
                    $(Self::$c(..) => stringify!($c_method),)+
                }
            }

            /// Returns the dataset of the rows.
            pub fn dataset(&self) -> Dataset {
                match self {
                    $(Self::$v(_) => Dataset::$v_dataset,)+
                    $(Self::$e(_) => Dataset::$e_dataset,)+
                    $(Self::$k(_) => Dataset::$k_dataset,)+
                    $(Self::$a(_) => Dataset::$a_dataset,)+
                    $(Self::$r(_) => Dataset::$r_dataset,)+
                    $(Self::$d(_) => Dataset::$d_dataset,)+
                    $(Self::$c(..) => Dataset::$c_dataset,)+
                }
            }

            /// Checks each row by itself.
            fn check_rows(&self, allow_simulated: bool) -> Result<()> {
                match self {
                    $(Self::$v(rows) => port::check_batch(rows.rows(), allow_simulated),)+
                    $(Self::$e(rows) => port::check_entries(rows.rows(), allow_simulated),)+
                    $(Self::$k(rows) => port::check_keyed(rows.rows()),)+
                    $(Self::$a(_) => Ok(()),)+
                    $(Self::$r(rows) => port::check_entries(rows.rows(), allow_simulated),)+
                    $(Self::$d(_) => Ok(()),)+
                    $(Self::$c(..) => Ok(()),)+
                }
            }
        }

        /// Each method adds a write after the others, which works as the repository's method of the same name.
        impl UnitOfWork {
            $(
                #[doc = doc!($v_method, $v_port)]
                pub fn $v_method(self, rows: impl Into<Guarded<$v_row>>) -> Self {
                    self.with(Write::$v(rows.into()))
                }
            )+
            $(
                #[doc = doc!($e_method, $e_port)]
                pub fn $e_method(self, rows: impl Into<Guarded<$e_row>>) -> Self {
                    self.with(Write::$e(rows.into()))
                }
            )+
            $(
                #[doc = doc!($k_method, $k_port)]
                pub fn $k_method(self, rows: impl Into<Guarded<$k_row>>) -> Self {
                    self.with(Write::$k(rows.into()))
                }
            )+
            $(
                #[doc = doc!($a_method, $a_port)]
                pub fn $a_method(self, amendments: impl Into<GuardedAmendments<$a_row>>) -> Self {
                    self.with(Write::$a(amendments.into()))
                }
            )+
            $(
                #[doc = doc!($r_method, $r_port)]
                pub fn $r_method(self, row: impl Into<Guarded<$r_row>>) -> Self {
                    self.with(Write::$r(row.into()))
                }
            )+
            $(
                #[doc = doc!($d_method, $d_port)]
                pub fn $d_method(self, key: impl Into<GuardedKey<$d_row>>) -> Self {
                    self.with(Write::$d(key.into()))
                }
            )+
            $(
                #[doc = doc!($c_method, $c_port)]
                pub fn $c_method(self, key: impl Into<GuardedKey<$c_row>> $(, $c_arg: $c_type)+) -> Self {
                    self.with(Write::$c(key.into() $(, $c_arg)+))
                }
            )+
        }

        $(
            impl Row for $v_row {
                type Key = <Self as Recorded>::Key;

                fn row_key(&self) -> Self::Key {
                    Recorded::key(self)
                }

                fn row_key_text(&self) -> String {
                    let (_, subject) = self.subject();
                    Recorded::key(self).at().map_or_else(|| subject.clone(), |at| format!("{subject} {at}"))
                }
            }
        )+
        $(
            impl Row for $e_row {
                type Key = Id<Self>;

                fn row_key(&self) -> Self::Key {
                    Entry::id(self)
                }

                fn row_key_text(&self) -> String {
                    Entry::id(self).to_string()
                }
            }

            impl From<Id<$e_row>> for GuardedKey<$e_row> {
                fn from(id: Id<$e_row>) -> Self {
                    Self::new(id)
                }
            }
        )+
        $(
            impl Row for $k_row {
                type Key = <Self as Keyed>::Key;

                fn row_key(&self) -> Self::Key {
                    Keyed::key(self)
                }

                fn row_key_text(&self) -> String {
                    Keyed::key(self).to_string()
                }
            }

            impl From<<$k_row as Keyed>::Key> for GuardedKey<$k_row> {
                fn from(key: <$k_row as Keyed>::Key) -> Self {
                    Self::new(key)
                }
            }
        )+
    };
}

/// The event time in a key.
trait KeyTime {
    /// Returns the event time; `None` of a row that has none.
    fn at(&self) -> Option<Timestamp>;
}

impl<S> KeyTime for (S, Timestamp) {
    fn at(&self) -> Option<Timestamp> {
        Some(self.1)
    }
}

impl KeyTime for OptionContract {
    fn at(&self) -> Option<Timestamp> {
        None
    }
}

writes! {
    versioned {
        upsert_contracts of "market::ContractRepository" is UpsertContracts(ContractDetails) in Contracts;
        upsert_quotes of "market::ChainRepository" is UpsertQuotes(OptionQuote) in OptionQuotes;
        upsert_snapshots of "market::ChainRepository" is UpsertSnapshots(ChainSnapshot) in ChainSnapshots;
        upsert_underlying_quotes of "market::UnderlyingRepository"
            is UpsertUnderlyingQuotes(UnderlyingQuote) in UnderlyingQuotes;
        upsert_bars of "market::BarRepository" is UpsertBars(Bar) in Bars;
        upsert_corporate_actions of "market::CorporateActionRepository"
            is UpsertCorporateActions(CorporateAction) in CorporateActions;
        upsert_fundamentals of "market::FundamentalRepository" is UpsertFundamentals(Fundamentals) in Fundamentals;
        upsert_observations of "market::EconomicRepository" is UpsertObservations(Observation) in Observations;
        upsert_greeks of "analytics::GreeksRepository" is UpsertGreeks(ComputedGreeks) in Greeks;
        upsert_heston of "analytics::HestonRepository" is UpsertHeston(HestonParameters) in HestonParameters;
        upsert_sabr of "analytics::SabrRepository" is UpsertSabr(SabrParameters) in SabrParameters;
        upsert_svi of "analytics::SviRepository" is UpsertSvi(SviParameters) in SviParameters;
        upsert_ou of "analytics::OuRepository" is UpsertOu(OuParameters) in OuParameters;
        upsert_features of "analytics::FeatureRepository" is UpsertFeatures(Features) in Features;
        upsert_indicators of "analytics::IndicatorRepository" is UpsertIndicators(Indicators) in Indicators;
        upsert_portfolio_snapshots of "trading::PortfolioRepository"
            is UpsertPortfolioSnapshots(PortfolioSnapshot) in Portfolios;
        upsert_metrics of "trading::MetricsRepository" is UpsertMetrics(StoredMetrics) in Metrics;
    }
    entries {
        insert_backtests of "analytics::BacktestRepository" is InsertBacktests(Backtest) in Backtests;
        insert_predictions of "analytics::PredictionRepository" is InsertPredictions(Prediction) in Predictions;
        insert_signals of "trading::SignalRepository" is InsertSignals(Signal) in Signals;
        insert_orders of "trading::OrderRepository" is InsertOrders(Order) in Orders;
        record_executions of "trading::OrderRepository" is RecordExecutions(Execution) in Executions;
        record_fills of "trading::OrderRepository" is RecordFills(Fill) in Executions;
        insert_account_snapshots of "trading::AccountRepository"
            is InsertAccountSnapshots(AccountSnapshot) in Accounts;
        append_journal_events of "trading::journal::JournalRepository"
            is AppendJournalEvents(JournalEvent) in JournalEvents;
        record_imported_rows of "trading::journal::ImportRepository"
            is RecordImportedRows(ImportedRow) in ImportedRows;
        insert_trades of "trading::journal::TradeRepository" is InsertTrades(Trade) in Trades;
        add_notes of "trading::journal::NoteRepository" is AddNotes(Note) in JournalNotes;
        insert_events of "operations::EventRepository" is InsertEvents(SystemEvent) in Events;
        insert_states of "operations::EventRepository" is InsertStates(SystemState) in States;
        insert_quality of "operations::QualityRepository" is InsertQuality(QualityReport) in Quality;
        insert_runs of "operations::RunRepository" is InsertRuns(Run) in Runs;
        insert_audit of "operations::AuditRepository" is InsertAudit(AuditEntry) in Audit;
        insert_fetch_costs of "operations::FetchCostRepository" is InsertFetchCosts(FetchCost) in FetchCosts;
    }
    keyed {
        upsert_positions of "trading::PositionRepository" is UpsertPositions(Position) in Positions;
        upsert_rules of "trading::journal::NoteRepository" is UpsertRules(RuleDefinition) in JournalRules;
        upsert_daily_pnl of "trading::journal::DailyRepository" is UpsertDailyPnl(DailyPnl) in DailyPnl;
        upsert_risk_states of "trading::journal::DailyRepository" is UpsertRiskStates(RiskState) in RiskStates;
        upsert_users of "operations::AccessRepository" is UpsertUsers(User) in Users;
        grant_permissions of "operations::AccessRepository" is GrantPermissions(Permission) in Permissions;
        upsert_strategies of "operations::StrategyRepository" is UpsertStrategies(Strategy) in Strategies;
        upsert_settings of "operations::ConfigurationRepository" is UpsertSettings(Setting) in Settings;
        reset_watermarks of "operations::RunRepository" is ResetWatermarks(Watermark) in Watermarks;
        upsert_cache_entries of "operations::CacheRepository" is UpsertCacheEntries(CacheEntry) in CacheEntries;
        upsert_coverage of "operations::CoverageRepository" is UpsertCoverage(Coverage) in CacheCoverage;
    }
    amended {
        amend_journal_events of "trading::journal::JournalRepository"
            is AmendJournalEvents(JournalEvent) in JournalEvents;
        amend_trades of "trading::journal::TradeRepository" is AmendTrades(Trade) in Trades;
        amend_notes of "trading::journal::NoteRepository" is AmendNotes(Note) in JournalNotes;
    }
    replaced {
        replace_trade of "trading::journal::TradeRepository" is ReplaceTrade(Trade) in Trades;
    }
    deleted {
        delete_position of "trading::PositionRepository" is DeletePosition(Position) in Positions;
        delete_rule of "trading::journal::NoteRepository" is DeleteRule(RuleDefinition) in JournalRules;
        delete_daily_pnl of "trading::journal::DailyRepository" is DeleteDailyPnl(DailyPnl) in DailyPnl;
        delete_risk_state of "trading::journal::DailyRepository" is DeleteRiskState(RiskState) in RiskStates;
        delete_user of "operations::AccessRepository" is DeleteUser(User) in Users;
        revoke_permission of "operations::AccessRepository" is RevokePermission(Permission) in Permissions;
        delete_strategy of "operations::StrategyRepository" is DeleteStrategy(Strategy) in Strategies;
        delete_setting of "operations::ConfigurationRepository" is DeleteSetting(Setting) in Settings;
        delete_watermark of "operations::RunRepository" is DeleteWatermark(Watermark) in Watermarks;
    }
    changed {
        move_signal of "trading::SignalRepository"
            is MoveSignal(Signal, status: SignalStatus, at: Timestamp) in Signals;
        move_order of "trading::OrderRepository" is MoveOrder(Order, step: OrderMove) in Orders;
        note_login of "operations::AccessRepository" is NoteLogin(User, at: Timestamp) in Users;
        set_strategy_status of "operations::StrategyRepository"
            is SetStrategyStatus(Strategy, status: StrategyStatus, at: Timestamp) in Strategies;
        record_step of "operations::RunRepository" is RecordStep(Run, step: RunStep) in Runs;
    }
}

impl Write {
    /// Checks everything that is known without stored rows.
    pub(super) fn check(&self, allow_simulated: bool, actor: Option<&Actor>) -> Result<()> {
        self.check_rows(allow_simulated)?;
        match (self, actor) {
            (Self::InsertOrders(orders), _) => check_unfilled(orders.rows()),
            (Self::RecordStep(run, step), _) => check_step(step, *run.key()),
            (Self::InsertAudit(entries), Some(actor)) => check_own(actor, entries.rows()),
            _ => Ok(()),
        }
    }
}
