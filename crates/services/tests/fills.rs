//! Fills of a bot, and the decisions that they make up.

use strikebook_core::{
    AsOf, Decimal, ErrorKind, Id, Name, Result, Source, Timestamp,
    market::{Instrument, Symbol},
    memory::MemoryStore,
    trading::{
        Execution, Fill, MetricsKey, MetricsRepository, Order, OrderRepository, OrderSide,
        journal::{CycleFilter, JournalRepository, LegGroup, Side, Trade, TradeRepository},
        metrics::{ClosedTrade, Conventions, Metrics, TradeUnit, Window, closed_equity},
    },
};
use strikebook_services::{
    fills::record_fill,
    journal::{MetricsScope, decisions, store_metrics},
};

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn source() -> Source {
    Source::new("broker").expect("a source")
}

fn minute(minute: i64) -> Timestamp {
    let opening: Timestamp = "2025-09-25T13:30:00Z".parse().expect("an instant");
    opening.saturating_add(chrono::TimeDelta::minutes(minute))
}

/// Fills an order in some parts of one unit each, a minute apart.
async fn fill(store: &MemoryStore, side: OrderSide, at: i64, (parts, price): (i64, i64)) -> Result<()> {
    let instrument = Instrument::Symbol(Symbol::new("SPY")?);
    let id = Id::named(&format!("order {at}"));
    let order = Order::new(id, minute(at), name("bot"), name("U1"), instrument, side, parts.into());
    store.insert_orders(std::slice::from_ref(&order)).await?;
    for part in 0..parts {
        let id = Id::named(&format!("execution {at} {part}"));
        let execution = Execution::new(id, &order, minute(at + part), 1.into(), price.into());
        let recorded = record_fill(store, &Fill::new(execution, source())).await?;
        assert_eq!((recorded.done.inserted, recorded.order.filled_quantity), (1, Decimal::from(part + 1)));
        assert_eq!(recorded.event.cycle, recorded.cycle.id);
    }
    Ok(())
}

/// Two decisions, one won and one lost, the first filled in some parts.
async fn two_decisions(parts: i64) -> Result<MemoryStore> {
    let store = MemoryStore::new();
    for (side, at, fills) in [
        (OrderSide::Buy, 0, (parts, 600)),
        (OrderSide::Sell, 100, (parts, 610)),
        (OrderSide::Buy, 200, (1, 620)),
        (OrderSide::Sell, 300, (1, 500)),
    ] {
        fill(&store, side, at, fills).await?;
    }
    Ok(store)
}

async fn measured(store: &MemoryStore, unit: TradeUnit) -> Result<Metrics> {
    let scope = MetricsScope {
        account: Some(name("U1")),
        at: minute(400),
        windows: vec![Window::All],
        unit,
        conventions: Conventions::default(),
        source: source(),
        recorded_at: minute(400),
    };
    store_metrics(store, &scope).await?;
    let key = MetricsKey { account: scope.account, unit, ..MetricsKey::new(Window::All) };
    Ok(store.metrics_as_of(&key, AsOf::instant(scope.at)).await?.expect("stored metrics").metrics)
}

#[tokio::test]
async fn ten_partial_fills_are_one_trade() -> Result<()> {
    for parts in [1, 10] {
        let store = two_decisions(parts).await?;
        let won = measured(&store, TradeUnit::Decision).await?.win_rate.get().copied().expect("two trades");
        assert_eq!((won.wins, won.losses, won.rate.to_string().as_str()), (1, 1, "0.5"), "of {parts} parts");
    }
    Ok(())
}

#[tokio::test]
async fn lots_are_measured_when_asked_and_stored_beside() -> Result<()> {
    let store = two_decisions(10).await?;
    let (lots, decisions) = (measured(&store, TradeUnit::Lot).await?, measured(&store, TradeUnit::Decision).await?);
    assert_eq!((lots.net.trades, decisions.net.trades), (11, 2));
    assert_eq!(lots.net.get(), decisions.net.get());
    let key = MetricsKey { account: Some(name("U1")), unit: TradeUnit::Lot, ..MetricsKey::new(Window::All) };
    let again = store.metrics_as_of(&key, AsOf::instant(minute(400))).await?.expect("stored metrics");
    assert_eq!(again.metrics, lots, "metrics of decisions took the place of those of lots");
    Ok(())
}

#[tokio::test]
async fn a_fill_recorded_again_answers_the_same() -> Result<()> {
    let store = two_decisions(3).await?;
    let order = store.get_order(Id::named("order 0")).await?.expect("an order");
    let execution = Execution::new(Id::named("execution 0 2"), &order, minute(2), 1.into(), 600.into());
    let recorded = record_fill(&store, &Fill::new(execution, source())).await?;
    assert_eq!((recorded.done.unchanged, recorded.done.inserted), (1, 0));
    assert_eq!(store.list_cycles(&CycleFilter::default()).await?.len(), 2);
    Ok(())
}

#[test]
fn trades_that_close_together_are_one_step_of_the_equity() {
    let leg = |gross: i64| ClosedTrade::new(minute(0), minute(9), gross.into(), 0.into());
    let later = ClosedTrade::new(minute(3), minute(10), 5.into(), 0.into());
    let curve = closed_equity(100.into(), &[leg(10_000), later, leg(-9_990)]).expect("in range");
    let equities: Vec<_> = curve.iter().map(|point| point.equity).collect();
    assert_eq!(equities, [100.into(), 110.into(), Decimal::from(115)]);
}

#[tokio::test]
async fn trades_by_hand_are_one_decision_by_their_leg_group() -> Result<()> {
    let store = MemoryStore::new();
    let group: Id<LegGroup> = Id::named("condor");
    let leg = |number: i64, gross: i64, group: Option<Id<LegGroup>>| {
        let spy = Symbol::new("SPY").expect("a symbol");
        let mut leg = Trade::new(
            Id::named(&format!("leg {number}")),
            (name("U1"), name("bot")),
            (spy, spy.into()),
            (Side::Long, 1.into(), 600.into()),
            (minute(number), source()),
        );
        leg.origin.leg_group = group;
        leg.execution.quantity_closed = 1.into();
        leg.execution.exited_at = Some(minute(20 + number));
        leg.outcome = leg.outcome.with_result(gross.into(), (-1).into(), 0.into());
        leg
    };
    let legs = [leg(0, 10, Some(group)), leg(1, -4, Some(group)), leg(2, 7, None)];
    store.insert_trades(&legs).await?;
    let found: Vec<_> = decisions(&[], &legs).iter().map(|trade| (trade.gross, trade.costs)).collect();
    assert_eq!(found, [(6.into(), (-2).into()), (7.into(), Decimal::from(-1))], "a rebate is a cost below zero");
    assert!(decisions(&[], &legs).iter().all(|trade| trade.validate().is_ok()));
    Ok(())
}

#[tokio::test]
async fn metrics_never_add_currencies() -> Result<()> {
    let store = MemoryStore::new();
    let of = |account: &str, number: i64, currency: Option<&str>| {
        let spy = Symbol::new("SPY").expect("a symbol");
        let mut trade = Trade::new(
            Id::named(&format!("trade {number}")),
            (name(account), name("bot")),
            (spy, spy.into()),
            (Side::Long, 1.into(), 600.into()),
            (minute(number), source()),
        );
        trade.execution.quantity_closed = 1.into();
        trade.execution.exited_at = Some(minute(20 + number));
        trade.outcome = trade.outcome.with_result(10.into(), 1.into(), 0.into());
        trade.outcome.currency = currency.map(name);
        trade
    };
    let trades = [
        ("U1", Some("USD")),
        ("U1", Some("USD")),
        ("U2", Some("EUR")),
        ("U3", None),
        ("U4", Some("EUR")),
        ("U4", None),
    ];
    let trades: Vec<_> = (0..).zip(trades).map(|(number, (account, currency))| of(account, number, currency)).collect();
    store.insert_trades(&trades).await?;
    for unit in [TradeUnit::Decision, TradeUnit::Lot] {
        let scope = |account: Option<&str>| MetricsScope {
            account: account.map(name),
            at: minute(400),
            windows: vec![Window::All],
            unit,
            conventions: Conventions::default(),
            source: source(),
            recorded_at: minute(400),
        };
        for (account, inserted) in [("U1", true), ("U2", true), ("U3", true), ("U4", false)] {
            let stored = store_metrics(&store, &scope(Some(account))).await;
            assert_eq!(stored.is_ok(), inserted, "{account} by {unit}: {stored:?}");
        }
        let refused = store_metrics(&store, &scope(None)).await.expect_err("dollars and euros");
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        assert!(refused.to_string().contains("one currency"), "{refused}");
        let key = MetricsKey { unit, ..MetricsKey::new(Window::All) };
        assert_eq!(store.metrics_as_of(&key, AsOf::instant(minute(400))).await?, None);
    }
    Ok(())
}
