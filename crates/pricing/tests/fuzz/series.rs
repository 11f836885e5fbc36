//! Series that revert to a mean, and the forwards that a chain implies.

use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Source, Timestamp,
    market::{ChainRow, ExerciseStyle, OptionChain, OptionQuote, Symbol},
    pricing::ForwardCurve,
};
use strikebook_pricing::{
    american::Preset,
    curve::{self, BidAsk, Expiry, Pair, Settings},
    ou::{self, Lags, Trend},
    svi,
};

use crate::{
    draw::Draw,
    run::{Target, target},
};

const CALLS: u64 = 8_000;

pub(crate) fn ou() -> Vec<Target> {
    let fitted = |fit: ou::FittedProcess| {
        let ou::Process { speed, mean, volatility } = fit.process;
        [speed, mean, volatility, fit.coefficient, fit.constant, fit.log_likelihood, fit.half_life()]
    };
    vec![
        target(
            &["ou::fit", "ou::fit_stationary", "ou::FittedProcess::half_life"],
            CALLS,
            |draw| (draw.series(60), draw.magnitude(-4.0, 1.0)),
            move |(series, step)| [ou::fit(series, *step).map(fitted), ou::fit_stationary(series, *step).map(fitted)],
        ),
        target(
            &["ou::adf"],
            CALLS,
            |draw| {
                let lags = draw.one_of([Lags::Akaike, Lags::Fixed(0)]);
                let lags = if lags == Lags::Akaike { lags } else { Lags::Fixed(draw.count()) };
                (draw.series(60), draw.one_of([Trend::None, Trend::Constant, Trend::Linear]), lags)
            },
            |(series, trend, lags)| {
                let probability = |p: f64| (0.0..=1.0).contains(&p);
                ou::adf(series, *trend, *lags).map(|test| (test.statistic, test.p_value, probability(test.p_value)))
            },
        ),
        target(
            &["ou::hedge_ratio"],
            CALLS,
            |draw| {
                let first = draw.series(40);
                let scale = draw.magnitude(-2.0, 2.0);
                let mut second: Vec<f64> = first.iter().map(|value| value * scale + draw.rarely(0.1)).collect();
                if draw.one_of([false, false, false, true]) {
                    second.push(0.0);
                }
                (first, second)
            },
            |(first, second)| {
                ou::hedge_ratio(first, second).map(|hedge| [hedge.ratio, hedge.constant, hedge.r_squared])
            },
        ),
        target(
            &["ou::return_thresholds"],
            CALLS,
            |draw| (draw.process(), draw.magnitude(-3.0, 1.0)),
            |(process, cost)| {
                ou::return_thresholds(process, *cost).map(|levels| [levels.entry, levels.exit, levels.return_per_year])
            },
        ),
        target(
            &["ou::discounted_thresholds"],
            CALLS / 40,
            |draw| (draw.process(), draw.magnitude(-3.0, 0.0), draw.between(0.0, 0.5)),
            |(process, rate, cost)| {
                ou::discounted_thresholds(process, *rate, *cost)
                    .map(|levels| [levels.entry, levels.exit, levels.value_at_mean])
            },
        ),
    ]
}

fn expiry(draw: &mut Draw) -> Expiry {
    let forward = draw.magnitude(1.0, 3.0);
    let (discount, years) = (draw.between(0.9, 1.01), draw.years());
    let width = 0.1 * forward;
    let pairs = draw.list(30, |draw| {
        let strike = forward * (0.7 + 0.6 * draw.between(0.0, 1.0));
        let straddle = width * (-((strike / forward).ln() / 0.2).powi(2)).exp();
        let call = straddle + (discount * (forward - strike)).max(0.0);
        let put = call - discount * (forward - strike);
        let mut market = |mid: f64| BidAsk { bid: draw.rarely(mid - 0.02), ask: draw.rarely(mid + 0.02) };
        let (call, put) = (market(call), market(put));
        Pair { strike: draw.rarely(strike), call, put }
    });
    let exercise_style = draw.one_of([ExerciseStyle::European, ExerciseStyle::American]);
    Expiry { years, exercise_style, pairs }
}

/// Returns a chain whose quotes have any numbers, as a chain made by hand may have.
fn chain(draw: &mut Draw) -> OptionChain {
    let at: Timestamp = "2025-09-02T20:00:00Z".parse().expect("an instant");
    let symbol = Symbol::new("SPY").expect("a symbol");
    let expiration = draw.one_of(["250902", "250919", "260918"]);
    let rows = draw.list(16, |draw| {
        let (strike, option_type) = (draw.one_of([80, 90, 95, 100, 105, 120]), draw.one_of(["C", "P"]));
        let contract = format!("SPY{expiration}{option_type}{:08}", 1000 * strike).parse().expect("a contract");
        let mut quote = OptionQuote::new(contract, at, Source::new("fuzz").expect("a source"));
        quote.bid = Some(draw.between(0.5, 20.0));
        quote.ask = quote.bid.map(|bid| draw.or(bid + 0.1));
        ChainRow::new(quote, TimeDelta::zero())
    });
    OptionChain::new(symbol, AsOf::instant(at), rows)
}

pub(crate) fn curve() -> Vec<Target> {
    vec![
        target(
            &["curve::imply"],
            CALLS / 20,
            |draw| {
                let expiries = (0..draw.one_of([0, 1, 1, 2, 3])).map(|_| expiry(draw)).collect::<Vec<_>>();
                let settings = Settings {
                    spot: draw.sometimes(|draw| draw.magnitude(1.0, 3.0)),
                    rate: draw.sometimes(Draw::rate),
                    most_pairs: draw.count(),
                    preset: Preset::Fast,
                };
                (expiries, settings)
            },
            |(expiries, settings)| {
                let implied = curve::imply(expiries, settings)?;
                let parities = implied.parities.iter().map(|parity| {
                    let parity = (*parity)?;
                    let errors = [parity.forward_error, parity.rate_error, parity.early_exercise];
                    Ok::<_, strikebook_pricing::FitError>((errors, [parity.point.forward, parity.point.discount]))
                });
                let (parities, curve) = (parities.collect::<Vec<_>>(), implied.curve);
                let years: Vec<f64> = curve.years().collect();
                let there =
                    years.into_iter().map(|years| [curve.forward(years), curve.discount(years), curve.rate(years)]);
                Ok::<_, strikebook_pricing::FitError>((parities, there.collect::<Vec<_>>()))
            },
        ),
        target(&["curve::expiries"], CALLS / 20, chain, |chain| {
            curve::expiries(chain).iter().map(|expiry| expiry.years).collect::<Vec<f64>>()
        }),
        target(
            &["svi::smiles"],
            CALLS / 40,
            |draw| (chain(draw), draw.magnitude(1.0, 3.0), draw.rate(), draw.rate()),
            |(chain, spot, rate, dividend_yield)| {
                let curve = ForwardCurve::flat(*spot, *rate, *dividend_yield).ok()?;
                let smiles = svi::smiles(chain, &curve, Preset::Fast);
                let quotes = smiles.into_iter().flat_map(|smile| smile.quotes);
                Some(quotes.map(|quote| [quote.forward, quote.bid, quote.ask]).collect::<Vec<_>>())
            },
        ),
    ]
}
