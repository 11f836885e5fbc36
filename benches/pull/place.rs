//! The place of a store during a measurement.

use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};
use tokio_postgres::NoTls;

use crate::Result;

pub(crate) const ENGINES: [&str; 5] = ["memory", "sqlite", "duckdb", "timescale", "postgres"];

/// A place of one store, which is removed when it is dropped.
pub(crate) enum Place {
    Memory,
    File { scheme: &'static str, folder: TempDir },
    Schema { url: String, name: String, runtime: Handle },
}

impl Place {
    /// Creates a place for an engine; `None` if the environment names no server.
    pub(crate) fn of(engine: &'static str, runtime: &Runtime) -> Result<Option<Self>> {
        let variable = match engine {
            "memory" => return Ok(Some(Self::Memory)),
            "sqlite" | "duckdb" => return Ok(Some(Self::File { scheme: engine, folder: tempfile::tempdir()? })),
            "timescale" => "STRIKEBOOK_TEST_TIMESCALE_URL",
            _ => "STRIKEBOOK_TEST_POSTGRES_URL",
        };
        let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
        let name = format!("bench_pull_{}", std::process::id());
        Ok(url.map(|url| Self::Schema { url, name, runtime: runtime.handle().clone() }))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Memory => "memory:?allow_simulated=true".to_owned(),
            Self::File { scheme, folder } => {
                format!("{scheme}:{}?allow_simulated=true", folder.path().join("store").display())
            }
            Self::Schema { url, name, .. } => {
                let mark = if url.contains('?') { '&' } else { '?' };
                format!("{url}{mark}schema={name}&allow_simulated=true")
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::Schema { url, name, runtime } = self else { return };
        let dropped = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            runtime.spawn(connection);
            client.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await
        });
        if let Err(error) = dropped {
            eprintln!("the schema {name} is left over: {error}");
        }
    }
}
