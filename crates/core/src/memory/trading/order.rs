//! Orders and their executions.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::{
    Id, Name, Page, Result, Upserted,
    memory::{MemoryStore, State},
    port::{self, Booking, Chain, Fills, Moved, check_broker_ids, check_signals, check_unfilled, trade_ids},
    trading::{
        Execution, ExecutionQuery, Fill, Order, OrderMove, OrderQuery, OrderRepository, PositionKey,
        journal::JournalEvent,
    },
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

    async fn record_fills(&self, fills: &[Fill]) -> Result<Upserted> {
        self.write("record_fills", |state| {
            port::check_entries(fills, self.allow_simulated)?;
            state.record_fills(fills)
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
        self.fill_orders(executions).map(|fills| fills.done)
    }

    fn fill_orders(&mut self, executions: &[Execution]) -> Result<Fills> {
        let fills = Fills::of(executions, self.orders.iter().cloned(), self.executions.iter())?;
        fills.orders.iter().for_each(|order| self.orders.put(order));
        fills.executions.iter().for_each(|execution| self.executions.put(execution));
        Ok(fills)
    }

    /// Stores checked fills with everything that follows from them, or leaves the state as it was when that fails.
    pub(in crate::memory) fn record_fills(&mut self, fills: &[Fill]) -> Result<Upserted> {
        let mut copy = self.clone();
        let executions: Vec<_> = fills.iter().map(|fill| fill.execution.clone()).collect();
        let filled = copy.fill_orders(&executions)?;
        for (chain, new) in Booking::chains(fills, &filled)? {
            copy.book(&chain, new)?;
        }
        *self = copy;
        Ok(filled.done)
    }

    /// Books the events of new fills in their chain.
    fn book(&mut self, chain: &Chain, new: Vec<JournalEvent>) -> Result<()> {
        let before = self.events_of_chain(chain, &Booking::named(&new));
        let ids: BTreeSet<_> = new.iter().filter_map(|event| event.execution).collect();
        let booking = Booking::of(&before, new)?;
        let after = booking.after(&before);
        booking.fresh.iter().chain(&booking.changed).for_each(|event| self.journal_events.put(event));
        booking.gone.iter().for_each(|event| self.journal_events.remove(event.id));
        self.settle_cycles(&booking.cycles, &trade_ids(&booking.gone), false)?;
        let new: Vec<_> = after.iter().filter(|it| it.execution.is_some_and(|id| ids.contains(&id))).cloned().collect();
        self.move_positions(&Moved::keys(booking.touched()), (&before, &after), &new)
    }

    /// Brings positions in line with the journal's events.
    pub(in crate::memory) fn move_positions(
        &mut self,
        keys: &[PositionKey],
        events: (&[JournalEvent], &[JournalEvent]),
        new: &[JournalEvent],
    ) -> Result<()> {
        let stored: Vec<_> = keys.iter().filter_map(|key| self.positions.get(key)).cloned().collect();
        let moved = Moved::between(keys, &stored, events, new)?;
        self.positions.upsert(&moved.put);
        for key in &moved.gone {
            self.positions.delete(key);
        }
        Ok(())
    }
}
