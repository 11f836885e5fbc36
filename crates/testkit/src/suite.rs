//! The suite: which cases run on an engine, and how.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use strikebook_core::{Capabilities, ErrorKind, Result};
use tokio::runtime::{Builder, Runtime};

use crate::{
    Bench, Family, Harness,
    case::Case,
    concurrency, directory, eviction, input, maintenance, model, policy, store,
    trial::{self, Trial},
    unit,
};

/// Returns the contract's tests for an engine, each named `ENGINE::SUBJECT::CASE`. The harness's
/// [scope](Harness::scope) decides which cases are among them.
pub fn contract(harness: impl Harness) -> Vec<Trial> {
    let scope = harness.scope();
    let engine = Arc::new(Engine { harness: Arc::new(harness), capabilities: OnceLock::new() });
    let mut trials = Vec::new();
    for Subject { family, name, cases } in subjects() {
        // Cases that concern several families need a store of all families.
        let is_in_scope = family.map_or(scope.is_whole(), |family| scope.families.contains(&family));
        for case in cases.into_iter().filter(|case| is_in_scope && (scope.writes || case.reads)) {
            let (test, engine) = (format!("{}::{name}::{}", engine.harness.engine(), case.name), Arc::clone(&engine));
            trials.push(Trial::new(test, move || engine.run(&case)));
        }
    }
    trials
}

/// Cases about one subject.
struct Subject {
    /// `None` where the cases concern the store as a whole.
    family: Option<Family>,
    name: &'static str,
    cases: Vec<Case>,
}

/// Returns all cases. A module whose cases are not listed here is unused, which the compiler reports.
fn subjects() -> Vec<Subject> {
    macro_rules! subjects {
        ($($family:expr => $($subject:ident),+;)+) => {
            vec![$($(Subject { family: $family, name: stringify!($subject), cases: $subject::cases() }),+),+]
        };
    }
    use crate::{
        analytics::{backtest, feature, greeks, heston, indicator, ou, prediction, sabr, svi},
        market::{
            aggregate, bar, chain, chain_queries, contract, corporate_action, economic, fundamental, life, resampled,
            snapshot, underlying,
        },
        operations::{
            access, audit, cache, configuration, coverage, event, quality, run, spending, state, strategy, watermark,
        },
        trading::{
            account, amendment, amounts, daily, execution, fill, import, journal, metrics, note, order, portfolio,
            position, risk, rule, signal, trade,
        },
    };
    subjects! {
        Some(Family::Market) => aggregate, bar, chain, chain_queries, contract, corporate_action, economic, fundamental,
            life, resampled, snapshot, underlying;
        Some(Family::Analytics) => backtest, feature, greeks, heston, indicator, ou, prediction, sabr, svi;
        Some(Family::Trading) => account, amendment, amounts, daily, execution, fill, import, journal, metrics, note,
            order, portfolio, position, risk, rule, signal, trade;
        Some(Family::Operations) => access, audit, cache, configuration, coverage, event, quality, run, spending, state,
            strategy, watermark;
        None => concurrency, directory, eviction, input, maintenance, model, policy, store, unit;
    }
}

/// An engine with the capabilities of its stores, which are read once.
struct Engine {
    harness: Arc<dyn Harness>,
    capabilities: OnceLock<Capabilities>,
}

impl Engine {
    fn run(&self, case: &Case) {
        if let Some(need) = case.need
            && !(need.is_met)(self.capabilities())
        {
            trial::ignore(format_args!("the store lacks the capability `{}`", need.name));
        }
        let runtime = if case.on_threads { several_threads() } else { one_thread() };
        run_on(runtime, Arc::clone(&self.harness), case.body);
    }

    fn capabilities(&self) -> &Capabilities {
        self.capabilities.get_or_init(|| {
            let mut found = None;
            run_on(one_thread(), Arc::clone(&self.harness), async |bench: &Bench| {
                let store = bench.open().await?;
                found = Some(store.capabilities());
                store.close().await
            });
            found.unwrap_or_else(|| unreachable!("a case that did not fail came to its end"))
        })
    }
}

/// Runs a test in a new place of an engine, on a runtime of one thread.
///
/// # Panics
/// When the test returns an error or panics. Where the engine is [missing](Harness::place) the test is ignored.
pub fn run(harness: impl Harness, test: impl AsyncFnOnce(&Bench) -> Result<()>) {
    run_on(one_thread(), Arc::new(harness), test);
}

/// Runs a test in a new place of an engine, on a runtime of several threads.
///
/// # Panics
/// As [`run`].
pub fn run_on_threads(harness: impl Harness, test: impl AsyncFnOnce(&Bench) -> Result<()>) {
    run_on(several_threads(), Arc::new(harness), test);
}

/// The stack of a test's threads, as large as a main thread's. Unoptimised, the random calls of `model` need more than
/// the two MiB of other threads.
const STACK: usize = 8 << 20;

fn one_thread() -> io::Result<Runtime> {
    Builder::new_current_thread().thread_stack_size(STACK).enable_all().build()
}

fn several_threads() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(4).thread_stack_size(STACK).enable_all().build()
}

fn run_on(runtime: io::Result<Runtime>, harness: Arc<dyn Harness>, test: impl AsyncFnOnce(&Bench) -> Result<()>) {
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    let engine = harness.engine();
    let done = runtime.block_on(async {
        match Bench::new(harness).await {
            Ok(bench) => test(&bench).await,
            Err(error) if error.kind() == ErrorKind::Unavailable => trial::missing(format_args!("{engine}: {error}")),
            Err(error) => Err(error),
        }
    });
    if let Err(error) = done {
        panic!("{engine}: {error:?}");
    }
}
