//! Executions: what filled an order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Order, OrderSide};
use crate::{
    Decimal, Entry, Error, ErrorKind, Id, Listing, Name, Result, Timestamp, Upserted,
    batch::{conflict, not_found},
    market::Instrument,
    money::{TradedValue, amount, not_negative, positive},
};

/// A trade that filled an order or a part of it. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Its identity.
    pub id: Id<Self>,
    /// When it happened.
    pub at: Timestamp,
    /// The order that it fills.
    pub order_id: Id<Order>,
    /// The order's account.
    pub account: Name,
    /// The order's instrument.
    pub instrument: Instrument,
    /// The order's side.
    pub side: OrderSide,
    /// How many shares or contracts, above zero.
    pub quantity: Decimal,
    /// The price of one, as it is quoted: for an option per share of its underlying.
    pub price: Decimal,
    /// What the broker took for it; negative when it gave a rebate.
    pub commission: Decimal,
    /// Where it happened.
    pub venue: Option<Name>,
    /// The broker's identity of it. No other execution of the account has it.
    pub broker_execution_id: Option<Name>,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl Execution {
    /// An execution of an order without commission, which happened and was learned at one instant.
    pub fn new(order: &Order, at: Timestamp, quantity: Decimal, price: Decimal) -> Self {
        Self {
            id: Id::new(at),
            at,
            order_id: order.id,
            account: order.account,
            instrument: order.instrument,
            side: order.side,
            quantity,
            price,
            commission: Decimal::ZERO,
            venue: None,
            broker_execution_id: None,
            recorded_at: at,
        }
    }
}

/// What a list of executions is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// Executions of this order.
    pub order_id: Option<Id<Order>>,
    /// Executions for this account.
    pub account: Option<Name>,
    /// Executions in this instrument.
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

    fn validate(&self) -> Result<()> {
        positive("quantity", self.quantity)?;
        not_negative("price", self.price)?;
        amount("commission", self.commission)?;
        TradedValue::ZERO.plus(self.quantity, self.price).map(drop)
    }

    fn is_admitted_by(&self, filter: &ExecutionFilter) -> bool {
        filter.order_id.is_none_or(|order_id| self.order_id == order_id)
            && filter.account.is_none_or(|account| self.account == account)
            && filter.instrument.is_none_or(|instrument| self.instrument == instrument)
    }

    /// Whether both tell of one trade: equal in all that happened.
    fn is_repeat_of(&self, stored: &Self) -> bool {
        Self { id: stored.id, recorded_at: stored.recorded_at, ..self.clone() } == *stored
    }
}

/// Which executions to list.
pub type ExecutionQuery = Listing<ExecutionFilter>;

/// What a batch of executions does. For implementors of the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fills {
    /// The executions that are new.
    pub executions: Vec<Execution>,
    /// The orders that they changed, as they are now.
    pub orders: Vec<Order>,
    /// What became of each row of the batch.
    pub done: Upserted,
}

impl Fills {
    /// What a batch does to the orders that it names, where these executions are stored: at least those with an
    /// identity, or a broker's identity, of the batch.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) and [`Conflict`](ErrorKind::Conflict) as
    /// [`record_executions`](super::OrderRepository::record_executions) tells them.
    pub fn of<'a>(
        batch: &'a [Execution],
        orders: impl IntoIterator<Item = Order>,
        stored: impl IntoIterator<Item = &'a Execution>,
    ) -> Result<Self> {
        let mut orders: BTreeMap<_, _> = orders.into_iter().map(|order| (order.id, order)).collect();
        let mut known = Known::default();
        stored.into_iter().for_each(|execution| known.learn(execution));
        let (mut fresh, mut changed) = (BTreeSet::new(), BTreeSet::new());
        let mut fills = Self { executions: Vec::new(), orders: Vec::new(), done: Upserted::default() };
        for (row, execution) in batch.iter().enumerate() {
            let in_row = |error: Error| error.with("row", row);
            if let Some(told) = known.told(execution).map_err(in_row)? {
                let count = if fresh.contains(&told) { &mut fills.done.repeated } else { &mut fills.done.unchanged };
                *count += 1;
                continue;
            }
            let order = orders.get_mut(&execution.order_id).ok_or_else(|| in_row(not_found(execution.order_id)))?;
            order.fill(execution).map_err(in_row)?;
            changed.insert(order.id);
            fresh.insert(execution.id);
            known.learn(execution);
            fills.executions.push(execution.clone());
        }
        fills.done.inserted = fills.executions.len() as u64;
        fills.orders = orders.into_values().filter(|order| changed.contains(&order.id)).collect();
        Ok(fills)
    }
}

/// Executions by their identities and by the broker's.
#[derive(Default)]
struct Known<'a> {
    by_id: HashMap<Id<Execution>, &'a Execution>,
    by_broker: HashMap<(Name, Name), &'a Execution>,
}

impl<'a> Known<'a> {
    fn learn(&mut self, execution: &'a Execution) {
        self.by_id.insert(execution.id, execution);
        if let Some(broker) = execution.broker_execution_id {
            self.by_broker.insert((execution.account, broker), execution);
        }
    }

    /// The known execution that this one repeats.
    fn told(&self, execution: &Execution) -> Result<Option<Id<Execution>>> {
        let by_broker = || self.by_broker.get(&(execution.account, execution.broker_execution_id?));
        match self.by_id.get(&execution.id).or_else(by_broker) {
            None => Ok(None),
            Some(known) if execution.is_repeat_of(known) => Ok(Some(known.id)),
            Some(known) => Err(conflict(*known)),
        }
    }
}

/// Makes sure that no broker's identity in an account is of two orders: neither in a batch, nor in it and among the
/// stored ones, of which at least those with a broker's identity of the batch must be given. For implementors of the
/// port.
///
/// # Errors
/// [`Conflict`](ErrorKind::Conflict) with the index of the order as `row`.
pub fn check_broker_ids<'a>(batch: &'a [Order], stored: impl IntoIterator<Item = &'a Order>) -> Result<()> {
    let broker = |order: &Order| Some((order.account, order.broker_order_id?));
    let mut owners: HashMap<_, _> = stored.into_iter().filter_map(|order| Some((broker(order)?, order.id))).collect();
    for (row, order) in batch.iter().enumerate() {
        let Some(key) = broker(order) else { continue };
        let owner = *owners.entry(key).or_insert(order.id);
        if owner != order.id {
            return Err(Error::new(ErrorKind::Conflict, "the broker knows another order by this identity")
                .with("order", order.id)
                .with("broker_order_id", key.1)
                .with("other", owner)
                .with("row", row));
        }
    }
    Ok(())
}
