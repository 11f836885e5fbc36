//! Orders and their executions.

use async_trait::async_trait;

use crate::{
    Id, Name, Page, Result, Upserted,
    memory::{MemoryStore, State},
    port::{self, Fills, check_broker_ids, check_signals, check_unfilled},
    trading::{Execution, ExecutionQuery, Order, OrderMove, OrderQuery, OrderRepository},
};

#[async_trait]
impl OrderRepository for MemoryStore {
    async fn insert_orders(&self, orders: &[Order]) -> Result<Upserted> {
        self.write("insert_orders", |state| {
            port::check_entries(orders, self.allow_simulated)?;
            check_unfilled(orders)?;
            state.insert_orders(orders)
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
        self.write("move_order", |state| state.move_order(id, step))
    }

    async fn record_executions(&self, executions: &[Execution]) -> Result<Upserted> {
        self.write("record_executions", |state| {
            port::check_entries(executions, self.allow_simulated)?;
            state.record_executions(executions)
        })
    }

    async fn list_executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>> {
        self.read("list_executions", |state| state.executions.list(query))
    }
}

impl State {
    /// Stores checked orders without fills.
    pub(in crate::memory) fn insert_orders(&mut self, orders: &[Order]) -> Result<Upserted> {
        check_broker_ids(orders, self.orders.iter())?;
        let known = self.orders.iter().map(|order| order.id).collect();
        check_signals(orders, &known, &self.signals.iter().map(|signal| signal.id).collect())?;
        self.orders.insert(orders)
    }

    pub(in crate::memory) fn move_order(&mut self, id: Id<Order>, step: &OrderMove) -> Result<Order> {
        let others: Vec<_> = self.orders.iter().cloned().collect();
        self.orders.update(id, |order| {
            order.apply(step)?;
            check_broker_ids(std::slice::from_ref(order), &others)
        })
    }

    /// Stores checked executions and fills their orders.
    pub(in crate::memory) fn record_executions(&mut self, executions: &[Execution]) -> Result<Upserted> {
        let fills = Fills::of(executions, self.orders.iter().cloned(), self.executions.iter())?;
        fills.orders.iter().for_each(|order| self.orders.put(order));
        fills.executions.iter().for_each(|execution| self.executions.put(execution));
        Ok(fills.done)
    }
}
