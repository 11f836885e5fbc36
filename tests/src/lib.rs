//! The tests of the whole: see the folders `contract` and `faults`.

use chrono::TimeDelta;
use strikebook::{
    Result, Store,
    market::{OptionQuote, calendar},
    services::wheel::backtest::{Plan, WheelRun, run_wheel},
};

/// Plays a backtest of the wheel twice, and once more when later rows and later news of all others are there.
///
/// # Errors
/// Those of the store.
///
/// # Panics
/// When the three are not the same.
pub async fn play_unseeing(
    store: &dyn Store,
    plan: &Plan,
    known: Vec<OptionQuote>,
    later: &[OptionQuote],
) -> Result<WheelRun> {
    store.upsert_quotes(&known).await?;
    let run = run_wheel(store, plan, None).await?;
    assert_eq!(run_wheel(store, plan, None).await?, run, "two runs differ");
    store.upsert_quotes(later).await?;
    let learned = calendar::close_on(plan.last_day)?.saturating_add(TimeDelta::microseconds(1));
    let news = |quote: OptionQuote| quote.with_market(Some(99.0), Some(99.5)).with_recorded_at(learned);
    store.upsert_quotes(&known.into_iter().map(news).collect::<Vec<_>>()).await?;
    assert_eq!(run_wheel(store, plan, None).await?, run, "a run saw what came later");
    Ok(run)
}

/// A test named after each SQL engine, which calls a function with the engine's harness. The modules `embedded` and
/// `server` of the contract must be in scope. The store in memory has no feature and is called by a test of its own. Of
/// several functions each gets a module with its name.
#[macro_export]
macro_rules! on_every_engine {
    ($($check:ident),+ in modules) => {
        $(mod $check {
            use super::*;

            $crate::on_every_engine!($check);
        })+
    };
    ($check:ident) => {
        #[cfg(feature = "sqlite")]
        #[test]
        fn sqlite() {
            $check(embedded::File::new("sqlite", "db"));
        }

        #[cfg(feature = "duckdb")]
        #[test]
        fn duckdb() {
            $check(embedded::File::new("duckdb", "duckdb"));
        }

        #[cfg(feature = "timescale")]
        #[test]
        fn timescale() {
            $check(server::Server::TIMESCALE);
        }

        #[cfg(feature = "timescale")]
        #[test]
        fn postgres() {
            $check(server::Server::PLAIN);
        }
    };
}
