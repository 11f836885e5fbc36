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
use strikebook_testkit::{Harness, Options, Place};
use tokio::runtime::Builder;
use tokio_postgres::NoTls;

/// A database whose contents do not matter: the engine it is to be, and the variable that holds its URL.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    engine: &'static str,
    variable: &'static str,
}

impl Server {
    /// A database without the timescaledb extension.
    pub(crate) const PLAIN: Self = Self { engine: "postgres", variable: "STRIKEBOOK_TEST_POSTGRES_URL" };
    /// A database with the timescaledb extension.
    pub(crate) const TIMESCALE: Self = Self { engine: "timescale", variable: "STRIKEBOOK_TEST_TIMESCALE_URL" };

    /// A schema that no other test has, in this run, in another process, or left over from an earlier one.
    pub(crate) fn schema(self) -> Result<Schema> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = env::var(self.variable).ok().filter(|url| !url.is_empty());
        let server =
            server.ok_or_else(|| Error::new(ErrorKind::Unavailable, format!("{} is not set", self.variable)))?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("test_{}_{}_{}", since.as_millis(), process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(Schema { engine: self.engine, server, name })
    }
}

/// A port of loopback on which nobody listens.
#[allow(dead_code)] // Not every binary that includes this file needs one.
pub(crate) fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[async_trait]
impl Harness for Server {
    fn engine(&self) -> &'static str {
        self.engine
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        Ok(Box::new(self.schema()?))
    }
}

/// A schema of its own. The first store that is opened makes it, and dropping this drops it.
pub(crate) struct Schema {
    engine: &'static str,
    server: String,
    name: String,
}

impl Schema {
    /// The URL of a store in this schema.
    pub(crate) fn url(&self) -> String {
        format!("{}?schema={}", self.server, self.name)
    }

    /// The URL of the server's database.
    #[allow(dead_code)] // Not every binary that includes this file asks the database itself.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// The schema's name.
    #[allow(dead_code)] // As above.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements without strikebook, in the schema and on a thread that waits for them: a test's own runtime is
    /// no place to wait.
    pub(crate) fn run(&self, statements: &str) -> Result<(), String> {
        let (server, statements) = (self.server.clone(), format!("SET search_path = {}; {statements}", self.name));
        let run = move || {
            let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
            runtime
                .block_on(async {
                    let (client, connection) = tokio_postgres::connect(&server, NoTls).await?;
                    let connection = tokio::spawn(connection);
                    let done = client.batch_execute(&statements).await;
                    connection.abort();
                    done
                })
                .map_err(|error| format!("{error:?}"))
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
        assert_eq!(store.capabilities().engine, self.engine, "the database is not one of {}", self.engine);
        Ok(store)
    }
}
