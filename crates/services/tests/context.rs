//! The market around a trade: what was known at its instants and nothing else, and how far it went in between.

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    Decimal, Listing, Name, Result, Source, Timestamp,
    analytics::{FeatureRepository, Features},
    market::{
        Bar, BarKey, BarRepository, ChainRepository, ChainSnapshot, Instrument, OptionContract, OptionQuote, Symbol,
        Timeframe, calendar,
    },
    memory::MemoryStore,
    trading::journal::{CloseAction, CycleFilter, JournalRepository, Side, Trade, TradeFilter, TradeRepository},
};
use strikebook_services::{
    journal::{ContextReader, ContextRules, FilledContexts, excursions, fill_contexts},
    technical::{Regime, RegimeRule, average_true_range, directional, regime},
    wheel::{
        EventCalendar, MarketEvent, MarketEventKind, WheelLimits,
        backtest::{WheelPlan, run_wheel, store_run},
    },
};
use strikebook_system::new_id;
use strikebook_testkit::fixtures;

const FIRST: &str = "2024-01-05";

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn money(text: &str) -> Decimal {
    text.parse().expect("an amount")
}

fn spy() -> Symbol {
    Symbol::new("SPY").expect("a symbol")
}

fn source() -> Source {
    Source::new("test").expect("a source")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn close(date: NaiveDate) -> Timestamp {
    calendar::close_on(date).expect("in range")
}

/// Daily closes that rise and fall.
fn closes() -> Vec<f64> {
    (0..60).map(|day| 60.0 + f64::from(day % 9) - f64::from(day) / 10.0).collect()
}

/// Chains whose volatility is 0.20 on the first day and 0.01 more on each of the next nine, over and over.
fn quotes() -> Vec<OptionQuote> {
    let mut quotes = fixtures::daily_chains("SPY", day(FIRST), &closes()).expect("chains");
    let all: Vec<_> = calendar::trading_days(day(FIRST), day("2024-12-31")).collect();
    for quote in &mut quotes {
        let number = all.iter().position(|date| *date == quote.at.new_york_date()).expect("a trading day");
        quote.implied_volatility = Some(0.20 + (number % 10) as f64 / 100.0);
    }
    quotes
}

fn bars() -> Vec<Bar> {
    let key = BarKey::new(spy(), Timeframe::Day1);
    let bar = |(date, close_price): (NaiveDate, f64)| {
        let (at, source) = (close(date), source());
        let opened_at = at.saturating_sub(TimeDelta::minutes(390));
        let (high, low) = (close_price + 1.0, close_price - 2.0);
        let (open, close, volume) = (close_price, close_price, Some(1_000));
        Bar { key, opened_at, at, open, high, low, close, volume, vwap: Some(close_price), source, recorded_at: at }
    };
    calendar::trading_days(day(FIRST), day("2024-12-31")).zip(closes()).map(bar).collect()
}

fn rules() -> ContextRules {
    let regime = RegimeRule { period: 5, usual: 10, ..RegimeRule::default() };
    ContextRules { regime, ..ContextRules::default() }
}

async fn market() -> Result<MemoryStore> {
    let market = MemoryStore::new();
    market.upsert_quotes(&quotes()).await?;
    market.upsert_bars(&bars()).await?;
    Ok(market)
}

/// The day of the 36th quotes, and a put that lives then.
fn then() -> (Timestamp, OptionContract) {
    let date = calendar::trading_days(day(FIRST), day("2024-12-31")).nth(35).expect("a day");
    assert_eq!(date, day("2024-02-27"));
    (close(date), "SPY   240315P00060000".parse().expect("a contract"))
}

#[tokio::test]
async fn a_context_is_what_was_said_then() -> Result<()> {
    let (market, (at, put)) = (market().await?, then());
    let mut features = Features::new(spy(), at.saturating_sub(TimeDelta::days(1)), 60.0, source());
    (features.volatility_20d, features.vix, features.risk_free_rate) = (Some(0.3), Some(16.5), Some(0.05));
    market.upsert_features(&[features]).await?;
    let of_day: Vec<_> = quotes().into_iter().filter(|quote| quote.at == at).collect();
    market.upsert_snapshot(&ChainSnapshot::of(spy(), &of_day)?, &of_day).await?;
    let event = |date, kind, known_at| MarketEvent { symbol: spy(), date: day(date), kind, known_at };
    let later = at.saturating_add(TimeDelta::seconds(1));
    let calendar = EventCalendar::new(vec![
        event("2024-03-01", MarketEventKind::Earnings, later),
        event("2024-03-20", MarketEventKind::Earnings, at),
        event("2024-03-15", MarketEventKind::ExDividend { amount: None }, at),
    ]);
    let mut reader = ContextReader::new(&market, ContextRules { calendar, ..rules() });
    let around = reader.around(spy(), put.into(), at).await?;

    let quote = of_day.iter().find(|quote| quote.contract == put).expect("quoted");
    let context = &around.context;
    assert_eq!((around.bid, around.ask), (quote.bid, quote.ask));
    assert_eq!((context.delta, context.iv, context.open_interest), (quote.greeks.delta, Some(0.25), Some(500)));
    assert_eq!((context.dte, context.underlying_price), (Some(17), Some(money("64.5"))));
    assert_eq!(context.moneyness, Some(64.5 / 60.0));
    assert_eq!((context.hv20, context.vix, context.risk_free_rate), (Some(0.3), Some(16.5), Some(0.05)));
    assert_eq!(context.next_earnings, Some(day("2024-03-20")), "the other one was not announced");
    assert_eq!(context.next_ex_dividend, Some(day("2024-03-15")));
    assert_eq!(context.chain_snapshot_at, Some(at));
    // 35 days before it: from 0.20 to 0.29, of which 20 days are below 0.25.
    assert!((context.iv_rank.expect("ranked") - 5.0 / 9.0).abs() < 1e-9);
    assert_eq!(context.iv_percentile, Some(20.0 / 35.0));
    let known: Vec<_> = bars().into_iter().filter(|bar| bar.at <= at).collect();
    let rule = rules().regime;
    assert_eq!(context.atr, *average_true_range(&known, 5)?.last().expect("bars"));
    assert_eq!(context.adx, directional(&known, 5)?.last().expect("bars").expect("defined").adx);
    let reported = regime(&known, &rule)?.last().copied().flatten();
    assert_eq!(context.regime, reported.map(Regime::name).transpose()?);
    assert!(context.regime.is_some() && context.vwap == Some(64.5));
    Ok(())
}

#[tokio::test]
async fn what_came_later_changes_no_context() -> Result<()> {
    let (market, (at, put)) = (market().await?, then());
    let before = ContextReader::new(&market, rules()).around(spy(), put.into(), at).await?;
    let later = at.saturating_add(TimeDelta::microseconds(1));
    let news = |quote: OptionQuote| {
        let mut news = quote.with_market(Some(9.0), Some(9.1)).with_recorded_at(later);
        news.implied_volatility = Some(3.0);
        news
    };
    let old: Vec<_> = quotes().into_iter().filter(|quote| quote.at <= at).collect();
    market.upsert_quotes(&old.into_iter().map(news).collect::<Vec<_>>()).await?;
    let bars = bars().into_iter().filter(|bar| bar.at <= at).map(|bar| Bar { high: 99.0, recorded_at: later, ..bar });
    market.upsert_bars(&bars.collect::<Vec<_>>()).await?;
    assert_eq!(ContextReader::new(&market, rules()).around(spy(), put.into(), at).await?, before);
    let after = ContextReader::new(&market, rules()).around(spy(), put.into(), later).await?;
    assert_eq!((after.bid, after.context.iv), (Some(9.0), Some(3.0)));
    Ok(())
}

#[tokio::test]
async fn what_is_not_known_is_missing() -> Result<()> {
    let (at, put) = then();
    let around = ContextReader::new(&MemoryStore::new(), rules()).around(spy(), put.into(), at).await?;
    let known = strikebook_core::trading::journal::MarketContext { dte: Some(17), ..Default::default() };
    assert_eq!((around.context, around.bid), (known, None));
    // A quote too old says nothing of this instant.
    let market = market().await?;
    let long_after = at.saturating_add(TimeDelta::days(300));
    let around = ContextReader::new(&market, rules()).around(spy(), spy().into(), long_after).await?;
    assert_eq!(around.context, strikebook_core::trading::journal::MarketContext::default());
    Ok(())
}

/// A trade of two contracts or shares from one instant to another.
fn trade(instrument: impl Into<Instrument>, side: Side, (from, until): (Timestamp, Timestamp), entry: &str) -> Trade {
    let names = (name("margin"), name("wheel"));
    let (id, bought) = (new_id(from), (side, 2.into(), money(entry)));
    let mut trade = Trade::new(id, names, (spy(), instrument.into()), bought, (from, source()));
    trade.execution.exited_at = Some(until);
    trade.execution.quantity_closed = 2.into();
    trade
}

#[tokio::test]
async fn excursions_are_from_stored_prices() -> Result<()> {
    let (at, put) = then();
    let spread = |hours: i64, bid: f64, ask: f64| {
        let at = at.saturating_add(TimeDelta::hours(hours));
        OptionQuote::new(put, at, source()).with_market(Some(bid), Some(ask))
    };
    let market = MemoryStore::new();
    let quotes =
        [spread(-1, 9.0, 9.1), spread(0, 2.0, 2.1), spread(1, 2.5, 2.6), spread(2, 1.2, 1.3), spread(3, 0.1, 0.2)];
    market.upsert_quotes(&quotes).await?;
    let span = (at, at.saturating_add(TimeDelta::hours(2)));
    let mut short = trade(put, Side::Short, span, "2.00");
    short.execution.close_action = Some(CloseAction::Assign);
    short.execution.exit_price = Some(Decimal::ZERO);
    let went = excursions(&market, &short).await?.expect("quoted");
    assert_eq!((went.mae, went.mfe), (money("-110"), money("150")), "an assignment is no price");
    assert_eq!((went.resolution, went.source), (name("quote"), name("test")));
    short.execution.close_action = Some(CloseAction::BuyToClose);
    short.execution.exit_price = Some(money("1.10"));
    assert_eq!(excursions(&market, &short).await?.expect("quoted").mfe, money("180"));
    let long = trade(put, Side::Long, span, "2.05");
    assert_eq!(excursions(&market, &long).await?.expect("quoted").mae, money("-160"));
    let open = Trade {
        execution: strikebook_core::trading::journal::TradeExecution { exited_at: None, ..long.execution.clone() },
        ..long
    };
    assert_eq!(excursions(&market, &open).await?, None);
    Ok(())
}

#[tokio::test]
async fn shares_go_as_far_as_the_bars_within() -> Result<()> {
    let market = market().await?;
    let (from, until) = (close(day("2024-02-01")), close(day("2024-02-06")));
    // The bars of February 2nd, 5th and 6th; that of the first day lies before the entry.
    let within: Vec<_> = bars().into_iter().filter(|bar| bar.at > from && bar.at <= until).collect();
    let low = within.iter().map(|bar| bar.low).fold(f64::INFINITY, f64::min);
    let high = within.iter().map(|bar| bar.high).fold(0.0, f64::max);
    let went = excursions(&market, &trade(spy(), Side::Long, (from, until), "60")).await?.expect("bars");
    let profit = |price: f64| (Decimal::try_from(price).expect("a price") - money("60")) * money("2");
    assert_eq!(went.mae, profit(low).min(Decimal::ZERO));
    assert_eq!((went.mfe, went.resolution), (profit(high).max(Decimal::ZERO), name("1d")));
    assert_eq!(excursions(&MemoryStore::new(), &trade(spy(), Side::Long, (from, until), "60")).await?, None);
    Ok(())
}

#[tokio::test]
async fn the_trades_of_a_journal_are_filled_once() -> Result<()> {
    let market = market().await?;
    let run_at = "2025-01-01T00:00:00Z".parse()?;
    let days = (day(FIRST), day("2024-03-28"));
    let mut plan = WheelPlan::new((name("paper"), name("wheel")), spy(), days, 20_000.into(), run_at)?;
    plan.limits = WheelLimits::default().with_size(3, 1.0);
    let run = run_wheel(&market, &plan, None).await?;
    let journal = MemoryStore::new().with_simulated();
    store_run(&journal, &plan, &run).await?;
    let mut trades = journal.list_trades(&Listing::default()).await?.items;
    assert!(trades.len() > 3, "{}", trades.len());
    let settled = Trade { finalised: true, ..trades[0].clone() };
    journal.replace_trade(&settled).await?;
    let mut planned = trades[1].clone();
    planned.entry.vix = Some(99.0);
    journal.replace_trade(&planned).await?;

    let mut reader = ContextReader::new(&market, rules());
    let filled = fill_contexts(&mut reader, &journal, TradeFilter::default()).await?;
    let count = trades.len() as u64;
    assert_eq!(filled, FilledContexts { trades: count, filled: count - 1, finalised: 1 });
    trades = journal.list_trades(&Listing::default()).await?.items;
    assert_eq!(trades[0], settled, "what is settled for good stays");
    assert_eq!(trades[1].entry.vix, Some(99.0), "what is known stays");
    for trade in &trades[1..] {
        assert!(trade.entry.underlying_price.is_some(), "{trade:?}");
        assert_eq!(trade.execution.exited_at.is_some(), trade.exit.underlying_price.is_some());
        if let Some(mae) = trade.risk.mae {
            let (mfe, net) = (trade.risk.mfe.expect("both"), trade.outcome.gross_pnl.expect("over"));
            assert!(mae <= Decimal::ZERO && mfe >= Decimal::ZERO && mae <= net, "{mae} {mfe} {net}");
        }
    }
    assert!(trades[1..].iter().any(|trade| trade.risk.mae.is_some()));
    let options = trades[1..].iter().filter(|trade| trade.subject.strike().is_some());
    assert!(options.clone().all(|trade| trade.execution.entry_bid == Some(trade.execution.entry_price)));
    let again = fill_contexts(&mut reader, &journal, TradeFilter::default()).await?;
    assert_eq!((again.filled, again.finalised), (0, 1));
    for cycle in journal.list_cycles(&CycleFilter::default()).await? {
        assert!(journal.rebuild_cycle(cycle.id).await?, "contexts are kept when a cycle is computed anew");
    }
    Ok(())
}
