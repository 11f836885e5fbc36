//! The migrator: numbered, checksummed migrations, each applied once; all pending ones in one transaction.

mod drift;

use sha2::{Digest, Sha256};
use strikebook_core::{
    Error, ErrorKind, Result, Timestamp,
    maintenance::{MigrationStatus, SchemaStatus},
    port::Change,
};

use crate::{
    codec::{ColumnType, read_column},
    contracts,
    dialect::Dialect,
    engine::Engine,
    migrate::drift::Catalog,
    repository::SqlStore,
    session::{Session, lock, tell},
};

/// A migration: hand-written SQL for one engine, never changed once released.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The number, counted from 1 without gaps.
    pub version: u32,
    /// The name of its file, without the ending.
    pub name: &'static str,
    /// The statements that apply the migration.
    pub up: &'static str,
    /// The statements that undo the migration; `None` where undoing it loses rows.
    pub down: Option<&'static str>,
}

impl Migration {
    fn checksum(&self) -> String {
        use std::fmt::Write as _;
        Sha256::digest(self.up).iter().fold(String::new(), |mut hex, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Lists an adapter's migrations out of the files in its folder `migrations`, in order. A migration marked `down` has a
/// second file, `NAME.down.sql`, that undoes it.
#[macro_export]
macro_rules! migrations {
    ($($version:literal $name:literal $($down:ident)?),+ $(,)?) => {
        &[$($crate::migrate::Migration {
            version: $version,
            name: $name,
            up: include_str!(concat!("../migrations/", $name, ".sql")),
            down: $crate::migrations!(@down $name $($down)?),
        }),+]
    };
    (@down $name:literal down) => { Some(include_str!(concat!("../migrations/", $name, ".down.sql"))) };
    (@down $name:literal) => { None };
}

/// The table of the applied migrations.
const LEDGER: &str = "strikebook_migrations";

/// A row of the ledger.
struct Applied {
    version: u32,
    name: String,
    checksum: String,
    at: Timestamp,
}

/// Applies all pending migrations or none of them, and recomputes contracts that were computed from an earlier product
/// table. Without either, nothing is locked or written.
pub(crate) async fn up<E: Engine>(store: &SqlStore<E>) -> Result<Vec<u32>> {
    const OPERATION: &str = "migrate";
    let migrations = store.engine().migrations();
    let is_current = move |session: &mut dyn Session| {
        Ok(applied(session, migrations)?.len() == migrations.len() && contracts::follow_products(session)?)
    };
    if store.snapshot(OPERATION, is_current).await? {
        return Ok(Vec::new());
    }
    let job = move |session: &mut dyn Session| {
        lock(session, LEDGER)?;
        // Another process may have been faster.
        let applied = applied(session, migrations)?;
        let pending = migrations.get(applied.len()..).unwrap_or_default();
        if applied.is_empty() {
            session.batch(&ledger(session.dialect()))?;
        }
        // The catalog is listed before the first migration and after each, since the ledger holds the changes of each:
        // the row of a migration that is undone takes only its own objects along. What was there before is not ours.
        let mut before = Catalog::live(session)?;
        for next in pending {
            tracing::info!(version = next.version, name = next.name, "applying migration");
            session.batch(next.up).map_err(|error| error.with("migration", next.name))?;
            let after = Catalog::live(session)?;
            let objects = after.changes_since(&before)?;
            session.execute(
                &format!(
                    "INSERT INTO {LEDGER} (version, name, checksum, applied_at, objects) VALUES ($1, $2, $3, $4, $5)"
                ),
                &[next.version.into(), next.name.into(), next.checksum().into(), now()?.into(), objects.into()],
            )?;
            before = after;
            tell(session, || Some(Change::migrated(next.version, next.name)));
        }
        contracts::recompute(session)?;
        Ok(pending.iter().map(|migration| migration.version).collect())
    };
    store.write(OPERATION, job).await
}

/// Undoes migrations down to a version, each in a transaction of its own.
pub(crate) async fn down<E: Engine>(store: &SqlStore<E>, to_version: u32) -> Result<Vec<u32>> {
    const OPERATION: &str = "migrate_down";
    let migrations = store.engine().migrations();
    if let Some(stuck) = migrations.iter().find(|m| m.version > to_version && m.down.is_none()) {
        let error = Error::new(ErrorKind::Unsupported, "this migration cannot be undone without losing rows");
        return Err(store.named(OPERATION, error.with("migration", stuck.name)));
    }
    let mut done = Vec::new();
    loop {
        let step = move |session: &mut dyn Session| {
            lock(session, LEDGER)?;
            let Some(last) = applied(session, migrations)?.pop() else { return Ok(None) };
            let migration = migrations.iter().find(|m| m.version == last.version && m.version > to_version);
            let Some((migration, down)) = migration.and_then(|m| Some((m, m.down?))) else { return Ok(None) };
            session.batch(down).map_err(|error| error.with("migration", migration.name))?;
            session.execute(&format!("DELETE FROM {LEDGER} WHERE version = $1"), &[migration.version.into()])?;
            tell(session, || Some(Change::migrated_down(migration.version, migration.name, to_version)));
            if migration.version == 1 {
                session.batch(&format!("DROP TABLE {LEDGER}"))?;
            }
            Ok(Some(migration.version))
        };
        match store.write(OPERATION, step).await? {
            Some(version) => done.push(version),
            None => return Ok(done),
        }
    }
}

/// Returns which migrations are applied, and once all are, where the live schema differs from what they made.
pub(crate) async fn status<E: Engine>(store: &SqlStore<E>) -> Result<SchemaStatus> {
    let migrations = store.engine().migrations();
    store
        .snapshot("schema_status", move |session| {
            let applied = applied(session, migrations)?;
            let of = |migration: &Migration| MigrationStatus {
                version: migration.version,
                name: migration.name.to_owned(),
                applied_at: applied.iter().find(|a| a.version == migration.version).map(|a| a.at),
                reversible: migration.down.is_some(),
            };
            let drift = if applied.len() == migrations.len() { drift::find(session)? } else { Vec::new() };
            Ok(SchemaStatus { migrations: migrations.iter().map(of).collect(), drift })
        })
        .await
}

/// Returns the name of the first migration that is not applied, or `product_revision` when only contracts are to be
/// recomputed; `None` when the database is current.
pub(crate) async fn first_pending<E: Engine>(store: &SqlStore<E>) -> Result<Option<&'static str>> {
    let migrations = store.engine().migrations();
    let pending = move |session: &mut dyn Session| match migrations.get(applied(session, migrations)?.len()) {
        Some(migration) => Ok(Some(migration.name)),
        None => Ok((!contracts::follow_products(session)?).then_some("product_revision")),
    };
    store.snapshot("open", pending).await
}

/// Returns the statement that creates the ledger. `objects` holds what a migration changed in the engine's catalog.
fn ledger(dialect: &Dialect) -> String {
    let of = dialect.type_name;
    let (integer, text, timestamp) = (of(ColumnType::Integer), of(ColumnType::Text), of(ColumnType::Timestamp));
    format!(
        "CREATE TABLE {LEDGER} (version {integer} NOT NULL, name {text} NOT NULL, checksum {text} NOT NULL, \
         applied_at {timestamp} NOT NULL, objects {text} NOT NULL)"
    )
}

/// Returns the rows of the ledger, checked to be the first of the known migrations.
fn applied(session: &mut dyn Session, known: &[Migration]) -> Result<Vec<Applied>> {
    let mut tables = Vec::new();
    session.query(session.dialect().list_tables, &[], &mut |row| {
        tables.extend(row.text(0)?.map(str::to_owned));
        Ok(())
    })?;
    if !tables.iter().any(|table| table == LEDGER) {
        return match tables.first() {
            None => Ok(Vec::new()),
            Some(table) => {
                Err(Error::invalid_config("the database belongs to another program: it has tables, but none of ours")
                    .with("table", table)
                    .with("expected", "an empty database, or one that strikebook made"))
            }
        };
    }
    let mut applied = Vec::new();
    session.query(
        &format!("SELECT version, name, checksum, applied_at FROM {LEDGER} ORDER BY version"),
        &[],
        &mut |row| {
            applied.push(Applied {
                version: read_column(row, 0, LEDGER, "version")?,
                name: read_column(row, 1, LEDGER, "name")?,
                checksum: read_column(row, 2, LEDGER, "checksum")?,
                at: read_column(row, 3, LEDGER, "applied_at")?,
            });
            Ok(())
        },
    )?;
    for (i, one) in applied.iter().enumerate() {
        match known.get(i) {
            None => {
                return Err(Error::invalid_config("the database was migrated by a newer version of strikebook")
                    .with("found", &one.name)
                    .with("newest_known", known.last().map_or("none", |migration| migration.name)));
            }
            Some(known) if known.version != one.version || known.checksum() != one.checksum => {
                return Err(Error::invalid_config("an applied migration is not the one that this version knows")
                    .with("migration", known.name)
                    .with("found", &one.name)
                    .with("applied_checksum", &one.checksum)
                    .with("known_checksum", known.checksum()));
            }
            Some(_) => {}
        }
    }
    Ok(applied)
}

fn now() -> Result<Timestamp> {
    Timestamp::try_from(chrono::Utc::now())
}
