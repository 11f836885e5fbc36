//! How the suite gets at an engine: a harness makes places, a place opens stores.

use std::{
    collections::BTreeSet,
    env, fmt,
    io::{Write, stderr},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use strikebook_core::{Error, ErrorKind, Result, Store};
use tokio::runtime::{Builder, Runtime};

/// When this environment variable is `1`, an engine that is not to be had fails its cases instead of skipping them.
pub const REQUIRE_ALL: &str = "STRIKEBOOK_TEST_REQUIRE_ALL";

/// How a store is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether simulated rows are accepted.
    pub allow_simulated: bool,
}

/// An engine under test.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// What the engine is called in messages.
    fn engine(&self) -> &'static str;

    /// A new and empty place for a store: a directory, a schema.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable), saying why, when the engine is not to be had here, so that the case is
    /// skipped. Any other error fails the case.
    async fn place(&self) -> Result<Box<dyn Place>>;
}

/// Where a store's rows live. Dropping it takes everything in it away.
#[async_trait]
pub trait Place: Send + Sync {
    /// Opens a store here, with its schema up to date. A case closes a store before it opens the next, and a durable
    /// engine then finds the rows of the one before; only where the engine is
    /// [`multi_process`](strikebook_core::Capabilities::multi_process) it may have several open at once.
    async fn open(&self, options: Options) -> Result<Arc<dyn Store>>;
}

/// What a case works with.
pub struct Bench {
    harness: Arc<dyn Harness>,
    place: Box<dyn Place>,
}

impl Bench {
    /// A bench with a new and empty place.
    pub async fn new(harness: Arc<dyn Harness>) -> Result<Self> {
        Ok(Self { place: harness.place().await?, harness })
    }

    /// A bench with a new and empty place on the same engine.
    pub async fn another(&self) -> Result<Self> {
        Self::new(self.harness()).await
    }

    /// The engine under test.
    pub fn harness(&self) -> Arc<dyn Harness> {
        Arc::clone(&self.harness)
    }

    /// Opens the store that refuses simulated rows.
    pub async fn open(&self) -> Result<Arc<dyn Store>> {
        self.place.open(Options::default()).await
    }

    /// Opens a store.
    pub async fn open_with(&self, options: Options) -> Result<Arc<dyn Store>> {
        self.place.open(options).await
    }
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench").field("engine", &self.harness.engine()).finish_non_exhaustive()
    }
}

/// Runs a case on a runtime of one thread.
pub fn run(harness: impl Harness, case: impl AsyncFnOnce(&Bench) -> Result<()>) {
    run_on(Builder::new_current_thread().enable_all().build(), Arc::new(harness), case);
}

/// Runs a case on a runtime of several threads.
pub fn run_on_threads(harness: impl Harness, case: impl AsyncFnOnce(&Bench) -> Result<()>) {
    run_on(Builder::new_multi_thread().worker_threads(4).enable_all().build(), Arc::new(harness), case);
}

fn run_on(runtime: std::io::Result<Runtime>, harness: Arc<dyn Harness>, case: impl AsyncFnOnce(&Bench) -> Result<()>) {
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    let engine = harness.engine();
    let done = runtime.block_on(async {
        match Bench::new(harness).await {
            Ok(bench) => case(&bench).await,
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                skip(engine, &error);
                Ok(())
            }
            Err(error) => Err(error),
        }
    });
    if let Err(error) = done {
        panic!("{engine}: {error:?}");
    }
}

/// Says once for each engine and reason that its cases are skipped, past the test runner, which hides what a passing
/// test prints.
fn skip(engine: &'static str, why: &Error) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let line = format!("skipped: {engine}: {why}");
    let required = env::var_os(REQUIRE_ALL).is_some_and(|value| value == "1");
    assert!(!required, "{REQUIRE_ALL}=1, but {line}");
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(line.clone()) {
        // Nothing can be done about a standard error that is closed.
        let _ = writeln!(stderr(), "{line}");
    }
}
