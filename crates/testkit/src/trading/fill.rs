//! Cases of fills: an execution with its order, position and journal.

use std::slice::from_ref;

use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*, sample::select};
use strikebook_core::{
    Decimal, ErrorKind, Id, Result, Store, Timestamp, Upserted,
    memory::MemoryStore,
    trading::{
        Execution, Fill, Order, OrderSide, OrderStatus, Position, PositionFilter, PositionKey, Signal, SignalAction,
        journal::{Amendment, Cycle, CycleFilter, EventKind, JournalEvent, Provenance, Trade, WinLoss},
    },
    unit::{Guarded, UnitOfWork},
};

use super::{amount, order::stored, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    entries::{Entries, all, day, identity},
    execution::Executions,
    generate::check_random,
    journal::JournalEvents,
    order::Orders,
    series::{inserted, source, unchanged},
    trade::Trades,
};

const PUT: &str = "SPY   251219P00600000";

/// Creates an order of strategy `wheel` in account `U1` with the identity of its number.
fn order(number: usize, instrument: &str, side: OrderSide, quantity: &str) -> Order {
    let (strategy, account) = (parsed("wheel"), parsed("U1"));
    Order::new(identity(number), day(0), strategy, account, parsed(instrument), side, amount(quantity))
}

/// Creates a fill of an order some minutes after the first day's close, with the identity of its number.
fn fill(order: &Order, number: usize, minute: usize, quantity: &str, price: &str) -> Fill {
    let execution = Execution::new(identity(number), order, minutes(minute), amount(quantity), amount(price));
    Fill::new(execution, source("broker"))
}

fn minutes(minute: usize) -> Timestamp {
    (0..minute).fold(day(0), |at, _| at.saturating_add(TimeDelta::minutes(1)))
}

/// Creates a fill that is earlier than events of the journal's own cases, for units of work.
pub(crate) fn late() -> Fill {
    let execution = Execution::new(identity(70), &Orders::entry(1, day(0)), day(1), amount("2"), amount("1.04"));
    Fill::new(execution, source("broker"))
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        a_fill_changes_order_position_and_journal,
        a_fill_keeps_where_it_comes_from,
        partial_fills_average_their_cost,
        a_fill_recorded_again_changes_nothing,
        a_refused_fill_stores_nothing,
        a_fill_beyond_the_position_turns_it_over,
        a_cycle_ends_when_nothing_is_held,
        a_late_fill_takes_its_place,
        events_of_other_kinds_stay_in_their_cycle,
        a_fill_may_name_its_cycle,
        a_corrected_fill_stays_in_its_cycle,
        a_cycle_of_others_is_refused,
        an_owners_position_is_carried_on,
        fills_are_written_as_expected,
        fills_in_any_order_make_the_same_book
    ]
}

async fn position(store: &dyn Store, instrument: &str) -> Result<Option<Position>> {
    let (account, strategy) = (parsed("U1"), parsed("wheel"));
    store.get_position(&PositionKey { account, instrument: parsed(instrument), strategy }).await
}

async fn cycles(store: &dyn Store) -> Result<Vec<Cycle>> {
    let mut cycles = store.list_cycles(&CycleFilter::default()).await?;
    cycles.sort_by_key(|cycle| cycle.opened_at);
    Ok(cycles)
}

/// One call fills the order, opens the position, and writes event, cycle and trade.
async fn a_fill_changes_order_position_and_journal(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let sold = order(0, PUT, OrderSide::Sell, "2");
    store.insert_orders(from_ref(&sold)).await?;
    assert_eq!(store.record_fills(&[fill(&sold, 1, 1, "2", "7.35")]).await?, inserted(1));
    assert_eq!(stored(store, sold.id).await?.status, OrderStatus::Filled);
    assert_eq!(all::<Executions>(store).await?.len(), 1);
    let held = position(store, PUT).await?.expect("a position");
    assert_eq!((held.quantity, held.average_cost), (amount("-2"), Some(amount("7.35"))));
    assert_eq!((held.opened_at, held.realized_pnl), (minutes(1), Decimal::ZERO));
    let events = all::<JournalEvents>(store).await?;
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.kind, event.quantity, event.price), (EventKind::Open, amount("-2"), amount("7.35")));
    assert_eq!(event.id.as_uuid(), identity::<Execution>(1).as_uuid());
    let cycles = cycles(store).await?;
    assert_eq!(
        cycles.iter().map(|cycle| (cycle.id, cycle.premium)).collect::<Vec<_>>(),
        [(event.cycle, amount("1470"))]
    );
    let trades = all::<Trades>(store).await?;
    assert_eq!(trades.iter().map(|trade| trade.execution.quantity).collect::<Vec<_>>(), [amount("2")]);
    Ok(())
}

/// Event and trade keep the signal, the order, the provenance and each part of the costs.
async fn a_fill_keeps_where_it_comes_from(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let signal = Signal::new(identity(7), day(0), parsed("wheel"), parsed("SPY"), SignalAction::Short, 0.5);
    store.insert_signals(from_ref(&signal)).await?;
    let sold = Order {
        signal_id: Some(signal.id),
        broker_order_id: Some(parsed("4711")),
        ..order(0, PUT, OrderSide::Sell, "1")
    };
    let bought = order(1, PUT, OrderSide::Buy, "1");
    store.insert_orders(&[sold.clone(), bought.clone()]).await?;
    let with_costs = |fill: Fill| Fill {
        execution: Execution {
            commission: amount("0.65"),
            regulatory_fees: Some(amount("0.02")),
            exchange_fees: Some(amount("-0.10")),
            ..fill.execution
        },
        provenance: Provenance::Paper,
        ..fill
    };
    let fills = [fill(&sold, 1, 1, "1", "7.35"), fill(&bought, 2, 2, "1", "5.00")].map(with_costs);
    store.record_fills(&fills).await?;
    let event = store.get_journal_event(identity(1)).await?.expect("an event");
    assert_eq!((event.signal, event.broker_order_id), (Some(signal.id), Some(parsed("4711"))));
    assert_eq!((event.execution, event.provenance), (Some(identity(1)), Provenance::Paper));
    assert_eq!((event.fees, event.commission), (amount("0.57"), Some(amount("0.65"))));
    let trade = store.get_trade(identity(1)).await?.expect("a trade");
    assert_eq!((trade.provenance, trade.origin.signal), (Provenance::Paper, Some(signal.id)));
    let parts = (trade.execution.commission, trade.execution.regulatory_fees, trade.execution.exchange_fees);
    assert_eq!(parts, (Some(amount("1.3")), Some(amount("0.04")), Some(amount("-0.2"))));
    assert_eq!(trade.outcome.total_costs, Some(amount("1.14")));
    let held = position(store, PUT).await?.expect("a closed position");
    assert_eq!((held.is_open(), held.realized_pnl, held.average_cost), (false, amount("233.86"), None));
    Ok(())
}

/// Partial fills of an order make one position at their mean price, and one decision in one cycle.
async fn partial_fills_average_their_cost(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let bought = order(0, "SPY", OrderSide::Buy, "10");
    store.insert_orders(from_ref(&bought)).await?;
    for (number, quantity, price) in [(1, "3", "600.00"), (2, "3", "600.01"), (3, "4", "600.05")] {
        store.record_fills(&[fill(&bought, number, number, quantity, price)]).await?;
    }
    let held = position(store, "SPY").await?.expect("a position");
    assert_eq!((held.quantity, held.average_cost), (amount("10"), Some(amount("600.023"))));
    assert_eq!((held.opened_at, held.updated_at), (minutes(1), minutes(3)));
    assert_eq!(cycles(store).await?.iter().map(|cycle| cycle.events).collect::<Vec<_>>(), [3]);
    Ok(())
}

/// A stored fill counts as unchanged, alone, in a batch with itself, and beside a new one.
async fn a_fill_recorded_again_changes_nothing(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let bought = order(0, "SPY", OrderSide::Buy, "10");
    store.insert_orders(from_ref(&bought)).await?;
    let first = fill(&bought, 1, 1, "3", "600");
    let done = store.record_fills(&[first.clone(), first.clone()]).await?;
    assert_eq!(done, Upserted { repeated: 1, ..inserted(1) });
    let book = Book::of(store).await?;
    assert_eq!(store.record_fills(from_ref(&first)).await?, unchanged(1));
    assert_eq!(Book::of(store).await?, book);
    let more = [first, fill(&bought, 2, 2, "1", "601")];
    assert_eq!(store.record_fills(&more).await?, Upserted { unchanged: 1, ..inserted(1) });
    assert_eq!(position(store, "SPY").await?.map(|held| held.quantity), Some(amount("4")));
    Ok(())
}

/// A batch with one fill too many for its order leaves everything as it was.
async fn a_refused_fill_stores_nothing(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let bought = order(0, "SPY", OrderSide::Buy, "10");
    store.insert_orders(from_ref(&bought)).await?;
    let before = Book::of(store).await?;
    let batch = [fill(&bought, 1, 1, "6", "600"), fill(&bought, 2, 2, "5", "600")];
    let error = store.record_fills(&batch).await.expect_err("too many");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::Conflict, Some("1")), "{error}");
    let nothing = fill(&bought, 3, 3, "0", "600");
    assert_eq!(store.record_fills(&[nothing]).await.expect_err("of nothing").kind(), ErrorKind::InvalidInput);
    assert_eq!(Book::of(store).await?, before);
    Ok(())
}

/// A fill larger than the position closes it and opens the rest on the other side, with its share of the costs.
async fn a_fill_beyond_the_position_turns_it_over(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let (bought, sold) = (order(0, "SPY", OrderSide::Buy, "10"), order(1, "SPY", OrderSide::Sell, "30"));
    store.insert_orders(&[bought.clone(), sold.clone()]).await?;
    store.record_fills(&[fill(&bought, 1, 1, "10", "600")]).await?;
    let mut over = fill(&sold, 2, 2, "30", "610");
    over.execution.commission = amount("1");
    store.record_fills(&[over]).await?;
    let events = all::<JournalEvents>(store).await?;
    let mut kinds: Vec<_> =
        events.iter().map(|event| (event.place(), event.kind, event.quantity, event.fees)).collect();
    kinds.sort_by_key(|(place, ..)| *place);
    let kinds: Vec<_> = kinds.into_iter().map(|(_, kind, quantity, fees)| (kind, quantity, fees)).collect();
    let expected = [
        (EventKind::Open, amount("10"), Decimal::ZERO),
        (EventKind::Close, amount("-10"), amount("0.33333333")),
        (EventKind::Open, amount("-20"), amount("0.66666667")),
    ];
    assert_eq!(kinds, expected);
    let held = position(store, "SPY").await?.expect("a position");
    assert_eq!((held.quantity, held.average_cost), (amount("-20"), Some(amount("610"))));
    assert_eq!((held.realized_pnl, held.opened_at), (amount("99"), minutes(2)));
    Ok(())
}

/// The fill after everything was closed begins another cycle; one while anything is open does not.
async fn a_cycle_ends_when_nothing_is_held(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let (bought, sold) = (order(0, "SPY", OrderSide::Buy, "30"), order(1, "SPY", OrderSide::Sell, "30"));
    let put = order(2, PUT, OrderSide::Sell, "1");
    store.insert_orders(&[bought.clone(), sold.clone(), put.clone()]).await?;
    for fill in [
        fill(&bought, 1, 1, "10", "600"),
        fill(&put, 2, 2, "1", "7"),
        fill(&sold, 3, 3, "10", "601"),
        fill(&bought, 4, 4, "10", "602"),
    ] {
        store.record_fills(&[fill]).await?;
    }
    assert_eq!(cycles(store).await?.iter().map(|cycle| cycle.events).collect::<Vec<_>>(), [4], "the put is open");
    let back = order(3, PUT, OrderSide::Buy, "1");
    store.insert_orders(from_ref(&back)).await?;
    store.record_fills(&[fill(&back, 5, 5, "1", "6"), fill(&sold, 6, 6, "10", "603")]).await?;
    store.record_fills(&[fill(&bought, 7, 7, "10", "604")]).await?;
    let found: Vec<_> = cycles(store).await?.iter().map(|cycle| (cycle.events, cycle.is_closed())).collect();
    assert_eq!(found, [(6, true), (1, false)]);
    Ok(())
}

/// A fill that is reported late changes the kinds and cycles of those after it, with trades and position.
async fn a_late_fill_takes_its_place(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let (bought, sold) = (order(0, "SPY", OrderSide::Buy, "20"), order(1, "SPY", OrderSide::Sell, "10"));
    store.insert_orders(&[bought.clone(), sold.clone()]).await?;
    // Without the first purchase the sale is one of short shares.
    store.record_fills(&[fill(&sold, 2, 2, "10", "605")]).await?;
    store.record_fills(&[fill(&bought, 3, 3, "10", "604")]).await?;
    assert_eq!(position(store, "SPY").await?.map(|held| held.realized_pnl), Some(amount("10")));
    assert_eq!(store.record_fills(&[fill(&bought, 1, 1, "10", "600")]).await?, inserted(1));
    let held = position(store, "SPY").await?.expect("a position");
    assert_eq!(
        (held.quantity, held.average_cost, held.realized_pnl),
        (amount("10"), Some(amount("604")), amount("50"))
    );
    let found: Vec<_> = cycles(store).await?.iter().map(|cycle| (cycle.realized_pnl, cycle.is_closed())).collect();
    assert_eq!(found, [(amount("50"), true), (Decimal::ZERO, false)]);
    let won: Vec<_> = all::<Trades>(store).await?.iter().map(|trade| trade.outcome.win_loss).collect();
    assert_eq!(won, [Some(WinLoss::Win), None]);
    Ok(())
}

/// An expiration in the log keeps its kind, closes what fills have opened, and moves along with them.
async fn events_of_other_kinds_stay_in_their_cycle(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let put = order(0, PUT, OrderSide::Sell, "3");
    store.insert_orders(from_ref(&put)).await?;
    store.record_fills(&[fill(&put, 2, 2, "1", "7")]).await?;
    let opened = store.get_journal_event(identity(2)).await?.expect("an event");
    let expired = JournalEvent::new(
        identity(9),
        (opened.account, opened.strategy, opened.cycle),
        (minutes(9), source("broker")),
        EventKind::Expire,
        (opened.symbol, opened.instrument),
        (Decimal::ONE, Decimal::ZERO),
    );
    store.append_journal_events(&[expired]).await?;
    store.record_fills(&[fill(&put, 1, 1, "1", "8")]).await?;
    let found = cycles(store).await?;
    assert_eq!(found.iter().map(|cycle| (cycle.events, cycle.is_closed())).collect::<Vec<_>>(), [(3, false)]);
    let expired = store.get_journal_event(identity(9)).await?.expect("an event");
    assert_eq!((expired.kind, expired.cycle), (EventKind::Expire, found[0].id));
    Ok(())
}

/// A fill opens and closes in the cycle that it names, also when that cycle is over and when it is late; what it holds
/// elsewhere stays.
async fn a_fill_may_name_its_cycle(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let (bought, sold) = (order(0, "SPY", OrderSide::Buy, "90"), order(1, "SPY", OrderSide::Sell, "90"));
    store.insert_orders(&[bought.clone(), sold.clone()]).await?;
    let named = identity(50);
    store.record_fills(&[fill(&bought, 2, 2, "10", "600")]).await?;
    store.record_fills(&[fill(&bought, 3, 3, "10", "610").with_cycle(named)]).await?;
    store.record_fills(&[fill(&sold, 4, 4, "10", "615").with_cycle(named)]).await?;
    let result = |cycles: Vec<Cycle>| {
        let of = |cycle: &Cycle| (cycle.id == named, cycle.events, cycle.shares, cycle.realized_pnl);
        cycles.iter().map(of).collect::<Vec<_>>()
    };
    let first = (false, 1, amount("10"), Decimal::ZERO);
    assert_eq!(result(cycles(store).await?), [first, (true, 2, Decimal::ZERO, amount("50"))]);
    // The cycle is over, and a fill takes it up again; one that comes late changes nothing of the names.
    store.record_fills(&[fill(&bought, 5, 5, "10", "620").with_cycle(named)]).await?;
    store.record_fills(&[fill(&bought, 1, 1, "10", "590")]).await?;
    let first = (false, 2, amount("20"), Decimal::ZERO);
    assert_eq!(result(cycles(store).await?), [first, (true, 3, amount("10"), amount("50"))]);
    assert_eq!(position(store, "SPY").await?.map(|held| held.quantity), Some(amount("30")));
    // A fill that names nothing closes where the instrument is held.
    store.record_fills(&[fill(&sold, 6, 6, "30", "630")]).await?;
    let held: Decimal = cycles(store).await?.iter().map(|cycle| cycle.shares).sum();
    assert_eq!(held, Decimal::ZERO);
    Ok(())
}

/// The cycle that a correction gives to a fill stays when earlier fills arrive.
async fn a_corrected_fill_stays_in_its_cycle(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let bought = order(0, "SPY", OrderSide::Buy, "90");
    store.insert_orders(from_ref(&bought)).await?;
    store.record_fills(&[fill(&bought, 2, 2, "10", "600"), fill(&bought, 3, 3, "10", "601")]).await?;
    let event = store.get_journal_event(identity(3)).await?.expect("an event");
    let moved = JournalEvent { cycle: identity(50), ..event };
    store.amend_journal_events(&[Amendment::correct(moved, day(9), "another decision")]).await?;
    store.record_fills(&[fill(&bought, 1, 1, "10", "599")]).await?;
    let found: Vec<_> = cycles(store).await?.iter().map(|cycle| (cycle.id == identity(50), cycle.events)).collect();
    assert_eq!(found, [(false, 2), (true, 1)]);
    Ok(())
}

/// A fill cannot name a cycle of another strategy.
async fn a_cycle_of_others_is_refused(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let bought = order(0, "SPY", OrderSide::Buy, "90");
    let other = Order { strategy: parsed("trend"), ..order(1, "SPY", OrderSide::Buy, "90") };
    store.insert_orders(&[bought.clone(), other.clone()]).await?;
    store.record_fills(&[fill(&bought, 1, 1, "10", "600").with_cycle(identity(50))]).await?;
    let before = Book::of(store).await?;
    let error = store.record_fills(&[fill(&other, 2, 2, "10", "600").with_cycle(identity(50))]).await;
    let error = error.expect_err("a cycle of another strategy");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(Book::of(store).await?, before);
    Ok(())
}

/// A position that was set by its owner, as after a transfer, is carried on by fills, late ones too.
async fn an_owners_position_is_carried_on(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let key = PositionKey { account: parsed("U1"), instrument: parsed("SPY"), strategy: parsed("wheel") };
    store.upsert_positions(&[Position::new(key, amount("100"), amount("500"), day(0))]).await?;
    let bought = order(0, "SPY", OrderSide::Buy, "200");
    store.insert_orders(from_ref(&bought)).await?;
    store.record_fills(&[fill(&bought, 2, 2, "100", "600")]).await?;
    let held = position(store, "SPY").await?.expect("a position");
    assert_eq!((held.quantity, held.average_cost), (amount("200"), Some(amount("550"))));
    store.record_fills(&[fill(&bought, 1, 1, "50", "550")]).await?;
    let held = position(store, "SPY").await?.expect("a position");
    assert_eq!((held.quantity, held.average_cost), (amount("250"), Some(amount("550"))));
    assert_eq!(store.list_positions(&PositionFilter::default()).await?.len(), 1);
    Ok(())
}

/// Preconditions hold for fills in a unit of work, and the order may be new in the same unit.
async fn fills_are_written_as_expected(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let bought = order(0, "SPY", OrderSide::Buy, "20");
    let (first, second) = (fill(&bought, 1, 1, "1", "600"), fill(&bought, 2, 2, "1", "600"));
    let guarded = || Guarded::from(first.clone());
    let unit = UnitOfWork::new().insert_orders(bought.clone()).record_fills(guarded().must_not_exist());
    assert_eq!(store.apply(&unit).await?[1].upserted, inserted(1));
    let error = store.apply(&unit).await.expect_err("there is one");
    assert_eq!((error.kind(), error.context("write")), (ErrorKind::Conflict, Some("1")), "{error}");
    for expected in [guarded().must_exist(), guarded().must_match([first.clone()])] {
        assert_eq!(store.apply(&UnitOfWork::new().record_fills(expected)).await?[0].upserted, unchanged(1));
    }
    let other = guarded().must_match([first.clone().with_provenance(Provenance::Paper)]);
    for refused in [other, Guarded::from(second.clone()).must_exist()] {
        store.apply(&UnitOfWork::new().record_fills(refused)).await.expect_err("another fill, or none");
    }
    assert_eq!(all::<Executions>(store).await?.len(), 1);
    Ok(())
}

/// Everything that fills make, without when a trade was last changed: a late fill changes trades later.
#[derive(Clone, Debug, PartialEq)]
struct Book {
    orders: Vec<Order>,
    executions: Vec<Execution>,
    positions: Vec<Position>,
    events: Vec<JournalEvent>,
    cycles: Vec<Cycle>,
    trades: Vec<Trade>,
}

impl Book {
    async fn of(store: &dyn Store) -> Result<Self> {
        let trades = all::<Trades>(store).await?.into_iter();
        Ok(Self {
            orders: all::<Orders>(store).await?,
            executions: all::<Executions>(store).await?,
            positions: store.list_positions(&PositionFilter::default()).await?,
            events: all::<JournalEvents>(store).await?,
            cycles: store.list_cycles(&CycleFilter::default()).await?,
            trades: trades.map(|trade| Trade { updated_at: trade.at, ..trade }).collect(),
        })
    }
}

/// Creates fills of a few orders in three instruments within a few minutes, and the windows in which they come.
fn windows() -> impl Strategy<Value = (Vec<Fill>, Vec<Vec<Fill>>)> {
    let prices = select(&["7", "7.35", "6.01", "0.05"]);
    let fills = vec((0..6_usize, 0..5_usize, 1..5_u8, prices, 0..3_u8, 0..8_usize), 1..9).prop_map(|drawn| {
        let fills = drawn.into_iter().enumerate().map(|(number, (of, minute, quantity, price, commission, cycle))| {
            let mut fill = fill(&orders()[of], number, minute, &quantity.to_string(), price);
            fill.execution.commission = Decimal::from(commission);
            // A few name one of two cycles.
            if cycle < 2 { fill.with_cycle(identity(60 + cycle)) } else { fill }
        });
        fills.collect::<Vec<_>>()
    });
    let shuffled = fills.prop_flat_map(|fills| (Just(fills.clone()), Just(fills).prop_shuffle(), 1..4_usize));
    shuffled.prop_map(|(fills, shuffled, size)| (fills, shuffled.chunks(size).map(<[_]>::to_vec).collect()))
}

/// A purchase and a sale of each of three instruments of an underlying.
fn orders() -> Vec<Order> {
    let instruments = ["SPY", PUT, "SPY   251219C00700000"];
    let both = |(number, instrument)| {
        [OrderSide::Buy, OrderSide::Sell]
            .map(|side| (2 * number + usize::from(side == OrderSide::Sell), instrument, side))
    };
    let all = instruments.into_iter().enumerate().flat_map(both);
    all.map(|(number, instrument, side)| order(number, instrument, side, "100")).collect()
}

/// Random fills, in random order and windows and each of them twice, make the book that they make one by one in the
/// order of time.
async fn fills_in_any_order_make_the_same_book(bench: &Bench) -> Result<()> {
    check_random(bench, windows(), async |bench, (fills, windows)| {
        let (store, model) = (bench.open().await?, MemoryStore::new());
        store.insert_orders(&orders()).await?;
        Store::apply(&model, &UnitOfWork::new().insert_orders(orders())).await?;
        let mut in_time = fills;
        in_time.sort_by_key(|fill| (fill.execution.at, Id::<Fill>::from_uuid(fill.execution.id.as_uuid())));
        for fill in in_time {
            Store::apply(&model, &UnitOfWork::new().record_fills(fill)).await?;
        }
        for window in windows {
            store.record_fills(&window).await?;
            store.record_fills(&window).await?;
        }
        assert_eq!(Book::of(&*store).await?, Book::of(&model).await?);
        for cycle in store.list_cycles(&CycleFilter::default()).await? {
            assert!(store.rebuild_cycle(cycle.id).await?, "{cycle:?}");
        }
        Ok(())
    })
    .await
}
