//! Access of the suite to an engine: a harness creates places, and a place opens stores.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use strikebook_core::{Result, Store};

/// The options with which a store is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// True if the store accepts simulated rows.
    pub allow_simulated: bool,
}

/// An engine under test.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// Returns the engine's name, with which the names of its tests begin.
    fn engine(&self) -> &'static str;

    /// Returns the part of the contract that the engine is made for.
    fn scope(&self) -> Scope {
        Scope::WHOLE
    }

    /// Makes a new and empty place for a store: a directory, a schema.
    ///
    /// # Errors
    /// [`Unavailable`](strikebook_core::ErrorKind::Unavailable), saying why, when the engine is missing here, so that
    /// the test is ignored. Any other error fails the test.
    async fn place(&self) -> Result<Box<dyn Place>>;
}

#[async_trait]
impl Harness for Arc<dyn Harness> {
    fn engine(&self) -> &'static str {
        (**self).engine()
    }

    fn scope(&self) -> Scope {
        (**self).scope()
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        (**self).place().await
    }
}

/// A family of subjects, which has a folder of its own in each layer of strikebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Contracts, quotes, bars and economic series.
    Market,
    /// Greeks, models, features and predictions.
    Analytics,
    /// Signals, orders, positions, accounts and the journal.
    Trading,
    /// Users, runs, caches, events and the audit.
    Operations,
}

/// The part of the contract that an engine is made for. Cases outside of it are not among the engine's tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The families that the engine stores. Cases of the store as a whole need all of them.
    pub families: &'static [Family],
    /// True if the ports' writing methods work. Otherwise only cases that check answers are among the tests. These
    /// write their rows through the store that [`Place::open`] returns: the harness of a read-only engine returns one
    /// that brings the rows into the place in the engine's own way and lets the engine answer.
    pub writes: bool,
}

impl Scope {
    /// The scope of every case.
    pub const WHOLE: Self =
        Self { families: &[Family::Market, Family::Analytics, Family::Trading, Family::Operations], writes: true };

    pub(crate) fn is_whole(self) -> bool {
        Self::WHOLE.families.iter().all(|family| self.families.contains(family))
    }
}

/// The location of a store's rows. Dropping a place deletes everything in it.
#[async_trait]
pub trait Place: Send + Sync {
    /// Opens a store here, with its schema up to date. A case closes a store before it opens the next, and a durable
    /// engine then finds the rows of the one before; only where the engine is
    /// [`multi_process`](strikebook_core::Capabilities::multi_process) it may have several open at once.
    async fn open(&self, options: Options) -> Result<Arc<dyn Store>>;

    /// Looks at the stored rows without the store, while none is open. The suite compares what is found with the
    /// store's
    /// [capabilities](strikebook_core::Capabilities). An engine that has none of this needs no method of its own.
    async fn inspect(&self) -> Result<Inspection> {
        Ok(Inspection::default())
    }
}

/// Facts about stored rows that the engine's own tools report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// True if there is a table in partitions.
    pub partitions: bool,
    /// True if some rows are compressed.
    pub compression: bool,
    /// True if an aggregate is materialised.
    pub continuous_aggregates: bool,
}

/// The environment of a case.
pub struct Bench {
    harness: Arc<dyn Harness>,
    place: Box<dyn Place>,
}

impl Bench {
    /// Creates a bench with a new and empty place.
    pub async fn new(harness: Arc<dyn Harness>) -> Result<Self> {
        Ok(Self { place: harness.place().await?, harness })
    }

    /// Creates a bench with a new and empty place on the same engine.
    pub async fn another(&self) -> Result<Self> {
        Self::new(self.harness()).await
    }

    /// Returns the engine under test.
    pub fn harness(&self) -> Arc<dyn Harness> {
        Arc::clone(&self.harness)
    }

    /// Opens the store that refuses simulated rows.
    pub async fn open(&self) -> Result<Arc<dyn Store>> {
        self.place.open(Options::default()).await
    }

    /// Looks at the stored rows without the store.
    pub async fn inspect(&self) -> Result<Inspection> {
        self.place.inspect().await
    }

    /// Opens a store of this place with options.
    pub async fn open_with(&self, options: Options) -> Result<Arc<dyn Store>> {
        self.place.open(options).await
    }
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench").field("engine", &self.harness.engine()).finish_non_exhaustive()
    }
}
