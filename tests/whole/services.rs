//! The services on every engine: the wheel sees nothing of what came later, and technical analysis of live bars is what
//! the store in memory says.

use chrono::{NaiveDate, TimeDelta};
use strikebook::{
    AsOf, Name, Result, Source, Store, Timestamp,
    analytics::BacktestRepository,
    market::{Bar, OptionQuote, Symbol, Timeframe, UnderlyingQuote, calendar},
    services::{
        journal::{ContextReader, ContextRules, fill_contexts},
        technical::{closes, rsi},
        wheel::{
            WheelLimits,
            backtest::{RollRule, WheelPlan, WheelRun, store_run},
        },
    },
    trading::journal::TradeFilter,
};
use strikebook_testkit::{Harness, Options, fixtures, run, trial::Trial, trials};
use strikebook_tests::{embedded::Memory, on_every_engine};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [on_every_engine![services_answer_as_on_the_store_in_memory], trials![bars_are_counted]].concat()
}

const FIRST: &str = "2024-01-05";
/// Walks of a stock: one that turns the wheel, one that falls, one that rises.
const WALKS: [fn(f64) -> f64; 3] =
    [|day| 60.0 + 4.0 * (day / 3.0).sin(), |day| 60.0 - day / 4.0, |day| 60.0 + day / 5.0 + (day * 1.7).sin()];

fn spy() -> Result<Symbol> {
    Symbol::new("SPY")
}

fn first() -> NaiveDate {
    FIRST.parse().expect("a day")
}

fn quotes(walk: fn(f64) -> f64) -> Result<Vec<OptionQuote>> {
    let closes: Vec<_> = (0..40).map(|day| (walk(f64::from(day)) * 100.0).round() / 100.0).collect();
    let mut quotes = fixtures::daily_chains("SPY", first(), &closes)?;
    // Volume grows through the day, and the quotes have volatilities.
    for (number, quote) in quotes.iter_mut().enumerate() {
        quote.implied_volatility = Some(0.20 + (number % 13) as f64 / 100.0);
        quote.volume = Some(number as u64 % 17);
    }
    Ok(quotes)
}

fn plan() -> Result<WheelPlan> {
    let names = (Name::new("paper")?, Name::new("wheel")?);
    let days = (first(), "2024-02-15".parse().expect("a day"));
    let mut plan = WheelPlan::new(names, spy()?, days, 20_000.into(), "2025-01-01T00:00:00Z".parse()?)?;
    plan.limits = WheelLimits::default().with_size(3, 1.0);
    (plan.take_profit, plan.interest) = (Some(0.8), 0.04);
    plan.roll = Some(RollRule { days_left: 3, min_credit: (-1).into() });
    Ok(plan)
}

/// Plays a walk before and after later rows and later news are there.
async fn play(store: &dyn Store, walk: fn(f64) -> f64) -> Result<WheelRun> {
    let plan = plan()?;
    let close = calendar::close_on(plan.last_day)?;
    let (known, later): (Vec<_>, Vec<_>) = quotes(walk)?.into_iter().partition(|quote| quote.at <= close);
    assert!(!later.is_empty());
    strikebook_tests::play_unseeing(store, &plan, known, &later).await
}

/// Quotes of two days, one each 40 seconds.
fn live() -> Result<Vec<UnderlyingQuote>> {
    let mut quotes = Vec::new();
    for open in ["2024-01-05T14:30:00Z", "2024-01-08T14:30:00Z"] {
        let open: Timestamp = open.parse()?;
        for number in 0..200_u32 {
            let at = open.saturating_add(TimeDelta::seconds(40 * i64::from(number)));
            let mut quote = UnderlyingQuote::new(spy()?, at, Source::new("test")?);
            quote.last = (number % 7 != 3).then(|| 60.0 + f64::from(number * 37 % 100) / 100.0);
            quote.volume = (number % 5 != 2).then_some(u64::from(number) * 100);
            quotes.push(quote);
        }
    }
    Ok(quotes)
}

/// Bars of live quotes, and the quotes that their five minutes are made of.
async fn analyse(store: &dyn Store) -> Result<(Vec<Vec<Bar>>, Vec<Option<f64>>)> {
    store.upsert_underlying_quotes(&live()?).await?;
    let as_of = AsOf::instant("2024-02-01T00:00:00Z".parse()?);
    let mut bars = Vec::new();
    for timeframe in [Timeframe::Minute1, Timeframe::Minute5, Timeframe::Hour1, Timeframe::Day1] {
        let made = store.live_bars(spy()?, timeframe, Timestamp::MIN, as_of).await?;
        store.upsert_bars(&made).await?;
        bars.push(made);
    }
    let rsi = rsi(&closes(&bars[1]), 14)?;
    Ok((bars, rsi))
}

/// The answers of the store in memory.
async fn expected() -> Result<(Vec<Vec<Bar>>, Vec<Option<f64>>)> {
    analyse(&*strikebook::open("memory:").await?).await
}

fn services_answer_as_on_the_store_in_memory(harness: impl Harness) {
    run(harness, async |bench| {
        for walk in WALKS {
            let bench = bench.another().await?;
            let store = bench.open_with(Options { allow_simulated: true }).await?;
            let run = play(&*store, walk).await?;
            let expected = play(&*strikebook::open("memory:").await?, walk).await?;
            assert_eq!(run, expected);
            assert!(run.issues.is_empty() && !run.events.is_empty());
            // The whole simulated history is stored, and its trades get the market around them.
            store_run(&*store, &plan()?, &run).await?;
            assert_eq!(store.get_backtest(run.backtest.id).await?.as_ref(), Some(&run.backtest));
            let mut reader = ContextReader::new(&*store, ContextRules::default());
            let filled = fill_contexts(&mut reader, &*store, TradeFilter::default()).await?;
            assert_eq!((filled.trades, filled.finalised), (filled.filled, 0));
            assert_eq!(fill_contexts(&mut reader, &*store, TradeFilter::default()).await?.filled, 0);
            store.close().await?;
        }
        let store = bench.open().await?;
        assert_eq!(analyse(&*store).await?, expected().await?);
        store.close().await
    });
}

fn bars_are_counted() {
    run(Memory, async |_| {
        let (bars, rsi) = expected().await?;
        assert_eq!(bars.iter().map(Vec::len).collect::<Vec<_>>(), [248, 54, 6, 2]);
        assert!(rsi.iter().flatten().count() == bars[1].len() - 14);
        Ok(())
    });
}
