//! The rows of the views' tests.

use chrono::{NaiveDate, TimeDelta};
use strikebook::{
    Id, Name, Result, Source, Store, Timestamp,
    analytics::{Backtest, BacktestPoint, BacktestTrade},
    market::{
        ActionKind, ActionStatus, Bar, BarKey, CorporateAction, Fundamentals, Observation, OptionQuote, QuoteGreeks,
        Symbol, Timeframe, calendar,
    },
    new_id,
    trading::{Signal, SignalAction, SignalStatus},
};

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub(super) fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

/// The instant of a time in New York's winter.
pub(super) fn at(day: &str, time: &str) -> Timestamp {
    format!("{day}T{time}-05:00").parse().expect("an instant")
}

pub(super) fn bar(symbol: Symbol, timeframe: Timeframe, opened_at: Timestamp, at: Timestamp, number: u32) -> Bar {
    let price = 100.0 + f64::from(number * 37 % 101) / 8.0;
    Bar {
        key: BarKey::new(symbol, timeframe),
        opened_at,
        at,
        open: price,
        high: price + 0.5,
        low: price - 0.25,
        close: price + 0.125,
        volume: Some(u64::from(number % 13)),
        vwap: Some(price + 0.0625),
        source: Source::new("test").expect("a source"),
        recorded_at: at,
    }
}

/// Minutes of a symbol that end from one instant to another.
pub(super) fn minutes(of: &str, from: Timestamp, count: u32) -> Vec<Bar> {
    let one = |number: u32| {
        let at = from.saturating_add(TimeDelta::minutes(number.into()));
        bar(symbol(of), Timeframe::Minute1, at.saturating_sub(TimeDelta::minutes(1)), at, number)
    };
    (0..count).map(one).collect()
}

/// Minutes around sessions in winter and summer, of half a day and of a weekend; five minutes of another symbol; days
/// of a third; options, signals and the VIX.
pub(super) async fn fill(store: &dyn Store) -> Result<()> {
    let mut bars = minutes("AAPL", at("2025-11-26", "09:01:00"), 480);
    bars.extend(minutes("AAPL", at("2025-11-28", "09:31:00"), 225));
    bars.extend(minutes("AAPL", at("2025-11-29", "10:00:00"), 5));
    bars.extend(minutes("AAPL", "2025-07-01T13:26:00Z".parse()?, 70));
    for bar in bars.iter_mut().step_by(97) {
        bar.vwap = None;
    }
    for bar in bars.iter_mut().skip(200).step_by(301) {
        bar.volume = None;
    }
    bars.extend(minutes("MSFT", at("2025-11-26", "09:31:00"), 30));
    let open = at("2025-11-26", "10:00:00");
    bars.push(bar(symbol("MSFT"), Timeframe::Minute5, open, open.saturating_add(TimeDelta::minutes(5)), 77));
    for (number, date) in (0..).zip(calendar::trading_days(day("2024-11-01"), day("2025-11-28"))) {
        let (open, close) = (calendar::open_on(date)?, calendar::close_on(date)?);
        bars.push(bar(symbol("SPY"), Timeframe::Day1, open, close, number));
    }
    store.upsert_bars(&bars).await?;
    fill_companies(store).await?;
    let source = Source::new("test")?;
    let mut quotes = Vec::new();
    for (number, (contract, time, market, last, volume, price)) in (1_u64..).zip([
        ("SPY251219P00105000", "10:00:00", (Some(3.0), Some(3.5)), Some(9.0), Some(10), Some(103.5)),
        ("SPY251219P00105000", "11:00:00", (Some(3.25), Some(3.5)), None, Some(25), None),
        ("SPY251219P00105000", "11:00:00.001", (Some(4.0), Some(3.5)), Some(3.75), Some(26), Some(104.0)),
        ("SPY251219C00105000", "10:30:00", (None, Some(0.5)), Some(0.25), Some(7), Some(106.0)),
        ("SPY251219C00105000", "12:30:00", (None, None), None, None, Some(110.5)),
        ("SPY251219C00102500", "10:45:00", (Some(1.0), Some(1.5)), None, Some(3), None),
    ]) {
        let quote = OptionQuote::new(contract.parse()?, at("2025-11-26", time), source.clone());
        let quote = quote.with_market(market.0, market.1);
        let implied_volatility = volume.map(|volume: u64| 0.2 + volume as f64 / 1000.0);
        // Each number is another one, and one of them is missing from each quote.
        let given = |place: u64| (number != place).then_some(number * 100 + place);
        let greek = |place| given(place).map(|number| number as f64 / 1024.0);
        let greeks = QuoteGreeks { delta: greek(1), gamma: greek(2), theta: greek(3), vega: greek(4), rho: greek(5) };
        let (bid_size, ask_size, open_interest) = (given(1), given(2), given(3));
        let quote = OptionQuote { bid_size, ask_size, open_interest, greeks, ..quote };
        let recorded_at = quote.at.saturating_add(TimeDelta::milliseconds(250));
        quotes.push(OptionQuote { last, volume, implied_volatility, underlying_price: price, recorded_at, ..quote });
    }
    store.upsert_quotes(&quotes).await?;
    let vix = Observation {
        series: "VIX".parse()?,
        date: day("2025-11-26"),
        value: 17.25,
        source: source.clone(),
        recorded_at: at("2025-11-27", "09:00:00"),
    };
    store.upsert_observations(&[vix]).await?;
    let stated = [(at("2025-11-26", "12:00:00"), Some(4_100_000_000_000)), (at("2025-11-28", "10:00:00"), None)];
    let fundamentals = stated.map(|(at, market_cap)| Fundamentals {
        symbol: symbol("AAPL"),
        at,
        market_cap,
        shares_outstanding: Some(14_800_000_000),
        source: source.clone(),
        recorded_at: at,
    });
    store.upsert_fundamentals(&fundamentals).await?;
    let mut signals = Vec::new();
    for (number, action) in (0_u8..).zip(SignalAction::ALL.iter().chain(SignalAction::ALL).take(7)) {
        let time = at(if number < 5 { "2025-11-26" } else { "2025-11-28" }, "10:00:00");
        let time = time.saturating_add(TimeDelta::minutes(number.into()));
        let confidence = 0.5 + f64::from(number) / 16.0;
        signals.push(Signal::new(new_id(time), time, Name::new("wheel")?, symbol("SPY"), *action, confidence));
    }
    store.insert_signals(&signals).await?;
    let executed = signals.first().expect("a signal");
    store.move_signal(executed.id, SignalStatus::Executed, executed.at).await?;
    fill_actions(store, &source).await?;
    store.insert_backtests(&[backtest()?]).await?;
    Ok(())
}

/// The day on which symbols pass from one company to another.
pub(super) const PASSED_ON: &str = "2025-10-31";

/// Thirty days of symbols that pass to another company, each in its own way, on the 24th day.
async fn fill_companies(store: &dyn Store) -> Result<()> {
    let mut bars = Vec::new();
    for (of, (number, date)) in ["TWTR", "SQ", "FB", "META"].into_iter().flat_map(|of| {
        let days = calendar::trading_days(day("2025-09-30"), day("2025-11-10"));
        (0..).zip(days).map(move |day| (of, day))
    }) {
        let (open, close) = (calendar::open_on(date)?, calendar::close_on(date)?);
        bars.push(bar(symbol(of), Timeframe::Day1, open, close, number));
    }
    store.upsert_bars(&bars).await?;
    let action = |of, kind| CorporateAction::new(symbol(of), kind, day(PASSED_ON), Source::new("test")?);
    let renamed = action("FB", ActionKind::SymbolChange)?.with_counterpart(symbol("META"));
    let actions = [action("TWTR", ActionKind::Delisting)?, action("SQ", ActionKind::Listing)?, renamed];
    store.upsert_corporate_actions(&actions).await.map(drop)
}

/// A stock over a split of two for one, and over a day with two dividends, one of them called off.
async fn fill_actions(store: &dyn Store, source: &Source) -> Result<()> {
    let days = ["2025-11-24", "2025-11-25", "2025-11-26"].map(day);
    for (number, date) in (0..).zip(days) {
        let (open, close) = (calendar::open_on(date)?, calendar::close_on(date)?);
        store.upsert_bars(&[bar(symbol("XYZ"), Timeframe::Day1, open, close, number)]).await?;
    }
    let action = |kind, date| CorporateAction::new(symbol("XYZ"), kind, date, source.clone());
    let dividend = |kind, amount: u32| {
        Ok::<_, strikebook::Error>(action(kind, days[2])?.with_amount(amount.into(), "USD".parse()?))
    };
    let cancelled = CorporateAction { status: ActionStatus::Cancelled, ..dividend(ActionKind::SpecialDividend, 7)? };
    let split = action(ActionKind::Split, days[1])?.with_ratio(2, 1);
    store.upsert_corporate_actions(&[split, dividend(ActionKind::CashDividend, 2)?, cancelled]).await?;
    Ok(())
}

/// A backtest of two trades, one of them open.
pub(super) fn backtest() -> Result<Backtest> {
    let (first, last) = (day("2025-11-26"), day("2025-11-28"));
    let ended = at("2025-11-28", "18:00:00");
    let closed = BacktestTrade {
        instrument: "SPY   251219P00105000".parse()?,
        quantity: -2.0,
        opened_at: at("2025-11-26", "10:00:00"),
        open_price: 3.25,
        closed_at: Some(at("2025-11-28", "12:00:00")),
        close_price: Some(1.5),
        pnl: Some(347.5),
        costs: Some(2.5),
        exit_reason: Some("target".parse()?),
    };
    let open = BacktestTrade {
        instrument: symbol("SPY").into(),
        quantity: 100.0,
        opened_at: at("2025-11-28", "11:00:00"),
        open_price: 104.0,
        closed_at: None,
        close_price: None,
        pnl: None,
        costs: None,
        exit_reason: None,
    };
    let point = |time, equity| BacktestPoint { at: time, equity };
    Ok(Backtest {
        equity: vec![point(at("2025-11-26", "16:00:00"), 100_000.0), point(at("2025-11-28", "13:00:00"), 100_345.0)],
        trades: vec![closed, open],
        ..Backtest::new(Id::named("backtest"), ended, "wheel".parse()?, first, last)
    })
}
