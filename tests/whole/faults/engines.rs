//! The embedded engines, and how their files are made without strikebook.

use std::path::Path;

use strikebook::{Source, market::OptionQuote};

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

/// One quote.
pub(crate) fn quote() -> strikebook::Result<OptionQuote> {
    let at = "2025-09-25T20:00:00Z".parse()?;
    Ok(OptionQuote::new("SPY251017P00650000".parse()?, at, Source::new("test")?).with_market(Some(5.1), Some(5.2)))
}

/// Runs statements on a database file without strikebook.
pub(crate) fn run(engine: &str, path: &Path, sql: &str) {
    try_run(engine, path, sql).expect(sql);
}

/// Runs statements on a database file without strikebook, if it lets them.
pub(crate) fn try_run(engine: &str, path: &Path, sql: &str) -> Result<(), String> {
    match engine {
        #[cfg(feature = "sqlite")]
        "sqlite" => rusqlite::Connection::open(path).expect("opened").execute_batch(sql).map_err(|e| e.to_string()),
        #[cfg(feature = "duckdb")]
        "duckdb" => duckdb::Connection::open(path).expect("opened").execute_batch(sql).map_err(|e| e.to_string()),
        _ => panic!("{engine} is not compiled in"),
    }
}
