//! Opening a database: creating its file, making sure that its log is its own, reading where nothing can be written.

use std::{fmt::Write as _, fs::File, io::Read as _, mem::ManuallyDrop, path::Path};

use rusqlite::{OpenFlags, OptionalExtension as _};
use strikebook_core::{Error, ErrorKind, Result};
use strikebook_storage_sql::file::{DatabaseFile, Location, Mark};

use crate::{
    connection::{Settings, SqliteConnection},
    error::classify,
};

/// The log that SQLite writes ahead.
pub(crate) const LOG: &str = "-wal";
/// The log of how to go back, which our databases do not use.
const JOURNAL: &str = "-journal";
/// Starts a journal that SQLite would roll back.
const JOURNAL_MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// The requirements that a database is opened with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) create: bool,
    pub(crate) read_only: bool,
    /// True if nobody writes the file, so that neither locks nor a log are needed. `None` stands for true where the
    /// file has no log and cannot be read otherwise.
    pub(crate) immutable: Option<bool>,
}

/// Opens the connection that writes and those that read.
pub(crate) fn open(
    location: &Location,
    access: Access,
    readers: usize,
    settings: &Settings,
) -> Result<(SqliteConnection, Vec<SqliteConnection>)> {
    let Location::File(path) = location else {
        // A database in memory belongs to its one connection.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        return Ok((SqliteConnection::open(Path::new(":memory:"), flags, settings, false)?, Vec::new()));
    };
    let file = match DatabaseFile::find(path)? {
        Some(file) => file,
        None if access.create && !access.read_only => DatabaseFile::create(path, &[LOG, JOURNAL], fill)?,
        None => {
            return Err(Error::invalid_config("the database file does not exist").with("path", path.display()));
        }
    };
    check_logs(&file)?;
    let writer = if access.read_only { read(&file, access.immutable, settings)? } else { write(&file, settings)? };
    let flags = if access.read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let readers = (0..readers).map(|_| writer.reader(flags, settings)).collect::<Result<_>>()?;
    Ok((writer, readers))
}

fn write(file: &DatabaseFile, settings: &Settings) -> Result<SqliteConnection> {
    if file.length_beside("") == 0 {
        fill(file.path())?;
    }
    SqliteConnection::open(file.path(), OpenFlags::SQLITE_OPEN_READ_WRITE, settings, false)?
        .of_file(file.clone(), false)
}

fn read(file: &DatabaseFile, immutable: Option<bool>, settings: &Settings) -> Result<SqliteConnection> {
    let open = |path: &Path, flags: OpenFlags, immutable: bool| {
        let flags = flags | OpenFlags::SQLITE_OPEN_READ_ONLY;
        SqliteConnection::open(path, flags, settings, true)?.of_file(file.clone(), immutable)
    };
    let logged = file.length_beside(LOG) > 0;
    let unchanging = || open(Path::new(&uri(file.path())?), OpenFlags::SQLITE_OPEN_URI, true);
    if immutable == Some(true) {
        if logged {
            return Err(Error::invalid_config("the database has a log, which immutable=true would not read")
                .with("log", file.beside(LOG).display())
                .with("expected", "a database that was closed"));
        }
        return unchanging();
    }
    match open(file.path(), OpenFlags::empty(), false) {
        // SQLite shares the log's index among processes, in a file that it can neither find nor create.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidConfig) => {
            if logged {
                let expected =
                    "a database that was closed, one that a process has open, or a folder that can be written to";
                return Err(error.with("log", file.beside(LOG).display()).with("expected", expected));
            }
            if immutable.is_none() { unchanging() } else { Err(error) }
        }
        opened => opened,
    }
}

/// Makes an empty file a database with a mark. Other processes may do so at the same time.
fn fill(path: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(classify)?;
    let mark = Mark::random();
    let sql = format!(
        "BEGIN EXCLUSIVE; \
         CREATE TABLE IF NOT EXISTS strikebook_file (mark TEXT NOT NULL) STRICT; \
         INSERT INTO strikebook_file (mark) SELECT '{mark}' WHERE NOT EXISTS (SELECT 1 FROM strikebook_file); \
         COMMIT; \
         PRAGMA journal_mode = WAL"
    );
    connection.execute_batch(&sql).map_err(classify)?;
    connection.close().map_err(|(_, error)| classify(error))
}

/// Refuses logs that SQLite would replay although they belong to another database.
fn check_logs(file: &DatabaseFile) -> Result<()> {
    let refused = |message: &'static str, log: &str| {
        Err(Error::corrupt(message)
            .with("log", file.beside(log).display())
            .with("expected", "no such file: move it away, or restore the database that it belongs to"))
    };
    if file.length_beside("") == 0 && file.length_beside(LOG) > 0 {
        return refused("a log lies beside an empty database file", LOG);
    }
    file.check_log(LOG, || mark(file.path()))?;
    let mut start = [0; JOURNAL_MAGIC.len()];
    let journal = File::open(file.beside(JOURNAL)).and_then(|mut journal| journal.read_exact(&mut start));
    if journal.is_ok() && start == JOURNAL_MAGIC && mark(file.path())?.is_some() {
        return refused("a rollback journal lies beside a database that keeps none", JOURNAL);
    }
    Ok(())
}

/// Returns the mark that a file has without its log.
///
/// A checkpoint moves pages from the log into the file one by one. A process that was killed meanwhile, or that is
/// about it now, leaves a file which SQLite cannot read without the log; the mark is looked for in the bytes then.
fn mark(path: &Path) -> Result<Option<Mark>> {
    match read_mark(path) {
        Err(damaged) if damaged.kind() == ErrorKind::Corrupt => find_mark(path).ok_or(damaged).map(Some),
        read => read,
    }
}

/// Finds the mark of a file among its bytes.
fn find_mark(path: &Path) -> Option<Mark> {
    // The file is never closed, since that would let go of all the locks that this process has on it.
    let file = ManuallyDrop::new(File::open(path).ok()?);
    Mark::last_in(&*file).ok().flatten()
}

/// Reads the mark of a file. Only SQLite opens and closes the file, since another close would let go of all the locks
/// that this process has on it.
fn read_mark(path: &Path) -> Result<Option<Mark>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = rusqlite::Connection::open_with_flags(uri(path)?, flags).map_err(classify)?;
    if !is_marked(&connection)? {
        return Ok(None);
    }
    let text: Option<String> =
        connection.query_row("SELECT mark FROM strikebook_file", [], |row| row.get(0)).optional().map_err(classify)?;
    Ok(text.and_then(|text| Mark::parse(&text)))
}

/// Tells if the database has a mark.
pub(crate) fn is_marked(connection: &rusqlite::Connection) -> Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'strikebook_file'";
    let found = connection.query_row(sql, [], |_| Ok(())).optional().map_err(classify)?;
    Ok(found.is_some())
}

/// The URI of a file that does not change.
pub(crate) fn uri(path: &Path) -> Result<String> {
    let failed = |error| Error::invalid_config("the path has no absolute form").caused_by(error);
    let path = std::path::absolute(path).map_err(failed)?;
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => uri.push(char::from(*byte)),
            // Writing to a `String` cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    Ok(uri)
}
