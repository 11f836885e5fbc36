//! Discrete dividends against reference values of many digits.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::prelude::*;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{
    PricingError,
    american::{self, Preset},
    black_scholes,
    dividends::{self, Dividend, Exercise},
};

use crate::common::{Errors, option_type, table};

mod common;

#[test]
fn prices_of_the_reference_table() {
    let rows = table::<Row>("discrete_dividends.csv");
    let mut errors = Errors::of("dividends");
    for row in rows {
        let option = OptionInputs {
            option_type: option_type(row.option_type),
            spot: row.spot,
            strike: row.strike,
            years: row.years,
            rate: row.r,
            dividend_yield: row.q,
        };
        let cash = |years: Option<f64>, amount: Option<f64>| years.zip(amount);
        let paid: Vec<Dividend> = [cash(row.t1, row.d1), cash(row.t2, row.d2)]
            .into_iter()
            .flatten()
            .map(|(years, amount)| Dividend { years, amount })
            .collect();
        let exercise = if row.kind.starts_with("american") { Exercise::American } else { Exercise::European };
        let estimate = dividends::price(&option, &paid, row.vol, exercise).unwrap();
        let stated = estimate.error.max(1e-7);
        assert!(stated < 5e-4, "{}: {estimate:?}", row.id);
        errors.note("price", &row.id, estimate.price, row.price_spot_model, stated.min(2e-5));
        if let Some(reference) = row.price_escrowed_european {
            let escrowed = dividends::escrowed(&option, &paid).unwrap();
            let price = black_scholes::price(&escrowed, row.vol).unwrap();
            errors.note_relative("escrowed price", &row.id, price, reference, 1e-12);
        }
    }
    errors.require(2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Put–call parity and the order of values, with any dividends.
    #[test]
    fn dividends_keep_parity_and_order(
        strike in 70.0_f64..140.0,
        years in 0.1_f64..2.0,
        rate in -0.01_f64..0.08,
        volatility in 0.1_f64..0.6,
        at in 0.05_f64..0.95,
        amount in 0.1_f64..4.0,
    ) {
        let put = OptionInputs { option_type: OptionType::Put, spot: 100.0, strike, years, rate, dividend_yield: 0.0 };
        let call = OptionInputs { option_type: OptionType::Call, ..put };
        let paid = [Dividend { years: at * years, amount }];
        let price = |option: &OptionInputs, paid: &[Dividend], exercise| {
            dividends::price(option, paid, volatility, exercise).unwrap()
        };
        let (put_value, call_value) =
            (price(&put, &paid, Exercise::European), price(&call, &paid, Exercise::European));
        let forward = 100.0 - amount * (-rate * at * years).exp() - strike * (-rate * years).exp();
        let error = put_value.error + call_value.error + 1e-6;
        prop_assert!((call_value.price - put_value.price - forward).abs() <= error, "{call_value:?} {put_value:?}");
        // A dividend lowers calls and raises puts; early exercise raises both.
        let without = |option| price(option, &[], Exercise::European);
        prop_assert!(call_value.price <= without(&call).price + error);
        prop_assert!(put_value.price >= without(&put).price - error);
        for (option, european) in [(&put, put_value), (&call, call_value)] {
            let american = price(option, &paid, Exercise::American);
            prop_assert!(american.price >= european.price - american.error - european.error - 1e-9);
        }
    }
}

#[test]
fn without_dividends_the_grid_gives_the_continuous_models() {
    for (option_type, rate, dividend_yield) in [
        (OptionType::Put, 0.06, 0.01),
        (OptionType::Put, 0.02, 0.05),
        (OptionType::Call, 0.02, 0.06),
        (OptionType::Call, 0.05, 0.0),
    ] {
        for spot in [85.0, 100.0, 118.0] {
            let option = OptionInputs { option_type, spot, strike: 100.0, years: 0.75, rate, dividend_yield };
            let european = dividends::price(&option, &[], 0.3, Exercise::European).unwrap();
            let american = dividends::price(&option, &[], 0.3, Exercise::American).unwrap();
            let (exact, early) =
                (black_scholes::price(&option, 0.3).unwrap(), american::price(&option, 0.3, Preset::Precise).unwrap());
            assert!((european.price - exact).abs() < 1e-5, "{option:?}: {european:?}, not {exact}");
            assert!((american.price - early).abs() < 2e-4, "{option:?}: {american:?}, not {early}");
            assert!(
                (american.price - early).abs() <= american.error.max(2e-5),
                "{option:?}: {american:?}, not {early}"
            );
        }
    }
}

#[test]
fn a_dividend_is_a_reason_to_exercise_a_call() {
    let call = OptionInputs {
        option_type: OptionType::Call,
        spot: 120.0,
        strike: 100.0,
        years: 0.5,
        rate: 0.02,
        dividend_yield: 0.0,
    };
    let paid = [Dividend { years: 0.1, amount: 8.0 }, Dividend { years: 0.9, amount: 50.0 }];
    let european = dividends::price(&call, &paid, 0.2, Exercise::European).unwrap().price;
    let american = dividends::price(&call, &paid, 0.2, Exercise::American).unwrap().price;
    assert!(american > 20.0 && american > european + 4.0, "{american}, {european}");
}

#[test]
fn invalid_dividends_are_refused() {
    let call = OptionInputs {
        option_type: OptionType::Call,
        spot: 100.0,
        strike: 100.0,
        years: 0.5,
        rate: 0.02,
        dividend_yield: 0.0,
    };
    for (field, dividend) in [
        ("dividend years", Dividend { years: 0.0, amount: 1.0 }),
        ("dividend years", Dividend { years: f64::NAN, amount: 1.0 }),
        ("dividend amount", Dividend { years: 0.1, amount: -1.0 }),
    ] {
        let error = dividends::price(&call, &[dividend], 0.2, Exercise::American).unwrap_err();
        assert!(matches!(error, PricingError::InvalidInput { field: named, .. } if named == field), "{error}");
    }
    let all = [Dividend { years: 0.1, amount: 101.0 }];
    assert!(matches!(
        dividends::escrowed(&call, &all),
        Err(PricingError::InvalidInput { field: "spot less dividends", .. })
    ));
    assert!(dividends::price(&call, &all, 0.2, Exercise::American).unwrap().price > 0.0);
    assert!(dividends::price(&call, &[], 0.0, Exercise::American).is_err());
}

/// The spot model without a grid: the share is lognormal between dividends, so that the value before one is an integral
/// over the normal distribution of the value after it, and Black and Scholes's formula after the last one.
fn integrated(option: &OptionInputs, dividends: &[Dividend], volatility: f64, points: u32) -> f64 {
    let OptionInputs { option_type, spot, strike, years, rate, dividend_yield } = *option;
    let Some((first, later)) = dividends.split_first() else {
        let worthless = if option_type == OptionType::Put { strike * (-rate * years).exp() } else { 0.0 };
        return if spot > 0.0 { black_scholes::price(option, volatility).unwrap() } else { worthless };
    };
    let width = volatility * first.years.sqrt();
    let drift = (rate - dividend_yield - 0.5 * volatility * volatility) * first.years;
    let later: Vec<_> =
        later.iter().map(|dividend| Dividend { years: dividend.years - first.years, ..*dividend }).collect();
    let value = |z: f64| {
        let left = spot * (drift + width * z).exp() - first.amount;
        let after = OptionInputs { spot: left.max(0.0), years: years - first.years, ..*option };
        let inner = if left > 0.0 { later.as_slice() } else { &[] };
        (-0.5 * z * z).exp() * integrated(&after, inner, volatility, points)
    };
    // In two parts, with and without a share that is worth more than the dividend.
    let kink = (((first.amount / spot).ln() - drift) / width).clamp(-9.0, 9.0);
    let simpson = |(from, until): (f64, f64)| {
        let step = (until - from) / f64::from(points);
        let weight = |index: u32| if index.is_multiple_of(points) { 1.0 } else { f64::from(2 + 2 * (index % 2)) };
        (0..=points).map(|index| weight(index) * value(from + step * f64::from(index))).sum::<f64>() * step / 3.0
    };
    let parts = [(-9.0, kink), (kink, 9.0)];
    let sum: f64 = parts.into_iter().filter(|(from, until)| until - from > 1e-9).map(simpson).sum();
    sum * (-rate * first.years).exp() / std::f64::consts::TAU.sqrt()
}

/// An option at the money on a spot of 100, without a yield.
fn at_the_money(option_type: OptionType, years: f64, rate: f64) -> OptionInputs {
    OptionInputs { option_type, spot: 100.0, strike: 100.0, years, rate, dividend_yield: 0.0 }
}

fn estimates(option: &OptionInputs, paid: &[Dividend], volatility: f64) -> [dividends::Estimate; 2] {
    [Exercise::European, Exercise::American]
        .map(|exercise| dividends::price(option, paid, volatility, exercise).unwrap())
}

#[test]
fn dividends_that_carry_the_spot_far_down_are_on_the_grid() {
    // Two of 20 at 10 % take the spot nine deviations down; one of 90 may take all of the share, one of 150 nearly
    // always does.
    let paid = |amounts: &[(f64, f64)]| -> Vec<Dividend> {
        amounts.iter().map(|(years, amount)| Dividend { years: *years, amount: *amount }).collect()
    };
    for (dividends, volatility, strikes) in [
        (paid(&[(0.25, 20.0), (0.75, 20.0)]), 0.1, [100.0, 60.0, 75.0]),
        (paid(&[(0.25, 20.0), (0.75, 20.0)]), 0.02, [100.0, 61.0, 130.0]),
        (paid(&[(0.5, 60.0)]), 0.3, [100.0, 40.0, 20.0]),
        (paid(&[(0.3, 90.0)]), 0.5, [100.0, 50.0, 10.0]),
        (paid(&[(0.5, 150.0)]), 0.3, [100.0, 50.0, 150.0]),
        (paid(&[(0.2, 30.0), (0.5, 30.0), (0.8, 30.0)]), 0.3, [100.0, 30.0, 10.0]),
    ] {
        for (option_type, strike) in
            [OptionType::Call, OptionType::Put].into_iter().flat_map(|kind| strikes.map(|k| (kind, k)))
        {
            let option = OptionInputs { strike, ..at_the_money(option_type, 1.0, 0.03) };
            let [european, american] = estimates(&option, &dividends, volatility);
            let exact = integrated(&option, &dividends, volatility, if dividends.len() > 2 { 100 } else { 400 });
            let off = (european.price - exact).abs();
            assert!(off <= european.error + 1e-6 && off < 1e-4, "{option:?} {dividends:?}: {european:?}, not {exact}");
            assert!(american.price >= european.price - 1e-9, "{option:?} {dividends:?}: {american:?}, {european:?}");
            assert!(american.error < 1e-2, "{american:?}");
        }
    }
}

#[test]
fn high_volatilities_have_their_limits() {
    let paid = [Dividend { years: 0.5, amount: 5.0 }];
    for volatility in [1.0, 2.0, 5.0, 10.0, 20.0, 50.0] {
        for option_type in [OptionType::Call, OptionType::Put] {
            let option = at_the_money(option_type, 1.0, 0.03);
            let exact = black_scholes::price(&option, volatility).unwrap();
            let [european, _] = estimates(&option, &[], volatility);
            let off = (european.price - exact).abs();
            assert!(off <= european.error + 1e-9 && off < 1e-3, "{volatility} {european:?}, not {exact}");
            let [european, american] = estimates(&option, &paid, volatility);
            assert!(american.price >= european.price - 1e-9, "{volatility}: {american:?}, {european:?}");
            if volatility <= 5.0 {
                let exact = integrated(&option, &paid, volatility, 1_600);
                let off = (european.price - exact).abs();
                assert!(off <= european.error + 1e-6, "{volatility} {european:?}, not {exact}");
            }
        }
    }
    // The share nearly always falls to zero before the dividend, and all of its value is in paths that hardly ever
    // occur.
    let [european, american] = estimates(&at_the_money(OptionType::Call, 1.0, 0.03), &paid, 50.0);
    assert!(
        (european.price - 100.0).abs() < 1e-6 && (american.price - 100.0).abs() < 1e-6,
        "{european:?} {american:?}"
    );
    let [european, _] = estimates(&at_the_money(OptionType::Put, 1.0, 0.03), &paid, 50.0);
    assert!((european.price - 100.0 * (-0.03_f64).exp()).abs() < 1e-6, "{european:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// Prices equal the integrals, and keep the bounds of any model.
    #[test]
    fn prices_are_those_of_the_spot_model(
        strike in 20.0_f64..160.0,
        years in 0.2_f64..3.0,
        rates in (-0.02_f64..0.08, 0.0_f64..0.05),
        volatility in prop_oneof![0.05_f64..0.5, 0.5_f64..2.0],
        paid in prop::collection::vec((0.1_f64..0.3, 0.5_f64..70.0), 1..4),
    ) {
        let (rate, dividend_yield) = rates;
        let call = OptionInputs { strike, dividend_yield, ..at_the_money(OptionType::Call, years, rate) };
        let put = OptionInputs { option_type: OptionType::Put, ..call };
        let mut then = 0.0;
        let paid: Vec<_> = paid
            .into_iter()
            .map(|(part, amount)| {
                then += part * years;
                Dividend { years: then, amount }
            })
            .collect();
        let [call_value, american_call] = estimates(&call, &paid, volatility);
        let [put_value, american_put] = estimates(&put, &paid, volatility);
        for (option, european, american) in [(&call, call_value, american_call), (&put, put_value, american_put)] {
            let points = if paid.len() > 2 { 100 } else { 400 };
            let exact = integrated(option, &paid, volatility, points);
            // Large dividends bend the integrand sharply: the last refinement bounds the error of the integral itself,
            // which was five times that of the price once.
            let rough = (exact - integrated(option, &paid, volatility, points * 3 / 5)).abs();
            let off = (european.price - exact).abs();
            let allowed = european.error + rough + 2e-6;
            prop_assert!(off <= allowed, "{option:?} {paid:?}: {european:?}, not {exact} ± {rough}");
            prop_assert!(american.price >= european.price - 1e-9 - 0.01 * american.error, "{american:?} {european:?}");
            prop_assert!(european.price >= -1e-9);
        }
        let discount = (-rate * years).exp();
        let share = call_value.price - put_value.price + strike * discount;
        // The share without its dividends has the same value at every strike, at most the share's.
        let other = |option: &OptionInputs| OptionInputs { strike: 0.8 * strike, ..*option };
        let [other_call, _] = estimates(&other(&call), &paid, volatility);
        let [other_put, _] = estimates(&other(&put), &paid, volatility);
        let again = other_call.price - other_put.price + 0.8 * strike * discount;
        let error = call_value.error + put_value.error + other_call.error + other_put.error + 1e-6;
        prop_assert!((share - again).abs() <= error, "{share} {again}");
        prop_assert!(share <= 100.0 * (-dividend_yield * years).exp() + error && share >= -error);
        prop_assert!(call_value.price <= 100.0 * (-dividend_yield * years).exp() + call_value.error);
        prop_assert!(put_value.price <= strike * discount + put_value.error);
    }
}

#[test]
fn what_the_grid_cannot_hold_is_refused() {
    let call = at_the_money(OptionType::Call, 0.5, 0.02);
    let price = |option: &OptionInputs, paid: &[Dividend], volatility| {
        dividends::price(option, paid, volatility, Exercise::American)
    };
    let many = |count: u32| -> Vec<_> {
        (1..=count).map(|day| Dividend { years: 0.5 * f64::from(day) / f64::from(count), amount: 0.01 }).collect()
    };
    assert!(price(&call, &many(250), 0.2).is_ok());
    assert!(matches!(price(&call, &many(251), 0.2), Err(PricingError::InvalidInput { field: "dividends", .. })));
    // Less time than a float can divide: an error, and not an endless loop.
    for years in [5e-324, 1e-308, 1e-300, 1e-20] {
        assert!(price(&OptionInputs { years, ..call }, &[], 0.2).is_err(), "{years}");
    }
    for (spot, strike) in [(100.0, 5e-324), (1e300, 1e-300), (5e-324, 1.0)] {
        assert!(price(&OptionInputs { spot, strike, ..call }, &[], 0.2).is_err(), "{spot} {strike}");
    }
    assert!(price(&call, &[], 1e-12).is_err());
    let huge = [Dividend { years: 0.25, amount: f64::MAX }];
    assert!(price(&call, &huge, 0.2).is_ok_and(|estimate| estimate.price.is_finite()));
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    kind: String,
    #[serde(rename = "type")]
    option_type: char,
    #[serde(rename = "S")]
    spot: f64,
    #[serde(rename = "K")]
    strike: f64,
    #[serde(rename = "T")]
    years: f64,
    r: f64,
    q: f64,
    vol: f64,
    t1: Option<f64>,
    #[serde(rename = "D1")]
    d1: Option<f64>,
    t2: Option<f64>,
    #[serde(rename = "D2")]
    d2: Option<f64>,
    price_spot_model: f64,
    price_escrowed_european: Option<f64>,
}
