//! PostgreSQL and TimescaleDB on a server that the environment names.

use std::{
    env,
    net::TcpListener,
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use strikebook::{Error, ErrorKind, Result, Store};
use strikebook_testkit::{Harness, Inspection, Options, Place, trial};
use tokio::runtime::Builder;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// A database whose contents do not matter, of which a variable of the environment holds the URL.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// The word with which the names of its tests begin.
    prefix: &'static str,
    variable: &'static str,
    /// The engine that a store must say it is.
    opened_engine: &'static str,
    /// True where the store must keep aggregates.
    is_community: bool,
}

impl Server {
    /// A database without the timescaledb extension.
    pub const PLAIN: Self = Self {
        prefix: "postgres",
        variable: "STRIKEBOOK_TEST_POSTGRES_URL",
        opened_engine: "postgres",
        is_community: false,
    };
    /// A database with the timescaledb extension.
    pub const TIMESCALE: Self = Self {
        prefix: "timescale",
        variable: "STRIKEBOOK_TEST_TIMESCALE_URL",
        opened_engine: "timescale",
        is_community: false,
    };
    /// A database with TimescaleDB's Community edition. Its tests are ignored where the variable is not set, also where
    /// every engine is required: Debian has no package of it.
    pub const COMMUNITY: Self = Self {
        prefix: "community",
        variable: "STRIKEBOOK_TEST_COMMUNITY_URL",
        opened_engine: "timescale",
        is_community: true,
    };

    /// Returns a schema that no other test has, in this run, in another process, or left over from an earlier one.
    ///
    /// # Errors
    /// `Unavailable` where the variable is not set.
    pub fn schema(self) -> Result<Schema> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = env::var(self.variable).ok().filter(|url| !url.is_empty());
        let missing = || Error::new(ErrorKind::Unavailable, format!("{} is not set", self.variable));
        let url = match server {
            Some(url) => url,
            None if self.is_community => trial::ignore(missing()),
            None => return Err(missing()),
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("test_{}_{}_{}", since.as_millis(), process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(Schema { server: self, url, name })
    }
}

/// Returns a port of loopback on which nobody listens.
///
/// # Panics
/// When there is none.
pub fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[async_trait]
impl Harness for Server {
    fn engine(&self) -> &'static str {
        self.prefix
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        Ok(Box::new(self.schema()?))
    }
}

/// A schema of its own. The first store that is opened makes it, and dropping this drops it.
#[derive(Debug)]
pub struct Schema {
    server: Server,
    url: String,
    name: String,
}

impl Schema {
    /// Returns the URL of a store in this schema.
    pub fn url(&self) -> String {
        format!("{}?schema={}", self.url, self.name)
    }

    /// Returns the URL of the server's database.
    pub fn server(&self) -> &str {
        &self.url
    }

    /// Returns the schema's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements without strikebook, in the schema.
    ///
    /// # Errors
    /// The server's message.
    pub fn run(&self, statements: &str) -> Result<(), String> {
        self.ask(statements).map(drop)
    }

    /// Runs statements as [`run`](Self::run) does and returns the first value of the last row. A thread of its own
    /// waits for the server, since a test's own runtime is no place to wait.
    fn ask(&self, statements: &str) -> Result<Option<String>, String> {
        let (url, statements) = (self.url.clone(), format!("SET search_path = {}; {statements}", self.name));
        let run = move || {
            let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
            let messages = runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
                let connection = tokio::spawn(connection);
                let messages = client.simple_query(&statements).await;
                connection.abort();
                messages
            });
            let value = messages.map_err(|error| format!("{error:?}"))?.into_iter().rev().find_map(|message| {
                if let SimpleQueryMessage::Row(row) = message { row.get(0).map(str::to_owned) } else { None }
            });
            Ok(value)
        };
        thread::spawn(run).join().unwrap_or_else(|_| Err("the thread panicked".to_owned()))
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if let Err(error) = self.run(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name)) {
            eprintln!("the schema {} is left over: {error}", self.name);
        }
    }
}

#[async_trait]
impl Place for Schema {
    async fn open(&self, options: Options) -> Result<Arc<dyn Store>> {
        let store = strikebook::open(&format!("{}&allow_simulated={}", self.url(), options.allow_simulated)).await?;
        let Server { opened_engine, is_community, variable, .. } = self.server;
        let capabilities = store.capabilities();
        assert_eq!(capabilities.engine, opened_engine, "the database that {variable} names");
        assert!(!is_community || capabilities.continuous_aggregates, "{variable} names no Community server");
        Ok(store)
    }

    async fn inspect(&self) -> Result<Inspection> {
        let holds = |condition: &str| match self.ask(&format!("SELECT {condition}")) {
            Ok(value) => Ok(value.as_deref() == Some("t")),
            Err(error) => Err(Error::new(ErrorKind::Internal, error)),
        };
        let partitions = "EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhparent \
                          WHERE relnamespace = current_schema()::regnamespace)";
        let has_extension = "EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')";
        if !holds(has_extension)? {
            return Ok(Inspection { partitions: holds(partitions)?, ..Inspection::default() });
        }
        let compression = "EXISTS (SELECT FROM timescaledb_information.chunks \
                           WHERE hypertable_schema = current_schema() AND is_compressed)";
        let aggregates = "EXISTS (SELECT FROM timescaledb_information.continuous_aggregates \
                          WHERE view_schema = current_schema())";
        Ok(Inspection {
            partitions: holds(partitions)?,
            compression: holds(compression)?,
            continuous_aggregates: holds(aggregates)?,
        })
    }
}
