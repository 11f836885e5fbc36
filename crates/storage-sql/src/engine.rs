//! The port that an adapter implements.

use async_trait::async_trait;
use strikebook_core::{
    Capabilities, Result, Timestamp,
    maintenance::{Compacted, Dataset, DiskSize},
};

use crate::{dialect::Dialect, migrate::Migration, session::Session};

/// An engine: where transactions come from.
///
/// A job that writes runs in one transaction, which is committed when the job succeeds **and** its caller still waits
/// for it, and rolled back otherwise. A job that panics is rolled back and reported as
/// [`Internal`](strikebook_core::ErrorKind::Internal).
#[async_trait]
pub trait Engine: std::fmt::Debug + Send + Sync + 'static {
    /// Returns the engine's words and searches.
    fn dialect(&self) -> &'static Dialect;

    /// The engine's migrations, in order.
    fn migrations(&self) -> &'static [Migration];

    /// Returns the name, version and abilities of the opened engine. The store fills `simulated` in.
    fn capabilities(&self) -> Capabilities;

    /// Runs a job that only reads. Each of its statements sees what is committed when it starts: most jobs have but
    /// one, and a transaction around it would double the cost of a small query.
    async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static;

    /// Runs a job that only reads and sees one state of the database from its first to its last statement.
    async fn snapshot<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static;

    /// Runs a job that writes.
    async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static;

    /// Returns the bytes of the database on disk; `None` for one in memory.
    async fn disk_size(&self) -> Result<Option<DiskSize>>;

    /// Compresses the partitions of a dataset that end by an instant, each in a transaction of its own, and returns the
    /// number of those that were not compressed. By default there is nothing to compress.
    async fn compress(&self, _dataset: Dataset, _before: Timestamp) -> Result<u64> {
        self.read(|_| Ok(0)).await
    }

    /// Refreshes the materialised aggregates of a dataset with the rows before an instant. By default there are none.
    async fn refresh_aggregates(&self, _dataset: Dataset, _until: Timestamp) -> Result<()> {
        self.read(|_| Ok(())).await
    }

    /// Gives the space of deleted rows back and brings the planner's statistics up to date.
    async fn compact(&self) -> Result<Compacted>;

    /// Waits for running jobs and closes every connection. Later calls are refused with
    /// [`Closed`](strikebook_core::ErrorKind::Closed).
    async fn close(&self) -> Result<()>;
}
