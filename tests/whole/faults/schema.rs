//! Schemas that are not what this version made.

use strikebook::{ErrorKind, Result, open};
use strikebook_testkit::{
    async_trials,
    trial::{self, Trial},
};

use super::engines::{ENGINES, quote, run, url};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    async_trials![
        a_database_of_another_program_is_left_alone,
        a_newer_schema_and_a_changed_migration_are_refused,
        a_migration_that_fails_leaves_none_applied,
        a_pending_migration_needs_leave,
        a_changed_column_shows_as_drift,
        two_stores_that_migrate_at_once_migrate_once
    ]
}

async fn a_database_of_another_program_is_left_alone() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("other");
        run(engine, &path, "CREATE TABLE invoices (id BIGINT)");
        let error = open(&url(engine, &path)).await.expect_err("not ours");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("table"), Some("invoices"));
        run(engine, &path, "DROP TABLE invoices");
        open(&url(engine, &path)).await?.close().await?;
    }
    Ok(())
}

async fn a_newer_schema_and_a_changed_migration_are_refused() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        let store = open(&url(engine, &path)).await?;
        store.upsert_quotes(&[quote()?]).await?;
        store.close().await?;

        let time = if *engine == "sqlite" { "0" } else { "TIMESTAMP '2030-01-01'" };
        run(engine, &path, &format!("INSERT INTO strikebook_migrations VALUES (99, '0099_future', 'x', {time})"));
        let error = open(&url(engine, &path)).await.expect_err("newer");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("found"), Some("0099_future"));

        run(engine, &path, "DELETE FROM strikebook_migrations WHERE version = 99");
        run(engine, &path, "UPDATE strikebook_migrations SET checksum = 'changed' WHERE version = 2");
        let error = open(&url(engine, &path)).await.expect_err("changed");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("migration"), Some("0002_analytics"));
    }
    Ok(())
}

async fn a_migration_that_fails_leaves_none_applied() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        run(engine, &path, "CREATE VIEW signals AS SELECT 1 AS one");
        let error = open(&url(engine, &path)).await.expect_err("the name is taken");
        assert_eq!(error.context("migration"), Some("0003_trading"), "{error:?}");
        let error = open(&format!("{}?migrate=false", url(engine, &path))).await.expect_err("no schema");
        assert_eq!(error.context("pending"), Some("0001_market"));
        run(engine, &path, "DROP VIEW signals");
        open(&url(engine, &path)).await?.close().await?;
    }
    Ok(())
}

async fn a_pending_migration_needs_leave() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        let error = open(&format!("{}?migrate=false", url(engine, &path))).await.expect_err("no schema yet");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
        assert_eq!(error.context("pending"), Some("0001_market"));
    }
    Ok(())
}

async fn a_changed_column_shows_as_drift() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        open(&url(engine, &path)).await?.close().await?;
        run(engine, &path, "ALTER TABLE bars ADD COLUMN mood INTEGER");
        let store = open(&url(engine, &path)).await?;
        let status = store.schema_status().await?;
        assert!(!status.is_current());
        assert_eq!(status.drift.len(), 1, "{:?}", status.drift);
        assert!(status.drift[0].starts_with("bars.mood: expected nothing, found"), "{:?}", status.drift);
        store.close().await?;
    }
    Ok(())
}

async fn two_stores_that_migrate_at_once_migrate_once() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("book");
    let url = url("sqlite", &path);
    if !ENGINES.contains(&"sqlite") {
        trial::ignore("SQLite is not compiled in");
    }
    let stores = [tokio::spawn(strikebook_open(url.clone())), tokio::spawn(strikebook_open(url.clone()))];
    for store in stores {
        let store = store.await.expect("no panic")?;
        assert!(store.schema_status().await?.is_current());
        store.close().await?;
    }
    Ok(())
}

async fn strikebook_open(url: String) -> Result<std::sync::Arc<dyn strikebook::Store>> {
    open(&url).await
}
