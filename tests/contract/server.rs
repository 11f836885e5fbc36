//! PostgreSQL and TimescaleDB on a server that the environment names.

use std::{
    env, process,
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
use tokio_postgres::NoTls;

/// A database whose contents do not matter: the engine it is to be, and the variable that holds its URL.
pub(crate) struct Server {
    engine: &'static str,
    variable: &'static str,
}

impl Server {
    /// A database without the timescaledb extension.
    pub(crate) const fn plain() -> Self {
        Self { engine: "postgres", variable: "STRIKEBOOK_TEST_POSTGRES_URL" }
    }

    /// A database with the timescaledb extension.
    pub(crate) const fn timescale() -> Self {
        Self { engine: "timescale", variable: "STRIKEBOOK_TEST_TIMESCALE_URL" }
    }
}

#[async_trait]
impl Harness for Server {
    fn engine(&self) -> &'static str {
        self.engine
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        match env::var(self.variable) {
            Ok(server) if !server.is_empty() => Ok(Box::new(Schema { engine: self.engine, server, name: unused_name() })),
            _ => Err(Error::new(ErrorKind::Unavailable, format!("{} is not set", self.variable))),
        }
    }
}

/// The name of a schema that no other test has, in this run, in another process, or left over from an earlier one.
fn unused_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("test_{}_{}_{}", since.as_millis(), process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A schema of its own, which the first store that is opened makes.
struct Schema {
    engine: &'static str,
    server: String,
    name: String,
}

#[async_trait]
impl Place for Schema {
    async fn open(&self, options: Options) -> Result<Arc<dyn Store>> {
        let Self { engine, server, name } = self;
        let store =
            strikebook::open(&format!("{server}?schema={name}&allow_simulated={}", options.allow_simulated)).await?;
        assert_eq!(store.capabilities().engine, *engine, "the database is not one of {engine}");
        Ok(store)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (server, statement) = (self.server.clone(), format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name));
        // The test's own runtime is no place to wait for another one.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
            runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&server, NoTls).await.map_err(|e| e.to_string())?;
                let connection = tokio::spawn(connection);
                client.batch_execute(&statement).await.map_err(|e| e.to_string())?;
                drop(client);
                // The connection's own error would have been told by the statement.
                let _ = connection.await;
                Ok::<_, String>(())
            })
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("the schema {} is left over: {error}", self.name);
        }
    }
}
