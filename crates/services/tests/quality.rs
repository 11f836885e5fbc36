//! The quality of chains: each fault is found where it was put, a sound chain has none, and what is wrong is kept.

use chrono::TimeDelta;
use proptest::prelude::*;
use strikebook_core::{
    AsOf, Source, Timestamp,
    market::{
        ChainQuery, ChainRepository, ChainRow, ChainSnapshot, ContractDetails, ContractRepository, ExerciseStyle,
        OptionChain, OptionContract, OptionQuote, OptionType, Product, Symbol,
    },
    memory::MemoryStore,
    operations::{QualityQuery, QualityRepository, Severity},
    pricing::{ForwardCurve, OptionInputs, Pricer},
};
use strikebook_pricing::{American, BlackScholes, american::Preset};
use strikebook_services::quality::{Check, Expectations, Inspection, inspect, store_checked};

const SPOT: f64 = 100.0;

fn at() -> Timestamp {
    "2025-09-25T19:30:00Z".parse().expect("an instant")
}

fn symbol() -> Symbol {
    Symbol::new("SPY").expect("a symbol")
}

fn curve() -> ForwardCurve {
    ForwardCurve::flat(SPOT, 0.04, 0.015).expect("a curve")
}

fn contract(root: &str, days: i64, option_type: OptionType, strike: u32) -> OptionContract {
    let expiration = at().new_york_date() + TimeDelta::days(days);
    let strike = f64::from(strike).try_into().expect("a strike");
    OptionContract::new(root.parse().expect("a root"), expiration, option_type, strike).expect("a contract")
}

/// Quotes of a model: 21 strikes, calls and puts, three expirations.
fn quotes(root: &str, volatility: f64) -> Vec<OptionQuote> {
    let curve = curve();
    let mut quotes = Vec::new();
    for days in [22, 57, 120] {
        for strike in (80..=120).step_by(2) {
            for option_type in [OptionType::Call, OptionType::Put] {
                let contract = contract(root, days, option_type, strike);
                let years = contract.standard_life().years_to_expiration(at());
                let (rate, dividend_yield) = (curve.rate(years), curve.dividend_yield(years));
                let option =
                    OptionInputs { option_type, spot: SPOT, strike: f64::from(strike), years, rate, dividend_yield };
                let american = American { preset: Preset::Fast };
                let model: &dyn Pricer = if root == "SPX" { &BlackScholes } else { &american };
                let price = model.value(&[(option, volatility)]).pop().expect("one").expect("a value").price;
                let half = 0.02 + 0.005 * price;
                let quote = OptionQuote::new(contract, at(), Source::new("test").expect("a source"));
                quotes.push(quote.with_market(Some((price - half).max(0.0)), Some(price + half)));
            }
        }
    }
    quotes
}

fn chain(quotes: &[OptionQuote]) -> OptionChain {
    let row = |quote: &OptionQuote| ChainRow::new(quote.clone(), at().since(quote.at));
    OptionChain::new(symbol(), AsOf::instant(at()), quotes.iter().map(row).collect())
}

fn found(quotes: &[OptionQuote]) -> Inspection {
    let curve = curve();
    inspect(&chain(quotes), &Expectations { curve: Some(&curve), ..Expectations::default() })
}

/// The checks with findings that are more than information.
fn serious(inspection: &Inspection) -> Vec<Check> {
    inspection.counts().map(|(check, _)| check).filter(|check| check.severity() > Severity::Info).collect()
}

/// A change that makes a quote wrong.
type Change = Box<dyn Fn(&mut OptionQuote)>;

fn change(quotes: &mut [OptionQuote], which: OptionContract, by: impl Fn(&mut OptionQuote)) {
    by(quotes.iter_mut().find(|quote| quote.contract == which).expect("in the chain"));
}

#[test]
fn a_sound_chain_has_no_findings() {
    for root in ["SPY", "SPX"] {
        for volatility in [0.1, 0.25, 0.9] {
            let inspection = found(&quotes(root, volatility));
            assert_eq!(serious(&inspection), [], "{:?}", inspection.findings);
            assert_eq!((inspection.score, inspection.quotes), (Some(1.0), 126));
        }
    }
}

#[test]
fn each_fault_is_found_where_it_is() {
    let call = |days, strike| contract("SPY", days, OptionType::Call, strike);
    let put = |days, strike| contract("SPY", days, OptionType::Put, strike);
    let scaled = |factor: f64| {
        move |quote: &mut OptionQuote| {
            quote.bid = quote.bid.map(|bid| bid * factor);
            quote.ask = quote.ask.map(|ask| ask * factor);
        }
    };
    let faults: Vec<(OptionContract, Change, &[Check])> = vec![
        (call(22, 100), Box::new(|quote| quote.bid = Some(f64::NAN)), &[Check::InvalidRow]),
        (call(22, 100), Box::new(|quote| quote.bid = Some(9.0)), &[Check::Crossed]),
        (call(22, 80), Box::new(scaled(0.5)), &[Check::Bounds]),
        (put(22, 120), Box::new(scaled(0.9)), &[Check::Bounds]),
        (put(57, 90), Box::new(|quote| (quote.bid, quote.ask) = (Some(91.0), Some(92.0))), &[Check::Bounds]),
        (call(57, 100), Box::new(scaled(1.6)), &[Check::Parity, Check::Vertical, Check::Butterfly, Check::Calendar]),
        (call(120, 100), Box::new(scaled(0.3)), &[Check::Parity, Check::Vertical, Check::Butterfly, Check::Calendar]),
        (put(57, 100), Box::new(|quote| quote.at = at().saturating_sub(TimeDelta::minutes(16))), &[Check::Stale]),
    ];
    for (contract, by, checks) in faults {
        let mut quotes = quotes("SPY", 0.25);
        change(&mut quotes, contract, by);
        let inspection = found(&quotes);
        assert_eq!(serious(&inspection), checks, "{contract}: {:?}", inspection.findings);
        for check in checks {
            let named = |finding: &&strikebook_services::quality::Finding| finding.check == *check;
            let mut of_check = inspection.findings.iter().filter(named);
            assert!(
                of_check.any(|finding| finding.contracts.contains(&contract)),
                "{check}: {:?}",
                inspection.findings
            );
        }
        assert!(inspection.score.is_some_and(|score| (0.5..1.0).contains(&score)));
    }
}

#[test]
fn what_is_only_worth_knowing_costs_no_points() {
    let mut quotes = quotes("SPY", 0.25);
    quotes[0].bid = quotes[0].ask;
    quotes[3].bid = Some(0.0);
    (quotes[5].bid, quotes[5].ask) = (None, None);
    let inspection = found(&quotes);
    let counts: Vec<_> = inspection.counts().collect();
    let zero = inspection.count(Check::NoBid);
    assert_eq!(counts, [(Check::Locked, 1), (Check::NoBid, zero), (Check::NoMarket, 1)]);
    assert_eq!(inspection.score, Some(1.0));
}

#[test]
fn what_the_snapshot_before_had_is_missed() {
    let before = chain(&quotes("SPY", 0.25));
    let all = quotes("SPY", 0.25);
    let last = at().new_york_date() + TimeDelta::days(120);
    let fewer: Vec<_> = all.into_iter().filter(|quote| quote.contract.expiration() != last).skip(2).collect();
    let expected = Expectations { previous: Some(&before), ..Expectations::default() };
    let inspection = inspect(&chain(&fewer), &expected);
    assert_eq!((inspection.count(Check::MissingExpiration), inspection.count(Check::MissingContract)), (1, 2));
    assert!(inspection.score.is_some_and(|score| (score - 82.0 / 126.0).abs() < 1e-12), "{:?}", inspection.score);

    // A month later the first expiration has passed, and nobody misses it.
    let later = at().saturating_add(TimeDelta::days(30));
    let rows = chain(&fewer).into_rows().into_iter().filter(|row| row.life.last_trade_at > later);
    let chain = OptionChain::new(symbol(), AsOf::instant(later), rows.collect());
    let inspection = inspect(
        &chain,
        &Expectations { previous: Some(&chain), max_age: TimeDelta::days(60), ..Expectations::default() },
    );
    assert_eq!(serious(&inspection), []);
    assert!(
        inspect(&OptionChain::new(symbol(), AsOf::instant(at()), Vec::new()), &Expectations::default()).score.is_none()
    );
}

#[tokio::test]
async fn wrong_rows_are_kept_out_and_kept() {
    let store = MemoryStore::new();
    let curve = curve();
    let expected = Expectations { curve: Some(&curve), ..Expectations::default() };
    let mut quotes = quotes("SPY", 0.25);
    (quotes[4].bid, quotes[4].ask) = (Some(25.0), Some(24.0));
    quotes[9].ask = Some(f64::INFINITY);
    let snapshot = ChainSnapshot::of(symbol(), &quotes).expect("quotes");
    let gated = store_checked(&store, &snapshot, &quotes, &expected).await.expect("stored");
    assert_eq!((gated.quarantined, gated.stored.inserted), (2, 124), "the header is not counted");

    let query = ChainQuery::new(symbol(), AsOf::instant(at()));
    let chain = store.chain_as_of(&query).await.expect("read");
    assert!(chain.get(&quotes[4].contract).is_none() && chain.len() == 124);

    let reports = store.list_quality(&QualityQuery::default()).await.expect("read").items;
    let named = |name: &str| reports.iter().find(|report| report.check_name.as_str() == name).expect("a report");
    let overall = named("chain snapshot");
    assert_eq!((overall.score, overall.severity), (gated.inspection.score, Severity::Error));
    assert_eq!(overall.details.as_value()["quarantined"], 2);
    let crossed = named("crossed markets").details.as_value();
    assert_eq!(crossed["underlying"], "SPY");
    assert_eq!(crossed["quarantined"][0]["reason"], "bid 25, ask 24");
    let row: OptionQuote = strikebook_core::Json::new(crossed["quarantined"][0]["row"].clone())
        .and_then(|row| row.read())
        .expect("a quote");
    assert_eq!(row, quotes[4], "the whole row is there");
    assert!(
        named("invalid rows").details.as_value()["quarantined"][0]["reason"]
            .as_str()
            .is_some_and(|r| r.contains("inf"))
    );

    let again = store_checked(&store, &snapshot, &quotes, &expected).await.expect("stored");
    assert_eq!((again.stored.inserted, again.stored.unchanged), (0, 124));
    assert_eq!(store.list_quality(&QualityQuery::default()).await.expect("read").items.len(), reports.len());
}

/// A deep European put may be worth less than its exercise value, an American one may not: the stored details say which
/// a contract is, and win over the product table.
#[tokio::test]
async fn stored_details_win_over_the_product_table() {
    let (curve, store) = (ForwardCurve::flat(SPOT, 0.08, 0.0).expect("a curve"), MemoryStore::new());
    let expected = Expectations { curve: Some(&curve), ..Expectations::default() };
    let put = contract("SPY", 365, OptionType::Put, 150);
    // The exercise value is 50, and a European put is worth 150 e^-0.08 - 100 = 38.5 at least.
    let quote = OptionQuote::new(put, at(), Source::new("test").expect("a source"));
    let quotes = [quote.with_market(Some(39.0), Some(40.0))];
    let snapshot = ChainSnapshot::of(symbol(), &quotes).expect("quotes");
    let gated = store_checked(&store, &snapshot, &quotes, &expected).await.expect("stored");
    assert_eq!((gated.quarantined, gated.inspection.count(Check::Bounds)), (1, 1));

    let details = ContractDetails::standard(put, Source::new("test").expect("a source"), at()).expect("details");
    let product = Product { exercise_style: ExerciseStyle::European, ..details.product };
    store.upsert_contracts(&[ContractDetails { product, ..details }]).await.expect("details");
    let gated = store_checked(&store, &snapshot, &quotes, &expected).await.expect("stored");
    assert_eq!((gated.quarantined, gated.stored.inserted, gated.inspection.count(Check::Bounds)), (0, 1, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// No quotes, however mad, make it panic, and the score is a part of one.
    #[test]
    fn anything_can_be_inspected(
        numbers in prop::collection::vec((0_usize..126, prop::option::of(prop::num::f64::ANY), prop::option::of(prop::num::f64::ANY)), 0..60),
    ) {
        let mut quotes = quotes("SPX", 0.25);
        for (index, bid, ask) in numbers {
            (quotes[index].bid, quotes[index].ask) = (bid, ask);
        }
        let inspection = found(&quotes);
        prop_assert!(inspection.score.is_some_and(|score| (0.0..=1.0).contains(&score)));
    }
}
