//! American options that are exercised between two boundaries: puts with `q < r < 0` and calls with `r < q < 0`.
//!
//! `STRIKEBOOK_SOAK` multiplies the number of draws.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use strikebook_core::{
    market::OptionType::{self, Call, Put},
    pricing::OptionInputs,
};
use strikebook_pricing::{
    PricingError,
    american::{self, AmericanColumns, ExerciseBoundary, ExerciseRegion, Preset},
    black_scholes,
    columns::Threads,
};

use crate::common::penalty;

mod common;

const PRESETS: [Preset; 3] = [Preset::Fast, Preset::Accurate, Preset::Precise];

/// Options at the money with long lives, as the type, years, rate, yield, volatility and the value of a tree of 5,001
/// to 16,000 steps.
const LONG: [(OptionType, f64, f64, f64, f64, f64); 5] = [
    (Put, 5.0, -0.03, -0.05, 0.12, 8.2234),
    (Put, 20.0, -0.0074, -0.046, 0.216, 22.1141),
    (Put, 30.0, -0.0025, -0.0095, 0.12, 20.6944),
    (Call, 20.0, -0.07, -0.01, 0.24, 20.1203),
    (Call, 3.0, -0.06, -0.043, 0.075, 3.8114),
];

/// Calls on shares that are hard to borrow, and the puts that are equivalent to such: type, strike, years, rate, yield
/// and volatility.
const HARD_TO_BORROW: [(OptionType, f64, f64, f64, f64, f64); 7] = [
    (Call, 100.0, 1.0, -0.28, -0.11, 0.6),
    (Call, 100.0, 1.0, -0.28, -0.11, 0.3),
    (Call, 80.0, 1.0, -0.28, -0.11, 0.3),
    (Call, 40.0, 1.0, -0.28, -0.11, 0.5),
    (Call, 130.0, 2.0, -0.28, -0.11, 0.9),
    (Put, 100.0, 1.0, -0.11, -0.28, 0.4),
    (Put, 160.0, 3.0, -0.11, -0.28, 0.5),
];

fn option(option_type: OptionType, strike: f64, years: f64, rate: f64, dividend_yield: f64) -> OptionInputs {
    OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield }
}

fn table() -> Vec<(OptionInputs, f64)> {
    let long = LONG.map(|(option_type, years, rate, dividend_yield, volatility, _)| {
        (option(option_type, 100.0, years, rate, dividend_yield), volatility)
    });
    let hard = HARD_TO_BORROW.map(|(option_type, strike, years, rate, dividend_yield, volatility)| {
        (option(option_type, strike, years, rate, dividend_yield), volatility)
    });
    long.into_iter().chain(hard).collect()
}

/// Returns a value between two, with the same chance for each magnitude.
fn of_any_size(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..high.ln()).prop_map(f64::exp)
}

/// Returns options and volatilities with two boundaries: rates down to `−lowest`, a day to `longest` years, 1 to 300 %
/// of volatility, strikes up to one and a half standard deviations away.
///
/// Half of all rates and two thirds of the times are uniform, the others of any size, as the volatility is.
fn drawn(lowest: f64, longest: f64) -> impl Strategy<Value = (OptionInputs, f64)> {
    let rates =
        prop_oneof![(0.0..lowest, 0.0..lowest).boxed(), (of_any_size(1e-5, lowest), of_any_size(1e-5, lowest)).boxed()];
    let day = 1.0 / 365.0;
    let years = prop_oneof![2 => (day..longest).boxed(), 1 => of_any_size(day, longest).boxed()];
    let option_type = prop_oneof![Just(Put), Just(Call)];
    (option_type, rates, years, of_any_size(0.01, 3.0), -1.5..1.5).prop_map(
        |(option_type, (one, other), years, volatility, deviations): (_, (f64, f64), f64, f64, f64)| {
            let (less, more) = (-one.max(other), -one.min(other));
            let (rate, dividend_yield) = if option_type == Put { (more, less) } else { (less, more) };
            let strike = 100.0 * (deviations * (volatility * years.sqrt()).min(1.0)).exp();
            (option(option_type, strike, years, rate, dividend_yield), volatility)
        },
    )
}

/// Returns `count` draws times `STRIKEBOOK_SOAK`, the same in every run.
fn draws(strategy: impl Strategy<Value = (OptionInputs, f64)>, count: usize) -> Vec<(OptionInputs, f64)> {
    let factor: usize = std::env::var("STRIKEBOOK_SOAK").map_or(1, |factor| factor.parse().unwrap());
    let mut runner = TestRunner::deterministic();
    (0..count * factor).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Returns the value by a penalty scheme on grids as fine as it takes for three of them to agree; two may by chance.
fn reference(option: &OptionInputs, volatility: f64) -> f64 {
    let mut values = [125, 250].map(|steps| penalty::price(option, volatility, steps));
    for steps in [500, 1000, 2000] {
        let finer = penalty::price(option, volatility, steps);
        if values.iter().all(|value| (finer - value).abs() <= 5e-5) {
            return finer;
        }
        values = [values[1], finer];
    }
    values[1]
}

/// Checks that the region shrinks with the time to expiry and that its ends never cross.
fn check_region(option: &OptionInputs, volatility: f64, preset: Preset) {
    let boundary = ExerciseBoundary::new(option, volatility, preset).unwrap();
    let region = |step: i32| boundary.at(option.years * (f64::from(step) / 100.0).powi(2));
    let mut outer: Option<ExerciseRegion> = None;
    for step in 0..=100 {
        let Some(inner) = region(step) else {
            outer = Some(ExerciseRegion { lowest: Some(f64::INFINITY), highest: Some(0.0) });
            continue;
        };
        let (lowest, highest) = (inner.lowest.unwrap(), inner.highest.unwrap());
        assert!(lowest <= highest, "{option:?} at {volatility}, {preset:?}: {inner:?}");
        if let Some(outer) = outer {
            let slack = 1e-3 * option.strike;
            let nested = lowest >= outer.lowest.unwrap() - slack && highest <= outer.highest.unwrap() + slack;
            assert!(nested, "{option:?} at {volatility}, {preset:?}: {inner:?} after {outer:?}");
        }
        outer = Some(inner);
    }
}

#[test]
fn long_lives_have_the_values_of_fine_trees() {
    for (option_type, years, rate, dividend_yield, volatility, tree) in LONG {
        let option = option(option_type, 100.0, years, rate, dividend_yield);
        for preset in PRESETS {
            let price = american::price(&option, volatility, preset).unwrap();
            println!("{option_type:?} {years} {preset:?}: {price}, tree {tree}");
            assert!((price - tree).abs() < 1e-3, "{option:?}: {price} is not {tree}");
        }
    }
}

#[test]
fn known_cases_agree_with_a_penalty_scheme() {
    for (option, volatility) in table() {
        let reference = reference(&option, volatility);
        for preset in PRESETS {
            let price = american::price(&option, volatility, preset).unwrap();
            assert!((price - reference).abs() < 1e-4, "{option:?} at {volatility}: {price} is not {reference}");
            check_region(&option, volatility, preset);
        }
    }
}

#[test]
fn drawn_prices_agree_with_a_penalty_scheme() {
    let mut largest = 0.0_f64;
    for (option, volatility) in draws(drawn(0.1, 10.0), 16) {
        let price = american::price(&option, volatility, Preset::Precise).unwrap();
        let reference = reference(&option, volatility);
        largest = largest.max((price - reference).abs());
        assert!((price - reference).abs() < 1e-4, "{option:?} at {volatility}: {price} is not {reference}");
    }
    println!("largest distance from the penalty scheme: {largest:e}");
}

#[test]
fn drawn_prices_of_the_presets_agree_within_their_bounds() {
    let mut largest = [0.0_f64; 2];
    for (option, volatility) in draws(drawn(0.1, 10.0), 2000) {
        let [fast, accurate, precise] = PRESETS.map(|preset| {
            check_region(&option, volatility, preset);
            american::price(&option, volatility, preset).unwrap()
        });
        for (largest, (price, bound)) in largest.iter_mut().zip([(fast, 2e-5), (accurate, 2e-6)]) {
            *largest = largest.max((price - precise).abs());
            assert!((price - precise).abs() < bound, "{option:?} at {volatility}: {price} is not {precise}");
        }
    }
    println!("largest distance of fast and accurate from precise prices: {largest:?}");
}

#[test]
fn far_beyond_markets_prices_are_sound_or_refused() {
    let drawn = draws(drawn(0.3, 30.0), 2000);
    let mut refused = 0;
    for (option, volatility) in &drawn {
        for preset in PRESETS {
            match american::valuation(option, *volatility, preset) {
                Ok(value) => {
                    let european = black_scholes::price(option, *volatility).unwrap();
                    assert!(value.price >= european && value.price >= intrinsic(option), "{option:?}: {value:?}");
                    check_region(option, *volatility, preset);
                }
                Err(error) => {
                    assert!(matches!(error, PricingError::NotConverged { .. }), "{error}");
                    refused += 1;
                }
            }
        }
    }
    println!("refused: {refused} of {}", PRESETS.len() * drawn.len());
    assert!(100 * refused <= PRESETS.len() * drawn.len());
}

#[test]
fn prices_give_their_volatilities_back() {
    for (option, volatility) in draws(drawn(0.1, 10.0), 200).into_iter().chain(table()) {
        for preset in PRESETS {
            let american::AmericanValuation { price, greeks } =
                american::valuation(&option, volatility, preset).unwrap();
            match american::implied_volatility(&option, price, preset) {
                Ok(implied) => {
                    let again = american::price(&option, implied, preset).unwrap();
                    assert!((again - price).abs() <= 1e-10 * price.max(1.0), "{option:?}: {again} is not {price}");
                    if greeks.vega > 1e-2 {
                        assert!((implied - volatility).abs() < 1e-9, "{option:?}: {implied} is not {volatility}");
                    }
                }
                Err(PricingError::NoTimeValue { price, intrinsic }) => {
                    assert!((price - intrinsic).abs() < 1e-11 * price);
                }
                Err(error) => panic!("{option:?} at {volatility}: {error}"),
            }
        }
    }
}

#[test]
fn greeks_are_the_derivatives() {
    for (option, volatility) in table() {
        let OptionInputs { spot, years, rate, dividend_yield, .. } = option;
        let price = |option: OptionInputs, volatility| american::price(&option, volatility, Preset::Precise).unwrap();
        let greeks = american::valuation(&option, volatility, Preset::Precise).unwrap().greeks;
        let difference = |step: f64, value: &dyn Fn(f64) -> f64| (value(step) - value(-step)) / (2.0 * step);
        let by_spot = |step| price(OptionInputs { spot: spot + step, ..option }, volatility);
        let by_time = |step| price(OptionInputs { years: years + step, ..option }, volatility);
        let by_rate = |step| price(OptionInputs { rate: rate + step, ..option }, volatility);
        let by_yield = |step| price(OptionInputs { dividend_yield: dividend_yield + step, ..option }, volatility);
        for (name, greek, numeric, scale) in [
            ("delta", greeks.delta, difference(1e-2, &by_spot), 1.0),
            ("gamma", greeks.gamma, (by_spot(0.1) + by_spot(-0.1) - 2.0 * by_spot(0.0)) / 0.01, 1.0),
            ("vega", greeks.vega, difference(1e-4, &|step| price(option, volatility + step)), spot * years.sqrt()),
            ("theta", -greeks.theta, difference(1e-4 * years, &by_time), spot * volatility / years.sqrt()),
            ("rho", greeks.rho, difference(1e-5, &by_rate), spot * years),
            ("epsilon", greeks.epsilon, difference(1e-5, &by_yield), spot * years),
        ] {
            let what = format!("{option:?} at {volatility}: {name} {greek} is not {numeric}");
            assert!((greek - numeric).abs() <= 1e-5 * scale, "{what}");
        }
    }
}

#[test]
fn columns_are_their_rows() {
    let rows = table();
    let column =
        |field: fn(&OptionInputs) -> f64| -> Vec<f64> { rows.iter().map(|(option, _)| field(option)).collect() };
    let option_type: Vec<OptionType> = rows.iter().map(|(option, _)| option.option_type).collect();
    let volatility: Vec<f64> = rows.iter().map(|(_, volatility)| *volatility).collect();
    for preset in PRESETS {
        let options = AmericanColumns {
            option_type: &option_type,
            spot: &column(|option| option.spot),
            strike: &column(|option| option.strike),
            years: &column(|option| option.years),
            rate: &column(|option| option.rate),
            dividend_yield: &column(|option| option.dividend_yield),
            preset,
            threads: Threads::One,
        };
        let (mut prices, mut implied) = (vec![0.0; rows.len()], vec![0.0; rows.len()]);
        assert!(options.prices(&volatility, &mut prices).unwrap().is_empty());
        assert!(options.implied_volatilities(&prices, &mut implied).unwrap().is_empty());
        for ((option, volatility), (price, implied)) in rows.iter().zip(prices.iter().zip(&implied)) {
            assert_eq!(american::price(option, *volatility, preset).unwrap().to_bits(), price.to_bits());
            assert!((implied - volatility).abs() < 1e-9, "{option:?}: {implied} is not {volatility}");
        }
    }
}

#[test]
fn boundaries_vanish_into_neighbouring_problems() {
    let price = |rate, dividend_yield, years, volatility| {
        let option = option(Put, 110.0, years, rate, dividend_yield);
        (option, PRESETS.map(|preset| american::price(&option, volatility, preset).unwrap()))
    };
    for (years, volatility) in [(1.0 / 365.0, 0.01), (1.0 / 365.0, 3.0), (0.5, 0.2), (30.0, 0.01), (30.0, 3.0)] {
        // With equal rates exercise gains nothing; with nearly equal ones, nearly nothing.
        let (option, equal) = price(-0.03, -0.03, years, volatility);
        let european = black_scholes::price(&option, volatility).unwrap();
        for price in equal.into_iter().chain(price(-0.03, -0.03 - 1e-9, years, volatility).1) {
            assert!((price - european.max(10.0)).abs() < 1e-5, "{years} {volatility}: {price} is not {european}");
        }
        // A rate from below zero has the price of zero; the lower boundary goes to zero.
        let (_, zero) = price(0.0, -0.04, years, volatility);
        for rate in [-1e-9, -1e-15, -1e-100, -1e-300, -f64::MIN_POSITIVE] {
            for (price, zero) in price(rate, -0.04, years, volatility).1.into_iter().zip(zero) {
                assert!((price - zero).abs() < 3e-5, "{rate} {years} {volatility}: {price} is not {zero}");
            }
        }
    }
}

fn intrinsic(option: &OptionInputs) -> f64 {
    let OptionInputs { option_type, spot, strike, .. } = *option;
    if option_type == Call { (spot - strike).max(0.0) } else { (strike - spot).max(0.0) }
}
