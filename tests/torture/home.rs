//! The database that a writer is killed over.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

#[cfg(feature = "timescale")]
use strikebook_tests::server::{Schema, Server};

/// An empty database: a folder with a file, or a schema of a server.
#[derive(Debug)]
pub(crate) enum Home {
    /// A file in a folder of its own.
    File {
        /// The engine, which is the scheme of the URL.
        engine: &'static str,
        /// The folder of the file.
        folder: PathBuf,
    },
    /// A schema of its own.
    #[cfg(feature = "timescale")]
    Server(Schema),
}

impl Home {
    /// Makes an empty database of an engine.
    pub(crate) fn new(engine: &str) -> Result<Self, String> {
        match engine {
            "memory" => Err("a store in memory holds nothing that could survive a kill".to_owned()),
            #[cfg(feature = "sqlite")]
            "sqlite" => Self::file("sqlite"),
            #[cfg(feature = "duckdb")]
            "duckdb" => Self::file("duckdb"),
            #[cfg(feature = "timescale")]
            "postgres" => Ok(Self::Server(Server::PLAIN.schema().map_err(|error| format!("{error:#}"))?)),
            #[cfg(feature = "timescale")]
            "timescale" => Ok(Self::Server(Server::TIMESCALE.schema().map_err(|error| format!("{error:#}"))?)),
            _ => Err(format!("unknown engine `{engine}`; expected sqlite, duckdb, postgres or timescale")),
        }
    }

    fn file(engine: &'static str) -> Result<Self, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("strikebook-torture-{}-{number}", process::id()));
        fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self::File { engine, folder })
    }

    /// Returns the URL under which the store is opened.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File { engine, folder } => format!("{engine}:{}", folder.join("store.db").display()),
            #[cfg(feature = "timescale")]
            Self::Server(schema) => schema.url(),
        }
    }

    /// Returns true if a server may still be busy with a killed client's last statement.
    pub(crate) fn is_server(&self) -> bool {
        !matches!(self, Self::File { .. })
    }

    /// Runs the engine's own check of its file, where the engine has one.
    pub(crate) fn check_integrity(&self) -> Result<(), String> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::File { engine: "sqlite", folder } => {
                let failed = |error: rusqlite::Error| format!("integrity check: {error}");
                let database = rusqlite::Connection::open(folder.join("store.db")).map_err(failed)?;
                let found: String =
                    database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(failed)?;
                if found == "ok" { Ok(()) } else { Err(format!("integrity check: {found}")) }
            }
            _ => Ok(()),
        }
    }

    /// Removes the folder or schema with everything in it.
    pub(crate) fn remove(self) {
        match self {
            Self::File { folder, .. } => {
                if let Err(error) = fs::remove_dir_all(&folder) {
                    eprintln!("{} is left over: {error}", folder.display());
                }
            }
            #[cfg(feature = "timescale")]
            Self::Server(schema) => drop(schema),
        }
    }

    /// Leaves the database where it is, and returns its place.
    pub(crate) fn keep(self) -> String {
        match self {
            Self::File { folder, .. } => folder.display().to_string(),
            #[cfg(feature = "timescale")]
            Self::Server(schema) => {
                let name = schema.name().to_owned();
                std::mem::forget(schema);
                format!("the schema {name}")
            }
        }
    }
}
