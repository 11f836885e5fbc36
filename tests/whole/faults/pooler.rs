//! A pooler between stores and server: pgbouncer in each of its modes. `STRIKEBOOK_TEST_PGBOUNCER` names the script
//! that runs it.

use std::{
    env, fs,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use strikebook::{Error, ErrorKind, Result, Store, open};
use strikebook_testkit::{Harness, Place, run_on_threads, trial::Trial, trials};
use strikebook_tests::server::{Schema, Server, closed_port};
use tempfile::TempDir;
use tokio_postgres::{Config, NoTls, config::Host};

use super::engines::quote;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        two_schemas_behind_a_session_pooler_stay_apart,
        a_pooler_that_keeps_no_sessions_is_refused,
        a_pooler_that_stops_keeping_sessions_writes_nothing_into_another_schema,
        the_options_of_a_url_hold_behind_a_pooler_that_drops_them
    ]
}

const PGBOUNCER: &str = "STRIKEBOOK_TEST_PGBOUNCER";

/// A server that is reached through a pooler.
struct Pooled(Server);

#[async_trait]
impl Harness for Pooled {
    fn engine(&self) -> &'static str {
        self.0.engine()
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        program()?;
        self.0.place().await
    }
}

fn program() -> Result<PathBuf> {
    let missing = || Error::new(ErrorKind::Unavailable, format!("{PGBOUNCER} is not set"));
    env::var_os(PGBOUNCER).filter(|program| !program.is_empty()).map(PathBuf::from).ok_or_else(missing)
}

/// Runs a case on PostgreSQL and on TimescaleDB.
fn on_each(case: impl AsyncFn(Server) -> Result<()>) {
    for server in [Server::PLAIN, Server::TIMESCALE] {
        run_on_threads(Pooled(server), async |_| case(server).await);
    }
}

/// A running pgbouncer. Dropping it ends it.
struct Pooler {
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl Pooler {
    /// Starts a pooler for a database, with more settings.
    fn start(database: &str, mode: &str, settings: &str) -> Result<Self> {
        let database: Config = database.parse().expect("the test server's URL");
        let host = match database.get_hosts() {
            [Host::Tcp(host)] => host,
            other => panic!("no single host: {other:?}"),
        };
        let password = String::from_utf8_lossy(database.get_password().unwrap_or_default());
        let port = closed_port();
        let file_text = format!(
            "[databases]\nbook = host={host} port={} dbname={} user={} password={password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             admin_users = admin\npool_mode = {mode}\n{settings}\n",
            database.get_ports().first().unwrap_or(&5432),
            database.get_dbname().unwrap_or_default(),
            database.get_user().unwrap_or_default(),
        );
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, file_text).expect("written");
        let child = Command::new(program()?).arg(&file).stdin(Stdio::piped()).spawn().expect("the script runs");
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(folder.path().join("pgbouncer.ini.log")).unwrap_or_default();
            assert!(started.elapsed() < Duration::from_secs(20), "pgbouncer does not answer: {}", log());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { port, child, _folder: folder })
    }

    fn url(&self, schema: &Schema) -> String {
        format!("postgres://joe@127.0.0.1:{}/book?schema={}", self.port, schema.name())
    }

    /// Runs a command of pgbouncer's own console.
    async fn command(&self, command: &str) {
        let console = format!("postgres://admin@127.0.0.1:{}/pgbouncer", self.port);
        let (client, connection) = tokio_postgres::connect(&console, NoTls).await.expect("the console");
        let connection = tokio::spawn(connection);
        client.simple_query(command).await.expect(command);
        connection.abort();
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("the script ends");
    }
}

/// The number of tasks that write for a desk at once.
const WRITERS: i64 = 8;

/// Writes from many tasks at once. All bids of a desk are the same and no other desk's. Returns the writers'
/// results.
async fn write(store: &Arc<dyn Store>, bid: f64) -> Result<Vec<Result<()>>> {
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (store, quote) = (Arc::clone(store), quote()?.with_market(Some(bid), Some(bid + 1.0)));
        writers.push(tokio::spawn(async move {
            for step in 0..5 {
                let at = quote.at.saturating_add(chrono::TimeDelta::seconds(writer * 100 + step));
                let later = strikebook::market::OptionQuote { at, ..quote.clone() }.with_recorded_at(at);
                store.upsert_quotes(&[later]).await?;
                store.ping().await?;
            }
            Ok(())
        }));
    }
    let mut reported = Vec::new();
    for writer in writers {
        reported.push(writer.await.expect("no panic"));
    }
    Ok(reported)
}

/// Checks that a schema has rows of its own desk only, and that no table landed outside of the schemas.
fn check(schema: &Schema, bid: f64, rows: &str) {
    let check = format!(
        "DO $$ BEGIN \
         ASSERT to_regclass('public.option_quotes') IS NULL, 'tables are in public'; \
         ASSERT NOT EXISTS (SELECT FROM option_quotes WHERE bid <> {bid}), 'rows of another desk'; \
         ASSERT (SELECT count(*) FROM option_quotes) {rows}, 'rows are missing'; END $$"
    );
    if let Err(error) = schema.run(&check) {
        panic!("{}: {error}", schema.name());
    }
}

fn two_schemas_behind_a_session_pooler_stay_apart() {
    on_each(async |server| {
        for dropped in
            ["", "ignore_startup_parameters = options\n", "server_reset_query =\n", "server_round_robin = 1\n"]
        {
            let (a, b) = (server.schema()?, server.schema()?);
            let pooler = Pooler::start(a.server(), "session", &format!("{dropped}default_pool_size = 40"))?;
            // More than one round: later stores meet server connections that earlier ones of the other desk have left.
            for _ in 0..3 {
                let desk_a = open(&pooler.url(&a)).await?;
                let desk_b = open(&format!("{}&timeout=20s", pooler.url(&b))).await?;
                let (of_a, of_b) = tokio::join!(write(&desk_a, 1.0), write(&desk_b, 2.0));
                for reported in of_a?.into_iter().chain(of_b?) {
                    reported?;
                }
                desk_a.close().await?;
                desk_b.close().await?;
            }
            check(&a, 1.0, "= 40");
            check(&b, 2.0, "= 40");
        }
        Ok(())
    });
}

fn a_pooler_that_keeps_no_sessions_is_refused() {
    on_each(async |server| {
        for mode in ["transaction", "statement"] {
            for more in [
                "",
                "ignore_startup_parameters = options",
                "default_pool_size = 1",
                "max_prepared_statements = 0",
                "server_round_robin = 1\nmin_pool_size = 12",
            ] {
                let schema = Arc::new(server.schema()?);
                let pooler = Pooler::start(schema.server(), mode, more)?;
                let opening = [0; 3].map(|_| {
                    let url = pooler.url(&schema);
                    tokio::spawn(async move { open(&url).await })
                });
                for opened in opening {
                    let Err(error) = opened.await.expect("no panic") else {
                        panic!("{mode} with {more:?} was accepted");
                    };
                    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{mode}, {more:?}: {error:?}");
                    let expected = error.context("expected").unwrap_or_default();
                    assert!(expected.contains("pool_mode = session"), "{mode}, {more:?}: {error:?}");
                }
                let untouched = format!(
                    "DO $$ BEGIN ASSERT to_regnamespace('{}') IS NULL AND to_regclass('public.option_quotes') IS NULL, \
                     'something was made'; END $$",
                    schema.name()
                );
                schema.run(&untouched).unwrap_or_else(|error| panic!("{mode}, {more:?}: {error}"));
            }
        }
        Ok(())
    });
}

fn a_pooler_that_stops_keeping_sessions_writes_nothing_into_another_schema() {
    on_each(async |server| {
        let (a, b) = (server.schema()?, server.schema()?);
        let pooler = Pooler::start(a.server(), "session", "default_pool_size = 40")?;
        let (desk_a, desk_b) = (open(&pooler.url(&a)).await?, open(&pooler.url(&b)).await?);
        for reported in write(&desk_a, 1.0).await?.into_iter().chain(write(&desk_b, 2.0).await?) {
            reported?;
        }
        pooler.command("SET pool_mode = transaction").await;
        let mut refused = 0;
        // A pooler that keeps track of prepared statements may end a connection itself.
        let ended = [ErrorKind::InvalidConfig, ErrorKind::Unavailable];
        for _ in 0..5 {
            let (of_a, of_b) = tokio::join!(write(&desk_a, 1.0), write(&desk_b, 2.0));
            for error in of_a?.into_iter().chain(of_b?).filter_map(Result::err) {
                assert!(ended.contains(&error.kind()), "{error:?}");
                refused += usize::from(error.kind() == ErrorKind::InvalidConfig);
            }
        }
        assert!(refused > 0, "no call noticed that sessions are mixed");
        check(&a, 1.0, "= 40");
        check(&b, 2.0, "= 40");
        desk_a.close().await?;
        desk_b.close().await
    });
}

fn the_options_of_a_url_hold_behind_a_pooler_that_drops_them() {
    on_each(async |server| {
        let schema = server.schema()?;
        let pooler = Pooler::start(schema.server(), "session", "ignore_startup_parameters = options")?;
        let store = open(&pooler.url(&schema)).await?;
        store.upsert_quotes(&[quote()?]).await?;
        let reader = open(&format!("{}&options=-c%20default_transaction_read_only=on", pooler.url(&schema))).await?;
        let error = reader.upsert_quotes(&[quote()?.with_market(Some(9.0), None)]).await.expect_err("read only");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        reader.close().await?;

        for (options, expected) in [("-c%20colour=red", "colour"), ("-B%2010", "-c NAME=VALUE")] {
            let error = open(&format!("{}&options={options}", schema.url())).await.expect_err(options);
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
            assert!(format!("{error:?}").contains(expected), "{error:?}");
        }
        store.close().await
    });
}
