//! Engines in this process: memory, and those that keep a file.

use std::sync::Arc;

use async_trait::async_trait;
use strikebook::{Error, ErrorKind, Result, Store};
#[cfg(feature = "duckdb")]
use strikebook_testkit::Inspection;
use strikebook_testkit::{Harness, Options, Place};
use tempfile::TempDir;

fn url(base: &str, options: Options) -> String {
    format!("{base}?allow_simulated={}", options.allow_simulated)
}

/// The store in memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory;

#[async_trait]
impl Harness for Memory {
    fn engine(&self) -> &'static str {
        "memory"
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        Ok(Box::new(Memory))
    }
}

#[async_trait]
impl Place for Memory {
    async fn open(&self, options: Options) -> Result<Arc<dyn Store>> {
        strikebook::open(&url("memory:", options)).await
    }
}

/// An engine that keeps one file.
#[derive(Clone, Copy, Debug)]
pub struct File {
    scheme: &'static str,
    extension: &'static str,
}

impl File {
    /// Names the engine, which is the scheme of its URLs, and the extension of its files.
    pub const fn new(scheme: &'static str, extension: &'static str) -> Self {
        Self { scheme, extension }
    }
}

#[async_trait]
impl Harness for File {
    fn engine(&self) -> &'static str {
        self.scheme
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        let directory = tempfile::tempdir()
            .map_err(|error| Error::new(ErrorKind::Internal, "no temporary directory").caused_by(error))?;
        let base =
            format!("{}:{}", self.scheme, directory.path().join("store").with_extension(self.extension).display());
        Ok(Box::new(FilePlace { base, _directory: directory }))
    }
}

struct FilePlace {
    base: String,
    _directory: TempDir,
}

#[async_trait]
impl Place for FilePlace {
    async fn open(&self, options: Options) -> Result<Arc<dyn Store>> {
        strikebook::open(&url(&self.base, options)).await
    }

    #[cfg(feature = "duckdb")]
    async fn inspect(&self) -> Result<Inspection> {
        let Some(path) = self.base.strip_prefix("duckdb:") else { return Ok(Inspection::default()) };
        let failed = |error| Error::new(ErrorKind::Internal, "cannot inspect the database file").caused_by(error);
        let database = duckdb::Connection::open(path).map_err(failed)?;
        let sql = "SELECT count(*) > 0 FROM pragma_storage_info('option_quotes') \
                   WHERE segment_type <> 'VALIDITY' AND compression <> 'Uncompressed'";
        let compression = database.query_row(sql, [], |row| row.get(0)).map_err(failed)?;
        Ok(Inspection { compression, ..Inspection::default() })
    }
}
