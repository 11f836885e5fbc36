//! Orders, from their creation to the last fill.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Execution, ExecutionQuery, Fill, OrderGroup, OrderLink, Signal, legs::check_links};
use crate::{
    CLOCK_TOLERANCE, Decimal, Error, ErrorKind, Id, Listing, Name, Page, Result, Timestamp, Upserted,
    market::Instrument,
    money::{TradedValue, not_negative, positive},
    port::Entry,
    validate::{check, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// The side of an order.
    OrderSide, "order side" {
        /// Buys: opens a long position or closes a short one.
        Buy = "buy",
        /// Sells: closes a long position or opens a short one.
        Sell = "sell",
    }
}

vocabulary! {
    /// The kind of an order, which decides the prices of its fills.
    OrderKind, "kind of order" {
        /// Fills at any price.
        Market = "market",
        /// Fills at the limit price or better.
        Limit = "limit",
        /// Becomes a market order once the market reaches the stop price.
        Stop = "stop",
        /// Becomes a limit order once the market reaches the stop price.
        StopLimit = "stop_limit",
    }
}

impl OrderKind {
    /// Returns true if orders of this kind have a limit price.
    pub const fn has_limit(self) -> bool {
        matches!(self, Self::Limit | Self::StopLimit)
    }

    /// Returns true if orders of this kind have a stop price.
    pub const fn has_stop(self) -> bool {
        matches!(self, Self::Stop | Self::StopLimit)
    }
}

vocabulary! {
    /// The time for which an order works.
    TimeInForce, "time in force" {
        /// Until the end of the day's session.
        Day = "day",
        /// Until the order is cancelled.
        GoodTilCancelled = "good_til_cancelled",
        /// Fills at once as far as possible; the rest is cancelled.
        ImmediateOrCancel = "immediate_or_cancel",
        /// Fills at once and completely, or is cancelled.
        FillOrKill = "fill_or_kill",
        /// In the opening auction only.
        AtOpen = "at_open",
        /// In the closing auction only.
        AtClose = "at_close",
    }
}

vocabulary! {
    /// The status of an order. [`may_become`](Self::may_become) lists the transitions.
    OrderStatus, "order status" {
        /// Created, and not confirmed by the broker yet.
        Pending = "pending",
        /// Working at the broker, without fills.
        Open = "open",
        /// Working at the broker, with a partial fill.
        PartiallyFilled = "partially_filled",
        /// Filled completely by executions.
        Filled = "filled",
        /// Cancelled, possibly after a partial fill.
        Cancelled = "cancelled",
        /// Refused by the broker or the exchange.
        Rejected = "rejected",
        /// Expired, possibly after a partial fill.
        Expired = "expired",
    }
}

impl OrderStatus {
    /// Returns true if the order may still be filled: pending, open or partially filled.
    pub const fn is_working(self) -> bool {
        matches!(self, Self::Pending | Self::Open | Self::PartiallyFilled)
    }

    /// Returns true if the order ended before it was filled completely: cancelled, rejected or expired.
    pub const fn is_cut_short(self) -> bool {
        matches!(self, Self::Cancelled | Self::Rejected | Self::Expired)
    }

    /// Returns true if an order with this status may take another one next. Only executions fill an order; all other
    /// transitions are [moves](Order::apply).
    ///
    /// | from | by executions | by moves |
    /// |---|---|---|
    /// | pending | partially filled, filled | open, cancelled, rejected, expired |
    /// | open | partially filled, filled | cancelled, rejected, expired |
    /// | partially filled | filled | cancelled, expired |
    /// | cancelled, expired | filled, by executions before the end | |
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

/// An order, with the broker's answers and its fills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The identity of the order.
    pub id: Id<Self>,
    /// The event time: when the order was created.
    pub at: Timestamp,
    /// The strategy that created the order.
    pub strategy: Name,
    /// The signal that led to the order.
    pub signal_id: Option<Id<Signal>>,
    /// The account of the order.
    pub account: Name,
    /// The instrument to trade.
    pub instrument: Instrument,
    /// The side: buy or sell.
    pub side: OrderSide,
    /// The kind, which decides the prices of fills.
    pub kind: OrderKind,
    /// The number of shares or contracts, above zero.
    pub quantity: Decimal,
    /// The limit price; present exactly for limit and stop-limit orders.
    pub limit_price: Option<Decimal>,
    /// The stop price; present exactly for stop and stop-limit orders.
    pub stop_price: Option<Decimal>,
    /// The time for which the order works.
    pub time_in_force: TimeInForce,
    /// The links to other orders: the legs of a combo, a bracket, orders that cancel each other.
    pub links: Vec<OrderLink>,
    /// The present status of the order.
    pub status: OrderStatus,
    /// The number of filled shares or contracts: the sum of the executions' quantities.
    pub filled_quantity: Decimal,
    /// The value of the fills: the sum of quantity times price over the executions, without a contract's multiplier.
    pub filled_value: TradedValue,
    /// The broker's identity of the order, unique within the account, except that the legs of a combo share one.
    pub broker_order_id: Option<Name>,
    /// The broker's last error message.
    pub error_message: Option<String>,
    /// The instant of the cancellation, rejection or expiry; `None` for every other status.
    pub ended_at: Option<Timestamp>,
    /// The instant of the last change.
    pub updated_at: Timestamp,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Order: quantity limit_price stop_price links filled_quantity);

impl Order {
    /// Creates a pending market order for the day, with `at` as its knowledge time.
    pub fn new(
        id: Id<Self>,
        at: Timestamp,
        strategy: Name,
        account: Name,
        instrument: Instrument,
        side: OrderSide,
        quantity: Decimal,
    ) -> Self {
        Self {
            id,
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
            links: Vec::new(),
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

    /// Sets the limit price: a market order becomes a limit order, a stop order a stop-limit order.
    #[must_use]
    pub fn with_limit(self, price: Decimal) -> Self {
        let kind = if self.kind.has_stop() { OrderKind::StopLimit } else { OrderKind::Limit };
        Self { kind, limit_price: Some(price), ..self }
    }

    /// Sets the stop price: a market order becomes a stop order, a limit order a stop-limit order.
    #[must_use]
    pub fn with_stop(self, price: Decimal) -> Self {
        let kind = if self.kind.has_limit() { OrderKind::StopLimit } else { OrderKind::Stop };
        Self { kind, stop_price: Some(price), ..self }
    }

    /// Returns the mean price of the fills; `None` without fills. Exact if 28 digits suffice, otherwise rounded to 28
    /// digits.
    pub fn average_price(&self) -> Option<Decimal> {
        self.filled_value.get().checked_div(self.filled_quantity)
    }

    /// Returns the number of shares or contracts that are not filled. For quantities beyond those that a store
    /// accepts the result is clamped to the range of a decimal.
    pub fn remaining(&self) -> Decimal {
        self.quantity.saturating_sub(self.filled_quantity)
    }

    /// Changes the status by a move that is not a fill, and stores the broker's answers. Repeating a move changes
    /// nothing. A refused move leaves the order unchanged.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when the order cannot [take](OrderStatus::may_become) the status, when only
    /// executions can set the status, or when the order has a different broker's identity already.
    pub fn apply(&mut self, step: &OrderMove) -> Result<()> {
        let refuse = |why: &'static str| {
            Error::new(ErrorKind::Conflict, why)
                .with("order", self.id)
                .with("status", self.status)
                .with("wanted", step.status)
        };
        if step.status != self.status {
            if matches!(step.status, OrderStatus::PartiallyFilled | OrderStatus::Filled) {
                return Err(refuse("a move cannot fill an order: record executions instead"));
            }
            if !self.status.may_become(step.status) {
                return Err(refuse("the order cannot take this status after its present one"));
            }
        }
        if let (Some(has), Some(stated)) = (self.broker_order_id, step.broker_order_id)
            && has != stated
        {
            return Err(refuse("the order has a different broker_order_id already")
                .with("broker_order_id", has)
                .with("found", stated));
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

    /// Adds an execution to quantity, value and status. A refused execution leaves the order unchanged.
    ///
    /// Brokers report some executions late: a cancelled or expired order still accepts executions from before its
    /// [end](Self::ended_at), and keeps its status unless they fill it completely.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when order, account, instrument or side of the execution differ from the
    /// order's, when the order was not [working](OrderStatus::is_working) at the time of the execution or did not exist
    /// yet by more than [`CLOCK_TOLERANCE`], or when the fills would exceed the quantity;
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the filled value would reach 10¹².
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
            return Err(refuse("order, account, instrument or side of the execution differ from the order's"));
        }
        if self.at.since(execution.at) > CLOCK_TOLERANCE {
            return Err(refuse("the execution is earlier than its order").with("at", execution.at));
        }
        let may_be_filled = self.status.may_become(OrderStatus::Filled);
        if !may_be_filled || self.ended_at.is_some_and(|end| end < execution.at) {
            return Err(refuse("the order was not working at the time of the execution"));
        }
        let filled = self.filled_quantity.checked_add(execution.quantity).filter(|filled| *filled <= self.quantity);
        let filled = filled.ok_or_else(|| refuse("the fills would exceed the order's quantity"))?;
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

    /// Returns true if the filled quantity agrees with the status.
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

/// A change of an order's status other than a fill, with the broker's answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMove {
    /// The new status, or the present one to store the broker's answers only.
    pub status: OrderStatus,
    /// The instant of the change.
    pub at: Timestamp,
    /// The broker's identity of the order, once known.
    pub broker_order_id: Option<Name>,
    /// The broker's error message, which replaces the one before.
    pub error_message: Option<String>,
}

impl OrderMove {
    /// Creates a move without answers of the broker.
    pub const fn new(status: OrderStatus, at: Timestamp) -> Self {
        Self { status, at, broker_order_id: None, error_message: None }
    }

    /// Sets the broker's identity of the order.
    #[must_use]
    pub fn with_broker_order_id(self, broker_order_id: Name) -> Self {
        Self { broker_order_id: Some(broker_order_id), ..self }
    }

    /// Sets the broker's error message.
    #[must_use]
    pub fn with_error_message(self, message: impl Into<String>) -> Self {
        Self { error_message: Some(message.into()), ..self }
    }
}

/// The conditions of a list of orders. A field that is `None` or `false` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// The account of the orders.
    pub account: Option<Name>,
    /// The strategy that created the orders.
    pub strategy: Option<Name>,
    /// The instrument of the orders.
    pub instrument: Option<Instrument>,
    /// The status of the orders.
    pub status: Option<OrderStatus>,
    /// True for orders that [may still be filled](OrderStatus::is_working) only.
    pub working: bool,
    /// The group that the orders are linked to.
    pub group: Option<Id<OrderGroup>>,
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

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        positive("quantity", self.quantity)?;
        check!(positive, self.limit_price => "limit_price", self.stop_price => "stop_price");
        check!(text, self.error_message.as_deref() => "error_message");
        check_links(&self.links)?;
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
            return Err(Error::invalid_input("filled_quantity must agree with the order's quantity and status")
                .with("field", "filled_quantity")
                .with("value", self.filled_quantity)
                .with("quantity", self.quantity)
                .with("status", self.status));
        }
        if self.ended_at.is_some() == self.status.is_cut_short() {
            return Ok(());
        }
        Err(Error::invalid_input(
            "ended_at must be present for a cancelled, rejected or expired order and absent for any other",
        )
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
            && filter.group.is_none_or(|group| self.links.iter().any(|link| link.group == group))
    }

    fn is_repeat_of(&self, stored: &Self) -> bool {
        self.broker_order_id.is_none_or(|stated| Some(stated) == stored.broker_order_id)
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

/// Checks that the orders of a batch have no fills, since only executions fill an order.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) for the first order with fills, with its index as `row`.
pub fn check_unfilled(orders: &[Order]) -> Result<()> {
    match orders.iter().enumerate().find(|(_, order)| !order.filled_quantity.is_zero()) {
        None => Ok(()),
        Some((row, order)) => Err(Error::invalid_input("a new order must have no fills: record executions instead")
            .with("field", "filled_quantity")
            .with("value", order.filled_quantity)
            .with("order", order.id)
            .with("row", row)),
    }
}

/// A query for orders.
pub type OrderQuery = Listing<OrderFilter>;

/// Orders and their executions.
///
/// Filled quantity, value and status of an order always equal the sum of its executions, also with concurrent
/// writers.
///
/// ```
/// use strikebook_core::{
///     Id, Name, Timestamp,
///     memory::MemoryStore,
///     trading::{Execution, Order, OrderRepository, OrderSide, OrderStatus},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let (wheel, account) = (Name::new("wheel")?, Name::new("U1")?);
/// let put = "SPY251219P00600000".parse::<strikebook_core::market::OptionContract>()?;
/// let (id, at): (_, Timestamp) = (Id::named("order 1"), "2025-09-25T14:30:00Z".parse()?);
/// let order = Order::new(id, at, wheel, account, put.into(), OrderSide::Sell, 2.into());
/// store.insert_orders(&[order.clone()]).await?;
///
/// let price = "7.35".parse().expect("a price");
/// let fill = Execution::new(Id::named("fill 1"), &order, at, 1.into(), price);
/// store.record_executions(&[fill]).await?;
/// let order = store.get_order(order.id).await?.expect("a stored order");
/// assert_eq!((order.status, order.remaining()), (OrderStatus::PartiallyFilled, 1.into()));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait OrderRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores new orders by the [rules of every insert](Entry#rules-of-every-insert). They must have no fills. A
    /// stored order that is inserted again counts as unchanged whatever its status is by now.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) also when another order of the account has the broker's identity, unless both
    /// are legs of one combo in different instruments;
    /// [`NotFound`](ErrorKind::NotFound) when a new order names a signal that is not stored.
    async fn insert_orders(&self, orders: &[Order]) -> Result<Upserted>;

    /// Returns the order with an identity; `None` when there is no such order.
    async fn get_order(&self, id: Id<Order>) -> Result<Option<Order>>;

    /// Returns the order with a broker's identity, of a combo its leg of the lowest identity; `None` without an order.
    async fn get_order_by_broker_id(&self, account: Name, broker_order_id: Name) -> Result<Option<Order>>;

    /// Returns the orders that the query's filter admits, in its order.
    async fn list_orders(&self, query: &OrderQuery) -> Result<Page<Order>>;

    /// [Changes the status](Order::apply) of an order, and returns the order. Repeating a move changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such order; [`Conflict`](ErrorKind::Conflict) when the
    /// order cannot [take](OrderStatus::may_become) the status, when only executions can set the status, when the
    /// order has a different broker's identity already, or when another order of the account has that one;
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a message that is longer than 64 KiB or contains the character
    /// NUL.
    async fn move_order(&self, id: Id<Order>, step: &OrderMove) -> Result<Order>;

    /// Stores executions and [fills](Order::fill) their orders, in the order of the batch, all or nothing.
    ///
    /// A stored execution counts as unchanged, and one repeated in the batch as repeated. Executions are the same
    /// when they have the same identity, or the same broker's identity in the account, and differ in nothing but `id`
    /// and `recorded_at`.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the order of an execution does not exist;
    /// [`Conflict`](ErrorKind::Conflict) when the order was not working at the time of the execution or was created
    /// more than a [minute](CLOCK_TOLERANCE) after, when the fills would exceed its quantity, when account, instrument
    /// or side differ from the order's, and when a different execution has the identity or, in the account, the
    /// broker's identity. The error names the index of the execution as `row`.
    async fn record_executions(&self, executions: &[Execution]) -> Result<Upserted>;

    /// Stores executions as [`record_executions`](Self::record_executions) does, with everything that follows from
    /// them, all or nothing: the fills of their orders, the [positions](super::Position) of their account, instrument
    /// and strategy, and the events, cycles and trades of the [journal](super::journal).
    ///
    /// A stored fill counts as unchanged and changes nothing. The journal is the same in whatever order fills are
    /// recorded: a late one takes its place by time, and the kinds and cycles of later events follow. An execution
    /// closes what its account and strategy hold in the instrument with the opposite sign, and opens a position with
    /// the rest. A cycle begins when the strategy holds nothing in the underlying, and ends when everything is closed.
    ///
    /// A position is carried on by average cost, and its realised profit is after fees. Where a stored position is
    /// not the one that the journal's events make, a late fill is applied to the stored one.
    ///
    /// # Errors
    /// Those of [`record_executions`](Self::record_executions), and [`Conflict`](ErrorKind::Conflict) when the events
    /// of a cycle [contradict each other](super::journal::Projection::of).
    async fn record_fills(&self, fills: &[Fill]) -> Result<Upserted>;

    /// Returns the executions that the query's filter admits, in its order.
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
