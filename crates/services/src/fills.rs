//! Fills recorded with everything that follows from them, and what came of each.

use strikebook_core::{
    Error, ErrorKind, Id, Result, Upserted,
    trading::{
        Fill, Order, OrderRepository, Position, PositionKey, PositionRepository,
        journal::{Cycle, JournalEvent, JournalRepository},
    },
};

/// The state after a fill.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedFill {
    /// The counts of the recorded fill: inserted, or unchanged when it was stored before.
    pub done: Upserted,
    /// The order with this and all other fills.
    pub order: Order,
    /// The position of the fill's account, instrument and strategy.
    pub position: Position,
    /// The journal's event; of a fill that turned a position over the one that closed.
    pub event: JournalEvent,
    /// The cycle of the event, with its lots, bases and profit.
    pub cycle: Cycle,
}

/// Records a fill in [one transaction](OrderRepository::record_fills): execution, order, position, and the journal's
/// event, cycle and trades. Then reads what came of it. A fill that is stored already changes nothing, so the call can
/// be repeated.
///
/// ```
/// use strikebook_core::{
///     Id, Name, Result, Source, Store, Timestamp,
///     market::Symbol,
///     memory::MemoryStore,
///     trading::{Execution, Fill, Order, OrderRepository, OrderSide},
/// };
/// use strikebook_services::fills::record_fill;
///
/// # async fn example() -> Result<()> {
/// let (store, at) = (MemoryStore::new(), "2025-09-25T14:30:00Z".parse::<Timestamp>()?);
/// let (trend, account, spy) = (Name::new("trend")?, Name::new("U1")?, Symbol::new("SPY")?);
/// let order = Order::new(Id::named("order 1"), at, trend, account, spy.into(), OrderSide::Buy, 100.into());
/// store.insert_orders(&[order.clone()]).await?;
/// let execution = Execution::new(Id::named("execution 1"), &order, at, 40.into(), 656.into());
/// let store: &dyn Store = &store;
/// let recorded = record_fill(store, &Fill::new(execution, Source::new("broker")?)).await?;
/// assert_eq!((recorded.order.remaining(), recorded.position.quantity), (60.into(), 40.into()));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of [`record_fills`](OrderRepository::record_fills) and of the reads;
/// [`NotFound`](ErrorKind::NotFound) for a stored fill whose event was deleted;
/// [`Internal`](ErrorKind::Internal) when what was recorded cannot be found.
///
/// # Cancel safety
/// A dropped call records the whole fill or nothing.
pub async fn record_fill(
    store: &(impl OrderRepository + PositionRepository + JournalRepository + ?Sized),
    fill: &Fill,
) -> Result<RecordedFill> {
    let done = store.record_fills(std::slice::from_ref(fill)).await?;
    let execution = &fill.execution;
    let missing = |what| move || Error::internal("a recorded fill is incomplete").with("missing", what);
    let order = store.get_order(execution.order_id).await?.ok_or_else(missing("order"))?;
    let key = PositionKey { account: execution.account, instrument: execution.instrument, strategy: order.strategy };
    let position = store.get_position(&key).await?.ok_or_else(missing("position"))?;
    let event = Id::from_uuid(execution.id.as_uuid());
    let event = store.get_journal_event(event).await?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "the fill is stored, but its event was deleted from the journal")
            .with("execution", execution.id)
    })?;
    let cycle = store.get_cycle(event.cycle).await?.ok_or_else(missing("cycle"))?;
    Ok(RecordedFill { done, order, position, event, cycle })
}
