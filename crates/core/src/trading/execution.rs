//! Executions, which fill orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Order, OrderSide, Signal};
use crate::{
    Decimal, Error, ErrorKind, Id, Listing, Name, Result, Timestamp, Upserted,
    market::Instrument,
    money::{TradedValue, amount, not_negative, positive},
    port::{Entry, conflict, not_found},
    validate::check,
};

/// A trade that filled an order completely or in part. Executions never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// The identity of the execution.
    pub id: Id<Self>,
    /// The event time: when the trade was executed.
    pub at: Timestamp,
    /// The order that the execution fills.
    pub order_id: Id<Order>,
    /// The account of the order.
    pub account: Name,
    /// The instrument of the order.
    pub instrument: Instrument,
    /// The side of the order.
    pub side: OrderSide,
    /// The number of shares or contracts, above zero.
    pub quantity: Decimal,
    /// The quoted price of one unit: for an option the price per share of the underlying.
    pub price: Decimal,
    /// The broker's commission; negative for a rebate.
    pub commission: Decimal,
    /// The fees of regulators beside the commission; `None` when unknown.
    pub regulatory_fees: Option<Decimal>,
    /// The fees of exchanges and clearing houses beside the commission, negative for a rebate; `None` when unknown.
    pub exchange_fees: Option<Decimal>,
    /// The venue of the trade.
    pub venue: Option<Name>,
    /// The broker's identity of the execution, unique within the account.
    pub broker_execution_id: Option<Name>,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Execution: quantity price commission regulatory_fees exchange_fees);

impl Execution {
    /// Creates an execution of an order without commission, with `at` as its knowledge time.
    pub fn new(id: Id<Self>, order: &Order, at: Timestamp, quantity: Decimal, price: Decimal) -> Self {
        Self {
            id,
            at,
            order_id: order.id,
            account: order.account,
            instrument: order.instrument,
            side: order.side,
            quantity,
            price,
            commission: Decimal::ZERO,
            regulatory_fees: None,
            exchange_fees: None,
            venue: None,
            broker_execution_id: None,
            recorded_at: at,
        }
    }

    /// Returns the sum of commission and known fees; negative when rebates exceed them.
    pub fn costs(&self) -> Decimal {
        let fees = [self.regulatory_fees, self.exchange_fees];
        fees.into_iter().flatten().fold(self.commission, Decimal::saturating_add)
    }
}

/// The conditions of a list of executions. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// The order of the executions.
    pub order_id: Option<Id<Order>>,
    /// The account of the executions.
    pub account: Option<Name>,
    /// The instrument of the executions.
    pub instrument: Option<Instrument>,
}

impl Entry for Execution {
    const NAME: &'static str = "execution";

    type Filter = ExecutionFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        positive("quantity", self.quantity)?;
        not_negative("price", self.price)?;
        amount("commission", self.commission)?;
        check!(amount, self.regulatory_fees => "regulatory_fees", self.exchange_fees => "exchange_fees");
        amount("commission", self.costs())?;
        TradedValue::ZERO.plus(self.quantity, self.price).map(drop)
    }

    fn is_admitted_by(&self, filter: &ExecutionFilter) -> bool {
        filter.order_id.is_none_or(|order_id| self.order_id == order_id)
            && filter.account.is_none_or(|account| self.account == account)
            && filter.instrument.is_none_or(|instrument| self.instrument == instrument)
    }

    /// Returns true if both describe the same trade: they differ in nothing but `id` and `recorded_at`.
    fn is_repeat_of(&self, stored: &Self) -> bool {
        Self { id: stored.id, recorded_at: stored.recorded_at, ..self.clone() } == *stored
    }
}

/// A query for executions.
pub type ExecutionQuery = Listing<ExecutionFilter>;

/// The effect of a batch of executions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fills {
    /// The executions of the batch that are not stored yet.
    pub executions: Vec<Execution>,
    /// The orders that the new executions changed, in their new state.
    pub orders: Vec<Order>,
    /// The counts of the batch's rows.
    pub done: Upserted,
}

impl Fills {
    /// Computes the effect of a batch on its orders. `stored` must contain every stored execution that shares an
    /// identity or a broker's identity with the batch.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) and [`Conflict`](ErrorKind::Conflict) as
    /// [`record_executions`](super::OrderRepository::record_executions).
    pub fn of<'a>(
        batch: &'a [Execution],
        orders: impl IntoIterator<Item = Order>,
        stored: impl IntoIterator<Item = &'a Execution>,
    ) -> Result<Self> {
        let mut orders: BTreeMap<_, _> = orders.into_iter().map(|order| (order.id, order)).collect();
        let mut known = Known::default();
        stored.into_iter().for_each(|execution| known.insert(execution));
        let (mut fresh, mut changed) = (BTreeSet::new(), BTreeSet::new());
        let mut fills = Self { executions: Vec::new(), orders: Vec::new(), done: Upserted::default() };
        for (row, execution) in batch.iter().enumerate() {
            let in_row = |error: Error| error.with("row", row);
            if let Some(id) = known.repeated_by(execution).map_err(in_row)? {
                let count = if fresh.contains(&id) { &mut fills.done.repeated } else { &mut fills.done.unchanged };
                *count += 1;
                continue;
            }
            let order = orders.get_mut(&execution.order_id).ok_or_else(|| in_row(not_found(execution.order_id)))?;
            order.fill(execution).map_err(in_row)?;
            changed.insert(order.id);
            fresh.insert(execution.id);
            known.insert(execution);
            fills.executions.push(execution.clone());
        }
        fills.done.inserted = fills.executions.len() as u64;
        fills.orders = orders.into_values().filter(|order| changed.contains(&order.id)).collect();
        Ok(fills)
    }
}

/// Executions by identity and by the broker's identity.
#[derive(Default)]
struct Known<'a> {
    by_id: HashMap<Id<Execution>, &'a Execution>,
    by_broker: HashMap<(Name, Name), &'a Execution>,
}

impl<'a> Known<'a> {
    fn insert(&mut self, execution: &'a Execution) {
        self.by_id.insert(execution.id, execution);
        if let Some(broker) = execution.broker_execution_id {
            self.by_broker.insert((execution.account, broker), execution);
        }
    }

    /// Returns the identity of the known execution that this one repeats.
    fn repeated_by(&self, execution: &Execution) -> Result<Option<Id<Execution>>> {
        let by_broker = || self.by_broker.get(&(execution.account, execution.broker_execution_id?));
        match self.by_id.get(&execution.id).or_else(by_broker) {
            None => Ok(None),
            Some(known) if execution.is_repeat_of(known) => Ok(Some(known.id)),
            Some(known) => Err(conflict(*known)),
        }
    }
}

/// Checks that no broker's identity in an account belongs to two orders that are not legs of one combo. `stored` must
/// contain every stored order that shares a broker's identity with the batch.
///
/// # Errors
/// [`Conflict`](ErrorKind::Conflict) with the index of the order as `row`.
pub fn check_broker_ids<'a>(batch: &'a [Order], stored: impl IntoIterator<Item = &'a Order>) -> Result<()> {
    let broker = |order: &Order| Some((order.account, order.broker_order_id?));
    let mut owners = HashMap::<_, Vec<&Order>>::new();
    for order in stored {
        if let Some(key) = broker(order) {
            owners.entry(key).or_default().push(order);
        }
    }
    for (row, order) in batch.iter().enumerate() {
        let Some(key) = broker(order) else { continue };
        let others = owners.entry(key).or_default();
        others.retain(|other| other.id != order.id);
        if let Some(other) = others.iter().find(|other| !order.is_leg_beside(other)) {
            return Err(Error::new(ErrorKind::Conflict, "another order of the account has this broker_order_id")
                .with("order", order.id)
                .with("broker_order_id", key.1)
                .with("other", other.id)
                .with("row", row));
        }
        others.push(order);
    }
    Ok(())
}

/// Checks that the signals exist that new orders name. `known` has the orders of the batch that are stored already, and
/// `signals` the stored signals that the batch names.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) with the identity of the `signal`, and the index of the order as `row`.
pub fn check_signals(batch: &[Order], known: &BTreeSet<Id<Order>>, signals: &BTreeSet<Id<Signal>>) -> Result<()> {
    for (row, order) in batch.iter().enumerate() {
        if let Some(signal) = order.signal_id
            && !known.contains(&order.id)
            && !signals.contains(&signal)
        {
            return Err(not_found(signal).with("order", order.id).with("row", row));
        }
    }
    Ok(())
}
