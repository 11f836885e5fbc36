//! Prices made at 20 % with the true time give 20 % back, on every engine.

use strikebook::{
    AsOf, Result, Source, Store, Timestamp,
    analytics::Model,
    market::{
        ChainQuery, ContractDetails, Delivery, ExerciseStyle, LastTrading, OptionContract, OptionQuote, Product,
        SettlementTime, calendar,
    },
    pricing::{ForwardCurve, OptionInputs, Pricer, Unpriced, Valuation},
    services::{
        pricing::{ChainPricing, NotPriced, price_chain},
        wheel::{AdviceInputs, EventCalendar, RejectReason, WheelHoldings, WheelLimits, advise_as_of},
    },
};
use strikebook_testkit::{Harness, run, trial::Trial};
use strikebook_tests::on_every_engine;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    on_every_engine![
        a_price_at_20_percent_gives_20_percent_back,
        details_of_a_contract_win_over_the_product_table,
        nothing_is_priced_after_it_has_settled,
        a_covered_call_is_never_advised_on_what_is_settled_in_cash
    ]
}

const VOLATILITY: f64 = 0.20;
const RATE: f64 = 0.04;

fn new_york(text: &str) -> Timestamp {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a wall clock");
    calendar::instant(wall.date(), wall.time()).expect("in range")
}

/// Returns a quote whose mid is the price at 20 % with some hours left.
fn quote(contract: &str, at: &str, hours: f64) -> Result<OptionQuote> {
    let (contract, at): (OptionContract, _) = (contract.parse()?, new_york(at));
    let (option_type, strike) = (contract.option_type(), contract.strike().to_f64());
    let years = hours / (365.0 * 24.0);
    let inputs = OptionInputs { option_type, spot: strike, strike, years, rate: RATE, dividend_yield: 0.0 };
    let price = price(&inputs, VOLATILITY);
    let mut quote = OptionQuote::new(contract, at, Source::new("test")?);
    (quote.bid, quote.ask) = (Some(price * 0.999), Some(price * 1.001));
    quote.underlying_price = Some(strike);
    Ok(quote)
}

/// The price of a call by Black and Scholes: without dividends, that of an American one too.
fn price(option: &OptionInputs, volatility: f64) -> f64 {
    let OptionInputs { spot, strike, years, rate, .. } = *option;
    let deviation = volatility * years.sqrt();
    let d1 = ((spot / strike).ln() + rate * years) / deviation + deviation / 2.0;
    spot * normal(d1) - strike * (-rate * years).exp() * normal(d1 - deviation)
}

/// The normal distribution to 1e-7 (Abramowitz and Stegun, 26.2.17).
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let sum = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let sum = sum.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    let tail = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * sum;
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// A model of calls that finds volatilities by bisection.
#[derive(Debug)]
struct Bisection;

impl Pricer for Bisection {
    fn model(&self) -> Model {
        Model::new("bisection").expect("a name")
    }

    fn revision(&self) -> u32 {
        1
    }

    fn value(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>> {
        options
            .iter()
            .map(|(option, volatility)| Ok(Valuation { price: price(option, *volatility), ..Valuation::default() }))
            .collect()
    }

    fn implied_volatility(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>> {
        let solve = |(option, wanted): &(OptionInputs, f64)| {
            if option.years <= 0.0 {
                return Err(Unpriced::Expired);
            }
            let (mut low, mut high) = (0.001, 10.0);
            for _ in 0..60 {
                let middle = f64::midpoint(low, high);
                if price(option, middle) < *wanted { low = middle } else { high = middle }
            }
            Ok(low)
        };
        options.iter().map(solve).collect()
    }
}

/// Returns the volatility that `price_chain` gives a stored contract.
async fn volatility(store: &dyn Store, quote: &OptionQuote, at: Timestamp) -> Result<Option<Result<f64, NotPriced>>> {
    let underlying = store.get_contract(&quote.contract).await?.map(|details| details.underlying);
    let underlying = underlying.map_or_else(|| quote.contract.root().underlying(), Ok)?;
    let chain = store.chain_as_of(&ChainQuery::new(underlying, AsOf::instant(at))).await?;
    let curve = ForwardCurve::flat(quote.contract.strike().to_f64(), RATE, 0.0)?;
    let pricing = ChainPricing { curve: &curve, american: &Bisection, european: &Bisection, computed_at: at };
    let priced = price_chain(&chain, &pricing)?;
    let row = priced.rows.into_iter().find(|row| row.row.quote.contract == quote.contract);
    Ok(row.map(|row| row.greeks.map(|greeks| greeks.implied_volatility)))
}

/// Contracts, an instant of New York, and the hours from there until the payoff is struck.
const LIVES: &[(&str, &str, f64)] = &[
    ("SPX251219C06500000", "2025-12-18 16:14", 17.0 + 16.0 / 60.0),
    ("SPX251219C06500000", "2025-12-15 12:00", 4.0 * 24.0 - 2.5),
    ("SPXW251219C06500000", "2025-12-18 16:14", 24.0 - 14.0 / 60.0),
    ("SPXW251219C06500000", "2025-12-19 15:30", 0.5),
    ("VIX251217C00020000", "2025-12-16 16:14", 17.0 + 16.0 / 60.0),
    ("VIX260519C00020000", "2026-05-18 16:00", 17.5),
    ("SPY140322C00185000", "2014-03-21 15:00", 1.0),
    ("SPY140322C00185000", "2014-03-20 16:00", 24.0),
    ("SPY140322C00185000", "2014-03-14 16:00", 7.0 * 24.0),
    ("SPX140322C01850000", "2014-03-20 16:00", 17.5),
    ("SPY080322C00130000", "2008-03-20 12:00", 4.0),
    ("SPY080322C00130000", "2008-03-19 16:00", 24.0),
    // Juneteenth, Good Friday, and half days; with the change of the clocks on 2025-11-02.
    ("SPX260618C06500000", "2026-06-17 16:00", 17.5),
    ("SPX190418C02900000", "2019-04-17 16:00", 17.5),
    ("SPXW190418C02900000", "2019-04-17 16:00", 24.0),
    ("SPY251128C00650000", "2025-11-28 12:00", 1.0),
    ("SPXW251128C06500000", "2025-11-26 16:00", 45.0),
    ("GOOG151224C00750000", "2015-12-23 16:00", 21.0),
    ("SPXW251103C06500000", "2025-10-31 16:00", 73.0),
    ("OEX251219C03000000", "2025-12-18 16:00", 24.0),
    ("2SPX251219C06500000", "2025-12-18 16:00", 17.5),
];

fn a_price_at_20_percent_gives_20_percent_back(harness: impl Harness) {
    run(harness, async |bench| {
        for (contract, at, hours) in LIVES {
            let bench = bench.another().await?;
            let store = bench.open().await?;
            let quote = quote(contract, at, *hours)?;
            store.upsert_quotes(std::slice::from_ref(&quote)).await?;
            let found = volatility(&*store, &quote, quote.at).await?;
            let Some(Ok(found)) = found else { panic!("{contract} at {at}: {found:?}") };
            assert!((found - VOLATILITY).abs() < 0.0005, "{contract} at {at}: {found}");
            store.close().await?;
        }
        Ok(())
    });
}

fn details_of_a_contract_win_over_the_product_table(harness: impl Harness) {
    run(harness, async |bench| {
        let store = bench.open().await?;
        // A root that the table does not list, and one whose terms were others then.
        let own = Product {
            multiplier: 100,
            exercise_style: ExerciseStyle::European,
            settlement: SettlementTime::Am,
            delivery: Delivery::Cash,
            last_trading: LastTrading::DayBefore,
            hours: "DEMO251219C00100000".parse::<OptionContract>()?.root().product().hours,
        };
        for (contract, at, hours) in
            [("DEMO251219C00100000", "2025-12-18 15:00", 18.5), ("SPXW101126C01200000", "2010-11-24 16:14", 41.2667)]
        {
            let quote = quote(contract, at, hours)?;
            let standard = ContractDetails::standard(quote.contract, quote.source.clone(), quote.at)?;
            let hours = standard.product.hours;
            store.upsert_contracts(&[ContractDetails { product: Product { hours, ..own }, ..standard }]).await?;
            store.upsert_quotes(std::slice::from_ref(&quote)).await?;
            let found = volatility(&*store, &quote, quote.at).await?;
            let Some(Ok(found)) = found else { panic!("{contract}: {found:?}") };
            assert!((found - VOLATILITY).abs() < 0.0005, "{contract}: {found}");
        }
        store.close().await
    });
}

fn nothing_is_priced_after_it_has_settled(harness: impl Harness) {
    run(harness, async |bench| {
        let store = bench.open().await?;
        let quote = quote("SPY251219C00650000", "2025-12-19 15:59", 1.0 / 60.0)?;
        store.upsert_quotes(std::slice::from_ref(&quote)).await?;
        let settled = Some(Err(NotPriced::Settled));
        assert!(matches!(volatility(&*store, &quote, quote.at).await?, Some(Ok(_))));
        // SPY trades on for a quarter of an hour.
        assert_eq!(volatility(&*store, &quote, new_york("2025-12-19 16:00")).await?, settled);
        assert_eq!(volatility(&*store, &quote, new_york("2025-12-19 16:15")).await?, settled);
        assert_eq!(volatility(&*store, &quote, new_york("2025-12-19 16:16")).await?, None, "no longer in the chain");
        store.close().await
    });
}

fn a_covered_call_is_never_advised_on_what_is_settled_in_cash(harness: impl Harness) {
    run(harness, async |bench| {
        let store = bench.open().await?;
        let at = "2025-12-01 12:00";
        let mut quotes = Vec::new();
        for contract in ["XSP251219C00690000", "SPY251219C00690000"] {
            let mut quote = quote(contract, at, 18.0 * 24.0)?;
            quote.underlying_price = Some(680.0);
            quote.greeks.delta = Some(0.25);
            (quote.volume, quote.open_interest) = (Some(10_000), Some(10_000));
            quotes.push(quote);
        }
        store.upsert_quotes(&quotes).await?;
        let holdings = WheelHoldings { free_shares: 1_000.into(), ..WheelHoldings::default() };
        let (calendar, limits) = (EventCalendar::default(), WheelLimits::default());
        let inputs = AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model: None };
        for (quote, is_cash) in quotes.iter().zip([true, false]) {
            let underlying = quote.contract.root().underlying()?;
            let advice = advise_as_of(&*store, underlying, AsOf::instant(quote.at), &inputs).await?;
            assert_eq!(advice.calls.is_empty(), is_cash, "{:?}", advice.rejected);
            assert_eq!(advice.counts().contains_key(&RejectReason::CashSettled), is_cash);
        }
        // Details in the store make the shares of a fund cash.
        let standard = ContractDetails::standard(quotes[1].contract, quotes[1].source.clone(), quotes[1].at)?;
        let product = Product { delivery: Delivery::Cash, ..standard.product };
        store.upsert_contracts(&[ContractDetails { product, ..standard }]).await?;
        let advice = advise_as_of(&*store, "SPY".parse()?, AsOf::instant(quotes[1].at), &inputs).await?;
        assert_eq!(advice.counts().get(&RejectReason::CashSettled), Some(&1));
        store.close().await
    });
}
