//! Servers that cannot be used, and the errors that name them; and what a server does to a store that is open.

use std::{
    net::TcpListener,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use strikebook::{Error, ErrorKind, Result, Store, maintenance::Dataset, market::OptionQuote, open};
use strikebook_testkit::{async_trials, run_on_threads, trial::Trial, trials};
use strikebook_tests::server::{Schema, Server, closed_port};

use super::engines::quote;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        trials![
            a_wrong_password_and_an_unknown_database_are_wrong_settings,
            nothing_printable_holds_the_password,
            a_schema_of_another_program_is_left_alone,
            a_newer_schema_and_a_changed_migration_are_refused,
            a_changed_column_shows_as_drift,
            an_object_that_is_gone_or_changed_shows_as_drift,
            two_stores_that_migrate_at_once_migrate_once,
            a_lost_connection_is_replaced,
            a_purge_drops_partitions_as_a_whole,
            partitions_are_as_wide_as_the_url_asks_for,
            a_call_that_takes_too_long_is_a_timeout,
            a_dropped_call_stops_its_statement,
            more_callers_than_connections_take_turns,
            a_database_that_can_only_be_read_refuses_writes,
            a_store_outlives_the_runtime_it_was_opened_on
        ],
        async_trials![a_server_that_is_not_there_is_unavailable, a_wrong_url_says_what_would_be_right],
    ]
    .concat()
}

/// Runs a case on PostgreSQL and on TimescaleDB, each in a schema of its own.
pub(crate) fn on_each(case: impl AsyncFn(Arc<Schema>) -> Result<()>) {
    for server in [Server::PLAIN, Server::TIMESCALE] {
        run_on_threads(server, async |_| case(Arc::new(server.schema()?)).await);
    }
}

pub(crate) fn unexpected(error: String) -> Error {
    Error::new(ErrorKind::Internal, error)
}

async fn refused(url: &str) -> Error {
    open(url).await.expect_err(url)
}

async fn a_server_that_is_not_there_is_unavailable() {
    let nobody = format!("postgres://joe:geheim@127.0.0.1:{}/book", closed_port());
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let silent = format!("postgres://joe:geheim@127.0.0.1:{port}/book?connect_timeout=1");
    for url in [nobody, silent, "postgres://joe:geheim@nowhere.invalid/book".to_owned()] {
        let started = Instant::now();
        let error = refused(&url).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(20), "{url} took {:?}", started.elapsed());
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
    }
}

async fn a_wrong_url_says_what_would_be_right() {
    for (url, key, expected) in [
        (
            "postgres://h/b?colour=red",
            "known",
            "allow_simulated, migrate, slow, schema, pool_size, timeout, partition_days",
        ),
        ("postgres://h/b?sslmode=maybe", "expected", "disable, prefer, require, verify-ca or verify-full"),
        ("postgres://h/b?schema=Trading", "expected", "lower-case letters"),
        ("postgres://h/b?schema=pg_mine", "expected", "lower-case letters"),
        ("postgres://h/b?schema=a%22b", "expected", "lower-case letters"),
        ("postgres://h/b?pool_size=0", "expected", "a number from 1 to 256"),
        ("postgres://h/b?timeout=5", "expected", "a span of time"),
        ("postgres://h/b?partition_days=7", "expected", "option_quotes:1,bars:7"),
        ("postgres://h/b?partition_days=bars:0", "expected", "1 to 3650 days"),
        ("postgres://h/b?partition_days=signals:1", "expected", "tables in partitions"),
        ("postgres://h/b?partition_days=bars:1,bars:7", "expected", "TABLE:DAYS"),
        ("postgres://h/b?connect_timeout=soon", "reason", "connect_timeout"),
        ("postgres://h/b?sslmode=require&sslrootcert=/nowhere.pem", "sslrootcert", "/nowhere.pem"),
        ("postgres://joe:ge?heim@h/b", "expected", "%3F"),
        ("postgres://joe:ge@heim@h/b", "expected", "%40"),
        ("postgres://joe:ge/heim@h/b", "expected", "%2F"),
        ("postgres:joe:geheim@h/b", "expected", "postgres://USER:PASSWORD@HOST"),
        ("postgres:/joe:geheim@h/b", "expected", "postgres://USER:PASSWORD@HOST"),
        ("postgres://joe%3Ageheim%40h/b", "expected", "postgres://USER:PASSWORD@HOST"),
        ("postgres://h/b?password=ge&heim", "position", "2"),
        ("postgres://h/b?passwort=geheim", "position", "1"),
        ("postgres://h/b?migrate=true&migrate=false", "option", "migrate"),
    ] {
        let error = refused(url).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert!(error.context(key).is_some_and(|found| found.contains(expected)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("heim"), "{error:?}");
    }
}

fn a_wrong_password_and_an_unknown_database_are_wrong_settings() {
    on_each(async |schema| {
        let url = schema.url();
        for (url, code) in
            [(url.replace(":only-for-tests@", ":geheim@"), "28P01"), (url.replace('?', "_but_not_this?"), "3D000")]
        {
            let error = refused(&url).await;
            assert_eq!((error.kind(), error.context("sqlstate")), (ErrorKind::InvalidConfig, Some(code)), "{error:?}");
            let reported = format!("{error} {error:?}");
            assert!(!reported.contains("geheim") && !reported.contains("only-for-tests"), "{reported}");
        }
        // The test server has no certificate.
        let error = refused(&format!("{url}&sslmode=require")).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        Ok(())
    });
}

fn nothing_printable_holds_the_password() {
    on_each(async |schema| {
        let store = open(&schema.url()).await?;
        assert!(!format!("{store:?}").contains("only-for-tests"));
        store.close().await
    });
}

fn a_schema_of_another_program_is_left_alone() {
    on_each(async |schema| {
        let error = refused(&format!("{}&migrate=false", schema.url())).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "no schema yet: {error:?}");
        open(&schema.url()).await?.close().await?;
        let ours = "DO $$ DECLARE t text; BEGIN FOR t IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = \
                    current_schema()::regnamespace LOOP EXECUTE 'DROP TABLE ' || t || ' CASCADE'; END LOOP; END $$";
        schema.run(&format!("{ours}; CREATE TABLE invoices (id BIGINT)")).map_err(unexpected)?;
        let error = refused(&schema.url()).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("table"), Some("invoices"));
        Ok(())
    });
}

fn a_newer_schema_and_a_changed_migration_are_refused() {
    on_each(async |schema| {
        open(&schema.url()).await?.close().await?;
        schema
            .run("INSERT INTO strikebook_migrations VALUES (99, '0099_future', 'x', now(), '[]')")
            .map_err(unexpected)?;
        let error = refused(&schema.url()).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("found"), Some("0099_future"));

        let changed = "DELETE FROM strikebook_migrations WHERE version = 99; \
                       UPDATE strikebook_migrations SET checksum = 'changed' WHERE version = 2";
        schema.run(changed).map_err(unexpected)?;
        let error = refused(&schema.url()).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("migration"), Some("0002_analytics"));
        Ok(())
    });
}

fn a_changed_column_shows_as_drift() {
    on_each(async |schema| {
        let store = open(&schema.url()).await?;
        assert!(store.schema_status().await?.is_current());
        let change = "ALTER TABLE bars ADD COLUMN mood INTEGER; ALTER TABLE option_quotes_history ALTER bid TYPE REAL; \
                      ALTER TABLE economic_observations ALTER value DROP NOT NULL";
        schema.run(change).map_err(unexpected)?;
        let drift = store.schema_status().await?.drift;
        assert_eq!(
            drift,
            [
                "option_quotes_history.bid: expected double precision NULL, found real NULL",
                "bars.mood: expected nothing, found integer",
                "economic_observations.value: expected double precision NOT NULL, found double precision NULL",
            ]
        );
        store.close().await
    });
}

fn an_object_that_is_gone_or_changed_shows_as_drift() {
    on_each(async |schema| {
        let store = open(&schema.url()).await?;
        let partitions = store.capabilities().partitions;
        // Objects of a person's own are no drift.
        let own = "CREATE INDEX of_mine ON bars (close); CREATE VIEW mine AS SELECT max(close) AS highest FROM bars; \
                   ALTER TABLE settings ADD CONSTRAINT described CHECK (description <> ''); \
                   CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
                   CREATE TRIGGER of_mine AFTER INSERT ON settings FOR EACH ROW EXECUTE FUNCTION nothing()";
        schema.run(own).map_err(unexpected)?;
        assert!(store.schema_status().await?.is_current(), "{:?}", store.schema_status().await?.drift);

        let changes = "DROP INDEX orders_by_time; DROP INDEX signals_active; \
                       CREATE INDEX signals_active ON signals (valid_until); DROP VIEW options_data; \
                       CREATE OR REPLACE VIEW option_quotes_readable AS SELECT c.underlying, c.root, c.expiration, \
                       c.strike, c.option_type, q.at, q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.volume, \
                       q.open_interest, q.implied_volatility, q.delta, q.gamma, q.theta, q.vega, q.rho, \
                       q.underlying_price, q.source, q.recorded_at FROM option_quotes AS q \
                       JOIN option_contracts AS c ON c.contract_id = q.contract_id + 1; \
                       ALTER TABLE daily_pnl DROP CONSTRAINT daily_pnl_pkey; \
                       ALTER TABLE option_contracts DROP CONSTRAINT option_contracts_pkey; \
                       ALTER TABLE option_contracts ADD CONSTRAINT option_contracts_pkey PRIMARY KEY (contract_id, root); \
                       ALTER TABLE audit_log ENABLE TRIGGER audit_log_is_not_changed; \
                       CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS \
                       'BEGIN RETURN NEW; END'; DROP TABLE risk_states";
        schema.run(changes).map_err(unexpected)?;
        assert_eq!(
            store.schema_status().await?.drift,
            [
                "risk_states: expected table, found nothing",
                "audit_log: expected trigger audit_log_is_not_changed as `CREATE TRIGGER audit_log_is_not_changed \
                 BEFORE DELETE OR UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change() (always)`, found \
                 `CREATE TRIGGER audit_log_is_not_changed BEFORE DELETE OR UPDATE ON audit_log FOR EACH ROW EXECUTE \
                 FUNCTION refuse_change()`",
                "daily_pnl: expected constraint daily_pnl_pkey, found nothing",
                "option_contracts: expected constraint option_contracts_pkey as `PRIMARY KEY (contract_id)`, found \
                 `PRIMARY KEY (contract_id, root)`",
                "option_quotes_readable: expected view as the migration made it, found another definition",
                "options_data: expected view, found nothing",
                "orders: expected index orders_by_time, found nothing",
                "refuse_change(): expected function as the migration made it, found another definition",
                "signals: expected index signals_active as `CREATE INDEX signals_active ON signals USING btree \
                 (valid_until) WHERE status = 'active'::text`, found `CREATE INDEX signals_active ON signals USING \
                 btree (valid_until)`",
            ]
        );
        if partitions {
            let before = store.schema_status().await?.drift;
            let changes = "SELECT public.set_chunk_time_interval('bars', INTERVAL '1 day'); DROP TABLE chain_snapshots; \
                           CREATE TABLE chain_snapshots (LIKE chain_snapshots_history, PRIMARY KEY (underlying, at))";
            schema.run(changes).map_err(unexpected)?;
            let drift = store.schema_status().await?.drift;
            let new: Vec<_> = drift.iter().filter(|line| !before.contains(line)).collect();
            assert_eq!(
                new,
                [
                    "bars: expected partitions as `by at, 90 days each`, found `by at, 1 days each`",
                    "chain_snapshots: expected partitions, found nothing",
                ]
            );
        }
        store.close().await
    });
}

fn two_stores_that_migrate_at_once_migrate_once() {
    on_each(async |schema| {
        let opening = [0, 1, 2].map(|_| {
            let url = schema.url();
            tokio::spawn(async move { open(&url).await })
        });
        for store in opening {
            let store = store.await.expect("no panic")?;
            assert!(store.schema_status().await?.is_current());
            store.close().await?;
        }
        Ok(())
    });
}

fn a_lost_connection_is_replaced() {
    on_each(async |schema| {
        // The name lets the test find the store's sessions.
        let name = schema.url().rsplit('=').next().unwrap_or_default().to_owned();
        let store = open(&format!("{}&application_name={name}", schema.url())).await?;
        let pings = [0; 4].map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.ping().await })
        });
        for ping in pings {
            ping.await.expect("no panic")?;
        }
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'");
        for _ in 0..5 {
            schema.run(&end).map_err(unexpected)?;
            store.upsert_quotes(&[quote()?]).await?;
        }
        for _ in 0..20 {
            schema.run(&end).map_err(unexpected)?;
            store.ping().await?;
        }
        store.close().await
    });
}

fn a_purge_drops_partitions_as_a_whole() {
    on_each(async |schema| {
        let store = open(&schema.url()).await?;
        let quote = quote()?;
        let weeks_before =
            |weeks| OptionQuote { at: quote.at.saturating_sub(TimeDelta::weeks(weeks)), ..quote.clone() };
        let quotes: Vec<_> = [0, 3, 6, 9].into_iter().map(weeks_before).collect();
        store.upsert_quotes(&quotes).await?;
        let left = format!(
            "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid \
             WHERE inhparent = 'option_quotes'::regclass HAVING count(*) <> {}); END $$",
            if store.capabilities().partitions { 2 } else { 0 }
        );
        let purged = store.purge(Dataset::OptionQuotes, quotes[1].at).await?;
        assert_eq!(purged.rows, 2);
        schema.run(&left).map_err(unexpected)?;
        store.close().await
    });
}

/// A table has partitions of the width that the URL names when the table is made, and others have their own.
fn partitions_are_as_wide_as_the_url_asks_for() {
    on_each(async |schema| {
        let url = schema.url();
        let store = open(&format!("{url}&partition_days=option_quotes:1,performance_metrics:7")).await?;
        if store.capabilities().partitions {
            let widths = "SELECT count(*) FROM timescaledb_information.dimensions WHERE \
                          hypertable_schema = current_schema() AND (hypertable_name::text, time_interval) IN \
                          (('option_quotes', INTERVAL '1 day'), ('performance_metrics', INTERVAL '7 days'), \
                           ('bars', INTERVAL '90 days'))";
            let expected = format!("DO $$ BEGIN ASSERT ({widths}) = 3; END $$");
            schema.run(&expected).map_err(unexpected)?;
        }
        store.close().await?;
        let store = open(&url).await?;
        assert!(store.schema_status().await?.is_current(), "a store without the option finds no drift");
        store.close().await
    });
}

/// Rows of all datasets but the permissions, which every store has some of.
async fn rows(store: &dyn Store) -> Result<u64> {
    let counted = store.statistics().await?;
    Ok(counted.iter().filter(|counted| counted.dataset != Dataset::Permissions).map(|counted| counted.rows).sum())
}

/// Keeps the quotes locked for a while, from before this returns.
fn lock_quotes(schema: &Arc<Schema>, seconds: u32) -> thread::JoinHandle<Result<(), String>> {
    let schema = Arc::clone(schema);
    let locked = thread::spawn(move || {
        schema.run(&format!("BEGIN; LOCK TABLE option_quotes; SELECT pg_sleep({seconds}); COMMIT"))
    });
    thread::sleep(Duration::from_millis(300));
    locked
}

fn a_call_that_takes_too_long_is_a_timeout() {
    on_each(async |schema| {
        let store = open(&schema.url()).await?;
        let hurried = open(&format!("{}&timeout=1s&pool_size=1", schema.url())).await?;
        let locked = lock_quotes(&schema, 5);
        for _ in 0..2 {
            let started = Instant::now();
            let error = hurried.upsert_quotes(&[quote()?]).await.expect_err("locked");
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
            assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        }
        locked.join().expect("no panic").map_err(unexpected)?;
        assert_eq!(rows(&*store).await?, 0, "nothing landed");
        assert_eq!(hurried.upsert_quotes(&[quote()?]).await?.inserted, 1);
        hurried.close().await?;
        store.close().await
    });
}

fn a_dropped_call_stops_its_statement() {
    on_each(async |schema| {
        let name = schema.url().rsplit('=').next().unwrap_or_default().to_owned();
        let store = open(&format!("{}&application_name={name}", schema.url())).await?;
        let locked = lock_quotes(&schema, 3);
        let quotes = [quote()?];
        let dropped = tokio::time::timeout(Duration::from_millis(200), store.upsert_quotes(&quotes)).await;
        assert!(dropped.is_err(), "the call was to be dropped while it waited");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let waiting = format!(
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '{name}' AND state <> 'idle') \
             THEN RAISE EXCEPTION 'it goes on'; END IF; END $$"
        );
        schema.run(&waiting).map_err(unexpected)?;
        locked.join().expect("no panic").map_err(unexpected)?;
        store.close().await
    });
}

fn more_callers_than_connections_take_turns() {
    on_each(async |schema| {
        let store = open(&format!("{}&pool_size=2", schema.url())).await?;
        let calls = [0; 32].map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.upsert_quotes(&[quote()?]).await })
        });
        let mut inserted = 0;
        for call in calls {
            inserted += call.await.expect("no panic")?.inserted;
        }
        assert_eq!(inserted, 1);
        store.close().await
    });
}

fn a_database_that_can_only_be_read_refuses_writes() {
    on_each(async |schema| {
        let store = open(&schema.url()).await?;
        store.upsert_quotes(&[quote()?]).await?;
        let reader = open(&format!("{}&options=-c%20default_transaction_read_only=on", schema.url())).await?;
        assert_eq!(rows(&*reader).await?, 2);
        let error = reader.upsert_quotes(&[quote()?.with_market(Some(9.0), None)]).await.expect_err("read only");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        reader.close().await?;
        store.close().await
    });
}

fn a_store_outlives_the_runtime_it_was_opened_on() {
    on_each(async |schema| {
        let url = schema.url();
        let opened = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(open(&url))
        });
        let store: Arc<dyn Store> = opened.join().expect("no panic")?;
        assert_eq!(store.upsert_quotes(&[quote()?]).await?.inserted, 1);
        store.close().await
    });
}
