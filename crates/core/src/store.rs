//! The store: all repositories as one trait.

use std::sync::Arc;

use async_trait::async_trait;
use auto_impl::auto_impl;

use crate::{
    Result,
    analytics::{BacktestRepository, FeatureRepository, GreeksRepository, ModelRepository, PredictionRepository},
    maintenance::Maintenance,
    market::{
        AggregateRepository, BarRepository, ChainRepository, ContractRepository, EconomicRepository,
        UnderlyingRepository,
    },
    operations::{
        AccessRepository, Actor, AuditRepository, CacheRepository, ConfigurationRepository, CoverageRepository,
        EventRepository, FetchCostRepository, QualityRepository, RunRepository, StrategyRepository,
    },
    trading::{
        AccountRepository, MetricsRepository, OrderRepository, PortfolioRepository, PositionRepository,
        SignalRepository,
        journal::{DailyRepository, ImportRepository, JournalRepository, NoteRepository, TradeRepository},
    },
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
    /// [`compact`](Maintenance::compact) refreshes.
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
#[auto_impl(Arc, Box)]
pub trait Store:
    ContractRepository
    + ChainRepository
    + UnderlyingRepository
    + BarRepository
    + AggregateRepository
    + EconomicRepository
    + GreeksRepository
    + ModelRepository
    + FeatureRepository
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
