//! Engines for the tests of the whole, and what several of these tests do.

use std::sync::Arc;

use chrono::TimeDelta;
use strikebook::{
    Result, Store,
    market::{OptionQuote, calendar},
    services::wheel::backtest::{WheelPlan, WheelRun, run_wheel},
};
use strikebook_testkit::{
    Harness,
    trial::{self, Trial},
};

pub mod embedded;
#[cfg(feature = "timescale")]
pub mod server;

/// Plays a backtest of the wheel twice, and once more when later rows and later news of all others are there.
///
/// # Errors
/// Those of the store.
///
/// # Panics
/// When the three are not the same.
pub async fn play_unseeing(
    store: &dyn Store,
    plan: &WheelPlan,
    known: Vec<OptionQuote>,
    later: &[OptionQuote],
) -> Result<WheelRun> {
    store.upsert_quotes(&known).await?;
    let run = run_wheel(store, plan, None).await?;
    assert_eq!(run_wheel(store, plan, None).await?, run, "two runs differ");
    store.upsert_quotes(later).await?;
    let recorded_at = calendar::close_on(plan.last_day)?.saturating_add(TimeDelta::microseconds(1));
    let news = |quote: OptionQuote| quote.with_market(Some(99.0), Some(99.5)).with_recorded_at(recorded_at);
    store.upsert_quotes(&known.into_iter().map(news).collect::<Vec<_>>()).await?;
    assert_eq!(run_wheel(store, plan, None).await?, run, "a run saw what came later");
    Ok(run)
}

/// Returns the harnesses of this build's engines.
pub fn engines() -> Vec<Arc<dyn Harness>> {
    let memory: Arc<dyn Harness> = Arc::new(embedded::Memory);
    std::iter::once(memory).chain(engines_on_disk()).collect()
}

/// Returns the harnesses of this build's engines that keep rows on disk.
pub fn engines_on_disk() -> Vec<Arc<dyn Harness>> {
    let engines: &[Arc<dyn Harness>] = &[
        #[cfg(feature = "sqlite")]
        Arc::new(embedded::File::new("sqlite", "db")),
        #[cfg(feature = "duckdb")]
        Arc::new(embedded::File::new("duckdb", "duckdb")),
        #[cfg(feature = "timescale")]
        Arc::new(server::Server::TIMESCALE),
        #[cfg(feature = "timescale")]
        Arc::new(server::Server::PLAIN),
    ];
    engines.to_vec()
}

/// Returns a test for each engine, which calls a function with the engine's harness.
#[doc(hidden)]
pub fn on_each(engines: Vec<Arc<dyn Harness>>, module: &str, name: &str, check: fn(Arc<dyn Harness>)) -> Vec<Trial> {
    let test = |engine: Arc<dyn Harness>| {
        let name = format!("{name}::{}", engine.engine());
        trial::in_module(module, &name, move || check(Arc::clone(&engine)))
    };
    engines.into_iter().map(test).collect()
}

/// Lists functions as tests on every engine, each named `MODULE::FUNCTION::ENGINE`.
#[macro_export]
macro_rules! on_every_engine {
    ($($check:ident),+ $(,)?) => {
        [$($crate::on_each($crate::engines(), module_path!(), stringify!($check), $check)),+].concat()
    };
}

/// Lists functions as tests on every engine that keeps rows on disk.
#[macro_export]
macro_rules! on_disk {
    ($($check:ident),+ $(,)?) => {
        [$($crate::on_each($crate::engines_on_disk(), module_path!(), stringify!($check), $check)),+].concat()
    };
}
