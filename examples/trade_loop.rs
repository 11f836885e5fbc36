//! A bot's loop: a signal, an order, its partial fills, and what follows from each: position, journal, metrics.
//!
//! ```text
//! cargo run --example trade_loop
//! cargo run --example trade_loop -- sqlite:bot.db
//! ```
//!
//! The argument is the store's URL; without one the store is in memory. Each fill is recorded in one transaction, under
//! the broker's identity of the execution: a second run, or a restart in the middle, records nothing twice.

use std::env;

use strikebook::{
    AsOf, Decimal, Error, Id, Name, Result, Source, Store, Timestamp,
    market::OptionContract,
    open,
    services::{
        fills::record_fill,
        journal::{MetricsScope, store_metrics},
    },
    trading::{
        Execution, Fill, MetricsKey, Order, OrderMove, OrderSide, OrderStatus, Signal, SignalAction, SignalLeg,
        SignalStatus,
        metrics::{Conventions, Metrics, TradeUnit, Window},
    },
};

/// A report of the broker: the minute of the session, the number of contracts, and the price per share.
type Report = (i64, u32, &'static str);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let store = open(&env::args().nth(1).unwrap_or_else(|| "memory:".to_owned())).await?;
    run(&*store).await?;
    store.close().await
}

/// Trades through a session, and returns its metrics.
pub(crate) async fn run(store: &dyn Store) -> Result<Metrics> {
    let put: OptionContract = "SPY251219P00600000".parse()?;
    // Sold in three parts and bought back at a profit; then once more, at a loss and in two parts.
    trade(store, put, OrderSide::Sell, &[(1, 4, "7.35"), (1, 5, "7.34"), (3, 1, "7.30")]).await?;
    trade(store, put, OrderSide::Buy, &[(95, 10, "5.10")]).await?;
    trade(store, put, OrderSide::Sell, &[(120, 10, "5.60")]).await?;
    trade(store, put, OrderSide::Buy, &[(300, 7, "7.80"), (301, 3, "7.85")]).await?;
    measure(store).await
}

/// Returns an instant of the session.
fn minute(minutes: i64) -> Result<Timestamp> {
    let opening: Timestamp = "2025-09-25T13:30:00Z".parse()?;
    Ok(opening.saturating_add(chrono::TimeDelta::minutes(minutes)))
}

/// Gives a signal, sends its order, and records each fill that the broker reports.
async fn trade(store: &dyn Store, put: OptionContract, side: OrderSide, reports: &[Report]) -> Result<()> {
    let (strategy, account) = (Name::new("bot")?, Name::new("U1")?);
    let Some((first, ..)) = reports.first() else { return Ok(()) };
    let (at, symbol) = (minute(*first)?, put.root().underlying()?);
    let action = if side == OrderSide::Sell { SignalAction::Short } else { SignalAction::ExitShort };
    let signal = Signal::new(Id::named(&format!("signal {at}")), at, strategy, symbol, action, 0.7);
    let signal = Signal { legs: vec![SignalLeg::new(put, side)], ..signal };
    store.insert_signals(std::slice::from_ref(&signal)).await?;

    let quantity = reports.iter().map(|(_, quantity, _)| Decimal::from(*quantity)).sum();
    let id = Id::named(&format!("order of {}", signal.id));
    let order = Order::new(id, at, strategy, account, put.into(), side, quantity);
    let order = Order { signal_id: Some(signal.id), broker_order_id: Some(Name::new(&format!("B{first}"))?), ..order };
    store.insert_orders(std::slice::from_ref(&order)).await?;
    if store.get_order(id).await?.is_some_and(|order| order.status == OrderStatus::Pending) {
        store.move_order(id, &OrderMove::new(OrderStatus::Open, at)).await?;
        store.move_signal(signal.id, SignalStatus::Executed, at).await?;
    }

    for (number, (minutes, quantity, price)) in reports.iter().enumerate() {
        let broker = Name::new(&format!("B{first}.{number}"))?;
        let price =
            price.parse().map_err(|_| Error::invalid_input("the price must be a number").with("text", price))?;
        let execution = Execution {
            broker_execution_id: Some(broker),
            commission: Decimal::from(*quantity) * Decimal::new(65, 2),
            ..Execution::new(
                Id::named(&format!("{account}/{broker}")),
                &order,
                minute(*minutes)?,
                (*quantity).into(),
                price,
            )
        };
        let recorded = record_fill(store, &Fill::new(execution, Source::new("broker")?)).await?;
        let (order, position) = (recorded.order, recorded.position);
        let cost = position.average_cost.map_or_else(|| "nothing".to_owned(), |cost| cost.to_string());
        println!(
            "{side} {quantity} at {price}: order {}, position {} at {cost}, realized {}",
            order.status, position.quantity, position.realized_pnl
        );
    }
    Ok(())
}

/// Measures the decisions: the partial fills of an order are one trade.
async fn measure(store: &dyn Store) -> Result<Metrics> {
    let at = minute(390)?;
    let account = Some(Name::new("U1")?);
    let scope = MetricsScope {
        account,
        at,
        windows: vec![Window::All],
        unit: TradeUnit::Decision,
        conventions: Conventions::default(),
        source: Source::new("journal")?,
        recorded_at: at,
    };
    store_metrics(store, &scope).await?;
    let key = MetricsKey { account, ..MetricsKey::new(Window::All) };
    let stored = store.metrics_as_of(&key, AsOf::instant(at)).await?;
    let metrics = stored.ok_or_else(|| Error::corrupt("the metrics that were stored are not there"))?.metrics;
    let won = metrics.win_rate.get().map_or(0.0, |won| won.rate);
    println!("{} trades, win rate {won}, net {:?}", metrics.net.trades, metrics.net.get());
    Ok(metrics)
}
