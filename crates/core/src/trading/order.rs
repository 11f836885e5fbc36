//! Orders: what was asked of a broker, and what became of it.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Execution, ExecutionQuery, Signal};
use crate::{
    Decimal, Entry, Error, ErrorKind, Id, Listing, Name, Page, Result, Timestamp, Upserted,
    market::Instrument,
    money::{TradedValue, not_negative, positive},
    validate::{check, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// Whether an order buys or sells.
    OrderSide, "order side" {
        /// It buys: to open a long position, or to close a short one.
        Buy = "buy",
        /// It sells: to close a long position, or to open a short one.
        Sell = "sell",
    }
}

vocabulary! {
    /// At which price an order may be filled.
    OrderKind, "kind of order" {
        /// At whatever price there is.
        Market = "market",
        /// At the limit price or a better one.
        Limit = "limit",
        /// At whatever price there is once the market has reached the stop price.
        Stop = "stop",
        /// At the limit price or a better one once the market has reached the stop price.
        StopLimit = "stop_limit",
    }
}

impl OrderKind {
    /// Whether it needs a limit price.
    pub const fn has_limit(self) -> bool {
        matches!(self, Self::Limit | Self::StopLimit)
    }

    /// Whether it needs a stop price.
    pub const fn has_stop(self) -> bool {
        matches!(self, Self::Stop | Self::StopLimit)
    }
}

vocabulary! {
    /// How long an order works.
    TimeInForce, "time in force" {
        /// Until the end of the day's session.
        Day = "day",
        /// Until it is cancelled.
        GoodTilCancelled = "good_til_cancelled",
        /// What cannot be filled at once is cancelled.
        ImmediateOrCancel = "immediate_or_cancel",
        /// It is filled at once and as a whole, or cancelled.
        FillOrKill = "fill_or_kill",
        /// In the opening auction.
        AtOpen = "at_open",
        /// In the closing auction.
        AtClose = "at_close",
    }
}

vocabulary! {
    /// Where an order is in its life. See [`may_become`](Self::may_become) for the ways through it.
    OrderStatus, "order status" {
        /// It was made, and the broker has not confirmed it.
        Pending = "pending",
        /// It works at the broker's, and nothing of it is filled.
        Open = "open",
        /// It works at the broker's, and a part of it is filled.
        PartiallyFilled = "partially_filled",
        /// All of it is filled.
        Filled = "filled",
        /// It was taken back; a part of it may be filled.
        Cancelled = "cancelled",
        /// The broker or the exchange refused it.
        Rejected = "rejected",
        /// Its time ran out; a part of it may be filled.
        Expired = "expired",
    }
}

impl OrderStatus {
    /// Whether it may still be filled: it is pending, open or partially filled.
    pub const fn is_working(self) -> bool {
        matches!(self, Self::Pending | Self::Open | Self::PartiallyFilled)
    }

    /// Whether it ended before all of it was filled: it is cancelled, rejected or expired.
    pub const fn is_cut_short(self) -> bool {
        matches!(self, Self::Cancelled | Self::Rejected | Self::Expired)
    }

    /// Whether an order that is here may next be there. Fills come from executions alone; the other ways are
    /// [moves](Order::apply).
    ///
    /// | from | by executions | by moves |
    /// |---|---|---|
    /// | pending | partially filled, filled | open, cancelled, rejected, expired |
    /// | open | partially filled, filled | cancelled, rejected, expired |
    /// | partially filled | filled | cancelled, expired |
    /// | cancelled, expired | filled, by what happened before the end | |
    /// | filled, rejected | | |
    pub const fn may_become(self, next: Self) -> bool {
        match next {
            Self::Pending => false,
            Self::Open => matches!(self, Self::Pending),
            Self::PartiallyFilled | Self::Rejected => matches!(self, Self::Pending | Self::Open),
            Self::Cancelled | Self::Expired => self.is_working(),
            Self::Filled => self.is_working() || matches!(self, Self::Cancelled | Self::Expired),
        }
    }
}

/// What was asked of a broker, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was made.
    pub at: Timestamp,
    /// The strategy that made it.
    pub strategy: Name,
    /// The signal that it follows.
    pub signal_id: Option<Id<Signal>>,
    /// The account that it trades for.
    pub account: Name,
    /// What it trades.
    pub instrument: Instrument,
    /// Whether it buys or sells.
    pub side: OrderSide,
    /// At which price it may be filled.
    pub kind: OrderKind,
    /// How many shares or contracts, above zero.
    pub quantity: Decimal,
    /// The limit price, which a limit and a stop-limit order have, and no other.
    pub limit_price: Option<Decimal>,
    /// The stop price, which a stop and a stop-limit order have, and no other.
    pub stop_price: Option<Decimal>,
    /// How long it works.
    pub time_in_force: TimeInForce,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// How many shares or contracts are filled: the sum of its executions' quantities.
    pub filled_quantity: Decimal,
    /// What they were filled for: the sum of quantity times price over its executions, without a contract's multiplier.
    pub filled_value: TradedValue,
    /// The broker's identity of it. No other order of the account has it.
    pub broker_order_id: Option<Name>,
    /// What the broker said, when something went wrong.
    pub error_message: Option<String>,
    /// When it was cancelled, rejected or expired; `None` in every other state.
    pub ended_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl Order {
    /// A pending market order for the day, made and learned at one instant.
    pub fn new(
        at: Timestamp,
        strategy: Name,
        account: Name,
        instrument: Instrument,
        side: OrderSide,
        quantity: Decimal,
    ) -> Self {
        Self {
            id: Id::new(at),
            at,
            strategy,
            signal_id: None,
            account,
            instrument,
            side,
            kind: OrderKind::Market,
            quantity,
            limit_price: None,
            stop_price: None,
            time_in_force: TimeInForce::Day,
            status: OrderStatus::Pending,
            filled_quantity: Decimal::ZERO,
            filled_value: TradedValue::ZERO,
            broker_order_id: None,
            error_message: None,
            ended_at: None,
            updated_at: at,
            recorded_at: at,
        }
    }

    /// With a limit: a market order becomes a limit order, a stop order a stop-limit order.
    #[must_use]
    pub fn with_limit(self, price: Decimal) -> Self {
        let kind = if self.kind.has_stop() { OrderKind::StopLimit } else { OrderKind::Limit };
        Self { kind, limit_price: Some(price), ..self }
    }

    /// With a stop: a market order becomes a stop order, a limit order a stop-limit order.
    #[must_use]
    pub fn with_stop(self, price: Decimal) -> Self {
        let kind = if self.kind.has_limit() { OrderKind::StopLimit } else { OrderKind::Stop };
        Self { kind, stop_price: Some(price), ..self }
    }

    /// The mean price of what is filled; `None` while nothing is. Exact if 28 digits can hold it, otherwise rounded
    /// there.
    pub fn average_price(&self) -> Option<Decimal> {
        self.filled_value.get().checked_div(self.filled_quantity)
    }

    /// Returns the number of shares or contracts that are not filled. For quantities that no store would take, the
    /// result is clamped to what a decimal holds.
    pub fn remaining(&self) -> Decimal {
        self.quantity.saturating_sub(self.filled_quantity)
    }

    /// Moves the order on in its life, and takes in what the broker said. Told again, a move changes nothing. The order
    /// is left as it was when the move is refused.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when the order cannot [become](OrderStatus::may_become) what is wanted, when
    /// that is for executions to tell, or when it has another broker's identity already.
    pub fn apply(&mut self, step: &OrderMove) -> Result<()> {
        let refuse = |why: &'static str| {
            Error::new(ErrorKind::Conflict, why)
                .with("order", self.id)
                .with("status", self.status)
                .with("wanted", step.status)
        };
        if step.status != self.status {
            if matches!(step.status, OrderStatus::PartiallyFilled | OrderStatus::Filled) {
                return Err(refuse("only executions fill an order"));
            }
            if !self.status.may_become(step.status) {
                return Err(refuse("the order cannot become that"));
            }
        }
        if let (Some(has), Some(told)) = (self.broker_order_id, step.broker_order_id)
            && has != told
        {
            return Err(refuse("the broker knows the order by another identity")
                .with("broker_order_id", has)
                .with("told", told));
        }
        let before = self.clone();
        if step.status != self.status {
            self.ended_at = Some(step.at).filter(|_| step.status.is_cut_short());
        }
        self.status = step.status;
        self.broker_order_id = self.broker_order_id.or(step.broker_order_id);
        if let Some(message) = &step.error_message {
            self.error_message = Some(message.clone());
        }
        if *self != before {
            self.updated_at = self.updated_at.max(step.at);
        }
        Ok(())
    }

    /// Adds an execution: quantity, value and status follow. The order is left as it was when the execution is refused.
    ///
    /// Brokers tell some executions late: an order that was cancelled or has expired still takes those that happened up
    /// to its [end](Self::ended_at), and stays what it is unless they fill all of it.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when the execution is of another order, account, instrument or side, when the
    /// order was not [working](OrderStatus::is_working) when it happened, or when more would be filled than was
    /// ordered; [`InvalidInput`](ErrorKind::InvalidInput) when the value would reach 10¹².
    pub fn fill(&mut self, execution: &Execution) -> Result<()> {
        let refuse = |why: &'static str| {
            Error::new(ErrorKind::Conflict, why)
                .with("order", self.id)
                .with("status", self.status)
                .with("quantity", self.quantity)
                .with("filled", self.filled_quantity)
                .with("execution", execution.quantity)
        };
        let whose = (execution.order_id, execution.account, execution.instrument, execution.side);
        if whose != (self.id, self.account, self.instrument, self.side) {
            return Err(refuse("the execution is of another order, account, instrument or side"));
        }
        let may_be_filled = self.status.may_become(OrderStatus::Filled);
        if !may_be_filled || self.ended_at.is_some_and(|end| end < execution.at) {
            return Err(refuse("the order is no longer working"));
        }
        let filled = self.filled_quantity.checked_add(execution.quantity).filter(|filled| *filled <= self.quantity);
        let filled = filled.ok_or_else(|| refuse("more would be filled than was ordered"))?;
        self.filled_value = self.filled_value.plus(execution.quantity, execution.price)?;
        self.filled_quantity = filled;
        if filled == self.quantity {
            (self.status, self.ended_at) = (OrderStatus::Filled, None);
        } else if self.status.is_working() {
            self.status = OrderStatus::PartiallyFilled;
        }
        self.updated_at = self.updated_at.max(execution.at);
        Ok(())
    }

    /// Whether what is filled fits the status.
    fn fills_fit(&self) -> bool {
        let filled = self.filled_quantity;
        let fits = match self.status {
            OrderStatus::Pending | OrderStatus::Open | OrderStatus::Rejected => filled.is_zero(),
            OrderStatus::PartiallyFilled => !filled.is_zero() && filled < self.quantity,
            OrderStatus::Filled => filled == self.quantity,
            OrderStatus::Cancelled | OrderStatus::Expired => filled < self.quantity,
        };
        fits && (!filled.is_zero() || self.filled_value == TradedValue::ZERO)
    }
}

/// A step in an order's life that is no fill, and what the broker said with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMove {
    /// Where the order goes, or is.
    pub status: OrderStatus,
    /// When that happened.
    pub at: Timestamp,
    /// The broker's identity of the order, once it is known.
    pub broker_order_id: Option<Name>,
    /// What the broker said, when something went wrong. It replaces what was said before.
    pub error_message: Option<String>,
}

impl OrderMove {
    /// A move without words of the broker.
    pub const fn new(status: OrderStatus, at: Timestamp) -> Self {
        Self { status, at, broker_order_id: None, error_message: None }
    }

    /// With the broker's identity of the order.
    #[must_use]
    pub fn with_broker_order_id(self, broker_order_id: Name) -> Self {
        Self { broker_order_id: Some(broker_order_id), ..self }
    }

    /// With what the broker said.
    #[must_use]
    pub fn with_error_message(self, message: impl Into<String>) -> Self {
        Self { error_message: Some(message.into()), ..self }
    }
}

/// What a list of orders is narrowed to. Fields that are `None` or `false` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Orders of this account.
    pub account: Option<Name>,
    /// Orders of this strategy.
    pub strategy: Option<Name>,
    /// Orders in this instrument.
    pub instrument: Option<Instrument>,
    /// Orders in this state.
    pub status: Option<OrderStatus>,
    /// Only orders that [may still be filled](OrderStatus::is_working).
    pub working: bool,
}

impl Entry for Order {
    const NAME: &'static str = "order";

    type Filter = OrderFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn validate(&self) -> Result<()> {
        positive("quantity", self.quantity)?;
        check!(positive, self.limit_price => "limit_price", self.stop_price => "stop_price");
        check!(text, self.error_message.as_deref() => "error_message");
        for (field, is_there, is_needed) in [
            ("limit_price", self.limit_price.is_some(), self.kind.has_limit()),
            ("stop_price", self.stop_price.is_some(), self.kind.has_stop()),
        ] {
            if is_there != is_needed {
                let verb = if is_needed { "needs" } else { "has no" };
                return Err(Error::invalid_input(format!("a {} order {verb} {field}", self.kind))
                    .with("field", field)
                    .with("value", if is_there { "some" } else { "none" }));
            }
        }
        not_negative("filled_quantity", self.filled_quantity)?;
        if !self.fills_fit() {
            return Err(Error::invalid_input("what is filled must fit the order's quantity and status")
                .with("field", "filled_quantity")
                .with("value", self.filled_quantity)
                .with("quantity", self.quantity)
                .with("status", self.status));
        }
        if self.ended_at.is_some() == self.status.is_cut_short() {
            return Ok(());
        }
        Err(Error::invalid_input("a cancelled, rejected or expired order has an end, and no other has one")
            .with("field", "ended_at")
            .with("value", if self.ended_at.is_some() { "some" } else { "none" })
            .with("status", self.status))
    }

    fn is_admitted_by(&self, filter: &OrderFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
            && filter.strategy.is_none_or(|strategy| self.strategy == strategy)
            && filter.instrument.is_none_or(|instrument| self.instrument == instrument)
            && filter.status.is_none_or(|status| self.status == status)
            && (!filter.working || self.status.is_working())
    }

    fn is_repeat_of(&self, stored: &Self) -> bool {
        self.broker_order_id.is_none_or(|told| Some(told) == stored.broker_order_id)
            && *stored
                == Self {
                    status: stored.status,
                    filled_quantity: stored.filled_quantity,
                    filled_value: stored.filled_value,
                    broker_order_id: stored.broker_order_id,
                    error_message: stored.error_message.clone(),
                    ended_at: stored.ended_at,
                    updated_at: stored.updated_at,
                    recorded_at: stored.recorded_at,
                    ..self.clone()
                }
    }
}

/// Makes sure that the orders of a batch come without fills, which are for executions to tell. For implementors of the
/// port.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) for the first one with fills, with its index as `row`.
pub fn check_unfilled(orders: &[Order]) -> Result<()> {
    match orders.iter().enumerate().find(|(_, order)| !order.filled_quantity.is_zero()) {
        None => Ok(()),
        Some((row, order)) => Err(Error::invalid_input("an order comes without fills: its executions tell them")
            .with("field", "filled_quantity")
            .with("value", order.filled_quantity)
            .with("order", order.id)
            .with("row", row)),
    }
}

/// Which orders to list.
pub type OrderQuery = Listing<OrderFilter>;

/// Orders and their executions.
///
/// An order's filled quantity, value and status always are what its executions say, whoever writes at the same time.
#[async_trait]
pub trait OrderRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores new orders, of which nothing is filled yet.
    ///
    /// An order told again counts as unchanged, whatever its state is by now. An empty batch is fine and does nothing.
    /// Either all orders are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when one is not [valid](Entry::validate) or has fills, and
    /// [`Conflict`](ErrorKind::Conflict) when its identity, or the broker's in its account, is that of another order,
    /// each with its index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all orders or none.
    async fn insert_orders(&self, orders: &[Order]) -> Result<Upserted>;

    /// The order with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_order(&self, id: Id<Order>) -> Result<Option<Order>>;

    /// The order of an account that the broker knows by an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_order_by_broker_id(&self, account: Name, broker_order_id: Name) -> Result<Option<Order>>;

    /// The orders that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_orders(&self, query: &OrderQuery) -> Result<Page<Order>>;

    /// [Moves](Order::apply) an order on in its life, and returns it. A move told again changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such order; [`Conflict`](ErrorKind::Conflict) when it cannot
    /// [become](OrderStatus::may_become) that, when only executions can tell it, or when the broker's identity is that
    /// of another order of the account, or not the one that the order has; [`InvalidInput`](ErrorKind::InvalidInput)
    /// for a message that is no [valid](Entry::validate) text.
    ///
    /// # Cancel safety
    /// A dropped call moves the order or leaves it.
    async fn move_order(&self, id: Id<Order>, step: &OrderMove) -> Result<Order>;

    /// Stores executions and [fills](Order::fill) their orders, in the order of the batch.
    ///
    /// An execution told again counts as unchanged, whatever became of its order: one with the same identity, or with
    /// the broker's same identity in the account, and equal in all that happened. In the same batch it is repeated. An
    /// empty batch is fine and does nothing. Either all executions are stored and all orders filled, or none.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when one is not [valid](Entry::validate);
    /// [`NotFound`](ErrorKind::NotFound) when its order does not exist; [`Conflict`](ErrorKind::Conflict) when the
    /// order is not working when it happened, when more would be filled than was ordered, when it is of another
    /// account, instrument or side than its order, or when its identity, or the broker's in its account, is that of
    /// another execution; each with its index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all executions with their orders or nothing.
    async fn record_executions(&self, executions: &[Execution]) -> Result<Upserted>;

    /// The executions that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_executions(&self, query: &ExecutionQuery) -> Result<Page<Execution>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_leads_back_and_none_leads_out_of_an_end() {
        for (from, to) in OrderStatus::ALL.iter().flat_map(|from| OrderStatus::ALL.iter().map(move |to| (*from, *to))) {
            if from.may_become(to) {
                let is_late_fill = from.is_cut_short() && to == OrderStatus::Filled;
                assert!(is_late_fill || from.is_working() && from < to, "{from} -> {to}");
            }
        }
        let ways: Vec<_> = OrderStatus::ALL
            .iter()
            .map(|from| OrderStatus::ALL.iter().filter(|to| from.may_become(**to)).count())
            .collect();
        assert_eq!(ways, [6, 5, 3, 0, 1, 0, 1]);
        assert!(!OrderStatus::PartiallyFilled.may_become(OrderStatus::Rejected));
    }
}
