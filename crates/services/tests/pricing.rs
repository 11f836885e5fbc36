//! Chains priced by the models of the pricing crate: round trips, reasons, and real days.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Source, Timestamp,
    analytics::{GreeksKey, GreeksRepository, Maturity, SmileKey, SviRepository},
    market::{ChainQuery, ChainRepository, ChainRow, OptionChain, OptionContract, OptionQuote, QuoteGreeks, Symbol},
    memory::MemoryStore,
    pricing::{ForwardCurve, OptionInputs, Pricer, Unpriced},
};
use strikebook_pricing::{
    American, BlackScholes,
    american::Preset,
    curve::{self, Settings},
    svi::{self, Raw, Slice},
};
use strikebook_services::pricing::{ChainPricing, NotPriced, PricedChain, price_chain, store_greeks};
use strikebook_testkit::{async_trials, trial, trials};
use strikebook_vendors::{ReadOptions, read_file};

const AMERICAN: American = American { preset: Preset::Fast };

fn at() -> Timestamp {
    "2025-09-25T20:00:00Z".parse().expect("an instant")
}

fn contract(text: &str) -> OptionContract {
    text.parse().expect("a contract")
}

fn curve() -> ForwardCurve {
    ForwardCurve::flat(6_600.0, 0.042, 0.012).expect("a curve")
}

fn market(curve: &ForwardCurve) -> ChainPricing<'_> {
    ChainPricing { curve, american: &AMERICAN, european: &BlackScholes, computed_at: at() }
}

fn chain(quotes: impl IntoIterator<Item = OptionQuote>) -> OptionChain {
    let rows = quotes.into_iter().map(|quote| ChainRow::new(quote, TimeDelta::zero()));
    OptionChain::new(Symbol::new("SPX").expect("a symbol"), AsOf::instant(at()), rows.collect())
}

/// A quote around a price.
fn quote(text: &str, price: f64) -> OptionQuote {
    OptionQuote::new(contract(text), at(), Source::new("test").expect("a source"))
        .with_market(Some(price - 0.05), Some(price + 0.05))
}

fn inputs(contract: &OptionContract, curve: &ForwardCurve) -> OptionInputs {
    let years = contract.standard_life().years_to_expiration(at());
    OptionInputs {
        option_type: contract.option_type(),
        spot: curve.spot(),
        strike: contract.strike().to_f64(),
        years,
        rate: curve.rate(years),
        dividend_yield: curve.dividend_yield(years),
    }
}

fn volatilities_that_prices_were_made_of_come_back_by_exercise_style() {
    let curve = curve();
    let models: [(&str, &dyn Pricer); 2] = [("SPXW251219P07000000", &BlackScholes), ("SPY251219P07000000", &AMERICAN)];
    for (text, model) in models {
        let contract = contract(text);
        let valued = model.value(&[(inputs(&contract, &curve), 0.21)]).pop().expect("one").expect("a value");
        let priced = price_chain(&chain([quote(text, valued.price)]), &market(&curve)).expect("a pricing");
        let greeks = priced.rows[0].greeks.as_ref().expect("Greeks");
        assert!((greeks.implied_volatility - 0.21).abs() < 1e-9, "{text}: {greeks:?}");
        assert_eq!((greeks.key.model, greeks.key.revision), (model.model(), model.revision()));
        assert_eq!((greeks.at, greeks.recorded_at, greeks.spot), (at(), at(), 6_600.0));
        assert!((greeks.valuation.delta - valued.delta).abs() < 1e-9);
        let own = priced.to_chain();
        assert_eq!(own.rows()[0].quote.greeks.delta, Some(greeks.valuation.delta));
        assert_eq!(own.rows()[0].quote.implied_volatility, Some(greeks.implied_volatility));
    }
}

fn every_quote_without_a_volatility_has_a_reason() {
    let curve = curve();
    let put = "SPXW251219P06500000";
    let with = |bid: Option<f64>, ask: Option<f64>| quote(put, 1.0).with_market(bid, ask);
    for (quote, reason) in [
        (with(Some(10.0), None), NotPriced::OneSided),
        (with(None, None), NotPriced::OneSided),
        (with(Some(0.0), Some(0.05)), NotPriced::NoBid),
        (with(Some(9.0), Some(8.9)), NotPriced::Crossed),
        (quote("SPY1251219P06500000", 100.0), NotPriced::Adjusted),
        (quote("SPXW251219P07500000", 700.0), NotPriced::Model(Unpriced::BelowIntrinsic)),
        (quote("SPXW251219C06500000", 9_000.0), NotPriced::Model(Unpriced::AboveBound)),
        (quote("SPXW250924C06500000", 10.0), NotPriced::Settled),
    ] {
        let (text, mut stale) = (quote.contract.to_string(), quote);
        stale.last = Some(50.0);
        let priced = price_chain(&chain([stale]), &market(&curve)).expect("a pricing");
        assert_eq!(priced.rows[0].greeks, Err(reason), "{text}");
        assert_eq!(priced.reasons(), [(reason, 1)]);
        assert!(priced.to_chain().rows()[0].quote.implied_volatility.is_none());
    }
}

fn a_vendor_is_compared_in_money_too() {
    let curve = curve();
    let text = "SPXW251219P06500000";
    let mut quote = quote(text, 120.0);
    let priced = price_chain(&chain([quote.clone()]), &market(&curve)).expect("a pricing");
    let own = priced.rows[0].greeks.clone().expect("Greeks");
    assert!(priced.disagreements().is_empty(), "the vendor gave no Greeks");

    quote.implied_volatility = Some(own.implied_volatility - 0.01);
    let valuation = own.valuation;
    quote.greeks = QuoteGreeks {
        delta: Some(valuation.delta + 0.02),
        gamma: None,
        theta: Some(valuation.theta),
        vega: Some(valuation.vega * 0.01),
        rho: None,
    };
    let priced = price_chain(&chain([quote]), &market(&curve)).expect("a pricing");
    let one = priced.rows[0].disagreement;
    let volatility = one.implied_volatility.expect("both");
    assert!((volatility.difference() - 0.01).abs() < 1e-12);
    assert!((volatility.per_share - 0.01 * valuation.vega).abs() < 1e-9);
    let delta = one.delta.expect("both");
    assert!((delta.per_share + 0.02 * 66.0).abs() < 1e-9, "over a move of one percent: {delta:?}");
    assert!(one.gamma.is_none() && one.rho.is_none());
    let spreads: BTreeMap<_, _> = priced.disagreements().into_iter().collect();
    assert_eq!(spreads.keys().copied().collect::<Vec<_>>(), ["delta", "implied_volatility", "theta", "vega"]);
    // A vega per volatility point taken for one per 1.00 shows.
    assert!(spreads["vega"].median > 0.9 * valuation.vega && spreads["theta"].largest < 1e-9);
}

async fn greeks_are_stored_with_their_model() {
    let curve = curve();
    let store = MemoryStore::new();
    let priced =
        price_chain(&chain([quote("SPXW251219P06500000", 120.0), quote("SPY251219P06500000", 125.0)]), &market(&curve))
            .expect("a pricing");
    assert_eq!(store_greeks(&store, &priced).await.expect("stored").inserted, 2);
    let key = GreeksKey { contract: contract("SPY251219P06500000"), model: AMERICAN.model(), revision: 1 };
    let found = store.greeks_as_of(&key, AsOf::instant(at())).await.expect("read").expect("there");
    assert_eq!(Some(&found), priced.greeks().find(|greeks| greeks.key == key));
}

/// Chains of a file by underlying, as of an instant or of each one's last quote.
async fn real(file: &str, as_of: Option<&str>) -> Vec<OptionChain> {
    let path = trial::data(file);
    let store = MemoryStore::new();
    let mut reader = read_file(path, &ReadOptions::default()).expect("a known format");
    let mut newest: BTreeMap<Symbol, Timestamp> = BTreeMap::new();
    while let Some(batch) = reader.next_batch(100_000).expect("readable") {
        for quote in &batch.quotes {
            let last = newest.entry(quote.contract.root().underlying().expect("a symbol")).or_insert(quote.at);
            *last = quote.at.max(*last);
        }
        store.upsert_quotes(&batch.quotes).await.expect("stored");
    }
    let mut chains = Vec::new();
    for (symbol, last) in newest {
        let at = as_of.map_or(last, |at| at.parse().expect("an instant"));
        let query = ChainQuery::new(symbol, AsOf::with_hindsight(at));
        chains.push(store.chain_as_of(&query).await.expect("read"));
    }
    chains
}

/// A chain priced with its own curve, and what the pricing reports.
fn reported(chain: &OptionChain, rates: (f64, f64)) -> PricedChain {
    let implied = curve::imply(&curve::expiries(chain), &Settings::default()).expect("a curve");
    for (expiration, parity) in chain.expirations().iter().zip(&implied.parities) {
        if let Ok(parity) = parity {
            let rate = -parity.point.discount.ln() / parity.point.years;
            strikebook_testkit::note!(
                "{expiration}: forward {:.3} ±{:.3}, rate {:.4} ±{:.4}, {} pairs, {} rejected, premium {:.3}",
                parity.point.forward,
                parity.forward_error,
                rate,
                parity.rate_error,
                parity.pairs,
                parity.rejected,
                parity.early_exercise
            );
            assert!((rates.0..rates.1).contains(&rate), "{expiration}: {parity:?}");
        } else {
            strikebook_testkit::note!("{expiration}: {parity:?}");
        }
    }
    let priced = price_chain(chain, &market(&implied.curve)).expect("a pricing");
    let (all, some) = (priced.rows.len(), priced.greeks().count());
    strikebook_testkit::note!(
        "{}: {some} of {all} quotes have a volatility ({:.2} %)",
        chain.underlying,
        100.0 * some as f64 / all as f64
    );
    for (reason, count) in priced.reasons() {
        strikebook_testkit::note!("  {count} x {reason}");
    }
    for (name, spread) in priced.disagreements() {
        strikebook_testkit::note!("  {name}: {spread:?}");
    }
    priced
}

async fn a_real_half_day_is_priced() {
    let file = "lean/Data/option/usa/minute/goog/20151224_quote_american.zip";
    let chains = real(file, Some("2015-12-24T12:00:00-05:00")).await;
    let priced = reported(&chains[0], (-0.01, 0.03));
    assert_eq!(priced.rows.len(), 2_192);
    let tradable = chains[0].filter(|row| row.quote.bid.is_some_and(|bid| bid > 0.0) && row.quote.ask.is_some());
    assert!(priced.greeks().count() * 100 > tradable.len() * 90);
}

async fn a_real_chain_of_2026_is_priced_and_its_vendor_compared() {
    let chains = real("options_desk/chains_20260715_25symbols.zip", None).await;
    let apple = chains.iter().find(|chain| chain.underlying.as_str() == "AAPL").expect("a chain");
    let priced = reported(apple, (0.0, 0.08));
    let spreads: BTreeMap<_, _> = priced.disagreements().into_iter().collect();
    assert!(spreads["delta"].median < 0.02, "{spreads:?}");
}

/// Slices of a chain from the nearest expiration on, each above the one before.
async fn slices_of_a_real_chain_of_2026_have_no_arbitrage_and_meet_its_quotes() {
    let chains = real("options_desk/chains_20260715_25symbols.zip", None).await;
    for symbol in ["AAPL", "MSFT", "NVDA"] {
        let chain = chains.iter().find(|chain| chain.underlying.as_str() == symbol).expect("a chain");
        let implied = curve::imply(&curve::expiries(chain), &Settings::default()).expect("a curve");
        let priced = price_chain(chain, &market(&implied.curve)).expect("a pricing");
        let (all, some) = (priced.rows.len(), priced.greeks().count());
        let tradable = chain.filter(|row| row.quote.bid.is_some_and(|bid| bid > 0.0) && row.quote.ask.is_some()).len();
        strikebook_testkit::note!("{symbol}: {some} of {all} quotes have a volatility, {tradable} could be traded");

        let (mut earlier, mut slices, mut quotes, mut left_out) = (None::<Slice>, 0, 0, 0);
        let (mut errors, mut records) = (Vec::new(), Vec::new());
        for mut smile in svi::smiles(chain, &implied.curve, Preset::Fast) {
            let all = smile.quotes.len() + smile.left_out;
            // Volatilities farther from each other between bid and ask tell nothing, nor do a few quotes.
            smile.quotes.retain(|quote| quote.ask - quote.bid <= 0.4 * quote.mid());
            quotes += smile.quotes.len();
            left_out += all - smile.quotes.len();
            if smile.quotes.len() < 10 {
                continue;
            }
            let fit = svi::fit_above(&smile.quotes, earlier.as_ref()).expect("a slice");
            assert_eq!(fit.slice.butterfly(), vec![], "{symbol}: {fit:?}");
            if let Some(earlier) = &earlier {
                assert_eq!(earlier.calendar(&fit.slice), vec![], "{symbol}: {fit:?}");
            }
            errors.push(fit.quality.rmse);
            let key = SmileKey { symbol: chain.underlying, maturity: Maturity::new(fit.years).expect("a maturity") };
            let source = chain.rows()[0].quote.source.clone();
            let record = fit.record(key, at(), fit.quality.record(None, None), source, at());
            assert_eq!(Slice::new(Raw::from(&record)), Ok(fit.slice));
            records.push(record);
            slices += 1;
            earlier = Some(fit.slice);
        }
        let store = MemoryStore::new();
        store.upsert_svi(&records).await.expect("they are valid");
        assert_eq!(store.svi_surface_as_of(chain.underlying, AsOf::instant(at())).await.expect("a surface"), records);
        // Not the worst: NVDA's chain holds prices of strikes from before its split, at 600 % of volatility.
        errors.sort_by(f64::total_cmp);
        let (median, worst) = (errors[slices / 2], errors[slices - 1]);
        strikebook_testkit::note!(
            "{symbol}: {slices} slices, {quotes} quotes, {left_out} left out, rmse {median:.4}, worst {worst:.4}"
        );
        assert!(slices >= 10, "{symbol}: {slices}");
        assert!(some * 100 > tradable * 85, "{symbol}: {some} of {tradable}");
        assert!(median < 0.02, "{symbol}: {errors:?}");
    }
}

fn main() -> std::process::ExitCode {
    strikebook_testkit::main(
        [
            trials![
                volatilities_that_prices_were_made_of_come_back_by_exercise_style,
                every_quote_without_a_volatility_has_a_reason,
                a_vendor_is_compared_in_money_too
            ],
            async_trials![
                greeks_are_stored_with_their_model,
                a_real_half_day_is_priced,
                a_real_chain_of_2026_is_priced_and_its_vendor_compared,
                slices_of_a_real_chain_of_2026_have_no_arbitrage_and_meet_its_quotes
            ],
        ]
        .concat(),
    )
}
