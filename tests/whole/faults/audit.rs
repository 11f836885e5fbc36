//! The guard of the audit against SQL that asks the database itself to change it.

use std::sync::Arc;

use strikebook::{
    FixedClock, Listing, Name, Result, Store, Timestamp,
    maintenance::Dataset,
    new_id, open,
    operations::{Actor, AuditEntry, Setting},
};
use strikebook_testkit::{async_trials, trial::Trial};

use super::engines::{ENGINES, run, try_run, url};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        async_trials![the_audit_cannot_be_changed_by_sql, a_guard_of_the_audit_that_is_gone_shows_as_drift],
        #[cfg(feature = "timescale")]
        on_a_server::trials(),
    ]
    .concat()
}

/// Statements that change or delete what the audit holds, on any engine.
const ATTACKS: [&str; 5] = [
    "DELETE FROM audit_log",
    "DELETE FROM audit_log WHERE action = 'upsert_settings'",
    "UPDATE audit_log SET \"user\" = 'bob'",
    "UPDATE audit_log SET id = id",
    "INSERT INTO audit_log SELECT * FROM audit_log WHERE true ON CONFLICT (id) DO UPDATE SET action = 'nothing'",
];

fn alice() -> Result<Actor> {
    let at: Timestamp = "2025-09-25T20:00:00Z".parse()?;
    Ok(Actor::new(Name::new("alice")?, Arc::new(FixedClock(at)), new_id))
}

/// Lets alice change some settings, and returns what is recorded of that.
async fn recorded(store: &dyn Store) -> Result<Vec<AuditEntry>> {
    let at = "2025-09-25T20:00:00Z".parse()?;
    let settings = (0..3).map(|number| Ok(Setting::new(Name::new(&format!("setting {number}"))?, "1".parse()?, at)));
    store.audited(alice()?).upsert_settings(&settings.collect::<Result<Vec<_>>>()?).await?;
    let entries = store.list_audit(&Listing::default()).await?.items;
    assert_eq!(entries.len(), 3);
    Ok(entries)
}

async fn the_audit_cannot_be_changed_by_sql() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        let store = open(&url(engine, &path)).await?;
        let entries = recorded(&*store).await?;
        if !store.capabilities().guarded_audit {
            assert_eq!(*engine, "duckdb", "only DuckDB has neither triggers nor rights");
            continue;
        }
        store.close().await?;
        let replace = "REPLACE INTO audit_log SELECT * FROM audit_log";
        let recursive = format!("PRAGMA recursive_triggers = ON; {replace}");
        let update = "UPDATE OR REPLACE audit_log SET id = (SELECT min(id) FROM audit_log)";
        for attack in ATTACKS.into_iter().chain([replace, &recursive, update]) {
            let refused = try_run(engine, &path, attack).expect_err(attack);
            assert!(refused.contains("the audit only grows"), "{attack}: {refused}");
        }
        let store = open(&url(engine, &path)).await?;
        assert_eq!(store.list_audit(&Listing::default()).await?.items, entries);
        // What keeps it does not keep anything else from being done.
        store.compact().await?;
        store.purge(Dataset::Audit, Timestamp::MAX).await.expect_err("the audit stays");
        store.audited(alice()?).delete_setting(Name::new("setting 1")?).await?;
        assert_eq!(store.list_audit(&Listing::default()).await?.items.len(), 4);
        store.close().await?;
    }
    Ok(())
}

async fn a_guard_of_the_audit_that_is_gone_shows_as_drift() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        let store = open(&url(engine, &path)).await?;
        if store.capabilities().guarded_audit {
            assert!(store.schema_status().await?.is_current());
            run(engine, &path, "DROP TRIGGER audit_log_is_not_deleted");
            let drift = store.schema_status().await?.drift;
            assert_eq!(drift, ["audit_log: expected trigger audit_log_is_not_deleted, found nothing"]);
        }
        store.close().await?;
    }
    Ok(())
}

#[cfg(feature = "timescale")]
mod on_a_server {
    use super::{ATTACKS, Dataset, Listing, Name, Store, Timestamp, Trial, alice, open, recorded};
    use strikebook_testkit::trials;

    use crate::faults::postgres::{on_each, unexpected};

    /// Lists the tests of this module.
    pub(super) fn trials() -> Vec<Trial> {
        trials![the_audit_cannot_be_changed_by_sql, a_guard_of_the_audit_that_is_gone_or_off_shows_as_drift]
    }

    fn the_audit_cannot_be_changed_by_sql() {
        on_each(async |schema| {
            let store = open(&schema.url()).await?;
            assert!(store.capabilities().guarded_audit);
            let entries = recorded(&*store).await?;
            let merge = "MERGE INTO audit_log AS a USING audit_log AS b ON a.id = b.id WHEN MATCHED THEN DELETE";
            let by_parent =
                "CREATE TABLE parent (LIKE audit_log); ALTER TABLE audit_log INHERIT parent; DELETE FROM parent";
            let others = ["TRUNCATE audit_log", "TRUNCATE audit_log, settings CASCADE", merge, by_parent];
            for attack in ATTACKS.into_iter().chain(others) {
                let refused = schema.run(attack).expect_err(attack);
                assert!(refused.contains("the audit only grows") && refused.contains("42501"), "{attack}: {refused}");
            }
            assert_eq!(store.list_audit(&Listing::default()).await?.items, entries);
            // What keeps it does not keep anything else from being done.
            store.compact().await?;
            store.purge(Dataset::Audit, Timestamp::MAX).await.expect_err("the audit stays");
            store.audited(alice()?).delete_setting(Name::new("setting 1")?).await?;
            assert_eq!(store.list_audit(&Listing::default()).await?.items.len(), 4);
            store.close().await
        });
    }

    fn a_guard_of_the_audit_that_is_gone_or_off_shows_as_drift() {
        on_each(async |schema| {
            let store = open(&schema.url()).await?;
            assert!(store.schema_status().await?.is_current());
            let off = "ALTER TABLE audit_log DISABLE TRIGGER audit_log_is_not_changed; \
                       DROP TRIGGER audit_log_is_not_emptied ON audit_log";
            schema.run(off).map_err(unexpected)?;
            let missing = |name| format!("audit_log: expected trigger {name}, found nothing");
            let expected = ["audit_log_is_not_changed", "audit_log_is_not_emptied"].map(missing);
            assert_eq!(store.schema_status().await?.drift, expected);
            store.close().await
        });
    }
}
