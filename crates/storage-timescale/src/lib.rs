//! TimescaleDB and PostgreSQL behind strikebook's ports: a shared server, many readers and writers, transactions of its
//! own.
//!
//! The same tables serve three levels, which are found when a store is opened and shown in its capabilities:
//!
//! | level | `engine` | `partitions` | `compression`, `continuous_aggregates` |
//! |---|---|---|---|
//! | TimescaleDB, Community edition | `timescale` | yes | the server can |
//! | TimescaleDB, Apache edition | `timescale` | yes | no |
//! | PostgreSQL 15 or newer | `postgres` | no | no |
//!
//! A server of the Community edition compresses partitions
//! ([`compress`](strikebook_core::maintenance::Maintenance::compress)); their rows are read, corrected and deleted as
//! before. It materialises two continuous aggregates
//! ([`refresh_aggregates`](strikebook_core::maintenance::Maintenance::refresh_aggregates)): minutes of live quotes
//! (`underlying_quotes_1m`) and hours of each contract (`option_quotes_1h`). Bars, option volumes and volatilities are
//! answered from them as far as nothing was written to their time since, and computed of the rows otherwise. Its
//! scheduler runs the jobs of the store's [policies](strikebook_core::maintenance::Maintenance::set_policies), which
//! `timescaledb_information.jobs` lists.
//!
//! Install the extension before the store is opened for the first time (`CREATE EXTENSION timescaledb`): tables that
//! were made without it stay ordinary ones.
//!
//! A store has a thread of its own that serves its connections, so its calls may come from any runtime.
//!
//! # Poolers
//! A pooler such as pgbouncer between the store and the server must pool sessions (`pool_mode = session`); one that
//! pools transactions or statements is refused. Schema, time zone, timeouts and the URL's `options` are set on each
//! connection after connecting and verified there, so the pooler need not pass startup options on. A server connection
//! per open connection of the store must be free in the pooler; opening a store uses one more for a moment. Behind a
//! pooler each call verifies within its transaction that the session is still its own, which takes one round trip more.
//!
//! Rows are keyed by (series, instant), so that the newest quote of a contract is one seek and its history one range,
//! and come in by binary `COPY`.

mod aggregate;
mod call;
mod compact;
mod compress;
mod connection;
mod dialect;
mod error;
mod policies;
mod pool;
mod process;
mod session;
mod settings;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;
use strikebook_core::{
    Capabilities, Error, Result, Store, Timestamp,
    maintenance::{Compacted, Dataset, DiskSize},
};
use strikebook_storage_sql::{Dialect, Engine, Session, SqlStore, migrate::Migration, migrations};
use tokio_postgres::Client;

use crate::{
    dialect::{PARTITIONED, PLAIN, SCHEDULED},
    error::classify,
    pool::Pool,
    settings::Settings,
};

static MIGRATIONS: &[Migration] = migrations![
    1 "0001_market",
    2 "0002_analytics",
    3 "0003_trading",
    4 "0004_operations",
    5 "0005_views" down,
];

/// The start of a transaction that writes.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// The same where rows may be compressed: by default no transaction changes or deletes them after it has decompressed
/// 100,000.
const WRITE_COMPRESSED: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
                                SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0";

/// The engine: a pool of connections.
#[derive(Debug)]
struct Timescale {
    pool: Pool,
    dialect: &'static Dialect,
    capabilities: Capabilities,
}

/// Opens a store: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with options behind a question mark. Special
/// characters in user and password are written as `%40` and the like.
///
/// | option | meaning | default |
/// |---|---|---|
/// | `allow_simulated` | whether rows of a simulated source are accepted | `false` |
/// | `migrate` | whether pending migrations are applied, and the schema made when there is none | `true` |
/// | `slow` | the time from which on a call is logged as slow; `0s` for never | `1s` |
/// | `schema` | the schema that holds the store's tables, and nothing else | `trading` |
/// | `partition_days` | days a partition of new tables, as `option_quotes:1,bars:7` | [below](#partitions) |
/// | `pool_size` | connections at most, 1 to 256 | `8` |
/// | `timeout` | the longest that one call may take, the wait for a connection included; all pending migrations together are one call | none |
/// | `sslmode` | how connections are encrypted and servers checked, see below | `prefer` |
/// | `sslrootcert` | a PEM file of the certificate authorities that are trusted, or `system` for the system's | `system` |
/// | `sslcert`, `sslkey` | PEM files of the client's certificate, with those that lead to its authority, and of its key: PKCS#8, PKCS#1 or SEC1, not encrypted, readable by its owner alone (mode 0600, or 0640 if root owns it) | none |
/// | `options` | settings of the session, `-c NAME=VALUE` as often as needed; the store's own come after them | |
/// | `connect_timeout` | the longest that connecting to a host may take, in seconds | `5` |
/// | `user`, `password`, `dbname`, `host`, `hostaddr`, `port`, `application_name`, `tcp_user_timeout`, `keepalives`, `keepalives_idle`, `keepalives_interval`, `keepalives_retries`, `target_session_attrs`, `load_balance_hosts`, `channel_binding`, `sslnegotiation` | as `tokio-postgres` describes them | |
///
/// Values are percent-encoded (`%20`, `%40`).
///
/// | `sslmode` | encrypts | checks without `sslrootcert` | checks with `sslrootcert` |
/// |---|---|---|---|
/// | `disable` | never | nothing | an error: nothing would be checked |
/// | `prefer` | if the server can | nothing | as `verify-full`, and encrypts always |
/// | `require` | always | as `verify-full` | as `verify-full` |
/// | `verify-ca` | always | an error: anybody gets a certificate from the system's authorities | that an authority of the file signed the server's certificate |
/// | `verify-full` | always | that an authority of the system signed it for the URL's `host` | the same with the authorities of the file |
///
/// `prefer` with an authority and `require` check more than libpq does. Files that libpq looks for in the home
/// directory are not read.
///
/// # Partitions
/// With TimescaleDB, tables are in partitions by time of so many days each:
///
/// | days | tables |
/// |---|---|
/// | 7 | `option_quotes`, `greeks` |
/// | 30 | `underlying_quotes` |
/// | 90 | `chain_snapshots`, `bars`, `bar_indicators`, `performance_metrics` |
/// | 365 | parameters of models, `backtest_features`, `portfolio_snapshots` |
///
/// The option `partition_days` changes them when a migration makes the table; a table that is there keeps its own. A
/// table of which a day holds millions of rows may take one day, so that a retention policy drops just as finely. A
/// search for the newest row of any age looks into every partition: of 1,000 partitions planning alone took 110 ms.
///
/// # Errors
/// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for a wrong URL or option, a refused user or password,
/// an unknown database, a certificate that is not accepted, a file of certificates or keys that cannot be used, a
/// pooler that does not pool sessions, a schema of another program or of a newer version;
/// [`Unavailable`](strikebook_core::ErrorKind::Unavailable) when the server cannot be reached;
/// [`PermissionDenied`](strikebook_core::ErrorKind::PermissionDenied) when the user may not do what is needed. Of the
/// URL an error names host, port, schema and files, and what the server itself says of user and database.
///
/// # Cancel safety
/// A dropped call leaves whole migrations applied, never a part of one.
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    let opened = async {
        let settings = Settings::read(url)?;
        let server = settings.server();
        open_store(settings).await.map_err(|error| error.with("server", server))
    };
    opened.await.map_err(|error| error.in_operation("open").on_backend("postgres"))
}

async fn open_store(settings: Settings) -> Result<Arc<dyn Store>> {
    let pool = Pool::new(&settings)?;
    let (schema, store) = (settings.schema, settings.store);
    let capabilities = pool
        .call(move |worker| {
            let client = worker.connect_tested()?;
            let found = worker.handle.block_on(async {
                find_schema(&client, &schema, store.migrate).await?;
                find_capabilities(&client).await.map_err(classify)
            });
            worker.release(client, found.is_ok());
            found
        })
        .await?;
    let dialect = match capabilities {
        Capabilities { continuous_aggregates: true, .. } => &SCHEDULED,
        Capabilities { partitions: true, .. } => &PARTITIONED,
        _ => &PLAIN,
    };
    Ok(Arc::new(SqlStore::open(Timescale { pool, dialect, capabilities }, store).await?) as Arc<dyn Store>)
}

/// Makes sure that the schema exists.
async fn find_schema(client: &Client, schema: &str, make: bool) -> Result<()> {
    let found = client.query_one("SELECT to_regnamespace(quote_ident($1)) IS NOT NULL", &[&schema]).await;
    if found.and_then(|row| row.try_get(0)).map_err(classify)? {
        return Ok(());
    }
    if !make {
        return Err(Error::invalid_config("the schema does not exist, and migrate is off").with("schema", schema));
    }
    // Two that make the same schema at once would get in each other's way in spite of IF NOT EXISTS.
    let lock = format!("SELECT pg_advisory_xact_lock(hashtextextended('strikebook.{schema}', 0))");
    client.batch_execute(&format!("{lock}; CREATE SCHEMA IF NOT EXISTS \"{schema}\"")).await.map_err(classify)
}

/// Finds out what the server and the schema are. A schema without tables will get partitioned ones where the extension
/// is.
async fn find_capabilities(client: &Client) -> Result<Capabilities, tokio_postgres::Error> {
    let row = client
        .query_one(
            "SELECT split_part(current_setting('server_version'), ' ', 1), \
             (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'), \
             current_setting('timescaledb.license', true)",
            &[],
        )
        .await?;
    let server: String = row.try_get(0)?;
    let (extension, license): (Option<String>, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
    let partitions = match extension {
        None => false,
        Some(_) => client
            .query_one(
                "SELECT to_regclass('option_quotes') IS NULL OR EXISTS (\
                 SELECT FROM timescaledb_information.hypertables \
                 WHERE hypertable_schema = current_schema() AND hypertable_name = 'option_quotes')",
                &[],
            )
            .await?
            .try_get(0)?,
    };
    let community = partitions && license.as_deref() == Some("timescale");
    Ok(Capabilities {
        engine: if partitions { "timescale" } else { "postgres" },
        version: match extension {
            Some(extension) => {
                let edition = if license.as_deref() == Some("timescale") { "community" } else { "apache" };
                format!("{server}, timescaledb {extension} ({edition})")
            }
            None => server,
        },
        durable: true,
        multi_process: true,
        simulated: false,
        partitions,
        compression: community,
        continuous_aggregates: community,
        guarded_audit: true,
    })
}

#[async_trait]
impl Engine for Timescale {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.pool.run(self.dialect, None, job).await
    }

    async fn snapshot<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.pool.run(self.dialect, Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), job).await
    }

    async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        // Each statement sees what was committed before it, and a lock is waited for before the statement that relies
        // on it.
        let begin = if self.capabilities.compression { WRITE_COMPRESSED } else { WRITE };
        self.pool.run(self.dialect, Some(begin), job).await
    }

    async fn disk_size(&self) -> Result<Option<DiskSize>> {
        self.read(compact::disk_size).await
    }

    async fn compress(&self, dataset: Dataset, before: Timestamp) -> Result<u64> {
        if !self.capabilities.compression {
            return self.read(|_| Ok(0)).await;
        }
        self.pool.call(move |worker| compress::compress(worker, dataset, before)).await
    }

    async fn refresh_aggregates(&self, dataset: Dataset, until: Timestamp) -> Result<()> {
        if !self.capabilities.continuous_aggregates {
            return self.read(|_| Ok(())).await;
        }
        self.pool.call(move |worker| aggregate::refresh(worker, dataset, until)).await
    }

    async fn compact(&self) -> Result<Compacted> {
        self.pool.call(compact::compact).await
    }

    async fn close(&self) -> Result<()> {
        self.pool.close().await;
        Ok(())
    }
}
