//! Keeping a store in order: its schema, its size, its age.

mod eviction;

use std::fmt;

use async_trait::async_trait;
use serde::Serialize;

pub use eviction::{DiskSize, Evicted, Eviction, Fetched};

use crate::{Error, ErrorKind, Result, Timestamp};

macro_rules! datasets {
    ($($(#[$meta:meta])* $name:ident = $table:literal $(($permanent:literal))?),+ $(,)?) => {
        /// A kind of stored rows.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Dataset {
            $($(#[$meta])* $name),+
        }

        impl Dataset {
            /// Every dataset.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The dataset's name, which is its table's name on SQL engines.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $table),+
                }
            }

            /// Why rows of this dataset are never [purged](Maintenance::purge); `None` when they can be.
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
    /// Option contracts and what is known of them.
    Contracts = "option_contracts" ("quotes and Greeks refer to them"),
    /// Quotes of option contracts.
    OptionQuotes = "option_quotes",
    /// Headers of chain fetches.
    ChainSnapshots = "chain_snapshots",
    /// Quotes of underlyings.
    UnderlyingQuotes = "underlying_quotes",
    /// Bars.
    Bars = "bars",
    /// Observations of economic series.
    Observations = "economic_observations",
    /// Computed Greeks.
    Greeks = "greeks",
    /// Calibrated Heston parameters.
    HestonParameters = "heston_parameters",
    /// Calibrated SABR parameters.
    SabrParameters = "sabr_parameters",
    /// Calibrated SVI parameters.
    SviParameters = "svi_parameters",
    /// Fitted Ornstein–Uhlenbeck parameters.
    OuParameters = "ou_parameters",
    /// Features of days, for backtests.
    Features = "backtest_features",
    /// Backtests, each with its curve and trades.
    Backtests = "backtests",
    /// Predictions.
    Predictions = "predictions",
    /// Signals.
    Signals = "signals",
    /// Orders.
    Orders = "orders" ("executions refer to them, and accounts are settled by them"),
    /// What filled orders.
    Executions = "executions" ("what is filled of an order is the sum of them"),
    /// Positions held now.
    Positions = "positions" ("they are what is held now"),
    /// Accounts as they were told.
    Accounts = "account_snapshots",
    /// What portfolios were worth.
    Portfolios = "portfolio_snapshots",
    /// Metrics of closed trades.
    Metrics = "performance_metrics",
    /// Events of the trade journal.
    JournalEvents = "journal_events" ("they are the journal's log"),
    /// Rows of brokers' histories as they stood in their files.
    ImportedRows = "imported_rows" ("the journal's events came of them"),
    /// Cycles of the trade journal.
    JournalCycles = "journal_cycles" ("they follow from the journal's log"),
    /// Trades.
    Trades = "trades" ("they are the journal"),
    /// Notes of the trade journal.
    JournalNotes = "journal_notes" ("they are the journal"),
    /// Rules that an owner sets.
    JournalRules = "journal_rules" ("trades refer to them"),
    /// What each day earned.
    DailyPnl = "daily_pnl" ("it is the account's history"),
    /// The state of risk.
    RiskStates = "risk_states" ("it is what holds now"),
    /// System events.
    Events = "system_events",
    /// System states.
    States = "system_states",
    /// Users.
    Users = "users" ("the audit refers to them"),
    /// Permissions.
    Permissions = "permissions" ("they are what is permitted now"),
    /// Strategies.
    Strategies = "strategies" ("signals, orders and positions refer to them"),
    /// Settings.
    Settings = "settings" ("they are what is set now"),
    /// Reports on the quality of data.
    Quality = "quality_reports",
    /// Runs of pipelines.
    Runs = "pipeline_runs",
    /// Rows that runs could not store.
    Rejects = "run_rejects",
    /// How far pipelines have read.
    Watermarks = "watermarks" ("pipelines go on from them"),
    /// The audit.
    Audit = "audit_log" ("the audit only grows"),
    /// What was fetched.
    CacheEntries = "cache_entries" ("they tell whether to ask again, and are deleted by their keys"),
    /// Which days were fetched.
    CacheCoverage = "cache_coverage" ("it tells whether to ask again, and is deleted by its keys"),
    /// Who is fetching.
    CacheLeases = "cache_leases" ("they run out by themselves"),
    /// What fetches cost.
    FetchCosts = "fetch_costs",
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How much of a dataset is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasetStatistics {
    /// The dataset.
    pub dataset: Dataset,
    /// Current rows.
    pub rows: u64,
    /// Superseded versions kept beside them.
    pub superseded: u64,
    /// The smallest `at` among the current rows; of rows without one, such as contracts, the smallest `recorded_at`.
    pub oldest: Option<Timestamp>,
    /// The greatest `at` among the current rows; of rows without one, the greatest `recorded_at`.
    pub newest: Option<Timestamp>,
    /// Bytes on disk, indexes and superseded versions included; `None` where the engine cannot tell.
    pub bytes: Option<u64>,
    /// About how many bytes a row takes with its share of the indexes, room that deleted rows left not counted; `None`
    /// without rows and where the engine cannot tell.
    pub row_bytes: Option<u64>,
}

/// A migration and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number, counted from 1.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// When it was applied; `None` while it is pending.
    pub applied_at: Option<Timestamp>,
    /// Whether it can be undone without losing rows.
    pub reversible: bool,
}

/// What a schema is and should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaStatus {
    /// Every migration that this version knows, in order.
    pub migrations: Vec<MigrationStatus>,
    /// Where the database's tables differ from what this version's migrations make: `option_quotes.bid: expected
    /// DOUBLE, found TEXT`. Empty when all is well.
    pub drift: Vec<String>,
}

impl SchemaStatus {
    /// Whether every migration is applied and nothing has drifted.
    pub fn is_current(&self) -> bool {
        self.drift.is_empty() && self.migrations.iter().all(|migration| migration.applied_at.is_some())
    }
}

/// What a purge took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// Current rows deleted.
    pub rows: u64,
    /// Superseded versions deleted.
    pub superseded: u64,
}

/// The size of a store before and after it was compacted, in bytes; `None` where the engine cannot tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Before.
    pub bytes_before: Option<u64>,
    /// After.
    pub bytes_after: Option<u64>,
}

/// The error of a purge of rows that stay. For implementors of the port.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) for a dataset that is [permanent](Dataset::permanent).
pub fn purgeable(dataset: Dataset) -> Result<()> {
    let refused =
        |why| Error::new(ErrorKind::Unsupported, format!("rows of {dataset} stay: {why}")).with("dataset", dataset);
    dataset.permanent().map_or(Ok(()), |why| Err(refused(why)))
}

/// Keeping a store in order.
#[async_trait]
pub trait Maintenance: fmt::Debug + Send + Sync + 'static {
    /// Applies every migration that is pending, in one transaction, and returns the numbers of those applied. Two
    /// processes that migrate at once wait for each other; the second finds nothing to do. A store without a schema has
    /// no migrations and returns none. An [audited](crate::Store::audited) store records each migration in that
    /// transaction.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) when the database was migrated by a newer version, when an
    /// applied migration is not the one that this version knows by its number, or when it belongs to another program.
    ///
    /// # Cancel safety
    /// A dropped call leaves all of them applied, or none.
    async fn migrate(&self) -> Result<Vec<u32>>;

    /// Undoes migrations down to, and not including, a version, newest first, and returns the numbers of those undone.
    /// An [audited](crate::Store::audited) store records each of them in its transaction, with the version that was
    /// asked for.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported), before anything is undone, when one of them cannot be undone
    /// without losing rows.
    ///
    /// # Cancel safety
    /// A dropped call leaves whole migrations undone, never a part of one.
    async fn migrate_down(&self, to_version: u32) -> Result<Vec<u32>>;

    /// Which migrations are applied, and whether the schema is still what they made.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) as [`migrate`](Self::migrate).
    ///
    /// # Cancel safety
    /// Safe.
    async fn schema_status(&self) -> Result<SchemaStatus>;

    /// Rows, age and size of every dataset, in the order of [`Dataset::ALL`].
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn statistics(&self) -> Result<Vec<DatasetStatistics>>;

    /// Deletes the rows of a dataset whose `at` is before an instant, with their superseded versions. A row at that
    /// instant stays. Deleting may leave the file as large as it was until [`compact`](Self::compact). An
    /// [audited](crate::Store::audited) store records how many rows those were and the instant, unless there were none.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a dataset that is [permanent](Dataset::permanent).
    ///
    /// # Cancel safety
    /// A dropped call deletes everything asked for or nothing.
    async fn purge(&self, dataset: Dataset, before: Timestamp) -> Result<Purged>;

    /// Counts the rows that [`evict`](Self::evict) would delete, by dataset in the order of [`Fetched::datasets`], and
    /// deletes none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn count_evictable(&self, eviction: &Eviction) -> Result<Vec<Evicted>>;

    /// Deletes rows that were fetched and can be fetched again, each with all its versions, and tells how many those
    /// were, by dataset in the order of [`Fetched::datasets`]. A row goes or stays by its current version. Contracts
    /// stay. As after a purge, the file may be as large as it was until [`compact`](Self::compact). An
    /// [audited](crate::Store::audited) store records for each dataset how many rows those were and the eviction,
    /// unless there were none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes everything asked for or nothing.
    async fn evict(&self, eviction: &Eviction) -> Result<Vec<Evicted>>;

    /// What the store takes on disk: of an embedded engine its file and the file's log, of a server the tables of the
    /// store's schema with their indexes. `None` for a store that is not on disk.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn disk_size(&self) -> Result<Option<DiskSize>>;

    /// Gives space that deleted rows took back to the system, as far as the engine can, and brings its statistics up to
    /// date; where the engine keeps [aggregates](crate::market::AggregateRepository), they are brought up to date too.
    /// Nothing stored changes. Everything is written anew: meanwhile the store may take three times its size, and
    /// writers wait. On PostgreSQL it is a full vacuum, which locks each table exclusively while it is rewritten:
    /// readers of that table wait too. Nothing in this library calls this by itself: call it when its locks harm
    /// nobody.
    ///
    /// A compaction is not a transaction. An [audited](crate::Store::audited) store records it when it has ended, with
    /// the sizes before and after; when that fails, so does this call, and when this call is dropped, there may be no
    /// entry.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn compact(&self) -> Result<Compacted>;
}
