//! Properties of all American options.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::prelude::*;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{
    PricingError,
    american::{self, AmericanColumns, Preset},
    black_scholes,
    columns::{GreekColumns, Threads},
};

use crate::common::answers::for_each_case;

mod common;

/// Options and volatilities far beyond any market.
fn extreme() -> impl Strategy<Value = (OptionInputs, f64)> {
    let years = prop_oneof![1e-8..1e-3, 1e-3..3.0, 3.0..100.0];
    let volatility = prop_oneof![1e-4..0.05, 0.05..1.0, 1.0..5.0];
    let strike = prop_oneof![90.0..110.0, 30.0..300.0, (-6.0..9.0).prop_map(|exponent| 10_f64.powf(exponent))];
    let rate = || prop_oneof![Just(0.0), -0.02..0.1, -0.5..3.0];
    (option_type(), strike, years, rate(), rate(), volatility).prop_map(
        |(option_type, strike, years, rate, dividend_yield, volatility)| {
            (OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield }, volatility)
        },
    )
}

/// Options and volatilities as they are traded, with rates that may be negative.
fn traded() -> impl Strategy<Value = (OptionInputs, f64)> {
    (option_type(), 50.0..200.0, 0.003..3.0, -0.02..0.1, -0.02..0.1, 0.05..1.0).prop_map(
        |(option_type, strike, years, rate, dividend_yield, volatility)| {
            (OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield }, volatility)
        },
    )
}

/// Puts that are exercised between two boundaries, until these meet.
fn between() -> impl Strategy<Value = (OptionInputs, f64)> {
    (30.0..300.0, 0.003..3.0, -0.02..-1e-4, 0.001..0.999, 0.05..1.0).prop_map(
        |(strike, years, dividend_yield, share, volatility)| {
            let (option_type, rate) = (OptionType::Put, share * dividend_yield);
            (OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield }, volatility)
        },
    )
}

fn option_type() -> impl Strategy<Value = OptionType> {
    prop_oneof![Just(OptionType::Call), Just(OptionType::Put)]
}

fn preset() -> impl Strategy<Value = Preset> {
    prop_oneof![Just(Preset::Fast), Just(Preset::Accurate), Just(Preset::Precise)]
}

fn price(option: &OptionInputs, volatility: f64) -> f64 {
    american::price(option, volatility, Preset::Precise).unwrap()
}

fn intrinsic(option: &OptionInputs) -> f64 {
    match option.option_type {
        OptionType::Call => (option.spot - option.strike).max(0.0),
        OptionType::Put => (option.strike - option.spot).max(0.0),
    }
}

/// Rows of a chain, with some that have no value.
fn chain() -> impl Strategy<Value = Vec<(OptionInputs, f64)>> {
    let strikes = prop::collection::vec((option_type(), prop_oneof![60.0..160.0, Just(-1.0)]), 1..6);
    let expiries = prop::collection::vec((0.05..2.0_f64, 0.1..0.8_f64, strikes), 1..4);
    (expiries, -0.02..0.08_f64, 0.0..0.06_f64).prop_map(|(expiries, rate, dividend_yield)| {
        let row = |years, volatility, (option_type, strike)| {
            (OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield }, volatility)
        };
        let rows = |(years, volatility, strikes): (f64, f64, Vec<(OptionType, f64)>)| {
            strikes.into_iter().map(move |strike| row(years, volatility, strike))
        };
        expiries.into_iter().flat_map(rows).collect()
    })
}

#[test]
fn every_finite_input_has_a_finite_price() {
    let floors = [("a price", 0.5), ("a valuation", 0.5)];
    for_each_case(256, &(extreme(), preset()), &floors, |answers, ((option, volatility), preset)| {
        let price = american::price(&option, volatility, preset);
        match &price {
            Ok(price) => {
                let european = black_scholes::price(&option, volatility).unwrap();
                prop_assert!(price.is_finite() && *price >= european && *price >= intrinsic(&option));
                prop_assert!(*price <= bound(&option) * (1.0 + 1e-6), "{price}");
            }
            Err(error) => prop_assert!(matches!(error, PricingError::NotConverged { .. }), "{error}"),
        }
        answers.count("a price", price);
        let valuation = answers.count("a valuation", american::valuation(&option, volatility, preset));
        if let Some(american::AmericanValuation { price, greeks }) = valuation {
            let american::Greeks { delta, gamma, vega, theta, rho, epsilon } = greeks;
            prop_assert!([price, delta, gamma, vega, theta, rho, epsilon].iter().all(|value| value.is_finite()));
        }
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn traded_options_have_a_price_and_greeks((option, volatility) in traded(), preset in preset()) {
        let value = american::valuation(&option, volatility, preset);
        prop_assert!(value.is_ok(), "{value:?}");
        let price = american::price(&option, volatility, preset).unwrap();
        prop_assert_eq!(value.unwrap().price.to_bits(), price.to_bits());
    }

    #[test]
    fn columns_are_their_rows(chain in chain()) {
        let column =
            |field: fn(&OptionInputs) -> f64| -> Vec<f64> { chain.iter().map(|(option, _)| field(option)).collect() };
        let option_type: Vec<OptionType> = chain.iter().map(|(option, _)| option.option_type).collect();
        let [spot, strike, years] = [column(|it| it.spot), column(|it| it.strike), column(|it| it.years)];
        let [rate, dividend_yield] = [column(|it| it.rate), column(|it| it.dividend_yield)];
        let volatility: Vec<f64> = chain.iter().map(|(_, volatility)| *volatility).collect();
        let threads = [
            Threads::One,
            #[cfg(feature = "rayon")]
            Threads::All,
        ];
        for threads in threads {
            let options = AmericanColumns {
                option_type: &option_type,
                spot: &spot,
                strike: &strike,
                years: &years,
                rate: &rate,
                dividend_yield: &dividend_yield,
                preset: Preset::Fast,
                threads,
            };
            let mut columns = vec![vec![0.0; chain.len()]; 8];
            let mut failures = options.prices(&volatility, &mut columns[6]).unwrap();
            let given = columns[6].clone();
            let [price, delta, gamma, vega, theta, rho, _, implied] = &mut columns[..] else { unreachable!() };
            let greeks = options.greeks(&volatility, GreekColumns { price, delta, gamma, vega, theta, rho }).unwrap();
            prop_assert_eq!(&greeks, &failures);
            options.implied_volatilities(&given, implied).unwrap();
            for (row, (option, volatility)) in chain.iter().enumerate() {
                match american::valuation(option, *volatility, Preset::Fast) {
                    Ok(american::AmericanValuation { price, greeks }) => {
                        let american::Greeks { delta, gamma, vega, theta, rho, .. } = greeks;
                        let expected = [price, delta, gamma, vega, theta, rho, price];
                        for (column, value) in columns.iter().zip(expected) {
                            prop_assert_eq!(column[row].to_bits(), value.to_bits());
                        }
                        let expected = american::implied_volatility(option, price, Preset::Fast).unwrap_or(f64::NAN);
                        prop_assert!(columns[7][row].to_bits() == expected.to_bits() || expected.is_nan());
                    }
                    Err(error) => {
                        let failure = failures.remove(0);
                        prop_assert!(failure.row == row && failure.error.to_string() == error.to_string());
                        prop_assert!(columns.iter().all(|column| column[row].is_nan()));
                    }
                }
            }
            prop_assert!(failures.is_empty());
            let error = options.prices(&volatility[1..], &mut columns[0]).unwrap_err();
            let length = volatility.len() - 1;
            prop_assert_eq!(error, PricingError::ColumnLength { column: "volatility", length, expected: length + 1 });
        }
    }

    #[test]
    fn a_call_is_the_put_with_everything_exchanged((option, volatility) in traded()) {
        let OptionInputs { option_type, spot, strike, years, rate, dividend_yield } = option;
        let opposite = if option_type == OptionType::Call { OptionType::Put } else { OptionType::Call };
        let mirrored = OptionInputs {
            option_type: opposite, spot: strike, strike: spot, years, rate: dividend_yield, dividend_yield: rate,
        };
        let (value, mirrored) = (price(&option, volatility), price(&mirrored, volatility));
        prop_assert!((value - mirrored).abs() <= 1e-12 * value.max(1.0), "{value}, mirrored {mirrored}");
    }

    #[test]
    fn prices_scale_with_spot_and_strike((option, volatility) in traded(), factor in 0.01..100.0_f64) {
        let scaled = OptionInputs { spot: factor * option.spot, strike: factor * option.strike, ..option };
        let (value, scaled) = (price(&option, volatility), price(&scaled, volatility));
        prop_assert!((scaled - factor * value).abs() <= 1e-11 * factor * value.max(1.0));
    }

    #[test]
    fn prices_rise_with_time_and_volatility((option, volatility) in traded(), up in 1.001..2.0) {
        let value = price(&option, volatility);
        prop_assert!(price(&option, volatility * up) >= value - 2e-8);
        let longer = OptionInputs { years: option.years * up, ..option };
        prop_assert!(price(&longer, volatility) >= value - 2e-8);
    }

    #[test]
    fn prices_are_convex_in_the_spot_and_no_steeper_than_the_payoff(
        (option, volatility) in traded(),
        step in 0.01..10.0,
    ) {
        let at = |spot| price(&OptionInputs { spot, ..option }, volatility);
        let (below, middle, above) = (at(option.spot - step), at(option.spot), at(option.spot + step));
        prop_assert!(below + above - 2.0 * middle >= -4e-8);
        let rise = if option.option_type == OptionType::Call { above - middle } else { middle - above };
        // A share with a negative yield grows in number, so the bound grows too.
        let steepest = (-option.dividend_yield * option.years).exp().max(1.0);
        prop_assert!(rise >= -2e-8 && rise <= step * steepest + 2e-8);
    }

    #[test]
    fn two_boundaries_are_found_wherever_they_meet((option, volatility) in between(), preset in preset()) {
        let price = american::price(&option, volatility, preset).unwrap();
        prop_assert!(price >= black_scholes::price(&option, volatility).unwrap() && price >= intrinsic(&option));
    }

    #[test]
    fn greeks_are_the_derivatives((option, volatility) in traded()) {
        let greeks = american::valuation(&option, volatility, Preset::Precise).unwrap().greeks;
        let OptionInputs { spot, years, rate, dividend_yield, .. } = option;
        // Where the exercise boundary or a change of its kind lies between the points, differences are meaningless.
        prop_assume!((rate - dividend_yield).abs() > 1e-3 && rate.abs() > 1e-3 && dividend_yield.abs() > 1e-3);
        prop_assume!(greeks.gamma > 1e-6 && volatility * years.sqrt() > 0.02);
        let width = volatility * years.sqrt();
        let difference = |step: f64, value: &dyn Fn(f64) -> f64| (value(step) - value(-step)) / (2.0 * step);
        let at = |spot, years, rate, dividend_yield| {
            price(&OptionInputs { spot, years, rate, dividend_yield, ..option }, volatility)
        };
        let q = dividend_yield;
        let (by_vol, by_time) = (spot * years.sqrt(), spot * volatility / years.sqrt());
        for (name, greek, numeric, scale) in [
            ("delta", greeks.delta, difference(1e-4 * spot * width, &|step| at(spot + step, years, rate, q)), 1.0),
            ("vega", greeks.vega, difference(1e-4 * volatility, &|step| price(&option, volatility + step)), by_vol),
            ("theta", -greeks.theta, difference(1e-4 * years, &|step| at(spot, years + step, rate, q)), by_time),
            ("rho", greeks.rho, difference(1e-5, &|step| at(spot, years, rate + step, q)), spot * years),
            ("epsilon", greeks.epsilon, difference(1e-5, &|step| at(spot, years, rate, q + step)), spot * years),
        ] {
            prop_assert!((greek - numeric).abs() <= 1e-4 * scale, "{name}: {greek} is not {numeric}");
        }
    }

    #[test]
    fn a_price_gives_its_volatility_back((option, volatility) in traded()) {
        let value = american::valuation(&option, volatility, Preset::Fast).unwrap();
        prop_assume!(value.greeks.vega > 1e-3 * option.spot * option.years.sqrt());
        let implied = american::implied_volatility(&option, value.price, Preset::Fast).unwrap();
        prop_assert!((implied - volatility).abs() <= 1e-10, "{implied}, not {volatility}");
    }
}

fn bound(option: &OptionInputs) -> f64 {
    match option.option_type {
        OptionType::Call => option.spot * (-option.dividend_yield * option.years).exp().max(1.0),
        OptionType::Put => option.strike * (-option.rate * option.years).exp().max(1.0),
    }
}

/// A search for the meeting of the boundaries that once alternated between a time before it and one far after it.
#[test]
fn boundaries_that_meet_long_before_expiry_are_found() {
    for (years, rate, dividend_yield, volatility) in [
        (0.981_351_329_602_405_3, -0.013_288_577_667_064_821, -0.017_977_389_571_850_338, 0.311_967_237_084_801_2),
        (0.318_574_927_263_355_7, -0.002_141_758_222_067_769_2, -0.014_142_988_550_731_844, 0.999_548_068_712_444_8),
        (1.417_660_634_941_355_9, -0.006_631_686_812_109_024_5, -0.015_165_107_241_043_55, 0.299_224_077_785_089_5),
        (1.041_038_449_080_772_7, -0.013_641_532_297_638_802, -0.019_790_688_738_983_136, 0.143_322_965_167_976_68),
    ] {
        let option =
            OptionInputs { option_type: OptionType::Put, spot: 50.0, strike: 50.0, years, rate, dividend_yield };
        let tree = american::leisen_reimer(&option, volatility, 2_001).unwrap();
        let price = price(&option, volatility);
        assert!((price - tree).abs() < 1e-3, "{price} is not {tree}");
    }
}
