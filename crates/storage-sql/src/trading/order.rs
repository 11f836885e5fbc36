//! Orders and their executions.

use std::collections::BTreeSet;

use async_trait::async_trait;
use strikebook_core::{
    Decimal, Id, Name, Page, Result, Timestamp, Upserted,
    market::Instrument,
    money::TradedValue,
    port::{Booking, Chain, Fills, Moved, check_broker_ids, check_entries, check_signals, check_unfilled, trade_ids},
    trading::{
        Execution, ExecutionFilter, ExecutionQuery, Fill, Order, OrderFilter, OrderKind, OrderLink, OrderMove,
        OrderQuery, OrderRepository, OrderSide, OrderStatus, Position, Signal, TimeInForce, journal::JournalEvent,
    },
};

use crate::{
    codec::{Record, Value, json_field},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::{Session, lock},
    shapes::{
        entries::{self, EntryRow},
        keyed,
    },
    sql::Sql,
    trading::{journal, position},
};

json_field!(Vec<OrderLink>);

record! {
    Order in Orders {
        key { id: Id<Order> }
        value {
            at: Timestamp,
            strategy: Name,
            signal_id: Option<Id<Signal>>,
            account: Name,
            instrument: Instrument,
            side: OrderSide,
            kind: OrderKind,
            quantity: Decimal,
            limit_price: Option<Decimal>,
            stop_price: Option<Decimal>,
            time_in_force: TimeInForce,
            links: Vec<OrderLink>,
            status: OrderStatus,
            filled_quantity: Decimal,
            filled_value: TradedValue,
            broker_order_id: Option<Name>,
            error_message: Option<String>,
            ended_at: Option<Timestamp>,
            updated_at: Timestamp,
        }
    }
}

record! {
    Execution in Executions {
        key { id: Id<Execution> }
        value {
            at: Timestamp,
            order_id: Id<Order>,
            account: Name,
            instrument: Instrument,
            side: OrderSide,
            quantity: Decimal,
            price: Decimal,
            commission: Decimal,
            regulatory_fees: Option<Decimal>,
            exchange_fees: Option<Decimal>,
            venue: Option<Name>,
            broker_execution_id: Option<Name>,
        }
    }
}

impl EntryRow for Order {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &OrderFilter) -> Sql {
        let sql = sql
            .bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND strategy = ", filter.strategy.as_ref().map(Name::as_str))
            .bind_some(" AND instrument = ", filter.instrument.as_ref().map(ToString::to_string))
            .bind_some(" AND status = ", filter.status.map(OrderStatus::as_str));
        // Every engine can look for text in the text of JSON.
        let group = filter.group.map(|group| format!("%{group}%"));
        let sql = sql.bind_some(" AND CAST(links AS VARCHAR) LIKE ", group);
        if filter.working { sql.push(" AND status IN ('pending', 'open', 'partially_filled')") } else { sql }
    }
}

impl EntryRow for Execution {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &ExecutionFilter) -> Sql {
        sql.bind_some(" AND order_id = ", filter.order_id)
            .bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND instrument = ", filter.instrument.as_ref().map(ToString::to_string))
    }
}

/// The entries with some of the broker's identities, in whatever account.
fn with_broker_ids<R: EntryRow>(
    session: &mut dyn Session,
    column: &str,
    ids: impl Iterator<Item = Name>,
) -> Result<Vec<R::Entry>> {
    let ids: Vec<_> = ids.collect();
    let mut found = Vec::new();
    for ids in ids.chunks(session.dialect().values_per_statement) {
        let sql = Sql::new(format!("{column} IN (")).bind_all(ids.iter().map(|id| Value::from(id.as_str()))).push(")");
        found.extend(entries::find::<R>(session, sql)?);
    }
    Ok(found)
}

/// Stores checked orders without fills.
pub(crate) fn insert_orders(session: &mut dyn Session, orders: &[Order]) -> Result<Upserted> {
    lock(session, Order::TABLE.name)?;
    let ids = orders.iter().filter_map(|order| order.broker_order_id);
    check_broker_ids(orders, &with_broker_ids::<Order>(session, "broker_order_id", ids)?)?;
    let known = entries::with_ids::<Order>(session, &orders.iter().map(|order| order.id).collect::<Vec<_>>())?;
    let known = known.into_iter().map(|order| order.id).collect();
    let named: BTreeSet<_> = orders.iter().filter_map(|order| order.signal_id).collect();
    let signals = entries::with_ids::<Signal>(session, &named.into_iter().collect::<Vec<_>>())?;
    check_signals(orders, &known, &signals.into_iter().map(|signal| signal.id).collect())?;
    entries::insert::<Order>(session, orders)
}

/// Moves an order on in its life, and returns it.
pub(crate) fn move_order(session: &mut dyn Session, id: Id<Order>, step: &OrderMove) -> Result<Order> {
    lock(session, Order::TABLE.name)?;
    let others = with_broker_ids::<Order>(session, "broker_order_id", step.broker_order_id.into_iter())?;
    entries::update::<Order>(session, id, |order| {
        order.apply(step)?;
        check_broker_ids(std::slice::from_ref(order), &others)
    })
}

/// Stores checked executions and fills their orders.
pub(crate) fn record_executions(session: &mut dyn Session, batch: &[Execution]) -> Result<Upserted> {
    fill_orders(session, batch).map(|fills| fills.done)
}

fn fill_orders(session: &mut dyn Session, batch: &[Execution]) -> Result<Fills> {
    // Whoever fills or moves an order waits here for the one before, and then reads what that one left.
    lock(session, Order::TABLE.name)?;
    lock(session, Execution::TABLE.name)?;
    let (mut orders, ids): (Vec<_>, Vec<_>) = batch.iter().map(|execution| (execution.order_id, execution.id)).unzip();
    orders.sort_unstable();
    orders.dedup();
    let orders = entries::with_ids::<Order>(session, &orders)?;
    let mut stored = entries::with_ids::<Execution>(session, &ids)?;
    let ids = batch.iter().filter_map(|execution| execution.broker_execution_id);
    stored.extend(with_broker_ids::<Execution>(session, "broker_execution_id", ids)?);
    let fills = Fills::of(batch, orders, &stored)?;
    entries::add::<Execution>(session, &fills.executions)?;
    entries::replace::<Order>(session, &fills.orders)?;
    Ok(fills)
}

/// Stores checked fills with everything that follows from them.
pub(crate) fn record_fills(session: &mut dyn Session, fills: &[Fill]) -> Result<Upserted> {
    let executions: Vec<_> = fills.iter().map(|fill| fill.execution.clone()).collect();
    let filled = fill_orders(session, &executions)?;
    for (chain, new) in Booking::chains(fills, &filled)? {
        book(session, &chain, new)?;
    }
    Ok(filled.done)
}

/// Books the events of new fills in their chain.
fn book(session: &mut dyn Session, chain: &Chain, new: Vec<JournalEvent>) -> Result<()> {
    lock(session, Position::TABLE.name)?;
    lock(session, JournalEvent::TABLE.name)?;
    let ids: BTreeSet<_> = new.iter().filter_map(|event| event.execution).collect();
    // The usual fill is later than all others, and carries its position on without the chain's past.
    let is_late = journal::is_late(session, chain, &new)? || lacks_position(session, chain, &new)?;
    let named = Booking::named(&new);
    let before = if is_late {
        journal::events_of_chain(session, chain, &named)?
    } else {
        journal::open_events(session, chain, &named)?
    };
    let booking = Booking::of(&before, new)?;
    entries::add::<JournalEvent>(session, &booking.fresh)?;
    entries::replace::<JournalEvent>(session, &booking.changed)?;
    if !booking.gone.is_empty() {
        entries::remove::<JournalEvent>(session, &booking.gone)?;
    }
    let after = booking.after(&before);
    let new: Vec<_> = after.iter().filter(|it| it.execution.is_some_and(|id| ids.contains(&id))).cloned().collect();
    if is_late {
        position::moved(session, &Moved::keys(booking.touched()), (&before, &after), &new)?;
    } else {
        position::carry_on(session, &new)?;
    }
    journal::settle(session, &booking.cycles, &trade_ids(&booking.gone), false).map(drop)
}

/// Returns true if a position of new events is missing though the chain has events of its instrument.
fn lacks_position(session: &mut dyn Session, chain: &Chain, new: &[JournalEvent]) -> Result<bool> {
    let keys = Moved::keys(new);
    let stored = keyed::with_keys::<Position>(session, &keys)?;
    for key in keys.iter().filter(|key| !stored.contains_key(key)) {
        if journal::has_events_of(session, chain, key.instrument)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the fills that some executions and their events were recorded by.
pub(crate) fn fills(session: &mut dyn Session, ids: &[Id<Fill>]) -> Result<Vec<Fill>> {
    let executions = ids.iter().map(|id| Id::from_uuid(id.as_uuid())).collect::<Vec<_>>();
    let events = ids.iter().map(|id| Id::from_uuid(id.as_uuid())).collect::<Vec<_>>();
    let events = entries::with_ids::<JournalEvent>(session, &events)?;
    let executions = entries::with_ids::<Execution>(session, &executions)?;
    let event = |of: &Execution| events.iter().find(|event| event.id.as_uuid() == of.id.as_uuid());
    Ok(executions.into_iter().filter_map(|one| event(&one).map(|event| Fill::of(one.clone(), event))).collect())
}

#[async_trait]
impl<E: Engine> OrderRepository for SqlStore<E> {
    async fn insert_orders(&self, orders: &[Order]) -> Result<Upserted> {
        check_entries(orders, self.allow_simulated())
            .and_then(|()| check_unfilled(orders))
            .map_err(|error| self.named("insert_orders", error))?;
        if orders.is_empty() {
            return self.nothing("insert_orders").await;
        }
        let orders = orders.to_vec();
        self.write("insert_orders", move |session| insert_orders(session, &orders)).await
    }

    async fn get_order(&self, id: Id<Order>) -> Result<Option<Order>> {
        self.read("get_order", move |session| entries::get::<Order>(session, id)).await
    }

    async fn get_order_by_broker_id(&self, account: Name, broker_order_id: Name) -> Result<Option<Order>> {
        let sql = Sql::new("account = ").bind(account.as_str());
        let sql = sql.push(" AND broker_order_id = ").bind(broker_order_id.as_str());
        self.read("get_order_by_broker_id", move |session| {
            Ok(entries::find::<Order>(session, sql)?.into_iter().min_by_key(|order| order.id))
        })
        .await
    }

    async fn list_orders(&self, query: &OrderQuery) -> Result<Page<Order>> {
        self.entries::<Order>("list_orders", query).await
    }

    async fn move_order(&self, id: Id<Order>, step: &OrderMove) -> Result<Order> {
        let step = step.clone();
        self.write("move_order", move |session| move_order(session, id, &step)).await
    }

    async fn record_executions(&self, executions: &[Execution]) -> Result<Upserted> {
        check_entries(executions, self.allow_simulated()).map_err(|error| self.named("record_executions", error))?;
        if executions.is_empty() {
            return self.nothing("record_executions").await;
        }
        let batch = executions.to_vec();
        self.write("record_executions", move |session| record_executions(session, &batch)).await
    }

    async fn record_fills(&self, fills: &[Fill]) -> Result<Upserted> {
        check_entries(fills, self.allow_simulated()).map_err(|error| self.named("record_fills", error))?;
        if fills.is_empty() {
            return self.nothing("record_fills").await;
        }
        let fills = fills.to_vec();
        self.write("record_fills", move |session| record_fills(session, &fills)).await
    }

    async fn list_executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>> {
        self.entries::<Execution>("list_executions", query).await
    }
}
