//! The store: all repositories as one trait.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};

use crate::{
    AsOf, ChangeQuery, Decimal, Id, Name, Page, Result, SeriesQuery, Timestamp, Upserted, Version,
    analytics::{
        Backtest, BacktestQuery, BacktestRepository, ComputedGreeks, FeatureQuery, FeatureRepository, Features,
        GreeksChain, GreeksKey, GreeksPlace, GreeksQuery, GreeksRepository, HestonParameters, HestonQuery,
        HestonRepository, IndicatorQuery, IndicatorRepository, Indicators, ModelRevision, OuParameters, OuQuery,
        OuRepository, OutdatedGreeksQuery, Prediction, PredictionQuery, PredictionRepository, SabrParameters,
        SabrQuery, SabrRepository, SmileKey, SviParameters, SviQuery, SviRepository,
    },
    directory::{DirectoryQuery, DirectoryRepository},
    maintenance::{
        Compacted, Dataset, DatasetStatistics, DiskSize, Evicted, Eviction, Maintenance, Policies, Purged, SchemaStatus,
    },
    market::{
        ActionKey, AggregateRepository, Bar, BarKey, BarQuery, BarRepository, ChainQuery, ChainRepository,
        ChainSnapshot, ContractDetails, ContractQuery, ContractRepository, CorporateAction, CorporateActionRepository,
        DailyOptions, EconomicQuery, EconomicRepository, FundamentalRepository, Fundamentals, HourlyOptions,
        Observation, OptionChain, OptionContract, OptionQuote, OptionVolume, QuoteQuery, SeriesId, SnapshotQuery,
        Symbol, Timeframe, UnderlyingQuery, UnderlyingQuote, UnderlyingRepository,
    },
    operations::{
        AccessRepository, Actor, AuditEntry, AuditQuery, AuditRepository, CacheEntry, CacheFilter, CacheHits, CacheKey,
        CacheRepository, Charge, ConfigurationRepository, Coverage, CoverageFilter, CoverageRepository, EventQuery,
        EventRepository, FetchCost, FetchCostQuery, FetchCostRepository, FetchLease, Permission, PermissionFilter,
        PermissionKey, QualityQuery, QualityReport, QualityRepository, RejectQuery, Run, RunQuery, RunReject,
        RunRepository, RunStep, Setting, SettingFilter, Severity, Spending, StateQuery, Strategy, StrategyFilter,
        StrategyRepository, StrategyStatus, SystemEvent, SystemState, User, UserFilter, Watermark, WatermarkFilter,
        WatermarkKey,
    },
    trading::{
        AccountQuery, AccountRepository, AccountSnapshot, DailySignals, Execution, ExecutionQuery, Fill, MetricsKey,
        MetricsQuery, MetricsRepository, Order, OrderMove, OrderQuery, OrderRepository, PortfolioQuery,
        PortfolioRepository, PortfolioSnapshot, Position, PositionFilter, PositionKey, PositionRepository, Signal,
        SignalPerformance, SignalQuery, SignalRepository, SignalStatus, StoredMetrics,
        journal::{
            Amendment, Cycle, CycleFilter, DailyPnl, DailyPnlFilter, DailyPnlKey, DailyRepository, ImportQuery,
            ImportRepository, ImportedRow, JournalEvent, JournalEventQuery, JournalRepository, Note, NoteQuery,
            NoteRepository, RiskState, RiskStateFilter, RuleDefinition, RuleFilter, Trade, TradeQuery, TradeRepository,
        },
    },
    unit::{Applied, UnitOfWork},
};

/// The properties of an opened store.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and no two of them make a state")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The engine: `memory`, `sqlite`, `duckdb`, `postgres` or `timescale`.
    pub engine: &'static str,
    /// The engine's version as the engine reports it, with extensions: `17.6, timescaledb 2.19.3 (apache)`.
    pub version: String,
    /// True if rows outlive the process.
    pub durable: bool,
    /// True if several processes can have the store open and write to it.
    pub multi_process: bool,
    /// True if the store accepts simulated rows.
    pub simulated: bool,
    /// True if the engine partitions tables by time.
    pub partitions: bool,
    /// True if the engine can compress rows.
    pub compression: bool,
    /// True if the engine stores materialised [aggregates](AggregateRepository), which
    /// [`refresh_aggregates`](Maintenance::refresh_aggregates) brings up to date.
    pub continuous_aggregates: bool,
    /// True if the database itself refuses to change or delete what the [audit](AuditRepository) holds, also when SQL
    /// asks for it directly. The owner of the tables can remove this guard, which
    /// [`schema_status`](Maintenance::schema_status) reports as drift.
    pub guarded_audit: bool,
}

/// All repositories as one trait. Applications hold an `Arc<dyn Store>`; a function takes the narrowest repository it
/// needs.
///
/// A dropped store lets running calls finish; [`close`](Self::close) waits for them.
///
/// ```
/// use strikebook_core::{Result, Store, market::Symbol, memory::MemoryStore};
///
/// /// Returns the number of contracts of an underlying that the store knows.
/// async fn known_contracts(store: &dyn Store, underlying: Symbol) -> Result<usize> {
///     use strikebook_core::market::{ContractQuery, ContractRepository};
///
///     Ok(store.list_contracts(&ContractQuery::new(underlying)).await?.items.len())
/// }
///
/// # async fn example() -> Result<()> {
/// let store = MemoryStore::new();
/// assert_eq!(known_contracts(&store, Symbol::new("SPY")?).await?, 0);
/// store.close().await
/// # }
/// ```
#[async_trait]
pub trait Store:
    ContractRepository
    + ChainRepository
    + UnderlyingRepository
    + BarRepository
    + AggregateRepository
    + CorporateActionRepository
    + FundamentalRepository
    + EconomicRepository
    + GreeksRepository
    + HestonRepository
    + SabrRepository
    + SviRepository
    + OuRepository
    + FeatureRepository
    + IndicatorRepository
    + BacktestRepository
    + PredictionRepository
    + SignalRepository
    + OrderRepository
    + PositionRepository
    + AccountRepository
    + PortfolioRepository
    + MetricsRepository
    + JournalRepository
    + ImportRepository
    + TradeRepository
    + NoteRepository
    + DailyRepository
    + EventRepository
    + AccessRepository
    + StrategyRepository
    + ConfigurationRepository
    + QualityRepository
    + RunRepository
    + AuditRepository
    + CacheRepository
    + CoverageRepository
    + FetchCostRepository
    + DirectoryRepository
    + Maintenance
{
    /// Returns the properties of this store.
    fn capabilities(&self) -> Capabilities;

    /// Returns this store in an actor's name: every change made through it is recorded in the
    /// [audit](AuditRepository), in the same transaction.
    ///
    /// A change of a row with an identity or a key (a signal, an order, a position) makes one audit entry with the
    /// row before and after. Of a changed password the entry says that it changed, without password or hash. Rows
    /// that are written or purged in bulk make one entry for each call and dataset, with their counts and the limits
    /// that the call named: corrections of market data are stored with the data itself. Contracts that a quote
    /// introduces count to that call's quotes. Each migration that is applied or undone has an entry in its
    /// transaction, and each compaction has one after it has ended. Calls that change nothing, and calls that fail,
    /// leave no entry.
    ///
    /// Entries that the application records itself, by [`insert_audit`](AuditRepository::insert_audit), must be in
    /// the actor's name. The store does not verify the actor: the caller of this method is responsible for that.
    ///
    /// Both stores share their rows and connections: closing one closes the other. A call of this method on an
    /// audited store returns a store in the new actor's name alone.
    fn audited(&self, actor: Actor) -> Arc<dyn Store>;

    /// Applies a [unit of work](crate::unit): stores all its writes in one transaction, or none of them.
    ///
    /// All rows are checked before the first write. The writes are then done in their order, each as the repository's
    /// method of its name does it, and each sees the rows of those before: an execution may fill an order that the same
    /// unit inserts. Before each write its [precondition](crate::unit::Precondition) is compared with the stored rows.
    /// From there to the end of the transaction no other writer changes these rows: of two units that expect the same
    /// row and change it, one is stored and the other is a conflict. The result has the counts of each write, in order.
    ///
    /// A unit without writes does nothing. In the audit of an [audited](Self::audited) store the action of every change
    /// is `apply`. Applying a unit again, as after a [`Timeout`](crate::ErrorKind::Timeout), stores nothing twice: its
    /// rows are found stored, or a precondition or step that the unit itself has made impossible is a conflict.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not valid,
    /// [`SimulatedData`](crate::ErrorKind::SimulatedData) when one is simulated and the store does not take those,
    /// [`NotFound`](crate::ErrorKind::NotFound) when a row that must exist, or that a write changes, does not, and
    /// [`Conflict`](crate::ErrorKind::Conflict) when another precondition does not hold; besides, the errors of each
    /// write's method. The context has the index of the write as `write`, its `dataset`, and for a precondition the
    /// `key` of the row, for an invalid row its index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all writes or none.
    async fn apply(&self, unit: &UnitOfWork) -> Result<Vec<Applied>>;

    /// Checks that the engine answers.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when the engine cannot be reached,
    /// [`Closed`](crate::ErrorKind::Closed) after [`close`](Self::close).
    ///
    /// # Cancel safety
    /// A dropped call has no effect.
    async fn ping(&self) -> Result<()>;

    /// Waits for running calls, then releases files and connections. Every later call returns
    /// [`Closed`](crate::ErrorKind::Closed); closing a closed store does nothing.
    ///
    /// # Errors
    /// The [errors of the engine](crate::ErrorKind#errors-of-an-engine).
    ///
    /// # Cancel safety
    /// A dropped call continues to close the store.
    async fn close(&self) -> Result<()>;
}

/// Forwards every port through a smart pointer. The lint `missing_trait_methods` makes sure that no method is left
/// out.
macro_rules! forward {
    ($pointer:ident: $($port:ident {
        $(async fn $name:ident(&self $(, $arg:ident: $type:ty)*) -> $result:ty;)*
    })+) => {
        $(
            #[deny(clippy::missing_trait_methods)]
            #[async_trait]
            impl<T: $port + ?Sized> $port for $pointer<T> {
                $(async fn $name(&self $(, $arg: $type)*) -> $result {
                    (**self).$name($($arg),*).await
                })*
            }
        )+
    };
}

macro_rules! forward_all {
    ($($pointer:ident),+) => {
        $(
            forward! { $pointer:
                ContractRepository {
                    async fn upsert_contracts(&self, details: &[ContractDetails]) -> Result<Upserted>;
                    async fn get_contract(&self, contract: &OptionContract) -> Result<Option<ContractDetails>>;
                    async fn list_contracts(&self, query: &ContractQuery) -> Result<Page<ContractDetails>>;
                }
                ChainRepository {
                    async fn upsert_quotes(&self, quotes: &[OptionQuote]) -> Result<Upserted>;
                    async fn upsert_snapshot(&self, snapshot: &ChainSnapshot, quotes: &[OptionQuote]) -> Result<Upserted>;
                    async fn upsert_snapshots(&self, snapshots: &[ChainSnapshot]) -> Result<Upserted>;
                    async fn chain_as_of(&self, query: &ChainQuery) -> Result<OptionChain>;
                    async fn chains_as_of(&self, queries: &[ChainQuery]) -> Result<Vec<OptionChain>>;
                    async fn option_volume(&self, underlying: Symbol, from: Timestamp, as_of: AsOf) -> Result<OptionVolume>;
                    async fn list_quotes(&self, query: &QuoteQuery) -> Result<Page<OptionQuote>>;
                    async fn list_quote_versions(&self, contract: &OptionContract, at: Timestamp) -> Result<Vec<Version<OptionQuote>>>;
                    async fn list_quote_changes(&self, query: &ChangeQuery<OptionContract>) -> Result<Page<OptionQuote>>;
                    async fn list_snapshots(&self, query: &SnapshotQuery) -> Result<Page<ChainSnapshot>>;
                    async fn list_snapshot_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<ChainSnapshot>>;
                }
                UnderlyingRepository {
                    async fn upsert_underlying_quotes(&self, quotes: &[UnderlyingQuote]) -> Result<Upserted>;
                    async fn underlying_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<UnderlyingQuote>>;
                    async fn underlyings_as_of(&self, as_of: AsOf, max_age: Option<TimeDelta>) -> Result<Vec<UnderlyingQuote>>;
                    async fn list_underlying_quotes(&self, query: &UnderlyingQuery) -> Result<Page<UnderlyingQuote>>;
                    async fn list_underlying_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<UnderlyingQuote>>>;
                    async fn list_underlying_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<UnderlyingQuote>>;
                }
                BarRepository {
                    async fn upsert_bars(&self, bars: &[Bar]) -> Result<Upserted>;
                    async fn bar_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Bar>>;
                    async fn list_bars(&self, query: &BarQuery) -> Result<Page<Bar>>;
                    async fn list_bar_versions(&self, key: &BarKey, at: Timestamp) -> Result<Vec<Version<Bar>>>;
                    async fn list_bar_changes(&self, query: &ChangeQuery<BarKey>) -> Result<Page<Bar>>;
                }
                AggregateRepository {
                    async fn live_bars(&self, symbol: Symbol, timeframe: Timeframe, from: Timestamp, as_of: AsOf) -> Result<Vec<Bar>>;
                    async fn resample_bars(&self, series: &BarKey, timeframe: Timeframe, from: Timestamp, as_of: AsOf) -> Result<Vec<Bar>>;
                    async fn hourly_options(&self, underlying: Symbol, day: NaiveDate, as_of: AsOf) -> Result<Vec<HourlyOptions>>;
                    async fn daily_options(&self, underlying: Symbol, from: NaiveDate, until: NaiveDate, as_of: AsOf) -> Result<Vec<DailyOptions>>;
                }
                CorporateActionRepository {
                    async fn upsert_corporate_actions(&self, actions: &[CorporateAction]) -> Result<Upserted>;
                    async fn corporate_actions_of(
                        &self, symbol: Symbol, from: Timestamp, as_of: AsOf
                    ) -> Result<Vec<CorporateAction>>;
                    async fn corporate_actions_into(
                        &self, counterpart: Symbol, as_of: AsOf
                    ) -> Result<Vec<CorporateAction>>;
                    async fn list_corporate_actions(
                        &self, query: &SeriesQuery<ActionKey>
                    ) -> Result<Page<CorporateAction>>;
                    async fn list_corporate_action_versions(
                        &self, key: ActionKey, date: NaiveDate
                    ) -> Result<Vec<Version<CorporateAction>>>;
                    async fn list_corporate_action_changes(
                        &self, query: &ChangeQuery<ActionKey>
                    ) -> Result<Page<CorporateAction>>;
                }
                FundamentalRepository {
                    async fn upsert_fundamentals(&self, rows: &[Fundamentals]) -> Result<Upserted>;
                    async fn fundamentals_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Fundamentals>>;
                    async fn list_fundamentals(&self, query: &SeriesQuery<Symbol>) -> Result<Page<Fundamentals>>;
                    async fn list_fundamental_versions(
                        &self, symbol: Symbol, at: Timestamp
                    ) -> Result<Vec<Version<Fundamentals>>>;
                    async fn list_fundamental_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<Fundamentals>>;
                }
                EconomicRepository {
                    async fn upsert_observations(&self, observations: &[Observation]) -> Result<Upserted>;
                    async fn observation_as_of(&self, series: SeriesId, as_of: AsOf) -> Result<Option<Observation>>;
                    async fn list_observations(&self, query: &EconomicQuery) -> Result<Page<Observation>>;
                    async fn list_observation_versions(&self, series: SeriesId, date: NaiveDate) -> Result<Vec<Version<Observation>>>;
                    async fn list_observation_changes(&self, query: &ChangeQuery<SeriesId>) -> Result<Page<Observation>>;
                }
                GreeksRepository {
                    async fn upsert_greeks(&self, greeks: &[ComputedGreeks]) -> Result<Upserted>;
                    async fn greeks_as_of(&self, key: &GreeksKey, as_of: AsOf) -> Result<Option<ComputedGreeks>>;
                    async fn chain_with_greeks(&self, query: &ChainQuery, model: ModelRevision) -> Result<GreeksChain>;
                    async fn list_greeks(&self, query: &GreeksQuery) -> Result<Page<ComputedGreeks>>;
                    async fn list_outdated_greeks(&self, query: &OutdatedGreeksQuery) -> Result<Page<GreeksPlace>>;
                }
                HestonRepository {
                    async fn upsert_heston(&self, parameters: &[HestonParameters]) -> Result<Upserted>;
                    async fn heston_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<HestonParameters>>;
                    async fn list_heston(&self, query: &HestonQuery) -> Result<Page<HestonParameters>>;
                    async fn list_heston_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<HestonParameters>>>;
                }
                SabrRepository {
                    async fn upsert_sabr(&self, parameters: &[SabrParameters]) -> Result<Upserted>;
                    async fn sabr_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SabrParameters>>;
                    async fn sabr_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SabrParameters>>;
                    async fn list_sabr(&self, query: &SabrQuery) -> Result<Page<SabrParameters>>;
                    async fn list_sabr_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SabrParameters>>>;
                }
                SviRepository {
                    async fn upsert_svi(&self, parameters: &[SviParameters]) -> Result<Upserted>;
                    async fn svi_as_of(&self, key: SmileKey, as_of: AsOf) -> Result<Option<SviParameters>>;
                    async fn svi_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SviParameters>>;
                    async fn list_svi(&self, query: &SviQuery) -> Result<Page<SviParameters>>;
                    async fn list_svi_versions(&self, key: SmileKey, at: Timestamp) -> Result<Vec<Version<SviParameters>>>;
                }
                OuRepository {
                    async fn upsert_ou(&self, parameters: &[OuParameters]) -> Result<Upserted>;
                    async fn ou_as_of(&self, pair: Name, as_of: AsOf) -> Result<Option<OuParameters>>;
                    async fn list_ou(&self, query: &OuQuery) -> Result<Page<OuParameters>>;
                    async fn list_ou_versions(&self, pair: Name, at: Timestamp) -> Result<Vec<Version<OuParameters>>>;
                }
                FeatureRepository {
                    async fn upsert_features(&self, features: &[Features]) -> Result<Upserted>;
                    async fn features_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<Features>>;
                    async fn list_features(&self, query: &FeatureQuery) -> Result<Page<Features>>;
                    async fn list_feature_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<Features>>>;
                }
                IndicatorRepository {
                    async fn upsert_indicators(&self, indicators: &[Indicators]) -> Result<Upserted>;
                    async fn indicators_as_of(&self, key: &BarKey, as_of: AsOf) -> Result<Option<Indicators>>;
                    async fn list_indicators(&self, query: &IndicatorQuery) -> Result<Page<Indicators>>;
                    async fn list_indicator_versions(
                        &self, key: &BarKey, at: Timestamp
                    ) -> Result<Vec<Version<Indicators>>>;
                }
                BacktestRepository {
                    async fn insert_backtests(&self, backtests: &[Backtest]) -> Result<Upserted>;
                    async fn get_backtest(&self, id: Id<Backtest>) -> Result<Option<Backtest>>;
                    async fn list_backtests(&self, query: &BacktestQuery) -> Result<Page<Backtest>>;
                }
                PredictionRepository {
                    async fn insert_predictions(&self, predictions: &[Prediction]) -> Result<Upserted>;
                    async fn get_prediction(&self, id: Id<Prediction>) -> Result<Option<Prediction>>;
                    async fn list_predictions(&self, query: &PredictionQuery) -> Result<Page<Prediction>>;
                    async fn prediction_as_of(&self, model: Name, as_of: AsOf) -> Result<Option<Prediction>>;
                }
                SignalRepository {
                    async fn insert_signals(&self, signals: &[Signal]) -> Result<Upserted>;
                    async fn get_signal(&self, id: Id<Signal>) -> Result<Option<Signal>>;
                    async fn list_signals(&self, query: &SignalQuery) -> Result<Page<Signal>>;
                    async fn move_signal(&self, id: Id<Signal>, status: SignalStatus, at: Timestamp) -> Result<Signal>;
                    async fn expire_signals(&self, now: Timestamp) -> Result<u64>;
                    async fn signal_performance(&self, from: Timestamp, until: Timestamp) -> Result<Vec<SignalPerformance>>;
                    async fn daily_signals(&self, from: NaiveDate, until: NaiveDate) -> Result<Vec<DailySignals>>;
                }
                OrderRepository {
                    async fn insert_orders(&self, orders: &[Order]) -> Result<Upserted>;
                    async fn get_order(&self, id: Id<Order>) -> Result<Option<Order>>;
                    async fn get_order_by_broker_id(&self, account: Name, broker_order_id: Name) -> Result<Option<Order>>;
                    async fn list_orders(&self, query: &OrderQuery) -> Result<Page<Order>>;
                    async fn move_order(&self, id: Id<Order>, step: &OrderMove) -> Result<Order>;
                    async fn record_executions(&self, executions: &[Execution]) -> Result<Upserted>;
                    async fn record_fills(&self, fills: &[Fill]) -> Result<Upserted>;
                    async fn list_executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>>;
                }
                PositionRepository {
                    async fn upsert_positions(&self, positions: &[Position]) -> Result<Upserted>;
                    async fn get_position(&self, key: &PositionKey) -> Result<Option<Position>>;
                    async fn list_positions(&self, filter: &PositionFilter) -> Result<Vec<Position>>;
                    async fn delete_position(&self, key: &PositionKey) -> Result<bool>;
                }
                AccountRepository {
                    async fn insert_account_snapshots(&self, snapshots: &[AccountSnapshot]) -> Result<Upserted>;
                    async fn get_account_snapshot(&self, id: Id<AccountSnapshot>) -> Result<Option<AccountSnapshot>>;
                    async fn list_account_snapshots(&self, query: &AccountQuery) -> Result<Page<AccountSnapshot>>;
                    async fn latest_account_snapshot(&self, account: Name, as_of: AsOf, max_age: Option<TimeDelta>) -> Result<Option<AccountSnapshot>>;
                }
                PortfolioRepository {
                    async fn upsert_portfolio_snapshots(&self, snapshots: &[PortfolioSnapshot]) -> Result<Upserted>;
                    async fn portfolio_as_of(&self, portfolio: Name, as_of: AsOf) -> Result<Option<PortfolioSnapshot>>;
                    async fn list_portfolio_snapshots(&self, query: &PortfolioQuery) -> Result<Page<PortfolioSnapshot>>;
                    async fn list_portfolio_versions(&self, portfolio: Name, at: Timestamp) -> Result<Vec<Version<PortfolioSnapshot>>>;
                }
                EventRepository {
                    async fn insert_events(&self, events: &[SystemEvent]) -> Result<Upserted>;
                    async fn get_event(&self, id: Id<SystemEvent>) -> Result<Option<SystemEvent>>;
                    async fn list_events(&self, query: &EventQuery) -> Result<Page<SystemEvent>>;
                    async fn purge_events_below(&self, severity: Severity, before: Timestamp) -> Result<u64>;
                    async fn insert_states(&self, states: &[SystemState]) -> Result<Upserted>;
                    async fn get_state(&self, id: Id<SystemState>) -> Result<Option<SystemState>>;
                    async fn list_states(&self, query: &StateQuery) -> Result<Page<SystemState>>;
                    async fn state_at(&self, at: Timestamp) -> Result<Option<SystemState>>;
                }
                MetricsRepository {
                    async fn upsert_metrics(&self, metrics: &[StoredMetrics]) -> Result<Upserted>;
                    async fn metrics_as_of(&self, key: &MetricsKey, as_of: AsOf) -> Result<Option<StoredMetrics>>;
                    async fn list_metrics(&self, query: &MetricsQuery) -> Result<Page<StoredMetrics>>;
                    async fn list_metrics_versions(&self, key: &MetricsKey, at: Timestamp) -> Result<Vec<Version<StoredMetrics>>>;
                }
                AccessRepository {
                    async fn upsert_users(&self, users: &[User]) -> Result<Upserted>;
                    async fn get_user(&self, name: Name) -> Result<Option<User>>;
                    async fn list_users(&self, filter: &UserFilter) -> Result<Vec<User>>;
                    async fn note_login(&self, name: Name, at: Timestamp) -> Result<User>;
                    async fn delete_user(&self, name: Name) -> Result<bool>;
                    async fn grant_permissions(&self, permissions: &[Permission]) -> Result<Upserted>;
                    async fn list_permissions(&self, filter: &PermissionFilter) -> Result<Vec<Permission>>;
                    async fn revoke_permission(&self, key: &PermissionKey) -> Result<bool>;
                    async fn is_allowed(&self, user: Name, resource: Name, action: Name) -> Result<bool>;
                }
                StrategyRepository {
                    async fn upsert_strategies(&self, strategies: &[Strategy]) -> Result<Upserted>;
                    async fn get_strategy(&self, name: Name) -> Result<Option<Strategy>>;
                    async fn list_strategies(&self, filter: &StrategyFilter) -> Result<Vec<Strategy>>;
                    async fn set_strategy_status(&self, name: Name, status: StrategyStatus, at: Timestamp) -> Result<Strategy>;
                    async fn delete_strategy(&self, name: Name) -> Result<bool>;
                }
                ConfigurationRepository {
                    async fn upsert_settings(&self, settings: &[Setting]) -> Result<Upserted>;
                    async fn get_setting(&self, name: Name) -> Result<Option<Setting>>;
                    async fn list_settings(&self, filter: &SettingFilter) -> Result<Vec<Setting>>;
                    async fn delete_setting(&self, name: Name) -> Result<bool>;
                }
                QualityRepository {
                    async fn insert_quality(&self, reports: &[QualityReport]) -> Result<Upserted>;
                    async fn get_quality(&self, id: Id<QualityReport>) -> Result<Option<QualityReport>>;
                    async fn list_quality(&self, query: &QualityQuery) -> Result<Page<QualityReport>>;
                }
                RunRepository {
                    async fn insert_runs(&self, runs: &[Run]) -> Result<Upserted>;
                    async fn get_run(&self, id: Id<Run>) -> Result<Option<Run>>;
                    async fn list_runs(&self, query: &RunQuery) -> Result<Page<Run>>;
                    async fn record_step(&self, id: Id<Run>, step: &RunStep) -> Result<Run>;
                    async fn list_rejects(&self, query: &RejectQuery) -> Result<Page<RunReject>>;
                    async fn get_watermark(&self, key: &WatermarkKey) -> Result<Option<Watermark>>;
                    async fn list_watermarks(&self, filter: &WatermarkFilter) -> Result<Vec<Watermark>>;
                    async fn reset_watermarks(&self, watermarks: &[Watermark]) -> Result<Upserted>;
                    async fn delete_watermark(&self, key: &WatermarkKey) -> Result<bool>;
                }
                AuditRepository {
                    async fn insert_audit(&self, entries: &[AuditEntry]) -> Result<Upserted>;
                    async fn get_audit(&self, id: Id<AuditEntry>) -> Result<Option<AuditEntry>>;
                    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>>;
                }
                JournalRepository {
                    async fn append_journal_events(&self, events: &[JournalEvent]) -> Result<Upserted>;
                    async fn amend_journal_events(&self, amendments: &[Amendment<JournalEvent>]) -> Result<Upserted>;
                    async fn get_journal_event(&self, id: Id<JournalEvent>) -> Result<Option<JournalEvent>>;
                    async fn list_journal_events(&self, query: &JournalEventQuery) -> Result<Page<JournalEvent>>;
                    async fn list_cycle_events(&self, cycle: Id<Cycle>) -> Result<Vec<JournalEvent>>;
                    async fn get_cycle(&self, id: Id<Cycle>) -> Result<Option<Cycle>>;
                    async fn list_cycles(&self, filter: &CycleFilter) -> Result<Vec<Cycle>>;
                    async fn rebuild_cycle(&self, id: Id<Cycle>) -> Result<bool>;
                }
                ImportRepository {
                    async fn record_imported_rows(&self, rows: &[ImportedRow]) -> Result<Upserted>;
                    async fn get_imported_row(&self, id: Id<ImportedRow>) -> Result<Option<ImportedRow>>;
                    async fn list_imported_rows(&self, query: &ImportQuery) -> Result<Page<ImportedRow>>;
                }
                TradeRepository {
                    async fn insert_trades(&self, trades: &[Trade]) -> Result<Upserted>;
                    async fn replace_trade(&self, trade: &Trade) -> Result<Trade>;
                    async fn amend_trades(&self, amendments: &[Amendment<Trade>]) -> Result<Upserted>;
                    async fn get_trade(&self, id: Id<Trade>) -> Result<Option<Trade>>;
                    async fn list_trades(&self, query: &TradeQuery) -> Result<Page<Trade>>;
                }
                NoteRepository {
                    async fn add_notes(&self, notes: &[Note]) -> Result<Upserted>;
                    async fn amend_notes(&self, amendments: &[Amendment<Note>]) -> Result<Upserted>;
                    async fn get_note(&self, id: Id<Note>) -> Result<Option<Note>>;
                    async fn list_notes(&self, query: &NoteQuery) -> Result<Page<Note>>;
                    async fn upsert_rules(&self, rules: &[RuleDefinition]) -> Result<Upserted>;
                    async fn delete_rule(&self, rule: Name) -> Result<bool>;
                    async fn list_rules(&self, filter: &RuleFilter) -> Result<Vec<RuleDefinition>>;
                }
                DailyRepository {
                    async fn upsert_daily_pnl(&self, days: &[DailyPnl]) -> Result<Upserted>;
                    async fn delete_daily_pnl(&self, key: &DailyPnlKey) -> Result<bool>;
                    async fn list_daily_pnl(&self, filter: &DailyPnlFilter) -> Result<Vec<DailyPnl>>;
                    async fn upsert_risk_states(&self, states: &[RiskState]) -> Result<Upserted>;
                    async fn delete_risk_state(&self, key: Name) -> Result<bool>;
                    async fn list_risk_states(&self, filter: &RiskStateFilter) -> Result<Vec<RiskState>>;
                }
                CacheRepository {
                    async fn upsert_cache_entries(&self, entries: &[CacheEntry]) -> Result<Upserted>;
                    async fn get_cache_entry(&self, key: &CacheKey) -> Result<Option<CacheEntry>>;
                    async fn list_cache_entries(&self, filter: &CacheFilter) -> Result<Vec<CacheEntry>>;
                    async fn touch_cache_entries(&self, hits: &[CacheHits]) -> Result<u64>;
                    async fn delete_cache_entries(&self, keys: &[CacheKey]) -> Result<u64>;
                    async fn claim_lease(&self, claim: &FetchLease) -> Result<FetchLease>;
                    async fn release_lease(&self, key: &CacheKey, owner: Name) -> Result<bool>;
                }
                CoverageRepository {
                    async fn upsert_coverage(&self, days: &[Coverage]) -> Result<Upserted>;
                    async fn list_coverage(&self, filter: &CoverageFilter) -> Result<Vec<Coverage>>;
                    async fn delete_coverage(&self, filter: &CoverageFilter) -> Result<u64>;
                }
                FetchCostRepository {
                    async fn insert_fetch_costs(&self, costs: &[FetchCost]) -> Result<Upserted>;
                    async fn get_fetch_cost(&self, id: Id<FetchCost>) -> Result<Option<FetchCost>>;
                    async fn list_fetch_costs(&self, query: &FetchCostQuery) -> Result<Page<FetchCost>>;
                    async fn charge_fetch(&self, cost: &FetchCost, cap: Decimal) -> Result<Charge>;
                    async fn list_spending(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Spending>>;
                }
                DirectoryRepository {
                    async fn list_underlyings(&self, query: &DirectoryQuery) -> Result<Page<Symbol>>;
                    async fn list_expirations(&self, of: Symbol, query: &DirectoryQuery) -> Result<Page<NaiveDate>>;
                    async fn list_quote_days(&self, of: Symbol, query: &DirectoryQuery) -> Result<Page<NaiveDate>>;
                    async fn list_quoted_symbols(&self, query: &DirectoryQuery) -> Result<Page<Symbol>>;
                    async fn list_bar_keys(&self, query: &DirectoryQuery) -> Result<Page<BarKey>>;
                    async fn list_series(&self, query: &DirectoryQuery) -> Result<Page<SeriesId>>;
                    async fn list_models(&self, query: &DirectoryQuery) -> Result<Page<ModelRevision>>;
                    async fn list_accounts(&self, query: &DirectoryQuery) -> Result<Page<Name>>;
                    async fn list_strategy_names(&self, query: &DirectoryQuery) -> Result<Page<Name>>;
                }
                Maintenance {
                    async fn migrate(&self) -> Result<Vec<u32>>;
                    async fn migrate_down(&self, to_version: u32) -> Result<Vec<u32>>;
                    async fn schema_status(&self) -> Result<SchemaStatus>;
                    async fn statistics(&self) -> Result<Vec<DatasetStatistics>>;
                    async fn purge(&self, dataset: Dataset, before: Timestamp) -> Result<Purged>;
                    async fn count_evictable(&self, eviction: &Eviction) -> Result<Vec<Evicted>>;
                    async fn evict(&self, eviction: &Eviction) -> Result<Vec<Evicted>>;
                    async fn disk_size(&self) -> Result<Option<DiskSize>>;
                    async fn set_policies(&self, policies: &Policies, recorded_at: Timestamp) -> Result<()>;
                    async fn policies(&self) -> Result<Policies>;
                    async fn compress(&self, dataset: Dataset, before: Timestamp) -> Result<u64>;
                    async fn refresh_aggregates(&self, dataset: Dataset, until: Timestamp) -> Result<()>;
                    async fn compact(&self) -> Result<Compacted>;
                }
            }

            #[deny(clippy::missing_trait_methods)]
            #[async_trait]
            impl<T: Store + ?Sized> Store for $pointer<T> {
                fn capabilities(&self) -> Capabilities {
                    (**self).capabilities()
                }

                fn audited(&self, actor: Actor) -> Arc<dyn Store> {
                    (**self).audited(actor)
                }

                async fn apply(&self, unit: &UnitOfWork) -> Result<Vec<Applied>> {
                    (**self).apply(unit).await
                }

                async fn ping(&self) -> Result<()> {
                    (**self).ping().await
                }

                async fn close(&self) -> Result<()> {
                    (**self).close().await
                }
            }
        )+
    };
}

forward_all!(Arc, Box);
