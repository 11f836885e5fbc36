//! DuckDB behind strikebook's ports: one file of columns, fast to load and fast to ask about everything at once.
//!
//! Rows are appended in the order of time and tables have no primary key, so a question about an instant reads a few
//! blocks. One process has the file open at a time.

mod append;
mod connection;
mod error;
mod rows;

use std::path::Path;

use async_trait::async_trait;
use duckdb::{AccessMode, Config};
use strikebook_core::{
    Capabilities, Error, Result,
    maintenance::{Compacted, DiskSize},
};
use strikebook_storage_sql::{
    ColumnType, Dialect, Engine, Options, Order, Search, Session, SqlStore, Workers, migrate::Migration, migrations,
};

use crate::{connection::DuckdbConnection, error::classify};

/// The engine's name in errors and capabilities.
pub(crate) const NAME: &str = "duckdb";

static MIGRATIONS: &[Migration] = migrations![
    1 "0001_contract",
    2 "0002_chain",
    3 "0003_underlying",
    4 "0004_bar",
    5 "0005_economic",
    6 "0006_greeks",
    7 "0007_views" down,
    8 "0008_signal",
    9 "0009_position",
    10 "0010_event",
    11 "0011_model",
    12 "0012_metrics",
    13 "0013_feature",
    14 "0014_audit",
    15 "0015_backtest",
    16 "0016_prediction",
    17 "0017_operations",
    18 "0018_order",
    19 "0019_journal",
    20 "0020_access",
    21 "0021_cache",
    22 "0022_run",
    23 "0023_account",
    24 "0024_import",
    25 "0025_market_views" down,
];

static DIALECT: Dialect = Dialect {
    type_name: |column_type| match column_type {
        ColumnType::Double => "DOUBLE",
        ColumnType::Integer => "BIGINT",
        // JSON and UUIDs would come back as text anyway, and are looked into as text too.
        ColumnType::Text | ColumnType::Json | ColumnType::Uuid => "VARCHAR",
        ColumnType::Decimal => "DECIMAL(20,8)",
        ColumnType::Product => "DECIMAL(28,16)",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Date => "DATE",
        ColumnType::Boolean => "BOOLEAN",
    },
    list_tables: "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary",
    list_columns: "SELECT column_name, data_type, CAST(is_nullable AS BIGINT) FROM duckdb_columns() \
                   WHERE table_name = $1 AND NOT internal ORDER BY column_index",
    // Blocks that a table shares with others count for each of them, and what is only in the log for none.
    table_bytes: Some(
        "SELECT nullif(count(DISTINCT block_id), 0) * 262144 FROM pragma_storage_info($1) WHERE block_id >= 0",
    ),
    // A segment counts the deleted rows that its blocks still hold.
    row_bytes: Some(
        "SELECT count(DISTINCT block_id) FILTER (block_id >= 0) * 262144.0 \
         / nullif(sum(count) FILTER (column_id = 0 AND segment_type <> 'VALIDITY'), 0) FROM pragma_storage_info($1)",
    ),
    lock: None,
    drop_partitions: None,
    missing_guards: None,
    bucket: |at, width, origin| {
        let (width, origin) = (width.num_microseconds().unwrap_or(i64::MAX), origin.as_micros());
        format!("time_bucket(to_microseconds({width}), {at}, make_timestamp({origin}))")
    },
    keeps_aggregates: false,
    order: Order::Time,
    search: Search::Window,
};

/// The engine: the threads that own the connections.
#[derive(Debug)]
pub struct Duckdb {
    workers: Workers<DuckdbConnection>,
    version: String,
    durable: bool,
}

/// Opens a store: `duckdb:PATH` or `duckdb::memory:`, with options behind a question mark.
///
/// | option | meaning | default |
/// |---|---|---|
/// | `allow_simulated` | whether rows of a simulated source are accepted | `false` |
/// | `migrate` | whether pending migrations are applied | `true` |
/// | `create` | whether a file that does not exist is made | `true` |
/// | `read_only` | whether nothing can be written; needs a file that is up to date | `false` |
/// | `readers` | connections that only read, 1 to 64 | `2` |
/// | `threads` | threads for one question, 1 to 1024 | one per core |
/// | `memory_limit_mb` | memory for all connections together, in MiB | 80 % of the machine's |
/// | `timeout` | the longest that one call may take; all pending migrations together are one call | none |
///
/// # Errors
/// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for a wrong option, a file that cannot be opened, a database of
/// another program or of a newer version; [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a file that is no DuckDB database
/// or is damaged; [`Unavailable`](strikebook_core::ErrorKind::Unavailable) when another process has the file open.
pub async fn open(url: &str) -> Result<SqlStore<Duckdb>> {
    open_store(url).await.map_err(|error| error.in_operation("open").on_backend(NAME))
}

async fn open_store(url: &str) -> Result<SqlStore<Duckdb>> {
    let (path, mut options) = Options::split_file(url, NAME)?;
    let store = options.take_store()?;
    let create = options.take_switch("create")?.unwrap_or(true);
    let read_only = options.take_switch("read_only")?.unwrap_or(false);
    let readers = options.take_number("readers", 1..=64, "a number from 1 to 64")?.unwrap_or(2);
    let threads = options.take_number("threads", 1..=1024, "a number from 1 to 1024")?;
    let memory_mb = options.take_number("memory_limit_mb", 64..=16_777_216, "a number from 64 to 16777216")?;
    let timeout = options.take_duration("timeout")?;
    options.finish()?;

    let durable = path != ":memory:";
    let opened = async {
        if durable && (read_only || !create) && !Path::new(path).exists() {
            return Err(Error::invalid_config("the database file does not exist"));
        }
        let writer = DuckdbConnection::open(path, config(read_only, threads, memory_mb).map_err(classify)?, durable)?;
        let version = writer.version()?;
        let readers = (0..readers).map(|_| writer.another()).collect::<Result<_>>()?;
        let workers = Workers::spawn("strikebook-duckdb", writer, readers, timeout)?;
        SqlStore::open(Duckdb { workers, version, durable }, store).await
    };
    opened.await.map_err(|error: Error| error.with("path", path))
}

fn config(read_only: bool, threads: Option<i64>, memory_mb: Option<i64>) -> duckdb::Result<Config> {
    // Nothing may reach for the network, and no statement of ours touches another file.
    let mut config = Config::default().enable_autoload_extension(false)?;
    if read_only {
        config = config.access_mode(AccessMode::ReadOnly)?;
    }
    if let Some(threads) = threads {
        config = config.threads(threads)?;
    }
    if let Some(memory_mb) = memory_mb {
        config = config.max_memory(&format!("{memory_mb}MiB"))?;
    }
    Ok(config)
}

#[async_trait]
impl Engine for Duckdb {
    fn dialect(&self) -> &Dialect {
        &DIALECT
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            engine: NAME,
            version: self.version.clone(),
            durable: self.durable,
            multi_process: false,
            simulated: false,
            partitions: false,
            compression: true,
            continuous_aggregates: false,
            // It has neither triggers nor rights.
            guarded_audit: false,
        }
    }

    async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.workers.read(job).await
    }

    async fn snapshot<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.workers.snapshot(job).await
    }

    async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.workers.write(job).await
    }

    async fn disk_size(&self) -> Result<Option<DiskSize>> {
        self.workers.maintain(|connection: &mut DuckdbConnection| connection.disk_size()).await
    }

    async fn compact(&self) -> Result<Compacted> {
        self.workers.maintain(DuckdbConnection::compact).await
    }

    async fn close(&self) -> Result<()> {
        self.workers.close().await;
        Ok(())
    }
}
