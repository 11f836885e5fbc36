//! Maintenance of a store: schema, size, retention.

pub(crate) mod eviction;
pub(crate) mod policy;
mod retention;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use eviction::{DiskSize, Evicted, Eviction, Fetched};
pub use policy::{AppliedPolicy, Policies, Policy, maintain};
pub use retention::Retention;

use crate::{Result, Timestamp};

macro_rules! datasets {
    ($($(#[$meta:meta])* $name:ident = $table:literal $(($permanent:literal))?),+ $(,)?) => {
        /// A kind of stored rows, one table on SQL engines.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Dataset {
            $($(#[$meta])* #[serde(rename = $table)] $name),+
        }

        impl Dataset {
            /// Every dataset, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the dataset's name, which is its table's name on SQL engines.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $table),+
                }
            }

            /// Returns the reason why rows of this dataset are never [purged](Maintenance::purge); `None` when they
            /// can be.
            pub const fn permanent(self) -> Option<&'static str> {
                match self {
                    $($(Self::$name => Some($permanent),)?)+
                    _ => None,
                }
            }
        }
    };
}

datasets! {
    /// Option contracts and their details.
    Contracts = "option_contracts" ("quotes and Greeks refer to them"),
    /// Quotes of option contracts.
    OptionQuotes = "option_quotes",
    /// Headers of chain fetches.
    ChainSnapshots = "chain_snapshots",
    /// Live quotes of underlyings.
    UnderlyingQuotes = "underlying_quotes",
    /// Bars of underlyings, options and indexes.
    Bars = "bars",
    /// Corporate actions: splits, dividends, changes of symbol, mergers, earnings dates.
    CorporateActions = "corporate_actions",
    /// Fundamentals of underlyings: market capitalisation, shares outstanding.
    Fundamentals = "fundamentals",
    /// Observations of economic series.
    Observations = "economic_observations",
    /// Greeks computed by pricing models.
    Greeks = "greeks",
    /// Calibrated parameters of Heston's model.
    HestonParameters = "heston_parameters",
    /// Calibrated parameters of the SABR model.
    SabrParameters = "sabr_parameters",
    /// Calibrated parameters of SVI smiles.
    SviParameters = "svi_parameters",
    /// Fitted parameters of Ornstein–Uhlenbeck processes.
    OuParameters = "ou_parameters",
    /// Features of trading days, for backtests.
    Features = "backtest_features",
    /// Technical indicators of bars.
    Indicators = "bar_indicators",
    /// Backtests, each with its equity curve and trades.
    Backtests = "backtests",
    /// Predictions of models, with inputs and outputs.
    Predictions = "predictions",
    /// Trading signals of strategies.
    Signals = "signals",
    /// Orders, with their status and fills.
    Orders = "orders" ("executions and settlements of accounts refer to them"),
    /// Executions, which fill orders.
    Executions = "executions" ("they are the fills of orders"),
    /// Positions that accounts hold now.
    Positions = "positions" ("they are the present holdings"),
    /// Account snapshots as brokers reported them.
    Accounts = "account_snapshots",
    /// Snapshots of portfolios' value and exposure.
    Portfolios = "portfolio_snapshots",
    /// Performance metrics of closed trades.
    Metrics = "performance_metrics",
    /// Events of the trade journal.
    JournalEvents = "journal_events" ("they are the log of the journal"),
    /// Rows of brokers' histories as they were imported.
    ImportedRows = "imported_rows" ("the events of the journal derive from them"),
    /// Wheel cycles of the trade journal.
    JournalCycles = "journal_cycles" ("they derive from the log of the journal"),
    /// Trades: the owner's decisions, with plan and review.
    Trades = "trades" ("they are the journal"),
    /// Notes of the trade journal.
    JournalNotes = "journal_notes" ("they are the journal"),
    /// Trading rules set by the owner.
    JournalRules = "journal_rules" ("trades refer to them"),
    /// Profit and loss by day.
    DailyPnl = "daily_pnl" ("they are the history of the account"),
    /// The present state of risk limits.
    RiskStates = "risk_states" ("it is the present state of risk limits"),
    /// Events of the running system.
    Events = "system_events",
    /// States of the running system.
    States = "system_states",
    /// Users, with hashes of their passwords.
    Users = "users" ("the audit refers to them"),
    /// Permissions of the users' roles.
    Permissions = "permissions" ("they are the present permissions"),
    /// Strategies, with their status and parameters.
    Strategies = "strategies" ("signals, orders and positions refer to them"),
    /// Settings of the application.
    Settings = "settings" ("they are the present settings"),
    /// Reports on data quality.
    Quality = "quality_reports",
    /// Runs of pipelines, with their counts.
    Runs = "pipeline_runs",
    /// Rows that runs rejected.
    Rejects = "run_rejects",
    /// Watermarks: the progress of pipelines.
    Watermarks = "watermarks" ("pipelines resume from them"),
    /// The audit: changes and their actors.
    Audit = "audit_log" ("the audit only grows"),
    /// Cache entries: fetched answers and their expiry.
    CacheEntries = "cache_entries" ("they decide about fetches, and are deleted by key"),
    /// Days covered by fetches.
    CacheCoverage = "cache_coverage" ("it decides about fetches, and is deleted by key"),
    /// Leases of running fetches.
    CacheLeases = "cache_leases" ("they expire"),
    /// The cost of each fetch.
    FetchCosts = "fetch_costs",
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Size and age of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasetStatistics {
    /// The dataset of these statistics.
    pub dataset: Dataset,
    /// The number of current rows.
    pub rows: u64,
    /// The number of superseded versions.
    pub superseded: u64,
    /// The smallest `at` among the current rows; for rows without `at`, such as contracts, the smallest
    /// `recorded_at`.
    pub oldest: Option<Timestamp>,
    /// The greatest `at` among the current rows; for rows without `at`, the greatest `recorded_at`.
    pub newest: Option<Timestamp>,
    /// Bytes on disk, indexes and superseded versions included; `None` where the engine does not report them.
    pub bytes: Option<u64>,
    /// The approximate bytes of one row with its share of the indexes, without space left by deleted rows; `None`
    /// without rows and where the engine does not report it.
    pub row_bytes: Option<u64>,
}

/// A migration and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The version number, from 1.
    pub version: u32,
    /// The name of the migration.
    pub name: String,
    /// The time of application; `None` while the migration is pending.
    pub applied_at: Option<Timestamp>,
    /// True if the migration can be undone without losing rows.
    pub reversible: bool,
}

/// The state of a store's schema: which migrations are applied, and where the live schema differs from what they made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaStatus {
    /// Every migration of this version, in order.
    pub migrations: Vec<MigrationStatus>,
    /// A line for each difference between the live schema and what the migrations made, such as `option_quotes.bid:
    /// expected DOUBLE, found TEXT` or `orders: expected index orders_by_time, found nothing`. Empty without
    /// differences, and while a migration is pending.
    ///
    /// Tables are compared by the names, types and nullability of their columns, and, as far as the engine has them,
    /// by their primary keys, unique constraints, indexes, triggers and partitions; views and functions by their
    /// definitions. An object is compared with what the engine's catalog showed when its migration was applied. Where
    /// a newer version of the engine writes a definition differently (DuckDB, and PostgreSQL's views), only the
    /// existence of the object is compared after an upgrade of the engine. A column that a user added is drift; other
    /// tables, indexes, views, constraints and triggers of a user are not.
    pub drift: Vec<String>,
}

impl SchemaStatus {
    /// Returns true if every migration is applied and the schema has not drifted.
    pub fn is_current(&self) -> bool {
        self.drift.is_empty() && self.migrations.iter().all(|migration| migration.applied_at.is_some())
    }
}

/// The number of rows that a purge deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// The number of deleted current rows.
    pub rows: u64,
    /// The number of deleted superseded versions.
    pub superseded: u64,
}

/// The size of a store before and after a compaction, in bytes; `None` where the engine does not report it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Bytes before the compaction.
    pub bytes_before: Option<u64>,
    /// Bytes after the compaction.
    pub bytes_after: Option<u64>,
}

/// Maintenance of a store: schema, size, retention.
///
/// ```
/// use strikebook_core::{maintenance::{Dataset, Maintenance}, memory::MemoryStore};
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// assert!(store.schema_status().await?.is_current());
/// let purged = store.purge(Dataset::OptionQuotes, "2020-01-01T00:00:00Z".parse()?).await?;
/// assert_eq!(purged.rows, 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Beside those listed with a method, every method returns the [errors of the
/// engine](crate::ErrorKind#errors-of-an-engine).
///
/// # Cancel safety
/// A dropped read has no effect. A dropped `purge` or `evict` deletes everything asked for or nothing.
#[async_trait]
pub trait Maintenance: fmt::Debug + Send + Sync + 'static {
    /// Applies every pending migration in one transaction, and returns the versions of those applied. Two processes
    /// that migrate at once wait for each other; the second finds nothing pending. A store without a schema has no
    /// migrations and returns none. An [audited](crate::Store::audited) store records each migration in that
    /// transaction.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) when the database was migrated by a newer version, when an
    /// applied migration differs from this version's migration of the same number, or when the database belongs to
    /// another program.
    ///
    /// # Cancel safety
    /// A dropped call leaves all of them applied, or none.
    async fn migrate(&self) -> Result<Vec<u32>>;

    /// Undoes migrations down to, and not including, a version, newest first, and returns the versions of those
    /// undone. An [audited](crate::Store::audited) store records each of them in its transaction, with the version
    /// that was asked for.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported), before anything is undone, when one of them cannot be undone
    /// without losing rows.
    ///
    /// # Cancel safety
    /// A dropped call leaves whole migrations undone, never a part of one.
    async fn migrate_down(&self, to_version: u32) -> Result<Vec<u32>>;

    /// Returns the state of each migration, and the drift of the schema.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) as [`migrate`](Self::migrate).
    async fn schema_status(&self) -> Result<SchemaStatus>;

    /// Returns rows, age and size of every dataset, in the order of [`Dataset::ALL`].
    async fn statistics(&self) -> Result<Vec<DatasetStatistics>>;

    /// Deletes the rows of a dataset whose `at` is before an instant, with their superseded versions; a row at that
    /// instant stays. The file may keep its size until [`compact`](Self::compact). An [audited](crate::Store::audited)
    /// store records the instant and the number of rows, unless that is 0.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a dataset that is [permanent](Dataset::permanent).
    async fn purge(&self, dataset: Dataset, before: Timestamp) -> Result<Purged>;

    /// Counts the rows that [`evict`](Self::evict) would delete, by dataset in the order of [`Fetched::datasets`],
    /// without deleting any.
    async fn count_evictable(&self, eviction: &Eviction) -> Result<Vec<Evicted>>;

    /// Deletes fetched rows, which can be fetched again, each with all its versions. Returns their numbers by
    /// dataset, in the order of [`Fetched::datasets`]. The current version of a row decides about the row. Contracts
    /// stay. As after a purge, the file may keep its size until [`compact`](Self::compact). An
    /// [audited](crate::Store::audited) store records the eviction and the number of rows for each dataset, unless
    /// that is 0.
    async fn evict(&self, eviction: &Eviction) -> Result<Vec<Evicted>>;

    /// Returns the store's size on disk: for an embedded engine its file and the file's log, for a server the tables
    /// of the store's schema with their indexes. `None` for a store that is not on disk.
    async fn disk_size(&self) -> Result<Option<DiskSize>>;

    /// Stores the policies of the store in the place of those before; without policies, [`maintain`] does nothing. They
    /// are kept as the [setting](crate::operations::Setting) `maintenance.policies`.
    ///
    /// A server with a scheduler of its own (TimescaleDB's Community edition) gets jobs of the same ages in the same
    /// transaction, in the place of those before: for each table in partitions it drops partitions of which all rows
    /// are older, compresses partitions, and refreshes aggregates, without a call. [`maintain`] does what is left, on
    /// every engine: rows of the last partition, tables without partitions, shorter ages of some of the rows. A
    /// partition that the server drops leaves superseded versions, entries of the
    /// [directory](crate::directory::DirectoryRepository) and aggregates until the next [`maintain`].
    async fn set_policies(&self, policies: &Policies, recorded_at: Timestamp) -> Result<()>;

    /// Returns the policies that [`set_policies`](Self::set_policies) stored last; none at first.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) when somebody gave their setting another value.
    async fn policies(&self) -> Result<Policies>;

    /// Compresses the partitions of a dataset of which all rows are before an instant, and returns the number of
    /// partitions that were not compressed before. Their rows are read, corrected and deleted as before. Does nothing
    /// where tables have no [partitions](crate::Capabilities::partitions) or the engine compresses by itself.
    ///
    /// # Cancel safety
    /// A dropped call leaves whole partitions compressed.
    async fn compress(&self, dataset: Dataset, before: Timestamp) -> Result<u64>;

    /// Brings the materialised [aggregates](crate::market::AggregateRepository) of a dataset up to date with all rows
    /// before an instant, up to the last full hour. Answers do not change: they come faster. Does nothing where the
    /// engine [has no such aggregates](crate::Capabilities::continuous_aggregates), or the dataset has none.
    ///
    /// # Cancel safety
    /// A dropped call may leave some aggregates refreshed and others not.
    async fn refresh_aggregates(&self, dataset: Dataset, until: Timestamp) -> Result<()>;

    /// Returns the space of deleted rows to the system as far as the engine can, and updates the engine's statistics.
    /// Stored rows do not change.
    ///
    /// All tables are rewritten: meanwhile the store may take three times its size, and writers wait. PostgreSQL does
    /// a full vacuum, which locks each table exclusively while it is rewritten, so readers of that table wait too.
    /// Nothing in this library calls this method: call it at a time when its locks harm nobody.
    ///
    /// A compaction is not a transaction. An [audited](crate::Store::audited) store records it after it has ended,
    /// with the sizes before and after. When the entry cannot be written, the call fails; when the call is dropped,
    /// there may be no entry.
    ///
    /// # Cancel safety
    /// A dropped call may leave some tables compacted and others not; no row is lost.
    async fn compact(&self) -> Result<Compacted>;
}
