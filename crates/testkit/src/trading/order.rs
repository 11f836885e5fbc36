//! Cases of orders, which every engine passes.

use std::{collections::BTreeSet, slice::from_ref};

use async_trait::async_trait;
use strikebook_core::{
    Decimal, ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    money::TradedValue,
    port::Entry,
    trading::{
        Execution, Fill, Order, OrderFilter, OrderKind, OrderLink, OrderMove, OrderQuery, OrderRole, OrderSide,
        OrderStatus, Signal, SignalAction, TimeInForce,
    },
};

use super::{amount, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, new_id, some},
    series::{inserted, just_after, source, unchanged},
    trade::Trades,
};

/// Orders, as the shared cases see them.
#[derive(Debug)]
pub struct Orders;

#[async_trait]
impl Entries for Orders {
    type Entry = Order;

    const DATASET: Dataset = Dataset::Orders;

    fn entry(number: usize, at: Timestamp) -> Order {
        let option = parsed("SPY   251219P00600000");
        let order =
            Order::new(identity(number), at, parsed("wheel"), parsed("U1"), option, OrderSide::Sell, amount("10"));
        order.with_limit(amount("1.05"))
    }

    fn altered(entry: Order) -> Order {
        Order { quantity: amount("11"), ..entry }
    }

    fn invalid(entry: Order) -> Order {
        Order { limit_price: None, ..entry }
    }

    fn recorded(entry: Order, recorded_at: Timestamp) -> Order {
        Order { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[Order]) -> Result<Upserted> {
        store.insert_orders(entries).await
    }

    async fn get(store: &dyn Store, id: Id<Order>) -> Result<Option<Order>> {
        store.get_order(id).await
    }

    async fn list(store: &dyn Store, query: &OrderQuery) -> Result<Page<Order>> {
        store.list_orders(query).await
    }
}

/// Creates a move on a day.
fn step(status: OrderStatus, at: usize) -> OrderMove {
    OrderMove::new(status, day(at))
}

/// Returns an order as it is stored.
pub(crate) async fn stored(store: &dyn Store, id: Id<Order>) -> Result<Order> {
    Ok(store.get_order(id).await?.unwrap_or_else(|| panic!("no order {id}")))
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Orders>(),
        cases![
            every_field_comes_back,
            orders_that_make_no_sense_are_refused,
            an_order_written_again_is_unchanged_in_any_state,
            the_brokers_identity_is_of_one_order,
            legs_of_a_combo_share_the_brokers_identity,
            links_out_of_range_are_refused,
            filters_keep_what_they_name,
            the_signal_of_a_new_order_exists,
            an_order_makes_the_allowed_transitions_only,
            a_move_tells_what_the_broker_said,
            an_unknown_order_cannot_move,
            the_average_price_is_exact
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let quantity = amount("0.12345678");
    let stock = Order::new(identity(2), day(0), parsed("x"), parsed("U2"), parsed("BRK.B"), OrderSide::Buy, quantity);
    let full = Order {
        signal_id: Some(identity::<Signal>(7)),
        quantity: amount("999999999999.99999999"),
        time_in_force: TimeInForce::GoodTilCancelled,
        links: vec![
            OrderLink { net_price: Some(amount("-1.25")), ..OrderLink::new(identity(3), OrderRole::Leg) },
            OrderLink::new(identity(4), OrderRole::Entry),
        ],
        status: OrderStatus::Rejected,
        ended_at: Some(just_after(day(2))),
        broker_order_id: Some(parsed("4711 'a'")),
        error_message: Some("margin: \"too low\" 🐂\n-- DROP TABLE orders".to_owned()),
        updated_at: day(3),
        recorded_at: just_after(day(4)),
        ..stock.clone().with_limit(amount("0.00000001")).with_stop(amount("600"))
    };
    let full = Order { id: identity(1), ..full };
    assert_eq!(full.kind, OrderKind::StopLimit);
    let signal = Signal::new(identity(7), day(0), parsed("x"), parsed("SPY"), SignalAction::Long, 0.5);
    store.insert_signals(&[signal]).await?;
    store.insert_orders(&[stock.clone(), full.clone()]).await?;
    for order in [stock, full] {
        assert_eq!(store.get_order(order.id).await?, Some(order));
    }
    let (numbers, kinds) = (10.., OrderKind::ALL.iter().cycle());
    let plain = numbers.zip(TimeInForce::ALL).zip(kinds).map(|((number, force), kind)| Order {
        kind: *kind,
        limit_price: kind.has_limit().then(|| amount("2")),
        stop_price: kind.has_stop().then(|| amount("3")),
        time_in_force: *force,
        ..Orders::entry(number, day(0))
    });
    let plain: Vec<_> = plain.collect();
    assert_eq!(store.insert_orders(&plain).await?, inserted(6));
    for order in plain {
        assert_eq!(store.get_order(order.id).await?, Some(order));
    }
    Ok(())
}

/// Quantities and prices are above zero, each kind of order has its own prices only, and a new order has no fills.
async fn orders_that_make_no_sense_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let limit = Orders::entry(0, day(0));
    let market = Order { kind: OrderKind::Market, limit_price: None, ..limit.clone() };
    let filled = Order { filled_quantity: amount("10"), status: OrderStatus::Filled, ..limit.clone() };
    for (field, order) in [
        ("quantity", Order { quantity: Decimal::ZERO, ..limit.clone() }),
        ("quantity", Order { quantity: amount("-1"), ..limit.clone() }),
        ("quantity", Order { quantity: amount("0.123456789"), ..limit.clone() }),
        ("limit_price", Order { limit_price: Some(Decimal::ZERO), ..limit.clone() }),
        ("limit_price", Order { limit_price: None, ..limit.clone() }),
        ("limit_price", Order { limit_price: Some(amount("1")), ..market.clone() }),
        ("stop_price", Order { stop_price: Some(amount("1")), ..limit.clone() }),
        ("stop_price", Order { kind: OrderKind::Stop, ..market.clone() }),
        ("stop_price", Order { kind: OrderKind::StopLimit, ..limit.clone() }),
        ("error_message", Order { error_message: Some("a\0b".to_owned()), ..limit.clone() }),
        ("filled_quantity", filled.clone()),
        ("filled_quantity", Order { filled_quantity: amount("11"), ..filled.clone() }),
        ("filled_quantity", Order { filled_quantity: amount("1"), ..limit.clone() }),
        ("filled_quantity", Order { status: OrderStatus::PartiallyFilled, ..limit.clone() }),
        ("filled_quantity", Order { status: OrderStatus::Cancelled, ..filled.clone() }),
        ("ended_at", Order { status: OrderStatus::Cancelled, ..limit.clone() }),
        ("ended_at", Order { ended_at: Some(day(1)), ..limit.clone() }),
    ] {
        let error = store.insert_orders(&[market.clone(), order]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
        assert_eq!(error.context("row"), Some("1"), "{error}");
    }
    assert_eq!(all::<Orders>(&*store).await?, []);
    Ok(())
}

/// An order written again is unchanged, whatever its status is by now.
async fn an_order_written_again_is_unchanged_in_any_state(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let orders = some::<Orders>(2);
    store.insert_orders(&orders).await?;
    let opened = step(OrderStatus::Open, 1).with_broker_order_id(parsed("A"));
    let opened = store.move_order(orders[0].id, &opened).await?;
    store.record_executions(&[Execution::new(identity(0), &orders[1], day(2), amount("10"), amount("1.10"))]).await?;
    assert_eq!(store.insert_orders(&orders).await?, unchanged(2));
    assert_eq!(store.insert_orders(from_ref(&opened)).await?, unchanged(1), "as it is now");
    assert_eq!(stored(&*store, orders[0].id).await?, opened);
    assert_eq!(stored(&*store, orders[1].id).await?.status, OrderStatus::Filled);
    Ok(())
}

/// The broker's identity finds one order of an account. A second order of the account with it is refused; another
/// account may have it too.
async fn the_brokers_identity_is_of_one_order(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let known = |number, account: &str, id: &str| Order {
        account: parsed(account),
        broker_order_id: Some(parsed(id)),
        ..Orders::entry(number, day(number))
    };
    let orders = [known(0, "U1", "A"), known(1, "U2", "A"), known(2, "U1", "B")];
    assert_eq!(store.insert_orders(&orders).await?, inserted(3));
    assert_eq!(store.insert_orders(&orders).await?, unchanged(3));
    for order in &orders {
        let broker = order.broker_order_id.unwrap_or_else(|| panic!("none"));
        assert_eq!(store.get_order_by_broker_id(order.account, broker).await?.as_ref(), Some(order));
    }
    assert_eq!(store.get_order_by_broker_id(parsed("U2"), parsed("B")).await?, None);
    let fresh = known(3, "U1", "C");
    for batch in [[fresh.clone(), known(4, "U1", "A")], [fresh.clone(), known(4, "U1", "C")]] {
        let error = store.insert_orders(&batch).await.expect_err("the identity of another");
        assert_eq!((error.kind(), error.context("row")), (ErrorKind::Conflict, Some("1")), "{error}");
    }
    assert_eq!(all::<Orders>(&*store).await?, orders);
    let plain = Orders::entry(5, day(5));
    store.insert_orders(from_ref(&plain)).await?;
    let taken = step(OrderStatus::Open, 6).with_broker_order_id(parsed("A"));
    let error = store.move_order(plain.id, &taken).await.expect_err("the identity of another");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(stored(&*store, plain.id).await?, plain);
    let free = taken.with_broker_order_id(parsed("D"));
    let moved = store.move_order(plain.id, &free).await?;
    assert_eq!(store.get_order_by_broker_id(plain.account, parsed("D")).await?, Some(moved.clone()));
    assert_eq!(store.move_order(plain.id, &free).await?, moved, "sent again");
    let error = store.move_order(plain.id, &free.with_broker_order_id(parsed("E"))).await.expect_err("it has another");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let states = [OrderStatus::Pending, OrderStatus::Open, OrderStatus::Cancelled, OrderStatus::Expired];
    let orders: Vec<_> = (0..16)
        .zip(states.iter().cycle())
        .map(|(number, status)| Order {
            account: parsed(if number < 8 { "U1" } else { "U2" }),
            strategy: parsed(if number % 3 == 0 { "wheel" } else { "straddle" }),
            instrument: parsed(if number % 5 == 0 { "SPY" } else { "SPY   251219P00600000" }),
            status: *status,
            ended_at: status.is_cut_short().then(|| day(number)),
            links: (number % 4 < 2)
                .then(|| OrderLink::new(identity(90 + number / 4), OrderRole::Leg))
                .into_iter()
                .collect(),
            ..Orders::entry(number, day(number))
        })
        .collect();
    store.insert_orders(&orders).await?;
    let partly = Execution::new(identity(20), &orders[1], day(20), amount("1"), amount("1"));
    store.record_executions(&[partly]).await?;
    let orders = all::<Orders>(&*store).await?;
    let account = OrderFilter { account: Some(parsed("U1")), ..OrderFilter::default() };
    for (filter, count) in [
        (OrderFilter { strategy: Some(parsed("wheel")), ..OrderFilter::default() }, 6),
        (OrderFilter { instrument: Some(parsed("SPY")), ..OrderFilter::default() }, 4),
        (OrderFilter { status: Some(OrderStatus::Open), ..OrderFilter::default() }, 3),
        (OrderFilter { working: true, ..OrderFilter::default() }, 8),
        (OrderFilter { group: Some(identity(91)), ..OrderFilter::default() }, 2),
        (OrderFilter { group: Some(identity(91)), instrument: Some(parsed("SPY")), ..OrderFilter::default() }, 1),
        (OrderFilter { working: true, strategy: Some(parsed("straddle")), ..account.clone() }, 3),
        (OrderFilter { working: true, status: Some(OrderStatus::Expired), ..OrderFilter::default() }, 0),
        (account, 8),
    ] {
        let found = store.list_orders(&Listing::new(filter.clone())).await?.items;
        let expected = orders.iter().filter(|order| order.is_admitted_by(&filter));
        assert_eq!(found, expected.cloned().collect::<Vec<_>>(), "{filter:?}");
        assert_eq!(found.len(), count, "{filter:?}");
    }
    Ok(())
}

/// An order makes the allowed transitions of its status only; fills come from executions only.
async fn an_order_makes_the_allowed_transitions_only(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (number, from) in OrderStatus::ALL.iter().enumerate() {
        for (other, to) in OrderStatus::ALL.iter().enumerate() {
            let order = Orders::entry(number * 10 + other, day(0));
            store.insert_orders(from_ref(&order)).await?;
            let filled = |quantity| [Execution::new(new_id(day(1)), &order, day(1), amount(quantity), amount("1.1"))];
            match from {
                OrderStatus::PartiallyFilled => store.record_executions(&filled("4")).await.map(drop)?,
                OrderStatus::Filled => store.record_executions(&filled("10")).await.map(drop)?,
                _ => store.move_order(order.id, &step(*from, 1)).await.map(drop)?,
            }
            let before = stored(&*store, order.id).await?;
            assert_eq!(before.status, *from);
            let by_executions = matches!(to, OrderStatus::PartiallyFilled | OrderStatus::Filled);
            let answer = store.move_order(order.id, &step(*to, 2)).await;
            if from == to {
                assert_eq!(answer?, before, "it is there already");
            } else if from.may_become(*to) && !by_executions {
                let ended_at = to.is_cut_short().then(|| day(2));
                assert_eq!(answer?, Order { status: *to, ended_at, updated_at: day(2), ..before.clone() });
            } else {
                let error = answer.expect_err("no way leads there");
                assert_eq!(error.kind(), ErrorKind::Conflict, "{from} -> {to}: {error}");
                assert_eq!(stored(&*store, order.id).await?, before);
            }
            let now = stored(&*store, order.id).await?.status;
            let fill = store
                .record_executions(&[Execution::new(new_id(day(3)), &order, day(3), amount("1"), amount("1"))])
                .await;
            assert_eq!(fill.is_ok(), now.is_working(), "{now}: {fill:?}");
        }
    }
    Ok(())
}

/// The legs of a combo share the broker's identity, which finds the first of them. An order that is no leg of it, or of
/// the same instrument, cannot have it. Their fills make one spread.
async fn legs_of_a_combo_share_the_brokers_identity(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let leg = |number, instrument: &str, side| {
        let (strategy, account) = (parsed("condor"), parsed("U1"));
        let order = Order::new(identity(number), day(0), strategy, account, parsed(instrument), side, amount("2"));
        let link = OrderLink { net_price: Some(amount("-1.10")), ..OrderLink::new(identity(9), OrderRole::Leg) };
        Order { broker_order_id: Some(parsed("4711")), ..order.with_link(link) }
    };
    let sold = leg(1, "SPY   251219P00600000", OrderSide::Sell);
    let bought = leg(2, "SPY   251219P00590000", OrderSide::Buy);
    let third = leg(3, "SPY   251219P00600000", OrderSide::Sell);
    let stranger = Order { links: Vec::new(), ..leg(4, "SPY", OrderSide::Buy) };
    assert_eq!(store.insert_orders(&[bought.clone(), sold.clone()]).await?, inserted(2));
    for other in [third, stranger] {
        let error = store.insert_orders(&[other]).await.expect_err("the identity is taken");
        assert_eq!((error.kind(), error.context("row")), (ErrorKind::Conflict, Some("0")), "{error}");
    }
    let first = store.get_order_by_broker_id(sold.account, parsed("4711")).await?;
    assert_eq!(first.map(|order| order.id), Some(sold.id.min(bought.id)));
    let fill = |number, order: &Order, price| {
        Fill::new(Execution::new(identity(number), order, day(1), amount("2"), amount(price)), source("broker"))
    };
    store.record_fills(&[fill(21, &sold, "7.35"), fill(22, &bought, "6.20")]).await?;
    let combo = Listing::new(OrderFilter { group: Some(identity(9)), ..OrderFilter::default() });
    let legs = store.list_orders(&combo).await?.items;
    assert_eq!(legs.iter().map(|leg| leg.status).collect::<Vec<_>>(), [OrderStatus::Filled; 2]);
    let trades = all::<Trades>(store).await?;
    let groups: BTreeSet<_> = trades.iter().map(|trade| trade.origin.leg_group).collect();
    assert!(trades.len() == 2 && groups.len() == 1 && !groups.contains(&None), "one spread: {trades:?}");
    Ok(())
}

/// An order is in a group once, and only legs have a net price.
async fn links_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let leg = OrderLink::new(identity(3), OrderRole::Leg);
    let price = Some(amount("1"));
    for links in [
        vec![leg, leg],
        vec![OrderLink { net_price: price, ..OrderLink::new(identity(3), OrderRole::Stop) }],
        vec![OrderLink { net_price: Some(amount("1000000000000")), ..leg }],
    ] {
        let error = store.insert_orders(&[Order { links, ..Orders::entry(0, day(0)) }]).await.expect_err("links");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("links")), "{error}");
    }
    assert_eq!(all::<Orders>(&*store).await?, []);
    Ok(())
}

/// A move stores the broker's answers; repeating it changes nothing, and a late one does not move `updated_at` back.
async fn a_move_tells_what_the_broker_said(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Orders::entry(0, day(0));
    store.insert_orders(from_ref(&order)).await?;
    let opened = store.move_order(order.id, &step(OrderStatus::Open, 5)).await?;
    assert_eq!((opened.updated_at, opened.broker_order_id), (day(5), None));
    let named = step(OrderStatus::Open, 3).with_broker_order_id(parsed("A"));
    let named = store.move_order(order.id, &named).await?;
    assert_eq!(named, Order { broker_order_id: Some(parsed("A")), ..opened });
    let refused = step(OrderStatus::Rejected, 6).with_error_message("no such contract");
    let rejected = store.move_order(order.id, &refused).await?;
    let message = Some("no such contract".to_owned());
    let ended = Order { status: OrderStatus::Rejected, ended_at: Some(day(6)), updated_at: day(6), ..named };
    assert_eq!(rejected, Order { error_message: message, ..ended });
    assert_eq!(store.move_order(order.id, &OrderMove { at: day(9), ..refused.clone() }).await?, rejected);
    assert_eq!(stored(&*store, order.id).await?, rejected);
    let error = store.move_order(order.id, &refused.with_error_message("a\0b")).await.expect_err("NUL");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("error_message")), "{error}");
    assert_eq!(stored(&*store, order.id).await?, rejected);
    Ok(())
}

/// An unknown order cannot move.
async fn an_unknown_order_cannot_move(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let error = store.move_order(identity(0), &step(OrderStatus::Open, 0)).await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(error.context("order"), Some(&*identity::<Order>(0).to_string()));
    Ok(())
}

/// An order without fills has no average price; one with fills has the exact one.
async fn the_average_price_is_exact(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Order { quantity: amount("3.00000002"), ..Orders::entry(0, day(0)) };
    store.insert_orders(from_ref(&order)).await?;
    assert_eq!(stored(&*store, order.id).await?.average_price(), None);
    let fills = [("0.00000001", "0.00000001"), ("0.00000001", "3.00000001"), ("3", "123456789012.12345678")];
    for (hours, (quantity, price)) in fills.into_iter().enumerate() {
        let execution = Execution::new(new_id(day(hours)), &order, day(hours), amount(quantity), amount(price));
        store.record_executions(&[execution]).await?;
    }
    let filled = stored(&*store, order.id).await?;
    let value = amount("370370367036.3703703700000002");
    assert_eq!(filled.filled_value.get(), value);
    assert_eq!(filled.filled_quantity, order.quantity);
    assert_eq!((filled.status, filled.remaining()), (OrderStatus::Filled, Decimal::ZERO));
    assert_eq!(filled.average_price(), Some(value / order.quantity));
    assert_eq!(TradedValue::try_from(value)?, filled.filled_value);
    Ok(())
}

/// A new order names no signal or one that is stored; a stored order is unchanged whatever became of its signal.
async fn the_signal_of_a_new_order_exists(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let signal = Signal::new(identity(7), day(0), parsed("x"), parsed("SPY"), SignalAction::Long, 0.5);
    let order = Order { signal_id: Some(signal.id), ..Orders::entry(1, day(0)) };
    let error = store.insert_orders(&[Orders::entry(2, day(0)), order.clone()]).await.expect_err("no such signal");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::NotFound, Some("1")), "{error}");
    assert_eq!(error.context("signal"), Some(&*signal.id.to_string()), "{error}");
    assert_eq!(store.get_order(identity(2)).await?, None, "all or none");
    store.insert_signals(std::slice::from_ref(&signal)).await?;
    assert_eq!(store.insert_orders(std::slice::from_ref(&order)).await?.inserted, 1);
    store.purge(Dataset::Signals, day(1)).await?;
    assert_eq!(store.insert_orders(std::slice::from_ref(&order)).await?.unchanged, 1);
    let other = Order { id: identity(3), ..order };
    assert_eq!(store.insert_orders(&[other]).await.map_err(|error| error.kind()), Err(ErrorKind::NotFound));
    Ok(())
}
