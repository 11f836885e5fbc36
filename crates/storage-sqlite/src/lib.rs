//! SQLite behind strikebook's ports: one file, one writer, a few readers that never wait for it.
//!
//! Tables are clustered by their natural key (`WITHOUT ROWID`), so that the newest quote of a contract is one seek and
//! its history one range.

mod connection;
mod dialect;
mod error;
mod open;

use std::sync::Arc;

use async_trait::async_trait;
use strikebook_core::{
    Capabilities, Error, Result, Store,
    maintenance::{Compacted, DiskSize},
};
use strikebook_storage_sql::{
    Dialect, Engine, Options, Session, SqlStore, Workers,
    file::{Location, at_path},
    migrate::Migration,
    migrations,
};

use crate::{
    connection::{Settings, SqliteConnection},
    dialect::DIALECT,
    open::Access,
};

/// The engine's name in errors and capabilities.
pub(crate) const NAME: &str = "sqlite";

static MIGRATIONS: &[Migration] = migrations![
    1 "0001_market",
    2 "0002_analytics",
    3 "0003_trading",
    4 "0004_operations",
    5 "0005_views" down,
];

/// The engine: the threads that own the connections.
#[derive(Debug)]
struct Sqlite {
    workers: Workers<SqliteConnection>,
    durable: bool,
}

/// Opens a store: `sqlite:PATH` or `sqlite::memory:`, with options behind a question mark. Special characters of the
/// path are percent-encoded: `%3F` for a question mark.
///
/// | option | meaning | default |
/// |---|---|---|
/// | `allow_simulated` | whether rows of a simulated source are accepted | `false` |
/// | `migrate` | whether pending migrations are applied | `true` |
/// | `slow` | the time from which on a call is logged as slow; `0s` for never | `1s` |
/// | `create` | whether a file that does not exist is created, for its owner alone (mode 0600) | `true` |
/// | `read_only` | whether nothing can be written; needs a file that is up to date | `false` |
/// | `immutable` | with `read_only`: whether the file is read without locks and log, because nobody writes it | `true` where it cannot be read otherwise and has no log, as in a folder that cannot be written to |
/// | `readers` | connections that only read, 1 to 64 | `2` |
/// | `synchronous` | `full`: a commit survives a loss of power; `normal`: it survives a crash of the process | `full` |
/// | `cache_mb` | memory for pages per connection, in MiB | `64` |
/// | `mmap_mb` | how much of the file readers map into memory, in MiB, up to 2047; 0: nothing. A disk that fails under a mapping ends the process instead of giving an error | `2047` |
/// | `busy_timeout` | how long to wait for another process that writes | `5s` |
/// | `timeout` | the longest that one call may take; all pending migrations together are one call | none |
///
/// # Files
/// SQLite keeps a log (`PATH-wal`) and its index (`PATH-shm`) beside the file, with the file's permissions. The log
/// shrinks to 16 MiB again after a long reader.
///
/// Every call makes sure that the path still leads to the file that was opened, and fails with
/// [`Unavailable`](strikebook_core::ErrorKind::Unavailable) when the file was moved, deleted or replaced.
///
/// A log that does not continue the file is refused and not replayed: one of another database, or of an older or newer
/// copy of this one. The marks in table `strikebook_file`, which each transaction moves, show which. They do not show
/// logs that another program wrote (the `sqlite3` shell, say), and logs beside a file that strikebook did not create.
///
/// # Errors
/// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for a wrong option, a file that cannot be opened, a
/// database of another program or of a newer version; [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a file that
/// is no SQLite database or is damaged, and for a log of another database;
/// [`PermissionDenied`](strikebook_core::ErrorKind::PermissionDenied) for a folder in which no file may be created;
/// [`Unavailable`](strikebook_core::ErrorKind::Unavailable) when another process keeps it locked.
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    open_store(url).await.map_err(|error| error.in_operation("open").on_backend(NAME))
}

async fn open_store(url: &str) -> Result<Arc<dyn Store>> {
    let (path, mut options) = Options::split_file(url, NAME)?;
    let store = options.take_store()?;
    let create = options.take_switch("create")?.unwrap_or(true);
    let read_only = options.take_switch("read_only")?.unwrap_or(false);
    let immutable = options.take_switch("immutable")?;
    let readers = options.take_number("readers", 1..=64, "a number from 1 to 64")?;
    let synchronous = options.take_with("synchronous", "full or normal", |mode| match mode {
        "full" => Some("FULL"),
        "normal" => Some("NORMAL"),
        _ => None,
    })?;
    let cache_mb = options.take_number("cache_mb", 1..=65_536, "a number from 1 to 65536")?;
    let mmap_mb = options.take_number("mmap_mb", 0..=2047, "a number from 0 to 2047")?;
    let busy_timeout = options.take_duration("busy_timeout")?;
    let timeout = options.take_duration("timeout")?;
    options.finish()?;
    if immutable == Some(true) && !read_only {
        return Err(Error::invalid_config("a store that can write was asked for an immutable database")
            .with("expected", "read_only=true&immutable=true"));
    }
    let settings = Settings {
        synchronous: synchronous.unwrap_or("FULL"),
        cache_mb: cache_mb.unwrap_or(64),
        mmap_mb: mmap_mb.unwrap_or(2047),
        busy_timeout: busy_timeout.unwrap_or(std::time::Duration::from_secs(5)),
    };
    let opened = async {
        let location = Location::of(&path, NAME)?;
        let access = Access { create, read_only, immutable };
        let (writer, readers) = open::open(&location, access, readers.unwrap_or(2), &settings)?;
        let durable = location != Location::Memory;
        let workers = Workers::spawn("strikebook-sqlite", writer, readers, timeout)?;
        Ok(Arc::new(SqlStore::open(Sqlite { workers, durable }, store).await?) as Arc<dyn Store>)
    };
    opened.await.map_err(|error: Error| at_path(error, &path))
}

#[async_trait]
impl Engine for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            engine: NAME,
            version: rusqlite::version().to_owned(),
            durable: self.durable,
            multi_process: self.durable,
            simulated: false,
            partitions: false,
            compression: false,
            continuous_aggregates: false,
            guarded_audit: true,
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
        self.workers.maintain(|connection: &mut SqliteConnection| connection.disk_size()).await
    }

    async fn compact(&self) -> Result<Compacted> {
        self.workers.maintain(SqliteConnection::compact).await
    }

    async fn close(&self) -> Result<()> {
        self.workers.close().await;
        Ok(())
    }
}
