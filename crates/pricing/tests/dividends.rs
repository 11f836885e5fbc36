//! Discrete dividends against reference values of many digits.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::prelude::*;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::american::{self, Preset};
use strikebook_pricing::dividends::{self, Dividend, Exercise};
use strikebook_pricing::{PricingError, black_scholes};

use crate::common::{Errors, option_type, table};

mod common;

#[test]
fn prices_of_the_reference_table() {
    let Some(rows) = table::<Row>("discrete_dividends.csv") else { return };
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

    /// What holds whatever the dividends are.
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
        // A dividend takes from calls and gives to puts; early exercise gives to both.
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
