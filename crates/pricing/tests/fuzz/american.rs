//! American options, and shares with cash dividends.

use strikebook_core::pricing::{OptionInputs, Pricer};
use strikebook_pricing::{
    American, PricingError,
    american::{self, AmericanColumns, ExerciseBoundary, Preset},
    columns::{GreekColumns, Threads},
    dividends::{self, Dividend, Exercise},
};

use crate::{
    draw::Draw,
    european::{columns_up_to, consistent},
    run::{Target, target},
};

const CALLS: u64 = 700;

fn valued(draw: &mut Draw) -> (OptionInputs, f64, Preset) {
    (draw.option(), draw.volatility(), draw.american())
}

fn rows(draw: &mut Draw) -> (Vec<(OptionInputs, f64)>, Preset) {
    let priced = draw.one_of([false, true]);
    let rows = draw.list(6, |draw| if priced { draw.priced() } else { (draw.option(), draw.volatility()) });
    (rows, Preset::Fast)
}

pub(crate) fn targets() -> Vec<Target> {
    vec![
        target(&["american::price"], CALLS, valued, |(option, volatility, preset)| {
            american::price(option, *volatility, *preset).map(|price| (price, price >= 0.0))
        }),
        target(&["american::valuation"], CALLS, valued, |(option, volatility, preset)| {
            american::valuation(option, *volatility, *preset)
        }),
        target(
            &["american::implied_volatility"],
            CALLS,
            |draw| (draw.priced(), draw.american()),
            |((option, price), preset)| american::implied_volatility(option, *price, *preset),
        ),
        target(
            &["american::leisen_reimer"],
            CALLS,
            |draw| {
                let steps = draw.count();
                // Twenty thousand steps are allowed and take most of a second; a few hundred tell as much of the
                // arguments.
                (draw.option(), draw.volatility(), if steps <= 20_000 { steps % 400 } else { steps })
            },
            |(option, volatility, steps)| american::leisen_reimer(option, *volatility, *steps),
        ),
        target(
            &["american::ExerciseBoundary::new", "american::ExerciseBoundary::at"],
            CALLS,
            |draw| (valued(draw), draw.number()),
            |((option, volatility, preset), years)| {
                let boundary = ExerciseBoundary::new(option, *volatility, *preset)?;
                let times = [0.0, 1e-9 * option.years, 0.5 * option.years, option.years, *years];
                Ok::<_, PricingError>(
                    times.map(|years| boundary.at(years).map(|region| [region.lowest, region.highest])),
                )
            },
        ),
        target(&["pricer::American"], CALLS, rows, |(rows, preset)| {
            let pricer = American { preset: *preset };
            (pricer.value(rows), pricer.implied_volatility(rows))
        }),
        target(
            &[
                "american::AmericanColumns::prices",
                "american::AmericanColumns::greeks",
                "american::AmericanColumns::implied_volatilities",
            ],
            CALLS / 5,
            |draw| columns_up_to(draw, 8),
            |(option_type, [spot, strike, years, rate, dividend_yield, number])| {
                let (preset, threads, rows) = (Preset::Fast, Threads::One, option_type.len());
                let options =
                    AmericanColumns { option_type, spot, strike, years, rate, dividend_yield, preset, threads };
                let mut price = [vec![0.0; rows]];
                let failures = options.prices(number, &mut price[0]);
                let prices = consistent(rows, &price, failures);
                let mut greeks: [Vec<f64>; 6] = std::array::from_fn(|_| vec![0.0; rows]);
                let into = GreekColumns::from_columns(greeks.each_mut().map(Vec::as_mut_slice));
                let failures = options.greeks(number, into);
                let greeks = consistent(rows, &greeks, failures);
                let mut volatility = [vec![0.0; rows]];
                let failures = options.implied_volatilities(number, &mut volatility[0]);
                [prices, greeks, consistent(rows, &volatility, failures)]
            },
        ),
    ]
}

fn paid(draw: &mut Draw, option: &OptionInputs) -> Vec<Dividend> {
    draw.list(4, |draw| Dividend {
        years: draw.between(0.0, 1.1 * option.years),
        amount: draw.between(0.0, 0.7 * option.spot),
    })
}

pub(crate) fn dividends() -> Vec<Target> {
    vec![
        target(
            &["dividends::escrowed"],
            14_000,
            |draw| {
                let option = draw.option();
                (option, paid(draw, &option))
            },
            |(option, paid)| {
                dividends::escrowed(option, paid)
                    .map(|option| [option.spot, option.strike, option.years, option.rate, option.dividend_yield])
            },
        ),
        target(
            &["dividends::price"],
            150,
            |draw| {
                let option = draw.option();
                let exercise = draw.one_of([Exercise::European, Exercise::American]);
                (option, paid(draw, &option), draw.volatility(), exercise)
            },
            |(option, paid, volatility, exercise)| {
                dividends::price(option, paid, *volatility, *exercise).map(|estimate| [estimate.price, estimate.error])
            },
        ),
    ]
}
