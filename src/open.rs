//! Stores opened by their URLs.

use std::sync::Arc;

use strikebook_core::{Error, Result, Store, memory::MemoryStore};

/// The schemes of store URLs, with the form of the URL and the feature that enables each.
const SCHEMES: [(&str, &str, &str); 5] = [
    ("memory", "memory:", ""),
    ("sqlite", "sqlite:PATH or sqlite::memory:", "sqlite"),
    ("duckdb", "duckdb:PATH or duckdb::memory:", "duckdb"),
    ("postgres", "postgres://USER:PASSWORD@HOST/DATABASE", "timescale"),
    ("postgresql", "postgresql://USER:PASSWORD@HOST/DATABASE", "timescale"),
];

/// Opens a store by its URL, and creates or migrates the schema if needed.
///
/// | URL | engine | feature |
/// |---|---|---|
/// | `memory:` | a store in memory, deleted with the process | none |
/// | `sqlite:PATH`, `sqlite::memory:` | SQLite | `sqlite` (default) |
/// | `duckdb:PATH`, `duckdb::memory:` | DuckDB | `duckdb` |
/// | `postgres://USER:PASSWORD@HOST/DATABASE` | TimescaleDB or PostgreSQL | `timescale` |
///
/// Options follow a question mark, as in `sqlite:book.db?allow_simulated=true`. Every engine has `allow_simulated`,
/// which accepts rows of simulated sources (default `false`). Every engine except memory has `migrate`, which applies
/// pending migrations (default `true`), and `slow`, the time from which on a call is logged as slow (default `1s`). An
/// unknown option is an error that lists the known ones.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use strikebook::{ErrorKind, open};
///
/// let store = open("sqlite::memory:").await?;
/// assert_eq!(store.capabilities().engine, "sqlite");
///
/// let error = open("oracle:book").await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidConfig);
/// # Ok::<(), strikebook::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
/// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for an unknown scheme, one whose feature is not enabled
/// (the error names it), or a wrong option; otherwise the errors of the engine's own `open`. An error contains a file's
/// path or a server's host, port and schema, and no other part of the URL.
///
/// # Cancel safety
/// A dropped call may leave migrations applied, but none in part.
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        "memory" => memory(url),
        #[cfg(feature = "sqlite")]
        "sqlite" => strikebook_storage_sqlite::open(url).await,
        #[cfg(feature = "duckdb")]
        "duckdb" => strikebook_storage_duckdb::open(url).await,
        #[cfg(feature = "timescale")]
        "postgres" | "postgresql" => strikebook_storage_timescale::open(url).await,
        _ => Err(refuse(scheme).in_operation("open")),
    }
}

/// Returns the scheme of a URL if it is a known one.
pub(crate) fn known_scheme(url: &str) -> Option<&'static str> {
    let (scheme, _) = url.split_once(':')?;
    SCHEMES.iter().map(|(known, ..)| *known).find(|known| *known == scheme)
}

fn refuse(scheme: &str) -> Error {
    if let Some((_, _, feature)) = SCHEMES.iter().find(|(known, ..)| *known == scheme) {
        return Error::invalid_config("the engine of this scheme is not compiled in: enable its feature")
            .with("scheme", scheme)
            .with("feature", feature);
    }
    let known: Vec<_> = SCHEMES.iter().map(|(_, form, _)| *form).collect();
    // The unknown scheme is not echoed: it may be the beginning of a login.
    Error::invalid_config("the scheme of the store's URL is unknown").with("expected", known.join(", "))
}

fn memory(url: &str) -> Result<Arc<dyn Store>> {
    let store = MemoryStore::new();
    match url {
        "memory:" | "memory:?allow_simulated=false" => Ok(Arc::new(store)),
        "memory:?allow_simulated=true" => Ok(Arc::new(store.with_simulated())),
        _ => Err(Error::invalid_config("a store in memory takes no path and one option only")
            .with("expected", "memory: or memory:?allow_simulated=true")
            .in_operation("open")
            .on_backend("memory")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_scheme_names_the_expected_ones() {
        let error = refuse("oracle");
        assert!(
            error.context("expected").is_some_and(|known| known.contains("sqlite:PATH") && known.contains("memory:"))
        );
        let error = refuse("duckdb");
        assert_eq!(error.context("feature"), Some("duckdb"));
    }

    #[test]
    fn memory_takes_one_option() {
        assert!(memory("memory:").is_ok_and(|store| !store.capabilities().simulated));
        assert!(memory("memory:?allow_simulated=true").is_ok_and(|store| store.capabilities().simulated));
        assert!(memory("memory:book").is_err());
        assert!(memory("memory:?colour=red").is_err());
    }
}
