//! Orders and their executions.

use async_trait::async_trait;

use crate::{
    Id, Name, Page, Result, Upserted,
    memory::MemoryStore,
    port::{self, Fills, check_broker_ids, check_unfilled},
    trading::{Execution, ExecutionQuery, Order, OrderMove, OrderQuery, OrderRepository},
};

#[async_trait]
impl OrderRepository for MemoryStore {
    async fn insert_orders(&self, orders: &[Order]) -> Result<Upserted> {
        self.write("insert_orders", |state| {
            port::check_entries(orders, self.allow_simulated)?;
            check_unfilled(orders)?;
            check_broker_ids(orders, state.orders.iter())?;
            state.orders.insert(orders)
        })
    }

    async fn get_order(&self, id: Id<Order>) -> Result<Option<Order>> {
        self.read("get_order", |state| Ok(state.orders.get(id).cloned()))
    }

    async fn get_order_by_broker_id(&self, account: Name, broker_order_id: Name) -> Result<Option<Order>> {
        self.read("get_order_by_broker_id", |state| {
            let is_it = |order: &&Order| order.account == account && order.broker_order_id == Some(broker_order_id);
            Ok(state.orders.iter().find(is_it).cloned())
        })
    }

    async fn list_orders(&self, query: &OrderQuery) -> Result<Page<Order>> {
        self.read("list_orders", |state| state.orders.list(query))
    }

    async fn move_order(&self, id: Id<Order>, step: &OrderMove) -> Result<Order> {
        self.write("move_order", |state| {
            let others: Vec<_> = state.orders.iter().cloned().collect();
            state.orders.update(id, |order| {
                order.apply(step)?;
                check_broker_ids(std::slice::from_ref(order), &others)
            })
        })
    }

    async fn record_executions(&self, executions: &[Execution]) -> Result<Upserted> {
        self.write("record_executions", |state| {
            port::check_entries(executions, self.allow_simulated)?;
            let fills = Fills::of(executions, state.orders.iter().cloned(), state.executions.iter())?;
            fills.orders.iter().for_each(|order| state.orders.put(order));
            fills.executions.iter().for_each(|execution| state.executions.put(execution));
            Ok(fills.done)
        })
    }

    async fn list_executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>> {
        self.read("list_executions", |state| state.executions.list(query))
    }
}
