//! Opening a database: creating its file in a storage version that older releases read, and making sure that its log is
//! its own.

use std::path::Path;

use duckdb::{AccessMode, Config};
use strikebook_core::{Error, Result};
use strikebook_storage_sql::{
    Connection as _, Session as _,
    file::{DatabaseFile, Location, Mark},
};

use crate::{connection::DuckdbConnection, error::classify};

/// The log of changes that are not in the file yet.
pub(crate) const LOG: &str = ".wal";
/// The folder for what does not fit into memory.
pub(crate) const SPILL: &str = ".tmp";
/// All logs that DuckDB may replay.
const LOGS: [&str; 3] = [LOG, ".wal.checkpoint", ".wal.recovery"];

/// The storage versions that a file can be written in: each is read by the release of its name and all later ones.
pub(crate) const STORAGE_VERSIONS: [&str; 6] = ["v1.0.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v2.0.0"];
/// The words for them in an error.
pub(crate) const ONE_OF_STORAGE_VERSIONS: &str = "v1.0.0, v1.2.0, v1.3.0, v1.4.0, v1.5.0 or v2.0.0";
/// The one of new files.
const DEFAULT_STORAGE_VERSION: &str = "v1.2.0";

/// The requirements that a database is opened with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) create: bool,
    pub(crate) read_only: bool,
    /// The storage version that the file must have, if one is asked for.
    pub(crate) storage_version: Option<&'static str>,
}

/// Opens the connection that writes.
pub(crate) fn open(location: &Location, access: Access, config: Config) -> Result<DuckdbConnection> {
    let Location::File(path) = location else {
        if access.storage_version.is_some() {
            return Err(Error::invalid_config("a database in memory has no storage version")
                .with("expected", "storage_version with a file"));
        }
        return DuckdbConnection::open(":memory:", config, None, false);
    };
    let file = match DatabaseFile::find(path)? {
        Some(file) => file,
        None if access.create && !access.read_only => {
            let version = access.storage_version.unwrap_or(DEFAULT_STORAGE_VERSION);
            DatabaseFile::create(path, &LOGS, |new| fill(new, version))?
        }
        None => {
            return Err(Error::invalid_config("the database file does not exist").with("path", path.display()));
        }
    };
    file.check_log(LOG, || mark(&file))?;
    if !access.read_only {
        file.create_folder_beside(SPILL)?;
    }
    let mut connection = DuckdbConnection::open(path, config, Some(file), access.read_only)?;
    if let Some(file) = connection.file() {
        file.check()?;
    }
    note_storage_version(&mut connection, access)?;
    Ok(connection)
}

/// Settings that all connections have: nothing may reach for the network, and no statement of ours touches another
/// file.
pub(crate) fn isolated() -> duckdb::Result<Config> {
    Config::default().enable_autoload_extension(false)
}

/// Creates a database with a mark.
fn fill(path: &Path, version: &str) -> Result<()> {
    let config =
        isolated().and_then(|config| config.with("storage_compatibility_version", version)).map_err(classify)?;
    let connection = duckdb::Connection::open_with_flags(path, config).map_err(classify)?;
    let sql = format!(
        "CREATE TABLE strikebook_file (mark VARCHAR NOT NULL, storage_version VARCHAR NOT NULL); \
         INSERT INTO strikebook_file VALUES ('{}', '{version}'); \
         CHECKPOINT",
        Mark::random()
    );
    connection.execute_batch(&sql).map_err(classify)?;
    connection.close().map_err(|(_, error)| classify(error))
}

/// The mark that a file has without its log: DuckDB looks for a log beside the name by which it opened the file.
fn mark(file: &DatabaseFile) -> Result<Option<Mark>> {
    let (_folder, path) = file.without_logs()?;
    let config = isolated().and_then(|config| config.access_mode(AccessMode::ReadOnly)).map_err(classify)?;
    let mut connection = DuckdbConnection::open(&path, config, None, true)?;
    if !connection.is_marked()? {
        return Ok(None);
    }
    let mut mark = None;
    connection.query("SELECT mark FROM strikebook_file", &[], &mut |row| {
        mark = row.text(0)?.and_then(Mark::parse);
        Ok(())
    })?;
    Ok(mark)
}

/// Compares the file's storage version with the one that is asked for, and keeps the file's note of it true: a copy by
/// hand may have another one.
fn note_storage_version(connection: &mut DuckdbConnection, access: Access) -> Result<()> {
    let mut found = None;
    let sql = "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = current_database()";
    connection.query(sql, &[], &mut |row| {
        found = row.text(0)?.map(|version| version.trim_end_matches('+').to_owned());
        Ok(())
    })?;
    let found = found.ok_or_else(|| Error::internal("DuckDB does not know the storage version of its own file"))?;
    if let Some(wanted) = access.storage_version.filter(|wanted| *wanted != found) {
        return Err(Error::invalid_config("the file has another storage version, and an existing file keeps its own")
            .with("found", found)
            .with("expected", wanted));
    }
    if access.read_only || !connection.is_marked()? {
        return Ok(());
    }
    let mut noted = None;
    connection.query("SELECT storage_version FROM strikebook_file", &[], &mut |row| {
        noted = row.text(0)?.map(str::to_owned);
        Ok(())
    })?;
    if noted.as_ref() == Some(&found) {
        return Ok(());
    }
    connection.begin(true)?;
    connection.execute("UPDATE strikebook_file SET storage_version = $1", &[found.as_str().into()])?;
    connection.commit()
}
