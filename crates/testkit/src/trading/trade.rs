//! Cases of trades, which every engine passes.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted, Words,
    maintenance::Dataset,
    market::{ExerciseStyle, Instrument},
    port::Entry,
    trading::journal::{
        CloseAction, ExitReason, LegRole, MarketContext, MentalState, OpenAction, Origin, Provenance, Review, Risk,
        RiskBasis, RollType, RuleBreak, RuleSeverity, Side, Trade, TradeExecution, TradeFilter, TradeOutcome,
        TradeQuery, TradeSubject, WheelLeg, WheelPhase, WinLoss,
    },
};

use super::{amount, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
};

/// Trades, as the shared cases see them.
#[derive(Debug)]
pub struct Trades;

#[async_trait]
impl Entries for Trades {
    type Entry = Trade;

    const DATASET: Dataset = Dataset::Trades;

    fn entry(number: usize, at: Timestamp) -> Trade {
        let put: Instrument = parsed("SPY   251219P00050000");
        Trade::new(
            identity(number),
            (parsed("U1"), parsed("wheel")),
            (parsed("SPY"), put),
            (Side::Short, amount("2"), amount("1.05")),
            (at, parsed("broker")),
        )
    }

    fn altered(mut entry: Trade) -> Trade {
        entry.execution.entry_price = amount("1.06");
        entry
    }

    fn invalid(mut entry: Trade) -> Trade {
        entry.execution.quantity = amount("-2");
        entry
    }

    fn recorded(entry: Trade, recorded_at: Timestamp) -> Trade {
        Trade { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[Trade]) -> Result<Upserted> {
        store.insert_trades(entries).await
    }

    async fn get(store: &dyn Store, id: Id<Trade>) -> Result<Option<Trade>> {
        store.get_trade(id).await
    }

    async fn list(store: &dyn Store, query: &TradeQuery) -> Result<Page<Trade>> {
        store.list_trades(query).await
    }
}

/// Returns the trade with an exit a day later and a result.
fn left(mut trade: Trade, gross: &str) -> Trade {
    trade.execution.exited_at = Some(trade.at.saturating_add(chrono::TimeDelta::days(1)));
    trade.execution.quantity_closed = trade.execution.quantity;
    trade.outcome = trade.outcome.with_result(amount(gross), amount("1.30"), amount("5"));
    trade
}

/// Creates a market context with every field set.
fn market(first: f64) -> MarketContext {
    MarketContext {
        underlying_price: Some(amount("650.12345678")),
        iv: Some(first),
        iv_rank: Some(0.25),
        iv_percentile: Some(0.5),
        hv20: Some(0.75),
        delta: Some(-first),
        gamma: Some(first + 1.0),
        theta: Some(first - 2.0),
        vega: Some(first + 3.0),
        rho: Some(first - 4.0),
        greeks_revision: Some(7),
        dte: Some(45),
        moneyness: Some(1.5),
        regime: Some(parsed("calm")),
        vix: Some(first + 5.0),
        risk_free_rate: Some(-0.005),
        vwap: Some(first + 6.0),
        adx: Some(first + 7.0),
        atr: Some(first + 8.0),
        spread_percent: Some(first + 9.0),
        open_interest: Some(u64::MAX >> 1),
        volume: Some(12),
        next_earnings: NaiveDate::from_ymd_opt(2025, 10, 30),
        next_ex_dividend: NaiveDate::from_ymd_opt(2025, 12, 19),
        chain_snapshot_at: Some(day(1)),
    }
}

/// Creates a trade with every field set.
#[expect(clippy::too_many_lines, reason = "one line for each field")]
fn full() -> Trade {
    let bare = Trades::entry(0, day(1));
    let (some, negative) = (|text: &str| Some(amount(text)), Some(amount("-999999999999.99999999")));
    Trade {
        id: bare.id,
        at: bare.at,
        origin: Origin {
            account: parsed("covered 'call'; --"),
            strategy: parsed("Wheel Δ30"),
            setup: Some(parsed("pullback")),
            cycle: Some(identity(1)),
            leg_group: Some(identity(2)),
            roll_chain: Some(identity(3)),
            parent_lot: Some(identity(4)),
            leg_role: Some(LegRole::RollTo),
            wheel_phase: Some(WheelPhase::CashSecuredPut),
            signal: Some(identity(5)),
            order_ids: vec!["17".to_owned(), "\"18\"".to_owned()],
            broker_trade_id: Some("T-1".to_owned()),
            import_source: Some(parsed("flex")),
            import_batch: Some(identity(6)),
            dedup_hash: Some(parsed("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")),
            run: Some(identity(7)),
            dry_run: true,
        },
        subject: TradeSubject {
            exercise_style: Some(ExerciseStyle::European),
            multiplier: 10,
            deliverable: Some(parsed(r#"{"cash": 12.5, "shares": 90}"#)),
            ..bare.subject
        },
        execution: TradeExecution {
            side: Side::Short,
            open_action: OpenAction::SellToOpen,
            close_action: Some(CloseAction::BuyToClose),
            quantity: amount("2.5"),
            quantity_closed: amount("2.5"),
            exited_at: Some(day(2)),
            entry_price: amount("1.12345678"),
            exit_price: some("0.00000001"),
            entry_bid: some("1.1"),
            entry_ask: some("1.2"),
            slippage_entry: some("-0.01"),
            slippage_exit: some("0.02"),
            commission: some("-1.3"),
            regulatory_fees: some("0.04"),
            exchange_fees: some("0.05"),
            assignment_fee: some("5"),
            exit_reason: Some(ExitReason::ProfitTarget),
        },
        outcome: TradeOutcome {
            premium_received: some("28.09"),
            premium_paid: some("0"),
            gross_pnl: some("28.09"),
            total_costs: some("1.1"),
            net_pnl: some("26.99"),
            win_loss: Some(WinLoss::Win),
            is_win_economic: Some(false),
            currency: Some(parsed("USD")),
            fx_rate: Some(0.1 + 0.2),
        },
        risk: Risk {
            initial_risk: some("100"),
            risk_basis: Some(RiskBasis::CollateralShare),
            max_risk: some("1250"),
            collateral: some("1250.5"),
            buying_power_used: negative,
            stop_loss: some("2.2"),
            target_price: some("0.5"),
            profit_target_percent: Some(50.0),
            loss_limit_percent: Some(-200.0),
            mae: some("-12.5"),
            mfe: some("30"),
            excursion_resolution: Some(parsed("1m")),
            excursion_source: Some(parsed("cboe")),
            post_exit_mfe: negative,
            probability_of_profit: Some(0.68),
            account_equity: some("100000"),
        },
        entry: market(0.125),
        exit: market(0.375),
        wheel: WheelLeg {
            assigned_contracts: some("1.5"),
            assigned_at: Some(day(2)),
            early_assignment: Some(true),
            shares_delta: some("-150"),
            basis_tax_per_share: some("48.5"),
            basis_adjusted_per_share: negative,
            roll_sequence: Some(3),
            roll_net_credit: some("-0.2"),
            roll_type: Some(RollType::DownOut),
            dividends_received: some("25"),
            cycle_realized_pnl: negative,
            days_underwater: Some(12),
        },
        review: Review {
            thesis: Some("it will not fall\n🎯".to_owned()),
            mental_state_entry: Some(MentalState::Calm),
            mental_state_exit: Some(MentalState::Frustrated),
            confidence: Some(4),
            rule_breaks: vec![RuleBreak {
                rule: parsed("max 5%"),
                severity: RuleSeverity::Major,
                note: Some("six".to_owned()),
            }],
            followed_plan: Some(false),
            adherence_score: Some(0.8),
            quality_grade: Some(parsed("B+")),
            tags: vec![parsed("earnings"), parsed("late")],
            screenshots: vec!["a.png".to_owned()],
        },
        source: bare.source,
        provenance: Provenance::Paper,
        schema_version: u32::MAX,
        updated_at: day(3),
        finalised: true,
        voided_at: Some(day(8)),
        amendment: Some("a slip; '-- DROP'".to_owned()),
        recorded_at: day(4),
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Trades>(),
        cases![
            every_field_comes_back,
            missing_is_not_zero,
            values_out_of_range_are_refused,
            a_trade_is_replaced,
            a_finalised_trade_changes_only_in_its_review,
            filters_keep_what_they_name
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, to the last digit.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let trade = full();
    store.insert_trades(std::slice::from_ref(&trade)).await?;
    assert_eq!(store.get_trade(trade.id).await?, Some(trade));
    Ok(())
}

/// Missing values are not zero: a trade with few known fields comes back unchanged.
async fn missing_is_not_zero(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let trade = Trades::entry(0, day(0));
    store.insert_trades(std::slice::from_ref(&trade)).await?;
    let stored = store.get_trade(trade.id).await?.unwrap_or_else(|| panic!("no trade"));
    assert_eq!(stored, trade);
    assert_eq!((stored.outcome.net_pnl, stored.entry.iv, stored.review.confidence), (None, None, None));
    Ok(())
}

/// Makes one value wrong.
type Change = fn(&mut Trade);

/// Values out of range, and those that contradict each other, are refused by their field.
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let changes: [(&str, Change); 16] = [
        ("multiplier", |trade| trade.subject.multiplier = 0),
        ("quantity_closed", |trade| trade.execution.quantity_closed = amount("3")),
        ("quantity_closed", |trade| trade.execution.quantity_closed = amount("1")),
        ("exited_at", |trade| trade.execution.exited_at = None),
        ("exited_at", |trade| trade.execution.exited_at = Some(day(0))),
        ("entry_price", |trade| trade.execution.entry_price = amount("0.000000001")),
        ("entry_bid", |trade| trade.execution.entry_bid = Some(amount("-1"))),
        ("net_pnl", |trade| trade.outcome.net_pnl = Some(amount("27"))),
        ("net_pnl", |trade| trade.outcome.win_loss = None),
        ("initial_risk", |trade| trade.risk.initial_risk = Some(amount("0"))),
        ("mae", |trade| trade.risk.mae = Some(amount("1"))),
        ("probability_of_profit", |trade| trade.risk.probability_of_profit = Some(1.5)),
        ("iv", |trade| trade.entry.iv = Some(f64::NAN)),
        ("delta", |trade| trade.exit.delta = Some(f64::INFINITY)),
        ("confidence", |trade| trade.review.confidence = Some(6)),
        ("thesis", |trade| trade.review.thesis = Some("\0".to_owned())),
    ];
    for (field, change) in changes {
        let mut trade = full();
        change(&mut trade);
        let error = store.insert_trades(&[trade]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    let mut open = Trades::entry(0, day(0));
    open.outcome = open.outcome.with_result(amount("1"), amount("0"), amount("0"));
    assert_eq!(store.insert_trades(&[open]).await.expect_err("a result").context("field"), Some("net_pnl"));
    assert_eq!(all::<Trades>(&*store).await?, []);
    Ok(())
}

/// A trade replaces the one with its identity, and no other.
async fn a_trade_is_replaced(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut trades = some::<Trades>(3);
    store.insert_trades(&trades).await?;
    trades[1] = left(trades[1].clone(), "105");
    assert_eq!(store.replace_trade(&trades[1]).await?, trades[1]);
    assert_eq!(all::<Trades>(&*store).await?, trades);
    let unknown = store.replace_trade(&Trades::entry(7, day(0))).await.expect_err("no such trade");
    assert_eq!(unknown.kind(), ErrorKind::NotFound, "{unknown}");
    let invalid = store.replace_trade(&Trades::invalid(trades[0].clone())).await.expect_err("an invalid trade");
    assert_eq!((invalid.kind(), invalid.context("field")), (ErrorKind::InvalidInput, Some("quantity")), "{invalid}");
    let moved = Trade { at: day(9), updated_at: day(9), recorded_at: day(9), ..trades[0].clone() };
    let error = store.replace_trade(&moved).await.expect_err("another entry");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(all::<Trades>(&*store).await?, trades);
    Ok(())
}

/// A finalised trade changes in its review only.
async fn a_finalised_trade_changes_only_in_its_review(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let trade = full();
    store.insert_trades(std::slice::from_ref(&trade)).await?;
    let mut reviewed = Trade { updated_at: day(8), recorded_at: day(8), ..trade.clone() };
    reviewed.review.quality_grade = Some(parsed("A"));
    assert_eq!(store.replace_trade(&reviewed).await?, reviewed);
    for other in [Trades::altered(reviewed.clone()), Trade { finalised: false, ..reviewed.clone() }] {
        let error = store.replace_trade(&other).await.expect_err("a finalised trade");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    }
    assert_eq!(store.get_trade(trade.id).await?, Some(reviewed));
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together, page by page.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut trades = some::<Trades>(12);
    for (number, trade) in trades.iter_mut().enumerate() {
        trade.origin.strategy = parsed(["wheel", "condor"][number % 2]);
        trade.entry.regime = [Some(parsed("calm")), Some(parsed("storm")), None][number % 3];
        trade.origin.cycle = (number % 6 == 0).then(|| identity(1));
        if number >= 3 {
            *trade = left(trade.clone(), ["105", "-50", "4"][number % 3]);
            trade.execution.exit_reason = Some(if number % 4 == 0 { ExitReason::Time } else { ExitReason::StopLoss });
        }
    }
    trades[5].origin.account = parsed("U2");
    trades[7].subject.symbol = parsed("QQQ");
    trades[8].review.thesis = Some("Premium was rich.".to_owned());
    trades[9].review.thesis = Some("rich, but no premium".to_owned());
    trades[10].review.thesis = Some(String::new());
    store.insert_trades(&trades).await?;
    let none = TradeFilter::default;
    let (strategy, regime) = (Some(parsed("wheel")), Some(parsed("calm")));
    let thesis = |text: &str| Some(Words::new(text).expect("words"));
    for (filter, count) in [
        (none(), 12),
        (TradeFilter { thesis: thesis("RICH premium"), ..none() }, 2),
        (TradeFilter { thesis: thesis("rich"), strategy, ..none() }, 1),
        (TradeFilter { thesis: thesis("prem"), ..none() }, 0),
        (TradeFilter { account: Some(parsed("U2")), ..none() }, 1),
        (TradeFilter { strategy, ..none() }, 6),
        (TradeFilter { regime, ..none() }, 4),
        (TradeFilter { strategy, regime, ..none() }, 2),
        (TradeFilter { symbol: Some(parsed("QQQ")), ..none() }, 1),
        (TradeFilter { win_loss: Some(WinLoss::Win), ..none() }, 3),
        (TradeFilter { win_loss: Some(WinLoss::Loss), ..none() }, 3),
        (TradeFilter { win_loss: Some(WinLoss::Breakeven), ..none() }, 3),
        (TradeFilter { exit_reason: Some(ExitReason::Time), ..none() }, 2),
        (TradeFilter { cycle: Some(identity(1)), ..none() }, 2),
        (TradeFilter { exited_from: Some(day(10)), ..none() }, 3),
        (TradeFilter { exited_until: Some(day(5)), ..none() }, 2),
        (TradeFilter { exited_from: Some(day(5)), exited_until: Some(day(10)), ..none() }, 6),
        (TradeFilter { open: Some(true), ..none() }, 3),
        (TradeFilter { open: Some(false), ..none() }, 9),
        (TradeFilter { open: Some(false), win_loss: Some(WinLoss::Win), strategy, regime, ..none() }, 1),
    ] {
        let query = Listing::new(filter.clone());
        let found = store.list_trades(&query).await?.items;
        let expected: Vec<_> = trades.iter().filter(|trade| trade.is_admitted_by(&filter)).cloned().collect();
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(found.len(), count, "{filter:?}");
        let between = store.list_trades(&query.with_from(day(2)).with_until(day(6))).await?.items;
        let entered = expected.into_iter().filter(|trade| (day(2)..=day(6)).contains(&trade.at));
        assert_eq!(between, entered.collect::<Vec<_>>(), "{filter:?}");
    }
    Ok(())
}
