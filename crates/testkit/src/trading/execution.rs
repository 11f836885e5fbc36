//! Executions, and the orders that they fill.

use std::slice::from_ref;

use async_trait::async_trait;
use chrono::TimeDelta;
use proptest::{collection::vec, option, prelude::*, sample::select};
use strikebook_core::{
    CLOCK_TOLERANCE, Decimal, Error, ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    memory::MemoryStore,
    money::TradedValue,
    port::Entry,
    trading::{Execution, ExecutionFilter, ExecutionQuery, Order, OrderMove, OrderSide, OrderStatus},
};

use super::{
    amount,
    order::{Orders, stored},
    parsed,
};
use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    generate::check_random,
    series::{NOTHING, inserted, just_after, unchanged},
};

/// Executions, as the shared cases see them: each is of an order of its own.
#[derive(Debug)]
pub struct Executions;

#[async_trait]
impl Entries for Executions {
    type Entry = Execution;

    const DATASET: Dataset = Dataset::Executions;

    fn entry(number: usize, at: Timestamp) -> Execution {
        let order = Orders::entry(number, day(0));
        Execution::new(identity(number), &order, at, amount("4"), amount("1.06"))
    }

    fn altered(entry: Execution) -> Execution {
        Execution { price: amount("1.07"), ..entry }
    }

    fn invalid(entry: Execution) -> Execution {
        Execution { quantity: Decimal::ZERO, ..entry }
    }

    fn recorded(entry: Execution, recorded_at: Timestamp) -> Execution {
        Execution { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[Execution]) -> Result<Upserted> {
        let orders: Vec<_> = (0..32).map(|number| Orders::entry(number, day(0))).collect();
        let named = |order: &&Order| entries.iter().any(|execution| execution.order_id == order.id);
        store.insert_orders(&orders.iter().filter(named).cloned().collect::<Vec<_>>()).await?;
        store.record_executions(entries).await
    }

    async fn get(store: &dyn Store, id: Id<Execution>) -> Result<Option<Execution>> {
        Ok(all::<Self>(store).await?.into_iter().find(|execution| execution.id == id))
    }

    async fn list(store: &dyn Store, query: &ExecutionQuery) -> Result<Page<Execution>> {
        store.list_executions(query).await
    }
}

/// Creates an execution of an order, with the identity of its number.
fn execution(order: &Order, number: usize, quantity: &str, price: &str) -> Execution {
    Execution::new(identity(number), order, day(number), amount(quantity), amount(price))
}

/// Asserts that an order is what its executions say, and returns it.
pub(crate) async fn assert_adds_up(store: &dyn Store, id: Id<Order>) -> Result<Order> {
    let order = stored(store, id).await?;
    order.validate()?;
    let filter = ExecutionFilter { order_id: Some(id), ..ExecutionFilter::default() };
    let (mut quantity, mut value) = (Decimal::ZERO, TradedValue::ZERO);
    for execution in store.list_executions(&Listing::new(filter)).await?.items {
        quantity += execution.quantity;
        value = value.plus(execution.quantity, execution.price)?;
    }
    assert_eq!((order.filled_quantity, order.filled_value), (quantity, value), "{order:?}");
    assert!(quantity <= order.quantity, "{order:?}");
    Ok(order)
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Executions>(),
        cases![
            every_field_comes_back,
            values_out_of_range_are_refused,
            executions_fill_their_order,
            an_execution_written_again_is_unchanged,
            accounts_have_identities_of_their_own,
            an_order_is_never_overfilled,
            an_execution_needs_its_order,
            an_execution_before_its_order_is_refused,
            what_happened_before_the_end_is_taken_late,
            filters_keep_what_they_name,
            random_lives_add_up
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Order { quantity: amount("999999.99999999"), ..Orders::entry(0, day(0)) };
    store.insert_orders(from_ref(&order)).await?;
    let missing = execution(&order, 0, "1", "0");
    let full = Execution {
        commission: amount("-123456789012.12345678"),
        regulatory_fees: Some(amount("0.00000001")),
        exchange_fees: Some(amount("-0.00000002")),
        venue: Some(parsed("CBOE 'C2'; --")),
        broker_execution_id: Some(parsed("0000e0d5.0001")),
        recorded_at: just_after(day(4)),
        ..execution(&order, 1, "999998.99999999", "99999.99999999")
    };
    assert_eq!(store.record_executions(&[missing.clone(), full.clone()]).await?, inserted(2));
    assert_eq!(all::<Executions>(&*store).await?, [missing, full]);
    Ok(())
}

/// Quantities are above zero, prices not negative, and the value of an execution is below 10¹².
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Order { quantity: amount("2000000"), ..Orders::entry(0, day(0)) };
    store.insert_orders(from_ref(&order)).await?;
    let valid = execution(&order, 0, "1", "1");
    for (field, execution) in [
        ("quantity", Execution { quantity: Decimal::ZERO, ..valid.clone() }),
        ("quantity", Execution { quantity: amount("-1"), ..valid.clone() }),
        ("price", Execution { price: amount("-0.01"), ..valid.clone() }),
        ("price", Execution { price: amount("0.000000001"), ..valid.clone() }),
        ("price", Execution { quantity: amount("1000000"), price: amount("1000000"), ..valid.clone() }),
        ("commission", Execution { commission: amount("1000000000000"), ..valid.clone() }),
    ] {
        let error = store.record_executions(&[execution]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    let half = |number| execution(&order, number, "1000000", "600000");
    let error = store.record_executions(&[half(1), half(2)]).await.expect_err("too large a sum");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::InvalidInput, Some("1")), "{error}");
    assert_eq!(all::<Executions>(&*store).await?, []);
    assert_eq!(stored(&*store, order.id).await?, order);
    Ok(())
}

/// Executions fill their order: quantity, value and status follow, and so does `updated_at`.
async fn executions_fill_their_order(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let orders = some::<Orders>(2);
    store.insert_orders(&orders).await?;
    let first = execution(&orders[0], 3, "4", "1.05");
    assert_eq!(store.record_executions(from_ref(&first)).await?, inserted(1));
    let partly = Order {
        status: OrderStatus::PartiallyFilled,
        filled_quantity: amount("4"),
        filled_value: TradedValue::try_from(amount("4.20"))?,
        updated_at: day(3),
        ..orders[0].clone()
    };
    assert_eq!(stored(&*store, orders[0].id).await?, partly);
    // A batch fills several orders, and one of them in several steps; the earlier execution does not turn the clock
    // back.
    let batch = [
        execution(&orders[0], 2, "5", "1.06"),
        execution(&orders[1], 5, "10", "0.99"),
        execution(&orders[0], 1, "1", "1.07"),
    ];
    assert_eq!(store.record_executions(&batch).await?, inserted(3));
    let filled = assert_adds_up(&*store, orders[0].id).await?;
    assert_eq!((filled.status, filled.updated_at), (OrderStatus::Filled, day(3)));
    assert_eq!(filled.average_price(), Some(amount("1.057")));
    let other = assert_adds_up(&*store, orders[1].id).await?;
    assert_eq!((other.status, other.average_price()), (OrderStatus::Filled, Some(amount("0.99"))));
    Ok(())
}

/// An execution written again is unchanged, whether its own or the broker's identity matches, and whatever the status
/// of its order is.
async fn an_execution_written_again_is_unchanged(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Orders::entry(0, day(0));
    store.insert_orders(from_ref(&order)).await?;
    let named = |number, quantity| Execution {
        broker_execution_id: Some(parsed("x1")),
        at: day(1),
        recorded_at: day(1),
        ..execution(&order, number, quantity, "1.05")
    };
    let first = named(0, "4");
    let recorded_later = Execution { recorded_at: day(9), ..first.clone() };
    let renamed = Execution { id: identity(1), ..recorded_later.clone() };
    let batch = [first.clone(), recorded_later.clone(), renamed.clone()];
    assert_eq!(store.record_executions(&batch).await?, Upserted { repeated: 2, ..inserted(1) });
    assert_eq!(store.record_executions(&batch).await?, unchanged(3));
    let rest = execution(&order, 2, "6", "1.05");
    assert_eq!(store.record_executions(&[renamed, rest]).await?, Upserted { unchanged: 1, ..inserted(1) });
    assert_eq!(stored(&*store, order.id).await?.status, OrderStatus::Filled);
    assert_eq!(store.record_executions(&batch).await?, unchanged(3), "the order is filled by now");
    for other in [named(0, "3"), named(3, "3"), Execution { broker_execution_id: None, ..first.clone() }] {
        let error = store.record_executions(&[first.clone(), other]).await.expect_err("another with its identity");
        assert_eq!((error.kind(), error.context("row")), (ErrorKind::Conflict, Some("1")), "{error}");
    }
    assert_eq!(assert_adds_up(&*store, order.id).await?.filled_quantity, amount("10"));
    assert_eq!(all::<Executions>(&*store).await?[0], first);
    Ok(())
}

/// The broker's identities of two accounts are apart.
async fn accounts_have_identities_of_their_own(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let orders = [0, 1].map(|number| Order { account: parsed(["U1", "U2"][number]), ..Orders::entry(number, day(0)) });
    store.insert_orders(&orders).await?;
    let named = |number: usize, quantity| Execution {
        broker_execution_id: Some(parsed("x1")),
        ..execution(&orders[number], number, quantity, "1")
    };
    assert_eq!(store.record_executions(&[named(0, "1"), named(1, "2")]).await?, inserted(2));
    assert_eq!(store.record_executions(&[named(1, "2"), named(0, "1")]).await?, unchanged(2));
    Ok(())
}

/// More than was ordered cannot be filled, and with it nothing of the batch is stored.
async fn an_order_is_never_overfilled(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let orders = some::<Orders>(2);
    store.insert_orders(&orders).await?;
    store.record_executions(&[execution(&orders[0], 0, "9", "1")]).await?;
    let before = all::<Orders>(&*store).await?;
    let batch = [
        execution(&orders[1], 1, "10", "1"),
        execution(&orders[0], 2, "0.99999999", "1"),
        execution(&orders[0], 3, "0.00000002", "1"),
    ];
    let error = store.record_executions(&batch).await.expect_err("too much");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::Conflict, Some("2")), "{error}");
    assert_eq!(all::<Orders>(&*store).await?, before);
    assert_eq!(all::<Executions>(&*store).await?.len(), 1);
    Ok(())
}

/// An execution needs its order: one that exists and is working, with its account, instrument and side.
async fn an_execution_needs_its_order(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let orders = some::<Orders>(3);
    store.insert_orders(&orders[..2]).await?;
    store.move_order(orders[1].id, &OrderMove::new(OrderStatus::Cancelled, day(1))).await?;
    let good = execution(&orders[0], 0, "1", "1");
    let other = |change: &dyn Fn(&mut Execution)| {
        let mut execution = Execution { id: identity(1), ..good.clone() };
        change(&mut execution);
        execution
    };
    for (kind, bad) in [
        (ErrorKind::NotFound, execution(&orders[2], 1, "1", "1")),
        (ErrorKind::Conflict, execution(&orders[1], 2, "1", "1")),
        (ErrorKind::Conflict, other(&|execution| execution.account = parsed("U2"))),
        (ErrorKind::Conflict, other(&|execution| execution.instrument = parsed("SPY"))),
        (ErrorKind::Conflict, other(&|execution| execution.side = OrderSide::Buy)),
    ] {
        let error = store.record_executions(&[good.clone(), bad]).await.expect_err("not its order");
        assert_eq!((error.kind(), error.context("row")), (kind, Some("1")), "{error}");
    }
    assert_eq!(all::<Executions>(&*store).await?, []);
    assert_eq!(stored(&*store, orders[0].id).await?, orders[0]);
    Ok(())
}

/// An order that was cancelled or has expired takes what happened up to its end, and stays what it is unless all of it
/// is filled; what happened later, and any execution of a rejected order, is refused.
async fn what_happened_before_the_end_is_taken_late(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (number, status) in [OrderStatus::Cancelled, OrderStatus::Expired].into_iter().enumerate() {
        let order = Orders::entry(number, day(0));
        store.insert_orders(from_ref(&order)).await?;
        let ended = store.move_order(order.id, &OrderMove::new(status, day(5))).await?;
        let reported = |row: usize, at, quantity: &str| {
            let execution = execution(&order, number * 10 + row, quantity, "1.05");
            Execution { at, recorded_at: day(9), ..execution }
        };
        let too_late = reported(0, just_after(day(5)), "1");
        let error = store.record_executions(&[reported(1, day(5), "1"), too_late]).await.expect_err("after its end");
        assert_eq!((error.kind(), error.context("row")), (ErrorKind::Conflict, Some("1")), "{error}");
        assert_eq!(stored(&*store, order.id).await?, ended);
        let late = [reported(2, day(5), "4"), reported(3, day(1), "1")];
        assert_eq!(store.record_executions(&late).await?, inserted(2));
        assert_eq!(store.record_executions(&late).await?, unchanged(2));
        let partly = assert_adds_up(&*store, order.id).await?;
        assert_eq!((partly.status, partly.ended_at, partly.updated_at), (status, Some(day(5)), day(5)));
        assert_eq!(partly.filled_quantity, amount("5"));
        let error = store.record_executions(&[reported(4, day(1), "6")]).await.expect_err("too much");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        store.record_executions(&[reported(5, day(2), "5")]).await?;
        let filled = assert_adds_up(&*store, order.id).await?;
        assert_eq!((filled.status, filled.ended_at), (OrderStatus::Filled, None));
    }
    let rejected = Orders::entry(7, day(0));
    store.insert_orders(from_ref(&rejected)).await?;
    store.move_order(rejected.id, &OrderMove::new(OrderStatus::Rejected, day(5))).await?;
    let error = store.record_executions(&[execution(&rejected, 1, "1", "1")]).await.expect_err("rejected");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let orders: Vec<_> = (0..4)
        .map(|number| Order {
            account: parsed(if number < 2 { "U1" } else { "U2" }),
            instrument: parsed(if number % 2 == 0 { "SPY" } else { "SPY   251219P00600000" }),
            ..Orders::entry(number, day(0))
        })
        .collect();
    store.insert_orders(&orders).await?;
    let executions: Vec<_> = (0..12).map(|number| execution(&orders[number % 4], number, "1", "1")).collect();
    store.record_executions(&executions).await?;
    let by_order = ExecutionFilter { order_id: Some(orders[3].id), ..ExecutionFilter::default() };
    let by_instrument = ExecutionFilter { instrument: Some(parsed("SPY")), ..ExecutionFilter::default() };
    let together = ExecutionFilter { account: Some(parsed("U2")), ..by_instrument.clone() };
    let neither = ExecutionFilter { account: Some(parsed("U1")), ..by_order.clone() };
    for (filter, count) in [(by_order, 3), (by_instrument, 6), (together, 3), (neither, 0)] {
        let found = store.list_executions(&Listing::new(filter.clone())).await?.items;
        let expected = executions.iter().filter(|execution| execution.is_admitted_by(&filter));
        assert_eq!(found, expected.cloned().collect::<Vec<_>>(), "{filter:?}");
        assert_eq!(found.len(), count, "{filter:?}");
    }
    Ok(())
}

/// One call of a random sequence. The identities are few, so that executions repeat and contradict each other.
#[derive(Clone, Debug)]
enum Step {
    Record(Vec<Fill>),
    Move(usize, OrderStatus, Option<u8>),
    Insert(usize),
}

#[derive(Clone, Debug)]
struct Fill {
    order: usize,
    number: usize,
    broker: Option<u8>,
    quantity: u8,
    price: &'static str,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fill = (0..4_usize, 0..12_usize, option::of(0..6_u8), 0..5_u8, select(&["0", "1.05", "0.00000001", "1.06"]))
        .prop_map(|(order, number, broker, quantity, price)| Fill { order, number, broker, quantity, price });
    let step = prop_oneof![
        6 => vec(fill, 0..4).prop_map(Step::Record),
        2 => (0..4_usize, select(OrderStatus::ALL), option::of(0..3_u8))
            .prop_map(|(order, status, broker)| Step::Move(order, status, broker)),
        1 => (0..4_usize).prop_map(Step::Insert),
    ];
    vec(step, 1..30)
}

impl Step {
    async fn answer(&self, store: &dyn Store) -> String {
        self.call(store).await.unwrap_or_else(|error: Error| format!("{} {:?}", error.kind(), error.context("row")))
    }

    async fn call(&self, store: &dyn Store) -> Result<String> {
        Ok(match self {
            Self::Insert(number) => format!("{:?}", store.insert_orders(&[Orders::entry(*number, day(0))]).await?),
            Self::Move(order, status, broker) => {
                let step = OrderMove {
                    broker_order_id: broker.map(|id| parsed(&format!("b{id}"))),
                    ..OrderMove::new(*status, day(1))
                };
                format!("{:?}", store.move_order(identity(*order), &step).await?.status)
            }
            Self::Record(fills) => {
                let executions: Vec<_> = fills.iter().map(Fill::execution).collect();
                format!("{:?}", store.record_executions(&executions).await?)
            }
        })
    }
}

impl Fill {
    fn execution(&self) -> Execution {
        let order = Orders::entry(self.order, day(0));
        Execution {
            broker_execution_id: self.broker.map(|id| parsed(&format!("x{id}"))),
            // Moves are made on the day between, so that some executions arrive late.
            at: day(if self.quantity.is_multiple_of(2) { 0 } else { 2 }),
            ..execution(&order, self.number, &self.quantity.to_string(), self.price)
        }
    }
}

/// Every answer equals that of the store in memory, for random sequences of executions, moves and repetitions, and
/// after each step every order is what its executions say.
async fn random_lives_add_up(bench: &Bench) -> Result<()> {
    check_random(bench, steps(), async |bench, steps| {
        let (model, store) = (MemoryStore::new(), bench.open().await?);
        for store in [&model as &dyn Store, &*store] {
            assert_eq!(store.record_executions(&[]).await?, NOTHING);
            store.insert_orders(&some::<Orders>(3)).await?;
        }
        for (number, step) in steps.iter().enumerate() {
            let (expected, found) = (step.answer(&model).await, step.answer(&*store).await);
            assert_eq!(found, expected, "step {number}: {step:?}");
            let orders = all::<Orders>(&*store).await?;
            assert_eq!(orders, all::<Orders>(&model).await?, "step {number}: {step:?}");
            for order in orders {
                assert_adds_up(&*store, order.id).await?;
            }
        }
        assert_eq!(all::<Executions>(&*store).await?, all::<Executions>(&model).await?);
        store.close().await
    })
    .await
}

/// An execution before its order existed is refused, unless by a minute at most: clocks differ.
async fn an_execution_before_its_order_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Orders::entry(1, day(1));
    store.insert_orders(from_ref(&order)).await?;
    let first = order.at.saturating_sub(CLOCK_TOLERANCE);
    let at = |number, at| Execution::new(identity(number), &order, at, amount("4"), amount("1.06"));
    let batch = [at(1, first), at(2, first.saturating_sub(TimeDelta::microseconds(1)))];
    let error = store.record_executions(&batch).await.expect_err("the order did not exist");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::Conflict, Some("1")), "{error}");
    assert_eq!(stored(&*store, order.id).await?, order, "all or none");
    assert_eq!(store.record_executions(&batch[..1]).await?, inserted(1));
    Ok(())
}
