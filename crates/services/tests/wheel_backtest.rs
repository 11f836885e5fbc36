//! The wheel over stored chains: each rule on chains made for it, real chains, and money that adds up.

use chrono::{NaiveDate, TimeDelta};
use proptest::{collection::vec, prelude::*};
use strikebook_core::{
    Decimal, ErrorKind, Listing, Name, Result, Source, Upserted,
    analytics::BacktestRepository,
    market::{
        ActionKind, ActionStatus, Bar, BarKey, BarRepository, ChainRepository, CorporateAction,
        CorporateActionRepository, OptionQuote, Symbol, Timeframe, calendar,
    },
    memory::MemoryStore,
    trading::{
        MetricsKey, MetricsRepository,
        journal::{
            CycleFilter,
            EventKind::{self, Assign, CalledAway, Close, Dividend, Expire, Open, Split},
            ExitReason, JournalRepository, Provenance, TradeRepository,
        },
        metrics::{Window, capital_days_return},
    },
};
use strikebook_services::{
    journal::closed_cycle,
    wheel::{
        EventCalendar, MarketEvent, MarketEventKind, WheelLimits,
        backtest::{
            BacktestIssue, BacktestIssueKind, RollRule, StoredWheelRun, WheelPlan, WheelRun, run_wheel, store_run,
        },
    },
};
use strikebook_testkit::{async_trials, fixtures, trial, trials};
use strikebook_vendors::{ReadOptions, read_file};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn money(text: &str) -> Decimal {
    text.parse().expect("an amount")
}

fn spy() -> Symbol {
    Symbol::new("SPY").expect("a symbol")
}

/// A plan that takes every quote.
fn plan(first: &str, last: &str, cash: i64) -> WheelPlan {
    let names = (Name::new("paper").expect("a name"), Name::new("wheel").expect("a name"));
    let run_at = "2025-01-01T00:00:00Z".parse().expect("an instant");
    let mut plan = WheelPlan::new(names, spy(), (day(first), day(last)), cash.into(), run_at).expect("a plan");
    plan.limits = WheelLimits::default().with_open_interest(0).with_days(5, 60).with_spread(1.0).with_size(1, 1.0);
    plan
}

/// A quote at the close of a day: day, contract, bid, ask, delta, price of the stock.
fn quote((date, contract, bid, ask, delta, spot): (&str, &str, f64, f64, f64, f64)) -> OptionQuote {
    let at = calendar::close_on(day(date)).expect("in range");
    let source = Source::new("test").expect("a source");
    let mut quote =
        OptionQuote::new(contract.parse().expect("a contract"), at, source).with_market(Some(bid), Some(ask));
    quote.greeks.delta = Some(delta);
    quote.underlying_price = Some(spot);
    quote
}

async fn market(quotes: impl IntoIterator<Item = (&str, &str, f64, f64, f64, f64)>) -> Result<MemoryStore> {
    let store = MemoryStore::new();
    store.upsert_quotes(&quotes.into_iter().map(quote).collect::<Vec<_>>()).await?;
    Ok(store)
}

fn kinds(run: &WheelRun) -> Vec<EventKind> {
    run.events.iter().map(|event| event.kind).collect()
}

fn worth(run: &WheelRun) -> Decimal {
    run.equity.last().expect("a day").equity
}

/// A put at 50 for 2.00 is assigned, a call at 50 for 1.50 expires, a call at 51 for 1.00 takes the shares: 550.
const TURN: [(&str, &str, f64, f64, f64, f64); 7] = [
    ("2024-01-05", "SPY240112P00050000", 2.00, 2.10, -0.30, 51.0),
    ("2024-01-11", "SPY240112P00050000", 1.20, 1.30, -0.60, 49.0),
    ("2024-01-12", "SPY240112P00050000", 2.00, 2.10, -1.00, 48.0),
    ("2024-01-16", "SPY240126C00050000", 1.50, 1.60, 0.30, 49.0),
    ("2024-01-26", "SPY240126C00050000", 0.00, 0.01, 0.00, 49.5),
    ("2024-01-29", "SPY240209C00051000", 1.00, 1.10, 0.30, 50.0),
    ("2024-02-09", "SPY240209C00051000", 2.00, 2.10, 1.00, 53.0),
];

async fn a_turn_of_the_wheel_is_that_of_the_journal() -> Result<()> {
    let market = market(TURN).await?;
    let run = run_wheel(&market, &plan("2024-01-05", "2024-02-09", 10_000), None).await?;
    assert_eq!(kinds(&run), [Open, Assign, Open, Expire, Open, CalledAway]);
    assert_eq!(worth(&run), money("10550"));
    let [projection] = &run.projections[..] else { panic!("{:?}", run.projections) };
    let cycle = &projection.cycle;
    assert_eq!((cycle.realized_pnl, cycle.premium), (money("550"), money("450")));
    let bases: Vec<_> = cycle.basis.iter().filter_map(|step| step.adjusted_per_share).collect();
    assert_eq!(bases.last(), Some(&money("45.5")));
    assert!(capital_days_return(&[closed_cycle(cycle).expect("closed")]).get().is_none(), "a cycle has no collateral");
    let equity: Vec<_> = run.equity.iter().map(|point| (point.at.new_york_date().to_string(), point.equity)).collect();
    // The put counts at its mid, and the shares at their price.
    assert_eq!(equity[1], ("2024-01-05".to_owned(), money("9995")));
    assert!(equity.contains(&("2024-01-11".to_owned(), money("10075"))), "{equity:?}");
    assert!(equity.contains(&("2024-01-12".to_owned(), money("10000"))), "{equity:?}");
    let metrics = run.backtest.metrics;
    assert!((metrics.total_return.expect("one") - 0.055).abs() < 1e-12);
    assert_eq!(metrics.win_rate, Some(1.0));
    assert_eq!(run.backtest.trades.len(), 4);
    assert_eq!(run.backtest.trades[0].exit_reason, Some(Name::new("assigned")?));
    Ok(())
}

async fn fees_interest_and_slippage_cost_what_they_cost() -> Result<()> {
    let market = market(TURN).await?;
    let mut plan = plan("2024-01-05", "2024-02-09", 10_000);
    plan.limits.fee = money("0.65");
    plan.assignment_fee = money("5");
    let run = run_wheel(&market, &plan, None).await?;
    assert_eq!(worth(&run), money("10550") - money("1.95") - money("10"));
    plan.slippage = 0.0;
    let run = run_wheel(&market, &plan, None).await?;
    assert_eq!(worth(&run), money("10550") - money("11.95") + money("15"), "sold at the mid, five cents better");
    plan.interest = 0.0365;
    let run = run_wheel(&market, &plan, None).await?;
    assert_eq!(worth(&run), money("10553.05") + run.interest);
    assert!(run.interest > money("20") && run.interest < money("36"), "{}", run.interest);
    plan.slippage = 2.0;
    let run = run_wheel(&market, &plan, None).await?;
    assert_eq!(run.events[0].price, money("1.95"), "half a spread below the bid");
    Ok(())
}

/// An option dated on a Saturday is settled on the last session before, at its close, and is no early assignment.
async fn an_option_dated_on_a_saturday_is_settled_on_the_session_before() -> Result<()> {
    let market = market([
        ("2014-03-07", "SPY140322P00185000", 2.00, 2.10, -0.30, 186.0),
        ("2014-03-21", "SPY140322P00185000", 5.00, 5.10, -1.00, 180.0),
    ])
    .await?;
    let run = run_wheel(&market, &plan("2014-03-07", "2014-03-21", 20_000), None).await?;
    assert_eq!(kinds(&run), [Open, Assign]);
    assert_eq!(run.events[1].at.to_string(), "2014-03-21T20:00:00Z", "struck at 16:00, and not on Saturday");
    assert_eq!(run.projections[0].trades[0].wheel.early_assignment, Some(false));
    Ok(())
}

/// An option that is settled in cash pays its exercise value, and delivers nothing.
async fn an_option_that_is_settled_in_cash_delivers_no_shares() -> Result<()> {
    let market = market([
        ("2024-01-05", "XSP240119P00470000", 2.00, 2.10, -0.30, 472.0),
        ("2024-01-19", "XSP240119P00470000", 5.00, 5.10, -1.00, 465.0),
    ])
    .await?;
    let mut plan = plan("2024-01-05", "2024-01-19", 50_000);
    plan.underlying = Symbol::new("XSP")?;
    let run = run_wheel(&market, &plan, None).await?;
    assert_eq!(kinds(&run), [Open, EventKind::Close]);
    assert_eq!((run.events[1].price, run.events[1].at.to_string().as_str()), (money("5"), "2024-01-19T21:00:00Z"));
    assert_eq!(worth(&run), money("50000") + money("200") - money("500"));
    Ok(())
}

async fn a_call_is_assigned_before_a_dividend_larger_than_its_time_value() -> Result<()> {
    let quotes = |mark: f64| {
        [
            ("2024-01-05", "SPY240112P00050000", 2.00, 2.10, -0.30, 51.0),
            ("2024-01-12", "SPY240112P00050000", 2.00, 2.10, -1.00, 48.0),
            ("2024-01-16", "SPY240126C00050000", 1.50, 1.60, 0.30, 49.0),
            ("2024-01-18", "SPY240126C00050000", mark, mark, 0.90, 54.0),
            ("2024-01-19", "SPY240126C00050000", 3.50, 3.50, 0.90, 53.5),
            ("2024-01-26", "SPY240126C00050000", 0.00, 0.01, 0.00, 49.5),
        ]
    };
    let dividend = |amount| MarketEvent {
        symbol: spy(),
        date: day("2024-01-19"),
        kind: MarketEventKind::ExDividend { amount },
        known_at: "2024-01-10T00:00:00Z".parse().expect("an instant"),
    };
    let play = async |mark, amount| {
        let mut plan = plan("2024-01-05", "2024-01-26", 10_000);
        plan.calendar = EventCalendar::new(vec![dividend(amount)]);
        plan.limits.avoid_ex_dividend = false;
        run_wheel(&market(quotes(mark)).await?, &plan, None).await
    };
    let half = Some(money("0.5"));
    let early = play(4.40, half).await?;
    assert_eq!(kinds(&early), [Open, Assign, Open, CalledAway], "a time value of 0.40");
    assert_eq!(early.events[3].at.new_york_date(), day("2024-01-18"));
    let called = early.projections[0].trades.iter().find(|trade| trade.at.new_york_date() == day("2024-01-16"));
    assert_eq!(called.expect("the call").wheel.early_assignment, Some(true));
    let kept = play(4.60, half).await?;
    assert_eq!(kinds(&kept), [Open, Assign, Open, Dividend, Expire], "a time value of 0.60");
    assert_eq!(kept.projections[0].cycle.dividends, money("50"));
    let unknown = play(4.40, None).await?;
    assert_eq!(kinds(&unknown), [Open, Assign, Open, Expire]);
    assert!(unknown.issues.iter().any(|issue| matches!(issue.kind, BacktestIssueKind::EarlyAssignmentUnknown(_))));
    Ok(())
}

/// An action that was known a day before its date.
fn action(kind: ActionKind, date: &str) -> CorporateAction {
    let source = Source::new("test").expect("a source");
    let action = CorporateAction::new(spy(), kind, day(date), source).expect("an action");
    let eve = action.at.saturating_sub(TimeDelta::days(1));
    action.with_recorded_at(eve)
}

/// A split of two for one doubles the shares and halves their basis; a put open over it becomes two at half the strike.
/// The account is worth what it was without the split, and the journal's cycle agrees with the simulation.
async fn a_split_acts_on_shares_and_contracts() -> Result<()> {
    let halved = |(date, contract, bid, ask, delta, spot): (&'static str, &'static str, f64, f64, f64, f64)| {
        (date, contract, bid / 2.0, ask / 2.0, delta, spot / 2.0)
    };
    // The put is sold before the split and assigned behind it.
    let quotes = [
        TURN[0],
        halved((TURN[1].0, "SPY240112P00025000", TURN[1].2, TURN[1].3, TURN[1].4, TURN[1].5)),
        halved((TURN[2].0, "SPY240112P00025000", TURN[2].2, TURN[2].3, TURN[2].4, TURN[2].5)),
        halved((TURN[3].0, "SPY240126C00025000", TURN[3].2, TURN[3].3, TURN[3].4, TURN[3].5)),
        halved((TURN[4].0, "SPY240126C00025000", TURN[4].2, TURN[4].3, TURN[4].4, TURN[4].5)),
    ];
    let split = action(ActionKind::Split, "2024-01-11").with_ratio(2, 1);
    let without = market(TURN[..5].iter().copied()).await?;
    let with = market(quotes).await?;
    with.upsert_corporate_actions(std::slice::from_ref(&split)).await?;
    let mut plan = plan("2024-01-05", "2024-01-26", 10_000);
    plan.limits = plan.limits.with_size(2, 1.0);
    let mut single = plan.clone();
    single.limits = single.limits.with_size(1, 1.0);
    let expected = run_wheel(&without, &single, None).await?;
    // Two contracts after the split are one before it, so the first sale must be of one contract.
    single.cash = 10_000.into();
    plan.limits = plan.limits.with_size(2, 0.5);
    let run = run_wheel(&with, &plan, None).await?;
    assert_eq!(kinds(&run), [Open, Split, Assign, Open, Expire]);
    assert_eq!((run.events[0].quantity, run.events[3].quantity), (money("-1"), money("-2")));
    assert_eq!(run.events[1].successor.map(|it| it.to_string()).as_deref(), Some("SPY   240112P00025000"));
    assert_eq!(worth(&run), worth(&expected));
    let cycle = &run.projections[0].cycle;
    assert_eq!((cycle.shares, cycle.basis_adjusted_per_share), (money("200"), Some(money("23.25"))));

    // Shares held over a split.
    let quotes = [TURN[0], TURN[2], halved(("2024-01-19", "SPY240126C00025000", 1.50, 1.60, 0.30, 49.0))];
    let market = market(quotes).await?;
    let later = action(ActionKind::Split, "2024-01-18").with_ratio(2, 1);
    market.upsert_corporate_actions(std::slice::from_ref(&later)).await?;
    let run = run_wheel(&market, &single, None).await?;
    assert_eq!(kinds(&run)[..3], [Open, Assign, Split]);
    assert_eq!(run.projections[0].cycle.shares, money("200"));
    let at =
        |date: &str| run.equity.iter().find(|point| point.at.new_york_date() == day(date)).map(|point| point.equity);
    assert_eq!(at("2024-01-17"), at("2024-01-18"), "the last price is divided too");
    Ok(())
}

/// An option over a split that is no whole multiple is bought back at its last mark, and the run lists it. A split that
/// is recorded later, or called off, does nothing.
async fn an_uneven_split_closes_the_option() -> Result<()> {
    for (ratio, status, known, closes) in [
        ((3, 2), ActionStatus::Confirmed, "2024-01-10T12:00:00Z", true),
        ((1, 10), ActionStatus::Confirmed, "2024-01-10T12:00:00Z", true),
        ((3, 2), ActionStatus::Cancelled, "2024-01-10T12:00:00Z", false),
        ((3, 2), ActionStatus::Confirmed, "2024-03-01T12:00:00Z", false),
    ] {
        let market = market(TURN[..2].iter().copied()).await?;
        let split = action(ActionKind::Split, "2024-01-11").with_ratio(ratio.0, ratio.1);
        let split = CorporateAction { status, ..split }.with_recorded_at(known.parse()?);
        market.upsert_corporate_actions(&[split]).await?;
        let run = run_wheel(&market, &plan("2024-01-05", "2024-01-11", 10_000), None).await?;
        let issue = BacktestIssueKind::NotAdjusted("SPY   240112P00050000".parse()?);
        assert_eq!(run.issues.iter().any(|found| found.kind == issue), closes, "{ratio:?} {status} {known}");
        assert_eq!(run.events.get(1).map(|event| (event.kind, event.price)), closes.then(|| (Close, money("2.05"))));
    }
    Ok(())
}

/// Dividends and earnings come from the store as known on each day: the run is that with the same events in the plan's
/// calendar, and with both the dividend is paid once.
async fn dividends_and_earnings_are_those_of_the_store() -> Result<()> {
    let dividend = action(ActionKind::CashDividend, "2024-01-18").with_amount(money("0.40"), Name::new("USD")?);
    let special = action(ActionKind::SpecialDividend, "2024-01-18").with_amount(money("0.10"), Name::new("USD")?);
    let kind = MarketEventKind::ExDividend { amount: Some(money("0.50")) };
    let event = MarketEvent { symbol: spy(), date: day("2024-01-18"), kind, known_at: dividend.recorded_at };
    let planned = WheelPlan { calendar: EventCalendar::new(vec![event]), ..plan("2024-01-05", "2024-02-09", 10_000) };
    let expected = run_wheel(&market(TURN).await?, &planned, None).await?;
    assert!(kinds(&expected).contains(&Dividend));
    let store = market(TURN).await?;
    store.upsert_corporate_actions(&[dividend.clone(), special.clone()]).await?;
    for plan in [plan("2024-01-05", "2024-02-09", 10_000), planned.clone()] {
        let run = run_wheel(&store, &plan, None).await?;
        assert_eq!((kinds(&run), &run.equity), (kinds(&expected), &expected.equity));
    }
    // A dividend that is called off the day before is not paid.
    for action in [dividend, special] {
        let recorded_at = action.recorded_at.saturating_add(TimeDelta::hours(1));
        let cancelled = CorporateAction { status: ActionStatus::Cancelled, ..action }.with_recorded_at(recorded_at);
        store.upsert_corporate_actions(&[cancelled]).await?;
    }
    let run = run_wheel(&store, &plan("2024-01-05", "2024-02-09", 10_000), None).await?;
    assert!(!kinds(&run).contains(&Dividend));
    // Nothing is sold over an earnings report, from the day on which the report's date is known.
    let store = market(TURN).await?;
    store.upsert_corporate_actions(&[action(ActionKind::Earnings, "2024-01-08")]).await?;
    let mut careful = plan("2024-01-05", "2024-01-12", 10_000);
    careful.limits.avoid_earnings = true;
    assert_eq!(kinds(&run_wheel(&store, &careful, None).await?), [Open, Assign], "not known on the day of the sale");
    let known = action(ActionKind::Earnings, "2024-01-08").with_recorded_at("2024-01-02T12:00:00Z".parse()?);
    store.upsert_corporate_actions(&[known]).await?;
    assert_eq!(kinds(&run_wheel(&store, &careful, None).await?), []);
    Ok(())
}

async fn a_target_is_taken_and_the_next_put_sold() -> Result<()> {
    let market = market([
        ("2024-01-05", "SPY240119P00050000", 2.00, 2.10, -0.30, 51.0),
        ("2024-01-08", "SPY240119P00050000", 1.00, 1.01, -0.20, 52.0),
        ("2024-01-09", "SPY240119P00050000", 0.90, 1.00, -0.15, 53.0),
        ("2024-01-09", "SPY240126P00050000", 1.60, 1.70, -0.30, 53.0),
    ])
    .await?;
    let mut plan = plan("2024-01-05", "2024-01-09", 10_000);
    plan.take_profit = Some(0.5);
    let run = run_wheel(&market, &plan, None).await?;
    assert_eq!(kinds(&run), [EventKind::Open, EventKind::Close, EventKind::Open]);
    assert_eq!((run.events[1].price, run.events[1].at.new_york_date()), (money("1"), day("2024-01-09")));
    assert_eq!(run.projections.len(), 2, "a cycle is over when nothing is held");
    let reasons: Vec<_> = run.backtest.trades.iter().map(|trade| trade.exit_reason).collect();
    assert_eq!(reasons, [Some(Name::new("profit_target")?), None]);
    Ok(())
}

async fn nothing_is_bought_where_nobody_offers() -> Result<()> {
    // An offer of zero is none, and one below the bid is a fault.
    for (bid, ask) in [(0.00, 0.00), (3.00, 0.00), (3.00, 0.10)] {
        let market = market([
            ("2024-01-05", "SPY240126P00050000", 2.00, 2.10, -0.30, 51.0),
            ("2024-01-09", "SPY240126P00050000", bid, ask, -0.60, 48.0),
            ("2024-01-09", "SPY240202P00048000", 4.00, 4.10, -0.45, 48.0),
        ])
        .await?;
        let mut plan = plan("2024-01-05", "2024-01-09", 10_000);
        plan.take_profit = Some(0.5);
        plan.roll = Some(RollRule { days_left: 21, min_credit: Decimal::ZERO });
        for slippage in [1.0, 0.5] {
            plan.slippage = slippage;
            let run = run_wheel(&market, &plan, None).await?;
            assert_eq!(kinds(&run), [Open], "{bid} at {ask}");
            // What is not known to be worth less is owed at the last mark.
            let last = [run.equity[1].equity, worth(&run)];
            assert_eq!(last[0], last[1], "{bid} at {ask}");
            let reported: Vec<_> = run.issues.iter().filter(|issue| issue.day == day("2024-01-09")).collect();
            assert!(
                matches!(reported[..], [BacktestIssue { kind: BacktestIssueKind::NotQuoted(_), .. }]),
                "{reported:?}"
            );
        }
    }
    Ok(())
}

async fn a_put_in_the_money_is_rolled_down_and_out() -> Result<()> {
    let market = market([
        ("2024-01-05", "SPY240119P00050000", 2.00, 2.10, -0.30, 51.0),
        ("2024-01-12", "SPY240119P00050000", 3.00, 3.10, -0.80, 47.0),
        ("2024-01-12", "SPY240126P00050000", 3.50, 3.60, -0.80, 47.0),
        ("2024-01-12", "SPY240202P00049000", 3.20, 3.30, -0.60, 47.0),
        ("2024-01-12", "SPY240209P00049000", 3.90, 4.00, -0.60, 47.0),
        ("2024-01-12", "SPY240202P00048000", 3.05, 3.15, -0.50, 47.0),
    ])
    .await?;
    let mut plan = plan("2024-01-05", "2024-01-12", 10_000);
    plan.roll = Some(RollRule { days_left: 7, min_credit: Decimal::ZERO });
    plan.limits.fee = money("1");
    let run = run_wheel(&market, &plan, None).await?;
    assert_eq!(kinds(&run), [EventKind::Open, EventKind::Roll]);
    let roll = &run.events[1];
    assert_eq!(roll.successor, Some("SPY   240202P00049000".parse()?), "the lowest strike that brings a credit");
    assert_eq!((roll.price, roll.successor_price, roll.fees), (money("3.1"), Some(money("3.2")), money("2")));
    plan.roll = Some(RollRule { days_left: 6, min_credit: Decimal::ZERO });
    assert_eq!(kinds(&run_wheel(&market, &plan, None).await?), [EventKind::Open]);
    plan.roll = Some(RollRule { days_left: 7, min_credit: money("1") });
    assert_eq!(kinds(&run_wheel(&market, &plan, None).await?), [EventKind::Open]);
    Ok(())
}

async fn what_is_missing_is_reported() -> Result<()> {
    // The stock falls below the strike on the 11th, and the last day has no quotes.
    let market = market(TURN.into_iter().filter(|quote| quote.0 != "2024-01-12")).await?;
    let run = run_wheel(&market, &plan("2024-01-05", "2024-01-16", 10_000), None).await?;
    assert_eq!(kinds(&run)[..2], [EventKind::Open, EventKind::Assign]);
    let on = |date: &str| {
        run.issues.iter().filter(|issue| issue.day == day(date)).map(|issue| issue.kind).collect::<Vec<_>>()
    };
    let put = "SPY   240112P00050000".parse()?;
    assert_eq!(
        on("2024-01-08"),
        [BacktestIssueKind::NoQuotes, BacktestIssueKind::NoPrice, BacktestIssueKind::NotQuoted(put)]
    );
    assert_eq!(
        on("2024-01-12"),
        [BacktestIssueKind::NoQuotes, BacktestIssueKind::NoPrice, BacktestIssueKind::SettledAt(put, day("2024-01-11"))]
    );
    assert!(on("2024-01-05").is_empty());
    assert_eq!(run.issues[0].to_string(), "2024-01-08: no option was quoted");
    // The close of the stock by itself is enough to settle.
    let at = calendar::close_on(day("2024-01-12"))?;
    let opened_at = at.saturating_sub(TimeDelta::minutes(390));
    let key = BarKey::new(spy(), Timeframe::Day1);
    let (open, high, low, close) = (51.0, 52.0, 50.0, 51.5);
    let source = Source::new("test")?;
    let bar = Bar { key, opened_at, at, open, high, low, close, volume: None, vwap: None, source, recorded_at: at };
    market.upsert_bars(&[bar]).await?;
    let run = run_wheel(&market, &plan("2024-01-05", "2024-01-16", 10_000), None).await?;
    assert_eq!(kinds(&run)[..2], [EventKind::Open, EventKind::Expire]);
    Ok(())
}

async fn a_plan_is_checked() {
    let refused = async |change: fn(&mut WheelPlan)| {
        let mut plan = plan("2024-01-05", "2024-02-09", 10_000);
        change(&mut plan);
        let error = run_wheel(&MemoryStore::new(), &plan, None).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.context("field").map(str::to_owned)
    };
    assert_eq!(refused(|plan| plan.last_day = day("2024-01-04")).await.as_deref(), Some("last_day"));
    assert_eq!(refused(|plan| plan.cash = Decimal::ZERO).await.as_deref(), Some("cash"));
    assert_eq!(refused(|plan| plan.slippage = f64::NAN).await.as_deref(), Some("slippage"));
    assert_eq!(refused(|plan| plan.take_profit = Some(0.0)).await.as_deref(), Some("take_profit"));
    assert_eq!(refused(|plan| plan.limits.max_delta = 2.0).await.as_deref(), Some("max_delta"));
}

async fn a_stored_run_is_whole_and_stored_once() -> Result<()> {
    let plan = plan("2024-01-05", "2024-02-09", 10_000);
    let run = run_wheel(&market(TURN).await?, &plan, None).await?;
    let store = MemoryStore::new();
    assert_eq!(store_run(&store, &plan, &run).await.expect_err("simulated").kind(), ErrorKind::SimulatedData);
    let store = MemoryStore::new().with_simulated();
    let stored = store_run(&store, &plan, &run).await?;
    assert_eq!((stored.events.inserted, stored.trades), (6, 4));
    assert_eq!(store.get_backtest(run.backtest.id).await?.as_ref(), Some(&run.backtest));
    let cycles = store.list_cycles(&CycleFilter::default()).await?;
    assert_eq!(cycles, run.projections.iter().map(|one| one.cycle.clone()).collect::<Vec<_>>());
    let trades = store.list_trades(&Listing::default()).await?.items;
    assert!(trades.iter().all(|trade| trade.provenance == Provenance::Backtest && trade.origin.run.is_some()));
    assert_eq!(trades[0].execution.exit_reason, Some(ExitReason::Assigned));
    assert!(store.rebuild_cycle(cycles[0].id).await?, "the marks are kept when a cycle is computed anew");
    let key = MetricsKey { account: Some(plan.account), ..MetricsKey::new(Window::All) };
    let metrics = store.metrics_as_of(&key, strikebook_core::AsOf::with_hindsight(plan.run_at)).await?;
    assert_eq!(metrics.expect("stored").metrics.net.get(), Some(&money("550")));
    let again = store_run(&store, &plan, &run).await?;
    assert_eq!(again.trades, 0);
    for upserted in [again.backtest, again.events, again.metrics] {
        assert_eq!(upserted, Upserted { unchanged: upserted.rows(), ..Upserted::default() });
    }
    assert_ne!(again, StoredWheelRun::default());
    Ok(())
}

/// Two months of real chains: events and the last equity are those that another program, in another language, made of
/// the same files by the same rules.
async fn real_months_are_played_as_by_another_program() -> Result<()> {
    let store = MemoryStore::new();
    for month in ["November", "December"] {
        let file = trial::data(&format!("adr_eod/adr_options_{month}_2015.csv.gz"));
        let mut reader = read_file(&file, &ReadOptions::default())?;
        while let Some(batch) = reader.next_batch(100_000)? {
            store.upsert_quotes(&batch.quotes).await?;
        }
    }
    for (symbol, expected, equity) in [
        ("BFR", "open 22.5 assign 22.5", "18018.80"),
        ("GGAL", "open 25 expire 25 open 25 assign 25 open 30", "22688.40"),
        ("MELI", "open 95 expire 95 open 120 assign 120 open 120", "20151.40"),
        ("YPF", "open 21 assign 21 open 20.5 expire 20.5 open 20", "16400.45"),
        ("TS", "open 22.5 expire 22.5 open 22.5", "20353.95"),
        ("BMA", "open 55 assign 55 open 60", "21389.60"),
    ] {
        let mut plan = plan("2015-11-02", "2015-12-31", 20_000);
        plan.underlying = Symbol::new(symbol)?;
        plan.limits = WheelLimits::default()
            .with_delta(0.10, 0.40)
            .with_open_interest(0)
            .with_spread(0.50)
            .with_fee(money("0.65"));
        plan.assignment_fee = money("5");
        let run = run_wheel(&store, &plan, None).await?;
        let reported = |event: &strikebook_core::trading::journal::JournalEvent| {
            let strike = event.contract().map(|contract| contract.strike().to_string()).unwrap_or_default();
            format!("{} {strike}", event.kind)
        };
        let events: Vec<_> = run.events.iter().map(reported).collect();
        assert_eq!((events.join(" ").as_str(), worth(&run)), (expected, money(equity)), "{symbol}");
        assert!(run.issues.is_empty(), "{symbol}: {:?}", run.issues);
    }
    Ok(())
}

/// A walk of a stock's closes.
fn walk() -> impl Strategy<Value = Vec<f64>> {
    vec(-0.03..0.03_f64, 25..60).prop_map(|steps| {
        let walk = steps.iter().scan(60.0, |close, step| {
            *close *= 1.0 + step;
            Some((*close * 100.0_f64).round() / 100.0)
        });
        walk.collect()
    })
}

/// A plan over all days of a walk, and the chains of these days.
fn plays(first: NaiveDate, closes: &[f64]) -> (WheelPlan, Vec<OptionQuote>) {
    let quotes = fixtures::daily_chains("SPY", first, closes).expect("chains");
    let last = quotes.iter().map(|quote| quote.at.new_york_date()).max().expect("days");
    let mut plan = plan("2024-01-05", "2024-01-05", 20_000);
    (plan.first_day, plan.last_day) = (first, last);
    plan.limits = WheelLimits::default().with_size(3, 1.0).with_fee(money("0.65"));
    (plan.take_profit, plan.interest) = (Some(0.8), 0.04);
    plan.roll = Some(RollRule { days_left: 3, min_credit: Decimal::ZERO });
    (plan, quotes)
}

fn block_on(work: impl Future<Output = Result<()>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work).expect("played");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    fn money_is_neither_made_nor_lost(closes in walk()) {
        block_on(async {
            let (plan, quotes) = plays(day("2024-01-05"), &closes);
            let store = MemoryStore::new();
            store.upsert_quotes(&quotes).await?;
            let run = run_wheel(&store, &plan, None).await?;
            assert!(run.issues.is_empty(), "{:?}", run.issues);
            assert_eq!(run.equity[1].at, calendar::close_on(plan.first_day)?, "the first day played");
            let mut cash = plan.cash + run.interest;
            for event in &run.events {
                cash += event.cash()?;
            }
            let last = quotes.iter().filter(|quote| quote.at.new_york_date() == plan.last_day).collect::<Vec<_>>();
            let mark = |contract| {
                let quote = last.iter().find(|quote| quote.contract == contract);
                Decimal::try_from(quote.and_then(|quote| quote.mark()).expect("quoted")).expect("a price")
            };
            let stock = Decimal::try_from(last[0].underlying_price.expect("known")).expect("a price");
            let lots = run.projections.iter().flat_map(|one| &one.cycle.lots).filter(|lot| !lot.open.is_zero());
            let held: Decimal = lots
                .map(|lot| {
                    let price = match lot.instrument {
                        strikebook_core::market::Instrument::Option(contract) => mark(contract),
                        strikebook_core::market::Instrument::Symbol(_) => stock,
                    };
                    price.round_dp(8) * lot.open * Decimal::from(lot.multiplier)
                })
                .sum();
            assert_eq!(worth(&run), cash + held);
            // What secures a put is there.
            for event in run.events.iter().filter(|event| event.kind == EventKind::Open) {
                assert!(event.quantity >= Decimal::from(-3));
            }
            assert!(run.events.iter().any(|event| event.kind == EventKind::Open), "nothing was sold");
            Ok(())
        });
    }
}

fn main() -> std::process::ExitCode {
    strikebook_testkit::main(
        [
            trials![money_is_neither_made_nor_lost],
            async_trials![
                a_turn_of_the_wheel_is_that_of_the_journal,
                fees_interest_and_slippage_cost_what_they_cost,
                an_option_dated_on_a_saturday_is_settled_on_the_session_before,
                an_option_that_is_settled_in_cash_delivers_no_shares,
                a_call_is_assigned_before_a_dividend_larger_than_its_time_value,
                a_split_acts_on_shares_and_contracts,
                an_uneven_split_closes_the_option,
                dividends_and_earnings_are_those_of_the_store,
                a_target_is_taken_and_the_next_put_sold,
                nothing_is_bought_where_nobody_offers,
                a_put_in_the_money_is_rolled_down_and_out,
                what_is_missing_is_reported,
                a_plan_is_checked,
                a_stored_run_is_whole_and_stored_once,
                real_months_are_played_as_by_another_program
            ],
        ]
        .concat(),
    )
}
