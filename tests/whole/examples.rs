//! Examples as they are printed, run on every engine.

use strikebook::{
    Decimal, Listing,
    trading::{ExecutionFilter, PositionFilter, journal::CycleFilter},
};
use strikebook_testkit::{Harness, run, trial::Trial};
use strikebook_tests::on_every_engine;

#[path = "../../examples/trade_loop.rs"]
#[expect(dead_code, reason = "the example's own main")]
mod trade_loop;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    on_every_engine![a_bots_loop_records_nothing_twice]
}

/// Two decisions of 7 fills are two trades, in the first run and in every other.
fn a_bots_loop_records_nothing_twice(harness: impl Harness) {
    run(harness, async |bench| {
        let store = &*bench.open().await?;
        for _ in 0..2 {
            let metrics = trade_loop::run(store).await?;
            // Sold at 7.341 and 5.60 on the average, bought back at 5.10 and 7.815, less 0.65 a contract on 40.
            assert_eq!((metrics.net.trades, metrics.net.get().copied()), (2, Some(Decimal::NEGATIVE_ONE)));
            let executions = store.list_executions(&Listing::<ExecutionFilter>::default()).await?.items;
            assert_eq!(executions.len(), 7);
            let held = store.list_positions(&PositionFilter::default()).await?;
            assert!(held.iter().all(|position| !position.is_open()), "{held:?}");
            assert_eq!(store.list_cycles(&CycleFilter::default()).await?.len(), 2);
        }
        Ok(())
    });
}
