//! Advice: what is ranked and how, each reason against a contract, and that nothing is read that was not known.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use strikebook_core::{
    AsOf, Decimal, ErrorKind, Name, Result, Source, Timestamp,
    market::{
        ActionKind, ActionStatus, ChainRepository, ChainRow, CorporateAction, CorporateActionRepository, OptionChain,
        OptionQuote, OptionType, Symbol,
    },
    memory::MemoryStore,
    pricing::{OptionInputs, Pricer},
    trading::{Position, PositionKey},
};
use strikebook_pricing::BlackScholes;
use strikebook_services::wheel::{
    AdviceInputs, AssignmentBasis, EventCalendar, MarketEvent, MarketEventKind, RejectReason, ValuationModel,
    WheelAdvice, WheelHoldings, WheelLimits, advise, advise_as_of,
};
use strikebook_testkit::{async_trials, fixtures, trial, trials};
use strikebook_vendors::{ReadOptions, read_file};

const NOW: &str = "2025-09-25T20:00:00Z";
const SPOT: f64 = 100.0;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn spy() -> Symbol {
    Symbol::new("SPY").expect("a symbol")
}

/// A quote that the default limits take.
fn quote(contract: &str, bid: f64, ask: f64, delta: f64) -> OptionQuote {
    let contract = contract.parse().expect("a contract");
    let mut quote =
        OptionQuote::new(contract, at(NOW), Source::new("test").expect("a source")).with_market(Some(bid), Some(ask));
    quote.greeks.delta = Some(delta);
    (quote.volume, quote.open_interest) = (Some(10), Some(500));
    quote.underlying_price = Some(SPOT);
    quote
}

/// A put of 29 days at 95 for 1.00 to 1.10.
fn put() -> OptionQuote {
    quote("SPY251024P00095000", 1.00, 1.10, -0.20)
}

fn call() -> OptionQuote {
    quote("SPY251024C00105000", 0.90, 1.00, 0.20)
}

fn chain(quotes: impl IntoIterator<Item = OptionQuote>) -> OptionChain {
    let as_of = AsOf::instant(at(NOW));
    let rows = quotes.into_iter().map(|quote| ChainRow::new(quote.clone(), as_of.at.since(quote.at)));
    OptionChain::new(spy(), as_of, rows.collect())
}

fn rich() -> WheelHoldings {
    WheelHoldings { free_cash: 100_000.into(), free_shares: 1_000.into(), basis: Some(90.into()) }
}

/// Advice on some quotes with everything else as it is by default.
fn advice(quotes: impl IntoIterator<Item = OptionQuote>) -> WheelAdvice {
    let (holdings, calendar, limits) = (rich(), EventCalendar::default(), WheelLimits::default());
    let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model: None };
    advise(&chain(quotes), SPOT, &question).expect("valid")
}

fn a_put_s_return_is_on_its_strike() {
    let advice = advice([put()]);
    let [put] = &advice.puts[..] else { panic!("{advice:?}") };
    assert_eq!((put.collateral, put.premium), (Decimal::from(9_500), Decimal::from(100)));
    assert!((put.annualised_return - 100.0 / 9_500.0 * 365.0 / 29.0).abs() < 1e-12, "{}", put.annualised_return);
    assert_eq!((put.days, put.contracts, put.break_even), (29, 10, 94.0));
    assert_eq!((put.delta, put.assignment, put.basis), (-0.20, 0.20, AssignmentBasis::QuotedDelta));
    assert!((put.spread - 0.10 / 1.05).abs() < 1e-12);
}

fn a_call_s_return_is_on_its_shares() {
    let advice = advice([call()]);
    let [call] = &advice.calls[..] else { panic!("{advice:?}") };
    assert_eq!((call.collateral, call.premium), (Decimal::from(10_000), Decimal::from(90)));
    assert!((call.annualised_return - 0.009 * 365.0 / 29.0).abs() < 1e-12);
    assert_eq!((call.contracts, call.break_even), (10, 99.1));
}

fn the_best_is_first_and_fees_count() {
    let quotes = [
        quote("SPY251024P00090000", 0.60, 0.65, -0.10),
        put(),
        quote("SPY251024P00097000", 1.60, 1.70, -0.30),
        // The same return, and less likely assigned.
        quote("SPY251024P00097500", 97.5 / 97.0 * 1.60, 1.70, -0.28),
    ];
    let (holdings, calendar) = (rich(), EventCalendar::default());
    let strikes = |limits: &WheelLimits| {
        let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits, model: None };
        let advice = advise(&chain(quotes.clone()), SPOT, &question).expect("valid");
        advice.puts.iter().map(|put| put.contract.strike().to_f64()).collect::<Vec<_>>()
    };
    assert_eq!(strikes(&WheelLimits::default())[2..], [95.0, 90.0]);
    // A fee of 60 leaves nothing of the smallest premium.
    assert_eq!(strikes(&WheelLimits::default().with_fee(60.into())).len(), 3);
    assert_eq!(strikes(&WheelLimits::default().with_return(0.15)).len(), 2);
}

fn each_reason_is_reported() {
    let with = |mut quote: OptionQuote, change: fn(&mut OptionQuote)| {
        change(&mut quote);
        quote
    };
    let limits = WheelLimits::default();
    let event = |kind| MarketEvent { symbol: spy(), date: day("2025-10-20"), kind, known_at: at(NOW) };
    let earnings = EventCalendar::new(vec![event(MarketEventKind::Earnings)]);
    let dividend = EventCalendar::new(vec![event(MarketEventKind::ExDividend { amount: None })]);
    let (none, poor) =
        (EventCalendar::default(), WheelHoldings { free_cash: 9_499.into(), ..WheelHoldings::default() });
    let dear = WheelHoldings { basis: Some(106.into()), ..rich() };
    let rich = rich();
    let cases: Vec<(RejectReason, OptionQuote, WheelLimits, &EventCalendar, &WheelHoldings)> = vec![
        (RejectReason::Adjusted, quote("SPY1  251024P00095000", 1.0, 1.1, -0.2), limits.clone(), &none, &rich),
        (RejectReason::Adjusted, quote("NANOS251024P00095000", 1.0, 1.1, -0.2), limits.clone(), &none, &rich),
        (RejectReason::CashSettled, quote("XSP251024C00105000", 0.9, 1.0, 0.2), limits.clone(), &none, &rich),
        (
            RejectReason::Settled,
            quote("SPY250925P00095000", 1.0, 1.1, -0.2),
            limits.clone().with_days(0, 60),
            &none,
            &rich,
        ),
        (RejectReason::TooSoon, put(), limits.clone().with_days(31, 60), &none, &rich),
        (RejectReason::TooLate, put(), limits.clone().with_days(7, 28), &none, &rich),
        (RejectReason::InTheMoney, quote("SPY251024P00100000", 1.0, 1.1, -0.2), limits.clone(), &none, &rich),
        (RejectReason::Crossed, with(put(), |quote| quote.ask = Some(0.99)), limits.clone(), &none, &rich),
        (
            RejectReason::Stale,
            with(put(), |quote| quote.at = quote.at.saturating_sub(TimeDelta::minutes(16))),
            limits.clone(),
            &none,
            &rich,
        ),
        (RejectReason::LowBid, put(), limits.clone().with_bid(1.01), &none, &rich),
        (RejectReason::WideSpread, put(), limits.clone().with_spread(0.09), &none, &rich),
        (RejectReason::LowVolume, put(), limits.clone().with_volume(11), &none, &rich),
        (
            RejectReason::LowVolume,
            with(put(), |quote| quote.volume = None),
            limits.clone().with_volume(1),
            &none,
            &rich,
        ),
        (RejectReason::LowOpenInterest, with(put(), |quote| quote.open_interest = None), limits.clone(), &none, &rich),
        (RejectReason::NoDelta, with(put(), |quote| quote.greeks.delta = None), limits.clone(), &none, &rich),
        (RejectReason::SmallDelta, put(), limits.clone().with_delta(0.21, 0.35), &none, &rich),
        (RejectReason::LargeDelta, put(), limits.clone().with_delta(0.05, 0.19), &none, &rich),
        (RejectReason::LikelyAssigned, put(), limits.clone().with_assignment(0.19), &none, &rich),
        (RejectReason::LowReturn, put(), limits.clone().with_return(0.14), &none, &rich),
        (RejectReason::LowReturn, put(), limits.clone().with_fee(100.into()), &none, &rich),
        (RejectReason::Earnings, put(), limits.clone(), &earnings, &rich),
        (RejectReason::ExDividend, call(), limits.clone(), &dividend, &rich),
        (RejectReason::NoCash, put(), limits.clone(), &none, &poor),
        (RejectReason::NoCash, put(), limits.clone().with_size(10, 0.09), &none, &rich),
        (RejectReason::NoShares, call(), limits.clone(), &none, &poor),
        (RejectReason::BelowBasis, call(), limits.clone(), &none, &dear),
    ];
    let mut reported = BTreeSet::new();
    for (reason, quote, limits, calendar, holdings) in cases {
        let question = AdviceInputs { holdings, calendar, limits: &limits, model: None };
        let advice = advise(&chain([quote]), SPOT, &question).expect("valid");
        let [rejected] = &advice.rejected[..] else { panic!("{reason}: {advice:?}") };
        assert_eq!(rejected.reasons, [reason], "{reason}");
        assert_eq!(advice.counts().into_iter().collect::<Vec<_>>(), [(reason, 1)]);
        reported.insert(reason);
    }
    // Without a side of the market more than one thing is wrong.
    for (reason, change) in [
        (RejectReason::NoBid, (|quote: &mut OptionQuote| quote.bid = Some(0.0)) as fn(&mut OptionQuote)),
        (RejectReason::NoAsk, |quote| quote.ask = None),
    ] {
        assert!(advice([with(put(), change)]).rejected[0].reasons.contains(&reason), "{reason}");
        reported.insert(reason);
    }
    assert!(RejectReason::ALL.iter().all(|reason| reported.contains(reason)), "{reported:?}");
}

fn events_that_may_be_taken_are_reported() {
    let event = |date, kind, known| MarketEvent { symbol: spy(), date: day(date), kind, known_at: at(known) };
    let calendar = EventCalendar::new(vec![
        event("2025-10-20", MarketEventKind::Earnings, NOW),
        event("2025-10-10", MarketEventKind::Earnings, "2025-09-25T20:00:01Z"),
        event("2025-09-25", MarketEventKind::ExDividend { amount: None }, NOW),
        event("2025-10-24", MarketEventKind::ExDividend { amount: Some(1.into()) }, NOW),
    ]);
    let (holdings, limits) = (rich(), WheelLimits::default().with_events_avoided(false, false));
    let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model: None };
    let advice = advise(&chain([put(), call()]), SPOT, &question).expect("valid");
    for candidate in [&advice.puts[0], &advice.calls[0]] {
        assert_eq!(candidate.earnings, Some(day("2025-10-20")), "what is not announced yet is not known");
        assert_eq!(candidate.ex_dividend, Some(day("2025-10-24")), "today's price is without its dividend");
    }
}

fn a_model_gives_the_probability_of_exercise() {
    let inputs = |contract: &str, strike| OptionInputs {
        option_type: if strike < SPOT { OptionType::Put } else { OptionType::Call },
        spot: SPOT,
        strike,
        years: contract
            .parse::<strikebook_core::market::OptionContract>()
            .expect("it")
            .standard_life()
            .years_to_expiration(at(NOW)),
        rate: 0.05,
        dividend_yield: 0.02,
    };
    let price = |inputs| BlackScholes.value(&[(inputs, 0.25)])[0].expect("priced").price;
    let (holdings, calendar, limits) =
        (rich(), EventCalendar::default(), WheelLimits::default().with_quote_age(TimeDelta::days(1)));
    let model = Some(ValuationModel { pricer: &BlackScholes, rate: 0.05, dividend_yield: 0.02 });
    let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model };
    for (contract, strike) in [("SPY  251024P00095000", 95.0), ("SPY  251024C00107000", 107.0)] {
        let contract = contract.replace("SPY  ", "SPY   ");
        let base = inputs(&contract, strike);
        let mid = price(base);
        let mut quote = quote(&contract, mid - 0.01, mid + 0.01, -0.99);
        quote.greeks.delta = None;
        let advice = advise(&chain([quote]), SPOT, &question).expect("valid");
        let candidate = advice.puts.iter().chain(&advice.calls).next();
        let candidate = candidate.unwrap_or_else(|| panic!("{:?}", advice.rejected));
        // The slope of the price over the strike, by a difference.
        let slope = price(inputs(&contract, strike + 0.01)) - price(inputs(&contract, strike - 0.01));
        let expected = (slope / 0.02).abs() * (base.rate * base.years).exp();
        assert!((candidate.assignment - expected).abs() < 1e-6, "{} is not {expected}", candidate.assignment);
        assert!(matches!(candidate.basis, AssignmentBasis::Model { revision: 1, .. }));
        assert!(candidate.assignment > candidate.delta.abs() || candidate.contract.option_type() == OptionType::Call);
    }
}

fn what_is_tied_is_not_free() {
    let position = |instrument: &str, quantity: i64, cost: i64| {
        let name = Name::new("wheel").expect("a name");
        let key = PositionKey { account: name, instrument: instrument.parse().expect("an instrument"), strategy: name };
        Position::new(key, quantity.into(), cost.into(), at(NOW))
    };
    let positions = [
        position("SPY", 300, 90),
        position("SPY", 100, 98),
        position("SPY   251024C00105000", -2, 1),
        position("QQQ   251024C00105000", -1, 1),
        position("QQQ   251024P00050000", -2, 1),
        position("SPY   251024P00095000", -1, 1),
        position("SPY   251024P00090000", 5, 1),
    ];
    let holdings = WheelHoldings::of(spy(), 30_000.into(), &positions).expect("in range");
    assert_eq!((holdings.free_cash, holdings.free_shares), (10_500.into(), 200.into()));
    assert_eq!(holdings.basis, Some(92.into()));
    let mut unknown = positions;
    unknown[0].average_cost = None;
    assert_eq!(WheelHoldings::of(spy(), 0.into(), &unknown).expect("in range").basis, None);
}

async fn advice_knows_nothing_of_what_came_later() -> Result<()> {
    let store = MemoryStore::new();
    store.upsert_quotes(&[put(), call()]).await?;
    let (holdings, calendar, limits) = (rich(), EventCalendar::default(), WheelLimits::default());
    let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model: None };
    let as_of = AsOf::instant(at(NOW));
    let before = advise_as_of(&store, spy(), as_of, &question).await?;
    let corrected = put().with_market(Some(0.80), Some(0.90)).with_recorded_at(at("2025-09-26T12:00:00Z"));
    let mut later = call();
    later.at = at("2025-09-25T20:00:01Z");
    store.upsert_quotes(&[corrected, later]).await?;
    assert_eq!(advise_as_of(&store, spy(), as_of, &question).await?, before);
    let hindsight = advise_as_of(&store, spy(), AsOf::with_hindsight(as_of.at), &question).await?;
    assert!(hindsight.puts[0].bid < before.puts[0].bid);
    let unknown = advise_as_of(&store, Symbol::new("QQQ")?, as_of, &question).await;
    assert_eq!(unknown.expect_err("no price").kind(), ErrorKind::NotFound);
    Ok(())
}

/// Stored earnings reports and ex-dividend dates, as known at the knowledge limit, reject as those of the calendar do.
async fn stored_events_are_avoided() -> Result<()> {
    let store = MemoryStore::new();
    store.upsert_quotes(&[put(), call()]).await?;
    let earnings = CorporateAction::new(spy(), ActionKind::Earnings, day("2025-10-01"), Source::new("test")?)?;
    let known = earnings.with_recorded_at(at("2025-09-25T12:00:00Z"));
    let moved = CorporateAction { status: ActionStatus::Cancelled, ..known.clone() };
    let moved = moved.with_recorded_at(at("2025-09-26T12:00:00Z"));
    let (holdings, calendar, limits) = (rich(), EventCalendar::default(), WheelLimits::default());
    let inputs = AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model: None };
    let reports = async |as_of| {
        let advice = advise_as_of(&store, spy(), as_of, &inputs).await?;
        Ok::<_, strikebook_core::Error>(advice.counts().get(&RejectReason::Earnings).copied().unwrap_or(0))
    };
    let now = AsOf::instant(at(NOW));
    assert_eq!(reports(now).await?, 0);
    store.upsert_corporate_actions(&[known]).await?;
    assert_eq!(reports(now).await?, 2);
    store.upsert_corporate_actions(&[moved]).await?;
    assert_eq!(reports(now).await?, 2, "not called off yet");
    assert_eq!(reports(AsOf::with_hindsight(now.at)).await?, 0);
    Ok(())
}

fn bad_limits_are_refused() {
    let (holdings, calendar) = (rich(), EventCalendar::default());
    let refused = |limits: &WheelLimits, spot: f64| {
        let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits, model: None };
        let error = advise(&chain([put()]), spot, &question).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.context("field").map(str::to_owned)
    };
    let limits = WheelLimits::default;
    assert_eq!(refused(&limits().with_delta(0.3, 0.2), SPOT).as_deref(), Some("max_delta"));
    assert_eq!(refused(&limits().with_days(-1, 2), SPOT).as_deref(), Some("min_days"));
    assert_eq!(refused(&limits().with_return(f64::NAN), SPOT).as_deref(), Some("min_return"));
    assert_eq!(refused(&limits().with_size(0, 1.0), SPOT).as_deref(), Some("max_contracts"));
    assert_eq!(refused(&limits(), f64::NAN).as_deref(), Some("spot"));
    assert_eq!(refused(&limits(), 0.0).as_deref(), Some("spot"));
}

proptest! {
    /// Every contract is in exactly one list, candidates are within the limits, and stricter limits only take away.
    fn every_contract_is_judged_once(close in 20.0..400.0_f64, max_delta in 0.05..1.0_f64, strict in 0.0..1.0_f64) {
        let quotes = fixtures::daily_chains("SPY", day("2025-09-25"), &[close]).expect("a chain");
        let rows: Vec<_> = quotes.into_iter().map(|quote| ChainRow::new(quote, TimeDelta::zero())).collect();
        let count = rows.len();
        let chain = OptionChain::new(spy(), AsOf::instant(at(NOW)), rows);
        let (holdings, calendar) = (rich(), EventCalendar::default());
        let judged = |limits: &WheelLimits| {
            let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits, model: None };
            advise(&chain, close, &question).expect("valid")
        };
        let limits = WheelLimits::default().with_delta(0.0, max_delta);
        let advice = judged(&limits);
        let candidates = || advice.puts.iter().chain(&advice.calls);
        let contracts: BTreeSet<_> =
            candidates().map(|one| one.contract).chain(advice.rejected.iter().map(|one| one.contract)).collect();
        prop_assert_eq!(contracts.len(), count);
        prop_assert_eq!(candidates().count() + advice.rejected.len(), count);
        prop_assert!(advice.rejected.iter().all(|one| !one.reasons.is_empty()));
        prop_assert!(candidates().all(|one| one.delta.abs() <= max_delta && one.spread < limits.max_spread + 1e-12));
        for list in [&advice.puts, &advice.calls] {
            prop_assert!(list.is_sorted_by(|one, next| one.annualised_return >= next.annualised_return));
        }
        let fewer = judged(&limits.with_return(strict));
        let kept: Vec<_> = candidates().filter(|one| one.annualised_return >= strict).collect();
        prop_assert_eq!(kept, fewer.puts.iter().chain(&fewer.calls).collect::<Vec<_>>());
    }
}

/// A real chain: the ranking is that of the formula over the file's own numbers.
async fn a_real_chain_is_ranked() -> Result<()> {
    let path = trial::data("cboe_csv/spy_2025-09-25_close.csv");
    let mut reader = read_file(path, &ReadOptions::default())?;
    let batch = reader.next_batch(usize::MAX)?.expect("rows");
    let store = MemoryStore::new();
    store.upsert_quotes(&batch.quotes).await?;
    let newest = batch.quotes.iter().map(|quote| quote.at).max().expect("quotes");
    let as_of = AsOf::instant(newest);
    let chain = store.chain_as_of(&strikebook_core::market::ChainQuery::new(spy(), as_of)).await?;
    let spot = chain.underlying_price().unwrap_or(658.0);
    let (holdings, calendar, limits) = (rich(), EventCalendar::default(), WheelLimits::default());
    let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model: None };
    let advice = advise(&chain, spot, &question)?;
    let wanted = |quote: &OptionQuote| {
        let life = quote.contract.standard_life();
        let (days, delta) = (life.days_to_expiration(quote.at), quote.greeks.delta?.abs());
        let (bid, mid, spread) = (quote.bid?, quote.mid()?, quote.spread()?);
        let strike = quote.contract.strike().to_f64();
        let liquid = bid >= 0.05 && spread >= 0.0 && spread <= 0.2 * mid && quote.open_interest? >= 100;
        let fits = (7..=60).contains(&days) && (0.05..=0.35).contains(&delta) && strike < spot && liquid;
        fits.then(|| (bid / strike * 365.0 / days as f64, quote.contract))
    };
    let mut expected: Vec<_> = chain.puts().filter_map(|row| wanted(&row.quote)).collect();
    expected.sort_by(|one, other| other.0.total_cmp(&one.0));
    assert!(expected.len() > 100, "{}", expected.len());
    assert_eq!(advice.puts.len(), expected.len());
    for (put, (annual, _)) in advice.puts.iter().zip(&expected) {
        assert!((put.annualised_return - annual).abs() < 1e-12);
    }
    Ok(())
}

fn main() -> std::process::ExitCode {
    strikebook_testkit::main(
        [
            trials![
                a_put_s_return_is_on_its_strike,
                a_call_s_return_is_on_its_shares,
                the_best_is_first_and_fees_count,
                each_reason_is_reported,
                events_that_may_be_taken_are_reported,
                a_model_gives_the_probability_of_exercise,
                what_is_tied_is_not_free,
                bad_limits_are_refused,
                every_contract_is_judged_once
            ],
            async_trials![advice_knows_nothing_of_what_came_later, stored_events_are_avoided, a_real_chain_is_ranked],
        ]
        .concat(),
    )
}
