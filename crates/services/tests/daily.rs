//! Profit and loss by day, and what else follows from the log and stored prices.

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Id, Name, Result, Source, Timestamp, Upserted,
    market::{
        Bar, BarKey, BarRepository, ChainRepository, Instrument, OptionContract, OptionQuote, Symbol, Timeframe,
        calendar,
    },
    memory::MemoryStore,
    trading::journal::{
        Amendment, CloseAction, DailyPnlFilter, DailyRepository, EventKind, ExitReason, JournalEvent,
        JournalRepository, LegGroup, Side, Trade, TradeFilter, TradeRepository,
    },
};
use strikebook_services::journal::{
    ContextReader, ContextRules, DailyScope, daily_pnl, fill_contexts, probability_of_profit, store_daily_pnl,
};

fn money(text: &str) -> Decimal {
    text.parse().expect("an amount")
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, day).expect("a day")
}

fn close(of: u32) -> Timestamp {
    calendar::close_on(day(of)).expect("in range")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn source() -> Source {
    Source::new("test").expect("a source")
}

fn spy() -> Symbol {
    Symbol::new("SPY").expect("a symbol")
}

fn put() -> OptionContract {
    "SPY   240112P00470000".parse().expect("a contract")
}

fn event(number: u32, at: Timestamp, kind: EventKind, instrument: Instrument, terms: (i64, &str)) -> JournalEvent {
    let (quantity, price) = terms;
    JournalEvent::new(
        Id::named(&number.to_string()),
        (name("U1"), name("wheel"), Id::named("cycle")),
        (at, source()),
        kind,
        (spy(), instrument),
        (quantity.into(), money(price)),
    )
}

/// A put sold on Tuesday the 2nd, assigned on Friday the 12th, and its shares sold on Wednesday the 17th.
fn wheel() -> Vec<JournalEvent> {
    let assigned = calendar::instant(day(12), chrono::NaiveTime::from_hms_opt(20, 0, 0).expect("a time"));
    let mut sold = event(1, close(2), EventKind::Open, put().into(), (-1, "3"));
    sold.fees = money("1");
    vec![
        sold,
        event(2, assigned.expect("in range"), EventKind::Assign, put().into(), (1, "0")),
        event(3, close(17), EventKind::Close, spy().into(), (-100, "472")),
    ]
}

fn bar(of: u32, price: f64) -> Bar {
    let (at, key) = (close(of), BarKey::new(spy(), Timeframe::Day1));
    let opened_at = calendar::open_on(day(of)).expect("in range");
    let (open, high, low, close) = (price, price, price, price);
    Bar { key, opened_at, at, open, high, low, close, volume: None, vwap: None, source: source(), recorded_at: at }
}

async fn market(store: &MemoryStore) -> Result<()> {
    let quote = |of, bid, ask| OptionQuote::new(put(), close(of), source()).with_market(Some(bid), Some(ask));
    // None on the 4th.
    store.upsert_quotes(&[quote(2, 2.9, 3.1), quote(3, 3.9, 4.1), quote(5, 1.9, 2.1)]).await?;
    store.upsert_bars(&[bar(12, 468.0), bar(16, 466.0), bar(17, 472.0)]).await?;
    Ok(())
}

#[tokio::test]
async fn days_are_realized_and_marked() -> Result<()> {
    let store = MemoryStore::new();
    store.append_journal_events(&wheel()).await?;
    market(&store).await?;
    let scope = DailyScope::new(name("U1"), day(18), close(18));
    let days = daily_pnl(&store, &store, &scope).await?;
    let shown: Vec<_> = days.iter().map(|one| (one.date, one.realized, one.unrealized)).collect();
    let none = Decimal::ZERO;
    // Credits of 299 after the fee, and the put's or the shares' value less what was paid.
    let expected = [
        (day(2), none, Some(money("-1"))),
        (day(3), none, Some(money("-101"))),
        (day(4), none, Some(money("-101"))),
        (day(5), none, Some(money("99"))),
        (day(8), none, None),
        (day(9), none, None),
        (day(10), none, None),
        (day(11), none, None),
        (day(12), money("299"), Some(money("-200"))),
        (day(16), none, Some(money("-400"))),
        (day(17), money("200"), Some(none)),
        (day(18), none, Some(none)),
    ];
    assert_eq!(shown, expected);
    let total: Decimal = days.iter().map(|one| one.realized).sum();
    let cycle = store.get_cycle(Id::named("cycle")).await?.expect("a cycle");
    assert_eq!(total, cycle.realized_pnl);

    assert_eq!(store_daily_pnl(&store, &store, &scope).await?.inserted, 12);
    let again = Upserted { unchanged: 12, ..Upserted::default() };
    assert_eq!(store_daily_pnl(&store, &store, &scope).await?, again);
    let why = "it was another account's";
    let amendments = wheel().iter().map(|event| Amendment::void(event.id, close(18), why)).collect::<Vec<_>>();
    store.amend_journal_events(&amendments).await?;
    assert_eq!(daily_pnl(&store, &store, &scope).await?, [], "voided events have no days");
    assert_eq!(store.list_daily_pnl(&DailyPnlFilter::default()).await?.len(), 12);
    Ok(())
}

#[tokio::test]
async fn a_result_on_a_weekend_has_a_day() -> Result<()> {
    let store = MemoryStore::new();
    let saturday = calendar::instant(day(13), chrono::NaiveTime::MIN)?;
    let events = [
        event(1, close(12), EventKind::Open, put().into(), (-1, "3")),
        event(2, saturday, EventKind::Expire, put().into(), (1, "0")),
    ];
    store.append_journal_events(&events).await?;
    let days = daily_pnl(&store, &store, &DailyScope::new(name("U1"), day(16), close(18))).await?;
    let shown: Vec<_> = days.iter().map(|one| (one.date, one.realized)).collect();
    assert_eq!(shown, [(day(12), Decimal::ZERO), (day(13), money("300")), (day(16), Decimal::ZERO)]);
    Ok(())
}

#[tokio::test]
async fn shares_count_the_days_below_their_basis() -> Result<()> {
    let store = MemoryStore::new();
    store.append_journal_events(&wheel()).await?;
    market(&store).await?;
    // The adjusted basis is 470 less 3 plus the fee of a cent a share: 467.01.
    let mut reader = ContextReader::new(&store, ContextRules::default());
    fill_contexts(&mut reader, &store, TradeFilter::default()).await?;
    let shares = store.get_trade(Id::named("2")).await?.expect("the shares");
    assert_eq!(shares.wheel.days_underwater, Some(1), "{:?}", shares.wheel);
    let put = store.get_trade(Id::named("1")).await?.expect("the put");
    assert_eq!(put.wheel.days_underwater, None);
    Ok(())
}

fn short_put(price: &str) -> Trade {
    let names = (name("U1"), name("wheel"));
    let (subject, sold) = ((spy(), put().into()), (Side::Short, Decimal::ONE, money(price)));
    let mut trade = Trade::new(Id::named("put"), names, subject, sold, (close(2), source()));
    (trade.entry.underlying_price, trade.entry.iv, trade.entry.dte) = (Some(money("475")), Some(0.2), Some(73));
    trade
}

#[test]
fn the_probability_of_profit_is_that_of_the_breakeven() -> Result<()> {
    let trade = short_put("5");
    // d = (ln(475 ∕ 465) − 0.02 × 0.2) ∕ (0.2 √0.2) = 0.193167, and N(d) by the error function of another library.
    let chance = probability_of_profit(&trade)?.expect("known");
    assert!((chance - 0.576_586).abs() < 1e-5, "{chance}");
    let mut long = trade.clone();
    long.execution.side = Side::Long;
    let against = probability_of_profit(&long)?.expect("known");
    assert!((chance + against - 1.0).abs() < 1e-12, "{against}");
    let mut leg = trade.clone();
    leg.origin.leg_group = Some(Id::<LegGroup>::named("spread"));
    let mut last_day = trade.clone();
    last_day.entry.dte = Some(0);
    let mut without = trade;
    without.entry.iv = None;
    for unknown in [leg, last_day, without] {
        assert_eq!(probability_of_profit(&unknown)?, None);
    }
    Ok(())
}

#[test]
fn an_exit_at_the_plan_has_its_reason() {
    let closed = |exit: &str, plan: &dyn Fn(&mut Trade)| {
        let mut trade = short_put("5");
        trade.execution.exited_at = Some(close(3));
        trade.execution.quantity_closed = Decimal::ONE;
        trade.execution.exit_price = Some(money(exit));
        trade.execution.close_action = Some(CloseAction::BuyToClose);
        plan(&mut trade);
        trade.planned_exit()
    };
    let half = |trade: &mut Trade| trade.risk.profit_target_percent = Some(50.0);
    let twice = |trade: &mut Trade| trade.risk.loss_limit_percent = Some(200.0);
    let prices = |trade: &mut Trade| {
        (trade.risk.target_price, trade.risk.stop_loss) = (Some(money("1")), Some(money("8")));
    };
    assert_eq!(closed("2.50", &half), Some(ExitReason::ProfitTarget));
    assert_eq!(closed("2.51", &half), None);
    assert_eq!(closed("15", &twice), Some(ExitReason::StopLoss));
    assert_eq!(closed("14.99", &twice), None);
    assert_eq!(closed("1", &prices), Some(ExitReason::ProfitTarget));
    assert_eq!(closed("8.10", &prices), Some(ExitReason::StopLoss));
    assert_eq!(closed("7.99", &prices), None);
    assert_eq!(closed("0.01", &|_| ()), None, "without a plan the reason is the owner's to tell");
    let expired = |trade: &mut Trade| {
        half(trade);
        trade.execution.close_action = Some(CloseAction::Expire);
    };
    assert_eq!(closed("0", &expired), None);
}
