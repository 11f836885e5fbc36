//! DuckDB behind strikebook's ports: one file of columns, fast to load and fast to ask about everything at once.
//!
//! Rows are appended in the order of time and tables have no primary key, so a question about an instant reads a few
//! blocks. One process has the file open at a time.

mod append;
mod connection;
mod dialect;
mod error;
mod open;
mod rows;

use std::sync::Arc;

use async_trait::async_trait;
use duckdb::{AccessMode, Config};
use strikebook_core::{
    Capabilities, Error, Result, Store,
    maintenance::{Compacted, DiskSize},
};
use strikebook_storage_sql::{
    Dialect, Engine, Options, Session, SqlStore, Workers,
    file::{DatabaseFile, Location, at_path},
    migrate::Migration,
    migrations,
};

use crate::{connection::DuckdbConnection, dialect::DIALECT, error::classify, open::Access};

/// The engine's name in errors and capabilities.
pub(crate) const NAME: &str = "duckdb";

static MIGRATIONS: &[Migration] = migrations![
    1 "0001_market",
    2 "0002_analytics",
    3 "0003_trading",
    4 "0004_operations",
    5 "0005_views" down,
];

/// The engine: the threads that own the connections.
#[derive(Debug)]
struct Duckdb {
    workers: Workers<DuckdbConnection>,
    version: String,
    /// The database's file, absent for a store in memory.
    file: Option<DatabaseFile>,
}

/// Opens a store: `duckdb:PATH` or `duckdb::memory:`, with options behind a question mark. Special characters of the
/// path are percent-encoded: `%3F` for a question mark.
///
/// | option | meaning | default |
/// |---|---|---|
/// | `allow_simulated` | whether rows of a simulated source are accepted | `false` |
/// | `migrate` | whether pending migrations are applied | `true` |
/// | `slow` | the time from which on a call is logged as slow; `0s` for never | `1s` |
/// | `create` | whether a file that does not exist is created, for its owner alone (mode 0600) | `true` |
/// | `storage_version` | the oldest DuckDB that reads the file: `v1.0.0`, `v1.2.0`, `v1.3.0`, `v1.4.0`, `v1.5.0` or `v2.0.0`; an existing file must have it | `v1.2.0` for a new file, any for an existing one |
/// | `read_only` | whether nothing can be written; needs a file that is up to date | `false` |
/// | `readers` | connections that only read, 1 to 64 | `2` |
/// | `threads` | threads for one question, 1 to 1024 | one per core |
/// | `memory_limit_mb` | memory for all connections together, in MiB | 80 % of the machine's |
/// | `timeout` | the longest that one call may take; all pending migrations together are one call | none |
///
/// # Files
/// DuckDB keeps a log (`PATH.wal`) and, while the store is open, a folder for what does not fit into memory
/// (`PATH.tmp`) beside the file. The log has the file's permissions, the folder is its owner's alone.
///
/// A file keeps the storage version that it was created in, and column `storage_version` of table `strikebook_file`
/// tells it. Files of `v2.0.0`, which earlier builds of strikebook created, still open; DuckDB 1.x reads none of them,
/// and [compacting](strikebook_core::maintenance::Maintenance::compact) does not change that. To copy one into another
/// version:
///
/// ```sql
/// ATTACH 'old.duckdb' AS old (READ_ONLY);
/// ATTACH 'new.duckdb' AS new (STORAGE_VERSION 'v1.2.0');
/// COPY FROM DATABASE old TO new;
/// ```
///
/// Every call makes sure that the path still leads to the file that was opened, and fails with
/// [`Unavailable`](strikebook_core::ErrorKind::Unavailable) when the file was moved, deleted or replaced.
///
/// A log that does not continue the file is refused and not replayed: one of another database, or of an older or newer
/// copy of this one. The marks in table `strikebook_file`, of which each log begins with one, show which. They do not
/// show logs that another program wrote (the `duckdb` shell, say), and logs beside a file that strikebook did not
/// create.
///
/// # Errors
/// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for a wrong option, a file that cannot be opened, a
/// database of another program or of a newer version; [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a file that
/// is no DuckDB database or is damaged, and for a log of another database;
/// [`PermissionDenied`](strikebook_core::ErrorKind::PermissionDenied) for a folder in which no file may be created;
/// [`Unavailable`](strikebook_core::ErrorKind::Unavailable) when another process has the file open.
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    open_store(url).await.map_err(|error| error.in_operation("open").on_backend(NAME))
}

async fn open_store(url: &str) -> Result<Arc<dyn Store>> {
    let (path, mut options) = Options::split_file(url, NAME)?;
    let store = options.take_store()?;
    let create = options.take_switch("create")?.unwrap_or(true);
    let read_only = options.take_switch("read_only")?.unwrap_or(false);
    let readers = options.take_number("readers", 1..=64, "a number from 1 to 64")?.unwrap_or(2);
    let threads = options.take_number("threads", 1..=1024, "a number from 1 to 1024")?;
    let memory_mb = options.take_number("memory_limit_mb", 64..=16_777_216, "a number from 64 to 16777216")?;
    let storage_version = options.take_with("storage_version", open::ONE_OF_STORAGE_VERSIONS, |wanted| {
        open::STORAGE_VERSIONS.into_iter().find(|version| *version == wanted)
    })?;
    let timeout = options.take_duration("timeout")?;
    options.finish()?;

    let opened = async {
        let location = Location::of(&path, NAME)?;
        let config = config(read_only, threads, memory_mb).map_err(classify)?;
        let writer = open::open(&location, Access { create, read_only, storage_version }, config)?;
        let file = writer.file().cloned();
        let version = writer.version()?;
        let readers = (0..readers).map(|_| writer.another()).collect::<Result<_>>()?;
        let workers = Workers::spawn("strikebook-duckdb", writer, readers, timeout)?;
        Ok(Arc::new(SqlStore::open(Duckdb { workers, version, file }, store).await?) as Arc<dyn Store>)
    };
    opened.await.map_err(|error: Error| at_path(error, &path))
}

fn config(read_only: bool, threads: Option<i64>, memory_mb: Option<i64>) -> duckdb::Result<Config> {
    let mut config = open::isolated()?;
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
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            engine: NAME,
            version: self.version.clone(),
            durable: self.file.is_some(),
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
        let tidied = |connection: &mut DuckdbConnection| {
            connection.tidy();
            Ok(())
        };
        // A store that is closed already, or whose file has gone, has nothing to tidy.
        let _ = self.workers.maintain(tidied).await;
        self.workers.close().await;
        Ok(())
    }
}
