//! A store in memory, the executable specification of the ports.
//!
//! The code is small and obvious on purpose. An engine is correct when its answers equal those of this store.

mod analytics;
mod directory;
mod entries;
mod keyed;
mod maintenance;
mod market;
mod operations;
mod trading;
mod unit;
mod versioned;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;

use self::{entries::Entries, keyed::ByKey, market::contract::Contract, versioned::Versioned};
use crate::{
    Capabilities, Error, Name, Result, Store, Timestamp, Upserted,
    analytics::{
        Backtest, ComputedGreeks, Features, GreeksKey, HestonParameters, Indicators, OuParameters, Prediction,
        SabrParameters, SmileKey, SviParameters,
    },
    maintenance::{Dataset, DatasetStatistics, Purged},
    market::{
        ActionKey, Bar, BarKey, ChainSnapshot, CorporateAction, Fundamentals, Observation, OptionContract, OptionQuote,
        SeriesId, Symbol, UnderlyingQuote,
    },
    operations::{
        Actor, AuditEntry, CacheEntry, Coverage, FetchCost, FetchLease, Permission, QualityReport, Run, RunReject,
        Setting, Strategy, SystemEvent, SystemState, User, Watermark,
    },
    port::{self, Change, Entry, Keyed, Recorded},
    trading::{
        AccountSnapshot, Execution, MetricsKey, Order, PortfolioSnapshot, Position, Signal, StoredMetrics,
        journal::{Cycle, DailyPnl, ImportedRow, JournalEvent, Note, RiskState, RuleDefinition, Trade},
    },
    unit::{Applied, UnitOfWork},
};

const ENGINE: &str = "memory";

/// A store in memory, for tests and short-lived work. Dropping or closing the store deletes its rows.
///
/// ```
/// use strikebook_core::{AsOf, Source, market::{ChainQuery, ChainRepository, OptionQuote, Symbol}, memory::MemoryStore};
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let close = "2025-09-25T20:00:00Z".parse()?;
/// let quote = OptionQuote::new("SPY251219C00650000".parse()?, close, Source::new("cboe")?);
/// store.upsert_quotes(&[quote.with_market(Some(31.05), Some(31.25))]).await?;
/// let chain = store.chain_as_of(&ChainQuery::new(Symbol::new("SPY")?, AsOf::instant(close))).await?;
/// assert_eq!(chain.len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct MemoryStore {
    allow_simulated: bool,
    actor: Option<Actor>,
    state: Arc<RwLock<State>>,
}

/// Lists every dataset with the field of the state that holds the dataset's rows.
macro_rules! state {
    ($($dataset:ident => $field:ident: $rows:ty,)+) => {
        /// All rows. A clone shares them, dataset by dataset, until one of the two changes.
        #[derive(Clone, Default)]
        struct State {
            closed: bool,
            $($field: $rows,)+
            /// Changes for the audit that no dataset collects itself.
            changes: Vec<Change>,
        }

        impl State {
            /// Returns the rows of a dataset.
            fn stored(&mut self, dataset: Dataset) -> &mut dyn Stored {
                match dataset {
                    $(Dataset::$dataset => &mut self.$field,)+
                }
            }
        }
    };
}

state! {
    Contracts => contracts: Arc<BTreeMap<OptionContract, Contract>>,
    OptionQuotes => quotes: Versioned<OptionContract, OptionQuote>,
    ChainSnapshots => snapshots: Versioned<Symbol, ChainSnapshot>,
    UnderlyingQuotes => underlyings: Versioned<Symbol, UnderlyingQuote>,
    Bars => bars: Versioned<BarKey, Bar>,
    CorporateActions => corporate_actions: Versioned<ActionKey, CorporateAction>,
    Fundamentals => fundamentals: Versioned<Symbol, Fundamentals>,
    Observations => observations: Versioned<SeriesId, Observation>,
    Greeks => greeks: Versioned<GreeksKey, ComputedGreeks>,
    HestonParameters => heston: Versioned<Symbol, HestonParameters>,
    SabrParameters => sabr: Versioned<SmileKey, SabrParameters>,
    SviParameters => svi: Versioned<SmileKey, SviParameters>,
    OuParameters => ou: Versioned<Name, OuParameters>,
    Features => features: Versioned<Symbol, Features>,
    Indicators => indicators: Versioned<BarKey, Indicators>,
    Backtests => backtests: Entries<Backtest>,
    Predictions => predictions: Entries<Prediction>,
    Signals => signals: Entries<Signal>,
    Orders => orders: Entries<Order>,
    Executions => executions: Entries<Execution>,
    Positions => positions: ByKey<Position>,
    Accounts => accounts: Entries<AccountSnapshot>,
    Portfolios => portfolios: Versioned<Name, PortfolioSnapshot>,
    Metrics => metrics: Versioned<MetricsKey, StoredMetrics>,
    JournalEvents => journal_events: Entries<JournalEvent>,
    ImportedRows => imported_rows: Entries<ImportedRow>,
    JournalCycles => cycles: ByKey<Cycle>,
    Trades => trades: Entries<Trade>,
    JournalNotes => notes: Entries<Note>,
    JournalRules => rules: ByKey<RuleDefinition>,
    DailyPnl => daily_pnl: ByKey<DailyPnl>,
    RiskStates => risk_states: ByKey<RiskState>,
    Events => events: Entries<SystemEvent>,
    States => states: Entries<SystemState>,
    Users => users: ByKey<User>,
    Permissions => permissions: ByKey<Permission>,
    Strategies => strategies: ByKey<Strategy>,
    Settings => settings: ByKey<Setting>,
    Quality => quality: Entries<QualityReport>,
    Runs => runs: Entries<Run>,
    Rejects => rejects: Entries<RunReject>,
    Watermarks => watermarks: ByKey<Watermark>,
    Audit => audit: Entries<AuditEntry>,
    CacheEntries => cache_entries: ByKey<CacheEntry>,
    CacheCoverage => coverage: ByKey<Coverage>,
    CacheLeases => leases: ByKey<FetchLease>,
    FetchCosts => fetch_costs: Entries<FetchCost>,
}

/// The rows of one dataset, of any type.
trait Stored {
    /// Deletes the rows before an instant with all their versions.
    fn purge(&mut self, before: Timestamp) -> Purged;

    fn statistics(&self, dataset: Dataset) -> DatasetStatistics;

    /// Drains the recorded changes, for the audit; the caller sets their `resource`.
    fn take_changes(&mut self) -> Vec<Change>;
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// Creates a store that is empty except for the [default permissions](Permission::defaults), and that refuses
    /// simulated rows.
    pub fn new() -> Self {
        let mut state = State::default();
        match Permission::defaults() {
            Ok(defaults) => drop(state.permissions.upsert(&defaults)),
            // A store without its permissions answers no call.
            Err(_) => state.closed = true,
        }
        state.take_changes();
        Self { allow_simulated: false, actor: None, state: Arc::new(RwLock::new(state)) }
    }

    /// Allows rows of simulated sources.
    #[must_use]
    pub fn with_simulated(mut self) -> Self {
        self.allow_simulated = true;
        self
    }

    fn read<T>(&self, operation: &'static str, read: impl FnOnce(&State) -> Result<T>) -> Result<T> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let answer = if state.closed { Err(Error::closed()) } else { read(&state) };
        answer.map_err(|error| error.in_operation(operation).on_backend(ENGINE))
    }

    fn write<T>(&self, operation: &'static str, write: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let answer = if state.closed { Err(Error::closed()) } else { write(&mut state) };
        let changes = state.take_changes();
        let answer = answer.and_then(|answer| {
            self.actor.as_ref().map_or(Ok(()), |actor| state.record(actor, operation, changes))?;
            Ok(answer)
        });
        answer.map_err(|error| error.in_operation(operation).on_backend(ENGINE))
    }

    /// Checks all rows, then writes them. `write` must not fail after its first change.
    fn upsert<R: Recorded>(
        &self,
        operation: &'static str,
        rows: &[R],
        write: impl FnOnce(&mut State) -> Result<Upserted>,
    ) -> Result<Upserted> {
        self.write(operation, |state| {
            port::check_batch(rows, self.allow_simulated)?;
            write(state)
        })
    }
}

impl MemoryStore {
    /// Checks all entries, then writes the new ones.
    fn insert<E: Entry>(
        &self,
        operation: &'static str,
        entries: &[E],
        of: impl FnOnce(&mut State) -> &mut Entries<E>,
    ) -> Result<Upserted> {
        self.write(operation, |state| {
            port::check_entries(entries, self.allow_simulated)?;
            of(state).insert(entries)
        })
    }

    /// Checks all rows, then replaces those with the same keys.
    fn replace<K: Keyed>(
        &self,
        operation: &'static str,
        rows: &[K],
        of: impl FnOnce(&mut State) -> &mut ByKey<K>,
    ) -> Result<Upserted> {
        self.write(operation, |state| {
            port::check_keyed(rows)?;
            Ok(of(state).upsert(rows))
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("allow_simulated", &self.allow_simulated).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            engine: ENGINE,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            durable: false,
            multi_process: false,
            simulated: self.allow_simulated,
            partitions: false,
            compression: false,
            continuous_aggregates: false,
            guarded_audit: false,
        }
    }

    fn audited(&self, actor: Actor) -> Arc<dyn Store> {
        Arc::new(Self { allow_simulated: self.allow_simulated, actor: Some(actor), state: Arc::clone(&self.state) })
    }

    async fn apply(&self, unit: &UnitOfWork) -> Result<Vec<Applied>> {
        self.write("apply", |state| {
            port::check_unit(unit, self.allow_simulated, self.actor.as_ref())?;
            state.apply(unit, self.allow_simulated)
        })
    }

    async fn ping(&self) -> Result<()> {
        self.read("ping", |_| Ok(()))
    }

    async fn close(&self) -> Result<()> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        *state = State { closed: true, ..State::default() };
        Ok(())
    }
}
