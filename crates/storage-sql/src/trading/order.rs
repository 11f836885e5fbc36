//! Orders and their executions.

use std::collections::BTreeSet;

use async_trait::async_trait;
use strikebook_core::{
    Decimal, Id, Name, Page, Result, Timestamp, Upserted,
    market::Instrument,
    money::TradedValue,
    port::{Fills, check_broker_ids, check_entries, check_signals, check_unfilled},
    trading::{
        Execution, ExecutionFilter, ExecutionQuery, Order, OrderFilter, OrderKind, OrderMove, OrderQuery,
        OrderRepository, OrderSide, OrderStatus, Signal, TimeInForce,
    },
};

use crate::{
    codec::{Record, Value},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::{Session, lock},
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

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
    Ok(fills.done)
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
        self.read("get_order_by_broker_id", move |session| Ok(entries::find::<Order>(session, sql)?.pop())).await
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

    async fn list_executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>> {
        self.entries::<Execution>("list_executions", query).await
    }
}
