//! Schemas that are not what this version made.

use chrono::{NaiveDate, TimeDelta};
use strikebook::{
    AsOf, ErrorKind, Result, Source, Timestamp,
    market::{ChainQuery, ContractDetails, LastTrading, OptionQuote, SettlementTime, Symbol, UnderlyingQuote},
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
        two_stores_that_migrate_at_once_migrate_once,
        a_changed_product_table_reaches_the_contracts_of_an_opened_store
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
             exercise_style TEXT NOT NULL, settlement TEXT NOT NULL, delivery TEXT NOT NULL, last_trading TEXT NOT NULL,
             hours TEXT NOT NULL, adjusted INTEGER NOT NULL, overridden INTEGER NOT NULL, settles_at INTEGER NOT NULL,
             last_trade_at INTEGER NOT NULL, listed_on TEXT,
             source TEXT NOT NULL, recorded_at INTEGER NOT NULL) STRICT",
        &[
            "option_contracts: expected index option_contracts_by_root, found nothing",
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

/// A database that was written under an earlier product table has the present one's terms and lives once it is opened,
/// but for contracts whose terms were stated, whose lives alone follow.
async fn a_changed_product_table_reaches_the_contracts_of_an_opened_store() -> Result<()> {
    for book in books() {
        let engine = book.engine;
        let (at, source) = ("2025-12-18T17:00:00Z".parse()?, Source::new("test")?);
        let standard = |symbol: &str| ContractDetails::standard(symbol.parse()?, source.clone(), at);
        let listed_on = NaiveDate::from_ymd_opt(2025, 1, 2);
        let followed = ContractDetails { listed_on, ..standard("SPX251219C06500000")? };
        let mut stated = standard("SPX251219P06500000")?;
        (stated.product.settlement, stated.product.last_trading) = (SettlementTime::Pm, LastTrading::AtClose);
        let store = book.open().await?;
        store.upsert_contracts(&[followed.clone(), stated.clone()]).await?;
        let quote = |details: &ContractDetails| OptionQuote::new(details.contract, at, source.clone());
        store.upsert_quotes(&[quote(&followed), quote(&stated)]).await?;
        store.close().await?;

        // An earlier table had another underlying and another settlement, and an earlier calendar other days.
        let year = if engine == "sqlite" { "31536000000000" } else { "INTERVAL 365 DAY" };
        let earlier = "UPDATE option_contracts SET underlying = 'SPXX', settlement = 'pm', last_trading = 'at_close' \
                       WHERE option_type = 'call'";
        let lives = format!(
            "UPDATE option_contracts SET settles_at = settles_at - {year}, \
                             last_trade_at = last_trade_at - {year}"
        );
        for change in [earlier, &lives, "UPDATE product_revision SET revision = 0"] {
            book.run(change);
        }
        let error = book.open_with("migrate=false").await.expect_err("to be recomputed");
        assert_eq!(error.context("pending"), Some("product_revision"), "{error:?}");

        for _ in 0..2 {
            let store = book.open().await?;
            for details in [&followed, &stated] {
                assert_eq!(store.get_contract(&details.contract).await?.as_ref(), Some(details), "{engine}");
            }
            let spx = followed.underlying;
            let as_of = |at: Timestamp| ChainQuery::new(spx, AsOf::instant(at));
            let chain = async |at: Timestamp| store.chain_as_of(&as_of(at)).await.map(|chain| chain.len());
            let (thursday, friday) = (followed.life().last_trade_at, stated.life().last_trade_at);
            let after = |at: Timestamp| at.saturating_add(TimeDelta::microseconds(1));
            assert_eq!((chain(thursday).await?, chain(after(thursday)).await?), (2, 1), "{engine}");
            assert_eq!((chain(friday).await?, chain(after(friday)).await?), (1, 0), "{engine}");
            assert!(store.schema_status().await?.is_current());
            store.close().await?;
        }

        // What a later version of the library wrote is left alone.
        book.run("UPDATE product_revision SET revision = 4000000");
        book.run(earlier);
        let store = book.open().await?;
        let found = store.get_contract(&followed.contract).await?;
        assert_eq!(found.map(|details| details.product.settlement), Some(SettlementTime::Pm), "{engine}");
        store.close().await?;
    }
    Ok(())
}
