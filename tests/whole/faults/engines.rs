//! The embedded engines, and how their files are made without strikebook.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use strikebook::{Result, Source, Store, market::OptionQuote, open};
use tempfile::TempDir;

/// The embedded engines of this build.
pub(crate) const ENGINES: &[&str] = &[
    #[cfg(feature = "sqlite")]
    "sqlite",
    #[cfg(feature = "duckdb")]
    "duckdb",
];

/// The URL of a file.
pub(crate) fn url(engine: &str, path: &Path) -> String {
    format!("{engine}:{}", path.display())
}

/// A file of an embedded engine that is not there yet, in a folder of its own.
pub(crate) struct Book {
    pub(crate) engine: &'static str,
    pub(crate) path: PathBuf,
    folder: TempDir,
}

impl Book {
    /// Chooses the file of an engine.
    pub(crate) fn new(engine: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        Self { engine, path: folder.path().join("book"), folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn open(&self) -> Result<Arc<dyn Store>> {
        open(&url(self.engine, &self.path)).await
    }

    /// Opens the file with options, such as `read_only=true`.
    pub(crate) async fn open_with(&self, options: &str) -> Result<Arc<dyn Store>> {
        open(&format!("{}?{options}", url(self.engine, &self.path))).await
    }

    /// Runs statements on the file without strikebook.
    pub(crate) fn run(&self, sql: &str) {
        run(self.engine, &self.path, sql);
    }
}

/// Returns a file of each embedded engine of this build.
pub(crate) fn books() -> impl Iterator<Item = Book> {
    ENGINES.iter().copied().map(Book::new)
}

/// One quote.
pub(crate) fn quote() -> Result<OptionQuote> {
    let at = "2025-09-25T20:00:00Z".parse()?;
    Ok(OptionQuote::new("SPY251017P00650000".parse()?, at, Source::new("test")?).with_market(Some(5.1), Some(5.2)))
}

/// Runs statements on a database file without strikebook.
pub(crate) fn run(engine: &str, path: &Path, sql: &str) {
    try_run(engine, path, sql).expect(sql);
}

/// Runs statements on a database file without strikebook, if it lets them.
pub(crate) fn try_run(engine: &str, path: &Path, sql: &str) -> std::result::Result<(), String> {
    match engine {
        #[cfg(feature = "sqlite")]
        "sqlite" => rusqlite::Connection::open(path).expect("opened").execute_batch(sql).map_err(|e| e.to_string()),
        #[cfg(feature = "duckdb")]
        "duckdb" => duckdb::Connection::open(path).expect("opened").execute_batch(sql).map_err(|e| e.to_string()),
        _ => panic!("{engine} is not compiled in"),
    }
}
