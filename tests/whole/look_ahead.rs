//! The wheel on every engine over random walks: rows recorded after the end of a backtest change nothing in it.
//!
//! The contract's case `no_answer_passes_its_limits` holds stores themselves to their limits.

use chrono::{NaiveDate, TimeDelta};
use proptest::{collection::vec, prelude::*};
use strikebook::{
    Decimal, Name, Result, Store,
    market::{Symbol, calendar},
    memory::MemoryStore,
    services::wheel::{
        WheelLimits,
        backtest::{RollRule, WheelPlan, WheelRun},
    },
};
use strikebook_testkit::{Harness, check_random, fixtures, run, trial::Trial};
use strikebook_tests::on_every_engine;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    on_every_engine![later_knowledge_changes_nothing_of_a_backtest]
}

/// A walk of a stock's closes, and after how many days the backtest ends.
fn walks() -> impl Strategy<Value = (Vec<f64>, usize)> {
    let closes = vec(-0.03..0.03_f64, 20..40).prop_map(|steps| {
        let walk = steps.iter().scan(60.0, |close, step| {
            *close *= 1.0 + step;
            Some((*close * 100.0_f64).round() / 100.0)
        });
        walk.collect()
    });
    (closes, 5..35_usize)
}

fn plan(first: NaiveDate, last: NaiveDate) -> Result<WheelPlan> {
    let names = (Name::new("paper")?, Name::new("wheel")?);
    let run_at = "2025-01-01T00:00:00Z".parse()?;
    let mut plan = WheelPlan::new(names, Symbol::new("SPY")?, (first, last), 20_000.into(), run_at)?;
    plan.limits = WheelLimits::default().with_open_interest(0).with_days(5, 60).with_spread(1.0).with_size(3, 1.0);
    plan.limits = plan.limits.with_fee(Decimal::new(65, 2));
    (plan.take_profit, plan.interest) = (Some(0.8), 0.04);
    plan.roll = Some(RollRule { days_left: 3, min_credit: Decimal::ZERO });
    Ok(plan)
}

/// Plays some days, and again when later days and later news of the days that were played are there.
async fn play(store: &dyn Store, closes: &[f64], end: usize) -> Result<WheelRun> {
    let first = NaiveDate::from_ymd_opt(2024, 1, 5).expect("a day");
    let mut quotes = fixtures::daily_chains("SPY", first, closes)?;
    // Some are not known before the next day.
    for late in quotes.iter_mut().step_by(11) {
        late.recorded_at = late.at.saturating_add(TimeDelta::hours(20));
    }
    let last = quotes.iter().map(|quote| quote.at.new_york_date()).max().expect("days");
    let all: Vec<_> = calendar::trading_days(first, last).collect();
    // At least one day comes later.
    let plan = plan(first, all[end.min(all.len() - 2)])?;
    let close = calendar::close_on(plan.last_day)?;
    let (known, later): (Vec<_>, Vec<_>) = quotes.into_iter().partition(|quote| quote.recorded_at <= close);
    strikebook_tests::play_unseeing(store, &plan, known, &later).await
}

fn later_knowledge_changes_nothing_of_a_backtest(harness: impl Harness) {
    run(harness, async |bench| {
        check_random(bench, walks(), async |bench, (closes, end)| {
            let store = bench.open().await?;
            let run = play(&*store, &closes, end).await?;
            assert!(run.equity.len() > 5);
            assert_eq!(run, play(&MemoryStore::new(), &closes, end).await?, "the store in memory plays another way");
            store.close().await
        })
        .await
    });
}
