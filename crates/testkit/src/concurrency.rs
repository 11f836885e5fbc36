//! Many callers at once, on several threads.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use strikebook_core::{
    AsOf, ChangeQuery, Decimal, Error, ErrorKind, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    market::{ChainQuery, OptionContract, OptionQuote, Symbol},
    operations::{CacheHits, FetchLease},
    port::Keyed,
    trading::{Execution, Fill, Order, OrderStatus, Position, PositionFilter, journal::CycleFilter},
    unit::{Guarded, UnitOfWork},
};
use tokio::task::JoinHandle;

use crate::{
    Bench, amount,
    bar::Bars,
    cache::{self, CacheEntries},
    case::{Case, MULTI_PROCESS, cases, needing, on_threads},
    chain::Quotes,
    entries::{self, Entries, day, identity},
    execution::{Executions, assert_adds_up},
    keyed::KeyedRows,
    maintenance::fill,
    order::Orders,
    parsed,
    position::Positions,
    series::{Draft, NOTHING, Series, all, inserted, key, source, statistics, unchanged},
    snapshot::Snapshots,
    spending::FetchCosts,
};

const CONTRACTS: usize = 500;

/// Creates one quote for each of many contracts, all with the same value and recorded in the same hour.
fn round(value: u32) -> Vec<OptionQuote> {
    let draft = Draft::on(0).value(f64::from(value)).recorded_after(i64::from(value));
    (0..CONTRACTS).map(|series| draft.clone().of(series).row::<Quotes>()).collect()
}

fn chain() -> Result<ChainQuery> {
    Ok(ChainQuery::new(Symbol::new("SPY")?, AsOf::with_hindsight(Draft::on(0).at)))
}

/// Returns every version of all rounds.
fn changes() -> ChangeQuery<OptionContract> {
    let contracts = round(1).into_iter().map(|quote| quote.contract);
    ChangeQuery::new(contracts, Draft::on(10).at)
}

/// Returns the result of a task, and resumes its panic.
async fn join<T>(task: JoinHandle<T>) -> T {
    task.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let of_one_store = cases![
        readers_see_whole_batches,
        two_writers_agree,
        the_same_batch_lands_once,
        many_callers_are_served,
        writers_of_one_store_fill_an_order_exactly,
        callers_of_one_store_share_a_cache,
        of_units_that_expect_one_row_one_is_stored,
        units_and_calls_of_one_store_wait_for_each_other
    ];
    let of_two_stores = cases![
        stores_of_one_place_share_it,
        writers_of_two_stores_fill_an_order_exactly,
        callers_of_two_stores_share_a_cache,
        of_units_of_two_stores_that_expect_one_row_one_is_stored,
        units_and_calls_of_two_stores_wait_for_each_other
    ];
    on_threads([of_one_store, needing(MULTI_PROCESS, of_two_stores)].concat())
}

/// A reader sees a batch that is being written whole or not at all.
async fn readers_see_whole_batches(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (store, done) = (Arc::clone(&store), Arc::clone(&done));
            tokio::spawn(async move {
                let mut seen = 0.0;
                while !done.load(Ordering::Relaxed) {
                    let chain = store.chain_as_of(&chain()?).await?;
                    let bids: Vec<_> = chain.rows().iter().filter_map(|row| row.quote.bid).collect();
                    assert!(bids.is_empty() || bids.len() == CONTRACTS, "{} rows", bids.len());
                    let first = bids.first().copied().unwrap_or_default();
                    assert!(bids.iter().all(|bid| *bid == first), "rows of several batches");
                    assert!(first >= seen, "{first} after {seen}");
                    seen = first;
                    let changes = store.list_quote_changes(&changes()).await?.items;
                    let rounds = changes.len() / CONTRACTS;
                    assert!(rounds as f64 >= seen, "{rounds} rounds after {seen}");
                    assert_eq!(changes.len(), rounds * CONTRACTS, "versions of a part of a round");
                    let every = |(place, row): (usize, &OptionQuote)| row.bid == Some((place % rounds + 1) as f64);
                    assert!(changes.iter().enumerate().all(every), "a version is missing, or comes twice");
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for value in 1..=8 {
        let written = store.upsert_quotes(&round(value)).await?;
        assert_eq!(written.inserted + written.corrected, CONTRACTS as u64);
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        join(reader).await?;
    }
    assert_eq!(store.chain_as_of(&chain()?).await?.rows()[0].quote.bid, Some(8.0));
    Ok(())
}

/// Two writers of the same rows both succeed, each row is inserted once, and the versions do not depend on who was
/// first.
async fn two_writers_agree(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let writers = [1, 2].map(|value| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut done = NOTHING;
            for quotes in round(value).chunks(50) {
                done += store.upsert_quotes(quotes).await?;
            }
            Ok::<_, Error>(done)
        })
    });
    let mut done = Upserted::default();
    for writer in writers {
        done += join(writer).await?;
    }
    assert_eq!(done.rows(), 2 * CONTRACTS as u64);
    assert_eq!(done.inserted, CONTRACTS as u64, "each key is inserted by one of them");
    assert_eq!(done.corrected + done.backfilled, CONTRACTS as u64, "and gets its other version from the other");
    for quote in round(1) {
        let versions = store.list_quote_versions(&quote.contract, quote.at).await?;
        let values: Vec<_> = versions.iter().map(|version| version.row.bid).collect();
        assert_eq!(values, [Some(1.0), Some(2.0)], "{}", quote.contract);
    }
    Ok(())
}

/// Many writers of the same batch: one of them inserts each row, and the others find it unchanged.
async fn the_same_batch_lands_once(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.upsert_quotes(&round(1)).await })
        })
        .collect();
    let mut done = Upserted::default();
    for writer in writers {
        done += join(writer).await?;
    }
    let rows = CONTRACTS as u64;
    assert_eq!(done, Upserted { inserted: rows, unchanged: 3 * rows, ..NOTHING });
    Ok(())
}

/// Many small calls of all kinds at once all succeed.
async fn many_callers_are_served(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    let tasks: Vec<_> = (0..16)
        .map(|series| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let drafts = || (10..20).map(move |day| Draft::on(day).of(series + 1));
                for draft in drafts() {
                    let bar = [draft.row::<Bars>()];
                    assert_eq!(Bars::upsert(&*store, &bar).await?, inserted(1));
                    assert_eq!(Bars::upsert(&*store, &bar).await?, unchanged(1));
                    store.ping().await?;
                }
                let bars: Vec<_> = drafts().map(|draft| draft.row::<Bars>()).collect();
                assert_eq!(all::<Bars>(&*store, key::<Bars>(&bars[0])).await?, bars);
                Ok::<_, Error>(())
            })
        })
        .collect();
    for task in tasks {
        join(task).await?;
    }
    assert_eq!(all::<Bars>(&*store, Draft::on(0).row::<Bars>().key).await?.len(), 2);
    Ok(())
}

/// If several processes can share a store, two stores opened concurrently on one place both find it ready, write the
/// same new contracts without colliding, and see each other's rows.
async fn stores_of_one_place_share_it(bench: &Bench) -> Result<()> {
    let (first, second) = {
        let fresh = Arc::new(bench.another().await?);
        let open = || {
            let fresh = Arc::clone(&fresh);
            tokio::spawn(async move { Ok::<_, Error>((fresh.open().await?, fresh)) })
        };
        let (first, second) = (open(), open());
        (join(first).await?, join(second).await?)
    };
    for day in 0..4 {
        let writers = [(1, &first.0), (2, &second.0)].map(|(value, store)| {
            let store = Arc::clone(store);
            let draft = Draft::on(day).value(f64::from(value)).recorded_after(i64::from(value));
            // Both meet the same hundred new contracts in every round.
            let series = usize::try_from(day).unwrap_or_default() * 100;
            let batch: Vec<_> = (series..series + 100).map(|series| draft.clone().of(series).row::<Quotes>()).collect();
            tokio::spawn(async move { store.upsert_quotes(&batch).await })
        });
        let mut done = NOTHING;
        for writer in writers {
            done += join(writer).await?;
        }
        assert_eq!((done.inserted, done.corrected + done.backfilled), (100, 100), "{done:?}");
    }
    for (store, _) in [&first, &second] {
        let counted = statistics(&**store, Quotes::DATASET).await?;
        assert_eq!((counted.rows, counted.superseded), (400, 400));
        assert_eq!(statistics(&**store, Dataset::Contracts).await?.rows, 400);
    }
    let seen_by_both = [Draft::on(9).row::<Bars>()];
    Bars::upsert(&*first.0, &seen_by_both).await?;
    assert_eq!(all::<Bars>(&*second.0, seen_by_both[0].key).await?, seen_by_both);
    Ok(())
}

/// The number of tasks that fill one order concurrently.
const WRITERS: usize = 8;

/// Lets eight tasks fill one order through some stores, with more than was ordered between them, and checks that
/// nothing of it is lost and nothing too much.
async fn fill_at_once(stores: &[Arc<dyn Store>]) -> Result<()> {
    // Eight times twelve executions of 1.25 are offered, and eighty of them fill it.
    let order = Order { quantity: Decimal::ONE_HUNDRED, ..Orders::entry(0, day(0)) };
    stores[0].insert_orders(std::slice::from_ref(&order)).await?;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, order) = (Arc::clone(&stores[writer % stores.len()]), order.clone());
            tokio::spawn(async move {
                let mut taken = Vec::new();
                for number in 0..12 {
                    let price = amount(&format!("1.0{writer}{number:02}0001"));
                    let id = identity(writer * 100 + number);
                    let execution = Execution::new(id, &order, day(number), amount("1.25"), price);
                    let fill = Fill::new(execution.clone(), source("broker"));
                    match store.record_fills(std::slice::from_ref(&fill)).await {
                        Ok(done) => {
                            assert_eq!(done, inserted(1));
                            assert_eq!(store.record_fills(std::slice::from_ref(&fill)).await?, unchanged(1));
                            taken.push(execution);
                        }
                        Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
                    }
                }
                Ok::<_, Error>(taken)
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(join(task).await?);
    }
    assert_eq!(taken.len(), 80, "of eight writers");
    let value: Decimal = taken.iter().map(|execution| execution.quantity * execution.price).sum();
    taken.sort_by_key(|execution| (execution.at, execution.id));
    for store in stores {
        let filled = assert_adds_up(&**store, order.id).await?;
        assert_eq!((filled.status, filled.filled_quantity), (OrderStatus::Filled, Decimal::ONE_HUNDRED));
        assert_eq!(filled.average_price(), Some(value / Decimal::ONE_HUNDRED));
        assert_eq!(entries::all::<Executions>(&**store).await?, taken);
        let position = store.list_positions(&PositionFilter::default()).await?;
        assert_eq!(position.iter().map(|one| one.quantity).collect::<Vec<_>>(), [-Decimal::ONE_HUNDRED]);
        let cycles = store.list_cycles(&CycleFilter::default()).await?;
        assert_eq!(cycles.iter().map(|cycle| cycle.events).collect::<Vec<_>>(), [80]);
    }
    Ok(())
}

/// Eight tasks that fill one order through one store fill it exactly.
async fn writers_of_one_store_fill_an_order_exactly(bench: &Bench) -> Result<()> {
    fill_at_once(&[bench.open().await?]).await
}

/// If several processes can share a store, eight tasks that fill one order through two stores fill it exactly.
async fn writers_of_two_stores_fill_an_order_exactly(bench: &Bench) -> Result<()> {
    let first = bench.open().await?;
    fill_at_once(&[first, bench.open().await?]).await
}

/// Lets eight tasks use one entry, claim one lease and spend one budget through some stores, and checks that no use is
/// lost, that one of them has the lease, and that the budget is spent and not passed.
async fn share_a_cache(stores: &[Arc<dyn Store>]) -> Result<()> {
    let entry = CacheEntries::row(0, day(0));
    stores[0].upsert_cache_entries(std::slice::from_ref(&entry)).await?;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, key) = (Arc::clone(&stores[writer % stores.len()]), entry.key());
            tokio::spawn(async move {
                let (mut leases, mut charges) = (0, 0);
                for number in 0..12 {
                    store.touch_cache_entries(&[CacheHits { key, hits: 2, at: day(number) }]).await?;
                    let contested = cache::key("chains", &format!("SPY {number}"));
                    let owner = parsed(&format!("worker {writer}"));
                    let claim = FetchLease::new(contested, owner, day(0), Timestamp::MAX);
                    leases += usize::from(store.claim_lease(&claim).await?.owner == owner);
                    let cost = FetchCosts::entry(writer * 100 + number, day(0));
                    charges += usize::from(store.charge_fetch(&cost, amount("5")).await?.is_within);
                }
                Ok::<_, Error>((leases, charges))
            })
        })
        .collect();
    let (mut leases, mut charges) = (0, 0);
    for task in tasks {
        let (won, paid) = join(task).await?;
        (leases, charges) = (leases + won, charges + paid);
    }
    assert_eq!(
        (leases, charges),
        (12, 50),
        "one lease for each of twelve keys, and fifty charges of 0.1 to a cap of 5"
    );
    for store in stores {
        let used = store.get_cache_entry(&entry.key()).await?.map(|entry| (entry.hits, entry.last_access));
        assert_eq!(used, Some((2 * 12 * 8, day(11))));
        let spending = store.list_spending(day(0), day(0)).await?;
        assert_eq!(spending.iter().map(|of_one| of_one.cost).sum::<Decimal>(), amount("5"));
    }
    Ok(())
}

/// Eight tasks that share a cache through one store lose no use, get each lease once, and stay within the cap.
async fn callers_of_one_store_share_a_cache(bench: &Bench) -> Result<()> {
    share_a_cache(&[bench.open().await?]).await
}

/// If several processes can share a store, eight tasks that share a cache through two stores behave as through one.
async fn callers_of_two_stores_share_a_cache(bench: &Bench) -> Result<()> {
    let first = bench.open().await?;
    share_a_cache(&[first, bench.open().await?]).await
}

/// Lets eight tasks raise one position through some stores, each by units that expect the position as the task read it,
/// and checks that no unit that was stored is lost and that the others were refused.
async fn raise_at_once(stores: &[Arc<dyn Store>]) -> Result<()> {
    let position = Position { quantity: Decimal::ZERO, ..Positions::row(0, day(0)) };
    stores[0].upsert_positions(std::slice::from_ref(&position)).await?;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, key) = (Arc::clone(&stores[writer % stores.len()]), position.key());
            tokio::spawn(async move {
                let (mut done, mut refused) = (0, 0);
                while done < 5 {
                    let read = store.get_position(&key).await?.unwrap_or_else(|| panic!("no position {key}"));
                    let raised = Position { quantity: read.quantity + Decimal::ONE, ..read.clone() };
                    // All rounds write the same row first, so that a refused unit has something to undo.
                    let cost = FetchCosts::entry(writer * 100 + done, day(0));
                    let unit = UnitOfWork::new()
                        .insert_fetch_costs(Guarded::from(cost).must_not_exist())
                        .upsert_positions(Guarded::from(raised).must_match([read]));
                    match store.apply(&unit).await {
                        Ok(_) => done += 1,
                        Err(error) => {
                            assert_eq!(
                                (error.kind(), error.context("write")),
                                (ErrorKind::Conflict, Some("1")),
                                "{error}"
                            );
                            refused += 1;
                        }
                    }
                }
                Ok::<_, Error>(refused)
            })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        refused += join(task).await?;
    }
    for store in stores {
        let raised = store.get_position(&position.key()).await?.map(|position| position.quantity);
        assert_eq!(raised, Some(Decimal::from(5 * WRITERS)), "{refused} units were refused");
        assert_eq!(entries::all::<FetchCosts>(&**store).await?.len(), 5 * WRITERS);
    }
    Ok(())
}

/// Of units that expect the same row and change it, one is stored and the others are refused: eight tasks count one
/// position up, and no count is lost.
async fn of_units_that_expect_one_row_one_is_stored(bench: &Bench) -> Result<()> {
    raise_at_once(&[bench.open().await?]).await
}

/// Eight tasks that count one position up through two stores lose no count.
async fn of_units_of_two_stores_that_expect_one_row_one_is_stored(bench: &Bench) -> Result<()> {
    raise_at_once(&[bench.open().await?, bench.open().await?]).await
}

/// Lets eight tasks change the same datasets in different orders through some stores, by units and by single calls, and
/// checks that all of them succeed.
async fn change_at_once(stores: &[Arc<dyn Store>]) -> Result<()> {
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(&stores[writer % stores.len()]);
            tokio::spawn(async move {
                for round in 0..6 {
                    let number = writer * 100 + round;
                    let draft = Draft::on(0).of(number);
                    let (header, quote, bar) = (draft.row::<Snapshots>(), draft.row::<Quotes>(), draft.row::<Bars>());
                    let cost = FetchCosts::entry(number, day(0));
                    let unit = UnitOfWork::new();
                    match number % 3 {
                        0 => {
                            let unit = unit.upsert_bars(bar).upsert_quotes(quote).insert_fetch_costs(cost);
                            store.apply(&unit).await?;
                        }
                        1 => {
                            let unit = unit.insert_fetch_costs(cost).upsert_quotes(quote).upsert_snapshots(header);
                            store.apply(&unit.upsert_bars(bar)).await?;
                        }
                        _ => {
                            store.upsert_snapshot(&header, &[quote]).await?;
                            store.insert_fetch_costs(&[cost]).await?;
                        }
                    }
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for task in tasks {
        join(task).await?;
    }
    let rows = 6 * WRITERS;
    for store in stores {
        assert_eq!(statistics(&**store, Dataset::OptionQuotes).await?.rows, rows as u64);
        assert_eq!(entries::all::<FetchCosts>(&**store).await?.len(), rows);
    }
    Ok(())
}

/// Units that change the same datasets in different orders, and single calls beside them, all succeed.
async fn units_and_calls_of_one_store_wait_for_each_other(bench: &Bench) -> Result<()> {
    change_at_once(&[bench.open().await?]).await
}

/// Units that change the same datasets in different orders, and single calls beside them, all succeed through two
/// stores too: none waits for one that waits for it.
async fn units_and_calls_of_two_stores_wait_for_each_other(bench: &Bench) -> Result<()> {
    change_at_once(&[bench.open().await?, bench.open().await?]).await
}
