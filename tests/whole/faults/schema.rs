//! Schemas that are not what this version made.

use strikebook::{
    AsOf, ErrorKind, Result, Source,
    market::{Symbol, UnderlyingQuote},
};
use strikebook_testkit::{
    async_trials,
    trial::{self, Trial},
};

use super::engines::{Book, ENGINES, books, quote};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    async_trials![
        a_database_of_another_program_is_left_alone,
        a_newer_schema_and_a_changed_migration_are_refused,
        a_migration_that_fails_leaves_none_applied,
        a_pending_migration_needs_leave,
        a_changed_column_shows_as_drift,
        columns_in_another_order_hold_their_own_values,
        an_object_that_is_gone_or_changed_shows_as_drift,
        migrations_that_are_undone_take_their_objects_along,
        a_damaged_ledger_is_corrupt,
        two_stores_that_migrate_at_once_migrate_once
    ]
}

async fn a_database_of_another_program_is_left_alone() -> Result<()> {
    for book in books() {
        book.run("CREATE TABLE invoices (id BIGINT)");
        let error = book.open().await.expect_err("not ours");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("table"), Some("invoices"));
        book.run("DROP TABLE invoices");
        book.open().await?.close().await?;
    }
    Ok(())
}

async fn a_newer_schema_and_a_changed_migration_are_refused() -> Result<()> {
    for book in books() {
        let store = book.open().await?;
        store.upsert_quotes(&[quote()?]).await?;
        store.close().await?;

        let time = if book.engine == "sqlite" { "0" } else { "TIMESTAMP '2030-01-01'" };
        let future = format!("INSERT INTO strikebook_migrations VALUES (99, '0099_future', 'x', {time}, '[]')");
        book.run(&future);
        let error = book.open().await.expect_err("newer");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("found"), Some("0099_future"));

        book.run("DELETE FROM strikebook_migrations WHERE version = 99");
        book.run("UPDATE strikebook_migrations SET checksum = 'changed' WHERE version = 2");
        let error = book.open().await.expect_err("changed");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("migration"), Some("0002_analytics"));
    }
    Ok(())
}

async fn a_migration_that_fails_leaves_none_applied() -> Result<()> {
    for book in books() {
        book.run("CREATE VIEW signals AS SELECT 1 AS one");
        let error = book.open().await.expect_err("the name is taken");
        assert_eq!(error.context("migration"), Some("0003_trading"), "{error:?}");
        let error = book.open_with("migrate=false").await.expect_err("no schema");
        assert_eq!(error.context("pending"), Some("0001_market"));
        book.run("DROP VIEW signals");
        book.open().await?.close().await?;
    }
    Ok(())
}

async fn a_pending_migration_needs_leave() -> Result<()> {
    for book in books() {
        let error = book.open_with("migrate=false").await.expect_err("no schema yet");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("pending"), Some("0001_market"));
    }
    Ok(())
}

async fn a_changed_column_shows_as_drift() -> Result<()> {
    for book in books() {
        book.open().await?.close().await?;
        book.run("ALTER TABLE bars ADD COLUMN mood INTEGER");
        let store = book.open().await?;
        let status = store.schema_status().await?;
        assert!(!status.is_current());
        assert_eq!(status.drift.len(), 1, "{:?}", status.drift);
        assert!(status.drift[0].starts_with("bars.mood: expected nothing, found"), "{:?}", status.drift);
        store.close().await?;
    }
    Ok(())
}

async fn columns_in_another_order_hold_their_own_values() -> Result<()> {
    if !ENGINES.contains(&"duckdb") {
        trial::ignore("DuckDB is not compiled in");
    }
    let book = Book::new("duckdb");
    book.open().await?.close().await?;
    book.run(
        "CREATE TABLE other AS SELECT * EXCLUDE (bid), bid FROM underlying_quotes;
         DROP TABLE underlying_quotes; ALTER TABLE other RENAME TO underlying_quotes",
    );
    let store = book.open().await?;
    let (symbol, at) = (Symbol::new("SPY")?, "2025-09-25T20:00:00Z".parse()?);
    let mut quote = UnderlyingQuote::new(symbol, at, Source::new("test")?);
    (quote.bid, quote.ask, quote.last) = (Some(1.0), Some(2.0), Some(1.5));
    store.upsert_underlying_quotes(&[quote.clone()]).await?;
    assert_eq!(store.underlying_as_of(symbol, AsOf::instant(at)).await?, Some(quote));
    store.close().await
}

/// Statements that a person may run on a database of an engine, and the drift that they make.
const DRIFTS: &[(&str, &str, &[&str])] = &[
    (
        "sqlite",
        "DROP INDEX orders_by_time; DROP INDEX idx_trades_regime",
        &[
            "orders: expected index orders_by_time, found nothing",
            "trades: expected index idx_trades_regime, found nothing",
        ],
    ),
    (
        "sqlite",
        "DROP INDEX signals_active; CREATE INDEX signals_active ON signals (valid_until)",
        &["signals: expected index signals_active as `CREATE INDEX signals_active ON signals (valid_until) WHERE \
             status = 'active'`, found `CREATE INDEX signals_active ON signals (valid_until)`"],
    ),
    (
        "sqlite",
        "DROP TRIGGER audit_log_is_not_deleted;
         CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log BEGIN SELECT 1; END",
        &["audit_log: expected trigger audit_log_is_not_deleted as the migration made it, found another definition"],
    ),
    (
        "sqlite",
        "DROP TABLE risk_states;
         CREATE TABLE risk_states (key TEXT NOT NULL, value TEXT NOT NULL, updated_at INTEGER NOT NULL,
                                   recorded_at INTEGER NOT NULL)",
        &[
            "risk_states: expected kind of table as `STRICT, WITHOUT ROWID`, found `not STRICT, with rowid`",
            "risk_states: expected primary key, found nothing",
        ],
    ),
    (
        "sqlite",
        "DROP TABLE option_contracts;
         CREATE TABLE option_contracts (
             contract_id INTEGER NOT NULL PRIMARY KEY, root TEXT NOT NULL, expiration TEXT NOT NULL,
             option_type TEXT NOT NULL, strike REAL NOT NULL, underlying TEXT NOT NULL, multiplier INTEGER NOT NULL,
             exercise_style TEXT NOT NULL, adjusted INTEGER NOT NULL, expires_at INTEGER NOT NULL, listed_on TEXT,
             source TEXT NOT NULL, recorded_at INTEGER NOT NULL) STRICT",
        &[
            "option_contracts: expected index option_contracts_by_underlying, found nothing",
            "option_contracts: expected unique constraint (root, expiration, option_type, strike), found nothing",
        ],
    ),
    ("*", "DROP VIEW options_history", &["options_history: expected view, found nothing"]),
    (
        "*",
        "DROP VIEW backtest_trades; CREATE VIEW backtest_trades AS SELECT 1 AS one",
        &["backtest_trades: expected view as the migration made it, found another definition"],
    ),
    ("*", "DROP TABLE risk_states", &["risk_states: expected table, found nothing"]),
    // Objects of a person's own are no drift.
    ("*", "CREATE INDEX of_mine ON bars (close); CREATE VIEW mine AS SELECT max(close) AS highest FROM bars", &[]),
    (
        "sqlite",
        "CREATE TRIGGER of_mine AFTER INSERT ON bars BEGIN SELECT 1; END; CREATE UNIQUE INDEX once ON option_contracts (contract_id, root)",
        &[],
    ),
];

async fn an_object_that_is_gone_or_changed_shows_as_drift() -> Result<()> {
    for engine in ENGINES {
        for (_, change, expected) in DRIFTS.iter().filter(|(of, ..)| [engine, "*"].contains(of)) {
            let book = Book::new(engine);
            book.open().await?.close().await?;
            book.run(change);
            let store = book.open().await?;
            assert_eq!(store.schema_status().await?.drift, *expected, "{engine}: {change}");
            store.close().await?;
        }
    }
    Ok(())
}

async fn migrations_that_are_undone_take_their_objects_along() -> Result<()> {
    for book in books() {
        let store = book.open().await?;
        assert_eq!(store.migrate_down(4).await?, [5]);
        let status = store.schema_status().await?;
        assert!(!status.is_current() && status.drift.is_empty(), "{status:?}");
        assert_eq!(store.migrate().await?, [5]);
        assert!(store.schema_status().await?.is_current());
        store.close().await?;
    }
    Ok(())
}

async fn a_damaged_ledger_is_corrupt() -> Result<()> {
    for book in books() {
        book.open().await?.close().await?;
        book.run("UPDATE strikebook_migrations SET objects = 'indexes' WHERE version = 3");
        let store = book.open().await?;
        let error = store.schema_status().await.expect_err("no list of objects");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
        assert_eq!(error.context("migration"), Some("0003_trading"), "{error:?}");
        store.close().await?;

        book.run("UPDATE strikebook_migrations SET version = -1 WHERE version = 3");
        let error = book.open().await.expect_err("no number of a migration");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
        assert_eq!(error.context("column"), Some("version"), "{error:?}");
    }
    Ok(())
}

async fn two_stores_that_migrate_at_once_migrate_once() -> Result<()> {
    if !ENGINES.contains(&"sqlite") {
        trial::ignore("SQLite is not compiled in");
    }
    let book = Book::new("sqlite");
    let (one, other) = tokio::join!(book.open(), book.open());
    for store in [one?, other?] {
        assert!(store.schema_status().await?.is_current());
        store.close().await?;
    }
    Ok(())
}
