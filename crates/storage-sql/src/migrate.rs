//! The migrator: numbered, checksummed migrations, each applied once; all that are pending in one transaction.

use sha2::{Digest, Sha256};
use strikebook_core::{
    Error, ErrorKind, Result, Timestamp,
    maintenance::{Dataset, MigrationStatus, SchemaStatus},
    port::Change,
};

use crate::{
    codec::{Column, ColumnType, Role, Table, Value},
    dialect::Dialect,
    engine::Engine,
    repository::SqlStore,
    schema::tables,
    session::{Session, lock, tell},
};

/// A migration: hand-written SQL for one engine, never changed once released.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, counted from 1 without gaps.
    pub version: u32,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub up: &'static str,
    /// What undoes it, when that loses no rows that it did not make room for.
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

/// An adapter's migrations out of the files in its folder `migrations`, in order. A name behind `down` has a file that
/// undoes it.
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

const LEDGER: &str = "strikebook_migrations";

struct Applied {
    version: u32,
    name: String,
    checksum: String,
    at: Timestamp,
}

/// Applies every pending migration, or none. Without any, nothing is locked and nothing written.
pub(crate) async fn up<E: Engine>(store: &SqlStore<E>) -> Result<Vec<u32>> {
    const OPERATION: &str = "migrate";
    let migrations = store.engine().migrations();
    let known = move |session: &mut dyn Session| Ok(applied(session, migrations)?.len());
    if store.snapshot(OPERATION, known).await? == migrations.len() {
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
        for next in pending {
            tracing::info!(version = next.version, name = next.name, "applying migration");
            session.batch(next.up).map_err(|error| error.with("migration", next.name))?;
            session.execute(
                &format!("INSERT INTO {LEDGER} (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)"),
                &[next.version.into(), next.name.into(), next.checksum().into(), now()?.into()],
            )?;
            tell(session, || Some(Change::migrated(next.version, next.name)));
        }
        Ok(pending.iter().map(|migration| migration.version).collect())
    };
    store.write(OPERATION, job).await
}

/// Undoes migrations down to a version.
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

/// Which migrations are applied, and where the live tables differ from the codec's.
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
            let mut drift = Vec::new();
            if applied.len() == migrations.len() {
                for table in tables() {
                    drift.extend(differences(session, &table, table.name)?);
                    if versions_are_kept(&table) {
                        drift.extend(differences(session, &table, &table.history())?);
                    }
                }
                drift.extend(missing_guards(session)?);
            }
            Ok(SchemaStatus { migrations: migrations.iter().map(of).collect(), drift })
        })
        .await
}

/// Whether a table has a twin with superseded versions: those have whose rows are told apart by an instant.
pub(crate) fn versions_are_kept(table: &Table) -> bool {
    table.columns.iter().any(|column| column.role == Role::Key && column.name == "at")
}

fn ledger(dialect: &Dialect) -> String {
    let of = dialect.type_name;
    let (integer, text, timestamp) = (of(ColumnType::Integer), of(ColumnType::Text), of(ColumnType::Timestamp));
    format!(
        "CREATE TABLE {LEDGER} (version {integer} NOT NULL, name {text} NOT NULL, checksum {text} NOT NULL, \
         applied_at {timestamp} NOT NULL)"
    )
}

/// The migrations applied to a database, checked to be the first of those known.
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
                version: row.integer(0)?.and_then(|version| u32::try_from(version).ok()).unwrap_or(0),
                name: row.text(1)?.unwrap_or_default().to_owned(),
                checksum: row.text(2)?.unwrap_or_default().to_owned(),
                at: row.timestamp(3)?.unwrap_or(Timestamp::MIN),
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

/// Where a live table's columns differ from the codec's.
fn differences(session: &mut dyn Session, table: &Table, name: &str) -> Result<Vec<String>> {
    let mut live: Vec<(String, String, bool)> = Vec::new();
    session.query(session.dialect().list_columns, &[Value::from(name)], &mut |row| {
        let text = |column| Ok::<_, Error>(row.text(column)?.unwrap_or_default().to_owned());
        live.push((text(0)?, text(1)?, row.integer(2)?.unwrap_or(1) == 1));
        Ok(())
    })?;
    let mut found = Vec::new();
    for Column { name: column, column_type, nullable, .. } in table.columns {
        let wanted = (session.dialect().type_name)(*column_type);
        let wanted_null = if *nullable { "NULL" } else { "NOT NULL" };
        match live.iter().find(|(live, ..)| live == column) {
            None => found.push(format!("{name}.{column}: expected {wanted}, found nothing")),
            Some((_, live_type, live_nullable)) => {
                let live_null = if *live_nullable { "NULL" } else { "NOT NULL" };
                if !live_type.eq_ignore_ascii_case(wanted) || nullable != live_nullable {
                    found.push(format!(
                        "{name}.{column}: expected {wanted} {wanted_null}, found {live_type} {live_null}"
                    ));
                }
            }
        }
    }
    let extra = live.iter().filter(|(live, ..)| table.columns.iter().all(|column| column.name != live));
    found.extend(extra.map(|(column, live_type, _)| format!("{name}.{column}: expected nothing, found {live_type}")));
    Ok(found)
}

/// Returns a line of drift for each missing trigger of those that keep the audit as it is.
fn missing_guards(session: &mut dyn Session) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    if let Some(missing_guards) = session.dialect().missing_guards {
        session.query(missing_guards, &[], &mut |row| {
            let trigger = row.text(0)?.unwrap_or_default();
            missing.push(format!("{}: expected trigger {trigger}, found nothing", Dataset::Audit));
            Ok(())
        })?;
    }
    Ok(missing)
}

fn now() -> Result<Timestamp> {
    Timestamp::try_from(chrono::Utc::now())
}
